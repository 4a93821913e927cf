"""A viewer's ticket: for a few minutes, to one meeting. Pure: time comes in as an argument.

Zoom's context is good for a moment and comes with the first request alone; what the page asks for afterwards comes with
a ticket, which the browser keeps in a cookie: a time, a meeting, a person and a digest that only who knows the app's client secret
can make. It outlives a restart, and ends with its time or with the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final

TICKET_SECONDS: Final = 600
"""How long a ticket is good for. The page renews it while Zoom says that the viewer is in the meeting."""
COOKIE: Final = "__Host-zoom_bridge_panel"
"""Browsers take a cookie of this name over HTTPS alone, and from no neighbouring host (RFC 6265bis, 4.1.3)."""
# An id has at most 255 characters, of at most four bytes each.
_TICKET: Final = re.compile(
    r"([0-9]{1,12})\.([A-Za-z0-9_-]{1,1400})\.([A-Za-z0-9_-]{0,1400})\.([0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a genuine ticket says."""

    meeting_uuid: str = field(repr=False)
    """Of the only meeting that it opens."""
    user_id: str = field(default="", repr=False)
    """Of whom Zoom named; empty for a guest."""
    seconds: float
    """How long it is still good for."""


def new_ticket(meeting_uuid: str, secret: str, now_s: float, *, user_id: str = "") -> str:
    """Somebody's ticket to a meeting, good for :data:`TICKET_SECONDS`; ``now_s`` is UTC seconds."""
    until = str(int(now_s) + TICKET_SECONDS)
    told = f"{until}.{_encoded(meeting_uuid)}.{_encoded(user_id)}"
    return f"{told}.{_digest(told, secret)}"


def read_ticket(text: str, secret: str, now_s: float) -> Ticket | None:
    """What a ticket says; ``None`` where it was not made with the secret, or its time (UTC seconds) is over."""
    found = _TICKET.fullmatch(text)
    if found is None:
        return None
    until, meeting, person, digest = found.groups()
    if not hmac.compare_digest(digest, _digest(f"{until}.{meeting}.{person}", secret)):
        return None
    seconds = int(until) - now_s
    if not 0 < seconds <= TICKET_SECONDS:
        return None
    return Ticket(meeting_uuid=_decoded(meeting), user_id=_decoded(person), seconds=seconds)


def cookie(ticket: str) -> str:
    """The header's value that leaves a ticket with a browser.

    Zoom's web client shows the panel in a frame of another site: there a cookie comes along only with ``SameSite=None``,
    and ``Partitioned`` keeps it to that client's frames alone, so that no other site can have requests sent with it.
    """
    return (
        f"{COOKIE}={ticket}; Max-Age={TICKET_SECONDS}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    )


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decoded(text: str) -> str:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def _digest(told: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"zoom-bridge panel {told}".encode(), hashlib.sha256).hexdigest()
