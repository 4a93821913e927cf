"""Two real Langflows that share the meetings, one of which is killed midway and comes back.

``python -m tests.scenarios.langflows`` gives them one PostgreSQL, for which Langflow wants ``psycopg[binary]`` in its own
environment (``LANGFLOW_PYTHON`` names its interpreter, where that is another); with ``--own`` each has a database of its own. With
``--jobs`` flows run as jobs of Langflow's, which ``--redis URL`` lets it keep there. It takes three to six minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import re
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bridge.app import running_bridge
from bridge.demo.langflow import LangflowServer
from bridge.flow.placement import order
from bridge.flow.routes import Route, WindowRule
from bridge.logs import configure_logs
from bridge.publish.library import load_flows
from bridge.publish.server import FlowServer
from bridge.settings import GivenSettings
from bridge.simulator.meeting import FIRST_USER_ID, Line, Meeting
from bridge.simulator.zoom import Simulator
from tests.fakes.waiting import until
from tests.langflow_fixture import PYTHON
from tests.postgres_fixture import running_postgres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.app import Bridge
    from tests.postgres_fixture import PostgresServer

FLOW = "zoom-action-items"
PEOPLE = ("Dana Whitfield", "Eli Sørensen")
_VERBS = (
    "send",
    "review",
    "paint",
    "translate",
    "cancel",
    "measure",
    "print",
    "order",
    "clean",
    "archive",
    "sell",
)
_THINGS = (
    "contract", "garden", "invoice", "video", "keyboard", "bridge", "menu", "speech", "boiler", "calendar", "violin",
    "passport", "warehouse", "newsletter", "curtain", "antenna", "recipe", "lawsuit", "trophy", "elevator",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Friday")
LINE_MS = 3000
SETTLING_SECONDS = 420
_POOL = {"pool_size": 5, "max_overflow": 5, "pool_timeout": 30, "pool_pre_ping": True}
"""Of connections, small enough for the server that :mod:`tests.postgres_fixture` makes."""


@dataclass(kw_only=True)
class Told:
    """What came of it."""

    windows: int = 0
    retried: int = 0
    seconds: float = 0.0
    """From the kill to the next answer for a meeting of the server that was killed."""
    wrong: list[str] = field(default_factory=list)


def meeting(number: int, lines: int) -> Meeting:
    """Two people who promise a thing of its own in every other line."""
    return Meeting(
        title=f"meeting {number}",
        lines=tuple(
            Line(
                start_ms=n * LINE_MS,
                end_ms=(n + 1) * LINE_MS,
                user_id=FIRST_USER_ID + 1024 * (n % 2),
                speaker=PEOPLE[n % 2],
                text=_promise(number, n)
                if n % 2
                else f"The weather over harbour {_mark(number, n)} was remarkable.",
            )
            for n in range(lines)
        ),
    )


def _promise(number: int, n: int) -> str:
    """One that nobody takes for another."""
    verb, thing = _VERBS[n // 2 % len(_VERBS)], _THINGS[n // 2 % len(_THINGS)]
    return f"I will {verb} the {thing} {_mark(number, n)} by {_DAYS[n // 2 % len(_DAYS)]}."


def _mark(number: int, n: int) -> str:
    return f"R{number}X{n}"


def uuids(urls: Sequence[str], count: int) -> list[str]:
    """Ids of meetings, as many for each server."""
    named = [f"uuid-{n}==" for n in range(100)]
    each = [[name for name in named if order(name, urls)[0] == n] for n in range(len(urls))]
    return [each[n % len(urls)][n // len(urls)] for n in range(count)]


class Langflows:
    """Two of them."""

    def __init__(self, folder: Path, postgres: PostgresServer | None, redis: str) -> None:
        url = postgres.database().replace("+asyncpg", "+psycopg") if postgres else ""
        common = {"LANGFLOW_SECRET_KEY": secrets.token_urlsafe(32)}
        if url:
            common |= {"LANGFLOW_DATABASE_URL": url, "LANGFLOW_DB_CONNECTION_SETTINGS": json.dumps(_POOL)}
        if redis:
            common |= {"LANGFLOW_JOB_QUEUE_TYPE": "redis", "LANGFLOW_REDIS_QUEUE_URL": redis}
        self.shared = postgres is not None
        self.all = [
            LangflowServer(folder / name, environment=common, record_runs=False, python=PYTHON)
            for name in ("one", "other")
        ]

    async def start(self) -> None:
        """One after the other, as the first makes the tables."""
        for server in self.all:
            if self.shared:
                server.api_key = self.all[0].api_key
            await server.start()

    async def stop(self) -> None:
        """Both."""
        for server in self.all:
            await server.stop()

    async def push(self, values: dict[str, str]) -> None:
        """The flow, with its chat, on each database."""
        [flow] = [flow for flow in load_flows() if flow.endpoint_name == FLOW]
        for server in self.all[: 1 if self.shared else 2]:
            async with httpx.AsyncClient(
                base_url=server.url, headers={"x-api-key": server.api_key}, timeout=60, trust_env=False
            ) as client:
                await FlowServer(client).push(flow, values, force=True)


async def play(
    langflows: Langflows, folder: Path, *, meetings: int, lines: int, speed: float, jobs: bool
) -> Told:
    """The meetings at once; the server of the first is killed at a third and back at two thirds."""
    told = Told()
    route = Route(
        name="action-items",
        flow=FLOW,
        run="background" if jobs else "sync",
        timeout_seconds=60,
        window=WindowRule(max_seconds=20 / speed, max_words=150, pause_seconds=4 / speed, min_words=8),
    )
    async with Simulator(client_id="client", client_secret="secret", secret_token="token") as zoom:
        zoom.chat_webhook.min_interval_seconds = 0.0
        await langflows.push(
            {
                "ZoomChatOutput.webhook_url": zoom.chat_url_of(zoom.chat_webhook),
                "ZoomChatOutput.verification_token": zoom.chat_webhook.token,
            }
        )
        urls = [server.url for server in langflows.all]
        settings = GivenSettings(
            zoom_secret_token="token",
            ZOOM_CLIENT_ID="client",
            ZOOM_CLIENT_SECRET="secret",
            langflow_url=",".join(urls),
            langflow_api_key=",".join(server.api_key for server in langflows.all),
            langflow_shared_database=langflows.shared,
            bridge_port=0,
            bridge_admin_port=0,
            bridge_store_url=f"sqlite:///{folder / 'bridge.db'}",
            bridge_allowed_hosts="127.0.0.1",
        )
        async with running_bridge(settings, [route]) as bridge:
            ids = uuids(urls, meetings)
            playing = [
                asyncio.create_task(
                    zoom.play(
                        meeting(n, lines),
                        webhook_url=bridge.webhook_url,
                        speed=speed,
                        stream_id=f"stream-{n}",
                        meeting_uuid=uuid,
                    )
                )
                for n, uuid in enumerate(ids)
            ]
            third = lines * LINE_MS / 1000 / speed / 3
            await asyncio.sleep(third)
            await langflows.all[0].kill()
            killed = time.monotonic()
            answered = await _answered(bridge, "stream-0")
            if langflows.shared and not jobs:  # jobs wait for their server
                await until(lambda: _more_than(bridge, "stream-0", answered), seconds=SETTLING_SECONDS)
                told.seconds = time.monotonic() - killed
            await asyncio.sleep(max(0.0, third - (time.monotonic() - killed)))
            await langflows.all[0].start()
            await asyncio.gather(*playing)
            await until(lambda: _settled(bridge, meetings), seconds=SETTLING_SECONDS)
            for n in range(meetings):
                told.wrong += [f"meeting {n}: {each}" for each in await _look(bridge, n, lines, told)]
    told.wrong += _posted([post.text for post in zoom.chat.posts], meetings, lines)
    return told


async def _answered(bridge: Bridge, stream_id: str) -> int:
    return sum(run.status.value == "done" for run in await bridge.store.runs(stream_id))


async def _more_than(bridge: Bridge, stream_id: str, count: int) -> bool:
    return await _answered(bridge, stream_id) > count


async def _settled(bridge: Bridge, meetings: int) -> bool:
    for n in range(meetings):
        runs = await bridge.store.runs(f"stream-{n}")
        if not any(run.kind.value == "final" for run in runs) or any(
            run.status.value == "pending" for run in runs
        ):
            return False
    return True


async def _look(bridge: Bridge, number: int, lines: int, told: Told) -> list[str]:
    """What is wrong with a meeting's runs."""
    runs = await bridge.store.runs(f"stream-{number}")
    told.windows += len(runs)
    told.retried += sum(run.attempts > 1 for run in runs)
    wrong = [f"{run.window_id} {run.status.value}: {run.error}" for run in runs if run.status.value != "done"]
    heard = await bridge.store.utterances(f"stream-{number}")
    if len(heard) != lines:
        wrong.append(f"{len(heard)} utterances of {lines}")
    return wrong


def _posted(posts: list[str], meetings: int, lines: int) -> list[str]:
    """What was not told, or told twice: each promise stands in one live message, and in the last one."""
    counted = Counter(mark for post in posts for mark in set(re.findall(r"R\d+X\d+", post)))
    promised = [_mark(number, n) for number in range(meetings) for n in range(1, lines, 2)]
    return [f"{mark} was told {counted[mark]} times" for mark in promised if counted[mark] != 2]


def main() -> int:
    """Play as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.scenarios.langflows", description=__doc__)
    parser.add_argument("--meetings", type=int, default=4, help="how many at the same time")
    parser.add_argument("--lines", type=int, default=40, help="how long each is")
    parser.add_argument("--speed", type=float, default=3, help="how many times faster than life")
    parser.add_argument("--own", action="store_true", help="a database of its own for each Langflow")
    parser.add_argument("--jobs", action="store_true", help="run the flow as a job")
    parser.add_argument("--redis", default="", help="where Langflow keeps its queue of jobs")
    wanted = parser.parse_args()
    configure_logs(json=False, level=logging.CRITICAL)

    async def run(postgres: PostgresServer | None, folder: Path) -> Told:
        langflows = Langflows(folder, postgres, wanted.redis)
        try:
            await langflows.start()
            return await play(
                langflows,
                folder,
                meetings=wanted.meetings,
                lines=wanted.lines,
                speed=wanted.speed,
                jobs=wanted.jobs,
            )
        finally:
            await langflows.stop()

    with tempfile.TemporaryDirectory() as name:
        if wanted.own:
            told = asyncio.run(run(None, Path(name)))
        else:
            with running_postgres() as postgres:
                told = asyncio.run(run(postgres, Path(name)))
    for wrong in told.wrong:
        sys.stdout.write(f"{wrong}\n")
    back = (
        ""
        if wanted.own or wanted.jobs
        else f"a meeting of the killed one went on after {told.seconds:.1f} s; "
    )
    sys.stdout.write(
        f"{wanted.meetings} meetings, {told.windows} windows, {told.retried} of them sent again; {back}"
        f"{len(told.wrong)} things wrong\n"
    )
    return 1 if told.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
