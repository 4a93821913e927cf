from __future__ import annotations

import httpx
import pytest

from bridge.simulator.errors import WebhookError
from bridge.simulator.webhooks import WebhookSender
from tests.simulator.client import SECRET_TOKEN
from tests.simulator.endpoint import Endpoint


def sender(client: httpx.AsyncClient, *, retries: int = 0) -> WebhookSender:
    return WebhookSender(client, secret_token=SECRET_TOKEN, retry_seconds=(0.0,) * retries)


@pytest.mark.parametrize("status", [200, 204])
async def test_an_accepted_event_is_sent_once(endpoint: Endpoint, status: int) -> None:
    """Any 2xx will do."""
    endpoint.statuses.append(status)
    async with httpx.AsyncClient(trust_env=False) as client:
        delivery = await sender(client, retries=3).deliver(endpoint.url, "meeting.rtms_stopped", {"a": "é"})

    assert (delivery.attempts, delivery.status, delivery.accepted) == (1, status, True)
    assert endpoint.events == [
        {"event": "meeting.rtms_stopped", "event_ts": delivery.event_ts, "payload": {"a": "é"}}
    ]
    assert endpoint.verdicts == ["valid"]


async def test_what_is_not_accepted_is_sent_again_unchanged(endpoint: Endpoint) -> None:
    """Anything but 2xx counts as refused; the body stays byte for byte, with a right signature each time."""
    endpoint.statuses.extend([500, 302, 404])
    async with httpx.AsyncClient(trust_env=False) as client:
        delivery = await sender(client, retries=3).deliver(endpoint.url, "meeting.rtms_started", {})

    assert (delivery.attempts, delivery.status) == (4, 200)
    assert len(set(endpoint.bodies)) == 1
    assert endpoint.verdicts == ["valid"] * 4


async def test_after_the_last_retry_the_event_is_dropped(endpoint: Endpoint) -> None:
    """The delivery says what the endpoint said last, and that it was not accepted."""
    endpoint.statuses.extend([500] * 4)
    async with httpx.AsyncClient(trust_env=False) as client:
        delivery = await sender(client, retries=3).deliver(endpoint.url, "meeting.rtms_started", {})

    assert (delivery.attempts, delivery.status, delivery.accepted) == (4, 500, False)


async def test_an_endpoint_that_is_away_has_no_status() -> None:
    """A refused connection is no answer."""
    async with httpx.AsyncClient(trust_env=False) as client:
        delivery = await sender(client).deliver("http://127.0.0.1:9/webhook", "meeting.rtms_started", {})

    assert (delivery.attempts, delivery.status, delivery.accepted) == (1, None, False)


async def test_an_endpoint_that_knows_the_secret_is_validated(endpoint: Endpoint) -> None:
    """It is asked with a fresh token each time."""
    async with httpx.AsyncClient(trust_env=False) as client:
        await sender(client).validate(endpoint.url)
        await sender(client).validate(endpoint.url)

    first, second = (each["payload"]["plainToken"] for each in endpoint.events)
    assert first != second


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (httpx.Response(500), "500"),
        (httpx.Response(204), "204"),
        (httpx.Response(200, text="ok"), "not JSON"),
        (httpx.Response(200, json={"plainToken": "x", "encryptedToken": "y"}), "secret token"),
    ],
)
async def test_an_endpoint_that_does_not_prove_itself_is_not_validated(
    answer: httpx.Response, fault: str
) -> None:
    """The error says what was wrong with the answer."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        with pytest.raises(WebhookError, match=fault):
            await sender(client).validate("http://endpoint.test/webhook")


async def test_an_endpoint_with_another_secret_is_not_validated() -> None:
    """Its proof does not fit."""
    async with Endpoint("another-secret").listening() as other, httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(WebhookError, match="secret token"):
            await sender(client).validate(other.url)
