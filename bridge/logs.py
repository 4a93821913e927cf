"""Logging: one line per change of state, fields instead of sentences, never what people said.

A log that cannot be written (a full disk, a closed pipe, one that nobody reads) ends nothing and keeps nobody waiting: the
line is dropped and counted. What libraries log goes the same way, by its fixed words alone, once a minute for each kind: no stranger can fill a disk.
"""

from __future__ import annotations

import logging
import select
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Final, TextIO

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTE: Final = 60.0
_MOST_KINDS: Final = 200
_PIECE: Final = getattr(select, "PIPE_BUF", 512) // 10
"""Characters that a pipe takes at once where it takes any at all, however they are written: at most as ``\\U0001f600``."""

_OF_LIBRARIES: Final = ("httpx", "httpcore", "websockets", "uvicorn", "sqlalchemy", "aiohttp")
"""Who logs addresses or frames below a warning: neither may reach a log."""


class LineWriter:
    """Writes lines to a stream, those of several threads one behind the other; one that cannot be written is dropped and counted."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """``stream`` is standard error, as it is at each line, unless given."""
        self.dropped = 0
        """Lines that could not be written."""
        self._stream = stream
        self._torn = False
        """Whether the last line that was begun lacks its end."""
        self._turn = threading.RLock()  # what is collected as garbage in the middle of a line may log too

    def msg(self, line: str) -> None:
        """Write a line."""
        with self._turn:
            self._write(line)

    def _write(self, line: str) -> None:
        line = f"\n{line}\n" if self._torn else f"{line}\n"
        try:
            stream = self._stream or sys.stderr
            takes = _room_of(stream)
            for at in range(0, len(line), _PIECE):
                if not takes():
                    self.dropped += 1
                    return
                stream.write(line[at : at + _PIECE])
                self._torn = True
                stream.flush()
        except (OSError, ValueError, AttributeError):  # full, closed, of another alphabet, or none at all
            self.dropped += 1
        else:
            self._torn = False

    # structlog calls a logger's method by the level's name.
    log = debug = info = warn = warning = error = critical = fatal = exception = msg


def _room_of(stream: TextIO) -> Callable[[], bool]:
    """Tells whether a stream takes a piece at once: a pipe whose reader stands still would stop every meeting."""
    try:
        poll = select.poll()  # Windows has none
        poll.register(stream.fileno(), select.POLLOUT)
    except (OSError, AttributeError):
        return lambda: True
    return lambda: bool(poll.poll(0))


class Throttle:
    """Lets one of each kind pass in a while, and says how many it held back since. Pure but for its memory."""

    def __init__(self, seconds: float = MINUTE) -> None:
        self._seconds = seconds
        self._kinds: dict[object, tuple[float, int]] = {}

    def admit(self, kind: object, now: float) -> int | None:
        """How many of this kind were held back since the last that passed; ``None`` where this one is held back too."""
        if kind not in self._kinds and len(self._kinds) >= _MOST_KINDS:
            kind = "other"
        since, held_back = self._kinds.get(kind, (float("-inf"), 0))
        if now - since < self._seconds:
            self._kinds[kind] = (since, held_back + 1)
            return None
        self._kinds[kind] = (now, 0)
        return held_back


class LibraryLines(logging.Handler):
    """What libraries log, as lines of ours: their fixed words, not what they filled in, which may be anything."""

    def __init__(self, throttle: Throttle) -> None:
        super().__init__(logging.WARNING)
        self._throttle = throttle

    def emit(self, record: logging.LogRecord) -> None:
        """Tell of a record, unless its kind was told of a moment ago."""
        # A message without arguments was put together beforehand, and may hold anything.
        words = str(record.msg)[:200] if record.args else "a message"
        at = f"{record.module}:{record.lineno}"
        held_back = self._throttle.admit((record.name, at), time.monotonic())
        if held_back is None:
            return
        error = record.exc_info[1] if record.exc_info else None
        fields: dict[str, Any] = {"library": record.name, "words": words, "at": at}
        fields |= {"since_last": held_back + 1} if held_back else {}
        fields |= {"where": places_of(error)} if error else {}
        log = structlog.get_logger(__name__)
        (log.error if record.levelno >= logging.ERROR else log.warning)("library.says", **fields)


_LINES: Final = LineWriter()
"""Logs are one for the process, as standard error is."""


def dropped_lines() -> int:
    """Log lines that could not be written since the process started."""
    return _LINES.dropped


def configure_logs(*, json: bool, level: int = logging.INFO) -> None:
    """Send logs to standard error, as JSON for machines or aligned text for people."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr is not None and sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: _LINES,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[LibraryLines(Throttle())], level=logging.WARNING, force=True)
    for name in _OF_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def places_of(error: BaseException) -> list[str]:
    """Type and place of an error and of those inside it; never its words, which may quote a meeting."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    last = traceback.extract_tb(error.__traceback__)[-1:]
    places = [f"{type(error).__name__} in {frame.filename}:{frame.lineno}" for frame in last]
    return places + [place for each in inner for place in places_of(each)]
