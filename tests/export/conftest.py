from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.domain import Gap, Product, Source, Stream, StreamState, Utterance
from bridge.export.meeting import Told, told
from bridge.flow.news import Insight, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

STARTED_MS = 1_764_410_400_000
"""2025-11-29 10:00:00 UTC."""
STREAM = Stream(
    stream_id="s",
    meeting_uuid="aB3/xY+z9Q==",
    product=Product.MEETING,
    server_urls="",
    event_ts=STARTED_MS,
    meeting_id="123",
    topic="Weekly <b>#1</b> --> plans",
    started_at_ms=STARTED_MS,
    state=StreamState.ENDED,
)
PROMISE = Insight(
    id="i-1",
    kind="action_item",
    text="Send the *signed* contract",
    owner="Dana",
    due="by Friday",
    evidence=("u-000002", "u-000003"),
    answer="",
    record_name="OPS-1",
    record_url="https://jira.example/browse/OPS-1",
    route="r",
    window_id="s:r:1",
)


def said(
    n: int, speaker: str, text: str, *, at_ms: int, lasts_ms: int = 1_500, chat: bool = False
) -> Utterance:
    return Utterance(
        stream_id="s",
        n=n,
        speaker=speaker,
        user_id=str(100 + n % 3),
        start_ms=STARTED_MS + at_ms,
        end_ms=STARTED_MS + at_ms + lasts_ms,
        text=text,
        source=Source.CHAT if chat else Source.SPEECH,
    )


def meeting(*utterances: Utterance, insights: Sequence[Insight] = (), minutes: str = "") -> Told:
    summary = Summary(text=minutes, attendees=("Dana",), route="r", window_id="s:r:2") if minutes else None
    gap = Gap(stream_id="s", from_ms=STARTED_MS + 4_000, to_ms=STARTED_MS + 39_000, reason="reconnect")
    return told(STREAM, utterances=utterances, gaps=[gap], insights=insights, summary=summary)
