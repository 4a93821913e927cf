"""Why nothing is heard, in words that say what to check."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.rtms.messages import StatusCode, StopReason
from bridge.simulator.diagnosis import DIAL_SECONDS, Seen, advice, shortcomings
from bridge.simulator.handshake import Refusal, Socket
from bridge.simulator.outcome import Outcome
from bridge.simulator.webhooks import Delivery

SIGNATURE = Refusal(socket=Socket.SIGNALING, status=StatusCode.INVALID_SIGNATURE, reason="Invalid signature")
PAYLOAD = Refusal(socket=Socket.MEDIA, status=StatusCode.INVALID_PAYLOAD, reason="signature is missing")


def seen(**changes: Any) -> Seen:
    return Seen(
        **{
            "waited_seconds": DIAL_SECONDS + 1,
            "announced": True,
            "status": 200,
            "dialled": False,
            "ready": False,
            "refusals": (),
        }
        | changes
    )


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (seen(), "BRIDGE_ALLOWED_HOSTS"),
        (seen(refusals=(SIGNATURE,), waited_seconds=0), "ZOOM_CLIENT_SECRET"),
        (seen(refusals=(PAYLOAD,), waited_seconds=0), "INVALID_PAYLOAD"),
        (seen(announced=False, status=401, waited_seconds=0), "ZOOM_SECRET_TOKEN"),
        (seen(announced=False, status=503, waited_seconds=0), "503"),
        (seen(announced=False, status=None, waited_seconds=0), "did not answer"),
        (seen(dialled=True), "not ready"),
    ],
)
def test_each_cause_has_its_sentence(what: Seen, words: str) -> None:
    """One, and it names what to look at."""
    (sentence,) = advice(what)
    assert words in sentence


@pytest.mark.parametrize(
    "what",
    [
        seen(ready=True),
        seen(waited_seconds=DIAL_SECONDS - 1),
        seen(announced=False, status=0, waited_seconds=2),
    ],
)
def test_nothing_is_said_before_it_is_sure(what: Seen) -> None:
    """A bridge that is heard, that has just been told, or that still thinks about the webhook needs no advice."""
    assert advice(what) == []


def outcome(**changes: Any) -> Outcome:
    return Outcome(
        **{
            "stream_id": "s",
            "meeting_uuid": "m",
            "stop_reason": StopReason.MEETING_ENDED,
            "started_ms": 1,
            "lines": 0,
            "delivered": (),
            "refusals": (),
            "ignored": 0,
            "signaling_connections": 1,
            "media_connections": 1,
            "keep_alives_sent": 0,
            "keep_alives_answered": 0,
            "keep_alive_answer_ms": (),
            "webhooks": (),
        }
        | changes
    )


def test_what_went_wrong_is_told_in_one_sentence() -> None:
    """Lost lines, refusals and webhooks, each with its figures; nothing where all went well."""
    late = Delivery(event="meeting.rtms_stopped", event_ts=1, attempts=4, status=503, body=b"")
    told = shortcomings(outcome(lines=3, refusals=(PAYLOAD, SIGNATURE), webhooks=(late,)))
    assert told == (
        "3 of 3 lines were said while nobody listened; the bridge was refused on media: INVALID_PAYLOAD, "
        "signature is missing, and 1 more; meeting.rtms_stopped was not accepted (HTTP status 503)"
    )
    assert shortcomings(outcome()) == ""
    assert "CONNECTION_TIMEOUT" in shortcomings(outcome(stop_reason=StopReason.CONNECTION_TIMEOUT))
