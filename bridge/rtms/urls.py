"""Which of Zoom's server URLs may be dialled. Pure.

``server_urls`` come in an authenticated webhook, yet are treated as a stranger's: an allow-list of
hosts keeps a forged or mistaken address from making the bridge sign a handshake for it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.errors import UntrustedUrl

if TYPE_CHECKING:
    from collections.abc import Sequence


_PLAIN = re.compile("[!-~]+")


def choose_signaling_url(server_urls: str, allowed_hosts: Sequence[str]) -> str:
    """The first URL of a webhook's comma-separated list that may be dialled.

    Zoom lists several transports since protocol version 2; all but WebSocket are passed over.

    Raises:
        UntrustedUrl: None of them may be dialled.
    """
    candidates = [url.strip() for url in server_urls.split(",")]
    for url in candidates:
        if is_allowed(url, allowed_hosts):
            return url
    raise UntrustedUrl(
        f"none of the {len(candidates)} server URLs is wss:// with a host in BRIDGE_ALLOWED_HOSTS; "
        "the stream is not dialled"
    )


def choose_media_url(server_urls: object, kind: str, allowed_hosts: Sequence[str]) -> str:
    """The media URL for ``kind`` (``transcript``, ``chat``, ...), else the unified one.

    ``server_urls`` is ``media_server.server_urls`` of message 2: an object by media kind, or one text.

    Raises:
        UntrustedUrl: Nothing fitting was offered, or it may not be dialled.
    """
    offered: list[object] = []
    if isinstance(server_urls, dict):
        offered = [server_urls.get(kind), server_urls.get("all")]
    elif isinstance(server_urls, str):
        offered = [server_urls]
    texts = [text for text in offered if isinstance(text, str) and text]
    if not texts:
        raise UntrustedUrl(f"Zoom offered no media server for {kind}; does the app have the scope for it?")
    return choose_signaling_url(",".join(texts), allowed_hosts)


def is_allowed(url: str, allowed_hosts: Sequence[str]) -> bool:
    """Whether a URL is ``wss://`` with a listed host, or ``ws://`` with a listed one of this machine."""
    if not _PLAIN.fullmatch(url):  # some parsers drop line breaks and tabs, others do not
        return False
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port  # an impossible port raises here
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    listed = any(_matches(host, pattern) for pattern in allowed_hosts)
    if parts.scheme == "wss":
        return listed
    return parts.scheme == "ws" and listed and is_loopback(host)


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return host == pattern


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
