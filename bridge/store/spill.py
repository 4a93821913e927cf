"""A file that takes the writes that memory should not hold, in order, and survives the process.

One line of JSON for each: number, operation, table, values, conditions. What is no such line, because a dying
process did not finish it, is passed over. Numbers never go back, so whatever was committed in the meantime is known by the
database's mark and skipped. Its methods block: they are called in a thread, by one task at a time.

The file may be taken away or cut at any time, as programs do that tidy up folders for temporary files: what was read of it
goes back into a new one, and the rest is told as lost.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections import deque
from typing import TYPE_CHECKING, Any, Final

import structlog

from bridge.store.query import Op, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CHUNK_BYTES: Final = 4 * 1024 * 1024
"""How much of the file is in memory at a time."""

Numbered = tuple[int, Write]

log = structlog.get_logger(__name__)


class Spill:
    """The file at a path; it is not there while nothing is spilled."""

    def __init__(self, path: Path, *, is_ours: Callable[[], bool] = lambda: True) -> None:
        """``is_ours`` tells whether nobody else can have the path by now."""
        self.path = path
        self.rows = 0
        """Writes that are in the file and not taken yet."""
        self.last = 0
        """The number of the newest write in it."""
        self.torn = False
        """Whether an earlier process left a line that it had not finished, which is gone."""
        self._is_ours = is_ours
        self._at = 0
        self._end = 0
        self._read_to = 0
        self._chunk: deque[tuple[Numbered, int]] = deque()

    @property
    def bytes(self) -> int:
        """What of the file is not taken yet."""
        return self._end - self._at

    def open(self) -> None:
        """Count what an earlier process left."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        with os.fdopen(file, "rb+") as lines:
            if os.fstat(file).st_uid != os.getuid():
                raise PermissionError(f"{self.path} is somebody else's")
            os.fchmod(file, 0o600)
            for line in lines:
                if (found := _parsed(line)) is None:
                    self.torn = True
                else:
                    self.rows += 1
                    self.last = max(self.last, found[0])
                if line.endswith(b"\n"):
                    self._end += len(line)
        if not self.rows:
            self._remove()

    def append(self, writes: Sequence[Numbered]) -> None:
        """Add writes behind the others: all of them, or none where the disk does not take them.

        Raises:
            OSError: The file cannot be written.
        """
        if not writes:
            return
        if not self._is_ours():
            raise PermissionError(f"{self.path} is another bridge's by now")
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb", buffering=0) as lines:
            is_cut = os.fstat(file).st_size < self._end
            left = [numbered for numbered, _ in self._chunk] if is_cut else []
            text = "".join(_line(number, write) for number, write in (*left, *writes)).encode()
            at = 0 if is_cut else self._end
            lines.truncate(at)
            lines.seek(at)
            view = memoryview(text)
            while view:
                view = view[lines.write(view) :]
        if is_cut:
            self._lost(but=len(left))
        self._end = at + len(text)
        self.rows += len(left) + len(writes)
        self.last = writes[-1][0]

    def peek(self, limit: int) -> list[Numbered]:
        """The oldest writes, as many as fit into memory at once but no more than ``limit``."""
        if not self._chunk and self.rows:
            self._fill()
        return [self._chunk[n][0] for n in range(min(limit, len(self._chunk)))]

    def drop(self, through: int) -> int:
        """Take away the writes up to a number; gives how many. The file goes with the last of them.

        Raises:
            OSError: The file cannot be read, which it is for a number beyond those that were peeked at.
        """
        dropped = 0
        while self.rows:
            if not self._chunk:
                self._fill()
                continue
            (number, _), end = self._chunk[0]
            if number > through:
                break
            self._chunk.popleft()
            self._at = end
            self.rows -= 1
            dropped += 1
            if number == through:
                break
        if not self.rows and self._end:
            self._remove()
        return dropped

    def _remove(self) -> None:
        self._at = self._end = self._read_to = 0
        if not self._is_ours():
            return
        with contextlib.suppress(OSError):  # what stays is written over, and known by the database's mark
            self.path.unlink()

    def _lost(self, *, but: int) -> None:
        """Somebody has cut the file, or taken it away; so much of what it held was read before."""
        if self.rows > but:
            log.error("store.spill_lost", rows=self.rows - but)
        self._chunk.clear()
        self.rows = self._at = self._end = self._read_to = 0

    def _fill(self) -> None:
        try:
            if not self._is_ours():
                raise FileNotFoundError
            lines = self.path.open("rb")
        except FileNotFoundError:
            self._lost(but=0)
            return
        with lines:
            lines.seek(self._read_to)
            while self._read_to < self._end and self._read_to - self._at < CHUNK_BYTES:
                line = lines.readline()
                self._read_to += len(line)
                if (found := _parsed(line)) is not None:
                    self._chunk.append((found, self._read_to))
                elif not line:
                    break
        if not self._chunk:
            self._lost(but=0)


def _line(number: int, write: Write) -> str:
    # Escapes instead of characters: half an emoji has no bytes, and has to come back as it was.
    # What is neither text nor number becomes something that no database takes, as it would have been refused itself.
    line = [number, write.op.value, write.table, dict(write.values), write.where]
    return json.dumps(line, default=lambda value: {"unfit": type(value).__name__}) + "\n"


def _parsed(line: bytes) -> Numbered | None:
    if not line.endswith(b"\n"):
        return None
    try:
        number, op, table, values, where = json.loads(line)
        conditions = tuple((column, test, _value(value)) for column, test, value in where)
        return int(number), Write(Op(op), table, values, conditions)
    except (ValueError, TypeError):
        return None


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
