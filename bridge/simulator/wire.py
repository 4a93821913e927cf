"""The messages of Zoom's servers, written out. Pure.

Sources: developers.zoom.us "RTMS event reference" and "Media parameters"; the fields of a transcript are
those that Zoom's own client, rtms 1.1.0, needs.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bridge.domain import Source
from bridge.rtms.messages import (
    PROTOCOL_VERSION,
    ChatOperation,
    EventType,
    JsonObject,
    MediaType,
    MessageType,
    StatusCode,
)

if TYPE_CHECKING:
    from bridge.simulator.meeting import Line

RECOGNITION_MS = 500
"""How long after its last word an utterance's ``timestamp`` is, as in Zoom's documented example."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_EVERYONE = 1
"""``chat_session.type`` of a message to all."""

URL_KEYS = {
    MediaType.AUDIO: "audio",
    MediaType.VIDEO: "video",
    MediaType.DESKSHARE: "deskshare",
    MediaType.TRANSCRIPT: "transcript",
    MediaType.CHAT: "chat",
    MediaType.ALL: "all",
}
"""Keys of ``media_server.server_urls``; Zoom sends those that the scopes allow."""


def encode(message: JsonObject) -> str:
    """A message as compact JSON text. Half a surrogate pair, which no frame can carry, becomes the escape it came as."""
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def response(kind: MessageType, status: int = StatusCode.OK, reason: str = "") -> JsonObject:
    """The answer to a handshake, as far as message 2 and message 4 agree."""
    return {
        "msg_type": kind,
        "protocol_version": PROTOCOL_VERSION,
        "sequence": 0,
        "status_code": status,
        "reason": reason,
    }


def words(line: Line, started_ms: int, n: int) -> JsonObject:
    """The media message (17, or 18 for chat) that carries an utterance.

    Args:
        line: What was said.
        started_ms: The meeting's start, UTC milliseconds; the line's own times count from there.
        n: The line's position in the meeting, which names a chat message.
    """
    who = person(line.user_id, line.speaker)
    if line.source is Source.CHAT:
        content = {
            "message_id": chat_id(line, n),
            "operation_type": ChatOperation.NEW,
            "chat_session": {"type": _EVERYONE, "id": "everyone"},
            "sender": who,
            "data": line.text,
            "timestamp": started_ms + line.end_ms,
        }
        return {"msg_type": MessageType.MEDIA_DATA_CHAT, "content": content}
    content = who | {
        "start_time": started_ms + line.start_ms,
        "end_time": started_ms + line.end_ms,
        "timestamp": started_ms + line.end_ms + RECOGNITION_MS,
        "data": line.text,
    }
    if line.language is not None:
        content["language"] = line.language
    return {"msg_type": MessageType.MEDIA_DATA_TRANSCRIPT, "content": content}


def chat_id(line: Line, n: int) -> str:
    """What names a chat message."""
    return line.message_id or f"chat-{n}"


def deletion(line: Line, n: int) -> JsonObject:
    """The media message that takes a chat message back."""
    content = {
        "message_id": chat_id(line, n),
        "operation_type": ChatOperation.DELETE,
        "chat_session": {"type": _EVERYONE, "id": "everyone"},
        "data": "",
    }
    return {"msg_type": MessageType.MEDIA_DATA_CHAT, "content": content}


def person(user_id: int | str, name: str) -> JsonObject:
    """Who it is, as events and words name somebody; nobody where there is neither."""
    told: JsonObject = {}
    if user_id != "":
        told["user_id"] = user_id
    if name:
        told["user_name"] = name
    return told


def event(kind: EventType, now: float, **body: object) -> JsonObject:
    """An event (message 6) of this moment; ``now`` in UTC seconds."""
    told = {"event_type": kind, "timestamp": int(now * 1000), **body}
    return {"msg_type": MessageType.EVENT_UPDATE, "event": told}
