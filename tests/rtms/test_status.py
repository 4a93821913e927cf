from __future__ import annotations

import pytest

from bridge.rtms.messages import StatusCode, StopReason
from bridge.rtms.status import handshake_fault, stop_words


def test_ok() -> None:
    """Status 0 is a good handshake, under either of its names."""
    assert handshake_fault({"status_code": 0}) is None
    assert handshake_fault({"status": 0}) is None


@pytest.mark.parametrize("code", [8, 15, 16, 45, 4711])
def test_retryable(code: int) -> None:
    """What Zoom will have forgotten in a moment, and what we do not know, is tried again."""
    fault = handshake_fault({"status_code": code})
    assert fault is not None
    assert (fault.status, fault.retryable) == (code, True)


@pytest.mark.parametrize("code", [*range(1, 8), *range(9, 15), *range(17, 45), 46, 47])
def test_fatal(code: int) -> None:
    """What no repetition mends is given up at once."""
    fault = handshake_fault({"status_code": code})
    assert fault is not None
    assert (fault.status, fault.retryable) == (code, False)
    assert fault.advice


def test_advice() -> None:
    """The faults that an operator can mend say how."""
    secret, scope = (handshake_fault({"status_code": code}) for code in (3, 12))
    assert secret is not None
    assert "ZOOM_CLIENT_SECRET" in secret.advice
    assert scope is not None
    assert "meeting:read:meeting_transcript" in scope.advice


@pytest.mark.parametrize("message", [{}, {"status_code": None}, {"status_code": "0"}, {"status_code": False}])
def test_no_code(message: dict[str, object]) -> None:
    """An answer without a code is not taken for a good one."""
    fault = handshake_fault(message)
    assert fault is not None
    assert (fault.status, fault.retryable) == (-1, True)


@pytest.mark.parametrize("reason", [reason for reason in StopReason if reason])
def test_stop_words(reason: StopReason) -> None:
    """Every reason that Zoom documents has words of its own."""
    words = stop_words(int(reason))
    assert not words.startswith("Zoom ended the stream")
    assert sum(stop_words(int(other)) == words for other in StopReason) == 1


def test_other_stop_words() -> None:
    """A reason that Zoom adds is told by number, and none is told as none."""
    assert stop_words(99) == "Zoom ended the stream for reason 99"
    assert stop_words(None) == stop_words(0) == stop_words("6") == "Zoom ended the stream"


def test_every_status_is_judged() -> None:
    """No status of the table is forgotten."""
    assert all((handshake_fault({"status_code": int(code)}) is None) == (code == 0) for code in StatusCode)
