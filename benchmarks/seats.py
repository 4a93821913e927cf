"""Meetings that follow one another, played by a process of its own: ``python -m benchmarks.seats ARGUMENT_JSON``.

``{"play": ...}`` begins seats: each holds one meeting after the other, so that as many are live all the time. Every other
order is answered by what happened since the last one.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.ledger import digest
from benchmarks.load import meeting
from benchmarks.player import RETRY_SECONDS
from benchmarks.probe import answer_orders
from bridge.simulator.progress import Progress, Step
from bridge.simulator.zoom import Simulator

if TYPE_CHECKING:
    from bridge.rtms.messages import JsonObject
    from bridge.simulator.meeting import Meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Seats to fill."""

    meetings: tuple[tuple[int, ...], ...]
    """Of each seat: utterances of one meeting after the other."""
    every_ms: int
    """From one utterance of a meeting to its next."""
    spread_seconds: float
    """Over which the seats' first meetings begin, evenly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A meeting that is over."""

    stream_id: str
    lines: int
    total: str
    """Sum over its words (:func:`benchmarks.ledger.digest`)."""
    ended: str
    """Why the stream ended, by its stop reason's name."""
    complete: bool


class _Seats:
    def __init__(self, zoom: Simulator, webhook_url: str) -> None:
        self._zoom = zoom
        self._webhook_url = webhook_url
        self._tasks: list[asyncio.Task[None]] = []
        self._live: set[str] = set()
        self._begun = 0
        self._said = 0
        self._over: list[Over] = []
        self._keep_alive_ms: list[int] = []

    def obey(self, order: JsonObject) -> JsonObject:
        """Begin seats, or tell."""
        if "play" in order:
            play = Order(**order["play"])
            self._tasks = [
                asyncio.create_task(self._seat(play, number)) for number in range(len(play.meetings))
            ]
        for task in self._tasks:
            if task.done():
                task.result()  # one that broke ends this process, and the measurement
        for stream_id in self._zoom.playbacks:
            self._take_answers(stream_id)
        told = {
            "live": len(self._live),
            "begun": self._begun,
            "said": self._said,
            "over": [asdict(each) for each in self._over],
            "keep_alive_ms": self._keep_alive_ms,
            "done": all(task.done() for task in self._tasks),
        }
        self._over, self._keep_alive_ms = [], []
        return told

    async def _seat(self, order: Order, number: int) -> None:
        await asyncio.sleep(number * order.spread_seconds / len(order.meetings))
        for after, lines in enumerate(order.meetings[number]):
            chance = random.Random(f"{number} {after}")
            await self._play(meeting(lines, chance, every_ms=order.every_ms))

    async def _play(self, content: Meeting) -> None:
        stream_id = random.randbytes(16).hex()

        def progress(step: Progress) -> None:
            if step.step is Step.READY:
                self._begun += stream_id not in self._live
                self._live.add(stream_id)
            elif step.step is Step.SAID:
                self._said += 1

        outcome = await self._zoom.play(
            content,
            webhook_url=self._webhook_url,
            stream_id=stream_id,
            webhook_retry_seconds=RETRY_SECONDS,
            progress=progress,
        )
        self._live.discard(stream_id)
        self._over.append(
            Over(
                stream_id=stream_id,
                lines=outcome.lines,
                total=digest(line.text for line in content.lines),
                ended=outcome.stop_reason.name,
                complete=outcome.complete,
            )
        )
        self._take_answers(stream_id)
        del self._zoom.playbacks[stream_id]

    def _take_answers(self, stream_id: str) -> None:
        for socket in self._zoom.playbacks[stream_id].sockets.keep_alives:
            self._keep_alive_ms += socket.answer_ms
            socket.answer_ms.clear()


async def _main(client_id: str, client_secret: str, secret_token: str, webhook_url: str) -> None:
    zoom = Simulator(client_id=client_id, client_secret=client_secret, secret_token=secret_token)
    async with zoom:
        await answer_orders({"at": time.time()}, _Seats(zoom, webhook_url).obey)


if __name__ == "__main__":
    asyncio.run(_main(**json.loads(sys.argv[1])))
