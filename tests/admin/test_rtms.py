"""``POST /api/meetings/{id}/rtms``: the wish goes to Zoom as it is, and every fault has a status of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from bridge.domain import Product
from bridge.errors import (
    BridgeError,
    ConfigurationError,
    NotAMeeting,
    ZoomApiAway,
    ZoomApiBusy,
    ZoomApiFailed,
    ZoomApiRefused,
)
from bridge.zoom.api import RtmsAction, ZoomApi

if TYPE_CHECKING:
    from tests.fakes.journey import Journey


class Control:
    """Zoom's REST, which remembers wishes, or refuses them."""

    def __init__(self) -> None:
        self.wishes: list[tuple[RtmsAction, str, str, Product]] = []
        self.error: BridgeError | None = None

    async def __call__(self, action: RtmsAction, meeting: str, *, user_id: str, product: Product) -> None:
        self.wishes.append((action, meeting, user_id, product))
        if self.error is not None:
            raise self.error


@pytest.fixture
def control(monkeypatch: pytest.MonkeyPatch) -> Control:
    control = Control()
    monkeypatch.setattr(ZoomApi, "control_rtms", staticmethod(control))
    return control


@pytest.mark.parametrize("action", RtmsAction)
async def test_a_wish(control: Control, http: httpx.AsyncClient, action: RtmsAction) -> None:
    """Is passed on, and answered with "accepted", for it comes true later."""
    answer = await http.post("/api/meetings/81234567890/rtms", json={"action": action.value})
    assert (answer.status_code, answer.json()) == (202, {"accepted": True, "action": action.value})
    assert control.wishes == [(action, "81234567890", "", Product.MEETING)]


@pytest.mark.parametrize("path", ["%2FaB3%2F%2FxY%2Bz9Q%3D%3D", "/aB3//xY+z9Q=="])
async def test_a_uuid(control: Control, http: httpx.AsyncClient, path: str) -> None:
    """Slashes are part of it, percent-encoded or not."""
    wish = {"action": "stop", "user_id": "u1", "product": "session"}
    assert (await http.post(httpx.URL(f"/api/meetings/{path}/rtms"), json=wish)).status_code == 202
    assert control.wishes == [(RtmsAction.STOP, "/aB3//xY+z9Q==", "u1", Product.VIDEO_SDK)]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigurationError("set it up"), 501),
        (NotAMeeting("give its number"), 422),
        (ZoomApiRefused("no such meeting", status=404, code=3001), 404),
        (ZoomApiRefused("name the host", status=400, code=2308), 409),
        (ZoomApiRefused("is it activated?", status=401, code=124), 409),
        (ZoomApiBusy("wait", retry_after_seconds=None), 503),
        (ZoomApiAway("nobody answers"), 502),
        (ZoomApiFailed("a fault of Zoom's"), 502),
    ],
)
async def test_faults(control: Control, http: httpx.AsyncClient, error: BridgeError, status: int) -> None:
    """The status says whose turn it is, the body what to do."""
    control.error = error
    answer = await http.post("/api/meetings/1/rtms", json={"action": "start"})
    assert (answer.status_code, answer.json()) == (status, {"detail": str(error)})


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {}},
        {"json": {"action": "restart"}},
        {"json": {"action": "start", "userid": "x"}},
        {"json": {"action": "start", "user_id": "x" * 256}},
        {"json": {"action": "start", "product": "contact_center"}},
        {"content": b'{"action": "start"}', "headers": {"content-type": "text/plain"}},
        {"content": b"action=start", "headers": {"content-type": "application/x-www-form-urlencoded"}},
    ],
)
async def test_what_is_no_wish(control: Control, http: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    """Is refused, and so is all that another site's page could make a browser post."""
    assert (await http.post("/api/meetings/1/rtms", **request_)).status_code == 422
    assert control.wishes == []


async def test_the_token_is_asked_for(control: Control, journey: Journey) -> None:
    """As for everything on the private listener."""
    journey.settings_changes["bridge_admin_token"] = "t0ken"
    path, wish = "/api/meetings/1/rtms", {"action": "start"}
    async with (
        journey.bridge() as bridge,
        httpx.AsyncClient(base_url=bridge.admin_url, trust_env=False) as http,
    ):
        assert (await http.post(path, json=wish)).status_code == 401
        assert control.wishes == []
        headers = {"authorization": "Bearer t0ken"}
        assert (await http.post(path, json=wish, headers=headers)).status_code == 202
