from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from pydantic import ValidationError

from bridge.domain import MediaKind, Picture, Product, Stream
from bridge.errors import LangflowAway
from bridge.flow.routes import Route
from bridge.rtms.messages import MediaType, StopReason
from bridge.session.pictures import Pictures
from bridge.simulator.faults import FaultScript
from tests.fakes.journey import ROUTE, Journey, meeting, simulator
from tests.fakes.waiting import until
from tests.recording.packets import T0, packet

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

LOOKING = ROUTE.model_copy(update={"name": "looking", "share": True})
SPOKEN = meeting(40, every_ms=500)
JPEG = b"\xff\xd8\xff\xe0picture"
STREAM = Stream(
    stream_id="s",
    product=Product.MEETING,
    meeting_uuid="aB3/xY+z9Q==",
    server_urls="wss://x",
    event_ts=T0,
)


class Uploads:
    """Keeps what is uploaded; fails when told to."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bytes]] = []
        self.away = False

    async def upload(self, name: str, content: bytes) -> str:
        if self.away:
            raise LangflowAway("nobody answers at LANGFLOW_URL")
        self.kept.append((name, content))
        return f"user/{name}"


def picture(content: bytes = JPEG, **changes: Any) -> Any:
    return packet(content, kind=MediaKind.SHARE, user_id="7", speaker="Dana", **changes)


async def test_a_picture_is_uploaded_once() -> None:
    """However many windows name it, Langflow gets it once, under a name that begins with the meeting's session."""
    uploads = Uploads()
    pictures = Pictures(uploads)
    first = await pictures.upload(STREAM, picture())
    again = await pictures.upload(STREAM, picture(at_ms=T0 + 1000))
    other = await pictures.upload(STREAM, picture(JPEG + b"2", at_ms=T0 + 2000))

    assert first == again == Picture(path=f"user/{uploads.kept[0][0]}", at_ms=T0, user_id="7", name="Dana")
    assert other is not None
    assert other.at_ms == T0 + 2000
    assert [content for _, content in uploads.kept] == [JPEG, JPEG + b"2"]
    assert all(name.startswith(f"zoom-aB3_xY-z9Q-{T0 // 10_000}") for name, _ in uploads.kept)


@pytest.mark.parametrize("bad", [None, picture(b"<html>"), picture(data="*")])
async def test_what_is_no_picture_is_not_uploaded(bad: Any) -> None:
    """Nothing shared, or nonsense on the wire: the window goes without."""
    uploads = Uploads()

    assert await Pictures(uploads).upload(STREAM, bad) is None
    assert await Pictures(None).upload(STREAM, picture()) is None
    assert uploads.kept == []


async def test_an_upload_that_fails_is_tried_with_the_next_window() -> None:
    """A window goes without its picture, the log says why, and the next one has it."""
    uploads = Uploads()
    uploads.away = True
    pictures = Pictures(uploads)
    with structlog.testing.capture_logs() as logs:
        assert await pictures.upload(STREAM, picture()) is None
    uploads.away = False

    assert await pictures.upload(STREAM, picture()) is not None
    assert [log["event"] for log in logs] == ["share.not_uploaded"]


@pytest.fixture
async def seen(journey: Journey, tmp_path: Path) -> AsyncIterator[Journey]:
    """The journey with a Zoom that gives pictures of the shared screen."""
    async with simulator(granted=MediaType.TRANSCRIPT | MediaType.DESKSHARE) as zoom:
        yield Journey(zoom, journey.api, tmp_path / "seen.db")


async def test_windows_name_what_the_screen_shows(seen: Journey, tmp_path: Path) -> None:
    """A route that asks for it gets the newest picture with its windows, byte for byte as Zoom sent it; others do not."""
    async with seen.bridge(ROUTE, LOOKING) as bridge:
        outcome = await seen.play(bridge, SPOKEN, speed=20)
        await seen.settled(bridge.store)
    plain, looking = seen.check(outcome), seen.check(outcome, route="looking")
    named = [window["share"] for window in looking if "share" in window]
    kept = {each.path: each.content for each in seen.api.files.values()}

    assert not any("share" in window for window in plain)
    assert all("share" in window for window in looking[-len(named) :]), "from the first picture on"
    assert len(named) >= len(looking) / 2
    assert {share["path"] for share in named} == kept.keys()
    assert 1 < len(kept) <= 5, "each picture once"
    assert all(content.startswith(b"\xff\xd8\xff") for content in kept.values())
    assert [share["at_ms"] for share in named] == sorted(share["at_ms"] for share in named)
    assert {share["name"] for share in named} == {SPOKEN.lines[0].speaker}
    assert not (tmp_path / "zoom-bridge-data").exists(), "a picture for a window is not written down"


async def test_after_the_sharing_there_is_no_picture(seen: Journey) -> None:
    """Once Zoom says that nothing is shared any more, windows name nothing."""
    async with seen.bridge(LOOKING) as bridge:
        playing = asyncio.create_task(seen.play(bridge, SPOKEN, speed=10))
        playback = await seen.said(15)
        await until(lambda: any("share" in window for window in seen.api.windows("live")))
        await playback.projector.stop_sharing()
        outcome = await playing
        await seen.settled(bridge.store)
    (final,) = [window for window in seen.check(outcome, route="looking") if window["kind"] == "final"]

    assert "share" not in final


async def test_langflow_takes_no_files(seen: Journey) -> None:
    """Where uploads are refused, windows arrive as ever, without a picture."""
    seen.api.files_status = 413
    async with seen.bridge(LOOKING) as bridge:
        outcome = await seen.play(bridge, SPOKEN, speed=20)
        await seen.settled(bridge.store)
    windows = seen.check(outcome, route="looking")

    assert not any("share" in window for window in windows)


async def test_revoked_consent_takes_the_pictures_too(seen: Journey) -> None:
    """When consent is revoked, Langflow keeps no picture of the meeting."""
    script = FaultScript.model_validate(
        {"fault": [{"kind": "end", "at_line": 30, "reason": int(StopReason.STREAM_REVOKED)}]}
    )
    async with seen.bridge(LOOKING) as bridge:
        playing = asyncio.create_task(seen.play(bridge, SPOKEN, speed=10, faults=script))
        await until(lambda: seen.api.files)
        outcome = await playing
        await until(lambda: not seen.api.files)
    assert outcome.stop_reason is StopReason.STREAM_REVOKED


def test_plain_text_names_no_picture() -> None:
    """A route that sends plain text cannot ask for pictures."""
    with pytest.raises(ValidationError, match="share = true needs"):
        Route(name="a", flow="f", input="text", share=True)
