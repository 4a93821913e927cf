"""What a model cites and leaves empty, as it is meant."""

import pytest

from components.zoom.shared.cited import cited, unless_empty

KNOWN = {"u-000001", "u-000012", "u-1000012"}


@pytest.mark.parametrize(
    "entry",
    ["u-000012", "u-12", "U-000012", "u-000012.", "[u-000012]", "u-000012 [min 1] Dana", "12", " #12 "],
)
def test_an_id_is_read_however_it_is_written(entry: str) -> None:
    """Case, zeros, brackets and what stands beside it do not count."""
    assert cited([entry, entry], KNOWN) == ["u-000012"]


@pytest.mark.parametrize("entry", ["u-13", "the 12 boxes", "", "u-", "Dana", "120"])
def test_an_id_that_is_not_there_is_none(entry: str) -> None:
    """Nor is a number in a sentence one."""
    assert cited([entry], KNOWN) == []


@pytest.mark.parametrize(
    "empty", [None, "", " ", "null", "None", "N/A", "-", "Unassigned", "not specified", "(TBD)"]
)
def test_what_says_that_there_is_nobody_is_empty(empty: str | None) -> None:
    """Models without strict schemas write it in words."""
    assert unless_empty(empty) is None


def test_a_name_or_a_date_stays() -> None:
    """On one line, without an at sign."""
    assert [unless_empty(one) for one in ("@Dana", " Dana\n Jones", "Nonna")] == [
        "Dana",
        "Dana Jones",
        "Nonna",
    ]


def test_an_answer_that_rests_on_nothing_is_a_fault(piece) -> None:
    """Left out claim by claim it would say that the meeting has not told that."""
    unfounded = piece("answer").unfounded
    claim = {"claim": "The budget is forty thousand.", "evidence": ["u-99"]}
    assert unfounded({"told": True, "answer": [claim]}, KNOWN)
    assert not unfounded({"told": True, "answer": [claim, {**claim, "evidence": ["u-12"]}]}, KNOWN)
    assert not unfounded({"told": False, "answer": []}, KNOWN)


def test_an_answer_is_one_object(piece) -> None:
    """One in a list is it; a draft in a thought is not, and a list of pairs is none."""
    object_in = piece("exchange").object_in
    assert object_in('[{"answer": [], "told": true}]') == {"answer": [], "told": True}
    assert object_in('[THINK]{"told": false}[/THINK]{"told": true}') == {"told": True}
    assert object_in('[["told", true]]') is None


def test_scripts_without_capitals_count_a_token_a_character(piece) -> None:
    """Arabic and Hebrew among them."""
    tokens_in = piece("exchange").tokens_in
    assert (tokens_in("ش" * 40), tokens_in("ש" * 40), tokens_in("a" * 40)) == (40, 40, 10)
