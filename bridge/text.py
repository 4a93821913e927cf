"""The one edge for text: whatever comes from a wire or a file becomes text that can be stored, logged, sent and shown. Pure.

Two forms:

* *storable* (:func:`storable`, :func:`decode_json`): no NUL and no half of a surrogate pair, which no database, no
  socket and no UTF-8 file takes. Each becomes U+FFFD, so that a reader sees that something was there, and two ids
  that differ in it never become one that passes for a third: whoever identifies something by an id refuses U+FFFD.
  Lines, tabs and everything else stay, for a flow's answer may have them.
* *one line* (:func:`one_line`): what is shown beside other things, such as names, topics and what was said. Words one
  space apart; control characters (C0, C1, line and paragraph separators) count as blanks, so nothing looks like
  another line; characters that turn the direction of what follows (U+202A-202E, U+2066-2069) go, for they make one
  name look like another and reach beyond the name. Marks that only join, separate or lean (U+200B-200F, U+061C)
  stay: Arabic, Persian and Hindi names and many emoji are spelt with them.

What is too long for :data:`bridge.domain.LIMITS` is cut where it is shown; an id is never cut alone (:func:`bounded_id`).
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

import msgspec

REPLACEMENT: Final = "\ufffd"
"""Stands where something was that is no text."""

_SURROGATES: Final = dict.fromkeys(range(0xD800, 0xE000), REPLACEMENT)
_UNSTORABLE: Final = {0: REPLACEMENT} | _SURROGATES
_NOT_IN_A_LINE: Final[dict[int, str | None]] = {
    **_SURROGATES,
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " "),
    **dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
}
_DIGEST_CHARS: Final = 32
_READER: Final = msgspec.json.Decoder()
_WRITER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def storable(text: str) -> str:
    """Text that every database, JSON reader and socket takes; the same text where it is so already."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.translate(_UNSTORABLE)
    return text.replace("\0", REPLACEMENT)


def is_storable(text: str) -> bool:
    """Whether nothing in it has to be replaced."""
    return storable(text) == text


def as_text(value: object) -> object:
    """A whole number as text, as Zoom tells ids either way; anything else as it is."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def is_plain(text: str) -> bool:
    """Whether a text has nothing that had to be replaced, or that would show as something else, as no id has."""
    return REPLACEMENT not in text and text.translate(_NOT_IN_A_LINE) == text


def one_line(text: str, longest: int) -> str:
    """Text to show beside other things, with its words one space apart, in at most ``longest`` characters."""
    # Before it is searched a text is cut, that nobody's megabytes cost time; blanks may make it shorter still.
    text = text[: 2 * longest]
    return " ".join((text if text.isprintable() else text.translate(_NOT_IN_A_LINE)).split())[
        :longest
    ].rstrip()


def line_of(value: object, longest: int) -> str:
    """A value's text as :func:`one_line`; empty where it is none."""
    return one_line(value, longest) if isinstance(value, str) else ""


def lines_of(value: object, longest: int) -> str:
    """A value's text of several lines, each as :func:`one_line`, in at most ``longest`` characters; empty where it is none."""
    if not isinstance(value, str):
        return ""
    lines = value[:longest].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(one_line(line, longest) for line in lines).strip()


def bounded_id(text: str, longest: int) -> str:
    """An id in at most ``longest`` characters: one that is longer ends in a digest of the whole, so no two become one."""
    text = storable(text)
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
    return f"{text[: longest - _DIGEST_CHARS - 1]}~{digest}"


def decode_json(raw: str | bytes) -> Any:
    """The value of JSON text whose every string, keys included, can be stored.

    Bytes are UTF-8, or UTF-16 or -32 as RFC 4627 tells them apart. JSON that says nothing that cannot be stored
    is read by msgspec, in a third of the time that :func:`json.loads` takes.

    Raises:
        ValueError: It is not JSON, or is nested deeper than can be read.
    """
    try:
        value = _READER.decode(raw)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        value = _read_freely(raw)
    return storable_json(value) if _may_need_it(raw) else value


def _read_freely(raw: str | bytes) -> Any:
    """What msgspec refuses and Python reads: NaN, numbers beyond a float, half a surrogate pair, UTF-16 and -32."""
    try:
        return json.loads(raw)
    except RecursionError:
        raise ValueError("nested too deep") from None


def compact_json(value: Any) -> str:
    """A value as JSON text without blanks; storable where every text in it is."""
    return _WRITER.encode(value)


def storable_json(value: Any) -> Any:
    """The same value with every string storable, keys included; lists and objects are changed in place.

    However deep the value is nested, this does not recurse.
    """
    if isinstance(value, str):
        return storable(value)
    open_: list[Any] = [value]
    while open_:
        node = open_.pop()
        if isinstance(node, dict):
            items = [(storable(key), _leaf(each, open_)) for key, each in node.items()]
            node.clear()
            node.update(items)
        elif isinstance(node, list):
            node[:] = [_leaf(each, open_) for each in node]
    return value


def _leaf(value: Any, open_: list[Any]) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict | list):
        open_.append(value)
    return value


def _may_need_it(raw: str | bytes) -> bool:
    """Whether JSON text may hold NUL or half a surrogate pair: only by an escape, in odd bytes, or as odd text."""
    if isinstance(raw, str):
        escaped = "\\" in raw and (r"\ud" in raw or r"\uD" in raw or r"\u0000" in raw)
        return escaped or not _encodable(raw)
    # 0xED begins the bytes of surrogates, which Python's reader lets pass; NUL bytes are UTF-16's or -32's.
    escaped = b"\\" in raw and (rb"\ud" in raw or rb"\uD" in raw or rb"\u0000" in raw)
    return escaped or 0xED in raw or 0 in raw


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
