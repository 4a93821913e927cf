"""What a client must be able to stand: messages of unknown numbers, and frames that hold none. Pure.

Source of the unknown: developers.zoom.us changelog, which has added numbers several times a year.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge.rtms.messages import JsonObject, MessageType, encode

if TYPE_CHECKING:
    from bridge.simulator.faults import Shape

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
