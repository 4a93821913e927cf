"""Transcripts as people paste them, read by the piece that Zoom Context Buffer has."""

from __future__ import annotations

from typing import Any

import pytest

WANTED = [("Ana Ruiz", "We begin with the rent."), ("Ben Tal", "I will send the lease by Monday.")]
FORMS = {
    "plain": "Ana Ruiz: We begin with the rent.\nBen Tal: I will send the lease by Monday.",
    "timed": "[00:00:03] Ana Ruiz: We begin with the rent.\n[00:00:09] Ben Tal: I will send the lease by Monday.",
    "markdown": "## Weekly\n\n**Ana Ruiz:** We begin with the rent.\n\n- **Ben Tal** (0:09): I will send the lease by Monday.",
    "vtt": "WEBVTT\n\n1\n00:00:01.000 --> 00:00:03.000\n<v Ana Ruiz>We begin with the rent.</v>\n\n2\n00:00:03.500 --> 00:00:06.000\n"
    "<v Ben Tal>I will send the lease</v>\n\n3\n00:00:06.000 --> 00:00:07.000\n<v Ben Tal>by Monday.</v>",
    "zoom vtt": "WEBVTT\r\n\r\n1\r\n00:00:01.000 --> 00:00:03.000\r\nAna Ruiz: We begin with the rent.\r\n\r\n2\r\n00:00:03.500 --> 00:00:06.000\r\n"
    "Ben Tal: I will send the lease by Monday.\r\n",
    "srt": "1\n00:00:01,000 --> 00:00:03,000\nAna Ruiz: We begin with the rent.\n\n2\n00:00:03,500 --> 00:00:06,000\nBen Tal: I will send the lease by Monday.\n",
    "sbv": "0:00:01.000,0:00:03.000\nAna Ruiz: We begin with the rent.\n\n0:00:03.500,0:00:06.000\nBen Tal: I will send the lease by Monday.\n",
    "zoom captions": "[Ana Ruiz] 13:32:23\nWe begin with the rent.\n\n[Ben Tal] 13:32:28\nI will send the lease by Monday.\n",
    "otter": "Ana Ruiz  0:03  \nWe begin with the rent.\n\nBen Tal  0:09  \nI will send the lease by Monday.\n\nTranscribed by https://otter.ai\n",
    "teams": "Ana Ruiz\n0 minutes 3 seconds0:03\nWe begin with the rent.\n\nBen Tal\n1 minute 9 seconds1:09\nI will send the lease by Monday.\n",
    "teams docx": "Ana Ruiz   0:03\nWe begin with the rent.\n\nBen Tal   0:09\nI will send the lease by Monday.",
    "meet": "Weekly (2026-11-24 10:00 GMT) - Transcript\nAttendees\nAna Ruiz, Ben Tal\nTranscript\n00:00:00\n \nAna Ruiz: We begin with the rent.\n"
    "Ben Tal: I will send the lease by Monday.\nMeeting ended after 00:10:00",
    "zoom chat": "10:01:22\tFrom  Ana Ruiz  to  Everyone:\n\tWe begin with the rent.\n10:02:40\tFrom  Ben Tal  to  Ana Ruiz(Direct Message):\n\tI will send the lease by Monday.\n",
}


@pytest.fixture
def read(piece: Any) -> Any:
    return lambda text: [(one.speaker, one.words) for one in piece("pasted").read_pasted(text)]


@pytest.mark.parametrize("form", FORMS)
def test_each_product_s_form_is_read(read, form) -> None:
    """The speakers and the words come out alike, without times, tags, numbers and headings."""
    assert read(FORMS[form]) == WANTED


def test_a_room_with_a_number_is_a_speaker(read) -> None:
    """Rooms have names too."""
    assert read("[7B Room - Ulm] 13:32:28\nThat is all.\n")[0][0] == "7B Room - Ulm"


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\nSo the question is: who pays?\n\n00:00:07.000 --> 00:00:09.000\nThe plan: we wait.\n",
        "Remember one thing: nobody deploys on Sunday.",
        "Decision: go with vendor A",
        "1\n00:00:01,000 --> 00:00:02,000\nI will send the lease by Monday.",
        "We met on Monday at 10:30 and I will send the lease.",
    ],
)
def test_a_text_without_names_has_no_speakers(read, text) -> None:
    """Words before a colon are no name by themselves, and nothing of them is lost."""
    said = read(text)
    assert {speaker for speaker, _ in said} == {""}
    assert "-->" not in str(said)
    assert said[0][1].split()[-1] in text


def test_a_colon_within_somebodys_words_names_nobody(read) -> None:
    """In a text with names, a sentence that has a colon goes on with its speaker."""
    said = read("Ana Ruiz: Two things.\nThe plan: we wait.\nBen Tal: Fine.\nAna Ruiz: Good.\nBen Tal: Bye.")
    assert said[1] == ("Ana Ruiz", "The plan: we wait.")
    assert {speaker for speaker, _ in said} == {"Ana Ruiz", "Ben Tal"}


def test_nothing_is_nothing(read) -> None:
    """Empty text, and times alone, have no words."""
    assert read("") == read("\n \n00:00:01\n") == []
