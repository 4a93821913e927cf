"""Which part of a meeting a question is about by its time."""

from __future__ import annotations

from typing import Any

import pytest

from components.zoom.shared.parts import PART_WORDS, begin_of, part_of
from components.zoom.shared.quotes import quotes_for

TEN = 1_795_341_600_000
WORDS = 20
"""Of what is said in each minute."""


def meeting(minutes: int = 60) -> list[dict[str, Any]]:
    """Somebody says twenty words a minute, with the minute."""
    return [
        {
            "id": f"u-{n}",
            "speaker": ("Lena", "Otto")[n % 2],
            "start_ms": TEN + n * 60_000,
            "end_ms": TEN + n * 60_000 + 8000,
            "text": f"Number{n} " + "oven " * (WORDS - 2) + "stands.",
        }
        for n in range(minutes)
    ]


def heard(question: str, minutes: int = 60) -> tuple[int, int] | None:
    """The first and the last minute of what a question is about; ``None`` where that is all of the meeting."""
    part = part_of(question, meeting(minutes), TEN + minutes * 60_000)
    found = [int(said["id"].removeprefix("u-")) for said in part.utterances] if part else []
    return (found[0], found[-1]) if part else None


@pytest.mark.parametrize(
    "question",
    [
        "How did the meeting start?",
        "What happened at the beginning of the call?",
        "What did Lena say at the very beginning?",
        "Summarize the opening of the meeting.",
        "What was said in the opening remarks?",
        "What was the first thing they discussed?",
        "What did I miss at the start?",
    ],
)
def test_a_beginning(question):
    """The first words of a meeting, a tenth of it and at least two hundred."""
    assert heard(question) == (0, 9)


@pytest.mark.parametrize(
    "question",
    [
        "How did the meeting end?",
        "What did they talk about towards the end of the session?",
        "Summarize the wrap up of the meeting.",
        "How did they wrap up?",
        "What was the last thing that we talked about?",
        "What did the chair say in the closing remarks?",
    ],
)
def test_an_end(question):
    """The last words of a meeting, as many."""
    assert heard(question) == (50, 59)


@pytest.mark.parametrize(
    "question",
    [
        "When does the meeting end?",
        "What happens at the end of the month?",
        "What is at the end of the street?",
        "When is the opening of the shop?",
        "What did they decide at the beginning of the project?",
        "Who closes the meeting room?",
        "What happens with the first shop?",
        "Who starts?",
        "What is the last thing on the list?",
    ],
)
def test_no_part(question):
    """Beginnings and ends of other things are part of what is asked."""
    assert heard(question) is None


@pytest.mark.parametrize(
    ("question", "minutes"),
    [
        ("What did I miss in the first five minutes?", (0, 4)),
        ("What was said during the first 12 minutes?", (0, 11)),
        ("What was said in the first few minutes?", (0, 4)),
        ("What was said in the last ten minutes?", (50, 59)),
        ("What was said in the last 3 minutes?", (57, 59)),
        ("What did Lena just say?", (55, 59)),
    ],
)
def test_minutes(question, minutes):
    """Numbers of minutes are those of the clock, as digits or as words."""
    assert heard(question) == minutes


def test_a_beginning_is_bounded():
    """Of a short meeting it may be all, of a long one it is never more than a few hundred words."""
    assert len(begin_of(meeting(5))) == 5
    assert len(begin_of(meeting(60 * 24))) == -(-PART_WORDS[1] // WORDS)
    assert begin_of([]) == []


@pytest.mark.parametrize(
    "question", ["What did I miss in the first five minutes?", "How did the meeting end?"]
)
def test_where_nothing_was_said(question):
    """A part of nothing is nothing."""
    part = part_of(question, [], TEN)
    assert part is not None
    assert part.utterances == []
    assert quotes_for(question, "", [], TEN) == []


def asked(question: str, text: str) -> list[str]:
    """What is quoted of a talk, a minute each."""
    lines = [line.split(": ", 1) for line in text.splitlines()]
    said = [
        {
            "id": f"u-{n}",
            "speaker": name,
            "user_id": name,
            "start_ms": TEN + n * 60_000,
            "end_ms": TEN + n * 60_000 + 8000,
            "text": words,
        }
        for n, (name, words) in enumerate(lines)
    ]
    return [one.text for one in quotes_for(question, "", said, TEN + len(lines) * 60_000)]


FILLER = "\n".join(
    f"Otto: Shelf {n} gets a lamp, a label, and two starts for the end of the row." for n in range(60)
)
TALK = f"""Lena: Welcome, this is about the second bakery and its oven.
Otto: I brought the drawings of the shop with me today.
{FILLER}
Lena: We decided that the oven goes to the cellar.
{FILLER}
Lena: Thanks for your time, and see you on Thursday at the mill.
Mia: I will bring the keys of the mill."""


def test_how_it_began_and_ended_is_quoted_from_there():
    """What only has the words "start" or "end" is not taken for it."""
    began, ended = asked("How did the meeting start?", TALK), asked("How did the meeting end?", TALK)
    assert began[0] == "Welcome, this is about the second bakery and its oven."
    assert "I brought the drawings of the shop with me today." in began
    assert ended[-2:] == [
        "Thanks for your time, and see you on Thursday at the mill.",
        "I will bring the keys of the mill.",
    ]


def test_one_persons_words_there():
    """Of a part, only what that person said is quoted; nothing where they said nothing there."""
    assert asked("What did Mia say at the end of the meeting?", TALK) == [
        "I will bring the keys of the mill."
    ]
    assert asked("What did Mia say at the beginning of the meeting?", TALK) == []


def test_what_is_asked_is_found_there_alone():
    """What is asked of a part is not answered from the rest of the meeting."""
    assert asked("What did they say about the mill at the end of the meeting?", TALK)
    assert asked("What did they say about the mill at the beginning of the meeting?", TALK) == []
    assert "We decided that the oven goes to the cellar." in asked("What was decided about the oven?", TALK)
    assert asked("What was decided about the oven in the last ten minutes?", TALK) == []


def test_what_was_decided_there_is_listed_alone():
    """A list is of what was settled in the part, also where it was proposed before; and none where nothing was."""
    text = f"Lena: So we have agreed: the oven goes to the cellar.\n{FILLER}\nLena: So we drop the second ramp, agreed?\nOtto: Sounds good."
    assert (
        len(asked("What have we decided?", text))
        > len(asked("What was decided in the last ten minutes?", text))
        > 0
    )
    assert not any("oven" in one for one in asked("What was decided in the last ten minutes?", text))
    assert asked("What was decided in the last two minutes?", f"{text}\n{FILLER}") == []


def test_who_has_another_name_by_then_is_the_same():
    """What somebody said in a part is found by the name that they have at the end."""
    lines = [
        {"speaker": "Guest", "text": "I look after the ramp."},
        *[{"speaker": "Otto", "text": line.removeprefix("Otto: ")} for line in FILLER.splitlines()],
        {"speaker": "Mia", "text": "That is all from me."},
    ]
    said = [
        one
        | {
            "id": f"u-{n}",
            "user_id": "7" if one["speaker"] != "Otto" else "8",
            "start_ms": TEN + n,
            "end_ms": TEN + n,
        }
        for n, one in enumerate(lines)
    ]
    quoted = quotes_for("What did Mia say at the beginning of the meeting?", "", said, TEN + 99)
    assert [one.text for one in quoted] == ["I look after the ramp."]
