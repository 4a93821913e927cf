from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.archive.passages import (
    LONGEST_FINDING,
    PASSAGE_WORDS,
    count_words,
    findings_of,
    language_of_passage,
    passages_of,
)
from bridge.domain import PassageKind, Utterance
from bridge.flow.news import Insight, Summary


def said(n: int, text: str, *, speaker: str = "Dana", language: int | None = 9) -> Utterance:
    return Utterance(
        stream_id="s",
        n=n,
        speaker=speaker,
        user_id="7",
        start_ms=n,
        end_ms=n + 1,
        text=text,
        language=language,
    )


def talk(lengths: list[int]) -> list[Utterance]:
    return [said(n, " ".join(["word"] * length)) for n, length in enumerate(lengths, 1)]


def insight(**changes: Any) -> Insight:
    texts = dict.fromkeys(("owner", "due", "answer", "record_name", "record_url", "window_id"), "")
    given: dict[str, Any] = {
        "id": "i1",
        "kind": "decision",
        "text": "Ship on Friday.",
        "evidence": ("u-000012", "u-000009", "nonsense", "u-x"),
        "route": "notes",
    }
    return Insight(**(texts | given | changes))


def test_little_talk_is_one_passage() -> None:
    """What fits is one passage, with who spoke in its terms; nothing gives none."""
    (passage,) = passages_of(
        [said(4, "The budget is fine.", speaker="Dana Whitfield"), said(7, "Good.", speaker="Eli")]
    )
    assert (passage.first_n, passage.last_n, passage.kind) == (4, 7, PassageKind.WORDS)
    assert passage.terms == "dana whitfield eli budget fine good"
    assert passages_of([]) == []


def test_passages_overlap() -> None:
    """Long talk is passages of like length, each beginning in the middle of the one before."""
    passages = passages_of(talk([10] * 60))
    assert {passage.last_n - passage.first_n + 1 for passage in passages[:-1]} == {PASSAGE_WORDS // 10}
    for one, other in itertools.pairwise(passages):
        assert one.first_n < other.first_n <= one.last_n
        assert one.last_n - other.first_n in range(6, 9)


def test_an_utterance_is_never_parted() -> None:
    """An enormous utterance is a passage, and those around it are in others."""
    passages = passages_of(talk([5, 4000, 5]))
    assert [(one.first_n, one.last_n) for one in passages] == [(1, 1), (2, 2), (3, 3)]


def test_words_without_blanks_are_not_one() -> None:
    """What somebody pastes without a blank fills a passage as its characters do, so that none is of megabytes."""
    passages = passages_of([said(n, "-".join(["word"] * 400)) for n in range(1, 101)])
    assert max(len(one.terms) for one in passages) < 10_000
    assert count_words("https://a.example/" + "b" * 22) == 1


@given(st.lists(st.integers(0, 200), max_size=60))
def test_every_utterance_is_in_a_passage(lengths: list[int]) -> None:
    """Nothing is left out, passages go forward, and from any of them on the same follow again."""
    talked = talk(lengths)
    passages = passages_of(talked)
    assert {n for one in passages for n in range(one.first_n, one.last_n + 1)} == set(
        range(1, len(lengths) + 1)
    )
    assert [one.first_n for one in passages] == sorted({one.first_n for one in passages})
    for at, one in enumerate(passages):
        assert passages_of(talked[one.first_n - 1 :]) == passages[at:]


def test_the_language_of_a_passage() -> None:
    """Zoom's word for the language counts; where there is none, that of the words; and most of them decide."""
    german = "Wir haben das nicht gesehen"
    assert language_of_passage([said(1, german, language=14)]) == "german"
    assert language_of_passage([said(1, german, language=None)]) == "german"
    assert language_of_passage([said(1, german, language=9)]) == "english"
    assert language_of_passage([said(1, "x", language=14), said(2, "x"), said(3, "x")]) == "english"
    assert passages_of([said(1, "die Häuser", language=14)])[0].terms == "dana haus"


def test_words_are_counted_in_scripts_without_spaces() -> None:
    """Two characters count as a word where there are no spaces, so passages are alike."""
    assert count_words("a b  c") == 3
    assert count_words("会議の予算を承認") == 1 + 4


def test_an_owner_is_found_in_any_language() -> None:
    """Names beside a finding have the terms that names have everywhere, whatever language the finding is in."""
    [found] = findings_of("s", [insight(text="Wir haben die Frist nicht gehalten.", owner="Jonas")], None)
    assert "jona" in found.terms.split()


def test_findings() -> None:
    """A finding is found by its words and those told beside it, and stands where its evidence does."""
    summary = Summary(text="Prices.\nMore.", attendees=("Noor",), route="notes", window_id="w")
    found = findings_of("s", [insight(owner="Eli", due="by May"), insight(id="i2", evidence=())], summary)
    assert [(one.item, one.label, one.first_n, one.last_n) for one in found] == [
        ("notes/i1", "decision", 9, 12),
        ("notes/i2", "decision", 0, 0),
        ("notes/summary", "summary", 0, 0),
    ]
    assert all(one.kind is PassageKind.FINDING and one.stream_id == "s" for one in found)
    assert found[0].text == "Ship on Friday."
    assert found[0].terms.split() == ["ship", "friday", "eli", "may"]
    assert (found[2].text, found[2].terms) == ("Prices.\nMore.", "price noor")
    assert findings_of("s", [], None) == []


def test_enormous_findings() -> None:
    """Minutes of any length are kept as far as they can be shown, and evidence that no stream has is passed over."""
    summary = Summary(text="word " * 9000, attendees=(), route="notes", window_id="w")
    (one,) = findings_of("s", [], summary)
    assert len(one.text) == LONGEST_FINDING
    (other,) = findings_of("s", [insight(evidence=("u-" + "9" * 30, "u-0000000003"))], None)
    assert (other.first_n, other.last_n) == (3, 3)
