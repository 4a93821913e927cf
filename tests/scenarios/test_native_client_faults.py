"""Zoom's own client and the bridge under the same faults: what each survives. docs/protocol.md has the table."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.rtms.messages import StopReason
from bridge.simulator.faults import FaultScript
from bridge.simulator.meeting import FIRST_USER_ID, Line, Meeting
from bridge.transcript.utterance import UNKNOWN_SPEAKER
from tests.fakes.journey import CLIENT_ID, CLIENT_SECRET, Journey, simulator
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until
from tests.simulator.native import NEEDS_ZOOMS_CLIENT, listen

if TYPE_CHECKING:
    from bridge.simulator.playback import Playback
    from bridge.simulator.zoom import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.timeout(360)]

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"
AT_LINE = 20
LINES = 60


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault, and what Zoom's own client was measured to make of it (rtms 1.1.0, 2026-11-22)."""

    name: str
    fault: dict[str, Any]
    survived: bool
    """By Zoom's own client: whether it hears the meeting's end and every line that was written to its socket."""

    @property
    def script(self) -> FaultScript:
        return FaultScript.model_validate({"fault": [self.fault]})


def _case(name: str, survived: bool, kind: str, **parameters: Any) -> Case:
    timeless = parameters.pop("from_start", False)
    when = {} if timeless else {"at_line": AT_LINE}
    return Case(name=name, fault={"kind": kind, **when, **parameters}, survived=survived)


CASES = (
    _case("media is cut", True, "drop", sockets="media"),
    _case("signaling is cut", True, "drop", sockets="signaling"),
    _case("both are cut", True, "drop"),
    _case("both are closed with code 1001", True, "drop", code=1001),
    _case("media is closed with code 1000", False, "drop", sockets="media", code=1000),
    _case("media is closed with code 1011", False, "drop", sockets="media", code=1011),
    _case("both are cut, and Zoom holds the old ones (status 8)", False, "drop", hold_seconds=1.5),
    _case("the first signaling handshake gets status 8", False, "refuse", status=8, from_start=True),
    _case("the first signaling handshake gets status 45", False, "refuse", status=45, from_start=True),
    _case(
        "the first media handshake gets status 16",
        False,
        "refuse",
        socket="media",
        status=16,
        from_start=True,
    ),
    _case("a handshake is answered 3 s late", True, "slow_handshake", seconds=3, from_start=True),
    _case("Zoom's server fails over", False, "failover"),
    _case("event 7, and words no longer come", False, "media_interrupted"),
    _case("state 2 with reason 14, and words no longer come", False, "media_interrupted", as_state=True),
    _case("event 7 as a false alarm", True, "media_interrupted", lost=False),
    _case("state 2 with reason 13, then both are cut", True, "signal_interrupted", lost_after_seconds=0.55),
    _case("the stream is paused and resumed", True, "pause", seconds=0.5),
    _case("lines come backwards in a burst", True, "burst", lines=5, backwards=True),
    _case("lines without a name", False, "odd_lines", oddity="no_name", lines=3),
    _case("lines of user 0", False, "odd_lines", oddity="user_id_zero", lines=3),
    _case("ids as text", False, "odd_lines", oddity="user_id_text", lines=3),
    _case("times in seconds with a fraction", False, "odd_lines", oddity="times_in_seconds", lines=3),
    _case("lines without times", False, "odd_lines", oddity="no_times", lines=3),
    _case("messages of unknown numbers", True, "unknown_messages"),
    _case("frames that are not JSON", True, "garbage", shape="not_json"),
    _case("frames of wrong types", True, "garbage", shape="wrong_types"),
    _case("frames nested 20,000 deep", True, "garbage", shape="deep"),
    _case("a session stops, the stream goes on", True, "session_stopped"),
)
AT_ONCE = 5
"""Processes of Zoom's client beside each other: each takes a second of CPU to start."""


def meeting(each_ms: int = 100) -> Meeting:
    """Six seconds in which a fault falls and a client can come back."""
    return Meeting(
        title="native",
        lines=tuple(
            Line(
                start_ms=n * each_ms,
                end_ms=(n + 1) * each_ms,
                user_id=FIRST_USER_ID,
                speaker="Dana",
                text=f"Sentence number {n + 1}.",
            )
            for n in range(LINES)
        ),
    )


TRIES = 6


@NEEDS_ZOOMS_CLIENT
async def test_zooms_own_client_survives_what_the_table_says(tmp_path: Path) -> None:
    """It hears the meeting to its end with all that was written to its sockets, or it does not."""
    free = asyncio.Semaphore(AT_ONCE)

    async def survives(zoom: Simulator, n: int, case: Case) -> bool:
        # A line written in the moment of a cut is lost with any client: one that survives may try again.
        for attempt in range(TRIES if case.survived else 1):
            if await survives_once(zoom, f"{n}-{attempt}", case):
                return True
        return False

    async def survives_once(zoom: Simulator, n: str, case: Case) -> bool:
        stream_id, meeting_uuid = f"native-{n}", f"native/{n}=="
        (folder := tmp_path / stream_id).mkdir()
        async with free, asyncio.TaskGroup() as group:
            playing = group.create_task(
                zoom.play(
                    meeting(),
                    webhook_url=None,
                    stream_id=stream_id,
                    meeting_uuid=meeting_uuid,
                    faults=case.script,
                )
            )
            playback: Playback = await until(lambda: zoom.playbacks.get(stream_id))
            join = {
                "meeting_uuid": meeting_uuid,
                "rtms_stream_id": stream_id,
                "server_urls": zoom.signaling_url,
            }
            told = await listen(join | {"client": CLIENT_ID, "secret": CLIENT_SECRET}, folder)
            playing.cancel()
        heard = {each["text"] for each in told if "text" in each}
        whole = heard == {line.text for line in playback.delivered} and meeting().lines[-1].text in heard
        return whole and told[-1] == {"left": StopReason.MEETING_ENDED}

    async with simulator(keep_alive_seconds=1) as zoom:
        found = await asyncio.gather(*(survives(zoom, n, case) for n, case in enumerate(CASES)))
    assert {case.name: each for case, each in zip(CASES, found, strict=True)} == {
        case.name: case.survived for case in CASES
    }


async def test_the_bridge_survives_all_of_them(tmp_path: Path) -> None:
    """Each meeting runs to its end, and all that was written to a socket is stored once."""
    async with simulator(keep_alive_seconds=1) as zoom, RunApi().listening() as api:
        journey = Journey(zoom, api, tmp_path / "bridge.db")
        async with journey.bridge() as bridge:
            outcomes = await asyncio.gather(
                *(journey.play(bridge, meeting(), faults=case.script) for case in CASES)
            )
            await journey.settled(bridge.store)
            stored = [await bridge.store.utterances(outcome.stream_id) for outcome in outcomes]

    for case, outcome, utterances in zip(CASES, outcomes, stored, strict=True):
        assert outcome.stop_reason is StopReason.MEETING_ENDED, case.name
        assert meeting().lines[-1] in outcome.delivered, case.name
        delivered = sorted(line.text for line in outcome.delivered)
        assert sorted(each.text for each in utterances) == delivered, case.name
        assert {each.speaker for each in utterances} <= {"Dana", UNKNOWN_SPEAKER}, case.name


def test_the_docs_compare_the_two() -> None:
    """The table in docs/protocol.md has each case, with what is tested here."""
    found = re.findall(r"^\| ([^|]+) \| (yes|no) \| yes \|$", PROTOCOL.read_text(), re.MULTILINE)
    assert found == [(case.name, "yes" if case.survived else "no") for case in CASES]
