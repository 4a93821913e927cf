"""Several Langflows: each meeting at one of them, each of them with its own bound, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.domain import NO_OUTPUT, Output, PendingWindow, RunStatus, Window, WindowKind
from bridge.errors import LangflowAway
from bridge.flow import forgetting, parking
from bridge.flow.background import BackgroundRuns
from bridge.flow.call import Calls
from bridge.flow.placement import order
from bridge.flow.request import session_id
from bridge.flow.routes import Route
from bridge.flow.runner import Runners
from bridge.flow.servers import open_servers
from bridge.flow.worker import Worker
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.run_api import API_KEY, FLOW, Answer, RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.flow.servers import Servers

ROUTE = Route(name="r", flow=FLOW, timeout_seconds=20)
JOBS = ROUTE.model_copy(update={"run": "background"})


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A way that is blocked is looked at often."""
    monkeypatch.setattr(parking, "FIRST_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(parking, "LONGEST_LOOK_SECONDS", 0.1)


@pytest.fixture
def rare_looks(quick_looks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A way that is blocked is not looked at again within a test."""
    monkeypatch.setattr(parking, "FIRST_LOOK_SECONDS", 600.0)
    monkeypatch.setattr(parking, "LONGEST_LOOK_SECONDS", 600.0)


class Stored:
    """How windows ended."""

    def __init__(self) -> None:
        self.ended: dict[str, RunStatus] = {}

    def run_tried(self, window_id: str, *, attempts: int, failures: int, error: str) -> None:
        """Nothing that matters here."""

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
        assert window_id not in self.ended
        self.ended[window_id] = status


class Counted:
    """What a worker reports, which matters to nobody here."""

    def run_ended(self, route: str, status: RunStatus, seconds: float) -> None: ...

    def run_retried(self, route: str, error: str) -> None: ...


class Stage:
    """Two stand-ins for Langflow, and a worker that knows both."""

    def __init__(self, apis: list[RunApi], servers: Servers) -> None:
        self.apis, self.servers, self.stored = apis, servers, Stored()
        self.worker = Worker(
            servers.all[0].ways, self.stored, Counted(), turns=servers, chance=lambda: 0.0, sleep=self._sleep
        )

    async def _sleep(self, _: float) -> None:
        await asyncio.sleep(0.02)

    def meeting_of(self, api: RunApi, *, other_than: str = "") -> str:
        """A meeting that is at home there."""
        urls = [each.url for each in self.apis]
        names = (f"meeting-{n}" for n in itertools.count())
        return next(each for each in names if urls[order(each, urls)[0]] == api.url and each != other_than)

    async def send(self, meeting_uuid: str, seq: int = 1, route: Route = ROUTE) -> None:
        """A window of a meeting, until it is settled."""
        window = Window(
            window_id=f"{meeting_uuid}:{route.name}:{seq}",
            stream_id=f"s-{meeting_uuid}",
            meeting_uuid=meeting_uuid,
            route=route.name,
            flow=FLOW,
            seq=seq,
            kind=WindowKind.LIVE,
            first_n=seq,
            last_n=seq,
            input_value=f"Dana: {meeting_uuid} {seq}",
        )
        async with (
            self.worker.lane(meeting_uuid, route.name),
            self.worker.turn(meeting_uuid, route, lambda: WindowKind.LIVE) as turn,
        ):
            left = await self.worker.run(PendingWindow(window=window, attempts=0, failures=0), route, turn)
        assert left is None


@asynccontextmanager
async def staged(
    *apis: RunApi, shared: bool = False, most: int | None = None, routes: tuple[Route, ...] = (ROUTE,)
) -> AsyncIterator[Stage]:
    """A worker for stand-ins, which have been given their ports."""
    async with open_servers(
        [api.url for api in apis],
        [api.api_key for api in apis],
        ways=lambda to: Runners(
            routes, sync=to, background=BackgroundRuns(to), calls=Calls({}, texts=frozenset())
        ),
        proxy=lambda _: None,
        most=most,
        shared=shared,
        stay=[route.name for route in routes if route.run == "background"],
    ) as servers:
        yield Stage(list(apis), servers)


@pytest.fixture
async def apis() -> AsyncIterator[tuple[RunApi, RunApi]]:
    """Two that listen, each with a key of its own."""
    one, other = RunApi(windows=False), RunApi(windows=False, api_key="sk-other")
    async with one.listening(), other.listening():
        yield one, other


def texts(api: RunApi) -> list[str]:
    """What was answered, in order."""
    return [run.input_value for run in api.answered]


async def test_a_meeting_stays_where_it_is(apis: tuple[RunApi, RunApi]) -> None:
    """All windows of a meeting go to one server, and each server gets meetings."""
    async with staged(*apis) as stage:
        meetings = [f"m{n}" for n in range(16)]
        for seq in (1, 2):
            await asyncio.gather(*(stage.send(each, seq) for each in meetings))
    seen = [{run.session_id for run in api.answered} for api in apis]
    assert all(seen)
    assert not seen[0] & seen[1]
    assert seen[0] | seen[1] == {session_id(each) for each in meetings}
    assert sum(len(api.answered) for api in apis) == 32


async def test_each_has_a_bound_of_its_own(apis: tuple[RunApi, RunApi]) -> None:
    """So many runs as are allowed are under way at each server at once, and not one more."""
    gate = asyncio.Event()
    for api in apis:
        api.otherwise = lambda _: Answer(after=gate)
    async with staged(*apis, most=2) as stage:
        sent = [asyncio.create_task(stage.send(f"m{n}")) for n in range(20)]
        await until(lambda: [len(api.runs) for api in apis] == [2, 2])
        assert (stage.servers.limit, stage.servers.under_way, stage.servers.waiting) == (4, 4, 16)
        assert stage.servers.waiting_seconds > 0
        gate.set()
        await asyncio.gather(*sent)
    assert sum(len(api.answered) for api in apis) == 20


async def test_who_is_away_is_waited_for(apis: tuple[RunApi, RunApi]) -> None:
    """With databases of their own a meeting waits for its server; the other one's meetings do not notice."""
    one, other = apis
    away = RunApi(windows=False)
    async with away.listening():
        pass  # gives it a port
    async with staged(away, other) as stage:
        here, there = stage.meeting_of(away), stage.meeting_of(other)
        waiting = asyncio.create_task(stage.send(here))
        await until(lambda: stage.worker.parked())
        await stage.send(there)
        assert texts(other) == [f"Dana: {there} 1"]
        assert list(stage.worker.parked()) == ["all routes"]
        assert away.url in stage.worker.parked()["all routes"]
        assert stage.servers.away == stage.servers.all[0].client.away != ""
        async with away.listening():
            await waiting
        assert texts(away) == [f"Dana: {here} 1"]
        assert texts(other) == [f"Dana: {there} 1"]
    assert not one.runs


async def test_with_one_database_others_stand_in(apis: tuple[RunApi, RunApi]) -> None:
    """A meeting whose server is away goes on at the other, in order, and back once its server is."""
    one, other = RunApi(windows=False), apis[1]
    async with AsyncExitStack() as life:
        await life.enter_async_context(one.listening())
        async with staged(one, other, shared=True) as stage:
            here = stage.meeting_of(one)
            await stage.send(here, 1)
            await life.aclose()
            await stage.send(here, 2)
            await stage.send(here, 3)
            assert texts(other) == [f"Dana: {here} {seq}" for seq in (2, 3)]
            async with one.listening():
                await stage.servers.all[0].client.check()
                stage.worker.wake()
                await stage.send(here, 4)
            assert texts(one) == [f"Dana: {here} {seq}" for seq in (1, 4)]
            assert set(stage.stored.ended.values()) == {RunStatus.DONE}


@pytest.mark.usefixtures("rare_looks")
async def test_who_waits_at_one_that_goes_away_moves_on(apis: tuple[RunApi, RunApi]) -> None:
    """Windows that wait for a turn at a server that dies under its run get theirs at the other; each is answered once."""
    one, other = RunApi(windows=False), apis[1]
    one.otherwise = lambda _: Answer(after=asyncio.Event())
    async with AsyncExitStack() as life:
        await life.enter_async_context(one.listening())
        async with staged(one, other, shared=True, most=1) as stage:
            meetings = [stage.meeting_of(one)]
            meetings.append(stage.meeting_of(one, other_than=meetings[0]))
            sent = [asyncio.create_task(stage.send(meetings[0]))]
            await until(lambda: len(one.runs) == 1)
            sent.append(asyncio.create_task(stage.send(meetings[1])))
            await until(lambda: stage.servers.waiting == 1)
            await life.aclose()
            await asyncio.gather(*sent)
    assert sorted(texts(other)) == sorted(f"Dana: {each} 1" for each in meetings)
    assert not one.answered


async def test_all_are_away(apis: tuple[RunApi, RunApi]) -> None:
    """While all servers of one database are away everything waits; whichever is back first answers everybody."""
    gone = [RunApi(windows=False), RunApi(windows=False)]
    for api in gone:
        async with api.listening():
            pass
    async with staged(*gone, shared=True) as stage:
        meetings = [stage.meeting_of(api) for api in gone]
        sent = [asyncio.create_task(stage.send(each)) for each in meetings]
        await until(lambda: all(not each.turns.open or each.client.away for each in stage.servers.all))
        assert all(api.url in stage.worker.parked()["all routes"] for api in gone)
        async with gone[1].listening():
            await asyncio.gather(*sent)
    assert sorted(texts(gone[1])) == sorted(f"Dana: {each} 1" for each in meetings)


@pytest.mark.usefixtures("rare_looks")
async def test_one_of_all_that_were_away_is_back(apis: tuple[RunApi, RunApi]) -> None:
    """As soon as one is found to be back, all who wait at others that are not go there, and look nowhere else first."""
    gone = [RunApi(windows=False), RunApi(windows=False)]
    for api in gone:
        async with api.listening():
            pass
    async with staged(*gone, shared=True, most=4) as stage:
        meetings = [f"m{n}" for n in range(12)]
        sent = [asyncio.create_task(stage.send(each)) for each in meetings]
        await until(lambda: all(not each.turns.open for each in stage.servers.all))
        async with gone[1].listening():
            stage.worker.wake()
            await asyncio.gather(*sent)
    assert sorted(texts(gone[1])) == sorted(f"Dana: {each} 1" for each in meetings)


async def test_a_flow_that_is_missing_on_one(apis: tuple[RunApi, RunApi]) -> None:
    """What is wrong with a route on one server parks it there, is told with the address, and moves no meeting."""
    one, other = apis
    one.flows.clear()
    async with staged(one, other, shared=True) as stage:
        here = stage.meeting_of(one)
        waiting = asyncio.create_task(stage.send(here))
        await until(lambda: stage.worker.parked())
        assert stage.worker.parked()["r"].startswith(f"{one.url}: ")
        one.flows.add(FLOW)
        await waiting
    assert texts(one) == [f"Dana: {here} 1"]
    assert not other.runs


async def test_a_job_is_looked_for_where_it_is(apis: tuple[RunApi, RunApi]) -> None:
    """A background run is asked about on the server that has it, with that server's id of the flow."""
    gate = asyncio.Event()
    for api in apis:
        api.otherwise = lambda _: Answer(after=gate)
    async with staged(*apis, routes=(JOBS,)) as stage:
        sent = [asyncio.create_task(stage.send(stage.meeting_of(api), route=JOBS)) for api in apis]
        await until(lambda: all(api.runs for api in apis))
        gate.set()
        await asyncio.gather(*sent)
    assert [len(api.jobs.all) for api in apis] == [1, 1]
    assert not any(api.faults or api.refused for api in apis)


async def test_a_job_waits_for_its_server(apis: tuple[RunApi, RunApi]) -> None:
    """Also with one database: where its server dies the job is asked for, and made again, once that one is back."""
    one, other = RunApi(windows=False), apis[1]
    other.ids, other.jobs = one.ids, one.jobs
    one.otherwise = lambda _: Answer(after=asyncio.Event())
    async with AsyncExitStack() as life:
        await life.enter_async_context(one.listening())
        async with staged(one, other, shared=True, routes=(JOBS,)) as stage:
            sent = asyncio.create_task(stage.send(stage.meeting_of(one), route=JOBS))
            await until(lambda: bool(one.runs))
            await life.aclose()
            await until(lambda: stage.worker.parked())
            one.otherwise = lambda _: Answer()
            async with one.listening():
                await sent
    assert [job.status for job in one.jobs.all] == ["failed", "completed"]
    assert len(one.answered) == 1
    assert not other.runs


async def test_deleting_asks_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a meeting is deleted on every server, and not confirmed while one cannot be asked."""
    monkeypatch.setitem(forgetting.forget.__kwdefaults__, "settle_seconds", 0)
    asked: list[list[str]] = []

    async with AsyncExitStack() as stack:
        urls = []
        for _ in range(2):
            seen: list[str] = []
            asked.append(seen)

            async def answer(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[str] = seen
            ) -> None:
                seen.append((await reader.readline()).decode().split(" HTTP")[0])
                await reader.readuntil(b"\r\n\r\n")
                head = b"404 Not Found\r\ncontent-length: 2"
                if "/api/v1/flows/" in seen[-1]:
                    head = b"200 OK\r\ncontent-length: 2"
                body = b"[]" if b"200" in head else b"{}"
                if "/messages/session/" in seen[-1]:
                    head, body = b"204 No Content", b""
                writer.write(b"HTTP/1.1 " + head + b"\r\nconnection: close\r\n\r\n" + body)
                await writer.drain()
                writer.close()

            server = await stack.enter_async_context(await asyncio.start_server(answer, "127.0.0.1", 0))
            urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with open_servers(urls, ["k", "k"], ways=lambda to: to, proxy=lambda _: None) as servers:
            await servers.forget("m-1")
            asked_before = len(asked[0])
            await stack.aclose()
            with pytest.raises(LangflowAway):
                await servers.forget("m-1")
    assert asked[0][:asked_before] == asked[1][:asked_before]
    assert "DELETE /api/v1/monitor/messages/session/zoom-m-1" in asked[0]


@pytest.mark.parametrize("away", [(0,), (2,), (0, 1)])
async def test_deleting_asks_those_behind_one_that_is_away(away: tuple[int, ...]) -> None:
    """Each that is there deletes, whatever its place in the order; the error tells of all that have not."""
    urls = [f"http://127.0.0.{n}:9" for n in range(1, 4)]
    async with open_servers(urls, ["k"] * 3, ways=lambda to: to, proxy=lambda _: None) as servers:
        ordered, asked = [servers.all[n] for n in order("m-1", urls)], list[int]()

        for place, server in enumerate(ordered):

            async def forget(meeting_uuid: str, flows: Any, place: int = place) -> None:
                assert (meeting_uuid, flows) == ("m-1", ("f",))
                if place in away:
                    raise LangflowAway(f"nobody at {place}")
                asked.append(place)

            server.client.forget = forget  # type: ignore[method-assign]
        with pytest.raises(LangflowAway) as told:
            await servers.forget("m-1", ("f",))
    assert {*asked} | {*away} == {0, 1, 2}
    assert str(told.value) == "; ".join(f"nobody at {place}" for place in away)


async def test_two_paths_of_one_host() -> None:
    """Servers that a gateway tells apart by path alone share the meetings like others."""
    urls = ["https://gateway.example/one", "https://gateway.example/other"]
    async with open_servers(urls, ["", ""], ways=lambda to: to, proxy=lambda _: None) as servers:
        homes = {id(servers.home(f"m{n}")) for n in range(20)}
        assert len(homes) == 2
        assert servers.home("m1") is servers.home("m1")


async def test_behind_one_address(apis: tuple[RunApi, RunApi]) -> None:
    """Answers may come from any of the servers behind an address that have one database: runs, jobs and looks at them."""
    one, other = RunApi(windows=False), RunApi(windows=False)
    other.ids, other.jobs = one.ids, one.jobs
    backends = itertools.cycle((one, other))

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request to the next of them, as a proxy without stickiness does."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        body = await reader.readexactly(length)
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", next(backends).port)
        to_writer.write(head.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n") + body)
        writer.write(await to_reader.read())
        to_writer.close()
        writer.close()

    async with (
        one.listening(),
        other.listening(),
        await asyncio.start_server(forward, "127.0.0.1", 0) as proxy,
    ):
        front = RunApi(windows=False)
        front.port = proxy.sockets[0].getsockname()[1]
        routes = (ROUTE, JOBS.model_copy(update={"name": "j"}))
        async with staged(front, routes=routes) as stage:
            for seq in range(1, 5):
                await asyncio.gather(*(stage.send("m", seq, route) for route in routes))
    said = sorted(texts(one) + texts(other))
    assert said == sorted(f"Dana: m {seq}" for seq in range(1, 5) for _ in routes)
    assert all(api.answered for api in (one, other))
    assert not any(api.faults or api.refused for api in (one, other))


async def test_a_whole_meeting(tmp_path: Path) -> None:
    """A bridge with a list in LANGFLOW_URL: each word once per meeting, ``/readyz`` names who is away, metrics tell each."""
    one, other = RunApi(), RunApi(api_key="sk-other")
    async with other.listening():
        pass
    async with one.listening(), simulator() as zoom:
        journey = Journey(zoom, one, tmp_path / "bridge.db")
        journey.settings_changes = {
            "langflow_url": f"{one.url},{other.url}/",
            "langflow_api_key": f"{API_KEY}, sk-other",
        }
        async with (
            journey.bridge() as bridge,
            httpx.AsyncClient(
                base_url=bridge.admin_url, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
            ) as http,
        ):

            async def told() -> dict[str, Any]:
                found: dict[str, Any] = (await http.get("/readyz")).json()
                return found

            async def away() -> bool:
                return other.url in (await told())["checks"]["langflow"]

            await until(away)
            assert one.url not in (await told())["checks"]["langflow"]
            assert f'bridge_langflow_away{{langflow="{other.url}"}} 1.0' in (await http.get("/metrics")).text
            async with other.listening():
                outcomes = [
                    await journey.play(
                        bridge, meeting(12, title=f"talk {n}"), stream_id=f"s-{n}", meeting_uuid=uuid
                    )
                    for n, uuid in enumerate(_one_each(one.url, other.url))
                ]
                await journey.settled(bridge.store)
                metrics = (await http.get("/metrics")).text
                assert f'bridge_langflow_runs{{langflow="{one.url}"}} 0.0' in metrics
    for api, outcome in zip((one, other), outcomes, strict=True):
        live = [each["text"] for window in api.windows("live") for each in window["utterances"]]
        assert sorted(live) == sorted(line.text for line in outcome.delivered)
        assert len(api.windows("final")) == 1
        assert not api.faults


def _one_each(*urls: str) -> list[str]:
    """For each server a meeting that it has."""
    names = [f"uuid-{n}==" for n in range(40)]
    return [next(name for name in names if order(name, urls)[0] == n) for n in range(len(urls))]
