from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from bridge.simulator.chat import BAD_GATEWAY, RESET, SERVER_ERROR, SILENCE, RateLimit
from bridge.simulator.rest import (
    CONTROL_RTMS,
    DELETE_MESSAGE,
    READ_MEETING,
    READ_PAST_MEETING,
    TOKEN_SECONDS,
    UPDATE_MESSAGE,
    WRITE_MESSAGE,
    MeetingChat,
    Rest,
    RestMeeting,
    RtmsWish,
    rest_too_many,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.simulator.zoom import Simulator

NOW = 1_763_769_600.0
"""2025-11-22T00:00:00Z."""
UUID = "/abc//DEF=="
TWICE = "%252Fabc%252F%252FDEF%253D%253D"
ONCE = "%2Fabc%2F%2FDEF%3D%3D"
STATUS = "/v2/live_meetings/81234567890/rtms_app/status"
SENT = "/v2/chat/users/simulated-host/messages"
CARDS = "/v2/im/chat/messages"


class Client:
    """A client of the REST API that does what it is told, right or wrong."""

    def __init__(self, rest: Rest, http: httpx.AsyncClient) -> None:
        self.rest = rest
        self.http = http

    async def token(self, **changes: str) -> str:
        answer = await self.ask_token(**changes)
        assert answer.status_code == 200
        token: str = answer.json()["access_token"]
        return token

    async def ask_token(self, *, client: tuple[str, str] = ("id", "secret"), **form: str) -> httpx.Response:
        wanted = {"grant_type": "account_credentials", "account_id": "account"} | form
        return await self.http.post("/oauth/token", data=wanted, auth=client)

    async def call(
        self, path: str, *, method: str = "GET", token: str | None = None, **parts: Any
    ) -> httpx.Response:
        token = await self.token() if token is None else token
        headers = {"authorization": f"Bearer {token}"}
        return await self.http.request(method, path, headers=headers, **parts)

    async def wish(self, wish: object, path: str = STATUS, **parts: Any) -> httpx.Response:
        return await self.call(path, method="PATCH", json=wish, **parts)


def start(**settings: str) -> dict[str, Any]:
    return {
        "action": "start",
        "settings": {"client_id": "rtms", "participant_user_id": "simulated-host"} | settings,
    }


def code(answer: httpx.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def now() -> list[float]:
    """The time; the test moves it."""
    return [NOW]


@pytest.fixture
async def client(now: list[float]) -> AsyncIterator[Client]:
    rest = Rest(
        client_id="id",
        client_secret="secret",
        rtms_client_id="rtms",
        account_id="account",
        clock=lambda: now[0],
    )
    rest.add(RestMeeting(uuid=UUID, number="81234567890", topic="Weekly"))
    transport = httpx.ASGITransport(Starlette(routes=rest.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://zoom") as http:
        yield Client(rest, http)


async def test_a_token(client: Client) -> None:
    """Tells its life, its scopes and where the API is."""
    told = (await client.ask_token()).json()
    assert told["expires_in"] == TOKEN_SECONDS
    assert told["token_type"] == "bearer"
    assert CONTROL_RTMS in told["scope"].split()
    assert told["api_url"] == "http://zoom"
    assert client.rest.tokens_given == 1


@pytest.mark.parametrize(
    ("changes", "reason", "error"),
    [
        ({"client": ("id", "wrong")}, "Invalid client_id or client_secret", "invalid_client"),
        ({"client": ("", "")}, "Invalid client_id or client_secret", "invalid_client"),
        ({"account_id": "other"}, "Account does not exist", "invalid_request"),
        ({"grant_type": "password"}, "unsupported grant type", "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "Invalid Token!", "invalid_grant"),
    ],
)
async def test_no_token(client: Client, changes: dict[str, Any], reason: str, error: str) -> None:
    """A 400 with words instead of a number."""
    answer = await client.ask_token(**changes)
    assert (answer.status_code, answer.json()) == (400, {"reason": reason, "error": error})
    assert client.rest.tokens_given == 0


async def test_credentials_belong_in_the_header(client: Client) -> None:
    """In the form they are none."""
    form = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
    assert (await client.http.post("/oauth/token", data=form)).status_code == 400


@pytest.mark.parametrize("path", ["/v2/meetings/81234567890", f"/v2/past_meetings/{TWICE}"])
@pytest.mark.parametrize("token", ["", "made-up"])
async def test_a_token_is_asked_for(client: Client, path: str, token: str) -> None:
    """Number 124, with a 401."""
    assert code(await client.call(path, token=token)) == (401, 124)


async def test_tokens_expire(client: Client, now: list[float]) -> None:
    """After an hour, or when the test says so."""
    token = await client.token()
    now[0] += TOKEN_SECONDS - 1
    assert (await client.call("/v2/meetings/81234567890", token=token)).status_code == 200
    now[0] += 1
    assert code(await client.call("/v2/meetings/81234567890", token=token)) == (401, 124)
    token = await client.token()
    client.rest.expire_tokens()
    assert code(await client.call("/v2/meetings/81234567890", token=token)) == (401, 124)


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (READ_MEETING, "GET", "/v2/meetings/81234567890"),
        (READ_PAST_MEETING, "GET", f"/v2/past_meetings/{TWICE}"),
        (CONTROL_RTMS, "PATCH", STATUS),
        (WRITE_MESSAGE, "POST", SENT),
        (UPDATE_MESSAGE, "PUT", f"{SENT}/M-1"),
        (DELETE_MESSAGE, "DELETE", f"{SENT}/M-1"),
    ],
)
async def test_scopes(client: Client, scope: str, method: str, path: str) -> None:
    """A missing one is a 400 that names it, and a token without account has none."""
    client.rest.scopes.remove(scope)
    answer = await client.call(path, method=method)
    assert code(answer) == (400, 4711)
    assert answer.json()["message"] == (
        f"Invalid access token, does not contain scopes:[{scope.removesuffix(':admin')}, {scope}]."
    )
    client.rest.scopes.add(scope)
    token = await client.token(grant_type="client_credentials")
    assert code(await client.call(path, method=method, token=token)) == (400, 4711)


async def test_a_meeting(client: Client) -> None:
    """By number or by UUID encoded twice, with the headers of every answer."""
    for segment in ("81234567890", TWICE):
        answer = await client.call(f"/v2/meetings/{segment}")
        told = answer.json()
        assert (told["uuid"], told["id"], told["topic"]) == (UUID, 81234567890, "Weekly")
        assert (told["host_id"], told["host_email"]) == ("simulated-host", "simulated-host@example.com")
        assert answer.headers["x-zm-trackingid"].startswith("v=2.0;")
        assert answer.headers["x-ratelimit-category"] == "Light"


@pytest.mark.parametrize("segment", ["81111111111", ONCE, UUID.strip("/"), ""])
async def test_no_such_meeting(client: Client, segment: str) -> None:
    """A UUID with slashes that is encoded once is none."""
    assert code(await client.call(f"/v2/meetings/{segment}")) == (404, 3001)


async def test_the_chat_of_a_meeting(client: Client) -> None:
    """Is told with its channel, as switched off without one, or not at all; the host is in the channel."""

    async def chat_of(number: str, chat: MeetingChat) -> Any:
        client.rest.add(RestMeeting(uuid=f"{number}==", number=number, host_id="ana", chat=chat))
        settings = (await client.call(f"/v2/meetings/{number}")).json()["settings"]
        return settings.get("continuous_meeting_chat")

    on = await chat_of("81111111110", MeetingChat.ON)
    assert on["enable"] is True
    assert re.fullmatch("web_sch_[0-9a-f]{32}", on["channel_id"])
    assert client.rest.team_chat.channels[on["channel_id"]].members == {"ana"}
    off = await chat_of("81111111111", MeetingChat.OFF)
    assert off == {"enable": False, "auto_add_invited_external_users": False}
    assert await chat_of("81111111112", MeetingChat.UNTOLD) is None


async def test_an_instant_meeting(client: Client) -> None:
    """Is known by its instances alone."""
    client.rest.add(RestMeeting(uuid="instant==", number="82222222222", scheduled=False))
    assert code(await client.call("/v2/meetings/82222222222")) == (404, 3001)
    assert "settings" not in (await client.call("/v2/past_meetings/instant%253D%253D")).json()


async def test_start(client: Client) -> None:
    """Is accepted with an empty 204, and whoever plays meetings hears of it."""
    heard: list[RtmsWish] = []
    client.rest.on_rtms = heard.append
    answer = await client.wish(start())
    assert (answer.status_code, answer.content) == (204, b"")
    assert heard == client.rest.wishes
    assert heard == [RtmsWish(action="start", meeting_uuid=UUID, user_id="simulated-host")]


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"action": "begin"}, (400, 300)),
        ({}, (400, 300)),
        ([], (400, 300)),
        ({"action": "start"}, (400, 300)),
        ({"action": "start", "settings": []}, (400, 300)),
        (start(client_id="id"), (400, 300)),
        (start(participant_user_id="dana"), (400, 2308)),
        ({"action": "start", "settings": {"client_id": "rtms"}}, (400, 2308)),
    ],
)
async def test_wishes_that_zoom_refuses(client: Client, wish: object, refusal: tuple[int, int]) -> None:
    """Unknown actions, another app's stream, and anybody but the host: the token's own user is not."""
    assert code(await client.wish(wish)) == refusal
    assert client.rest.wishes == []


@pytest.mark.parametrize("action", ["stop", "pause", "resume"])
async def test_other_actions(client: Client, action: str) -> None:
    """Need no settings."""
    assert (await client.wish({"action": action})).status_code == 204


async def test_a_meeting_that_is_not_live(client: Client) -> None:
    """Has no stream to start."""
    client.rest.add(RestMeeting(uuid="later==", number="83333333333", live=False))
    assert code(await client.wish(start(), "/v2/live_meetings/83333333333/rtms_app/status")) == (400, 3000)
    assert code(await client.wish(start(), "/v2/live_meetings/84444444444/rtms_app/status")) == (404, 3001)


@pytest.mark.parametrize(
    ("shape", "header"),
    [(RateLimit.PER_SECOND, "x-ratelimit-reset"), (RateLimit.DAILY, "retry-after"), (RateLimit.BARE, "")],
)
async def test_too_many_requests(client: Client, shape: RateLimit, header: str) -> None:
    """Each shape once, then all is well again."""
    client.rest.script.append(rest_too_many(shape, NOW))
    answer = await client.call("/v2/meetings/81234567890")
    assert code(answer) == (429, 429)
    assert not header or header in answer.headers
    assert (await client.call("/v2/meetings/81234567890")).status_code == 200


async def test_a_gateway_in_between(client: Client) -> None:
    """Answers with a page."""
    client.rest.script.append(BAD_GATEWAY)
    answer = await client.call("/v2/meetings/81234567890")
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert [reply.status for reply in client.rest.refusals] == [502]


async def test_a_fault_that_passes(client: Client) -> None:
    """A 500, then all is well."""
    client.rest.script.append(SERVER_ERROR)
    statuses = [(await client.call("/v2/meetings/81234567890")).status_code for _ in range(2)]
    assert statuses == [500, 200]


async def test_answers_that_do_not_arrive(zoom: Simulator) -> None:
    """The connection breaks, or nothing comes; what was asked is done or not, as the script says."""
    zoom.rest.add(RestMeeting(uuid="u==", number="81234567890"))
    channel = next(iter(zoom.rest.team_chat.channels))
    zoom.rest.script.extend([RESET, SILENCE, replace(RESET, taken=True)])
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        form = {"grant_type": "account_credentials", "account_id": zoom.rest.account_id}
        told = await http.post(zoom.oauth_url, data=form, auth=(zoom.client_id, zoom.client_secret))
        headers = {"authorization": f"Bearer {told.json()['access_token']}"}
        url = zoom.api_url.removesuffix("/v2") + SENT
        for text, error, timeout in (
            ("one", (httpx.RemoteProtocolError, httpx.ReadError), 30),
            ("two", httpx.ReadTimeout, 1),
            ("three", (httpx.RemoteProtocolError, httpx.ReadError), 30),
        ):
            body = {"message": text, "to_channel": channel}
            with pytest.raises(error):
                await http.post(url, headers=headers, json=body, timeout=timeout)
    assert [one.text for one in zoom.rest.team_chat.messages] == ["three"]


def web_token(secret: str, head: dict[str, str], claims: dict[str, object]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    signature = hmac.digest(secret.encode(), b".".join(parts), hashlib.sha256)
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.mark.parametrize(
    ("changes", "taken"),
    [
        ({}, True),
        ({"iss": "other"}, False),
        ({"exp": NOW}, False),
        ({"iat": NOW + 1}, False),
        ({"exp": None}, False),
        ({"alg": "none"}, False),
        ({"secret": "wrong"}, False),
    ],
)
async def test_tokens_of_the_video_sdk(client: Client, changes: dict[str, Any], taken: bool) -> None:
    """Are made by its client, and have to be of this key and this hour."""
    client.rest.sessions.add("s==")
    key, secret = client.rest.api_key
    parts = {"iss": key, "iat": NOW, "exp": NOW + 60, "alg": "HS256", "secret": secret} | changes
    claims = {name: parts[name] for name in ("iss", "iat", "exp")}
    token = web_token(parts["secret"], {"alg": parts["alg"]}, claims)
    path = "/v2/videosdk/sessions/s%253D%253D/rtms_app/status"
    answer = await client.wish({"action": "start"}, path, token=token)
    assert answer.status_code == (204 if taken else 401)


async def test_sessions_of_the_video_sdk(client: Client) -> None:
    """Take no account's token and no settings, and have to be live."""
    client.rest.sessions.add("s")
    key, secret = client.rest.api_key
    token = web_token(secret, {"alg": "HS256"}, {"iss": key, "iat": NOW, "exp": NOW + 60})
    path = "/v2/videosdk/sessions/{}/rtms_app/status"
    assert code(await client.wish({"action": "start"}, path.format("s"))) == (401, 124)
    assert code(await client.wish(start(), path.format("s"), token=token)) == (400, 300)
    assert code(await client.wish({"action": "go"}, path.format("s"), token=token)) == (400, 300)
    assert code(await client.wish({"action": "stop"}, path.format("t"), token=token)) == (404, 3001)


def channel_of(client: Client) -> str:
    meeting = client.rest.find(UUID)
    assert meeting is not None
    return meeting.channel_id


async def test_a_chat_message(client: Client) -> None:
    """Is written, edited and deleted by a user who is named by id or email."""
    body = {"message": "Hello", "to_channel": channel_of(client)}
    sent = await client.call(SENT, method="POST", json=body)
    assert sent.status_code == 201
    assert re.fullmatch("[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", sent.json()["id"])
    assert sent.headers["x-ratelimit-category"] == "Medium"
    path = f"/v2/chat/users/simulated-host%40example.com/messages/{sent.json()['id']}"
    edited = await client.call(path, method="PUT", json=body | {"message": "Bye"})
    assert (edited.status_code, edited.content) == (204, b"")
    assert [one.text for one in client.rest.team_chat.messages] == ["Bye"]
    deleted = await client.call(path, method="DELETE", params={"to_channel": body["to_channel"]})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.rest.team_chat.messages == []


@pytest.mark.parametrize(
    ("user", "changes", "refusal"),
    [
        ("nobody", {}, (404, 1001)),
        ("me", {}, (403, 200)),
        ("simulated-host", {"to_channel": "hall"}, (404, 4130)),
        ("simulated-host", {"message": ""}, (400, 300)),
    ],
)
async def test_chat_messages_that_zoom_refuses(
    client: Client, user: str, changes: dict[str, str], refusal: tuple[int, int]
) -> None:
    """Of nobody, of the app's owner who is not in the channel, to no channel, without words."""
    body = {"message": "Hello", "to_channel": channel_of(client)} | changes
    assert code(await client.call(f"/v2/chat/users/{user}/messages", method="POST", json=body)) == refusal


async def test_faults_are_judged_in_order(client: Client) -> None:
    """The token first, then the scope, then the rest."""
    assert code(await client.call(SENT, method="POST", token="", content=b"")) == (401, 124)
    client.rest.scopes.remove(WRITE_MESSAGE)
    assert code(await client.call(SENT, method="POST", content=b"")) == (400, 4711)
    client.rest.scopes.add(WRITE_MESSAGE)
    assert code(await client.call(SENT, method="POST", content=b"")) == (400, 300)


async def test_a_users_own_token(client: Client) -> None:
    """Writes as that user alone, by a scope without ``:admin``; its refresh token is good once."""
    refresh = client.rest.consent("simulated-host")
    told = (await client.ask_token(grant_type="refresh_token", refresh_token=refresh)).json()
    assert "team_chat:write:user_message" in told["scope"].split()
    body = {"message": "Hello", "to_channel": channel_of(client)}
    for user, status in (("me", 201), ("simulated-host", 201), ("simulated-owner", 404)):
        path = f"/v2/chat/users/{user}/messages"
        answer = await client.call(path, method="POST", token=told["access_token"], json=body)
        assert answer.status_code == status
    again = await client.ask_token(grant_type="refresh_token", refresh_token=refresh)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    newer = await client.ask_token(grant_type="refresh_token", refresh_token=told["refresh_token"])
    assert newer.status_code == 200


def card_of(client: Client) -> dict[str, object]:
    return {
        "robot_jid": client.rest.team_chat.robot_jid,
        "account_id": "account",
        "to_jid": f"{channel_of(client)}@conference.xmpp.zoom.us",
        "content": {"head": {"text": "Weekly"}, "body": [{"type": "message", "text": "Hello"}]},
    }


async def test_a_chatbots_message(client: Client) -> None:
    """Is written and edited with the bot's own token."""
    token = await client.token(client=client.rest.bot_client, grant_type="client_credentials")
    sent = await client.call(CARDS, method="POST", token=token, json=card_of(client))
    assert sent.status_code == 201
    assert {"message_id", "robot_jid", "sent_time", "to_jid", "user_jid"} == sent.json().keys()
    path = f"{CARDS}/{sent.json()['message_id']}"
    assert (await client.call(path, method="PUT", token=token, json=card_of(client))).status_code == 200
    assert [one.edits for one in client.rest.team_chat.messages] == [1]


async def test_a_chatbot_needs_its_own_token(client: Client) -> None:
    """A server-to-server app's or a user's is of the wrong kind, and another app's own lacks the scope."""
    refresh = client.rest.consent("simulated-host")
    for form in ({}, {"grant_type": "refresh_token", "refresh_token": refresh}):
        token = await client.token(**form)
        for method, path in (("POST", CARDS), ("PUT", f"{CARDS}/M-1")):
            answer = await client.call(path, method=method, token=token, json=card_of(client))
            assert answer.status_code == 401
            told = {"code": 7010, "message": "Invalid authorization token.", "result": False}
            assert answer.json() == told
    token = await client.token(grant_type="client_credentials")
    answer = await client.call(CARDS, method="POST", token=token, json=card_of(client))
    assert code(answer) == (400, 4711)
    assert answer.json()["message"].endswith("scopes:[imchat:bot].")
    assert code(await client.call(CARDS, method="POST", token="made-up")) == (401, 124)


async def test_a_chatbots_app_is_no_server_to_server_app(client: Client) -> None:
    """It gets no token for the account."""
    answer = await client.ask_token(client=client.rest.bot_client)
    assert answer.json()["reason"] == "Account does not enabled the OAuth app type"


@pytest.mark.parametrize("path", ["/v2/live_meetings/81234567890/chat/messages", "/v2/users/me"])
async def test_what_zoom_does_not_have(client: Client, path: str) -> None:
    """Is not there."""
    assert (await client.http.post(path)).status_code == 404


async def test_beside_the_chat(zoom: Simulator) -> None:
    """The stand-in offers it at the addresses that the bridge is given."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        form = {"grant_type": "account_credentials", "account_id": zoom.rest.account_id}
        answer = await http.post(zoom.oauth_url, data=form, auth=(zoom.client_id, zoom.client_secret))
        assert answer.json()["api_url"] == zoom.api_url.removesuffix("/v2")
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        zoom.rest.add(RestMeeting(uuid="u==", number="81234567890"))
        assert (await http.get(f"{zoom.api_url}/meetings/81234567890", headers=headers)).status_code == 200
