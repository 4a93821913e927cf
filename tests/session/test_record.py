"""What is known of a stream: where gaps begin and end, states that are true, and who is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bridge.clock import Clock
from bridge.domain import Product, Source, Stream, StreamState
from bridge.rtms.media import Said
from bridge.session.record import Record

if TYPE_CHECKING:
    from bridge.store.store import Store

STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m",
    server_urls="wss://a",
    event_ts=1,
    started_at_ms=1,
)


class Time:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000
        self.clock = Clock(wall=lambda: self.now_ms / 1000)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def record(store: Store, time: Time) -> Record:
    store.put_stream(STREAM)
    return Record(STREAM, store, time.clock)


def said(text: str, at_ms: int, *, user_id: str = "7", speaker: str = "Dana") -> Said:
    return Said(
        text=text,
        user_id=user_id,
        speaker=speaker,
        start_ms=at_ms,
        end_ms=at_ms + 1,
        timestamp_ms=at_ms,
        language=None,
        source=Source.SPEECH,
    )


def spans(record: Record) -> list[tuple[int, int, str]]:
    return [(gap.from_ms, gap.to_ms, gap.reason) for gap in record.gaps]


async def test_the_first_connection_ends_no_gap(record: Record) -> None:
    """Nothing was missed before anything could be heard."""
    record.live(1_000_000)
    assert record.gaps == []
    assert record.stream.state is StreamState.LIVE


async def test_where_a_gap_begins_and_ends(record: Record, time: Time, store: Store) -> None:
    """It begins with the last sign of life and ends when words could arrive again, which may be a while ago."""
    record.live(1_000_000)
    time.now_ms = 1_004_000
    record.alive()
    record.enter(StreamState.INTERRUPTED)
    time.now_ms = 1_020_000
    record.live(1_015_000)
    assert spans(record) == [(1_004_000, 1_015_000, "reconnect")]
    await store.flush()
    assert await store.gaps("s") == record.gaps


async def test_words_are_a_sign_of_life(record: Record, time: Time) -> None:
    """A gap begins behind the last words that came."""
    record.live(1_000_000)
    time.now_ms = 1_002_000
    record.said(said("We ship.", 999_000))
    time.now_ms = 1_009_000
    record.live(1_009_000)
    assert spans(record) == [(1_002_000, 1_009_000, "reconnect")]


async def test_given_up(record: Record, time: Time) -> None:
    """A stream that is lost for good leaves a last gap, and one that is taken up again has the next behind it."""
    record.live(1_000_000)
    time.now_ms = 1_060_000
    record.given_up("nobody answered")
    assert spans(record) == [(1_000_000, 1_060_000, "lost")]
    assert (record.stream.state, record.stream.end_reason) == (StreamState.LOST, "nobody answered")
    time.now_ms = 1_090_000
    record.live(1_090_000)
    assert spans(record)[1:] == [(1_060_000, 1_090_000, "reconnect")]
    assert record.stream.state is StreamState.LIVE


@pytest.mark.parametrize(("while_lost", "gaps"), [(True, [(1_000_000, 1_030_000, "lost")]), (False, [])])
async def test_ended(record: Record, time: Time, while_lost: bool, gaps: list[tuple[int, int, str]]) -> None:
    """An end while the sockets were lost leaves a last gap up to it, another end none."""
    record.live(1_000_000)
    time.now_ms = 1_030_000
    record.ended("the meeting ended", while_lost=while_lost)
    assert spans(record) == gaps
    assert (record.stream.state, record.stream.end_reason) == (StreamState.ENDED, "the meeting ended")


async def test_lost_before_it_was_heard(record: Record) -> None:
    """A stream that was never heard has no gap: nobody knows what there was to hear."""
    record.given_up("wrong credentials")
    assert record.gaps == []


async def test_a_clock_that_is_set_back(record: Record, time: Time) -> None:
    """A gap never ends before it begins."""
    record.live(1_000_000)
    time.now_ms = 500_000
    record.live(500_000)
    assert spans(record) == [(1_000_000, 1_000_000, "reconnect")]


async def test_a_crash_after_the_clock_was_set_back(record: Record, store: Store, time: Time) -> None:
    """What is missed until the next start is told all the same."""
    record.live(1_000_000)
    time.now_ms = 400_000
    record.alive()
    await store.flush()
    time.now_ms = 700_000
    after = Record(STREAM, store, time.clock)
    await after.restore()
    after.live()
    assert spans(after) == [(400_000, 700_000, "reconnect")]


async def test_restored(record: Record, store: Store, time: Time) -> None:
    """Another process numbers on, knows names and duplicates, and its gap begins where the stream was last heard."""
    record.live(1_000_000)
    time.now_ms = 1_012_000
    record.said(said("One.", 1_000_500))
    record.said(said("Two.", 1_001_000))
    await store.flush()
    time.now_ms = 1_100_000
    after = Record(record.stream, store, time.clock)
    recent = await after.restore()
    assert [utterance.text for utterance in recent] == ["One.", "Two."]
    assert after.stream.state is StreamState.INTERRUPTED
    time.now_ms = 1_100_500
    third = Record(after.stream, store, time.clock)
    await third.restore()
    third.live(1_100_500)
    assert spans(third) == [(1_012_000, 1_100_500, "reconnect")]
    assert third.said(said("Two.", 1_001_000)) is None
    utterance = third.said(said("Three.", 1_100_600, speaker=""))
    assert utterance is not None
    assert (utterance.n, utterance.speaker, third.count) == (3, "Dana", 3)


async def test_restored_behind_a_gap(record: Record, store: Store, time: Time) -> None:
    """What a gap covers already, no other covers again."""
    record.live(1_000_000)
    time.now_ms = 1_060_000
    record.given_up("nobody answered")
    await store.flush()
    time.now_ms = 1_070_000
    after = Record(replace(record.stream, state=StreamState.INTERRUPTED), store, time.clock)
    await after.restore()
    after.live(1_070_000)
    assert spans(after) == [(1_000_000, 1_060_000, "lost"), (1_060_000, 1_070_000, "reconnect")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (StreamState.LIVE, StreamState.INTERRUPTED),
        (StreamState.PAUSED, StreamState.INTERRUPTED),
        (StreamState.STARTING, StreamState.STARTING),
        (StreamState.LOST, StreamState.LOST),
        (StreamState.ENDED, StreamState.ENDED),
    ],
)
async def test_unheard(store: Store, before: StreamState, after: StreamState) -> None:
    """A stream that nobody hears is not called live."""
    record = Record(replace(STREAM, state=before), store)
    record.unheard()
    assert record.stream.state is after


async def test_paused_meanwhile(record: Record, time: Time) -> None:
    """A stream that Zoom paused before its socket had proved good stays paused, and its gap is told."""
    record.live(1_000_000)
    record.enter(StreamState.INTERRUPTED)
    record.enter(StreamState.PAUSED)
    time.now_ms = 1_005_000
    record.live(1_005_000)
    assert record.stream.state is StreamState.PAUSED
    assert spans(record) == [(1_000_000, 1_005_000, "reconnect")]


async def test_news_of_a_loss(record: Record) -> None:
    """What Zoom tells of a loss before the last good connection is no news."""
    record.live(1_000_000)
    assert not record.is_news(1_000_000)
    assert record.is_news(1_000_001)


async def test_renamed(record: Record, store: Store) -> None:
    """Somebody is the same by id whatever the name is now, also when leaving."""
    record.joined((("7", "Dana"),), 10, roster=True)
    record.joined((("7", "Dana Vogel"),), 20, roster=False)
    assert record.participants() == [("7", "Dana Vogel")]
    record.left(("7",), 30)
    await store.flush()
    happenings = [(each.at_ms, each.name) for each in await store.happenings("s")]
    assert happenings == [(10, "Dana"), (30, "Dana Vogel")]


async def test_a_window_names_its_speakers(record: Record) -> None:
    """Who speaks in a window is named in it, also when gone since."""
    record.joined((("7", "Dana"), ("8", "Eli")), 10, roster=True)
    utterance = record.said(said("We ship.", 999_000))
    assert utterance is not None
    record.left(("7",), 20)
    assert record.participants() == [("8", "Eli")]
    assert record.participants([utterance]) == [("7", "Dana"), ("8", "Eli")]
