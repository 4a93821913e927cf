"""Talk and findings as passages: utterances of one stream that follow one another, each overlapping the next by half. Pure.

A question and its answer stand together in one of them, as what is at a passage's edge is in the middle of its neighbour.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from bridge.archive.languages import language_of
from bridge.archive.terms import language_in, terms_of, terms_of_name, words_of
from bridge.domain import Passage, PassageKind, utterance_position

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Utterance
    from bridge.flow.news import Insight, Summary

PASSAGE_WORDS: Final = 150
"""Words of consecutive talk that are found as one; measured, see ``docs/archive.md``."""

LONGEST_WORD: Final = 40
"""Characters of a word by spaces beyond which it counts as several: what has none, as ``a-b-c`` without end, fills a passage, too."""

LONGEST_FINDING: Final = 20_000
"""Characters of a finding that are kept beside its terms; minutes are the longest."""


def passages_of(utterances: Sequence[Utterance]) -> list[Passage]:
    """Utterances of one stream, in order, as passages.

    Where a passage begins follows from the one before alone: from the first utterance of any of them on, the same
    passages are made again.
    """
    held: dict[tuple[int, str], list[str]] = {}
    lengths = [max(count_words(one.text), 1) for one in utterances]
    made = []
    first = 0
    while first < len(utterances):
        last, length = first, lengths[first]
        while last + 1 < len(utterances) and length + lengths[last + 1] / 2 <= PASSAGE_WORDS:
            last += 1
            length += lengths[last]
        made.append(_passage(utterances[first : last + 1], held))
        if last + 1 == len(utterances):
            break
        half, following = lengths[first], first + 1
        while following < last and half + lengths[following] / 2 <= length / 2:
            half += lengths[following]
            following += 1
        first = following
    return made


def count_words(text: str) -> int:
    """Words by spaces, of no more than :data:`LONGEST_WORD` characters each; where a script has none, two characters count as one."""
    words = len(text.split())
    words = words if text.isascii() else words + sum(one > "\u0e00" for one in text) // 2
    return max(words, len(text) // LONGEST_WORD)


def language_of_passage(utterances: Sequence[Utterance]) -> str:
    """The language in which most of these utterances are, as Zoom tells or, where it does not, as they look."""
    told = Counter(language for one in utterances if (language := language_of(one.language)) is not None)
    if told:
        return told.most_common(1)[0][0]
    return language_in([word for one in utterances for word in words_of(one.text)])


def _passage(utterances: Sequence[Utterance], held: dict[tuple[int, str], list[str]]) -> Passage:
    """One passage; ``held`` are terms of utterances that are known already, as they are in two passages."""
    language = language_of_passage(utterances)
    speakers = dict.fromkeys(one.speaker for one in utterances)
    terms = [term for name in speakers for term in terms_of_name(name)]
    for one in utterances:
        if (one.n, language) not in held:
            held[one.n, language] = terms_of(one.text, language)
        terms += held[one.n, language]
    return Passage(
        stream_id=utterances[0].stream_id,
        kind=PassageKind.WORDS,
        first_n=utterances[0].n,
        last_n=utterances[-1].n,
        item="",
        label="",
        text="",
        terms=" ".join(terms),
    )


def findings_of(stream_id: str, insights: Sequence[Insight], summary: Summary | None) -> list[Passage]:
    """What flows found in a stream, each as a passage of its own, beside the words that bear it out."""
    found = [
        _finding(
            stream_id,
            item=f"{insight.route}/{insight.id}",
            label=insight.kind,
            text=insight.text,
            beside=(insight.due, insight.answer, insight.record_name),
            names=(insight.owner,),
            positions=[n for each in insight.evidence if (n := utterance_position(each))],
        )
        for insight in insights
    ]
    if summary is not None:
        item, text = f"{summary.route}/summary", summary.text[:LONGEST_FINDING]
        found.append(_finding(stream_id, item=item, label="summary", text=text, names=summary.attendees))
    return found


def _finding(
    stream_id: str,
    *,
    item: str,
    label: str,
    text: str,
    names: Sequence[str],
    beside: Sequence[str] = (),
    positions: Sequence[int] = (),
) -> Passage:
    language = language_in(words_of(text))
    terms = terms_of(text, language)
    terms += [term for name in names for term in terms_of_name(name)]
    terms += terms_of(" ".join(beside), language)
    return Passage(
        stream_id=stream_id,
        kind=PassageKind.FINDING,
        first_n=min(positions, default=0),
        last_n=max(positions, default=0),
        item=item,
        label=label,
        text=text,
        terms=" ".join(terms),
    )
