"""A meeting to play: who says what, when; and how it is read from a file."""

from __future__ import annotations

import html
import io
import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import webvtt
import webvtt.errors
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bridge.domain import Source
from bridge.simulator.errors import MeetingFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

FIRST_USER_ID = 16_778_240
USER_ID_STEP = 1_024
"""Zoom numbers a meeting's participants like this (developers.zoom.us, RTMS event reference)."""

WORDS_PER_SECOND = 2.6
"""Speaking rate where a file carries no times."""
PAUSE_MS = 250
SHORTEST_MS = 600

UNKNOWN_SPEAKER = "Unknown speaker"

_NAMED = re.compile(r"([^\W\d_][^:]{0,63}?)\s*:\s+(\S.*)", re.DOTALL)
"""``Name: words``. A name begins with a letter, so that "10:30 works" is not one."""
_TIMING = re.compile(r"\s*(\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}\s*-->\s*(\d+:)?\d{1,2}:\d{1,2}[.,]\d{1,3}(\s.*)?")
_TIMING_ATTEMPT = re.compile(r"\s*\d.*->.*")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One utterance of a meeting to play."""

    start_ms: int
    """Milliseconds from the meeting's start."""
    end_ms: int
    """Milliseconds from the meeting's start; not before ``start_ms``."""
    user_id: int
    """The participant, as Zoom numbers them; stable for a speaker within the meeting."""
    speaker: str
    text: str
    source: Source = Source.SPEECH


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting to play; ``lines`` are ordered by start, earlier in the file first where equal."""

    title: str
    lines: tuple[Line, ...]

    @property
    def participants(self) -> dict[int, str]:
        """Names by user id, in order of appearance."""
        names: dict[int, str] = {}
        for line in self.lines:
            names.setdefault(line.user_id, line.speaker)
        return names

    @property
    def duration_ms(self) -> int:
        """Milliseconds from the meeting's start to its last word."""
        return max((line.end_ms for line in self.lines), default=0)


def read_meeting(path: Path) -> Meeting:
    """The meeting in a ``.jsonl``, ``.vtt``, ``.srt`` or ``.txt`` file, titled by the file's name.

    * ``.jsonl``: one utterance a line with ``start_ms``, ``end_ms``, ``speaker`` and ``text``; optional
      ``user_id`` and ``source`` (``speech`` or ``chat``). Other keys are passed over.
    * ``.vtt``, ``.srt``: the speaker from ``<v Name>`` or ``Name: words``, else "Unknown speaker".
    * ``.txt``: ``Name: words`` lines, spoken one after the other at 2.6 words a second.

    Raises:
        MeetingFileError: The file is missing, of another kind, empty, or has a line that cannot be read.
    """
    read = _READERS.get(path.suffix.lower())
    if read is None:
        raise MeetingFileError(
            path, 0, f"not a meeting file; these can be played: {', '.join(sorted(_READERS))}"
        )
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise MeetingFileError(path, 0, f"not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise MeetingFileError(path, 0, error.strerror or "cannot be read") from error
    lines = sorted(_numbered(read(path, content)), key=lambda line: line.start_ms)
    if not lines:
        raise MeetingFileError(path, 0, "nobody says anything in it")
    return Meeting(title=path.stem, lines=tuple(lines))


class _Row(BaseModel):
    """An utterance as a file tells it, before participants are numbered."""

    model_config = ConfigDict(strict=True, frozen=True, str_strip_whitespace=True)

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)
    speaker: str = Field(min_length=1)
    text: str = Field(min_length=1)
    user_id: int | None = Field(default=None, gt=0)
    source: Source = Field(default=Source.SPEECH, strict=False)


def _numbered(rows: Iterable[_Row]) -> Iterator[Line]:
    """Lines with a user id each: the file's own, else one per speaker as Zoom would number them."""
    rows = list(rows)
    taken = {row.user_id for row in rows}
    free = (number for number in itertools.count(FIRST_USER_ID, USER_ID_STEP) if number not in taken)
    numbers: dict[str, int] = {}
    for row in rows:
        if row.user_id is None and row.speaker not in numbers:
            numbers[row.speaker] = next(free)
        yield Line(
            start_ms=row.start_ms,
            end_ms=row.end_ms,
            user_id=row.user_id or numbers[row.speaker],
            speaker=row.speaker,
            text=row.text,
            source=row.source,
        )


def _read_jsonl(path: Path, content: str) -> Iterator[_Row]:
    for n, text in enumerate(content.split("\n"), start=1):
        if not text.strip():
            continue
        try:
            row = _Row.model_validate_json(text)
        except ValidationError as error:
            fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise MeetingFileError(path, n, f"{where}: {fault['msg']}" if where else fault["msg"]) from None
        if row.end_ms < row.start_ms:
            raise MeetingFileError(path, n, "end_ms is before start_ms")
        yield row


def _read_txt(path: Path, content: str) -> Iterator[_Row]:
    start_ms = 0
    for n, text in enumerate(content.split("\n"), start=1):
        if not text.strip():
            continue
        named = _NAMED.fullmatch(text.strip())
        if named is None:
            raise MeetingFileError(path, n, 'not of the form "Name: words"')
        speaker, words = named.groups()
        end_ms = start_ms + max(SHORTEST_MS, int(len(words.split()) / WORDS_PER_SECOND * 1000))
        yield _Row(start_ms=start_ms, end_ms=end_ms, speaker=speaker, text=words)
        start_ms = end_ms + PAUSE_MS


def _read_vtt(path: Path, content: str) -> Iterator[_Row]:
    return _read_captions(path, content, "vtt")


def _read_srt(path: Path, content: str) -> Iterator[_Row]:
    return _read_captions(path, content, "srt")


def _read_captions(path: Path, content: str, kind: str) -> Iterator[_Row]:
    """Captions by webvtt-py, which passes over cues that it cannot read; here each one is an error."""
    timings = [
        (n, text) for n, text in enumerate(content.split("\n"), start=1) if _TIMING_ATTEMPT.match(text)
    ]
    for n, text in timings:
        if not _TIMING.fullmatch(text):
            raise MeetingFileError(path, n, 'not a cue\'s times, such as "00:00:01.000 --> 00:00:03.500"')
    try:
        captions = webvtt.from_buffer(io.StringIO(content), format=kind).captions
    except (webvtt.errors.MalformedFileError, webvtt.errors.MalformedCaptionError):
        raise MeetingFileError(path, 1, f"not a {kind.upper()} file") from None
    if len(captions) != len(timings):
        raise MeetingFileError(path, 0, f"{len(timings)} cues, of which only {len(captions)} can be read")
    for (n, _), caption in zip(timings, captions, strict=True):
        start_ms, end_ms = caption.start_time.in_milliseconds(), caption.end_time.in_milliseconds()
        if end_ms < start_ms:
            raise MeetingFileError(path, n, "the cue ends before it starts")
        for speaker, words in _voices(caption.raw_text):
            yield _Row(start_ms=start_ms, end_ms=end_ms, speaker=speaker, text=words)


def _voices(cue: str) -> Iterator[tuple[str, str]]:
    """Who says what in a cue: one pair for each ``<v Name>``, else one for ``Name: words`` or bare words."""
    before, *spans = _VOICE.split(cue)
    if words := _plain(before):
        named = _NAMED.fullmatch(words)
        yield (named[1], named[2]) if named else (UNKNOWN_SPEAKER, words)
    for speaker, span in zip(spans[::2], spans[1::2], strict=True):
        if words := _plain(span):
            yield _plain(speaker) or UNKNOWN_SPEAKER, words


def _plain(text: str) -> str:
    """Words without tags, entities and line breaks."""
    return " ".join(html.unescape(_TAG.sub("", text)).split())


_READERS: dict[str, Callable[[Path, str], Iterator[_Row]]] = {
    ".jsonl": _read_jsonl,
    ".srt": _read_srt,
    ".txt": _read_txt,
    ".vtt": _read_vtt,
}
