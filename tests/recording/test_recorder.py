from __future__ import annotations

import asyncio
import os
import threading
import wave
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from bridge.domain import MediaKind
from bridge.errors import ConfigurationError
from bridge.recording import recorder as module
from bridge.recording.folder import Folder
from bridge.recording.recorder import Recorder, open_recorder
from tests.fakes.waiting import until
from tests.recording.packets import LOUD, T0, packet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from bridge.domain import Recording
    from bridge.rtms.media import Packet

MB = 1024 * 1024


@dataclass
class Books:
    """What the recorder told the store and the metrics."""

    listed: dict[tuple[str, str], Recording] = field(default_factory=dict)
    recorded: Counter[str] = field(default_factory=Counter)
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def put_recording(self, recording: Recording) -> None:
        self.listed[recording.stream_id, recording.name] = recording

    async def remove_recordings(self, stream_id: str, is_gone: Callable[[Recording], bool]) -> None:
        self.listed = {
            key: each for key, each in self.listed.items() if key[0] != stream_id or not is_gone(each)
        }

    def packets_recorded(self, kind: str, count: int) -> None:
        self.recorded[kind] += count

    def packets_dropped(self, kind: str, why: str, count: int) -> None:
        self.dropped[kind, why] += count


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAVE_SECONDS", 0.005)


@pytest.fixture
def books() -> Books:
    return Books()


@asynccontextmanager
async def recording(
    root: Path, books: Books, *, kinds: tuple[MediaKind, ...] = tuple(MediaKind), max_bytes: int = 100 * MB
) -> AsyncIterator[Recorder]:
    async with open_recorder(
        root, kinds=kinds, max_bytes=max_bytes, opus=False, store=books, metrics=books
    ) as running:
        yield running


def samples(root: Path, one: Recording) -> bytes:
    with wave.open(str(root / one.path)) as opened:
        return opened.readframes(opened.getnframes())


async def test_everything_taken_is_written(tmp_path: Path, books: Books) -> None:
    """Every packet of every stream is in its file when the recorder has closed, and the files are listed."""
    root = tmp_path / "deep" / "data"
    async with recording(root, books) as recorder:
        for n in range(100):
            for stream_id in ("a", "b"):
                recorder.take(stream_id, packet(at_ms=T0 + 20 * n))
            if n % 10 == 0:
                await asyncio.sleep(0)
    assert books.recorded == {"audio": 200}
    assert not books.dropped
    assert sorted(key[0] for key in books.listed) == ["a", "b"]
    for each in books.listed.values():
        assert samples(root, each) == LOUD * 100


async def test_files_are_right_while_they_grow(tmp_path: Path, books: Books) -> None:
    """A file can be opened in the middle of a meeting: a crash would leave it like that."""
    async with recording(tmp_path, books) as recorder:
        for n in range(5):
            recorder.take("a", packet(at_ms=T0 + 20 * n))
            await until(lambda n=n: books.recorded["audio"] == n + 1)
            (one,) = books.listed.values()
            assert samples(tmp_path, one) == LOUD * (n + 1)


async def test_other_kinds_are_not_recorded(tmp_path: Path, books: Books) -> None:
    """What only a route wants to see is not written down."""
    async with recording(tmp_path, books, kinds=(MediaKind.AUDIO,)) as recorder:
        recorder.take("a", packet(b"\xff\xd8\xff", kind=MediaKind.SHARE))
    assert not books.listed
    assert not os.listdir(tmp_path)


async def test_a_slow_disk_drops_packets_and_holds_up_nobody(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the disk hangs, a queue takes so much; the rest is dropped, counted, told once, and silence in the file."""
    gate, waiting = threading.Event(), threading.Event()
    save = Folder.save

    def slow(self: Folder) -> list[Recording]:
        waiting.set()
        gate.wait(60)
        return save(self)

    monkeypatch.setattr(Folder, "save", slow)
    monkeypatch.setattr(module, "MAX_QUEUED_BYTES", 10 * len(packet().data))
    async with recording(tmp_path, books) as recorder:
        recorder.take("a", packet())
        await until(waiting.is_set)
        with structlog.testing.capture_logs() as logs:
            for n in range(1, 31):
                recorder.take("a", packet(at_ms=T0 + 20 * n))
        assert books.dropped == {("audio", "queue full"): 20}
        gate.set()
        await until(lambda: books.recorded["audio"] == 11)
        recorder.take("a", packet(at_ms=T0 + 20 * 31))
    (one,) = books.listed.values()
    assert samples(tmp_path, one) == LOUD * 11 + bytes(20 * len(LOUD)) + LOUD
    assert [log["event"] for log in logs] == ["recording.behind"]


async def test_a_busy_stream_leaves_others_their_room(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stream has a queue of its own."""
    monkeypatch.setattr(module, "MAX_QUEUED_BYTES", 10 * len(packet().data))
    async with recording(tmp_path, books) as recorder:
        for n in range(30):
            recorder.take("busy", packet(at_ms=T0 + 20 * n))
        recorder.take("quiet", packet())
    assert books.dropped.total() == 20
    assert {key[0] for key in books.listed} == {"busy", "quiet"}


async def test_the_limit_stops_recording_and_says_so_once(tmp_path: Path, books: Books) -> None:
    """When the recordings take what they may, nothing more is written; files stay right."""
    with structlog.testing.capture_logs() as logs:
        async with recording(tmp_path, books, max_bytes=20_000) as recorder:
            for n in range(100):
                recorder.take("a", packet(at_ms=T0 + 20 * n))
                await asyncio.sleep(0.001 * (n % 10 == 0))
    (one,) = books.listed.values()
    written = books.recorded["audio"]
    assert samples(tmp_path, one) == LOUD * written
    assert one.bytes <= 20_000
    assert books.dropped == {("audio", "disk full"): 100 - written}
    assert [log["event"] for log in logs] == ["recording.stopped"]


async def test_hostile_packets_are_counted(tmp_path: Path, books: Books) -> None:
    """Packets that hold nonsense are passed over with their reason, and the others recorded."""
    async with recording(tmp_path, books) as recorder:
        for bad in (packet(data="!"), packet(length=1), packet(b"\x01"), packet(b"x", kind=MediaKind.SHARE)):
            recorder.take("a", bad)
        recorder.take("a", packet())
    assert books.dropped == {
        ("audio", "undecodable"): 2,
        ("audio", "malformed"): 1,
        ("share", "malformed"): 1,
    }
    (one,) = books.listed.values()
    assert samples(tmp_path, one) == LOUD


async def test_purging_leaves_nothing(tmp_path: Path, books: Books) -> None:
    """What was written, what waits to be, and the listing are gone when it returns; other streams go on."""
    async with recording(tmp_path, books) as recorder:
        for stream_id in ("revoked", "kept"):
            recorder.take(stream_id, packet())
        await until(lambda: books.recorded["audio"] == 2)
        recorder.take("revoked", packet(at_ms=T0 + 20))
        await recorder.purge("revoked")

        assert {key[0] for key in books.listed} == {"kept"}
        assert os.listdir(tmp_path) == ["kept"]
        recorder.take("kept", packet(at_ms=T0 + 20))
    (one,) = books.listed.values()
    assert samples(tmp_path, one) == LOUD * 2


async def test_purging_what_an_earlier_process_wrote(tmp_path: Path, books: Books) -> None:
    """A stream that this process has never seen is deleted like any other."""
    async with recording(tmp_path, books) as recorder:
        recorder.take("a", packet())
    async with recording(tmp_path, books) as recorder:
        await recorder.purge("a")
        await recorder.purge("nobody")
    assert not books.listed
    assert not os.listdir(tmp_path)


async def test_a_finished_stream_is_forgotten(tmp_path: Path, books: Books) -> None:
    """After its end a stream takes no memory, and its files are complete."""
    async with recording(tmp_path, books) as recorder:
        recorder.take("a", packet())
        recorder.finish("a")
        await until(lambda: books.recorded["audio"] == 1)
        assert not recorder._folders
        assert not recorder._queues


async def test_a_broken_disk_costs_the_recording_only(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream whose file cannot be written is dropped and told of once; the next one is tried again."""
    (tmp_path / "a").write_bytes(b"in the way")
    with structlog.testing.capture_logs() as logs:
        async with recording(tmp_path, books) as recorder:
            recorder.take("a", packet())
            await until(lambda: logs)
            recorder.take("a", packet(at_ms=T0 + 20))
            recorder.take("b", packet())
    assert [(log["event"], log["stream_id"]) for log in logs] == [("recording.failed", "a")]
    assert books.dropped == {("audio", "disk failed"): 1}
    assert [key[0] for key in books.listed] == ["b"]


async def test_a_disk_that_was_full_for_a_while(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream is recorded on in a new file once its files can be written again; both are told once."""
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.0)
    save, full = Folder.save, [OSError(28, "No space left on device")] * 3

    def saved(self: Folder) -> list[Recording]:
        if full:
            raise full.pop()
        return save(self)

    monkeypatch.setattr(Folder, "save", saved)
    with structlog.testing.capture_logs() as logs:
        async with recording(tmp_path, books) as recorder:
            for n in range(3):
                recorder.take("a", packet(at_ms=T0 + 20 * n))
                await until(lambda n=n: len(full) == 2 - n)
            recorder.take("a", packet(at_ms=T0 + 60))
            await until(lambda: books.listed)
    assert [log["event"] for log in logs] == ["recording.failed", "recording.goes_on"]
    (one,) = books.listed.values()
    assert samples(tmp_path, one) == LOUD
    assert one.from_ms == T0 + 60


async def test_a_stream_that_ends_behind_a_fault(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written before the disk took no more is listed, though the files are left alone by then."""
    grow, writes = Folder._grow, 0

    def full_at_the_second(self: Folder, *args: Any, **options: Any) -> None:
        nonlocal writes
        writes += 1
        if writes == 2:
            raise OSError(28, "No space left on device")
        grow(self, *args, **options)

    monkeypatch.setattr(Folder, "_grow", full_at_the_second)
    async with recording(tmp_path, books) as recorder:
        recorder.take("a", packet(user_id="1"))
        recorder.take("a", packet(user_id="2"))
        await until(lambda: writes == 2)
        recorder.finish("a")
        await until(lambda: books.listed)
    (one,) = books.listed.values()
    assert (one.user_id, samples(tmp_path, one)) == ("1", LOUD)


async def test_silence_is_written_before_it_fills_memory(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small packets with minutes between them bring megabytes each; a fault in mid-turn counts what is left as dropped."""
    monkeypatch.setattr(module, "MAX_PENDING_BYTES", 1000)
    add, save, most, room = Folder.add, Folder.save, 0, 10

    def added(self: Folder, *args: Any) -> None:
        nonlocal most
        add(self, *args)
        most = max(most, self.pending_bytes)

    def saved(self: Folder) -> list[Recording]:
        nonlocal room
        room -= 1
        if room < 0:
            raise OSError(28, "No space left on device")
        return save(self)

    monkeypatch.setattr(Folder, "add", added)
    monkeypatch.setattr(Folder, "save", saved)
    second = 32_000
    async with recording(tmp_path, books) as recorder:
        for n in range(20):
            recorder.take("a", packet(b"\1\0", at_ms=T0 + 1000 * n))
        await until(lambda: books.dropped)
    assert second <= most < 1.5 * second
    assert books.recorded == {"audio": 12}
    assert books.dropped == {("audio", "disk failed"): 8}
    (one,) = books.listed.values()
    assert one.bytes == (tmp_path / one.path).stat().st_size > 9 * second


async def test_a_purge_that_fails_says_so(
    tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where something cannot be deleted, whoever asked for it learns that."""

    def refuses(self: Folder) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Folder, "delete", refuses)
    async with recording(tmp_path, books) as recorder:
        recorder.take("a", packet())
        await until(lambda: books.listed)
        with pytest.raises(OSError, match="Permission denied"):
            await recorder.purge("a")
    assert books.listed


async def test_a_folder_that_cannot_be_made(tmp_path: Path, books: Books) -> None:
    """The operator is told which setting is wrong."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="BRIDGE_DATA_DIR"):
        async with recording(tmp_path / "file" / "data", books):
            pass


async def test_one_streams_files_break(tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody expected of one stream's files ends its recording alone; the log tells the place."""
    add = Folder.add

    def breaks(self: Folder, each: Packet, arrived_ms: int) -> None:
        if self._stream_id == "poison":
            raise ValueError("Dana's own words")
        add(self, each, arrived_ms)

    monkeypatch.setattr(Folder, "add", breaks)
    with structlog.testing.capture_logs() as logs:
        async with recording(tmp_path, books) as recorder:
            recorder.take("poison", packet(LOUD))
            await until(lambda: logs)
            recorder.take("fine", packet(LOUD))
    assert {stream_id for stream_id, _ in books.listed} == {"fine"}
    assert "ValueError in" in repr(logs)
    assert "Dana" not in repr(logs)


async def test_the_recorder_breaks(tmp_path: Path, books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder that breaks ends nobody else, tells whoever waits for a deletion, and completes its files at the end."""
    monkeypatch.setattr("bridge.tasks.FIRST_PAUSE_SECONDS", 0.01)
    save, broken = Recorder._save, []

    def breaks(self: Recorder, queues: dict[str, Any]) -> Any:
        if not broken:
            broken.append(queues)
            raise LookupError
        return save(self, queues)

    monkeypatch.setattr(Recorder, "_save", breaks)
    async with recording(tmp_path, books) as recorder:
        with pytest.raises(OSError, match="broke"):
            await recorder.purge("a")
        recorder.take("b", packet(LOUD))
    assert {stream_id for stream_id, _ in books.listed} == {"b"}
