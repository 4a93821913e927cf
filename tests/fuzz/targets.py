"""What a stranger can send, and what may come of it: events or refusals that can be stored, never an exception."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import httpx
from pydantic import ValidationError

from bridge.domain import LIMITS, Product
from bridge.errors import UntrustedUrl
from bridge.flow.request import read_answer
from bridge.rtms.media import ChatChanged, Media, Said
from bridge.rtms.messages import MediaType, decode_json_object
from bridge.rtms.signaling import Signaling
from bridge.rtms.urls import MediaServers, choose_signaling_url
from bridge.transcript.utterance import Transcript
from bridge.webhook.event_socket import EventSocket
from bridge.webhook.events import parse_stream_event
from bridge.webhook.signature import answer_validation, verify
from bridge.zoom.exchange import body_of

if TYPE_CHECKING:
    from collections.abc import Callable

ALLOWED = ("*.zoom.us", "127.0.0.1")
ACCEPTED = {
    2: json.dumps(
        {"msg_type": 2, "status_code": 0, "media_server": {"server_urls": {"all": "wss://a.zoom.us"}}}
    ),
    4: json.dumps({"msg_type": 4, "status_code": 0}),
}
IDS = {"instance_id": "m", "stream_id": "s", "signature": "x", "now": 0.0}


LONGEST = {
    "stream_id": LIMITS.id, "meeting_uuid": LIMITS.id, "meeting_id": LIMITS.id, "message_id": LIMITS.id,
    "user_id": LIMITS.user_id, "speaker": LIMITS.name, "name": LIMITS.name,
}  # fmt: skip
"""Longest texts of what has a column of its own, by field."""


def can_be_stored(value: object, field: str = "") -> None:
    """Every text in a value, whatever it is made of, is one that a database and a socket take, within its limit."""
    if isinstance(value, str):
        assert "\x00" not in value.encode().decode()
        assert len(value) <= LONGEST.get(field, len(value))
    elif isinstance(value, dict):
        for key, each in value.items():
            can_be_stored(key)
            can_be_stored(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            can_be_stored(each, field)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            can_be_stored(getattr(value, each.name), each.name)


def people(event: object) -> None:
    """Who is named in an event is named within the limits."""
    for user_id, name in getattr(event, "people", ()):
        can_be_stored(user_id, "user_id")
        can_be_stored(name, "name")


def signaling(data: bytes) -> None:
    """A frame on the signaling socket, before and after its handshake, for a meeting and for a call."""
    for product in (Product.MEETING, Product.CONTACT_CENTER):
        for first in ((), (ACCEPTED[2],)):
            conversation = Signaling(product=product, **IDS)  # type: ignore[arg-type]
            for frame in (*first, data):
                for event in (*conversation.receive(frame, 1.0), *conversation.tick(2.0)):
                    can_be_stored(event)
                    people(event)
            for text in conversation.texts_to_send():
                text.encode()


def media(data: bytes) -> None:
    """A frame on a media socket, and what it says as an utterance that a database takes."""
    everything = (
        MediaType.TRANSCRIPT | MediaType.CHAT | MediaType.AUDIO | MediaType.VIDEO | MediaType.DESKSHARE
    )
    conversation = Media(product=Product.MEETING, media_type=everything, **IDS)  # type: ignore[arg-type]
    transcript = Transcript("s")
    for frame in (ACCEPTED[4], data):
        for event in conversation.receive(frame, 1.0):
            can_be_stored(event)
            if isinstance(event, Said):
                utterance = transcript.add(event, 5)
                if utterance is not None:
                    can_be_stored(utterance)
                    assert len(utterance.text) <= LIMITS.text
                    assert 0 <= utterance.start_ms <= utterance.end_ms < 1 << 53
                    assert utterance.text.strip()
            elif isinstance(event, ChatChanged):
                can_be_stored(transcript.amend(event))
    for text in conversation.texts_to_send():
        text.encode()


def webhook(data: bytes) -> None:
    """A webhook's body: unsigned, it is never taken for a signed one."""
    verdict = verify(
        secret_token="secret",
        timestamp=data[:10].decode("latin-1"),
        signature=data[10:77].decode("latin-1"),
        body=data,
        now=0.0,
        tolerance_seconds=0,
    )
    assert verdict != "valid"
    body = decode_json_object(data)
    if body is None:
        return
    can_be_stored(body)
    payload = body.get("payload")
    answered = answer_validation("secret", payload.get("plainToken") if isinstance(payload, dict) else None)
    assert answered is None or not answered["plainToken"].startswith("v0:")
    try:
        event = parse_stream_event(body)
    except ValidationError:
        return
    if event is not None:
        for name, value in event.model_dump().items():
            can_be_stored(value, name)
        assert type(event).model_validate_json(event.model_dump_json()) == event


def urls(data: bytes) -> None:
    """Addresses from a webhook or a handshake: what is chosen belongs to Zoom or to this machine."""
    text = data.decode("utf-8", "replace")
    for choose in (
        lambda: choose_signaling_url(text, ALLOWED),
        lambda: MediaServers.read({"transcript": text}).url(MediaType.TRANSCRIPT, ALLOWED),
    ):
        try:
            url = choose()
        except UntrustedUrl:
            continue
        host = url.split("//", 1)[1].split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
        assert "@" not in host
        name = host.rsplit(":", 1)[0].lower()
        assert name.endswith(".zoom.us") or name == "127.0.0.1", "a stranger's host"


def event_socket(data: bytes) -> None:
    """A frame of Zoom's event subscription."""
    for first in ((), ('{"module":"build_connection","success":true}',)):
        conversation = EventSocket(0.0)
        for frame in (*first, data):
            for event in (*conversation.receive(frame, 1.0), *conversation.tick(2.0)):
                can_be_stored(event)


def rest_answer(data: bytes) -> None:
    """What calls itself Zoom's REST answers."""
    response = httpx.Response(200, content=data)
    can_be_stored(body_of(response))


def answer(data: bytes) -> None:
    """What calls itself Langflow answers a run."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return
    output = read_answer(value)
    can_be_stored(output and (output.text + output.news))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "signaling": signaling,
    "media": media,
    "webhook": webhook,
    "urls": urls,
    "event-socket": event_socket,
    "rest-answer": rest_answer,
    "answer": answer,
}
