"""From the wire's text form to bytes, or not. Pure."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.rtms.media import Packet


class Unfit(StrEnum):
    """Why a packet is passed over; a metric's label."""

    UNDECODABLE = "undecodable"
    """Not base64, or not as long as the wire says it is."""
    MALFORMED = "malformed"
    """Not of the format that was asked for."""
    LATE = "late"
    """Of a time that the file holds already."""
    QUEUE_FULL = "queue full"
    """The disk is slower than the meeting."""
    DISK_FULL = "disk full"
    """``BRIDGE_DATA_MAX_MB`` is reached."""
    DISK_FAILED = "disk failed"
    """A file of the stream could not be written."""


class UnfitError(Exception):
    """A packet that cannot be recorded."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(why.value)
        self.why = why


def decode(packet: Packet) -> bytes:
    """What a packet holds, at least one byte.

    Raises:
        UnfitError: It is not base64, or not as long as the wire says it is.
    """
    try:
        data = base64.b64decode(packet.data, validate=True)
    except (binascii.Error, ValueError):
        raise UnfitError(Unfit.UNDECODABLE) from None
    if not data or (packet.length is not None and packet.length != len(data)):
        raise UnfitError(Unfit.UNDECODABLE)
    return data
