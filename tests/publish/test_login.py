"""Getting in at a Langflow by user and password: the same against a fake and against a real one."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.errors import ConfigurationError, FlowRefused, LangflowAway
from bridge.publish.login import Login, create_api_key, passing_key, passing_name
from bridge.publish.rest import LangflowRest
from tests.fakes.langflow_server import FakeLangflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.demo.langflow import LangflowServer

PASSWORD = "tall horse, 91"
WRONG = Login(username="langflow", password="s3cret")


@pytest.fixture
def server(server: FakeLangflow | LangflowServer) -> FakeLangflow | LangflowServer:
    return FakeLangflow(password=PASSWORD) if isinstance(server, FakeLangflow) else server


@pytest.fixture
def login(server: FakeLangflow | LangflowServer) -> Login:
    found = (
        Login(username="langflow", password=PASSWORD) if isinstance(server, FakeLangflow) else server.login
    )
    assert found is not None
    return found


@pytest.fixture
async def outside(server: FakeLangflow | LangflowServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    if isinstance(server, FakeLangflow):
        async with server.client("") as fake:
            yield fake
        return
    async with httpx.AsyncClient(base_url=server.url, timeout=60, trust_env=False) as real:
        yield real


async def names(client: httpx.AsyncClient) -> list[str]:
    """Names of the user's keys."""
    keys = (await client.get("/api/v1/api_key/")).raise_for_status().json()["api_keys"]
    return [key["name"] for key in keys]


async def test_a_key_lives_as_long_as_it_is_needed(outside: httpx.AsyncClient, login: Login) -> None:
    """It is valid within the block, and Langflow has none of that name behind it."""
    name = passing_name()
    lasting = await create_api_key(outside, name=passing_name(), login=login)

    async with passing_key(outside, name, pytest.fail, login) as key:
        outside.headers["x-api-key"] = key
        await LangflowRest(outside).check_key()
        assert name in await names(outside)

    outside.headers["x-api-key"] = lasting
    assert name not in await names(outside)


async def test_a_wrong_password_is_told_without_it(outside: httpx.AsyncClient) -> None:
    """The sentence names the settings and no value."""
    with pytest.raises(ConfigurationError, match="does not take this user and password") as raised:
        await create_api_key(outside, login=WRONG)

    assert "LANGFLOW_PASSWORD" in str(raised.value)
    assert "s3cret" not in str(raised.value) + repr(WRONG)


async def test_who_has_nothing_is_told_the_ways(outside: httpx.AsyncClient) -> None:
    """User and password, a password that is typed, or a key: each by the name of its setting."""
    with pytest.raises(ConfigurationError) as raised:
        await create_api_key(outside)

    assert re.search(r"LANGFLOW_PASSWORD.*LANGFLOW_USERNAME.*--username.*LANGFLOW_API_KEY", str(raised.value))


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (httpx.Response(400, json={"detail": "Inactive user"}), ConfigurationError, "activate"),
        (httpx.Response(429), FlowRefused, "wait a minute"),
        (httpx.Response(500, text="s3cret"), FlowRefused, "answered 500 to POST /api/v1/login"),
        (httpx.Response(200, text="<html>s3cret"), LangflowAway, "is no Langflow"),
        (httpx.Response(200, json={"access_token": None}), LangflowAway, "is no Langflow"),
        (
            httpx.ConnectError("s3cret"),
            LangflowAway,
            r"nobody answers at http://langflow\.test \(Conn.*LANGFLOW_URL",
        ),
        (httpx.ReadTimeout("s3cret"), LangflowAway, "ReadTimeout"),
    ],
)
async def test_each_failure_says_what_to_do(
    answer: httpx.Response | Exception, error: type[Exception], words: str
) -> None:
    """One sentence of ours, and nothing of what was sent or came back."""

    def reply(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = httpx.MockTransport(reply)
    async with httpx.AsyncClient(transport=transport, base_url="http://me:s3cret@langflow.test") as client:
        with pytest.raises(error, match=words) as raised:
            await create_api_key(client, login=WRONG)

    assert "s3cret" not in str(raised.value)


async def test_a_key_that_stays_is_told() -> None:
    """A Langflow that is gone by then hides no error of the block, and the sentence names the key."""
    server, told = FakeLangflow(password=PASSWORD), list[str]()

    async def use_and_break(client: httpx.AsyncClient) -> None:
        async with passing_key(client, "mine", told.append, Login(username="langflow", password=PASSWORD)):
            server.gone_with_flows = 0
            raise RuntimeError("broken")

    async with server.client("") as client:
        with pytest.raises(RuntimeError, match="broken"):
            await use_and_break(client)

    (sentence,) = told
    assert "'mine'" in sentence


async def test_a_key_goes_however_often_somebody_breaks_off() -> None:
    """Ctrl-C, again and again, while Langflow takes its time: the block ends once the key is gone."""
    removing, go_on, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def reply(asked: httpx.Request) -> httpx.Response:
        if asked.method == "DELETE":
            removing.set()
            await go_on.wait()
        done.append(asked.method)
        keys = [{"name": "mine", "id": "1"}]
        return httpx.Response(200, json={"api_key": "k", "access_token": "t", "api_keys": keys})

    async def use(client: httpx.AsyncClient) -> None:
        async with passing_key(client, "mine", pytest.fail, Login(username="langflow", password=PASSWORD)):
            pass

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply), base_url="http://lf.test") as client:
        using = asyncio.ensure_future(use(client))
        await removing.wait()
        for _ in range(3):
            using.cancel()
            await asyncio.sleep(0)
        assert not using.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await using
    assert done[-1] == "DELETE"
