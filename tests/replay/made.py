"""Small outcomes of replays, made by hand."""

from __future__ import annotations

import json
from typing import Any

from bridge.domain import RunStatus, WindowKind
from bridge.replay.outcome import Answer, Between, Flow, Meeting, Outcome, Said, Trial

BEGAN_MS = 1_795_946_400_000
LINES = [
    "Dana: I'll send the contract to the supplier by Friday.",
    "Ravi: And I will book the room for the audit.",
    "Mia: So we decided to drop the fax.",
    "Dana: Agreed, the fax goes.",
    "Ravi: Who pays for the scanner?",
    "Mia: No idea.",
]


def meeting(name: str = "weekly", lines: list[str] | None = None) -> Meeting:
    """A meeting in which something is said every ten seconds, for nine."""
    said = [line.split(": ", 1) for line in lines or LINES]
    return Meeting(
        name=name,
        stream_id=f"s-{name}",
        meeting_id="812",
        topic=name,
        began_ms=BEGAN_MS,
        said=tuple(
            Said(
                n=n,
                speaker=who,
                start_ms=BEGAN_MS + (n - 1) * 10_000,
                end_ms=BEGAN_MS + (n - 1) * 10_000 + 9_000,
                text=text,
            )
            for n, (who, text) in enumerate(said, start=1)
        ),
    )


def insight(
    name: str, text: str, *at: int, kind: str = "action_item", owner: str = "", due: str = ""
) -> dict[str, Any]:
    """An insight as the Ledger tells it."""
    evidence = [f"u-{n:06d}" for n in at]
    return {"id": name, "kind": kind, "text": text, "owner": owner, "due": due, "evidence": evidence}


def answer(
    seq: int,
    *insights: dict[str, Any],
    text: str = "",
    kind: WindowKind = WindowKind.LIVE,
    closed_s: float = 60,
    seconds: float = 1.0,
    minutes: str = "",
    status: RunStatus = RunStatus.DONE,
    error: str = "",
) -> Answer:
    """A window's answer."""
    news: dict[str, Any] = {"schema": "zoom-news/1", "insights": list(insights)}
    if minutes:
        news["summary"] = {"text": minutes, "attendees": []}
    return Answer(
        seq=seq,
        kind=kind,
        closed_ms=BEGAN_MS + round(closed_s * 1000),
        utterances=3,
        words=20,
        status=status,
        attempts=1,
        seconds=seconds,
        text=text,
        news=json.dumps(news) if insights or minutes else "",
        error=error,
    )


def trial(flow: str, *answers: Answer, of: str = "weekly", tokens: int = 0, stopped: str = "") -> Trial:
    """A flow's way through a meeting."""
    return Trial(meeting=of, flow=flow, answers=answers, tokens=tokens, stopped=stopped)


def outcome(*trials: Trial, meetings: tuple[Meeting, ...] = (), between: tuple[Between, ...] = ()) -> Outcome:
    """What came out; the flows are those of the trials."""
    names = list(dict.fromkeys(each.flow for each in trials))
    flows = tuple(Flow(name=name, title=name.title()) for name in names)
    return Outcome(meetings=meetings or (meeting(),), flows=flows, trials=trials, between=between)


CONTRACT = insight("a", "Send the contract to the supplier", 1, owner="Dana", due="Friday")
QUOTED = insight(
    "q", "Dana, 00:00: “I'll send the contract to the supplier by Friday.”", 1, owner="Dana", due="by Friday"
)
ROOM = insight("b", "Book the room for the audit", 2, owner="Ravi")
FAX = insight("c", "The fax is dropped", 3, 4, kind="decision")
