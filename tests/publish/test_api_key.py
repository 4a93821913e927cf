"""The API key that ``flows push --create-key`` finds or makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from bridge.errors import ConfigurationError, FlowRefused, LangflowAway
from bridge.publish.api_key import ensure_api_key
from bridge.publish.login import Login
from tests.fakes.langflow_server import FakeLangflow

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_valid_key_is_kept(tmp_path: Path) -> None:
    """Nothing is made and nothing written."""
    langflow = FakeLangflow()
    async with langflow.client() as client:
        assert not await ensure_api_key(client, tmp_path / ".env")

    assert langflow.keys_made == []
    assert not (tmp_path / ".env").exists()


async def test_a_key_is_made_once(tmp_path: Path) -> None:
    """It goes into a file that only its owner can read; the next time it is valid."""
    langflow, env_file = FakeLangflow(), tmp_path / ".env"
    async with langflow.client(api_key="") as client:
        assert await ensure_api_key(client, env_file)
        assert not await ensure_api_key(client, env_file)

    assert langflow.keys_made == ["zoom-bridge"]
    assert env_file.read_text() == "LANGFLOW_API_KEY=sk-right\n"
    assert env_file.stat().st_mode & 0o777 == 0o600


async def test_the_rest_of_the_file_stays(tmp_path: Path) -> None:
    """A key that is no longer valid is replaced in its line."""
    env_file = tmp_path / ".env"
    env_file.write_text("# mine\nLANGFLOW_API_KEY=sk-old\nZOOM_CLIENT_ID=abc")
    async with FakeLangflow().client(api_key="sk-old") as client:
        assert await ensure_api_key(client, env_file)

    assert env_file.read_text() == "# mine\nLANGFLOW_API_KEY=sk-right\nZOOM_CLIENT_ID=abc"


async def test_a_key_of_the_environment_is_not_hidden(tmp_path: Path) -> None:
    """One that is not valid and not from the file would be used all the same: it has to be unset first."""
    langflow = FakeLangflow()
    async with langflow.client(api_key="sk-old") as client:
        with pytest.raises(ConfigurationError, match="unset it") as raised:
            await ensure_api_key(client, tmp_path / ".env")

    assert langflow.keys_made == []
    assert "sk-old" not in str(raised.value)


async def test_a_langflow_with_a_password_wants_it(tmp_path: Path) -> None:
    """Without one the error says so; with one the key is made and kept, and the password is not."""
    env_file, login = tmp_path / ".env", Login(username="langflow", password="s3cret")
    async with FakeLangflow(password="s3cret").client(api_key="") as client:
        with pytest.raises(ConfigurationError, match="asks for a password"):
            await ensure_api_key(client, env_file)
        assert await ensure_api_key(client, env_file, login)

    assert env_file.read_text() == "LANGFLOW_API_KEY=sk-right\n"


@pytest.mark.parametrize(
    ("answer", "error"),
    [(httpx.ConnectError("x"), LangflowAway), (httpx.Response(500), FlowRefused)],
)
async def test_other_failures_are_ours_too(
    tmp_path: Path, answer: httpx.Response | Exception, error: type[Exception]
) -> None:
    """No error of the HTTP library gets out, nor a password that the address holds."""

    def reply(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        if request.url.path.endswith("auto_login"):
            return httpx.Response(200, json={"access_token": "t"})
        return answer

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(reply), base_url="http://owner:s3cret@langflow.test"
    ) as client:
        with pytest.raises(error) as raised:
            await ensure_api_key(client, tmp_path / ".env")

    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("key", ["sk-x\nBRIDGE_ADMIN_TOKEN=theirs", "sk x", "sk-\u00fc", 7, {}])
async def test_what_is_no_key_is_not_kept(tmp_path: Path, key: object) -> None:
    """Whoever answers in Langflow's place writes no lines into .env."""

    def reply(request: httpx.Request) -> httpx.Response:
        name = "access_token" if request.url.path.endswith("auto_login") else "api_key"
        return httpx.Response(200, json={name: "t" if name == "access_token" else key})

    async with httpx.AsyncClient(
        transport=httpx.MockTransport(reply), base_url="http://langflow.test"
    ) as client:
        with pytest.raises(LangflowAway, match="is no Langflow"):
            await ensure_api_key(client, tmp_path / ".env")

    assert not (tmp_path / ".env").exists()
