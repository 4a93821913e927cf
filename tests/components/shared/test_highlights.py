"""What a meeting's highlights name."""

from __future__ import annotations

import pytest

from benchmarks.calls import utterances_of
from components.zoom.shared.highlights import subjects


@pytest.fixture
def message_store() -> None:
    """Highlights keep nothing, so their tests go without Langflow's database."""


def test_subjects_are_things_and_neither_numbers_nor_days() -> None:
    """However often people say "twenty", "one" or "Monday", it is no subject."""
    said = utterances_of(["Dana: The roof one leaks.", "Tom: On Monday twenty said the roof leaks."] * 4)
    assert subjects(said) == ["roof leaks"]
