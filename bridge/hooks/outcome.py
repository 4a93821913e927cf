"""What an answer means for a delivery, and when it is sent again. Pure: time and chance come in as arguments.

Source: Standard Webhooks 1.0.0, "Deliverability and reliability" and "Delivery success and failure": whatever is no 2xx is a
failure; redirects are not followed; 410 ends the endpoint; tries go on for days, with growing pauses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Final

from bridge.backoff import backoff

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_PAUSE_SECONDS: Final = 5.0
PAUSE_FACTOR: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 2 * 3600.0
"""Pauses are about 5 s, 25 s, 2 min, 10 min, 52 min, then 2 h each."""
LONGEST_ASKED_SECONDS: Final = 24 * 3600.0
"""What ``Retry-After`` is followed up to."""
GIVE_UP_SECONDS: Final = 72 * 3600.0
"""For how long a delivery is tried, from when it was made; but :data:`REFUSED_TRIES` times at least."""
MOST_TRIES: Final = 100
"""How often a delivery is tried however young it says to be; in that time are some forty."""
REFUSED_TRIES: Final = 5
"""How often a delivery is sent that the endpoint refuses for what it is: about a quarter of an hour."""
_REFUSALS: Final = frozenset({400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505})
"""Statuses that tell of this one delivery, where those behind it should not wait for days."""
_CROWDED: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that tell of the endpoint as a whole: it is asked nothing else at once."""


class Verdict(StrEnum):
    """What becomes of a delivery."""

    DELIVERED = "delivered"
    AGAIN = "retried"
    FAILED = "failed"
    GONE = "gone"
    """The endpoint wants to be told nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How an attempt went."""

    status: int = 0
    """HTTP status; 0 where none came."""
    why: str = ""
    """Why none came, in our own words."""
    retry_after_seconds: float | None = None
    """How long the endpoint asked to wait; ``None`` where it did not say."""

    @property
    def words(self) -> str:
        """The answer as it is told and kept: nothing of what the endpoint wrote."""
        if not self.status:
            return self.why
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            return f"it answered {self.status}"
        more = ", and redirects are not followed: give the new address" if 300 <= self.status < 400 else ""
        return f"it answered {self.status} {phrase}{more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What follows from an answer."""

    verdict: Verdict
    words: str
    """What is kept and shown of it."""
    pause_seconds: float = 0.0
    """Before the next attempt of this delivery, where there is one."""
    rest_seconds: float = 0.0
    """For which the endpoint is asked nothing else."""


def rule(answer: Answer, *, attempts: int, age_seconds: float, chance: Callable[[], float]) -> Ruling:
    """What becomes of a delivery of an age after so many attempts, this one included."""
    words = answer.words
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Ruling(verdict=Verdict.DELIVERED, words=words)
    if answer.status == HTTPStatus.GONE:
        return Ruling(verdict=Verdict.GONE, words=words)
    if answer.status in _REFUSALS and attempts >= REFUSED_TRIES:
        return Ruling(verdict=Verdict.FAILED, words=f"given up after {attempts} attempts: {words}")
    asked = min(answer.retry_after_seconds or 0.0, LONGEST_ASKED_SECONDS)
    rest = asked if answer.status in _CROWDED else 0.0
    # A clock that was years behind when it was made, or ahead, and a bridge that was off for days, tell nothing of the endpoint.
    is_old = age_seconds >= GIVE_UP_SECONDS and attempts >= REFUSED_TRIES
    if is_old or attempts >= MOST_TRIES:
        hours = f"{round(GIVE_UP_SECONDS / 3600)} hours and " if is_old else ""
        words = f"given up after {hours}{attempts} attempts: {words}"
        return Ruling(verdict=Verdict.FAILED, words=words, rest_seconds=rest)
    return Ruling(
        verdict=Verdict.AGAIN,
        words=words,
        pause_seconds=max(pause_seconds(attempts, chance), asked),
        rest_seconds=rest,
    )


def pause_seconds(attempts: int, chance: Callable[[], float]) -> float:
    """How long to wait behind so many attempts, from 1, shortened by chance."""
    pauses = backoff(
        FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, factor=PAUSE_FACTOR, spread=0.2, chance=chance
    )
    return next(islice(pauses, attempts - 1, None))


def is_of_the_endpoint(answer: Answer) -> bool:
    """Whether an answer, or that there is none, tells of the endpoint as a whole."""
    return not answer.status or answer.status in _CROWDED
