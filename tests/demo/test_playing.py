"""The demo's meeting, to its end, or to the sentence that says why it has none."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.demo.run import open_page, play
from bridge.demo.view import View
from bridge.errors import BridgeError, StoreError
from bridge.simulator.meeting import Meeting

if TYPE_CHECKING:
    from bridge.domain import Run


class Stage:
    """A stand-in for Zoom that plays at once, and a bridge of which no run is ever there."""

    def __init__(self, error: StoreError | None = None) -> None:
        self.error = error
        self.webhook_url = "http://bridge/webhook"
        self.store = self

    async def play(self, meeting: Meeting, **_: Any) -> None: ...

    async def runs(self, stream_id: str) -> list[Run]:
        if self.error:
            raise self.error
        return []


@pytest.mark.parametrize(
    ("error", "told"),
    [(None, "the final summary was not there"), (StoreError("the store is away"), "the store is away")],
)
async def test_why_there_is_no_summary(
    monkeypatch: pytest.MonkeyPatch, error: StoreError | None, told: str
) -> None:
    """One error, which the command says in a sentence."""
    monkeypatch.setattr("bridge.demo.run.SETTLE_SECONDS", 0.01)
    stage: Any = Stage(error)
    with pytest.raises(BridgeError, match=told):
        await play(
            Meeting(title="weekly", lines=()),
            1.0,
            stage,
            stage,
            View(io.StringIO()),
            stream_id="s",
            topic="weekly",
            begun=lambda: None,
        )


@pytest.mark.parametrize(
    ("name", "opened"),
    [("firefox", ["page"]), ("/usr/bin/code-open", ["page"]), ("/usr/bin/w3m", []), ("lynx", [])],
)
def test_a_browser(monkeypatch: pytest.MonkeyPatch, name: str, opened: list[str]) -> None:
    """One with a window is told the page; one that would take the demo's terminal is not."""
    pages: list[str] = []
    browser = SimpleNamespace(name=name, open=pages.append)
    monkeypatch.setattr("webbrowser.get", lambda: browser)
    open_page("page")
    assert pages == opened
