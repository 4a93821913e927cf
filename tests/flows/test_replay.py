"""A replay on a real Langflow: what the six flows find is scored, and nothing happens outside.

The meetings are the project's own samples, the reference is ``docs/examples/reference.json``. To be quick, the flows get
the whole meeting at its end, and what was asked; with live windows they find the same (``docs/insights.md``).
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import uuid
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.applications import Starlette
from typer.testing import CliRunner

from bridge.__main__ import app
from bridge.demo.run import SAMPLE_MEETING
from bridge.listener import http_listener
from bridge.publish.server import FlowServer
from bridge.simulator.chat import Chat, ChatWebhook
from tests.fakes.record_systems import TOKEN, USER, HubSpot, Notion, System, Zendesk, serve
from tests.flows.runs import Runs, shipped_flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

    from bridge.demo.langflow import LangflowServer

ROOT = Path(__file__).parents[2]
HIRING = ROOT / "tests" / "components" / "insight_cases" / "calls" / "fitting" / "hiring.txt"
REFERENCE = ROOT / "docs" / "examples" / "reference.json"
ROUTES = """
[[route]]
name = "at-the-end"
flow = "{zoom-action-items}"
on = ["final"]

[[route]]
name = "asked"
flow = "{zoom-assistant}"
on = ["ask"]
"""
SYSTEMS: dict[str, type[System]] = {
    "zoom-sales-coach": HubSpot,
    "zoom-support-copilot": Zendesk,
    "zoom-meeting-notes": Notion,
}
FLOWS = ("zoom-action-items", "zoom-rolling-summary", *SYSTEMS, "zoom-assistant")
ITS_OWN = ("apikey", "user", "trigger_lease", "folder", "mcp_server")
"""Tables in which Langflow notes when a key was used, when somebody came, that its background work lives, and what it
sets up for a project's MCP server, a while after its start."""
RIGHT = {
    "zoom-action-items": 14,
    "zoom-rolling-summary": 14,
    "zoom-sales-coach": 2,
    "zoom-support-copilot": 10,
    "zoom-meeting-notes": 12,
    "zoom-assistant": 1,
}
"""Of 23 findings of the reference; the table in ``docs/insights.md``."""


@dataclass
class Replayed:
    """What came of it."""

    result: Result
    names: dict[str, str]
    """What each of the flows is called on the server."""
    page: str
    """The report."""
    posts: list[str]
    requests: dict[str, int]
    """What each system of records was asked."""
    before: dict[str, list[Any]]
    after: dict[str, list[Any]]
    live: tuple[int, int]
    """What one window without the mark has posted, and how many tickets it has made."""


@pytest.fixture(scope="module")
def replayed(langflow: LangflowServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    """One replay of two meetings through the six flows and a file, with real addresses to post and write to."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("replay")
        patch.chdir(place)
        patch.setenv("LANGFLOW_URL", langflow.url)
        patch.setenv("LANGFLOW_API_KEY", langflow.api_key)
        patch.setenv("BRIDGE_ROUTES", str(place / "routes.toml"))
        yield asyncio.run(play(langflow, place))


async def play(langflow: LangflowServer, place: Path) -> Replayed:
    chat = Chat()
    webhook = chat.add(ChatWebhook(min_interval_seconds=0))
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(
            http_listener(Starlette(routes=chat.routes), host="127.0.0.1", port=0)
        )
        systems = {name: made() for name, made in SYSTEMS.items()}
        urls = {name: await stack.enter_async_context(serve(each)) for name, each in systems.items()}
        client = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=langflow.url, headers={"x-api-key": langflow.api_key}, timeout=120, trust_env=False
            )
        )
        names = {}
        for name in FLOWS:
            flow = shipped_flow(name)
            mark = uuid.uuid4()
            own = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
            values = {
                "ZoomChatOutput.webhook_url": f"http://127.0.0.1:{port}{webhook.path}",
                "ZoomChatOutput.verification_token": webhook.token,
            }
            if name in SYSTEMS:
                values |= records(systems[name], urls[name])
            await FlowServer(client).push(replace(flow, content={**flow.content, **own}), values)
            names[name] = own["endpoint_name"]
        (place / "routes.toml").write_text(ROUTES.format(**names))
        (place / "changed.json").write_text(json.dumps(changed()))
        before = tables(langflow)
        flows = [*names.values(), "changed.json"]
        arguments = [str(SAMPLE_MEETING), str(HIRING), *(part for flow in flows for part in ("--flow", flow))]
        options = ["--reference", str(REFERENCE), "--json"]
        result = await asyncio.to_thread(CliRunner().invoke, app, ["replay", *arguments, *options])
        after = tables(langflow)
        posts, requests = [post.text for post in chat.posts], {n: len(s.requests) for n, s in systems.items()}
        runs = Runs(client, names["zoom-support-copilot"], f"{uuid.uuid4()}/+==")
        await runs.say("live", [("Dana", "I'll send the report by Friday."), ("Ravi", "Thanks.")])
        desk = systems["zoom-support-copilot"]
        assert isinstance(desk, Zendesk)
        page = (place / "replay.html").read_text()
        live = (len(chat.posts) - len(posts), len(desk.tickets))
    return Replayed(result, names, page, posts, requests, before, after, live)


def records(system: System, url: str) -> dict[str, str]:
    """Values with which a flow writes records into a system."""
    values = {"ZoomRecordSync.base_url": url, "ZoomRecordSync.token": TOKEN}
    match system:
        case Zendesk():
            return values | {"ZoomRecordSync.user": f"{USER}/token"}
        case HubSpot():
            return values | {"ZoomRecordSync.parent": system.deal}
        case Notion():
            return values | {"ZoomRecordSync.parent": system.parent}
    return values


def changed() -> dict[str, Any]:
    """The action items flow as somebody has changed it in the editor: other kinds, other instructions."""
    content: dict[str, Any] = json.loads(json.dumps(shipped_flow("zoom-action-items").content))
    for node in content["data"]["nodes"]:
        if node["data"].get("type") == "ZoomMeetingInsights":
            template = node["data"]["node"]["template"]
            template["kinds"]["value"] = ["Decisions"]
            template["instructions"]["value"] = "Only what was decided."
    return content


def tables(langflow: LangflowServer) -> dict[str, list[Any]]:
    """Every row of Langflow's database, by table, but for what it writes by itself."""
    with closing(sqlite3.connect(langflow._directory / "langflow.db")) as connection:
        names = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        return {
            name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
            for name in names
            if name not in ITS_OWN
        }


def test_nothing_is_posted_and_no_ticket_made(replayed: Replayed) -> None:
    """Chat and three systems of records were not asked a single time; without the mark the same flow posts and writes."""
    assert replayed.result.exit_code == 0, replayed.result.output
    assert replayed.posts == []
    assert replayed.requests == dict.fromkeys(SYSTEMS, 0)
    assert replayed.live == (1, 1)


def test_langflows_tables_are_as_before(replayed: Replayed) -> None:
    """No message, trace, file, build or flow is left of it, in whatever table.

    Of every run, whoever asks for it, Langflow 1.13 notes flow, user, status and times as a *job*, which nothing deletes.
    """
    assert replayed.after.keys() == replayed.before.keys()
    for name in replayed.before.keys() - {"job"}:
        assert replayed.after[name] == replayed.before[name], name
    words = json.dumps(replayed.after.get("job", []))
    assert not [word for word in ("Eastgate", "Amira", "rehearsal") if word in words]


def test_what_was_changed_shows(replayed: Replayed) -> None:
    """The report has both flows' findings, what only one found, and what differs between the flows in words."""
    figures = json.loads(replayed.result.stdout)
    own = replayed.names["zoom-action-items"]
    [between] = [each for each in figures["between"] if each["other"] == "changed.json"]
    told = {each["what"].split(": ")[-1]: each for each in between["differences"]}
    findings = [row for meeting in figures["meetings"] for row in meeting["findings"]]
    decisions = {row["kind"] for row in findings if "changed.json" in row["flows"]}

    assert "Action items" in told["Kinds"]["one"]
    assert told["Instructions"]["other"] == ["Only what was decided."]
    assert decisions == {"decision"}
    assert [row for row in findings if own in row["flows"] and "changed.json" not in row["flows"]]
    assert all(row["evidence"] for row in findings if own in row["flows"])
    assert "Only what was decided." in replayed.page


def test_the_scores_are_those_of_the_docs(replayed: Replayed) -> None:
    """The six flows, without a key, against what a person wrote down of two sample meetings."""
    figures = json.loads(replayed.result.stdout)
    found = {flow["name"]: flow["score"] for flow in figures["flows"]}
    right = {name: found[own]["right"] for name, own in replayed.names.items()}

    assert right == RIGHT
    assert {each["expected"] for each in found.values()} == {23}
    items = found[replayed.names["zoom-action-items"]]
    assert (items["wrong"], items["wrong_owners"], items["wrong_dues"]) == (2, 0, 2)
    page = (ROOT / "docs" / "insights.md").read_text()
    for name, count in RIGHT.items():
        assert f"| `{name}` | {count} |" in page
