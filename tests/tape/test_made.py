"""What a store has of a stream, as a tape."""

from __future__ import annotations

from dataclasses import replace

from bridge.domain import (
    Gap,
    Happening,
    HappeningKind,
    Product,
    Source,
    Stream,
    StreamState,
    ToldEvent,
    Utterance,
)
from bridge.tape.made import tape_of
from bridge.tape.tape import Lost, Pause, Person, Said, Webhook, write
from bridge.times import LAST_MS
from bridge.transcript.utterance import UNKNOWN_SPEAKER

T0 = 1_790_000_000_000
STREAM = Stream(
    stream_id="stream-id",
    product=Product.MEETING,
    meeting_uuid="uuid+/==",
    server_urls="wss://rtms.zoom.us/secret-path",
    event_ts=T0,
    meeting_id="81234567890",
    topic="Weekly",
    started_at_ms=T0,
    state=StreamState.ENDED,
    end_reason="the meeting ended",
)


def said(
    n: int, start: int, end: int, *, message_id: str = "", text: str = "words", speaker: str = "Dana"
) -> Utterance:
    return Utterance(
        stream_id="stream-id", n=n, speaker=speaker, user_id="7", start_ms=T0 + start, end_ms=T0 + end, text=text,
        language=9, source=Source.CHAT if message_id else Source.SPEECH, message_id=message_id,
    )  # fmt: skip


def gap(start: int, end: int) -> Gap:
    return Gap(stream_id="stream-id", from_ms=T0 + start, to_ms=T0 + end, reason="reconnect")


def heard(utterances: list[Utterance], *gaps: Gap) -> list[Said]:
    tape = tape_of(STREAM, utterances=utterances, gaps=gaps, happenings=(), events=())
    return [each for each in tape.moments if isinstance(each, Said)]


def test_words_come_when_they_are_over_and_in_their_order() -> None:
    """One that came late keeps its times and its place."""
    told = heard([said(1, 0, 900), said(2, 2000, 3000), said(3, 1000, 2000), said(4, 3000, 3500)])
    assert [each.at_ms for each in told] == [900, 3000, 3000, 3500]
    assert [(each.start_ms, each.end_ms) for each in told][2] == (1000, 2000)


def test_times_of_any_calendar() -> None:
    """A word that came with a time of 1970, or of the year 9999, is on the tape with it."""
    told = heard([said(1, 1 - T0, 2 - T0), said(2, LAST_MS - T0, LAST_MS - T0)])
    assert [each.start_ms for each in told] == [1 - T0, LAST_MS - T0]
    tape = tape_of(
        replace(STREAM, started_at_ms=LAST_MS),
        utterances=[said(1, 1 - T0, 2)],
        gaps=(),
        happenings=(),
        events=(),
    )
    assert len(tape.moments) == 1


def test_nobody_hears_in_a_gap() -> None:
    """What was over in a gap came at whichever end of it is nearer."""
    told = heard([said(1, 0, 1100), said(2, 1500, 4800), said(3, 4800, 5200)], gap(1000, 5000))
    assert [each.at_ms for each in told] == [1000, 5000, 5200]


def test_times_begin_with_the_roster() -> None:
    """Zero is when the bridge learned who was there; webhooks of before are before it."""
    tape = tape_of(
        STREAM,
        utterances=[said(1, 2500, 3000)],
        gaps=[gap(4000, 5000)],
        happenings=[
            Happening(
                stream_id="stream-id", kind=HappeningKind.PRESENT, at_ms=T0 + 2000, user_id="7", name="Dana"
            ),
            Happening(stream_id="stream-id", kind=HappeningKind.PAUSED, at_ms=T0 + 6000, user_id="", name=""),
        ],
        events=[ToldEvent(event="meeting.rtms_started", event_ts=T0, received_ms=T0 + 50)],
    )
    assert [(type(each), each.at_ms) for each in tape.moments] == [
        (Webhook, -1950), (Person, 0), (Said, 1000), (Lost, 2000), (Pause, 4000),
    ]  # fmt: skip


def test_nothing_of_the_account_is_on_a_tape() -> None:
    """No ids of stream, meeting or message, no addresses of servers; who was named by nobody has no name."""
    told = heard([said(1, 0, 1, message_id="zoom-id-1", text=""), said(2, 1, 2, speaker=UNKNOWN_SPEAKER)])
    assert [each.message for each in told] == ["message-1", ""]
    assert told[1].speaker == ""
    tape = tape_of(
        STREAM, utterances=[said(1, 0, 1, message_id="zoom-id-1")], gaps=(), happenings=(), events=()
    )
    text = write(tape)
    assert not any(
        word in text for word in ("stream-id", "uuid+", "81234567890", "zoom-id", "wss://", str(T0))
    )
