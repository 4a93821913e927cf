"""Zoom Context Buffer: what was just said, told apart from what was said before."""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from lfx.custom import Component
from lfx.io import IntInput, MessageInput, Output
from lfx.memory import aget_messages, astore_message
from lfx.schema.data import Data
from lfx.schema.message import Message

WINDOW_SCHEMA: Final = "zoom-window/1"
OWN_MARK: Final = "🤖 "
"""How a chat message begins that Zoom Chat Output has posted under a person's name. Zoom brings it back as a message
of the meeting's chat."""
TEXT_ROUTE: Final = "text"
"""Route of windows made of plain text."""
PAGE_ROWS: Final = 32
"""Stored windows read at first; doubled until the budget is filled."""

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\s\u3040-\u30ff\u3400-\u9fff]+")
"""A word: what stands between spaces; in Chinese and Japanese, which have none, a character."""
SAID_BY = re.compile(r"\s*(?P<name>[^\W\d_][^\s:]*(?: [^\s:]+){0,3}):\s+(?P<words>\S.*)")
"""A line ``Name: words``; a name has at most four words."""

TEXT: Final = ((str,), "text")
NUMBER: Final = ((int,), "a whole number")
NUMBER_OR_NULL: Final = ((int, type(None)), "a whole number or null")
OBJECT: Final = ((dict,), "an object")
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
KINDS: Final = ("start", "live", "ask", "final")


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
            return self.seq < window["seq"]
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
        window = json.loads(text)
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
    said = [utterance for utterance in window["utterances"] if not is_own(utterance)]
    window["utterances"] = sorted(said, key=lambda utterance: utterance["start_ms"])
    window["gaps"].sort(key=lambda gap: gap["from_ms"])
    return window


def is_own(utterance: dict[str, Any]) -> bool:
    """Whether nobody said it: it is a message of ours that came back."""
    return utterance["source"] == "chat" and utterance["text"].startswith(OWN_MARK)


def asked_of(window: dict[str, Any]) -> list[str]:
    """Ids of a window's utterances that are said to the assistant; the field is absent where there are none."""
    return window.get("asked", [])


def check(value: Any, fields: dict[str, tuple[tuple[type, ...], str]], where: str) -> None:
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
        text: ``Name: words`` lines, a line without a name belonging to the one above; any other text is
            one utterance by ``sender``.
        sender: Who sent the text.
        session_id: The session it was sent in.
        newest: The newest window stored before; utterances are numbered on from it.
        now_ms: When the text came, UTC milliseconds; plain text tells no times of its own.
    """
    said: list[tuple[str, str]] = []
    for line in filter(str.strip, text.splitlines()):
        if match := SAID_BY.match(line):
            said.append((match["name"], match["words"].strip()))
        elif said:
            said[-1] = (said[-1][0], f"{said[-1][1]} {line.strip()}")
        else:
            break
    source = "speech" if said else "chat"
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
        for position, (name, words) in enumerate(said or [(sender, text.strip())])
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
        "stream_id": f"text-{session_id}",
        "from_ms": from_ms,
        "to_ms": to_ms,
        "participants": [{"user_id": "", "name": name} for name in speakers],
        "utterances": utterances,
        "gaps": [],
    }


def dump_row(window: dict[str, Any]) -> str:
    """Write what later windows need of this one, without the field names of every utterance.

    What is said to the assistant is left out: it is no part of what people talk about.
    """
    asked = asked_of(window)
    said = [utterance for utterance in window["utterances"] if utterance["id"] not in asked]
    row = {
        "stream_id": window["stream_id"],
        "seq": window["seq"],
        "utterances": [[utterance[name] for name in UTTERANCE_FIELDS] for utterance in said],
        "gaps": [[gap[name] for name in GAP_FIELDS] for gap in window["gaps"]],
    }
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def load_row(row: Message) -> StoredWindow:
    """Read what ``dump_row`` wrote."""
    stored = json.loads(row.text)
    return StoredWindow(
        window_id=str(row.sender_name),
        stream_id=stored["stream_id"],
        seq=stored["seq"],
        utterances=[dict(zip(UTTERANCE_FIELDS, values, strict=True)) for values in stored["utterances"]],
        gaps=[dict(zip(GAP_FIELDS, values, strict=True)) for values in stored["gaps"]],
        stored_at=row.timestamp,
    )


def count_words(utterances: list[dict[str, Any]]) -> int:
    """Count the spoken words; names, times and ids are free."""
    return sum(len(WORD.findall(utterance["text"])) for utterance in utterances)


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
    left = budget - count_words(window["utterances"])
    new = {utterance["id"] for utterance in window["utterances"]}
    chosen: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for before in earlier:
        repeated = new if before.stream_id == window["stream_id"] else set()
        for utterance in reversed(before.utterances):
            if utterance["id"] not in repeated:
                left -= count_words([utterance])
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


def clock(ms: int) -> str:
    """Write UTC milliseconds as ``hh:mm:ss``."""
    return utc(ms).strftime("%H:%M:%S")


def transcript(utterances: list[dict[str, Any]], gaps: list[dict[str, Any]]) -> str:
    """Write utterances one a line, by time, with the gaps in their places.

    Line breaks inside names and words become spaces, so that nobody can speak a heading.
    """
    lines = [
        (
            said["start_ms"],
            f"{said['id']} [{clock(said['start_ms'])}] {flat(said['speaker'])}"
            f"{' (chat)' if said['source'] == 'chat' else ''}: {flat(said['text'])}",
        )
        for said in utterances
    ] + [
        (gap["from_ms"], f"[gap {clock(gap['from_ms'])}-{clock(gap['to_ms'])}: not captured]") for gap in gaps
    ]
    return "\n".join(line for _, line in sorted(lines, key=lambda line: line[0]))


def flat(text: str) -> str:
    """Write text on one line."""
    return " ".join(text.split())


def write_prompt(
    window: dict[str, Any], context: list[dict[str, Any]], context_gaps: list[dict[str, Any]]
) -> str:
    """Write the text that a model reads: meeting, context and new speech, or the whole meeting and what is asked."""
    meeting = window["meeting"]
    people = ", ".join(flat(person["name"]) for person in window["participants"])
    head = [
        f"Meeting: {flat(meeting['topic']) or 'untitled'}, started {meeting['started_at']}",
        f"People: {people or 'unknown'}",
        "Each line: utterance id [UTC time] speaker: words",
    ]
    new = transcript(window["utterances"], window["gaps"]) or "(nothing was said)"
    if window["kind"] == "final":
        parts = ["\n".join(head), f"## The whole meeting\n{new}"]
    elif window["kind"] == "ask":
        question = f"{flat(window['ask']['speaker'])} asks: {flat(window['ask']['question'])}"
        parts = ["\n".join(head), f"## The meeting so far\n{new}", f"## Question to answer\n{question}"]
    else:
        old = transcript(context, context_gaps) or "(none)"
        parts = [
            "\n".join(head),
            f"## Context: already handled, only for understanding\n{old}",
            f"## New speech: not handled yet\n{new}",
        ]
    return "\n\n".join(parts)


class ZoomContextBuffer(Component):
    """Stands after Chat Input: remembers a meeting window by window and prepares what a model reads.

    Live windows are kept in Langflow's message history, in a session of their own beside the meeting's
    (``<session>:memory``), so that neither the Playground's chat nor a model's chat memory fills with
    them. The same window again gives the same answer and stores nothing. A question to the assistant and a
    final window bring the meeting with them: they have no context, and are not kept.
    """

    display_name = "Zoom Context Buffer"
    description = "Tells what was just said in a Zoom meeting apart from what was handled before."
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "MessagesSquare"
    name = "ZoomContextBuffer"

    inputs = [
        MessageInput(
            name="message",
            display_name="Message",
            info="The message from Chat Input: a window sent by the Zoom bridge, or any text, best as "
            "'Name: words' lines.",
            required=True,
        ),
        IntInput(
            name="word_budget",
            display_name="Word Budget (words)",
            info="Spoken words that the prompt may hold, context and new speech together. The oldest context "
            "is left out first; new speech is never cut. More context costs a model's tokens with every window.",
            value=500,
            advanced=True,
        ),
    ]
    outputs = [
        Output(name="prompt", display_name="Prompt", method="build_prompt"),
        Output(name="context", display_name="Context", method="build_context"),
    ]

    async def build_prompt(self) -> Message:
        """Give the prompt-ready text.

        Raises:
            WindowError: The message is empty or a damaged window.
        """
        context = await self._read()
        return Message(text=context["prompt"], session_id=context["session_id"])

    async def build_context(self) -> Data:
        """Give the same as data, ``zoom-context/1``.

        Raises:
            WindowError: The message is empty or a damaged window.
        """
        return Data(data=await self._read())

    async def _read(self) -> dict[str, Any]:
        text = str(self.message.text)
        if not text.strip():
            msg = "The message is empty. Connect Chat Input, or send a window or some text."
            raise WindowError(msg)
        session_id = str(self.message.session_id or self.graph.session_id or "")
        if not session_id:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise WindowError(msg)

        window = parse_window(text)
        route = window["route"] if window else TEXT_ROUTE
        window_id = window["window_id"] if window else text_window_id(session_id, text)
        stored = await self._stored(session_id, route, window_id=window_id)
        if window is None:
            window = await self._text_window(session_id, text, stored)
        context, context_gaps = await self._context(session_id, window, stored)
        if window["kind"] == "live" and not stored and (window["utterances"] or window["gaps"]):
            await self._store(session_id, window)

        self.status = (
            f"{window['kind']} window: {len(window['utterances'])} new utterances "
            f"({count_words(window['utterances'])} words), {len(context)} in context"
        )
        return {
            "schema": "zoom-context/1",
            "window_id": window_id,
            "session_id": session_id,
            "route": route,
            "kind": window["kind"],
            "meeting": window["meeting"],
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
            "prompt": write_prompt(window, context, context_gaps),
        }

    async def _text_window(self, session_id: str, text: str, stored: StoredWindow | None) -> dict[str, Any]:
        if stored:
            return as_text_window(stored.window_id, session_id, stored.seq, stored.utterances)
        return text_window(
            text,
            sender=self.message.sender_name or "User",
            session_id=session_id,
            newest=await self._stored(session_id, TEXT_ROUTE),
            now_ms=time.time_ns() // 1_000_000,
        )

    async def _context(
        self, session_id: str, window: dict[str, Any], stored: StoredWindow | None
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if window["kind"] in ("ask", "final"):
            return [], []
        budget = max(0, self.word_budget)
        limit = PAGE_ROWS
        while True:
            rows = await self._rows(session_id, window["route"], limit=limit)
            windows = {row.window_id: row for row in map(load_row, rows)}
            earlier = [
                row for row in windows.values() if row.is_before(window, stored.stored_at if stored else None)
            ]
            if len(rows) < limit or sum(count_words(row.utterances) for row in earlier) >= budget:
                return choose_context(window, earlier, budget)
            limit *= 2

    async def _stored(
        self, session_id: str, route: str, *, window_id: str | None = None
    ) -> StoredWindow | None:
        """Find the window with this id as it was first stored, or else the newest window."""
        order = "ASC" if window_id else "DESC"
        rows = await self._rows(session_id, route, limit=1, order=order, window_id=window_id)
        return load_row(rows[0]) if rows else None

    async def _rows(
        self, session_id: str, route: str, *, limit: int, order: str = "DESC", window_id: str | None = None
    ) -> list[Message]:
        return await aget_messages(
            session_id=f"{session_id}:memory",
            context_id=f"zoom-context:{route}",
            sender_name=window_id,
            order=order,
            limit=limit,
        )

    async def _store(self, session_id: str, window: dict[str, Any]) -> None:
        await astore_message(
            Message(
                text=dump_row(window),
                sender="Machine",
                sender_name=window["window_id"],
                session_id=f"{session_id}:memory",
                context_id=f"zoom-context:{window['route']}",
            )
        )
