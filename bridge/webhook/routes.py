"""What Zoom itself asks of the public listener: ``POST /webhook`` and ``GET /healthz``."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from fastapi import APIRouter, Request, Response, status
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from bridge.body import READ_SECONDS, read_body
from bridge.errors import StoreError
from bridge.rtms.messages import decode_json_object
from bridge.webhook.events import URL_VALIDATION, event_name, parse_stream_event, what_is_wrong, wrong_fields
from bridge.webhook.signature import Verdict, answer_validation, verify

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bridge.webhook.sink import EventSink

MAX_BODY_BYTES: Final = 64 * 1024
"""A webhook about a stream is under 1 KiB."""
STORE_SECONDS: Final = 2.5
"""Longest wait for the store; Zoom gives up after 3 s and sends the event again later."""

log = structlog.get_logger(__name__)


class WebhookMetrics(Protocol):
    """What the listener reports."""

    def webhook(self, outcome: str) -> None:
        """A request was answered."""


def webhook_router(
    *, secret_token: SecretStr, tolerance_seconds: float, sink: EventSink, metrics: WebhookMetrics
) -> APIRouter:
    """The routes that Zoom, and anybody else on the internet, can reach."""
    router = APIRouter()

    def answer(status_code: int, outcome: str, message: str = "", *, hang_up: bool = False) -> Response:
        metrics.webhook(outcome)
        # Without hanging up, the server would read and drop the rest of a body for as long as it comes.
        headers = {"connection": "close"} if hang_up else None
        return PlainTextResponse(message, status_code=status_code, headers=headers)

    @router.post("/webhook")
    async def webhook(request: Request) -> Response:
        try:
            body = await read_body(request, MAX_BODY_BYTES, seconds=READ_SECONDS)
        except ClientDisconnect:
            return answer(status.HTTP_400_BAD_REQUEST, "disconnected")
        except TimeoutError:
            why = f"no body within {READ_SECONDS:g} s"
            return answer(status.HTTP_408_REQUEST_TIMEOUT, "too_slow", why, hang_up=True)
        if body is None:
            why = f"more than {MAX_BODY_BYTES} bytes"
            return answer(status.HTTP_413_CONTENT_TOO_LARGE, "too_large", why, hang_up=True)
        timestamp = request.headers.get("x-zm-request-timestamp")
        signature = request.headers.get("x-zm-signature")
        verdict = verify(
            secret_token=secret_token.get_secret_value(),
            timestamp=timestamp,
            signature=signature,
            body=body,
            now=time.time(),
            tolerance_seconds=tolerance_seconds,
        )
        # Zoom may send the validation of an endpoint unsigned; everything else must be signed.
        unsigned = timestamp is None and signature is None
        if verdict is not Verdict.VALID and not unsigned:
            if verdict is Verdict.STALE:
                log.warning("webhook.stale", tolerance_seconds=tolerance_seconds)
            return answer(status.HTTP_401_UNAUTHORIZED, verdict, "the signature is not valid")
        message = decode_json_object(body)
        if message is not None and event_name(message) == URL_VALIDATION:
            return _validate(message)
        if unsigned:
            return answer(status.HTTP_401_UNAUTHORIZED, verdict, "x-zm-signature is missing")
        if message is None:
            return answer(status.HTTP_400_BAD_REQUEST, "unreadable", "the body is not a JSON object")
        try:
            event = parse_stream_event(message)
        except ValidationError as error:
            log.warning("webhook.unreadable", fields=wrong_fields(error))
            why = f"missing or wrong: {what_is_wrong(error)}"
            return answer(status.HTTP_400_BAD_REQUEST, "unreadable", why)
        if event is None:
            return answer(status.HTTP_200_OK, "passed_over")
        try:
            async with asyncio.timeout(STORE_SECONDS):
                await sink.accept(event)
        except (TimeoutError, StoreError):
            log.error("webhook.not_stored", event_name=event.event, stream_id=event.stream_id)
            return answer(status.HTTP_503_SERVICE_UNAVAILABLE, "not_stored", "the store does not take it")
        return answer(status.HTTP_200_OK, "accepted")

    def _validate(message: dict[str, object]) -> Response:
        payload = message.get("payload")
        token = payload.get("plainToken") if isinstance(payload, dict) else None
        answered = answer_validation(secret_token.get_secret_value(), token)
        if answered is None:
            return answer(status.HTTP_400_BAD_REQUEST, "bad_token", "plainToken is missing or not a token")
        metrics.webhook("validated")
        return JSONResponse(answered)

    @router.head("/healthz")  # by which many monitors ask
    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok")

    return router
