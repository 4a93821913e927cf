from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

from bridge.errors import BridgeError
from bridge.listener import http_listener
from bridge.proxy import DIRECT
from bridge.remote.client import address, ask
from bridge.settings import AdminSettings

if TYPE_CHECKING:
    from starlette.requests import Request


def settings(**changes: Any) -> AdminSettings:
    return AdminSettings.model_construct(
        **{"bridge_admin_host": "127.0.0.1", "bridge_admin_port": 8081, "bridge_admin_token": None, **changes}
    )


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8081"),
        ("0.0.0.0", "http://127.0.0.1:8081"),  # noqa: S104
        ("::", "http://[::1]:8081"),
    ],
)
def test_address(host: str, url: str) -> None:
    """A listener on every address is asked on this machine."""
    assert address(settings(bridge_admin_host=host)) == url


async def test_answers() -> None:
    """The token goes along, the answer is given; a refusal is told with its reason, anything else as no bridge."""

    async def api(request: Request) -> JSONResponse:
        if request.headers.get("authorization") != "Bearer the-token":
            return JSONResponse({"detail": "BRIDGE_ADMIN_TOKEN is needed as a bearer token"}, 401)
        return JSONResponse(await request.json())

    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse("hello")

    async def faults(_: Request) -> JSONResponse:
        wrong = [{"type": "missing", "loc": ["query", "q"], "msg": "Field\nrequired"}, {"loc": 1}, "x"]
        return JSONResponse({"detail": wrong}, 422)

    app = Starlette(
        routes=[Route("/api", api, methods=["POST"]), Route("/page", page), Route("/faults", faults)]
    )
    async with http_listener(app, host="127.0.0.1", port=0) as port:
        knows = settings(bridge_admin_port=port, bridge_admin_token=SecretStr("the-token"))
        assert await ask(knows, DIRECT, "POST", "/api", body={"a": 1}) == {"a": 1}
        with pytest.raises(
            BridgeError, match=rf"127\.0\.0\.1:{port} answered 401: BRIDGE_ADMIN_TOKEN is needed"
        ):
            await ask(settings(bridge_admin_port=port), DIRECT, "POST", "/api", body={})
        with pytest.raises(BridgeError, match=rf"what answers at http://127\.0\.0\.1:{port} is no bridge"):
            await ask(knows, DIRECT, "GET", "/page")
        with pytest.raises(BridgeError, match="answered 404"):
            await ask(knows, DIRECT, "GET", "/nothing")
        with pytest.raises(BridgeError, match=r"answered 422: query\.q: Field required"):
            await ask(knows, DIRECT, "GET", "/faults")
        assert await ask(knows, DIRECT, "POST", "/api", body={"a": "b\udcff"}) == {"a": "b\ufffd"}


async def test_nobody_answers(unused_tcp_port: int) -> None:
    """The address that was tried is named, and the settings that it comes from."""
    with pytest.raises(
        BridgeError, match=rf"no bridge answers at http://127\.0\.0\.1:{unused_tcp_port}.*BRIDGE_ADMIN_PORT"
    ):
        await ask(settings(bridge_admin_port=unused_tcp_port), DIRECT, "GET", "/readyz")


@pytest.mark.parametrize("odd", [{}, [], [5], [{}], 5, "x", {"retried": 1}])
async def test_json_of_another_service_is_no_bridges(odd: object) -> None:
    """Whoever else has the port and answers in JSON is told as that."""

    async def other(_: Request) -> JSONResponse:
        return JSONResponse(odd)

    app = Starlette(routes=[Route("/api", other)])
    async with http_listener(app, host="127.0.0.1", port=0) as port:
        asked = settings(bridge_admin_port=port), DIRECT, "GET", "/api"
        if odd != {"retried": 1}:
            with pytest.raises(BridgeError, match="is no bridge"):
                await ask(*asked, names=("retried",))
        if odd != []:
            with pytest.raises(BridgeError, match="is no bridge"):
                await ask(*asked, names=("stream_id",), listed=True)
