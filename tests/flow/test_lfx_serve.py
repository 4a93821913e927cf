"""``lfx serve`` in Langflow's place: against a stand-in, and every flow of ours against a real one."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bridge.domain import KeyedWindow, Output, Window, WindowKind
from bridge.errors import FlowFailed, FlowMissing, KeyRefused, LangflowAway, RunLost
from bridge.flow.client import LangflowClient
from bridge.flow.lfx_serve import HEADERS, is_lfx_serve, matching_flows
from bridge.publish.library import load_flows
from bridge.redaction.placeholders import Placeholders
from tests.fakes.lfx_server import KEY, lfx_serve, make_database
from tests.fakes.run_api import API_KEY, FLOW, Answer, RunApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ROOT = Path(__file__).parents[2]
PROMISE = "I will send the report to Bob by Friday."
GROUP = pytest.mark.xdist_group("lfx")
REAL = [pytest.mark.langflow, pytest.mark.timeout(400), GROUP]
IDS = ("ea4b405b-39d1-4e11-b495-82c37bf5ac26", "6a059ad8-1941-46c4-9b11-916796c73487")
LISTING = [
    {"id": IDS[0], "relative_path": "action_items.json", "title": "Zoom action items"},
    {"id": IDS[1], "relative_path": "my/Sales_Notes.json", "title": "What was sold"},
]


def window(flow: str, *lines: str, seq: int = 1, kind: str = "live", meeting: str = "m") -> Window:
    said = [line.partition(": ") for line in lines]
    value: dict[str, Any] = {
        "schema": "zoom-window/1",
        "window_id": f"{meeting}-s:r:{seq}",
        "seq": seq,
        "kind": kind,
        "route": "r",
        "meeting": {"uuid": meeting, "id": "", "topic": "", "started_at": "2026-11-22T10:00:00Z"},
        "stream_id": f"{meeting}-s",
        "from_ms": 1763769605000,
        "to_ms": 1763769605000 + seq,
        "participants": [{"user_id": "1", "name": "Dana"}],
        "utterances": [
            {
                "id": f"u-{seq * 1000 + n:06d}",
                "speaker": speaker,
                "user_id": "1",
                "start_ms": 1763769605000 + n,
                "end_ms": 1763769605001 + n,
                "text": text,
                "language": 9,
                "source": "speech",
            }
            for n, (speaker, _, text) in enumerate(said)
        ],
        "gaps": [],
    }
    if kind == "ask":
        asked = {"question": "When do we launch?", "speaker": "Dana", "user_id": "1", "source": "speech"}
        value["ask"] = asked | {"utterances": [f"u-{seq * 1000:06d}"]}
    return Window(
        window_id=str(value["window_id"]),
        stream_id=f"{meeting}-s",
        meeting_uuid=meeting,
        route="r",
        flow=flow,
        seq=seq,
        kind=WindowKind(kind),
        first_n=0,
        last_n=0,
        input_value=json.dumps(value),
    )


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as client:
        yield client


def client_of(http: aiohttp.ClientSession, url: str, key: str = API_KEY) -> LangflowClient:
    return LangflowClient(http, url=url, api_key=SecretStr(key), clock=lambda: 0.0)


@pytest.fixture
async def api() -> AsyncIterator[RunApi]:
    async with RunApi(lfx=True).listening() as listening:
        yield listening
        assert not listening.faults


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize(("answered", "text"), [("One action item.", "One action item."), ("", "")])
async def test_run(http: aiohttp.ClientSession, api: RunApi, checked: bool, answered: str, text: str) -> None:
    """That it is lfx serve needs no setting: its sign of life tells, or its not knowing Langflow's run API."""
    client = client_of(http, api.url)
    if checked:
        await client.check()
    api.answers.append(Answer(text=answered))
    assert await client.run(window(FLOW, f"Dana: {PROMISE}"), timeout_seconds=60) == Output(text)
    (run,) = api.runs
    assert (run.flow, run.session_id) == (FLOW, "zoom-m")
    assert api.owners == list(HEADERS.values())


async def test_failing(http: aiohttp.ClientSession, api: RunApi) -> None:
    """A run that broke comes with status 200; it is one that broke, and what people said stays there."""
    api.answers.append(Answer(status=500))
    with pytest.raises(FlowFailed, match="lfx serve") as error:
        await client_of(http, api.url).run(window(FLOW), timeout_seconds=60)
    assert "people said" not in str(error.value)


async def test_too_slow(http: aiohttp.ClientSession, api: RunApi) -> None:
    """A run has so long and no longer."""
    api.answers.append(Answer(after=asyncio.Event()))
    with pytest.raises(RunLost, match=r"no answer within 0\.2 s \(timeout_seconds of the route\)"):
        await client_of(http, api.url).run(window(FLOW), timeout_seconds=0.2)


async def test_key(http: aiohttp.ClientSession, api: RunApi) -> None:
    """A wrong key is said to be that."""
    client = client_of(http, api.url, "another")
    await client.check()
    with pytest.raises(KeyRefused, match="LANGFLOW_API_KEY"):
        await client.run(window(FLOW), timeout_seconds=60)


async def test_unknown_flow(http: aiohttp.ClientSession, api: RunApi) -> None:
    """A flow that it does not serve is named, with what names it."""
    with pytest.raises(FlowMissing, match=r"no flow by the name 'other'.*id, the title or the file"):
        await client_of(http, api.url).run(window("other"), timeout_seconds=60)


async def test_another_server(http: aiohttp.ClientSession, api: RunApi) -> None:
    """Where a Langflow takes its place, windows reach that."""
    client = client_of(http, api.url)
    await client.check()
    api.lfx = False
    api.ids.clear()
    api.otherwise = lambda _: Answer(text="Langflow")
    with pytest.raises(LangflowAway):
        await client.run(window(FLOW), timeout_seconds=60)
    assert await client.run(window(FLOW), timeout_seconds=60) == Output("Langflow")


async def test_nothing_is_forgotten(http: aiohttp.ClientSession, api: RunApi) -> None:
    """It can delete nothing, so the log says that somebody has to."""
    client = client_of(http, api.url)
    await client.check()
    with structlog.testing.capture_logs() as logs:
        await client.forget("aB3/xY+z9Q==")
    assert [(log["event"], log["session_id"]) for log in logs] == [
        ("langflow.not_forgotten", "zoom-aB3_xY-z9Q")
    ]


@pytest.mark.parametrize(
    ("flow", "found"),
    [
        (IDS[0], [IDS[0]]),
        ("zoom-action-items", [IDS[0]]),
        ("action_items", [IDS[0]]),
        ("action-items", [IDS[0]]),
        ("sales-notes", [IDS[1]]),
        ("what-was-sold", [IDS[1]]),
        ("sold", []),
        ("", []),
    ],
)
def test_matching(flow: str, found: list[str]) -> None:
    """A route names a flow by its id, title or file."""
    assert matching_flows(LISTING, flow) == found


def test_ambiguous() -> None:
    """One flow's title may be another's file; then only ids tell them apart."""
    twins = [LISTING[0], {**LISTING[1], "relative_path": "zoom-action-items.json"}]
    assert matching_flows(twins, "zoom-action-items") == sorted(IDS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(json_values)
def test_any_answer(answer: Any) -> None:
    """No answer breaks the reading."""
    is_lfx_serve(answer)
    matching_flows(answer, "flow")


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real one with all our flows, without a database."""
    loop = asyncio.new_event_loop()
    files = [flow.path for flow in load_flows()]
    context = lfx_serve(tmp_path_factory.mktemp("lfx"), files)
    yield loop.run_until_complete(context.__aenter__())
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.close()


WITHOUT_MODEL = {"zoom-agent", "zoom-own-model"}
"""Flows that run only once somebody has chosen a model."""


@pytest.mark.parametrize(
    "flow",
    [
        pytest.param(flow.endpoint_name, marks=REAL)
        for flow in load_flows()
        if flow.endpoint_name not in WITHOUT_MODEL
    ],
)
async def test_flows(http: aiohttp.ClientSession, serving: str, flow: str) -> None:
    """Each of our flows is found by its endpoint name, takes every kind of window, and has something to say."""
    client = client_of(http, serving, KEY)
    lines = (f"Dana: {PROMISE}", "Eli: We decided to launch in March.")
    answers = {}
    for seq, kind in enumerate(("start", "live", "ask", "final"), 1):
        said = () if kind == "start" else lines
        sent = window(flow, *said, seq=seq, kind=kind, meeting=flow)
        answers[kind] = (await client.run(sent, timeout_seconds=60)).text
    assert answers["ask" if flow == "zoom-assistant" else "final"]
    assert not client.away


@pytest.mark.parametrize("_", [pytest.param(None, marks=REAL)])
async def test_action_items(http: aiohttp.ClientSession, serving: str, _: None) -> None:
    """What is promised is found."""
    said = window("zoom-action-items", f"Dana: {PROMISE}", "Bob: Thank you.", meeting="promise")
    answer = await client_of(http, serving, KEY).run(said, timeout_seconds=60)
    assert "send the report" in answer.text.lower()


@pytest.mark.parametrize("_", [pytest.param(None, marks=REAL)])
async def test_a_redacted_window(http: aiohttp.ClientSession, serving: str, _: None) -> None:
    """The flow is told what placeholders stand for, and tells people the words, with no database to keep anything in."""
    said = window(
        "zoom-action-items", "PERSON_1: I will send the report to PERSON_2 by Friday.", meeting="key"
    )
    placeholders = Placeholders()
    for name in ("Dana Whitfield", "Bob Lang"):
        placeholders.add_person(name)
    keyed = KeyedWindow(
        **{name: getattr(said, name) for name in Window.__slots__},
        placeholders=json.dumps(placeholders.rows()),
    )
    answer = await client_of(http, serving, KEY).run(keyed, timeout_seconds=60)
    assert "Dana Whitfield" in answer.text
    assert "report to Bob Lang" in answer.text


@pytest.mark.langflow
@pytest.mark.timeout(700)
@GROUP
async def test_memory(http: aiohttp.ClientSession, tmp_path: Path) -> None:
    """Set up as the documentation says, it remembers: what was told is not told again, also after a restart."""
    guide = (ROOT / "docs" / "lfx-serve.md").read_text(encoding="utf-8")
    (settings,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    (tmp_path / "lfx.toml").write_text(settings)
    url = f"sqlite:///{tmp_path / 'memory.db'}"
    await make_database(tmp_path, url)
    files = [flow.path for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    identity = re.findall(r"--identity-\w+ \S+", guide)
    arguments = " ".join(dict.fromkeys(identity)).split()
    answers = []
    for seqs in ((1, 2), (1, 3)):
        async with lfx_serve(tmp_path, files, *arguments, LANGFLOW_DATABASE_URL=url) as address:
            client = client_of(http, address, KEY)
            for seq in seqs:
                said = window("zoom-action-items", f"Dana: {PROMISE}", seq=seq)
                answers.append((await client.run(said, timeout_seconds=60)).text)
    told, again, repeated, later = answers
    assert "send the report" in told.lower()
    assert (again, later) == ("", "")
    assert repeated == told
