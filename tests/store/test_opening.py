"""Who has the store, and what a URL leads to."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sys
import threading
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog
from sqlalchemy import make_url

from bridge.errors import StoreError, StoreInUse
from bridge.store import opening
from bridge.store.lock import FileLock
from bridge.store.place import Place, keep_place, left, take_place
from bridge.store.query import Op, Write, of_stream
from bridge.store.spill import Spill
from bridge.store.store import open_store
from bridge.tasks import beside
from tests.fakes.waiting import until
from tests.store.values import utterance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOLDER = """
import asyncio, sys
import structlog
from bridge.store.store import open_store
from tests.store.values import utterance
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
async def main():
    async with open_store(sys.argv[1]) as store:
        store.add_utterance(utterance(1))
        await store.flush()
        print("open", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        store.add_utterance(utterance(2))
asyncio.run(main())
"""


@asynccontextmanager
async def another_bridge(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process that has the store, until it reads a line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLDER,
        url,
        cwd=Path(__file__).parents[2],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 100) == b"open\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture(params=["sqlite", "postgres"])
def lasting_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store is that several processes can reach."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}"


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """A file, which one bridge has to itself."""
    return f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}"


async def test_one_owner(file_url: str) -> None:
    """A second bridge on the same file is refused in a sentence, in this process as in another."""
    async with open_store(file_url):
        with pytest.raises(StoreInUse, match="another bridge"):
            async with open_store(file_url):
                raise AssertionError("opened")
    async with another_bridge(file_url):
        with pytest.raises(StoreInUse, match="End it first"):
            async with open_store(file_url):
                raise AssertionError("opened")


async def test_hand_over(file_url: str) -> None:
    """Who waits has the store as soon as the other has ended, with all that it wrote at its end; it is told once."""
    told: list[None] = []
    async with another_bridge(file_url) as other:

        def end_it() -> None:
            told.append(None)
            assert other.stdin is not None
            other.stdin.write(b"end\n")

        async with open_store(file_url, wait_seconds=100, on_wait=end_it) as store:
            assert [each.n for each in await store.utterances("s")] == [1, 2]
    assert told == [None]


async def test_a_killed_owner(lasting_url: str) -> None:
    """A bridge that was killed leaves no lock behind."""
    async with another_bridge(lasting_url) as other:
        other.kill()
        await other.wait()
        async with open_store(lasting_url, wait_seconds=100) as store:
            assert await store.utterances("s") == [utterance(1)]


@pytest.mark.parametrize(
    "url", ["sqlite+aiosqlite:///{}/a.db", "sqlite:///{}/a.db", "memory://", "sqlite:///:memory:"]
)
async def test_spellings(url: str, tmp_path: Path) -> None:
    """A store is found by each spelling of its URL, that of 0.2 included."""
    async with open_store(url.format(tmp_path)) as store:
        assert await store.check() == ""


@pytest.mark.parametrize(
    "url",
    [
        "mysql://host/name", "no url", "", "sqlite://zoom.db", "sqlite://", "sqlite:///", "postgresql://me@db:port/x",
        "postgresql://me:s3cr@et@db/x",
    ],
)  # fmt: skip
async def test_no_such_store(url: str) -> None:
    """A URL that leads to no store is the operator's to mend."""
    with pytest.raises(StoreError, match="BRIDGE_STORE_URL"):
        async with open_store(url):
            raise AssertionError("opened")


async def test_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL has a driver of its own, which has to be installed."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(
        StoreError, match=r"^BRIDGE_STORE_URL needs a package that is not installed: pip install asyncpg\.$"
    ):
        async with open_store("postgresql+asyncpg://127.0.0.1/bridge"):
            raise AssertionError("opened")


async def test_no_server(tmp_path: Path) -> None:
    """A server that does not answer is told, without the password."""
    with pytest.raises(StoreError, match="cannot be opened") as refused:
        async with open_store(f"postgresql://user:hunter2@/name?host={tmp_path}"):
            raise AssertionError("opened")
    assert "hunter2" not in str(refused.value)


async def test_an_opening_that_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its thread still migrates the file, nobody else gets it: the lock goes with the thread's end."""
    path = tmp_path / "bridge.db"
    migrates, go_on = threading.Event(), threading.Event()
    migrate = opening.migrate_sqlite

    def slowly(file: Path, **named: bool) -> None:
        migrates.set()
        go_on.wait(30)
        migrate(file, **named)

    async def given_up() -> None:
        async with open_store(f"sqlite:///{path}"):
            pass

    monkeypatch.setattr(opening, "migrate_sqlite", slowly)
    one = asyncio.create_task(given_up())
    await asyncio.to_thread(migrates.wait, 30)
    one.cancel()
    another = FileLock(path.with_name("bridge.db.lock"))
    assert await asyncio.to_thread(another.take)
    go_on.set()
    await asyncio.wait({one})
    assert one.cancelled()
    assert not await asyncio.to_thread(another.take)
    another.release()


async def test_nothing_is_left_behind(lasting_url: str, tmp_path: Path) -> None:
    """A bridge that ends in good order takes away the files that only it needed."""
    folder = tmp_path / "places"
    folder.mkdir()
    async with open_store(lasting_url, folder=folder) as store:
        store.add_utterance(utterance(1))
        await store.flush()
    assert os.listdir(folder) == []
    assert {*os.listdir(tmp_path)} <= {"bridge.db", "places"}


async def test_a_lock_that_is_taken_away_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who locks a file that the one before has just taken away has locked nothing, and takes another."""
    path = tmp_path / "lock"
    earlier, later = FileLock(path), FileLock(path)
    assert earlier.take() == ""
    flock = fcntl.flock

    def at_that_moment(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        earlier.release()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", at_that_moment)
    assert later.take() == ""
    assert FileLock(path).take() != ""
    later.release()
    assert not path.exists()


def test_a_lock_that_is_a_link(tmp_path: Path) -> None:
    """It is not followed to a file that would be cut."""
    (tmp_path / "target").write_text("kept")
    (tmp_path / "lock").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic links"):
        FileLock(tmp_path / "lock").take()
    assert (tmp_path / "target").read_text() == "kept"


@pytest.mark.parametrize("suffix", ["", ".lock", ".replica"])
def test_a_place_of_another_user(tmp_path: Path, suffix: str) -> None:
    """A place of which anything is somebody else's, or a link, is passed over: it keeps nobody from starting."""
    spills = [tmp_path / "1.spill", tmp_path / "2.spill"]
    (tmp_path / "others").write_text("x")
    (tmp_path / f"1.spill{suffix}").symlink_to(tmp_path / "others")
    place = take_place(spills)
    assert place.spill == spills[1]
    place.release(leave=True)


def test_a_place_that_is_tidied_away(tmp_path: Path) -> None:
    """Whose lock is gone takes it again, with what is spilled there; where another bridge was faster, each has what it says."""
    spills = [tmp_path / "1.spill", tmp_path / "2.spill"]
    place = take_place(spills)
    place.note("first")
    spill = Spill(place.spill, is_ours=place.is_ours)
    said = [(n, Write(Op.DELETE, "gaps", {}, of_stream(f"s{n}"))) for n in range(1, 4)]
    spill.append(said[:1])
    (tmp_path / "1.spill.lock").unlink()
    spill.append(said[1:2])
    assert spill.peek(9) == said[:2]
    other = take_place(spills)
    assert (other.spill, other.life) == (spills[1], "")
    other.release(leave=True)

    for path in tmp_path.iterdir():
        path.unlink()
    other = take_place(spills)
    assert other.spill == spills[0]
    other.note("second")
    theirs = Spill(other.spill, is_ours=other.is_ours)
    theirs.append(said[2:])
    with pytest.raises(OSError, match="another bridge's"):
        spill.append(said[1:2])
    assert (spill.drop(2), place.keep()) == (2, False)
    place.release(leave=True)
    assert theirs.peek(9) == said[2:]
    assert sorted(os.listdir(tmp_path)) == ["1.spill", "1.spill.lock", "1.spill.replica"]
    other.release(leave=False)
    assert take_place(spills).life == "second"


async def test_a_place_is_kept_young(tmp_path: Path) -> None:
    """Programs that tidy up take what was not touched for days; a place that is another's by now is told once."""
    place = take_place([tmp_path / "1.spill"])
    place.note("life")
    old = [tmp_path / "1.spill.lock", tmp_path / "1.spill.replica"]
    for path in old:
        os.utime(path, (1, 1))
    with structlog.testing.capture_logs() as logs:
        async with beside(keep_place(place, every_seconds=0.01), name="place"):
            await until(lambda: all(path.stat().st_mtime > 1 for path in old))
            old[0].unlink()
            place.lock.release()
            await until(lambda: bool(logs))
            assert not place.keep()
    assert [log["event"] for log in logs] == ["store.place_lost"]


async def test_a_store_in_a_place(postgres_url: str, tmp_path: Path) -> None:
    """It keeps its place, and spills nothing into one that another bridge has by now."""
    async with open_store(postgres_url, folder=tmp_path) as store:
        assert "store place" in {task.get_name() for task in asyncio.all_tasks()}
        [lock] = await asyncio.to_thread(lambda: [*tmp_path.glob("*.lock")])
        await asyncio.to_thread(lock.unlink)
        other = FileLock(lock)
        assert other.take() == ""
        store.add_utterance(utterance(1))
        with structlog.testing.capture_logs() as logs:
            assert not await store._backlog.spill()
        assert [log["event"] for log in logs] == ["store.not_spilled"]
        await store.flush()
        assert await store.utterances("s") == [utterance(1)]
    assert lock.exists()
    other.release()


async def test_a_full_disk_beside_a_server(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge begins all the same where its place cannot be noted."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Place, "note", full)
    with structlog.testing.capture_logs() as logs:
        async with open_store(postgres_url, folder=tmp_path) as store:
            store.add_utterance(utterance(1))
            await store.flush()
    assert [log["event"] for log in logs] == ["store.place_not_noted"]


async def test_what_was_spilled_for_another_database(postgres_url: str, tmp_path: Path) -> None:
    """A database that has another address now has another spill file: one that is left is told, unless somebody has it."""
    other, taken = tmp_path / "zoom-bridge-0a.spill", tmp_path / "zoom-bridge-0b.spill"
    for path in (other, taken):
        path.write_text("[]")
    lock = FileLock(tmp_path / "zoom-bridge-0b.spill.lock")
    assert lock.take() == ""
    with structlog.testing.capture_logs() as logs:
        async with open_store(postgres_url, folder=tmp_path):
            pass
    lock.release()
    [told] = [log for log in logs if log["event"] == "store.spilled_elsewhere"]
    assert told["files"] == [str(other)]


def test_a_look_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot look at what else was left gives up the place that it had taken."""

    def broken(_: object) -> list[Path]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(opening, "left", broken)
    with pytest.raises(OSError, match="Input/output"):
        opening._take_place([tmp_path / "1.spill"])
    take_place([tmp_path / "1.spill"]).release(leave=True)


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ("postgresql+asyncpg://me:other@db:1/bridge?sslmode=require&password=x", True),
        ("postgresql://me@db:2/bridge", False),
        ("postgresql://me@db:1/bridge?options=-csearch_path%3Dmine", False),
    ],
)
def test_a_database_has_its_places(tmp_path: Path, changed: str, same: bool) -> None:
    """They are the same however its URL is spelled and secured."""
    first = opening._places(make_url("postgresql://me:s3cret@db:1/bridge"), tmp_path)
    assert (opening._places(make_url(changed), tmp_path) == first) is same


def test_a_spill_file_that_goes_at_that_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has it takes it away once it is empty, also while another one looks for a place."""
    monkeypatch.setattr(Path, "exists", lambda _: True)
    spills = [tmp_path / "1.spill", tmp_path / "2.spill"]
    place = take_place(spills)
    assert (place.spill, left(spills)) == (spills[0], [])
    place.release(leave=True)


def test_what_another_user_has_left(tmp_path: Path) -> None:
    """It is no business of this one, and keeps nobody from starting."""
    spill, lock = tmp_path / "1.spill", tmp_path / "1.spill.lock"
    spill.write_text("[]")
    assert left([spill]) == [spill]
    lock.symlink_to(spill)
    assert left([spill]) == []
