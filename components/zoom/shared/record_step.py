"""What Zoom Record Sync does with a window's news: reads how records are to be, and writes those that are not written."""

from __future__ import annotations

import base64
from typing import Any

import httpx
from lfx.schema.data import Data

from components.zoom.shared.days import zone_of
from components.zoom.shared.kinds import kinds_in
from components.zoom.shared.languages import AUTOMATIC, code_of
from components.zoom.shared.one_run import within_run
from components.zoom.shared.put_back import words_of
from components.zoom.shared.record_presets import BASIC, BEARER, NO_SIGN_IN, PER_MEETING
from components.zoom.shared.record_system import System
from components.zoom.shared.records import (
    STEPS,
    Layout,
    Sync,
    fault_notes,
    missing_note,
    parent_id,
    rehearsed,
    told,
)
from components.zoom.shared.request_template import (
    SETTINGS,
    RecordError,
    Template,
    check_names,
    names_in,
    parse_template,
)
from components.zoom.shared.schemas import CONTEXT_SCHEMA, NEWS_SCHEMA, awaits_approval, is_rehearsal
from components.zoom.shared.wording import LABELS


class RecordStep:
    """One window's records; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def sync(self) -> Data:
        """Write what has not been written, and give the news with the records in it."""
        async with within_run(self.component):
            return await self._sync()

    async def _sync(self) -> Data:
        news = (await words_of(self.component, Data(data=self._read_news()))).data
        if self.component.language != AUTOMATIC:
            news = news | {"language": code_of(self.component.language, ())}
        layout = self._layout(news["meeting"])
        missing = self._missing(layout.templates)
        rehearsal = is_rehearsal(news["meeting"], str(news["session_id"]))
        waits = awaits_approval(news["meeting"])
        if missing or rehearsal or waits:
            why = "it is a rehearsal" if rehearsal else "it waits for approval"
            why = f"fill in {' and '.join(missing)}" if missing else why
            self._tell(f"dry run, nothing was sent: {why}; {rehearsed(news, layout.kinds)}")
            return Data(data=news)
        system = System(
            settings={
                "base_url": self._base_url(),
                "parent": parent_id((self.component.parent or "").strip()),
            },
            authorization=self._authorization(),
            timeout=httpx.Timeout(max(1, self.component.timeout_seconds or 0), connect=10),
            transport=self.component._transport,
            sleep=self.component._sleep,
            clock=self.component._clock,
            is_last=news["kind"] == "final",
        )
        sync = Sync(news, layout, system)
        try:
            await sync.run()
        finally:
            self._tell(sync.status())
            await system.aclose()
        made = told(news, sync.memory, per_meeting=layout.per_meeting)
        name = self.component.preset or "Record"
        notes = fault_notes(name, sync.faults, news.get("language"))
        if news["kind"] == "final" and (left := sync.missing()):
            notes.append(missing_note(name, left, news.get("language")))
        return Data(data=made | {"notes": [*made.get("notes", []), *notes]} if notes else made)

    def _tell(self, said: str) -> None:
        """Say what came of it where the editor shows it."""
        self.component.status = said
        self.component.log(said, name="Records")

    def _layout(self, meeting: dict[str, Any]) -> Layout:
        """Read how records are to be, and see that every placeholder exists."""
        named = (str(meeting.get("timezone") or ""), (self.component.time_zone or "").strip())
        zone = zone_of(*named)
        if named[1] and zone_of(named[1]) is None:
            msg = "Time Zone is none that is known here. Give it as America/Los_Angeles."
            raise RecordError(msg)
        return Layout(
            templates=self._templates(),
            ids={"create": self.component.record_id or "", "append": self.component.item_id or ""},
            shown={"name": self.component.record_name or "", "url": self.component.record_url or ""},
            per_meeting=self.component.one_record_per == PER_MEETING,
            kinds=kinds_in(self.component.kinds, LABELS),
            zone=zone,
        )

    def _read_news(self) -> dict[str, Any]:
        """Give the news; the context of a window that has none yet is news of nothing."""
        news = self.component.news.data if isinstance(self.component.news, Data) else {}
        if news.get("schema") == CONTEXT_SCHEMA:
            named = {name: news[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
            return {"schema": NEWS_SCHEMA} | named | {"insights": [], "summary": None, "notes": []}
        if news.get("schema") != NEWS_SCHEMA:
            msg = "The News input must be the news of Zoom Insight Ledger, or a context. Connect one of them."
            raise RecordError(msg)
        return news

    def _templates(self) -> dict[str, Template]:
        """Read the requests that are used, and see that every placeholder exists."""
        steps = STEPS if self.component.one_record_per == PER_MEETING else ("create", "update")
        texts = {step: str(getattr(self.component, f"{step}_request") or "") for step in steps}
        templates = {step: made for step, text in texts.items() if (made := parse_template(step, text))}
        if "create" not in templates:
            msg = "The Create request is empty. Choose a System, or write the request."
            raise RecordError(msg)
        for where in ("record_id", "item_id", "record_name", "record_url"):
            check_names(where.replace("_", " ").title(), getattr(self.component, where) or "", reply=True)
        return templates

    def _missing(self, templates: dict[str, Template]) -> list[str]:
        """Name the fields that are empty and without which nothing can be sent."""
        used = "".join(each.uses() for each in templates.values())
        names = names_in(used)
        empty = [
            name for name in SETTINGS if name in names and not (getattr(self.component, name) or "").strip()
        ]
        missing = [SETTINGS[name] for name in empty]
        if self.component.sign_in == BASIC and not (self.component.user or "").strip():
            missing.append("User")
        if self.component.sign_in != NO_SIGN_IN and not (self.component.token or "").strip():
            missing.append("Token")
        return missing

    def _base_url(self) -> str:
        return (self.component.base_url or "").strip().rstrip("/")

    def _authorization(self) -> str:
        """Give the Authorization header; empty for none.

        Raises:
            RecordError: The token cannot be one.
        """
        if self.component.sign_in == NO_SIGN_IN:
            return ""
        token = self.component.token.strip()
        if not token.isascii() or not token.isprintable() or " " in token:
            msg = "The Token must be the bare token, without 'Bearer' or 'Basic' in front."
            raise RecordError(msg)
        if self.component.sign_in == BEARER:
            return f"Bearer {token}"
        return f"Basic {base64.b64encode(f'{self.component.user.strip()}:{token}'.encode()).decode()}"
