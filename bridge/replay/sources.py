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
from bridge.pages.wording import counted
from bridge.remote.client import ask, fetch, part
from bridge.replay.recorded import exported, is_exported, played

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.proxy import Proxies
    from bridge.replay.recorded import Recorded
    from bridge.settings import AdminSettings

_MOST: Final = 1000
"""Meetings that a bridge lists."""
_LISTED: Final = ("stream_id", "meeting_uuid", "meeting_id", "state", "started_at")
_RUN: Final = ("route", "kind", "seq", "created_ms", "ended_ms")
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
    named: Sequence[str],
    *,
    last: timedelta | None,
    settings: AdminSettings,
    proxies: Proxies,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Recorded]:
    """The meetings that are meant, each once, in the order in which they are named, files first; of a series the oldest first.

    Args:
        named: Files; ids of streams, UUIDs of meetings, or the numbers that people dial, which stand for a series.
        last: Only meetings of the bridge that began since then; all of them that are over where none is named.
        settings: Where the bridge is.
        proxies: Those on the way.
        tell: Called with a sentence on what was not read as it is.

    Raises:
        ConfigurationError: Nothing is meant, or nobody says anything in it.
        BridgeError: A file cannot be read; or the bridge does not answer, or refuses.
    """
    others = [each for each in named if not is_file(each)]
    found = await asyncio.to_thread(_files, named, tell)
    if others or last is not None:
        path = f"/api/streams?limit={_MOST}"
        streams = await ask(settings, proxies, "GET", path, names=_LISTED, listed=True)
        if len(streams) >= _MOST:
            tell(
                f"a bridge lists its newest {_MOST} meetings; an older one is found by its stream's id alone"
            )
        since = datetime.now(UTC) - last if last is not None else None
        meant = chosen(streams, others, since)
        found += [await _stored(stream_id, settings, proxies) for stream_id in meant]
    spoken = [each for each in found if each.utterances]
    if not spoken:
        raise ConfigurationError("nobody says anything in these meetings")
    return spoken


def _files(named: Sequence[str], tell: Callable[[str], None]) -> list[Recorded]:
    paths = {Path(each).resolve(): Path(each) for each in named if is_file(each)}
    return [read_file(path, tell) for path in paths.values()]


def is_file(named: str) -> bool:
    """Whether a file is meant, and not a meeting of the bridge."""
    return bool(Path(named).suffix) or Path(named).is_file()  # no id has a dot


def read_file(path: Path, tell: Callable[[str], None] = lambda _: None) -> Recorded:
    """The meeting in a file that ``simulate`` plays, but a tape; one that was exported as JSON has all that the bridge kept.

    ``tell`` is called with a sentence on what was left out or moved, silences that are made short as there included.

    Raises:
        BridgeError: It cannot be read.
    """
    from bridge.simulator.meeting import open_meeting, without_leaps  # the image of the bridge alone has none

    if path.suffix.lower() == ".json":
        try:
            content = read_text(path)
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror or 'cannot be read'}") from None
        if is_exported(content):
            return exported(content, where=str(path))
    file = open_meeting(path)
    meeting, leaps = without_leaps(file.meeting)
    short = [f"{counted(len(leaps), 'silence')} of more than three minutes made short"] if leaps else []
    for sentence in (*file.notes, *short):
        tell(f"{path}: {sentence}")
    return played(meeting)


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
        if not meant and len(streams) >= _MOST and since is None and not number.isdecimal():
            meant = [name]  # older than those that are listed
        if not meant:
            within = " since then" if since is not None else ""
            raise ConfigurationError(f"the bridge has no meeting {name}{within}, and there is no such file")
        found |= dict.fromkeys(meant)
    return list(found)


async def _stored(stream_id: str, settings: AdminSettings, proxies: Proxies) -> Recorded:
    path = f"/api/streams/{part(stream_id)}"
    content = (await fetch(settings, proxies, "GET", f"{path}/export/json")).content
    runs = await ask(settings, proxies, "GET", f"{path}/runs", names=_RUN, listed=True)
    return exported(content, runs=runs, where=f"what the bridge tells of {stream_id}")
