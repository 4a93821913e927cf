"""Packets as the wire has them."""

from __future__ import annotations

import base64
from typing import Any

from bridge.domain import MediaKind
from bridge.rtms.media import Packet

T0 = 1_763_769_605_000
"""A moment of a meeting, UTC milliseconds."""
LOUD = b"\x10\x20" * 320
"""20 ms of sound that is no silence."""


def packet(
    content: bytes = LOUD, at_ms: int = T0, kind: MediaKind = MediaKind.AUDIO, **changes: Any
) -> Packet:
    """A right packet, with fields changed."""
    fields: dict[str, Any] = {
        "kind": kind,
        "user_id": "",
        "speaker": "",
        "timestamp_ms": at_ms,
        "data": base64.b64encode(content).decode(),
        "length": len(content),
    }
    return Packet(**(fields | changes))
