"""When turns are said for which a file has no time, or one of a clock on the wall."""

from __future__ import annotations

import dataclasses

from bridge.simulator.files.pace import PAUSE_MS, in_pieces, paced, speaking_ms
from bridge.simulator.files.rows import Row


def row(text: str, start_ms: int | None = None) -> Row:
    return Row(line=1, text=text, start_ms=start_ms)


def test_turns_without_times_follow_each_other() -> None:
    """Each takes as long as its words, with a short pause between."""
    first, second = paced([row("one two three four five"), row("six")], clock_of_day=False)
    assert (first.start_ms, first.end_ms) == (0, speaking_ms("one two three four five"))
    assert second.start_ms == speaking_ms("one two three four five") + PAUSE_MS


def test_turns_between_two_times_fit_between_them() -> None:
    """More words than there is time for are said faster; order and both times stay."""
    turns = [row("word " * 50, 10_000), row("word " * 50), row("end", 20_000)]
    first, second, last = paced(turns, clock_of_day=False)
    assert first.start_ms == 10_000
    assert first.end_ms is not None
    assert second.start_ms is not None
    assert first.end_ms <= second.start_ms
    assert second.end_ms is not None
    assert second.end_ms <= 20_000
    assert last.start_ms == 20_000


def test_nobody_overtakes_where_ends_are_not_told() -> None:
    """Of two who begin in the same second the first is over first, and so is an earlier one that stands below."""
    turns = [row("word " * 50, 10_000), row("yes", 10_000), row("word " * 90, 4_000), row("end", 60_000)]
    first, second, earlier, _ = paced(turns, clock_of_day=False)
    assert [each.start_ms for each in (first, second, earlier)] == [10_000, 10_000, 4_000]
    ends = [each.end_ms or 0 for each in (earlier, first, second)]
    assert ends == sorted(ends)
    told = [dataclasses.replace(each, end_ms=(each.start_ms or 0) + 9) for each in turns]
    assert paced(told, clock_of_day=False) == told


def test_a_clock_on_the_wall_begins_anew_at_midnight() -> None:
    """Times are those since the first one, also on the next day; a small step back is none."""
    day = 86_400_000
    turns = [row("a", day - 2_000), row("b", 3_000), row("c", 1_000)]
    assert [each.start_ms for each in paced(turns, clock_of_day=True)] == [0, 5_000, 3_000]


def test_times_from_the_start_stay() -> None:
    """A file that begins half an hour late is not moved; one that begins at one in the afternoon is."""
    assert paced([row("a", 1_800_000)], clock_of_day=False)[0].start_ms == 1_800_000
    assert paced([row("a", 13 * 3_600_000)], clock_of_day=False)[0].start_ms == 0


def test_what_is_too_long_for_one_utterance_is_several() -> None:
    """No word is lost or doubled, none is cut that fits, and the pieces share the time of the whole."""
    whole = Row(line=7, text="one two three " + "x" * 12, speaker="Ana", start_ms=1000, end_ms=2000)
    pieces = list(in_pieces([whole], 8))
    assert [piece.text for piece in pieces] == ["one two", "three", "xxxxxxxx", "xxxx"]
    assert [(piece.start_ms, piece.end_ms) for piece in pieces] == [
        (1000, 1291),
        (1291, 1500),
        (1500, 1833),
        (1833, 2000),
    ]
    assert {(piece.line, piece.speaker) for piece in pieces} == {(7, "Ana")}
    assert list(in_pieces([whole], len(whole.text))) == [whole]
    untimed = list(in_pieces([row("one two three", 5)], 8))
    assert [(piece.text, piece.start_ms) for piece in untimed] == [("one two", 5), ("three", None)]
