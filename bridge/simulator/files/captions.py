"""Captions: WebVTT, SubRip, YouTube's SBV, and the same pasted into a text file. Pure.

Sources: w3.org/TR/webvtt1 (blocks, voice tags, entities); Zoom's and Meet's recordings write ``Name: words`` in a cue,
Teams ``<v Name>words</v>``, Webex the name into the cue's identifier, Teams' older documents into its first line.

What a line is, is told by its place and not by its look: the times stand at the beginning of a block, an identifier
right above them, and all else down to the next times is words. Readers that are to be had (webvtt-py 0.6) pass over a
line of words with an arrow in it and say nothing of it, which is why these few lines are here.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from bridge.simulator.files.clock import milliseconds
from bridge.simulator.files.names import Naming, clean_name, is_plausible, naming_of
from bridge.simulator.files.rows import LeftOut, Parsed, Row, UnreadableError

_TIME: Final = r"(?:\d{1,3}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?"
_ARROW = re.compile(rf"\s*({_TIME})\s*-->\s*({_TIME})(?:\s.*)?")
_COMMA = re.compile(rf"\s*({_TIME}),({_TIME})\s*")
"""SBV's times, which no number stands above and no words behind."""
_ARROW_MEANT = re.compile(r"\s*\d+:\S*(?:\s+-*)?->.*")
_COMMA_MEANT = re.compile(r"\s*\d+:(?>\S*?,\d+:)\S*\s*")
_WEBEX = re.compile(r'\d+\s+"([^"]+)"\s*\([\d\s]*\)')
_COMMENT = re.compile(r"(NOTE|STYLE|REGION)(\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^\s<>][^<>]*)>")
_TAG = re.compile(
    r"</?(?:v|c|i|b|u|s|lang|ruby|rt|font)(?:[.\s][^<>]*)?>|<(?:\d+:)?\d{1,2}:\d{2}\.\d{3}>|\{\\[^{}]*\}",
    re.IGNORECASE,
)
"""Tags of WebVTT and SubRip; other angle brackets are words."""
NEARLY_ALL: Final = 0.6
"""Share of named cues below which a name holds until the next one."""


@dataclass(slots=True, kw_only=True)
class _Cue:
    """One cue: the line of its times, and what stands under it."""

    line: int
    start_ms: int
    end_ms: int
    speaker: str = ""
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(self.words).strip()


def count_cues(lines: list[str]) -> int:
    """How many lines are a cue's times."""
    return sum(bool(_ARROW.fullmatch(line) or _COMMA.fullmatch(line)) for line in lines)


def read_captions(content: str) -> Parsed:
    """Cues with their times; who says each from a tag, an identifier or a name in front.

    Raises:
        UnreadableError: Times that are none, or that end before they start; or there is no cue at all.
    """
    parsed = Parsed()
    cues = _cues(content.split("\n"), parsed)
    if not cues and content.strip() and not content.lstrip().startswith("WEBVTT"):
        raise UnreadableError(1, "there are no captions in it")
    _name_by_first_lines(cues, parsed)
    parts = [part for cue in cues for part in _parts(cue, parsed)]
    naming = naming_of(
        [words for _, speaker, words in parts if not speaker],
        named_otherwise=sum(bool(speaker) for _, speaker, _ in parts),
    )
    last = ""
    for cue, speaker, words in parts:
        if speaker or (found := naming.split(words)) is None:
            last = speaker or (last if _holds_on(naming) else "")
            parsed.rows.append(_row(cue, last, words))
            continue
        last = found[0]
        said = _one_line(found[1])
        parsed.marks.append(words[: len(words) - len(found[1])] if words.endswith(found[1]) else found[0])
        if said:
            parsed.rows.append(_row(cue, last, said))
    return parsed


def _holds_on(naming: Naming) -> bool:
    """Whether the file names a speaker only where the speaker changes."""
    return bool(naming) and naming.coverage < NEARLY_ALL


def _row(cue: _Cue, speaker: str, words: str) -> Row:
    return Row(
        line=cue.line, text=_one_line(words), speaker=speaker, start_ms=cue.start_ms, end_ms=cue.end_ms
    )


def _cues(lines: list[str], parsed: Parsed) -> list[_Cue]:
    """The cues in order; the head, comments and identifiers are put into ``parsed``."""
    cues: list[_Cue] = []
    arrows = any(map(_ARROW.fullmatch, lines))
    blank, n = True, 0
    while n < len(lines):
        line = lines[n]
        if times := _times(lines, n, begins=blank, arrows=arrows):
            cues.append(_cue(n + 1, times, parsed))
        elif blank and line.strip() and (times := _times(lines, n + 1, begins=True, arrows=arrows)):
            parsed.marks.append(line)  # its identifier
            cues.append(_cue(n + 2, times, parsed))
            if webex := _WEBEX.fullmatch(line.strip()):
                cues[-1].speaker = clean_name(webex[1])
            n += 1
        elif not cues or (blank and _COMMENT.match(line)):
            n = _leave_out(lines, n, parsed)
        elif line.strip() and _is_number_of_next(lines, n):
            parsed.marks.append(line)
        else:
            cues[-1].words.append(line)
        blank = not lines[min(n, len(lines) - 1)].strip()
        n += 1
    return cues


def _times(lines: list[str], n: int, *, begins: bool, arrows: bool) -> re.Match[str] | None:
    """A line as a cue's times, if it is such.

    ``begins`` says that it stands where times are to be expected; ``arrows`` that the file's times have arrows, and two
    with a comma between them are words.

    Raises:
        UnreadableError: It is meant to be, and cannot be read.
    """
    if n >= len(lines):
        return None
    commas = begins and not arrows
    found = _ARROW.fullmatch(lines[n]) or (_COMMA.fullmatch(lines[n]) if commas else None)
    meant = (begins and _ARROW_MEANT.fullmatch(lines[n])) or (commas and _COMMA_MEANT.fullmatch(lines[n]))
    if meant and not found:
        raise UnreadableError(n + 1, 'not a cue\'s times, such as "00:00:01.000 --> 00:00:03.500"')
    return found


def _is_number_of_next(lines: list[str], n: int) -> bool:
    """Whether a line is the number of the cue right below it, although no empty line stands above."""
    return (
        lines[n].strip().isdecimal()
        and n + 1 < len(lines)
        and bool(_ARROW.fullmatch(lines[n + 1]))
        and n > 0
        and bool(lines[n - 1].strip())
    )


def _cue(n: int, times: re.Match[str], parsed: Parsed) -> _Cue:
    parsed.marks.append(times[0])
    start_ms, end_ms = (milliseconds(times[part]) for part in (1, 2))
    if end_ms < start_ms:
        raise UnreadableError(n, "the cue ends before it starts")
    return _Cue(line=n, start_ms=start_ms, end_ms=end_ms)


def _leave_out(lines: list[str], n: int, parsed: Parsed) -> int:
    """Pass over a block that is no cue's; gives the number of its last line."""
    head = n == 0 and lines[0].startswith("WEBVTT")
    why = "a comment" if _COMMENT.match(lines[n]) else "a line before the first caption"
    while n < len(lines) and lines[n].strip():
        if head:
            parsed.marks.append(lines[n])
        else:
            parsed.left_out.append(LeftOut(line=n + 1, text=lines[n], why=why))
        n += 1
    return n


def _name_by_first_lines(cues: list[_Cue], parsed: Parsed) -> None:
    """Take the first line of each cue for its speaker where all have more, and the same few come again and again."""
    if len(cues) < 2 or any(len(_filled(cue)) < 2 for cue in cues):
        return
    firsts = Counter(_filled(cue)[0] for cue in cues)
    if len(firsts) > len(cues) / 2 or not all(is_plausible(clean_name(first)) for first in firsts):
        return
    for cue in cues:
        first, *cue.words = _filled(cue)
        cue.speaker = clean_name(first)
        parsed.marks.append(first)


def _filled(cue: _Cue) -> list[str]:
    return [line for line in cue.words if line.strip()]


def _parts(cue: _Cue, parsed: Parsed) -> list[tuple[_Cue, str, str]]:
    """Who says what in a cue: a part for each voice tag, and one for what stands before the first."""
    before, *spans = _VOICE.split(cue.text)
    voices = [(cue.speaker, before), *zip(spans[::2], spans[1::2], strict=True)]
    parts: list[tuple[_Cue, str, str]] = []
    for speaker, span in voices:
        parsed.marks.extend(_TAG.findall(span))
        words = "".join(html.unescape(piece) for piece in _TAG.split(span)).strip()
        if words:
            parts.append((cue, clean_name(html.unescape(speaker)), words))
    parsed.marks.extend(tag.group() for tag in _VOICE.finditer(cue.text))
    return parts


def _one_line(text: str) -> str:
    return " ".join(text.split())
