"""Does to a meeting that is played what its fault script says."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from bridge.rtms.messages import EventType, StopReason, WireSessionState, WireStreamState
from bridge.simulator import fault_kinds as faults
from bridge.simulator import noise, wire
from bridge.simulator.door import Obstacle
from bridge.simulator.handshake import Socket

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from bridge.rtms.messages import JsonObject
    from bridge.simulator.fault_kinds import TimedFault
    from bridge.simulator.faults import FaultScript
    from bridge.simulator.playback import Playback


LAST_SIGN_SECONDS = 0.05
"""How long a last sign of life may be on its way before the sockets are cut."""


class Saboteur:
    """Follows one script against one playback.

    What takes long (a webhook, a closing handshake, a wait) runs as a task of its own, so that no fault
    holds up the next one or the meeting.
    """

    def __init__(self, script: FaultScript, playback: Playback, tasks: asyncio.TaskGroup) -> None:
        self._script = script
        self._playback = playback
        self._tasks = tasks

    async def prepare(self) -> None:
        """Bring about what is in force before the first webhook."""
        for fault in self._script.early:
            await self._act(fault)

    async def run(self) -> None:
        """Act at each fault's time, from the meeting's beginning on, until the stream has ended."""
        begun = await self._playback.begun()
        for fault in self._script.by_time:
            await self._playback.ended_by(begun + self._playback.real_seconds(fault.at_seconds or 0))
            if self._playback.stream.ended:
                return
            await self._act(fault)

    async def before_line(self, n: int) -> None:
        """Act just before a line."""
        for fault in self._script.at_line(n):
            await self._act(fault)

    async def _act(self, fault: TimedFault) -> None:  # one line for each kind; long because there are many
        playback, stream, now = self._playback, self._playback.stream, time.time()
        match fault:
            case faults.Drop():
                await self._drop(fault)
            case faults.Outage():
                await self._outage(fault)
            case faults.HalfOpen(sockets=which):
                playback.mute(faults.sockets(which))
            case faults.MediaInterrupted():
                if fault.lost:
                    playback.mute({Socket.MEDIA})
                reason = StopReason.DATA_CONNECTION_INTERRUPTED
                event = wire.event(EventType.MEDIA_CONNECTION_INTERRUPTED, now)
                await playback.sockets.signal([self._interrupted(reason) if fault.as_state else event])
            case faults.SignalInterrupted():
                await playback.sockets.signal([self._interrupted(StopReason.SIGNAL_CONNECTION_INTERRUPTED)])
                self._later(self._cut_after(fault.lost_after_seconds))
            case faults.InterruptedWebhook():
                self._later(playback.notices.post("rtms_interrupted", {}))
            case faults.Failover(old=old, same_time=same):
                started = await playback.fail_over(silent=old == "silent")
                self._later(
                    playback.notices.post("rtms_started", started, like="rtms_started" if same else "")
                )
            case faults.StartAgain(count=count):
                self._later(playback.notices.post_again("rtms_started", count))
            case faults.StartAnew(after_seconds=seconds):
                self._later(self._start_anew_after(seconds))
            case faults.OddWebhooks():
                odd = noise.odd_starts(playback.started_payload)
                self._later(playback.notices.post_odd("rtms_started", odd))
            case faults.OddPeople():
                await playback.sockets.signal(noise.odd_people(stream.meeting.participants, now))
            case faults.AcceptAndDrop():
                playback.door.obstruct(Socket(fault.socket), Obstacle(dropped=True), fault.count)
            case faults.EarlyMessages():
                playback.door.obstruct(Socket(fault.socket), Obstacle(early=True), fault.count)
            case faults.Trickle():
                playback.sockets.trickle(
                    Socket(fault.socket), fault.messages, size_bytes=fault.size_bytes, seconds=fault.seconds
                )
            case faults.Refuse():
                playback.door.obstruct(Socket(fault.socket), Obstacle(status=fault.status), fault.count)
            case faults.SlowHandshake():
                delay = Obstacle(delay_seconds=playback.real_seconds(fault.seconds))
                playback.door.obstruct(Socket(fault.socket), delay, fault.count)
            case faults.NoHandshake():
                playback.door.obstruct(Socket(fault.socket), Obstacle(unanswered=True), fault.count)
            case faults.Pause(seconds=seconds):
                await playback.sockets.signal(stream.pause(now))
                self._later(self._resume_after(seconds))
            case faults.Repeat(lines=lines):
                await playback.say_again(lines)
            case faults.Burst():
                playback.speech.hold(fault.lines, backwards=fault.backwards)
            case faults.OddLines():
                playback.speech.bend(fault.oddity, fault.lines)
            case faults.UnknownMessages(socket=side):
                await playback.sockets.send(
                    Socket(side), [wire.encode(each) for each in noise.unknown_messages()]
                )
            case faults.Garbage():
                await playback.sockets.send(Socket(fault.socket), noise.frames(fault.shape, fault.size_bytes))
            case faults.BareKeepAlives():
                playback.sockets.ask_without_time(Socket(fault.socket), fault.count)
            case faults.SessionStopped():
                await playback.sockets.signal(
                    [stream.session_update(WireSessionState.STOPPED, StopReason.USER_LEFT, now)]
                )
            case faults.End(reason=reason):
                await playback.end(StopReason(reason))

    async def _drop(self, fault: faults.Drop) -> None:
        playback = self._playback
        held = time.time() + playback.real_seconds(fault.hold_seconds)
        for side in Socket if fault.sockets != "media" else (Socket.MEDIA,):
            playback.door.hold(side, held)
        playback.repeat_when_back = max(playback.repeat_when_back, fault.repeat_lines)
        lost = await playback.lose(faults.sockets(fault.sockets), told=fault.told)
        for link in lost:
            if fault.code is None:
                link.abort()
            else:
                self._later(link.close(fault.code))

    async def _outage(self, fault: faults.Outage) -> None:
        playback = self._playback
        over = time.time() + playback.real_seconds(fault.seconds)
        for link in playback.sockets.of(Socket.MEDIA):
            question = link.keep_alive.ask(int(time.time() * 1000))
            await link.send([question] if question else [])
        await asyncio.sleep(min(LAST_SIGN_SECONDS, playback.real_seconds(fault.seconds)))
        for side in Socket:
            playback.door.shut(side, over)
        for link in await playback.lose(frozenset(Socket), told=fault.told):
            link.abort()

    def _interrupted(self, reason: StopReason) -> JsonObject:
        return self._playback.stream.state_update(WireStreamState.INTERRUPTED, reason, time.time())

    async def _cut_after(self, seconds: float) -> None:
        await self._wait(seconds)
        for link in await self._playback.lose(frozenset(Socket), told=True):
            link.abort()

    async def _start_anew_after(self, seconds: float) -> None:
        await self._playback.turned_away()
        await self._wait(seconds)
        if not self._playback.stream.ended:
            await self._playback.announce()

    async def _resume_after(self, seconds: float) -> None:
        await self._wait(seconds)
        await self._playback.resume()

    async def _wait(self, seconds: float) -> None:
        """Wait for seconds of the meeting, or for the stream's end."""
        now = asyncio.get_running_loop().time()
        await self._playback.ended_by(now + self._playback.real_seconds(seconds))

    def _later(self, work: Coroutine[object, object, object]) -> None:
        self._tasks.create_task(work, name=f"fault {self._playback.stream.stream_id}")
