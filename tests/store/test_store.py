"""What is kept, and what is told of it: the same for each kind of store."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import structlog

from bridge.domain import (
    Deletion,
    Gap,
    Happening,
    HappeningKind,
    MediaKind,
    Output,
    PendingWindow,
    Recording,
    ResumePoint,
    RunStatus,
    Source,
    StreamState,
    Usage,
    WindowKind,
)
from bridge.errors import WriteRefused
from bridge.store.query import of_stream
from bridge.store.reads import PIECE
from bridge.store.store import RouteProgress, open_store
from bridge.transcript.utterance import REMEMBERED, UNKNOWN_SPEAKER
from tests.store.values import SECRET_WORDS, STREAM, utterance, window

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.domain import Window
    from bridge.store.store import Store

HALF_AN_EMOJI = "Dana \ud83d"
NEWS = '{"schema":"zoom-news/1","insights":[]}'


def happening(stream_id: str = "s", *, name: str = "Dana", at_ms: int = 4) -> Happening:
    return Happening(stream_id=stream_id, kind=HappeningKind.JOINED, at_ms=at_ms, user_id="7", name=name)


def recording(stream_id: str = "s", *, name: str = "a.wav", size: int = 3) -> Recording:
    return Recording(
        stream_id=stream_id,
        name=name,
        kind=MediaKind.AUDIO,
        user_id="",
        speaker="",
        path=f"x/{name}",
        from_ms=1,
        to_ms=2,
        bytes=size,
    )


def pending(of: Window, *, attempts: int = 0, failures: int = 0) -> PendingWindow:
    return PendingWindow(window=of, attempts=attempts, failures=failures)


# Streams


async def test_stream(any_store: Store) -> None:
    """A stream is kept whole, and replaced by what is known later but for when it began."""
    assert await any_store.stream("s") is None
    any_store.put_stream(STREAM)
    await any_store.flush()
    assert await any_store.stream("s") == STREAM
    ended = replace(
        STREAM, state=StreamState.ENDED, end_reason="the meeting ended", server_urls="wss://b", event_ts=9
    )
    any_store.put_stream(replace(ended, started_at_ms=9))
    await any_store.flush()
    assert await any_store.stream("s") == ended
    assert await any_store.streams_of("m==") == ["s"]


async def test_seen_and_settled_survive_a_change_of_state(any_store: Store) -> None:
    """What others write of a stream is not undone by its next state."""
    any_store.put_stream(STREAM)
    any_store.stream_seen("s", 77)
    any_store.stream_settled("s")
    any_store.put_stream(replace(STREAM, state=StreamState.LIVE))
    await any_store.flush()
    assert await any_store.last_seen_ms("s") == 77
    assert await any_store.streams_to_settle() == []
    any_store.stream_unsettled("s")
    await any_store.flush()
    await any_store.spread()
    assert [stream.stream_id for stream in await any_store.streams_to_settle()] == ["s"]


async def test_last_seen_of_nothing(any_store: Store) -> None:
    """A stream that was never seen was last seen at no time."""
    assert await any_store.last_seen_ms("s") == 0


async def test_streams_to_settle(any_store: Store) -> None:
    """What is left to do comes oldest first, live or ended."""
    for n, state in enumerate((StreamState.ENDED, StreamState.LIVE, StreamState.ENDED)):
        any_store.put_stream(replace(STREAM, stream_id=f"s{n}", started_at_ms=10 - n, state=state))
    any_store.stream_settled("s2")
    await any_store.flush()
    await any_store.spread()
    assert [stream.stream_id for stream in await any_store.streams_to_settle()] == ["s1", "s0"]


async def test_what_models_took_is_written_once(any_store: Store) -> None:
    """Each answer tells of all windows before it, which are many in a long meeting: one write for an answer, none for those."""
    seqs = range(1, 41)
    for seq in seqs:
        await any_store.add_window(window(seq), gaps_told=0)
    spent = tuple((f"s:r:{seq}", Usage(seq, 1, -1)) for seq in seqs)
    written = []
    for seq in seqs:
        before = any_store._writer._backlog.newest
        output = Output("Hi.", spent=spent[:seq])
        await any_store.run_ended(f"s:r:{seq}", status=RunStatus.DONE, attempts=1, output=output)
        written.append(any_store._writer._backlog.newest - before)

    assert written == [1] * len(seqs)
    assert [run.usage for run in await any_store.runs("s")] == [usage for _, usage in spent]


async def test_what_models_took(any_store: Store) -> None:
    """It is kept with the run, and told of earlier windows only where it was not known; a meeting that is deleted has none."""
    any_store.put_stream(STREAM)
    for seq in (1, 2, 3):
        await any_store.add_window(window(seq), gaps_told=0)
    await any_store.run_ended("s:r:1", status=RunStatus.DONE, attempts=1)
    assert [run.usage for run in await any_store.runs("s")] == [None, None, None]
    assert await any_store.usages("s") == [None]
    spent = (("s:r:1", Usage(7, 1, -1)), ("s:r:2", Usage(9, 2, 300)), ("s:other:1", Usage(1, 1, 1)))
    await any_store.run_ended(
        "s:r:2", status=RunStatus.DONE, attempts=1, output=Output("Hi.", usage=Usage(1, 0, 0), spent=spent)
    )
    later = (("s:r:1", Usage(70, 10, 10)), ("s:r:2", Usage(90, 20, 3)))
    await any_store.run_ended("s:r:3", status=RunStatus.DONE, attempts=1, output=Output("Ho.", spent=later))
    told = [run.usage for run in await any_store.runs("s")]
    assert told == [Usage(7, 1, -1), Usage(10, 2, 300), None]
    assert Counter(await any_store.usages("s")) == Counter(told)
    await any_store.purge(STREAM.meeting_uuid)
    assert await any_store.runs("s") == []


async def test_settled_windows_drop_their_text_once_answered(any_store: Store) -> None:
    """A settled stream's answered windows keep their answers only; one that was given up can be sent again."""
    any_store.put_stream(STREAM)
    for seq in (1, 2):
        await any_store.add_window(window(seq), gaps_told=0)
    await any_store.run_ended("s:r:1", status=RunStatus.DONE, attempts=1, output=Output("Hi.", NEWS))
    await any_store.run_ended("s:r:2", status=RunStatus.FAILED, attempts=4, error="broke")
    any_store.stream_settled("s")
    await any_store.flush()
    assert await any_store.window("s:r:1") == replace(window(1), input_value="")
    assert await any_store.window("s:r:2") == window(2)
    assert [run.output for run in await any_store.runs("s")] == ["Hi.", ""]


async def test_summaries(any_store: Store) -> None:
    """The list of streams is newest first, with counts of its own."""
    for n in range(3):
        any_store.put_stream(replace(STREAM, stream_id=f"s{n}", started_at_ms=n))
    any_store.add_utterance(utterance(1, stream_id="s1"))
    any_store.add_utterance(utterance(2, stream_id="s1"))
    await any_store.add_window(window(stream_id="s1"), gaps_told=0)
    summaries = await any_store.stream_summaries(limit=2)
    assert [(each.stream.stream_id, each.utterances, each.windows) for each in summaries] == [
        ("s2", 0, 0),
        ("s1", 2, 1),
    ]
    assert await any_store.stream_summary("s1") == summaries[1]
    assert await any_store.stream_summary("nobody") is None


# What was said and done


async def test_utterances(any_store: Store) -> None:
    """Utterances are kept whole, come in order of arrival, and each once."""
    said = [utterance(n) for n in range(1, 5)]
    said[2] = replace(said[2], source=Source.CHAT, language=None)
    for each in [said[1], said[0], said[3], said[2], said[0]]:
        any_store.add_utterance(each)
    any_store.add_utterance(utterance(1, stream_id="other"))
    await any_store.flush()
    assert await any_store.utterances("s") == said
    assert await any_store.utterances("s", after=2) == said[2:]
    assert await any_store.utterances("s", after=1, limit=2) == said[1:3]
    assert any_store.put_aside() == {}


async def test_an_amended_message(any_store: Store) -> None:
    """An edited message has its new words; a deleted one keeps its place without any."""
    for n in (1, 2, 3):
        any_store.add_utterance(replace(utterance(n), message_id=f"m{n}"))
    any_store.amend_utterance("s", 1, "Better.")
    any_store.amend_utterance("s", 2, "")
    await any_store.flush()
    assert [(each.n, each.text) for each in await any_store.utterances("s")] == [
        (1, "Better."),
        (3, "Yes — 日本語."),
    ]
    assert [each.n for each in await any_store.utterances("s", deleted=True)] == [1, 2, 3]


async def test_what_cannot_be_in_a_store_is_not_found(any_store: Store) -> None:
    """A question about what no database can hold is answered with nothing, not with an error."""
    any_store.add_utterance(utterance(1))
    await any_store.flush()
    assert await any_store.stream(HALF_AN_EMOJI) is None
    assert await any_store.utterances("s", after=2**70) == []
    assert await any_store.stream_summary("\x00") is None


async def test_happenings_gaps_and_recordings(any_store: Store) -> None:
    """Happenings and gaps come in the order in which they were told, recordings in that of time; a file has one row."""
    gaps = [Gap(stream_id="s", from_ms=n, to_ms=n + 1, reason="reconnect") for n in (5, 3)]
    for gap in gaps:
        any_store.add_gap(gap)
    happenings = [happening(at_ms=9), happening(at_ms=8), happening(at_ms=8)]
    for each in happenings:
        any_store.add_happening(each)
    any_store.put_recording(recording())
    any_store.put_recording(recording(size=9))
    await any_store.flush()
    assert (await any_store.gaps("s"), await any_store.gaps("other")) == (gaps, [])
    assert await any_store.happenings("s") == happenings
    assert await any_store.recordings("s") == [recording(size=9)]
    assert await any_store.recording("s", "a.wav") == recording(size=9)
    any_store.put_recording(replace(recording(), name="b.wav"))
    await any_store.remove_recordings("s", lambda each: each.name == "a.wav")
    assert [each.name for each in await any_store.recordings("s")] == ["b.wav"]
    assert await any_store.recording("s", "a.wav") is None


async def test_resume_point(any_store: Store) -> None:
    """What a transcript needs to go on is its end, its people by their latest names, and its chat messages."""
    assert await any_store.resume_point("s") == ResumePoint(count=0, people=(), recent=(), chat={})
    said = [utterance(n, speaker="Dana") for n in range(1, 601)]
    said[0] = replace(said[0], user_id="9", speaker="Zoe")
    said[1] = replace(said[1], user_id="", speaker=UNKNOWN_SPEAKER)
    said[500] = replace(said[500], speaker="Dana (phone)", message_id="kept")
    said[501] = replace(said[501], user_id="8", speaker="Ann", message_id="gone")
    said[502] = replace(said[502], user_id="9", speaker=UNKNOWN_SPEAKER)
    said[503] = replace(said[503], user_id="8", speaker="Ann")
    for n in range(504, 600):
        said[n] = replace(said[n], speaker="Dana (phone)")
    for each in said:
        any_store.add_utterance(each)
    any_store.amend_utterance("s", 502, "")
    await any_store.flush()
    said[501] = replace(said[501], text="")
    assert await any_store.resume_point("s") == ResumePoint(
        count=600,
        people=(("9", "Zoe"), ("7", "Dana (phone)"), ("8", "Ann")),
        recent=tuple(said[-REMEMBERED:]),
        chat={"kept": 501},
    )


# Events


async def test_events(any_store: Store) -> None:
    """An event is there on return, once however often it came, and until it is handled."""
    for stream_id in ("s", "t", "s"):
        await any_store.add_event(event="started", stream_id=stream_id, event_ts=5, body=f"{{{stream_id}}}")
    await any_store.add_event(event="stopped", stream_id="s", event_ts=5, body="{stop}")
    await any_store.add_event(event="started", stream_id="s", event_ts=6, body="{again}")
    await any_store.spread()
    events = await any_store.events_to_handle()
    assert [each.body for each in events] == ["{s}", "{t}", "{stop}", "{again}"]
    any_store.event_handled(events[0].id)
    await any_store.flush()
    assert [each.body for each in await any_store.events_to_handle()] == ["{t}", "{stop}", "{again}"]
    await any_store.add_event(event="started", stream_id="s", event_ts=5, body="{s}")
    assert len(await any_store.events_to_handle()) == 3


async def test_a_failover_in_the_same_millisecond(any_store: Store) -> None:
    """A start of the same time that says something else, such as other servers, is another event."""
    for body in ("{a}", "{b}", "{a}"):
        await any_store.add_event(event="started", stream_id="s", event_ts=5, body=body)
    await any_store.spread()
    assert [each.body for each in await any_store.events_to_handle()] == ["{a}", "{b}"]


async def test_an_event_that_cannot_be_acted_on(any_store: Store) -> None:
    """A poisonous event is set aside and counted, and is not handed out again."""
    await any_store.add_event(event="started", stream_id="s", event_ts=5, body="{")
    await any_store.spread()
    [event] = await any_store.events_to_handle()
    any_store.event_set_aside(event.id, "it is not JSON")
    await any_store.flush()
    assert await any_store.events_to_handle() == []
    assert any_store.put_aside() == {"events": 1}


# Windows


async def test_windows(any_store: Store) -> None:
    """A window is there on return with its exact text, and waits until it is answered or given up."""
    any_store.put_stream(STREAM)
    first, second, other = window(1), window(2, last_n=4), window(1, route="other")
    for each in (second, first, other, first):
        await any_store.add_window(each, gaps_told=0)
    assert await any_store.window(first.window_id) == first
    assert await any_store.pending_windows("s", "r") == [pending(first), pending(second)]
    any_store.run_tried(first.window_id, attempts=2, failures=1, error="broke")
    await any_store.flush()
    assert await any_store.pending_windows("s", "r") == [
        pending(first, attempts=2, failures=1),
        pending(second),
    ]
    await any_store.run_ended(first.window_id, status=RunStatus.DONE, attempts=3, output=Output("Hi.", NEWS))
    await any_store.run_ended(
        second.window_id, status=RunStatus.FAILED, attempts=1, failures=1, error="no key"
    )
    assert await any_store.pending_windows("s", "r") == []
    runs = {run.window_id: run for run in await any_store.runs("s")}
    assert (runs["s:r:1"].status, runs["s:r:1"].output, runs["s:r:1"].error) == (RunStatus.DONE, "Hi.", "")
    assert runs["s:r:1"].news == NEWS
    assert runs["s:r:1"].ended_ms >= runs["s:r:1"].created_ms > 0
    failed = runs["s:r:2"]
    assert (failed.status, failed.attempts, failed.failures) == (RunStatus.FAILED, 1, 1)
    assert (failed.error, failed.meeting_uuid) == ("no key", "m==")
    assert runs["s:other:1"].status is RunStatus.PENDING
    assert runs["s:other:1"].ended_ms == 0


@pytest.mark.parametrize("other", [{"input_value": "other words"}, {"window_id": "another"}])
async def test_another_window_in_the_same_place(any_store: Store, other: dict[str, str]) -> None:
    """A window that is not stored is not sent: its writer is told, and the first one stays."""
    await any_store.add_window(window(1), gaps_told=0)
    with pytest.raises(WriteRefused):
        await any_store.add_window(replace(window(1), **other), gaps_told=0)  # type: ignore[arg-type]
    assert await any_store.pending_windows("s", "r") == [pending(window(1))]


async def test_another_utterance_in_the_same_place(any_store: Store) -> None:
    """Words that meet others of their position are put aside and told, never dropped in silence."""
    any_store.add_utterance(utterance(1))
    await any_store.flush()
    with structlog.testing.capture_logs() as logs:
        any_store.add_utterance(utterance(1, words=SECRET_WORDS))
        any_store.add_utterance(utterance(2))
        await any_store.flush()
    assert await any_store.utterances("s") == [utterance(1), utterance(2)]
    assert any_store.put_aside() == {"utterances": 1}
    [told] = logs
    assert (told["event"], told["table"], told["key"]) == (
        "store.put_aside",
        "utterances",
        {"stream_id": "s", "n": 1},
    )
    assert SECRET_WORDS not in repr(logs)


async def test_progress(any_store: Store) -> None:
    """How far a route has come is what its windows say."""
    nothing = RouteProgress(seq=0, last_n=0, gaps_told=0, started=False, final=None)
    assert await any_store.progress("s", "r") == nothing
    await any_store.add_window(window(1, kind=WindowKind.START, last_n=0), gaps_told=0)
    await any_store.add_window(window(2, last_n=7), gaps_told=1)
    assert await any_store.progress("s", "r") == RouteProgress(
        seq=2, last_n=7, gaps_told=1, started=True, final=None
    )
    await any_store.add_window(window(3, kind=WindowKind.FINAL, last_n=9), gaps_told=2)
    await any_store.add_window(replace(window(4, kind=WindowKind.ASK, last_n=12), first_n=11), gaps_told=2)
    await any_store.add_window(replace(window(5, kind=WindowKind.ASK, last_n=8), first_n=8), gaps_told=2)
    assert await any_store.progress("s", "r") == RouteProgress(
        seq=5, last_n=7, gaps_told=2, started=True, final=(9, 2), asked=(8, 11)
    )
    assert await any_store.progress("s", "other") == nothing


async def test_failed_runs_are_tried_again(any_store: Store) -> None:
    """What was given up waits again with its failures forgotten, and its stream has something to do."""
    any_store.put_stream(STREAM)
    for seq in (1, 2, 3):
        await any_store.add_window(window(seq), gaps_told=0)
    for seq in (1, 2):
        await any_store.run_ended(
            f"s:r:{seq}", status=RunStatus.FAILED, attempts=4, failures=4, error="broke"
        )
    any_store.stream_settled("s")
    await any_store.flush()
    assert {run.window_id for run in await any_store.failed_runs()} == {"s:r:1", "s:r:2"}
    assert len(await any_store.failed_runs(limit=1)) == 1
    assert await any_store.retry_runs(["s:r:2", "s:r:3", "nobody"]) == 1
    assert await any_store.pending_windows("s", "r") == [pending(window(2), attempts=4), pending(window(3))]
    await any_store.spread()
    assert [stream.stream_id for stream in await any_store.streams_to_settle()] == ["s"]
    assert await any_store.retry_runs(None) == 1
    assert await any_store.retry_runs(None) == 0


# What one row says is nobody else's fate


@pytest.mark.parametrize(
    "poison",
    [
        happening(name=HALF_AN_EMOJI),
        happening(stream_id=HALF_AN_EMOJI),
        happening(at_ms=2**70),
        happening(name=None),  # type: ignore[arg-type]
        happening(name=b"Dana"),  # type: ignore[arg-type]
        happening(name=["Dana"]),  # type: ignore[arg-type]
    ],
)
async def test_a_poisonous_row(any_store: Store, poison: Happening) -> None:
    """A row that no database takes is put aside; what is beside it is kept, and the writer lives on."""
    with structlog.testing.capture_logs() as logs:
        for n in range(1, 100):
            any_store.add_utterance(utterance(n))
            any_store.add_happening(poison if n == 50 else happening(at_ms=n))
        await asyncio.wait_for(any_store.flush(), 60)
    assert len(await any_store.utterances("s")) == 99
    assert [each.at_ms for each in await any_store.happenings("s")] == [n for n in range(1, 100) if n != 50]
    assert any_store.put_aside() == {"happenings": 1}
    assert [log["event"] for log in logs if log["event"] != "store.spilled"] == [
        "store.put_aside"
    ]  # a busy machine spills
    assert "Dana" not in repr(logs)
    assert await any_store.check() == ""


async def test_a_refusal_reaches_who_wrote(any_store: Store) -> None:
    """Who waits for a row that is refused is told, without what it said; others who wait are not disturbed."""
    any_store.put_stream(STREAM)
    bad = asyncio.create_task(
        any_store.add_window(replace(window(1), input_value=HALF_AN_EMOJI), gaps_told=0)
    )
    good = asyncio.create_task(any_store.add_window(window(2), gaps_told=0))
    flushed = asyncio.create_task(any_store.flush())
    with pytest.raises(WriteRefused) as refused:
        await bad
    assert "Dana" not in str(refused.value)
    await asyncio.gather(good, flushed)
    with pytest.raises(WriteRefused):
        await any_store.add_event(event="started", stream_id="s", event_ts=5, body=HALF_AN_EMOJI)
    with pytest.raises(WriteRefused):
        await any_store.run_ended("s:r:2", status=RunStatus.DONE, attempts=1, output=Output(HALF_AN_EMOJI))
    assert await any_store.pending_windows("s", "r") == [pending(window(2))]


@pytest.mark.parametrize("unkind", ["x" * 100_000, "'; DROP TABLE utterances; --", "🙂", "%s :key ? $1"])
async def test_any_answer(any_store: Store, unkind: str) -> None:
    """No text that a flow may answer takes the writer down."""
    await any_store.add_window(window(), gaps_told=0)
    await any_store.run_ended("s:r:1", status=RunStatus.DONE, attempts=1, output=Output(unkind))
    assert [run.output for run in await any_store.runs("s")] == [unkind]


# Deletions


async def fill(store: Store, stream_id: str = "s", *, meeting_uuid: str = "m==") -> None:
    """A stream with something in every table."""
    store.put_stream(replace(STREAM, stream_id=stream_id, meeting_uuid=meeting_uuid))
    store.add_utterance(utterance(1, stream_id=stream_id))
    store.add_happening(happening(stream_id))
    store.add_gap(Gap(stream_id=stream_id, from_ms=1, to_ms=2, reason="reconnect"))
    store.put_recording(replace(recording(stream_id), speaker="Dana"))
    await store.add_window(window(stream_id=stream_id), gaps_told=0)
    await store.add_event(event="started", stream_id=stream_id, event_ts=5, body="{Weekly}")


async def contents(store: Store, stream_id: str) -> list[object]:
    """All that is kept of a stream besides itself."""
    return [
        *await store.utterances(stream_id, deleted=True),
        *await store.happenings(stream_id),
        *await store.gaps(stream_id),
        *await store.runs(stream_id),
    ]


async def test_a_purged_meeting(any_store: Store) -> None:
    """Nothing of it stays but that its streams have ended, and which files there were; stragglers write nothing anew; others keep everything."""
    await fill(any_store)
    await fill(any_store, "other", meeting_uuid="other==")
    await any_store.add_deletion("m==", "consent was revoked")
    await any_store.purge("m==")
    any_store.add_utterance(utterance(2))
    any_store.add_happening(happening())
    any_store.add_gap(Gap(stream_id="s", from_ms=1, to_ms=2, reason="lost"))
    any_store.put_recording(recording())
    any_store.put_stream(replace(STREAM, state=StreamState.LIVE))
    with pytest.raises(WriteRefused, match="deleted"):
        await any_store.add_window(window(2), gaps_told=0)
    await any_store.flush()
    assert await contents(any_store, "s") == []
    assert await any_store.recordings("s") == [recording()]
    left = await any_store.stream("s")
    assert left is not None
    assert (left.meeting_uuid, left.state) == ("m==", StreamState.ENDED)
    assert (left.topic, left.meeting_id, left.server_urls) == ("", "", "")
    await any_store.spread()
    assert await any_store.streams_to_settle() == [replace(STREAM, stream_id="other", meeting_uuid="other==")]
    assert [event.body for event in await any_store.events_to_handle()] == ["{Weekly}"]
    assert len(await contents(any_store, "other")) == 4


async def test_a_later_stream_of_a_purged_meeting(any_store: Store) -> None:
    """Who agrees again begins anew: another try at the deletion leaves what came later alone."""
    await fill(any_store)
    await any_store.add_deletion("m==", "consent was revoked")
    await any_store.purge("m==")
    await fill(any_store, "later")
    await any_store.purge("m==")
    assert len(await contents(any_store, "later")) == 4
    assert [each.speaker for each in await any_store.recordings("later")] == ["Dana"]
    assert await contents(any_store, "s") == []


async def test_deletions(any_store: Store) -> None:
    """A deletion is work that waits: asked for twice it is there once, with its attempts, until it has ended."""
    await any_store.add_deletion("m==", "consent was revoked")
    [first] = await any_store.deletions()
    assert (first.meeting_uuid, first.why, first.attempts) == ("m==", "consent was revoked", 0)
    any_store.deletion_tried("m==", attempts=3, error="Langflow does not answer")
    await any_store.add_deletion("m==", "on request")
    assert await any_store.deletions() == [
        Deletion(
            meeting_uuid="m==",
            why="on request",
            requested_ms=first.requested_ms,
            attempts=3,
            error="Langflow does not answer",
        )
    ]
    await any_store.deletion_ended("m==")
    assert await any_store.deletions() == []


async def test_retention(any_store: Store) -> None:
    """Meetings that are over and old are named oldest first; others are not named."""
    streams = [
        ("old", "old==", 10, True),
        ("older", "older==", 5, True),
        ("busy-1", "busy==", 5, True),
        ("busy-2", "busy==", 6, False),
        ("again-1", "again==", 5, True),
        ("again-2", "again==", 100, True),
    ]
    for stream_id, meeting_uuid, started, settled in streams:
        stream = replace(STREAM, stream_id=stream_id, meeting_uuid=meeting_uuid, started_at_ms=started)
        any_store.put_stream(stream)
        any_store.add_utterance(utterance(1, stream_id=stream_id))
        if settled:
            any_store.stream_settled(stream_id)
    await any_store.flush()
    assert await any_store.expired_meetings(50, limit=9) == ["older==", "old=="]
    assert await any_store.expired_meetings(50, limit=1) == ["older=="]
    await any_store.add_deletion("older==", "it waits for a data folder that is away")
    assert await any_store.expired_meetings(50, limit=1) == ["old=="], (
        "one that cannot be ended keeps no other"
    )


async def test_prune(any_store: Store) -> None:
    """Handled events and empty streams go when they are old; what waits or holds words stays."""
    for stream_id, started in (("empty", 1), ("new", 99), ("words", 1)):
        any_store.put_stream(replace(STREAM, stream_id=stream_id, started_at_ms=started))
        any_store.stream_settled(stream_id)
    any_store.put_stream(replace(STREAM, stream_id="waits", started_at_ms=1))
    any_store.add_utterance(utterance(1, stream_id="words"))
    for stream_id in ("empty", "waits"):
        await any_store.add_event(event="started", stream_id=stream_id, event_ts=5, body="{}")
    await any_store.spread()
    any_store.event_handled((await any_store.events_to_handle())[0].id)
    await any_store.prune(50)
    left = [summary.stream.stream_id for summary in await any_store.stream_summaries(limit=9)]
    assert sorted(left) == ["new", "waits", "words"]
    assert len(await any_store.events_to_handle()) == 1


# When it is kept


async def test_nothing_waits(any_store: Store) -> None:
    """A store at rest has nothing waiting, and a flush of nothing returns."""
    await any_store.flush()
    assert any_store.waiting() == (0, 0, 0.0)
    any_store.add_utterance(utterance(1))
    rows, size, _ = any_store.waiting()
    assert (rows, size > 100) == (1, True)
    await any_store.flush()
    assert any_store.waiting() == (0, 0, 0.0)


async def test_closing_commits_the_rest(any_store_url: str, tmp_path: Path) -> None:
    """What is queued when the store is closed is kept, and opening again changes nothing."""
    async with open_store(any_store_url) as store:
        store.add_utterance(utterance(1))
    if not any_store_url.startswith("memory"):
        for _ in range(2):
            async with open_store(any_store_url) as store:
                assert await store.utterances("s") == [utterance(1)]


@pytest.mark.parametrize("count", [0, 1, PIECE - 1, PIECE, 2 * PIECE + 1])
async def test_a_meeting_of_any_length(any_store: Store, count: int) -> None:
    """It is read whole and in order, piece by piece; where so many are wanted, no more of it."""
    for n in range(1, count + 1):
        any_store.add_utterance(utterance(n))
    await any_store.flush()

    assert [each.n for each in await any_store.utterances("s")] == [*range(1, count + 1)]
    for limit in (1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE):
        some = await any_store.utterances("s", after=1, limit=limit)
        assert [each.n for each in some] == [*range(2, count + 1)][:limit]


async def test_a_write_about_several_rows(any_store: Store) -> None:
    """What a question may name by a list, a write may too, in every database."""
    for n in (1, 2, 3):
        any_store.add_utterance(utterance(n))
    any_store._delete("utterances", (*of_stream("s"), ("n", "in", (1, 3))))
    await any_store.flush()

    assert [each.n for each in await any_store.utterances("s")] == [2]
    assert any_store.put_aside() == {}
