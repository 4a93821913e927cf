"""What a client must be able to stand: messages of unknown numbers, and frames that hold none. Pure.

Source of the unknown: developers.zoom.us changelog, which has added numbers several times a year.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge.rtms.messages import EventType, JsonObject, MessageType, WireStreamState
from bridge.simulator.handshake import Socket
from bridge.simulator.speech import LONG, RUDE
from bridge.simulator.wire import encode, event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.simulator.fault_kinds import Shape

DEPTH = 20_000
"""More than any JSON reader goes down."""


def unknown_messages() -> list[JsonObject]:
    """Numbers that Zoom may give a meaning one day."""
    return [
        {"msg_type": 99, "content": {"data": "?"}},
        {"msg_type": -1},
        {"msg_type": 2**40},
        {"msg_type": MessageType.EVENT_UPDATE, "event": {"event_type": 99, "timestamp": 1}},
        {"msg_type": MessageType.EVENT_UPDATE, "event": {"event_code": 4711}},
        {"msg_type": MessageType.STREAM_STATE_UPDATE, "state": 99, "reason": 99, "timestamp": 1},
        {"msg_type": MessageType.SESSION_STATE_UPDATE, "rtms_session_id": "?", "state": 99, "reason": 99},
    ]


def odd_people(participants: Mapping[int | str, str], now: float) -> list[JsonObject]:
    """Events of people joining: odd names and ids, and the first of the meeting under another name. ``now`` in UTC seconds."""
    odd = [{"user_id": 900 + n, "user_name": f"Guest {n}{rude}"} for n, rude in enumerate(RUDE.values())]
    odd += [
        {"user_id": 910, "user_name": "Guest ".ljust(LONG, "x")},
        {"user_id": "9".ljust(LONG, "1"), "user_name": "Guest"},
        {"user_id": "911\x00", "user_name": "Guest"},
        {"user_id": 912, "user_name": "Guest"},
        {"user_id": 913, "user_name": "Guest"},
        {"user_id": -1, "user_name": "Nobody"},
        {"user_id": 0, "user_name": "Nobody"},
        {"user_id": None, "user_name": None},
        {"user_name": "Nobody"},
        {"user_id": 2**70},
        {},
    ]
    renamed = [
        {"user_id": who, "user_name": f"{name} (renamed)"} for who, name in list(participants.items())[:1]
    ]
    return [
        event(EventType.PARTICIPANT_JOIN, now, participants=people) for people in (odd, renamed) if people
    ]


def odd_starts(started: JsonObject) -> list[JsonObject]:
    """Payloads of start events that no client may take for a stream of its own. ``started`` is a right one."""
    ids: list[object] = [
        "s".ljust(LONG, "x"),
        "half\ud83d",
        "nul\x00",
        "\x1b[2J\u202e",
        "",
        None,
        0,
        [],
        {"id": 1},
    ]
    odd = [started | {"rtms_stream_id": each, "meeting_uuid": each} for each in ids]
    topics: list[object] = ["t".ljust(20 * LONG, "x"), *RUDE.values(), None, 7, []]
    urls = ["", None, 7, ",,,", "wss://".ljust(20 * LONG, "x"), "javascript:alert(1)", "wss://\ud83d.zoom.us"]
    odd += [started | {"rtms_stream_id": f"odd-{n}", "server_urls": url} for n, url in enumerate(urls)]
    odd += [{"topic": topic, "object": started | {"rtms_stream_id": ""}} for topic in topics]
    return [*odd, {}]


def early_messages(side: Socket, now: float) -> list[JsonObject]:
    """What nobody expects before the answer to a handshake. ``now`` in UTC seconds."""
    keep_alive = {"msg_type": MessageType.KEEP_ALIVE_REQ, "timestamp": int(now * 1000)}
    state = {"msg_type": MessageType.STREAM_STATE_UPDATE, "state": WireStreamState.ACTIVE, "reason": 0}
    first = event(EventType.FIRST_PACKET_TIMESTAMP, now)
    return (
        [keep_alive, state | {"timestamp": int(now * 1000)}, first]
        if side is Socket.SIGNALING
        else [keep_alive]
    )


def frames(shape: Shape, size_bytes: int) -> list[str | bytes]:
    """Frames of a shape that no client can read; ``size_bytes`` is for the huge one."""
    match shape:
        case "not_json":
            return ["What?", "{'msg_type': 17}"]
        case "truncated":
            return ['{"msg_type":17,"content":{"user_id":16778240,"data":"and th']
        case "no_object":
            return ["null", "[]", "17", '"17"', "true"]
        case "deep":
            return ['{"msg_type":17,"content":' + '{"data":' * DEPTH + "1" + "}" * DEPTH + "}"]
        case "huge":
            return [encode({"msg_type": 99, "padding": "x" * size_bytes})]
        case "wrong_types":
            return [json.dumps(message) for message in _wrong_types()]
        case "empty":
            return ["", b"", "{}"]
        case "not_utf8":
            return [b'{"msg_type":17,"content":{"data":"\xff\xfe"}}', b"\x00\x01\x02"]


def _wrong_types() -> list[object]:
    transcript, event = MessageType.MEDIA_DATA_TRANSCRIPT, MessageType.EVENT_UPDATE
    return [
        {"msg_type": "17"},
        {"msg_type": True},
        {"msg_type": None},
        {"msg_type": transcript},
        {"msg_type": transcript, "content": []},
        {"msg_type": transcript, "content": {"data": 5, "user_id": []}},
        {"msg_type": transcript, "content": {"user_id": {}, "user_name": 7, "start_time": "now"}},
        {"msg_type": event, "event": 3},
        {"msg_type": event, "event": {"event_type": "3", "participants": 5}},
        {"msg_type": event, "event": {"event_type": 3, "participants": [None, {"user_id": None}]}},
        {"msg_type": MessageType.STREAM_STATE_UPDATE, "state": "4", "reason": None},
        {"msg_type": MessageType.STREAM_STATE_UPDATE, "state": [4]},
        {"msg_type": MessageType.SESSION_STATE_UPDATE, "state": {}},
    ]
