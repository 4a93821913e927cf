"""What pages ask of a store, on each kind of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.domain import HappeningKind, RunStatus, StreamState
from tests.pages.stage import Windows, chat, gap, happened, said, stream

if TYPE_CHECKING:
    from bridge.store.store import Store


async def test_looking_on(any_store: Store) -> None:
    """Who is live, what is over, who spoke, how far each stream has come, and how chat reads now."""
    store = any_store
    for n in range(5):
        over = n < 4
        state = (StreamState.ENDED, StreamState.LOST)[n % 2] if over else StreamState.LIVE
        store.put_stream(stream(f"s{n}", state=state, started_at_ms=100 if n in (1, 2) else 200 + n))
        if over:
            store.stream_settled(f"s{n}")
    store.put_stream(stream("deleted", state=StreamState.ENDED, started_at_ms=100, server_urls=""))
    store.stream_settled("deleted")
    for n, name in enumerate(("Noor", "Dana", "Noor"), 1):
        store.add_utterance(said(n, speaker=name, user_id=name, stream_id="s4"))
    store.add_utterance(chat(4, "a slip", stream_id="s4", speaker="Eli"))
    store.add_utterance(chat(5, "first", stream_id="s4", speaker="Eli"))
    store.amend_utterance("s4", 4, "")
    store.amend_utterance("s4", 5, "second")
    store.add_gap(gap(1, 2, "s4"))
    store.add_happening(happened(HappeningKind.JOINED, "Dana", 1, "s4"))
    store.add_happening(happened(HappeningKind.LEFT, "Dana", 2, "s4"))
    windows = Windows(store, "s4")
    await windows.done("ok")
    await windows.failed("broke")
    await windows.add()
    await store.flush()

    assert [each.stream_id for each in await store.unsettled(limit=9)] == ["s4"]
    assert [each.stream_id for each in await store.past_streams(before_ms=2**62, limit=9)] == [
        "s3",
        "s0",
        "s2",
        "s1",
    ]
    twins = await store.past_streams(before_ms=200, limit=1)
    assert [each.stream_id for each in twins] == ["s2", "s1"]
    assert await store.past_streams(before_ms=100, limit=9) == []

    spoke = await store.speakers(["s4", "s0", "none"])
    assert spoke == {"s4": [("Noor", 2), ("Dana", 1), ("Eli", 2)], "s0": [], "none": []}

    pulses = await store.pulses(["s4", "s0", "none"])
    assert set(pulses) == {"s4", "s0"}
    pulse = pulses["s4"]
    assert (pulse.settled, pulses["s0"].settled, pulse.gaps, pulse.happenings) == (False, True, 1, 2)
    assert [pulse.count(status) for status in RunStatus] == [1, 1, 1]
    assert (pulse.last_window_ms > 0, pulses["s0"].last_window_ms, pulses["s0"].runs) == (True, 0, ())
    assert (await store.pulses(["s4"]))["s4"] == pulse, "nothing has happened"
    await store.run_ended("s4:action-items:3", status=RunStatus.DONE, attempts=1)
    assert (await store.pulses(["s4"]))["s4"] != pulse

    assert [(each.n, each.text) for each in await store.chat("s4")] == [(4, ""), (5, "second")]
