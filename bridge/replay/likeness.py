"""Whether two findings of one meeting are the same: by kind, by the words that bear them out, and by their own. Never by exact text. Pure.

Flows word things differently: rules quote ("I can write to them."), models tell ("Write to the customer about the delay").
So a finding is compared with another's text and with what was said in its evidence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from bridge.archive.terms import language_in, terms_of, words_of
from bridge.replay.outcome import NOTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bridge.replay.outcome import Said

NEAR: Final = 2
"""Utterances between two findings' evidence that may speak of one thing."""
SHARED_WORDS: Final = 0.25
"""How much of a finding must be said where both have evidence in common."""
NEAR_WORDS: Final = 0.5
"""The same where their evidence is only near."""
LANGUAGE_CHARACTERS: Final = 4000
"""Of a meeting, by which its language is known."""
WORDS_ALONE: Final = 0.6
"""How alike the texts must be where there is no evidence, or it lies elsewhere."""
REPEATED: Final = 0.6
"""How alike the texts of two findings of one flow are where the later only repeats the earlier: two tasks may well be
promised in one sentence."""

_BEFORE: Final = re.compile(r"(?<=”) \(before: [^“”]{0,80}“.*”\)$", re.DOTALL)
"""What a quotation has of the talk before its point: it bears that out, and is not what was found."""
_TIME: Final = re.compile(r"\b\d{1,2}(?::\d{2}){1,2}\b")
"""A place in the meeting, as a quotation tells it."""

_One = TypeVar("_One")
_Other = TypeVar("_Other")


@dataclass(frozen=True, slots=True)
class Features:
    """What a finding is known by."""

    kind: str
    terms: frozenset[str]
    """Of its text."""
    basis: frozenset[str]
    """Of its text and of the words that bear it out."""
    evidence: frozenset[int]
    """Positions of those."""
    voices: frozenset[str] = frozenset()
    """Of the names of those who said them: who tells what was said often says by whom."""


def language_of(said: Mapping[int, Said]) -> str:
    """The language of a meeting, by its first words: a finding alone is too short to tell."""
    text = " ".join(each.text for each in said.values())
    return language_in(words_of(text[:LANGUAGE_CHARACTERS]))


def features(
    kind: str, text: str, evidence: Sequence[int], said: Mapping[int, Said], language: str
) -> Features:
    """A finding's features; ``said`` are the meeting's utterances by position, ``language`` is theirs."""
    spoken = " ".join(said[n].text for n in evidence if n in said)
    who = " ".join(said[n].speaker for n in evidence if n in said)
    own, told = (
        frozenset(terms_of(_TIME.sub(" ", part), language)) for part in (_BEFORE.sub("", text), text)
    )
    return Features(
        kind,
        own,
        told | frozenset(terms_of(spoken, language)),
        frozenset(evidence),
        frozenset(terms_of(who, language)),
    )


def likeness(one: Features, other: Features) -> float:
    """How alike two findings are, up to 2; 0 where they are not the same."""
    if one.kind != other.kind and NOTE not in (one.kind, other.kind):
        return 0.0
    dice = _dice(one.terms, other.terms)
    said = max(dice, min(_within(one.terms, other.basis), _within(other.terms, one.basis)))
    shared = len(one.evidence & other.evidence)
    if shared:
        overlap = shared / min(len(one.evidence), len(other.evidence))
        loose = max(_within(one.terms, other.basis), _within(other.terms, one.basis))
        return overlap + said if max(said, loose) >= SHARED_WORDS else 0.0
    if one.evidence and other.evidence and _distance(one.evidence, other.evidence) <= NEAR:
        return 0.5 + said if said >= NEAR_WORDS else 0.0
    # One that names no evidence is looked for in what bears the other out.
    told = (
        _within(one.terms, other.terms if one.evidence else other.basis | other.voices),
        _within(other.terms, one.terms if other.evidence else one.basis | one.voices),
    )
    alone = max(dice, 0.8 * max(told))
    return alone if alone >= WORDS_ALONE else 0.0


def is_repeat(one: Features, other: Features) -> bool:
    """Whether a flow told twice what is one thing."""
    return one.kind == other.kind and _dice(one.terms, other.terms) >= REPEATED


def pairs(
    ones: Sequence[_One], others: Sequence[_Other], alike: Callable[[_One, _Other], float]
) -> list[tuple[int, int]]:
    """Which of some go with which of others, each with one at most: the most alike first, earlier ones before later."""
    scored = [
        (-score, i, j)
        for i, one in enumerate(ones)
        for j, other in enumerate(others)
        if (score := alike(one, other)) > 0
    ]
    taken_ones: set[int] = set()
    taken_others: set[int] = set()
    found = []
    for _, i, j in sorted(scored):
        if i not in taken_ones and j not in taken_others:
            taken_ones.add(i)
            taken_others.add(j)
            found.append((i, j))
    return sorted(found)


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


def _within(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one) if one else 0.0


def _distance(one: frozenset[int], other: frozenset[int]) -> int:
    return min(abs(a - b) for a in one for b in other)
