"""The API key by which the bridge is known to Langflow: found valid, or made and kept in ``.env``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from dotenv import dotenv_values, set_key

from bridge.errors import ConfigurationError, KeyRefused
from bridge.publish.login import create_api_key
from bridge.publish.rest import LangflowRest

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from bridge.publish.login import Login

NAME: Final = "LANGFLOW_API_KEY"


async def ensure_api_key(client: httpx.AsyncClient, env_file: Path, login: Login | None = None) -> bool:
    """Give ``client`` a valid key: the one that it has, else a new one, which is kept in ``env_file``.

    The file is made where it is missing, readable by its owner alone. Returns whether a key was made.

    Raises:
        ConfigurationError: The server wants a password, or another one; or the key that is not valid came from
            the environment, which would hide one in the file.
        LangflowError: The server cannot be reached, or refuses.
    """
    given = client.headers.get("x-api-key")
    if given:
        try:
            await LangflowRest(client).check_key()
        except KeyRefused:
            if dotenv_values(env_file).get(NAME) != given:
                raise ConfigurationError(
                    f"{NAME} is not valid there, and was not read from {env_file}: unset it, and try again."
                ) from None
        else:
            return False
    client.headers.pop("x-api-key", None)
    key = await create_api_key(client, login=login)
    await asyncio.to_thread(_keep, env_file, key)
    client.headers["x-api-key"] = key
    return True


def _keep(env_file: Path, key: str) -> None:
    env_file.touch(mode=0o600)
    set_key(env_file, NAME, key, quote_mode="never")
