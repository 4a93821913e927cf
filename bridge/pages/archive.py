"""Meetings that are over, by day, those that a text names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.pages.wording import day

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.domain import Stream
    from bridge.store.store import Store

A_PAGE: Final = 40
"""Meetings that a page shows, at most few more."""
READ_AT_ONCE: Final = 40
MOST_READ: Final = 200
"""Meetings that are looked through for one page; the next page looks further back."""
FROM_THE_END: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMeeting:
    """A line of the archive."""

    stream: Stream
    people: tuple[str, ...]
    """Who said something, in order of appearance."""
    utterances: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    """Some meetings, the newest first."""

    meetings: Sequence[PastMeeting]
    before_ms: int | None
    """Where the next page begins; ``None`` behind the last."""

    def days(self) -> list[tuple[str, list[PastMeeting]]]:
        """The meetings of each day."""
        return by_day(self.meetings)


def by_day(meetings: Iterable[PastMeeting]) -> list[tuple[str, list[PastMeeting]]]:
    """Meetings under their days (UTC), in the order in which they are given."""
    days: dict[str, list[PastMeeting]] = {}
    for meeting in meetings:
        days.setdefault(day(meeting.stream.started_at_ms), []).append(meeting)
    return list(days.items())


def is_meant(meeting: PastMeeting, text: str) -> bool:
    """Whether the topic, the number or somebody's name has every word of a text, whatever its case."""
    told = "\n".join((meeting.stream.topic, meeting.stream.meeting_id, *meeting.people)).casefold()
    return all(word in told for word in text.casefold().split())


async def page_of(store: Store, text: str, before_ms: int = FROM_THE_END) -> ArchivePage:
    """The newest meetings before a time (UTC ms) that a text names; all where it is empty.

    Raises:
        StoreAway: The database cannot be read now.
    """
    found: list[PastMeeting] = []
    read = 0
    while read < MOST_READ and len(found) < A_PAGE:
        streams = await store.past_streams(before_ms=before_ms, limit=READ_AT_ONCE)
        found += [each for each in await _lines(store, streams) if is_meant(each, text)]
        if len(streams) < READ_AT_ONCE:
            return ArchivePage(meetings=found, before_ms=None)
        read, before_ms = read + len(streams), streams[-1].started_at_ms
    return ArchivePage(meetings=found, before_ms=before_ms)


async def _lines(store: Store, streams: Sequence[Stream]) -> list[PastMeeting]:
    spoke = await store.speakers([stream.stream_id for stream in streams])
    return [
        PastMeeting(
            stream=stream,
            people=tuple(name for name, _ in spoke[stream.stream_id]),
            utterances=sum(count for _, count in spoke[stream.stream_id]),
        )
        for stream in streams
    ]
