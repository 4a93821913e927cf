"""The course of a meeting that is played: what is told in which order, and when it ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.domain import Source
from bridge.replay import recorded
from bridge.rtms.messages import MediaType, MessageType, StopReason
from bridge.simulator.handshake import Socket
from bridge.simulator.meeting import Line, Meeting
from bridge.simulator.progress import Step
from bridge.simulator.stream import Patience
from tests.simulator.client import STREAM_ID, handshake, join_from, joined, open_socket, simulator, until
from tests.simulator.test_faults import meeting, playing, texts

if TYPE_CHECKING:
    from bridge.simulator.zoom import Simulator
    from tests.simulator.endpoint import Endpoint


async def test_every_step_is_told_in_order(zoom: Simulator) -> None:
    """Announced, ready, each line, ended; with how many were said so far."""
    async with playing(zoom, spoken=meeting(2)) as played, joined(zoom) as (_, media):
        await media.wait_closed()
    told = [(each.step, each.said, each.lines) for each in played.steps]
    assert told == [
        (Step.ANNOUNCED, 0, 2),
        (Step.READY, 0, 2),
        (Step.SAID, 1, 2),
        (Step.SAID, 2, 2),
        (Step.ENDED, 2, 2),
    ]


async def test_the_meeting_goes_on_while_nobody_listens(zoom: Simulator) -> None:
    """What is said between two connections is lost, is told so, and comes to nobody later."""
    async with playing(zoom, spoken=meeting(100, each_ms=50)) as played:
        async with joined(zoom) as (_, first):
            await first.wait_for(MessageType.MEDIA_DATA_TRANSCRIPT)
        await until(lambda: Step.LOST in [each.step for each in played.steps])
        async with joined(zoom) as (_, second):
            await second.wait_closed()
    lost = set(played.lines(Step.LOST))
    assert lost
    assert not lost & {*texts(first), *texts(second)}
    assert {*texts(first), *texts(second), *lost} == {f"Line {n}" for n in range(1, 101)}
    assert played.outcome
    assert not played.outcome.complete
    assert [line.text for line in played.outcome.delivered] == [*texts(first), *texts(second)]


async def test_a_line_waits_for_none_that_is_over_later(zoom: Simulator) -> None:
    """Who is interrupted, or has an end that is far away, holds nobody up; a replay of the file counts the lines so too."""
    times = [(0, 600), (100, 200), (150, 900), (250, 300), (260, 300)]
    lines = [
        Line(start_ms=start, end_ms=end, user_id=1, speaker="Ana", text=f"Line {n}")
        for n, (start, end) in enumerate(times, start=1)
    ]
    spoken = Meeting(title="talk", lines=tuple(lines))
    async with playing(zoom, spoken=spoken) as played, joined(zoom) as (_, media):
        await media.wait_closed()
    order = ["Line 2", "Line 4", "Line 5", "Line 1", "Line 3"]
    assert texts(media) == played.lines(Step.SAID) == order
    replayed = recorded.played(spoken).utterances
    assert [each.text for each in sorted(replayed, key=lambda each: each.n)] == order


async def test_media_goes_with_signaling(zoom: Simulator) -> None:
    """Whoever loses signaling loses the other socket too."""
    async with playing(zoom, spoken=meeting(400, each_ms=50)) as played, joined(zoom) as (signaling, media):
        signaling.socket.transport.abort()
        assert await media.wait_closed() == 1006
        await until(lambda: Step.INTERRUPTED in [each.step for each in played.steps])
        zoom.playbacks[STREAM_ID].stream.give_up(StopReason.EXIT_SIGNAL, 0)
        zoom.playbacks[STREAM_ID].mute(
            frozenset(Socket)
        )  # nothing is there to be muted, and that is no error


async def test_a_client_that_never_comes_ends_the_stream(endpoint: Endpoint) -> None:
    """After Zoom's patience, with its reason and the webhook of the end; no line was said."""
    async with (
        simulator(patience=Patience(connect=0.05)) as zoom,
        playing(zoom, endpoint=endpoint) as played,
    ):
        await endpoint.wait_for("meeting.rtms_stopped")
    assert played.outcome
    assert played.outcome.stop_reason is StopReason.CONNECTION_TIMEOUT
    assert (played.outcome.delivered, played.outcome.started_ms) == ((), 0)
    assert [each.step for each in played.steps] == [Step.ANNOUNCED, Step.ENDED]


async def test_a_slow_webhook_holds_up_no_word(zoom: Simulator, endpoint: Endpoint) -> None:
    """The meeting is over before its start event is answered, where the client came without waiting for that."""
    endpoint.gate.clear()
    async with playing(zoom, endpoint=endpoint, spoken=meeting(2)) as played:
        await endpoint.wait_for("meeting.rtms_started")
        async with joined(zoom) as (_, media):
            await media.wait_closed()
        endpoint.gate.set()
    assert texts(media) == ["Line 1", "Line 2"]
    assert played.outcome


async def test_two_sockets_carry_what_they_were_opened_for() -> None:
    """Chat comes on the socket for chat alone; where it is lost, speech goes on."""
    lines = tuple(
        Line(start_ms=n, end_ms=200 * n + 200, user_id=7, speaker="Ida", text=str(n), source=source)
        for n, source in enumerate([Source.SPEECH, Source.CHAT] * 8)
    )
    async with (
        simulator(granted=MediaType.TRANSCRIPT | MediaType.CHAT) as zoom,
        playing(zoom, spoken=Meeting(title="m", lines=lines)) as played,
    ):
        chat_hello = handshake(MessageType.DATA_HAND_SHAKE_REQ, media_type=int(MediaType.CHAT))
        async with (
            joined(zoom) as (signaling, media),
            open_socket(zoom.media_url, chat_hello) as chat,
        ):
            await signaling.send({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": STREAM_ID})
            await chat.wait_for(MessageType.MEDIA_DATA_CHAT)
            await chat.socket.close()
            await media.wait_closed()
    assert texts(media) == [str(n) for n in range(0, 16, 2)]
    assert media.of(MessageType.MEDIA_DATA_CHAT) == []
    assert "15" in played.lines(Step.LOST)


async def test_a_meeting_that_is_cancelled_leaves_no_socket(zoom: Simulator) -> None:
    """Whoever stops waiting for it cuts the client off."""
    playing_it = asyncio.create_task(zoom.play(meeting(100, 1000), webhook_url=None, stream_id=STREAM_ID))
    await until(lambda: STREAM_ID in zoom.playbacks)
    # The meeting uuid is one of its own, so a client asks with that.
    payload = {
        "meeting_uuid": zoom.playbacks[STREAM_ID].stream.identity.meeting_uuid,
        "rtms_stream_id": STREAM_ID,
        "server_urls": zoom.signaling_url,
    }
    async with join_from(payload) as (signaling, media):
        playing_it.cancel()
        with pytest.raises(asyncio.CancelledError):
            await playing_it
        assert (await signaling.wait_closed(), await media.wait_closed()) == (1006, 1006)
