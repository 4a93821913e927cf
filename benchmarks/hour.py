"""``python -m benchmarks.hour``: one bridge under many meetings for an hour, and what it loses, takes and keeps.

Half of the meetings last as long as all of it, half a third of that and are followed by new ones at once. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.databases import database
from benchmarks.figures import percentile
from benchmarks.hour_figures import Hour, Part, begin_of, end_of, read, table
from benchmarks.ledger import Ledger
from benchmarks.load import RunApi, run_api
from benchmarks.measurement import bridge_settings, busy_seconds, new_app
from benchmarks.report import machine, put
from benchmarks.seats import Order, Over
from benchmarks.subject import Subject
from bridge import loop

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.databases import Database
    from benchmarks.subject import Usage
    from bridge.rtms.messages import JsonObject

PARTS = 6
"""Figures of an hour: one each ten minutes."""
TURNS = 3
"""Meetings that follow one another in the seats of the short ones."""
SPREAD_SECONDS = 100.0
"""Over which the first meetings begin."""
POLL_SECONDS = 5.0
BEGIN_SECONDS = 180.0
"""Longest wait for all first meetings to be heard."""
END_SECONDS = 600.0
"""Longest wait for the last meeting's end, its final window and the search index, each."""
SETTLED_SECONDS = 30.0
"""From the last final window to the last look at memory."""


class HourError(Exception):
    """There are no figures."""


async def hour(
    store: Database, name: str, folder: Path, *, minutes: float, meetings: int, every_ms: int
) -> Hour:
    """A bridge on this store, under so many meetings at once.

    Raises:
        HourError: The meetings could not be brought up, or something never came.
        SubjectError: A process died.
    """
    api, secret = _Api(), new_app()
    async with run_api(api):
        argument = bridge_settings(secret, api, store.url) | {"bridge_data_dir": str(folder / "data")}
        when = datetime.now(UTC)
        async with Subject.start("bridge_process", argument, folder) as bridge:
            told = secret | {"webhook_url": str(bridge.hello["webhook_url"])}
            async with Subject.start("seats", told, folder) as player:
                run = _Run(bridge, player, store, api, name)
                await run.play(order(meetings, minutes, every_ms))
                parts = await run.parts(minutes)
                over = await run.over()
            await asyncio.sleep(SETTLED_SECONDS)
            after = bridge.usage()
            store_bytes = await store.size()
        tables = await store.tables()
    broken: dict[str, int] = {}
    for each in over:
        if why := run.missed(each):
            broken[why] = broken.get(why, 0) + 1
    said = sum(each.lines for each in over)
    return Hour(
        store=name, when=f"{when:%Y-%m-%d %H:%M}", machine=machine(), meetings=meetings, minutes=minutes,
        every_ms=every_ms, parts=tuple(parts), streams=len(over), broken=broken, utterances=said,
        repeated=api.ledger.repeated, meeting_hours=said * every_ms / 3_600_000, memory_after_bytes=after.rss_bytes,
        store_bytes=store_bytes, tables=tables,
    )  # fmt: skip


def order(meetings: int, minutes: float, every_ms: int) -> Order:
    """Every other seat holds one meeting, the others several."""
    lines = int(minutes * 60_000 / every_ms)
    short = (lines // TURNS,) * TURNS
    return Order(
        meetings=tuple((lines,) if seat % 2 else short for seat in range(meetings)),
        every_ms=every_ms,
        spread_seconds=SPREAD_SECONDS,
    )


class _Api(RunApi):
    """Adds windows up instead of keeping them."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()

    def take(self, window: JsonObject, at: float) -> None:
        self.ledger.take(window)


class _Run:
    def __init__(self, bridge: Subject, player: Subject, store: Database, api: _Api, name: str) -> None:
        self._bridge = bridge
        self._player = player
        self._store = store
        self._api = api
        self._name = name
        self._over: list[Over] = []
        self._keep_alive_ms: list[int] = []
        self._told: JsonObject = {}

    async def play(self, play: Order) -> None:
        """Bring the meetings up."""
        await self._poll({"play": asdict(play)})
        await self._until(
            lambda: self._told["begun"] >= len(play.meetings), BEGIN_SECONDS, "not every meeting was heard"
        )

    async def parts(self, minutes: float) -> list[Part]:
        """Measure while they last."""
        typer.echo(f"{self._name}: all meetings have begun", err=True)
        found = []
        began = time.time()
        self._keep_alive_ms.clear()
        await self._bridge.order({})
        before = self._look()
        for part in range(1, PARTS + 1):
            # The last part ends before the first meeting does.
            until = (
                began
                + minutes * 60 * part / PARTS
                - (SPREAD_SECONDS + 2 * POLL_SECONDS if part == PARTS else 0)
            )
            while (left := until - time.time()) > 0:
                await asyncio.sleep(min(POLL_SECONDS, left))
                await self._poll({})
            delays = [seconds * 1000 for _, seconds in (await self._bridge.order({}))["delays"]]
            now = self._look()
            (usage, busy, said), (usage_before, busy_before, said_before) = now, before
            lasted = usage.at - usage_before.at
            cpu = usage.cpu_seconds - usage_before.cpu_seconds
            found.append(
                Part(
                    minutes=round((usage.at - began) / 60, 1),
                    live=int(self._told["live"]),
                    said=said - said_before,
                    windows=len(delays),
                    memory_bytes=usage.rss_bytes,
                    cpu_share=cpu / lasted,
                    others_cpu_share=(busy - busy_before - cpu) / lasted,
                    own_delay_p50_ms=percentile(delays, 50),
                    own_delay_p99_ms=percentile(delays, 99),
                    keep_alive_p99_ms=percentile(self._keep_alive_ms, 99),
                    store_bytes=await self._store.size(),
                )
            )
            typer.echo(f"{self._name} {json.dumps(asdict(found[-1]))}", err=True)
            self._keep_alive_ms.clear()
            before = now
        return found

    async def over(self) -> list[Over]:
        """What became of the meetings, once all are over, asked about and indexed."""
        await self._until(lambda: self._told["done"], END_SECONDS, "the meetings do not end")
        whole = [each for each in self._over if each.complete]
        await self._until(
            lambda: all(self._api.ledger.has_final(each.stream_id) for each in whole),
            END_SECONDS,
            "not every meeting had its final window",
        )
        said = sum(each.lines for each in whole)
        deadline = time.time() + END_SECONDS
        while await self._store.indexed() < said:
            if time.time() > deadline:
                raise HourError("the search index does not catch up")
            await asyncio.sleep(POLL_SECONDS)
        return self._over

    def missed(self, over: Over) -> str:
        """Why a meeting is not whole; empty where it is."""
        if not over.complete:
            return f"words or webhooks that were not taken in time ({over.ended})"
        return self._api.ledger.missed(over.stream_id, lines=over.lines, total=over.total)

    def _look(self) -> tuple[Usage, float, int]:
        return self._bridge.usage(), busy_seconds(), int(self._told["said"])

    async def _poll(self, message: JsonObject) -> None:
        self._told = await self._player.order(message)
        self._over += [Over(**each) for each in self._told["over"]]
        self._keep_alive_ms += self._told["keep_alive_ms"]

    async def _until(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.time() + seconds
        while not condition():
            if time.time() > deadline:
                broken = Counter(each.ended for each in self._over if not each.complete)
                told = {name: self._told[name] for name in ("begun", "live", "said")}
                raise HourError(f"{otherwise}: {told}, broken: {dict(broken)}")
            await asyncio.sleep(POLL_SECONDS)
            await self._poll({})


def main(
    store: Annotated[str, typer.Option(help="sqlite or postgres.")] = "sqlite",
    minutes: Annotated[float, typer.Option(min=1, help="How long it lasts.")] = 60,
    meetings: Annotated[int, typer.Option(min=2, help="Meetings at once.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="From one utterance of a meeting to its next.")] = 4,
    figures: Annotated[
        Path | None, typer.Option(help="What an earlier run printed: nothing is measured.", exists=True)
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the figures into docs/performance.md.")
    ] = False,
) -> None:
    """Play meetings to one bridge for so long, and tell what was lost, and what it took."""
    found = read(figures) if figures else _measured(store, minutes, meetings, int(seconds * 1000))
    page = table(found)
    typer.echo(page, err=True)
    if figures is None:
        typer.echo(json.dumps(asdict(found)))
    if write:
        put(page, begin=begin_of(found.store), end=end_of(found.store))


def _measured(store: str, minutes: float, meetings: int, every_ms: int) -> Hour:
    # Next to the sources, not in /tmp, which may be memory: the store has to meet a disk.
    with tempfile.TemporaryDirectory(prefix=".run-", dir=Path(__file__).parent) as name:
        folder = Path(name)
        with database(store, folder) as opened:
            return loop.run(
                hour(opened, store, folder, minutes=minutes, meetings=meetings, every_ms=every_ms)
            )


if __name__ == "__main__":
    typer.run(main)
