"""Zoom's REST, with the operator's credentials: each of two apps has tokens of its own."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from bridge.environment import read_proxies
from bridge.http import open_http
from bridge.rtms.connection import tls_context
from bridge.zoom.api import ZoomApi
from bridge.zoom.oauth import ZoomTokens
from bridge.zoom.video_sdk import VideoSdkTokens

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridge.settings import Settings


@contextlib.asynccontextmanager
async def zoom_api(settings: Settings) -> AsyncIterator[ZoomApi]:
    """Zoom's REST, with the credentials there are; calls that have none say which setting they miss."""
    app_id, app_secret = settings.zoom_client_id, settings.zoom_client_secret
    key, secret = settings.zoom_video_sdk_api_key, settings.zoom_video_sdk_api_secret
    async with open_http(read_proxies(), tls=tls_context(settings.bridge_ca_file)) as http:
        tokens = ZoomTokens(
            http,
            url=settings.zoom_oauth_url,
            client_id=settings.zoom_rest_client_id or app_id,
            client_secret=settings.zoom_rest_client_secret or app_secret,
            account_id=settings.zoom_account_id,
            clock=time.time,
        )
        yield ZoomApi(
            http,
            url=settings.zoom_api_url,
            tokens=tokens if settings.zoom_account_id else None,
            session_tokens=VideoSdkTokens(api_key=key, api_secret=secret, clock=time.time)
            if key and secret
            else None,
            rtms_client_id=app_id,
            clock=time.time,
        )


@contextlib.asynccontextmanager
async def event_tokens(settings: Settings) -> AsyncIterator[ZoomTokens]:
    """Tokens of the app that has RTMS: its event subscription takes no other app's."""
    async with open_http(read_proxies(), tls=tls_context(settings.bridge_ca_file)) as http:
        yield ZoomTokens(
            http,
            url=settings.zoom_oauth_url,
            client_id=settings.zoom_client_id,
            client_secret=settings.zoom_client_secret,
            # With a pair of its own for REST, the account id belongs to that app.
            account_id=None if settings.zoom_rest_client_id else settings.zoom_account_id,
            clock=time.time,
        )
