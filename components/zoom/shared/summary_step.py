"""What Zoom Meeting Summary does with a window: sums up where it is time to, by the model or the rules, and keeps what was said."""

from __future__ import annotations

import functools
from typing import Any

from lfx.schema.data import Data

from components.zoom.shared.languages import AUTOMATIC, code_of, told_in
from components.zoom.shared.message_table import Rows
from components.zoom.shared.model import model_behind
from components.zoom.shared.one_run import give_up_run, within_run
from components.zoom.shared.remarks import remarks_in
from components.zoom.shared.schemas import CONTEXT_SCHEMA, SUMMARY_KEY, approved_in, is_typed
from components.zoom.shared.speech import attendees_of
from components.zoom.shared.summary import (
    BUDGET_KEY,
    FIRST_WORDS,
    LIVE_TOKENS,
    MINUTE_MS,
    MINUTES_PROMPT,
    MINUTES_SCHEMA,
    MINUTES_TOKENS,
    MINUTES_WORDS,
    RUNNING_PROMPT,
    RUNNING_SCHEMA,
    RUNNING_WORDS,
    TIGHT_FACTOR,
    USUAL_INSTRUCTIONS,
    Kept,
    Summary,
    SummaryError,
    begun_ms,
    checks_of_minutes,
    checks_of_running,
    clock,
    content_of,
    is_changed,
    kept_of,
    news_of,
    question,
    reserve_for,
    running_summary,
    write_minutes,
    written,
)
from components.zoom.shared.words import count_words


class SummaryStep:
    """One window's summary; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def sum_up(self) -> dict[str, Any]:
        """Give the window's news, ``zoom-news/1``; stop the flow where there is none."""
        async with within_run(self.component):
            news = await self._sum_up()
        told = news["notes"] or news["summary"] or news["insights"]
        if not told and self.component._vertex is not None:
            self.component.stop("news")
            await give_up_run(self.component)
        return news

    async def _sum_up(self) -> dict[str, Any]:
        context = self.component.context.data if isinstance(self.component.context, Data) else {}
        if context.get("schema") != CONTEXT_SCHEMA:
            msg = f"The Context input must be {CONTEXT_SCHEMA}. Connect Zoom Context Buffer to it."
            raise SummaryError(msg)
        # Said to the assistant, not to the others; but who asked was there.
        asked = set(context.get("asked", ()))
        return await self._news(
            context
            | {
                "participants": [{"name": name} for name in attendees_of(context)],
                "new": [said for said in context["new"] if said["id"] not in asked],
            }
        )

    async def _news(self, context: dict[str, Any]) -> dict[str, Any]:
        if context["kind"] not in ("live", "final"):
            self.component.status = f"{context['kind']} window: nothing to sum up"
            return news_of(context) | approved_in(context)
        table = Rows(context["session_id"], f"zoom-summary:{context['route']}")
        final = context["kind"] == "final"
        rows = [kept_of(row) for row in await table.all(context["window_id"] if final else None)]
        told = next((row for row in rows if row.window_id == context["window_id"]), None)
        if told:
            self.component.status = "Answered before: the same again"
            return told.news
        made = await (self._minutes(context) if final else self._live(context, rows))
        await table.add(made.window_id, content_of(made))
        return made.news

    async def _minutes(self, context: dict[str, Any]) -> Kept:
        said = context["new"]
        if said and self._model:
            text = await self._ask_for_minutes(context, said)
        else:
            text = write_minutes(said, context["gaps"], begun_ms(context, said), self._language(said))
        self.component.status = f"Minutes by {self._engine()}, {count_words(text)} words"
        summary = {"text": text, "attendees": attendees_of(context)}
        news = news_of(context, summary=summary) | {"language": self._language(said)}
        return Kept(context["window_id"], [], None, news)

    async def _live(self, context: dict[str, Any], rows: list[Kept]) -> Kept:
        """Sum up where it is time to; otherwise only remember what was said."""
        said = [one for row in rows for one in row.said] + context["new"]
        said.sort(key=lambda one: one["start_ms"])
        silent = Kept(context["window_id"], context["new"], None, news_of(context))
        before = next((row.summary for row in reversed(rows) if row.summary), None)
        wait_ms = self._wait_ms(context, said, before)
        if wait_ms > 0 or not context["new"]:
            self.component.status = f"Listening: {len(said)} utterances so far, nothing to tell yet"
            return silent
        if not self._model:
            begun, most = begun_ms(context, said), self._most_words()
            text, parts = running_summary(said, begun, most, self._language(said)), None
        else:
            level = await self._model.level(context["session_id"], reserve_tokens=reserve_for(said))
            if level == "spent":
                return self._without_budget(context, rows)
            if level == "tight" and self._wait_ms(context, said, before, factor=TIGHT_FACTOR) > 0:
                self.component.status = "The model's budget is tight: it is asked less often"
                return silent
            text, parts = await self._ask_for_summary(context, said, rows)
        typed = is_typed(context)  # whoever types is always answered
        text = text or (remarks_in(self._language(said)).nothing_to_sum_up if typed else "")
        changed = typed or is_changed(text, before)
        self.component.status = f"Summary by {self._engine()}, {count_words(text)} words" + (
            "" if changed else ": as before"
        )
        notes = [{"key": SUMMARY_KEY, "text": text}] if changed else []
        kept = text if changed or before is None else before.text
        return Kept(
            context["window_id"],
            context["new"],
            Summary(context["to_ms"], kept, parts),
            news_of(context, notes=notes),
        )

    def _wait_ms(
        self, context: dict[str, Any], said: list[dict[str, Any]], before: Summary | None, factor: int = 1
    ) -> int:
        """How long until people are to be told again, in milliseconds of the meeting; typed text does not wait."""
        if is_typed(context):
            return 0
        pause: int = max(1, self.component.every_minutes) * MINUTE_MS * factor
        if before is None:
            heard = sum(count_words(one["text"]) for one in said)
            return 0 if heard >= FIRST_WORDS else pause
        return before.at_ms + pause - int(context["to_ms"])

    def _without_budget(self, context: dict[str, Any], rows: list[Kept]) -> Kept:
        """Fall silent until the end, and say so once."""
        self.component.status = (
            "The model's budget for this meeting is spent: only the minutes are still made"
        )
        keys = {note["key"] for row in rows for note in row.news["notes"]}
        text = remarks_in(self._language(context["new"])).summary_pauses
        notes = [] if BUDGET_KEY in keys else [{"key": BUDGET_KEY, "text": text}]
        return Kept(context["window_id"], context["new"], None, news_of(context, notes=notes))

    def _most_words(self) -> int:
        return (
            self.component.max_words if self.component.max_words > 0 else RUNNING_WORDS
        )  # a field that was emptied is 0

    @functools.cached_property
    def _model(self) -> Any:
        """Whatever can be asked; ``None`` where rules do the work."""
        return model_behind(self.component.claude)

    def _language(self, said: list[dict[str, Any]]) -> str:
        """In which people are told; rules quote English alone."""
        return code_of(
            self.component.language if self._model or self.component.language != AUTOMATIC else "en", said
        )

    def _engine(self) -> str:
        return str(self._model.model) if self._model else "rules"

    def _prompt(self, task: str, max_words: int) -> str:
        """Put people's instructions before what an answer must be."""
        language = told_in(self.component.language, "the language of the meeting")
        told = (self.component.instructions or "").strip() or USUAL_INSTRUCTIONS.strip()
        return f"{told}\n\n# Your work\n\n{task.format(max_words=max_words, language=language)}"

    async def _ask_for_summary(
        self, context: dict[str, Any], said: list[dict[str, Any]], rows: list[Kept]
    ) -> tuple[str, dict[str, Any]]:
        """Bring the model's summary up to date with what it has not heard."""
        heard = [(at, row.summary) for at, row in enumerate(rows) if row.summary and row.summary.parts]
        known, last = heard[-1] if heard else (-1, None)
        summary = last.parts if last else None
        unheard = rows[known + 1 :]
        since = [one for row in unheard for one in row.said] + context["new"]
        most = self._most_words()
        answer, _ = await self._model.ask(
            session_id=context["session_id"],
            window_id=context["window_id"],
            system=[self._prompt(RUNNING_PROMPT, most)],
            content=question(context, since, summary),
            schema=RUNNING_SCHEMA,
            faults=checks_of_running(most),
            max_tokens=LIVE_TOKENS,
        )
        at = clock(context["to_ms"] - said[0]["start_ms"])
        return written(answer["summary"], at, self._language(said)), answer["summary"]

    async def _ask_for_minutes(self, context: dict[str, Any], said: list[dict[str, Any]]) -> str:
        answer, _ = await self._model.ask(
            session_id=context["session_id"],
            window_id=context["window_id"],
            system=[self._prompt(MINUTES_PROMPT, MINUTES_WORDS)],
            content=question(context, said),
            schema=MINUTES_SCHEMA,
            faults=checks_of_minutes(),
            max_tokens=MINUTES_TOKENS,
        )
        return str(answer["minutes"]).strip()
