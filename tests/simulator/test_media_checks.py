from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bridge.rtms.media_params import audio_params, share_params, video_params
from bridge.rtms.messages import JsonObject, MediaType, MessageType, StatusCode
from bridge.simulator.handshake import RefusedError
from bridge.simulator.media_checks import check_media_data
from bridge.simulator.meeting import Line, Meeting
from tests.simulator.client import MEETING_UUID, STREAM_ID, handshake, joined, open_socket, simulator

if TYPE_CHECKING:
    from tests.simulator.endpoint import Endpoint

NOTHING = MediaType(0)


@pytest.mark.parametrize(
    "params",
    [
        *(
            audio_params(per_speaker=per_speaker, opus=opus)
            for per_speaker in (True, False)
            for opus in (True, False)
        ),
        share_params(png=True),
        share_params(png=False),
        video_params(),
    ],
)
def test_what_the_bridge_asks_for(params: JsonObject) -> None:
    """Zoom would take every set of parameters that the bridge can send, as it is."""
    assert check_media_data(params, NOTHING) == params


def test_defaults_are_filled_in() -> None:
    """For media without parameters those apply that Zoom documents; for other media none are made up."""
    assert check_media_data({}, MediaType.AUDIO | MediaType.DESKSHARE | MediaType.VIDEO) == {
        "audio": {
            "content_type": 2,
            "sample_rate": 1,
            "channel": 1,
            "codec": 1,
            "data_opt": 1,
            "send_rate": 20,
        },
        "video": {"content_type": 3, "codec": 5, "resolution": 2, "data_opt": 3, "fps": 5},
        "deskshare": {"content_type": 3, "codec": 5, "resolution": 3, "fps": 1},
    }
    assert set(check_media_data({}, MediaType.ALL)) == {"audio", "video", "deskshare"}
    assert check_media_data({"transcript": {}}, MediaType.TRANSCRIPT) == {"transcript": {}}


def test_a_long_send_rate_is_cut() -> None:
    """More than a second of sound in a packet becomes one second."""
    assert check_media_data({"audio": {"send_rate": 4000}}, NOTHING)["audio"]["send_rate"] == 1000


@pytest.mark.parametrize(
    ("media", "params", "status"),
    [
        ("audio", 5, 18),
        ("audio", {"content_type": 3}, 19),
        ("audio", {"content_type": True}, 19),
        ("audio", {"sample_rate": 4}, 20),
        ("audio", {"sample_rate": "1"}, 20),
        ("audio", {"channel": 3}, 21),
        ("audio", {"channel": 2}, 21),
        ("audio", {"codec": 5}, 22),
        ("audio", {"codec": []}, 22),
        ("audio", {"data_opt": 3}, 23),
        ("audio", {"send_rate": 30}, 24),
        ("audio", {"send_rate": 0}, 24),
        ("audio", {"send_rate": 20.0}, 24),
        ("video", [], 25),
        ("video", {"content_type": 2}, 26),
        ("video", {"codec": 4}, 27),
        ("video", {"resolution": 5}, 28),
        ("video", {"data_opt": 5}, 29),
        ("video", {"codec": 7, "fps": 5}, 30),
        ("video", {"codec": 5, "fps": 6}, 30),
        ("video", {"codec": 7, "fps": 31}, 30),
        ("deskshare", None, 31),
        ("deskshare", {"content_type": 5}, 32),
        ("deskshare", {"codec": 1}, 33),
        ("deskshare", {"resolution": 0}, 34),
        ("deskshare", {"fps": 2}, 35),
        ("deskshare", {"codec": 7, "fps": 1}, 35),
    ],
)
def test_wrong_parameters_have_their_status(media: str, params: Any, status: int) -> None:
    """Each parameter that Zoom would not take is refused with its own code."""
    with pytest.raises(RefusedError) as caught:
        check_media_data({media: params}, NOTHING)
    assert caught.value.status == status


def test_stereo_goes_with_opus() -> None:
    """Two channels are for Opus only."""
    check_media_data({"audio": {"channel": 2, "codec": 4}}, NOTHING)


async def test_a_wrong_parameter_is_refused_on_the_wire(endpoint: Endpoint) -> None:
    """A client that asks for what does not exist gets the status in message 4, and Zoom remembers it."""
    line = Line(start_ms=0, end_ms=300, user_id=7, speaker="Dana", text="Hello.")
    async with simulator(granted=MediaType.AUDIO | MediaType.TRANSCRIPT) as zoom:
        playing = asyncio.create_task(
            zoom.play(
                Meeting(title="m", lines=(line,)),
                webhook_url=endpoint.url,
                stream_id=STREAM_ID,
                meeting_uuid=MEETING_UUID,
            )
        )
        await endpoint.wait_for("meeting.rtms_started")
        hello = handshake(MessageType.DATA_HAND_SHAKE_REQ, media_type=1, media_params={"audio": {"codec": 9}})
        async with joined(zoom), open_socket(zoom.media_url, hello) as media:
            (told,) = await media.wait_for(MessageType.DATA_HAND_SHAKE_RESP)
            outcome = await playing

    assert told["status_code"] == StatusCode.INVALID_MEDIA_AUDIO_CODEC
    assert [refusal.status for refusal in outcome.refusals] == [StatusCode.INVALID_MEDIA_AUDIO_CODEC]
