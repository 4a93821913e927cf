from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Product, Stream, StreamState
from bridge.session.ruling import Ruling, rule
from bridge.webhook.events import EventKind, StreamEvent

LIVE = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m",
    server_urls="wss://a",
    event_ts=100,
    state=StreamState.LIVE,
)


def event(kind: EventKind, event_ts: int, server_urls: str = "wss://a") -> StreamEvent:
    return StreamEvent(
        event=f"meeting.rtms_{kind}",
        kind=kind,
        product=Product.MEETING,
        event_ts=event_ts,
        stream_id="s",
        meeting_uuid="m",
        server_urls=server_urls if kind is EventKind.STARTED else "",
    )


@pytest.mark.parametrize(
    ("kind", "ruling"),
    [
        (EventKind.STARTED, Ruling.START),
        (EventKind.STOPPED, Ruling.TOMBSTONE),
        (EventKind.INTERRUPTED, Ruling.IGNORE),
    ],
)
def test_unknown_stream(kind: EventKind, ruling: Ruling) -> None:
    """A stream begins with its start; a stop before it is remembered."""
    assert rule(None, event(kind, 1)) is ruling


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("event_ts", [99, 100, 10**9])
def test_ended(kind: EventKind, event_ts: int) -> None:
    """A stopped stream stays stopped."""
    ended = replace(LIVE, state=StreamState.ENDED)
    assert rule(ended, event(kind, event_ts, "wss://b")) is Ruling.IGNORE


@pytest.mark.parametrize("kind", EventKind)
@pytest.mark.parametrize("state", StreamState)
def test_of_another_meeting(state: StreamState, kind: EventKind) -> None:
    """Where two meetings have one stream id, neither is moved, ended or taken for the other."""
    other = event(kind, 10**9, "wss://b").model_copy(update={"meeting_uuid": "another"})
    assert rule(replace(LIVE, state=state), other) is Ruling.FOREIGN


def test_a_conversation_with_two_ids() -> None:
    """A contact center's events may name the engagement or the session."""
    voice = replace(LIVE, product=Product.CONTACT_CENTER)
    stopped = event(EventKind.STOPPED, 200).model_copy(update={"meeting_uuid": "the session's"})
    assert rule(voice, stopped) is Ruling.STOP


@pytest.mark.parametrize(
    ("event_ts", "server_urls", "ruling"),
    [
        (100, "wss://a", Ruling.IGNORE),
        (99, "wss://a", Ruling.IGNORE),
        (99, "wss://b", Ruling.IGNORE),
        (101, "wss://a", Ruling.FAIL_OVER),
        (101, "wss://b", Ruling.FAIL_OVER),
    ],
)
@pytest.mark.parametrize(
    "state", [StreamState.STARTING, StreamState.LIVE, StreamState.PAUSED, StreamState.INTERRUPTED]
)
def test_started_again(state: StreamState, event_ts: int, server_urls: str, ruling: Ruling) -> None:
    """A start sent again is ignored; a newer one means that Zoom moved the stream."""
    assert rule(replace(LIVE, state=state), event(EventKind.STARTED, event_ts, server_urls)) is ruling


@pytest.mark.parametrize(
    ("kind", "event_ts", "server_urls", "ruling"),
    [
        (EventKind.STARTED, 100, "wss://a", Ruling.IGNORE),
        (EventKind.STARTED, 99, "wss://b", Ruling.IGNORE),
        (EventKind.STARTED, 100, "wss://b", Ruling.TAKE_UP),
        (EventKind.STARTED, 101, "wss://a", Ruling.TAKE_UP),
        (EventKind.INTERRUPTED, 101, "wss://a", Ruling.IGNORE),
        (EventKind.STOPPED, 101, "wss://a", Ruling.STOP),
    ],
)
def test_given_up(kind: EventKind, event_ts: int, server_urls: str, ruling: Ruling) -> None:
    """What we gave up is taken up when Zoom starts it anew, and ends when Zoom ends it."""
    assert rule(replace(LIVE, state=StreamState.LOST), event(kind, event_ts, server_urls)) is ruling


@pytest.mark.parametrize("state", [StreamState.LIVE, StreamState.INTERRUPTED])
def test_moved_in_the_same_moment(state: StreamState) -> None:
    """Other addresses mean a failover, also where the event tells the time of the one before."""
    again = event(EventKind.STARTED, 100, "wss://b")
    assert rule(replace(LIVE, state=state), again) is Ruling.FAIL_OVER


@pytest.mark.parametrize(
    ("event_ts", "ruling"), [(99, Ruling.IGNORE), (100, Ruling.RECONNECT), (101, Ruling.RECONNECT)]
)
def test_interrupted(event_ts: int, ruling: Ruling) -> None:
    """An interruption from before the newest start is about a server that is gone."""
    assert rule(LIVE, event(EventKind.INTERRUPTED, event_ts)) is ruling


@pytest.mark.parametrize("event_ts", [1, 100, 101])
def test_stopped(event_ts: int) -> None:
    """A stop is a stop, however its time compares."""
    assert rule(LIVE, event(EventKind.STOPPED, event_ts)) is Ruling.STOP


def follow(events: list[StreamEvent]) -> tuple[Stream | None, list[Ruling]]:
    """What becomes of a stream, as the registry acts on the rulings."""
    stream: Stream | None = None
    rulings = []
    for each in events:
        ruling = rule(stream, each)
        rulings.append(ruling)
        if ruling in (Ruling.START, Ruling.TOMBSTONE):
            state = StreamState.STARTING if ruling is Ruling.START else StreamState.ENDED
            stream = replace(LIVE, server_urls=each.server_urls, event_ts=each.event_ts, state=state)
        elif stream is not None and ruling is Ruling.FAIL_OVER:
            stream = replace(stream, server_urls=each.server_urls, event_ts=each.event_ts)
        elif stream is not None and ruling is Ruling.STOP:
            stream = replace(stream, state=StreamState.ENDED)
    return stream, rulings


events = st.builds(
    lambda kind, event_ts: event(kind, event_ts, f"wss://server-{event_ts}"),
    st.sampled_from(EventKind),
    st.integers(1, 6),
)
"""Events whose URLs follow from their time: one time, one announcement."""


@given(st.lists(events))
def test_no_revival(history: list[StreamEvent]) -> None:
    """Once stopped, nothing in any order starts, moves or reconnects a stream."""
    _, rulings = follow(history)
    over = [n for n, each in enumerate(history) if each.kind is EventKind.STOPPED]
    if over:
        assert set(rulings[over[0] + 1 :]) <= {Ruling.IGNORE}
    assert rulings.count(Ruling.START) <= 1


@given(st.lists(events, min_size=1), st.data())
def test_a_retry_changes_nothing(history: list[StreamEvent], data: st.DataObject) -> None:
    """A start or stop that is sent again, at any later place, tears nothing down and moves nothing."""
    first = data.draw(st.integers(0, len(history) - 1))
    again = data.draw(st.integers(first + 1, len(history)))
    if history[first].kind is EventKind.INTERRUPTED:
        return
    stream, _ = follow(history)
    with_retry, rulings = follow([*history[:again], history[first], *history[again:]])
    assert rulings[again] is Ruling.IGNORE
    assert with_retry == stream


@given(st.lists(events))
def test_the_newest_urls_win(history: list[StreamEvent]) -> None:
    """Whatever the order of arrival, the stream is where the newest start before its stop says."""
    stream, _ = follow(history)
    stops = [n for n, each in enumerate(history) if each.kind is EventKind.STOPPED]
    starts = [each for each in history[: stops[0] if stops else None] if each.kind is EventKind.STARTED]
    if stream is not None and starts:
        assert stream.server_urls == max(starts, key=lambda each: each.event_ts).server_urls
