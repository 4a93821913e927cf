from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.flow.news import Insight
from bridge.pages.finding import (
    HEADINGS,
    MOST_PLACES,
    MOST_POSTED,
    as_message,
    element_id,
    kind_in_words,
    list_of,
    places,
)


def found(**changes: Any) -> Insight:
    fields: dict[str, Any] = dict.fromkeys(Insight.__dataclass_fields__, "") | {"evidence": ()}
    return Insight(**(fields | changes))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("action_item", "action"), ("Follow_Up", "action"), ("decision", "decision"), ("question", "question"),
     ("objection", "risk"), ("competitor", "other"), ("", "other"), ("<b>", "other")],
)  # fmt: skip
def test_lists(kind: str, name: str) -> None:
    """Every kind has its list, and what a flow of somebody else's calls its own is shown under its name."""
    assert list_of(found(kind=kind)) == name
    assert name in HEADINGS


def test_a_kind_in_words() -> None:
    """As people read it."""
    assert kind_in_words(found(kind="buying_signal")) == "Buying signal"


def test_places() -> None:
    """Links lead to utterances alone, and to no more of them than somebody would follow."""
    evidence = ("u-000012", "nonsense", "u-1", "u-000013 ", *(f"u-{n:06d}" for n in range(20, 30)))
    assert [place.n for place in places(found(evidence=evidence))] == [12, 20, 21][:MOST_PLACES]


@given(st.text(), st.text())
def test_element_ids(one: str, other: str) -> None:
    """Whatever a flow calls what it found, the page's id is plain, and two things never share one."""
    assert re.fullmatch(r"found-[0-9a-f]{16}", element_id("found", one, other))
    assert (element_id("found", one, other) == element_id("found", other, one)) == (one == other)


@pytest.mark.parametrize(("about", "told"), [
    ({}, "🤖 Risk: Two calendars"),
    ({"owner": "Tomás"}, "🤖 Risk: Two calendars (Tomás)"),
    ({"due": "Monday"}, "🤖 Risk: Two calendars (Monday)"),
    ({"owner": "Tomás", "due": "Monday", "answer": "None.", "record_url": "https://a.example/1"},
     "🤖 Risk: Two calendars (Tomás, Monday)\nNone.\nhttps://a.example/1"),
])  # fmt: skip
def test_as_a_message(about: dict[str, str], told: str) -> None:
    """A finding reads in a chat as on the page, under the mark of what nobody said."""
    assert as_message(found(kind="risk", text="Two calendars", **about)) == told


@given(st.text(max_size=50), st.integers(0, 5_000))
def test_a_long_message(text: str, length: int) -> None:
    """Zoom counts UTF-16; what is too long is cut between characters."""
    whole = as_message(found(kind="risk", text=text + "\U0001f600" * length))
    assert len(whole.encode("utf-16-le", "replace")) // 2 <= MOST_POSTED
    assert whole.startswith("🤖 Risk: ")
    whole.rstrip("…").encode("utf-16-le", "replace").decode("utf-16-le")
