"""A meeting as a file; what it says is what was said, whatever that was."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.export.captions import sub_rip, web_vtt
from bridge.export.data import as_json
from bridge.export.document import markdown, plain_text
from bridge.export.formats import FORMATS, file_name
from bridge.export.meeting import Told
from bridge.simulator.files.forms import parse
from bridge.simulator.meeting import read_meeting
from bridge.text import one_line
from tests.export.conftest import PROMISE, STARTED_MS, meeting, said

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "<script>alert(1)</script> [x](javascript:1) &lt;b&gt; 00:01 --> 00:02 **a** # NOTE {\\an8}"
TALK = meeting(
    said(1, "Dana Petrova", "Good morning.", at_ms=1_000),
    said(2, "Lee", "Can you send the contract?", at_ms=2_500),
    said(4, "Omar", "see https://a.example/b_c", at_ms=60_000, lasts_ms=0, chat=True),
    said(3, "Dana Petrova", HOSTILE, at_ms=41_000),
    insights=[PROMISE],
    minutes="They met.\n\nDana sends it.",
)


def test_captions() -> None:
    """Each cue has its times from the meeting's start, who speaks, and the words with nothing that acts."""
    head, first, *_, chat = web_vtt(TALK).strip().split("\n\n")
    assert head == "WEBVTT - Weekly <b>#1</b> → plans"
    assert first == "u-000001\n00:00:01.000 --> 00:00:02.500\n<v Dana Petrova>Good morning.</v>"
    assert chat == "u-000004\n00:01:00.000 --> 00:01:02.000\n<v.chat Omar>see https://a.example/b_c</v>"
    assert "<script" not in web_vtt(TALK)
    assert sub_rip(TALK).startswith("1\n00:00:01,000 --> 00:00:02,500\nDana Petrova: Good morning.\n\n2\n")


def test_nothing_acts_in_subrip() -> None:
    """Tags, commands of players and times of another cue are words; whatever somebody is called, a cue stays one."""
    talk = meeting(said(1, "00:00:09,000 --> 00:00:10,000", "<b>a</b> {\\an8} {y:i} 1 < 2 {x", at_ms=0))
    assert sub_rip(talk) == (
        "1\n00:00:00,000 --> 00:00:01,500\n"
        "00:00:09,000 -\u2060-> 00:00:10,000: <\u2060b>a<\u2060/b> {\u2060\\an8} {\u2060y:i} 1 < 2 {\u2060x\n"
    )


def test_times_of_long_meetings() -> None:
    """Hours have as many digits as they need, and what began before the stream's start begins the file."""
    long = meeting(said(1, "Dana", "First.", at_ms=-500), said(2, "Dana", "Last.", at_ms=360_000_000))
    assert re.findall(r"^(\S+) -->", web_vtt(long), re.MULTILINE) == ["00:00:00.000", "100:00:00.500"]


def test_a_time_that_is_years_off() -> None:
    """A word that came with a time of long before the meeting is at its beginning, and all others are where they were."""
    odd = meeting(said(1, "Dana", "First.", at_ms=1_000 - STARTED_MS), said(2, "Lee", "Last.", at_ms=2_000))
    assert re.findall(r"^(\S+ --> \S+)", web_vtt(odd), re.MULTILINE) == [
        "00:00:00.000 --> 00:00:02.000",
        "00:00:02.000 --> 00:00:03.500",
    ]


def test_where_the_time_begins_is_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a search through the words: one of each file, and not of each line."""
    asked: list[int] = []
    zero_ms = Told.zero_ms.fget
    monkeypatch.setattr(Told, "zero_ms", property(lambda told: asked.append(1) or zero_ms(told)))
    talk = meeting(*(said(n, "Dana", "So.", at_ms=n) for n in range(1, 20)))
    for write in (markdown, plain_text, web_vtt):
        asked.clear()
        write(talk)
        assert asked == [1]


def test_minutes() -> None:
    """Minutes come first, findings with owner, day, time and ticket, then the words with what is missing in its place."""
    assert plain_text(TALK) == (
        "Weekly <b>#1</b> --> plans\n\n"
        "2025-11-29 10:00 UTC. Said something: Dana Petrova, Lee, Omar.\n\n"
        "Summary\n\nThey met.\n\nDana sends it.\n\n"
        "Action items\n\n"
        "- Dana: Send the *signed* contract (due by Friday) [0:00:02] (OPS-1 https://jira.example/browse/OPS-1)\n\n"
        "Transcript\n\n"
        "Dana Petrova [0:00:01]: Good morning.\n\n"
        "Lee [0:00:02]: Can you send the contract?\n\n"
        "[0:00:04] (35 s were not received)\n\n"
        f"Dana Petrova [0:00:41]: {HOSTILE}\n\n"
        "Omar [0:01:00] (chat): see https://a.example/b_c\n"
    )


def test_markdown_shows_words_as_they_are() -> None:
    """No tag, link, emphasis, heading or list comes of what people say."""
    text = markdown(TALK)
    assert text.startswith("# Weekly \\<b\\>\\#1\\</b\\> --\\> plans\n")
    assert "- Dana: Send the \\*signed\\* contract (due by Friday)" in text
    shown = re.sub(r"\\([\\`*_{}\[\]<>#|~&!$])", "", text)
    for special in "<`[]":
        assert special not in re.sub(r"\[\d+:\d\d:\d\d\]", "", shown)
    lists = meeting(said(1, "Dana", "x", at_ms=0), minutes="1. two\n+ three\n=== four\n> five")
    assert "1\\. two\n\n\\+ three\n\n\\=== four\n\n\\> five" in markdown(lists)


def test_minutes_keep_their_headings_and_lists() -> None:
    """What a flow wrote as a heading or a list is one in Markdown, and plain lines in plain text."""
    made = meeting(said(1, "Dana", "x", at_ms=0), minutes="They met.\n**Decided**\n- Ship [it](x)\n- Wait")
    assert (
        "## Summary\n\nThey met.\n\n### Decided\n\n- Ship \\[it\\](x)\n- Wait\n\n## Transcript"
        in markdown(made)
    )
    assert "Summary\n\nThey met.\n\nDecided\n\n- Ship [it](x)\n- Wait\n\nTranscript" in plain_text(made)


def test_data() -> None:
    """Programs get everything, with times in UTC milliseconds."""
    told = json.loads(as_json(TALK))
    assert told["schema"] == "zoom-meeting/1"
    assert told["meeting"] == {
        "uuid": "aB3/xY+z9Q==",
        "id": "123",
        "topic": "Weekly <b>#1</b> --> plans",
        "started_at": "2025-11-29T10:00:00Z",
        "timezone": "",
    }
    assert [each["id"] for each in told["utterances"]] == ["u-000001", "u-000002", "u-000003", "u-000004"]
    assert told["utterances"][0]["start_ms"] == STARTED_MS + 1_000
    assert told["gaps"] == [
        {"from_ms": STARTED_MS + 4_000, "to_ms": STARTED_MS + 39_000, "reason": "reconnect"}
    ]
    assert told["insights"][0]["evidence"] == ["u-000002", "u-000003"]
    assert told["summary"]["attendees"] == ["Dana"]


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_was_said(suffix: str) -> None:
    """A meeting without a word is a file too."""
    assert FORMATS[suffix].write(meeting())


def test_a_deleted_message_is_in_no_file() -> None:
    """What its writer took back is not told."""
    talk = meeting(said(1, "Dana", "", at_ms=0, chat=True), said(2, "Lee", "Hello.", at_ms=5))
    for form in FORMATS.values():
        assert "Dana" not in form.write(talk).replace('"Dana"', "").replace("attendees", "")


@pytest.mark.parametrize(
    ("topic", "name"),
    [
        ("Weekly: Q3/Q4 \u202e\r\nplans", "2025-11-29-weekly-q3-q4-plans.vtt"),
        ("", "2025-11-29-zoom-meeting.vtt"),
        ("会議", "2025-11-29-meeting.vtt"),
        ('../../"etc', "2025-11-29-etc.vtt"),
        ("x" * 999, f"2025-11-29-{'x' * 60}.vtt"),
    ],
)
def test_file_names(topic: str, name: str) -> None:
    """A file is called by day and topic, in characters that every header and folder takes."""
    from dataclasses import replace

    talk = meeting()
    assert file_name(replace(talk, stream=replace(talk.stream, topic=topic)), "vtt") == name


def words_of(talk: Told) -> list[tuple[str, str]]:
    return [(each.speaker, each.text) for each in talk.utterances]


@pytest.mark.parametrize("suffix", ["vtt", "json"])
def test_a_file_can_be_played(suffix: str, tmp_path: Path) -> None:
    """``simulate`` says the same words by the same people at the same times, counted from the first."""
    path = tmp_path / f"talk.{suffix}"
    path.write_text(FORMATS[suffix].write(TALK), encoding="utf-8")
    lines = read_meeting(path).lines
    assert [(line.speaker, line.text) for line in lines] == words_of(TALK)
    starts = [each.start_ms - TALK.utterances[0].start_ms for each in TALK.utterances]
    assert [line.start_ms - lines[0].start_ms for line in lines] == starts


lines = st.text(min_size=1, max_size=60).map(lambda text: one_line(text, 60)).filter(bool)
names = st.sampled_from(["Dana", "Lee: sales", "<v Bob>", "O'Neil & Co.", "日本 太郎", "-->", "1"]) | lines


@given(st.lists(st.tuples(names, lines), min_size=1, max_size=8), st.sampled_from(["vtt", "json"]))
def test_any_words_come_back(talk: list[tuple[str, str]], suffix: str) -> None:
    """Whatever people are called and say, a file that is read again has it letter for letter."""
    told = meeting(*(said(n, *each, at_ms=1_000 * n) for n, each in enumerate(talk, start=1)))
    _, parsed = parse(FORMATS[suffix].write(told), f".{suffix}")
    assert [(row.speaker, row.text) for row in parsed.rows] == words_of(told)
