from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bridge.listener import MOST_CONNECTIONS
from bridge.open_files import RESERVED, files_per_meeting, meetings_at_once, most_connections

ROOT = Path(__file__).parents[1]


def test_the_limit_is_raised() -> None:
    """A process that may open more files than it was given takes what it may."""
    script = (
        "import resource; from bridge.open_files import raise_limit\n"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "hard = 5000 if hard == resource.RLIM_INFINITY else min(hard, 5000)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))\n"
        "print(raise_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0], hard)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    told, soft, hard = map(int, done.stdout.split())
    assert told == soft == hard


@pytest.mark.parametrize("limit", [0, 256, 1024, 65_536])
@pytest.mark.parametrize("recorded", [(), ("audio",), ("audio", "share", "video")])
def test_meetings(limit: int, recorded: tuple[str, ...]) -> None:
    """So many meetings fit as leave room for strangers and for the bridge itself, and not one more."""
    meetings, each = meetings_at_once(limit, recorded), files_per_meeting(recorded)
    strangers = most_connections(limit)
    if meetings:
        assert meetings * each + RESERVED + strangers <= limit
    assert (meetings + 1) * each + RESERVED + strangers > limit


def test_strangers_share() -> None:
    """Strangers get a quarter of a small limit, and never more than webhooks need."""
    assert (most_connections(64), most_connections(1024), most_connections(10**6)) == (
        16,
        256,
        MOST_CONNECTIONS,
    )
