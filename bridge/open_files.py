"""How many files this process may open, and how many meetings that carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.listener import BACKLOG, MOST_CONNECTIONS

if TYPE_CHECKING:
    from collections.abc import Collection

RESERVED: Final = 128 + 3 * BACKLOG
"""For the store, the private listener, logs and libraries, and for strangers who are let in and out in the same moment."""
_ENOUGH: Final = 1_048_576
"""Where the system sets no limit."""


def raise_limit() -> int:
    """Raise this process's own limit of open files as far as it may, and tell what it is now.

    A platform without such limits tells a number that is large enough for anything.
    """
    try:
        import resource
    except ImportError:  # Windows
        return _ENOUGH
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):  # macOS takes less than it says
            return soft
        soft = wanted
    return _ENOUGH if soft == resource.RLIM_INFINITY else soft


def files_per_meeting(recorded: Collection[str]) -> int:
    """Most files that one meeting has open: its sockets (signaling, transcript, chat, and one for each kind that is
    recorded), twice while Zoom moves it to another server, a connection to Langflow, and a file for each kind.
    """
    return 2 * (3 + len(recorded)) + 1 + len(recorded)


def meetings_at_once(limit: int, recorded: Collection[str]) -> int:
    """How many meetings fit into a limit of open files, with what strangers may take set aside."""
    return max(0, limit - RESERVED - most_connections(limit)) // files_per_meeting(recorded)


def most_connections(limit: int) -> int:
    """How many connections the public listener may hold: a quarter of a small limit, never more than it needs."""
    return max(8, min(MOST_CONNECTIONS, limit // 4))
