"""Langflow's REST where something else answers: every method has its error, and nothing is read without end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from bridge.errors import LangflowAway, LangflowError, RunLost
from bridge.publish import rest as rest_module
from bridge.publish.check import check, look_ahead
from bridge.publish.library import load_components, load_flows
from bridge.publish.rest import LangflowRest, open_langflow
from bridge.publish.server import FlowServer
from tests.fakes.rude import answering, flood, response, trickle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


METHODS: dict[str, Callable[[LangflowRest], Awaitable[Any]]] = {
    "lfx": lambda rest: rest.is_lfx_serve(),
    "version": lambda rest: rest.version(),
    "user": lambda rest: rest.user_id(),
    "config": lambda rest: rest.config(),
    "components": lambda rest: rest.components(),
    "named": lambda rest: rest.named("zoom-assistant"),
    "projects": lambda rest: rest.projects(),
    "create project": lambda rest: rest.create_project("Zoom", ""),
    "create": lambda rest: rest.create(load_flows()[0], {}),
    "variables": lambda rest: rest.variables(),
    "set variable": lambda rest: rest.set_variable("a", "b"),
    "run": lambda rest: rest.run("f", "x", "s"),
    "messages": lambda rest: rest.messages("f"),
    "tokens": lambda rest: rest.tokens("s"),
    "forget": lambda rest: rest.forget("s"),
    "transactions": lambda rest: rest.keeps_transactions("f"),
}
ODD = [
    b"{}",
    b"[]",
    b"5",
    b'"x"',
    b"null",
    b"",
    b"[5]",
    b"[{}]",
    b'{"traces": 5}',
    b'{"traces": [{"totalTokens": "x"}], "pages": "y"}',
    b'{"traces": [], "pages": 1000000000}',
    b'{"zoom": {"a": 5}}',
    b"{",
]


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
async def test_an_answer_of_another_shape(method: Any) -> None:
    """JSON that is none of Langflow's is an answer that says little, or an error that the bridge knows."""
    for odd in ODD:
        async with answering(response(200, odd)) as url, open_langflow(url, "k") as client:
            with contextlib.suppress(LangflowError):
                await method(LangflowRest(client))


@pytest.mark.parametrize("odd", [b"{}", b"[]", b'{"version":"1.13.0","status":"ok"}'])
async def test_commands_tell_who_answers(odd: bytes) -> None:
    """Another service with JSON of its own is told as that by a check, a look ahead and a push."""
    flows = load_flows()[:1]
    async with answering(response(200, odd)) as url, open_langflow(url, "k") as client:
        told = await check(LangflowRest(client), flows, load_components())
        assert "is no Langflow" in told[-1].advice
        with pytest.raises(LangflowAway):
            await look_ahead(LangflowRest(client), ["zoom-assistant"])
        with pytest.raises(LangflowAway):
            await FlowServer(client).push(flows[0])


@pytest.mark.parametrize(
    "how",
    [flood, trickle, response(200, b"no gzip", "application/json", "content-encoding: gzip")],
    ids=["flood", "trickle", "no gzip"],
)
async def test_nothing_is_read_without_end(how: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in bytes nor in time, and what cannot be unpacked is no answer."""
    monkeypatch.setattr(rest_module, "ANSWER_BYTES", 1024 * 1024)
    monkeypatch.setattr(rest_module, "ANSWER_SECONDS", 1.0)
    async with answering(how) as url, open_langflow(url, "k") as client:
        with pytest.raises(RunLost, match="no answer to GET /api/v1/version"):
            await LangflowRest(client).version()


async def test_a_version_is_one_line() -> None:
    """It is shown in a terminal."""
    said = response(200, rb'{"version":"1.13.0\u001b[31m\n' + b"9" * 5000 + b'"}')
    async with answering(said) as url, open_langflow(url, "k") as client:
        version = await LangflowRest(client).version()
    assert version.isprintable()
    assert len(version) <= 40
