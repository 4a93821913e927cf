"""What the stand-in for Zoom says that a polite one never would, as a client sees it on the wire."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import pytest
from websockets.asyncio.client import connect

from bridge.rtms.messages import EventType, MessageType, StatusCode, StopReason
from bridge.simulator.fault_kinds import Oddity
from bridge.simulator.meeting import Line
from bridge.simulator.noise import odd_starts
from bridge.simulator.speech import LONG, RUDE, bent
from bridge.simulator.stream import Patience
from bridge.simulator.wire import encode, words
from tests.simulator.client import (
    MEETING_UUID,
    STREAM_ID,
    handshake,
    join_from,
    joined,
    open_socket,
    simulator,
    until,
)
from tests.simulator.test_faults import meeting, playing, texts

if TYPE_CHECKING:
    from bridge.simulator.zoom import Simulator
    from tests.simulator.endpoint import Endpoint

SIGNALING = MessageType.SIGNALING_HAND_SHAKE_REQ
SIGNALING_ANSWER = MessageType.SIGNALING_HAND_SHAKE_RESP
LINE = Line(start_ms=0, end_ms=900, user_id=16_778_240, speaker="Ida", text="Yes.")


def test_half_an_emoji_goes_out_as_it_came() -> None:
    """The text on the wire is pure UTF-8 with an escape in it, and reads as the lone surrogate again."""
    text = encode({"msg_type": 17, "content": {"data": "Ja \ud83d", "user_name": "Zoë 🌻\x00"}})
    assert text.encode().decode() == text
    assert r"Ja \ud83d" in text
    assert r"\u0000" in text
    assert "Zoë 🌻" in text
    assert json.loads(text)["content"] == {"data": "Ja \ud83d", "user_name": "Zoë 🌻\x00"}


@pytest.mark.parametrize("oddity", get_args(Oddity))
def test_an_odd_line_can_be_told_again(oddity: Any) -> None:
    """Whatever is bent, words and name stay at the beginning of what becomes of them, and JSON can say it."""
    content = json.loads(encode(bent(words(LINE, 1000, 1), oddity)))["content"]
    assert content["data"].startswith("Yes.")
    assert (content.get("user_name") or "Ida").startswith("Ida")
    assert content != words(LINE, 1000, 1)["content"]


@pytest.mark.parametrize(
    ("oddity", "expected"),
    [
        ("half_emoji", {"data": "Yes. \ud83d", "user_name": "Ida \ud83d"}),
        ("nul", {"data": "Yes.\x00", "user_name": "Ida\x00"}),
        ("control", {"data": f"Yes.{RUDE['control']}", "user_name": f"Ida{RUDE['control']}"}),
        ("user_id_negative", {"user_id": -1}),
        ("no_user_id", {"user_id": None}),
        ("other_id", {"user_id": 16_778_241, "user_name": "Ida"}),
        ("other_name", {"user_id": 16_778_240, "user_name": "Ida (renamed)"}),
    ],
)
def test_rude_lines(oddity: Any, expected: dict[str, Any]) -> None:
    """Names and ids as odd as the world has them."""
    content = bent(words(LINE, 1000, 1), oddity)["content"]
    assert content | expected == content


def test_names_and_ids_are_longer_than_columns() -> None:
    """Three hundred characters each."""
    assert len(bent(words(LINE, 0, 1), "name_long")["content"]["user_name"]) == LONG
    assert len(bent(words(LINE, 0, 1), "user_id_long")["content"]["user_id"]) == LONG


async def test_odd_people_join(zoom: Simulator) -> None:
    """Two events: names and ids that nobody has, and the first of the meeting under another name."""
    async with playing(zoom, {"kind": "odd_people", "at_line": 3}), joined(zoom) as (signaling, media):
        await media.wait_closed()
    odd, renamed = [
        message["event"]["participants"]
        for message in signaling.of(MessageType.EVENT_UPDATE)
        if message["event"]["event_type"] == EventType.PARTICIPANT_JOIN
    ]
    assert {"user_id": 900, "user_name": "Guest 0 \ud83d"} in odd
    assert {"user_id": -1, "user_name": "Nobody"} in odd
    assert len({each["user_id"] for each in odd if each.get("user_name") == "Guest"}) > 3
    assert renamed == [{"user_id": 16_778_240, "user_name": "Ana (renamed)"}]


@pytest.mark.parametrize("side", ["signaling", "media"])
async def test_a_handshake_is_taken_and_the_socket_cut(zoom: Simulator, side: str) -> None:
    """As often as asked; each time the client hears that all is well, and then nothing any more."""
    count = 3
    fault = {"kind": "accept_and_drop", "socket": side, "count": count}
    async with playing(zoom, fault) as played:
        for _ in range(count):
            async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as signaling:
                (answer,) = await signaling.wait_for(SIGNALING_ANSWER)
                assert answer["status_code"] == StatusCode.OK
                if side == "media":
                    hello = handshake(MessageType.DATA_HAND_SHAKE_REQ)
                    async with open_socket(zoom.media_url, hello) as media:
                        (answer,) = await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
                        assert answer["status_code"] == StatusCode.OK
                        assert await media.wait_closed() == 1006
                else:
                    assert await signaling.wait_closed() == 1006
            await until(lambda: not zoom.playbacks[STREAM_ID].stream.signaling_live)
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    assert played.outcome
    assert played.outcome.complete


async def test_messages_overtake_the_answer_to_a_handshake(zoom: Simulator) -> None:
    """A keep-alive, a state and an event first, then the answer; once."""
    async with playing(zoom, {"kind": "early_messages"}):
        async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as first:
            await first.wait_for(SIGNALING_ANSWER)
        await until(lambda: not zoom.playbacks[STREAM_ID].stream.signaling_live)
        async with joined(zoom) as (second, media):
            await media.wait_closed()
    kinds = [message["msg_type"] for message in first.received]
    assert kinds == [
        MessageType.KEEP_ALIVE_REQ,
        MessageType.STREAM_STATE_UPDATE,
        MessageType.EVENT_UPDATE,
        SIGNALING_ANSWER,
    ]
    assert second.received[0]["msg_type"] == SIGNALING_ANSWER


async def test_messages_come_byte_by_byte(zoom: Simulator) -> None:
    """One frame for each byte; put together they are the message, and the next ones are whole again."""
    fault = {"kind": "trickle", "at_line": 2, "messages": 2, "size_bytes": 1}
    async with playing(zoom, fault), open_socket(zoom.signaling_url, handshake(SIGNALING)) as signaling:
        await signaling.wait_for(SIGNALING_ANSWER)
        async with connect(zoom.media_url, proxy=None) as media:
            await media.send(json.dumps(handshake(MessageType.DATA_HAND_SHAKE_REQ)))
            await media.recv()
            await signaling.send({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": STREAM_ID})
            messages = []
            for _ in range(6):
                pieces = [piece async for piece in media.recv_streaming()]
                messages.append((json.loads(b"".join(map(_bytes, pieces))), max(map(len, pieces))))
    assert [message["content"]["data"] for message, _ in messages] == [f"Line {n}" for n in range(1, 7)]
    assert [longest == 1 for _, longest in messages] == [False, True, True, False, False, False]


def _bytes(piece: str | bytes) -> bytes:
    return piece.encode() if isinstance(piece, str) else piece


async def test_a_failover_may_have_the_time_of_the_first_start(zoom: Simulator, endpoint: Endpoint) -> None:
    """The same ``event_ts`` to the millisecond, and other addresses."""
    fault = {"kind": "failover", "at_line": 2, "same_time": True}
    async with playing(zoom, fault, endpoint=endpoint, spoken=meeting(80, each_ms=50)):
        first = await endpoint.wait_for("meeting.rtms_started")
        async with join_from(first["payload"]):
            second = await endpoint.wait_for("meeting.rtms_started", 2)
            async with join_from(second["payload"]) as (_, media):
                await media.wait_closed()
    assert second["event_ts"] == first["event_ts"]
    assert second["payload"]["server_urls"] != first["payload"]["server_urls"]


async def test_two_failovers_of_the_same_time_are_two(zoom: Simulator, endpoint: Endpoint) -> None:
    """One that leads back to the first server is newer, as it would else be the first start once more."""
    moves = [{"kind": "failover", "at_line": n, "same_time": True, "old": "dropped"} for n in (2, 40)]
    async with playing(zoom, *moves, endpoint=endpoint, spoken=meeting(80, each_ms=50)):
        seen = []
        for count in (1, 2, 3):
            told = await endpoint.wait_for("meeting.rtms_started", count)
            seen.append((told["event_ts"], told["payload"]["server_urls"]))
            async with join_from(told["payload"]) as (_, media):
                await media.wait_closed()
    assert seen[1][0] == seen[0][0] < seen[2][0]
    assert seen[2][1] == seen[0][1] != seen[1][1]


async def test_a_stream_is_started_anew(endpoint: Endpoint) -> None:
    """A newer start with the same address comes although the client has been refused, and the stream can be had."""
    faults = [{"kind": "refuse", "status": 13}, {"kind": "start_anew", "after_seconds": 0.2}]
    async with (
        simulator(patience=Patience(connect=30)) as zoom,
        playing(zoom, *faults, endpoint=endpoint) as played,
    ):
        first = await endpoint.wait_for("meeting.rtms_started")
        async with open_socket(first["payload"]["server_urls"], handshake(SIGNALING)) as refused:
            assert await refused.wait_closed() == 1000
        second = await endpoint.wait_for("meeting.rtms_started", 2)
        async with join_from(second["payload"]) as (_, media):
            await media.wait_closed()
    assert second["event_ts"] > first["event_ts"]
    assert second["payload"] == first["payload"]
    assert texts(media)[-1] == "Line 6"
    assert played.outcome
    assert played.outcome.stop_reason is StopReason.MEETING_ENDED


async def test_odd_webhooks_are_signed_and_not_repeated(zoom: Simulator, endpoint: Endpoint) -> None:
    """Each comes once, whatever it is answered, and none counts as the stream's own."""
    async with playing(zoom, {"kind": "odd_webhooks", "at_line": 2}, endpoint=endpoint) as played:
        first = await endpoint.wait_for("meeting.rtms_started")
        endpoint.statuses.extend([400] * 5)
        async with joined(zoom) as (_, media):
            await media.wait_closed()
    odd = len(odd_starts(first["payload"]))
    starts = [each for each in endpoint.events if each["event"] == "meeting.rtms_started"]
    assert len(starts) == odd + 1
    assert set(endpoint.verdicts) == {"valid"}
    assert [each["payload"].get("rtms_stream_id") for each in starts].count(STREAM_ID) == 1
    assert played.outcome
    assert len(played.outcome.webhooks) == 2
    assert MEETING_UUID in first["payload"]["meeting_uuid"]
