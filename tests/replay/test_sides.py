"""What ``--flow`` names is found, or put on the server for a while; each gets the windows of its route."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from bridge.domain import WindowKind
from bridge.errors import ConfigurationError, RunLost
from bridge.flow.routes import BUILT_IN, Route, WindowRule
from bridge.publish.library import load_flows
from bridge.publish.rest import LangflowRest
from bridge.publish.server import FlowServer
from bridge.replay.sides import sides
from tests.fakes.langflow_server import FakeLangflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.publish.graph import JsonObject
    from bridge.publish.library import Flow

ITEMS, NOTES = (
    next(flow for flow in load_flows() if flow.endpoint_name == name)
    for name in ("zoom-action-items", "zoom-meeting-notes")
)
OWN = Route(
    name="own",
    flow="zoom-meeting-notes",
    on=(WindowKind.FINAL,),
    window=WindowRule(max_words=7),
    timeout_seconds=33,
)


@pytest.fixture
async def rest() -> AsyncIterator[LangflowRest]:
    """A server with two of our flows."""
    langflow = FakeLangflow()
    async with langflow.client() as client:
        for flow in (ITEMS, NOTES):
            await FlowServer(client).push(flow)
        yield LangflowRest(client)


@pytest.mark.parametrize("name", ["zoom-action-items", "action-items", ITEMS.id])
async def test_a_flow_of_the_server(rest: LangflowRest, name: str) -> None:
    """By its endpoint name, with or without ``zoom-``, or its id."""
    async with sides([name], BUILT_IN, rest) as [side]:
        assert (side.flow.name, side.flow.title) == (name, ITEMS.name)
        assert side.route.flow == "zoom-action-items"
        assert side.cut_for.window == BUILT_IN[0].window
        assert side.data is not None


async def test_windows_are_those_of_the_flows_route(rest: LangflowRest) -> None:
    """A flow that a route names gets its windows; another those of the first flow that has a route; ``--route`` is for all."""
    named = ["tests.replay.finders:promises", "zoom-meeting-notes", "zoom-action-items"]
    async with sides(named, [OWN], rest) as [call, notes, items]:
        assert [each.cut_for.name for each in (call, notes, items)] == ["own", "own", "own"]
        assert notes.route.timeout_seconds == 33
        assert len({each.route.name for each in (call, notes, items)}) == 3
    async with sides(named, [OWN, *BUILT_IN], rest, cut_as="assistant") as found:
        assert [each.cut_for.on for each in found] == [(WindowKind.START, WindowKind.ASK)] * 3
    async with sides([named[0]], [], rest) as [alone]:
        assert alone.cut_for.name == BUILT_IN[0].name


async def test_a_rehearsal_gets_no_plain_text_and_no_memory(rest: LangflowRest) -> None:
    """Text has no place for the mark, so a route of text is cut as windows; what other meetings tell is not asked for."""
    text = Route(name="text", flow="zoom-action-items", input="text")
    memory = Route(name="ask", flow="zoom-meeting-notes", on=(WindowKind.ASK,), memory="series")
    async with sides(["zoom-action-items", "zoom-meeting-notes"], [text, memory], rest) as found:
        assert [(each.cut_for.input, each.cut_for.memory) for each in found] == [("window", "none")] * 2


async def test_a_file_is_there_for_as_long_as_it_is_wanted(rest: LangflowRest, tmp_path: Path) -> None:
    """Under a name and id of its own, beside the flow that it is a copy of; gone afterwards, also after a fault."""
    file = tmp_path / "copy.json"
    file.write_text(json.dumps(ITEMS.content))
    before = await rest.named("zoom-action-items")
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what is left by it
        async with sides([str(file), "zoom-action-items"], BUILT_IN, rest) as [copy, there]:
            assert copy.route.flow != there.route.flow
            made = await rest.named(copy.route.flow)
            assert made is not None
            assert made["endpoint_name"].startswith("replay-")
            assert copy.cut_for.name == "action-items"
            raise ZeroDivisionError
    assert await rest.named(copy.route.flow) is None
    assert await rest.named("zoom-action-items") == before


async def test_a_file_without_names(rest: LangflowRest, tmp_path: Path) -> None:
    """A flow as it is, without id and endpoint name, is called by its file."""
    file = tmp_path / "mine.json"
    file.write_text(json.dumps({"data": ITEMS.data}))
    async with sides([str(file)], [], rest) as [side]:
        assert side.flow.title == "mine"


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (["zoom-none"], "Langflow has no flow zoom-none"),
        (["zoom-action-items", "zoom-action-items"], "given twice"),
        (["none.json"], "none.json: No such file"),
        (["schema.json"], "is not a flow that Langflow has exported"),
        (["what is this"], "no flow's name or id"),
    ],
)
async def test_what_is_no_flow(
    rest: LangflowRest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: list[str], told: str
) -> None:
    """It is told, and what was put there already is taken away."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.json").write_text('{"type": "object"}')
    (tmp_path / "good.json").write_text(json.dumps(ITEMS.content))
    with pytest.raises(ConfigurationError, match=told):
        async with sides(["good.json", *named], BUILT_IN, rest):
            pass
    assert await rest.named("zoom-meeting-notes")
    assert not [flow for flow in await rest._headers() if flow["endpoint_name"].startswith("replay-")]


async def test_an_unknown_route(rest: LangflowRest) -> None:
    """The routes that there are are told."""
    with pytest.raises(ConfigurationError, match="there are action-items, assistant"):
        async with sides(["zoom-action-items"], BUILT_IN, rest, cut_as="nope"):
            pass


@pytest.mark.parametrize("error", [asyncio.CancelledError(), RunLost("no answer")])
async def test_an_import_that_is_broken_off(
    rest: LangflowRest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """A flow that is there, though nobody heard of it, is taken away."""
    file = tmp_path / "copy.json"
    file.write_text(json.dumps(ITEMS.content))
    create, made = rest.create, []

    async def unheard(flow: Flow, data: JsonObject) -> str:
        made.append(await create(flow, data))
        raise error

    monkeypatch.setattr(rest, "create", unheard)
    with pytest.raises(type(error)):
        async with sides([str(file)], BUILT_IN, rest):
            pytest.fail("nothing was made")
    assert [await rest.named(each) for each in made] == [None]
