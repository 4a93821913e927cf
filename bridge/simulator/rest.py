"""Zoom's REST API, as far as bridge and components use it: tokens, meetings, wishes about RTMS, Team Chat.

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
import uuid
from collections import deque
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from starlette.routing import Route

from bridge.simulator.chat import RateLimit, Reply, respond, too_many
from bridge.simulator.team_chat import Channel, TeamChat, answer, fault, invalid, json_object

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["MeetingChat", "Rest", "RestMeeting", "RtmsWish", "answer", "fault", "rest_too_many"]

TOKEN_SECONDS: Final = 3600
READ_MEETING: Final = "meeting:read:meeting:admin"
READ_PAST_MEETING: Final = "meeting:read:past_meeting:admin"
CONTROL_RTMS: Final = "meeting:update:participant_rtms_app_status:admin"
WRITE_MESSAGE: Final = "team_chat:write:user_message:admin"
UPDATE_MESSAGE: Final = "team_chat:update:user_message:admin"
DELETE_MESSAGE: Final = "team_chat:delete:user_message:admin"
CHATBOT: Final = "imchat:bot"
ACTIONS: Final = ("start", "stop", "pause", "resume")

_LIGHT: Final = ("Light", 80)
_MEDIUM: Final = ("Medium", 60)
"""Category and limit per second that the headers of an answer tell, on a business plan."""


class MeetingChat(StrEnum):
    """What Zoom tells of a meeting's continuous chat."""

    ON = "on"
    OFF = "off"
    """Told as not enabled, without a channel."""
    UNTOLD = "untold"
    """Not told at all, as for accounts that do not have it."""


@dataclass(slots=True, kw_only=True)
class RestMeeting:
    """A meeting that the account has."""

    uuid: str
    number: str
    topic: str = ""
    host_id: str = "simulated-host"
    live: bool = True
    timezone: str = "America/Los_Angeles"
    """For which it was planned; of instances it is not told."""
    scheduled: bool = True
    """An instant meeting is in no schedule; only its instances are told."""
    chat: MeetingChat = MeetingChat.ON

    @property
    def channel_id(self) -> str:
        """Of its group chat."""
        return f"web_sch_{hashlib.sha256(self.uuid.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RtmsWish:
    """A wish about a meeting's stream that was accepted; making it come true is up to whoever hears of it."""

    action: str
    meeting_uuid: str
    user_id: str
    """Whose app it is; empty for a Video SDK session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leave:
    grant: str
    scopes: frozenset[str]
    user_id: str
    """Who ``me`` is."""
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A call of the API."""

    token: str
    path: Mapping[str, str]
    """Parts of the path, decoded."""
    query: Mapping[str, str]
    body: bytes
    key: str = field(default="")
    """Which meeting or session."""


def rest_too_many(shape: RateLimit, now: float) -> Reply:
    """A 429 in one of its shapes; ``now`` in UTC seconds."""
    reply = too_many(shape, now)
    return replace(reply, text=json.dumps({"code": 429, "message": reply.text}))


class Rest:
    """One simulated account: its server-to-server app, its RTMS app, its chatbot, its meetings, its Team Chat.

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
        self.scopes = {
            READ_MEETING,
            READ_PAST_MEETING,
            CONTROL_RTMS,
            WRITE_MESSAGE,
            UPDATE_MESSAGE,
            DELETE_MESSAGE,
        }
        """What new tokens may do; a user's may do the same without ``:admin``."""
        self.bot_client = ("simulated-bot", secrets.token_urlsafe(16))
        """Client id and secret of the app that is the account's chatbot."""
        self.bot_scopes = {CHATBOT}
        self.team_chat = TeamChat(new_id=lambda: str(uuid.uuid4()).upper())
        self.team_chat.add_user(self.owner_id)
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
        self._refresh: dict[str, str] = {}
        """User id by refresh token."""
        self._lost: Reply | None = None
        """What the call under way answers, although it was taken."""

    def add(self, meeting: RestMeeting) -> RestMeeting:
        """Give the account a meeting, whose host is in its group chat."""
        self._meetings.append(meeting)
        self.team_chat.add_user(meeting.host_id)
        if meeting.chat is MeetingChat.ON:
            self.team_chat.add_channel(Channel(id=meeting.channel_id, members={meeting.host_id}))
        return meeting

    def consent(self, user_id: str) -> str:
        """A user authorises the app; gives the refresh token."""
        token = secrets.token_urlsafe(32)
        self._refresh[token] = user_id
        return token

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
        sent, written = "/v2/chat/users/{user}/messages", "/v2/im/chat/messages"
        one = "{message}"
        calls = (
            ("GET", "/v2/meetings/{key:path}", self._meeting, _LIGHT),
            ("GET", "/v2/past_meetings/{key:path}", self._past_meeting, _LIGHT),
            ("PATCH", f"/v2/live_meetings/{{key:path}}/{status}", self._rtms, _LIGHT),
            ("PATCH", f"/v2/videosdk/sessions/{{key:path}}/{status}", self._session_rtms, _LIGHT),
            ("POST", sent, self._send_message, _MEDIUM),
            ("PUT", f"{sent}/{one}", self._edit_message, _MEDIUM),
            ("DELETE", f"{sent}/{one}", self._delete_message, _MEDIUM),
            ("POST", written, self._send_card, _MEDIUM),
            ("PUT", f"{written}/{one}", self._edit_card, _MEDIUM),
        )
        return [
            Route("/oauth/token", self._token_endpoint, methods=["POST"]),
            *(Route(path, self._endpoint(take, limit), methods=[verb]) for verb, path, take, limit in calls),
        ]

    # Tokens

    def give_token(self, *, authorization: str, form: Mapping[str, str], api_url: str) -> Reply:
        """Judge a request for a token."""
        client, grant = _basic(authorization), form.get("grant_type", "")
        if client not in (self.client, self.bot_client):
            return _no_token("Invalid client_id or client_secret", "invalid_client")
        if grant not in ("account_credentials", "client_credentials", "refresh_token"):
            return _no_token("unsupported grant type", "unsupported_grant_type")
        if grant == "account_credentials" and client == self.bot_client:
            return _no_token("Account does not enabled the OAuth app type", "invalid_request")
        if grant == "account_credentials" and form.get("account_id") != self.account_id:
            return _no_token("Account does not exist", "invalid_request")
        if grant == "refresh_token" and form.get("refresh_token") not in self._refresh:
            return _no_token("Invalid Token!", "invalid_grant")
        if self.token_script:
            return self.token_script.popleft()
        token = secrets.token_urlsafe(32)
        user_id = self.owner_id
        more = {}
        # An app's own token may not do what an administrator's may.
        scopes = self.bot_scopes if client == self.bot_client else set[str]()
        if grant == "account_credentials":
            scopes = self.scopes
        if grant == "refresh_token":
            user_id = self._refresh.pop(form["refresh_token"])
            scopes = {scope.removesuffix(":admin") for scope in self.scopes}
            more = {"refresh_token": self.consent(user_id)}
        self._leaves[token] = _Leave(
            grant=grant,
            scopes=frozenset(scopes),
            user_id=user_id,
            expires_at=self._clock() + TOKEN_SECONDS,
        )
        self.tokens_given += 1
        return answer(
            200,
            {
                "access_token": token,
                "token_type": "bearer",
                "expires_in": TOKEN_SECONDS,
                "scope": " ".join(sorted(scopes)),
                "api_url": api_url,
                **more,
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
        return await respond(request, reply, _tracking(), "application/json")

    # The API

    def _endpoint(
        self, take: Callable[[_Call], Reply], limit: tuple[str, int]
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        category, per_second = limit

        async def endpoint(request: Request) -> Response:
            path = {name: str(value) for name, value in request.path_params.items()}
            key = path.get("key", "")
            call = _Call(
                token=request.headers.get("authorization", "").removeprefix("Bearer "),
                path=path,
                query=request.query_params,
                body=await request.body(),
                # Zoom takes ids that are encoded twice; once is undone by the framework.
                key=unquote(key) if "/" not in key else "",
            )
            reply = take(call)
            if self._lost is not None:
                reply, self._lost = self._lost, None
            self.replies.append(reply)
            headers = {
                "X-RateLimit-Category": category,
                "X-RateLimit-Type": "QPS",
                "X-RateLimit-Limit": str(per_second),
                "X-RateLimit-Remaining": str(per_second - 1),
            }
            shown = {} if reply.status == 429 else headers  # its own headers tell, or none
            return await respond(request, reply, shown | _tracking(), "application/json")

        return endpoint

    def _meeting(self, call: _Call) -> Reply:
        return self._refused(call, READ_MEETING) or self._details(call.key, scheduled=True)

    def _past_meeting(self, call: _Call) -> Reply:
        return self._refused(call, READ_PAST_MEETING) or self._details(call.key, scheduled=False)

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
        if scheduled:
            email = self.team_chat.users[meeting.host_id]
            details |= {
                "host_email": email,
                "status": "started",
                "timezone": meeting.timezone,
                "settings": _settings(meeting),
            }
        return answer(200, details)

    def _rtms(self, call: _Call) -> Reply:
        refused = self._refused(call, CONTROL_RTMS)
        if refused is not None:
            return refused
        meeting = self.find(call.key)
        if meeting is None:
            return fault(404, 3001, f"Meeting does not exist: {call.key}.")
        wish = json_object(call.body) or {}
        action, settings = wish.get("action"), wish.get("settings", {})
        if action not in ACTIONS or not isinstance(settings, dict):
            return invalid("action")
        if action == "start" and settings.get("client_id") != self.rtms_client_id:
            return invalid("settings.client_id")
        if not meeting.live:
            return fault(400, 3000, "Meeting is not live.")
        user_id = settings.get("participant_user_id", self.owner_id)
        if action == "start" and user_id != meeting.host_id:
            return fault(400, 2308, "The user is not the host or an alternative host.")
        return self._accept(RtmsWish(action=action, meeting_uuid=meeting.uuid, user_id=user_id))

    def _session_rtms(self, call: _Call) -> Reply:
        if not _is_signed(call.token, *self.api_key, now=self._clock()):
            return fault(401, 124, "Invalid access token.")
        if self.script:
            return self.script.popleft()
        if call.key not in self.sessions:
            return fault(404, 3001, f"Session does not exist: {call.key}.")
        wish = json_object(call.body) or {}
        action = wish.get("action")
        if action not in ACTIONS:
            return invalid("action")
        if wish.keys() - {"action"}:
            return invalid("settings")
        return self._accept(RtmsWish(action=action, meeting_uuid=call.key, user_id=""))

    # Team Chat

    def _send_message(self, call: _Call) -> Reply:
        return self._as_user(call, WRITE_MESSAGE, lambda user: self.team_chat.send(user, call.body))

    def _edit_message(self, call: _Call) -> Reply:
        message = call.path["message"]
        return self._as_user(call, UPDATE_MESSAGE, lambda user: self.team_chat.edit(user, message, call.body))

    def _delete_message(self, call: _Call) -> Reply:
        message = call.path["message"]
        return self._as_user(
            call, DELETE_MESSAGE, lambda user: self.team_chat.delete(user, message, call.query)
        )

    def _as_user(self, call: _Call, scope: str, act: Callable[[str], Reply]) -> Reply:
        refused = self._refused(call, scope)
        if refused is not None:
            return refused
        leave = self._leaves[call.token]
        wanted = call.path["user"]
        user = leave.user_id if wanted == "me" else self.team_chat.find_user(wanted)
        if user is None or (leave.grant == "refresh_token" and user != leave.user_id):
            return fault(404, 1001, f"User does not exist: {wanted}.")
        return act(user)

    def _send_card(self, call: _Call) -> Reply:
        return self._refused_bot(call) or self.team_chat.send_card(self.account_id, call.body)

    def _edit_card(self, call: _Call) -> Reply:
        message = call.path["message"]
        return self._refused_bot(call) or self.team_chat.edit_card(self.account_id, message, call.body)

    def _refused_bot(self, call: _Call) -> Reply | None:
        if self.is_token(call.token) and self._leaves[call.token].grant != "client_credentials":
            return fault(401, 7010, "Invalid authorization token.", result=False)
        return self._refused(call, CHATBOT)

    def _accept(self, wish: RtmsWish) -> Reply:
        self.wishes.append(wish)
        if self.on_rtms is not None:
            self.on_rtms(wish)
        return answer(204)

    def _refused(self, call: _Call, scope: str) -> Reply | None:
        if not self.is_token(call.token):
            return fault(401, 124, "Invalid access token.")
        names = dict.fromkeys((scope.removesuffix(":admin"), scope))
        if not self._leaves[call.token].scopes.intersection(names):
            return fault(400, 4711, f"Invalid access token, does not contain scopes:[{', '.join(names)}].")
        if self.script and self.script[0].taken:
            self._lost = self.script.popleft()
            return None
        return self.script.popleft() if self.script else None


def _settings(meeting: RestMeeting) -> dict[str, object]:
    if meeting.chat is MeetingChat.UNTOLD:
        return {}
    told: dict[str, object] = {
        "enable": meeting.chat is MeetingChat.ON,
        "auto_add_invited_external_users": False,
    }
    if meeting.chat is MeetingChat.ON:
        told |= {"auto_add_meeting_participants": False, "channel_id": meeting.channel_id}
    return {"continuous_meeting_chat": told}


def _no_token(reason: str, error: str) -> Reply:
    return answer(400, {"reason": reason, "error": error})


def _tracking() -> dict[str, str]:
    return {"x-zm-trackingid": f"v=2.0;clid=aw1;rid=WEB_{secrets.token_hex(16)}"}


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
