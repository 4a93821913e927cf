"""The meetings that are live, looked at once for everybody who asks within a moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bridge.clock import CLOCK
from bridge.domain import OVER, RunStatus, StreamState
from bridge.pages.condition import conditions
from bridge.transcript.window import count_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.admin.health import Readiness
    from bridge.admin.streams import LiveStreams
    from bridge.clock import Clock
    from bridge.domain import Run, Stream, Utterance
    from bridge.pages.condition import Condition
    from bridge.store.store import Store
    from bridge.store.values import Pulse

FRESH_SECONDS: Final = 2.0
"""A look is good for so long, whoever asks."""
MOST_LIVE: Final = 300
"""Meetings that are shown, the newest."""
READS: Final = 60
"""Meetings whose words are counted on in one look; the others' turn comes with the next."""
WORDS_AT_ONCE: Final = 500
MOST_FAILED: Final = 20


@dataclass(slots=True)
class Tally:
    """What was said in a meeting, counted on from look to look."""

    n: int = 0
    words: int = 0
    last_ms: int = 0
    whole: bool = False
    """Whether all of what was there was counted."""
    people: dict[str, str] = field(default_factory=dict)

    def add(self, said: Sequence[Utterance]) -> None:
        """Count what came behind the last position."""
        for each in said:
            self.n = each.n
            self.words += count_words(each.text)
            self.last_ms = max(self.last_ms, each.end_ms)
            self.people[each.who] = each.speaker
        self.whole = len(said) < WORDS_AT_ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMeeting:
    """One meeting that is live, or waits for its last answers."""

    pulse: Pulse
    tally: Tally
    speaking: str

    @property
    def stream(self) -> Stream:
        """The meeting's."""
        return self.pulse.stream

    @property
    def waits(self) -> int:
        """Windows without an answer."""
        return self.pulse.count(RunStatus.PENDING)

    @property
    def failed(self) -> int:
        """Windows that were given up."""
        return self.pulse.count(RunStatus.FAILED)

    @property
    def hears(self) -> bool:
        """Whether words can arrive."""
        return self.stream.state is StreamState.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class NowView:
    """All that the first page shows."""

    meetings: Sequence[LiveMeeting]
    conditions: Sequence[Condition]
    failed: Sequence[Run]
    streams: Mapping[str, Stream]
    """Those of the runs that failed."""
    at_ms: int

    @property
    def live(self) -> int:
        """How many are heard, or are to be heard."""
        return sum(each.stream.state not in OVER for each in self.meetings)

    @property
    def finishing(self) -> int:
        """How many are over and wait for their last answers."""
        return len(self.meetings) - self.live


class Now:
    """Looks when somebody asks, and not again while the last look is fresh."""

    def __init__(
        self,
        store: Store,
        *,
        live: LiveStreams,
        readiness: Readiness,
        clock: Clock = CLOCK,
    ) -> None:
        self._store, self._live, self._readiness, self._clock = store, live, readiness, clock
        self._tallies: dict[str, Tally] = {}
        self._looking = asyncio.Lock()
        self._view: NowView | None = None
        self._looked_at = 0.0

    async def look(self) -> NowView:
        """What is live now.

        Raises:
            StoreAway: The database cannot be read now.
        """
        async with self._looking:
            age = self._clock.steady() - self._looked_at
            if self._view is None or age >= FRESH_SECONDS:
                self._view = await self._look()
                self._looked_at = self._clock.steady()
            return self._view

    async def health(self) -> list[Condition]:
        """How the bridge is."""
        report, _ = await self._readiness()
        return conditions(report)

    async def _look(self) -> NowView:
        streams = await self._store.unsettled(limit=MOST_LIVE)
        ids = [stream.stream_id for stream in streams]
        pulses = await self._store.pulses(ids)
        await self._count(ids)
        meetings = [
            LiveMeeting(
                pulse=pulses[each], tally=self._tallies[each], speaking=self._live.active_speaker(each)
            )
            for each in ids
            if each in pulses
        ]
        failed = await self._store.failed_runs(limit=MOST_FAILED)
        return NowView(
            meetings=meetings,
            conditions=await self.health(),
            failed=failed,
            streams=await self._store.streams_now(list({run.stream_id for run in failed})),
            at_ms=self._clock.now_ms(),
        )

    async def _count(self, ids: Sequence[str]) -> None:
        """Count words on, in as many meetings as one look may ask for: those first that have waited longest."""
        known = {each: tally for each, tally in self._tallies.items() if each in set(ids)}
        self._tallies = known | {each: Tally() for each in ids if each not in known}
        for stream_id in list(self._tallies)[:READS]:
            tally = self._tallies[stream_id]
            tally.add(await self._store.utterances(stream_id, after=tally.n, limit=WORDS_AT_ONCE))
            self._tallies[stream_id] = self._tallies.pop(stream_id)  # to the end of the line
