"""Each fault does what it says, as a client sees it, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect

from bridge.rtms.messages import (
    EventType,
    MessageType,
    StatusCode,
    StopReason,
    WireSessionState,
    WireStreamState,
    decode,
)
from bridge.simulator.errors import FaultFileError
from bridge.simulator.faults import FaultScript, read_faults
from bridge.simulator.handshake import Socket
from bridge.simulator.meeting import Line, Meeting
from bridge.simulator.progress import Progress, Step
from bridge.simulator.stream import Patience
from tests.simulator.client import (
    MEETING_UUID,
    STREAM_ID,
    Conversation,
    handshake,
    join_from,
    joined,
    open_socket,
    simulator,
    until,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.simulator.outcome import Outcome
    from bridge.simulator.zoom import Simulator
    from tests.simulator.endpoint import Endpoint

SIGNALING = MessageType.SIGNALING_HAND_SHAKE_REQ
TRANSCRIPT = MessageType.MEDIA_DATA_TRANSCRIPT
STATE, SESSION, EVENT = (
    MessageType.STREAM_STATE_UPDATE,
    MessageType.SESSION_STATE_UPDATE,
    MessageType.EVENT_UPDATE,
)


def meeting(lines: int = 6, each_ms: int = 20) -> Meeting:
    return Meeting(
        title="test",
        lines=tuple(
            Line(
                start_ms=n * each_ms,
                end_ms=(n + 1) * each_ms,
                user_id=16778240,
                speaker="Ana",
                text=f"Line {n + 1}",
            )
            for n in range(lines)
        ),
    )


def script(*faults: dict[str, Any]) -> FaultScript:
    return FaultScript.model_validate({"fault": faults})


@contextlib.asynccontextmanager
async def connected(zoom: Simulator) -> AsyncIterator[ClientConnection]:
    """A media socket that takes any frame; signaling is beside it."""
    async with (
        open_socket(zoom.signaling_url, handshake(SIGNALING)) as signaling,
        connect(zoom.media_url, proxy=None) as media,
    ):
        await signaling.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
        await media.send(json.dumps(handshake(MessageType.DATA_HAND_SHAKE_REQ)))
        assert (decode(await media.recv()) or {})["status_code"] == StatusCode.OK
        await signaling.send({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": STREAM_ID})
        yield media


class Played:
    """A meeting under way, and what becomes of it."""

    def __init__(self) -> None:
        self.steps: list[Progress] = []
        self.outcome: Outcome | None = None

    def lines(self, step: Step) -> list[str]:
        return [each.line.text for each in self.steps if each.step is step and each.line]


@contextlib.asynccontextmanager
async def playing(
    zoom: Simulator, *faults: dict[str, Any], endpoint: Endpoint | None = None, spoken: Meeting | None = None
) -> AsyncIterator[Played]:
    """Play a meeting with faults beside the block, and let it end after it."""
    played = Played()

    async def play() -> None:
        played.outcome = await zoom.play(
            spoken or meeting(),
            webhook_url=endpoint.url if endpoint else None,
            stream_id=STREAM_ID,
            meeting_uuid=MEETING_UUID,
            webhook_retry_seconds=(),
            faults=script(*faults),
            progress=played.steps.append,
        )

    async with asyncio.TaskGroup() as group:
        group.create_task(play())
        await until(lambda: STREAM_ID in zoom.playbacks)
        yield played


def texts(media: Conversation) -> list[str]:
    return [message["content"]["data"] for message in media.of(TRANSCRIPT)]


# Files


def test_toml_and_json_say_the_same(tmp_path: Path) -> None:
    """Both kinds of file are read; early faults, timed ones and those at a line are told apart."""
    toml, plain = tmp_path / "f.toml", tmp_path / "f.json"
    toml.write_text(
        '[[fault]]\nkind = "refuse"\nstatus = 8\n'
        '[[fault]]\nat_seconds = 12\nkind = "drop"\n'
        '[[fault]]\nat_seconds = 3.5\nkind = "pause"\n'
        '[[fault]]\nat_line = 4\nkind = "repeat"\n'
        '[[fault]]\nkind = "stop_webhook"\nmissing = true\n'
    )
    read = read_faults(toml)
    plain.write_text(json.dumps({"fault": [each.model_dump() for each in read.fault]}))
    assert read_faults(plain) == read
    assert [each.kind for each in read.early] == ["refuse"]
    assert [each.kind for each in read.by_time] == ["pause", "drop"]
    assert [each.kind for each in read.at_line(4)] == ["repeat"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[fault]]\nkind = 'drop'\n", "fault 1: at_seconds or at_line is missing"),
        (
            "[[fault]]\nkind = 'drop'\nat_line = 1\nat_seconds = 1\n",
            "fault 1: at_seconds and at_line exclude",
        ),
        ("[[fault]]\nkind = 'pause'\nat_line = 1\nsecond = 1\n", "fault 1: second: Extra inputs"),
        (
            "[[fault]]\nkind = 'pause'\nat_line = 1\nseconds = '1'\n",
            "fault 1: seconds: Input should be a valid number",
        ),
        ("[[fault]]\nkind = 'pause'\nat_seconds = -1\n", "fault 1: at_seconds: Input should be greater"),
        ("[[fault]]\nkind = 'earthquake'\n", "fault 1: Input tag 'earthquake'"),
        ("[[faults]]\nkind = 'drop'\n", "faults: Extra inputs"),
        ("[[fault]]\nkind='stop_first'\n[[fault]]\nkind='stop_first'\n", "more than one stop_first"),
        ("what?", "not TOML"),
    ],
)
def test_a_wrong_file_is_told_in_words(tmp_path: Path, content: str, message: str) -> None:
    """The sentence names the file, the fault and the field."""
    path = tmp_path / "f.toml"
    path.write_text(content)
    with pytest.raises(FaultFileError) as caught:
        read_faults(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """Instead of a traceback."""
    with pytest.raises(FaultFileError, match="No such file"):
        read_faults(tmp_path / "none.toml")


def test_a_script_takes_no_unknown_reason() -> None:
    """Zoom has 27 stop reasons."""
    with pytest.raises(ValidationError):
        script({"kind": "end", "at_line": 1, "reason": 27})


# Lost sockets


@pytest.mark.parametrize(("code", "seen"), [(None, 1006), (1000, 1000), (1001, 1001), (1011, 1011)])
async def test_a_dropped_socket_is_closed_with_its_code(zoom: Simulator, code: int | None, seen: int) -> None:
    """Just before its line; signaling is told of lost media by event 7, or by nothing."""
    fault = {"kind": "drop", "sockets": "media", "at_line": 3} | ({"code": code} if code else {})
    async with playing(zoom, fault) as played, joined(zoom) as (signaling, media):
        assert await media.wait_closed() == seen
        await signaling.wait_for(EVENT, 2)
        await signaling.wait_closed()
    kinds = [message["event"]["event_type"] for message in signaling.of(EVENT)]
    assert kinds == [EventType.FIRST_PACKET_TIMESTAMP, EventType.MEDIA_CONNECTION_INTERRUPTED]
    assert texts(media) == played.lines(Step.SAID) == ["Line 1", "Line 2"]
    assert played.lines(Step.LOST) == ["Line 3", "Line 4", "Line 5", "Line 6"]


@pytest.mark.parametrize("told", [True, False])
async def test_lost_signaling_is_told_by_webhook(zoom: Simulator, endpoint: Endpoint, told: bool) -> None:
    """Or by nothing but the loss itself; media sends nothing more and stays open."""
    fault = {"kind": "drop", "sockets": "signaling", "at_line": 3, "told": told}
    async with playing(zoom, fault, endpoint=endpoint) as played, joined(zoom) as (signaling, media):
        assert await signaling.wait_closed() == 1006
        await until(lambda: len(played.lines(Step.LOST)) == 4)
        assert media.code is None
        zoom.playbacks[STREAM_ID].stream.give_up(StopReason.AWAIT_RECONNECTION_TIMEOUT, 0)
    events = [each["event"].rpartition("_")[2] for each in endpoint.events]
    assert sorted(events) == sorted(["started", *(["interrupted"] if told else []), "stopped"])
    assert texts(media) == ["Line 1", "Line 2"]


async def test_zoom_may_still_hold_what_was_dropped(zoom: Simulator) -> None:
    """A new handshake then gets status 8 until the time is over; the last lines come again afterwards."""
    fault = {"kind": "drop", "at_line": 3, "hold_seconds": 0.8, "repeat_lines": 2}
    spoken = meeting(20, each_ms=100)
    async with playing(zoom, fault, spoken=spoken) as played:
        async with joined(zoom) as (signaling, _):
            await signaling.wait_closed()
        async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as early:
            (answer,) = await early.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
            assert answer["status_code"] == StatusCode.DUPLICATE_SIGNAL_REQUEST
        playback = zoom.playbacks[STREAM_ID]
        await until(lambda: playback.door.meet(Socket.SIGNALING, time.time()) is None)
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    numbers = [int(text.removeprefix("Line ")) for text in texts(media)]
    assert numbers == list(range(numbers[0], 21))
    lost = [int(text.removeprefix("Line ")) for text in played.lines(Step.LOST)]
    assert numbers[:2] == lost[-2:]
    assert len(playback.heard) == len({each.line.text for each in playback.heard})


async def test_a_half_open_socket_says_nothing_until_it_is_replaced(zoom: Simulator) -> None:
    """No words, no keep-alives, no closing handshake; a new handshake takes its place at once."""
    fault = {"kind": "half_open", "at_line": 3}
    async with (
        playing(zoom, fault, spoken=meeting(40, each_ms=50)) as played,
        joined(zoom) as (signaling, media),
    ):
        await until(lambda: len(played.lines(Step.LOST)) >= 3)
        assert (signaling.code, media.code) == (None, None)
        async with joined(zoom) as (_, new_media):
            await new_media.wait_closed()
        signaling.socket.transport.abort()
        media.socket.transport.abort()
    assert texts(media) == ["Line 1", "Line 2"]
    assert texts(new_media)[-1] == "Line 40"
    assert played.outcome
    assert played.outcome.refusals == ()


@pytest.mark.parametrize("as_state", [True, False])
async def test_zoom_tells_of_lost_media_on_signaling(zoom: Simulator, as_state: bool) -> None:
    """As event 7 or as state 2 with reason 14; the socket stays open, and words no longer come."""
    fault = {"kind": "media_interrupted", "at_line": 3, "as_state": as_state}
    async with playing(zoom, fault) as played, joined(zoom) as (signaling, media):
        await until(lambda: len(played.lines(Step.LOST)) == 4)
        await signaling.wait_closed()
        assert media.code is None
        media.socket.transport.abort()
    interrupted = [each for each in signaling.of(STATE) if each["state"] == WireStreamState.INTERRUPTED]
    assert [each["reason"] for each in interrupted] == [StopReason.DATA_CONNECTION_INTERRUPTED] * as_state
    events = [each["event"]["event_type"] for each in signaling.of(EVENT)]
    assert events.count(EventType.MEDIA_CONNECTION_INTERRUPTED) == 1 - as_state
    assert texts(media) == ["Line 1", "Line 2"]


async def test_a_false_alarm_costs_no_word(zoom: Simulator) -> None:
    """Event 7 and the interrupted webhook may come while all is well."""
    async with (
        playing(zoom, {"kind": "media_interrupted", "at_line": 3, "lost": False}) as played,
        joined(zoom) as (_, media),
    ):
        await media.wait_closed()
    assert texts(media) == [f"Line {n}" for n in range(1, 7)]
    assert played.outcome
    assert played.outcome.complete


async def test_signaling_is_announced_to_be_lost(zoom: Simulator) -> None:
    """State 2 with reason 13 comes first, the loss a moment later."""
    fault = {"kind": "signal_interrupted", "at_line": 3, "lost_after_seconds": 0.05}
    async with playing(zoom, fault, spoken=meeting(60)), joined(zoom) as (signaling, media):
        assert await signaling.wait_closed() == 1006
        assert await media.wait_closed() == 1006
        zoom.playbacks[STREAM_ID].stream.give_up(StopReason.AWAIT_RECONNECTION_TIMEOUT, 0)
    state = signaling.of(STATE)[-1]
    assert (state["state"], state["reason"]) == (2, StopReason.SIGNAL_CONNECTION_INTERRUPTED)


@pytest.mark.parametrize("old", ["dropped", "silent"])
async def test_a_failover_moves_the_stream_to_other_ports(
    zoom: Simulator, endpoint: Endpoint, old: str
) -> None:
    """A newer start event with new URLs tells of it; the old server is dead for the stream, the new one serves it."""
    fault = {"kind": "failover", "at_line": 3, "old": old}
    async with playing(zoom, fault, endpoint=endpoint, spoken=meeting(40, each_ms=50)) as played:
        first = await endpoint.wait_for("meeting.rtms_started")
        async with join_from(first["payload"]) as (signaling, media):
            second = await endpoint.wait_for("meeting.rtms_started", 2)
            assert second["event_ts"] > first["event_ts"]
            assert second["payload"]["server_urls"] != first["payload"]["server_urls"]
            async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as dead:
                assert await dead.wait_closed() == 1006
            if old == "dropped":
                assert (await signaling.wait_closed(), await media.wait_closed()) == (1006, 1006)
            async with join_from(second["payload"]) as (_, new_media):
                await new_media.wait_closed()
            signaling.socket.transport.abort()
            media.socket.transport.abort()
    assert texts(media) == ["Line 1", "Line 2"]
    assert texts(new_media)[-1] == "Line 40"
    assert played.outcome
    assert played.outcome.stop_reason is StopReason.MEETING_ENDED
    assert played.outcome.refusals == ()


# Handshakes


@pytest.mark.parametrize("status", [8, 45, 99])
async def test_a_handshake_is_refused_as_often_as_asked(zoom: Simulator, status: int) -> None:
    """And then taken; what was no fault of the client is not held against it."""
    async with playing(zoom, {"kind": "refuse", "status": status, "count": 2}) as played:
        for _ in range(2):
            async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as refused:
                (answer,) = await refused.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
                assert answer["status_code"] == status
                assert await refused.wait_closed() == 1000
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    assert played.outcome
    assert played.outcome.complete


async def test_a_handshake_is_answered_late_or_never(zoom: Simulator) -> None:
    """A client that left meanwhile does not get the stream."""
    faults = [{"kind": "no_handshake"}, {"kind": "slow_handshake", "seconds": 0.1, "count": 2}]
    async with (
        playing(zoom, *faults) as played,
        open_socket(zoom.signaling_url, handshake(SIGNALING)) as unanswered,
    ):
        async with open_socket(zoom.signaling_url, handshake(SIGNALING)):
            pass
        async with joined(zoom) as (_, media):
            await media.wait_closed()
        assert unanswered.received == []
    assert played.outcome
    assert played.outcome.complete
    assert played.outcome.signaling_connections == 1


# Words


async def test_what_is_said_during_a_pause_is_sent_to_nobody(zoom: Simulator) -> None:
    """States 5 and 6 tell of it, and it counts neither as said nor as lost."""
    fault = {"kind": "pause", "at_line": 3, "seconds": 0.05}
    async with playing(zoom, fault, spoken=meeting(10)) as played, joined(zoom) as (signaling, media):
        await media.wait_closed()
    states = [message["state"] for message in signaling.of(STATE)]
    assert states == [1, WireStreamState.PAUSED, WireStreamState.RESUMED, WireStreamState.TERMINATED]
    unsent = played.lines(Step.PAUSED)
    assert unsent[0] == "Line 3"
    assert played.lines(Step.LOST) == []
    assert texts(media) == [f"Line {n}" for n in range(1, 11) if f"Line {n}" not in unsent]


async def test_lines_come_again_in_bursts_and_backwards(zoom: Simulator) -> None:
    """In the order that was asked for; each counts once."""
    faults = [
        {"kind": "repeat", "at_line": 3, "lines": 2},
        {"kind": "burst", "at_line": 3, "lines": 3, "backwards": True},
    ]
    async with playing(zoom, *faults) as played, joined(zoom) as (_, media):
        await media.wait_closed()
    assert texts(media) == [f"Line {n}" for n in (1, 2, 1, 2, 5, 4, 3, 6)]
    assert played.outcome
    assert played.outcome.complete


async def test_a_burst_that_the_end_cuts_short_is_still_sent(zoom: Simulator) -> None:
    """Nothing that is held back is forgotten."""
    async with playing(zoom, {"kind": "burst", "at_line": 5, "lines": 99}), joined(zoom) as (_, media):
        await media.wait_closed()
    assert texts(media) == [f"Line {n}" for n in range(1, 7)]


@pytest.mark.parametrize(
    ("oddity", "without", "values"),
    [
        ("no_name", {"user_name"}, {}),
        ("nobody", {"user_name", "user_id"}, {}),
        ("user_id_text", set(), {"user_id": "16778240"}),
        ("user_id_zero", {"user_name"}, {"user_id": 0}),
        ("no_times", {"start_time", "end_time", "timestamp"}, {}),
        ("no_language", {"language"}, {}),
    ],
)
async def test_lines_have_odd_shapes(
    zoom: Simulator, oddity: str, without: set[str], values: dict[str, Any]
) -> None:
    """As many of them as asked for, and the others none."""
    faults = {"kind": "odd_lines", "oddity": oddity, "at_line": 2, "lines": 2}
    async with playing(zoom, faults), joined(zoom) as (_, media):
        await media.wait_closed()
    contents = [message["content"] for message in media.of(TRANSCRIPT)]
    whole = contents[0].keys()
    assert [whole - content.keys() for content in contents] == [set(), without, without, set(), set(), set()]
    assert all(content | values == content for content in contents[1:3])
    assert [content["data"] for content in contents] == [f"Line {n}" for n in range(1, 7)]


async def test_times_may_come_in_seconds(zoom: Simulator) -> None:
    """The same instant as in milliseconds."""
    fault = {"kind": "odd_lines", "oddity": "times_in_seconds", "at_line": 2}
    async with playing(zoom, fault), joined(zoom) as (_, media):
        await media.wait_closed()
    first, second = (message["content"] for message in media.of(TRANSCRIPT)[:2])
    assert second["start_time"] * 1000 == pytest.approx(first["start_time"] + 20, abs=0.01)


# Noise


@pytest.mark.parametrize("side", ["signaling", "media"])
async def test_messages_of_unknown_numbers_come_on_either_socket(zoom: Simulator, side: str) -> None:
    """Numbers that this version of the wire does not have."""
    async with (
        playing(zoom, {"kind": "unknown_messages", "socket": side, "at_line": 2}),
        joined(zoom) as (signaling, media),
    ):
        await media.wait_closed()
    noisy, quiet = (signaling, media) if side == "signaling" else (media, signaling)
    known = {int(kind) for kind in MessageType}
    assert [each["msg_type"] for each in noisy.received if each["msg_type"] not in known] == [99, -1, 2**40]
    assert all(each["msg_type"] in known for each in quiet.received)


@pytest.mark.parametrize(
    "shape", ["not_json", "truncated", "no_object", "deep", "huge", "wrong_types", "empty", "not_utf8"]
)
async def test_frames_without_a_message_come_between_the_lines(zoom: Simulator, shape: str) -> None:
    """Whatever they hold, the lines go on; none of them is a message that means something."""
    fault = {"kind": "garbage", "at_line": 2, "shape": shape, "size_bytes": 5000}
    async with playing(zoom, fault), connected(zoom) as media:
        frames = [frame async for frame in media]
    messages = [message for message in map(decode, frames) if message and message["msg_type"] == TRANSCRIPT]
    said = [
        m["content"]["data"]
        for m in messages
        if isinstance(m.get("content"), dict) and "end_time" in m["content"]
    ]
    assert said == [f"Line {n}" for n in range(1, 7)]
    assert len(frames) > 6


async def test_a_keep_alive_may_lack_its_timestamp(endpoint: Endpoint) -> None:
    """The answer then must lack it too; the next one has it again."""
    faults = {"kind": "bare_keep_alives", "at_seconds": 0, "count": 2}
    async with simulator(keep_alive_seconds=0.4) as zoom:
        async with playing(zoom, faults, spoken=meeting(2, 3_600_000)), joined(zoom) as (_, media):
            asked = (await media.wait_for(MessageType.KEEP_ALIVE_REQ, 4))[:4]
            await zoom.playbacks[STREAM_ID].end(StopReason.MEETING_ENDED)
            await media.wait_closed()
        assert ["timestamp" in question for question in asked] == [False, False, True, True]
        assert zoom.refusals == []


# The end


async def test_a_session_that_stops_is_not_the_end(zoom: Simulator) -> None:
    """Message 9 tells of it, and words go on."""
    async with playing(zoom, {"kind": "session_stopped", "at_line": 3}), joined(zoom) as (signaling, media):
        await media.wait_closed()
    stopped = [each for each in signaling.of(SESSION) if each["state"] == WireSessionState.STOPPED]
    assert [each["reason"] for each in stopped] == [StopReason.USER_LEFT, StopReason.MEETING_ENDED]
    assert texts(media)[-1] == "Line 6"


async def test_zoom_ends_a_stream_early(zoom: Simulator, endpoint: Endpoint) -> None:
    """With the reason that was asked for, on signaling and by webhook."""
    fault = {"kind": "end", "at_line": 3, "reason": int(StopReason.STREAM_REVOKED)}
    async with playing(zoom, fault, endpoint=endpoint) as played, joined(zoom) as (signaling, media):
        await media.wait_closed()
    assert signaling.of(STATE)[-1]["reason"] == StopReason.STREAM_REVOKED
    assert endpoint.events[-1]["payload"]["stop_reason"] == StopReason.STREAM_REVOKED
    assert texts(media) == ["Line 1", "Line 2"]
    assert played.outcome
    assert played.outcome.stop_reason is StopReason.STREAM_REVOKED


async def test_the_end_may_be_told_by_closing_alone(zoom: Simulator, endpoint: Endpoint) -> None:
    """No message, no webhook: the sockets are closed in good order."""
    fault = {"kind": "stop_webhook", "missing": True, "message_missing": True}
    async with playing(zoom, fault, endpoint=endpoint), joined(zoom) as (signaling, media):
        assert (await media.wait_closed(), await signaling.wait_closed()) == (1000, 1000)
    assert [each["state"] for each in signaling.of(STATE)] == [1]
    assert [each["event"] for each in endpoint.events] == ["meeting.rtms_started"]


async def test_webhooks_come_again_and_late(zoom: Simulator, endpoint: Endpoint) -> None:
    """Byte for byte the same, with a right signature each time."""
    faults = [
        {"kind": "start_again", "at_line": 2},
        {"kind": "stop_webhook", "delay_seconds": 0.2},
        {"kind": "late_webhooks", "started": 1, "stopped": 2},
    ]
    async with playing(zoom, *faults, endpoint=endpoint) as played:
        await until(lambda: any(each.step is Step.ANNOUNCED for each in played.steps))
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    names = [each["event"].rpartition("_")[2] for each in endpoint.events]
    assert names == ["started", "started", "stopped", "started", "stopped", "stopped"]
    assert len(set(endpoint.bodies)) == 2
    assert set(endpoint.verdicts) == {"valid"}


async def test_a_stop_may_overtake_its_start(endpoint: Endpoint) -> None:
    """The start that follows announces a stream that nobody should dial."""
    async with (
        simulator(patience=Patience(connect=0.05)) as zoom,
        playing(zoom, {"kind": "stop_first"}, endpoint=endpoint) as played,
    ):
        await endpoint.wait_for("meeting.rtms_started")
    assert [each["event"].rpartition("_")[2] for each in endpoint.events] == ["stopped", "started", "stopped"]
    assert played.outcome
    assert played.outcome.stop_reason is StopReason.CONNECTION_TIMEOUT


async def test_an_interruption_is_told_that_never_was(zoom: Simulator, endpoint: Endpoint) -> None:
    """The webhook comes and every line arrives."""
    fault = {"kind": "interrupted_webhook", "at_line": 2}
    async with playing(zoom, fault, endpoint=endpoint) as played, joined(zoom) as (_, media):
        await media.wait_closed()
    assert "meeting.rtms_interrupted" in [each["event"] for each in endpoint.events]
    assert played.outcome
    assert played.outcome.complete


async def test_words_may_come_after_the_end(zoom: Simulator) -> None:
    """The last lines once more, behind message 8 with state 4."""
    async with playing(zoom, {"kind": "late_words", "lines": 2}), joined(zoom) as (_, media):
        await media.wait_closed()
    assert texts(media) == [f"Line {n}" for n in (1, 2, 3, 4, 5, 6, 5, 6)]


async def test_seconds_of_a_fault_are_those_of_the_meeting(zoom: Simulator) -> None:
    """At speed 20 a fault at second 1 comes after a twentieth of one."""
    spoken = meeting(10, 600)
    steps: list[Progress] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(
            zoom.play(
                spoken,
                webhook_url=None,
                speed=20,
                stream_id=STREAM_ID,
                meeting_uuid=MEETING_UUID,
                faults=script({"kind": "end", "at_seconds": 1}),
                progress=steps.append,
            )
        )
        await until(lambda: STREAM_ID in zoom.playbacks)
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    assert texts(media) == ["Line 1"]
