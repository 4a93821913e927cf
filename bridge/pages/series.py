"""Meetings under one number, with what was decided and taken on in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.flow.found import found_of
from bridge.pages.finding import list_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Stream
    from bridge.flow.news import Insight
    from bridge.store.store import Store

MOST_MEETINGS: Final = 20
"""The newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One meeting of a series."""

    stream: Stream
    actions: Sequence[Insight]
    decisions: Sequence[Insight]


async def series_of(store: Store, meeting_id: str) -> list[Session]:
    """The newest meetings under a number, newest first; none that was deleted.

    Raises:
        StoreAway: The database cannot be read now.
    """
    kept = [stream for stream in await store.series(meeting_id) if not stream.is_tombstone]
    return [await _session(store, stream) for stream in kept[:MOST_MEETINGS]]


async def _session(store: Store, stream: Stream) -> Session:
    found = (await found_of(await store.runs(stream.stream_id))).insights
    return Session(
        stream=stream,
        actions=[each for each in found if list_of(each) == "action"],
        decisions=[each for each in found if list_of(each) == "decision"],
    )
