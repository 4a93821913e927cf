"""Zoom's REST API, as far as a bridge uses it: gives tokens, tells of meetings, takes wishes about RTMS.

It refuses what Zoom refuses, with Zoom's statuses and numbers, and remembers every answer.

Sources: developers.zoom.us "OAuth", "Meetings API", "Video SDK API", "Rate limits"; public clients of them for what
these pages leave out: the words of a refused token (``reason`` and ``error``), 4711 being a 400, 2308 and 3000.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from starlette.responses import Response
from starlette.routing import Route

from bridge.simulator.chat import RateLimit, Reply, too_many

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

TOKEN_SECONDS: Final = 3600
READ_MEETING: Final = "meeting:read:meeting:admin"
READ_PAST_MEETING: Final = "meeting:read:past_meeting:admin"
CONTROL_RTMS: Final = "meeting:update:participant_rtms_app_status:admin"
ACTIONS: Final = ("start", "stop", "pause", "resume")

_LIMITS: Final = {
    "X-RateLimit-Category": "Light",
    "X-RateLimit-Type": "QPS",
    "X-RateLimit-Limit": "80",
    "X-RateLimit-Remaining": "79",
}


@dataclass(slots=True, kw_only=True)
class RestMeeting:
    """A meeting that the account has."""

    uuid: str
    number: str
    topic: str = ""
    host_id: str = "simulated-host"
    live: bool = True
    scheduled: bool = True
    """An instant meeting is in no schedule; only its instances are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtmsWish:
    """A wish about a meeting's stream that was accepted; making it come true is up to whoever hears of it."""

    action: str
    meeting_uuid: str
    user_id: str
    """Whose app it is; empty for a Video SDK session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leave:
    scopes: frozenset[str]
    expires_at: float


def answer(status: int, body: Mapping[str, object] | None = None) -> Reply:
    """An answer in JSON; without a body an empty one."""
    return Reply(status=status, text="" if body is None else json.dumps(body))


def fault(status: int, code: int, message: str) -> Reply:
    """A refusal in the shape of the REST API."""
    return answer(status, {"code": code, "message": message})


def rest_too_many(shape: RateLimit, now: float) -> Reply:
    """A 429 in one of its shapes; ``now`` in UTC seconds."""
    reply = too_many(shape, now)
    return replace(reply, text=json.dumps({"code": 429, "message": reply.text}))


class Rest:
    """One simulated account: its server-to-server app, its RTMS app, its meetings.

    Args:
        client_id: Of the server-to-server app.
        client_secret: Of the server-to-server app.
        rtms_client_id: Of the app that has RTMS.
        account_id: The account.
        on_rtms: Called with each accepted wish, before it is answered; must not block.
        clock: UTC seconds.
    """

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        rtms_client_id: str,
        account_id: str = "simulated-account",
        on_rtms: Callable[[RtmsWish], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client = (client_id, client_secret)
        self.rtms_client_id = rtms_client_id
        self.account_id = account_id
        self.owner_id = "simulated-owner"
        """The user who owns the server-to-server app, for whom it acts where nobody is named."""
        self.scopes = {READ_MEETING, READ_PAST_MEETING, CONTROL_RTMS}
        """What new tokens may do."""
        self.api_key = ("simulated-key", secrets.token_urlsafe(16))
        """API key and secret of the account's Video SDK."""
        self.sessions: set[str] = set()
        """Video SDK sessions that are live."""
        self.on_rtms = on_rtms
        self.token_script: deque[Reply] = deque()
        """Answers to the next requests for a token, whatever they say."""
        self.script: deque[Reply] = deque()
        """Answers to the next calls of the API that bring a good token, whatever they say."""
        self.tokens_given = 0
        self.wishes: list[RtmsWish] = []
        self.replies: list[Reply] = []
        """Every answer that was given, in order."""
        self._clock = clock
        self._meetings: list[RestMeeting] = []
        self._leaves: dict[str, _Leave] = {}

    def add(self, meeting: RestMeeting) -> RestMeeting:
        """Give the account a meeting."""
        self._meetings.append(meeting)
        return meeting

    def find(self, key: str) -> RestMeeting | None:
        """The meeting with this number or UUID."""
        return next((each for each in self._meetings if key and key in (each.number, each.uuid)), None)

    def expire_tokens(self) -> None:
        """Every token that was given is good no longer."""
        self._leaves.clear()

    def is_token(self, token: str) -> bool:
        """Whether a token was given by this account and has not expired."""
        leave = self._leaves.get(token)
        return leave is not None and self._clock() < leave.expires_at

    @property
    def refusals(self) -> list[Reply]:
        """Answers that are no success, in order."""
        return [reply for reply in self.replies if reply.status >= 400]

    @property
    def routes(self) -> list[Route]:
        """The endpoints, at Zoom's paths."""
        status = "rtms_app/status"
        return [
            Route("/oauth/token", self._token_endpoint, methods=["POST"]),
            Route("/v2/meetings/{key:path}", self._endpoint(self._meeting), methods=["GET"]),
            Route("/v2/past_meetings/{key:path}", self._endpoint(self._past_meeting), methods=["GET"]),
            Route(f"/v2/live_meetings/{{key:path}}/{status}", self._endpoint(self._rtms), methods=["PATCH"]),
            Route(
                f"/v2/videosdk/sessions/{{key:path}}/{status}",
                self._endpoint(self._session_rtms),
                methods=["PATCH"],
            ),
        ]

    # Tokens

    def give_token(self, *, authorization: str, form: Mapping[str, str], api_url: str) -> Reply:
        """Judge a request for a token."""
        if _basic(authorization) != self.client:
            return _no_token("Invalid client_id or client_secret", "invalid_client")
        grant = form.get("grant_type", "")
        if grant not in ("account_credentials", "client_credentials"):
            return _no_token("unsupported grant type", "unsupported_grant_type")
        if grant == "account_credentials" and form.get("account_id") != self.account_id:
            return _no_token("Account does not exist", "invalid_request")
        if self.token_script:
            return self.token_script.popleft()
        token = secrets.token_urlsafe(32)
        # The app's own token may not do what an administrator's may.
        scopes = frozenset(self.scopes) if grant == "account_credentials" else frozenset[str]()
        self._leaves[token] = _Leave(scopes=scopes, expires_at=self._clock() + TOKEN_SECONDS)
        self.tokens_given += 1
        return answer(
            200,
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": " ".join(sorted(scopes)),
                "api_url": api_url,
            },
        )

    async def _token_endpoint(self, request: Request) -> Response:
        form = dict(request.query_params) | dict(parse_qsl((await request.body()).decode()))
        reply = self.give_token(
            authorization=request.headers.get("authorization", ""),
            form=form,
            api_url=str(request.base_url).rstrip("/"),
        )
        self.replies.append(reply)
        return _response(reply, _tracking())

    # The API

    def _endpoint(self, take: Callable[[str, str, bytes], Reply]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            authorization = request.headers.get("authorization", "")
            # Zoom takes ids that are encoded twice; once is undone by the framework.
            key = unquote(request.path_params["key"]) if "/" not in request.path_params["key"] else ""
            reply = take(key, authorization.removeprefix("Bearer "), await request.body())
            self.replies.append(reply)
            return _response(reply, _LIMITS | _tracking())

        return endpoint

    def _meeting(self, key: str, token: str, body: bytes) -> Reply:
        return self._refused(token, READ_MEETING) or self._details(key, scheduled=True)

    def _past_meeting(self, key: str, token: str, body: bytes) -> Reply:
        return self._refused(token, READ_PAST_MEETING) or self._details(key, scheduled=False)

    def _details(self, key: str, *, scheduled: bool) -> Reply:
        meeting = self.find(key)
        if meeting is None or (scheduled and not meeting.scheduled):
            return fault(404, 3001, f"Meeting does not exist: {key}.")
        details = {
            "uuid": meeting.uuid,
            "id": int(meeting.number),
            "host_id": meeting.host_id,
            "topic": meeting.topic,
            "type": 2,
        }
        return answer(200, details | ({"settings": {}, "status": "started"} if scheduled else {}))

    def _rtms(self, key: str, token: str, body: bytes) -> Reply:
        refused = self._refused(token, CONTROL_RTMS)
        if refused is not None:
            return refused
        meeting = self.find(key)
        if meeting is None:
            return fault(404, 3001, f"Meeting does not exist: {key}.")
        wish = _json_object(body)
        action, settings = wish.get("action"), wish.get("settings", {})
        if action not in ACTIONS or not isinstance(settings, dict):
            return _invalid("action")
        if action == "start" and settings.get("client_id") != self.rtms_client_id:
            return _invalid("settings.client_id")
        if not meeting.live:
            return fault(400, 3000, "Meeting is not live.")
        user_id = settings.get("participant_user_id", self.owner_id)
        if action == "start" and user_id != meeting.host_id:
            return fault(400, 2308, "The user is not the host or an alternative host.")
        return self._accept(RtmsWish(action=action, meeting_uuid=meeting.uuid, user_id=user_id))

    def _session_rtms(self, key: str, token: str, body: bytes) -> Reply:
        if not _is_signed(token, *self.api_key, now=self._clock()):
            return fault(401, 124, "Invalid access token.")
        if self.script:
            return self.script.popleft()
        if key not in self.sessions:
            return fault(404, 3001, f"Session does not exist: {key}.")
        wish = _json_object(body)
        action = wish.get("action")
        if action not in ACTIONS:
            return _invalid("action")
        if wish.keys() - {"action"}:
            return _invalid("settings")
        return self._accept(RtmsWish(action=action, meeting_uuid=key, user_id=""))

    def _accept(self, wish: RtmsWish) -> Reply:
        self.wishes.append(wish)
        if self.on_rtms is not None:
            self.on_rtms(wish)
        return answer(204)

    def _refused(self, token: str, scope: str) -> Reply | None:
        if not self.is_token(token):
            return fault(401, 124, "Invalid access token.")
        if scope not in self._leaves[token].scopes:
            scopes = f"[{scope.removesuffix(':admin')}, {scope}]"
            return fault(400, 4711, f"Invalid access token, does not contain scopes:{scopes}.")
        return self.script.popleft() if self.script else None


def _no_token(reason: str, error: str) -> Reply:
    return answer(400, {"reason": reason, "error": error})


def _invalid(name: str) -> Reply:
    errors = [{"field": name, "message": "Invalid field."}]
    return answer(400, {"code": 300, "message": "Validation Failed.", "errors": errors})


def _tracking() -> dict[str, str]:
    return {"x-zm-trackingid": f"v=2.0;clid=aw1;rid=WEB_{secrets.token_hex(16)}"}


def _response(reply: Reply, headers: Mapping[str, str]) -> Response:
    media_type = None if not reply.text else "text/html" if reply.text.startswith("<") else "application/json"
    return Response(
        reply.text,
        status_code=reply.status,
        headers={**headers, **reply.headers},
        media_type=media_type,
    )


def _basic(authorization: str) -> tuple[str, ...]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return tuple(pair.split(":", 1)) if scheme == "Basic" else ()


def _is_signed(token: str, key: str, secret: str, *, now: float) -> bool:
    """Whether a token is a JSON web token of this key, signed with HS256 and of this hour."""
    parts = token.split(".")
    if len(parts) != 3:
        return False
    expected = hmac.digest(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256)
    try:
        head, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        told, kind = json.loads(claims), json.loads(head)
        fresh = told["iat"] <= now < told["exp"]
        return bool(
            hmac.compare_digest(expected, signature)
            and kind["alg"] == "HS256"
            and told["iss"] == key
            and fresh
        )
    except (ValueError, KeyError, TypeError):
        return False


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
