"""What is made of all that a meeting's runs told, without keeping the loop: of three hours it is 50 ms of a core and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from bridge.flow.news import Found, found_in, gone_out
from bridge.tasks import worked_out

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.domain import Run

_Made = TypeVar("_Made")

LONG: Final = 20_000
"""Characters of news, some two milliseconds; what more of them tell is worked out in a thread."""


async def made_of(runs: Sequence[Run], make: Callable[[Sequence[Run]], _Made]) -> _Made:
    """What ``make`` makes of the runs, in a thread where they told much."""
    return await worked_out(lambda: make(runs), is_long=sum(len(run.news) for run in runs) > LONG)


async def found_of(runs: Sequence[Run]) -> Found:
    """What they found; in order of their windows."""
    return await made_of(runs, found_in)


async def told_of(runs: Sequence[Run]) -> Found:
    """What they found and people may be told."""
    return await made_of(runs, lambda runs: found_in(gone_out(runs)))
