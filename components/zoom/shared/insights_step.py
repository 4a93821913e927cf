"""What Zoom Meeting Insights does with a window: asks the model or the rules, and keeps what the model said."""

from __future__ import annotations

from typing import Any

from lfx.schema.data import Data

from components.zoom.shared.findings import find
from components.zoom.shared.highlights import highlights
from components.zoom.shared.insights import (
    KINDS,
    MAX_TOKENS_FINAL,
    MAX_TOKENS_LIVE,
    RULE_KINDS,
    TIGHT_BATCH_WORDS,
    TOKENS_PER_MINUTE,
    USUAL_KINDS,
    WATCHED_KINDS,
    InsightsError,
    Kept,
    answer_schema,
    begun_ms,
    believed,
    budget_notes,
    faults_of,
    insight_of,
    may_wait,
    minutes_so_far,
    newest,
    system_prompt,
    user_text,
    waiting,
    words_spoken,
)
from components.zoom.shared.kinds import kinds_in
from components.zoom.shared.languages import AUTOMATIC, code_of, labels_in
from components.zoom.shared.message_table import Rows
from components.zoom.shared.model import engine_of, model_behind
from components.zoom.shared.one_run import within_run
from components.zoom.shared.remarks import remarks_in
from components.zoom.shared.schemas import CONTEXT_SCHEMA, INSIGHTS_SCHEMA, approved_in, is_typed
from components.zoom.shared.speech import NOBODY, attendees_of
from components.zoom.shared.words import is_foreign


class InsightsStep:
    """One window's insights; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def find(self) -> dict[str, Any]:
        """Give ``zoom-insights/1``."""
        async with within_run(self.component):
            return await self._find(self._read_context())

    async def _find(self, context: dict[str, Any]) -> dict[str, Any]:
        model = model_behind(self.component.claude)
        engine = engine_of(model)
        final = context["kind"] == "final"
        head = {name: context[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
        answer: dict[str, Any] = {"insights": [], "summary": None, "usage": None, "notes": []}
        if approved := approved_in(context):
            self.component.status = "what was approved is passed on"
            return {"schema": INSIGHTS_SCHEMA} | head | {"engine": engine, "model": None} | answer | approved
        self.component.status = "nothing to look for"
        if context["new"] and context["kind"] in {"live", "final"}:
            answer |= await self._by_model(model, context) if model else await self._by_rules(context)
        elif final:
            answer["summary"] = remarks_in(self._language(context, engine)).nothing_said
        summary = {"text": answer["summary"], "attendees": attendees_of(context)} if final else None
        return {
            "schema": INSIGHTS_SCHEMA,
            **head,
            "engine": engine,
            "model": model.model if model else None,
            "language": self._language(context, engine),
            **(answer | {"summary": summary}),
        }

    def _read_context(self) -> dict[str, Any]:
        """The context without what is said to the assistant, which is no work for the others; who said it was there."""
        context = (
            self.component.context.data
            if isinstance(self.component.context, Data)
            else self.component.context
        )
        if not isinstance(context, dict) or context.get("schema") != CONTEXT_SCHEMA:
            msg = "Zoom Meeting Insights needs the Context output of Zoom Context Buffer as its input."
            raise InsightsError(msg)
        asked = set(context.get("asked", ()))
        return context | {
            "participants": [{"name": name} for name in attendees_of(context)],
            "context": [said for said in context["context"] if said["id"] not in asked],
            "new": [said for said in context["new"] if said["id"] not in asked],
        }

    def _language(self, context: dict[str, Any], engine: str) -> str:
        """In which language people are told; rules quote English alone."""
        if engine == "rules" and self.component.language in ("", AUTOMATIC):
            return "en"
        return code_of(self.component.language, [*context["context"], *context["new"]])

    def _chosen_kinds(self) -> list[str]:
        chosen = kinds_in(self.component.kinds, USUAL_KINDS)
        return [kind for kind in KINDS if kind in chosen]

    async def _by_rules(self, context: dict[str, Any]) -> dict[str, Any]:
        """Insights and, for a final window, what was found in the whole meeting, by the rules."""
        final = context["kind"] == "final"
        earlier, begun = context["context"], begun_ms(context)
        found = find(
            [*earlier, *context["new"]],
            [person["name"] for person in context["participants"]],
            kinds=[kind for kind in self._chosen_kinds() if kind in RULE_KINDS],
            first_new=len(earlier),
            over=final or is_typed(context),
        )
        insights = [insight_of(f.kind, f.text(begun), f.owner, f.due, f.evidence, "rules") for f in found]
        notes = await self._notes_of_rules(context, nothing=not insights)
        self.component.status = " ".join(
            [f"{len(insights)} insights by rules.", *(note["text"] for note in notes)]
        )
        language = self._language(context, "rules")
        summary = highlights(found, context["new"], begun, language=language) if final else None
        return {"insights": insights, "summary": summary, "notes": notes}

    async def _notes_of_rules(self, context: dict[str, Any], *, nothing: bool) -> list[dict[str, str]]:
        """What people must know of the rules: once in a meeting what these cannot do, and an answer to whoever types."""
        notes: list[dict[str, str]] = []
        language = code_of(self.component.language, [*context["context"], *context["new"]])
        remarks, wants, names = remarks_in(language), self._chosen_kinds(), labels_in(language).kinds
        missing = ", ".join(names[kind][1] for kind in wants if kind not in RULE_KINDS).capitalize()
        if (
            context["kind"] == "live"
            and not is_typed(context)
            and (not set(wants).isdisjoint(WATCHED_KINDS) or set(wants).isdisjoint(RULE_KINDS))
            and await self._is_first_to_tell(context)
        ):
            notes.append({"key": "offline", "text": remarks.needs_a_model.format(kinds=missing)})
        before, now = ([said["text"] for said in context[name]] for name in ("context", "new"))
        if is_foreign([*before, *now]) and not is_foreign(before):
            notes.append({"key": "language", "text": remarks.english_notes})
        elif is_typed(context) and nothing:
            named = any(
                said["source"] == "speech" and not NOBODY.fullmatch(said["speaker"])
                for said in context["new"]
            )
            told = remarks.nothing_to_note if named else remarks.no_names
            notes.append({"key": f"heard:{context['window_id']}", "text": told})
        return notes

    async def _by_model(self, model: Any, context: dict[str, Any]) -> dict[str, Any]:
        """What the model finds in the window and in the speech that waited for it; or nothing, where this one waits too."""
        live = context["kind"] == "live"
        rows = await self._rows(context, only_window=not live)
        known = next((row for row in rows if row.window_id == context["window_id"]), None)
        if known:
            self.component.status = f"{len(known.answer['insights'])} insights by {model.model}, as before"
            return known.answer
        level = "ample"  # the final window is asked about in any case
        if live:
            reserve = round(minutes_so_far(context) * TOKENS_PER_MINUTE)
            level = await model.level(context["session_id"], reserve_tokens=reserve)
        told = [note for row in rows for note in row.answer["notes"]]
        notes = budget_notes(level, told, self._language(context, engine_of(model)))
        nothing = {"insights": [], "summary": None, "usage": None, "notes": notes}
        if level == "spent":
            self.component.status = "the budget is used up: only the final summary is still made"
            await self._keep(context, Kept(context["window_id"], nothing, [], []))
            return nothing
        waits = waiting(rows) if live else []
        speech = [said for row in waits for said in row.waits] + context["new"]
        least = max(self.component.batch_words or 0, TIGHT_BATCH_WORDS if level == "tight" else 0)
        typed = is_typed(context)
        if live and not typed and may_wait(speech, context["to_ms"], least):
            await self._keep(context, Kept(context["window_id"], nothing, context["new"], []))
            # Where Langflow keeps no messages, what waits would be lost: then it is asked about now.
            if await self._rows(context, only_window=True):
                self.component.status = f"{words_spoken(speech)} words wait to be {least}"
                return nothing
        answer = await self._ask(model, context, speech) | {"notes": notes}
        await self._keep(context, Kept(context["window_id"], answer, [], [row.window_id for row in waits]))
        return answer

    async def _ask(self, model: Any, context: dict[str, Any], speech: list[dict[str, Any]]) -> dict[str, Any]:
        final = context["kind"] == "final"
        kinds = self._chosen_kinds()
        own = {(said["id"], said["start_ms"]) for said in speech}
        before = [said for said in context["context"] if (said["id"], said["start_ms"]) not in own]
        earlier = newest(before, max(0, self.component.context_words or 0))
        found, usage = await model.ask(
            session_id=context["session_id"],
            window_id=context["window_id"],
            system=[system_prompt(kinds, self.component.instructions or "", self.component.language or "")],
            content=user_text(context, speech, earlier),
            schema=answer_schema(kinds),
            faults=lambda answer: faults_of(answer, kinds, final=final),
            max_tokens=MAX_TOKENS_FINAL if final else MAX_TOKENS_LIVE,
        )
        insights = believed(found, speech, earlier, kinds, engine_of(model))
        self.component.status = (
            f"{len(insights)} insights by {model.model}; tokens: {usage['cache_read_input_tokens']} from the cache, "
            f"{usage['cache_creation_input_tokens']} into it, {usage['input_tokens']} not cached, "
            f"{usage['output_tokens']} answered"
        ) + ("" if usage["usd"] is None else f"; ${usage['usd']:.4f}")
        return {
            "insights": insights,
            "summary": found["summary"].strip() if final else None,
            "usage": usage,
        }

    async def _is_first_to_tell(self, context: dict[str, Any]) -> bool:
        """Whether this window is the one of its meeting that tells what needs a model; the same each time it is run."""
        rows = Rows(context["session_id"], f"zoom-insights-told:{context['route']}")
        told = await rows.first("offline")
        if told is None and not context["context"]:
            await rows.add("offline", context["window_id"])
            told = await rows.first("offline")
        return told.content == context["window_id"] if told else not context["context"]

    def _table(self, context: dict[str, Any]) -> Rows:
        """What this route's windows have left."""
        return Rows(context["session_id"], f"zoom-insights:{context['route']}")

    async def _rows(self, context: dict[str, Any], *, only_window: bool = False) -> list[Kept]:
        """What this route's windows have left, or only this window, oldest first."""
        rows = await self._table(context).all(context["window_id"] if only_window else None)
        return [Kept(window_id=row.name, **row.content) for row in rows]

    async def _keep(self, context: dict[str, Any], kept: Kept) -> None:
        left = {"answer": kept.answer, "waits": kept.waits, "took": kept.took}
        await self._table(context).add(kept.window_id, left)
