"""A meeting while it is played: the stream, its sockets, its webhooks and its clock."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Final

from bridge.rtms.messages import StopReason, WireStreamState
from bridge.simulator import fault_kinds as faults
from bridge.simulator.door import Door, Obstacle
from bridge.simulator.handshake import RefusedError, Socket
from bridge.simulator.outcome import Heard, Outcome
from bridge.simulator.progress import Progress, Step
from bridge.simulator.projector import Projector
from bridge.simulator.saboteur import Saboteur
from bridge.simulator.sockets import Sockets
from bridge.simulator.speech import Speech
from bridge.simulator.wire import deletion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from bridge.rtms.messages import JsonObject
    from bridge.simulator.faults import FaultScript
    from bridge.simulator.link import Link
    from bridge.simulator.meeting import Line
    from bridge.simulator.notices import Notices
    from bridge.simulator.speech import Spoken
    from bridge.simulator.stream import Stream


INSIST_SECONDS: Final = 30.0
"""How long a line of a tape waits for somebody to hear it: longer than clients pause between two tries to dial."""


class Playback:
    """Plays one meeting to whoever joins its stream.

    ``speed`` shortens the waits between lines and nothing else: a line is sent at its end divided by
    ``speed`` after the beginning, whatever goes on that began before it; so lines are counted by their
    ends. What the wire says about its times is the meeting's own (beginning plus the line's offset), so
    that above speed 1 they run ahead of the clock. Keep-alives, and how long Zoom
    waits for a client, are not sped up. The meeting begins when the client is ready for the first time,
    and then goes on whether or not anybody listens: Zoom's protocol version 1 replays no words.

    Args:
        stream: The stream as Zoom's servers hold it.
        notices: Where its webhooks go out.
        started_payload: Payload of ``meeting.rtms_started``.
        script: What shall go wrong.
        move: Finds another server for the stream: the signaling and the media URL there.
        speed: How many times faster than life; above 0.
        keep_alive_seconds: Between two keep-alives on one socket.
        farewell_seconds: From the last words to the end of the meeting, not sped up. Words and end travel on
            different sockets: without it, a client may learn of the end first.
        hold_before: The line, counted from 1, that is said only once :meth:`go_on` was called, however slow
            whoever calls it is; ``None`` holds nothing.
        progress: Called with every step, in order; must not block.
    """

    def __init__(
        self,
        stream: Stream,
        *,
        notices: Notices,
        started_payload: JsonObject,
        script: FaultScript,
        move: Callable[[], Awaitable[tuple[str, str]]],
        speed: float,
        keep_alive_seconds: float,
        farewell_seconds: float,
        hold_before: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.stream = stream
        self.heard: list[Heard] = []
        self.speech = Speech()
        self.door = Door()
        self.sockets = Sockets()
        self.repeat_when_back = 0
        """How many lines are sent again once the client is ready after a loss."""
        self.notices = notices
        self.started_payload = started_payload
        """Of the start event, with the addresses of the server that has the stream now."""
        self._script = script
        self._move = move
        self._speed = speed
        self._keep_alive_seconds = keep_alive_seconds
        self._farewell_seconds = farewell_seconds
        self._hold_before = hold_before
        self._progress = progress
        self.projector = Projector(
            stream, begun=self.begun, ended_by=self.ended_by, signal=self.sockets.signal, speed=speed
        )
        self._arrived: set[int] = set()
        self._interruptions: asyncio.Queue[None] = asyncio.Queue()
        self._begun = asyncio.Event()
        self._begun_at = 0.0
        self._ended = asyncio.Event()
        self._going_on = asyncio.Event()
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
                saboteur = Saboteur(self._script, self, group)
                await saboteur.prepare()
                group.create_task(self._announce(), name=f"announce {self.stream.stream_id}")
                group.create_task(saboteur.run(), name=f"faults {self.stream.stream_id}")
                group.create_task(self._watch(), name=f"watch {self.stream.stream_id}")
                group.create_task(self._receive_people(), name=f"visits {self.stream.stream_id}")
                reporting = group.create_task(self._report(group), name=f"report {self.stream.stream_id}")
                await self._speak(saboteur)
                await self.end(StopReason.MEETING_ENDED)
                reporting.cancel()
                if late := self._script.find(faults.LateWords):
                    await self.say_again(late.lines)
                await self.sockets.hang_up()
                await self._tell_the_end()
        finally:
            self.stream.end(StopReason.EXIT_SIGNAL, time.time())
            self.drop_signaling()
            self.sockets.cut_abandoned()
        self._tell(Step.ENDED)
        return self._outcome()

    # -- what the client does ----------------------------------------------------------------------

    def meet(self, side: Socket) -> Obstacle:
        """What a handshake meets before it is read."""
        obstacle = self.door.meet(side, time.time())
        self._note()
        return obstacle or Obstacle()

    def open(self, link: Link, message: JsonObject) -> JsonObject:
        """The answer to the handshake on a new socket of this stream.

        Raises:
            RefusedError: Zoom would not take it.
        """
        self._forget_silent(link.side)
        if link.side is Socket.SIGNALING:
            answer = self.stream.open_signaling(message, time.time())
        else:
            link.carries, answer = self.stream.open_media(message)
            link.media_params = answer["media_params"]
        self.sockets.take(link)
        self._note()
        return answer

    async def serve(self, link: Link) -> None:
        """Converse on a socket that :meth:`open` took, until it is closed by either side."""
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(
                self._ask(link), name=f"{link.side} keep-alive {self.stream.stream_id}"
            )
            projecting = group.create_task(
                self.projector.run(link, lambda: self._started_ms), name=f"project {self.stream.stream_id}"
            )
            async for message in link.messages():
                if isinstance(message, RefusedError):
                    self.stream.refuse(link.side, message)
                elif link.side is Socket.MEDIA:
                    self.stream.receive_media(message)
                else:
                    was_ready = self.stream.ready
                    await link.send(self.stream.receive(message, time.time()))
                    self._note()
                    if self.stream.ready and not was_ready:
                        repeat, self.repeat_when_back = self.repeat_when_back, 0
                        await self.say_again(repeat)
            asking.cancel()
            projecting.cancel()
        sockets = self.sockets
        if link is sockets.signaling:
            self._lose_signaling()
        elif link is sockets.media.get(link.carries):
            del sockets.media[link.carries]
            await sockets.signal(self.stream.lose_media(link.carries, time.time()))
        self._note()

    # -- what can be done to the client --------------------------------------------------------------

    def drop_signaling(self) -> None:
        """Cut the signaling socket, and with it the media sockets, as when Zoom's server is lost."""
        self.sockets.cut(Socket.SIGNALING, Socket.MEDIA)

    def drop_media(self) -> None:
        """Cut the media sockets."""
        self.sockets.cut(Socket.MEDIA)

    async def lose(self, sides: Collection[Socket], *, told: bool) -> list[Link]:
        """Take sockets for lost; gives those that the caller has to cut.

        Without signaling, Zoom sends nothing on media any more either. ``told`` says whether the client
        learns of the loss by webhook or event.
        """
        media = self.sockets.of(Socket.MEDIA)
        if Socket.SIGNALING in sides:
            links = self.sockets.of(Socket.SIGNALING)
            if Socket.MEDIA not in sides:
                self.sockets.silence(media)
            self._lose_signaling(told=told)
        else:
            links = []
            for kinds in list(self.sockets.media):
                del self.sockets.media[kinds]
                messages = self.stream.lose_media(kinds, time.time())
                await self.sockets.signal(messages if told else [])
        self._note()
        return [*links, *(media if Socket.MEDIA in sides else [])]

    def mute(self, sides: Collection[Socket]) -> None:
        """Let sockets go silent without closing them; a new handshake takes a silent one's place."""
        for side in sides:
            self.sockets.silence(self.sockets.of(side))

    async def fail_over(self, *, silent: bool) -> JsonObject:
        """Move the stream to another server; the old sockets go silent, or are cut. Gives the new start event."""
        signaling_url, self.stream.media_url = await self._move()
        old = self.sockets.all()
        if silent:
            self.sockets.silence(old)
        self._lose_signaling(told=False)
        if not silent:
            for link in old:
                link.abort()
        self._note()
        self.started_payload = {**self.started_payload, "server_urls": signaling_url}
        return self.started_payload

    async def say_again(self, lines: int) -> None:
        """Send the last lines once more."""
        for spoken in self.speech.last(lines):
            await self._send(spoken)

    async def resume(self) -> None:
        """End a pause of the stream, if there is one."""
        await self.sockets.signal(self.stream.resume(time.time()))
        self._note()

    async def end(self, reason: StopReason) -> None:
        """End the stream and say so on signaling, unless it has ended."""
        messages = self.stream.end(reason, time.time())
        stop = self._script.find(faults.StopWebhook)
        await self.sockets.signal([] if stop and stop.message_missing else messages)
        self._note()

    def go_on(self) -> None:
        """Say the lines that are held."""
        self._going_on.set()

    async def announce(self) -> None:
        """Tell the app that the stream has started, and wait for it from then on."""
        if await self.notices.post("rtms_started", self.started_payload):
            self.stream.announce(time.time())
            self._tell(Step.ANNOUNCED)
        elif self.stream.state is WireStreamState.INACTIVE:
            self.stream.give_up(StopReason.CONNECTION_TIMEOUT, time.time())
        self._note()

    async def turned_away(self) -> None:
        """Wait for the next handshake that is refused as a fault, or for the stream's end."""
        before = self.door.turned_away
        while self.door.turned_away == before and not self.stream.ended:
            self._changed.clear()
            await self._changed.wait()

    # -- the clock ---------------------------------------------------------------------------------

    def real_seconds(self, seconds: float) -> float:
        """How long seconds of the meeting take."""
        return seconds / self._speed

    async def begun(self) -> float:
        """Wait for the meeting's beginning, or for the stream's end; when that was, on the loop's clock."""
        await self._begun.wait()
        return self._begun_at

    async def ended_by(self, when: float) -> None:
        """Wait for a time of the loop's clock, or for the end of the stream if that is earlier."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(when):
                await self._ended.wait()

    # -- the meeting's own course --------------------------------------------------------------------

    async def _announce(self) -> None:
        if self._script.find(faults.StopFirst):
            await self.notices.post("rtms_stopped", {"stop_reason": StopReason.MEETING_ENDED})
        await self.announce()

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
                await self.end(reason)

    async def _report(self, webhooks: asyncio.TaskGroup) -> None:
        """Send an interrupted event for each loss of signaling; a slow delivery holds up no other."""
        while True:
            await self._interruptions.get()
            webhooks.create_task(
                self.notices.post("rtms_interrupted", {}), name=f"interrupted {self.stream.stream_id}"
            )

    async def _speak(self, saboteur: Saboteur) -> None:
        """Say every line when it is due, from the first readiness to the end of meeting or stream."""
        begun = await self.begun()
        self._started_ms = time.time_ns() // 1_000_000 if not self.stream.ended else 0
        for n, line in enumerate(self.stream.meeting.sent, start=1):
            await self.ended_by(begun + self.real_seconds(line.due_ms / 1000))
            if self.stream.meeting.insists:
                await self._listened_to(line)
            if n == self._hold_before:
                await self._going_on.wait()
            if not self.stream.ended:
                await saboteur.before_line(n)
            if self.stream.ended:
                return
            await self._say(n, line)
        for spoken in self.speech.rest():
            await self._send(spoken)
        if self.stream.meeting.insists and any(isinstance(each, faults.End) for each in self._script.fault):
            await self._ended.wait()  # a tape tells when it was over
        await self.ended_by(asyncio.get_running_loop().time() + self._farewell_seconds)

    async def _receive_people(self) -> None:
        """Let people come and go at their times."""
        begun = await self.begun()
        for visit in self.stream.meeting.visits or ():
            await self.ended_by(begun + self.real_seconds(visit.at_ms / 1000))
            if self.stream.ended:
                return
            await self.sockets.signal(self.stream.visit(visit, time.time()))

    async def _listened_to(self, line: Line) -> None:
        """Wait until the client can hear a line, for the stream's end, or until it is clear that nobody comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(INSIST_SECONDS):
                while not self._can_be_heard(line) and not self.stream.ended:
                    self._changed.clear()
                    await self._changed.wait()

    def _can_be_heard(self, line: Line) -> bool:
        return not self.stream.paused and self.stream.carrier(line.source) is not None

    async def _say(self, n: int, line: Line) -> None:
        self._said = n
        if self.stream.paused:
            self._tell(Step.PAUSED, line)
            return
        await self.sockets.signal(self.stream.speaker_change(line, time.time()))
        for spoken in self.speech.say(n, line, self._started_ms):
            if not await self._send(spoken):
                self._tell(Step.LOST, spoken.line)
        if line.deleted:
            await self._take_back(n, line)

    async def _take_back(self, n: int, line: Line) -> None:
        kinds = self.stream.carrier(line.source)
        if kinds is not None and (link := self.sockets.media.get(kinds)) is not None:
            await link.send([deletion(line, n)])

    async def _send(self, spoken: Spoken) -> bool:
        """Write a line to the socket that carries it, if there is one; a line sent again counts once."""
        kinds = self.stream.carrier(spoken.line.source)
        link = None if kinds is None else self.sockets.media.get(kinds)
        arrived = link is not None and await link.send([spoken.message])
        if arrived and spoken.n not in self._arrived:
            self._arrived.add(spoken.n)
            self.heard.append(Heard(line=spoken.line, at=time.time()))
            self._tell(Step.SAID, spoken.line)
        return arrived

    async def _ask(self, link: Link) -> None:
        await link.ask(self._keep_alive_seconds)
        if link.keep_alive.exhausted:
            self.stream.give_up(StopReason.KEEP_ALIVE_TIMEOUT, time.time())
            self._note()

    async def _tell_the_end(self) -> None:
        """The webhook of the end, and what comes after it."""
        stop = self._script.find(faults.StopWebhook) or faults.StopWebhook()
        late = self._script.find(faults.LateWebhooks) or faults.LateWebhooks()
        if not stop.missing:
            await asyncio.sleep(self.real_seconds(stop.delay_seconds))
            await self.notices.post("rtms_stopped", {"stop_reason": self.stream.stop_reason})
        await self.notices.post_again("rtms_started", late.started)
        await self.notices.post_again("rtms_stopped", late.stopped)

    def _forget_silent(self, side: Socket) -> None:
        """Take silent sockets for lost now that the client is back with another."""
        sockets = self.sockets
        if side is Socket.SIGNALING and sockets.signaling is not None and sockets.signaling.muted:
            self._lose_signaling(told=False)
        if side is Socket.MEDIA:
            for kinds in [kinds for kinds, link in sockets.media.items() if link.muted]:
                del sockets.media[kinds]
                self.stream.lose_media(kinds, time.time())

    def _lose_signaling(self, *, told: bool = True) -> None:
        self.sockets.signaling = None
        for link in self.sockets.of(Socket.MEDIA):
            if not link.muted:
                link.abort()
        self.sockets.media.clear()
        self.stream.lose_signaling(time.time())
        if told and self.stream.state is WireStreamState.INTERRUPTED:
            self._interruptions.put_nowait(None)

    def _note(self) -> None:
        """Let everybody who waits look at the stream again."""
        ready = self.stream.ready
        if ready != self._was_ready and not self.stream.ended:
            self._was_ready = ready
            self._tell(Step.READY if ready else Step.INTERRUPTED)
        if (ready or self.stream.ended) and not self._begun.is_set():
            self._begun_at, self.stream.began_at = asyncio.get_running_loop().time(), time.time()
            self._begun.set()
        if self.stream.ended:
            self._ended.set()
            self._going_on.set()
        self._changed.set()

    def _tell(self, step: Step, line: Line | None = None) -> None:
        if self._progress is not None:
            lines = len(self.stream.meeting.lines)
            told = Progress(
                step=step, stream_id=self.stream.stream_id, said=self._said, lines=lines, line=line
            )
            self._progress(told)

    def _outcome(self) -> Outcome:
        stream, keep_alives = self.stream, self.sockets.keep_alives
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
            webhooks=tuple(self.notices.deliveries),
        )
