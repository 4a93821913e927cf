"""The archive for assistants, asked by the official SDK's own client."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from tests.admin.shelf import TOKEN, archive_served

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bridge.store.store import Store


@pytest.fixture
async def url(store: Store, tmp_path: Path) -> AsyncIterator[str]:
    """A private listener with a token and three meetings."""
    async with archive_served(store, tmp_path) as address:
        yield address


@contextlib.asynccontextmanager
async def assistant(url: str) -> AsyncIterator[ClientSession]:
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with (
        httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as http,
        streamable_http_client(url, http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


async def test_an_assistant(url: str) -> None:
    """The SDK's client lists the tools and gets answers; what is wrong is told as an error of the tool."""
    async with assistant(url) as session:

        async def told(tool: str, **arguments: Any) -> Any:
            result = await session.call_tool(tool, arguments)
            assert not result.isError, result.content
            assert json.loads(result.content[0].text) == result.structuredContent  # type: ignore[union-attr]
            return result.structuredContent

        async def refused(tool: str, **arguments: Any) -> str:
            result = await session.call_tool(tool, arguments)
            assert result.isError
            return str(result.content[0].text)  # type: ignore[union-attr]

        tools = (await session.list_tools()).tools
        assert [tool.name for tool in tools] == [
            "list_meetings",
            "search",
            "transcript",
            "findings",
            "open_items",
            "ask",
        ]
        assert all(tool.description and tool.annotations for tool in tools)
        reads = [tool.name for tool in tools if tool.annotations and tool.annotations.readOnlyHint]
        assert reads == [tool.name for tool in tools if tool.name != "ask"]
        assert {one["meeting"] for one in (await told("list_meetings"))["meetings"]} == {"r", "s", "t"}
        places = (await told("search", question="BUDGETS?", series="812"))["places"]
        assert [(one["meeting"]["meeting"], one["finding"]) for one in places] == [("s", "")]
        assert places[0]["said"][0] == {
            "position": 1, "at": "2025-11-22T10:00:01Z", "speaker": "Dana", "text": "The budget is fine.",
        }  # fmt: skip
        assert [one["finding"] for one in (await told("search", question="price"))["places"]] == [
            "decision: Raise the price."
        ]
        assert await told("search", question="elephant") == await told(
            "search", question="budget", series="8\0"
        )
        said = await told("transcript", meeting="s", limit=2)
        assert ([one["position"] for one in said["said"]], said["more_after"]) == ([1, 2], 2)
        rest = await told("transcript", meeting="s", after=2)
        assert ([one["text"] for one in rest["said"]], rest["more_after"]) == (["Bye."], None)
        found = await told("findings", meeting="s")
        assert [(one["kind"], one["evidence"]) for one in found["findings"]] == [
            ("decision", ["u-000002"]),
            ("action_item", ["u-000003"]),
            ("action_item", []),
        ]
        left = (await told("open_items", series="812"))["items"]
        assert [(one["text"], one["owner"], one["meeting"]["meeting"]) for one in left] == [
            ("Call the bank", "Dana", "s")
        ]
        assert await told("open_items", series="nobody's") == {"items": []}
        assert (await told("findings", meeting="t"))["findings"] == []
        assert "no word to look for" in await refused("search", question="?!")
        assert "no meeting has this id" in await refused("transcript", meeting="nobody")
        assert "no such tool" in await refused("delete_everything")
        fault = await refused("search", question="secret words", limit=1000, wish="secret wish")
        assert "limit" in fault
        assert "secret" not in fault.replace("wish: Extra", "")


async def test_a_deleted_meeting(url: str, store: Store) -> None:
    """Of a meeting that was deleted an assistant learns nothing, not that there was one."""
    await store.add_deletion("t==", "asked")
    await store.purge("t==")
    async with assistant(url) as session:
        listed = await session.call_tool("list_meetings", {})
        told = json.loads(listed.content[0].text)["meetings"]  # type: ignore[union-attr]
        assert [one["meeting"] for one in told] == ["s", "r"]
        for tool in ("transcript", "findings"):
            answer = await session.call_tool(tool, {"meeting": "t"})
            assert answer.isError
            assert "no meeting has this id" in str(answer.content)


async def test_who_may_ask(url: str) -> None:
    """Without the token, and from another site's page, nothing is told; what is no request of the protocol is refused."""
    wish = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    knows = {"authorization": f"Bearer {TOKEN}", "accept": "application/json, text/event-stream"}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        assert (await http.post(url, json=wish)).status_code == 401
        assert (
            await http.post(url, json=wish, headers=knows | {"origin": "http://evil.example"})
        ).status_code == 403
        assert (await http.get(url, headers=knows)).status_code == 405
        answer = await http.post(url, json=wish, headers=knows)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert len(answer.json()["result"]["tools"]) == 6
        for body in (b"{", b"[]", b'"x"', b'{"jsonrpc": "1.0"}', b"\xff"):
            headers = knows | {"content-type": "application/json"}
            assert (await http.post(url, content=body, headers=headers)).status_code == 400
        for depth in (100, 300, 500, 900, 100_000):
            deep = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": %s}' % (
                b'{"a":' * depth + b"1" + b"}" * depth
            )
            assert (await http.post(url, content=deep, headers=headers)).status_code < 500
        half = b'{"jsonrpc": "2.0", "id": "\\ud83d", "method": "tools/list"}'
        assert (await http.post(url, content=half, headers=headers)).json()["id"] == "\ufffd"
        enormous = await http.post(url, json=wish | {"params": {"x": "x" * 1_000_000}}, headers=knows)
        assert enormous.status_code == 413
