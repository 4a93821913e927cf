"""Pictures among Langflow's files: the same promises against a stand-in and against a real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import structlog
from pydantic import SecretStr

from bridge.errors import FlowFailed, FlowRefused, LangflowAway, LangflowError, RunLost
from bridge.flow.client import LangflowClient
from bridge.flow.request import picture_name, session_id, uploaded
from tests.fakes.rude import CUT_SHORT, answering, flood, response, silence
from tests.fakes.run_api import API_KEY, RunApi
from tests.publish.conftest import REAL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer

MEETING, OTHER = "aB3/xY+z9Q==", "aB3/xY+z9R=="
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 50


@pytest.fixture(params=["fake", pytest.param("real", marks=REAL)])
def langflow_or_none(request: pytest.FixtureRequest) -> LangflowServer | None:
    """A real Langflow, or none for the stand-in."""
    if request.param == "fake":
        return None
    langflow: LangflowServer = request.getfixturevalue("langflow")
    return langflow


@pytest.fixture
async def server(langflow_or_none: LangflowServer | None) -> AsyncIterator[tuple[str, str]]:
    """Where the pictures go: URL and key."""
    if langflow_or_none is not None:
        yield langflow_or_none.url, langflow_or_none.api_key
        return
    async with RunApi().listening() as api:
        yield api.url, API_KEY
        assert not api.faults


@pytest.fixture
async def http(server: tuple[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
    """A client without the key."""
    async with aiohttp.ClientSession() as client:
        yield client


def client_of(http: aiohttp.ClientSession, server: tuple[str, str]) -> LangflowClient:
    return LangflowClient(http, url=server[0], api_key=SecretStr(server[1]), clock=lambda: 0.0)


async def names(http: aiohttp.ClientSession, server: tuple[str, str], meeting_uuid: str) -> list[str]:
    """Pictures of a meeting that Langflow lists."""
    async with http.get(f"{server[0]}/api/v2/files", headers={"x-api-key": server[1]}) as answer:
        listed = await answer.json()
    return sorted(each["name"] for each in listed if each["name"].startswith(session_id(meeting_uuid) + "-"))


async def test_pictures_are_kept_until_the_meeting_is_forgotten(
    http: aiohttp.ClientSession, server: tuple[str, str]
) -> None:
    """What was uploaded has a path of its own and is listed; forgetting a meeting takes its pictures and no others."""
    client = client_of(http, server)
    sent = [picture_name(MEETING, 1763769605000 + n, "0123456789abcdef", "jpg") for n in range(2)]
    paths = [await client.upload(name, JPEG) for name in [*sent, picture_name(OTHER, 5, "0123456789", "png")]]

    assert len(set(paths)) == 3
    assert all(path.rpartition("/")[2] for path in paths)
    assert await names(http, server, MEETING) == [name.removesuffix(".jpg") for name in sent]
    with structlog.testing.capture_logs():  # the stand-in has no sessions to forget
        await client.forget(MEETING)
    assert await names(http, server, MEETING) == []
    assert len(await names(http, server, OTHER)) == 1
    with structlog.testing.capture_logs():
        await client.forget(OTHER)


async def test_a_wrong_key(http: aiohttp.ClientSession, server: tuple[str, str]) -> None:
    """Without a valid key nothing is kept, and the error says what Langflow answered."""
    with pytest.raises(FlowRefused, match=r"40[13]"):
        await client_of(http, (server[0], "sk-wrong")).upload("a.jpg", JPEG)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (response(413), FlowRefused),
        (response(200, b'{"path":"x"}'), FlowRefused),
        (response(201, b'{"path":""}'), FlowRefused),
        (response(201, b"[]"), FlowRefused),
        (response(201, b"[" * 100_000), FlowRefused),
        (None, LangflowAway),
        (silence, RunLost),
        (CUT_SHORT, RunLost),
        (flood, FlowFailed),
    ],
)
async def test_uploads_that_fail(
    answer: Any, error: type[LangflowError], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong is one of the errors that the bridge knows."""
    if answer is silence:
        monkeypatch.setattr("bridge.flow.client.UPLOAD_SECONDS", 0.2)
    async with aiohttp.ClientSession() as http, answering(answer or b"") as url:
        where = "http://127.0.0.1:9" if answer is None else url
        with pytest.raises(error):
            await client_of(http, (where, "k")).upload("a.jpg", JPEG)


def test_only_our_pictures_are_found() -> None:
    """A user's own files, and those of meetings whose names begin alike, are left alone."""
    ours = picture_name(MEETING, 5, "0123456789abcdef", "jpg").removesuffix(".jpg")
    session = session_id(MEETING)
    listed = [
        ours,
        f"{ours} (1)",
        f"{session}-notes",
        f"{session}x-5-01234567",
        f"my {ours}",
        session,
        ours + "-2",
    ]
    files = [{"id": n, "name": name} for n, name in enumerate(listed)]

    assert uploaded([*files, {"name": ours}, {"id": 9}], session) == ["0", "1"]
