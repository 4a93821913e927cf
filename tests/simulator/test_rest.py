from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette

from bridge.simulator.chat import BAD_GATEWAY, RateLimit
from bridge.simulator.rest import (
    CONTROL_RTMS,
    READ_MEETING,
    READ_PAST_MEETING,
    TOKEN_SECONDS,
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
    ],
)
async def test_scopes(client: Client, scope: str, method: str, path: str) -> None:
    """A missing one is a 400 that names it, and a token without account has none."""
    client.rest.scopes.remove(scope)
    answer = await client.call(path, method=method)
    assert code(answer) == (400, 4711)
    assert scope in answer.json()["message"]
    client.rest.scopes.add(scope)
    token = await client.token(grant_type="client_credentials")
    assert code(await client.call(path, method=method, token=token)) == (400, 4711)


async def test_a_meeting(client: Client) -> None:
    """By number or by UUID encoded twice, with the headers of every answer."""
    for segment in ("81234567890", TWICE):
        answer = await client.call(f"/v2/meetings/{segment}")
        told = answer.json()
        assert (told["uuid"], told["id"], told["topic"]) == (UUID, 81234567890, "Weekly")
        assert answer.headers["x-zm-trackingid"].startswith("v=2.0;")
        assert answer.headers["x-ratelimit-category"] == "Light"


@pytest.mark.parametrize("segment", ["81111111111", ONCE, UUID.strip("/"), ""])
async def test_no_such_meeting(client: Client, segment: str) -> None:
    """A UUID with slashes that is encoded once is none."""
    assert code(await client.call(f"/v2/meetings/{segment}")) == (404, 3001)


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


@pytest.mark.parametrize("path", ["/v2/live_meetings/81234567890/chat/messages", "/v2/users/me"])
async def test_what_zoom_does_not_have(client: Client, path: str) -> None:
    """Is not there."""
    assert (await client.http.post(path)).status_code == 404


async def test_beside_the_chat(zoom: Simulator) -> None:
    """The stand-in offers it at the addresses that the bridge is given."""
    async with httpx.AsyncClient(trust_env=False) as http:
        form = {"grant_type": "account_credentials", "account_id": zoom.rest.account_id}
        answer = await http.post(zoom.oauth_url, data=form, auth=(zoom.client_id, zoom.client_secret))
        assert answer.json()["api_url"] == zoom.api_url.removesuffix("/v2")
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        zoom.rest.add(RestMeeting(uuid="u==", number="81234567890"))
        assert (await http.get(f"{zoom.api_url}/meetings/81234567890", headers=headers)).status_code == 200
