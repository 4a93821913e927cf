"""What Zoom Context Buffer does with a message: lets its run in, and tells what is new apart from what was said before."""

from __future__ import annotations

import time
from typing import Any, Final

from components.zoom.shared.message_table import Row, Rows
from components.zoom.shared.one_run import claim_run, give_up_run, within_run
from components.zoom.shared.schemas import CONTEXT_SCHEMA
from components.zoom.shared.window import (
    PAGE_ROWS,
    RUN_SECONDS,
    TEXT_ROUTE,
    StoredWindow,
    WindowError,
    as_stored,
    as_text_window,
    asked_of,
    choose_context,
    meeting_of,
    parse_window,
    text_window,
    text_window_id,
    what_to_keep,
    words_in,
    write_prompt,
)

ALONE: Final = ("ask", "final", "approved")
"""Kinds of windows that bring with them what they need: nothing earlier belongs to them, and they are not kept."""


class ContextStep:
    """One message's context; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def for_prompt(self) -> dict[str, Any]:
        """Give the context as :meth:`read` does, and let nobody run who would be asked for nothing."""
        context, component = await self.read(), self.component
        if context["approved"] and component._vertex is not None:
            self._pass_by()
        elif not context["new"] and component._vertex is not None:
            component.graph.exclude_branch_conditionally(component._vertex.id)
            await give_up_run(component)
        return context

    def _pass_by(self) -> None:
        """Let nobody run between the prompt and whoever has the context as well: there is nothing to ask them."""
        edges = [edge for edge in self.component.graph.edges if edge.source_id == self.component._id]
        heirs = {edge.target_id for edge in edges if edge.source_handle.name == "context"}
        left = {edge.target_id for edge in edges if edge.source_handle.name == "prompt"} - heirs
        passed: set[str] = set()
        while left:
            each = left.pop()
            passed.add(each)
            left |= set(self.component.graph.successor_map.get(each, ())) - heirs - passed
        self.component.graph.conditionally_excluded_vertices.update(passed)
        for each in passed:
            self.component.graph.mark_vertex(each, "INACTIVE")
            self.component.graph.run_manager.remove_from_predecessors(each)

    async def read(self) -> dict[str, Any]:
        """Give ``zoom-context/1``."""
        text = str(self.component.message.text)
        if not text.strip():
            msg = "The message is empty. Connect Chat Input, or send a window or some text."
            raise WindowError(msg)
        session_id = str(self.component.message.session_id or self.component.graph.session_id or "")
        if not session_id:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise WindowError(msg)
        window = parse_window(text)
        async with within_run(self.component):
            if window:
                await claim_run(
                    self.component,
                    session_id=session_id,
                    route=window["route"],
                    window_id=window["window_id"],
                    now=time.time(),
                    seconds=self.component.run_seconds or RUN_SECONDS,
                )
            return await self._remember(session_id, text, window)

    async def _remember(self, session_id: str, text: str, window: dict[str, Any] | None) -> dict[str, Any]:
        """Find the window's context, and keep the window for those that come after it."""
        rows = Rows(session_id, f"zoom-context:{window['route'] if window else TEXT_ROUTE}")
        window_id = window["window_id"] if window else text_window_id(session_id, text)
        alone = window is not None and window["kind"] in ALONE
        page = [] if alone else await rows.newest(PAGE_ROWS)
        stored = None if alone else await self._stored(rows, page, window_id)
        if window is None:
            window = self._text_window(session_id, text, stored, page)
        context, context_gaps = ([], []) if alone else await self._context(rows, page, window, stored)
        if window["kind"] == "live" and not stored and (window["utterances"] or window["gaps"]):
            await rows.add(window_id, what_to_keep(window))

        told = (
            f"{window['kind']} window: {len(window['utterances'])} new utterances "
            f"({words_in(window['utterances'])} words), {len(context)} in context"
        )
        self.component.status = told
        self.component.log(told, name="Window")
        return {
            "schema": CONTEXT_SCHEMA,
            "window_id": window_id,
            "session_id": session_id,
            "route": window["route"],
            "kind": window["kind"],
            "meeting": meeting_of(window),
            "stream_id": window["stream_id"],
            "from_ms": window["from_ms"],
            "to_ms": window["to_ms"],
            "participants": window["participants"],
            "context": context,
            "new": window["utterances"],
            "gaps": context_gaps + window["gaps"],
            "share": window.get("share"),
            "asked": asked_of(window),
            "ask": window["ask"] if window["kind"] == "ask" else None,
            "earlier": window.get("earlier") if window["kind"] == "ask" else None,
            "still_open": window.get("still_open") if window["kind"] == "start" else None,
            "approved": window["approved"] if window["kind"] == "approved" else None,
            "prompt": write_prompt(window, context, context_gaps),
        }

    async def _stored(self, rows: Rows, page: list[Row], window_id: str) -> StoredWindow | None:
        """The window as it was kept by an earlier run of it; the table is asked only where the newest are not all."""
        known = [row for row in page if row.name == window_id]
        if not known and len(page) == PAGE_ROWS:
            row = await rows.first(window_id)
        else:
            row = known[-1] if known else None
        return as_stored(row) if row else None

    def _text_window(
        self, session_id: str, text: str, stored: StoredWindow | None, page: list[Row]
    ) -> dict[str, Any]:
        if stored:
            return as_text_window(stored.window_id, session_id, stored.seq, stored.utterances)
        return text_window(
            text,
            sender=self.component.message.sender_name or "User",
            session_id=session_id,
            newest=as_stored(page[0]) if page else None,
            now_ms=time.time_ns() // 1_000_000,
        )

    async def _context(
        self, rows: Rows, page: list[Row], window: dict[str, Any], stored: StoredWindow | None
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        budget = max(0, self.component.word_budget)
        found, limit = page, PAGE_ROWS
        while True:
            windows = {one.window_id: one for one in map(as_stored, found)}
            earlier = [
                one for one in windows.values() if one.is_before(window, stored.stored_at if stored else None)
            ]
            if len(found) < limit or sum(words_in(one.utterances) for one in earlier) >= budget:
                return choose_context(window, earlier, budget)
            limit *= 2
            found = await rows.newest(limit)
