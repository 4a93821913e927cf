"""What can be written. Writes are queued in order and never wait, unless their caller asks to know that they are kept."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bridge.domain import NO_OUTPUT, PassageKind, RunStatus, StreamState
from bridge.errors import WriteRefused
from bridge.flow.usage import UNKNOWN, others, usage_of
from bridge.store.query import Op, Write, of_stream
from bridge.store.rows import to_row

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable

    from bridge.domain import Delivery, Gap, Happening, Output, Recording, Stream, Usage, Utterance, Window
    from bridge.store.query import Row, Value, Where
    from bridge.store.writer import Writer


REOPENED: Final = -1
"""When the socket was last seen of a stream that had been settled: it was over, and everybody had heard of it."""
NOTHING_AMENDED: Final = 2**31
"""Behind every position."""
MOST_PAID: Final = 20_000
"""Windows that are remembered as having told what they took: some megabytes."""
OF_WORDS: Final = (("kind", "=", PassageKind.WORDS.value),)


class Writes:
    """Changes. What is awaited is committed on return; the others within moments."""

    def __init__(self, writer: Writer, clock: Callable[[], float]) -> None:
        """``clock`` gives UTC seconds."""
        self._writer = writer
        self._clock = clock
        self._closed: set[str] = set()
        """Streams of deleted meetings: nothing is written of them any more."""
        self._changed: dict[str, int] = {}
        """Streams of which words came that can be searched for, with the first position that was changed;
        :data:`NOTHING_AMENDED` where none was."""
        self._news: set[str] = set()
        """Windows whose answers told something that can be searched for."""
        self._paid: set[str] = set()
        """Windows of which is written what they took; each later answer of their meeting tells it again."""

    async def flush(self) -> None:
        """Return when everything written so far is committed or put aside, that which is on its way included."""
        await self._writer.written()

    # Events

    def add_event(self, *, event: str, stream_id: str, event_ts: int, body: str) -> asyncio.Future[None]:
        """Keep an event of Zoom's; the same event again changes nothing.

        Queued on return; done once it is committed. Holds :class:`WriteRefused` where the database does not take it.
        """
        row: Row = {
            "event": event,
            "stream_id": stream_id,
            "event_ts": event_ts,
            "digest": hashlib.sha256(body.encode(errors="surrogatepass")).hexdigest(),
            "body": body,
            "received_ms": self._now_ms(),
            "handled": False,
            "put_aside": "",
        }
        return self._writer.dealt_with(self._writer.add(Write(Op.INSERT, "events", row)))

    def event_handled(self, event_id: int) -> None:
        """An event has been acted on, and need not be after a restart; what it said is no longer needed."""
        self._update("events", (("id", "=", event_id),), handled=True, body="")

    def event_set_aside(self, event_id: int, why: str) -> None:
        """An event cannot be acted on, now or later. ``why`` holds nothing of what it said."""
        self._writer.refused["events"] += 1
        self._update("events", (("id", "=", event_id),), handled=True, put_aside=why)

    # Streams

    def put_stream(self, stream: Stream) -> None:
        """Add a stream, or replace what is known of it."""
        known = tombstone(stream) if stream.stream_id in self._closed else stream
        self._writer.add(Write(Op.UPSERT, "streams", {**to_row(known), "last_seen_ms": 0, "settled": False}))

    def stream_seen(self, stream_id: str, at_ms: int) -> None:
        """The stream's media socket was alive at a time; what is missed after a crash starts there."""
        self._update("streams", of_stream(stream_id), last_seen_ms=at_ms)

    def stream_settled(self, stream_id: str) -> None:
        """Nothing is left to do for an ended stream; what its answered windows carried is in its utterances."""
        self._update("streams", of_stream(stream_id), settled=True)
        self._update(
            "windows", (*of_stream(stream_id), ("status", "=", RunStatus.DONE.value)), input_value=""
        )

    def stream_unsettled(self, stream_id: str) -> None:
        """There is something to do for a stream again, for whichever routes there are."""
        self._update("streams", of_stream(stream_id), settled=False)

    def stream_reopened(self, stream_id: str) -> None:
        """Something is to be sent again, or was approved, in a stream that is over; one that is not settled goes on as it is."""
        settled = (*of_stream(stream_id), ("settled", "=", True))
        self._update("streams", settled, settled=False, last_seen_ms=REOPENED)

    # What was said and done

    def add_utterance(self, utterance: Utterance) -> None:
        """Keep an utterance."""
        self._changed.setdefault(utterance.stream_id, NOTHING_AMENDED)
        self._add_of_stream("utterances", to_row(utterance))

    def amend_utterance(self, stream_id: str, n: int, text: str) -> None:
        """A chat message was edited; an empty text is that of one that was deleted.

        By its old words it is not found any more.
        """
        self._update("utterances", (*of_stream(stream_id), ("n", "=", n)), text=text)
        self._delete("passages", (*of_stream(stream_id), *OF_WORDS, ("last_n", ">=", n)))
        self._changed[stream_id] = min(n, self._changed.get(stream_id, n))

    def add_happening(self, happening: Happening) -> None:
        """Keep who came, left or shared a screen."""
        self._add_of_stream("happenings", to_row(happening))

    def add_gap(self, gap: Gap) -> None:
        """Keep a stretch that was not received."""
        self._add_of_stream("gaps", to_row(gap))

    def put_recording(self, recording: Recording) -> None:
        """Add a file of sound or pictures, or replace what is known of it."""
        if recording.stream_id not in self._closed:
            self._writer.add(Write(Op.UPSERT, "recordings", to_row(recording)))

    # Windows

    async def add_window(self, window: Window, *, gaps_told: int) -> None:
        """Keep a window with its exact text, before it is sent. Committed on return.

        Raises:
            WriteRefused: The database does not take it, another window has its place, or its meeting is deleted.
        """
        fresh: Row = {
            "status": RunStatus.PENDING.value,
            "attempts": 0,
            "failures": 0,
            "output": "",
            "news": "",
            "error": "",
            "ended_ms": 0,
            **to_row(UNKNOWN),
        }
        told: Row = {"gaps_told": gaps_told, "created_ms": self._now_ms()}
        number = self._add_of_stream("windows", {**to_row(window), **told, **fresh})
        if number is None:
            raise WriteRefused("The window's meeting has been deleted.")
        await self._writer.written(number)

    def run_tried(self, window_id: str, *, attempts: int, failures: int = 0, error: str) -> None:
        """An attempt did not succeed and another follows; ``failures`` are those of the flow itself."""
        self._update("windows", _run(window_id), attempts=attempts, failures=failures, error=error)

    async def run_ended(
        self,
        window_id: str,
        *,
        status: RunStatus,
        attempts: int,
        failures: int = 0,
        output: Output = NO_OUTPUT,
        error: str = "",
        deliveries: Iterable[Delivery] = (),
    ) -> None:
        """A window is answered or given up. Committed on return, with the next group.

        ``deliveries`` tell of it, and are committed with it or before. So is what it tells of earlier windows of its
        stream and route that had nothing to tell it with.

        Raises:
            WriteRefused: The database does not take the answer.
        """
        self.add_deliveries(deliveries)
        if output.news:
            self._news.add(window_id)
        self._add_paid(others(window_id, output))
        usage = usage_of(window_id, output)
        told = to_row(usage) if usage is not None else {}
        if told:
            self._paid.add(window_id)
        number = self._update(
            "windows",
            _run(window_id),
            status=status.value,
            attempts=attempts,
            failures=failures,
            output=output.text,
            news=output.news,
            error=error,
            ended_ms=self._now_ms(),
            **told,
        )
        await self._writer.written(number, urgent=False)

    def _add_paid(self, told: Iterable[tuple[str, Usage]]) -> None:
        """Keep what earlier windows took, where that is not known."""
        if len(self._paid) > MOST_PAID:
            self._paid.clear()  # what is written again changes nothing
        for earlier, took in told:
            if earlier not in self._paid:
                self._paid.add(earlier)
                unknown = (*_run(earlier), ("input_tokens", "=", -1))
                self._update("windows", unknown, **to_row(took))

    # Deliveries

    def add_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Keep what webhook endpoints are to be told; what has an id that is known changes nothing."""
        for delivery in deliveries:
            self._add_of_stream("deliveries", to_row(delivery))

    # Deletions

    def deletion_tried(self, meeting_uuid: str, *, attempts: int, error: str) -> None:
        """A meeting is not deleted everywhere yet; ``error`` says what is left, without meeting content."""
        self._update("deletions", (("meeting_uuid", "=", meeting_uuid),), attempts=attempts, error=error)

    def deletion_due(self, meeting_uuid: str) -> None:
        """What was asked for a later time may be deleted now, whatever the clock of the bridge that deletes tells."""
        self._update("deletions", (("meeting_uuid", "=", meeting_uuid),), requested_ms=0)

    async def deletion_ended(self, meeting_uuid: str) -> None:
        """A meeting is deleted everywhere. Committed on return."""
        self._delete("deletions", (("meeting_uuid", "=", meeting_uuid),))
        await self.flush()

    # Making

    def _add_of_stream(self, table: str, row: Row, op: Op = Op.INSERT) -> int | None:
        """Add a row that belongs to a stream, unless its meeting was deleted: then ``None``."""
        return None if row["stream_id"] in self._closed else self._writer.add(Write(op, table, row))

    def _update(self, table: str, where: Where, **values: Value) -> int:
        return self._writer.add(Write(Op.UPDATE, table, values, where))

    def _delete(self, table: str, where: Where) -> int:
        return self._writer.add(Write(Op.DELETE, table, {}, where))

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def tombstone(stream: Stream) -> Stream:
    """What stays of a deleted meeting's stream, so that it is not taken for a new one."""
    reason = stream.end_reason or "the meeting was deleted"  # in the bridge's own words, which name nobody
    return replace(
        stream, meeting_id="", topic="", server_urls="", end_reason=reason, state=StreamState.ENDED
    )


def _run(window_id: str) -> tuple[tuple[str, str, str]]:
    return (("window_id", "=", window_id),)
