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
