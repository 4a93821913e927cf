"""The REST calls that the bridge makes: what a meeting is called, and starting and stopping its stream.

Sources: developers.zoom.us "Meetings API" (``GET /meetings/{id}``, ``PATCH /live_meetings/{id}/rtms_app/status``)
and "Video SDK API" (``PATCH /videosdk/sessions/{id}/rtms_app/status``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Protocol
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from bridge.domain import LIMITS, Product
from bridge.errors import ConfigurationError, ZoomApiFailed, ZoomApiRefused
from bridge.text import as_text, one_line
from bridge.times import is_zone
from bridge.zoom.answers import TOKEN_NOT_VALID, fault
from bridge.zoom.exchange import Patience, body_of, send
from bridge.zoom.meeting_key import meeting_key, path_segment

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from bridge.zoom.oauth import Access

_ZOOM_DOMAINS: Final = ("zoom.us", "zoom.com", "zoomgov.com")
_NOT_SET_UP: Final = "Zoom's REST is not set up: meetings and webinars need ZOOM_ACCOUNT_ID, Video SDK sessions ZOOM_VIDEO_SDK_API_KEY"
_PLACES: Final = {Product.MEETING: "meetings", Product.WEBINAR: "webinars"}


class RtmsAction(StrEnum):
    """What can be asked of a live meeting's stream."""

    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    RESUME = "resume"


class Tokens(Protocol):
    """Who gives out access tokens."""

    async def access(self, *, refused: Access | None = None) -> Access:
        """A token, other than the ``refused`` one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingDetails:
    """What Zoom tells of a meeting or webinar."""

    number: str
    """What people dial."""
    topic: str
    host_id: str
    """The host's user id; empty where Zoom does not tell."""
    timezone: str = ""
    """For which it was planned, as ``America/Los_Angeles``; empty where Zoom does not tell."""


def _topic(value: object) -> object:
    return one_line(value, LIMITS.topic) if isinstance(value, str) else as_text(value)


def _timezone(value: object) -> str:
    """What cannot be one counts as none: nobody's meeting is worth less for it."""
    return value if isinstance(value, str) and is_zone(value) else ""


class _MeetingAnswer(BaseModel):
    id: Annotated[str, BeforeValidator(as_text), Field(max_length=LIMITS.id)]
    topic: Annotated[str, BeforeValidator(_topic)] = ""
    host_id: Annotated[str, Field(max_length=LIMITS.id)] = ""
    timezone: Annotated[str, BeforeValidator(_timezone)] = ""


class ZoomApi:
    """One account's REST API. Every call may be repeated, and is, where trying again can help."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        url: str,
        tokens: Tokens | None,
        session_tokens: Tokens | None = None,
        rtms_client_id: str,
        clock: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        """``tokens`` are for meetings and webinars, ``session_tokens`` for Video SDK sessions; ``None``: not set up.

        ``rtms_client_id`` is the app that has RTMS, which need not be the one the tokens are for.
        """
        self._http = http
        self._url = url
        self._tokens = tokens
        self._session_tokens = session_tokens
        self._rtms_client_id = rtms_client_id
        self._clock = clock
        self._patience = patience or Patience()

    async def control_rtms(
        self,
        action: RtmsAction,
        meeting: str,
        *,
        user_id: str = "",
        product: Product = Product.MEETING,
    ) -> None:
        """Ask Zoom to start, stop, pause or resume the RTMS app's stream of a live meeting.

        Returning means that Zoom accepted the wish; it is the webhook ``rtms_started`` or ``rtms_stopped``,
        or the stream's state, that tells when it came true.

        Args:
            action: What to do. A start waits a few seconds for a meeting that is not live yet.
            meeting: Number, join link or UUID; a Video SDK session's id.
            user_id: Whose app it is: a host or alternative host. The host by default, as far as Zoom tells.
            product: Anything but a Contact Center call, which has no such command.

        Raises:
            NotAMeeting: ``meeting`` is no meeting.
            ConfigurationError: There are no credentials for this product.
            ZoomApiError: Zoom did not accept it; the message says what to do.
        """
        body: dict[str, Any] = {"action": action.value}
        key = meeting_key(meeting)
        starting, tokens = action is RtmsAction.START, self._tokens
        if product is Product.VIDEO_SDK:
            tokens = self._session_tokens
            place = f"videosdk/sessions/{path_segment(key)}"
        else:
            # Zoom documents this path for numbers only, and takes a token's own user for the host.
            known = None if key.isdigit() and user_id else await self._details_or_none(key, product)
            user_id = user_id or (known.host_id if known else "")
            place = f"live_meetings/{path_segment(known.number if known else key)}"
            body["settings"] = {"client_id": self._rtms_client_id}
            if user_id:
                body["settings"]["participant_user_id"] = user_id
        await self._call("PATCH", f"/{place}/rtms_app/status", body=body, tokens=tokens, live_soon=starting)

    async def meeting(self, meeting: str, product: Product = Product.MEETING) -> MeetingDetails:
        """What Zoom knows of a meeting or webinar.

        Raises:
            NotAMeeting: ``meeting`` is no meeting.
            ConfigurationError: There are no credentials for it.
            ZoomApiError: Zoom does not tell; the message says what to do.
        """
        segment = path_segment(meeting_key(meeting))
        try:
            body = await self._call("GET", f"/{_PLACES[product]}/{segment}", tokens=self._tokens)
        except ZoomApiRefused as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            # An instant meeting is in no schedule; what is known of it stands under its instances.
            body = await self._call("GET", f"/past_{_PLACES[product]}/{segment}", tokens=self._tokens)
        try:
            answer = _MeetingAnswer.model_validate(body)
        except ValidationError:  # would quote the topic
            raise ZoomApiFailed("the answer is not a meeting; is ZOOM_API_URL Zoom's?") from None
        return MeetingDetails(
            number=answer.id, topic=answer.topic, host_id=answer.host_id, timezone=answer.timezone
        )

    async def _details_or_none(self, key: str, product: Product) -> MeetingDetails | None:
        try:
            return await self.meeting(key, product)
        except ZoomApiRefused:
            return None

    async def _call(
        self,
        method: str,
        path: str,
        *,
        tokens: Tokens | None,
        body: dict[str, Any] | None = None,
        live_soon: bool = False,
    ) -> object:
        if tokens is None:
            raise ConfigurationError(_NOT_SET_UP)
        access = await tokens.access()

        async def attempt() -> object:
            response = await send(
                self._http,
                method,
                regional_url(self._url, access.api_url) + path,
                headers={"authorization": f"Bearer {access.token}"},
                json=body,
            )
            if response.is_success:
                return body_of(response)
            raise fault(
                status=response.status_code,
                headers=response.headers,
                body=body_of(response),
                now=self._clock(),
                live_soon=live_soon,
            )

        try:
            return await self._patience.ask(attempt)
        except ZoomApiRefused as error:
            if error.status != HTTPStatus.UNAUTHORIZED and error.code != TOKEN_NOT_VALID:
                raise
        access = await tokens.access(refused=access)
        return await self._patience.ask(attempt)


def regional_url(url: str, told: str) -> str:
    """The API's address for an account, which the token's answer may name: Zoom keeps regions apart.

    What was told counts only where both it and ``url`` are Zoom's, so that neither a stranger gets the token
    nor a stand-in or proxy is passed by.
    """
    ours, theirs = _zoom_host(url), _zoom_host(told)
    if ours is None or theirs is None:
        return url
    return f"https://{theirs}{urlsplit(url).path}"


def _zoom_host(url: str) -> str | None:
    """The host of an ``https`` URL of Zoom's, else ``None``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    ours = any(host == domain or host.endswith(f".{domain}") for domain in _ZOOM_DOMAINS)
    plain = parts.username is None and parts.password is None and port in (None, 443)
    return host if parts.scheme == "https" and ours and plain else None
