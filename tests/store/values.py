"""Values that the store's tests write."""

from __future__ import annotations

from typing import Final

from bridge.domain import Product, Stream, Utterance, Window, WindowKind

SECRET_WORDS: Final = "the merger is off"
STREAM: Final = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="m==",
    server_urls="wss://a",
    event_ts=5,
    meeting_id="812",
    topic="Weekly",
    started_at_ms=5,
)


def utterance(
    n: int, *, stream_id: str = "s", words: str = "Yes — 日本語.", speaker: str = "Dana"
) -> Utterance:
    return Utterance(
        stream_id=stream_id,
        n=n,
        speaker=speaker,
        user_id="7",
        start_ms=n,
        end_ms=n + 1,
        text=words,
        language=9,
    )


def window(
    seq: int = 1,
    *,
    kind: WindowKind = WindowKind.LIVE,
    route: str = "r",
    last_n: int = 1,
    stream_id: str = "s",
) -> Window:
    return Window(
        window_id=f"{stream_id}:{route}:{seq}",
        stream_id=stream_id,
        meeting_uuid="m==",
        route=route,
        flow="f",
        seq=seq,
        kind=kind,
        first_n=min(1, last_n),
        last_n=last_n,
        input_value=f"{SECRET_WORDS} {seq}",
    )
