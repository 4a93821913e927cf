"""Which deliveries of an endpoint are sent now, and when to look again. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.hooks.outcome import LONGEST_ASKED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bridge.domain import Delivery

AT_ONCE: Final = 4
"""Attempts that are under way at an endpoint at a time, each of another stream."""


def ready(
    heads: Sequence[Delivery], *, busy: Collection[str], now_ms: int, rest_until_ms: int
) -> list[Delivery]:
    """Those to send, of the deliveries that come first in their streams.

    A stream's deliveries go one by one, in order; ``busy`` names those that have one under way. Those come first that were
    tried least: one that is never taken keeps back what follows it in its stream, and nobody else.
    """
    if now_ms < rest_until_ms:
        return []
    due = [head for head in heads if head.stream_id not in busy and _due_ms(head, now_ms) <= now_ms]
    due.sort(key=lambda head: (head.attempts, head.created_ms))
    return due[: max(0, AT_ONCE - len(busy))]


def next_look_ms(
    heads: Sequence[Delivery], *, busy: Collection[str], now_ms: int, rest_until_ms: int
) -> int | None:
    """When one that waits for its time is due (UTC ms); ``None`` where none does."""
    waiting = (_due_ms(head, now_ms) for head in heads if head.stream_id not in busy)
    later = [max(due_ms, rest_until_ms) for due_ms in waiting if max(due_ms, rest_until_ms) > now_ms]
    return min(later, default=None)


def _due_ms(head: Delivery, now_ms: int) -> int:
    """When one is due; one that would wait for longer than any pause is now: the clock was ahead when that was written."""
    return head.due_ms if head.due_ms <= now_ms + 1000 * LONGEST_ASKED_SECONDS else now_ms
