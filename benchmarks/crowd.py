"""Many meetings at one real Langflow, through the bridge's own turns, beside a plain load of the same flow.

``python -m benchmarks.crowd`` starts a Langflow as ``zoom-bridge demo`` does (on SQLite, or on the database that
``--database-url`` names), puts *Zoom action items* on it, and measures answers a second: first with so many runs
always under way, then with so many meetings that always have something to say, whose runs
:class:`bridge.flow.turns.Turns` admits. The rate that is reached there has to be 95 % of the best of the plain load.
Beside them stands the same load with an empty flow: Langflow's own Chat Input, wired to its Chat Output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
import uuid
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bridge.demo.langflow import LangflowServer
from bridge.domain import PendingWindow, RunStatus, Window, WindowKind
from bridge.errors import LangflowError
from bridge.flow.client import LangflowClient, open_langflow
from bridge.flow.routes import Route
from bridge.flow.turns import Turns
from bridge.flow.worker import Worker
from bridge.publish import graph
from bridge.publish.library import Flow, load_flows
from bridge.publish.server import FlowServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ROUTE = Route(name="action-items", flow="zoom-action-items", timeout_seconds=120)
PEOPLE = ("Dana Whitfield", "Eli Sørensen", "Noor Rahimi")
EMPTY = "empty"
LINES = 12
"""Utterances in a window."""


@dataclass
class Counted:
    """What became of windows; also what the worker needs of a store and of metrics."""

    answered: int = 0
    failed: int = 0
    retried: int = 0
    seconds: list[float] = field(default_factory=list)

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        """An attempt did not succeed."""
        self.retried += 1

    async def run_ended(
        self,
        window_id: str,
        *,
        status: RunStatus,
        attempts: int,
        failures: int = 0,
        output: str = "",
        error: str = "",
    ) -> None:
        """A window is settled."""
        self.answered += status is RunStatus.DONE
        self.failed += status is RunStatus.FAILED

    def run_retried(self, route: str, error: str) -> None:
        """Counted above."""


@dataclass(frozen=True)
class Measured:
    """A load and what became of it."""

    what: str
    counted: Counted
    elapsed: float
    """Seconds, until the last run had ended."""
    note: str = ""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.counted.answered / self.elapsed

    def __str__(self) -> str:
        """One line for people."""
        counted, taken = self.counted, sorted(self.counted.seconds) or [0.0]
        return (
            f"{self.what}: {self.rate:.2f} runs/s ({counted.answered} in {self.elapsed:.0f} s), "
            f"median {taken[len(taken) // 2]:.1f} s, longest {taken[-1]:.1f} s, failed {counted.failed}{self.note}"
        )


class Metrics:
    """What nobody reads."""

    def __init__(self, seconds: list[float]) -> None:
        self._seconds = seconds

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None:
        """A window is settled."""
        self._seconds.append(seconds)

    def run_retried(self, route: str, error: str) -> None:
        """Counted elsewhere."""


def empty(flow: Flow) -> Flow:
    """The flow without our components: what a run costs that does nothing."""
    content = deepcopy(flow.content) | {"id": str(uuid.uuid4()), "name": EMPTY, "endpoint_name": EMPTY}
    data = content["data"]
    data["nodes"] = [node for node in data["nodes"] if node["data"]["type"] in ("ChatInput", "ChatOutput")]
    first, last = data["edges"][0], data["edges"][-1]
    source, target = first["data"]["sourceHandle"], last["data"]["targetHandle"]
    wire = {
        "data": {"sourceHandle": source, "targetHandle": target},
        "source": first["source"],
        "target": last["target"],
        "sourceHandle": graph.as_handle(source),
        "targetHandle": graph.as_handle(target),
        "id": "through",
    }
    data["edges"] = [wire]
    return replace(flow, content=content)


def window(run: str, meeting: int, seq: int) -> Window:
    """A live window of a meeting of its own."""
    stream = f"{run}-{meeting}"
    began_ms = 1_763_769_600_000 + seq * 60_000
    utterances = [
        {
            "id": f"u-{seq * LINES + n:06d}",
            "speaker": PEOPLE[n % len(PEOPLE)],
            "user_id": str(n % len(PEOPLE)),
            "start_ms": began_ms + n * 4000,
            "end_ms": began_ms + n * 4000 + 3500,
            "text": f"I will send report number {seq * LINES + n} of {stream} to the customer by Friday.",
            "language": 9,
            "source": "speech",
        }
        for n in range(LINES)
    ]
    value = {
        "schema": "zoom-window/1",
        "window_id": f"{stream}:{ROUTE.name}:{seq}",
        "seq": seq,
        "kind": "live",
        "route": ROUTE.name,
        "meeting": {"uuid": stream, "id": "1", "topic": "Load", "started_at": "2025-11-22T00:00:00Z"},
        "stream_id": stream,
        "from_ms": began_ms,
        "to_ms": began_ms + LINES * 4000,
        "participants": [{"user_id": str(n), "name": name} for n, name in enumerate(PEOPLE)],
        "utterances": utterances,
        "gaps": [],
    }
    return Window(
        window_id=str(value["window_id"]),
        stream_id=stream,
        meeting_uuid=stream,
        route=ROUTE.name,
        flow=ROUTE.flow,
        seq=seq,
        kind=WindowKind.LIVE,
        first_n=seq * LINES,
        last_n=seq * LINES + LINES - 1,
        input_value=json.dumps(value, separators=(",", ":")),
    )


async def for_a_while(seconds: float, count: int, one: Callable[[int], Awaitable[None]]) -> float:
    """So many at once, each over and over, for a time; returns how long that was when the last has ended."""
    began = time.monotonic()

    async def over_and_over(n: int) -> None:
        while time.monotonic() - began < seconds:
            await one(n)

    async with asyncio.TaskGroup() as tasks:
        for n in range(count):
            tasks.create_task(over_and_over(n), name=f"load {n}")
    return time.monotonic() - began


async def plain(client: LangflowClient, at_once: int, seconds: float, flow: str = ROUTE.flow) -> Measured:
    """So many runs always under way, none tried again."""
    counted, seqs = Counted(), [0] * at_once

    async def one(n: int) -> None:
        seqs[n] += 1
        began = time.monotonic()
        try:
            sent = replace(window(f"plain{at_once}", n, seqs[n]), flow=flow)
            await client.run(sent, timeout_seconds=ROUTE.timeout_seconds)
        except LangflowError:
            counted.failed += 1
        else:
            counted.answered += 1
            counted.seconds.append(time.monotonic() - began)

    elapsed = await for_a_while(seconds, at_once, one)
    return Measured(f"{'plain' if flow == ROUTE.flow else flow}, {at_once} at once", counted, elapsed)


async def crowd(client: LangflowClient, meetings: int, seconds: float) -> Measured:
    """So many meetings that always have a window to send."""
    counted, turns, seqs = Counted(), Turns(), [0] * meetings
    worker = Worker(client, counted, Metrics(counted.seconds), turns=turns)
    limits: list[int] = []

    async def one(n: int) -> None:
        async with worker.turn(f"crowd{meetings}-{n}", ROUTE, lambda: WindowKind.LIVE) as turn:
            await turn.take()
            seqs[n] += 1
            pending: PendingWindow | None = PendingWindow(
                window=window(f"crowd{meetings}", n, seqs[n]), attempts=0, failures=0
            )
            while pending is not None:
                pending = await worker.run(pending, ROUTE, turn)
            if not limits or limits[-1] != turns.limit:
                limits.append(turns.limit)

    elapsed = await for_a_while(seconds, meetings, one)
    note = f", tried again {counted.retried}, at once {limits}"
    return Measured(f"{meetings} meetings", counted, elapsed, note)


async def measure(arguments: argparse.Namespace) -> None:
    """Print one line for each load, in order."""
    with tempfile.TemporaryDirectory(prefix="crowd-") as directory:
        url = arguments.database_url
        environment = {"LANGFLOW_DATABASE_URL": url, "LANGFLOW_DB_CONNECTION_SETTINGS": "{}"} if url else {}
        async with LangflowServer(Path(directory), environment=environment) as server:
            headers = {"x-api-key": server.api_key}
            async with httpx.AsyncClient(
                base_url=server.url, headers=headers, timeout=60, trust_env=False
            ) as http:
                [flow] = [flow for flow in load_flows() if flow.endpoint_name == ROUTE.flow]
                await FlowServer(http).push(flow)
                await FlowServer(http).push(empty(flow))
            async with open_langflow(server.url, server.api_key) as client:
                await _loads(client, arguments)


async def _loads(client: LangflowClient, arguments: argparse.Namespace) -> None:
    def told(measured: Measured) -> float:
        print(measured, flush=True)
        return measured.rate

    seconds = arguments.seconds
    print(await plain(client, 1, 5), "(warming up)", flush=True)
    idle = [told(await plain(client, n, seconds, EMPTY)) for n in arguments.empty]
    before = [told(await plain(client, n, seconds)) for n in arguments.plain]
    crowds = [told(await crowd(client, n, 2 * seconds)) for n in arguments.meetings]
    best = max([*before, *[told(await plain(client, n, seconds)) for n in arguments.plain_after]])
    for meetings, rate in zip(arguments.meetings, crowds, strict=True):
        print(f"{meetings} meetings: {rate / best:.0%} of the best plain load")
    if idle:
        print(f"a run costs {max(idle) / best:.1f} times an empty one")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database-url", default="", help="Langflow's own database; SQLite unless given")
    parser.add_argument("--empty", type=int, nargs="*", default=[4], help="runs of an empty flow at once")
    parser.add_argument("--plain", type=int, nargs="*", default=[4, 8, 16], help="runs at once, before")
    parser.add_argument("--meetings", type=int, nargs="*", default=[12, 40], help="meetings at once")
    parser.add_argument(
        "--plain-after", type=int, nargs="*", default=[16, 40], help="runs at once, afterwards"
    )
    parser.add_argument(
        "--seconds", type=float, default=45, help="for each plain load; meetings get twice as long"
    )
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
