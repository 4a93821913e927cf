"""The demo: a real Langflow, a stand-in for Zoom and the bridge, and a meeting played through them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import tempfile
import threading
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from bridge.app import running_bridge
from bridge.demo.copies import new_mark, pushed_copies
from bridge.demo.langflow import LangflowServer
from bridge.domain import RunStatus, WindowKind
from bridge.errors import BridgeError
from bridge.flow.routes import BUILT_IN
from bridge.publish.library import load_flows
from bridge.publish.login import Login, passing_key
from bridge.publish.server import FlowServer, inputs_of
from bridge.settings import GivenSettings, Settings
from bridge.simulator.meeting import open_meeting, without_leaps
from bridge.simulator.progress import Progress, Step
from bridge.simulator.zoom import Simulator
from bridge.tasks import beside, wait_for_either

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bridge.app import Bridge
    from bridge.demo.view import View
    from bridge.domain import Run
    from bridge.simulator.chat import ChatPost
    from bridge.simulator.meeting import Meeting

SAMPLE_MEETING: Final = Path(__file__).with_name("meeting.jsonl")
SAMPLE_TOPIC: Final = "Pilot at Harbor Clinics"
"""Six minutes, four people, written for the project."""
SETTLE_SECONDS: Final = 300.0
"""Longest wait, after the meeting, for the last window's answer."""
_POLL_SECONDS: Final = 0.2
_OF_TERMINALS: Final = ("www-browser", "links", "elinks", "lynx", "w3m")
"""What Python's ``webbrowser`` finds where there is no desktop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What to show."""

    meeting: Path = SAMPLE_MEETING
    speed: float = 1.0
    leave_at_end: bool = False
    """End after the final summary; else stay, so that the flow can be looked at."""
    langflow_url: str = ""
    """A Langflow that runs already; empty starts one."""
    langflow_api_key: str = ""
    langflow_login: Login | None = None
    """For a Langflow that asks for a password, where there is no key."""
    anthropic_api_key: str = ""
    """Makes the flow use Claude instead of its offline rules."""
    open_browser: bool = True


async def run_demo(demo: Demo, view: View) -> None:
    """Play the meeting and return once its final summary was delivered, or nobody wants to look any longer.

    Raises:
        BridgeError: Something could not be started, or the summary was not delivered; says what.
        SimulatorError: The meeting file cannot be read.
    """
    meeting = _meeting(demo.meeting, view)
    mark = new_mark()
    async with (
        _langflow(demo, mark, view) as (langflow_url, api_key),
        _zoom(view) as zoom,
        httpx.AsyncClient(
            base_url=langflow_url, headers={"x-api-key": api_key}, timeout=60, trust_env=False
        ) as client,
        pushed_flows(client, demo, zoom, mark, view) as flows,
    ):
        editor = f"{langflow_url}/flow/{flows[BUILT_IN[0].flow][1]}"
        view.done(f"The flows are in Langflow: {editor}")
        with tempfile.TemporaryDirectory(prefix="zoom-bridge-demo-") as directory:
            settings = _settings(zoom, langflow_url, api_key, Path(directory))
            routes = [
                route.model_copy(
                    update={"flow": flows[route.flow][0], "window": route.window.scaled(demo.speed)}
                )
                for route in BUILT_IN
            ]
            async with running_bridge(settings, routes) as bridge:
                stream_id = secrets.token_hex(16)
                page = f"{bridge.admin_url}/meetings/{stream_id}"
                view.done(f"The bridge takes webhooks at {bridge.webhook_url}; watch the meeting at {page}")
                look = demo.open_browser and not demo.leave_at_end

                def begun() -> None:
                    if look:
                        threading.Thread(target=open_page, args=(page,), daemon=True).start()

                topic = SAMPLE_TOPIC if demo.meeting == SAMPLE_MEETING else meeting.title
                await play(
                    meeting, demo.speed, zoom, bridge, view, stream_id=stream_id, topic=topic, begun=begun
                )
                _judge(await bridge.store.runs(stream_id), zoom.chat.posts)
                view.done(f"The final summary is in the chat; {len(zoom.chat.posts)} messages in all")
                if not demo.leave_at_end:
                    view.print(
                        f"The meeting is at {page}. Change its flow at {editor}. Ctrl-C ends everything."
                    )
                    await asyncio.Event().wait()


def open_page(page: str) -> None:
    """Show a page in the browser, however long that takes; one for terminals would take the demo's own."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return  # there is none, and the page's address was told
    if Path(getattr(browser, "name", "")).name not in _OF_TERMINALS:
        browser.open(page)


@contextlib.asynccontextmanager
async def _langflow(demo: Demo, mark: str, view: View) -> AsyncIterator[tuple[str, str]]:
    """Address and API key of a Langflow: the one that was named, else one of the demo's own."""
    if demo.langflow_url:
        url = demo.langflow_url.rstrip("/")
        if demo.langflow_api_key:
            yield url, demo.langflow_api_key
            return
        async with (
            httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client,
            passing_key(client, f"zoom-bridge {mark}", view.warned, demo.langflow_login) as api_key,
        ):
            yield url, api_key
        return
    with tempfile.TemporaryDirectory(prefix="zoom-bridge-langflow-") as directory:
        server = LangflowServer(Path(directory))
        try:
            await server.start(view.step)
            view.done(f"Langflow runs at {server.url}")
            yield server.url, server.api_key
        finally:
            view.close()
            await server.stop()


@contextlib.asynccontextmanager
async def _zoom(view: View) -> AsyncIterator[Simulator]:
    async with Simulator(
        client_id="demo-client",
        client_secret=secrets.token_hex(16),
        secret_token=secrets.token_hex(16),
        on_post=view.posted,
    ) as zoom:
        yield zoom


def _meeting(path: Path, view: View) -> Meeting:
    """The meeting, without silences that nobody would sit through; what is to be known of the file is told."""
    file = open_meeting(path)
    meeting, leaps = without_leaps(file.meeting)
    for sentence in (*file.notes, *leaps):
        view.warned(sentence)
    return meeting


@contextlib.asynccontextmanager
async def pushed_flows(
    client: httpx.AsyncClient, demo: Demo, zoom: Simulator, mark: str, view: View
) -> AsyncIterator[dict[str, tuple[str, str]]]:
    """The built-in routes' flows on the server, by endpoint name: what they are called there, and their ids.

    On a Langflow of the demo's own they have their own names; on somebody else's they are copies, removed at the end.
    """
    values = {
        "ZoomChatOutput.webhook_url": zoom.chat_url_of(zoom.chat_webhook),
        "ZoomChatOutput.verification_token": zoom.chat_webhook.token,
    }
    if demo.anthropic_api_key:
        values["ZoomClaude.api_key"] = demo.anthropic_api_key
    wanted = {route.flow for route in BUILT_IN}
    flows = [flow for flow in load_flows() if flow.endpoint_name in wanted]
    if demo.langflow_url:
        async with pushed_copies(client, flows, values, mark, view.warned) as copies:
            yield copies
        return
    server, pushed = FlowServer(client), {}
    project = await server.project()
    for flow in flows:
        fitting = {name: values[name] for name in inputs_of(flow, values)}
        found = await server.push(flow, fitting, project=project)
        pushed[flow.endpoint_name] = (flow.endpoint_name, found.flow_id)
    yield pushed


def _settings(zoom: Simulator, langflow_url: str, api_key: str, directory: Path) -> Settings:
    return GivenSettings.model_validate(
        {
            "zoom_secret_token": zoom.secret_token,
            "ZOOM_CLIENT_ID": zoom.client_id,
            "ZOOM_CLIENT_SECRET": zoom.client_secret,
            "langflow_url": langflow_url,
            "langflow_api_key": api_key,
            "bridge_port": 0,
            "bridge_admin_port": 0,
            "bridge_store_url": f"sqlite+aiosqlite:///{directory / 'bridge.db'}",
            "bridge_allowed_hosts": "127.0.0.1",
        }
    )


async def play(
    meeting: Meeting,
    speed: float,
    zoom: Simulator,
    bridge: Bridge,
    view: View,
    *,
    stream_id: str,
    topic: str,
    begun: Callable[[], None],
) -> None:
    """Play the meeting to its end and to the answer of its last window; ``begun`` is called with the first words."""

    def show(progress: Progress) -> None:
        if progress.step in (Step.SAID, Step.LOST):
            if progress.said == 1:
                begun()
            view.said(progress)

    over = asyncio.Event()
    async with beside(_show_runs(stream_id, bridge, view, over), name="show runs"):
        await zoom.play(
            meeting,
            webhook_url=bridge.webhook_url,
            speed=speed,
            stream_id=stream_id,
            topic=topic,
            progress=show,
        )
        view.print("[dim]The meeting is over; its last words are on their way through Langflow.[/]")
        if not await wait_for_either(over, SETTLE_SECONDS):
            raise BridgeError(f"the final summary was not there {SETTLE_SECONDS:g} s after the meeting.")


async def _show_runs(stream_id: str, bridge: Bridge, view: View, over: asyncio.Event) -> None:
    """Show each window's outcome as it comes, until that of the whole meeting is there and none is awaited."""
    shown: set[str] = set()
    while True:
        runs = await bridge.store.runs(stream_id)
        settled = [run for run in runs if run.status is not RunStatus.PENDING]
        for run in settled:
            if run.window_id not in shown:
                shown.add(run.window_id)
                view.understood(run)
        if len(settled) == len(runs) and any(run.kind is WindowKind.FINAL for run in runs):
            over.set()
            return
        await asyncio.sleep(_POLL_SECONDS)


def _judge(runs: list[Run], posts: list[ChatPost]) -> None:
    """Raise unless every run succeeded and the final summary reached the chat.

    Raises:
        BridgeError: Says what is missing.
    """
    failed = [run for run in runs if run.status is RunStatus.FAILED]
    if failed:
        raise BridgeError(f"{len(failed)} of {len(runs)} runs failed; the first: {failed[0].error}")
    final = next(run for run in runs if run.kind is WindowKind.FINAL)
    last_line = next((line for line in reversed(final.output.splitlines()) if line.strip()), "")
    if not last_line or not any(last_line in post.text for post in posts):
        raise BridgeError("the final summary did not reach the chat")
