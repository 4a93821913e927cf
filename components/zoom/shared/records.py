"""What of a meeting's news becomes a record, in which order, and what is told of it."""

from __future__ import annotations

import re
import time
import zoneinfo
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, Final

from components.zoom.shared.days import day_shown
from components.zoom.shared.due import due_date, due_time
from components.zoom.shared.http import longest_wait
from components.zoom.shared.identity import SAID, digest, said_in
from components.zoom.shared.languages import labels_in
from components.zoom.shared.message_table import Rows
from components.zoom.shared.record_notes import MEETING, Memory, Notebook, work_of
from components.zoom.shared.record_system import PATIENCE_SECONDS, System, left_out, parts_of
from components.zoom.shared.record_words import record_words_in
from components.zoom.shared.request_template import RecordError, Template, fill, names_in, read_reply
from components.zoom.shared.wording import CHARACTERS, STRONG, clean, cut, point_of, write_point

TITLE_CHARACTERS: Final = 200
"""Longest title; Jira takes 255 characters on one line."""


STEPS: Final = ("create", "append", "update", "finish")

COUNTED: Final = ("created", "updated", "there already")

RARE: Final = ("perhaps written before", "not written for want of an id")
"""What is told only where it is so."""


ADDRESSES: Final = (
    re.compile(r"notion\.(?:so|site|com)/.*?(?P<id>[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})(?:[?#]|$)"),
    re.compile(r"atlassian\.net/.*?(?:projects/|browse/)(?P<id>[A-Z][A-Z0-9_]+)"),
    re.compile(r"hubspot\.com/.*?(?:deal|record/0-3)/(?P<id>\d+)"),
)
"""What people paste as Parent: the page's address instead of the id that stands in it."""


def values_of(
    news: dict[str, Any], insight: dict[str, Any] | None, zone: zoneinfo.ZoneInfo | None
) -> dict[str, str]:
    """Give what the placeholders stand for, of the meeting and of an insight; days are those of ``zone``."""
    meeting, language = news["meeting"], news.get("language")
    labels, words = labels_in(language), record_words_in(language)
    started_at = str(meeting.get("started_at") or "")
    topic, date = short(meeting.get("topic") or "", TITLE_CHARACTERS), day_shown(started_at, zone)
    values = {
        "topic": topic or words.meeting,
        "date": date,
        "updated_line": words.updated,
        "to_do_title": words.to_do,
        "summary_title": words.summary,
        "attendees_title": labels.attendees,
        "started_at": started_at,
        "meeting_id": str(meeting.get("id") or ""),
        "meeting_uuid": str(meeting.get("uuid") or ""),
        "session_id": news["session_id"],
    }
    if news["summary"]:
        values["summary"] = STRONG.sub(r"\1", clean(news["summary"]["text"]))
        values["attendees"] = ", ".join(map(clean, news["summary"]["attendees"]))
    if insight:
        due = due_date(insight["due"], started_at, zone)
        answer = {name: clean((insight.get("answer") or {}).get(name) or "") for name in ("text", "source")}
        label = label_of(insight, language)
        values |= {
            "insight_id": insight["id"],
            "kind": insight["kind"],
            "label": label,
            "found_line": words.found_in.format(label=label, where=", ".join(filter(None, (topic, date)))),
            "text": parts_of(clean(insight["text"]))[0],
            "title": short(point_of(insight["text"]), TITLE_CHARACTERS),
            "point": parts_of(write_point(insight, language))[0],
            "owner": clean(insight["owner"] or ""),
            "due": clean(insight["due"] or ""),
            "due_date": due,
            "due_time": due_time(due, zone),
            "evidence": ", ".join(insight["evidence"]),
            "answer": answer["text"],
            "answer_line": words.suggested_answer.format(answer=answer["text"]) if answer["text"] else "",
            "answer_source": answer["source"],
            "source_line": words.source.format(source=answer["source"]) if answer["source"] else "",
        }
    return values


def label_of(insight: dict[str, Any], language: str | None) -> str:
    """Name the kind of an insight for people."""
    labels = labels_in(language)
    return labels.kinds.get(insight["kind"], (labels.note, ""))[0]


def short(text: str, size: int) -> str:
    """Write text on one line of at most ``size`` UTF-16 units."""
    line = " ".join(clean(text).split())
    if CHARACTERS.length(line) <= size:
        return line
    return f"{cut(line, replace(CHARACTERS, size=size - 1))[0]}…"


def told(news: dict[str, Any], memory: Memory, *, per_meeting: bool) -> dict[str, Any]:
    """Add to the news what people may open: each insight's record, or a note of the meeting's."""
    if per_meeting:
        notes = notes_of(news["window_id"], memory, news.get("language"))
        return news | {"notes": [*news.get("notes", []), *notes]}

    def linked(insight: dict[str, Any]) -> dict[str, Any]:
        record = memory.records.get(insight["id"], {})
        if not record.get("name"):
            return insight
        return insight | {"record": {"name": record["name"], "url": record.get("url", "")}}

    made = news | {"insights": [linked(insight) for insight in news["insights"]]}
    return made | {"open": [linked(insight) for insight in news["open"]]} if news.get("open") else made


def fault_notes(system: str, faults: list[RecordError], language: str | None) -> list[dict[str, str]]:
    """Tell why something is not written: a note for each kind of fault, the same as long as the fault is the same."""
    texts, words = dict.fromkeys(str(fault) for fault in faults), record_words_in(language)
    return [
        {
            "key": f"record-fault:{digest([system, text])}",
            "text": words.not_all_written.format(system=system, why=text),
        }
        for text in texts
    ]


def missing_note(system: str, missing: dict[str, str], language: str | None) -> dict[str, str]:
    """Tell at the end of a meeting what people have to look after themselves; it is known by the steps, not by words."""
    words = record_words_in(language)
    return {
        "key": f"record-missing:{digest(system)}",
        "text": "\n- ".join([words.missing.format(system=system), *missing.values()]),
        SAID: digest(list(missing)),
    }


def notes_of(window_id: str, memory: Memory, language: str | None) -> list[dict[str, str]]:
    """Tell of a meeting's record where it is, or that it may be missing.

    A claim of this very window says nothing: another run may be about to create the record.
    """
    record, words = memory.records.get(MEETING), record_words_in(language)
    if record is None and memory.claimed.get("create", window_id) != window_id:
        return [{"key": "record", "text": words.nobody_knows}]
    if record and record.get("url"):
        return [{"key": "record", "text": f"{record.get('name') or words.record}: {record['url']}"}]
    return []


def parent_id(parent: str) -> str:
    """Give the id of what new records belong to, also where somebody pasted the page's address.

    Raises:
        RecordError: It is an address in which no id is found.
    """
    if not parent.startswith(("https://", "http://")):
        return parent
    for pattern in ADDRESSES:
        if match := pattern.search(parent):
            return match["id"]
    msg = "Parent is an address. Give the id or key that stands in it."
    raise RecordError(msg)


@dataclass
class Layout:
    """How the user wants records: the requests, and where an answer has what people are shown."""

    templates: dict[str, Template]
    ids: dict[str, str]
    """Templates of the id that the answer to a step has."""
    shown: dict[str, str]
    """Templates of a record's name and URL."""
    per_meeting: bool
    kinds: list[str]
    zone: zoneinfo.ZoneInfo | None

    def scope(self, settings: dict[str, str]) -> str:
        """Name what records are created in which system."""
        create = self.templates["create"]
        return f"zoom-record:{digest([settings, self.per_meeting, create.method, create.url])}"


def rehearsed(news: dict[str, Any], kinds: list[str]) -> str:
    """Say what a dry run would have sent, in numbers."""
    wanted = [insight["status"] for insight in news["insights"] if insight["kind"] in kinds]
    changed = wanted.count("changed")
    return f"{len(wanted) - changed} to create, {changed} to bring up to date"


def request_of(template: Template, values: dict[str, str], without: set[str]) -> dict[str, Any]:
    """Give what makes a request the same again: the values that it uses, and the fields that it is sent without."""
    names = {name.removesuffix("_part") for name in names_in(template.uses())}
    return {"values": {name: values.get(name, "") for name in sorted(names)}, "without": sorted(without)}


class Sync:
    """One window's news on their way into another system, step by step."""

    def __init__(self, news: dict[str, Any], layout: Layout, system: System) -> None:
        self.memory = Memory()
        self.faults: list[RecordError] = []
        """What was not written, and why."""
        self.counts = dict.fromkeys((*COUNTED, *RARE), 0)
        self._news = news
        self._layout = layout
        self._system = system
        self._notes = Notebook(Rows(news["session_id"], layout.scope(system.settings)), news["window_id"])

    def status(self) -> str:
        """Say what became of all, in numbers."""
        told = [f"{n} {what}" for what, n in self.counts.items() if n or what not in RARE]
        return f"{', '.join(told)}. {self._reasons()}" if self.faults else ", ".join(told)

    async def run(self) -> None:
        """Take the steps that have not been taken.

        One that is not taken is noted down for the next window, as are those that would not be taken either.

        Raises:
            RecordError: The node is set up wrongly. What the system does is in ``faults`` only.
        """
        if not self._news["session_id"]:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise RecordError(msg)
        layout, summary = self._layout, self._news["summary"]
        repeatable = {step for step, each in layout.templates.items() if each.repeatable}
        # A step takes no longer than all the patience, an answer, and another to what is sent without some fields.
        alive = time.time() - PATIENCE_SECONDS - 2 * (longest_wait(self._system.timeout) or 0)
        self.memory = await self._notes.read(repeatable, alive)
        work = work_of(self._news, self.memory, layout.kinds)
        if layout.per_meeting and (self._news["kind"] == "start" or work or summary):
            await self._tried(self._take("create", "create", MEETING, None))
        missing = any(fault.stops for fault in self.faults)
        while work and not self._stopped():
            await self._tried(self._write(work.pop(0)))
        for insight in work:
            if insight != self.memory.waiting.get(insight["id"]):
                await self._notes.wait(insight["id"], insight)
        if layout.per_meeting and summary and not missing and not self._stopped():
            await self._tried(self._take("finish", "finish", MEETING, None))
        if not all(fault.noted for fault in self.faults):
            raise RecordError(self._reasons())

    def missing(self) -> dict[str, str]:
        """Name what the meeting brought and the system does not have, or perhaps not, by the step that it needs.

        What another run has begun for this very window is not among it.
        """
        news, layout, memory = self._news, self._layout, self.memory
        language = news.get("language")
        newest: dict[str, dict[str, Any]] = {}
        for insight in [*(news.get("open") or []), *news["insights"], *memory.waiting.values()]:
            newest.setdefault(insight["id"], insight)
        needed = [
            (f"{label_of(insight, language)}: {short(point_of(insight['text']), TITLE_CHARACTERS)}", *step)
            for insight in newest.values()
            if insight["kind"] in layout.kinds and (step := self._needed(insight))
        ]
        if layout.per_meeting and news["summary"] and "finish" not in memory.done:
            needed.append((record_words_in(language).summary_missing, "finish", "finish"))
        begun = {key for key, window in memory.claimed.items() if window == news["window_id"]}
        return {key: name for name, step, key in needed if step in layout.templates and key not in begun}

    async def _tried(self, step: Awaitable[None]) -> None:
        try:
            await step
        except RecordError as fault:
            self.faults.append(fault)

    def _stopped(self) -> bool:
        return any(fault.stops for fault in self.faults)

    def _reasons(self) -> str:
        return " ".join(dict.fromkeys(map(str, self.faults)))

    def _needed(self, insight: dict[str, Any]) -> tuple[str, str] | None:
        return self.memory.needed(insight, self._news["window_id"], per_meeting=self._layout.per_meeting)

    async def _write(self, insight: dict[str, Any]) -> None:
        """Create an insight's record, or bring it up to date where it says something else.

        What may be there with other words is created with those, and brought up to date then.
        """
        needed = self._needed(insight)
        if not needed:
            self.counts["there already"] += 1
            return
        await self._take(*needed, insight["id"], insight)
        then = self._needed(insight)
        if then and then != needed:
            await self._take(*then, insight["id"], insight)

    async def _take(self, step: str, key: str, subject: str, insight: dict[str, Any] | None) -> None:
        """Take a step unless it was taken, or perhaps was."""
        template = self._layout.templates.get(step)
        if template is None:
            return
        orphan = step != "create" and self._layout.per_meeting and MEETING not in self.memory.records
        without = {name for name, found in self._ids(subject).items() if not found}
        if key in self.memory.done:
            self.counts["there already"] += 1
        elif key in self.memory.claimed or orphan:
            self.counts["perhaps written before"] += 1
        elif without & template.in_address():
            self.counts["not written for want of an id"] += 1
        else:
            await self._act(template, key, subject, insight)

    async def _act(self, template: Template, key: str, subject: str, insight: dict[str, Any] | None) -> None:
        """Note a step down, send its request, and note down what came of it.

        What the system may have is sent once more as it was: it knows a request again by all that stands in it.
        """
        left = self.memory.left_out.setdefault(template.step, set())
        first = {} if template.step == "update" else self.memory.sent.get(key, {})
        sent = first.get("insight", insight)
        values = self._values(subject, sent)
        request = first.get("request") or request_of(template, values, left)
        values |= request["values"]
        without = set(request["without"])
        known = set(without)
        note = await self._notes.claim(key, subject, insight, request if template.repeatable else {})
        self._system.in_flight = False
        try:
            reply = await self._system.send(template, values, without)
        except RecordError as error:
            fate: dict[str, Any] = {"state": "refused" if error.refused else "unsure"}
            if template.repeatable:
                fate["request"] = request | {"without": sorted(without)}
            await self._notes.settle(note, fate)
            raise
        except BaseException:  # cancelled: what is not under way is left to later runs
            if not self._system.in_flight:
                await self._notes.settle(note, {"state": "refused"})
            raise
        found = read_reply(reply) | values
        record = self._record(template.step, found, sent)
        newer = insight if insight and said_in(insight) != record["said"] else None
        left |= without
        done = {"state": "done", "insight": newer, "left_out": sorted(without), "request": {}} | record
        await self._notes.settle(note, done)
        self.memory.done.add(key)
        self.memory.records.setdefault(subject, {}).update(
            {name: text for name, text in record.items() if text}
        )
        self.counts["created" if template.step in self._layout.ids else "updated"] += 1
        if without - known:
            raise left_out(template.step, without - known)
        if template.step == "create" and self._layout.ids["create"] and not record["id"]:
            msg = "The record was created, but Record Id does not find its id in the answer. It cannot be updated."
            raise RecordError(msg, noted=True, stops=False)

    def _record(self, step: str, found: dict[str, str], sent: dict[str, Any] | None) -> dict[str, str]:
        """Give what is known of a record once a step was taken."""
        record = {"said": said_in(sent) if sent else ""}
        if step in self._layout.ids:
            record["id"] = fill(self._layout.ids[step], found) or ""
            found["record_id" if step == "create" else "item_id"] = record["id"]
        if step == "create":
            record |= {name: fill(shown, found) or "" for name, shown in self._layout.shown.items()}
        return record

    def _values(self, subject: str, insight: dict[str, Any] | None) -> dict[str, str]:
        """Give what the placeholders of a step stand for."""
        about = values_of(self._news, insight, self._layout.zone)
        return about | self._system.settings | self._ids(subject)

    def _ids(self, subject: str) -> dict[str, str]:
        """Give the ids that the system has for a subject; empty where it told none."""
        record = self.memory.records.get(MEETING if self._layout.per_meeting else subject, {})
        return {
            "record_id": record.get("id", ""),
            "item_id": self.memory.records.get(subject, {}).get("id", ""),
        }
