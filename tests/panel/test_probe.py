from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bridge.listener import http_listener
from bridge.panel.probe import try_panel
from bridge.panel.router import Panel
from tests.panel.conftest import Speaking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Message, Receive, Scope, Send

    from bridge.finding import Finding
    from bridge.store.store import Store


@asynccontextmanager
async def proxied(store: Store, **headers: str) -> AsyncIterator[str]:
    """A panel behind a proxy that puts its own headers in the place of the bridge's; an empty one is taken away."""
    panel = Panel(
        store=store,
        live=Speaking(),
        client_id="c",
        client_secret=SecretStr("s"),
        public_url="https://a.example",
    )
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(panel.router)

    async def proxy(scope: Scope, receive: Receive, send: Send) -> None:
        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name.encode(): value.encode() for name, value in headers.items()}
                kept = [(name, value) for name, value in message["headers"] if name not in ours]
                message = message | {"headers": kept + [each for each in ours.items() if each[1]]}
            await send(message)

        await app(scope, receive, changed)

    async with http_listener(proxy, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}"


async def tried(url: str) -> Finding:
    async with httpx.AsyncClient(trust_env=False) as http:
        return await try_panel(http, url)


async def test_a_panel_as_zoom_needs_it(store: Store, looks: None) -> None:
    """Through a proxy that changes nothing all is well."""
    async with proxied(store, server="nginx") as url:
        found = await tried(url)
        assert found.ok
        assert found.what.startswith(f"{url}/panel answers")
        astray = await tried(f"{url}/elsewhere")
        assert not astray.ok
        assert "It answered 404" in astray.advice


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("strict-transport-security", ""),
        ("content-security-policy", "default-src 'self'"),
        ("x-frame-options", "DENY"),
    ],
)
async def test_headers_that_a_proxy_changes(store: Store, looks: None, header: str, value: str) -> None:
    """The one that is not as it was is named."""
    changes: dict[str, Any] = {header: value}
    async with proxied(store, **changes) as url:
        found = await tried(url)
    assert not found.ok
    assert header in found.advice


async def test_nobody_there() -> None:
    """What to start is told."""
    found = await tried("http://127.0.0.1:9")
    assert not found.ok
    assert "cannot be reached" in found.what
