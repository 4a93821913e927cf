"""A file that takes the writes that memory should not hold, in order, and survives the process.

One line of JSON for each: number, operation, table, values, conditions. What is no such line, because a dying
process did not finish it, is passed over. Numbers never go back, so whatever was committed in the meantime is known by the
database's mark and skipped. Its methods block: they are called in a thread, by one task at a time.
"""

from __future__ import annotations

import json
import os
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from bridge.store.query import Op, Write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CHUNK_BYTES: Final = 4 * 1024 * 1024
"""How much of the file is in memory at a time."""

Numbered = tuple[int, Write]


class Spill:
    """The file at a path; it is empty, or not there, while nothing is spilled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        """Writes that are in the file and not taken yet."""
        self.last = 0
        """The number of the newest write in it."""
        self.torn = False
        """Whether an earlier process left a line that it had not finished, which is gone."""
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

    def append(self, writes: Sequence[Numbered]) -> None:
        """Add writes behind the others: all of them, or none where the disk does not take them.

        Raises:
            OSError: The file cannot be written.
        """
        if not writes:
            return
        text = "".join(_line(number, write) for number, write in writes).encode()
        file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(file, "wb", buffering=0) as lines:
            lines.truncate(self._end)
            lines.seek(self._end)
            view = memoryview(text)
            while view:
                view = view[lines.write(view) :]
        self._end += len(text)
        self.rows += len(writes)
        self.last = writes[-1][0]

    def peek(self, limit: int) -> list[Numbered]:
        """The oldest writes, as many as fit into memory at once but no more than ``limit``."""
        if not self._chunk and self.rows:
            self._fill()
        return [self._chunk[n][0] for n in range(min(limit, len(self._chunk)))]

    def drop(self, through: int) -> int:
        """Take away the writes up to a number; gives how many. The file is emptied with the last of them."""
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
        if not self.rows and self._end:
            self._at = self._end = self._read_to = 0
            os.truncate(self.path, 0)
        return dropped

    def _fill(self) -> None:
        with self.path.open("rb") as lines:
            lines.seek(self._read_to)
            while self._read_to < self._end and self._read_to - self._at < CHUNK_BYTES:
                line = lines.readline()
                self._read_to += len(line)
                if (found := _parsed(line)) is not None:
                    self._chunk.append((found, self._read_to))
                elif not line:
                    break
        if not self._chunk:  # somebody has cut the file
            self.torn, self.rows, self._read_to = True, 0, self._end


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
