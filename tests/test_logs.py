from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import os
import threading
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.logs import LibraryLines, LineWriter, Throttle, configure_logs, dropped_lines

if TYPE_CHECKING:
    from collections.abc import Iterator


class Full(io.StringIO):
    """A disk without room."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture
def _quiet_again() -> Iterator[None]:
    """Whatever is configured here does not reach other tests."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [Full(), closed(), io.TextIOWrapper(io.BytesIO(), "ascii")])
def test_a_log_that_cannot_be_written(stream: io.TextIOBase) -> None:
    """A full disk, a closed pipe and an alphabet that lacks a letter cost a line each, which is counted."""
    writer = LineWriter(stream)  # type: ignore[arg-type]
    writer.msg("Gerät")
    writer.warning("Gerät")
    assert writer.dropped == 2


async def test_a_pipe_that_nobody_reads() -> None:
    """Whoever reads the log stands still: the bridge does not. Lines are dropped, and none is glued to another."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as lines, os.fdopen(writing, "w") as pipe:
        writer = LineWriter(pipe)

        def write() -> None:
            for n in range(300):
                writer.msg(f"{n:3} {'x' * 1000}")

        task = asyncio.create_task(asyncio.to_thread(write))
        done, _ = await asyncio.wait({task}, timeout=20)
        os.set_blocking(reading, False)
        written = os.read(reading, 1_000_000).decode()
        writer.msg("after")
        written += os.read(reading, 1_000_000).decode()
        assert done, "it waits for the reader"
        assert lines.fileno() == reading
    *whole, last = written.splitlines()
    assert last == "after"
    assert writer.dropped > 0
    assert [int(line[:3]) for line in whole if len(line) == 1004] == list(range(300 - writer.dropped))


class Slow(io.StringIO):
    """Lets other threads on behind each piece."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._together = threading.Barrier(threads)

    def flush(self) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._together.wait(timeout=0.1)  # nobody comes where threads take turns


def test_threads_that_log_at_once() -> None:
    """Their lines come one behind the other, each of them whole."""
    stream = Slow(2)
    writer = LineWriter(stream)
    lines = [letter * 1000 for letter in "ab"]
    threads = [threading.Thread(target=writer.msg, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stream.getvalue().splitlines()) == lines


class Breaking(io.StringIO):
    """Takes a piece, and fails with the next one for once."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = 0

    def write(self, text: str) -> int:
        self._pieces += 1
        if self._pieces == 2:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_a_line_that_breaks_off() -> None:
    """What comes behind it is a line of its own."""
    stream = Breaking()
    writer = LineWriter(stream)
    writer.msg("x" * 1000)
    writer.msg("after")
    writer.msg("last")
    assert stream.getvalue().splitlines()[1:] == ["after", "last"]
    assert writer.dropped == 1


class Logging(io.StringIO):
    """Something is collected in the middle of a line, and logs."""

    writer: LineWriter | None = None

    def flush(self) -> None:
        writer, self.writer = self.writer, None
        if writer:
            writer.msg("inside")


def test_a_line_in_the_middle_of_another() -> None:
    """Who logs while the same thread writes a line is kept waiting for nothing, and both are told."""
    stream = Logging()
    stream.writer = writer = LineWriter(stream)
    writing = threading.Thread(target=writer.msg, args=("x" * 1000,), daemon=True)
    writing.start()
    writing.join(timeout=20)
    assert not writing.is_alive()
    assert "inside" in stream.getvalue().splitlines()


def test_lines() -> None:
    """A line that can be written is written at once."""
    stream = io.StringIO()
    writer = LineWriter(stream)
    writer.info("one")
    assert (stream.getvalue(), writer.dropped) == ("one\n", 0)


@pytest.mark.usefixtures("_quiet_again")
def test_what_is_dropped_is_counted_for_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Logging on goes on when standard error is gone, and the number of lines that were lost is known."""
    configure_logs(json=True)
    before = dropped_lines()
    for stream in (Full(), None):
        monkeypatch.setattr("sys.stderr", stream)
        structlog.get_logger("x").info("bridge.started")
    assert dropped_lines() == before + 2


def test_throttle() -> None:
    """One of a kind passes in a minute; the next that passes tells how many did not; kinds do not hide each other."""
    throttle = Throttle()
    assert throttle.admit("a", 0.0) == 0
    assert [throttle.admit("a", 0.1 * n) for n in range(1, 500)] == [None] * 499
    assert throttle.admit("b", 1.0) == 0
    assert throttle.admit("a", 60.0) == 499
    assert throttle.admit("a", 119.9) is None
    assert throttle.admit("a", 121.0) == 1


def test_throttle_of_many_kinds() -> None:
    """Somebody who makes up kinds is told of as one."""
    throttle = Throttle()
    passed = sum(throttle.admit(n, 0.0) is not None for n in range(10_000))
    assert passed <= 201


@pytest.mark.usefixtures("_quiet_again")
def test_what_libraries_log(capsys: pytest.CaptureFixture[str]) -> None:
    """A library's warning is one line a minute, with its fixed words and none of what was filled in."""
    configure_logs(json=True)
    logging.getLogger().handlers[:] = [LibraryLines(Throttle())]
    for n in range(1000):
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request received from %s", f"s3cret-{n}")
        logging.getLogger("asyncio").error(f"put together with s3cret-{n}")  # noqa: G004 - as libraries do
    try:
        raise ValueError("s3cret")
    except ValueError:
        logging.getLogger("asyncio").exception("broke in %s", "s3cret")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["library"], line["words"]) for line in lines] == [
        ("uvicorn.error", "Invalid HTTP request received from %s"),
        ("asyncio", "a message"),
        ("asyncio", "broke in %s"),
    ]
    assert "ValueError in " in lines[-1]["where"][0]
    assert "s3cret" not in json.dumps(lines)
