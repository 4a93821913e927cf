"""One stream's sessions, one after the other: one that broke, or gave the stream up that Zoom starts anew, is followed by another."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.domain import StreamState
from bridge.rtms.status import stop_words
from bridge.session.ruling import Ruling
from bridge.tasks import supervise, wait_for_either

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.clock import Clock
    from bridge.domain import Stream
    from bridge.session.session import Session
    from bridge.webhook.events import StreamEvent


class Succession:
    """The session that a stream has now, and what it takes that it always has one."""

    def __init__(
        self,
        stream: Stream,
        *,
        new_session: Callable[[Stream], Session],
        resumed: bool,
        restoring: asyncio.Semaphore,
        clock: Clock,
    ) -> None:
        """``resumed``: the first session goes on with what the store has, too. ``restoring`` is waited for before that is read."""
        self.session = new_session(stream)
        self.broken = False
        """Whether its session broke, and the next one has not begun."""
        self.hears = False
        """Whether its session has read its past, and takes what is said."""
        self.ended = asyncio.Event()
        """Set once no session of the stream is left."""
        self._new_session = new_session
        self._resumed = resumed
        self._restoring = restoring
        self._clock = clock
        self._news = asyncio.Event()
        self._again: Stream | None = None
        self._over = False
        if resumed:
            self.session.unheard()

    @property
    def stream(self) -> Stream:
        """The stream in its newest state, as the next session will have it where one is to follow at once."""
        return self._again or self.session.stream

    async def run(self) -> None:
        """Return when the stream needs no session any more."""
        await supervise(
            self._live, name="session", clock=self._clock, sleep=self._pause, stream_id=self.stream.stream_id
        )

    def tell(self, ruling: Ruling, event: StreamEvent) -> None:
        """Zoom has news of the stream."""
        match ruling:
            case Ruling.FAIL_OVER:
                self.session.fail_over(event.server_urls, event.event_ts)
            case Ruling.RECONNECT:
                self.session.reconnect(event.event_ts)
            case Ruling.STOP:
                self.session.end(event.stop_reason)
        self._news.set()

    def amend(self, ruling: Ruling, event: StreamEvent) -> Stream | None:
        """News for the session that is about to follow; gives the stream as it leaves it, ``None`` where none is about to."""
        if self._again is None:
            return None
        match ruling:
            case Ruling.FAIL_OVER:
                urls, event_ts = event.server_urls, event.event_ts
                self._again = replace(self._again, server_urls=urls, event_ts=event_ts)
            case Ruling.STOP:
                words = stop_words(event.stop_reason)
                self._again = replace(self._again, state=StreamState.ENDED, end_reason=words)
        return self._again  # which is dialled in any case

    def follow(self, stream: Stream) -> None:
        """Let another session go on with the stream; the one that is there hangs up at once."""
        self._again = stream
        self.session.hand_over()

    def abandon(self, why: str) -> None:
        """End the stream for good: nothing of its meeting may be kept."""
        self._over = True
        self.session.abandon(why)
        self._news.set()

    def stop(self) -> None:
        """Hang up without ending the stream; no other session follows."""
        self._over = True
        self.session.stop()
        self._news.set()

    def leave(self) -> None:
        """Hang up at once; the stream is another bridge's."""
        self._over = True
        self.session.hand_over()
        self._news.set()

    async def _live(self) -> None:
        """Run a session, and those that follow it; one that breaks leaves another in its place, which listens to news."""
        while not self._over:
            try:
                self.broken = False
                await self._run()
            except Exception:
                self.broken = True
                self._replace(self.session.stream)
                raise
            if self._again is None:
                return
            self._replace(self._again)

    async def _run(self) -> None:
        if self._resumed:
            async with self._restoring:
                await self.session.restore()
        self.hears = True
        try:
            await self.session.run()
        finally:
            self.hears = False

    def _replace(self, stream: Stream) -> None:
        self._again, self._resumed = None, True
        self.session = self._new_session(stream)
        self.session.unheard()

    async def _pause(self, seconds: float) -> None:
        """Wait after a session that broke; news cut it short."""
        self._news.clear()
        await wait_for_either(self._news, seconds)
