"""What a shared screen shows goes to Langflow, so that a window can name it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING, Protocol

import structlog

from bridge.domain import Picture
from bridge.errors import LangflowError
from bridge.flow.request import picture_name
from bridge.recording.payload import UnfitError, decode
from bridge.recording.picture import picture_suffix

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.rtms.media import Packet

log = structlog.get_logger(__name__)


class Uploads(Protocol):
    """Where pictures go."""

    async def upload(self, name: str, content: bytes) -> str:
        """Keep a file; returns the path by which a flow reads it. Raises :class:`LangflowError`."""


class Pictures:
    """The pictures of one stream, each uploaded once, however many windows and routes name it.

    Without ``uploads`` there are none.
    """

    def __init__(self, uploads: Uploads | None) -> None:
        self._uploads = uploads
        self._newest: tuple[str, Picture] | None = None
        self._turn = asyncio.Lock()

    async def upload(self, stream: Stream, packet: Packet | None) -> Picture | None:
        """The picture as Langflow knows it; ``None`` where there is none, or it could not be uploaded.

        A window does not wait for a Langflow that takes no pictures: it goes without.
        """
        if packet is None or self._uploads is None:
            return None
        async with self._turn:
            try:
                data, suffix, digest = await asyncio.to_thread(_unpacked, packet)
            except UnfitError:
                return None
            if self._newest is not None and self._newest[0] == digest:
                return self._newest[1]
            name = picture_name(stream.meeting_uuid, packet.timestamp_ms, digest, suffix)
            try:
                path = await self._uploads.upload(name, data)
            except LangflowError as error:
                log.warning("share.not_uploaded", stream_id=stream.stream_id, reason=str(error))
                return None
            picture = Picture(
                path=path, at_ms=packet.timestamp_ms, user_id=packet.user_id, name=packet.speaker
            )
            self._newest = digest, picture
            return picture


def _unpacked(packet: Packet) -> tuple[bytes, str, str]:
    """A picture's bytes, what its file's name ends with, and its digest. Up to 16 MB: not for the loop."""
    data = decode(packet)
    return data, picture_suffix(data), hashlib.sha256(data).hexdigest()
