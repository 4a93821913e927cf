"""Zoom's client as it shows a Zoom App: who looks, which pages it shows at all, and its SDK.

Written from what Zoom and its samples say of the client, with nothing of the bridge's own in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.async_api import Page, Response, Route

SDK_JS = (Path(__file__).parent / "zoom_sdk.js").read_text()
SDK_URL = "https://appssdk.zoom.us/sdk.min.js"
LIVES_MS = 120_000
"""How long a context is good for, as contexts in Zoom's forum show."""


def seal(
    plain: bytes, secret: str, *, nonce: bytes = b"", signed: bytes = b"", url_safe: bool = False
) -> str:
    """Bytes as Zoom seals a context: lengths little endian, AES-256-GCM under the secret's SHA-256."""
    nonce = nonce or os.urandom(12)
    cipher = Cipher(algorithms.AES(hashlib.sha256(secret.encode()).digest()), modes.GCM(nonce)).encryptor()
    cipher.authenticate_additional_data(signed)
    ciphertext = cipher.update(plain) + cipher.finalize()
    raw = struct.pack("<B", len(nonce)) + nonce + struct.pack("<H", len(signed)) + signed
    raw += struct.pack("<i", len(ciphertext)) + ciphertext + cipher.tag
    return (base64.urlsafe_b64encode if url_safe else base64.b64encode)(raw).decode()


def fields(meeting_uuid: str, now_ms: int, client_id: str, **changes: Any) -> dict[str, Any]:
    """What a context says of somebody who has added the app; ``None`` takes a field out, as Zoom leaves it out."""
    told = {
        "typ": "meeting",
        "uid": "UIhTkdB5Q0aKzC3xYw71Bg",
        "mid": meeting_uuid,
        "aud": client_id,
        "iss": "marketplace.zoom.us",
        "ts": now_ms - 300,
        "exp": now_ms - 300 + LIVES_MS,
        "entitlements": [],
        "attendrole": "participant",
    }
    return {name: value for name, value in (told | changes).items() if value is not None}


def context(
    meeting_uuid: str, *, now_ms: int, client_id: str, secret: str, signed: bytes = b"", **changes: Any
) -> str:
    """A context as the client sends it."""
    told = fields(meeting_uuid, now_ms, client_id, **changes)
    return seal(json.dumps(told).encode(), secret, signed=signed)


def why_blocked(status: int, headers: Mapping[str, str]) -> list[str]:
    """What keeps the client from showing an answer: every page of status 200 needs four headers, framing must be allowed."""
    if status != 200 or not headers.get("content-type", "").startswith("text/html"):
        return []
    needed = (
        "strict-transport-security",
        "x-content-type-options",
        "content-security-policy",
        "referrer-policy",
    )
    why = [f"Missing OWASP Secure Headers: {name}" for name in needed if not headers.get(name)]
    if headers.get("x-content-type-options", "").lower() != "nosniff":
        why.append("x-content-type-options is not nosniff")
    age = re.match(r"max-age=(\d+)", headers.get("strict-transport-security", ""))
    if age is None or int(age[1]) < 31_536_000:
        why.append("strict-transport-security is shorter than a year")
    parts = headers.get("content-security-policy", "").split(";")
    policy = {part.split()[0]: part.split()[1:] for part in parts if part.strip()}
    if "https://appssdk.zoom.us" not in policy.get("script-src", policy.get("default-src", [])):
        why.append("the policy does not let in Zoom's SDK")
    if not {"zoom.us", "*.zoom.us", "*.zoom.com"} <= {*policy.get("frame-ancestors", ["*"])} and (
        "frame-ancestors" in policy
    ):
        why.append("the policy does not let Zoom's web client frame the page")
    if headers.get("x-frame-options", "").lower() == "deny":
        why.append("x-frame-options denies")
    return why


class ZoomClient:
    """The side bar of a meeting in one tab: sends the context with the Home URL alone, blocks pages, serves the SDK."""

    def __init__(self, page: Page, home_url: str) -> None:
        self.page, self.home_url = page, home_url
        self.blocked: list[str] = []
        self.sent_context: str | None = None
        """What goes with the Home URL; ``None`` where the client sends nothing, as the web client does."""
        self.sdk_context: Any = None
        """Makes what ``getAppContext`` gives."""
        self.framed_by = ""
        self.elsewhere: list[str] = []
        """Addresses outside that the page asked for."""

    async def start(self, **client: Any) -> None:
        """Be ready to show pages; ``client`` is how the SDK's double behaves, see ``zoom_sdk.js``."""
        await self.page.expose_function("zoomMakesContext", lambda: self.sdk_context())
        await self.become(**client)
        await self.page.route("**/*", self._route)
        self.page.on("response", self._look)

    async def become(self, **client: Any) -> None:
        """Be another client from the next page on."""
        await self.page.add_init_script(f"window.zoomClient = {json.dumps(client)};")

    async def open(self) -> None:
        """Open the app, as a click on it does."""
        await self.page.goto(self.home_url)

    async def open_framed(self, site: str = "https://app.zoom.us/wc/") -> None:
        """Open the app as Zoom's web client does, in a frame of its own page; or as any other site would."""
        self.framed_by = site
        await self.page.goto(site)

    async def state(self) -> dict[str, Any]:
        """What the SDK's double has noted."""
        found: dict[str, Any] = await self.page.evaluate("() => window.zoomNoted")
        return found

    async def _route(self, route: Route) -> None:
        request = route.request
        if request.url == SDK_URL:
            await route.fulfill(body=SDK_JS, content_type="text/javascript")
        elif request.url == self.framed_by:
            frame = f'<!doctype html><title>Zoom</title><iframe src="{self.home_url}" width="372" height="700"></iframe>'
            await route.fulfill(body=frame, content_type="text/html")
        elif request.url == self.home_url and self.sent_context is not None:
            headers = {**request.headers, "x-zoom-app-context": self.sent_context}
            await route.continue_(headers=headers)
        elif request.url.startswith(self.home_url):
            await route.continue_()
        else:
            self.elsewhere.append(request.url)
            await route.abort()

    async def _look(self, response: Response) -> None:
        if response.request.is_navigation_request() and response.url.startswith(self.home_url):
            self.blocked += why_blocked(response.status, await response.all_headers())
