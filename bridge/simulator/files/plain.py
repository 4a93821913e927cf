"""Text whose lines begin with names (``Name: words``), or that names nobody; with or without times. Pure.

Read so: what people type and paste, Markdown with it, and Google Meet's transcripts, which have time marks on lines of
their own. A line without a name goes on with the turn before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from bridge.simulator.files.clock import CLOCK, milliseconds
from bridge.simulator.files.names import HALF, Naming, naming_of
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


def read_plain(content: str) -> Parsed:
    """The turns of a file, with the speakers' names where its lines begin with names."""
    parsed = Parsed()
    lines = _lines(content.split("\n"), parsed)
    naming = naming_of_lines(lines)
    turn: Row | None = None
    clock = ""
    for place, line in enumerate(lines):
        time, clock = line.time or clock, ""
        found = naming.split(line.text) if naming else None
        if not line.text:
            clock = line.time
            parsed.marks.append(line.time)
            continue
        if line.time:
            parsed.marks.append(line.time)
        if found is not None:
            turn = _append(parsed, line, time, *found)
            parsed.marks.append(_without_end(line.text, found[1]))
        elif why := _why_left_out(lines, place, naming, begun=turn is not None):
            parsed.left_out.append(LeftOut(line=line.n, text=line.text, why=why))
            clock = time
        elif turn is None or time or not naming:
            turn = _append(parsed, line, time, turn.speaker if turn and naming else "", line.text)
        else:
            turn = _go_on(parsed, turn, line.text)
    parsed.rows = [row for row in parsed.rows if row.text]
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
    found = naming_of([line.text for line in said]) or naming_of([line.text for line in said if line.begins])
    for skipped in range(1, min(LONGEST_HEAD, len(said))):
        if found:
            break
        head, rest = said[:skipped], said[skipped:]
        if len(rest) > len(head) or _MEET.fullmatch(head[-1].text):
            found = naming_of([line.text for line in rest])
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


def _append(parsed: Parsed, line: _Line, time: str, speaker: str, words: str) -> Row:
    row = Row(
        line=line.n,
        text=" ".join(words.split()),
        speaker=speaker,
        start_ms=milliseconds(time) if time else None,
    )
    parsed.rows.append(row)
    return row


def _go_on(parsed: Parsed, turn: Row, words: str) -> Row:
    """The turn with one more line; it is the last one that was read."""
    text = " ".join(f"{turn.text} {words}".split())
    parsed.rows[-1] = Row(line=turn.line, text=text, speaker=turn.speaker, start_ms=turn.start_ms)
    return parsed.rows[-1]


def _why_left_out(lines: list[_Line], place: int, naming: Naming, *, begun: bool) -> str:
    if is_closing(lines[place].text):
        return "a closing line"
    if begun or not naming:
        return ""
    first = next(n for n in range(place, len(lines)) if naming.split(lines[n].text) is not None)
    apart = any(line.begins or not line.text for line in lines[place + 1 : first + 1])
    return "a line before the first speaker" if apart else ""


def _without_end(text: str, words: str) -> str:
    return (
        text[: len(text) - len(words)]
        if words and text.endswith(words)
        else text
        if not words
        else text.replace(words, "", 1)
    )


MARKDOWN: Final = re.compile(r"(?m)^(\s*(?:[-*+>]\s+)*)(\*\*|__|\*|_)(?=\S)([^*_\n]+?)(:?)\2(:?)")
"""A bold or slanted beginning of a line."""


def without_bold(content: str) -> str:
    """The text without the stars of Markdown around what lines begin with."""
    return MARKDOWN.sub(r"\1\3\4\5", content)
