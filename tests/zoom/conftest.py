from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from bridge.listener import http_listener
from bridge.simulator.rest import Rest, RestMeeting
from bridge.zoom.api import ZoomApi
from bridge.zoom.exchange import Patience
from bridge.zoom.oauth import ZoomTokens
from bridge.zoom.video_sdk import VideoSdkTokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = 1_763_769_600.0
"""2025-11-22T00:00:00Z."""
CLIENT_ID = "s2s-client"
CLIENT_SECRET = "s2s-secret"
ACCOUNT_ID = "the-account"
RTMS_CLIENT_ID = "rtms-client"


class Clock:
    """UTC seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@dataclass(frozen=True, kw_only=True)
class Account:
    """Zoom's REST with one account, and the bridge's clients of it."""

    rest: Rest
    url: str
    http: httpx.AsyncClient
    clock: Clock
    requests: list[httpx.Request]
    """Everything that was sent, in order."""

    @property
    def patience(self) -> Patience:
        return Patience(chance=lambda: 1.0, sleep=self.clock.sleep)

    def tokens(self, *, secret: str = CLIENT_SECRET, account_id: str | None = ACCOUNT_ID) -> ZoomTokens:
        return ZoomTokens(
            self.http,
            url=f"{self.url}/oauth/token",
            client_id=CLIENT_ID,
            client_secret=SecretStr(secret),
            account_id=account_id,
            clock=self.clock,
            patience=self.patience,
        )

    @property
    def api(self) -> ZoomApi:
        key, secret = self.rest.api_key
        return ZoomApi(
            self.http,
            url=f"{self.url}/v2",
            tokens=self.tokens(),
            session_tokens=VideoSdkTokens(api_key=key, api_secret=SecretStr(secret), clock=self.clock),
            rtms_client_id=RTMS_CLIENT_ID,
            clock=self.clock,
            patience=self.patience,
        )

    @property
    def paths(self) -> list[str]:
        """The API's paths that were asked for, byte for byte."""
        return [
            request.url.raw_path.decode() for request in self.requests if request.url.path != "/oauth/token"
        ]


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    clock, requests = Clock(), list[httpx.Request]()
    rest = Rest(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        rtms_client_id=RTMS_CLIENT_ID,
        account_id=ACCOUNT_ID,
        clock=clock,
    )

    async def remember(request: httpx.Request) -> None:
        requests.append(request)

    hooks = {"request": [remember]}
    async with (
        http_listener(Starlette(routes=rest.routes), host="127.0.0.1", port=0) as port,
        httpx.AsyncClient(trust_env=False, event_hooks=hooks) as http,
    ):
        yield Account(rest=rest, url=f"http://127.0.0.1:{port}", http=http, clock=clock, requests=requests)


@pytest.fixture
def meeting(account: Account) -> RestMeeting:
    """A live meeting, with a UUID of the awkward kind."""
    return account.rest.add(
        RestMeeting(uuid="/aB3//xY+z9Q==", number="81234567890", topic="Weekly planning", host_id="host-1")
    )
