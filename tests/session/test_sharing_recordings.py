"""Two bridges on one PostgreSQL with a data folder each: who has a file is told, and a deletion reaches it."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.rtms.messages import MediaType
from tests.fakes.journey import Journey, meeting, simulator
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.app import Bridge
    from bridge.domain import Recording
    from bridge.simulator.outcome import Outcome

SPOKEN = meeting(20, every_ms=500)
SPEED = 20


class Pair:
    """Both, each in a life of its own."""

    def __init__(self, journey: Journey, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._journey, self._folder, self._monkeypatch = journey, folder, monkeypatch
        self._lives: dict[str, AsyncExitStack] = {}
        self.bridges: dict[str, Bridge] = {}

    def data(self, host: str) -> Path:
        """Where a bridge records."""
        return self._folder / host

    async def begin(self, host: str) -> Bridge:
        """Start a bridge on a host."""
        self._monkeypatch.setattr("socket.gethostname", lambda: host)
        self.data(host).mkdir(exist_ok=True)
        self._journey.settings_changes["bridge_data_dir"] = str(self.data(host))
        self._lives[host] = AsyncExitStack()
        self.bridges[host] = await self._lives[host].enter_async_context(self._journey.bridge())
        return self.bridges[host]

    async def end(self, host: str) -> None:
        """Stop it."""
        del self.bridges[host]
        await self._lives.pop(host).aclose()

    async def recorded(self) -> tuple[Outcome, Recording, str, str]:
        """A meeting that is over with its one recording, the host that has it, and the other."""
        first = next(iter(self.bridges.values()))
        outcome = await self._journey.play(first, SPOKEN, speed=SPEED)
        await self._journey.settled(first.store)

        async def listed() -> list[Recording]:
            await first.store.flush()
            return [each for each in await first.store.recordings(outcome.stream_id) if each.bytes]

        (recording,) = await until(listed)
        (has_it,) = [host for host in self.bridges if (self.data(host) / recording.path).exists()]
        (has_not,) = self.bridges.keys() - {has_it}
        return outcome, recording, has_it, has_not


@pytest.fixture
async def bridges(
    journey: Journey, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pair]:
    monkeypatch.setattr("bridge.recording.recorder.SAVE_SECONDS", 0.02)
    monkeypatch.setattr("bridge.session.deletion.FIRST_PAUSE_SECONDS", 0.05)
    granted = MediaType.TRANSCRIPT | MediaType.AUDIO
    async with simulator(granted=granted, keep_alive_seconds=0.15) as zoom:
        listening = Journey(zoom, journey.api, tmp_path / "unused.db")
        listening.settings_changes = {"bridge_record": "audio", "bridge_store_url": postgres_url}
        pair = Pair(listening, tmp_path, monkeypatch)
        await pair.begin("north.example")
        await pair.begin("south.example")
        try:
            yield pair
        finally:
            for host in list(pair.bridges):
                await pair.end(host)


@asynccontextmanager
async def admin(bridge: Bridge) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as client:
        yield client


async def test_who_has_a_recording_is_told(bridges: Pair) -> None:
    """The listing and the page of either bridge name the host, the file comes from its own, and the other says where it is."""
    outcome, recording, has_it, has_not = await bridges.recorded()
    of_stream = f"/api/streams/{outcome.stream_id}/recordings"
    for host in (has_it, has_not):
        async with admin(bridges.bridges[host]) as client:
            (listed,) = (await client.get(of_stream)).json()
            assert (listed["bridge"], listed["here"]) == (has_it, host == has_it)
            answer = await client.get(f"{of_stream}/{recording.name}")
            page = await client.get(f"/meetings/{outcome.stream_id}/delete")
            assert f"1 recording of sound and pictures, on {has_it}" in page.text
        if host == has_it:
            assert answer.content == (bridges.data(host) / recording.path).read_bytes()
        else:
            assert answer.status_code == 421
            assert has_it in answer.json()["detail"]


async def test_a_deletion_reaches_the_other_data_folder(bridges: Pair) -> None:
    """Asked of the bridge that has no file, it is over once the other one has deleted its own."""
    outcome, recording, has_it, has_not = await bridges.recorded()
    store = bridges.bridges[has_not].store
    await bridges.bridges[has_not].deletions.forget(outcome.meeting_uuid, "somebody asked for it")

    async def is_over() -> bool:
        return not await store.deletions()

    await until(is_over)
    assert await store.recordings(outcome.stream_id) == []
    assert not (bridges.data(has_it) / recording.path).exists()


@pytest.mark.parametrize("mended_by", ["coming back", "telling that it is lost"])
async def test_a_deletion_waits_for_a_data_folder_that_is_away(
    bridges: Pair, monkeypatch: pytest.MonkeyPatch, mended_by: str
) -> None:
    """Words go at once, names of who was recorded too; the deletion is not confirmed while there may be a file."""
    monkeypatch.setattr("bridge.session.deletion.ELSEWHERE_LOOKS", 2)
    outcome, recording, has_it, has_not = await bridges.recorded()
    await bridges.end(has_it)
    left = bridges.bridges[has_not]
    await left.deletions.forget(outcome.meeting_uuid, "kept for 30 days")
    volume = recording.path.partition("/")[0]

    async def refused() -> bool:
        return any(volume in each.error for each in await left.store.deletions())

    await until(refused)
    assert await left.store.utterances(outcome.stream_id) == []
    assert [each.speaker for each in await left.store.recordings(outcome.stream_id)] == [""]
    if mended_by == "coming back":
        await bridges.begin(has_it)
    else:
        (bridges.data(has_not) / volume).mkdir()

    async def is_over() -> bool:
        return not await left.store.deletions()

    await until(is_over)
    assert await left.store.recordings(outcome.stream_id) == []
    assert (bridges.data(has_it) / recording.path).exists() is (mended_by != "coming back")
