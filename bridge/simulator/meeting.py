"""A meeting to play: who says what, when; and how it comes out of a file."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.domain import LIMITS, HappeningKind, Source
from bridge.errors import ConfigurationError
from bridge.files import read_text
from bridge.simulator.errors import MeetingFileError
from bridge.simulator.files.forms import SUFFIXES, parse
from bridge.simulator.files.pace import in_pieces, paced
from bridge.simulator.files.rows import UnreadableError
from bridge.simulator.handshake import ENGLISH
from bridge.tape.tape import is_tape
from bridge.text import one_line
from bridge.times import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bridge.simulator.files.rows import LeftOut, Row

FIRST_USER_ID: Final = 16_778_240
USER_ID_STEP: Final = 1_024
"""Zoom numbers a meeting's participants like this (developers.zoom.us, RTMS event reference)."""

UNKNOWN_SPEAKER: Final = "Unknown speaker"
ROSTER_MS: Final = 250
"""Who is told to have been there so much later is on the roster: it is told a moment before words can come."""
LEAP_MS: Final = 180_000
"""A silence longer than this is taken for a fault of the file, or for a break that nobody wants to sit through."""
SHORT_PAUSE_MS: Final = 5_000
"""What is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One utterance of a meeting to play."""

    start_ms: int
    """Milliseconds from the meeting's start."""
    end_ms: int
    """Milliseconds from the meeting's start; not before ``start_ms``."""
    user_id: int | str
    """The participant, as Zoom numbers them; stable for a speaker within the meeting. Empty names nobody."""
    speaker: str
    text: str
    source: Source = Source.SPEECH
    at_ms: int | None = None
    """When it is sent, in milliseconds from the meeting's start; when it is over by default."""
    language: int | None = ENGLISH
    """Zoom's id; ``None`` tells none."""
    message_id: str = ""
    """Of a chat message; by its position by default."""
    deleted: bool = False
    """Whether the chat message is deleted as soon as it was sent."""

    @property
    def due_ms(self) -> int:
        """When it is sent."""
        return self.end_ms if self.at_ms is None else self.at_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody comes, goes, or shares a screen."""

    at_ms: int
    """Milliseconds from the meeting's start."""
    kind: HappeningKind
    """``PRESENT`` is told with the roster alone, each time the client asks for it."""
    user_id: int | str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A meeting to play."""

    title: str
    lines: tuple[Line, ...]
    """Of a file ordered by start, earlier in the file first where equal; of a tape as they came."""
    visits: tuple[Visit, ...] | None = None
    """Who comes, goes and shares a screen, in order; by default those who speak are there from beginning to end."""
    insists: bool = False
    """Whether a line waits until somebody hears it, as all of a tape were heard."""

    @property
    def sent(self) -> list[Line]:
        """The lines in the order in which they are sent: each when it is due, as ``lines`` has them where at once."""
        return sorted(self.lines, key=lambda line: line.due_ms)

    @property
    def participants(self) -> dict[int | str, str]:
        """Names by user id, in order of appearance."""
        names: dict[int | str, str] = {}
        for line in self.lines:
            names.setdefault(line.user_id, line.speaker)
        return names

    def roster(self, at_ms: int) -> dict[int | str, str]:
        """Who is there at a time, by user id, in order of appearance."""
        if self.visits is None:
            return self.participants
        there: dict[int | str, str] = {}
        for visit in self.visits:
            if visit.at_ms > at_ms + ROSTER_MS:
                break
            if visit.kind is HappeningKind.LEFT:
                there.pop(visit.user_id, None)
            elif visit.kind in (HappeningKind.PRESENT, HappeningKind.JOINED):
                there[visit.user_id] = visit.name
        return there

    @property
    def duration_ms(self) -> int:
        """Milliseconds from the meeting's start to its last word."""
        return max((line.end_ms for line in self.lines), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingFile:
    """A meeting as it was read, and what whoever gave the file should know of that."""

    meeting: Meeting
    form: str
    """What the file was read as, in words."""
    notes: tuple[str, ...]
    """What was left out or put into another order, one sentence each; never with words of the meeting."""

    @property
    def summary(self) -> str:
        """One sentence on what was read as what."""
        lines, people = len(self.meeting.lines), len(self.meeting.participants)
        return f"read as {self.form}: {_count(lines, 'line')}, {_count(people, 'speaker')}"


def read_meeting(path: Path) -> Meeting:
    """The meeting in a file (:func:`open_meeting`), without what is to be known of the reading."""
    return open_meeting(path).meeting


def open_meeting(path: Path) -> MeetingFile:
    """The meeting in a transcript file (:func:`meeting_of`), which is read once: it may be a pipe.

    Raises:
        MeetingFileError: The file is missing or no text, of another kind, empty, or has a line that cannot be read.
    """
    return meeting_of(path, content_of(path))


def content_of(path: Path) -> str:
    """What a file says.

    Raises:
        MeetingFileError: It is missing, or no text.
    """
    try:
        return read_text(path)
    except OSError as error:
        raise MeetingFileError(path, 0, error.strerror or "cannot be read") from None
    except ConfigurationError as error:
        _insist_on_suffix(path)
        raise MeetingFileError(path, 0, str(error).removeprefix(f"{path} ")) from None


def meeting_of(path: Path, content: str) -> MeetingFile:
    """The meeting in what a transcript file says, titled by the file's name, with the times that the file has.

    Which forms are read: :data:`bridge.simulator.files.forms.FORMS`. Where a file tells no times, it is spoken at 2.6
    words a second, one turn after the other.

    Raises:
        MeetingFileError: The file is of another kind, empty, or has a line that cannot be read.
    """
    _insist_on_suffix(path)
    try:
        if is_tape(content):
            raise UnreadableError(0, "a tape, which simulate alone can play")
        form, parsed = parse(content, path.suffix.lower())
        _insist_on_names(parsed.rows)
    except UnreadableError as error:
        raise MeetingFileError(path, error.line, error.fault) from None
    # A bridge takes no more of one utterance, and would leave the rest out.
    rows = paced(list(in_pieces(parsed.rows, LIMITS.text)), clock_of_day=parsed.clock_of_day)
    if not rows:
        raise MeetingFileError(path, 0, "nobody says anything in it")
    lines = list(_numbered(rows))
    ordered = sorted(lines, key=lambda line: line.start_ms)
    notes = [*_left_out(parsed.left_out), *_moved(lines)]
    return MeetingFile(
        meeting=Meeting(title=one_line(path.stem, LIMITS.topic), lines=tuple(ordered)),
        form=form.name,
        notes=tuple(notes),
    )


def without_leaps(meeting: Meeting) -> tuple[Meeting, list[str]]:
    """The meeting with every silence of more than three minutes made short, and a sentence for each of them."""
    lines: list[Line] = []
    notes: list[str] = []
    latest = moved = 0
    for line in meeting.lines:
        silence = line.start_ms - latest
        if silence > LEAP_MS:
            moved += silence - SHORT_PAUSE_MS
            notes.append(
                f"at {clock(latest)} nobody speaks for {clock(silence)}; "
                f"made {SHORT_PAUSE_MS // 1000} seconds (--keep-pauses waits)"
            )
        latest = max(latest, line.end_ms)
        lines.append(dataclasses.replace(line, start_ms=line.start_ms - moved, end_ms=line.end_ms - moved))
    return dataclasses.replace(meeting, lines=tuple(lines)), notes


def _insist_on_suffix(path: Path) -> None:
    if path.suffix.lower() not in SUFFIXES:
        raise MeetingFileError(path, 0, f"not a meeting file; these can be played: {', '.join(SUFFIXES)}")


def _insist_on_names(rows: Iterable[Row]) -> None:
    """See that every name can be somebody's: Zoom's roster has to hold them all."""
    for row in rows:
        if len(row.speaker) > LIMITS.name:
            raise UnreadableError(row.line, f"a name of more than {LIMITS.name} characters")


def _numbered(rows: Iterable[Row]) -> Iterator[Line]:
    """Lines with a user id each: the file's own, else one per speaker as Zoom would number them."""
    rows = list(rows)
    taken = {row.user_id for row in rows}
    free = (number for number in itertools.count(FIRST_USER_ID, USER_ID_STEP) if number not in taken)
    numbers: dict[str, int] = {}
    for row in rows:
        speaker = row.speaker or UNKNOWN_SPEAKER
        if row.user_id is None and speaker not in numbers:
            numbers[speaker] = next(free)
        yield Line(
            start_ms=row.start_ms or 0,
            end_ms=row.end_ms or 0,
            user_id=row.user_id or numbers[speaker],
            speaker=speaker,
            text=row.text,
            source=row.source,
        )


def _left_out(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """A sentence for each reason for which something was left out."""
    left_out = list(left_out)
    for why, count in Counter(each.why for each in left_out).items():
        first = next(each.line for each in left_out if each.why == why)
        yield f"left out, as it is {why}: line {first}" + (f" and {count - 1} more" if count > 1 else "")


def _moved(lines: list[Line]) -> Iterator[str]:
    """A sentence on lines that stand behind later ones."""
    late = sum(later.start_ms < earlier.start_ms for earlier, later in itertools.pairwise(lines))
    if late:
        yield f"the times go back {_count(late, 'time')}; everything is said in the order of its times"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
