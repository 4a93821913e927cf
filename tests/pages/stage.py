"""Meetings for the pages to show, put into a store as a bridge would have put them there."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bridge.domain import (
    Gap,
    Happening,
    HappeningKind,
    Output,
    Product,
    RunStatus,
    Source,
    Stream,
    StreamState,
    Usage,
    Utterance,
    Window,
    WindowKind,
)

if TYPE_CHECKING:
    from bridge.store.store import Store

BEGAN_MS = 1_763_805_600_000
"""22 November 2025, 10:00 UTC."""
PEOPLE = ("Maya Lindqvist", "Tomás Rey", "Ingrid Bauer", "Samuel Okafor")


def stream(stream_id: str = "s", **changes: Any) -> Stream:
    """A stream that is live."""
    fields: dict[str, Any] = {
        "product": Product.MEETING,
        "meeting_uuid": f"{stream_id}-uuid==",
        "meeting_id": "812 3456 7890",
        "topic": "Pilot at Harbor Clinics",
        "server_urls": "wss://zoom.us",
        "event_ts": BEGAN_MS,
        "started_at_ms": BEGAN_MS,
        "state": StreamState.LIVE,
    }
    return Stream(stream_id=stream_id, **(fields | changes))


def said(
    n: int, text: str = "", *, who: int = 0, at_s: float = -1, lasts_s: float = 4, **changes: Any
) -> Utterance:
    """Somebody's words; the n-th of a meeting in which somebody speaks every six seconds."""
    start = BEGAN_MS + round((at_s if at_s >= 0 else 6 * n) * 1000)
    fields: dict[str, Any] = {
        "stream_id": "s",
        "speaker": PEOPLE[who],
        "user_id": str(16_778_240 + 1024 * who),
        "start_ms": start,
        "end_ms": start + round(lasts_s * 1000),
        "text": text or f"This is sentence number {n}.",
        "language": 9,
        "source": Source.SPEECH,
    }
    return Utterance(n=n, **(fields | changes))


def chat(n: int, text: str, *, who: int = 0, **changes: Any) -> Utterance:
    """A chat message; one without text was deleted."""
    if not text:
        return replace(chat(n, "gone", who=who, **changes), text="")
    return said(n, text, who=who, lasts_s=0, source=Source.CHAT, message_id=f"m-{n}", **changes)


def happened(kind: HappeningKind, who: str, at_s: float, stream_id: str = "s") -> Happening:
    """Somebody came, left or shared."""
    return Happening(
        stream_id=stream_id, kind=kind, at_ms=BEGAN_MS + round(at_s * 1000), user_id=who, name=who
    )


def gap(from_s: float, to_s: float, stream_id: str = "s") -> Gap:
    """A stretch that was not heard."""
    return Gap(
        stream_id=stream_id,
        from_ms=BEGAN_MS + round(from_s * 1000),
        to_ms=BEGAN_MS + round(to_s * 1000),
        reason="reconnect",
    )


def insight(number: int, kind: str, text: str, *evidence: int, **more: Any) -> dict[str, Any]:
    """What a flow found."""
    return {
        "id": f"i-{number}",
        "kind": kind,
        "text": text,
        "evidence": [f"u-{n:06d}" for n in evidence],
        **more,
    }


def news(*insights: dict[str, Any], **parts: Any) -> str:
    """As a store keeps it."""
    return json.dumps({"schema": "zoom-news/1", "insights": list(insights), **parts})


@dataclass
class Windows:
    """Adds windows to a stream, with what became of them."""

    store: Store
    stream_id: str = "s"
    route: str = "action-items"
    seq: int = field(default=0)

    async def add(self, kind: WindowKind = WindowKind.LIVE) -> str:
        """A window that waits; gives its id."""
        self.seq += 1
        window_id = f"{self.stream_id}:{self.route}:{self.seq}"
        window = Window(
            window_id=window_id,
            stream_id=self.stream_id,
            meeting_uuid=f"{self.stream_id}-uuid==",
            route=self.route,
            flow="zoom-action-items",
            seq=self.seq,
            kind=kind,
            first_n=0,
            last_n=0,
            input_value="{}",
        )
        await self.store.add_window(window, gaps_told=0)
        return window_id

    async def done(
        self,
        output: str = "",
        told: str = "",
        kind: WindowKind = WindowKind.LIVE,
        took: Usage | None = None,
    ) -> None:
        """A window that was answered, and what models took for it."""
        window_id = await self.add(kind)
        await self.store.run_ended(
            window_id, status=RunStatus.DONE, attempts=1, output=Output(text=output, news=told, usage=took)
        )

    async def failed(self, error: str) -> None:
        """A window that was given up."""
        await self.store.run_ended(
            await self.add(), status=RunStatus.FAILED, attempts=3, failures=3, error=error
        )


SCRIPT = (
    (0, "Morning, everyone. Can you all hear me all right?"),
    (1, "Loud and clear. My neighbour's drill is also loud and clear, so sorry in advance."),
    (2, "Good morning! Oh, is that the new kitchen still?"),
    (1, "Week seven. I know the drill by name now."),
    (0, "Samuel, welcome. Thanks for making the time before your rounds."),
    (3, "Good morning. I have until half past, and then I do have to leave."),
    (
        0,
        "Perfect, that's all we need. So, the pilot at Harbor Clinics. Three things today: the start date, the data move, and the reminders.",
    ),
    (0, "Tomás, do you want to start with the data move?"),
    (1, "Sure. So we ran the import on last year's bookings, about forty thousand rows."),
    (1, "It works, mostly. Two hundred rows had a birthday in the future, which, you know, good for them."),
    (3, "That will be the old form. The year field there had two digits."),
    (1, "I'll fix the date import and send Samuel a clean test report by Wednesday."),
    (3, "Wednesday works, thank you."),
    (1, "One thing, yeah. The old system only lets us export at night, and it fails about one time in five."),
    (
        1,
        "So there's a risk that the move doesn't finish in one weekend, and then you'd open on Monday with two calendars.",
    ),
    (
        3,
        "Two calendars would be, hmm, quite dangerous for us. We would have double bookings in the first hour.",
    ),
    (2, "Could we move on the Friday before the holiday, so that there are three nights?"),
    (0, "Agreed: we move the data over the long weekend, and the pilot starts on Tuesday the ninth."),
    (2, "Then I'll write to the front desks and tell them when to expect us."),
    (0, "Great. Who signs off the reminder texts?"),
)


async def whole_meeting(store: Store, stream_id: str = "s", **changes: Any) -> None:
    """A meeting with everything that a page can show; over, unless the changes say otherwise."""
    over = {"state": StreamState.ENDED, "end_reason": "meeting ended"}
    told = stream(stream_id, **(over | changes))
    store.put_stream(told)
    at = 0.0
    for name in PEOPLE[:3]:
        store.add_happening(happened(HappeningKind.PRESENT, name, 0, stream_id))
    store.add_happening(happened(HappeningKind.PRESENT, "Priya Nair", 0, stream_id))
    store.add_happening(happened(HappeningKind.JOINED, PEOPLE[3], 15, stream_id))
    store.add_happening(happened(HappeningKind.SHARING_STARTED, PEOPLE[1], 43, stream_id))
    store.add_happening(happened(HappeningKind.SHARING_STOPPED, PEOPLE[1], 71, stream_id))
    for n, (who, text) in enumerate(SCRIPT, 1):
        lasts = len(text) / 16
        at += 11 if n == 14 else 0
        store.add_utterance(said(n, text, who=who, at_s=at, lasts_s=lasts, stream_id=stream_id))
        at += lasts + 0.4
    n = len(SCRIPT)
    store.add_utterance(
        chat(
            n + 1,
            "The report template: https://intranet.example/reports/17",
            who=1,
            at_s=at,
            stream_id=stream_id,
        )
    )
    store.add_utterance(chat(n + 2, "", who=2, at_s=at + 3, stream_id=stream_id))
    store.add_gap(gap(58.5, 69.5, stream_id))
    windows = Windows(store, stream_id)
    await windows.done()
    await windows.done(
        "Action item: Tomás fixes the date import and sends Samuel a clean test report (by Wednesday).",
        news(
            insight(
                1,
                "action_item",
                "Fix the date import and send Samuel a clean test report",
                12,
                owner="Tomás Rey",
                due="Wednesday",
            ),
            insight(2, "risk", "The data move may not finish in one weekend; two calendars on Monday", 15),
        ),
        took=Usage(2310, 184, 9140),
    )
    await windows.failed("the flow's model answered 429 three times; it asks to wait")
    await windows.done(
        "Decision: the data moves over the long weekend.\nAction item: Ingrid tells the front desks.",
        news(
            insight(
                3, "decision", "Data moves over the long weekend; the pilot starts on Tuesday the ninth", 18
            ),
            insight(
                4,
                "action_item",
                "Write to the front desks and tell them when to expect us",
                19,
                owner="Ingrid Bauer",
            ),
            insight(5, "question", "Who signs off the reminder texts?", 20),
            summary={
                "text": "The team plans the pilot at Harbor Clinics. Bookings were imported; 200 rows with wrong birthdays will be fixed.\nThe data moves over the long weekend and the pilot starts on Tuesday the ninth."
            },
        ),
        took=Usage(3120, 240, -1),
    )
    if told.state is StreamState.ENDED:
        store.stream_settled(stream_id)
    await store.flush()
