"""The sound and pictures of a meeting, made up as they are asked for. Pure.

Every speaker has a tone of their own, which sounds while they have a line; whoever is listed first
shares a screen all the time, which shows something new every few seconds; the video shows who speaks.
Shapes of the messages as in developers.zoom.us "RTMS media parameters".
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from bridge.domain import Source
from bridge.rtms.messages import (
    JsonObject,
    MediaCodec,
    MediaDataOption,
    MediaType,
    MessageType,
    SampleRate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bridge.simulator.meeting import Line, Meeting

BUFFER_MS: Final = 60_000
"""Sound that nobody could take is kept so long and sent late; pictures are not kept."""
SLIDE_MS: Final = 5000
"""How long the shared screen shows the same."""

_HZ = {
    SampleRate.KHZ_8: 8000,
    SampleRate.KHZ_16: 16_000,
    SampleRate.KHZ_32: 32_000,
    SampleRate.KHZ_48: 48_000,
}
_LOUDNESS = 6000
_OPUS_MS = 20
_OPUS_SILENCE = b"\xf8\xff\xfe"
"""A frame of 20 ms, mono, in which nothing sounds."""
_GRAY_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hn"
    "Pk1xeXBkeFxlZ2P/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8A"
    "P//Z"
)
_START_CODE = b"\x00\x00\x00\x01"


class MediaFeed:
    """One kind of media of a meeting, message by message. All times are milliseconds from the meeting's start."""

    def __init__(self, every_ms: float, kept_ms: int, at: Callable[[int], list[JsonObject]]) -> None:
        self._every_ms = every_ms
        self._kept_ms = kept_ms
        self._at = at
        self._next = 0

    def until(self, offset_ms: float) -> list[JsonObject]:
        """Messages that are complete by a time and were not given before, oldest first."""
        messages: list[JsonObject] = []
        while (self._next + 1) * self._every_ms <= offset_ms:
            messages += self._at(round(self._next * self._every_ms))
            self._next += 1
        return messages

    def forget(self, offset_ms: float) -> None:
        """Leave out what nobody took in time, and is kept no longer."""
        self._next = max(self._next, math.floor((offset_ms - self._kept_ms) / self._every_ms))


def media_feeds(
    carries: MediaType, params: JsonObject, meeting: Meeting, started_ms: int
) -> dict[MediaType, MediaFeed]:
    """The feeds of a socket, by kind; none for a socket that carries text only.

    Args:
        carries: What the socket is for, as single bits.
        params: The parameters that message 4 has echoed.
        meeting: Whose sound and pictures they are.
        started_ms: Its beginning, UTC milliseconds.
    """
    makers = {MediaType.AUDIO: _audio, MediaType.DESKSHARE: _share, MediaType.VIDEO: _video}
    names = {MediaType.AUDIO: "audio", MediaType.DESKSHARE: "deskshare", MediaType.VIDEO: "video"}
    return {
        kind: make(params[names[kind]], meeting, started_ms)
        for kind, make in makers.items()
        if kind & carries
    }


def _audio(params: JsonObject, meeting: Meeting, started_ms: int) -> MediaFeed:
    opus = params["codec"] == MediaCodec.OPUS
    every_ms = _OPUS_MS if opus else params["send_rate"]
    speaking = _Speaking(meeting.lines)
    user_ids = list(meeting.participants)

    def sound(pitch: int | None) -> JsonObject:
        return _payload(_sound(MediaCodec(params["codec"]), _HZ[params["sample_rate"]], every_ms, pitch))

    def at(offset_ms: int) -> list[JsonObject]:
        lines = speaking.at(offset_ms)
        time = {"timestamp": started_ms + offset_ms}
        contents: list[JsonObject]
        if params["data_opt"] == MediaDataOption.AUDIO_MIXED:
            pitch = user_ids.index(lines[0].user_id) if lines else None
            contents = [{"user_id": 0} | sound(pitch) | time]
        else:
            contents = [
                {"user_id": line.user_id, "user_name": line.speaker}
                | sound(user_ids.index(line.user_id))
                | time
                for line in {line.user_id: line for line in lines}.values()
            ]
        return [{"msg_type": MessageType.MEDIA_DATA_AUDIO, "content": content} for content in contents]

    return MediaFeed(every_ms, BUFFER_MS, at)


def _share(params: JsonObject, meeting: Meeting, started_ms: int) -> MediaFeed:
    user_id, name = next(iter(meeting.participants.items()), (0, ""))
    picture = {MediaCodec.PNG: _png, MediaCodec.JPG: _jpeg}.get(params["codec"], _h264)

    def at(offset_ms: int) -> list[JsonObject]:
        content = {"user_id": user_id, "user_name": name, "timestamp": started_ms + offset_ms}
        payload = _payload(picture(offset_ms // SLIDE_MS))
        return [{"msg_type": MessageType.MEDIA_DATA_SHARE, "content": content | payload}]

    return MediaFeed(1000 / params["fps"], 0, at)


def _video(params: JsonObject, meeting: Meeting, started_ms: int) -> MediaFeed:
    speaking = _Speaking(meeting.lines)
    picture = {MediaCodec.PNG: _png, MediaCodec.JPG: _jpeg}.get(params["codec"], _h264)

    def at(offset_ms: int) -> list[JsonObject]:
        lines = speaking.at(offset_ms)
        if not lines:
            return []
        who = {"user_id": lines[0].user_id, "user_name": lines[0].speaker}
        content = who | {"timestamp": started_ms + offset_ms} | _payload(picture(offset_ms))
        return [{"msg_type": MessageType.MEDIA_DATA_VIDEO, "content": content}]

    return MediaFeed(1000 / params["fps"], 0, at)


class _Speaking:
    """Who speaks at a time; asked for times that only grow."""

    def __init__(self, lines: Iterable[Line]) -> None:
        spoken = (line for line in lines if line.source is Source.SPEECH)
        self._coming = deque(sorted(spoken, key=lambda line: line.start_ms))
        self._now: list[Line] = []

    def at(self, offset_ms: int) -> list[Line]:
        """The lines that are being said, the one that began first in front."""
        while self._coming and self._coming[0].start_ms <= offset_ms:
            self._now.append(self._coming.popleft())
        self._now = [line for line in self._now if line.end_ms > offset_ms]
        return self._now


def _payload(data: bytes) -> JsonObject:
    return {"data": _base64(data), "length": len(data)}


@lru_cache(maxsize=1024)
def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@lru_cache(maxsize=1024)
def _sound(codec: MediaCodec, hz: int, ms: int, pitch: int | None) -> bytes:
    """Sound of one packet: with ``pitch`` the tone of a speaker, which fits into 20 ms a whole number of times."""
    match codec:
        case MediaCodec.OPUS:
            return _OPUS_SILENCE
        case MediaCodec.G711:
            return b"\xd5" * (8 * ms)
        case MediaCodec.G722:
            return bytes(8 * ms)
    if pitch is None:
        return bytes(2 * hz * ms // 1000)
    turns_a_second = 50 * (6 + pitch % 40)
    samples = (
        round(_LOUDNESS * math.sin(2 * math.pi * turns_a_second * n / hz)) for n in range(hz * ms // 1000)
    )
    return struct.pack(f"<{hz * ms // 1000}h", *samples)


def _jpeg(n: int) -> bytes:
    """A gray picture with its number in a comment."""
    comment = f"{n}".encode()
    return _GRAY_JPEG[:2] + struct.pack(">2sH", b"\xff\xfe", 2 + len(comment)) + comment + _GRAY_JPEG[2:]


def _png(n: int) -> bytes:
    """One dot, gray by its number."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes([0, n % 256]))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _h264(n: int) -> bytes:
    """The shape of a picture that needs none before it: parameter sets and a slice, without a real picture."""
    sequence, picture, slice_ = (
        b"\x67\x42\x00\x1f",
        b"\x68\xce\x3c\x80",
        b"\x65" + struct.pack(">I", n) + b"\x80",
    )
    return b"".join(_START_CODE + unit for unit in (sequence, picture, slice_))
