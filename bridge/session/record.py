"""What is known of one stream. Every change is written to the store as it is made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bridge.clock import CLOCK
from bridge.domain import Gap, Happening, HappeningKind, StreamState
from bridge.transcript.utterance import Transcript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.clock import Clock
    from bridge.domain import Stream, Utterance
    from bridge.rtms.media import ChatChanged, Packet, Said
    from bridge.store.store import Store

SEEN_SECONDS: Final = 10.0
"""How often the store is told that a media socket lives; Zoom's keep-alives come as often."""

log = structlog.get_logger(__name__)


class Record:
    """A stream's state, words, people and gaps, in memory and in the store.

    The session, its link and its deliveries read and write it, all in one event loop, and none of its methods
    but :meth:`restore` waits: whoever reads it sees one moment.
    """

    def __init__(self, stream: Stream, store: Store, clock: Clock = CLOCK) -> None:
        self.stream = stream
        self.gaps: list[Gap] = []
        self.active_speaker = ""
        """Who speaks now, as Zoom last told; empty while nobody was named."""
        self.picture: Packet | None = None
        """What the shared screen shows now; ``None`` while nothing is shared."""
        self._unshared_ms = 0
        self._store = store
        self._clock = clock
        self._transcript = Transcript(stream.stream_id)
        self._there: dict[str, str] = {}
        self._heard_ms = 0
        self._seen_ms = 0
        self._live_since_ms = 0

    async def restore(self) -> list[Utterance]:
        """Take up what was stored of the stream, whose sockets are gone; gives the last utterances, in order."""
        self.unheard()
        stream_id = self.stream.stream_id
        point = await self._store.resume_point(stream_id)
        self._transcript = Transcript(
            stream_id, count=point.count, people=point.people, recent=point.recent, chat=point.chat
        )
        self.gaps = await self._store.gaps(stream_id)
        known = await self._store.last_seen_ms(stream_id)
        spoken = (utterance.end_ms for utterance in point.recent[-20:])
        told = (gap.to_ms for gap in self.gaps[-1:])
        self._heard_ms = min(max(known, *spoken, *told, 0), self._clock.now_ms())
        return [utterance for utterance in point.recent if utterance.text]

    def now_ms(self) -> int:
        """The time by the record's clock, in UTC milliseconds."""
        return self._clock.now_ms()

    # The stream

    def put(self, stream: Stream) -> None:
        """Replace what is known of the stream."""
        self.stream = stream
        self._store.put_stream(stream)

    def enter(self, state: StreamState, end_reason: str = "") -> bool:
        """Move to a state; false when the stream is in it already."""
        if state is self.stream.state:
            return False
        if state is StreamState.PAUSED:
            self._happened(HappeningKind.PAUSED, 0, "", "")
        elif self.stream.state is StreamState.PAUSED:
            self._happened(HappeningKind.RESUMED, 0, "", "")
        self.put(replace(self.stream, state=state, end_reason=end_reason))
        log.info("stream.state", stream_id=self.stream.stream_id, state=state.value)
        return True

    def unheard(self) -> None:
        """Nobody hears the stream any more, for now."""
        if self.stream.state in (StreamState.LIVE, StreamState.PAUSED):
            self.enter(StreamState.INTERRUPTED)

    def alive(self) -> None:
        """The transcript's socket lives."""
        self._heard_ms = self._clock.now_ms()
        if not 0 <= self._heard_ms - self._seen_ms < SEEN_SECONDS * 1000:  # the clock may have been set back
            self._seen_ms = self._heard_ms
            self._store.stream_seen(self.stream.stream_id, self._seen_ms)

    def live(self, since_ms: int = 0) -> None:
        """Words can arrive since a time (UTC ms; now by default), for the first time or again; what was missed is a gap."""
        since_ms = since_ms or self._clock.now_ms()
        if self._heard_ms:
            self._missed(since_ms, "reconnect")
        self._live_since_ms = since_ms
        self.alive()
        if self.stream.state is not StreamState.PAUSED:  # of which Zoom has told meanwhile
            self.enter(StreamState.LIVE)

    def ended(self, reason: str, *, while_lost: bool) -> None:
        """The stream is over; ``while_lost``: what was said since it was last alive is a gap."""
        if while_lost:
            self._lost()
        self.enter(StreamState.ENDED, reason)

    def given_up(self, reason: str) -> None:
        """Nobody will hear the stream any more, unless Zoom starts it anew; what is said since is a gap."""
        self._lost()
        self.enter(StreamState.LOST, reason)

    def _lost(self) -> None:
        if self._heard_ms:
            self._missed(self._clock.now_ms(), "lost")

    def _missed(self, until_ms: int, reason: str) -> None:
        """A gap since the last sign of life; where the clock was set back meanwhile, an empty one."""
        until_ms = max(until_ms, self._heard_ms)
        gap = Gap(stream_id=self.stream.stream_id, from_ms=self._heard_ms, to_ms=until_ms, reason=reason)
        self._heard_ms = until_ms
        self.gaps.append(gap)
        self._store.add_gap(gap)
        seconds = round((gap.to_ms - gap.from_ms) / 1000, 1)
        log.info("stream.gap", stream_id=self.stream.stream_id, seconds=seconds)

    @property
    def unheard_of(self) -> bool:
        """Whether no word could ever arrive yet."""
        return not self._heard_ms

    def is_news(self, at_ms: int) -> bool:
        """Whether Zoom's word of a loss at a time (UTC ms) is newer than the last good connection."""
        return at_ms > self._live_since_ms

    # Words

    @property
    def count(self) -> int:
        """The highest position of an utterance."""
        return self._transcript.count

    def said(self, said: Said) -> Utterance | None:
        """Keep what was said; ``None`` for a duplicate or for no words."""
        self.alive()
        return self.said_elsewhere(said)

    def said_elsewhere(self, said: Said) -> Utterance | None:
        """As :meth:`said`, of what another bridge heard: it says nothing of our sockets."""
        utterance = self._transcript.add(said, self._clock.now_ms())
        if utterance is not None:
            self._store.add_utterance(utterance)
        return utterance

    def known(self, utterance: Utterance) -> None:
        """Take an utterance under the position that it has been given already."""
        self._transcript.take(utterance)
        self._store.add_utterance(utterance)

    def changed(self, change: ChatChanged) -> tuple[int, str] | None:
        """Keep what became of a chat message: its utterance's position and new text, empty where it is gone."""
        amended = self._transcript.amend(change)
        if amended is not None:
            self._store.amend_utterance(self.stream.stream_id, *amended)
        return amended

    # People

    def participants(self, utterances: Sequence[Utterance] = ()) -> list[tuple[str, str]]:
        """Whom a window with these utterances names; see :meth:`bridge.transcript.people.People.participants`."""
        return self._transcript.people.participants(said.user_id for said in utterances)

    def joined(self, people: tuple[tuple[str, str], ...], at_ms: int, *, roster: bool) -> None:
        """People are there, or have another name; ``roster``: Zoom tells who was there before us."""
        kind = HappeningKind.PRESENT if roster else HappeningKind.JOINED
        if roster:
            self._transcript.people.roster()
        for user_id, name in people:
            self._transcript.people.came(user_id, name)
            if user_id not in self._there:
                self._happened(kind, at_ms, user_id, name)
            self._there[user_id] = name or self._there.get(user_id, "")

    def left(self, user_ids: tuple[str, ...], at_ms: int) -> None:
        """People have left."""
        for user_id in user_ids:
            self._transcript.people.left(user_id)
            if user_id in self._there:
                self._happened(HappeningKind.LEFT, at_ms, user_id, self._there.pop(user_id))

    def sharing(self, user_id: str, name: str, at_ms: int, *, started: bool) -> None:
        """Somebody shares a screen, or no longer does."""
        if not started:
            self.picture = None
            self._unshared_ms = at_ms or self._clock.now_ms()
        kind = HappeningKind.SHARING_STARTED if started else HappeningKind.SHARING_STOPPED
        self._happened(kind, at_ms, user_id, name)

    def showed(self, picture: Packet) -> None:
        """Remember what the shared screen shows, unless it comes late, behind the news that nothing does any more."""
        if not picture.timestamp_ms or picture.timestamp_ms > self._unshared_ms:
            self.picture = picture

    def _happened(self, kind: HappeningKind, at_ms: int, user_id: str, name: str) -> None:
        self._store.add_happening(
            Happening(
                stream_id=self.stream.stream_id,
                kind=kind,
                at_ms=at_ms or self._clock.now_ms(),
                user_id=user_id,
                name=name,
            )
        )
