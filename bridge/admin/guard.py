"""Who may ask the private listener, decided from a request's headers alone. Pure.

Three doors that a web page which the operator opens could try: a name of its own for this machine (DNS rebinding:
``Host``), a request sent across sites (``Origin``, ``Sec-Fetch-Site``), and a form (anything but JSON). None of them
knows a token: who has shown one may come under any name, as through a proxy.

Programs show the token itself, as a bearer. People show it once, on the login page, and get a *pass* for it, which their
browser keeps in a cookie: a time and a digest that only who knows the token can make. It outlives a restart, and ends
with its time or with the token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bridge.rtms.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
PASS_SECONDS: Final = 12 * 3600
"""How long a pass is good for."""
PASS_COOKIE: Final = "zoom_bridge_pass"  # noqa: S105 - a name
_OWN_SITE: Final = frozenset({"", "same-origin", "none"})
_PASS: Final = re.compile(r"([0-9]{1,12})\.([0-9a-f]{64})")
_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not answered."""

    status: HTTPStatus
    why: str


def refusal(method: str, headers: Mapping[str, str], *, token: str | None, host: str) -> Refusal | None:
    """Why a request is refused; ``None`` where it may be answered.

    Args:
        method: Of HTTP, in capitals.
        headers: Of the request, found by small names.
        token: What a caller has to know; ``None`` where nothing.
        host: ``BRIDGE_ADMIN_HOST``, by which the listener may be called besides this machine's own names.
    """
    if token is not None and not _knows(headers.get("authorization", ""), token):
        return Refusal(HTTPStatus.UNAUTHORIZED, "BRIDGE_ADMIN_TOKEN is needed as a bearer token")
    return _stranger(headers, token, host) or (None if method in SAFE_METHODS else _misled(headers, _JSON))


def page_refusal(
    method: str, headers: Mapping[str, str], *, token: str | None, host: str, now_s: float
) -> Refusal | None:
    """Why a request for a page is refused; ``None`` where it may be answered.

    As :func:`refusal`, but a pass is as good as the token, and what changes something is a form, which a browser must
    say to come from a page of ours.
    """
    known = token is None or _knows(headers.get("authorization", ""), token)
    if not known and not is_pass(_cookie(headers, PASS_COOKIE), token or "", now_s):
        return Refusal(HTTPStatus.UNAUTHORIZED, "Sign in with BRIDGE_ADMIN_TOKEN")
    return _stranger(headers, token, host) or (None if method in SAFE_METHODS else form_refusal(headers))


def login_refusal(headers: Mapping[str, str], *, token: str | None, host: str) -> Refusal | None:
    """Why a form with a token in it is not even looked at; ``None`` where it is."""
    return _stranger(headers, token, host) or form_refusal(headers)


def form_refusal(headers: Mapping[str, str]) -> Refusal | None:
    """Why a form is refused: every browser says where it comes from, and programs have the API."""
    if "origin" not in headers and "sec-fetch-site" not in headers:
        return Refusal(HTTPStatus.FORBIDDEN, "a form comes from a page; programs use the API")
    return _misled(headers, _FORM)


def new_pass(token: str, now_s: float) -> str:
    """A pass for somebody who knows the token, good for :data:`PASS_SECONDS`; ``now_s`` is UTC seconds."""
    until = str(int(now_s) + PASS_SECONDS)
    return f"{until}.{_digest(until, token)}"


def is_pass(text: str, token: str, now_s: float) -> bool:
    """Whether a text is a pass that was made with the token and is good at a time (UTC seconds)."""
    return _seconds_of(text, token, now_s) > 0


def seconds_left(headers: Mapping[str, str], *, token: str | None, now_s: float) -> float | None:
    """For how long whoever was let in may stay: as long as their pass; ``None`` without end, where they need none."""
    if token is None or _knows(headers.get("authorization", ""), token):
        return None
    return _seconds_of(_cookie(headers, PASS_COOKIE), token, now_s)


def _seconds_of(text: str, token: str, now_s: float) -> float:
    """How long a pass is still good for; 0 where it is none."""
    found = _PASS.fullmatch(text)
    if found is None or not hmac.compare_digest(found[2], _digest(found[1], token)):
        return 0.0
    left = int(found[1]) - now_s
    return left if left <= PASS_SECONDS else 0.0


def is_token(given: str, token: str) -> bool:
    """Whether somebody knows the token, in a time that tells nothing of it."""
    return hmac.compare_digest(given.encode(errors="replace"), token.encode())


def _digest(until: str, token: str) -> str:
    return hmac.new(token.encode(), f"zoom-bridge pages {until}".encode(), hashlib.sha256).hexdigest()


def _cookie(headers: Mapping[str, str], name: str) -> str:
    """A cookie's value; the first where there are several."""
    pairs = (each.strip().partition("=") for each in headers.get("cookie", "").split(";"))
    return next((value for key, _, value in pairs if key == name), "")


def _stranger(headers: Mapping[str, str], token: str | None, host: str) -> Refusal | None:
    """Without a token: why the name by which we are called is none of ours."""
    if token is None and not _is_ours(headers.get("host", ""), host):
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            "this name is not the private listener's: call it by 127.0.0.1 or localhost",
        )
    return None


def _misled(headers: Mapping[str, str], content_type: str) -> Refusal | None:
    """Why something that changes something may have been sent by another site's page."""
    if not _from_here(headers):
        return Refusal(HTTPStatus.FORBIDDEN, "a web page of another site may not ask for this")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != content_type:
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"Content-Type must be {content_type}")
    return None


def _knows(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and is_token(given, token)


def _is_ours(header: str, host: str) -> bool:
    try:
        name = urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return False
    return is_loopback(name) or name == host.lower().strip("[]")


def _from_here(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from no web page, or from one of the listener's own."""
    if headers.get("sec-fetch-site", "").lower() not in _OWN_SITE:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme, _, netloc = origin.partition("://")
    return scheme.lower() in ("http", "https") and netloc.lower() == headers.get("host", "").lower()
