"""The bridge's whole way in one event loop: a simulated Zoom, the bridge, a stand-in for Langflow; all on real sockets."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx

from bridge.app import running_bridge
from bridge.domain import Source, StreamState
from bridge.flow.routes import Route, WindowRule
from bridge.settings import Settings
from bridge.simulator.meeting import FIRST_USER_ID, Line, Meeting
from bridge.simulator.progress import Step
from bridge.simulator.zoom import Simulator
from tests.fakes.run_api import API_KEY, FLOW, RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from bridge.app import Bridge
    from bridge.domain import Stream
    from bridge.simulator.outcome import Outcome
    from bridge.simulator.playback import Playback
    from bridge.simulator.progress import Progress
    from bridge.store.store import Store

CLIENT_ID = "client-id"
CLIENT_SECRET = "client-secret-K7"
SECRET_TOKEN = "secret-token-Q4"
PEOPLE = ("Dana Whitfield", "Eli Sørensen", "Noor Rahimi")
QUICK = WindowRule(max_seconds=0.08, max_words=200, pause_seconds=0.04, min_words=4)
"""Windows for a meeting that takes half a second."""
ROUTE = Route(name="notes", flow=FLOW, window=QUICK)


def simulator(**changes: Any) -> Simulator:
    """A Zoom that the bridge's app is registered with."""
    options: dict[str, Any] = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "secret_token": SECRET_TOKEN,
        "keep_alive_seconds": 0.05,
        "farewell_seconds": 0.05,
    }
    return Simulator(**(options | changes))


def meeting(lines: int = 40, *, every_ms: int = 7, chat: bool = False, title: str = "weekly") -> Meeting:
    """Three people in turn, one line each some milliseconds; no two lines are the same."""
    return Meeting(
        title=title,
        lines=tuple(
            Line(
                start_ms=n * every_ms,
                end_ms=(n + 1) * every_ms,
                user_id=FIRST_USER_ID + 1024 * (n % len(PEOPLE)),
                speaker=PEOPLE[n % len(PEOPLE)],
                text=f"The {title} meeting reached sentence number {n}.",
                source=Source.CHAT if chat and n % 5 == 4 else Source.SPEECH,
            )
            for n in range(lines)
        ),
    )


class Journey:
    """The three of them, and the questions that tests ask of them."""

    def __init__(self, zoom: Simulator, api: RunApi, database: Path) -> None:
        self.zoom, self.api = zoom, api
        self.settings_changes: dict[str, Any] = {}
        self.progress: list[Progress] = []
        self._database_url = f"sqlite+aiosqlite:///{database}"

    @asynccontextmanager
    async def bridge(self, *routes: Route) -> AsyncIterator[Bridge]:
        """A bridge; the next one goes on with the same store."""
        settings = Settings(
            **{
                "zoom_secret_token": self.zoom.secret_token,
                "ZOOM_CLIENT_ID": CLIENT_ID,
                "ZOOM_CLIENT_SECRET": CLIENT_SECRET,
                "langflow_url": self.api.url,
                "langflow_api_key": API_KEY,
                "bridge_port": 0,
                "bridge_admin_port": 0,
                "bridge_store_url": self._database_url,
                "bridge_allowed_hosts": "127.0.0.1",
                "bridge_keep_days": 0,  # tests speak of meetings of years ago
                **self.settings_changes,
            }
        )
        async with running_bridge(settings, routes or [ROUTE]) as bridge:
            yield bridge

    async def play(self, bridge: Bridge, spoken: Meeting | None = None, **options: Any) -> Outcome:
        """A whole meeting; Zoom's retries of webhooks come quickly."""
        return await self.zoom.play(
            spoken or meeting(),
            webhook_url=bridge.webhook_url,
            progress=self.progress.append,
            **({"webhook_retry_seconds": (0.1,) * 50} | options),
        )

    async def said(self, lines: int) -> Playback:
        """The only meeting that is played, once so many lines of it were said."""
        await until(lambda: any(each.said >= lines for each in self.progress))
        (playback,) = self.zoom.playbacks.values()
        return playback

    async def ready(self, bridge: Bridge, times: int) -> None:
        """Wait until the only meeting was begun to be heard, or again, so many times: as Zoom sees it, and the bridge too."""
        await until(lambda: sum(each.step is Step.READY for each in self.progress) >= times)

        async def heard() -> bool:
            await bridge.store.flush()
            newest = await bridge.store.stream_summaries(limit=1)
            return [each.stream.state for each in newest] == [StreamState.LIVE]

        await until(heard)

    async def live_windows(self, count: int) -> None:
        """Wait until so many live windows were sent."""
        await until(lambda: sum(run.window["kind"] == "live" for run in self.api.runs) >= count)

    async def settled(self, store: Store, seconds: float = 30) -> None:
        """Wait until nothing is left to do for any stream; events first, since streams come from them."""

        async def done() -> bool:
            return not await store.events_to_handle() and not await store.streams_to_settle()

        await until(done, seconds=seconds)

    async def settled_events(self, store: Store) -> None:
        """Wait until every event was acted on."""

        async def done() -> bool:
            return not await store.events_to_handle()

        await until(done)

    async def stream(self, store: Store, outcome: Outcome) -> Stream:
        """The stream as it is stored."""
        stream = await store.stream(outcome.stream_id)
        assert stream is not None
        return stream

    def check(self, outcome: Outcome, *, route: str = ROUTE.name, in_flight: int = 0) -> list[dict[str, Any]]:
        """All that was delivered to the bridge is in exactly one live window, and in the final one; gives all windows.

        ``in_flight`` lines may be missing: where a socket was cut, on their way then.
        """
        sent = [
            window for window in self.api.windows(route=route) if window["stream_id"] == outcome.stream_id
        ]
        once = {window["window_id"]: window for window in sent}
        windows = sorted(once.values(), key=lambda window: int(window["seq"]))
        assert [window["seq"] for window in windows] == list(range(1, len(windows) + 1))
        live = [said for window in windows if window["kind"] == "live" for said in window["utterances"]]
        (final,) = [window for window in windows if window["kind"] == "final"]
        assert final is windows[-1]
        assert [said["id"] for said in live] == [f"u-{n + 1:06d}" for n in range(len(live))]
        assert sorted(live, key=lambda said: said["id"]) == sorted(
            final["utterances"], key=lambda said: said["id"]
        )
        expected = sorted((line.speaker, line.text, line.source.value) for line in outcome.delivered)
        heard = sorted((said["speaker"], said["text"], said["source"]) for said in live)
        assert len(set(heard)) == len(heard)
        assert set(heard) <= set(expected)
        assert len(expected) - len(heard) <= in_flight
        for window in windows:
            starts = [said["start_ms"] for said in window["utterances"]]
            assert starts == sorted(starts)
        assert all(count == 1 for count in self.api.most_at_once.values())
        assert self.api.faults == []
        return windows


async def admin_json(bridge: Bridge, path: str) -> Any:
    """What the private API answers."""
    async with httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http:
        answer = await http.get(path)
    return json.loads(answer.text)


def kinds(windows: Sequence[dict[str, Any]]) -> list[str]:
    """Kinds of windows, in order."""
    return [window["kind"] for window in windows]
