from __future__ import annotations

from bridge.archive.ranking import CANDIDATES, MOST_MATCHES, ranked, sought_by, weights_of
from bridge.domain import Passage, PassageKind
from bridge.store.query import TermCounts


def passage(
    terms: str, first_n: int = 1, last_n: int = 9, *, stream_id: str = "s", finding: str = ""
) -> Passage:
    kind = PassageKind.FINDING if finding else PassageKind.WORDS
    return Passage(
        stream_id=stream_id,
        kind=kind,
        first_n=first_n,
        last_n=last_n,
        item=finding,
        label="",
        text="",
        terms=terms,
    )


def counts(passages: int = 100, *, in_scope: int | None = None, **with_word: int) -> TermCounts:
    return TermCounts(
        passages=passages,
        in_scope=passages if in_scope is None else in_scope,
        newest_id=2 * passages,
        with_any={tuple(word.split("_")): count for word, count in with_word.items()},
    )


def order(
    passages: list[Passage], *words: str, known: TermCounts | None = None, limit: int = 10
) -> list[int]:
    asked = tuple((word,) for word in words)
    known = known or counts(**dict.fromkeys(words, 10))
    return [one.first_n for one, _ in ranked(passages, asked, known, limit=limit)]


def test_rare_words_weigh_more() -> None:
    """A word that few passages have tells more than one that most have; terms of one word count together."""
    weights = weights_of((("rare",), ("often",), ("no", "where")), counts(rare=1, often=90, no_where=0))
    assert weights["no", "where"] > weights["rare",] > weights["often",] > 0
    assert order(
        [passage("often", 1, 1), passage("rare", 2, 2)], "rare", "often", known=counts(rare=1, often=90)
    ) == [2, 1]


def test_all_words_beat_one_word_often() -> None:
    """A passage with all of the question's words comes before one that repeats one of them."""
    assert order([passage("a " * 20 + "x", 1, 1), passage("a b " + "x " * 19, 2, 2)], "a", "b") == [2, 1]


def test_more_and_shorter_is_better() -> None:
    """What is said more often counts more, and a long passage has to have more of it; equals keep their order."""
    assert order([passage("a x x", 1, 1), passage("a a x", 2, 2)], "a") == [2, 1]
    assert order([passage("a " + "x " * 40, 1, 1), passage("a x", 2, 2)], "a") == [2, 1]
    assert order([passage("a x", 5, 5), passage("a x", 2, 2)], "a") == [5, 2]


def test_of_those_that_overlap_the_best() -> None:
    """One place is told once; the same positions of another stream, or a finding about them, are other places."""
    assert order([passage("a x x", 1, 6), passage("a a x", 4, 9), passage("a x", 10, 12)], "a") == [4, 10]
    elsewhere = [
        passage("a", 1, 6, stream_id="t"),
        passage("a", 1, 6, finding="r/1"),
        passage("a", 1, 6, finding="r/2"),
    ]
    assert len(order([passage("a", 1, 6), *elsewhere], "a")) == 4


def test_what_does_not_answer_is_left_out() -> None:
    """No passage without a word of the question is told, and no more than were asked for."""
    assert order([passage("x", 1, 1), passage("a", 2, 2), passage("a", 3, 3)], "a", limit=1) == [2]
    assert order([], "a") == []


def test_a_small_archive_is_looked_at_whole() -> None:
    """Where there are few passages, all with any word of the question are candidates."""
    sought = sought_by((("a", "b"), ("c",)), counts(a_b=90, c=99), ["s"])
    assert (set(sought.terms), sought.streams, sought.above_id, sought.limit) == (
        {"a", "b", "c"},
        ("s",),
        0,
        CANDIDATES,
    )


def test_a_large_archive_is_asked_for_the_rare_words() -> None:
    """Common words only weigh, where the rare ones bring candidates enough; what nobody said brings none."""
    known = counts(10 * MOST_MATCHES, rare=MOST_MATCHES // 2, often=5 * MOST_MATCHES)
    sought = sought_by((("often",), ("rare",), ("never",)), known, None)
    assert set(sought.terms) == {"rare", "never"}
    assert [terms for terms, _ in sought.weights] == [("often",), ("rare",), ("never",)]
    assert sought.above_id == 0


def test_where_every_word_is_common_the_newest_are_looked_at() -> None:
    """A question of common words alone looks at the newest passages, as many as can be looked at."""
    known = counts(10 * MOST_MATCHES, often=4 * MOST_MATCHES, always=9 * MOST_MATCHES)
    sought = sought_by((("always",), ("often",), ("never",)), known, None)
    assert set(sought.terms) == {"often", "never"}
    assert sought.above_id == int(known.newest_id * 3 / 4)


def test_a_scope_makes_words_rare() -> None:
    """Within one meeting of a large archive all words bring candidates."""
    known = counts(10 * MOST_MATCHES, in_scope=200, often=4 * MOST_MATCHES, always=9 * MOST_MATCHES)
    sought = sought_by((("always",), ("often",)), known, ["s"])
    assert (set(sought.terms), sought.above_id) == ({"always", "often"}, 0)


def test_counts_that_are_estimates() -> None:
    """Estimates that say more than there is, or nothing at all, break nothing."""
    assert min(weights_of((("a", "b"),), counts(10, a_b=18)).values()) >= 0
    assert sought_by((("a",),), counts(0), None).above_id == 0
