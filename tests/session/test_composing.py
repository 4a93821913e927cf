"""What happens while a window is put together in a thread: gaps, edits and words that come then are lost to nobody."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

import bridge.session.delivery
from bridge.domain import WindowKind
from bridge.flow.routes import WindowRule
from tests.fakes.waiting import until
from tests.session.test_asks import Way

if TYPE_CHECKING:
    from bridge.store.store import Store

SOON = WindowRule(min_words=0, max_words=9999, pause_seconds=0.05, max_seconds=0.1)
LONG_WORK = 120
"""Utterances of a window that a thread puts together."""


class Held:
    """Long windows are put together only when this lets them."""

    def __init__(self, compose: Any) -> None:
        self._compose = compose
        self.is_held = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, **of: Any) -> Any:
        if len(of["utterances"]) >= LONG_WORK and not self.go_on.is_set():
            self.is_held.set()
            assert self.go_on.wait(20)
        return self._compose(**of)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    held = Held(bridge.session.delivery.compose_window)
    monkeypatch.setattr(bridge.session.delivery, "compose_window", held)
    return held


def speak(way: Way) -> None:
    for n in range(LONG_WORK):
        way.say(f"word {n}", at_ms=1000 + n)


async def test_a_gap_is_told_by_the_next_window(store: Store, held: Held) -> None:
    """One that ends while a window is put together is not in it, and counts as told by none."""
    way = Way(store, WindowKind.LIVE, WindowKind.FINAL, rule=SOON)
    way.record.live()
    run = way.start()
    speak(way)
    await until(held.is_held.is_set)
    way.record.unheard()
    way.record.live()
    held.go_on.set()
    await until(lambda: len(way.langflow.sent) == 1)
    way.say("later")
    await until(lambda: len(way.langflow.sent) == 2)
    way.delivery.end()
    await run
    assert [len(window["gaps"]) for window in way.langflow.windows] == [0, 1, 1]


async def test_what_is_deleted_is_not_sent(store: Store, held: Held) -> None:
    """Nor is the text from before an edit."""
    way = Way(store, WindowKind.LIVE, rule=SOON)
    way.record.live()
    run = way.start()
    way.say("my password is hunter2", message_id="a", at_ms=998)
    way.say("at nine", message_id="b", at_ms=999)
    speak(way)
    await until(held.is_held.is_set)
    way.change("a", "")
    way.change("b", "at ten")
    held.go_on.set()
    await until(lambda: way.langflow.sent)
    way.delivery.stop()
    await run
    [window] = way.langflow.windows
    assert [said["text"] for said in window["utterances"][:2]] == ["at ten", "word 0"]
    assert "hunter2" not in way.langflow.sent[0].input_value


async def test_what_is_heard_during_the_final_window_gets_another(store: Store, held: Held) -> None:
    """As where another bridge hands its words over late."""
    way = Way(store, WindowKind.FINAL)
    way.record.live()
    run = way.start()
    speak(way)
    way.delivery.end()
    await until(held.is_held.is_set)
    way.say("what another bridge had heard")
    held.go_on.set()
    await run
    assert [len(window["utterances"]) for window in way.langflow.windows][-1] == LONG_WORK + 1
