"""Which of Zoom's server URLs may be dialled. Pure.

``server_urls`` come in an authenticated webhook, yet are treated as a stranger's: an allow-list of
hosts keeps a forged or mistaken address from making the bridge sign a handshake for it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.errors import UntrustedUrl
from bridge.rtms.messages import MediaType

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_PLAIN = re.compile("[!-~]+")
_KINDS = [kind for kind in MediaType if kind is not MediaType.ALL]


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


@dataclass(frozen=True, slots=True)
class MediaServers:
    """Where a stream's media can be had, as ``media_server.server_urls`` of message 2 tells."""

    by_kind: Mapping[MediaType, str]
    """One URL list for each kind of media that has a server of its own; kinds that we do not know are left out."""
    unified: str = ""
    """The URL list for all kinds; empty where there is none."""

    @classmethod
    def read(cls, server_urls: object) -> MediaServers:
        """What the wire offers: an object by media kind, or one text. Anything else offers nothing."""
        if isinstance(server_urls, str):
            return cls({}, server_urls)
        if not isinstance(server_urls, dict):
            return cls({})
        texts = {kind: url for kind, url in server_urls.items() if isinstance(url, str) and url}
        known: dict[MediaType, str] = {
            kind: texts[kind_name(kind)] for kind in _KINDS if kind_name(kind) in texts
        }
        return cls(known, texts.get("all", ""))

    def url(self, kind: MediaType, allowed_hosts: Sequence[str]) -> str:
        """The URL for a kind of media: its own server's, else the unified one's.

        Raises:
            UntrustedUrl: Nothing fitting was offered, or it may not be dialled.
        """
        offered = [urls for urls in (self.by_kind.get(kind, ""), self.unified) if urls]
        if not offered:
            raise UntrustedUrl(
                f"Zoom offered no media server for {kind_name(kind)}; does the app have the scope for it?"
            )
        return choose_signaling_url(",".join(offered), allowed_hosts)

    def sockets(self, recorded: Collection[MediaType]) -> list[MediaType]:
        """The media sockets to open, the transcript's always.

        Chat has one where Zoom offers one of its own. What is recorded has one where Zoom offers one, or nothing
        but a unified address; Zoom leaves out the media that the app has no scope for.
        """
        chat = [MediaType.CHAT] if MediaType.CHAT in self.by_kind else []
        offered = [kind for kind in recorded if kind in self.by_kind or not self.by_kind]
        return [MediaType.TRANSCRIPT, *chat, *offered]


def kind_name(kind: MediaType) -> str:
    """What the wire, logs and metrics call a kind of media: ``transcript``, ``chat``, ``audio`` ..."""
    return (kind.name or "").lower()


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


def url_here(host: str, port: int) -> str:
    """Where a listener of this machine is asked that listens on a host: by loopback where that is every address."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared with, never bound
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
