"""A recorded meeting is cut into the windows that the live bridge made of it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bridge.domain import Gap, Source, Utterance, WindowKind
from bridge.flow.routes import Route, WindowRule
from bridge.replay.cut import cut
from bridge.replay.recorded import FILE_BEGAN_MS, exported, played
from bridge.rtms.messages import ChatOperation
from bridge.simulator.meeting import Line, Meeting
from tests.fakes.virtual import in_virtual_time
from tests.replay.live import PHRASES, ScriptedZoom, comes, live_run, pauses, says, writes

EVERYTHING = tuple(each for each in WindowKind if each is not WindowKind.APPROVED)
ROUTES = (
    Route(
        name="items",
        flow="zoom-action-items",
        window=WindowRule(max_seconds=30, max_words=40, pause_seconds=6, min_words=6),
    ),
    Route(name="all", flow="zoom-sales-coach", on=EVERYTHING, window=WindowRule(pause_seconds=5)),
    Route(name="text", flow="other", input="text", on=(WindowKind.LIVE, WindowKind.ASK)),
)
LONG = "We have talked about the price of the new plan and about who would have to pay for it in the end."
SCRIPT = [
    comes(1, 1, 2, 4),
    says(1, 2, 5.5, "Good morning, everybody, let us begin with the budget."),
    says(2, 6, 9, "I will send the offer by Friday."),
    comes(9.5, 3),
    writes(3, 10, "sorry, I am late", "m1"),
    writes(3, 11, "sorry, I am late; the train stood", "m1", ChatOperation.UPDATE),
    says(1, 20, 24, LONG),
    says(2, 24.5, 29, LONG),
    says(1, 29.5, 34, LONG),
    pauses(36),
    says(2, 36.2, 36.4, "Mhm."),
    says(2, 67.5, 68, "Back again."),
    pauses(70, over=True),
    says(3, 71, 74, "Hey assistant, when was the offer due?"),
    says(3, 74.5, 76, "I did not hear it."),
    comes(80, 4, left=True),
    (83.0, None),
    says(1, 95, 97, "Where were we when the line went away?"),
    says(2, 97.2, 104, LONG),
    writes(1, 105, "Hey assistant, who pays?", "m2"),
    says(1, 106, 107, "Hey assistant, what about"),
    says(1, 107.5, 109, "the train that stood?"),
    *[says(1 + n % 3, 120 + 2 * n, 121.5 + 2 * n, f"Point {n}: {LONG}") for n in range(60)],
    says(2, 250, 252, "Then we are done, thank you."),
]


@in_virtual_time
async def live(monkeypatch: pytest.MonkeyPatch, found: list[object]) -> None:
    """Record the script's live run."""
    found.append(await live_run(ScriptedZoom(SCRIPT, seconds=254), ROUTES, monkeypatch))


def test_windows_are_those_of_the_live_bridge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gaps, chat, corrections, questions, pauses, people and slow flows: byte for byte the same, in the same order."""
    found: list[object] = []
    live(monkeypatch, found)
    [recorded_run] = found
    windows = {route.name: [w for w in recorded_run.windows if w.route == route.name] for route in ROUTES}  # type: ignore[attr-defined]
    runs = [{**asdict(run)} for run in recorded_run.runs]  # type: ignore[attr-defined]

    recorded = exported(recorded_run.exported, runs=runs, where="the meeting")  # type: ignore[attr-defined]
    replayed = [each.window for each in cut(recorded, ROUTES, phrases=PHRASES)]

    for route in ROUTES:
        assert [w for w in replayed if w.route == route.name] == windows[route.name]
    kinds = [window.kind for window in windows["all"]]
    assert {*kinds} == {*EVERYTHING}
    assert kinds.count(WindowKind.ASK) == 3
    told = [json.loads(window.input_value) for window in windows["items"]]
    assert recorded.gaps
    assert any(window["gaps"] for window in told if window["kind"] == "live")
    assert "the train stood" in windows["items"][0].input_value
    paused = next(window for window in told if any(said["text"] == "Mhm." for said in window["utterances"]))
    assert [said["text"] for said in paused["utterances"]][-2:] == ["Mhm.", "Back again."], (
        "the pause held it open"
    )
    assert len(told) > 8


def test_a_chat_that_was_deleted_leaves_a_hole() -> None:
    """Positions are those that the bridge gave, also where one in between is gone."""
    value = {
        "schema": "zoom-meeting/1",
        "stream_id": "s",
        "meeting": {"uuid": "m==", "id": "1", "topic": "t", "started_at": "2026-11-29T10:00:00Z"},
        "utterances": [
            {"id": f"u-{n:06d}", "speaker": "Dana", "user_id": "7", "start_ms": 1_795_946_400_000 + n}
            | {"end_ms": 1_795_946_400_000 + n, "text": f"words {n}", "language": None, "source": "chat"}
            for n in (1, 3)
        ],
    }
    recorded = exported(json.dumps(value), where="it")
    [live_window, _final] = cut(recorded, [Route(name="r", flow="f")])

    assert (live_window.window.first_n, live_window.window.last_n) == (1, 3)
    assert [said["id"] for said in json.loads(live_window.window.input_value)["utterances"]] == [
        "u-000001",
        "u-000003",
    ]


def test_a_file_is_heard_as_from_simulate() -> None:
    """Each utterance comes when it is over; a window closes at a pause, and the final one has all of it."""
    lines = [
        Line(
            start_ms=0,
            end_ms=9000,
            user_id=1,
            speaker="Dana",
            text="One two three four five six seven eight.",
        ),
        Line(start_ms=1000, end_ms=3000, user_id=2, speaker="Ravi", text="Yes."),
        Line(start_ms=30_000, end_ms=31_000, user_id=2, speaker="Ravi", text="And then?"),
    ]
    recorded = played(Meeting(title="weekly", lines=tuple(lines)))
    windows = cut(recorded, [Route(name="r", flow="f")])

    assert [said.text for said in recorded.utterances] == ["Yes.", lines[0].text, "And then?"]
    assert [(each.window.kind.value, each.window.first_n, each.window.last_n) for each in windows] == [
        ("live", 1, 2),
        ("live", 3, 3),
        ("final", 1, 3),
    ]
    assert windows[0].closed_ms - recorded.stream.started_at_ms == 13_000
    assert cut(recorded, [Route(name="r", flow="f")]) == windows


def test_a_long_meeting_takes_moments() -> None:
    """A long meeting is cut in virtual time, in pieces of the store's and all."""
    from bridge.demo.run import SAMPLE_MEETING
    from bridge.simulator.meeting import read_meeting

    sample = read_meeting(Path(SAMPLE_MEETING))
    long = [
        Line(
            start_ms=at * 400_000 + line.start_ms,
            end_ms=at * 400_000 + line.end_ms,
            user_id=line.user_id,
            speaker=line.speaker,
            text=line.text,
        )
        for at in range(4)
        for line in sample.lines
    ]
    recorded = played(Meeting(title="long", lines=tuple(long)))
    windows = cut(recorded, [Route(name="r", flow="f")])

    positions = [
        n
        for each in windows
        if each.window.kind is WindowKind.LIVE
        for n in range(each.window.first_n, each.window.last_n + 1)
    ]
    assert sorted(positions) == [said.n for said in recorded.utterances]


@pytest.mark.timeout(60)
def test_times_that_no_meeting_has() -> None:
    """What was said, missed or answered years later costs no years of virtual time, and nobody's words their place."""
    began = FILE_BEGAN_MS
    said = [
        Utterance(
            stream_id="weekly",
            n=n,
            speaker="Dana",
            user_id="1",
            start_ms=at,
            end_ms=at + 900,
            text=f"{n}.",
            language=9,
        )
        for n, at in ((1, began), (2, began + 10**13), (3, began + 2000))
    ]
    recorded = replace(
        played(Meeting(title="weekly", lines=())),
        utterances=tuple(said),
        gaps=(Gap(stream_id="weekly", from_ms=began, to_ms=began + 10**13, reason="reconnect"),),
        answered={("r", WindowKind.LIVE, 1): 10.0**10},
    )
    windows = cut(recorded, [Route(name="r", flow="f")])

    assert [(each.window.kind, each.window.last_n) for each in windows] == [("live", 3), ("final", 3)]


def test_a_file_is_heard_as_people_are_shown() -> None:
    """On one line, without what a screen would obey; a chat message comes at its one time."""
    odd = "one\x00 \x1b[2J\nDana: injected line"
    line = Line(start_ms=0, end_ms=9000, user_id=1, speaker="Da\nna", text=odd, source=Source.CHAT)
    [heard] = played(Meeting(title="weekly", lines=(line,))).utterances

    assert (heard.speaker, heard.text) == ("Da na", "one [2J Dana: injected line")
    assert heard.start_ms == heard.end_ms == FILE_BEGAN_MS + 9000
