"""What a bridge is to do, from its settings and files: whatever can be wrong in them is told before anything is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from bridge.environment import read_proxies, read_variable
from bridge.flow.routes import read_routes
from bridge.hooks.endpoint import read_endpoints
from bridge.open_files import raise_limit
from bridge.rtms.connection import tls_context
from bridge.rtms.media_params import recorded_params, transcript_params
from bridge.session.link import Zoom
from bridge.session.redaction import ready

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.flow.routes import Route
    from bridge.hooks.endpoint import Endpoint
    from bridge.proxy import Proxies
    from bridge.rtms.patience import Patience
    from bridge.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What settings and files say, read and checked."""

    settings: Settings
    routes: tuple[Route, ...]
    endpoints: tuple[Endpoint, ...]
    """Webhook endpoints that are told, of all routes."""
    proxies: Proxies
    zoom: Zoom
    open_files: int
    """So many this process may have at once."""

    @classmethod
    async def of(cls, settings: Settings, routes: Sequence[Route] | None, *, patience: Patience) -> Self:
        """Read routes, unless they are given, and what they name.

        Raises:
            ConfigurationError: Something in them cannot be, or a proxy or certificate cannot be used.
        """
        chosen = tuple(routes if routes is not None else read_routes(settings.bridge_routes))
        await ready(chosen)
        endpoints = tuple(read_endpoints(chosen, read_variable))
        open_files = raise_limit()
        proxies = read_proxies()
        for url in (*_asked(settings), *(endpoint.url for endpoint in endpoints)):
            proxies.to(url)  # a proxy that cannot be used is told now
        zoom = Zoom(
            client_id=settings.zoom_client_id,
            client_secret=settings.zoom_client_secret,
            allowed_hosts=settings.bridge_allowed_hosts,
            tls=tls_context(settings.bridge_ca_file),
            transcript_params=transcript_params(
                settings.bridge_language, detect=settings.bridge_detect_language
            ),
            recorded=recorded_params(
                settings.bridge_record,
                opus=settings.bridge_record_audio_as == "opus",
                png=settings.bridge_record_share_as == "png",
                share=any(route.share for route in chosen),
            ),
            patience=patience,
            proxies=proxies,
        )
        return cls(
            settings=settings,
            routes=chosen,
            endpoints=endpoints,
            proxies=proxies,
            zoom=zoom,
            open_files=open_files,
        )

    @property
    def flows(self) -> set[str]:
        """The flows that routes name; none where every route runs by a function of its own."""
        return {route.flow for route in self.routes if route.flow}


def _asked(settings: Settings) -> list[str]:
    """Whatever a bridge with these settings will ask, by one address of each kind."""
    sockets = [f"wss://{host.removeprefix('*.')}" for host in settings.bridge_allowed_hosts]
    rest = [settings.zoom_api_url, settings.zoom_oauth_url] if settings.zoom_account_id else []
    tokens = [settings.zoom_oauth_url] if settings.zoom_event_socket_url else []
    return [*settings.langflow_urls, *sockets, *rest, *tokens]
