"""What is read of a meeting: all of it once, then what is new."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bridge.approval.approvals import stands
from bridge.flow.found import found_of
from bridge.pages.sight import Reading, Sight

if TYPE_CHECKING:
    from bridge.domain import Utterance
    from bridge.store.store import Store

MOST_AT_ONCE: Final = 250
"""Utterances that are read in one go: the store's other readers, and the loop, have their turn in between."""


async def read_sight(store: Store, stream_id: str) -> Sight | None:
    """A stream's meeting as it stands; ``None`` where there is no such stream.

    Raises:
        StoreAway: The database cannot be read now.
    """
    pulse = (await store.pulses([stream_id])).get(stream_id)
    if pulse is None:
        return None
    sight = Sight(pulse)
    while sight.take(
        Reading(said=await store.utterances(stream_id, after=sight.words, deleted=True, limit=MOST_AT_ONCE))
    ):
        pass
    runs, verdicts = await store.runs(stream_id), await store.verdicts(stream_id)
    sight.take(
        Reading(
            gaps=await store.gaps(stream_id),
            happenings=await store.happenings(stream_id),
            runs=runs,
            found=await found_of(runs),
            verdicts=verdicts,
            standing=await stands(runs, verdicts),
        )
    )
    return sight


async def catch_up(store: Store, sight: Sight) -> None:
    """Take all that is new, however much it is.

    Raises:
        StoreAway: The database cannot be read now.
    """
    reading = await look_again(store, sight, slow=True)
    for begin in range(0, len(reading.said), MOST_AT_ONCE):
        sight.take(Reading(said=reading.said[begin : begin + MOST_AT_ONCE]))
        await asyncio.sleep(0)
    sight.take(reading)


async def look_again(store: Store, sight: Sight, *, slow: bool) -> Reading:
    """What is new: words in one question to the store, with ``slow`` all else in few more.

    Raises:
        StoreAway: The database cannot be read now.
    """
    stream_id = sight.stream.stream_id
    if not slow:
        return Reading(said=await store.utterances(stream_id, after=sight.words, deleted=True))
    # Before the words: of a stream that is over, all of them are there by then.
    known, pulse = sight.pulse, (await store.pulses([stream_id])).get(stream_id)
    if pulse is None:
        return Reading(gone=True)
    runs = await store.runs(stream_id) if pulse.runs != known.runs else None
    decides = runs is not None or bool(sight.standing.known)
    verdicts = await store.verdicts(stream_id) if decides else None
    changed = verdicts is not None and (runs is not None or verdicts != sight.verdicts)
    return Reading(
        said=await store.utterances(stream_id, after=sight.words, deleted=True),
        pulse=pulse,
        gaps=await store.gaps(stream_id) if pulse.gaps != known.gaps else None,
        happenings=await store.happenings(stream_id) if pulse.happenings != known.happenings else None,
        runs=runs,
        found=None if runs is None else await found_of(runs),
        verdicts=verdicts,
        standing=await stands(sight.runs if runs is None else runs, verdicts or ()) if changed else None,
        chat=await _chat(store, sight),
    )


async def _chat(store: Store, sight: Sight) -> list[Utterance] | None:
    """Messages as they read now: in a crowd the newest ones, and of the others so many in turn."""
    if not sight.has_chat:
        return None
    stream_id = sight.stream.stream_id
    return [
        each
        for first, last in sight.chat_in_turn(MOST_AT_ONCE)
        for each in await store.chat(stream_id, first=first, last=last)
    ]
