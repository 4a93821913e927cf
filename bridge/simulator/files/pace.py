"""When each turn is said, where a file does not tell: at the pace at which people speak. Pure."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from bridge.simulator.files.clock import DAY_MS
from bridge.transcript.window import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bridge.simulator.files.rows import Row

WORDS_PER_SECOND: Final = 2.6
PAUSE_MS: Final = 250
"""Between two turns that follow each other."""
SHORTEST_MS: Final = 600
LATE_MS: Final = 3 * 3_600_000
"""A file whose first time is later than this has times of a clock on the wall."""


def speaking_ms(text: str) -> int:
    """How long it takes to say; in scripts without spaces two characters are a word."""
    return max(SHORTEST_MS, int(count_words(text) / WORDS_PER_SECOND * 1000))


def in_pieces(rows: Iterable[Row], longest: int) -> Iterator[Row]:
    """The same words in rows of at most ``longest`` characters, apart between words where there are any.

    The pieces of a row share its time by their lengths; where only its beginning is known, those behind the first have none.
    """
    for row in rows:
        texts = _pieces(row.text, longest)
        if len(texts) == 1:
            yield row
            continue
        start_ms, done, total = row.start_ms, 0, sum(map(len, texts))
        for text in texts:
            done += len(text)
            end_ms = None
            if row.start_ms is not None and row.end_ms is not None:
                end_ms = row.start_ms + (row.end_ms - row.start_ms) * done // total
            yield dataclasses.replace(row, text=text, start_ms=start_ms, end_ms=end_ms)
            start_ms = end_ms


def _pieces(text: str, longest: int) -> list[str]:
    pieces: list[str] = []
    at = 0
    while len(text) - at > longest:
        blank = text.rfind(" ", at + 1, at + longest + 1)
        end = blank if blank > at else at + longest
        pieces.append(text[at:end])
        at = end + (blank > at)
    return [*pieces, text[at:]]


def paced(rows: Sequence[Row], *, clock_of_day: bool) -> list[Row]:
    """The rows with all their times, in milliseconds from the meeting's start, in the order of the file.

    Rows between two times of the file follow each other, faster where they would not fit; where the file tells beginnings
    alone, nobody is over before somebody who began earlier, or stands earlier in the file. ``clock_of_day`` says that
    times are those of a wall clock, which begins anew at midnight.
    """
    rows = _from_start(rows, clock_of_day=clock_of_day)
    done: list[Row] = []
    at = 0
    for group in _groups(rows):
        first = group[0]
        start = at if first.start_ms is None else first.start_ms
        following = _next_start(rows, len(done) + len(group))
        lengths = [speaking_ms(row.text) for row in group]
        needed = sum(lengths) + PAUSE_MS * len(group)
        fits = 1.0 if following is None or following <= start else min(1.0, (following - start) / needed)
        for row, length in zip(group, lengths, strict=True):
            end = start + int(length * fits) if row.end_ms is None else row.end_ms
            done.append(dataclasses.replace(row, start_ms=start, end_ms=end))
            start = end + int(PAUSE_MS * fits)
        at = start
    latest = 0
    for n in sorted(range(len(done)), key=lambda n: done[n].start_ms or 0):
        if rows[n].end_ms is None:
            latest = max(latest, done[n].end_ms or 0)
            done[n] = dataclasses.replace(done[n], end_ms=latest)
    return done


def _groups(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows up to the next one with a time of its own."""
    group: list[Row] = []
    for row in rows:
        if group and row.start_ms is not None:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _next_start(rows: Sequence[Row], place: int) -> int | None:
    return rows[place].start_ms if place < len(rows) else None


def _from_start(rows: Sequence[Row], *, clock_of_day: bool) -> list[Row]:
    """Times of a wall clock made into times from the start, over midnight too."""
    timed = [row.start_ms for row in rows if row.start_ms is not None]
    if not timed or not (clock_of_day or timed[0] >= LATE_MS) or any(row.end_ms is not None for row in rows):
        return list(rows)
    began, days, before = timed[0], 0, timed[0]
    moved: list[Row] = []
    for row in rows:
        if row.start_ms is None:
            moved.append(row)
            continue
        if row.start_ms < before - DAY_MS // 2:
            days += 1
        before = row.start_ms
        moved.append(dataclasses.replace(row, start_ms=max(0, row.start_ms - began + days * DAY_MS)))
    return moved
