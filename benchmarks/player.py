"""Some of the load's meetings, played by a process of its own: ``python -m benchmarks.player ARGUMENT_JSON``.

Each line of standard input is an order to play meetings. When all of them can be heard it says so, and when they are
over what became of each; it ends with standard input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from benchmarks.load import meeting
from benchmarks.probe import say, standard_input
from bridge.rtms.messages import MediaType
from bridge.simulator.progress import Progress, Step
from bridge.simulator.zoom import Simulator

if TYPE_CHECKING:
    from bridge.simulator.meeting import Meeting
    from bridge.simulator.outcome import Outcome

RETRY_SECONDS = (2.0, 5.0, 10.0)
"""Before a webhook is sent again. Zoom's own, of minutes and hours, would outlast the measurement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Meetings to play: ``count`` of ``of``, those from ``first`` on, so that several players share one load."""

    lines: int
    """Utterances of each."""
    count: int = 1
    first: int = 0
    of: int = 1
    spread_seconds: float = 0.0
    """Over which all of them begin, evenly."""
    speed: float = 1.0
    sounding: int = 0
    """How many of all have sound, spread evenly over them."""
    silent_seconds: float = 0.0
    """How long nobody says anything before the last of them."""

    def sounds(self, n: int) -> bool:
        """Whether a meeting has sound: the next one has whenever its share is due."""
        return n * self.sounding // self.of < (n + 1) * self.sounding // self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What became of a meeting."""

    stream_id: str
    lines: int
    duration_ms: int
    ended: str
    """Why the stream ended, by its stop reason's name."""
    refusals: int
    complete: bool
    written: list[float]
    """When each of its lines was written to a live socket, UTC seconds."""
    keep_alive_ms: list[int]


async def _play(zoom: Simulator, order: Order, webhook_url: str) -> None:
    left = order.count

    def progress(step: Progress) -> None:
        nonlocal left
        if step.step is Step.READY:
            left -= 1
            if left == 0:
                say({"ready": True})

    async def one(n: int) -> Outcome:
        await asyncio.sleep(n * order.spread_seconds / order.of)
        return await zoom.play(
            _content(order, n),
            webhook_url=webhook_url,
            speed=order.speed,
            webhook_retry_seconds=RETRY_SECONDS,
            granted=MediaType.TRANSCRIPT | (MediaType.AUDIO if order.sounds(n) else MediaType(0)),
            progress=progress,
        )

    outcomes = await asyncio.gather(*(one(n) for n in range(order.first, order.first + order.count)))
    say({"played": [asdict(_played(zoom, outcome)) for outcome in outcomes]})


def _content(order: Order, n: int) -> Meeting:
    return meeting(order.lines, random.Random(n), silent_seconds=order.silent_seconds)


def _played(zoom: Simulator, outcome: Outcome) -> Played:
    playback = zoom.playbacks[outcome.stream_id]
    return Played(
        stream_id=outcome.stream_id,
        lines=outcome.lines,
        duration_ms=playback.stream.meeting.duration_ms,
        ended=outcome.stop_reason.name,
        refusals=len(outcome.refusals),
        complete=outcome.complete,
        written=[heard.at for heard in playback.heard],
        keep_alive_ms=list(outcome.keep_alive_answer_ms),
    )


async def _main(client_id: str, client_secret: str, secret_token: str, webhook_url: str) -> None:
    zoom = Simulator(client_id=client_id, client_secret=client_secret, secret_token=secret_token)
    async with zoom:
        orders = await standard_input()
        say({})
        while line := await orders.readline():
            await _play(zoom, Order(**json.loads(line)), webhook_url)


if __name__ == "__main__":
    asyncio.run(_main(**json.loads(sys.argv[1])))
