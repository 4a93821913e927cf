"""Who opens the panel: Zoom's app context, as its client sends it in ``x-zoom-app-context``. Pure: time comes in as an argument.

Base64 of ``[length: 1] nonce [length: 2, little endian] data that is only signed [length: 4, little endian] ciphertext
[tag: 16]``, AES-256-GCM under the SHA-256 of the app's client secret (zoom/zoomapps-sample-js ``server/helpers/cipher.js``;
developers.zoom.us "Zoom App Context"). Inside it is JSON; a guest's has no ``uid`` (developers.zoom.us "Guest Mode").

Anybody may send the header, so each length is held against what there is before anything is taken by it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridge.domain import LIMITS
from bridge.errors import ContextExpired, ContextForged, ContextUnreadable, NotInAMeeting
from bridge.text import decode_json, is_plain

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER: Final = "x-zoom-app-context"
ISSUER: Final = "marketplace.zoom.us"
MOST_CHARACTERS: Final = 8_192
"""Of a context; Zoom's have about 700."""
NONCE_BYTES: Final = range(8, 65)
"""How long a nonce may be; Zoom's have 12."""
TAG_BYTES: Final = 16
"""A shorter tag would be easier to guess."""
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a genuine context says that matters here."""

    meeting_uuid: str = field(repr=False)
    """Of the meeting that is open, as RTMS events have it."""
    user_id: str = field(default="", repr=False)
    """Of the viewer, as Zoom's REST has it; empty for a guest."""
    is_guest: bool
    """Whether the viewer is signed in nowhere, or did not add the app."""


@dataclass(frozen=True, slots=True)
class _Sealed:
    nonce: bytes
    signed: bytes
    ciphertext_and_tag: bytes


def read_context(text: str, *, client_id: str, client_secret: str, now_ms: int) -> Context:
    """What a context says.

    Args:
        text: The header's value, or what the SDK's ``getAppContext`` gives.
        client_id: Of our app, for which it has to be made.
        client_secret: With which it has to be made.
        now_ms: UTC milliseconds.

    Raises:
        ContextUnreadable: It is none, or not a whole one.
        ContextForged: It was made with another secret, for another app or by somebody else.
        ContextExpired: Its time is over.
        NotInAMeeting: It names no meeting.
    """
    sealed = _take_apart(text)
    key = hashlib.sha256(client_secret.encode()).digest()
    try:
        plain = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext_and_tag, sealed.signed)
    except InvalidTag:
        raise ContextForged from None
    return _judge(_fields(plain), client_id, now_ms)


def _take_apart(text: str) -> _Sealed:
    if len(text) > MOST_CHARACTERS or not _BASE64.fullmatch(text):
        raise ContextUnreadable
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except ValueError:
        raise ContextUnreadable from None
    nonce, rest = _measured(raw, 1)
    signed, rest = _measured(rest, 2)
    ciphertext, tag = _measured(rest, 4)
    if len(nonce) not in NONCE_BYTES or len(tag) != TAG_BYTES:
        raise ContextUnreadable
    return _Sealed(nonce, signed, ciphertext + tag)


def _measured(raw: bytes, width: int) -> tuple[bytes, bytes]:
    """What a length of so many bytes measures, and what follows it. Bytes that are not there make it unreadable."""
    length = int.from_bytes(raw[:width], "little")
    if length > len(raw) - width:
        raise ContextUnreadable
    return raw[width : width + length], raw[width + length :]


def _fields(plain: bytes) -> Mapping[str, Any]:
    try:
        fields = decode_json(plain)
    except ValueError:
        raise ContextUnreadable from None
    if not isinstance(fields, dict):
        raise ContextUnreadable
    return fields


def _judge(fields: Mapping[str, Any], client_id: str, now_ms: int) -> Context:
    if not _same(fields.get("aud"), client_id) or not _same(fields.get("iss"), ISSUER):
        raise ContextForged
    expires_ms = fields.get("exp")
    if not isinstance(expires_ms, int) or isinstance(expires_ms, bool):
        raise ContextUnreadable
    if expires_ms <= now_ms:
        raise ContextExpired
    meeting_uuid = fields.get("mid")
    if meeting_uuid is None or meeting_uuid == "":
        raise NotInAMeeting
    if not isinstance(meeting_uuid, str) or len(meeting_uuid) > LIMITS.id or not is_plain(meeting_uuid):
        raise ContextUnreadable
    user_id = fields.get("uid")
    is_guest = not (isinstance(user_id, str) and user_id)
    if isinstance(user_id, str) and (len(user_id) > LIMITS.id or not is_plain(user_id)):
        raise ContextUnreadable
    return Context(meeting_uuid=meeting_uuid, user_id="" if is_guest else str(user_id), is_guest=is_guest)


def _same(found: object, expected: str) -> bool:
    return isinstance(found, str) and hmac.compare_digest(found.encode(), expected.encode())
