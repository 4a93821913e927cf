"""Getting in at a Langflow: as a user with a password, or where it lets its only user in by itself.

Only an API key runs flows, so whoever signs in makes one: for good, or for as long as a command needs it. Paths and
answers as Langflow 1.12 and 1.13 give them; 1.13 asks for a password unless ``LANGFLOW_AUTO_LOGIN`` says otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx

from bridge.credential import credential
from bridge.errors import BridgeError, ConfigurationError, FlowRefused, LangflowAway
from bridge.flow.answer import no_langflow, shown_address
from bridge.http import read_whole
from bridge.tasks import seen_through

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KEYS: Final = "/api/v1/api_key/"
ANSWER_SECONDS: Final = 60.0
"""Longest wait for one answer."""
ANSWER_BYTES: Final = 4 * 1024 * 1024
"""Longest answer that is read."""
REMOVAL_SECONDS: Final = 20.0
"""Longest wait for a Langflow to remove a key."""
NO_WAY_IN: Final = (
    "This Langflow asks for a password: set LANGFLOW_PASSWORD (and LANGFLOW_USERNAME, where it is not 'langflow'), or give "
    "--username and type it; else make an API key there (Settings > Langflow API Keys) and set LANGFLOW_API_KEY."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user of Langflow's."""

    username: str
    password: str = field(repr=False)


async def create_api_key(
    client: httpx.AsyncClient, *, name: str = "zoom-bridge", login: Login | None = None
) -> str:
    """Make an API key, as ``login``, or as the only user where Langflow asks for no password.

    ``client`` has the server as its ``base_url``; it needs no key.

    Raises:
        ConfigurationError: The server wants a password, or another one.
        LangflowError: The server cannot be reached, or refuses.
    """
    token = await (_sign_in(client, login) if login else _walk_in(client))
    headers = {"Authorization": f"Bearer {token}"}
    answer = await _ask(client, "POST", KEYS, json={"name": name}, headers=headers)
    return _text(answer, "api_key")


@contextlib.asynccontextmanager
async def passing_key(
    client: httpx.AsyncClient, name: str, tell: Callable[[str], None], login: Login | None = None
) -> AsyncIterator[str]:
    """An API key that is deleted behind the block, however that ends; what could not be is told.

    Raises:
        ConfigurationError: As :func:`create_api_key`.
        LangflowError: As :func:`create_api_key`.
    """
    key = await create_api_key(client, name=name, login=login)
    try:
        yield key
    finally:
        await seen_through(_removed(client, key, name, tell))


async def _removed(client: httpx.AsyncClient, key: str, name: str, tell: Callable[[str], None]) -> None:
    try:
        async with asyncio.timeout(REMOVAL_SECONDS):
            await _remove(client, key, name)
    except (BridgeError, TimeoutError) as error:
        tell(f"Langflow did not remove the API key '{name}' ({type(error).__name__}); delete it there.")


def passing_name() -> str:
    """A name that no other key has."""
    return f"zoom-bridge, for one command ({secrets.token_hex(4)})"


async def _sign_in(client: httpx.AsyncClient, login: Login) -> str:
    form = {"username": login.username, "password": login.password}
    answer = await _ask(client, "POST", "/api/v1/login", data=form, refused=(400, 401, 422, 429))
    match answer.status_code:
        case 401 | 422:
            raise ConfigurationError(
                f"Langflow at {_address(client)} does not take this user and password "
                "(LANGFLOW_USERNAME, LANGFLOW_PASSWORD): try them on its login page."
            )
        case 400:
            raise ConfigurationError(
                f"Langflow at {_address(client)} knows this user, who may not sign in yet: its administrator has to activate it."
            )
        case 429:
            raise FlowRefused("Langflow has seen too many attempts to sign in: wait a minute, and try again")
    return _text(answer, "access_token")


async def _walk_in(client: httpx.AsyncClient) -> str:
    answer = await _ask(client, "GET", "/api/v1/auto_login", refused=(400, 401, 403, 404))
    if not answer.is_success:
        raise ConfigurationError(NO_WAY_IN)
    return _text(answer, "access_token")


async def _remove(client: httpx.AsyncClient, key: str, name: str) -> None:
    headers = {"x-api-key": key}
    answer = await _ask(client, "GET", KEYS, headers=headers)
    try:
        found = [each["id"] for each in answer.json()["api_keys"] if each["name"] == name]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _no_langflow(answer) from None
    for key_id in found:
        await _ask(client, "DELETE", f"{KEYS}{key_id}", headers=headers)


async def _ask(
    client: httpx.AsyncClient, method: str, path: str, *, refused: tuple[int, ...] = (), **request: object
) -> httpx.Response:
    """An answer of success, or of one of the statuses that the caller tells apart; no error quotes either side."""
    try:
        answer = await read_whole(client, method, path, most=ANSWER_BYTES, seconds=ANSWER_SECONDS, **request)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise LangflowAway(nobody_answers(client, error)) from None
    if not answer.is_success and answer.status_code not in refused:
        raise FlowRefused(f"Langflow answered {answer.status_code} to {method} {path}, and let nobody in")
    return answer


def _text(answer: httpx.Response, name: str) -> str:
    """A key or token of an answer's JSON: it goes into headers and into ``.env``, so it is nothing that would be two lines there."""
    with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
        found = answer.json()[name]
        if found and credential(found) == found:
            return str(found)
    raise _no_langflow(answer)


def _no_langflow(answer: httpx.Response) -> LangflowAway:
    return no_langflow(shown_address(str(answer.request.url)), " (LANGFLOW_URL)")


def nobody_answers(client: httpx.AsyncClient, error: Exception) -> str:
    """What to do where no connection comes about, without what the error would show of the address."""
    if isinstance(error, httpx.ProxyError):
        return str(error)
    return (
        f"nobody answers at {_address(client)} ({type(error).__name__}): start Langflow there, "
        "or say where it runs (LANGFLOW_URL)"
    )


def _address(client: httpx.AsyncClient) -> str:
    return shown_address(str(client.base_url))
