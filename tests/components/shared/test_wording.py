"""Words for people, the same in chat and in records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.components.contracts import insight


@pytest.fixture(scope="module")
def wording(langflow_services: None) -> Any:
    import importlib

    return importlib.import_module("components.zoom.shared.wording")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "send the contract"),
        ({"owner": "Dana"}, "Dana - send the contract"),
        ({"owner": "Dana", "due": "Friday"}, "Dana - send the contract (by Friday)"),
        ({"due": "next week"}, "send the contract (next week)"),
        ({"text": "dana sends it by friday", "owner": "Dana", "due": "Friday"}, "dana sends it by friday"),
        ({"text": "Edit the deck", "owner": "Ed"}, "Ed - Edit the deck"),
        ({"text": "Mark the invoices", "owner": "Mark"}, "Mark - Mark the invoices"),
        ({"text": "Mark will send them", "owner": "Mark"}, "Mark will send them"),
        ({"text": "Ask the mayor", "due": "May"}, "Ask the mayor (by May)"),
        ({"text": "Order 120 badges", "due": "12"}, "Order 120 badges (by 12)"),
        ({"text": "金曜日までに送る", "due": "金曜日まで"}, "金曜日までに送る"),
    ],
)
def test_a_point_says_who_does_what_until_when(wording: Any, fields: dict[str, Any], said: str) -> None:
    """And nothing twice."""
    assert wording.write_point(insight(**fields)) == said


def test_text_is_cleaned_of_what_nobody_sees(wording: Any) -> None:
    """Control characters and halves of characters go, line breaks and tabs stay."""
    assert wording.clean(" a\x00b\ud83d\r\nc\td\x1b[0m ") == "ab\nc\td[0m"


@given(said=st.text(alphabet="ab \n👋é", max_size=200), size=st.integers(2, 50))
def test_parts_lose_nothing_and_are_never_too_long(wording: Any, said: str, size: int) -> None:
    """Whatever is counted, and wherever it is cut."""
    for limit in (replace(wording.CHARACTERS, size=size), wording.Limit("utf-8", 1, size + 2)):
        parts = wording.cut(said, limit)
        assert all(0 < limit.length(part) <= limit.size for part in parts)
        assert "".join("".join(parts).split()) == "".join(said.split())


def test_the_final_list_leaves_out_what_stands_in_the_minutes_as_it_is(piece: Any) -> None:
    """Not what has its words there by chance, or without whose it is and until when."""
    is_told_by = piece("news_text").is_told_by
    line = "ben asked ana to send the contract to acme, and price was discussed."
    assert not is_told_by(line, insight(text="Price"))
    assert not is_told_by(line, insight(text="Send the contract to Acme", owner="Ana", due="Friday"))
    assert is_told_by(line, insight(text="Send the contract to Acme", owner="Ana"))
    assert is_told_by("price", insight(text="Price"))
