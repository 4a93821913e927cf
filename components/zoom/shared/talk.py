"""The talk: its sentences, those who are there, what a sentence names, and what of the talk it takes to understand one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from components.zoom.shared.rules import (
    ASSENTS,
    CONDITION,
    DOUBT,
    FINDS_OUT,
    JOKE,
    LAUGHS,
    LEAST_NAMED,
    LEAST_TALK_WORDS,
    LONGEST_QUOTE_WORDS,
    LONGEST_REPLY_WORDS,
    LONGEST_TALK_WORDS,
    NEAR,
    OPENS,
    POINTERS,
    REPORTED,
    SHORT_TURN_WORDS,
    TAKES_BACK,
    TASKS,
    TITLE,
    TURN,
    UNKNOWN,
    UNNAMED,
    WANTS,
    pattern,
)
from components.zoom.shared.speech import ENDED, Sentence
from components.zoom.shared.words import STOP_WORDS, stem, stems, words_of

NOT_NAMES: Final = frozenset(
    "will may mark art the dr prof mr mrs ms sir user room manager expert designer".split()
)
CALLED: Final = r"(?P<name>[\w'-]+(?: [\w'-]+)?)"
ADDRESS: Final = pattern(
    rf"(?:(?:and|so|okay|ok|but|well|then|right|now|hey|good|thanks|also|alright)[ ,.]+)*{CALLED},? (?=(?:can|could|would|will|you|please|are you|do you|{TASKS})\b)"
)
ADDRESS_AT_END: Final = pattern(rf", {CALLED}(?:, please)?\W*$")


@dataclass(frozen=True)
class People:
    """Those who may be given something, by the lower-case words that call them."""

    called: dict[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> People:
        """Everybody by their full name, and by each part of it that only they have."""
        known = list(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
        parts: dict[str, set[str]] = {}
        for name in known:
            for part in re.findall(r"[\w'-]+", name.casefold()):
                parts.setdefault(part, set()).add(name)
        alone = {
            part: next(iter(of))
            for part, of in parts.items()
            if len(of) == 1 and len(part) > 2 and part not in NOT_NAMES
        }
        return cls(alone | {name.casefold(): name for name in known})

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of their names."""
        return frozenset(stem(part) for name in self.called for part in words_of(name))

    def named(self, called: str) -> str:
        """The person that this calls; empty where it calls none of them."""
        words = called.casefold().split()
        spans = [" ".join(words[at:to]) for to in range(len(words), 0, -1) for at in range(to)]
        return next((self.called[name] for name in spans if name in self.called), "")

    def addressed(self, text: str) -> str:
        """Who is spoken to by name at the start or the end of a sentence, or before "can you"."""
        matches = (ADDRESS.match(text), ADDRESS_AT_END.search(text))
        return next((name for match in matches if match and (name := self.named(match["name"]))), "")


@dataclass(frozen=True)
class Talk:
    """The sentences of a stretch of a meeting."""

    said: list[Sentence]
    people: People
    content: dict[int, frozenset[str]] = field(default_factory=dict)

    def about(self, at: int) -> frozenset[str]:
        """Stems of a sentence."""
        if at not in self.content:
            self.content[at] = frozenset(stems(self.said[at].text))
        return self.content[at]

    def names(self, at: int) -> frozenset[str]:
        """Stems of the things that a sentence names, but for those who are there."""
        return frozenset(
            stem(word)
            for word in words_of(self.said[at].text)
            if word not in STOP_WORDS
            and not word.endswith("ly")
            and stem(word) not in UNNAMED | self.people.stems
        )

    def named(self, places: Iterable[int]) -> frozenset[str]:
        """What the sentences at these positions name."""
        return frozenset(name for at in places for name in self.names(at))

    def these(self, places: Iterable[int]) -> tuple[Sentence, ...]:
        """The sentences at these positions."""
        return tuple(self.said[at] for at in places)

    def length(self, at: int) -> int:
        """Words of a sentence."""
        return len(self.said[at].text.split())

    def is_short(self, at: int) -> bool:
        """Whether it has few words."""
        return self.length(at) <= SHORT_TURN_WORDS

    def replies(self, at: int) -> list[int]:
        """Positions of what others say to it soon: after its end, and before its speaker asks or says something else.

        What is said in the middle of it shows that somebody listens.
        """
        mine, found = self.said[at], list[int]()
        for near in range(at + 1, min(at + 1 + NEAR, len(self.said))):
            other = self.said[near]
            if other.key != mine.key:
                found += [near] if other.began > mine.ended else []
            elif len(self.about(near)) > 2 and (found or (other.asks and not self.is_short(near))):
                break
        return found

    def is_governed(self, at: int, start: int, end: int) -> bool:
        """Whether something around a clause takes back what it says: doubt, denial, reporting, the past, a condition, a joke."""
        text = self.said[at].text
        before = TURN.split(text[:start])[-1]
        condition = CONDITION.search(text, end)
        return bool(
            DOUBT.search(before)
            or REPORTED.search(before)
            or (condition and not FINDS_OUT.search(text[: condition.start()]))
            or JOKE.search(text)
            or any(LAUGHS.match(said.text) for said in self.said[at + 1 : at + 3])
            or self.is_taken_back(at)
        )

    def is_taken_back(self, at: int) -> bool:
        """Whether its speaker says no to it at once, and nothing else."""
        keys = [said.key == self.said[at].key for said in self.said[at + 1 : at + 3]]
        no = keys in ([True], [True, False]) and TAKES_BACK.match(self.said[at + 1].text)
        return bool(no) and not self.said[at + 1].asks


REACTION_STEMS: Final = 4


def quote_of(talk: Talk, at: int, reply: int) -> list[int]:
    """The sentence, with the one by which its speaker goes on where it says little, and with the reply that settles it."""
    sentence, rest, after = talk.said[at], len(talk.about(at)), at + 1
    chosen = {at, reply} if reply >= 0 else {at}
    if after < len(talk.said) and (rest < 4 or sentence.asks) and talk.said[after].key == sentence.key:
        promises = re.match(
            r"(?:okay,? )?(?:(?:I|we)(?:'ll| will)|let)\b", talk.said[after].text, re.IGNORECASE
        )
        goes_on = talk.said[after].began <= sentence.ended + 1 and talk.is_short(after) and talk.about(after)
        chosen |= {after} if goes_on and not promises else set()
    return sorted(chosen)


def talk_before(talk: Talk, at: int, quote: Sequence[int]) -> list[int]:
    """What was said before a quotation that somebody needs who was not there: the subject as it was announced, and what was said last.

    Of that as much as it takes: without a gap, until enough is named, and it begins with a sentence that points to nothing before it.
    """

    def is_clear(*places: int) -> bool:
        points = POINTERS.search(talk.said[places[0]].text)
        return not points and len(talk.named([*places, *quote])) >= LEAST_NAMED

    if is_clear(at):
        return []
    subject, last, words = subject_of(talk, at), list[int](), 0
    for near in range(at - 1, subject[-1] if subject else max(-1, at - 1 - REACH), -1):
        if words >= LEAST_TALK_WORDS and is_clear(*last):
            break
        if tells(talk, near):
            words += min(talk.length(near), LONGEST_QUOTE_WORDS)
            if last and words > LONGEST_TALK_WORDS:
                break
            last.insert(0, near)
    if subject and last and not OPENS.match(talk.said[subject[0]].text) and is_clear(*last):
        return last
    return [*subject, *last]


def subject_of(talk: Talk, at: int) -> list[int]:
    """The last sentence that begins a subject, and where it names little what its speaker says next; none where ``at`` begins one."""
    for near in range(at, max(-1, at - 1 - REACH), -1):
        if OPENS.match(talk.said[near].text) or TITLE.match(talk.said[near].text):
            goes_on = near + 1 < at and talk.said[near + 1].key == talk.said[near].key
            found = [near, near + 1] if goes_on and len(talk.names(near)) < LITTLE else [near]
            if near == at or (talk.named(found) and sum(map(talk.length, found)) <= LONGEST_REPLY_WORDS):
                return [] if near == at else found
    return []


REACH: Final = 30
"""Sentences back, up to which what is spoken of is looked for."""
LITTLE: Final = 3


def tells(talk: Talk, at: int) -> bool:
    """Whether a sentence says what is spoken of, and is no mere reaction to it."""
    sentence, content = talk.said[at], len(talk.about(at))
    reacts = any(reaction.match(sentence.text) for reaction in (UNKNOWN, WANTS, ASSENTS))
    return sentence.asks or (content > 1 and not (reacts and content <= REACTION_STEMS))


CLAUSE: Final = re.compile(r"[,;:—–] ?| (?=(?:and|so|but) (?:so |then )?(?:I|we|you)\b)")
"""Where one begins."""


def shortened(text: str, start: int = 0, most: int = LONGEST_QUOTE_WORDS) -> str:
    """A sentence; of one with more than ``most`` words the part around ``start``, from where a clause begins to where one ends."""
    if len(text.split()) <= most:
        return text
    clauses = [match.end() for match in CLAUSE.finditer(text) if match.end() <= start]
    begin = clauses[-1] if clauses and len(text[:start].split()) > most // 3 else 0
    spoken = text[begin:].split()
    head = " ".join(spoken[:most])
    if len(spoken) > most:
        comma = max(head.rfind(mark) for mark in (",", ";"))
        head = (head[:comma] if comma > len(head) // 2 else head) + " …"
    return ("… " if begin else "") + head


def ended(text: str) -> str:
    """A sentence with a mark at its end."""
    return text if ENDED.search(text) else f"{text}."


def minute(ms: int) -> str:
    """Time since the meeting began: minutes and seconds, from an hour on with hours."""
    seconds = max(0, ms) // 1000
    hours = f"{seconds // 3600}:" if seconds >= 3600 else ""
    return f"{hours}{seconds // 60 % 60:02}:{seconds % 60:02}"
