"""Who may ask the private listener, decided from a request's headers alone. Pure.

Three doors that a web page which the operator opens could try: a name of its own for this machine (DNS rebinding:
``Host``), a request sent across sites (``Origin``, ``Sec-Fetch-Site``), and a form (anything but JSON). None of them
knows a token: who has shown one may come under any name, as through a proxy.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bridge.rtms.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"", "same-origin", "none"})


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
    if token is None and not _is_ours(headers.get("host", ""), host):
        return Refusal(
            HTTPStatus.BAD_REQUEST,
            "this name is not the private listener's: call it by 127.0.0.1 or localhost",
        )
    if method in SAFE_METHODS:
        return None
    if not _from_here(headers):
        return Refusal(HTTPStatus.FORBIDDEN, "a web page of another site may not ask for this")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "Content-Type must be application/json")
    return None


def _knows(authorization: str, token: str) -> bool:
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())


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
