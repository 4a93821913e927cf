from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.domain import LIMITS
from bridge.text import (
    bounded_id,
    decode_json,
    is_plain,
    is_storable,
    one_line,
    storable,
    storable_json,
)

WILD = st.text(st.characters(codec=None), max_size=30)
"""Halves of surrogate pairs, NUL and other control characters included."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | WILD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WILD, inner, max_size=3),
    max_leaves=12,
)


def texts(value: Any) -> list[str]:
    """Every string in a value, keys included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts(each)]
    return []


@given(WILD)
def test_storable(text: str) -> None:
    """Storable text can be encoded and holds no NUL; what could be stored before is the same."""
    kept = storable(text)
    assert "\0" not in kept.encode().decode()
    assert storable(kept) == kept
    assert len(kept) == len(text)
    assert is_storable(text) == (kept == text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Dana \ud83d", "Dana \ufffd"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("a\0b", "a\ufffdb"),
        ("two\nlines\tand 🎉 é", "two\nlines\tand 🎉 é"),
    ],
)
def test_what_is_no_text_leaves_a_mark(text: str, kept: str) -> None:
    """Halves of pairs and NUL are replaced where they stood; everything else stays."""
    assert storable(text) == kept


@given(WILD, st.integers(1, 12))
def test_one_line(text: str, longest: int) -> None:
    """A line holds no character that controls, breaks or turns, has no blank at its ends, and is not too long."""
    line = one_line(text, longest)
    assert len(line) <= longest
    assert is_storable(line)
    assert line.split() == line.split(" ") or line == ""
    assert not any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in line)
    assert not any(unicodedata.bidirectional(char) in _TURNING for char in line)


_TURNING = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Dana   Vogel ", "Dana Vogel"),
        ("Dana\nEli: I agree.", "Dana Eli: I agree."),
        ("Dana\x1b[31m\x85Vogel", "Dana [31m Vogel"),
        ("\u202eleoV anaD\u202c", "leoV anaD"),
        ("Dana\u2028Vogel", "Dana Vogel"),
        ("a\u2066b\u2069c", "abc"),
        ("\0\x01\x7f", ""),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻 Dana", "👩\u200d💻 Dana"),
        ("\u05d3\u05e0\u05d4\u200f", "\u05d3\u05e0\u05d4\u200f"),
    ],
)
def test_lines(text: str, line: str) -> None:
    """Names of all scripts and emoji stay as they are; what controls or turns does not."""
    assert one_line(text, LIMITS.name) == line


def test_a_line_is_cut_between_characters() -> None:
    """A name that is too long is cut, never in the middle of a pair, and without a blank at its end."""
    assert one_line("🎉" * 300, LIMITS.name) == "🎉" * LIMITS.name
    assert one_line("ab cd", 3) == "ab"


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
@example("x" * 70 + "a", "x" * 70 + "b")
def test_ids_stay_apart(one: str, other: str) -> None:
    """However short ids have to be, two of them never become one."""
    one, other = storable(one), storable(other)
    short = bounded_id(one, LIMITS.user_id)
    assert len(short) <= LIMITS.user_id
    assert (short == bounded_id(other, LIMITS.user_id)) == (one == other)


def test_an_id_within_the_limit_is_itself() -> None:
    """Only what is too long is changed."""
    assert bounded_id("x" * 64, 64) == "x" * 64
    assert bounded_id("x" * 65, 64).startswith("x" * 31 + "~")


@pytest.mark.parametrize("value", ["ab/3xY+z9Q==", "ä", "81234567890", "", "a b"])
def test_plain(value: str) -> None:
    """What Zoom's ids are made of is plain."""
    assert is_plain(value)


@pytest.mark.parametrize("value", ["a\nb", "a\0", "a\ud800", "a\x7f", "a\x9b", "a\u202eb"])
def test_not_plain(value: str) -> None:
    """An id in which something was replaced, controls or turns is not plain."""
    assert not is_plain(value)


@given(VALUES, st.booleans(), st.sampled_from(["utf-8", "utf-16", "utf-32-be", "str"]))
def test_decoded_json_can_be_stored(value: Any, escaped: bool, encoding: str) -> None:
    """Every string of decoded JSON can be stored, in keys and in values, escaped or not, in any encoding."""
    raw = json.dumps(value, ensure_ascii=escaped)
    found = decode_json(raw if encoding == "str" else raw.encode(encoding, "surrogatepass"))
    assert all(is_storable(text) for text in texts(found))
    if all(is_storable(text) for text in texts(value)):
        assert found == json.loads(raw)


@pytest.mark.parametrize(
    "raw",
    [r'"\ud83d"', r'"\uD83D"', r'"\udC00"', r'"a\u0000b"', b'"\xed\xa0\xbd"', '"\ud83d"', '"\x00"'.encode("utf-16")],
)  # fmt: skip
def test_each_way_to_say_it(raw: str | bytes) -> None:
    """Half a pair and NUL are found however JSON spells them."""
    try:
        found = decode_json(raw)
    except ValueError:
        return  # a bare control character is no JSON
    assert is_storable(found)
    assert "\ufffd" in found


def test_a_whole_emoji_stays() -> None:
    """Two escapes that are a pair are one character."""
    assert decode_json(r'{"name": "Dana \ud83c\udf89"}') == {"name": "Dana 🎉"}


def test_a_backslash_is_no_escape() -> None:
    r"""Text about ``\u0000`` is not NUL."""
    assert decode_json(r'"\\u0000 \\ud800"') == r"\u0000 \ud800"


@pytest.mark.parametrize("raw", ["", "{", b"\xff\xff", "[" * 100_000, '{"a":' * 100_000, "9" * 10_000])
def test_no_json(raw: str | bytes) -> None:
    """What is no JSON, or is nested too deep to read, is one kind of error."""
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the reader's
        decode_json(raw)


def test_deep_json_can_be_stored() -> None:
    """Depth that the reader takes is no trouble for what follows it."""
    depth = 900
    try:
        found = decode_json('{"a":' * depth + r'"\ud800"' + "}" * depth)
    except ValueError:
        pytest.skip("the reader takes less than this")
    for _ in range(depth):
        found = found["a"]
    assert found == "\ufffd"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
        max_leaves=8,
    ),
    st.booleans(),
)
def test_json_is_read_as_the_standard_library_does(value: object, escaped: bool) -> None:
    """Whoever reads JSON here, what is read is what Python's own reader makes of it, with every text storable."""
    written = json.dumps(value, ensure_ascii=escaped)
    for raw in (written, written.encode(errors="surrogatepass")):
        expected = storable_json(json.loads(raw))
        assert repr(decode_json(raw)) == repr(expected)


@given(st.binary(max_size=12) | st.text('{}[]":,.-+eE0123456789truefalsnNI\\ud8\0\x01 \ufeff', max_size=12))
def test_what_is_no_json_is_refused_as_the_standard_library_does(raw: str | bytes) -> None:
    """Nothing is read that Python's own reader refuses, nor the other way round."""
    try:
        expected = storable_json(json.loads(raw))
    except ValueError:
        with pytest.raises(ValueError, match=r"."):
            decode_json(raw)
    else:
        assert repr(decode_json(raw)) == repr(expected)
