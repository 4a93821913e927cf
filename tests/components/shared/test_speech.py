"""Speech in fragments, put together into sentences."""

from __future__ import annotations

import time
from typing import Any

import pytest

from components.zoom.shared.speech import clean, sentences


@pytest.fixture
def message_store() -> None:
    """Nothing is kept here."""


def said(*lines: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": f"u-{n}",
            "speaker": name,
            "user_id": name,
            "start_ms": n * 1000,
            "text": text,
            "source": "speech",
        }
        for n, (name, text) in enumerate(lines, start=1)
    ]


def texts(*lines: tuple[str, str], over: bool = True) -> list[str]:
    return [one.text for one in sentences(said(*lines), over=over) if not one.is_open]


@pytest.mark.parametrize("run", [" ", "—", "[", "\n"])
def test_long_runs_of_one_character_take_no_time(run: str) -> None:
    """They are read while no other run can go on."""
    began = time.process_time()
    texts(("Dana", f"I'll send{run * 20_000}it."))
    assert time.process_time() - began < 1.5


def test_pieces_of_marked_speech_are_one_sentence_over_a_murmur() -> None:
    """A piece without a full stop goes on with the same speaker's next piece."""
    assert texts(
        ("Dana", "I'll send the draft of the"),
        ("Tom", "Mm-hmm."),
        ("Dana", "contract by Friday."),
        ("Tom", "Good."),
    ) == [
        "I'll send the draft of the contract by Friday.",
        "Good.",
    ]


def test_a_message_without_marks_is_a_sentence_unless_its_last_word_cannot_end_one() -> None:
    """Where nobody's words have marks, the ends of messages are what there is."""
    assert texts(
        ("Dana", "so last time we talked about the trial and um"),
        ("Dana", "you had it for two weeks"),
        ("Dana", "that was in may"),
    ) == [
        "So last time we talked about the trial and you had it for two weeks",
        "That was in may",
    ]


@pytest.mark.parametrize("dots", ["…", "..."])
def test_dots_where_somebody_breathes_end_nothing(dots) -> None:
    """The same speaker goes on with a small letter; a capital begins anew."""
    assert texts(("Dana", f"I'll send the contract{dots}"), ("Dana", "to the supplier by Friday.")) == [
        "I'll send the contract to the supplier by Friday."
    ]
    assert len(texts(("Dana", f"Right, the price page{dots}"), ("Dana", "We go with three tiers."))) == 2
    assert texts(("Dana", f"I'll send it{dots} by Friday.")) == ["I'll send it by Friday."]


def test_who_breaks_off_and_begins_anew_says_two_things() -> None:
    """A sentence that hangs is not glued to one that opens."""
    assert texts(("Dana", "I suppose this is a"), ("Dana", "Okay, so we lose the scroll wheel.")) == [
        "I suppose this is a",
        "Okay, so we lose the scroll wheel.",
    ]


def test_the_last_piece_is_open_while_the_meeting_goes_on() -> None:
    """The next window may bring its end."""
    lines = ("Dana", "We go by train."), ("Dana", "And then we take the")
    assert texts(*lines, over=False) == ["We go by train."]
    assert len(texts(*lines)) == 2


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("Um, so, you know, the the roof uh leaks.", "So, the roof leaks."),
        ("i'll do it if i can", "I'll do it if I can"),
        ("We're gonna, uh, we're gonna wait.", "We're going to wait."),
        ("What kind of roof is that?", "What kind of roof is that?"),
        ("Mm-hmm.", ""),
        ("Uh huh.", ""),
        ("See what is happening, you know, how it does.", "See what is happening, how it does."),
        ("Oh, at fourteen oh three we deployed.", "At fourteen oh three we deployed."),
        ("That is very very good.", "That is very very good."),
    ],
)
def test_fillers_are_cleaned_and_meaning_is_not(spoken, written) -> None:
    """Ums, stutters and hedges go; words that only look like them stay."""
    assert clean(spoken) == written


@pytest.mark.parametrize(
    "text",
    ["who has the plan for the sockets", "and is there a certificate", "what about the data", "Really?"],
)
def test_a_question_is_known_by_its_form(text) -> None:
    """Also where no mark stands at its end."""
    [one] = sentences(said(("Dana", text)), over=True)
    assert one.asks


@pytest.mark.parametrize(
    "text", ["when we are done we ship it", "what we need is a plan", "Can do.", "if it is late we wait"]
)
def test_a_clause_with_a_question_word_is_no_question(text) -> None:
    """What begins like one and tells something is none."""
    [one] = sentences(said(("Dana", text)), over=True)
    assert not one.asks
