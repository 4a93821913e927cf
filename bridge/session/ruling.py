"""What an event means for a stream: retry or failover? Pure.

Zoom sends a webhook again that was not answered in time (5, 25 and 85 minutes later), and also
sends ``rtms_started`` a second time, for the same stream, when its own server failed over. To take
one for the other either tears down a healthy stream or stays with a dead server.

Sources: developers.zoom.us "Failover and reconnection", "Using webhooks".
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bridge.domain import Product, StreamState
from bridge.webhook.events import EventKind

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.webhook.events import StreamEvent


class Ruling(StrEnum):
    """What to do with an event."""

    START = "start"
    """A new stream: dial it, beside any other stream of the meeting."""
    FAIL_OVER = "fail over"
    """Zoom moved the stream: drop both sockets and dial the event's URLs at once."""
    TAKE_UP = "take up"
    """Zoom starts a stream anew that we had given up: dial the event's URLs, and go on with what is stored."""
    RECONNECT = "reconnect"
    """Zoom lost our sockets: dial the URLs we have."""
    STOP = "stop"
    """The stream is over."""
    TOMBSTONE = "tombstone"
    """It is over before we ever heard of it: remember that, so that a late start finds it ended."""
    IGNORE = "ignore"
    """Sent again, or about a stream that has ended."""
    FOREIGN = "foreign"
    """It has the stream's id, and is about another meeting: neither may be heard or ended as the other."""


_SEVERAL_IDS: Final = frozenset({Product.CONTACT_CENTER})
"""Products of which two events may name one conversation by two ids, an engagement's and a session's."""


def rule(known: Stream | None, event: StreamEvent) -> Ruling:
    """What the event means, given what is known of its stream (``None``: nothing)."""
    if known is None:
        return {
            EventKind.STARTED: Ruling.START,
            EventKind.STOPPED: Ruling.TOMBSTONE,
            EventKind.INTERRUPTED: Ruling.IGNORE,
        }[event.kind]
    if event.meeting_uuid != known.meeting_uuid and known.product not in _SEVERAL_IDS:
        return Ruling.FOREIGN
    if known.state is StreamState.ENDED:
        return Ruling.IGNORE
    lost = known.state is StreamState.LOST
    match event.kind:
        case EventKind.STOPPED:
            return Ruling.STOP
        case EventKind.INTERRUPTED if lost:
            return Ruling.IGNORE  # its time was up already
        case EventKind.INTERRUPTED:
            return Ruling.RECONNECT if event.event_ts >= known.event_ts else Ruling.IGNORE
        case EventKind.STARTED:
            newer = event.event_ts > known.event_ts
            moved = event.server_urls != known.server_urls and event.event_ts >= known.event_ts
            if not newer and not moved:
                return Ruling.IGNORE
            return Ruling.TAKE_UP if lost else Ruling.FAIL_OVER
