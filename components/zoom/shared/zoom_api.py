"""Zoom's REST API: requests as often as Zoom did not take them, access tokens, and what its refusals mean."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Any, Final
from urllib.parse import quote

import httpx

from components.zoom.shared.http import (
    IN_A_HEADER,
    FateUnknownError,
    NotReachedError,
    ask_once,
    asked_wait,
    json_of,
    recall,
    remember,
    safe_target,
)

POST_SPACING_SECONDS: Final = 1.0
"""From one post to the next in the same place: within the rate limits of every plan."""

TIMEOUT: Final = httpx.Timeout(30, connect=10)
"""Seconds."""

ATTEMPTS: Final = 4
"""Requests at most, when Zoom says that it did not take it."""

LONGEST_WAIT_SECONDS: Final = 30.0
"""What Zoom may ask us to wait; more is an error that says how long."""

LONGEST_RUN_SECONDS: Final = 60.0
"""How long after its start a run still waits to send something: half of what a route gives a run."""

LONGEST_TOLD_SECONDS: Final = 366 * 86400.0
"""Where Zoom names a time that is no date any more, this is told."""

EARLY_SECONDS: Final = 60.0
"""A token this close to its end is not used any more."""

ZOOM_HOST: Final = re.compile(r"(?:[a-z0-9-]+\.)*(?:zoom\.us|zoom\.com|zoomgov\.com)")

MAY_HAVE_ARRIVED: Final = "The message may have arrived, so it is not posted again."

TRY_AGAIN: Final = (429, 503)
"""Answers with which Zoom says that it did not take the request now."""

NOT_VALID: Final = 124

NO_SCOPE: Final = 4711

NO_GOOD_TOKEN: Final = 4700

NO_MEETING: Final = 3001

API_HINTS: Final = {
    NOT_VALID: "Zoom does not take the access token. Paste a new one, or give Account ID, Client ID and Client "
    "Secret instead, with which it is renewed by itself.",
    200: "The sender may not post there: posting is restricted, the channel is archived, or the sender is not a "
    "member. Choose another Sender or add this one to the channel.",
    300: "Zoom does not accept what was sent.",
    1001: "Zoom does not know the sender or the contact. Sender is the id or email of a user of this account, or "
    "'me' with a user's own access token.",
    NO_MEETING: "Zoom does not know this meeting, or it is of another account. Instant meetings and personal "
    "meeting ids have no chat of their own: set Channel ID for those.",
    4130: "Zoom knows no such channel. Check Channel ID; the sender has to be a member of the channel.",
    NO_GOOD_TOKEN: "The access token lacks a scope or is damaged. Check the scopes of the app, then activate it again.",
    5301: "Zoom could not deliver it to the chat. Is the sender a member of the channel, and the contact known?",
    7010: "This needs a chatbot's own credentials: Client ID and Client Secret of a General app that has the "
    "chatbot feature. A server-to-server app's or a user's are refused.",
}
"""By the number in Zoom's answer (developers.zoom.us, API error definitions)."""

TOKEN_HINTS: Final = {
    "invalid_client": "Zoom does not know this Client ID or Client Secret.",
    "invalid client": "Zoom does not know this Client ID or Client Secret.",
    "account does not exist": "Zoom does not know this Account ID. Copy it from the app's page.",
    "oauth app type": "The account does not allow this kind of app. Activate the app, or ask your administrator.",
    "unsupported": "The app is of another kind: Meeting chat and channels need a server-to-server app, the "
    "chatbot a General app.",
    "4702": "Zoom does not know this Client ID or Client Secret.",
    "4704": "Zoom does not know this Client ID or Client Secret.",
    "4705": "The app is of another kind: Meeting chat and channels need a server-to-server app, the chatbot a "
    "General app.",
    "4711": "The app has no scopes. Add them, then activate it again.",
    "4717": "The app is switched off. Activate it on marketplace.zoom.us.",
    "4735": "The user who owns the app is gone. Ask your administrator.",
    "4738": "Your administrator has switched the app off.",
    "4741": "The app was authorised anew, which ended this token. Give the newest credentials.",
}
"""By what is found, in this order, in the words or numbers of a refused token (developers.zoom.us, OAuth errors)."""


class ChatError(RuntimeError):
    """A message did not reach the chat, and why; never with an address, a secret or the message.

    * ``SetupError``: an input, or a setting at Zoom, has to be changed.
    * ``BusyError``: Zoom takes nothing now; later the same run may succeed.
    * ``UnknownFateError``: nobody knows whether it arrived; it is not posted again.

    Attributes:
        status: Zoom's HTTP status, or ``None`` where it did not come to an answer.
        code: The number in Zoom's answer.
        fields: What Zoom finds fault with in the request.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: int | None = None,
        fields: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.fields = fields


class SetupError(ChatError):
    """An input, or a setting at Zoom, has to be changed; the message says which."""


class BusyError(ChatError):
    """Zoom cannot be reached or takes no more now."""


class UnknownFateError(ChatError):
    """Nobody knows whether the message arrived."""


@dataclass(frozen=True)
class Refusal:
    """What of Zoom's answer may be shown, and what tells us its meaning."""

    status: int
    code: int | None
    words: str
    """For recognising it only; may hold anything."""
    fields: tuple[str, ...]
    scopes: tuple[str, ...]
    tracking: str
    """What Zoom's support asks for."""

    def __str__(self) -> str:
        number = "" if self.code is None else f", code {self.code}"
        tracking = f", tracking id {self.tracking}" if self.tracking else ""
        return f"(HTTP {self.status}{number}{tracking})"


def safe_url(url: str, name: str) -> httpx.URL:
    """Check an address that secrets are sent to.

    Raises:
        SetupError: It is not an https URL; plain http is for loopback only.
    """
    target = safe_target(url)
    if target is None:
        msg = f"The {name} must begin with https://."
        raise SetupError(
            f"{msg} Paste the endpoint that '/inc connect' showed." if "Webhook" in name else msg
        )
    return target


def bare_token(token: str, name: str) -> str:
    """Check a token, which is sent in a header.

    Raises:
        SetupError: It is more than a token.
    """
    if token and not IN_A_HEADER.fullmatch(token):
        msg = f"The {name} must be the bare token that Zoom showed, without 'Bearer'."
        raise SetupError(msg)
    return token


def regional_url(url: str, told: str) -> str:
    """Choose the API's address for an account, which a token's answer may name.

    What was told counts only where both addresses are Zoom's: neither does a stranger get the token, nor is a
    proxy passed by.
    """
    try:
        ours, theirs = httpx.URL(url), httpx.URL(told)
    except httpx.InvalidURL:
        return url
    if not all(one.scheme == "https" and ZOOM_HOST.fullmatch(one.host) for one in (ours, theirs)):
        return url
    return str(ours.copy_with(host=theirs.host))


def meeting_segment(meeting: dict[str, Any]) -> str:
    """Name a meeting in a path: its number, else its UUID encoded twice (developers.zoom.us, "Using Zoom APIs")."""
    number = re.sub(r"[\s-]", "", str(meeting.get("id") or ""))
    if number.isdecimal() and number.isascii():
        return number
    return quote(quote(str(meeting.get("uuid") or ""), safe=""), safe="")


def busy(reply: httpx.Response, wait: float, now: float) -> BusyError:
    """Say until when Zoom takes no more."""
    wait = min(wait, LONGEST_TOLD_SECONDS)
    until = datetime.fromtimestamp(now + wait, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
    daily = reply.headers.get("x-ratelimit-type", "").casefold().startswith("daily")
    why = "The account's daily limit of requests is used up" if daily else "Zoom takes no more now"
    return BusyError(
        f"{why} (HTTP {reply.status_code}), until {until}: it asks to wait {wait:.0f} s.",
        status=reply.status_code,
    )


def refusal_of(reply: httpx.Response) -> Refusal:
    """Read a refusal: ``code`` and ``message``, or ``error`` and ``reason`` where a token was asked for."""
    body = json_of(reply)
    words = " ".join(str(body.get(name) or "") for name in ("code", "error", "reason", "message"))
    faults = body.get("errors")
    faults = faults if isinstance(faults, list) else []
    fields = [str(fault.get("field")) for fault in faults if isinstance(fault, dict)]
    _, _, scopes = words.partition("scopes:")
    tracking = reply.headers.get("x-zm-trackingid", "")
    return Refusal(
        status=reply.status_code,
        code=int(body["code"]) if str(body.get("code")).isdecimal() else None,
        words=words.casefold(),
        fields=tuple(field for field in fields if re.fullmatch(r"[\w.\[\]]{1,60}", field)),
        scopes=tuple(re.findall(r"(?<![a-z_])[a-z_]+(?::[a-z_]+)+", scopes)),
        tracking=tracking if re.fullmatch(r"[\w=;:.+/-]{1,120}", tracking) else "",
    )


def explain(refusal: Refusal, code: int | None) -> SetupError:
    """Say what a refusal of the API means and what to do about it."""
    advice = API_HINTS.get(code or 0, "Zoom refused the request.")
    if code == NO_SCOPE:
        scopes = ", ".join(refusal.scopes) or "that this needs"
        advice = (
            f"The app lacks the scope {scopes}: add it (a server-to-server app needs the one that ends in "
            ":admin) on the app's page at marketplace.zoom.us, then activate or authorise the app again."
        )
    elif refusal.status == 401 and code not in API_HINTS:
        advice = API_HINTS[NOT_VALID]
    elif refusal.status == 403:
        advice = API_HINTS[200]
    elif refusal.fields:
        advice = f"{advice} Fields at fault: {', '.join(refusal.fields)}."
    return SetupError(f"{advice} {refusal}", status=refusal.status, code=code, fields=refusal.fields)


def explain_token(refusal: Refusal) -> SetupError:
    """Say why Zoom gives no access token."""
    advice = "Zoom gives no access token. Check Account ID, Client ID and Client Secret."
    for words, hint in TOKEN_HINTS.items():
        if words in refusal.words:
            return SetupError(f"{hint} {refusal}", status=refusal.status, code=refusal.code)
    return SetupError(f"{advice} {refusal}", status=refusal.status, code=refusal.code)


class Line:
    """One run's connection to Zoom: every request, as often as Zoom says that it did not take it, and no more.

    Attributes:
        in_flight: Whether Zoom may have a request that must not be sent twice, and nobody knows what became of it.
    """

    def __init__(self, client: httpx.AsyncClient, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._client = client
        self._sleep = sleep
        self._until = time.monotonic() + LONGEST_RUN_SECONDS
        self.in_flight = False

    async def send(
        self, make: Callable[[], httpx.Request], *, place: str = "", repeatable: bool = False
    ) -> httpx.Response:
        """Give Zoom's answer, be it yes or no.

        Args:
            make: Makes the request, anew for each attempt.
            place: Where it is posted; posts in one place keep a distance. Empty for what is no post.
            repeatable: Whether it does no harm to send it once more where nobody knows what became of it.

        Raises:
            BusyError: Zoom is out of reach or takes no more, or the run has waited long enough.
            UnknownFateError: Nobody knows what became of it.
        """
        delay: float | None = 0.0
        problem = ""
        for attempt in range(ATTEMPTS):
            wait = 2 ** (attempt - 1) if delay is None else delay
            await self._sleep(self._reserve(place, wait, problem))
            delay = None
            request = make()
            self.in_flight = not repeatable
            try:
                reply = await ask_once(self._client, request)
            except NotReachedError as error:
                self.in_flight = False
                problem = f"Zoom {error}"
                continue
            except FateUnknownError as error:
                problem = f"Zoom {error}"
                if repeatable:
                    continue
                raise UnknownFateError(f"{problem}. {MAY_HAVE_ARRIVED}", status=error.status) from None
            self.in_flight = False
            if reply.status_code not in TRY_AGAIN:
                return reply
            problem = f"Zoom takes no more now (HTTP {reply.status_code})"
            now = time.time()
            delay = asked_wait(reply.headers, now)
            if delay is not None and delay > LONGEST_WAIT_SECONDS:
                raise busy(reply, delay, now)
        raise BusyError(f"{problem}; tried {ATTEMPTS} times.")

    def _reserve(self, place: str, delay: float, problem: str) -> float:
        """Reserve a place's next free moment, at least ``delay`` seconds away; gives the seconds from now.

        Posts are spaced over all runs in this process.

        Raises:
            BusyError: The moment is too late for this run; it is left to others.
        """
        key = f"zoom-chat:{place}"
        now = time.monotonic()
        at = max(now + delay, (recall(key) if place else None) or now)
        if at > self._until:
            why = problem or "Other posts to the same place come first, or Zoom is slow"
            msg = f"{why}, and a run waits no longer than {LONGEST_RUN_SECONDS:.0f} s. Run it again."
            raise BusyError(msg)
        if place:
            remember(key, at + POST_SPACING_SECONDS)
        return at - now


class Tokens:
    """One app's access tokens, each used by all runs of this process until it is about to expire.

    Source: developers.zoom.us, "Server-to-server OAuth" and "Chatbot tokens": a token lives an hour, and a new
    one leaves the old one valid.
    """

    def __init__(self, line: Line, url: httpx.URL, form: dict[str, str], client: tuple[str, str]) -> None:
        self._line = line
        self._request = httpx.Request(
            "POST",
            url,
            data=form,
            headers={
                "Authorization": f"Basic {base64.b64encode(':'.join(client).encode()).decode()}",
                "Accept": "application/json",
            },
        )
        secret = json.dumps([str(url), form, client]).encode()
        self.key = f"zoom-token:{hashlib.sha256(secret).hexdigest()}"
        """Whose tokens these are; tells nothing of the credentials."""

    async def get(self, refused: str = "") -> dict[str, Any]:
        """Give a token other than the one Zoom refused; whoever asks while one is fetched waits for that one.

        Returns:
            ``token``, ``until`` (this process' monotonic seconds) and ``api_url``, which may be empty.

        Raises:
            SetupError: Zoom gives none.
        """
        loop = asyncio.get_running_loop()
        lock_key = f"{self.key}:{id(loop)}"
        # A lock is one loop's own, and no other loop gets the same id as long as this one is remembered.
        own = recall(lock_key) or {"loop": loop, "lock": asyncio.Lock()}
        remember(lock_key, own)
        async with own["lock"]:
            held: dict[str, Any] | None = recall(self.key)
            if not held or held["token"] == refused or time.monotonic() > held["until"] - EARLY_SECONDS:
                held = await self._fetch()
                remember(self.key, held)
            return held

    def forget(self) -> None:
        """Fetch a new one next time: scopes that are added to an app are in new tokens only."""
        remember(self.key, {})

    async def _fetch(self) -> dict[str, Any]:
        asked_at = time.monotonic()
        reply = await self._line.send(lambda: self._request, repeatable=True)
        body = json_of(reply)
        if not reply.is_success:
            raise explain_token(refusal_of(reply))
        token, seconds = body.get("access_token"), body.get("expires_in")
        if (
            not isinstance(token, str)
            or not IN_A_HEADER.fullmatch(token)
            or not isinstance(seconds, (int, float))
        ):
            msg = "The answer holds no access token. Is OAuth URL Zoom's?"
            raise SetupError(msg)
        return {"token": token, "until": asked_at + seconds, "api_url": str(body.get("api_url") or "")}


class ReadyToken:
    """An access token that somebody pasted."""

    def __init__(self, token: str) -> None:
        self._token = bare_token(token, "Access Token")
        self.key = f"zoom-token:{hashlib.sha256(token.encode()).hexdigest()}"

    async def get(self, refused: str = "") -> dict[str, Any]:
        """Give it; there is no other."""
        return {"token": self._token, "api_url": ""}

    def forget(self) -> None:
        """It is all there is."""


class Api:
    """Zoom's REST API, as one app."""

    def __init__(self, line: Line, tokens: Tokens | ReadyToken, url: str) -> None:
        self._line = line
        self._url = str(safe_url(url, "API URL")).rstrip("/")
        self.tokens = tokens

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        place: str = "",
        repeatable: bool = False,
        not_found: int | None = None,
    ) -> dict[str, Any]:
        """Give Zoom's answer; ``not_found`` is what a 404 means, whatever its number.

        Raises:
            ChatError: There is none, or it is no.
        """
        refused = ""
        while True:
            access = await self.tokens.get(refused)
            url = regional_url(self._url, access["api_url"]) + path
            headers = {"Authorization": f"Bearer {access['token']}"}
            reply = await self._line.send(
                partial(httpx.Request, method, url, headers=headers, json=body),
                place=place,
                repeatable=repeatable,
            )
            if reply.is_success:
                return json_of(reply)
            refusal = refusal_of(reply)
            code = not_found if refusal.status == 404 and not_found else refusal.code
            if code in (NO_SCOPE, NO_GOOD_TOKEN):
                self.tokens.forget()
            not_valid = code == NOT_VALID or (refusal.status == 401 and code not in API_HINTS)
            if not_valid and not refused and isinstance(self.tokens, Tokens):
                refused = access["token"]
                continue
            raise explain(refusal, code)
