"""Which form a file is, and that no form loses or adds a word."""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import pkgutil
import re
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.domain import Source
from bridge.simulator import files
from bridge.simulator.files.forms import FORMS, SUFFIXES, parse
from bridge.simulator.files.names import split_head
from bridge.simulator.files.plain import count_named
from bridge.simulator.files.rows import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable

Turns = list[tuple[str, str]]

NAMES = (
    "Ida Brandt",
    "O'Hara-Lund, Dr.",
    "42 North Lab - Oslo",
    "Zoë (she/her) 🌻",
    "佐藤 花子",
    "נועה לוי",
    "Kim [Guest]",
)
WORDS = (
    "yes",
    "budget",
    "10:30",
    "plan:",
    "naïve",
    "<3",
    "a",
    "->",
    "2024",
    "ok…",
    "会議",
    "מחר",
    "x<y",
    "*so*",
    "-",
)


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def plain(turns: Turns) -> str:
    return "\n".join(f"{name}: {words}" for name, words in turns)


def wide(turns: Turns) -> str:
    return "\n".join(f"\u200f{name}：{words}" for name, words in turns)


def markdown(turns: Turns) -> str:
    return "# Notes\n\n" + "\n\n".join(f"- **{name}:** {words}" for name, words in turns)


def stamped(turns: Turns) -> str:
    return "\n".join(f"[{clock(7 * n)}] {name}: {words}" for n, (name, words) in enumerate(turns))


def zoom_captions(turns: Turns) -> str:
    return "\n".join(f"[{name}] {clock(36_000 + 7 * n)}\n{words}\n" for n, (name, words) in enumerate(turns))


def zoom_chat(turns: Turns) -> str:
    return "\r\n".join(
        f"{clock(36_000 + 7 * n)} From {name} to Everyone:\r\n\t{words}"
        for n, (name, words) in enumerate(turns)
    )


def zoom_chat_on_one_line(turns: Turns) -> str:
    return "\n".join(f"{clock(7 * n)}\t From {name} : {words}" for n, (name, words) in enumerate(turns))


def cloud_chat(turns: Turns) -> str:
    return "\n".join(f"{clock(7 * n)}\t{name}:\t{words}" for n, (name, words) in enumerate(turns))


def otter(turns: Turns) -> str:
    body = "\n\n".join(f"{name}  {n}:0{n % 10}  \n{words}" for n, (name, words) in enumerate(turns))
    return f"{body}\n\nTranscribed by https://otter.ai\n"


def teams_panel(turns: Turns) -> str:
    return "\n\n".join(
        f"{name}\n{n} minutes 1 second{n}:01\n{words}" for n, (name, words) in enumerate(turns)
    )


def meet(turns: Turns) -> str:
    head = "Planning (2026-03-04 09:00 GMT) - Transcript\nAttendees\nEverybody\nTranscript\n00:00:00\n \n"
    return head + plain(turns) + "\nTranscription ended after 00:31:07\n"


def vtt(turns: Turns) -> str:
    cues = (
        f"{n + 1}\n{clock(7 * n)}.000 --> {clock(7 * n + 5)}.000\n{name}: {words}"
        for n, (name, words) in enumerate(turns)
    )
    return "WEBVTT\n\n" + "\n\n".join(cues)


def voiced_vtt(turns: Turns) -> str:
    cues = (
        f"{clock(7 * n)}.000 --> {clock(7 * n + 5)}.000\n<v {name}>{words}</v>"
        for n, (name, words) in enumerate(turns)
    )
    return "WEBVTT\n\n" + "\n\n".join(cues)


def webex_vtt(turns: Turns) -> str:
    cues = (
        f'{n + 1} "{name}" (3024932)\n{clock(7 * n)}.000 --> {clock(7 * n + 5)}.000\n{words}\n'
        for n, (name, words) in enumerate(turns)
    )
    return "WEBVTT\n\n" + "\n".join(cues)


def srt(turns: Turns) -> str:
    return vtt(turns).removeprefix("WEBVTT\n\n").replace(".000", ",000")


def pasted_captions(turns: Turns) -> str:
    return srt(turns)


def sbv(turns: Turns) -> str:
    return "\n\n".join(
        f"{clock(7 * n)}.000,{clock(7 * n + 5)}.000\n{name}: {words}" for n, (name, words) in enumerate(turns)
    )


WRITERS: dict[Callable[[Turns], str], tuple[str, str]] = {
    plain: (".txt", 'lines of "Name: words"'),
    wide: (".txt", 'lines of "Name: words"'),
    markdown: (".md", 'lines of "Name: words"'),
    stamped: (".txt", 'lines of "Name: words"'),
    zoom_captions: (".txt", "a Zoom caption file"),
    zoom_chat: (".txt", "a Zoom chat file"),
    zoom_chat_on_one_line: (".txt", "a Zoom chat file"),
    cloud_chat: (".txt", "a Zoom chat file"),
    otter: (".txt", "a transcript of names and times"),
    teams_panel: (".txt", "a Teams transcript"),
    meet: (".txt", "a Google Meet transcript"),
    vtt: (".vtt", "WebVTT captions"),
    voiced_vtt: (".vtt", "WebVTT captions"),
    webex_vtt: (".vtt", "WebVTT captions"),
    srt: (".srt", "SubRip captions"),
    sbv: (".sbv", "SBV captions"),
    pasted_captions: (".txt", "captions"),
}
SPOKEN = [
    ("Ida Brandt", "Shall we start?"),
    ("佐藤 花子", "The plan: yes."),
    ("Ida Brandt", "Good. 10:30 works."),
    ("Kim [Guest]", "Fine."),
]


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
def test_every_form_is_known_and_read(write: Callable[[Turns], str]) -> None:
    """The file tells by itself what it is; names and words come out as they went in, in order."""
    suffix, name = WRITERS[write]
    form, parsed = parse(write(SPOKEN), suffix)
    assert form.name == name
    assert [(row.speaker, row.text) for row in parsed.rows] == SPOKEN
    chat = Source.CHAT if "chat" in name else Source.SPEECH
    assert {row.source for row in parsed.rows} == {chat}


TURNS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)),
    min_size=4,
    max_size=12,
).filter(lambda turns: len({name for name, _ in turns}) < len(turns) / 1.5)


@settings(max_examples=60, deadline=None)
@given(TURNS, st.sampled_from(sorted(WRITERS, key=lambda write: write.__qualname__)))
def test_every_word_comes_out_once_and_under_its_name(turns: Turns, write: Callable[[Turns], str]) -> None:
    """Whatever is said, in whichever form: no word is lost, none is added, and none changes its speaker."""
    _, parsed = parse(write(turns), WRITERS[write][0])
    said = [(row.speaker, word) for row in parsed.rows for word in row.text.split()]
    assert _letters(said) == _letters([(name, word) for name, words in turns for word in words.split()])


def _letters(said: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Words with at least a letter or digit, without the marks around them."""
    bare = [(name, "".join(char for char in word if char.isalnum())) for name, word in said]
    return [(name, word) for name, word in bare if word]


MESS = """
 .WEBVTT.1.2024.NOTE that.00:00:01,000 --> 00:00:02,000.0:00:01,000,0:00:02,000.0:03.Ida: yes.Ida: no.Bo: <b>so</b>
the plan: so.[Ida] 13:02:01.Ida  0:03.# Head.- a.**Bo:** c.13:02:01 From Ida to Everyone:.\tyes.1 minute 2 seconds1:02
Meeting ended after 00:10:00.<v Bo>hm</v>.[0:05] Bo: d.0:06 Bo: e.Bo (0:07): f.Transcript.x <y.&amp; z.a --> b.10:30 works
"""
LINES = st.sampled_from(["", *MESS.replace("\n", ".").split(".")])


@settings(max_examples=400, deadline=None)
@given(
    st.lists(LINES, max_size=14).map("\n".join),
    st.sampled_from([s for s in SUFFIXES if s not in (".jsonl", ".json")]),
)
def test_a_mess_is_read_whole_or_refused_at_a_line(content: str, suffix: str) -> None:
    """In any order of any lines every letter is words, structure or left out by name; else the line is told."""
    try:
        parse(content, suffix)
    except UnreadableError as error:
        assert error.line > 0  # noqa: PT017 - line 0 is what the accounts find


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.sampled_from([s for s in SUFFIXES if s not in (".jsonl", ".json")]))
def test_any_text_is_read_whole_or_refused_at_a_line(content: str, suffix: str) -> None:
    """The same for characters of any kind."""
    try:
        parse(content, suffix)
    except UnreadableError as error:
        assert error.line > 0  # noqa: PT017 - line 0 is what the accounts find


def test_a_reader_that_loses_a_word_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The accounts are kept on every file that is read, not in tests alone."""
    form = next(form for form in FORMS if form.name == "a Zoom caption file")
    parsed = form.read("[Ida] 10:00:00\nyes and no\n")
    parsed.rows[0] = dataclasses.replace(parsed.rows[0], text="yes and")
    broken = dataclasses.replace(form, read=lambda _: parsed)
    monkeypatch.setattr("bridge.simulator.files.forms.FORMS", (broken,))
    with pytest.raises(UnreadableError, match="2 of its letters"):
        parse("[Ida] 10:00:00\nyes and no\n", ".txt")


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        ("Ana: hello\na" + " " * 100_000 + "b\nBen: yes\n", ".txt"),
        ("Ana: hello\n" + " " * 100_000 + "b\nBen: yes\n", ".txt"),
        ("Ana: hello\n" + "word " * 50_000 + "\nBen: yes\n", ".txt"),
        ("Ana: hello\nBen: yes\n" + "\n" * 100_000 + "Ana: so\n", ".txt"),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\n" + "<v " * 50_000, ".vtt"),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\nA" + "\n" * 100_000 + "b", ".vtt"),
        ("WEBVTT\n\n00:01.000 --> 00:03.000\n<v" + "\n" * 100_000 + "b", ".vtt"),
        ("WEBVTT\n\n1:" + "-" * 100_000, ".vtt"),
        ("0:00:01.000,0:00:02.000\n\n1:" + ",1:" * 50_000 + " x", ".sbv"),
        ("and so on it goes\n\n" * 5_000 + "Ana: hello\nBen: yes\n" * 5_000, ".txt"),
        ("Ana: hello\nBen: yes\n" + "and so on it goes, without an end in sight\n" * 20_000, ".txt"),
    ],
    ids=[
        "blanks",
        "blanks in front",
        "words",
        "empty lines",
        "tags",
        "empty lines in a cue",
        "empty lines in a tag",
        "dashes",
        "commas",
        "many paragraphs before the first name",
        "a turn of many lines",
    ],
)
def test_an_enormous_line_takes_no_time(content: str, suffix: str) -> None:
    """A file that is ten times as long takes ten times as long, and not a hundred times."""
    began = time.perf_counter()
    parse(content, suffix)
    assert time.perf_counter() - began < 20


def _patterns() -> list[re.Pattern[str]]:
    """Every pattern by which files are read."""
    names = [f"{files.__name__}.{each.name}" for each in pkgutil.iter_modules(files.__path__)]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    return [value for value in values if isinstance(value, re.Pattern)]


@pytest.mark.parametrize("pattern", _patterns(), ids=lambda pattern: pattern.pattern[:30])
def test_nothing_is_matched_in_two_ways(pattern: re.Pattern[str]) -> None:
    """A piece that a pattern could take in two ways doubles the time with each that follows: a minute, then an hour."""
    signs = "「」【】（）()[]<>{}:：,.-–_*#+\"'\\/ \t\n1aAvPM"
    for pair in map("".join, itertools.product(signs, repeat=2)):
        for begin in ("", "1:00 ", "WEBVTT "):
            text, began = begin + pair * 22 + "\0", time.process_time()
            pattern.fullmatch(text)
            pattern.search(text)
            assert time.process_time() - began < 1, pair


def test_brackets_in_a_paragraph() -> None:
    """A paragraph that quotes a lot is read at once; a name may have a colon in its brackets, of any script."""
    text = f"会議では{'「あ」【い】' * 30}と話しました。"
    assert [row.text for row in parse(text, ".txt")[1].rows] == [text]
    assert split_head("田中【営業: 東京】: はい") == ("田中【営業: 東京】", "はい")


@pytest.mark.parametrize("line", ["_foo_bar is slow", "__init__ is called", "__a b__ c", "** so ** much"])
def test_what_is_no_slanted_name_stays(line: str) -> None:
    """Low lines and stars are of the words where Markdown has no name in them."""
    assert [row.text for row in parse(line, ".md")[1].rows] == [line]


def test_each_line_is_looked_at_once_for_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many of the first are left out to see whether the others begin with names."""
    looks: Counter[str] = Counter()

    def look(text: str) -> tuple[str, str] | None:
        looks[text] += 1
        return split_head(text)

    monkeypatch.setattr("bridge.simulator.files.plain.split_head", look)
    lines = [f"Sentence {n} says of all that is to be said{':' * (n % 2)} it" for n in range(50)]
    assert count_named("\n".join(lines)) == 0
    assert looks == dict.fromkeys(lines, 1)


def test_slanted_names() -> None:
    """With the colon inside or behind; empty lines stay what they are."""
    text = "\n\n_Ida:_ yes\n\n- __Bo Dahl__: no\n\n**Ida** : so\n\n*Bo Dahl:* well\n"
    rows = parse(text, ".md")[1].rows
    assert [(row.line, row.speaker, row.text) for row in rows] == [
        (3, "Ida", "yes"),
        (5, "Bo Dahl", "no"),
        (7, "Ida", "so"),
        (9, "Bo Dahl", "well"),
    ]
