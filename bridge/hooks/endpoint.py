"""Webhook endpoints: whom a route tells, as its file says, with the secrets that the environment has. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.errors import ConfigurationError
from bridge.hooks.signature import read_secret
from bridge.rtms.urls import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.domain import EndpointEvent
    from bridge.flow.routes import Route, Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Somebody who is told."""

    name: str
    """Unique among all routes; the only thing of it that logs, metrics and pages name."""
    route: str
    url: str = field(repr=False)
    """Its path and query may be a secret, as those of many services are."""
    keys: tuple[bytes, ...] = field(repr=False)
    """That sign; several while a secret is being replaced."""
    events: frozenset[EndpointEvent]

    @property
    def address(self) -> str:
        """Where it is, as it may be told: without path and query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def read_endpoints(routes: Sequence[Route], read: Callable[[str], str]) -> tuple[Endpoint, ...]:
    """The endpoints of all routes; ``read`` gives a variable of the environment.

    Raises:
        ConfigurationError: An address may not be told, a secret is missing or none; names the endpoint, and no address.
    """
    return tuple(
        Endpoint(
            name=hook.name,
            route=route.name,
            url=_url(hook),
            keys=tuple(_key(hook, variable, read) for variable in hook.secret_env),
            events=frozenset(hook.events),
        )
        for route in routes
        for hook in route.webhook
    )


def _url(hook: Webhook) -> str:
    wrong = f"BRIDGE_ROUTES: webhook {hook.name}: url must"
    try:
        parts = urlsplit(hook.url)
        host, _port = parts.hostname or "", parts.port  # an impossible port raises here
    except ValueError:
        host = ""
    plain = hook.url.isascii() and hook.url.isprintable() and " " not in hook.url
    if not plain or not host or parts.scheme not in ("https", "http"):
        raise ConfigurationError(f"{wrong} be an address such as https://example.com/hooks.")
    if parts.username is not None or parts.fragment:
        raise ConfigurationError(f"{wrong} be without user name, password and #; deliveries are signed.")
    if parts.scheme == "http" and not is_loopback(host) and not hook.plain_http:
        raise ConfigurationError(
            f"{wrong} begin with https:// (http:// for this machine, or with plain_http = true)."
        )
    return hook.url


def _key(hook: Webhook, variable: str, read: Callable[[str], str]) -> bytes:
    try:
        return read_secret(read(variable))
    except ConfigurationError as error:
        raise ConfigurationError(f"BRIDGE_ROUTES: webhook {hook.name}: {error}.") from None
    except ValueError as error:
        raise ConfigurationError(f"BRIDGE_ROUTES: webhook {hook.name}: {variable} {error}.") from None
