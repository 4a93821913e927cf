"""Whether Zoom's client would show the panel, looked at from outside: through the proxy, by the public address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from bridge.finding import Finding, fault
from bridge.http import read_whole
from bridge.panel.router import BASE
from bridge.panel.site import SAFE

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE_BYTES: Final = 1024 * 1024
PAGE_SECONDS: Final = 10.0
"""What is larger, or takes longer, is no panel of ours."""


async def try_panel(http: httpx.AsyncClient, public_url: str) -> Finding:
    """Ask for the page without a context, as anybody can."""
    url = f"{public_url}{BASE}"
    try:
        answer = await read_whole(http, "GET", url, most=PAGE_BYTES, seconds=PAGE_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return fault(
            f"{url} cannot be reached from here ({type(error).__name__})",
            "Start the bridge and the proxy in front of it; BRIDGE_PUBLIC_URL is how Zoom's client reaches them.",
        )
    if answer.status_code != httpx.codes.OK or 'id="panel"' not in answer.text:
        return fault(
            f"{url} does not answer as the panel would",
            f"It answered {answer.status_code}; the proxy must lead {BASE} and what is below it to a bridge with BRIDGE_PANEL=on.",
        )
    if changed := changed_headers(answer.headers):
        return fault(
            f"Zoom's client may not show {url}",
            f"The proxy changes or takes away {', '.join(changed)}; it must let the bridge's headers through.",
        )
    return Finding(what=f"{url} answers as Zoom's client needs it")


def changed_headers(headers: Mapping[str, str]) -> list[str]:
    """Names of headers that Zoom's client looks at and that are not ours any more, or that forbid its frames."""
    changed = [name for name, value in SAFE.items() if headers.get(name) != value]
    return changed + [name for name in ("x-frame-options",) if name in headers]
