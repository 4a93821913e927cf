"""Transcripts as people paste them, of any product's form: who said what, or that it names nobody."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CLOCK: Final = r"(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?(?: ?[AaPp]\.?[Mm]\.?)?"
NAME: Final = r"[^\W_][^:\n<>\[\]]{0,59}?"
CUE: Final = re.compile(rf"\s*\[?{CLOCK}\]?\s*(?:-->|,|-)\s*\[?{CLOCK}\]?.*")
"""A line of two times: above a caption of .vtt, .srt or .sbv."""
VOICE: Final = re.compile(r"<v(?:\.[\w.]+)?\s+(?P<name>[^>]{1,100})>(?P<words>.*?)(?:</v>|$)", re.IGNORECASE)
TAG: Final = re.compile(r"</?[a-z][^>]{0,200}>|<\d[^>]{0,50}>", re.IGNORECASE)
NOISE: Final = re.compile(
    r"\s*(?:\ufeff?WEBVTT\b.*|NOTE\b.*|STYLE|REGION|Kind:.*|Language:.*|-{3,}|={3,}|\*{3,}|#{1,6} .*|Transcribed by .*|Meeting ended .*|"
    r"Transcript|Attendees|Participants|Recording|Meeting title:.*|Date:.*|Duration:.*|.* - Transcript|.*started transcription|.*stopped transcription)\s*",
    re.IGNORECASE,
)
TIME_ALONE: Final = re.compile(
    rf"\s*(?:\[?\(?{CLOCK}\)?\]?|\d+|(?:\d+ (?:hours?|minutes?|seconds?) ?)+(?:{CLOCK})?)\s*"
)
HEADS: Final = (
    re.compile(rf"\s*\[(?P<name>{NAME})\]\s+{CLOCK}\s*"),  # Zoom's saved captions
    re.compile(rf"\s*{CLOCK}\s+From\s+(?P<name>{NAME})\s+to\s+.+:\s*", re.IGNORECASE),  # Zoom's saved chat
    re.compile(rf"\s*(?P<name>{NAME})(?:\s{{2,}}|\t| ?[|·•–—-] ?| \()\(?\[?{CLOCK}\]?\)?\s*"),  # Otter, Teams
    re.compile(rf"\s*(?P<name>[^\W_][\w .'’-]{{1,59}}?) {CLOCK}\s*"),
)
"""A line that names who says the next ones."""
NAME_ABOVE_TIME: Final = re.compile(r"\s*(?P<name>[^\W\d_][\w .'’()-]{1,59})\s*")
"""A name alone, where the next line is a time: Teams' stream."""
SAID_BY: Final = re.compile(
    rf"\s*(?:[-*>]\s+)?(?:\[?\(?{CLOCK}\)?\]?\s*[-–—]?\s*)?(?:\*\*|__)?(?P<name>{NAME})(?:\s*[\[(]{CLOCK}[\])])?\s*(?::\s*(?:\*\*|__)|(?:\*\*|__)\s*:|:)(?:\s+|$)(?P<words>.*)"
)
"""``Name: words``, in Markdown, with a time before or behind the name, or without."""
LABELS: Final = frozenset(
    "action item,action items,action,actions,todo,to-do,to do,task,tasks,decision,decisions,decided,note,notes,question,questions,"
    "open question,open questions,agenda,topic,summary,next steps,risk,risks,date,subject,re,attendees,participants,p.s".split(
        ","
    )
)
"""What stands before a colon and is nobody."""
NOT_IN_NAMES: Final = re.compile(
    r"\b(?:is|are|was|were|the|this|that|these|those|so|if|we|you|I|it|they|and|but|what|how|why|when|where|to|remember|question|plan|thing|think|point|here|there|my|our|meeting)\b",
    re.IGNORECASE,
)
"""Words that stand in a sentence and in no name."""
ENDS: Final = ".?!…。？！"
"""Marks that end a sentence."""
MOST_NAME_WORDS: Final = 5
NAMED: Final = 0.5
"""Share of a text's lines that begin with a name, from which a name before a colon is one even if it comes once."""


@dataclass(frozen=True)
class Pasted:
    """What somebody says in a pasted text."""

    speaker: str
    """Empty where the text names nobody."""
    words: str


def read_pasted(text: str) -> list[Pasted]:
    """Read a transcript of any form: what each says in turn, without times, numbers, tags and headings.

    A text is judged as a whole: a word before a colon is a name where most lines begin with one, or where names come
    again. A text that names nobody is what one says whose name nobody knows: its lines, joined.
    """
    lines = list(html.unescape(text).replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    lines = without_cues(lines)
    for read in (by_voices, by_heads, by_colons):
        if said := read(lines):
            return joined(said)
    words = " ".join(plain(line) for line in lines if not is_noise(line))
    return [Pasted("", words)] if words else []


def without_cues(lines: Sequence[str]) -> list[str]:
    """Lines without those of two times, and without the numbers above these."""
    cues = {at for at, line in enumerate(lines) if CUE.fullmatch(line)}
    numbers = {
        at - 1
        for at in cues
        if at and re.fullmatch(r"\s*[\w-]+\s*", lines[at - 1]) and len(lines[at - 1].split()) == 1
    }
    return [line for at, line in enumerate(lines) if at not in cues | numbers]


def by_voices(lines: Sequence[str]) -> list[Pasted]:
    """Captions with voice tags."""
    text = "\n".join(lines)
    if not VOICE.search(text):
        return []
    said: list[Pasted] = []
    for line in lines:
        voices = list(VOICE.finditer(line))
        said += [Pasted(unmarked(match["name"]), plain(match["words"])) for match in voices]
        if not voices and said and not is_noise(line):
            said.append(Pasted(said[-1].speaker, plain(line)))
    return said


def by_heads(lines: Sequence[str]) -> list[Pasted]:
    """A line with the name and a time, or a name above a time, and the words below."""
    heads = dict(head_lines(lines))
    if not heads:
        return []
    said: list[Pasted] = []
    speaker = ""
    for at, line in enumerate(lines):
        if at in heads:
            speaker = heads[at] or speaker
        elif speaker and not is_noise(line):
            said.append(Pasted(speaker, plain(line)))
    return said


def head_lines(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Positions of the lines that name a speaker, and of the times below names (with no name)."""
    found: list[tuple[int, str]] = []
    for at, line in enumerate(lines):
        match = next((match for head in HEADS if (match := head.fullmatch(line))), None)
        if match and may_be_name(match["name"]):
            found.append((at, unmarked(match["name"])))
            continue
        above = NAME_ABOVE_TIME.fullmatch(line)
        below = lines[at + 1] if at + 1 < len(lines) else ""
        if (
            above
            and not is_noise(line)
            and may_be_name(above["name"])
            and TIME_ALONE.fullmatch(below)
            and ":" in below
        ):
            found += [(at, unmarked(above["name"])), (at + 1, "")]
    return found


def by_colons(lines: Sequence[str]) -> list[Pasted]:
    """Lines ``Name: words``; one without a name belongs to the one above."""
    spoken = [line for line in lines if not is_noise(line)]
    matches = [SAID_BY.fullmatch(line) for line in spoken]
    names = Counter(unmarked(match["name"]) for match in matches if match and may_be_name(match["name"]))
    first = next((at for at, match in enumerate(matches) if match and unmarked(match["name"]) in names), None)
    mostly = names.total() >= NAMED * len(spoken)
    if first is None or not (mostly or max(names.values()) > 1) or (first > 0 and not mostly):
        return []
    said: list[Pasted] = []
    for line, match in zip(spoken[first:], matches[first:], strict=True):
        if match and unmarked(match["name"]) in names and (mostly or names[unmarked(match["name"])] > 1):
            said.append(Pasted(unmarked(match["name"]), plain(match["words"])))
        elif said:
            said.append(Pasted(said[-1].speaker, plain(line)))
    return said


def may_be_name(text: str) -> bool:
    """Whether this can be what somebody, or a room, is called."""
    name = unmarked(text)
    words = name.split()
    return (
        0 < len(words) <= MOST_NAME_WORDS
        and name.casefold() not in LABELS
        and not NOT_IN_NAMES.search(name)
        and not re.search(r"[?!,;]|\.\s*$|https?$", name)
        and re.search(r"[^\W\d_]", name) is not None
        and not words[0].casefold().startswith("to-do")
    )


def is_noise(line: str) -> bool:
    """Whether a line says nothing: empty, a time, a number, a heading."""
    return not line.strip() or TIME_ALONE.fullmatch(line) is not None or NOISE.fullmatch(line) is not None


def joined(said: Sequence[Pasted]) -> list[Pasted]:
    """What one says in several lines, as one, up to where another speaks; lines that end a sentence stay apart."""
    found: list[Pasted] = []
    for one in said:
        if not one.words:
            continue
        before = found[-1] if found else None
        if before and before.speaker == one.speaker and before.words[-1] not in ENDS:
            found[-1] = Pasted(one.speaker, f"{before.words} {one.words}")
        else:
            found.append(one)
    return found


def plain(text: str) -> str:
    """Words without tags, emphasis and a leading time."""
    text = TAG.sub(" ", text)
    text = re.sub(rf"^\s*(?:[-*>]\s+)?[\[(]?{CLOCK}[\])]?\s*[-–—]?\s*(?=\S)", "", text)
    return unmarked(re.sub(r"(\*\*|__)(?=\S)(.+?)\1", r"\2", text))


def unmarked(text: str) -> str:
    """Text on one line, without marks of emphasis around it."""
    return " ".join(text.split()).strip("*_ ")
