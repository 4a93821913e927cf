"""Why a bridge hears nothing of a meeting that is played to it, and what became of one that was. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.rtms.messages import StatusCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.simulator.handshake import Refusal
    from bridge.simulator.outcome import Outcome

DIAL_SECONDS: Final = 5.0
"""A bridge dials within a fraction of a second; one that is busy within two or three."""
UNAUTHORIZED: Final = 401
CREDENTIALS: Final = frozenset({StatusCode.INVALID_SIGNATURE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of a client by now."""

    waited_seconds: float
    """Since the meeting was announced."""
    announced: bool
    """Whether the start event was accepted."""
    status: int | None
    """HTTP status that the start event was answered with; 0 while it has not been, ``None`` without an answer."""
    dialled: bool
    """Whether a socket was opened for the stream."""
    ready: bool
    refusals: tuple[Refusal, ...]


def advice(seen: Seen) -> list[str]:
    """What to check, one sentence each; the same again as long as nothing changes."""
    if seen.ready:
        return []
    if refused := [each for each in seen.refusals if each.status in CREDENTIALS]:
        return [
            f"the bridge's {refused[0].socket} handshake has another signature than these settings give: "
            "ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET must be the same on both sides"
        ]
    if seen.refusals:
        return [_refused(seen.refusals)]
    if not seen.announced:
        return _not_taken(seen.status)
    if seen.waited_seconds < DIAL_SECONDS:
        return []
    if not seen.dialled:
        return [
            f"the bridge took the start event and did not dial within {DIAL_SECONDS:g} s. Its log says why; mostly "
            "127.0.0.1 is missing in its BRIDGE_ALLOWED_HOSTS (then it refuses the stand-in's address)"
        ]
    return [
        f"the bridge has dialled and is not ready after {DIAL_SECONDS:g} s; its log says what it waits for"
    ]


def _not_taken(status: int | None) -> list[str]:
    if status is None:
        return ["the bridge did not answer the start event; it is sent again"]
    if not status:
        return []
    if status == UNAUTHORIZED:
        return [
            "the bridge refuses the start event's signature (401): ZOOM_SECRET_TOKEN must be the same on both "
            "sides, and the clocks too"
        ]
    return [f"the bridge answered the start event with HTTP status {status}; it is sent again"]


def shortcomings(outcome: Outcome) -> str:
    """Why a meeting is not complete, in one sentence without what was said; empty where it is."""
    parts = []
    if missing := outcome.lines - len(outcome.delivered):
        parts.append(f"{missing} of {outcome.lines} lines were said while nobody listened")
    if outcome.refusals:
        parts.append(_refused(outcome.refusals))
    if failed := [each for each in outcome.webhooks if not each.accepted]:
        told = "no answer" if failed[0].status is None else f"HTTP status {failed[0].status}"
        parts.append(f"{failed[0].event} was not accepted ({told})")
    if not outcome.complete and not parts:
        parts.append(f"the stream ended early: {outcome.stop_reason.name}")
    return "; ".join(parts)


def _refused(refusals: Sequence[Refusal]) -> str:
    first = refusals[0]
    more = f", and {len(refusals) - 1} more" if len(refusals) > 1 else ""
    return f"the bridge was refused on {first.socket}: {first.status.name}, {first.reason}{more}"
