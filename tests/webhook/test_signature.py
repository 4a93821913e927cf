from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.webhook.signature import Verdict, answer_validation, sign, verify

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "webhooks.json").read_text())
SECRET = VECTORS["secret_token"]
SIGNED = VECTORS["signed"]
BODY = SIGNED["body"].encode()
NOW = int(SIGNED["timestamp"])

texts = st.text(st.characters(max_codepoint=255))
"""What a header can hold."""


def judged(**changes: object) -> Verdict:
    """The verdict on the vector, with arguments changed."""
    right: dict[str, object] = {
        "secret_token": SECRET,
        "timestamp": SIGNED["timestamp"],
        "signature": SIGNED["signature"],
        "body": BODY,
        "now": NOW,
        "tolerance_seconds": 300,
    }
    return verify(**(right | changes))  # type: ignore[arg-type]


def test_vector() -> None:
    """The signature is made as Zoom makes it, to the byte."""
    assert sign(SECRET, SIGNED["timestamp"], BODY) == SIGNED["signature"]
    assert judged() is Verdict.VALID


@pytest.mark.parametrize("change", range(0, len(BODY), 7))
def test_a_changed_byte_is_noticed(change: int) -> None:
    """No byte of the body can be changed without the signature being wrong."""
    body = bytearray(BODY)
    body[change] ^= 1
    assert judged(body=bytes(body)) is Verdict.WRONG


@pytest.mark.parametrize(
    "changes",
    [
        {"secret_token": "another"},
        {"timestamp": str(NOW + 1)},
        {"signature": SIGNED["signature"].upper()},
        {"signature": SIGNED["signature"].removeprefix("v0=")},
        {"signature": SIGNED["signature"] + "0"},
        {"signature": "v0=é"},
        {"body": BODY + b"\n"},
    ],
)
def test_wrong(changes: dict[str, object]) -> None:
    """Anything but the exact signature over the exact bytes is wrong."""
    assert judged(**changes) is Verdict.WRONG


@pytest.mark.parametrize("missing", [None, ""])
def test_missing(missing: str | None) -> None:
    """Without a time or a signature there is nothing to check."""
    assert judged(timestamp=missing) is Verdict.MISSING
    assert judged(signature=missing) is Verdict.MISSING


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (NOW + 300, Verdict.VALID),
        (NOW + 301, Verdict.STALE),
        (NOW - 300, Verdict.VALID),
        (NOW - 301, Verdict.STALE),
    ],
)
def test_age(now: int, verdict: Verdict) -> None:
    """A right signature is stale beyond the tolerance, in the past as in the future."""
    assert judged(now=now) is verdict


def test_no_tolerance() -> None:
    """A tolerance of 0 turns the age check off."""
    assert judged(now=NOW + 10**9, tolerance_seconds=0) is Verdict.VALID


def test_a_wrong_one_is_never_called_stale() -> None:
    """Only Zoom's own late deliveries are reported as stale."""
    assert judged(now=NOW + 10**6, signature="v0=" + "0" * 64) is Verdict.WRONG


@pytest.mark.parametrize("timestamp", ["1763769600.0", " 1763769600", "-1", "１７", "0x10", "9" * 400])
def test_a_time_that_is_none(timestamp: str) -> None:
    """A rightly signed timestamp that is no plain number of seconds is never valid."""
    assert judged(timestamp=timestamp, signature=sign(SECRET, timestamp, BODY)) is not Verdict.VALID


@given(timestamp=texts, signature=texts, body=st.binary())
def test_no_header_breaks_it(timestamp: str, signature: str, body: bytes) -> None:
    """Whatever a stranger sends gets a verdict, and never a good one."""
    assert judged(timestamp=timestamp, signature=signature, body=body) in (Verdict.WRONG, Verdict.MISSING)


def test_validation_vector() -> None:
    """The answer to a validation is exactly Zoom's two keys."""
    assert answer_validation(SECRET, VECTORS["url_validation"]["plainToken"]) == VECTORS["url_validation"]


@pytest.mark.parametrize(
    "token",
    [
        'v0:1763769600:{"event":"meeting.rtms_started"}',
        "v0:1763769600:",
        "with space",
        "line\n",
        "token\x00",
        "",
        "x" * 129,
        "é",
        None,
        7,
        ["q9vibPhHRoSJeyZpT1yq3A"],
    ],
)
def test_not_an_oracle(token: object) -> None:
    """A token that could be a signed message, or is none at all, is never signed."""
    assert answer_validation(SECRET, token) is None


@given(timestamp=st.integers(0, 10**12), body=st.binary(max_size=80))
def test_no_answer_is_a_signature(timestamp: int, body: bytes) -> None:
    """No validation ever yields a webhook's signature, whatever the webhook."""
    signed = b"v0:" + str(timestamp).encode() + b":" + body
    assert answer_validation(SECRET, signed.decode("latin-1")) is None
