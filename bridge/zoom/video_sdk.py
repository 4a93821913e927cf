"""Access tokens for the Video SDK API, which are made here rather than fetched.

Source: developers.zoom.us "Video SDK API: generate an API JWT": HS256 over ``iss`` (the API key), ``iat`` and ``exp``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Final

from bridge.zoom.oauth import Access

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import SecretStr

LIFE_SECONDS: Final = 3600
EARLIER_SECONDS: Final = 30
"""Tokens are dated back so far, in case Zoom's clock is behind ours."""


class VideoSdkTokens:
    """A Video SDK account's tokens, a new one for each call."""

    def __init__(self, *, api_key: str, api_secret: SecretStr, clock: Callable[[], float]) -> None:
        """``clock`` gives UTC seconds."""
        self._api_key = api_key
        self._api_secret = api_secret
        self._clock = clock

    async def access(self, *, refused: Access | None = None) -> Access:
        """A token for the next hour; one that was ``refused`` tells nothing new."""
        issued_at = int(self._clock()) - EARLIER_SECONDS
        claims = {"iss": self._api_key, "iat": issued_at, "exp": issued_at + LIFE_SECONDS}
        token = signed(claims, self._api_secret.get_secret_value())
        return Access(token=token, expires_at=issued_at + LIFE_SECONDS)


def signed(claims: Mapping[str, object], secret: str) -> str:
    """A JSON web token, signed with HS256. Source: RFC 7519."""
    head = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{head}.{_base64(hmac.digest(secret.encode(), head.encode(), hashlib.sha256))}"


def _part(value: Mapping[str, object]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
