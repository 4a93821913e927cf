"""The examples as users run them: named by a routes file, called in a thread, with canned answers over HTTP."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bridge.domain import Window, WindowKind
from bridge.flow.call import open_calls
from bridge.flow.routes import read_routes
from tests.fakes.anthropic_api import serve

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    from tests.fakes.anthropic_api import FakeAnthropic

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
async def claude(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeAnthropic]:
    """A Messages API that the environment names."""
    async with serve() as fake:
        monkeypatch.setenv("ANTHROPIC_API_KEY", fake.key)
        monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
        yield fake


@pytest.fixture
def _fresh_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Examples are imported anew for each test, so that they read its environment."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    for example in EXAMPLES.glob("*.py"):
        sys.modules.pop(example.stem, None)


@pytest.fixture
def call(claude: FakeAnthropic, _fresh_modules: None) -> Callable[..., Awaitable[str]]:
    """Takes windows to routes of the examples' file: name, kind, and lines such as ``Dana: Hi.``."""
    routes = {route.name: route for route in read_routes(EXAMPLES / "routes.toml")}

    async def call(name: str, kind: str, *lines: str, seq: int = 1) -> str:
        window = Window(
            window_id=f"s:{name}:{seq}",
            stream_id="s",
            meeting_uuid="aB3/xY+z9Q==",
            route=name,
            flow=routes[name].target,
            seq=seq,
            kind=WindowKind(kind),
            first_n=0,
            last_n=0,
            input_value=json.dumps(window_of(name, kind, seq, lines)),
        )
        async with open_calls([routes[name]], beside=EXAMPLES) as calls:
            return (await calls.run(window, timeout_seconds=50)).text

    return call


def window_of(route: str, kind: str, seq: int, lines: tuple[str, ...]) -> dict[str, Any]:
    """A window as functions get it; each line is ``Name: words``."""
    said = [line.partition(": ") for line in lines]
    return {
        "schema": "zoom-window/1",
        "window_id": f"s:{route}:{seq}",
        "seq": seq,
        "kind": kind,
        "route": route,
        "meeting": {
            "uuid": "aB3/xY+z9Q==",
            "id": "",
            "topic": "Weekly",
            "started_at": "2026-11-22T10:00:00Z",
        },
        "stream_id": "s",
        "from_ms": 0,
        "to_ms": 0,
        "participants": [],
        "utterances": [
            {
                "id": f"u-{n:06d}",
                "speaker": speaker,
                "user_id": str(n),
                "start_ms": n,
                "end_ms": n,
                "text": text,
                "language": 9,
                "source": "speech",
            }
            for n, (speaker, _, text) in enumerate(said, 1)
        ],
        "gaps": [],
    }
