"""Meetings that tests search in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.domain import Output, Product, RunStatus, Stream, Utterance, Window, WindowKind

if TYPE_CHECKING:
    from bridge.store.store import Store

BEGAN_MS = 1_763_805_600_000


def begin(
    store: Store, stream_id: str = "s", *, meeting_id: str = "812", topic: str = "Weekly", ago_ms: int = 0
) -> None:
    store.put_stream(
        Stream(
            stream_id=stream_id,
            product=Product.MEETING,
            meeting_uuid=f"{stream_id}==",
            server_urls="wss://x",
            event_ts=BEGAN_MS,
            meeting_id=meeting_id,
            topic=topic,
            started_at_ms=BEGAN_MS - ago_ms,
        )
    )


def say(
    store: Store,
    *texts: str,
    stream_id: str = "s",
    first_n: int = 1,
    speaker: str = "Dana",
    user_id: str = "7",
    language: int | None = 9,
) -> None:
    for n, text in enumerate(texts, first_n):
        store.add_utterance(
            Utterance(
                stream_id=stream_id,
                n=n,
                speaker=speaker,
                user_id=user_id,
                start_ms=BEGAN_MS + 1000 * n,
                end_ms=BEGAN_MS + 1000 * n + 900,
                text=text,
                language=language,
                message_id=f"m{n}",
            )
        )


async def tell(
    store: Store, *insights: dict[str, Any], stream_id: str = "s", seq: int = 1, approve: bool = False
) -> None:
    """A flow's answer with what it found."""
    window_id = f"{stream_id}:notes:{seq}"
    await store.add_window(
        Window(
            window_id=window_id,
            stream_id=stream_id,
            meeting_uuid=f"{stream_id}==",
            route="notes",
            flow="f",
            seq=seq,
            kind=WindowKind.LIVE,
            first_n=1,
            last_n=1,
            input_value="{}",
        ),
        gaps_told=0,
    )
    news = json.dumps(
        {"schema": "zoom-news/1", "insights": insights} | ({"approve": True} if approve else {})
    )
    await store.run_ended(window_id, status=RunStatus.DONE, attempts=1, output=Output("Hi.", news=news))


def insight(text: str, *evidence: str, name: str = "i1", kind: str = "decision") -> dict[str, Any]:
    return {"id": name, "kind": kind, "text": text, "evidence": list(evidence)}
