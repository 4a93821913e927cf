"""A process group ends as a whole."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.demo.process_group import ProcessGroup
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

# A parent that forks one child, tells both ids and then stays; the child is deaf to SIGTERM on request.
_FAMILY = """
import os, signal, sys
child = os.fork()
if child == 0:
    if "deaf" in sys.argv:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        signal.pause()
print("family", os.getpid(), child, flush=True)
while True:
    signal.pause()
"""


@pytest.fixture
def family(tmp_path: Path) -> Callable[..., ProcessGroup]:
    """Starts a group of two processes."""
    (tmp_path / "family.py").write_text(_FAMILY)

    def start(*arguments: str) -> ProcessGroup:
        return ProcessGroup(
            "family",
            *arguments,
            directory=tmp_path,
            environment={**os.environ, "PYTHONPATH": str(tmp_path)},
            log_file=tmp_path / "log",
        )

    return start


async def members(log: Path) -> list[int]:
    """Ids of both processes, once they run."""
    word, *ids = (
        await until(lambda: log.exists() and log.read_text().endswith("\n") and log.read_text())
    ).split()
    assert word == "family"
    return [int(id_) for id_ in ids]


def lives(process_id: int) -> bool:
    """Whether a process runs; one that ended and was not collected does not."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


async def test_stop_ends_every_process(family: Callable[..., ProcessGroup], tmp_path: Path) -> None:
    """After a stop neither the leader nor what it started is there."""
    group = family()
    ids = await members(tmp_path / "log")
    assert group.alive
    assert all(map(lives, ids))

    await group.stop()

    assert not group.alive
    await until(lambda: not any(map(lives, ids)))


async def test_stop_kills_who_does_not_listen(
    family: Callable[..., ProcessGroup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that ignores the request to end is killed after the time allowed."""
    monkeypatch.setattr("bridge.demo.process_group.STOP_SECONDS", 0.5)
    group = family("deaf")
    ids = await members(tmp_path / "log")

    await group.stop()

    await until(lambda: not any(map(lives, ids)))


async def test_a_leader_that_dies_leaves_the_group_alive(
    family: Callable[..., ProcessGroup], tmp_path: Path
) -> None:
    """The group counts as alive while any of its processes is, and can still be ended."""
    group = family()
    leader, child = await members(tmp_path / "log")
    os.kill(leader, signal.SIGKILL)
    await until(lambda: not lives(leader))
    assert group.alive

    await group.kill()

    await until(lambda: not lives(child))


async def test_the_group_ends_with_its_parent(tmp_path: Path) -> None:
    """A parent that is killed, and so can clean up nothing, leaves no process behind."""
    (tmp_path / "family.py").write_text(_FAMILY)
    program = f"""
import os, pathlib, signal
from bridge.demo.process_group import ProcessGroup
folder = pathlib.Path({str(tmp_path)!r})
group = ProcessGroup("family", directory=folder, environment={{**os.environ, "PYTHONPATH": str(folder)}}, log_file=folder / "log")
while True:
    signal.pause()
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    try:
        ids = await members(tmp_path / "log")
        assert all(map(lives, ids))
    finally:
        parent.kill()
        await parent.wait()

    await until(lambda: not any(map(lives, ids)))


async def test_stopping_twice_is_harmless(family: Callable[..., ProcessGroup], tmp_path: Path) -> None:
    """A group that has ended stays ended."""
    group = family()
    await members(tmp_path / "log")
    await group.stop()

    await group.stop()

    assert not group.alive
