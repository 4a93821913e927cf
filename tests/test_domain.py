"""What travels."""

from __future__ import annotations

import pytest

from bridge.domain import utterance_id, utterance_position


@pytest.mark.parametrize("n", [1, 153, 999_999, 1_000_000, 123_456_789])
def test_utterances_have_names(n: int) -> None:
    """A name stands for its position, however many digits that has."""
    assert utterance_position(utterance_id(n)) == n


@pytest.mark.parametrize(
    "name",
    ["", "u-", "u-1", "u-000000", "000001", "U-000001", "u-00000a", "u-٠٠٠٠٠١", "u-1234567890", "u--00001"],
)
def test_what_names_no_utterance(name: str) -> None:
    """Whatever else a flow names as evidence is none."""
    assert utterance_position(name) == 0


def test_zeros_in_front() -> None:
    """A model that writes one zero too many still names its utterance."""
    assert utterance_position("u-0000000003") == 3
