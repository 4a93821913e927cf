"""Asks a running bridge over its private listener, for commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from bridge.domain import LIMITS
from bridge.errors import BridgeError
from bridge.http import open_http
from bridge.rtms.urls import is_loopback, url_here
from bridge.text import decode_json, one_line, storable, storable_json

if TYPE_CHECKING:
    from collections.abc import Collection

    from bridge.proxy import Proxies
    from bridge.settings import AdminSettings

ANSWER_SECONDS: Final = 30.0
"""Longest wait for an answer."""
_MOST_FAULTS: Final = 3


def address(settings: AdminSettings) -> str:
    """Where the private listener of these settings is asked."""
    return url_here(settings.bridge_admin_host, settings.bridge_admin_port)


async def ask(
    settings: AdminSettings,
    proxies: Proxies,
    method: str,
    path: str,
    *,
    body: dict[str, Any] | None = None,
    names: Collection[str] = (),
    listed: bool = False,
) -> Any:
    """The JSON that the bridge answers: with ``names`` an object that has them, or a list of such where it is ``listed``.

    Raises:
        BridgeError: Nobody answers, or it refuses; the message names the address, and what it said.
    """
    said = _read((await fetch(settings, proxies, method, path, body=body)).content)
    rows = said if listed else [said]
    if said is None or (names and not _all_have(rows, names)):
        raise BridgeError(
            f"what answers at {address(settings)} is no bridge: give BRIDGE_ADMIN_HOST and BRIDGE_ADMIN_PORT"
        )
    return said


async def fetch(
    settings: AdminSettings, proxies: Proxies, method: str, path: str, *, body: dict[str, Any] | None = None
) -> httpx.Response:
    """What the bridge answers, as it came.

    Raises:
        BridgeError: Nobody answers, or it refuses; the message names the address, and what it said.
    """
    url = address(settings)
    token = settings.bridge_admin_token
    headers = {"authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    try:
        async with open_http(proxies, timeout_seconds=ANSWER_SECONDS) as http:
            answer = await http.request(method, f"{url}{path}", headers=headers, json=storable_json(body))
    except httpx.ProxyError as error:
        raise BridgeError(f"no bridge could be asked at {url}: {error}") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        here = " Is 'zoom-bridge serve' running?" if is_loopback(settings.bridge_admin_host) else ""
        raise BridgeError(
            f"no bridge answers at {url} ({type(error).__name__}), which is BRIDGE_ADMIN_HOST and BRIDGE_ADMIN_PORT.{here}"
        ) from None
    if not answer.is_success:
        said = _read(answer.content)
        detail = said.get("detail") if isinstance(said, dict) else None
        raise BridgeError(f"the bridge at {url} answered {answer.status_code}: {_why(detail)}")
    return answer


def part(text: str) -> str:
    """Text of a command line as one part of a path; bytes of it that were no text stand for no id that there is."""
    return quote(storable(text), safe="")


def _all_have(rows: Any, names: Collection[str]) -> bool:
    return isinstance(rows, list) and all(isinstance(each, dict) and {*names} <= each.keys() for each in rows)


def _why(detail: Any) -> str:
    """What a refusal says, be it a sentence or a list of faults (docs/api.md)."""
    if isinstance(detail, str):
        return detail
    faults = [each for each in detail if isinstance(each, dict)] if isinstance(detail, list) else []
    told = (
        f"{'.'.join(map(str, where)) if isinstance(where := each.get('loc'), list) else ''}: {each.get('msg')}"
        for each in faults[:_MOST_FAULTS]
    )
    return one_line("; ".join(told), 2 * LIMITS.reason) or "it does not say why in a way that can be shown"


def _read(content: bytes) -> Any:
    """The JSON; ``None`` where it is none."""
    try:
        return decode_json(content)
    except ValueError:
        return None
