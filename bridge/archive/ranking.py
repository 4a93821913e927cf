"""Which terms of a question a database looks for, and which of the passages that it finds answer best. Pure.

A database can tell quickly who has a rare word, and slowly who has a common one. So it is asked for passages with the
rare ones, enough of them, and what they have of the common ones decides among those. The order of what is told is made
here, by BM25, on every database the same.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final

from bridge.store.query import Sought, Terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Passage
    from bridge.store.query import TermCounts

MOST_MATCHES: Final = 2500
"""Passages that a database looks at for one question; measured to stay far below 100 ms in an archive of 1,000 hours."""
CANDIDATES: Final = 100
"""Passages that are ranked of those."""
SATURATION: Final = 1.2
LENGTH: Final = 0.75
"""BM25's two constants: how soon a repeated word counts no more, and how much a long passage is held against it."""
WHOLE: Final = 0.5
"""What it adds that a passage has all of the question's words; a part of them adds its part."""


def weights_of(asked: Sequence[Terms], counts: TermCounts) -> dict[Terms, float]:
    """How much each word tells passages apart (BM25's inverse document frequency); nothing for one that nobody said."""
    weights = {}
    for terms in asked:
        have = min(counts.with_any.get(terms, 0), counts.passages)
        weights[terms] = math.log(1 + (counts.passages - have + 0.5) / (have + 0.5))
    return weights


def sought_by(asked: Sequence[Terms], counts: TermCounts, streams: Sequence[str] | None) -> Sought:
    """What to ask a database for: the rare words of a question, as many as it can look for quickly.

    Where even the rarest is too common, only the newest passages are looked at.
    """
    share = min(counts.in_scope / counts.passages, 1.0) if counts.passages else 0.0
    expected = {terms: share * min(counts.with_any.get(terms, 0), counts.passages) for terms in asked}
    chosen: list[Terms] = []
    matches = 0.0
    for terms in sorted(asked, key=expected.__getitem__):
        if any(expected[one] for one in chosen) and matches + expected[terms] > MOST_MATCHES:
            break
        chosen.append(terms)
        matches += expected[terms]
    newest = MOST_MATCHES / matches if matches > MOST_MATCHES else 1.0
    return Sought(
        terms=tuple(dict.fromkeys(term for terms in chosen for term in terms)),
        weights=tuple(weights_of(asked, counts).items()),
        streams=None if streams is None else tuple(streams),
        above_id=int(counts.newest_id * (1 - newest)),
        limit=CANDIDATES,
    )


def ranked(
    passages: Sequence[Passage], asked: Sequence[Terms], counts: TermCounts, *, limit: int
) -> list[tuple[Passage, float]]:
    """The passages that answer best, with their scores, the best first; of those that overlap only the best.

    Equals keep their order.
    """
    held = [Counter(passage.terms.split()) for passage in passages]
    usual = sum(words.total() for words in held) / len(held) if held else 1.0
    weights = weights_of(asked, counts)
    scores = [_score(words, weights, usual) for words in held]
    best: list[tuple[Passage, float]] = []
    for at in sorted(range(len(passages)), key=lambda at: -scores[at]):
        if len(best) == limit:
            break
        if scores[at] > 0 and not any(_overlap(passages[at], passage) for passage, _ in best):
            best.append((passages[at], scores[at]))
    return best


def _score(words: Counter[str], weights: dict[Terms, float], usual: float) -> float:
    damping = SATURATION * (1 - LENGTH + LENGTH * words.total() / usual)
    score = part = 0.0
    for terms, weight in weights.items():
        times = sum(words[term] for term in terms)
        score += weight * times * (SATURATION + 1) / (times + damping)
        part += weight * bool(times)
    return score * (1 + WHOLE * part / (sum(weights.values()) or 1.0))


def _overlap(one: Passage, other: Passage) -> bool:
    """Whether two passages have words in common; a finding is told beside its words."""
    return (
        one.stream_id == other.stream_id
        and one.kind is other.kind
        and one.item == other.item
        and one.first_n <= other.last_n
        and other.first_n <= one.last_n
    )
