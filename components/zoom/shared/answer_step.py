"""What Zoom Meeting Answer does with a question: finds the words that answer it, or asks the model for them, and keeps the answer."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import Any

from lfx.memory import aget_messages
from lfx.schema.data import Data
from lfx.schema.message import Message

from components.zoom.shared.answer import (
    ANSWER_SCHEMA,
    LONGEST_QUESTION_WORDS,
    MAX_TOKENS,
    MOST_SOURCES,
    SYSTEM,
    USUAL_INSTRUCTIONS,
    AnswerError,
    Asked,
    Told,
    asked_by,
    content_of,
    faults_of,
    head_for,
    head_of,
    is_question,
    minute_of,
    news_of,
    stored_utterances,
    transcript_lines,
    unfounded,
)
from components.zoom.shared.cited import cited
from components.zoom.shared.days import zone_of
from components.zoom.shared.earlier import (
    MODEL_RULE,
    STILL_OPEN,
    Remembered,
    block_of,
    is_about_earlier,
    left_open,
    quotes_of,
    remembered,
    sources_in,
)
from components.zoom.shared.exchange import Checks
from components.zoom.shared.languages import AUTOMATIC, code_of, labels_in, told_in
from components.zoom.shared.message_table import Rows
from components.zoom.shared.model import model_behind
from components.zoom.shared.one_run import give_up_run, within_run
from components.zoom.shared.quotes import LONGEST_LINE_WORDS, cut, quotes_for
from components.zoom.shared.remarks import Remarks, remarks_in
from components.zoom.shared.schemas import CONTEXT_SCHEMA, approved_in, is_typed
from components.zoom.shared.talk import ended
from components.zoom.shared.words import flat


class AnswerStep:
    """One question's answer; its component has the inputs, shows what came of it, and has the answer for both outputs."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def news(self) -> Data:
        """Give the answer as news, ``zoom-news/1``; stop the flow where nothing was asked."""
        async with within_run(self.component):
            told = await self._tell()
        if told is None:
            await self._stop("news")
            return news_of(head_of(self.component.context.data), [])
        return news_of(told.head, [told.note])

    async def text(self) -> Message:
        """Give the answer as text; stop the flow where nothing was asked."""
        async with within_run(self.component):
            told = await self._tell()
        if told is None:
            await self._stop("answer")
            return Message(text="")
        return Message(text=told.text, session_id=told.head["session_id"])

    async def _stop(self, output: str) -> None:
        self.component.status = "nothing was asked"
        if self.component._vertex is not None:
            self.component.stop(output)
            await give_up_run(self.component)

    async def _tell(self) -> Told | None:
        """What is told, found once for both outputs; ``None`` where nothing was asked, and nothing is left open."""
        if self.component._told is None:
            context = self._context()
            self._zone(context)  # a wrong one is said before anything of the meeting is read
            begins = (
                context is not None
                and context["kind"] == "start"
                and not str(self.component.question or "").strip()
            )
            if context is not None and context["kind"] == "approved":
                self.component._told = self._approved(context)
            else:
                self.component._told = await (self._left_open(context or {}) if begins else self._answered())
        told: Told | None = self.component._told
        return told

    def _approved(self, context: dict[str, Any]) -> Told | None:
        """The answer that somebody approved, as it was worded; ``None`` where it is of another kind."""
        notes = approved_in(context).get("notes") or []
        return Told(head_of(context), str(notes[0]["key"]), str(notes[0]["text"])) if notes else None

    async def _answered(self) -> Told | None:
        """The answer to a question; ``None`` where nothing was asked."""
        asked = await self._asked()
        if asked is None:
            return None
        table, window = self._table(asked.head), asked.head["window_id"]
        row = await table.first(window) if asked.is_kept else None
        if row:
            self.component.status = "answered before"
        if row:  # older rows have the text alone
            kept = (
                row.content if isinstance(row.content, dict) else {"text": str(row.content), "evidence": []}
            )
            text, evidence = str(kept["text"]), [str(name) for name in kept["evidence"]]
        else:
            text, evidence = await self._answer(asked)
        if asked.is_kept and not row:
            await table.add(window, {"text": text, "evidence": evidence})
        return Told(asked.head, f"answer:{window}", text, evidence)

    async def _left_open(self, context: dict[str, Any]) -> Told | None:
        """What the last meeting left to do; ``None`` where that is nothing, or another window of the meeting has told it."""
        left = context.get("still_open")
        known = left.get("language") if isinstance(left, dict) else ""
        is_chosen = self.component.language not in ("", None, AUTOMATIC)
        language = code_of(self.component.language, []) if is_chosen else str(known or "")
        lines = left_open(left, self._zone(context), labels_in(language).still_open)
        if not lines:
            return None
        head = head_of(context)
        table = self._table(head)
        row = await table.first(STILL_OPEN) or await table.add(
            STILL_OPEN, {"window_id": head["window_id"], "text": "\n".join(lines)}
        )
        self.component.status = f"{len(lines) - 1} lines of what is still open"
        told = row.content
        return Told(head, STILL_OPEN, str(told["text"])) if told["window_id"] == head["window_id"] else None

    def _context(self) -> dict[str, Any] | None:
        if not self.component.context:
            return None
        context = self.component.context.data if isinstance(self.component.context, Data) else {}
        if context.get("schema") != CONTEXT_SCHEMA:
            msg = f"The Context input must be {CONTEXT_SCHEMA}. Connect Zoom Context Buffer to it."
            raise AnswerError(msg)
        return context

    async def _asked(self) -> Asked | None:
        """What is asked, and all that was said; ``None`` where nothing is asked."""
        context, question = self._context(), str(self.component.question or "").strip()
        if context is not None and (asked := asked_by(context, question)):
            return asked
        typed = context is not None and is_typed(context)
        if context is not None and not question:
            if not typed or not is_question(context):
                return None
            question = context["new"][0]["text"]
        if not question:
            msg = "Nothing is asked. Connect Zoom Context Buffer to Context, or fill in Question."
            raise AnswerError(msg)
        head = head_of(context) if context else head_for(str(self.component.graph.session_id or ""), question)
        rows = await aget_messages(session_id=f"{head['session_id']}:memory", order="ASC")
        utterances, gaps = stored_utterances(rows, head["window_id"] if typed else "")
        # What was typed began no meeting: that is as old as what was stored.
        head["meeting"] = head["meeting"] | ({"started_at": ""} if typed else {})
        return Asked(head=head, question=question, asker="", utterances=utterances, gaps=gaps, is_kept=False)

    async def _answer(self, asked: Asked) -> tuple[str, list[str]]:
        """Write the answer, for people, and tell the ids of what it rests on."""
        heard = [said for said in asked.utterances if said["id"] not in asked.to_assistant]
        model, before = model_behind(self.component.claude), remembered(asked.earlier, self._zone(asked.head))
        evidence: list[str] = []
        if not heard and not before:
            self.component.status, lines = "nothing was said yet", [self._remarks(asked, model).nothing_yet]
        elif model:
            if await model.level(asked.head["session_id"]) == "spent":
                lines, evidence = self._quote(asked, before)
                lines.append(self._remarks(asked, model).quotes_only)
                self.component.status = f"{self.component.status}; the budget is used up"
            else:
                lines, evidence = await self._ask_model(model, asked, before)
        else:
            lines, evidence = self._quote(asked, before)
        if asked.asker:
            labels = labels_in(self._language(asked, model=model is not None))
            lines = [
                f"{labels.asked.format(who=asked.asker)}: “{cut(flat(asked.question), LONGEST_QUESTION_WORDS)}”",
                *lines,
            ]
        return "\n".join(lines), list(dict.fromkeys(evidence))

    def _quote(self, asked: Asked, earlier: list[Remembered]) -> tuple[list[str], list[str]]:
        """Answer by the words themselves, a line for what each says in turn, with the ids of the utterances."""
        language = self._language(asked, model=False)
        heard = [said for said in asked.utterances if said["id"] not in asked.to_assistant]
        now_ms = max(said["end_ms"] for said in asked.utterances)
        lines: list[str] = []
        evidence: list[str] = []
        before = None
        if is_about_earlier(asked.question) and (told := self._quote_earlier(asked, earlier))[0]:
            return told
        for sentence in quotes_for(asked.question, asked.asker, heard, now_ms):
            words = cut(ended(sentence.text), LONGEST_LINE_WORDS)
            if before and before.key == sentence.key and 0 <= sentence.began - before.ended <= 1:
                lines[-1] = f"{lines[-1][:-1]} {words}”"
            else:
                who = sentence.speaker or remarks_in(language).somebody
                lines.append(f"{who} ({self._when(sentence.start_ms, asked)}): “{words}”")
            evidence += sentence.evidence
            before = sentence
        self.component.status = f"{len(lines)} quotes"
        if not lines:
            lines, evidence = self._quote_earlier(asked, earlier)
        return lines or [labels_in(language).not_told], evidence

    def _quote_earlier(self, asked: Asked, earlier: list[Remembered]) -> tuple[list[str], list[str]]:
        """Answer by what earlier meetings of the series tell; nothing where they do not."""
        somebody = remarks_in(self._language(asked, model=False)).somebody
        quotes = quotes_of(asked.question, asked.asker, earlier, somebody)
        self.component.status = f"{len(quotes)} quotes of earlier meetings"
        return [line for line, _ in quotes], [name for _, names in quotes for name in names]

    async def _ask_model(
        self, model: Any, asked: Asked, earlier: list[Remembered]
    ) -> tuple[list[str], list[str]]:
        """Answer in the model's words, as far as utterances bear them out."""
        shown_as = sources_in(earlier) | {
            said["id"]: f"{flat(said['speaker'])} ({self._when(said['start_ms'], asked)})"
            for said in asked.utterances
            if said["id"] not in asked.to_assistant
        }
        ids = {*shown_as, *asked.to_assistant}

        answer, usage = await model.ask(
            session_id=asked.head["session_id"],
            window_id=asked.head["window_id"],
            system=[self._prompt() + (MODEL_RULE if earlier else "")],
            content=content_of(
                transcript_lines(asked.utterances, asked.gaps, asked.begun_ms),
                asked.question,
                asked.asker,
                asked.head["meeting"].get("topic", ""),
                block_of(earlier),
            ),
            schema=ANSWER_SCHEMA,
            faults=Checks(faults_of, lambda answer: unfounded(answer, ids)),
            max_tokens=MAX_TOKENS,
        )
        lines, evidence = [], []
        for claim in answer["answer"] if answer["told"] else []:
            known = cited(claim["evidence"], shown_as)
            evidence += known
            shown = [shown_as[name] for name in known]
            if shown:
                lines.append(
                    f"{', '.join(list(dict.fromkeys(shown))[:MOST_SOURCES])}: {flat(claim['claim'])}"
                )
        self.component.status = f"{len(lines)} of {len(answer['answer'])} claims borne out, {usage}"
        return lines or [labels_in(self._language(asked, model=True)).not_told], evidence

    def _prompt(self) -> str:
        """Put people's instructions before what an answer must be."""
        told = (self.component.instructions or "").strip() or USUAL_INSTRUCTIONS.strip()
        return f"{told}\n\n{SYSTEM.format(language=told_in(self.component.language, 'the language of the question'))}"

    def _language(self, asked: Asked, *, model: bool) -> str:
        """In which the words around an answer are; quotes by rules are English unless a language is chosen."""
        is_chosen = self.component.language not in ("", None, AUTOMATIC)
        return code_of(self.component.language, asked.utterances) if model or is_chosen else "en"

    def _remarks(self, asked: Asked, model: Any) -> Remarks:
        return remarks_in(self._language(asked, model=model is not None))

    def _when(self, ms: int, asked: Asked) -> str:
        """Write when something was said."""
        zone = self._zone(asked.head)
        if zone is None:
            return f"min {minute_of(ms, asked.begun_ms)}"
        return datetime.fromtimestamp(ms / 1000, tz=zone).strftime("%H:%M")

    def _zone(self, told: dict[str, Any] | None) -> zoneinfo.ZoneInfo | None:
        """Where the people are: as the window tells, else as it is set."""
        meeting = told["meeting"] if told else {}
        named = (str(meeting.get("timezone") or ""), str(self.component.time_zone or "").strip())
        if named[1] and zone_of(named[1]) is None:
            msg = "Time Zone must be an IANA name such as Europe/Berlin, or empty."
            raise AnswerError(msg)
        return zone_of(*named)

    def _table(self, head: dict[str, Any]) -> Rows:
        """Where the answers to windows are kept."""
        return Rows(head["session_id"], f"zoom-answer:{head['route']}")
