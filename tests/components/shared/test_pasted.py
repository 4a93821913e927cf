"""Transcripts as people paste them, read by the piece that Zoom Context Buffer has."""

from __future__ import annotations

import time
import unicodedata
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
    "zoom chat on one line": "10:01:22 From Ana Ruiz to Everyone: We begin with the rent.\n10:02:40 From Ben Tal to Everyone : I will send the lease by Monday.\n",
    "old zoom chat": "10:01:22\t From  Ana Ruiz : We begin with the rent.\n10:02:40\t From  Ben Tal : I will send the lease by Monday.\n",
    "whatsapp": "24/11/2026, 10:01 - Ana Ruiz: We begin with the rent.\n24/11/2026, 10:02 - Ben Tal: I will send the lease by Monday.\n",
    "whatsapp on a phone": "\u200e[24.11.26, 10:01:22] Ana Ruiz: We begin with the rent.\n\u200e[24.11.26, 10:02:40] Ben Tal: I will send the lease by Monday.\n",
    "teams copied": "Ana Ruiz  11/24/2026 10:01 AM\nWe begin with the rent.\nBen Tal  11/24/2026 10:02 AM\nI will send the lease by Monday.\n",
    "teams for screen readers": "Ana Ruiz\n0 minutes 3 seconds0:03\nAna Ruiz 0 minutes 3 seconds\nWe begin with the rent.\n\n"
    "Ben Tal\n1 minute 9 seconds1:09\nBen Tal 1 minute 9 seconds\nI will send the lease by Monday.\n",
    "teams vtt": "WEBVTT\n\n7ac2b4a1-10/1-0\n00:00:01.000 --> 00:00:03.000\n<v Ana Ruiz>We begin with the rent.</v>\n\n7ac2b4a1-10/2-0\n"
    "00:00:03.500 --> 00:00:06.000\n<v Ben Tal>I will send the lease by Monday.</v>\n",
    "voices of one cue": "WEBVTT\n\n00:00:01.000 --> 00:00:03.000\n<v Ana Ruiz>We begin with the rent. <v Ben Tal>I will send the lease by Monday.\n",
    "webex": 'WEBVTT\n\n1 "Ana Ruiz" (7)\n00:00:01.000 --> 00:00:03.000\nWe begin with the rent.\n\n2 "Ben Tal" (8)\n00:00:03.500 --> 00:00:06.000\n'
    "I will send the lease by Monday.\n",
    "bold names and times": "**Ana Ruiz** [00:03]\nWe begin with the rent.\n\n**Ben Tal** [00:09]\nI will send the lease by Monday.\n",
    "wide colons": "Ana Ruiz：We begin with the rent.\nBen Tal：I will send the lease by Monday.\n",
    "other line ends": "Ana Ruiz: We begin with the rent.\u2028Ben Tal: I will send the lease by Monday.",
    "pressed together": "Ana Ruiz: We begin with the rent.\x0bBen Tal: I will send the lease by Monday.",
    "a mark in front": "\ufeffAna Ruiz: We begin with the rent.\nBen Tal: I will send the lease by Monday.",
    "long hours": "Ana Ruiz 100:03:12\nWe begin with the rent.\nBen Tal 100:04:12\nI will send the lease by Monday.",
}


@pytest.fixture
def read(piece: Any) -> Any:
    return lambda text: [(one.speaker, one.words) for one in piece("pasted").read_pasted(text)]


@pytest.mark.parametrize("form", FORMS)
def test_each_product_s_form_is_read(read, form) -> None:
    """The speakers and the words come out alike, without times, tags, numbers and headings."""
    assert read(FORMS[form]) == WANTED


SAID = [("Dana Jones", "Hello there."), ("Ben Ray", "I'll send it by Friday."), ("Dana Jones", "Thanks.")]


def heads(
    *, between: str, names: tuple[str, str] = ("Dana Jones", "Ben Ray"), form: str = "{name} {time}\n{words}"
) -> str:
    """The same talk, with a head above each turn."""
    turns = [(names[0], "0:03", SAID[0][1]), (names[1], "0:07", SAID[1][1]), (names[0], "0:12", SAID[2][1])]
    return between.join(form.format(name=name, time=time, words=words) for name, time, words in turns)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"[00:0{at} --> 00:0{at + 1}] {name}: {words}" for at, (name, words) in enumerate(SAID)),
        "\n".join(f"00:0{at} - 00:0{at + 1} {name}: {words}" for at, (name, words) in enumerate(SAID)),
        "Dana Jones hat die Transkription gestartet\n\n" + heads(between="\n\n", form="{name}   {time}\n{words}")
        + "\n\nDana Jones hat die Transkription beendet\n",
        "Weekly – Transkript\nTeilnehmer\nDana Jones, Ben Ray\nTranskript\n00:00:00\n\n" + heads(between="\n", form="{name}: {words}"),
        heads(between="\n", form="10:15:2{time[3]} Von {name} an Alle:\n\t{words}"),
        heads(between="\n", form="10:15:2{time[3]} De {name} à Tous:\n\t{words}"),
        heads(between="\n", form="{name}\n0 Minuten 3 Sekunden{time}\n{name} 0 Minuten 3 Sekunden\n{words}"),
        heads(between="\n", form="{name}\n0分3秒{time}\n{name} 0分3秒\n{words}"),
        heads(between="\n", form="{name}: {words}").replace("Dana Jones: Thanks", 'Ben Ray: Reacted to "Hello there." with 👍\nDana Jones: Thanks'),
    ],
    ids=["whisper", "range", "teams, German", "meet, German", "chat, German", "chat, French", "stream, German", "stream, Japanese", "reaction"],
)  # fmt: skip
def test_other_tongues_and_tools_are_read_alike(read, text) -> None:
    """Whatever a product writes around what was said, in the language of whoever pasted it."""
    told = [one for one in read(text) if "Reacted to" not in one[1]]
    assert told == SAID


@pytest.mark.parametrize(
    "names",
    [
        ("🦊 Fox", "Panda 🐼"), ("(she/her) Dana", "[IT] Kim"), ("राम शर्मा", "सीता देवी"), ("สมชาย ใจดี", "มานี"),
        ("Jose\u0301 Vale", "Ben Ray"),
    ],
)  # fmt: skip
def test_names_are_whatever_people_are_called(read, names) -> None:
    """With an emoji, a pronoun or a department before, in scripts with signs above letters, and decomposed."""
    captions = "WEBVTT\n\n" + heads(
        between="\n\n", names=names, form="00:00:0{time[3]}.000 --> 00:00:09.000\n{name}: {words}"
    )
    shown = [unicodedata.normalize("NFC", name) for name in (*names, names[0])]
    assert read(captions) == list(zip(shown, [words for _, words in SAID], strict=True))


def test_captions_without_names_are_nobodys(read) -> None:
    """And not those of whoever pasted them."""
    text = "[00:00.000 --> 00:03.000]  Hello everyone.\n[00:03.000 --> 00:06.000]  I'll send the report by Friday.\n"
    assert read(text) == [("", "Hello everyone. I'll send the report by Friday.")]


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


@pytest.mark.parametrize(
    "who",
    [
        "Ben Tal [Acme]",
        "Ben Tal (Acme)",
        "Tal, Ben",
        "Meeting Room 4",
        "IT Support",
        "You",
        "Dr. Tal Jr.",
        "The Chair",
    ],
)
def test_a_name_of_whatever_form_is_nobody_elses(read, who) -> None:
    """What somebody promises never goes to who stands above."""
    assert read(f"Ana Ruiz: Who?\n{who}: I will send it.\nAna Ruiz: Good.") == [
        ("Ana Ruiz", "Who?"),
        (who, "I will send it."),
        ("Ana Ruiz", "Good."),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Lunch at 12:30",
        "Next Monday 10:30",
        "10:30 works for me",
        "Note that I pay",
        "Meeting ended early",
        "42",
    ],
)
def test_what_looks_like_structure_is_said(read, line) -> None:
    """A sentence with a time is no heading, and its owner stays who was speaking; nothing that is said is lost."""
    assert read(f"Ana Ruiz: Fine.\n{line}\nBen Tal: Yes.") == [
        ("Ana Ruiz", "Fine."),
        ("Ana Ruiz", line),
        ("Ben Tal", "Yes."),
    ]
    headed = read(f"Ana Ruiz  0:03\nFine.\n{line}\n\nBen Tal  0:09\nYes.\n")
    assert headed == [("Ana Ruiz", "Fine."), ("Ana Ruiz", line), ("Ben Tal", "Yes.")]


def test_words_in_angle_brackets_and_links_stay(read) -> None:
    """Only captions have tags and entities."""
    text = "Write to <ana@example.com>, x<y and y>z, https://example.com/?a=1&copy=2."
    assert read(f"Ana Ruiz: {text}\nBen Tal: Yes.")[0] == ("Ana Ruiz", text)


def test_what_nobody_said_is_nobodys(read) -> None:
    """What a product tells, and labels that a note taker writes, are not the words of who stands above."""
    whatsapp = "24/11/2026, 10:01 - Ana Ruiz: Fine.\n24/11/2026, 10:02 - Ben Tal left\n24/11/2026, 10:03 - Ana Ruiz: Yes."
    assert read(whatsapp)[1] == ("", "Ben Tal left")
    assert read("Ana Ruiz: Fine.\nAction: send the lease.\nBen Tal: Yes.")[1] == (
        "",
        "Action: send the lease.",
    )


def test_a_time_before_a_name_heads_what_comes_below(read) -> None:
    """Where names come again; the points of an agenda say nothing."""
    turns = "[10:01 AM] Ana Ruiz\nWho?\n[10:02 AM] Ben Tal\nI will.\n[10:03 AM] Ana Ruiz\nGood.\n"
    assert [speaker for speaker, _ in read(turns)] == ["Ana Ruiz", "Ben Tal", "Ana Ruiz"]
    assert {
        speaker for speaker, _ in read("[10:00] Welcome\nAna opens.\n\n[10:30] Budget\nI will send it.\n")
    } == {""}


@pytest.mark.parametrize("who", ["ben", "guest (unverified)", "j.smith", "de Vries", "iPhone"])
@pytest.mark.parametrize("form", ["{} 10:0{}\n", "{}  10:0{}\n", "{}\n10:0{}\n", "{} (10:0{})\n"])
def test_a_name_that_is_written_small_and_comes_once(read, who, form) -> None:
    """It is one by its time, which is between those of the others, or by standing apart from it."""
    turns = [("Dana Vogel", "Hi all."), (who, "I will send the report."), ("Dana Vogel", "Thanks.")]
    assert (
        read("".join(form.format(name, n) + f"{words}\n" for n, (name, words) in enumerate(turns))) == turns
    )


def test_a_name_that_is_written_small_comes_first(read) -> None:
    """Nothing is lost where the first head is of a device."""
    assert read("iPhone  0:05\nhi\n\nDana Vogel  0:10\nyes") == [("iPhone", "hi"), ("Dana Vogel", "yes")]
    assert read("dana  0:05\nhi all\n\nben  0:10\nyes") == [("dana", "hi all"), ("ben", "yes")]


def test_a_sentence_that_ends_in_a_time_is_said(read) -> None:
    """Its time is not one between those around it."""
    said = read("Dana Vogel 10:00\nLunch at 12:30\nBen Tal 10:01\nFine.\nDana Vogel 10:02\nThanks.")
    assert said == [("Dana Vogel", "Lunch at 12:30"), ("Ben Tal", "Fine."), ("Dana Vogel", "Thanks.")]


def test_a_speaker_whose_name_is_written_small_keeps_the_words(read) -> None:
    """A device's name, once."""
    said = read("[Ana Ruiz] 13:32:23\nWho?\n\n[iPhone of ben] 13:32:28\nI will.\n")
    assert said == [("Ana Ruiz", "Who?"), ("iPhone of ben", "I will.")]


@pytest.mark.parametrize(
    "unit",
    [
        "a" + " " * 50_000 + "b",
        "<v a>x" * 20_000,
        "<v " * 20_000,
        "[" * 50_000,
        "Ana " * 20_000,
        "1:00 " * 20_000,
    ],
)
def test_an_enormous_line_takes_no_time(read, unit) -> None:
    """A text that is ten times as long takes ten times as long, and not a hundred times."""
    began = time.perf_counter()
    assert read(f"{unit}\nBen Tal: Yes.\nBen Tal: No.")
    assert time.perf_counter() - began < 5
