"""Whether the lines of a file begin with names."""

from __future__ import annotations

import pytest

from bridge.simulator.files.names import naming_of, split_head


@pytest.mark.parametrize(
    ("line", "name", "words"),
    [
        ("Ida: yes", "Ida", "yes"),
        ("3rd Floor - Lab (Oslo: west): hi: there", "3rd Floor - Lab (Oslo: west)", "hi: there"),
        ("[Guest] Kim 🌻: 10:30 works", "[Guest] Kim 🌻", "10:30 works"),
        ("\u200fנועה：שלום", "נועה", "שלום"),
        ("O'Hara-Lund, Dr.: well", "O'Hara-Lund, Dr.", "well"),
        ("+47 22 33 44 55: hello", "+47 22 33 44 55", "hello"),
        ("佐藤（営業）：はい", "佐藤（営業）", "はい"),
        ("Ida:", "Ida", ""),
    ],
)
def test_what_can_be_a_name(line: str, name: str, words: str) -> None:
    """Numbers, brackets, emoji, titles, wide colons and marks of direction are possible in names."""
    assert split_head(line) == (name, words)


@pytest.mark.parametrize(
    "line",
    [
        "10:30 works",
        "see https://example.org",
        "Is it so? Then: yes",
        "no colon",
        ": x",
        "It is done. Now: go",
    ],
)
def test_what_can_be_none(line: str) -> None:
    """A time, an address and a whole sentence before a colon are nobody's name."""
    assert split_head(line) is None


@pytest.mark.parametrize(
    "lines",
    [
        ["What we need is: time.", "I think so.", "The goal: we finish.", "One more thing: tea."],
        [
            "Note: it rains.",
            "We stay inside today.",
            "And then we eat.",
            "After that we sleep.",
            "Good night.",
        ],
        ["the next point: money", "the next point: people", "and that is all", "bye", "so long", "off we go"],
        ["Nobody has a name here", "10:30 it is"],
    ],
)
def test_a_file_without_names_has_none(lines: list[str]) -> None:
    """Words before a colon are words where the file as a whole does not name people."""
    assert not naming_of(lines)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["Ida: yes", "Bo: no"], {"Ida", "Bo"}),
        (["ida: yes", "bo k: no", "ida: ok", "bo k: fine"], {"ida", "bo k"}),
        (["Ida: yes", "the plan: we go", "Bo: no", "Ida: ok", "The plan: we stay"], {"Ida", "Bo"}),
        (["Ida: a", "b", "c", "Bo: d", "e", "f", "Ida: g", "h", "Bo: i", "j"], {"Ida", "Bo"}),
        (["iPad of Ida: a", "Bo: b", "iPad of Ida: c", "Bo: d"], {"iPad of Ida", "Bo"}),
        (["Ida van der Berg: a", "Ludwig von Ost: b"], {"Ida van der Berg", "Ludwig von Ost"}),
        (["佐藤: はい", "林: いいえ"], {"佐藤", "林"}),
    ],
)
def test_a_file_with_names_has_those_that_are(lines: list[str], names: set[str]) -> None:
    """Names come again or are written as names are; a sentence of a named file with a colon is no second person."""
    assert naming_of(lines).names == names


def test_who_is_named_otherwise_counts() -> None:
    """One line with a name is enough where the form itself tells who says the others."""
    assert naming_of(["Ida: yes", "well"], named_otherwise=3).names == {"Ida"}
    assert not naming_of(["Ida: yes", "well"])
