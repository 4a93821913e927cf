"""A command's way into Langflow: by the API key, else by user and password."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import typer

from bridge.credential import credential
from bridge.errors import ConfigurationError
from bridge.publish.login import Login, passing_key, passing_name
from bridge.publish.rest import open_langflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import httpx

    from bridge.proxy import Proxies
    from bridge.settings import LangflowSettings


def chosen_login(settings: LangflowSettings, username: str = "") -> Login | None:
    """The user that is named, else the one of the settings; ``None`` where there is no password.

    The password of a user that is named on the command line is typed where no setting has it.

    Raises:
        ConfigurationError: It is not set, and nobody is there to type it.
    """
    if settings.langflow_password is not None:
        name = username or settings.langflow_username
        return Login(username=name, password=settings.langflow_password.get_secret_value())
    if not username:
        return None
    if not sys.stdin.isatty():
        raise ConfigurationError("LANGFLOW_PASSWORD is not set, and nobody is here to type it")
    typed: str = typer.prompt(f"Password of {username} at {settings.langflow_url}", hide_input=True, err=True)
    return Login(username=username, password=typed)


def keys(settings: LangflowSettings, api_key: str = "", username: str = "") -> tuple[str, ...]:
    """The key of each Langflow of the settings: the one that is given, else its own; empty where a user is named.

    Raises:
        ConfigurationError: The one that is given is no key.
    """
    if api_key or username:
        try:
            return (credential(api_key),) * len(settings.langflow_urls)
        except ValueError as error:
            raise ConfigurationError(f"--api-key {error}") from None
    return settings.langflow_api_keys


@asynccontextmanager
async def entered(
    url: str, api_key: str, login: Login | None, proxies: Proxies, tell: Callable[[str], None]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a key that runs flows: ``api_key``, else one made as ``login`` and deleted behind the block.

    With neither, requests carry none.

    Raises:
        ConfigurationError: Langflow does not take this user and password.
        LangflowError: It cannot be reached, or refuses.
    """
    async with open_langflow(url, api_key, proxies) as client:
        if api_key or login is None:
            yield client
            return
        async with passing_key(client, passing_name(), tell, login) as made:
            client.headers["x-api-key"] = made
            yield client
