from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr

from bridge.domain import Product
from bridge.errors import ConfigurationError, NotAMeeting, ZoomApiBusy, ZoomApiFailed, ZoomApiRefused
from bridge.simulator.chat import BAD_GATEWAY, SERVER_ERROR, RateLimit, Reply
from bridge.simulator.rest import CONTROL_RTMS, READ_MEETING, RtmsWish, answer, rest_too_many
from bridge.zoom.api import RtmsAction, ZoomApi, regional_url
from bridge.zoom.oauth import ZoomTokens
from tests.zoom.conftest import NOW, RTMS_CLIENT_ID

if TYPE_CHECKING:
    from bridge.simulator.rest import RestMeeting
    from tests.zoom.conftest import Account


@pytest.mark.parametrize("key", ["number", "uuid"])
async def test_a_meeting(account: Account, meeting: RestMeeting, key: str) -> None:
    """Zoom tells topic, number and host, whichever of its ids is given."""
    details = await account.api.meeting(getattr(meeting, key))
    assert (details.topic, details.number, details.host_id) == ("Weekly planning", "81234567890", "host-1")


async def test_a_uuid_on_the_wire(account: Account, meeting: RestMeeting) -> None:
    """Is encoded twice, byte for byte."""
    await account.api.meeting(meeting.uuid)
    assert account.paths == ["/v2/meetings/%252FaB3%252F%252FxY%252Bz9Q%253D%253D"]


async def test_an_instant_meeting(account: Account, meeting: RestMeeting) -> None:
    """Is found among the meetings that take or took place."""
    meeting.scheduled = False
    assert (await account.api.meeting(meeting.uuid)).topic == "Weekly planning"


async def test_no_such_meeting(account: Account) -> None:
    """Says so, with the id that Zoom's support asks for."""
    with pytest.raises(ZoomApiRefused, match=r"no such meeting.*x-zm-trackingid v=2\.0") as caught:
        await account.api.meeting("81111111111")
    assert caught.value.status == 404


@pytest.mark.parametrize("body", [None, {}, {"id": None, "topic": "s3cret"}, {"id": 1, "topic": ["s3cret"]}])
async def test_an_answer_that_is_no_meeting(account: Account, body: dict[str, object] | None) -> None:
    """Is an error that quotes nothing."""
    account.rest.script.append(answer(200, body))
    with pytest.raises(ZoomApiFailed, match="not a meeting") as caught:
        await account.api.meeting("81234567890")
    assert "s3cret" not in str(caught.value)


async def test_a_topic_that_no_store_takes(account: Account) -> None:
    """Is one that it takes, with a mark where something was that is no text."""
    account.rest.script.append(Reply(status=200, text=r'{"id": 1, "topic": "A\u0000B \ud83d"}'))
    assert (await account.api.meeting("1")).topic == "A\ufffdB \ufffd"


async def test_start(account: Account, meeting: RestMeeting) -> None:
    """RTMS is started for the meeting's host, for the app that has RTMS."""
    await account.api.control_rtms(RtmsAction.START, "812 3456 7890")
    assert account.rest.wishes == [RtmsWish(action="start", meeting_uuid=meeting.uuid, user_id="host-1")]
    assert account.paths[-1] == "/v2/live_meetings/81234567890/rtms_app/status"
    assert json.loads(account.requests[-1].content) == {
        "action": "start",
        "settings": {"client_id": RTMS_CLIENT_ID, "participant_user_id": "host-1"},
    }


async def test_start_for_somebody(account: Account, meeting: RestMeeting) -> None:
    """Whoever is named is not looked up."""
    await account.api.control_rtms(RtmsAction.START, meeting.number, user_id="host-1")
    assert account.paths == ["/v2/live_meetings/81234567890/rtms_app/status"]


async def test_start_by_uuid(account: Account, meeting: RestMeeting) -> None:
    """The number is found out, for which alone Zoom documents the path."""
    await account.api.control_rtms(RtmsAction.START, meeting.uuid)
    assert account.paths[-1] == "/v2/live_meetings/81234567890/rtms_app/status"


async def test_start_without_leave_to_read_meetings(account: Account, meeting: RestMeeting) -> None:
    """What cannot be looked up is left to Zoom."""
    account.rest.scopes = {CONTROL_RTMS}
    account.rest.owner_id = "host-1"
    await account.api.control_rtms(RtmsAction.START, meeting.uuid)
    assert account.paths[-1] == "/v2/live_meetings/%252FaB3%252F%252FxY%252Bz9Q%253D%253D/rtms_app/status"
    assert "participant_user_id" not in account.requests[-1].content.decode()


@pytest.mark.parametrize("action", RtmsAction)
async def test_actions(account: Account, meeting: RestMeeting, action: RtmsAction) -> None:
    """Each is asked for by its own name."""
    await account.api.control_rtms(action, meeting.number)
    assert [wish.action for wish in account.rest.wishes] == [action]


async def test_not_the_host(account: Account, meeting: RestMeeting) -> None:
    """Zoom's refusal says whom to name."""
    with pytest.raises(ZoomApiRefused, match="host or an alternative host") as caught:
        await account.api.control_rtms(RtmsAction.START, meeting.number, user_id="dana")
    assert caught.value.code == 2308
    assert account.clock.waits == []


async def test_a_scope_is_missing(account: Account, meeting: RestMeeting) -> None:
    """It is named, so that somebody can add it."""
    account.rest.scopes = {READ_MEETING}
    with pytest.raises(ZoomApiRefused, match=CONTROL_RTMS):
        await account.api.control_rtms(RtmsAction.START, meeting.number)


async def test_a_start_waits_for_the_meeting(account: Account, meeting: RestMeeting) -> None:
    """A meeting that is about to begin is tried again; ending one that is not live is not."""
    meeting.live = False

    async def begins(seconds: float) -> None:
        meeting.live = account.clock.now > NOW
        account.clock.now += seconds

    account.clock.sleep = begins  # type: ignore[method-assign]
    await account.api.control_rtms(RtmsAction.START, meeting.number)
    assert account.clock.now == NOW + 3
    meeting.live = False
    with pytest.raises(ZoomApiRefused, match="not live"):
        await account.api.control_rtms(RtmsAction.STOP, meeting.number)
    assert account.clock.now == NOW + 3


async def test_a_token_that_died_early(account: Account, meeting: RestMeeting) -> None:
    """Is renewed once, unseen by the caller."""
    api = account.api
    await api.meeting(meeting.number)
    account.rest.expire_tokens()
    assert (await api.meeting(meeting.number)).topic == "Weekly planning"
    assert account.rest.tokens_given == 2


async def test_tokens_that_zoom_never_takes(account: Account) -> None:
    """Are renewed once and no more."""
    account.rest.script.extend([answer(401, {"code": 124, "message": "Invalid access token."})] * 2)
    with pytest.raises(ZoomApiRefused, match="activated"):
        await account.api.meeting("81234567890")
    assert account.rest.tokens_given == 2
    assert not account.rest.script


@pytest.mark.parametrize(
    "replies",
    [
        [SERVER_ERROR],
        [BAD_GATEWAY, SERVER_ERROR, BAD_GATEWAY],
        [rest_too_many(RateLimit.PER_SECOND, NOW)],
        [rest_too_many(RateLimit.BARE, NOW)],
    ],
)
async def test_what_passes_by_itself(account: Account, meeting: RestMeeting, replies: list[Reply]) -> None:
    """Is waited out."""
    account.rest.script.extend(replies)
    assert (await account.api.meeting(meeting.number)).topic == "Weekly planning"
    assert len(account.clock.waits) == len(replies)


async def test_the_daily_limit(account: Account, meeting: RestMeeting) -> None:
    """Is told at once, with its end."""
    account.rest.script.append(rest_too_many(RateLimit.DAILY, NOW))
    with pytest.raises(ZoomApiBusy, match="until 2025-11-23T00:00:00Z"):
        await account.api.meeting(meeting.number)
    assert account.clock.waits == []


@pytest.mark.parametrize("session", ["/s3ss10n//id==", "plain"])
async def test_a_video_sdk_session(account: Account, session: str) -> None:
    """Has its own path, its own kind of token and no settings."""
    account.rest.sessions.add(session)
    await account.api.control_rtms(RtmsAction.START, session, product=Product.VIDEO_SDK)
    assert account.rest.wishes == [RtmsWish(action="start", meeting_uuid=session, user_id="")]
    assert account.rest.tokens_given == 0


async def test_credentials_that_are_not_there(account: Account) -> None:
    """Are named before anything is sent."""
    api = ZoomApi(account.http, url=account.url, tokens=None, rtms_client_id="x", clock=account.clock)
    with pytest.raises(ConfigurationError, match="ZOOM_ACCOUNT_ID"):
        await api.control_rtms(RtmsAction.START, "81234567890")
    with pytest.raises(ConfigurationError, match="ZOOM_VIDEO_SDK_API_KEY"):
        await api.control_rtms(RtmsAction.START, "abc", product=Product.VIDEO_SDK)
    assert account.requests == []


async def test_what_is_no_meeting(account: Account) -> None:
    """Nothing is sent."""
    with pytest.raises(NotAMeeting):
        await account.api.control_rtms(RtmsAction.START, "https://zoom.us/my/dana")
    assert account.requests == []


@pytest.mark.parametrize(
    ("url", "told", "used"),
    [
        ("https://api.zoom.us/v2", "https://api-us.zoom.us", "https://api-us.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://api.zoom.com", "https://api.zoom.com/v2"),
        ("https://api.zoomgov.com/v2", "https://api.zoomgov.com", "https://api.zoomgov.com/v2"),
        ("https://api.zoom.us/v2", "", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "http://api-us.zoom.us", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://zoom.us.example.com", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://evilzoom.us", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://me@api.zoom.us", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://api.zoom.us:8443", "https://api.zoom.us/v2"),
        ("https://api.zoom.us/v2", "https://api.zoom.us:port", "https://api.zoom.us/v2"),
        ("https://proxy.example.com/v2", "https://api.zoom.us", "https://proxy.example.com/v2"),
        ("http://127.0.0.1:99/v2", "https://api.zoom.us", "http://127.0.0.1:99/v2"),
    ],
)
def test_the_region(url: str, told: str, used: str) -> None:
    """Zoom may name another host of its own, and nobody else's."""
    assert regional_url(url, told) == used


async def test_calls_go_to_the_region() -> None:
    """The token's answer decides where the calls go."""
    asked: list[httpx.URL] = []

    def zoom(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        if request.url.path == "/oauth/token":
            told = {"access_token": "t", "expires_in": 3600, "api_url": "https://api-eu.zoom.us"}
            return httpx.Response(200, json=told)
        return httpx.Response(200, json={"id": 81234567890})

    async with httpx.AsyncClient(transport=httpx.MockTransport(zoom)) as http:
        tokens = ZoomTokens(
            http,
            url="https://zoom.us/oauth/token",
            client_id="c",
            client_secret=SecretStr("s"),
            account_id="a",
            clock=lambda: NOW,
        )
        api = ZoomApi(
            http, url="https://api.zoom.us/v2", tokens=tokens, rtms_client_id="r", clock=lambda: NOW
        )
        await api.meeting("81234567890")
    assert str(asked[-1]) == "https://api-eu.zoom.us/v2/meetings/81234567890"
