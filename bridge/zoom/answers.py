"""What an answer of Zoom's REST means when it is not the one hoped for. Pure.

Zoom's own words are not passed on, for they may name people; its number and the id that its support asks for are.

Sources: developers.zoom.us "Error definitions", "Rate limits", "OAuth error messages"; numbers of the RTMS call as
public clients of it met them (2308, 2310, 3000).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bridge.errors import ZoomApiBusy, ZoomApiError, ZoomApiFailed, ZoomApiRefused
from bridge.retry_after import retry_after_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_NOT_VALID: Final = 124
NOT_LIVE_YET: Final = 3000

_SCOPE_MISSING: Final = frozenset({4700, 4711})

_ADVICE: Final = {
    TOKEN_NOT_VALID: "the access token is not valid; is the server-to-server app activated?",
    1001: "Zoom does not know this user; give the user id, not the e-mail address",
    2308: "RTMS can be started only for the host or an alternative host; name one by user id",
    2310: "the account may not use RTMS: it needs a Developer Pack (minutes old ones are not known everywhere yet) "
    "and the setting 'Share realtime meeting content with apps'",
    NOT_LIVE_YET: "the meeting is not live",
    3001: "Zoom has no such meeting, or it is not live",
}
_STATUS_ADVICE: Final[dict[int, str]] = {
    HTTPStatus.UNAUTHORIZED: _ADVICE[TOKEN_NOT_VALID],
    HTTPStatus.FORBIDDEN: "the app, or the user who owns it, may not do this",
    HTTPStatus.NOT_FOUND: _ADVICE[3001],
}
_NO_ADVICE: Final = "Zoom's documentation of the call and its support know more"
_OAUTH_ADVICE: Final = {
    "invalid_client": "client id and secret are not a pair that Zoom knows: ZOOM_REST_CLIENT_ID and "
    "ZOOM_REST_CLIENT_SECRET, or where these are not set ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET",
    "Account does not exist": "ZOOM_ACCOUNT_ID is not the account of the server-to-server app",
    "Account does not enabled the OAuth app type": "the app is not a server-to-server app, or not activated",
    "unsupported_grant_type": "the app is not of the kind that may ask for such a token",
}

_SCOPES: Final = re.compile(r"scopes?\s*:?\s*\[([a-z0-9_:,\s]{1,500})\]")
_TRACKING_ID: Final = re.compile(r"[\w.;:=/+-]{1,200}")


def fault(
    *, status: int, headers: Mapping[str, str], body: object, now: float, live_soon: bool = False
) -> ZoomApiError:
    """The error that an answer of the REST API stands for; ``body`` is its JSON, ``now`` UTC seconds.

    ``live_soon`` says that a meeting which is not live yet may be so a moment later.
    """
    passing = _passing_fault(status, headers, now)
    if passing is not None:
        return passing
    code = _number(body, "code")
    return ZoomApiRefused(
        f"Zoom answered {_what(status, code)}: {_advice(status, code, body)}{_tracking(headers)}",
        status=status,
        code=code,
        retryable=live_soon and code == NOT_LIVE_YET,
    )


def token_fault(*, status: int, headers: Mapping[str, str], body: object, now: float) -> ZoomApiError:
    """The error that an answer of the token endpoint stands for; it has words where others have numbers."""
    passing = _passing_fault(status, headers, now)
    if passing is not None:
        return passing
    reason = next((word for word in _words(body) if word in _OAUTH_ADVICE), "")
    advice = _OAUTH_ADVICE.get(reason, "it does not say why")
    return ZoomApiRefused(
        f"Zoom gave no token ({status}): {advice}{_tracking(headers)}", status=status, code=0, reason=reason
    )


def _passing_fault(status: int, headers: Mapping[str, str], now: float) -> ZoomApiError | None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        seconds = retry_after_seconds(headers, now)
        until = "" if seconds is None else f" until {_clock_time(now + seconds)}"
        message = f"Zoom answered 429: too many requests{until}{_tracking(headers)}"
        return ZoomApiBusy(message, retry_after_seconds=seconds)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ZoomApiFailed(f"Zoom answered {status}: a fault on its side{_tracking(headers)}")
    return None


def _advice(status: int, code: int, body: object) -> str:
    if code in _SCOPE_MISSING:
        return f"add {_scopes(body)} to the server-to-server app and activate it again"
    return _ADVICE.get(code) or _STATUS_ADVICE.get(status, _NO_ADVICE)


def _scopes(body: object) -> str:
    message = body.get("message") if isinstance(body, dict) else None
    found = _SCOPES.search(message) if isinstance(message, str) else None
    return f"one of the scopes {' '.join(found[1].split())}" if found else "the scope that the call asks for"


def _what(status: int, code: int) -> str:
    return f"{status} (code {code})" if code else f"{status}"


def _tracking(headers: Mapping[str, str]) -> str:
    tracking_id = headers.get("x-zm-trackingid", "")
    return f" [x-zm-trackingid {tracking_id}]" if _TRACKING_ID.fullmatch(tracking_id) else ""


def _number(body: object, key: str) -> int:
    value = body.get(key) if isinstance(body, dict) else None
    return value if isinstance(value, int) else 0


def _words(body: object) -> list[str]:
    values = (body.get("reason"), body.get("error")) if isinstance(body, dict) else ()
    return [value for value in values if isinstance(value, str)]


def _clock_time(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return "a far day"
