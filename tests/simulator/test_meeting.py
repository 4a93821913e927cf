from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from bridge.domain import LIMITS, Source
from bridge.simulator.errors import MeetingFileError
from bridge.simulator.meeting import Line, Meeting, open_meeting, read_meeting, without_leaps


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_jsonl_is_read_as_it_stands(tmp_path: Path) -> None:
    """Times, user ids, names and words are the file's own; blank lines are passed over."""
    row = {"start_ms": 5, "end_ms": 9, "user_id": 7, "speaker": "Ana", "text": "Hej då.", "more": 1}
    chat = {"start_ms": 6, "end_ms": 6, "user_id": 8, "speaker": "Bo", "text": "hi", "source": "chat"}
    path = written(tmp_path, "weekly.jsonl", f"{json.dumps(row, ensure_ascii=False)}\n\n{json.dumps(chat)}\n")

    assert read_meeting(path) == Meeting(
        title="weekly",
        lines=(
            Line(start_ms=5, end_ms=9, user_id=7, speaker="Ana", text="Hej då."),
            Line(start_ms=6, end_ms=6, user_id=8, speaker="Bo", text="hi", source=Source.CHAT),
        ),
    )


def test_lines_are_ordered_by_start_and_then_as_written(tmp_path: Path) -> None:
    """People may talk at once; nobody is moved before somebody who began earlier."""
    rows = [
        {"start_ms": at, "end_ms": at + 9, "speaker": who, "text": who}
        for at, who in [(9, "C"), (1, "A"), (1, "B")]
    ]
    path = written(tmp_path, "m.jsonl", "\n".join(map(json.dumps, rows)))

    assert [line.speaker for line in read_meeting(path).lines] == ["A", "B", "C"]


def test_speakers_without_a_user_id_are_numbered_as_zoom_does(tmp_path: Path) -> None:
    """Each speaker has one number, given in order of appearance, and none that the file uses itself."""
    rows = [
        {"start_ms": 0, "end_ms": 1, "speaker": "Ana", "text": "a"},
        {"start_ms": 1, "end_ms": 2, "speaker": "Bo", "text": "b", "user_id": 16779264},
        {"start_ms": 2, "end_ms": 3, "speaker": "Cy", "text": "c"},
        {"start_ms": 3, "end_ms": 4, "speaker": "Ana", "text": "d"},
    ]
    meeting = read_meeting(written(tmp_path, "m.jsonl", "\n".join(map(json.dumps, rows))))

    assert [line.user_id for line in meeting.lines] == [16778240, 16779264, 16780288, 16778240]
    assert meeting.participants == {16778240: "Ana", 16779264: "Bo", 16780288: "Cy"}


def test_txt_is_spoken_one_line_after_the_other(tmp_path: Path) -> None:
    """2.6 words a second, at least 0.6 seconds, and a quarter of a second between two lines."""
    path = written(tmp_path, "m.txt", "Ana Li: one two three four five six seven\n\nBo: Yes: agreed.\r\n")

    assert read_meeting(path).lines == (
        Line(
            start_ms=0,
            end_ms=2692,
            user_id=16778240,
            speaker="Ana Li",
            text="one two three four five six seven",
        ),
        Line(start_ms=2942, end_ms=3711, user_id=16779264, speaker="Bo", text="Yes: agreed."),
    )


def test_vtt_knows_voices_names_and_neither(tmp_path: Path) -> None:
    """The speaker is in a voice tag, before a colon, or unknown; tags and entities are gone."""
    path = written(
        tmp_path,
        "m.vtt",
        "\ufeffWEBVTT\n\n1\n00:01.000 --> 00:00:02.500 align:start\n<v.loud Ana Li>Salt &amp; <i>pepper</i></v>\n<v Bo>Two\nlines\n\n"
        "NOTE nothing\n\n00:00:03.000 --> 00:00:04.000\nCy Ng: 10:30 works\nfor me\n\n01:00:00.000 --> 01:00:01.000\n10:30 it is\n",
    )

    lines = [(line.start_ms, line.end_ms, line.speaker, line.text) for line in read_meeting(path).lines]
    assert lines == [
        (1000, 2500, "Ana Li", "Salt & pepper"),
        (1000, 2500, "Bo", "Two lines"),
        (3000, 4000, "Cy Ng", "10:30 works for me"),
        (3_600_000, 3_601_000, "Unknown speaker", "10:30 it is"),
    ]


def test_srt_is_read_with_its_commas(tmp_path: Path) -> None:
    """SubRip times and names."""
    path = written(
        tmp_path,
        "m.srt",
        "1\n00:00:01,000 --> 00:00:02,250\nAna: Hello\n\n2\n00:00:03,000 --> 00:00:04,000\nBo: Hi\n",
    )

    lines = [(line.start_ms, line.end_ms, line.speaker, line.text) for line in read_meeting(path).lines]
    assert lines == [(1000, 2250, "Ana", "Hello"), (3000, 4000, "Bo", "Hi")]


SECRET = "hunter2"
GOOD = '{"start_ms": 0, "end_ms": 1, "speaker": "Ana", "text": "a"}'


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("m.jsonl", f'{GOOD}\n{{"start_ms": 0, "text": "{SECRET}"}}', 2),
        ("m.jsonl", f'{GOOD}\n\n{{"{SECRET}"', 3),
        ("m.jsonl", f'"{SECRET}"', 1),
        ("m.jsonl", GOOD.replace('"end_ms": 1', f'"end_ms": "{SECRET}"'), 1),
        ("m.jsonl", GOOD.replace('"start_ms": 0', '"start_ms": 2'), 1),
        ("m.jsonl", GOOD.replace('"start_ms": 0', '"start_ms": -2'), 1),
        ("m.jsonl", GOOD.replace('"text": "a"', '"text": "  "'), 1),
        ("m.jsonl", GOOD.replace('"text": "a"', f'"text": "a", "source": "{SECRET}"'), 1),
        ("m.vtt", f"WEBVTT\n\n00:0x:01.000 --> 00:00:02.000\n{SECRET}\n", 3),
        ("m.vtt", f"WEBVTT\n\n00:00:01.000 -> 00:00:02.000\n{SECRET}\n", 3),
        ("m.vtt", f"WEBVTT\n\n00:00:03.000 --> 00:00:02.000\n{SECRET}\n", 3),
        ("m.vtt", f"{SECRET}\n", 1),
        ("m.srt", f"{SECRET}\n", 1),
        ("m.srt", f"1\n00:00:01,000 --> 00:00:02,000\nAna: a\n\n2\n00:00:03,000 -> 4\n{SECRET}\n", 6),
        ("m.txt", "\n", 0),
        ("m.jsonl", "", 0),
        ("m.vtt", "WEBVTT\n", 0),
        ("m.docx", "", 0),
    ],
)
def test_what_cannot_be_read_is_told_by_file_and_line(
    tmp_path: Path, name: str, text: str, line: int
) -> None:
    """The message says where, and repeats nothing that somebody said."""
    path = written(tmp_path, name, text)

    with pytest.raises(MeetingFileError) as caught:
        read_meeting(path)

    assert caught.value.line == line
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}: ")
    assert SECRET not in str(caught.value)


def test_a_missing_or_binary_file_is_told(tmp_path: Path) -> None:
    """The operating system's reason, or that it is no text."""
    with pytest.raises(MeetingFileError, match="No such file"):
        read_meeting(tmp_path / "none.txt")
    binary = tmp_path / "m.txt"
    binary.write_bytes(b"Ana: \xff\xfe")
    with pytest.raises(MeetingFileError, match="not UTF-8"):
        read_meeting(binary)


def test_real_meetings_are_read_whole() -> None:
    """Every line of the real meetings arrives as its file has it."""
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        pytest.skip("MEETINGS_DIR is not set")
    paths = sorted(Path(folder).glob("*.jsonl"))
    assert paths
    for path in paths:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        read = [
            (each.start_ms, each.end_ms, each.user_id, each.speaker, each.text)
            for each in read_meeting(path).lines
        ]
        assert read == [
            tuple(row[key] for key in ("start_ms", "end_ms", "user_id", "speaker", "text")) for row in rows
        ]


def test_the_sample_meeting_is_six_minutes_of_four_people() -> None:
    """What the demo plays is as long, as wordy and as varied as it says."""
    meeting = read_meeting(Path(__file__).parents[2] / "bridge" / "demo" / "meeting.jsonl")

    assert 330_000 <= meeting.duration_ms <= 390_000
    assert 75 <= len(meeting.lines) <= 95
    assert len(meeting.participants) == 4
    spoken = {who: sum(line.user_id == who for line in meeting.lines) for who in meeting.participants}
    assert min(spoken.values()) >= 10


def test_what_was_read_is_told(tmp_path: Path) -> None:
    """The form, lines and speakers in one sentence; what was left out with the line where it stands, never its words."""
    text = f"Notes {SECRET}\n\n[Ida] 10:00:00\nHello\n\n[Bo] 10:00:04\nYes\nand no\n"
    file = open_meeting(written(tmp_path, "m.txt", text))

    assert file.summary == "read as a Zoom caption file: 2 lines, 2 speakers"
    assert file.notes == ("left out, as it is a line before the first speaker: line 1",)
    assert [line.text for line in file.meeting.lines] == ["Hello", "Yes and no"]


def test_times_that_go_back_are_told(tmp_path: Path) -> None:
    """What stands too late in the file is said in its time all the same, with a word."""
    cues = "".join(f"00:00:0{at}.000 --> 00:00:0{at}.500\nIda: {at}\n\n" for at in (5, 1, 7))
    file = open_meeting(written(tmp_path, "m.vtt", f"WEBVTT\n\n{cues}"))

    assert [line.text for line in file.meeting.lines] == ["1", "5", "7"]
    assert file.notes == ("the times go back 1 time; everything is said in the order of its times",)


def test_a_leap_ahead_is_made_short_and_told(tmp_path: Path) -> None:
    """One line an hour and a half ahead is waited for five seconds; a pause of two minutes stays as it is."""
    cues = "".join(f"{at}.000 --> {at}.500\nIda: x\n\n" for at in ("00:02:00", "01:30:00", "01:31:00"))
    meeting, notes = without_leaps(read_meeting(written(tmp_path, "m.vtt", f"WEBVTT\n\n{cues}")))

    assert [line.start_ms for line in meeting.lines] == [120_000, 125_500, 185_500]
    assert [line.end_ms - line.start_ms for line in meeting.lines] == [500] * 3
    assert notes == [
        "at 0:02:00 nobody speaks for 1:27:59; made 5 seconds (--keep-pauses waits)",
    ]


def test_a_pause_on_the_way_is_no_leap_while_somebody_speaks(tmp_path: Path) -> None:
    """A line that lasts ten minutes leaves no silence, whoever begins nine minutes after it did."""
    rows = [
        {"start_ms": at, "end_ms": to, "speaker": "Ida", "text": "x"}
        for at, to in [(0, 600_000), (540_000, 541_000)]
    ]
    meeting = read_meeting(written(tmp_path, "m.jsonl", "\n".join(map(json.dumps, rows))))

    assert without_leaps(meeting) == (meeting, [])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_are_read_as_editors_and_shells_write_them(tmp_path: Path, encoding: str, end: str) -> None:
    """UTF-8 with or without its mark, UTF-16 with one, and all three ends of line."""
    path = tmp_path / "m.txt"
    path.write_bytes(f"Zoë: Grüße{end}Bo: Ja{end}".encode(encoding))

    assert [(line.speaker, line.text) for line in read_meeting(path).lines] == [
        ("Zoë", "Grüße"),
        ("Bo", "Ja"),
    ]


def test_words_take_as_long_in_a_script_without_spaces(tmp_path: Path) -> None:
    """Two characters are a word: a line of 52 takes ten seconds, not the shortest time there is."""
    meeting = read_meeting(written(tmp_path, "m.txt", f"佐藤: {'会議' * 26}\n林: はい\n"))

    assert meeting.lines[0].end_ms == pytest.approx(10_000, abs=500)


def test_no_word_of_a_long_monologue_is_lost(tmp_path: Path) -> None:
    """A bridge takes no more than so much of one utterance: the rest is said behind it."""
    words = [f"word{n}" for n in range(9000)]
    path = written(tmp_path, "keynote.txt", f"Ana: {' '.join(words)}\nBen: Thank you.\n")
    *monologue, thanks = read_meeting(path).lines
    assert all(len(line.text) <= LIMITS.text and line.speaker == "Ana" for line in monologue)
    assert " ".join(line.text for line in monologue).split() == words
    assert monologue[-1].end_ms <= thanks.start_ms


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (
            "a.jsonl",
            json.dumps({"start_ms": 10**30, "end_ms": 10**30, "speaker": "A", "text": "x"}),
            ":1: start_ms",
        ),
        (
            "a.jsonl",
            json.dumps({"start_ms": 1, "end_ms": 2, "speaker": "A", "text": "x", "user_id": 10**30}),
            ":1: user_id",
        ),
        (
            "a.jsonl",
            json.dumps({"start_ms": 1, "end_ms": 2, "speaker": "A" * 201, "text": "x"}),
            ":1: a name of more",
        ),
        ("a.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n<v {'A' * 201}>Hi</v>\n", ":3: a name of more"),
        ("a.vtt", "WEBVTT\n\n1000:00:00.000 --> 1000:00:01.000\nHi\n", ":3: not a cue's times"),
    ],
)
def test_what_no_meeting_has(tmp_path: Path, name: str, text: str, why: str) -> None:
    """Times, numbers and names beyond all bounds are told at their line, and do not break who plays them."""
    with pytest.raises(MeetingFileError, match=re.escape(why)):
        read_meeting(written(tmp_path, name, text))
