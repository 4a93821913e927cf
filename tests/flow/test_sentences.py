"""What of a broken component's message may be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flow.sentences import Sentences
from bridge.publish.library import load_components

SOURCE = '''
"""Dana said that the merger is off."""
WAYS = ("Incoming webhook", "Team Chat")
def check(way, missing, seconds):
    """The merger is off, said Dana."""
    raise ValueError(f"{way} needs more: {' or '.join(missing)}.")
    raise ValueError(f"Zoom cannot be reached for {seconds} s; the message was not posted.")
NAMES = ["Verification Token", "Signing Secret"]
'''
tell = Sentences([SOURCE])


@pytest.mark.parametrize(
    "message",
    [
        "Incoming webhook needs more: Verification Token or Signing Secret.",
        "Team Chat needs more: Signing Secret.",
        "Zoom cannot be reached for 12.5 s; the message was not posted.",
    ],
)
def test_own_words(message: str) -> None:
    """A sentence that a component makes of its own words and numbers is told."""
    assert tell(message) == message


@pytest.mark.parametrize(
    "message",
    [
        "",
        "The merger is off, said Dana.",
        "Incoming webhook needs more: the merger.",
        "could not convert string to float: Team Chat",
        "Zoom cannot be reached for Dana s; the message was not posted.",
        "12 345",
        "Team Chat " * 100,
    ],
)
def test_other_words(message: str) -> None:
    """What holds anything else, or a docstring's words, is not told."""
    assert tell(message) == ""


def test_the_shipped_components() -> None:
    """The sentence that an operator needs most is told of the components as they are shipped."""
    shipped = Sentences(source.code for source in load_components().values())
    assert shipped("Incoming webhook needs more: Verification Token or Signing Secret.")
    assert not shipped(
        "1 validation error for Message text Input should be a valid string, input_value='Let us ship'"
    )


@given(st.text())
def test_any_message(message: str) -> None:
    """No message breaks it; nothing is told of no components at all."""
    assert tell(message) in ("", " ".join(message.split()))
    assert Sentences([])(message) == ""
