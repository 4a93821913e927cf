"""The meetings of a replay: from files, and from a running bridge through its private listener."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bridge.domain import OVER
from bridge.errors import ConfigurationError
from bridge.files import read_text
from bridge.remote.client import ask, fetch, part
from bridge.replay.recorded import exported, is_exported, played

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.proxy import Proxies
    from bridge.replay.recorded import Recorded
    from bridge.settings import AdminSettings

_MOST: Final = 1000
"""Meetings that a bridge lists."""
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}


def span(text: str) -> timedelta:
    """``12h``, ``7d`` or ``2w`` as a time.

    Raises:
        ConfigurationError: It is none.
    """
    found = re.fullmatch(r"([1-9]\d{0,4})([hdw])", text.strip().lower())
    if found is None:
        raise ConfigurationError("--last wants a number of hours, days or weeks, such as 12h, 7d or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


async def read(
    named: Sequence[str], *, last: timedelta | None, settings: AdminSettings, proxies: Proxies
) -> list[Recorded]:
    """The meetings that are meant, each once, in the order in which they are named; of a series the oldest first.

    Args:
        named: Files; ids of streams, UUIDs of meetings, or the numbers that people dial, which stand for a series.
        last: Only meetings of the bridge that began since then; all of them that are over where none is named.
        settings: Where the bridge is.
        proxies: Those on the way.

    Raises:
        ConfigurationError: Nothing is meant, or nobody says anything in it.
        BridgeError: A file cannot be read; or the bridge does not answer, or refuses.
    """
    others = [each for each in named if not is_file(each)]
    found = await asyncio.to_thread(_files, named)
    if others or last is not None:
        streams = await ask(settings, proxies, "GET", f"/api/streams?limit={_MOST}")
        since = datetime.now(UTC) - last if last is not None else None
        meant = chosen(streams, others, since)
        found += [await _stored(stream_id, settings, proxies) for stream_id in meant]
    spoken = [each for each in found if each.utterances]
    if not spoken:
        raise ConfigurationError("nobody says anything in these meetings")
    return spoken


def _files(named: Sequence[str]) -> list[Recorded]:
    paths = {Path(each).resolve(): Path(each) for each in named if is_file(each)}
    return [read_file(path) for path in paths.values()]


def is_file(named: str) -> bool:
    """Whether a file is meant, and not a meeting of the bridge."""
    return bool(Path(named).suffix) or Path(named).is_file()  # no id has a dot


def read_file(path: Path) -> Recorded:
    """The meeting in a file that ``simulate`` plays; one that was exported as JSON has all that the bridge kept.

    Raises:
        BridgeError: It cannot be read.
    """
    from bridge.simulator.meeting import read_meeting  # which the image of the bridge alone leaves out

    if path.suffix.lower() == ".json":
        try:
            content = read_text(path)
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}") from None
        if is_exported(content):
            return exported(content, where=str(path))
    return played(read_meeting(path))


def chosen(streams: Sequence[dict[str, Any]], named: Sequence[str], since: datetime | None) -> list[str]:
    """Ids of the streams that are meant; ``streams`` are as the API lists them, the newest first.

    Raises:
        ConfigurationError: One that is named is not there.
    """
    listed = [
        each
        for each in reversed(streams)
        if since is None or datetime.fromisoformat(each["started_at"]) >= since
    ]
    if not named:
        return [each["stream_id"] for each in listed if each["state"] in OVER]
    found: dict[str, None] = {}
    for name in named:
        number = re.sub(r"[\s-]", "", name)
        meant = [
            each["stream_id"]
            for each in listed
            if name in (each["stream_id"], each["meeting_uuid"])
            or (number.isdecimal() and each["meeting_id"] == number)
        ]
        if not meant:
            within = " since then" if since is not None else ""
            raise ConfigurationError(f"the bridge has no meeting {name}{within}, and there is no such file")
        found |= dict.fromkeys(meant)
    return list(found)


async def _stored(stream_id: str, settings: AdminSettings, proxies: Proxies) -> Recorded:
    path = f"/api/streams/{part(stream_id)}"
    content = (await fetch(settings, proxies, "GET", f"{path}/export/json")).content
    runs = await ask(settings, proxies, "GET", f"{path}/runs")
    return exported(content, runs=runs, where=f"what the bridge tells of {stream_id}")
