"""Which proxy leads to an address, if any. Pure: the environment comes in as a mapping.

One rule for HTTP and for WebSocket: what goes to this machine never goes through a proxy; everything else goes where
``HTTP_PROXY``, ``HTTPS_PROXY`` (``ws`` and ``wss`` count as ``http`` and ``https``) or ``ALL_PROXY`` say, unless
``NO_PROXY`` names the host. Names may be written small; the small one wins, as in curl. ``NO_PROXY`` holds, with commas
or blanks between: ``*``; names, which mean their sub-domains too (``example.com``, ``.example.com``,
``*.example.com``); addresses and networks (``10.0.0.0/8``, ``[::1]``, ``fe80::/10``); each name or address with a port
where it is meant for that alone. What is none of these is passed over.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bridge.errors import ConfigurationError
from bridge.rtms.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

_FAMILY: Final = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """One proxy that was named."""

    variable: str
    """That names it."""
    url: str = field(repr=False)
    """May hold credentials."""

    @property
    def shown(self) -> str:
        """Its address as it may be told: without credentials."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}"


@dataclass(frozen=True, slots=True)
class _Exception:
    """One entry of ``NO_PROXY``."""

    host: str
    network: ipaddress.IPv4Network | ipaddress.IPv6Network | None
    port: int | None

    def means(self, host: str, port: int | None) -> bool:
        if self.port is not None and self.port != port:
            return False
        if self.network is None:
            return self.host == "*" or host == self.host or host.endswith(f".{self.host}")
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return address in self.network


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The proxies of an environment; none by default."""

    http: Proxy | None = None
    https: Proxy | None = None
    exceptions: tuple[_Exception, ...] = ()

    def to(self, url: str) -> Proxy | None:
        """The proxy on the way to an ``http``, ``https``, ``ws`` or ``wss`` URL; ``None`` for the direct way.

        Raises:
            ConfigurationError: It is a SOCKS proxy, which cannot be used; says which variable names it.
        """
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").rstrip("."), parts.port
        except ValueError:
            return None  # whoever dials it tells
        family = _FAMILY.get(parts.scheme)
        if family is None or not host or is_loopback(host):
            return None
        chosen = self.https if family == "https" else self.http
        port = port or _PORTS[family]
        if chosen is None or any(each.means(host, port) for each in self.exceptions):
            return None
        if chosen.url.startswith("socks"):
            raise ConfigurationError(
                f"{chosen.variable} names a SOCKS proxy ({chosen.shown}), which the bridge cannot use on the way to {host}: "
                f"give an http:// proxy in {family.upper()}_PROXY, or name {host} in NO_PROXY"
            )
        return chosen

    def url_to(self, url: str) -> str | None:
        """The same as a URL, with credentials, as HTTP and WebSocket clients take it."""
        found = self.to(url)
        return found.url if found else None


DIRECT: Final = Proxies()
"""No proxy on any way."""


def read(environment: Mapping[str, str]) -> Proxies:
    """The proxies that an environment names.

    Raises:
        ConfigurationError: One is written wrongly; names the variable, never what it holds.
    """
    both = {
        name: value
        for name in VARIABLES
        if (value := (environment.get(name.lower()) or environment.get(name, "")).strip())
    }
    everything = _proxy("ALL_PROXY", both)
    return Proxies(
        http=_proxy("HTTP_PROXY", both) or everything,
        https=_proxy("HTTPS_PROXY", both) or everything,
        exceptions=tuple(
            each for word in both.get("NO_PROXY", "").replace(",", " ").split() if (each := _exception(word))
        ),
    )


def _proxy(name: str, values: Mapping[str, str]) -> Proxy | None:
    text = values.get(name)
    if text is None:
        return None
    url = text if "://" in text else f"http://{text}"
    wrong = ConfigurationError(
        f"{name} is not the address of a proxy: write it as http://host:port, or unset it"
    )
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port  # an impossible port raises here
    except ValueError:
        raise wrong from None
    known = parts.scheme in ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
    if not known or not host or not url.isascii() or not url.isprintable() or " " in url:
        raise wrong
    return Proxy(variable=name, url=url)


def _exception(word: str) -> _Exception | None:
    """What an entry of ``NO_PROXY`` means; ``None`` for nothing that can be understood."""
    word = word.lower()
    if word == "*":
        return _Exception(word, None, None)
    network = _network(word)
    if network is not None:
        return _Exception(word, network, None)
    host, port = _split_port(word)
    network = _network(host)
    if network is not None:
        return _Exception(host, network, port)
    host = host.removeprefix("*").strip(".")
    legible = host and not set(host) & set("/:*[]@")
    return _Exception(host, None, port) if legible else None


def _split_port(word: str) -> tuple[str, int | None]:
    host, colon, port = word.rpartition(":")
    if colon and port.isascii() and port.isdigit() and (":" not in host or host.endswith("]")):
        return host, int(port)
    return word, None


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
