"""What a line of a caption file is, is told by its place."""

from __future__ import annotations

import itertools

import pytest

from bridge.simulator.files.captions import read_captions
from bridge.simulator.files.rows import UnreadableError


def said(content: str) -> list[tuple[str, str]]:
    return [(row.speaker, row.text) for row in read_captions(content).rows]


def test_words_that_look_like_structure_are_words() -> None:
    """A number, an arrow, a comparison and a word NOTE inside a cue are said."""
    cue = "1\n00:00:01,000 --> 00:00:02,000\nIn\n2024\nNOTE a --> b\nx < y and y > z <3\n\n"
    assert said(cue) == [("", "In 2024 NOTE a --> b x < y and y > z <3")]


@pytest.mark.parametrize(
    "words",
    [
        "10:30, 11:45 or at noon, and bring the contract",
        "11:45, 10:30 are both free",
        "10:30,11:45",
        "11:45,10:30",
        "10:30,11:45,12:00",
        "2024\n10:30,11:45",
    ],
)
def test_times_that_are_said_are_words(words: str) -> None:
    """Two times with a comma are a cue's in a file of such cues alone, wherever they stand in another."""
    told = " ".join(words.split())
    for begin, between in itertools.product(("", "WEBVTT\n\n", "1\n"), ("\n", "\n\n", "\n\nWe have\n")):
        cue = f"{begin}00:00:01,000 --> 00:00:02,000\nHi{between}{words}\n"
        assert said(cue) == [("", f"Hi {'We have ' if 'We' in between else ''}{told}")]
    sbv = f"0:00:01.000,0:00:02.000\nHi\n{words}\n\n0:00:03.000,0:00:04.000\nso\n"
    assert said(sbv) == [("", f"Hi {told}"), ("", "so")]


def test_a_cue_goes_on_behind_an_empty_line() -> None:
    """Words that no times stand above belong to the cue before them."""
    cues = "1\n00:00:01,000 --> 00:00:02,000\nOne\n\ntwo\n\n2\n00:00:03,000 --> 00:00:04,000\nthree\n"
    assert said(cues) == [("", "One two"), ("", "three")]


def test_cues_without_an_empty_line_between_are_two() -> None:
    """The number of the second is no word of the first."""
    cues = "1\n00:00:01,000 --> 00:00:02,000\nOne\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n"
    assert said(cues) == [("", "One"), ("", "two")]


def test_a_name_holds_until_the_next_where_only_changes_are_marked() -> None:
    """Captions that name who speaks once and not again are all said by that one."""
    texts = ["Ida: a", "b", "c", "Bo: d", "e", "Ida: f", "g", "h", "Bo: i", "j"]
    cues = "\n\n".join(f"0:00:{n:02d}.000,0:00:{n:02d}.900\n{text}" for n, text in enumerate(texts))
    assert [speaker for speaker, _ in said(cues)] == ["Ida"] * 3 + ["Bo"] * 2 + ["Ida"] * 3 + ["Bo"] * 2


def test_first_lines_that_come_again_are_the_speakers() -> None:
    """Older documents of Teams have the name on a line of its own under the times."""
    cues = "0:0:0.0 --> 0:0:2.5\nIda\nHello there\n\n0:0:3.0 --> 0:0:4.0\nIda\nmore\n"
    assert said(cues) == [("Ida", "Hello there"), ("Ida", "more")]


def test_comments_are_left_out_by_name() -> None:
    """NOTE, STYLE and REGION are no words, and are told of."""
    parsed = read_captions("WEBVTT\n\nNOTE one\ntwo\n\n00:01.000 --> 00:02.000\nHi\n\nSTYLE\n::cue {}\n")
    assert [row.text for row in parsed.rows] == ["Hi"]
    assert [(each.line, each.why) for each in parsed.left_out] == [(n, "a comment") for n in (3, 4, 9, 10)]


@pytest.mark.parametrize(
    "line",
    [
        "00:0x:01.000 --> 00:00:02.000",
        "00:00:01 -> 2",
        "0:00:01.0000,0:00:02",
        "1000:00:00.000 --> 1000:00:01.000",
    ],
)
def test_times_that_cannot_be_read_are_told_at_their_place(line: str) -> None:
    """Where times stand, a line that is meant as times and is none is an error; elsewhere it is words."""
    with pytest.raises(UnreadableError) as caught:
        read_captions(f"1\n{line}\nHi\n")
    assert caught.value.line == 2
    assert said(f"1\n00:00:01,000 --> 00:00:02,000\nHi\n{line}\n") == [("", f"Hi {line}")]
