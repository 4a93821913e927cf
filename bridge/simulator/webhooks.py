"""Zoom's webhooks: signed, delivered within three seconds or sent again.

Sources: developers.zoom.us "Using webhooks" (signature, URL validation, three seconds, retries after
5, 20 and 60 minutes).
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from bridge.simulator.errors import WebhookError
from bridge.webhook.signature import answer_validation, sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.rtms.messages import JsonObject

ZOOM_RETRY_SECONDS = (300.0, 1200.0, 3600.0)
"""Zoom's own waits: each counts from the attempt before it."""
ANSWER_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one webhook."""

    event: str
    event_ts: int
    attempts: int
    status: int | None
    """HTTP status of the last attempt; ``None`` where there was no answer in time."""

    body: bytes = field(repr=False)

    @property
    def accepted(self) -> bool:
        """Whether Zoom would be content."""
        return self.status is not None and 200 <= self.status < 300


class WebhookSender:
    """Posts an app's events to its notification endpoint.

    Args:
        client: Where requests go out; the caller owns it.
        secret_token: The app's webhook secret.
        retry_seconds: Waits between attempts. A retry carries the same body; Zoom does not say whether its
            signature is fresh, and here it is.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        secret_token: str,
        retry_seconds: tuple[float, ...] = ZOOM_RETRY_SECONDS,
    ) -> None:
        self._client = client
        self._secret_token = secret_token
        self._retry_seconds = retry_seconds
        self.last_status: int | None = 0
        """HTTP status of the attempt before; ``None`` where it had no answer, 0 before the first."""

    async def deliver(
        self, url: str, event: str, payload: JsonObject, *, event_ts: int | None = None
    ) -> Delivery:
        """Post an event until it is accepted or Zoom would give up; ``event_ts`` is that of this moment by default."""
        event_ts = time.time_ns() // 1_000_000 if event_ts is None else event_ts
        return await self._deliver(url, event, event_ts, _body(event, event_ts, payload))

    async def deliver_again(self, url: str, delivery: Delivery) -> Delivery:
        """Post an event that was delivered before once more, byte for byte the same."""
        return await self._deliver(url, delivery.event, delivery.event_ts, delivery.body)

    async def post_once(self, url: str, event: str, payload: JsonObject) -> int | None:
        """Post an event whatever is in it, and never again; the HTTP status, or ``None`` without an answer."""
        return await self._post(url, _body(event, time.time_ns() // 1_000_000, payload))

    async def _deliver(self, url: str, event: str, event_ts: int, body: bytes) -> Delivery:
        attempts = 1
        status = await self._post(url, body)
        for wait_seconds in self._retry_seconds:
            if status is not None and 200 <= status < 300:
                break
            await asyncio.sleep(wait_seconds)
            attempts += 1
            status = await self._post(url, body)
        return Delivery(event=event, event_ts=event_ts, attempts=attempts, status=status, body=body)

    async def validate(
        self, url: str, new_token: Callable[[], str] = lambda: secrets.token_urlsafe(16)
    ) -> None:
        """Ask the endpoint to prove that it knows the secret, as Zoom does when it is saved and every 72 hours.

        Raises:
            WebhookError: It did not answer, or not as it must.
        """
        event = "endpoint.url_validation"
        token = new_token()
        body = _body(event, time.time_ns() // 1_000_000, {"plainToken": token})
        try:
            answer = await self._client.post(
                url, content=body, headers=self._headers(body), timeout=ANSWER_SECONDS
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise WebhookError(event, f"no answer from {shown(url)} ({type(error).__name__})") from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise WebhookError(event, f"{shown(url)} has another secret token (HTTP status 401)")
        if answer.status_code != httpx.codes.OK:
            raise WebhookError(event, f"HTTP status {answer.status_code} instead of 200 from {shown(url)}")
        try:
            told = answer.json()
        except ValueError:
            raise WebhookError(event, f"the answer of {shown(url)} is not JSON") from None
        if told != answer_validation(self._secret_token, token):
            raise WebhookError(event, f"the answer of {shown(url)} does not prove the secret token")

    async def _post(self, url: str, body: bytes) -> int | None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._client.post(url, content=body, headers=self._headers(body))
        except (httpx.TransportError, TimeoutError):
            self.last_status = None
            return None
        self.last_status = answer.status_code
        return answer.status_code

    def _headers(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        return {
            "content-type": "application/json; charset=utf-8",
            "x-zm-request-timestamp": timestamp,
            "x-zm-signature": sign(self._secret_token, timestamp, body),
        }


def shown(url: str) -> str:
    """An address as messages tell it: without a password, a query or what cannot be told at all."""
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return "the address"
    host = f"[{address.host}]" if ":" in address.host else address.host
    port = f":{address.port}" if address.port else ""
    return f"{address.scheme}://{host}{port}{address.path}"


def _body(event: str, event_ts: int, payload: JsonObject) -> bytes:
    envelope = {"event": event, "event_ts": event_ts, "payload": payload}
    return json.dumps(envelope, separators=(",", ":")).encode()
