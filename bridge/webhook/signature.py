"""Zoom's webhook signature and URL validation. Pure: time comes in as an argument.

Source: developers.zoom.us "Using webhooks", sections on verifying events and URL validation.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from enum import StrEnum

PLAIN_TOKEN = re.compile(r"[A-Za-z0-9+/=_-]{1,128}")
"""What a validation token may be made of. Without ``:`` and ``{`` no token can spell out
``v0:<time>:<body>``, so the endpoint cannot be used to sign a forged webhook."""


class Verdict(StrEnum):
    """Outcome of checking a webhook's signature; the value names the metric's label."""

    VALID = "valid"
    MISSING = "missing_signature"
    STALE = "stale"
    WRONG = "wrong_signature"


def sign(secret_token: str, timestamp: str, body: bytes) -> str:
    """``x-zm-signature`` for a raw body; ``timestamp`` is the header's text, in seconds."""
    signed = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret_token.encode(), signed, hashlib.sha256).hexdigest()


def verify(
    *,
    secret_token: str,
    timestamp: str | None,
    signature: str | None,
    body: bytes,
    now: float,
    tolerance_seconds: float,
) -> Verdict:
    """Check a webhook over its raw bytes, in constant time.

    ``now`` is UTC seconds. The signature is judged before the age, so that only Zoom's own
    late deliveries are reported as stale. A tolerance of 0 turns the age check off.
    """
    if not timestamp or not signature:
        return Verdict.MISSING
    expected = sign(secret_token, timestamp, body)
    if not hmac.compare_digest(expected.encode(), signature.encode()):
        return Verdict.WRONG
    if not timestamp.isascii() or not timestamp.isdigit():
        return Verdict.WRONG
    if tolerance_seconds and abs(now - int(timestamp)) > tolerance_seconds:
        return Verdict.STALE
    return Verdict.VALID


def answer_validation(secret_token: str, plain_token: object) -> dict[str, str] | None:
    """The answer to ``endpoint.url_validation``, or ``None`` for a token Zoom would never send."""
    if not isinstance(plain_token, str) or not PLAIN_TOKEN.fullmatch(plain_token):
        return None
    encrypted = hmac.new(secret_token.encode(), plain_token.encode(), hashlib.sha256).hexdigest()
    return {"plainToken": plain_token, "encryptedToken": encrypted}
