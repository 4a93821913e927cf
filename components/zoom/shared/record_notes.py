"""What is noted down of a meeting's records: which steps were taken, which wait, and of which nobody knows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Final

from components.zoom.shared.identity import said_in
from components.zoom.shared.message_table import Row, Rows, to_its_end

MEETING: Final = "meeting"
"""What the record of a whole meeting is remembered under; an insight's is remembered under its id."""


@dataclass
class Memory:
    """What was written for a meeting."""

    records: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """``id``, ``name``, ``url`` and ``said`` of what was written, by insight id or ``meeting``."""
    done: set[str] = field(default_factory=set)
    """Keys of the steps that were taken."""
    written: set[tuple[str, str, str]] = field(default_factory=set)
    """Window, insight id and what it said then, of each insight that was written."""
    claimed: dict[str, str] = field(default_factory=dict)
    """Keys of the steps of which nobody knows whether they were taken, with the window that they were for; without
    one when it is known that nobody knows, while the others may be under way."""
    waiting: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Insights of steps that were certainly not taken or may be taken again, by insight id, as they were last."""
    sent: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """Notes of steps that a system may have taken, by key, with the request by which it knows them again."""
    left_out: dict[str, set[str]] = field(default_factory=dict)
    """Fields that the system did not take, by step."""

    def needed(self, insight: dict[str, Any], window: str, *, per_meeting: bool) -> tuple[str, str] | None:
        """Name the step that an insight needs, and its key; nothing where it is written as it is."""
        name = insight["id"]
        known = self.records.get(name)
        if known is None:
            step = "append" if per_meeting else "create"
            return step, f"{step}:{name}"
        said = said_in(insight)
        if known.get("said") == said or (window, name, said) in self.written:
            return None
        return "update", f"update:{name}:{window}"


def read_notes(rows: list[dict[str, Any]], repeatable: set[str], alive: float) -> Memory:
    """Read what was written from what was noted down.

    Each step of a subject (an insight, or the meeting) is a note that goes from state to state:

    =========  ======================================  ===================================================
    state      what happens                            becomes
    =========  ======================================  ===================================================
    (none)     the step is about to be taken           ``claimed``
    claimed    the system says yes                     ``done``
    claimed    it certainly did not take it            ``refused``
    claimed    no answer, or one of a broken server    ``unsure``
    claimed    the run died                            stays; after the time of a run it counts as ``unsure``
    refused    the next window                         a new ``claimed`` (this note is removed)
    unsure     the request has an ``Idempotency-Key``  a new ``claimed``, of the request that was sent first
    unsure     it has none                             stays; the end of the meeting names it
    done       the insight says something else         another step, ``update``, is ``claimed``
    =========  ======================================  ===================================================

    Args:
        rows: Notes, oldest first.
        repeatable: Steps that may be taken again where nobody knows whether they were.
        alive: Unix seconds; what was claimed before is no longer under way.
    """
    memory = Memory(done={row["key"] for row in rows if row["state"] == "done"})
    for row in rows:
        key, subject, step = row["key"], row["subject"], row["key"].partition(":")[0]
        nobody_knows = row["state"] in ("claimed", "unsure")
        if row["state"] == "done":
            known = memory.records.setdefault(subject, {})
            known.update({name: row[name] for name in ("id", "name", "url", "said") if row.get(name)})
            memory.written.add((row["window"], subject, row.get("said", "")))
            memory.left_out.setdefault(step, set()).update(row.get("left_out", ()))
        elif key in memory.done:
            continue
        elif nobody_knows and step not in repeatable:
            under_way = row["state"] == "claimed" and row.get("at", 0) > alive
            memory.claimed[key] = row["window"] if under_way else ""
        elif nobody_knows:
            memory.sent.setdefault(key, row)
        memory.waiting.pop(subject, None)
        if row["insight"] and key not in memory.claimed:
            memory.waiting[subject] = row["insight"]
    return memory


def work_of(news: dict[str, Any], memory: Memory, kinds: list[str]) -> list[dict[str, Any]]:
    """List the insights to write, in order: those that waited, this window's, and at the end any that has no record."""
    newest = memory.waiting | {insight["id"]: insight for insight in news["insights"]}
    known = newest.keys() | memory.records.keys()
    missed = [insight for insight in news.get("open") or [] if insight["id"] not in known]
    return [insight for insight in [*newest.values(), *missed] if insight["kind"] in kinds]


class Notebook:
    """What is noted down of a meeting's records in one system, in the message table."""

    def __init__(self, rows: Rows, window: str) -> None:
        self._rows = rows
        self._window = window
        self._waiting: dict[str, list[Row]] = {}

    async def read(self, repeatable: set[str], alive: float) -> Memory:
        """Read what was noted down so far; arguments as of :func:`read_notes`."""
        rows = await self._rows.all()
        for row in rows:
            if row.content["state"] == "refused":
                self._waiting.setdefault(row.content["subject"], []).append(row)
        return read_notes([row.content for row in rows], repeatable, alive)

    async def wait(self, subject: str, insight: dict[str, Any]) -> None:
        """Note down that an insight is left to the next window."""
        await self._rows.add("Zoom Record Sync", self._note("wait", "refused", subject, insight))

    async def claim(
        self, key: str, subject: str, insight: dict[str, Any] | None, request: dict[str, Any]
    ) -> Row:
        """Note down that a step is about to be taken, by which request, for all that waited for this subject."""
        note = self._note(key, "claimed", subject, insight) | {"request": request}
        try:
            row = await self._rows.add("Zoom Record Sync", note)
        except BaseException:
            await to_its_end(self._refuse(note))
            raise
        for waited in self._waiting.pop(subject, []):
            await self._rows.remove(waited)
        return row

    async def settle(self, row: Row, came: dict[str, Any]) -> None:
        """Note down what came of a step; a second time it says more."""
        row.content.update(came)
        await self._rows.change(row, row.content)

    async def _refuse(self, note: dict[str, Any]) -> None:
        for row in await self._rows.all():
            if row.content == note:
                await self.settle(row, {"state": "refused"})

    def _note(self, key: str, state: str, subject: str, insight: dict[str, Any] | None) -> dict[str, Any]:
        about = {"window": self._window, "subject": subject, "insight": insight, "at": time.time()}
        return {"key": key, "state": state} | about
