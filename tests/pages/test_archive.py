from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.domain import StreamState
from bridge.pages import archive
from bridge.pages.archive import FROM_THE_END, PastMeeting, by_day, is_meant, page_of
from tests.pages.stage import BEGAN_MS, said, stream

if TYPE_CHECKING:
    from bridge.store.store import Store


def past(topic: str = "Weekly", *people: str, began_ms: int = BEGAN_MS) -> PastMeeting:
    return PastMeeting(
        stream=stream(topic=topic, meeting_id="812", started_at_ms=began_ms), people=people, utterances=1
    )


def over(stream_id: str, **changes: object) -> object:
    return stream(stream_id, state=StreamState.ENDED, end_reason="meeting ended", **changes)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", True),
        ("week", True),
        ("WEEKLY dana", True),
        ("dana eli", True),
        ("eli kim", False),
        ("812", True),
        ("ßtraße", False),
        ("STRASSE", True),
    ],
)
def test_what_a_text_names(text: str, meant: bool) -> None:
    """Every word has to be in the topic, the number or a name, whatever its case."""
    assert is_meant(past("Weekly Straße", "Dana W", "Eli S"), text) is meant


def test_by_day() -> None:
    """Days in the order of their meetings."""
    days = by_day([past(), past("Other", began_ms=BEGAN_MS - 1000), past(began_ms=BEGAN_MS - 86_400_000)])
    assert [(day, len(meetings)) for day, meetings in days] == [
        ("Saturday, 22 November 2025", 2),
        ("Friday, 21 November 2025", 1),
    ]


async def test_pages_leave_nothing_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """All meetings come once, newest first, also those that began in the same millisecond; live and deleted ones do not."""
    monkeypatch.setattr(archive, "A_PAGE", 3)
    monkeypatch.setattr(archive, "READ_AT_ONCE", 3)
    for n, began in enumerate((9, 8, 7, 7, 7, 6, 5, 5, 1)):
        store.put_stream(over(f"s{n}", started_at_ms=began))  # type: ignore[arg-type]
    store.put_stream(stream("live", started_at_ms=10))
    store.put_stream(over("deleted", started_at_ms=7, server_urls=""))  # type: ignore[arg-type]
    await store.flush()
    found: list[str] = []
    before: int | None = FROM_THE_END
    while before is not None:
        page = await page_of(store, "", before)
        found += [each.stream.stream_id for each in page.meetings]
        before = page.before_ms
    assert sorted(found) == [f"s{n}" for n in range(9)]
    assert found[:2] == ["s0", "s1"]


async def test_people(store: Store) -> None:
    """A meeting is found by whoever spoke in it, and tells how much was said."""
    for stream_id, name in (("a", "Dana"), ("b", "Eli")):
        store.put_stream(over(stream_id))  # type: ignore[arg-type]
        store.add_utterance(said(1, stream_id=stream_id, speaker="Noor", user_id="9"))
        store.add_utterance(said(2, stream_id=stream_id, speaker=name))
    await store.flush()
    page = await page_of(store, "eli")
    assert [(each.stream.stream_id, each.people, each.utterances) for each in page.meetings] == [
        ("b", ("Noor", "Eli"), 2)
    ]


async def test_a_rare_name_is_looked_for_a_page_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page looks through so many meetings and no more, and leads on behind them."""
    monkeypatch.setattr(archive, "READ_AT_ONCE", 2)
    monkeypatch.setattr(archive, "MOST_READ", 4)
    for n in range(9):
        store.put_stream(over(f"s{n}", started_at_ms=100 - n, topic="Rare" if n == 8 else "Weekly"))  # type: ignore[arg-type]
    await store.flush()
    first = await page_of(store, "rare")
    assert (list(first.meetings), first.before_ms) == ([], 97)
    assert first.before_ms is not None
    second = await page_of(store, "rare", first.before_ms)
    assert second.before_ms is not None
    last = await page_of(store, "rare", second.before_ms)
    assert [each.stream.stream_id for each in last.meetings] == ["s8"]
