"""When somebody calls the assistant, and what they ask. Pure: time comes in as an argument.

A call is a phrase such as "hey assistant" where a spoken sentence begins, or with which a chat
message begins. What the assistant itself posts comes back as chat under a person's name, marked:
it neither calls nor goes on with what that person asks. The question is what follows a call in the
same utterance. Where that is nothing, or is plainly not over, it goes on with what
the same person says next.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bridge.domain import Ask, Source
from bridge.transcript.quota import Bucket
from bridge.transcript.window import count_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.domain import Utterance

OWN_MARK: Final = "🤖 "
"""How a chat message begins that the component Zoom Chat Output has posted under a person's name."""
SILENCE_SECONDS: Final = 3.0
"""A question that is not over is asked as it stands when its speaker says no more for so long."""
LONGEST_SECONDS: Final = 10.0
"""From the call to the question's end, or to its beginning: a call that nothing follows asks nothing."""
LONGEST_WORDS: Final = 60
"""A question with so many words is not waited for any longer."""
PERSON: Final = (2, 15.0)
"""Questions that one person may ask at once, and the seconds after which they may ask one more."""
MEETING: Final = (6, 5.0)
"""The same for all of a meeting. What is more waits, and all that one person asks meanwhile becomes one question."""
JOINED: Final = 20
"""So many questions become one at most."""
WORDS_BEFORE: Final = 3
"""How many words may stand between a sentence's beginning and the call."""
_LONGEST_BEFORE: Final = 200
"""Characters before a call that are looked at; so many hold more than those words."""

_FILLERS: Final = "u+h+m*|u+m+|e+r+m?|a+h+|o+h+|h+m+"
_LEAD_IN: Final = re.compile(
    rf"(?:{_FILLERS}|so|and|but|well|now|then|ok|okay|right|alright|yeah|yes|no|hey|hi|hello|please|also)",
    re.IGNORECASE,
)
"""What people say before they come to the point; such a word needs no comma behind it."""
_BETWEEN: Final = rf"(?:[\s,;:!、，…–—-]|\.{{2,}}(?!\.)|\b(?:{_FILLERS})\b)+"
"""What may stand between two words of a phrase: anything but the end of a sentence. Dots are taken all
at once, or a long row of them would be tried in every way there is to divide it."""
_SENTENCE_END: Final = re.compile(r"[.?!…。？！؟।]+[\"'”’)]*(?:\s|$)|[。？！।]")
_COMPLETE: Final = re.compile(r"(?:(?<!\.)\.|[?!。？！؟।])[\"'”’)]*$")
"""How text ends that is over; three dots are how it trails off."""
_LEADING: Final = re.compile(rf"(?:[\s,.;:!?、，。…–—-]|\b(?:{_FILLERS})\b)+", re.IGNORECASE)

_ALSO_ASCII: Final = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}
"""Letters that a pattern without case takes for these (https://docs.python.org/3/library/re.html#re.IGNORECASE)."""


def call_in_chat(phrases: Sequence[str]) -> str:
    """The phrase with which a chat message best calls the assistant: one that reads as a mention; empty without any."""
    return next((phrase for phrase in phrases if phrase.startswith("@")), phrases[0] if phrases else "")


@dataclass(slots=True, kw_only=True)
class _Open:
    """A question that is being asked."""

    pieces: list[tuple[Utterance, str]]
    """The utterances that it is made of, each with its part of the question."""
    called_at: float
    heard_at: float
    complete: bool = False

    @property
    def key(self) -> tuple[str, Source]:
        """Whose next words belong to it."""
        return _key(self.pieces[0][0])

    @property
    def question(self) -> str:
        return " ".join(piece for _, piece in self.pieces if piece)

    def due_at(self) -> float:
        """When nothing more is waited for."""
        if self.complete:
            return self.heard_at
        at_the_latest = self.called_at + LONGEST_SECONDS
        return min(at_the_latest, self.heard_at + SILENCE_SECONDS) if self.question else at_the_latest

    def judge(self) -> None:
        """See whether the question is complete now."""
        question, typed = self.question, self.key[1] is Source.CHAT
        over = typed or _COMPLETE.search(question) or count_words(question) >= LONGEST_WORDS
        self.complete = bool(question and over)


class OpenAsks:
    """Questions to the assistant that were not passed on yet, in the order of their calls.

    ``now`` is one monotonic clock, in seconds. Without phrases nothing is ever asked.
    """

    def __init__(self, phrases: Sequence[str]) -> None:
        self._call = _pattern(phrases)
        self._marks = _marks(phrases)
        self._asks: list[_Open] = []
        self._meeting = Bucket(*MEETING)
        self._people: dict[tuple[str, Source], Bucket] = {}
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._asks)

    def add(self, utterance: Utterance, now: float) -> bool:
        """Take an utterance; tell whether it is said to the assistant: it calls, or goes on with a question."""
        if utterance.source is Source.CHAT and utterance.text.startswith(OWN_MARK):
            return False
        questions = self._called(utterance)
        ask = self._unfinished(utterance)
        if ask is not None and not questions and now < ask.due_at():
            ask.pieces.append((utterance, utterance.text if ask.question else _begun(utterance.text)))
            ask.heard_at = now
            ask.judge()
            return True
        if ask is not None:
            self._close(ask)
        for question in questions:
            if (earlier := self._unfinished(utterance)) is not None:
                self._close(earlier)
            ask = _Open(pieces=[(utterance, question)], called_at=now, heard_at=now)
            ask.judge()
            self._asks.append(ask)
        return bool(questions)

    def amend(self, n: int, text: str) -> None:
        """A chat message was edited, or deleted where the text is empty; what it asked changes with it."""
        for ask in [ask for ask in self._asks if any(said.n == n for said, _ in ask.pieces)]:
            pieces = []
            for position, (said, piece) in enumerate(ask.pieces):
                if said.n != n:
                    pieces.append((said, piece))
                    continue
                edited = replace(said, text=text)
                if position:
                    pieces += [(edited, text)] if text else []
                elif questions := self._called(edited):
                    pieces.append((edited, questions[0]))
                else:  # it does not call any more
                    pieces = []
                    break
            ask.pieces = pieces
            if pieces:
                ask.judge()
            else:
                self._asks.remove(ask)

    def due_at(self) -> float | None:
        """When the next question has to be looked at if nothing more is said; ``None`` while there is none.

        A time that has passed means: now.
        """
        return min((self._passed_on_at(ask) for ask in self._asks), default=None)

    def held(self, now: float) -> bool:
        """Whether a question is over and waits only because so many were asked."""
        return any(ask.due_at() <= now < self._passed_on_at(ask) for ask in self._asks)

    def pop(self, now: float) -> Ask | None:
        """The oldest question that is over, with what the same person has asked since; ``None`` when there is none."""
        for ask in [ask for ask in self._asks if self._passed_on_at(ask) <= now]:
            if ask not in self._asks:
                continue
            joined = [each for each in self._asks if each.key == ask.key and each.due_at() <= now][:JOINED]
            self._asks = [each for each in self._asks if each not in joined]
            if asked := [each for each in joined if each.question]:
                self._meeting.take(now)
                self._bucket(ask).take(now)
                return _one(asked)
        return None

    def close(self) -> None:
        """No more will be said: what is being asked is asked as it stands, and nothing waits any longer."""
        self._closed = True
        for ask in list(self._asks):
            self._close(ask)

    def _passed_on_at(self, ask: _Open) -> float:
        due_at = ask.due_at()
        if self._closed or not ask.question:
            return due_at
        return max(due_at, self._meeting.free_at(due_at), self._bucket(ask).free_at(due_at))

    def _bucket(self, ask: _Open) -> Bucket:
        return self._people.setdefault(ask.key, Bucket(*PERSON))

    def forget(self, asked: Iterable[int], *, before: float) -> None:
        """Drop, after a restart, what was passed on before it, and calls that were heard before a time.

        ``asked`` are positions of the utterances that called, each as often as it was passed on.
        """
        left = list(asked)
        for ask in list(self._asks):
            n = ask.pieces[0][0].n
            if n in left:
                left.remove(n)
                self._asks.remove(ask)
            elif ask.called_at < before:
                self._asks.remove(ask)

    def _unfinished(self, utterance: Utterance) -> _Open | None:
        """The question that somebody is still asking."""
        return next((ask for ask in self._asks if not ask.complete and ask.key == _key(utterance)), None)

    def _close(self, ask: _Open) -> None:
        if ask.question:
            ask.complete = True
        else:
            self._asks.remove(ask)

    def _called(self, utterance: Utterance) -> list[str]:
        """What follows each call in an utterance, up to the next call; the text may be empty."""
        text = utterance.text
        if self._call is None or not self._may_hold_a_call(text):
            return []
        calls = [
            call for call in self._call.finditer(text) if _may_call(text[: call.start()], utterance.source)
        ]
        if utterance.source is Source.CHAT:
            calls = calls[:1]
        ends = [*(call.start() for call in calls[1:]), len(text)]
        return [_begun(text[call.end() : end]) for call, end in zip(calls, ends, strict=False)]

    def _may_hold_a_call(self, text: str) -> bool:
        """Whether the pattern has to be tried: it looks at every character, and next to no utterance calls."""
        if self._marks is None:
            return True
        folded = (text if text.isascii() else text.translate(_ALSO_ASCII)).lower()
        return any(mark in folded for mark in self._marks)


def _one(asks: Sequence[_Open]) -> Ask:
    """One person's questions as one, each utterance once."""
    utterances = {said.n: said for ask in asks for said, _ in ask.pieces}
    return Ask(
        question="\n".join(ask.question for ask in asks),
        utterances=tuple(utterances[n] for n in sorted(utterances)),
    )


def asking(utterances: Iterable[Utterance], phrases: Sequence[str]) -> list[str]:
    """The ids of all utterances that are said to the assistant, in the order in which they ended.

    They are heard once more, each at the time at which it ended: so it does not matter whether a route
    answers questions, nor what was edited since.
    """
    asks, ids = OpenAsks(phrases), []
    asks.close()  # nothing is passed on from here
    for utterance in sorted(utterances, key=lambda utterance: (utterance.end_ms, utterance.n)):
        now = utterance.end_ms / 1000
        if asks.add(utterance, now):
            ids.append(utterance.id)
        while asks.pop(now) is not None:
            pass
    return ids


def may_go_on(utterances: Sequence[Utterance]) -> list[Utterance]:
    """The latest utterances: a question that began earlier goes on in nothing that is said after them."""
    latest_ms = max((utterance.end_ms for utterance in utterances), default=0)
    return [each for each in utterances if each.end_ms > latest_ms - LONGEST_SECONDS * 1000]


def _may_call(before: str, source: Source) -> bool:
    """Whether a phrase behind these words is a call, and not one that is only talked of."""
    if source is Source.CHAT:
        return not before.strip()
    sentence = _SENTENCE_END.split(before[-_LONGEST_BEFORE:])[-1]
    words = re.findall(r"[\w'’]+", sentence)
    if len(words) > WORDS_BEFORE:
        return False
    return sentence.rstrip().endswith((",", ";", ":", "–", "—", "-")) or all(map(_LEAD_IN.fullmatch, words))


def _begun(text: str) -> str:
    """Text from its first real word."""
    hesitation = _LEADING.match(text)
    return text[hesitation.end() if hesitation else 0 :].strip()


def _key(utterance: Utterance) -> tuple[str, Source]:
    """Who speaks or writes; what somebody writes does not go on with what they said."""
    return utterance.who, utterance.source


def _pattern(phrases: Sequence[str]) -> re.Pattern[str] | None:
    """What finds any of the phrases, whatever their case and punctuation; the longest wins."""
    spoken = [words for phrase in phrases if (words := re.findall(r"@?\w+", phrase))]
    if not spoken:
        return None
    options = [_BETWEEN.join(map(_word, words)) + _boundary(words[-1]) for words in spoken]
    options.sort(key=len, reverse=True)
    return re.compile(rf"(?<![\w@])(?:{'|'.join(options)})", re.IGNORECASE)


def _marks(phrases: Sequence[str]) -> frozenset[str] | None:
    """Of each phrase a word that stands in every text that it is found in; ``None`` where one has no such word."""
    marks = set()
    for phrase in phrases:
        words = [word.lower() for word in re.findall(r"@?\w+", phrase)]
        fixed = [word for word in words if word.isascii() and not _is_okay(word)]
        if words and not fixed:
            return None
        marks |= {max(fixed, key=len)} if fixed else set()
    return frozenset(marks)


def _is_okay(word: str) -> bool:
    """A word that is written in several ways."""
    return word.casefold() in ("ok", "okay")


def _word(word: str) -> str:
    return r"o\.?k(?:ay|\.)?" if _is_okay(word) else re.escape(word)


def _boundary(word: str) -> str:
    """The end of a word, where its script parts words at all."""
    return "" if unicodedata.category(word[-1]) == "Lo" else r"(?![\w'’])"
