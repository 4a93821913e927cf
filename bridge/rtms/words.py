"""The frame that comes most: somebody's words, decoded and checked in one go by msgspec. Pure.

What is not just so, is read as any other frame: nothing is understood or refused here that is not there too.
Sources: developers.zoom.us "RTMS data types".
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec


class Words(msgspec.Struct, gc=False):
    """``content`` of message 17, as meetings send it."""

    data: str
    user_id: int = 0
    user_name: str = ""
    start_time: int = 0
    end_time: int = 0
    timestamp: int = 0
    language: int | None = None
    channel_id: Any = None


class _Frame(msgspec.Struct, gc=False):
    msg_type: Literal[17]
    content: Words


_READER: Final = msgspec.json.Decoder(_Frame)


def read_words(frame: str | bytes) -> Words | None:
    """The words in a frame; ``None`` where it has to be looked at more closely."""
    try:
        # What a bytes frame has beside the words would not be checked for being text at all.
        words = _READER.decode(frame if isinstance(frame, str) else frame.decode()).content
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    plain = words.channel_id is None and "\0" not in words.data and "\0" not in words.user_name
    return words if plain else None
