"""What is known of one stream. Every change is written to the store as it is made."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from bridge.domain import Gap, Happening, HappeningKind, StreamState
from bridge.transcript.utterance import Transcript

if TYPE_CHECKING:
    from bridge.domain import Stream, Utterance
    from bridge.rtms.media import ChatChanged, Packet, Said
    from bridge.store.store import Store

SEEN_SECONDS: Final = 10.0
"""How often the store is told that a media socket lives; Zoom's keep-alives come as often."""

log = structlog.get_logger(__name__)


class Record:
    """A stream's state, words, people and gaps, in memory and in the store."""

    def __init__(self, stream: Stream, store: Store) -> None:
        self.stream = stream
        self.gaps: list[Gap] = []
        self.active_speaker = ""
        """Who speaks now, as Zoom last told; empty while nobody was named."""
        self.picture: Packet | None = None
        """What the shared screen shows now; ``None`` while nothing is shared."""
        self._unshared_ms = 0
        self._store = store
        self._transcript = Transcript(stream.stream_id)
        self._there: dict[str, str] = {}
        self._heard_ms = 0
        self._seen_ms = 0
        self._live_since_ms = 0

    async def restore(self) -> list[Utterance]:
        """Take up what an earlier process stored, whose sockets are gone; gives the utterances, in order."""
        if self.stream.state in (StreamState.LIVE, StreamState.PAUSED):
            self.enter(StreamState.INTERRUPTED)
        stream_id = self.stream.stream_id
        earlier = await self._store.utterances(stream_id, deleted=True)
        self._transcript = Transcript(stream_id, earlier)
        self.gaps = await self._store.gaps(stream_id)
        spoken_ms = max((utterance.end_ms for utterance in earlier[-20:]), default=0)
        self._heard_ms = min(max(await self._store.last_seen_ms(stream_id), spoken_ms), now_ms())
        return [utterance for utterance in earlier if utterance.text]

    # The stream

    def put(self, stream: Stream) -> None:
        """Replace what is known of the stream."""
        self.stream = stream
        self._store.put_stream(stream)

    def enter(self, state: StreamState, end_reason: str = "") -> bool:
        """Move to a state; false when the stream is in it already."""
        if state is self.stream.state:
            return False
        self.put(replace(self.stream, state=state, end_reason=end_reason))
        log.info("stream.state", stream_id=self.stream.stream_id, state=state.value)
        return True

    def alive(self) -> None:
        """The transcript's socket lives."""
        self._heard_ms = now_ms()
        if self._heard_ms - self._seen_ms >= SEEN_SECONDS * 1000:
            self._seen_ms = self._heard_ms
            self._store.stream_seen(self.stream.stream_id, self._seen_ms)

    def live(self) -> None:
        """Words can arrive, for the first time or again; what was missed meanwhile is a gap."""
        at_ms = now_ms()
        if self._heard_ms:
            self._missed(at_ms, "reconnect")
        self._live_since_ms = at_ms
        self.alive()
        self.enter(StreamState.LIVE)

    def ended(self, reason: str, *, while_lost: bool) -> None:
        """The stream is over; ``while_lost``: what was said since it was last alive is a gap."""
        if while_lost and self._heard_ms:
            self._missed(now_ms(), "lost")
        self.enter(StreamState.ENDED, reason)

    def _missed(self, until_ms: int, reason: str) -> None:
        gap = Gap(stream_id=self.stream.stream_id, from_ms=self._heard_ms, to_ms=until_ms, reason=reason)
        self.gaps.append(gap)
        self._store.add_gap(gap)
        seconds = round((gap.to_ms - gap.from_ms) / 1000, 1)
        log.info("stream.gap", stream_id=self.stream.stream_id, seconds=seconds)

    def is_news(self, at_ms: int) -> bool:
        """Whether Zoom's word of a loss at a time (UTC ms) is newer than the last good connection."""
        return at_ms > self._live_since_ms

    # Words

    def said(self, said: Said) -> Utterance | None:
        """Keep what was said; ``None`` for a duplicate or for no words."""
        self.alive()
        utterance = self._transcript.add(said, now_ms())
        if utterance is not None:
            self._store.add_utterance(utterance)
        return utterance

    def changed(self, change: ChatChanged) -> tuple[int, str] | None:
        """Keep what became of a chat message: its utterance's position and new text, empty where it is gone."""
        amended = self._transcript.amend(change)
        if amended is not None:
            self._store.amend_utterance(self.stream.stream_id, *amended)
        return amended

    # People

    def participants(self) -> list[tuple[str, str]]:
        """Everybody met so far: user id and name, in order of appearance."""
        return self._transcript.participants()

    def joined(self, people: tuple[tuple[str, str], ...], at_ms: int, *, roster: bool) -> None:
        """People are there; ``roster`` says that this is how Zoom tells who was there before us."""
        kind = HappeningKind.PRESENT if roster else HappeningKind.JOINED
        for user_id, name in people:
            self._transcript.met(user_id, name)
            if user_id not in self._there:
                self._there[user_id] = name
                self._happened(kind, at_ms, user_id, name)

    def left(self, user_ids: tuple[str, ...], at_ms: int) -> None:
        """People have left."""
        for user_id in user_ids:
            if user_id in self._there:
                self._happened(HappeningKind.LEFT, at_ms, user_id, self._there.pop(user_id))

    def sharing(self, user_id: str, name: str, at_ms: int, *, started: bool) -> None:
        """Somebody shares a screen, or no longer does."""
        if not started:
            self.picture = None
            self._unshared_ms = at_ms or now_ms()
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
                at_ms=at_ms or now_ms(),
                user_id=user_id,
                name=name,
            )
        )


def now_ms() -> int:
    """The time, in UTC milliseconds."""
    return int(time.time() * 1000)
