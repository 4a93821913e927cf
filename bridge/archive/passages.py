"""Talk as passages: utterances of one stream that follow one another, each passage overlapping the next by half. Pure.

A question and its answer stand together in one of them, as what is at a passage's edge is in the middle of its neighbour.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bridge.archive.languages import UNKNOWN, language_of
from bridge.archive.terms import indexed, language_in, terms_of, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance

PASSAGE_WORDS: Final = 90
"""Words of consecutive talk that are found as one; measured, see ``docs/archive.md``."""


class PassageKind(StrEnum):
    """What a passage holds."""

    WORDS = "words"
    """What people said or wrote."""
    FINDING = "finding"
    """What a flow found in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Something that is found as one."""

    stream_id: str
    kind: PassageKind
    first_n: int
    """Position of its first utterance; of a finding, of the first that bears it out."""
    last_n: int
    """Position of its last utterance, included."""
    item: str
    """What a finding is called; empty for words."""
    text: str
    """What a finding says, as it is shown; empty for words, which are read from their utterances."""
    terms: str
    """By which it is found, one blank apart, each as often as it is said."""


def passages_of(utterances: Sequence[Utterance]) -> list[Passage]:
    """Utterances of one stream, in order, as passages.

    Where a passage begins follows from the one before alone: from the first utterance of any of them on, the same
    passages are made again.
    """
    words = [words_of(one.text) for one in utterances]
    lengths = [max(count_words(one.text), 1) for one in utterances]
    made = []
    first = 0
    while first < len(utterances):
        last, length = first, lengths[first]
        while last + 1 < len(utterances) and length + lengths[last + 1] / 2 <= PASSAGE_WORDS:
            last += 1
            length += lengths[last]
        made.append(_passage(utterances[first : last + 1], words[first : last + 1]))
        if last + 1 == len(utterances):
            break
        half, following = lengths[first], first + 1
        while following < last and half + lengths[following] / 2 <= length / 2:
            half += lengths[following]
            following += 1
        first = following
    return made


def count_words(text: str) -> int:
    """Words by spaces; where a script has none, two characters count as one."""
    words = len(text.split())
    return words if text.isascii() else words + sum(one > "\u0e00" for one in text) // 2


def language_of_passage(utterances: Sequence[Utterance]) -> str:
    """The language in which most of these utterances are, as Zoom tells or, where it does not, as they look."""
    return _language(utterances, [words_of(one.text) for one in utterances])


def _language(utterances: Sequence[Utterance], words: Sequence[Sequence[str]]) -> str:
    told = Counter(language for one in utterances if (language := language_of(one.language)) is not None)
    return language_in([word for of_one in words for word in of_one], *(one for one, _ in told.most_common(1)))


def _passage(utterances: Sequence[Utterance], words: Sequence[Sequence[str]]) -> Passage:
    language = _language(utterances, words)
    speakers = dict.fromkeys(one.speaker for one in utterances)
    terms = [term for name in speakers for term in terms_of(name, UNKNOWN)]
    terms += [term for of_one in words for word in of_one for term in indexed(word, language)]
    return Passage(
        stream_id=utterances[0].stream_id,
        kind=PassageKind.WORDS,
        first_n=utterances[0].n,
        last_n=utterances[-1].n,
        item="",
        text="",
        terms=" ".join(terms),
    )
