"""One meeting as it is seen: what was read of it so far, and the rows that each further reading adds. Pure."""

from __future__ import annotations

import copy
import zlib
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING

from bridge.approval.standing import Standing
from bridge.domain import OVER, Source
from bridge.pages.cursor import DIGITS, Cursor
from bridge.pages.person import Cast
from bridge.pages.row import gap_row, happening_row, said_row
from bridge.pages.talk import TalkTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.domain import Gap, Happening, Run, Stream, Utterance, Verdict
    from bridge.flow.news import Found, Insight, Summary
    from bridge.flow.workflow import Question
    from bridge.pages.row import Row
    from bridge.store.values import Pulse


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the store told in one look; ``None`` where it was not asked, as nothing can have changed."""

    said: Sequence[Utterance] = ()
    """Behind the last position that is known, deleted ones included."""
    pulse: Pulse | None = None
    gone: bool = False
    """Whether the stream is in the store no more: its meeting was deleted, and the tombstone too is away by now."""
    gaps: Sequence[Gap] | None = None
    happenings: Sequence[Happening] | None = None
    runs: Sequence[Run] | None = None
    found: Found | None = None
    """What these runs found; ``None`` where they are not new."""
    verdicts: Sequence[Verdict] | None = None
    standing: Standing | None = None
    """As it is with these runs and verdicts; ``None`` where neither is new."""
    chat: Sequence[Utterance] | None = None


class Sight:
    """A meeting, as far as it was read."""

    def __init__(self, pulse: Pulse) -> None:
        self.pulse = pulse
        self.cast = Cast()
        self.talk = TalkTime()
        self.words = 0
        """Highest position of an utterance that was read."""
        self.last_said_ms = 0
        self.speaking = ""
        """Who speaks now, as far as somebody knows."""
        self.gaps: Sequence[Gap] = ()
        self.happenings: Sequence[Happening] = ()
        self.runs: Sequence[Run] = ()
        self.insights: Sequence[Insight] = ()
        self.summary: Summary | None = None
        self.verdicts: Sequence[Verdict] = ()
        self.standing = Standing()
        self.asked: dict[tuple[str, str], Question | None] = {}
        """What flows ask people, by window and request; ``None`` once it is answered."""
        self.rendered: dict[str, tuple[object, str]] = {}
        """What was made of it for people, by names of elements, and of which values: for whoever makes it, and shared by copies."""
        self._chat: dict[int, str] = {}
        self._chat_sum = 0
        self._edited: set[int] = set()
        self._gone = False
        self._turn = 0
        """How many of the older messages had their turn in being looked at again."""

    def copy(self) -> Sight:
        """The same, that goes on by itself."""
        twin = copy.copy(self)
        twin.cast, twin.talk = self.cast.copy(), self.talk.copy()
        twin.asked, twin._chat, twin._edited = self.asked.copy(), self._chat.copy(), self._edited.copy()
        return twin

    @property
    def stream(self) -> Stream:
        """As it was last read."""
        return self.pulse.stream

    @property
    def over(self) -> bool:
        """Whether nothing is heard any more."""
        return self.stream.state in OVER

    @property
    def done(self) -> bool:
        """Whether nothing can change any more."""
        return self.over and self.pulse.settled

    @property
    def deleted(self) -> bool:
        """Whether the meeting was deleted: a tombstone has no servers, and goes after a while."""
        return self._gone or (self.over and self.stream.is_tombstone)

    @property
    def has_chat(self) -> bool:
        """Whether there is a message that may yet be edited or deleted."""
        return bool(self._chat)

    @property
    def present(self) -> list[str]:
        """Names of those who were there at any time and never said anything."""
        heard = {person.name for person in self.cast.everybody()}
        return list(
            dict.fromkeys(each.name for each in self.happenings if each.name and each.name not in heard)
        )

    def cursor(self, figures: str = "") -> Cursor:
        """Up to where it was read; ``figures`` is the digest of what was made of it."""
        return Cursor(
            words=self.words,
            gaps=len(self.gaps),
            happenings=len(self.happenings),
            state=f"{self._chat_sum:0{DIGITS}x}{figures}",
        )

    def take(self, reading: Reading) -> list[Row]:
        """Add what was read; gives the rows that are new, and those of chat messages that read differently now."""
        rows = [self._hear(said) for said in reading.said if said.n > self.words]
        rows += [row for said in reading.chat or () if (row := self._amend(said))]
        self._gone = self._gone or reading.gone
        if reading.pulse is not None:
            self.pulse = reading.pulse
        if reading.gaps is not None:
            known, self.gaps = len(self.gaps), reading.gaps
            rows += self.gap_rows(known)
        if reading.happenings is not None:
            known, self.happenings = len(self.happenings), reading.happenings
            rows += self.happening_rows(known)
        if reading.runs is not None:
            self.runs = reading.runs
        if reading.found is not None:
            self.insights, self.summary = reading.found.insights, reading.found.summary
        if reading.verdicts is not None:
            self.verdicts = reading.verdicts
        if reading.standing is not None:
            self.standing = reading.standing
        return rows

    def ask(self, questions: Iterable[Question]) -> None:
        """Take what flows ask people now."""
        now = {(each.window_id, each.request_id): each for each in questions}
        self.asked = {**dict.fromkeys(self.asked), **now}

    def gap_rows(self, after: int, upto: int | None = None) -> list[Row]:
        """Gaps behind a position."""
        return [gap_row(n, gap) for n, gap in enumerate(self.gaps[:upto], 1) if n > after]

    def happening_rows(self, after: int, upto: int | None = None) -> list[Row]:
        """Happenings behind a position, those that are told in their place."""
        rows = (happening_row(n, each) for n, each in enumerate(self.happenings[:upto], 1) if n > after)
        return [row for row in rows if row is not None]

    def said_row(self, said: Utterance) -> Row:
        """What was said by somebody who is known."""
        return said_row(said, self.cast.who_said(said), edited=said.n in self._edited)

    def chat_in_turn(self, most: int) -> list[tuple[int, int]]:
        """First and last positions of the messages to look at again: the newest ``most``, and as many of the others, in turn."""
        known = list(self._chat)
        newest, older = known[-most:], known[:-most]
        if not older:
            return [(newest[0], newest[-1])]
        self._turn = self._turn if self._turn < len(older) else 0
        mine = older[self._turn : self._turn + most]
        self._turn += most
        return [(mine[0], mine[-1]), (newest[0], newest[-1])]

    def chat_state(self, upto: int) -> str:
        """A digest of the messages up to a position, as they read now: that of a cursor which stands there."""
        whole = reduce(xor, (_sum_of(n, text) for n, text in self._chat.items() if n <= upto), 0)
        return f"{whole:0{DIGITS}x}"

    def _hear(self, said: Utterance) -> Row:
        self.words = said.n
        person = self.cast.spoke(said)
        self.talk.add(said)
        self.last_said_ms = max(self.last_said_ms, said.end_ms)
        if said.source is Source.CHAT and said.message_id:
            self._chat[said.n] = said.text
            self._chat_sum ^= _sum_of(said.n, said.text)
        return said_row(said, person)

    def _amend(self, said: Utterance) -> Row | None:
        if said.n not in self._chat or self._chat[said.n] == said.text:
            return None
        self._chat_sum ^= _sum_of(said.n, self._chat[said.n]) ^ _sum_of(said.n, said.text)
        self._chat[said.n] = said.text
        self._edited.add(said.n)
        return self.said_row(said)


def _sum_of(n: int, text: str) -> int:
    return zlib.crc32(f"{n} {text}".encode(errors="replace"))
