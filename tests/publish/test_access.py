"""Which way into Langflow a command takes."""

from __future__ import annotations

import io
import sys

import pytest

from bridge.errors import ConfigurationError
from bridge.proxy import DIRECT
from bridge.publish import access
from bridge.publish.access import chosen_login, entered, keys
from bridge.publish.login import Login
from bridge.publish.rest import LangflowRest
from bridge.settings import LangflowSettings, read_settings
from tests.fakes.langflow_server import FakeLangflow


def settings() -> LangflowSettings:
    return read_settings(LangflowSettings)


@pytest.mark.parametrize("key", ["sk-a\nb", "sk-\u00fc", "sk a"])
def test_what_is_no_key_is_refused_without_it(key: str) -> None:
    """Before it is sent, in one sentence; what people paste around one is harmless."""
    with pytest.raises(ConfigurationError, match=r"^--api-key has ") as raised:
        keys(settings(), key)
    assert key not in str(raised.value)
    assert keys(settings(), " 'sk-a' ") == ("sk-a",)


def test_the_user_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password is what counts; a name is only needed where it is not Langflow's own first user."""
    assert chosen_login(settings()) is None
    monkeypatch.setenv("LANGFLOW_PASSWORD", " a 'b' ")
    assert chosen_login(settings()) == Login(username="langflow", password=" a 'b' ")
    monkeypatch.setenv("LANGFLOW_USERNAME", "ops")
    assert chosen_login(settings()) == Login(username="ops", password=" a 'b' ")
    assert chosen_login(settings(), "dana") == Login(username="dana", password=" a 'b' ")


def test_langflows_own_names_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has started Langflow in this shell need not say it twice."""
    monkeypatch.setenv("LANGFLOW_SUPERUSER", "admin")
    monkeypatch.setenv("LANGFLOW_SUPERUSER_PASSWORD", "x")

    assert chosen_login(settings()) == Login(username="admin", password="x")


def test_a_password_is_typed_where_somebody_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a name and no password it is asked for, unseen; a program that has no terminal is told."""
    asked: list[dict[str, object]] = []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def prompt(text: str, **how: object) -> str:
        asked.append(how)
        return "typed"

    monkeypatch.setattr(access.typer, "prompt", prompt)
    monkeypatch.setattr(sys, "stdin", Terminal())
    assert chosen_login(settings(), "dana") == Login(username="dana", password="typed")
    assert asked == [{"hide_input": True, "err": True}]

    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(ConfigurationError, match="LANGFLOW_PASSWORD is not set"):
        chosen_login(settings(), "dana")


async def test_a_key_goes_before_a_user() -> None:
    """With a key nobody signs in; without one a key is made, used and deleted."""
    server = FakeLangflow(password="x")
    login = Login(username="langflow", password="x")
    async with server.listening() as url:
        async with entered(
            url, "sk-right", Login(username="no", password="no"), DIRECT, pytest.fail
        ) as client:
            await LangflowRest(client).check_key()
            assert server.keys_made == []
        async with entered(url, "", login, DIRECT, pytest.fail) as client:
            await LangflowRest(client).check_key()
            assert len(server.keys_made) == 1

    assert server.keys_made == []
