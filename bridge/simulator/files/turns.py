"""Transcripts in which a line of its own, or the beginning of one, tells who speaks, and often when. Pure.

All of them have one grammar: a *mark* begins a turn, and what follows is its words, down to the next mark. They differ
in how a mark looks; :data:`MARKS` is the table. What products write was taken from files that people posted and from
the products' help pages: Zoom's saved captions and chats, Teams' documents, Otter's and Webex' text exports.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.domain import Source
from bridge.simulator.files.clock import CLOCK, milliseconds
from bridge.simulator.files.names import clean_name, is_name_like, is_plausible
from bridge.simulator.files.rows import LeftOut, Parsed, Row

if TYPE_CHECKING:
    from collections.abc import Callable

_BRACKET = re.compile(rf"\s*\[(.+)\]\s+({CLOCK})\s*")
_CHAT = re.compile(
    rf"\s*(?:\d{{4}}-\d\d-\d\d\s+)?({CLOCK})[ \t]+From[ \t]+(.+?)(?:[ \t]+to[ \t]+(.+?))?[ \t]*:(?:[ \t]+(.*)|)",
    re.IGNORECASE,
)
_CLOUD_CHAT = re.compile(rf"({CLOCK})\t([^\t]+?):?\t(.*)")
_NAME_AND_TIME = re.compile(rf"\s*(\S.*?)(?:[ \t]{{2,}}|\t|[ \t]+)[(\[]?({CLOCK})[)\]]?\s*")
_TIME_AND_NAME = re.compile(rf"\s*[(\[]?({CLOCK})[)\]]?[ \t]+(\S.*?)\s*")
_SPELT_TIME = re.compile(rf"\s*(?:\d+ hours? ?)?(?:\d+ minutes? ?)?(?:\d+ seconds?)?\s*({CLOCK})\s*")
_SPELT = re.compile(r"\s*\d+ (?:hour|minute|second)s?\b.*")
_REACTION = re.compile(r"\s*(?:Reacted to|Removed a\b.*\breaction from)\b.*", re.IGNORECASE)
_REPLY = re.compile(r"\s*Replying to\s+[\"“].*[\"”:…]?\s*", re.IGNORECASE)
_CLOSING = re.compile(
    r"\s*(?:Transcribed by https?://\S*|(?:Meeting|Transcription|Transcript) ended (?:after|at)\b.*"
    r"|This editable transcript was computer generated\b.*)\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The beginning of a turn."""

    speaker: str
    time: str
    words: str = ""
    """What stands on the same line and is said."""
    lines: int = 1
    """How many lines it takes."""


def zoom_caption(lines: list[str], n: int) -> Mark | None:
    """``[Name] 13:32:23``: Zoom's ``meeting_saved_closed_caption.txt``."""
    found = _BRACKET.fullmatch(lines[n])
    return Mark(speaker=clean_name(found[1]), time=found[2]) if found else None


def zoom_chat(lines: list[str], n: int) -> Mark | None:
    """``13:32:23 From Name to Everyone:``, words behind it or below; or a cloud recording's ``00:03:11<tab>Name:<tab>words``."""
    if found := _CHAT.fullmatch(lines[n]):
        return Mark(speaker=clean_name(found[2]), time=found[1], words=(found[4] or "").strip())
    if found := _CLOUD_CHAT.fullmatch(lines[n]):
        return Mark(speaker=clean_name(found[2]), time=found[1], words=found[3].strip())
    return None


def teams_stream(lines: list[str], n: int) -> Mark | None:
    """A line with the name, and below it ``1 minute 9 seconds1:09``: what Teams shows beside a recording."""
    if n + 1 >= len(lines) or not _SPELT.fullmatch(lines[n + 1]) or not _begins(lines, n):
        return None
    found = _SPELT_TIME.fullmatch(lines[n + 1])
    name = clean_name(lines[n])
    return Mark(speaker=name, time=found[1], lines=2) if found and is_plausible(name) else None


def name_and_time(lines: list[str], n: int) -> Mark | None:
    """``Name  0:03`` above the words: Otter, Teams' documents, Webex, Rev."""
    return _header(lines, n, _NAME_AND_TIME.fullmatch(lines[n]), name=1, time=2)


def time_and_name(lines: list[str], n: int) -> Mark | None:
    """``0:03 Name`` above the words."""
    return _header(lines, n, _TIME_AND_NAME.fullmatch(lines[n]), name=2, time=1)


def _header(lines: list[str], n: int, found: re.Match[str] | None, *, name: int, time: int) -> Mark | None:
    """A mark that fills its line, has an empty one above (or nothing) and words below."""
    if found is None or not _begins(lines, n) or n + 1 >= len(lines) or not lines[n + 1].strip():
        return None
    speaker = clean_name(found[name]).rstrip(" :,|-–—")
    return Mark(speaker=speaker, time=found[time]) if is_plausible(speaker) else None


def _begins(lines: list[str], n: int) -> bool:
    return bool(lines[n].strip()) and (n == 0 or not lines[n - 1].strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A form of which each turn begins with a mark."""

    name: str
    mark: Callable[[list[str], int], Mark | None]
    clock_of_day: bool = False
    source: Source = Source.SPEECH


MARKED: Final = (
    Marked(name="a Zoom caption file", mark=zoom_caption, clock_of_day=True),
    Marked(name="a Zoom chat file", mark=zoom_chat, clock_of_day=True, source=Source.CHAT),
    Marked(name="a Teams transcript", mark=teams_stream),
    Marked(name="a transcript of names and times", mark=name_and_time),
    Marked(name="a transcript of times and names", mark=time_and_name),
)


def count_marks(form: Marked, lines: list[str]) -> int:
    """How many turns the lines have by this form; 0 where most of what it takes for names are none."""
    marks = [mark for n in range(len(lines)) if (mark := form.mark(lines, n)) is not None]
    counts = Counter(mark.speaker for mark in marks)
    names = sum(counts[mark.speaker] > 1 or is_name_like(mark.speaker) for mark in marks)
    return len(marks) if names > len(marks) / 2 else 0


def read_marked(form: Marked, content: str) -> Parsed:
    """The turns of a file; lines before the first one, closing lines, reactions and quotes of replies are left out."""
    lines = content.split("\n")
    parsed = Parsed(clock_of_day=form.clock_of_day)
    mark: Mark | None = None
    began, said, n = 0, [""], 0
    while n < len(lines):
        if (found := form.mark(lines, n)) is not None:
            _close(form, parsed, mark, began, said)
            mark, began, said = found, n + 1, [found.words]
            structure = "\n".join(lines[n : n + found.lines])
            parsed.marks.append(_without_last(structure, found.words))
            n += found.lines
            continue
        if lines[n].strip():
            if why := _why_left_out(form, lines[n], begun=mark is not None):
                parsed.left_out.append(LeftOut(line=n + 1, text=lines[n], why=why))
            else:
                said.append(lines[n])
        n += 1
    _close(form, parsed, mark, began, said)
    return parsed


def _why_left_out(form: Marked, line: str, *, begun: bool) -> str:
    if not begun:
        return "a line before the first speaker"
    if is_closing(line):
        return "a closing line"
    if form.source is Source.CHAT and _REACTION.fullmatch(line):
        return "a reaction"
    if form.source is Source.CHAT and _REPLY.fullmatch(line):
        return "a quote of the message that is answered"
    return ""


def is_closing(line: str) -> bool:
    """Whether a product says with this line that the transcript is over."""
    return bool(_CLOSING.fullmatch(line))


def _close(form: Marked, parsed: Parsed, mark: Mark | None, began: int, said: list[str]) -> None:
    """Put a turn into ``parsed`` now that the next one begins."""
    if mark is None:
        return
    words = said[0]
    if form.source is Source.CHAT and words and (_REACTION.fullmatch(words) or _REPLY.fullmatch(words)):
        parsed.left_out.append(LeftOut(line=began, text=words, why=_why_left_out(form, words, begun=True)))
        said = ["", *said[1:]]
    if text := " ".join(" ".join(said).split()):
        start_ms = milliseconds(mark.time)
        parsed.rows.append(
            Row(line=began, text=text, speaker=mark.speaker, start_ms=start_ms, source=form.source)
        )


def _without_last(text: str, words: str) -> str:
    """A mark without the words behind it."""
    return text.rstrip().removesuffix(words)
