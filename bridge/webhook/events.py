"""Zoom's RTMS webhooks as values. Pure.

Source: developers.zoom.us "RTMS events" (OpenAPI of 2026). Payloads are flat there; some of Zoom's
own material nests them in ``payload.object``, so both are read.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from bridge.domain import LIMITS, Product
from bridge.text import as_text, is_plain, line_of
from bridge.times import LAST_MS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

URL_VALIDATION: Final = "endpoint.url_validation"


class EventKind(StrEnum):
    """What happened to a stream."""

    STARTED = "started"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"


STREAM_EVENTS: Final = {
    f"{prefix}_{kind}": (product, kind)
    for prefix, product in {
        "meeting.rtms": Product.MEETING,
        "webinar.rtms": Product.WEBINAR,
        "session.rtms": Product.VIDEO_SDK,
        "contact_center.voice_rtms": Product.CONTACT_CENTER,
    }.items()
    for kind in EventKind
}
"""Every event about a stream: its product, and what happened."""

_INSTANCE_IDS: Final = {
    Product.MEETING: ("meeting_uuid",),
    Product.WEBINAR: ("webinar_uuid", "meeting_uuid"),
    Product.VIDEO_SDK: ("session_id",),
    Product.CONTACT_CENTER: ("engagement_id", "session_id"),
}
"""Payload fields that may hold the id that signs handshakes, best first."""


_REASON: Final = re.compile(r"(\d{1,9})(?:\.0*)?")


def _as_topic(value: object) -> str:
    """A topic on one line; what is none is empty, as nobody's meeting is to be refused for it."""
    return line_of(value, LIMITS.topic)


def _as_number(value: object) -> str:
    """What people dial; what is none is empty, as nobody's meeting is to be refused for it.

    Nothing is cut, and zeros stand for none: meetings under the same number are told of each other.
    """
    text = as_text(value)
    is_one = isinstance(text, str) and len(text) <= LIMITS.id and is_plain(text) and text.strip("0") != ""
    return str(text) if is_one else ""


def _as_reason(value: object) -> int | None:
    """A stop reason; what is none is untold: a stop says that a stream is over, whatever it calls the reason."""
    told = isinstance(value, str | int | float) and not isinstance(value, bool)
    found = _REASON.fullmatch(str(value).strip()) if told else None
    return int(found[1]) if found else None


def _plain(value: str) -> str:
    if not is_plain(value):
        raise ValueError("it holds characters that are in no id and no address")
    return value


def _identifies(value: str) -> str:
    if not 0 < len(value) <= LIMITS.id:
        raise ValueError(f"it must have 1 to {LIMITS.id} characters")
    return _plain(value)


_Id = Annotated[str, BeforeValidator(as_text), AfterValidator(_identifies)]


class StreamEvent(BaseModel):
    """One event about one stream, whatever the product."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    event: str
    kind: EventKind
    product: Product
    event_ts: Annotated[int, Field(ge=0, le=LAST_MS)]
    """UTC milliseconds."""
    stream_id: _Id
    meeting_uuid: _Id
    meeting_id: Annotated[str, BeforeValidator(_as_number)] = ""
    """What people dial, and what tells a series from another; an odd one is left out."""
    server_urls: Annotated[str, Field(max_length=4096), AfterValidator(_plain)] = ""
    """Comma-separated; empty on other events than ``started``."""
    stop_reason: Annotated[int | None, BeforeValidator(_as_reason)] = None
    """RTMS_STOP_REASON; ``None`` where none was told, or none that is one."""
    topic: Annotated[str, BeforeValidator(_as_topic)] = ""
    """The meeting's; Zoom's own start events have none."""

    @field_validator("server_urls")
    @classmethod
    def _a_start_says_where(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("kind") is EventKind.STARTED and not value.strip(", "):
            raise ValueError("is missing")
        return value


def event_name(body: Mapping[str, Any]) -> str:
    """The event's name in today's spelling; empty where there is none."""
    name = body.get("event")
    return name.replace(".rtms.", ".rtms_") if isinstance(name, str) else ""


def parse_stream_event(body: Mapping[str, Any]) -> StreamEvent | None:
    """The event of a webhook body, or ``None`` where it is about something else than a stream.

    Raises:
        pydantic.ValidationError: It is about a stream, but a field is missing or wrong.
    """
    name = event_name(body)
    if name not in STREAM_EVENTS:
        return None
    product, kind = STREAM_EVENTS[name]
    outer = body.get("payload")
    payload: dict[str, Any] = dict(outer) if isinstance(outer, dict) else {}
    nested = payload.pop("object", None)
    if isinstance(nested, dict):
        payload |= nested
    instance_id = next((payload[key] for key in _INSTANCE_IDS[product] if payload.get(key)), None)
    number = payload.get("meeting_id") or payload.get("webinar_id") or ""
    return StreamEvent.model_validate(
        {
            "event": name,
            "kind": kind,
            "product": product,
            "event_ts": body.get("event_ts"),
            "stream_id": payload.get("rtms_stream_id"),
            "meeting_uuid": instance_id,
            "meeting_id": number,
            "server_urls": payload.get("server_urls") or "",
            "stop_reason": payload.get("stop_reason"),
            "topic": payload.get("topic"),
        }
    )


def wrong_fields(error: ValidationError) -> str:
    """The fields of an event that are missing or wrong, never their values."""
    return ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}))


def what_is_wrong(error: ValidationError) -> str:
    """The same with the reason of each, for whoever sent it: in pydantic's words, which quote no value."""
    reasons = {str(each["loc"][0]): each["msg"] for each in error.errors() if each["loc"]}
    return ", ".join(
        f"{name} ({reason.removeprefix('Value error, ')})" for name, reason in sorted(reasons.items())
    )
