"""The kinds of insight as people choose them."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def kinds(piece: Any) -> Any:
    return piece("kinds")


def test_words_and_ids_are_read_alike(kinds: Any) -> None:
    """What the editor writes, what flows of 0.2 hold and what somebody types name the same kinds, in their order."""
    ids = list(kinds.WORDS)
    assert "buying_signal" in ids
    assert kinds.kinds_in(ids, []) == ids
    assert kinds.kinds_in(kinds.in_words(ids), []) == ids
    assert kinds.kinds_in(["Decisions", "risk", " buying SIGNALS "], []) == [
        "decision",
        "risk",
        "buying_signal",
    ]


@pytest.mark.parametrize("chosen", [None, []])
def test_without_a_choice_the_usual_ones_count(kinds: Any, chosen: Any) -> None:
    """An emptied field is no wish for nothing."""
    assert kinds.kinds_in(chosen, ("risk",)) == ["risk"]


@pytest.mark.parametrize("chosen", [["Jokes"], ["decision", ""], ["action items, decisions"]])
def test_a_kind_that_does_not_exist_is_refused(kinds: Any, chosen: list[str]) -> None:
    """It would leave something out in silence."""
    with pytest.raises(ValueError, match=r"Kinds takes Action items, Decisions, .* none of them"):
        kinds.kinds_in(chosen, [])


def test_every_option_has_its_id(kinds: Any) -> None:
    """By it a push finds the words for what an older flow holds."""
    choice = kinds.choice_of(["risk", "follow_up"])
    assert choice == {
        "options": ["Risks", "Follow-ups"],
        "options_metadata": [{"id": "risk"}, {"id": "follow_up"}],
    }


def test_all_kinds_have_words(kinds: Any, piece: Any) -> None:
    """Those that a language has labels for, and the one without."""
    assert kinds.WORDS.keys() == {*piece("languages").labels_in("en").kinds, piece("news_text").UNLABELLED}
    assert len(set(kinds.WORDS.values())) == len(kinds.WORDS)
