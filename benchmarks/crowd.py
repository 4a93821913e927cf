"""Many meetings at one real Langflow, through the bridge's own turns, beside a plain load of the same flow.

``python -m benchmarks.crowd`` starts a Langflow as ``zoom-bridge demo`` does (on SQLite, or on the database that
``--database-url`` names), puts *Zoom action items* on it, and measures answers a second: with so many runs always
under way, and with so many meetings that always have something to say, whose runs :class:`bridge.flow.turns.Turns`
admits. The plain loads come before, between and after the meetings, as a Langflow's pace changes from minute to
minute; a level's rate is the mean of all its loads, and the meetings have to reach 95 % of the best level's.
Beside them stands the same load with a flow of as many of Langflow's own components: Chat Input, Prompt Templates,
Chat Output. ``--meetings`` with no number after it, and ``--rounds``, measure these two side by side alone::

    python -m benchmarks.crowd --meetings --plain 4 --stock 4 --rounds 3
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import logging
import tempfile
import time
import uuid
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import structlog

from bridge.demo.langflow import LangflowServer
from bridge.domain import NO_OUTPUT, Output, PendingWindow, RunStatus, Window, WindowKind
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
STOCK = "stock"
LINES = 12
"""Utterances in a window."""
_LOADS = itertools.count(1)
"""No two loads have a window in common, which would be answered from memory."""


@dataclass
class Counted:
    """What became of windows; also what the worker needs of a store and of metrics."""

    failed: int = 0
    retried: int = 0
    seconds: list[float] = field(default_factory=list)
    answered_at: list[float] = field(default_factory=list)
    """Monotonic seconds."""

    @property
    def answered(self) -> int:
        """How many."""
        return len(self.answered_at)

    def count(self) -> None:
        """One more is answered."""
        self.answered_at.append(time.monotonic())

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
        output: Output = NO_OUTPUT,
        error: str = "",
    ) -> None:
        """A window is settled."""
        if status is RunStatus.DONE:
            self.count()
        self.failed += status is RunStatus.FAILED

    def run_retried(self, route: str, error: str) -> None:
        """Counted above."""


@dataclass(frozen=True)
class Measured:
    """A load and what became of it."""

    what: str
    counted: Counted
    began: float
    """Monotonic seconds."""
    seconds: float
    """For so long new runs began; those that were under way then were waited for."""
    note: str = ""

    @property
    def rate(self) -> float:
        """Answers a second while new runs began."""
        return sum(at <= self.began + self.seconds for at in self.counted.answered_at) / self.seconds

    def __str__(self) -> str:
        """One line for people."""
        counted, taken = self.counted, sorted(self.counted.seconds) or [0.0]
        return (
            f"{self.what}: {self.rate:.2f} runs/s ({counted.answered} in all), "
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


def stock(flow: Flow) -> Flow:
    """As many components as the flow has, all Langflow's own, each of which passes on what it was given."""
    [model] = [own.data for own in load_flows() if own.endpoint_name == "zoom-own-model"]
    nodes = {node["data"]["type"]: node for node in model["nodes"] if node["type"] == "genericNode"}
    count = len(list(graph.components(flow.data)))
    types = ["ChatInput", *["Prompt Template"] * (count - 2), "ChatOutput"]
    chain = [deepcopy(nodes[each]) for each in types]
    for n, node in enumerate(chain):
        node["id"] = node["data"]["id"] = f"{types[n]}-{n}"
        if "template" in node["data"]["node"]["custom_fields"]:
            node["data"]["node"]["template"]["template"]["value"] = "{meeting}"
    edges = [_wire(one, other) for one, other in itertools.pairwise(chain)]
    content = deepcopy(flow.content) | {"id": str(uuid.uuid4()), "name": STOCK, "endpoint_name": STOCK}
    content["data"] |= {"nodes": chain, "edges": edges}
    return replace(flow, content=content)


def _wire(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """From a component's first output to the input that takes it."""
    output = one["data"]["node"]["outputs"][0]
    template = other["data"]["node"]["template"]
    name = "meeting" if "meeting" in template else "input_value"
    source = {
        "dataType": one["data"]["type"],
        "id": one["id"],
        "name": output["name"],
        "output_types": output["types"],
    }
    target = {
        "fieldName": name,
        "id": other["id"],
        "inputTypes": template[name]["input_types"],
        "type": template[name]["type"],
    }
    return {
        "id": f"{one['id']}-{other['id']}",
        "source": one["id"],
        "target": other["id"],
        "sourceHandle": graph.as_handle(source),
        "targetHandle": graph.as_handle(target),
        "data": {"sourceHandle": source, "targetHandle": target},
    }


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
    """So many at once, each over and over, for a time; returns when it began, after the last has ended."""
    began = time.monotonic()

    async def over_and_over(n: int) -> None:
        while time.monotonic() - began < seconds:
            await one(n)

    async with asyncio.TaskGroup() as tasks:
        for n in range(count):
            tasks.create_task(over_and_over(n), name=f"load {n}")
    return began


async def plain(client: LangflowClient, at_once: int, seconds: float, flow: str = ROUTE.flow) -> Measured:
    """So many runs always under way, none tried again."""
    counted, seqs, load = Counted(), [0] * at_once, next(_LOADS)

    async def one(n: int) -> None:
        seqs[n] += 1
        began = time.monotonic()
        try:
            sent = replace(window(f"plain{load}", n, seqs[n]), flow=flow)
            await client.run(sent, timeout_seconds=ROUTE.timeout_seconds)
        except LangflowError:
            counted.failed += 1
        else:
            counted.count()
            counted.seconds.append(time.monotonic() - began)

    began = await for_a_while(seconds, at_once, one)
    return Measured(f"{'plain' if flow == ROUTE.flow else flow}, {at_once} at once", counted, began, seconds)


async def crowd(client: LangflowClient, meetings: int, seconds: float) -> Measured:
    """So many meetings that always have a window to send."""
    counted, turns, seqs, load = Counted(), Turns(), [0] * meetings, next(_LOADS)
    worker = Worker(client, counted, Metrics(counted.seconds), turns=turns)
    limits: list[int] = []

    async def one(n: int) -> None:
        async with worker.turn(f"crowd{load}-{n}", ROUTE, lambda: WindowKind.LIVE) as turn:
            await turn.take()
            seqs[n] += 1
            pending: PendingWindow | None = PendingWindow(
                window=window(f"crowd{load}", n, seqs[n]), attempts=0, failures=0
            )
            while pending is not None:
                pending = await worker.run(pending, ROUTE, turn)
            if not limits or limits[-1] != turns.limit:
                limits.append(turns.limit)

    began = await for_a_while(seconds, meetings, one)
    note = f", tried again {counted.retried}, at once {limits}"
    return Measured(f"{meetings} meetings", counted, began, seconds, note)


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
                await FlowServer(http).push(stock(flow))
            async with open_langflow(server.url, server.api_key) as client:
                await _loads(client, arguments)


async def _loads(client: LangflowClient, arguments: argparse.Namespace) -> None:
    rates: dict[tuple[str, int], list[float]] = defaultdict(list)

    def told(kind: str, n: int, measured: Measured) -> None:
        print(measured, flush=True)
        rates[kind, n].append(measured.rate)

    seconds = arguments.seconds
    print(await plain(client, 1, 5), "(warming up)", flush=True)
    for meetings in (*[0] * arguments.rounds, *arguments.meetings):
        if meetings:
            told("meetings", meetings, await crowd(client, meetings, 2 * seconds))
        for n in arguments.plain:
            told("plain", n, await plain(client, n, seconds))
        for n in arguments.stock:
            told("stock", n, await plain(client, n, seconds, STOCK))
    means = {each: sum(found) / len(found) for each, found in rates.items()}
    best = max((rate, n) for (kind, n), rate in means.items() if kind == "plain")
    print(f"best plain load: {best[0]:.2f} runs/s, with {best[1]} at once")
    for (kind, n), rate in means.items():
        print(f"{kind} {n}: {rate:.2f} runs/s on average, {rate / best[0]:.0%} of the best plain load")
        if kind == "stock" and (own := means.get(("plain", n))):
            print(f"with {n} at once a run takes {rate / own:.2f} times as long as one of stock components")


def main() -> None:
    """The command line."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--database-url", default="", help="Langflow's own database; SQLite unless given")
    parser.add_argument(
        "--stock", type=int, nargs="*", default=[4], help="runs of a flow of stock components at once"
    )
    parser.add_argument("--plain", type=int, nargs="*", default=[2, 4, 8, 16], help="runs at once")
    parser.add_argument("--meetings", type=int, nargs="*", default=[12, 40, 120], help="meetings at once")
    parser.add_argument(
        "--rounds", type=int, default=1, help="of plain and stock loads before any meetings, in turns"
    )
    parser.add_argument(
        "--seconds", type=float, default=30, help="for each plain load; meetings get twice as long"
    )
    asyncio.run(measure(parser.parse_args()))


if __name__ == "__main__":
    main()
