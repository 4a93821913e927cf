"""What Zoom Knowledge does with what was raised: finds the passages that answer it, or has the model choose, and keeps that."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lfx.schema.data import Data
from lfx.services.deps import get_shared_component_cache_service

from components.zoom.shared.exchange import Checks
from components.zoom.shared.kinds import kinds_in
from components.zoom.shared.knowledge import (
    ANSWER_SCHEMA,
    ANSWER_TOKENS,
    ANSWERED,
    PREFIX_CHARACTERS,
    SHOWN,
    TASK,
    USUAL_INSTRUCTIONS,
    KnowledgeError,
    Passage,
    answer_to,
    faults_of,
    passages_of,
    search,
    texts_of,
    too_long,
    written,
)
from components.zoom.shared.languages import code_of, told_in
from components.zoom.shared.message_table import Rows
from components.zoom.shared.model import model_behind
from components.zoom.shared.one_run import within_run
from components.zoom.shared.remarks import remarks_in
from components.zoom.shared.schemas import NEWS_SCHEMA


class KnowledgeStep:
    """One window's answers; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def answer(self) -> dict[str, Any]:
        """Give the news, ``zoom-news/1``, with ``answer`` (``text``, ``source``) in each insight that has one."""
        async with within_run(self.component):
            return await self._answered()

    def found(self) -> str:
        """Give the passages that have most to do with the question, best first, each with its title."""
        question = str(self.component.question or "")
        if not question.strip():
            msg = "The Question is empty. Passages are found for a question."
            raise KnowledgeError(msg)
        found = [match.passage for match in search(question, self._passages())[:SHOWN]]
        self.component.status = f"{len(found)} passages"
        language = code_of(self.component.language, ())
        return written(found) or remarks_in(language).nothing_known

    async def _answered(self) -> dict[str, Any]:
        news = self.component.news.data if isinstance(self.component.news, Data) else {}
        if news.get("schema") != NEWS_SCHEMA:
            msg = "The News input must be the news of Zoom Insight Ledger. Connect it."
            raise KnowledgeError(msg)
        passages = self._passages()
        kinds = kinds_in(self.component.kinds, ANSWERED)
        decided = news["kind"] == "approved"  # with the answer that was read, or without one
        asked = [insight for insight in news["insights"] if insight["kind"] in kinds and not decided]
        by = "rules"
        answers: dict[str, dict[str, str]] = {}
        if asked and passages:
            model = model_behind(self.component.claude)
            told = await self._answers_of(model, news, asked, passages) if model else None
            if told is not None:
                answers, by = told, model.model
            else:
                least = float(self.component.least_match)
                found = {each["id"]: answer_to(each["text"], passages, least) for each in asked}
                answers = {name: answer for name, answer in found.items() if answer}
        self.component.status = (
            f"{len(answers)} of {len(asked)} answered from {len(passages)} passages by {by}"
        )
        if not passages:
            self.component.status = "no knowledge: connect some, or write Knowledge Text"
        insights = [
            insight | ({"answer": answers[insight["id"]]} if insight["id"] in answers else {})
            for insight in news["insights"]
        ]
        return news | {"insights": insights}

    def _prompt(self) -> str:
        """Put people's instructions before what an answer must be."""
        told = (self.component.instructions or "").strip() or USUAL_INSTRUCTIONS.strip()
        return (
            f"{told}\n\n{TASK.format(language=told_in(self.component.language, 'the language of the point'))}"
        )

    def _passages(self) -> list[Passage]:
        """Read the knowledge that is connected, or else the text on the node; split and stemmed once for all runs.

        Langflow's cache holds one entry for each node, as plain values: an edited component has classes of its own.
        """
        texts = (
            texts_of(self.component.knowledge)
            if self.component.knowledge
            else [("", str(self.component.knowledge_text or ""))]
        )
        digest = hashlib.sha256(json.dumps([self.component._code, texts]).encode()).hexdigest()
        cache, key = get_shared_component_cache_service(), f"zoom-knowledge:{self.component._id}"
        kept = cache.get(key) if cache is not None else None
        if isinstance(kept, tuple) and kept[0] == digest:
            return [Passage(*values) for values in kept[1]]
        passages = passages_of(texts)
        if cache is not None:
            cache.set(key, (digest, [(one.title, one.text, one.subject, one.words) for one in passages]))
        return passages

    async def _answers_of(
        self, model: Any, news: dict[str, Any], asked: list[dict[str, Any]], passages: list[Passage]
    ) -> dict[str, dict[str, str]] | None:
        """Answer as the model answered this window before, or ask it; ``None`` without an ample budget."""
        rows = Rows(news["session_id"], f"zoom-knowledge:{news['route']}:{self.component._id}")
        kept = await rows.first(news["window_id"])
        if kept is not None:
            answered: dict[str, dict[str, str]] = kept.content
            return answered
        if await model.level(news["session_id"]) != "ample":
            return None
        ids = [each["id"] for each in asked]
        points = json.dumps(
            [{name: each[name] for name in ("id", "kind", "text")} for each in asked], ensure_ascii=False
        )
        whole = sum(len(passage.text) for passage in passages) <= PREFIX_CHARACTERS
        if not whole:
            best = [match.passage for each in asked for match in search(each["text"], passages)[:SHOWN]]
            passages = list({passage.title: passage for passage in best}.values())
        if not passages:
            return {}
        titles = [passage.title for passage in passages]
        shown = f"# Passages\n\n{written(passages)}"
        points = f"# Points\n\n{points}"
        answer, _ = await model.ask(
            session_id=news["session_id"],
            window_id=news["window_id"],
            system=[self._prompt(), shown] if whole else [self._prompt()],
            content=points if whole else f"{shown}\n\n{points}",
            schema=ANSWER_SCHEMA,
            faults=Checks(lambda answer: faults_of(answer, ids, titles), too_long),
            max_tokens=ANSWER_TOKENS,
        )
        answers = {
            each["id"]: {"text": each["text"].strip(), "source": each["source"]}
            for each in answer["answers"]
            if not too_long({"answers": [each]})
        }
        await rows.add(news["window_id"], answers)
        kept = await rows.first(news["window_id"])  # whichever run stored it first
        return answers if kept is None else kept.content
