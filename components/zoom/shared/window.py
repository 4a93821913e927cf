"""A window as the bridge sends it, or made of plain text; its context, and the prompt of both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone, tzinfo
from typing import Any, Final

from components.zoom.shared.days import zone_of
from components.zoom.shared.message_table import Row
from components.zoom.shared.pasted import read_pasted, unmarked
from components.zoom.shared.schemas import TEXT_STREAM
from components.zoom.shared.words import count_words, flat

WINDOW_SCHEMA: Final = "zoom-window/1"
OWN_MARK: Final = "🤖 "
"""How a chat message begins that Zoom Chat Output has posted under a person's name. Zoom brings it back as a message
of the meeting's chat."""
TEXT_ROUTE: Final = "text"
"""Route of windows made of plain text."""
PAGE_ROWS: Final = 32
"""Stored windows read at first; doubled until the budget is filled."""

UNKNOWN_SPEAKER: Final = "Unknown speaker"
"""Who says what a pasted transcript says without a name; the bridge calls them so too."""

TEXT: Final = ((str,), "text")
NUMBER: Final = ((int,), "a whole number")
NUMBER_OR_NULL: Final = ((int, type(None)), "a whole number or null")
OBJECT: Final = ((dict,), "an object")
OBJECT_OR_NULL: Final = ((dict, type(None)), "an object or null")
TEXT_OR_NULL: Final = ((str, type(None)), "text or null")
LIST: Final = ((list,), "a list")

WINDOW_FIELDS: Final = {
    "window_id": TEXT,
    "seq": NUMBER,
    "kind": TEXT,
    "route": TEXT,
    "meeting": OBJECT,
    "stream_id": TEXT,
    "from_ms": NUMBER,
    "to_ms": NUMBER,
    "participants": LIST,
    "utterances": LIST,
    "gaps": LIST,
}
MEETING_FIELDS: Final = {"uuid": TEXT, "id": TEXT, "topic": TEXT, "started_at": TEXT}
PARTICIPANT_FIELDS: Final = {"user_id": TEXT, "name": TEXT}
UTTERANCE_FIELDS: Final = {
    "id": TEXT,
    "speaker": TEXT,
    "user_id": TEXT,
    "start_ms": NUMBER,
    "end_ms": NUMBER,
    "text": TEXT,
    "language": NUMBER_OR_NULL,
    "source": TEXT,
}
GAP_FIELDS: Final = {"from_ms": NUMBER, "to_ms": NUMBER, "reason": TEXT}
ASK_FIELDS: Final = {"question": TEXT, "speaker": TEXT, "user_id": TEXT, "source": TEXT, "utterances": LIST}
APPROVED_FIELDS: Final = {
    "insights": LIST,
    "summary": OBJECT_OR_NULL,
    "notes": LIST,
    "language": TEXT,
    "of": TEXT,
}
APPROVED_INSIGHT_FIELDS: Final = {
    "id": TEXT,
    "status": TEXT,
    "kind": TEXT,
    "text": TEXT,
    "owner": TEXT_OR_NULL,
    "due": TEXT_OR_NULL,
    "evidence": LIST,
}
KINDS: Final = ("start", "live", "ask", "final", "approved")
ADDED_TO_MEETING: Final = ("timezone", "rehearsal", "approve")
"""Fields of a window that everybody behind needs to know: they go on as fields of its meeting."""
RUN_SECONDS: Final = 110
"""A little less than a route of the bridge gives a run, after which the bridge has given it up and tries again."""


class WindowError(ValueError):
    """The text says it is a window but is not; the message names the field, never its content."""


@dataclass(frozen=True)
class StoredWindow:
    """One live window as the message history keeps it."""

    window_id: str
    stream_id: str
    seq: int
    utterances: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    stored_at: str
    """When it was stored, UTC, written so that text order is time order."""

    def is_before(self, window: dict[str, Any], stored_at: str | None) -> bool:
        """Whether this window came earlier than ``window``, which was stored at ``stored_at``.

        Within a stream the sequence decides, which no worker's clock can disturb. ``None`` means that
        ``window`` is being seen for the first time, so everything stored is earlier.
        """
        if self.stream_id == window["stream_id"]:
            return self.seq < int(window["seq"])
        return stored_at is None or self.stored_at < stored_at


def parse_window(text: str) -> dict[str, Any] | None:
    """Read a window's JSON.

    Returns:
        The window with its utterances and gaps by time, without our own chat messages; ``None`` where the text
        is not a Zoom window.

    Raises:
        WindowError: It is a Zoom window of another version, or a field is missing or of the wrong type.
    """
    if not text.lstrip().startswith("{"):
        return None
    try:
        window: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        return None
    schema = window.get("schema")
    if not isinstance(schema, str) or not schema.startswith("zoom-window/"):
        return None
    if schema != WINDOW_SCHEMA:
        msg = f"This Context Buffer reads {WINDOW_SCHEMA} and was sent another version. Update the flow."
        raise WindowError(msg)
    check(window, WINDOW_FIELDS, "window")
    if window["kind"] not in KINDS:
        msg = f"window.kind must be one of {', '.join(KINDS)}."
        raise WindowError(msg)
    check(window["meeting"], MEETING_FIELDS, "window.meeting")
    for name, fields in (
        ("participants", PARTICIPANT_FIELDS),
        ("utterances", UTTERANCE_FIELDS),
        ("gaps", GAP_FIELDS),
    ):
        for position, item in enumerate(window[name]):
            check(item, fields, f"window.{name}[{position}]")
    if "asked" in window:
        check(window, {"asked": LIST}, "window")
    if window["kind"] == "ask":
        check(window.get("ask"), ASK_FIELDS, "window.ask")
    if window["kind"] == "approved":
        check_approved(window.get("approved"))
    said = [utterance for utterance in window["utterances"] if not is_own(utterance)]
    window["utterances"] = sorted(said, key=lambda utterance: utterance["start_ms"])
    window["gaps"].sort(key=lambda gap: gap["from_ms"])
    return window


def check_approved(approved: Any) -> None:
    """See that what was approved has the shape of news.

    Raises:
        WindowError: With the field's path and what it must be.
    """
    where = "window.approved"
    check(approved, APPROVED_FIELDS, where)
    for position, insight in enumerate(approved["insights"]):
        check(insight, APPROVED_INSIGHT_FIELDS, f"{where}.insights[{position}]")
    for position, note in enumerate(approved["notes"]):
        check(note, {"key": TEXT, "text": TEXT}, f"{where}.notes[{position}]")
    if approved["summary"]:
        check(approved["summary"], {"text": TEXT, "attendees": LIST}, f"{where}.summary")


def is_own(utterance: dict[str, Any]) -> bool:
    """Whether nobody said it: it is a message of ours that came back."""
    return utterance["source"] == "chat" and str(utterance["text"]).startswith(OWN_MARK)


def asked_of(window: dict[str, Any]) -> list[str]:
    """Ids of a window's utterances that are said to the assistant; the field is absent where there are none."""
    asked: list[str] = window.get("asked", [])
    return asked


def check(value: Any, fields: Mapping[str, tuple[tuple[type, ...], str]], where: str) -> None:
    """See that ``value`` has all ``fields`` with the right types; others may be there too.

    Raises:
        WindowError: With the field's path and what it must be.
    """
    if not isinstance(value, dict):
        msg = f"{where} must be an object."
        raise WindowError(msg)
    for name, (types, wanted) in fields.items():
        if name not in value:
            msg = f"{where}.{name} is missing."
            raise WindowError(msg)
        if not isinstance(value[name], types) or isinstance(value[name], bool):
            msg = f"{where}.{name} must be {wanted}."
            raise WindowError(msg)


def text_window_id(session_id: str, text: str) -> str:
    """Name the window that a plain text becomes.

    The same text in the same session is the same window: a sender that repeats itself after a time-out
    cannot be told from a person who types the same words twice, and the first is what happens.
    """
    return f"text-{hashlib.sha256(json.dumps([session_id, text]).encode()).hexdigest()[:16]}"


def text_window(
    text: str, *, sender: str, session_id: str, newest: StoredWindow | None, now_ms: int
) -> dict[str, Any]:
    """Make a live window of plain text.

    Args:
        text: A transcript of any form, or what somebody typed: that is one utterance by ``sender``. A transcript
            without names is nobody's, for whoever pastes it did not say it.
        sender: Who sent the text.
        session_id: The session it was sent in.
        newest: The newest window stored before; utterances are numbered on from it.
        now_ms: When the text came, UTC milliseconds; plain text tells no times of its own.
    """
    said = [(one.speaker or UNKNOWN_SPEAKER, one.words) for one in read_pasted(text)]
    if not said or said == [(UNKNOWN_SPEAKER, unmarked(text))]:
        source, said = "chat", [(sender, text.strip())]
    else:
        source = "speech"
    first = 1 + int(newest.utterances[-1]["id"].removeprefix("u-")) if newest else 1
    utterances = [
        {
            "id": f"u-{first + position:06d}",
            "speaker": name,
            "user_id": "",
            "start_ms": now_ms,
            "end_ms": now_ms,
            "text": words,
            "language": None,
            "source": source,
        }
        for position, (name, words) in enumerate(said)
    ]
    window_id = text_window_id(session_id, text)
    return as_text_window(window_id, session_id, newest.seq + 1 if newest else 1, utterances)


def as_text_window(
    window_id: str, session_id: str, seq: int, utterances: list[dict[str, Any]]
) -> dict[str, Any]:
    """Dress utterances of plain text as a window of a meeting named after the session."""
    speakers = dict.fromkeys(utterance["speaker"] for utterance in utterances)
    from_ms, to_ms = utterances[0]["start_ms"], utterances[-1]["end_ms"]
    return {
        "window_id": window_id,
        "seq": seq,
        "kind": "live",
        "route": TEXT_ROUTE,
        "meeting": {
            "uuid": session_id,
            "id": "",
            "topic": "",
            "started_at": utc(from_ms).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        "stream_id": f"{TEXT_STREAM}{session_id}",
        "from_ms": from_ms,
        "to_ms": to_ms,
        "participants": [{"user_id": "", "name": name} for name in speakers],
        "utterances": utterances,
        "gaps": [],
    }


def what_to_keep(window: dict[str, Any]) -> dict[str, Any]:
    """Give what later windows need of this one, without the field names of every utterance.

    What is said to the assistant is left out: it is no part of what people talk about.
    """
    asked = asked_of(window)
    said = [utterance for utterance in window["utterances"] if utterance["id"] not in asked]
    return {
        "stream_id": window["stream_id"],
        "seq": window["seq"],
        "utterances": [[utterance[name] for name in UTTERANCE_FIELDS] for utterance in said],
        "gaps": [[gap[name] for name in GAP_FIELDS] for gap in window["gaps"]],
    }


def as_stored(row: Row) -> StoredWindow:
    """Read what ``what_to_keep`` gave."""
    kept = row.content
    return StoredWindow(
        window_id=row.name,
        stream_id=kept["stream_id"],
        seq=kept["seq"],
        utterances=[dict(zip(UTTERANCE_FIELDS, values, strict=True)) for values in kept["utterances"]],
        gaps=[dict(zip(GAP_FIELDS, values, strict=True)) for values in kept["gaps"]],
        stored_at=row.stored_at,
    )


def meeting_of(window: dict[str, Any]) -> dict[str, Any]:
    """Give the meeting, with what the window says of it beside."""
    meeting: dict[str, Any] = window["meeting"]
    return meeting | {name: window[name] for name in ADDED_TO_MEETING if name in window}


def words_in(utterances: list[dict[str, Any]]) -> int:
    """Count the spoken words; names, times and ids are free."""
    return sum(count_words(utterance["text"]) for utterance in utterances)


def choose_context(
    window: dict[str, Any], earlier: list[StoredWindow], budget: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Choose the newest context that fits beside the new speech.

    Args:
        window: The window at hand; its words count against the budget and are never cut.
        earlier: Earlier windows, newest first.
        budget: Words for context and new speech together.

    Returns:
        Utterances and gaps by time. The context is unbroken: going backwards, it ends before the first
        utterance that does not fit.
    """
    left = budget - words_in(window["utterances"])
    new = {utterance["id"] for utterance in window["utterances"]}
    chosen: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for before in earlier:
        repeated = new if before.stream_id == window["stream_id"] else set()
        for utterance in reversed(before.utterances):
            if utterance["id"] not in repeated:
                left -= words_in([utterance])
                if left < 0:
                    break
                chosen.append(utterance)
        gaps += before.gaps
        if left <= 0:
            break
    chosen.sort(key=lambda utterance: (utterance["start_ms"], utterance["id"]))
    shown = [gap for gap in gaps if chosen and gap["to_ms"] >= chosen[0]["start_ms"]]
    return chosen, sorted(shown, key=lambda gap: gap["from_ms"])


def utc(ms: int) -> datetime:
    """Turn UTC milliseconds into a time."""
    return datetime.fromtimestamp(ms / 1000, tz=timezone.utc)


def clock(ms: int, zone: tzinfo = timezone.utc) -> str:
    """Write UTC milliseconds as ``hh:mm:ss``, by the clock where people are."""
    return utc(ms).astimezone(zone).strftime("%H:%M:%S")


def transcript(
    utterances: list[dict[str, Any]], gaps: list[dict[str, Any]], zone: tzinfo = timezone.utc
) -> str:
    """Write utterances one a line, by time, with the gaps in their places.

    Line breaks inside names and words become spaces, so that nobody can speak a heading.
    """
    lines = [
        (
            said["start_ms"],
            f"{said['id']} [{clock(said['start_ms'], zone)}] {flat(said['speaker'])}"
            f"{' (chat)' if said['source'] == 'chat' else ''}: {flat(said['text'])}",
        )
        for said in utterances
    ] + [
        (gap["from_ms"], f"[gap {clock(gap['from_ms'], zone)}-{clock(gap['to_ms'], zone)}: not captured]")
        for gap in gaps
    ]
    return "\n".join(line for _, line in sorted(lines, key=lambda line: line[0]))


def begun_where_people_are(started_at: str, zone: tzinfo | None) -> str:
    """Write when a meeting began, with the weekday, by the clock where people are; as the window has it where nobody knows."""
    try:
        began = datetime.fromisoformat(started_at.replace("Z", "+00:00"))
    except ValueError:
        return started_at
    return f"{began.astimezone(zone):%A, %Y-%m-%d %H:%M} ({zone})" if zone else started_at


def write_prompt(
    window: dict[str, Any], context: list[dict[str, Any]], context_gaps: list[dict[str, Any]]
) -> str:
    """Write the text that a model reads: meeting, context and new speech, or the whole meeting and what is asked.

    Day and times are those of the people, where the window tells their zone: "by tomorrow" is reckoned by them.
    """
    meeting, local = window["meeting"], zone_of(str(window.get("timezone") or ""))
    zone = local or timezone.utc
    people = ", ".join(flat(person["name"]) for person in window["participants"])
    head = [
        f"Meeting: {flat(meeting['topic']) or 'untitled'}, started {begun_where_people_are(meeting['started_at'], local)}",
        f"People: {people or 'unknown'}",
        f"Each line: utterance id [{'local' if local else 'UTC'} time] speaker: words",
    ]
    new = transcript(window["utterances"], window["gaps"], zone) or "(nothing was said)"
    if window["kind"] == "final":
        parts = ["\n".join(head), f"## The whole meeting\n{new}"]
    elif window["kind"] == "ask":
        question = f"{flat(window['ask']['speaker'])} asks: {flat(window['ask']['question'])}"
        parts = ["\n".join(head), f"## The meeting so far\n{new}", f"## Question to answer\n{question}"]
    else:
        old = transcript(context, context_gaps, zone) or "(none)"
        parts = [
            "\n".join(head),
            f"## Context: already handled, only for understanding\n{old}",
            f"## New speech: not handled yet\n{new}",
        ]
    return "\n\n".join(parts)
