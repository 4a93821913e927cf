from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import (
    ContextExpired,
    ContextForged,
    ContextRefused,
    ContextUnreadable,
    NotInAMeeting,
)
from bridge.panel.context import MOST_CHARACTERS, Context, read_context
from tests.fakes.zoom_client import LIVES_MS, context, fields, seal

CLIENT_ID, SECRET, NOW_MS = "Qm3vT8", "a secret of the app", 1_764_000_000_000
UUID = "4XxPKb1bTzOj9+/Ab2cdEw=="


def read(text: str, now_ms: int = NOW_MS) -> Context:
    return read_context(text, client_id=CLIENT_ID, client_secret=SECRET, now_ms=now_ms)


def made(**changes: Any) -> str:
    return context(UUID, now_ms=NOW_MS, client_id=CLIENT_ID, secret=SECRET, **changes)


def sealed(told: object) -> str:
    return seal(json.dumps(told).encode(), SECRET)


def raw_of(text: str) -> bytearray:
    return bytearray(base64.b64decode(text))


def text_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def test_a_context() -> None:
    """It says which meeting is open, and whether Zoom knows who looks; nothing of it shows in its ``repr``."""
    found = read(made())
    assert (found.meeting_uuid, found.is_guest) == (UUID, False)
    assert UUID not in repr(found)


def test_its_forms() -> None:
    """Both alphabets of base64, with and without padding; with data that is only signed; a nonce of another length."""
    plain = json.dumps(fields(UUID, NOW_MS, CLIENT_ID)).encode()
    for signed in (b"", b"some more that is signed"):
        for url_safe in (False, True):
            text = seal(plain, SECRET, signed=signed, url_safe=url_safe)
            assert read(text).meeting_uuid == read(text.rstrip("=")).meeting_uuid == UUID
    assert read(seal(plain, SECRET, nonce=b"n" * 16)).meeting_uuid == UUID


def test_its_length() -> None:
    """A genuine one is refused where it is longer than any that Zoom makes, before anything is done with it."""
    plain = json.dumps(fields(UUID, NOW_MS, CLIENT_ID)).encode()
    short, long = (seal(plain, SECRET, signed=b"s" * size) for size in (5_000, 6_100))
    assert len(short) <= MOST_CHARACTERS < len(long)
    assert read(short).meeting_uuid == UUID
    with pytest.raises(ContextUnreadable):
        read(long)


def test_a_guest() -> None:
    """Zoom leaves out who a guest is."""
    assert read(made(uid=None, iid="u1zORRbITkev9brKC0RNDA==")).is_guest
    assert read(made(uid="")).is_guest
    assert read(made(uid=7)).is_guest
    assert [read(made(uid=each)).user_id for each in ("u1zORRbITkev9brKC0RNDA", "", 7)] == [
        "u1zORRbITkev9brKC0RNDA",
        "",
        "",
    ]
    for odd in ("x" * 256, "a\nb"):
        with pytest.raises(ContextUnreadable):
            read(made(uid=odd))


def test_its_time() -> None:
    """It is good until it expires, and not at that moment."""
    text, end = made(), NOW_MS - 300 + LIVES_MS
    assert read(text, end - 1).meeting_uuid == UUID
    for late in (end, end + 1, end + 10**9):
        with pytest.raises(ContextExpired):
            read(text, late)


@pytest.mark.parametrize("changes", [
    {"secret": "a secret of the apq"},
    {"client_id": "Qm3vT9"},
    {"aud": None}, {"aud": [CLIENT_ID]}, {"aud": "é"},
    {"iss": "marketplace.zoom.us.evil.example"}, {"iss": None}, {"iss": {}},
])  # fmt: skip
def test_made_by_others(changes: dict[str, Any]) -> None:
    """Another secret, another app, another issuer."""
    options: dict[str, Any] = {"now_ms": NOW_MS, "client_id": CLIENT_ID, "secret": SECRET}
    with pytest.raises(ContextForged) as caught:
        read(context(UUID, **(options | changes)))
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("changes", [{"exp": "1764000060000"}, {"exp": True}, {"exp": 1e300}, {"exp": None},
                                     {"mid": 7}, {"mid": ["x"]}, {"mid": "x" * 256}, {"mid": "a\nb"}, {"mid": "a\0b"}])  # fmt: skip
def test_fields_of_another_kind(changes: dict[str, Any]) -> None:
    """What Zoom would not write is not guessed at."""
    with pytest.raises(ContextUnreadable):
        read(made(**changes))


@pytest.mark.parametrize("told", [[], "text", 7, None, {"aud": CLIENT_ID}])
def test_json_of_another_kind(told: object) -> None:
    """It has to be an object with what a context has."""
    with pytest.raises(ContextRefused):
        read(sealed(told))


def test_no_json() -> None:
    """What is sealed and is no JSON is refused like anything else."""
    for plain in (b"{", b"\xff\xfe", b"[" * 5000):
        with pytest.raises(ContextUnreadable):
            read(seal(plain, SECRET))


def test_outside_of_a_meeting() -> None:
    """The app's own window has no meeting."""
    for changes in ({"mid": None, "typ": "panel"}, {"mid": ""}):
        with pytest.raises(NotInAMeeting):
            read(made(**changes))


def test_cut_short() -> None:
    """However much of it is missing, at either end."""
    raw = bytes(raw_of(made(signed=b"signed")))
    for cut in range(len(raw)):
        for part in (raw[:cut], raw[len(raw) - cut :]):
            with pytest.raises((ContextUnreadable, ContextForged)):
                read(text_of(part))


def test_each_bit_counts() -> None:
    """No byte of it can be another: not the lengths, the nonce, what is signed, what is sealed, or the tag."""
    raw = raw_of(made(signed=b"signed"))
    for place in range(len(raw)):
        bent = bytearray(raw)
        bent[place] ^= 0x01
        with pytest.raises((ContextUnreadable, ContextForged)):
            read(text_of(bytes(bent)))


@pytest.mark.parametrize("lengths", [(0, 0, 40), (7, 0, 40), (65, 0, 10), (255, 0, 40), (12, 65_535, 40), (12, 0, -1),
                                     (12, 0, 2**31 - 1), (12, 0, -(2**31)), (12, 0, 0), (12, 0, 39), (12, 0, 41)])  # fmt: skip
def test_lengths_that_lie(lengths: tuple[int, int, int]) -> None:
    """A length that reaches beyond what there is, or leaves something over, takes nothing."""
    nonce, signed, ciphertext = lengths
    raw = struct.pack("<B", nonce) + b"n" * (12 if nonce == 255 else nonce)
    raw += struct.pack("<H", signed) + struct.pack("<i", ciphertext) + b"c" * 40 + b"t" * 16
    with pytest.raises(ContextUnreadable):
        read(text_of(raw))


@pytest.mark.parametrize("text", ["", "=", "a", "ab=c", "ab===", "é" * 40, " " * 40, "ab\n", "A" * (MOST_CHARACTERS + 1), "A" * 10**7])  # fmt: skip
def test_no_base64(text: str) -> None:
    """A header may hold anything, of any length."""
    with pytest.raises(ContextUnreadable):
        read(text)


@given(st.one_of(st.text(max_size=300), st.binary(max_size=300).map(text_of)))
def test_anything(text: str) -> None:
    """Whatever comes, the answer is a refusal, and it repeats nothing of it."""
    with pytest.raises(ContextRefused) as caught:
        read(text)
    assert len(text) < 8 or text not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
