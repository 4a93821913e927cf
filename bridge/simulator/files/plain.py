"""Text whose lines begin with names (``Name: words``), or that names nobody; with or without times. Pure.

Read so: what people type and paste, Markdown with it, and Google Meet's transcripts, which have time marks on lines of
their own. A line without a name goes on with the turn before it.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import Final

from bridge.simulator.files.clock import CLOCK, milliseconds
from bridge.simulator.files.names import HALF, Naming, naming_of, split_head
from bridge.simulator.files.rows import LeftOut, Parsed, Row
from bridge.simulator.files.turns import is_closing

_BULLET = re.compile(r"\s*(?:[-*+>•–]\s+)+")
_HEADING = re.compile(r"\s*#{1,6}\s+\S.*")
_TIME_ALONE = re.compile(rf"\s*[(\[]?({CLOCK})[)\]]?\s*")
_BRACKETED_FIRST = re.compile(rf"\s*[(\[]({CLOCK})[)\]]\s*[-–—:]?\s*(\S.*)")
_BARE_FIRST = re.compile(rf"\s*({CLOCK})\s*[-–—]?\s+(\S.*)")
_BEHIND_NAME = re.compile(rf"([^:：]+?)\s*[(\[]({CLOCK})[)\]]\s*([:：].*)")
_MEET = re.compile(r"\s*(?:Attendees|Transcript|.* [-–] Transcript)\s*")
LONGEST_HEAD: Final = 12
"""Lines of a title, a date, a list of people before the first turn."""


@dataclass(slots=True, kw_only=True)
class _Line:
    """A line that is not empty, without its time."""

    n: int
    text: str
    time: str = ""
    begins: bool = True
    """Whether an empty line stands above."""
    bare: str = field(default="", repr=False)
    """Its time where no brackets tell that it is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What one says, line by line."""

    n: int
    speaker: str
    time: str
    pieces: list[str]


def read_plain(content: str) -> Parsed:
    """The turns of a file, with the speakers' names where its lines begin with names."""
    parsed = Parsed()
    lines = _lines(content.split("\n"), parsed)
    naming = naming_of_lines(lines)
    heads = [naming.split(line.text) if naming else None for line in lines]
    first = next((n for n, head in enumerate(heads) if head), 0)
    apart = max((n for n, line in enumerate(lines[: first + 1]) if line.begins or not line.text), default=0)
    turns: list[_Turn] = []
    clock = ""
    for place, (line, found) in enumerate(zip(lines, heads, strict=True)):
        time, clock = line.time or clock, ""
        if not line.text:
            clock = line.time
            parsed.marks.append(line.time)
            continue
        if line.time:
            parsed.marks.append(line.time)
        if found is not None:
            speaker, words = found
            turns.append(_Turn(n=line.n, speaker=speaker, time=time, pieces=[words]))
            parsed.marks.append(_without_end(line.text, words))
        elif why := _why_left_out(line.text, before=not turns and place < apart):
            parsed.left_out.append(LeftOut(line=line.n, text=line.text, why=why))
            clock = time
        elif not turns or time or not naming:
            speaker = turns[-1].speaker if turns and naming else ""
            turns.append(_Turn(n=line.n, speaker=speaker, time=time, pieces=[line.text]))
        else:
            turns[-1].pieces.append(line.text)
    parsed.rows = [row for turn in turns if (row := _row(turn)).text]
    return parsed


def count_named(content: str) -> int:
    """How many lines begin with a name, by what the file is as a whole."""
    lines = _lines(content.split("\n"), Parsed())
    naming = naming_of_lines(lines)
    return sum(naming.split(line.text) is not None for line in lines) if naming else 0


def is_meet(content: str) -> bool:
    """Whether it has the head that Google Meet writes."""
    return any(_MEET.fullmatch(line) for line in content.split("\n")[:LONGEST_HEAD])


def naming_of_lines(lines: list[_Line]) -> Naming:
    """Whether lines begin with names: all of them, those that begin a paragraph, or all behind a head."""
    said = [line for line in lines if line.text and not is_closing(line.text)]
    naming = functools.partial(naming_of, split=functools.cache(split_head))
    found = naming([line.text for line in said]) or naming([line.text for line in said if line.begins])
    for skipped in range(1, min(LONGEST_HEAD, len(said))):
        if found:
            break
        head, rest = said[:skipped], said[skipped:]
        if len(rest) > len(head) or _MEET.fullmatch(head[-1].text):
            found = naming([line.text for line in rest])
    return found


def _lines(texts: list[str], parsed: Parsed) -> list[_Line]:
    """Lines with something on them, times taken off; headings of Markdown are left out."""
    lines: list[_Line] = []
    begins = True
    for n, text in enumerate(texts, start=1):
        if _HEADING.fullmatch(text):
            parsed.left_out.append(LeftOut(line=n, text=text, why="a heading"))
        elif text.strip():
            lines.append(_line(n, text, begins=begins))
        begins = not text.strip() or bool(_HEADING.fullmatch(text))
    return _with_bare_times(lines)


def _line(n: int, text: str, *, begins: bool) -> _Line:
    text = _BULLET.sub("", text, count=1) if _BULLET.match(text) else text.strip()
    if alone := _TIME_ALONE.fullmatch(text):
        return _Line(n=n, text="", time=alone[1], begins=begins)
    if found := _BRACKETED_FIRST.fullmatch(text):
        return _Line(n=n, text=found[2], time=found[1], begins=begins)
    if found := _BEHIND_NAME.fullmatch(text):
        return _Line(n=n, text=found[1] + found[3], time=found[2], begins=begins)
    bare = _BARE_FIRST.fullmatch(text)
    return _Line(n=n, text=text, begins=begins, bare=bare[1] if bare else "")


def _with_bare_times(lines: list[_Line]) -> list[_Line]:
    """Take times without brackets for times where most lines begin with one; else they are words ("10:30 works")."""
    if sum(bool(line.bare) for line in lines) > HALF * len(lines):
        for line in lines:
            if line.bare and (found := _BARE_FIRST.fullmatch(line.text)):
                line.time, line.text = found[1], found[2]
    return lines


def _row(turn: _Turn) -> Row:
    return Row(
        line=turn.n,
        text=" ".join(" ".join(turn.pieces).split()),
        speaker=turn.speaker,
        start_ms=milliseconds(turn.time) if turn.time else None,
    )


def _why_left_out(text: str, *, before: bool) -> str:
    if is_closing(text):
        return "a closing line"
    return "a line before the first speaker" if before else ""


def _without_end(text: str, words: str) -> str:
    return text.removesuffix(words) if text.endswith(words) else text.replace(words, "", 1)


MARKDOWN: Final = re.compile(
    r"(?m)^([^\S\n]*(?:[-*+>][^\S\n]+)*)"
    r"(?:(\*\*?)(?=\S)([^*_\n]+?)(?<!\s)\2|(__?)(?=\S)([^*_\n]+?)(?:(?<=[:：])\4|\4(?=[:：])))"
)
"""A bold or slanted beginning of a line. With low lines it is a name's, which has a colon: programs have ``__init__``."""


def without_bold(content: str) -> str:
    """The text without the stars of Markdown around what lines begin with."""
    return MARKDOWN.sub(r"\1\3\5", content)
