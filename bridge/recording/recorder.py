"""The recorder: takes sound and pictures of all streams, and writes them down in a thread of its own.

Whoever reads a socket only puts a packet into its stream's queue and never waits. A queue takes
:data:`MAX_QUEUED_BYTES`; what comes while it is full is dropped and counted, and where it was sound,
silence stands for it. What is said in the meeting does not pass through here.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from bridge.errors import ConfigurationError
from bridge.logs import places_of
from bridge.recording.disk import Disk
from bridge.recording.folder import Folder
from bridge.recording.naming import volume_of
from bridge.recording.payload import Unfit, UnfitError
from bridge.recording.volumes import own_volume, volumes
from bridge.tasks import beside, supervise, wait_for_either

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection
    from pathlib import Path

    from bridge.domain import MediaKind, Recording
    from bridge.rtms.media import Packet

SAVE_SECONDS: Final = 0.5
"""How often files are written: a crash loses at most that much."""
RETRY_SECONDS: Final = 60.0
"""After a file could not be written its stream is recorded on, in new ones, after so long."""
MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
"""Of each stream, in the wire's form: minutes of sound, and room for two of the largest pictures."""
MAX_PENDING_BYTES: Final = 16 * 1024 * 1024
"""Of each stream, in its files' form, before they are written in mid-turn."""

log = structlog.get_logger(__name__)


class RecordingStore(Protocol):
    """What the recorder needs of the store."""

    def put_recording(self, recording: Recording) -> None:
        """A file is new or has grown."""

    async def remove_recordings(self, stream_id: str, is_gone: Callable[[Recording], bool]) -> None:
        """Those of a stream's files are gone; returns when that is stored."""


class RecordingMetrics(Protocol):
    """What the recorder reports."""

    def packets_recorded(self, kind: str, count: int) -> None:
        """So many packets were written down."""

    def packets_dropped(self, kind: str, why: str, count: int) -> None:
        """So many packets were passed over."""


@dataclass(slots=True)
class _Queue:
    """What waits to be written of one stream."""

    packets: list[tuple[Packet, int]] = field(default_factory=list)
    """Each with its time of arrival, UTC milliseconds."""
    bytes: int = 0
    over: bool = False
    """Whether the stream has ended."""
    purged: asyncio.Future[None] | None = None
    """Set when what was recorded is deleted; there when that is wanted."""


@dataclass(slots=True)
class _Saved:
    """What came of one turn of the thread."""

    recordings: list[Recording] = field(default_factory=list)
    recorded: Counter[MediaKind] = field(default_factory=Counter)
    dropped: Counter[tuple[MediaKind, Unfit]] = field(default_factory=Counter)
    failed: dict[str, str] = field(default_factory=dict)
    """Why a stream's files could not be written, by stream id."""
    failed_again: dict[str, str] = field(default_factory=dict)
    """The same of streams of which that was so before."""
    mended: list[str] = field(default_factory=list)
    """Streams whose files can be written again."""


class Recorder:
    """Records any number of streams. Use :func:`open_recorder`."""

    def __init__(
        self,
        directory: Path,
        *,
        kinds: Collection[MediaKind],
        max_bytes: int,
        opus: bool,
        store: RecordingStore,
        metrics: RecordingMetrics,
        volume: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._directory = directory
        self._volume = volume
        self._kinds = kinds
        self._opus = opus
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._queues: dict[str, _Queue] = {}
        self._woken = asyncio.Event()
        self._closing = asyncio.Event()
        self._behind: set[str] = set()
        self._full = False
        # The thread's own:
        self._disk = Disk(directory, max_bytes, shared=bool(volume))
        self._folders: dict[str, Folder] = {}
        self._broken: dict[str, float] = {}
        """Streams whose files could not be written, each with when that is tried again."""

    def take(self, stream_id: str, packet: Packet) -> None:
        """Take a packet of a stream, or drop it where the disk is slower than the meeting. Never waits.

        A packet of a kind that is not to be recorded is none of ours.
        """
        if packet.kind not in self._kinds:
            return
        queue = self._queue(stream_id)
        if queue.bytes + len(packet.data) > MAX_QUEUED_BYTES:
            self._metrics.packets_dropped(packet.kind, Unfit.QUEUE_FULL, 1)
            if stream_id not in self._behind:
                self._behind.add(stream_id)
                log.warning("recording.behind", stream_id=stream_id)
            return
        queue.packets.append((packet, int(self._clock() * 1000)))
        queue.bytes += len(packet.data)

    def finish(self, stream_id: str) -> None:
        """Nothing more comes of a stream; its files are completed soon."""
        self._queue(stream_id).over = True

    async def purge(self, stream_id: str) -> None:
        """Delete everything that was recorded of a stream in this data folder, and what waits to be. Returns when it is gone.

        What lies in volumes of other bridges stays listed.

        Only while the recorder runs.

        Raises:
            OSError: Something cannot be deleted.
        """
        self._queues.pop(stream_id, None)
        queue = self._queue(stream_id)
        queue.purged = asyncio.get_running_loop().create_future()
        await queue.purged
        here = await asyncio.to_thread(volumes, self._directory)
        await self._store.remove_recordings(stream_id, lambda recording: volume_of(recording.path) in here)
        log.info("recording.purged", stream_id=stream_id)

    async def run(self) -> None:
        """Write what is taken until :meth:`close`, then complete every file."""
        with ThreadPoolExecutor(1, thread_name_prefix="recorder") as thread:
            while not self._closing.is_set():
                await self._woken.wait()
                with suppress(TimeoutError):
                    async with asyncio.timeout(SAVE_SECONDS):
                        await self._closing.wait()
                self._woken.clear()
                await self._turn(thread)
            for stream_id in self._folders:
                self.finish(stream_id)
            await self._turn(thread)

    async def _turn(self, thread: ThreadPoolExecutor) -> None:
        """Write down what waits."""
        queues, self._queues = self._queues, {}
        try:
            saved = await asyncio.get_running_loop().run_in_executor(thread, self._save, queues)
            self._report(queues, saved)
        finally:
            for queue in queues.values():
                if queue.purged is not None and not queue.purged.done():  # whoever waits for it tries again
                    queue.purged.set_exception(OSError("the recorder broke"))

    async def pause(self, seconds: float) -> None:
        """Wait for so long, or until :meth:`close`."""
        await wait_for_either(self._closing, seconds)

    def close(self) -> None:
        """Let :meth:`run` write the rest and return."""
        self._closing.set()
        self._woken.set()

    def _queue(self, stream_id: str) -> _Queue:
        self._woken.set()
        return self._queues.setdefault(stream_id, _Queue())

    def _report(self, queues: dict[str, _Queue], saved: _Saved) -> None:
        for recording in saved.recordings:
            self._store.put_recording(recording)
        for kind, count in saved.recorded.items():
            self._metrics.packets_recorded(kind, count)
        for (kind, why), count in saved.dropped.items():
            self._metrics.packets_dropped(kind, why, count)
        full = any(why is Unfit.DISK_FULL for _, why in saved.dropped)
        if full and not self._full:
            log.error(
                "recording.stopped", reason="BRIDGE_DATA_MAX_MB is reached; what is said is still taken"
            )
        if full or saved.recorded:
            self._full = full
        for stream_id, reason in saved.failed.items():
            log.error("recording.failed", stream_id=stream_id, reason=reason)
        for stream_id in saved.mended:
            log.info("recording.goes_on", stream_id=stream_id)
        failed = saved.failed | saved.failed_again
        for stream_id, queue in queues.items():
            if queue.bytes < MAX_QUEUED_BYTES // 2:
                self._behind.discard(stream_id)
            if queue.purged is not None and not queue.purged.done():
                if stream_id in failed:
                    queue.purged.set_exception(OSError(failed[stream_id]))
                else:
                    queue.purged.set_result(None)

    # In the thread

    def _save(self, queues: dict[str, _Queue]) -> _Saved:
        saved = _Saved()
        for stream_id, queue in queues.items():
            folder = self._folders.get(stream_id)
            if folder is None:
                folder = Folder(self._directory, stream_id, self._disk, opus=self._opus, volume=self._volume)
                self._folders[stream_id] = folder
            rests, listed, packets = self._rest_of(stream_id), len(saved.recordings), iter(queue.packets)
            try:
                if queue.purged is not None:
                    folder.delete()
                    self._disk.freed()
                for packet, arrived_ms in packets:
                    self._add(folder, packet, arrived_ms, saved, broken=rests)
                    if folder.pending_bytes > MAX_PENDING_BYTES:
                        saved.recordings += folder.save()
                if queue.over:
                    folder.finish()
                if not rests:
                    saved.recordings += folder.save()
                    if len(saved.recordings) > listed and self._broken.pop(stream_id, None) is not None:
                        saved.mended.append(stream_id)
            except OSError as error:
                self._break(stream_id, folder, error.strerror or type(error).__name__, saved)
            except Exception as error:  # the boundary of one stream's files
                self._break(stream_id, folder, "; ".join(places_of(error)), saved)
            saved.dropped.update((packet.kind, Unfit.DISK_FAILED) for packet, _ in packets)  # behind a fault
            if queue.over or queue.purged is not None:
                saved.recordings += folder.changed()  # what was written before a fault
                del self._folders[stream_id]
                self._broken.pop(stream_id, None)
        return saved

    def _rest_of(self, stream_id: str) -> bool:
        """Whether a stream's files are left alone, as they could not be written a moment ago."""
        return time.monotonic() < self._broken.get(stream_id, float("-inf"))

    def _break(self, stream_id: str, folder: Folder, why: str, saved: _Saved) -> None:
        """What was not written is lost, and what follows would not fit behind it: other files begin, later."""
        (saved.failed_again if stream_id in self._broken else saved.failed)[stream_id] = why
        self._broken[stream_id] = time.monotonic() + RETRY_SECONDS
        folder.leave()

    def _add(self, folder: Folder, packet: Packet, arrived_ms: int, saved: _Saved, *, broken: bool) -> None:
        try:
            if broken:
                raise UnfitError(Unfit.DISK_FAILED)
            folder.add(packet, arrived_ms)
        except UnfitError as error:
            saved.dropped[packet.kind, error.why] += 1
        else:
            saved.recorded[packet.kind] += 1


@asynccontextmanager
async def open_recorder(
    directory: Path,
    *,
    kinds: Collection[MediaKind],
    max_bytes: int,
    opus: bool,
    store: RecordingStore,
    metrics: RecordingMetrics,
    host: str = "",
) -> AsyncIterator[Recorder]:
    """A recorder that runs while the block does; at its end every file is complete.

    Args:
        directory: Where the files go, a folder for each stream; made where it is missing and needed.
        kinds: What is recorded; with none, the recorder is there for what has to be deleted.
        max_bytes: How much all files there may take.
        opus: Sound comes as Opus packets instead of samples.
        store: Keeps the list of files.
        metrics: Counts packets.
        host: What this bridge is called among those that share its store; empty where it has it to itself.

    Raises:
        ConfigurationError: The folder cannot be made.
    """
    volume = ""
    try:
        if kinds:
            await asyncio.to_thread(directory.mkdir, mode=0o700, parents=True, exist_ok=True)
            volume = await asyncio.to_thread(own_volume, directory, host) if host else ""
    except OSError as error:
        raise ConfigurationError(f"BRIDGE_DATA_DIR: cannot make {directory}: {error.strerror}.") from None
    recorder = Recorder(
        directory,
        kinds=kinds,
        max_bytes=max_bytes,
        opus=opus,
        store=store,
        metrics=metrics,
        volume=volume,
    )
    running = supervise(recorder.run, name="recorder", sleep=recorder.pause)
    async with beside(running, name="recorder", stop=recorder.close):
        yield recorder
