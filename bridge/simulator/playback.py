"""A meeting while it is played: the stream, its sockets, its webhooks and its clock."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

from bridge.rtms.messages import MediaType, StopReason, WireStreamState
from bridge.simulator.handshake import RefusedError, Socket
from bridge.simulator.outcome import Heard, Outcome
from bridge.simulator.progress import Progress, Step
from bridge.simulator.wire import words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.rtms.messages import JsonObject
    from bridge.simulator.keepalive import KeepAlive
    from bridge.simulator.link import Link
    from bridge.simulator.meeting import Line
    from bridge.simulator.stream import Stream
    from bridge.simulator.webhooks import Delivery, WebhookSender


class Playback:
    """Plays one meeting to whoever joins its stream.

    ``speed`` shortens the waits between lines and nothing else: a line is sent at its end divided by
    ``speed`` after the beginning. What the wire says about its times is the meeting's own (beginning plus
    the line's offset), so that above speed 1 they run ahead of the clock. Keep-alives, and how long Zoom
    waits for a client, are not sped up. The meeting begins when the client is ready for the first time,
    and then goes on whether or not anybody listens: Zoom's protocol version 1 replays no words.

    Args:
        stream: The stream as Zoom's servers hold it.
        sender: Where webhooks go out.
        webhook_url: The app's endpoint; ``None`` where the client learns of the stream in another way.
        started_payload: Payload of ``meeting.rtms_started``.
        speed: How many times faster than life; above 0.
        keep_alive_seconds: Between two keep-alives on one socket.
        farewell_seconds: From the last words to the end of the meeting, not sped up. Words and end travel on
            different sockets: without it, a client may learn of the end first.
        progress: Called with every step, in order; must not block.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        sender: WebhookSender,
        webhook_url: str | None,
        started_payload: JsonObject,
        speed: float,
        keep_alive_seconds: float,
        farewell_seconds: float,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.stream = stream
        self.heard: list[Heard] = []
        self._sender = sender
        self._webhook_url = webhook_url
        self._started_payload = started_payload
        self._speed = speed
        self._keep_alive_seconds = keep_alive_seconds
        self._farewell_seconds = farewell_seconds
        self._progress = progress
        self._signaling: Link | None = None
        self._media: dict[MediaType, Link] = {}
        self._keep_alives: list[KeepAlive] = []
        self._webhooks: list[Delivery] = []
        self._interruptions: asyncio.Queue[None] = asyncio.Queue()
        self._begun = asyncio.Event()
        self._ended = asyncio.Event()
        self._changed = asyncio.Event()
        self._was_ready = False
        self._said = 0
        self._started_ms = 0

    @property
    def delivered(self) -> list[Line]:
        """Lines written to a live media socket, in that order."""
        return [heard.line for heard in self.heard]

    async def play(self) -> Outcome:
        """The whole meeting, from the first webhook to the last. May be called once."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._announce(), name=f"announce {self.stream.stream_id}")
                group.create_task(self._watch(), name=f"watch {self.stream.stream_id}")
                reporting = group.create_task(self._report(group), name=f"report {self.stream.stream_id}")
                await self._speak()
                await self._signal(self.stream.end(StopReason.MEETING_ENDED, time.time()))
                self._note()
                reporting.cancel()
                await self._hang_up()
                await self._post("rtms_stopped", {"stop_reason": self.stream.stop_reason})
        finally:
            self.stream.end(StopReason.EXIT_SIGNAL, time.time())
            self.drop_signaling()
        self._tell(Step.ENDED)
        return self._outcome()

    # -- what the client does ----------------------------------------------------------------------

    def open(self, link: Link, message: JsonObject) -> JsonObject:
        """The answer to the handshake on a new socket of this stream.

        Raises:
            RefusedError: Zoom would not take it.
        """
        if link.side is Socket.SIGNALING:
            answer = self.stream.open_signaling(message, time.time())
            self._signaling = link
        else:
            link.carries, answer = self.stream.open_media(message)
            self._media[link.carries] = link
        self._keep_alives.append(link.keep_alive)
        self._note()
        return answer

    async def serve(self, link: Link) -> None:
        """Converse on a socket that :meth:`open` took, until it is closed by either side."""
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(
                self._ask(link), name=f"{link.side} keep-alive {self.stream.stream_id}"
            )
            async for message in link.messages():
                if isinstance(message, RefusedError):
                    self.stream.refuse(link.side, message)
                elif link.side is Socket.MEDIA:
                    self.stream.receive_media(message)
                else:
                    answers = self.stream.receive(message, time.time())
                    await link.send(answers)
                    self._note()
            asking.cancel()
        if link is self._signaling:
            self._lose_signaling()
        elif link is self._media.get(link.carries):
            del self._media[link.carries]
            await self._signal(self.stream.lose_media(link.carries, time.time()))
        self._note()

    # -- what can be done to the client --------------------------------------------------------------

    def drop_signaling(self) -> None:
        """Cut the signaling socket, and with it the media sockets, as when Zoom's server is lost."""
        if self._signaling is not None:
            self._signaling.abort()
        self.drop_media()

    def drop_media(self) -> None:
        """Cut the media sockets."""
        for link in self._media.values():
            link.abort()

    # -- the meeting's own course --------------------------------------------------------------------

    async def _announce(self) -> None:
        if await self._post("rtms_started", self._started_payload):
            self.stream.announce(time.time())
            self._tell(Step.ANNOUNCED)
        elif self.stream.state is WireStreamState.INACTIVE:
            self.stream.give_up(StopReason.CONNECTION_TIMEOUT, time.time())
        self._note()

    async def _watch(self) -> None:
        """End the stream when the client keeps Zoom waiting for too long."""
        while not self.stream.ended:
            self._changed.clear()
            deadline = self.stream.deadline
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if deadline is None else max(0.0, deadline - time.time())):
                    await self._changed.wait()
            now = time.time()
            if (reason := self.stream.overdue(now)) is not None:
                await self._signal(self.stream.end(reason, now))
                self._note()

    async def _report(self, webhooks: asyncio.TaskGroup) -> None:
        """Send an interrupted event for each loss of signaling; a slow delivery holds up no other."""
        while True:
            await self._interruptions.get()
            webhooks.create_task(
                self._post("rtms_interrupted", {}), name=f"interrupted {self.stream.stream_id}"
            )

    async def _speak(self) -> None:
        """Say every line when it is due, from the first readiness to the end of meeting or stream."""
        await self._begun.wait()
        begun = asyncio.get_running_loop().time()
        self._started_ms = time.time_ns() // 1_000_000 if not self.stream.ended else 0
        for n, line in enumerate(self.stream.meeting.lines, start=1):
            await self._ended_by(begun + line.end_ms / 1000 / self._speed)
            if self.stream.ended:
                return
            await self._say(n, line)
        await self._ended_by(asyncio.get_running_loop().time() + self._farewell_seconds)

    async def _ended_by(self, when: float) -> None:
        """Wait for a time of the loop's clock, or for the end of the stream if that is earlier."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(when):
                await self._ended.wait()

    async def _say(self, n: int, line: Line) -> None:
        await self._signal(self.stream.speaker_change(line, time.time()))
        kinds = self.stream.carrier(line.source)
        link = None if kinds is None else self._media.get(kinds)
        arrived = link is not None and await link.send([words(line, self._started_ms, n)])
        self._said = n
        if arrived:
            self.heard.append(Heard(line=line, at=time.time()))
        self._tell(Step.SAID if arrived else Step.LOST, line)

    async def _hang_up(self) -> None:
        """Close every socket as Zoom does when a stream has ended."""
        links = [*self._media.values(), *([self._signaling] if self._signaling else [])]
        await asyncio.gather(*(link.close() for link in links))

    async def _ask(self, link: Link) -> None:
        await link.ask(self._keep_alive_seconds)
        if link.keep_alive.exhausted:
            self.stream.give_up(StopReason.KEEP_ALIVE_TIMEOUT, time.time())
            self._note()

    def _lose_signaling(self) -> None:
        self._signaling = None
        self.drop_media()
        self._media.clear()
        self.stream.lose_signaling(time.time())
        if self.stream.state is WireStreamState.INTERRUPTED:
            self._interruptions.put_nowait(None)

    async def _signal(self, messages: Sequence[JsonObject]) -> None:
        if messages and self._signaling is not None:
            await self._signaling.send(messages)

    async def _post(self, event: str, fields: JsonObject) -> bool:
        """Deliver a webhook about this stream; whether it was accepted."""
        if self._webhook_url is None:
            return True
        identity = self.stream.identity
        payload = {"meeting_uuid": identity.meeting_uuid, "rtms_stream_id": identity.stream_id, **fields}
        delivery = await self._sender.deliver(self._webhook_url, f"meeting.{event}", payload)
        self._webhooks.append(delivery)
        return delivery.accepted

    def _note(self) -> None:
        """Let everybody who waits look at the stream again."""
        ready = self.stream.ready
        if ready != self._was_ready and not self.stream.ended:
            self._was_ready = ready
            self._tell(Step.READY if ready else Step.INTERRUPTED)
        if ready or self.stream.ended:
            self._begun.set()
        if self.stream.ended:
            self._ended.set()
        self._changed.set()

    def _tell(self, step: Step, line: Line | None = None) -> None:
        if self._progress is not None:
            lines = len(self.stream.meeting.lines)
            told = Progress(
                step=step, stream_id=self.stream.stream_id, said=self._said, lines=lines, line=line
            )
            self._progress(told)

    def _outcome(self) -> Outcome:
        stream, keep_alives = self.stream, self._keep_alives
        return Outcome(
            stream_id=stream.stream_id,
            meeting_uuid=stream.identity.meeting_uuid,
            stop_reason=stream.stop_reason or StopReason.UNDEFINED,
            started_ms=self._started_ms,
            lines=len(stream.meeting.lines),
            delivered=tuple(self.delivered),
            refusals=tuple(stream.refusals),
            ignored=stream.ignored.total(),
            signaling_connections=stream.signaling_connections,
            media_connections=stream.media_connections,
            keep_alives_sent=sum(each.sent for each in keep_alives),
            keep_alives_answered=sum(each.answered for each in keep_alives),
            keep_alive_answer_ms=tuple(ms for each in keep_alives for ms in each.answer_ms),
            webhooks=tuple(self._webhooks),
        )
