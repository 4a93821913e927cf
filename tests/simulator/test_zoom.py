from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from bridge.domain import Source
from bridge.rtms.messages import EventType, MediaType, MessageType, StatusCode, StopReason, WireStreamState
from bridge.simulator.handshake import Socket
from bridge.simulator.meeting import Line, Meeting
from bridge.simulator.progress import Progress, Step
from bridge.simulator.stream import Patience
from tests.simulator.client import (
    MEETING_UUID,
    STREAM_ID,
    WAIT_SECONDS,
    handshake,
    joined,
    open_socket,
    simulator,
    until,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.simulator.outcome import Outcome
    from bridge.simulator.zoom import Simulator
    from tests.simulator.endpoint import Endpoint

SIGNALING = MessageType.SIGNALING_HAND_SHAKE_REQ
MEDIA = MessageType.DATA_HAND_SHAKE_REQ
READY = {"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": STREAM_ID}


def meeting(*, lines: int = 4, each_ms: int = 20) -> Meeting:
    """A meeting of two people who take turns."""
    return Meeting(
        title="test",
        lines=tuple(
            Line(
                start_ms=n * each_ms,
                end_ms=(n + 1) * each_ms,
                user_id=16778240 + 1024 * (n % 2),
                speaker=("Ana", "Bo")[n % 2],
                text=f"Line {n}, naïve.",
            )
            for n in range(lines)
        ),
    )


ENDLESS = meeting(lines=2, each_ms=3_600_000)


@contextlib.asynccontextmanager
async def playing(
    zoom: Simulator, what: Meeting = ENDLESS, **options: Any
) -> AsyncIterator[asyncio.Task[Outcome]]:
    """A meeting that is played while the block runs, and no longer."""
    options = {"webhook_url": None, "stream_id": STREAM_ID, "meeting_uuid": MEETING_UUID} | options
    task = asyncio.create_task(zoom.play(what, **options))
    await until(lambda: options["stream_id"] in zoom.playbacks)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def finished(task: asyncio.Task[Outcome]) -> Outcome:
    async with asyncio.timeout(WAIT_SECONDS):
        return await task


def refused(zoom: Simulator) -> list[tuple[Socket, StatusCode]]:
    return [(refusal.socket, refusal.status) for refusal in zoom.refusals]


@pytest.mark.parametrize("binary_frames", [True, False])
async def test_a_meeting_reaches_a_client_that_behaves(endpoint: Endpoint, binary_frames: bool) -> None:
    """Every line arrives once and in order, between a signed start and a signed stop, in the frames chosen."""
    async with simulator(binary_frames=binary_frames) as zoom:
        what = meeting()
        async with playing(zoom, what, webhook_url=endpoint.url) as task:
            started = await endpoint.wait_for("meeting.rtms_started")
            async with joined(zoom) as (signaling, media):
                outcome = await finished(task)
                assert await media.wait_closed() == 1000
                assert await signaling.wait_closed() == 1000

    heard = media.of(MessageType.MEDIA_DATA_TRANSCRIPT)
    assert [each["content"]["data"] for each in heard] == [line.text for line in what.lines]
    assert {type(frame) for frame in media.frames} == {bytes if binary_frames else str}
    assert outcome.complete
    assert outcome.delivered == what.lines
    assert zoom.refusals == []
    assert {verdict.value for verdict in endpoint.verdicts} == {"valid"}
    assert [each["event"] for each in endpoint.events] == ["meeting.rtms_started", "meeting.rtms_stopped"]
    assert started["payload"]["server_urls"] == zoom.signaling_url
    assert set(started["payload"]) == {
        "account_id",
        "is_original_host",
        "meeting_id",
        "meeting_uuid",
        "operator_id",
        "rtms_stream_id",
        "server_urls",
    }
    assert endpoint.events[-1]["payload"] == {
        "meeting_uuid": MEETING_UUID,
        "rtms_stream_id": STREAM_ID,
        "stop_reason": StopReason.MEETING_ENDED,
    }


async def test_a_transcript_has_the_fields_that_zooms_own_client_needs(zoom: Simulator) -> None:
    """Times are UTC milliseconds: the beginning of the play plus the line's own offset."""
    what = meeting(lines=1)
    async with playing(zoom, what) as task, joined(zoom) as (_, media):
        before_ms = time.time_ns() // 1_000_000
        outcome = await finished(task)

    (heard,) = media.of(MessageType.MEDIA_DATA_TRANSCRIPT)
    assert abs(outcome.started_ms - before_ms) < 30_000
    assert heard["content"] == {
        "user_id": 16778240,
        "user_name": "Ana",
        "start_time": outcome.started_ms,
        "end_time": outcome.started_ms + 20,
        "timestamp": outcome.started_ms + 520,
        "language": 9,
        "data": "Line 0, naïve.",
    }


async def test_speed_shortens_waits_and_leaves_times_on_the_wire_alone(zoom: Simulator) -> None:
    """Half an hour passes in a moment, and the transcript still says half an hour."""
    half_an_hour = meeting(lines=2, each_ms=900_000)
    async with playing(zoom, half_an_hour, speed=36_000) as task, joined(zoom) as (_, media):
        outcome = await finished(task)

    assert outcome.complete
    last = media.of(MessageType.MEDIA_DATA_TRANSCRIPT)[-1]["content"]
    assert last["end_time"] - outcome.started_ms == 1_800_000


async def test_signaling_tells_the_state_of_stream_and_session(zoom: Simulator) -> None:
    """Active and started after readiness, stopped and terminated at the end, each with a reason."""
    async with playing(zoom, meeting()) as task, joined(zoom) as (signaling, _):
        await finished(task)

    states = signaling.of(MessageType.STREAM_STATE_UPDATE)
    assert [(each["state"], each["reason"]) for each in states] == [(1, 0), (4, StopReason.MEETING_ENDED)]
    sessions = signaling.of(MessageType.SESSION_STATE_UPDATE)
    assert [(each["state"], each["reason"]) for each in sessions] == [(2, 0), (5, StopReason.MEETING_ENDED)]
    assert [each["event"]["event_type"] for each in signaling.of(MessageType.EVENT_UPDATE)] == [1]


WRONG_HANDSHAKES = [
    ({"signature": "0" * 64}, StatusCode.INVALID_SIGNATURE),
    ({"signature": None}, StatusCode.INVALID_PAYLOAD),
    ({"rtms_stream_id": "another"}, StatusCode.INVALID_RTMS_STREAM_ID),
    ({"rtms_stream_id": None}, StatusCode.INVALID_PAYLOAD),
    ({"meeting_uuid": "another"}, StatusCode.INVALID_SIGNATURE),
    ({"meeting_uuid": None, "webinar_uuid": MEETING_UUID}, StatusCode.INVALID_PAYLOAD),
    ({"protocol_version": 2}, StatusCode.INVALID_PAYLOAD),
    ({"protocol_version": None}, StatusCode.INVALID_PAYLOAD),
    ({"msg_type": MessageType.KEEP_ALIVE_RESP}, StatusCode.INVALID_MESSAGE_TYPE),
]


@pytest.mark.parametrize(("changes", "status"), WRONG_HANDSHAKES)
async def test_a_wrong_signaling_handshake_is_refused(
    zoom: Simulator, changes: dict[str, Any], status: StatusCode
) -> None:
    """Zoom's status code comes back, the socket is closed, and the refusal is kept."""
    async with playing(zoom), open_socket(zoom.signaling_url, handshake(SIGNALING, **changes)) as socket:
        (told,) = await socket.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
        assert await socket.wait_closed() == 1000

    assert told["status_code"] == status
    assert told["reason"]
    assert "media_server" not in told
    assert refused(zoom) == [(Socket.SIGNALING, status)]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        *WRONG_HANDSHAKES,
        ({"media_type": None}, StatusCode.INVALID_MEDIA_TYPE),
        ({"media_type": 64}, StatusCode.MEDIA_TYPE_INVALID_VALUE),
        ({"media_type": 9}, StatusCode.MEDIA_TYPE_AUDIO_NOT_SUPPORT),
        ({"media_type": 16}, StatusCode.MEDIA_TYPE_CHAT_NOT_SUPPORT),
        ({"media_params": []}, StatusCode.INVALID_MEDIA_PARAMS),
        (
            {"media_params": {"transcript": {"content_type": 2}}},
            StatusCode.INVALID_MEDIA_TRANSCRIPT_CONTENT_TYPE,
        ),
    ],
)
async def test_a_wrong_media_handshake_is_refused(
    zoom: Simulator, changes: dict[str, Any], status: StatusCode
) -> None:
    """Zoom's status code comes back on the media socket, and the signaling socket lives on."""
    async with playing(zoom), open_socket(zoom.signaling_url, handshake(SIGNALING)) as signaling:
        (welcome,) = await signaling.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
        url = welcome["media_server"]["server_urls"]["transcript"]
        async with open_socket(url, handshake(MEDIA, **changes)) as media:
            (told,) = await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
            assert await media.wait_closed() == 1000
        assert signaling.code is None

    assert told["status_code"] == status
    assert refused(zoom) == [(Socket.MEDIA, status)]


@pytest.mark.parametrize("frame", ["no json", "[]", "{}", b"\xff\xfe"])
async def test_a_first_frame_without_a_message_is_refused(zoom: Simulator, frame: str | bytes) -> None:
    """What is no JSON object with a message type is answered with 4."""
    async with open_socket(zoom.signaling_url) as socket:
        await socket.socket.send(frame)
        (told,) = await socket.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)

    assert told["status_code"] == StatusCode.INVALID_PAYLOAD
    assert refused(zoom) == [(Socket.SIGNALING, StatusCode.INVALID_PAYLOAD)]


async def test_one_stream_has_one_signaling_socket(zoom: Simulator) -> None:
    """A second one is told 8, the first lives on; and after the first has left there is room again."""
    async with playing(zoom):
        async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as first:
            await first.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
            async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as second:
                (told,) = await second.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
            assert told["status_code"] == StatusCode.DUPLICATE_SIGNAL_REQUEST
            assert first.code is None
        async with joined(zoom) as (signaling, _):
            await signaling.wait_for(MessageType.STREAM_STATE_UPDATE)


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (8, 8, StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION),
        (8, 24, StatusCode.DUPLICATE_MEDIA_DATA_CONNECTION),
        (32, 8, StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST),
        (8, 32, StatusCode.MEDIA_DATA_ALL_CONNECTION_EXIST),
    ],
)
async def test_each_media_has_one_socket(first: int, second: int, status: StatusCode) -> None:
    """The same media twice is 16; all media beside any other socket is 15."""
    async with (
        simulator(
            granted=MediaType.TRANSCRIPT | MediaType.CHAT,
        ) as zoom,
        playing(zoom),
        joined(zoom, media_type=first) as (signaling, _),
    ):
        url = signaling.of(MessageType.SIGNALING_HAND_SHAKE_RESP)[0]["media_server"]["server_urls"]["all"]
        async with open_socket(url, handshake(MEDIA, media_type=second)) as media:
            (told,) = await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)

    assert told["status_code"] == status


async def test_a_media_socket_needs_a_signaling_socket(zoom: Simulator) -> None:
    """Whoever goes straight to the media server is told that there is no such stream."""
    async with playing(zoom), open_socket(zoom.media_url, handshake(MEDIA)) as media:
        (told,) = await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)

    assert told["status_code"] == StatusCode.INVALID_RTMS_STREAM_ID


async def test_no_words_before_the_client_is_ready(zoom: Simulator) -> None:
    """Handshakes alone start nothing; message 7 does."""
    async with (
        playing(zoom, meeting()) as task,
        open_socket(zoom.signaling_url, handshake(SIGNALING)) as signaling,
    ):
        (welcome,) = await signaling.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
        async with open_socket(welcome["media_server"]["server_urls"]["all"], handshake(MEDIA)) as media:
            await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
            await signaling.send({"msg_type": MessageType.STREAM_STATE_REQ, "rtms_stream_id": STREAM_ID})
            (state,) = await signaling.wait_for(MessageType.STREAM_STATE_RESP)
            before = media.of(MessageType.MEDIA_DATA_TRANSCRIPT)
            await signaling.send(READY)
            outcome = await finished(task)

    assert state["state"] == WireStreamState.INACTIVE
    assert before == []
    assert len(media.of(MessageType.MEDIA_DATA_TRANSCRIPT)) == outcome.lines
    assert outcome.complete


async def test_keep_alives_on_both_sockets_are_counted(endpoint: Endpoint) -> None:
    """Each carries a sequence and a timestamp; right answers are counted and timed."""
    async with (
        simulator(keep_alive_seconds=0.02) as zoom,
        playing(zoom, meeting(lines=20)) as task,
        joined(zoom) as (signaling, media),
    ):
        outcome = await finished(task)

    for socket in (signaling, media):
        asked = socket.of(MessageType.KEEP_ALIVE_REQ)
        assert [each["sequence"] for each in asked] == list(range(1, len(asked) + 1))
        assert all(abs(each["timestamp"] - time.time_ns() // 1_000_000) < 30_000 for each in asked)
    assert outcome.keep_alives_sent > 4
    assert outcome.keep_alives_answered >= outcome.keep_alives_sent - 2
    assert len(outcome.keep_alive_answer_ms) == outcome.keep_alives_answered
    assert outcome.complete


async def test_three_unanswered_keep_alives_end_the_stream(endpoint: Endpoint) -> None:
    """The stop event says 24, and both sockets are closed."""
    async with (
        simulator(keep_alive_seconds=0.02) as zoom,
        playing(zoom, webhook_url=endpoint.url) as task,
        joined(zoom, answers=False) as (signaling, media),
    ):
        outcome = await finished(task)
        assert await signaling.wait_closed() == 1000
        assert await media.wait_closed() == 1000

    assert outcome.stop_reason is StopReason.KEEP_ALIVE_TIMEOUT
    assert endpoint.events[-1]["payload"]["stop_reason"] == StopReason.KEEP_ALIVE_TIMEOUT
    assert signaling.of(MessageType.STREAM_STATE_UPDATE)[-1]["state"] == WireStreamState.TERMINATED
    assert max(len(signaling.of(MessageType.KEEP_ALIVE_REQ)), len(media.of(MessageType.KEEP_ALIVE_REQ))) == 3
    assert not outcome.complete


@pytest.mark.parametrize("echo", [{"timestamp": 1}, {"sequence": 99}])
async def test_a_keep_alive_answer_must_echo_the_question(echo: dict[str, int]) -> None:
    """Another timestamp or sequence is a refusal, and counts as no answer."""
    async with (
        simulator(keep_alive_seconds=0.05) as zoom,
        playing(zoom) as task,
        joined(zoom, answers=False) as (signaling, _),
    ):
        asked, *_ = await signaling.wait_for(MessageType.KEEP_ALIVE_REQ)
        await signaling.send({**asked, "msg_type": MessageType.KEEP_ALIVE_RESP, **echo})
        outcome = await finished(task)

    assert refused(zoom) == [(Socket.SIGNALING, StatusCode.INVALID_PAYLOAD)]
    assert outcome.keep_alives_answered == 0


async def test_messages_that_do_not_belong_are_refused_and_unknown_ones_passed_over(zoom: Simulator) -> None:
    """A number that Zoom knows, in the wrong place, is a refusal; one that it does not know is only counted."""
    async with playing(zoom) as task, joined(zoom) as (signaling, media):
        await signaling.send({"msg_type": MessageType.MEDIA_DATA_TRANSCRIPT, "content": {}})
        await signaling.send({"msg_type": 99})
        await signaling.socket.send("no json")
        await media.send({"msg_type": MessageType.CLIENT_READY_ACK, "rtms_stream_id": STREAM_ID})
        await media.send({"msg_type": 98})
        stream = zoom.playbacks[STREAM_ID].stream
        await until(lambda: len(stream.refusals) == 3 and stream.ignored.total() == 2)
        assert not task.done()
        assert signaling.code is media.code is None

    assert sorted(refused(zoom)) == [
        (Socket.MEDIA, StatusCode.INVALID_MESSAGE_TYPE),
        (Socket.SIGNALING, StatusCode.INVALID_MESSAGE_TYPE),
        (Socket.SIGNALING, StatusCode.INVALID_PAYLOAD),
    ]
    assert stream.ignored == {99: 1, 98: 1}


async def test_a_client_can_close_the_stream(zoom: Simulator, endpoint: Endpoint) -> None:
    """Message 21 is answered with 22, then everything ends with reason 20."""
    async with playing(zoom, webhook_url=endpoint.url) as task, joined(zoom) as (signaling, media):
        await signaling.send({"msg_type": MessageType.STREAM_CLOSE_REQ, "rtms_stream_id": STREAM_ID})
        (closing,) = await signaling.wait_for(MessageType.STREAM_CLOSE_RESP)
        outcome = await finished(task)
        await media.wait_closed()

    assert (closing["rtms_stream_id"], closing["status_code"], closing["reason"]) == (STREAM_ID, 0, "OK")
    assert outcome.stop_reason is StopReason.RECEIVER_REQUEST_CLOSE
    assert endpoint.events[-1]["payload"]["stop_reason"] == StopReason.RECEIVER_REQUEST_CLOSE


async def test_lost_signaling_interrupts_both_sockets_and_ends_unless_renewed(
    endpoint: Endpoint,
) -> None:
    """Zoom drops media too, says that the stream is interrupted, and gives up with 19."""
    async with (
        simulator(patience=Patience(signaling=0.3)) as zoom,
        playing(zoom, webhook_url=endpoint.url) as task,
        joined(zoom) as (signaling, media),
    ):
        await signaling.wait_for(MessageType.STREAM_STATE_UPDATE)
        await signaling.socket.close()
        assert await media.wait_closed() == 1006
        interrupted = await endpoint.wait_for("meeting.rtms_interrupted")
        outcome = await finished(task)

    assert interrupted["payload"] == {"meeting_uuid": MEETING_UUID, "rtms_stream_id": STREAM_ID}
    assert outcome.stop_reason is StopReason.AWAIT_RECONNECTION_TIMEOUT
    assert endpoint.events[-1]["payload"]["stop_reason"] == StopReason.AWAIT_RECONNECTION_TIMEOUT


async def test_words_said_while_nobody_listens_are_lost(zoom: Simulator) -> None:
    """After a reconnection the meeting goes on where it is by then, not where it was."""
    what = meeting(lines=20, each_ms=100)
    steps: asyncio.Queue[Progress] = asyncio.Queue()
    async with playing(zoom, what, progress=steps.put_nowait) as task:
        async with joined(zoom) as (_, first):
            await first.wait_for(MessageType.MEDIA_DATA_TRANSCRIPT, 3)
        async with asyncio.timeout(WAIT_SECONDS):
            while (await steps.get()).step is not Step.LOST:
                pass
        async with joined(zoom) as (_, second):
            outcome = await finished(task)

    heard = [*first.of(MessageType.MEDIA_DATA_TRANSCRIPT), *second.of(MessageType.MEDIA_DATA_TRANSCRIPT)]
    texts = [each["content"]["data"] for each in heard]
    assert len(texts) == len(set(texts)) < len(what.lines)
    assert set(texts) <= {line.text for line in outcome.delivered}
    assert texts[-1] == what.lines[-1].text
    assert outcome.signaling_connections == outcome.media_connections == 2
    assert outcome.stop_reason is StopReason.MEETING_ENDED
    assert not outcome.complete


async def test_lost_media_is_told_on_signaling_and_can_be_renewed(zoom: Simulator) -> None:
    """Event 7 comes, signaling stays, and after a new handshake and readiness the stream is active again."""
    async with playing(zoom), joined(zoom) as (signaling, media):
        await signaling.wait_for(MessageType.STREAM_STATE_UPDATE)
        zoom.playbacks[STREAM_ID].drop_media()
        assert await media.wait_closed() == 1006
        events = await signaling.wait_for(MessageType.EVENT_UPDATE, 2)
        assert events[-1]["event"]["event_type"] == EventType.MEDIA_CONNECTION_INTERRUPTED
        url = signaling.of(MessageType.SIGNALING_HAND_SHAKE_RESP)[0]["media_server"]["server_urls"]["all"]
        async with open_socket(url, handshake(MEDIA)) as renewed:
            await renewed.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
            await signaling.send(READY)
            states = await signaling.wait_for(MessageType.STREAM_STATE_UPDATE, 3)

    interrupted, active = WireStreamState.INTERRUPTED, WireStreamState.ACTIVE
    assert [each["state"] for each in states] == [active, interrupted, active]
    assert states[1]["reason"] == StopReason.DATA_CONNECTION_INTERRUPTED


async def test_lost_media_ends_the_stream_unless_renewed() -> None:
    """Nobody reconnects the media socket in time: reason 19."""
    async with (
        simulator(patience=Patience(media=0.1)) as zoom,
        playing(zoom) as task,
        joined(zoom) as (signaling, media),
    ):
        await signaling.wait_for(MessageType.STREAM_STATE_UPDATE)
        await media.socket.close()
        outcome = await finished(task)

    assert outcome.stop_reason is StopReason.AWAIT_RECONNECTION_TIMEOUT


async def test_a_client_that_never_comes_is_not_waited_for_for_ever(endpoint: Endpoint) -> None:
    """The stream ends with a connection time-out, and not a word was said."""
    async with (
        simulator(
            patience=Patience(connect=0.1),
        ) as zoom,
        playing(zoom, meeting(), webhook_url=endpoint.url) as task,
    ):
        outcome = await finished(task)

    assert outcome.stop_reason is StopReason.CONNECTION_TIMEOUT
    assert outcome.delivered == ()
    assert outcome.started_ms == 0


async def test_an_ended_stream_cannot_be_joined_again(zoom: Simulator) -> None:
    """Its id is unknown from then on."""
    async with playing(zoom, meeting()) as task:
        async with joined(zoom):
            await finished(task)
        async with open_socket(zoom.signaling_url, handshake(SIGNALING)) as late:
            (told,) = await late.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)

    assert told["status_code"] == StatusCode.INVALID_RTMS_STREAM_ID


async def test_a_start_event_that_nobody_takes_ends_the_play(zoom: Simulator, endpoint: Endpoint) -> None:
    """After the last retry the outcome says that the webhook was not accepted."""
    endpoint.statuses.extend([500, 500])
    async with playing(zoom, webhook_url=endpoint.url, webhook_retry_seconds=(0.01,)) as task:
        outcome = await finished(task)

    assert outcome.stop_reason is StopReason.CONNECTION_TIMEOUT
    assert [(webhook.attempts, webhook.status) for webhook in outcome.webhooks] == [(2, 500), (1, 200)]


async def test_a_client_that_joined_before_its_webhook_failed_is_played_to(
    zoom: Simulator, endpoint: Endpoint
) -> None:
    """The answer to the start event decides nothing once the client is there."""
    endpoint.statuses.append(500)
    endpoint.gate.clear()
    half_a_second = meeting(lines=25)
    async with playing(zoom, half_a_second, webhook_url=endpoint.url, webhook_retry_seconds=()) as task:
        await endpoint.wait_for("meeting.rtms_started")
        async with joined(zoom) as (signaling, _):
            await signaling.wait_for(MessageType.STREAM_STATE_UPDATE)
            endpoint.gate.set()
            outcome = await finished(task)

    assert outcome.stop_reason is StopReason.MEETING_ENDED
    assert len(outcome.delivered) == outcome.lines
    assert [webhook.status for webhook in outcome.webhooks] == [500, 200]
    assert not outcome.complete


async def test_subscribers_are_told_the_roster_speakers_and_leavers(zoom: Simulator) -> None:
    """The first join event lists everybody; speakers are told as they change; all leave at the end."""
    wishes = [{"event_type": kind, "subscribe": True} for kind in (2, 3, 4)]
    async with (
        playing(zoom, meeting(lines=3)) as task,
        open_socket(zoom.signaling_url, handshake(SIGNALING)) as signaling,
    ):
        await signaling.wait_for(MessageType.SIGNALING_HAND_SHAKE_RESP)
        await signaling.send({"msg_type": MessageType.EVENT_SUBSCRIPTION, "events": wishes})
        (roster,) = await signaling.wait_for(MessageType.EVENT_UPDATE)
        async with open_socket(zoom.media_url, handshake(MEDIA)) as media:
            await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
            await signaling.send(READY)
            await finished(task)

    assert roster["event"]["participants"] == [
        {"user_id": 16778240, "user_name": "Ana"},
        {"user_id": 16779264, "user_name": "Bo"},
    ]
    told = [each["event"]["event_type"] for each in signaling.of(MessageType.EVENT_UPDATE)]
    assert told == [
        EventType.PARTICIPANT_JOIN,
        EventType.FIRST_PACKET_TIMESTAMP,
        EventType.ACTIVE_SPEAKER_CHANGE,
        EventType.ACTIVE_SPEAKER_CHANGE,
        EventType.ACTIVE_SPEAKER_CHANGE,
        EventType.PARTICIPANT_LEAVE,
    ]


async def test_chat_goes_to_whoever_asked_for_chat() -> None:
    """A chat line is message 18 on the socket that carries chat, speech message 17 on the other."""
    what = meeting(lines=2)
    chat = Line(start_ms=10, end_ms=10, user_id=1, speaker="Cy", text="hi", source=Source.CHAT)
    what = Meeting(title="chat", lines=(what.lines[0], chat, what.lines[1]))
    async with (
        simulator(
            granted=MediaType.TRANSCRIPT | MediaType.CHAT,
        ) as zoom,
        playing(zoom, what) as task,
        joined(zoom, media_type=24) as (signaling, media),
    ):
        outcome = await finished(task)

    urls = signaling.of(MessageType.SIGNALING_HAND_SHAKE_RESP)[0]["media_server"]["server_urls"]
    assert set(urls) == {"transcript", "chat", "all"}
    (message,) = media.of(MessageType.MEDIA_DATA_CHAT)
    assert message["content"]["data"] == "hi"
    assert message["content"]["sender"] == {"user_id": 1, "user_name": "Cy"}
    assert outcome.complete


async def test_several_meetings_play_side_by_side(zoom: Simulator) -> None:
    """Streams do not hear each other."""
    async with (
        playing(zoom, meeting()) as ours,
        playing(zoom, ENDLESS, stream_id="other", meeting_uuid="other=="),
        joined(zoom) as (_, media),
    ):
        outcome = await finished(ours)

    assert outcome.complete
    assert len(media.of(MessageType.MEDIA_DATA_TRANSCRIPT)) == outcome.lines
    assert zoom.playbacks["other"].delivered == []


async def test_a_stream_id_is_played_once(zoom: Simulator) -> None:
    """The second play of a stream id is a mistake of the caller."""
    async with playing(zoom):
        with pytest.raises(ValueError, match="played before"):
            await zoom.play(meeting(), webhook_url=None, stream_id=STREAM_ID)


async def test_leaving_the_block_closes_every_socket(endpoint: Endpoint) -> None:
    """Nothing listens any more, and a cancelled play has cut its client off."""
    async with simulator() as zoom:
        url, chat_url = zoom.signaling_url, zoom.chat_url
        async with playing(zoom) as task, joined(zoom) as (signaling, media):
            await signaling.wait_for(MessageType.STREAM_STATE_UPDATE)
            task.cancel()
            assert await signaling.wait_closed() == 1006
            assert await media.wait_closed() == 1006
    with pytest.raises(ConnectionRefusedError):
        async with open_socket(url):
            pass
    port = int(chat_url.split(":")[2].split("/")[0])
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
async def test_a_meeting_needs_a_speed(zoom: Simulator, speed: float) -> None:
    """Zero would mean never."""
    with pytest.raises(ValueError, match="speed"):
        await zoom.play(meeting(), webhook_url=None, speed=speed)
    assert zoom.playbacks == {}
