"""The signature of Standard Webhooks 1.0.0, by which a receiver knows that a delivery is ours and when it was sent. Pure.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, "Signature scheme" and
"Webhook headers": HMAC-SHA256 of ``id.timestamp.body``, in base64 behind ``v1,``. A receiver tries each of several
signatures, so that a secret can be replaced without a moment in which nothing is taken.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from bridge.credential import credential

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX: Final = "whsec_"
LEAST_BYTES: Final = 24
MOST_BYTES: Final = 64
_FORM: Final = f"must be {PREFIX} and {LEAST_BYTES} to {MOST_BYTES} random bytes in base64"


def read_secret(text: str) -> bytes:
    """The key that a secret stands for.

    Raises:
        ValueError: It is no such secret; says what it has to be, never what it is.
    """
    text = credential(text)
    if not text.startswith(PREFIX):
        raise ValueError(_FORM)
    bare = text.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        raise ValueError(_FORM) from None
    if not LEAST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"{_FORM}; it has {len(key)}")
    return key


def signed_headers(delivery_id: str, at_s: int, body: bytes, keys: Sequence[bytes]) -> dict[str, str]:
    """The headers of an attempt at a time (UTC seconds), with a signature by each key."""
    said = f"{delivery_id}.{at_s}.".encode() + body
    made = (base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode() for key in keys)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }
