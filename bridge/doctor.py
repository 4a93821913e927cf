"""``zoom-bridge doctor``: looks at everything that the bridge needs, and says what to do about each fault.

It starts no stream, sends no meeting's words anywhere and prints no secret. What nobody can know without a
meeting (whether the app may read transcripts, whether the account has RTMS), the first stream tells in its
``end_reason``.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from bridge.clock import CLOCK
from bridge.environment import env_file, misspelt, read_proxies, read_variable, written
from bridge.errors import (
    BridgeError,
    ConfigurationError,
    SettingsError,
    StoreError,
    StoreInUse,
    StoreOutdated,
    ZoomApiError,
    ZoomApiRefused,
)
from bridge.finding import Finding, fault, found_at, warning
from bridge.flow.routes import read_routes
from bridge.hooks.endpoint import read_endpoints
from bridge.http import open_http
from bridge.open_files import meetings_at_once, raise_limit
from bridge.panel.probe import try_panel
from bridge.publish.access import chosen_login, entered, keys
from bridge.publish.check import check, look_ahead, one_database, user_of
from bridge.publish.library import load_components, load_flows
from bridge.publish.rest import LangflowRest
from bridge.rtms.connection import tls_context
from bridge.rtms.urls import url_here
from bridge.settings import LangflowSettings, Settings, every_name, read_settings
from bridge.store.store import open_store
from bridge.webhook.signature import answer_validation, sign
from bridge.zoom.oauth import ZoomTokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretStr

    from bridge.flow.routes import Route

WEBHOOK_SECONDS: Final = 15.0
"""Longest wait for the webhook's answer at its public address."""
_NEW_KEY: Final = "Run: zoom-bridge flows push --create-key, which keeps one in .env."
PROXY_UNFIT: Final = "The proxy of the environment cannot be used"
FEW_MEETINGS: Final = 50
"""A limit of open files that carries fewer is worth a word."""
COMMIT_SECONDS: Final = 5.0
"""Longest wait for the store."""


async def examine(webhook_url: str = "", username: str = "") -> list[Finding]:
    """Everything, in the order to mend it; where settings are wrong, of the rest only Langflow can be looked at.

    ``webhook_url`` is the public address that Zoom was given; it is tried as Zoom tries it, and so is the panel. ``username`` signs in at
    Langflow instead of the API key.
    """
    try:
        notes = [warning(sentence, "Mend or remove it.") for sentence in misspelt(every_name())]
        read_proxies()
        settings = read_settings(Settings)
    except SettingsError as error:
        return [*notes, *_wrong_settings(error), *await _langflow_alone(username)]
    except ConfigurationError as error:
        return [fault("A setting cannot be read", f"{error}.")]
    found = await examine_with(settings, webhook_url, username)
    return [*notes, Finding(what="The settings are complete"), *found]


def _wrong_settings(error: SettingsError) -> list[Finding]:
    read = env_file()
    where = f"{read}, which was read" if read else f"a file .env in {Path.cwd()}, where there is none"
    advice = (
        f"Set it right in the environment or in {where} (docs/configuration.md; zoom-bridge config show)."
    )
    return [fault(what, advice) for what in error.faults]


async def _langflow_alone(username: str) -> list[Finding]:
    """Langflow and its flows, for whoever has nothing of Zoom's yet; nothing where its own settings are wrong."""
    try:
        settings = read_settings(LangflowSettings)
        path = written(["BRIDGE_ROUTES"])
        routes = read_routes(Path(path[0]) if path else None)
        return await _langflow(settings, routes, username)
    except ConfigurationError:
        return []  # told already, or with the rest of the settings


async def examine_with(settings: Settings, webhook_url: str = "", username: str = "") -> list[Finding]:
    """The same, with the settings at hand."""
    try:
        routes = read_routes(settings.bridge_routes)
        endpoints = read_endpoints(routes, read_variable)
        credentials = await _credentials(settings)
    except ConfigurationError as error:
        return [fault("A file that the settings name cannot be used", str(error))]
    runs, listener = await _listener(settings.bridge_host, settings.bridge_port)
    return [
        Finding(what=f"Routes: {', '.join(route.name for route in routes)}"),
        *(Finding(what=f"{each.name} is told by webhook at {each.address}") for each in endpoints),
        *credentials,
        await _events(settings, webhook_url),
        *await _panel(settings, webhook_url),
        listener,
        _open_files(settings),
        await _store(settings.bridge_store_url, a_bridge_runs=runs),
        *([await asyncio.to_thread(_folder, settings.bridge_data_dir)] if settings.bridge_record else []),
        *await _langflow(settings, routes, username),
    ]


async def _credentials(settings: Settings) -> list[Finding]:
    """Whether Zoom gives tokens for the credentials, which needs no meeting."""
    app = ("ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET", settings.zoom_client_id, settings.zoom_client_secret)
    rest_id, rest_secret = settings.zoom_rest_client_id, settings.zoom_rest_client_secret
    async with open_http(read_proxies(), tls=tls_context(settings.bridge_ca_file)) as http:

        async def ask(name: str, client_id: str, secret: SecretStr, account_id: str | None) -> Finding:
            tokens = ZoomTokens(
                http,
                url=settings.zoom_oauth_url,
                client_id=client_id,
                client_secret=secret,
                account_id=account_id,
                clock=time.time,
            )
            try:
                await tokens.access()
            except ZoomApiRefused as error:
                if account_id or error.reason == "invalid_client":
                    return fault(f"{name} are not right", f"{error}.")
                # An app need not be allowed tokens of its own to have RTMS.
                return warning(f"{name} could not be tried out", f"{error}.")
            except ZoomApiError as error:
                return warning(f"{name} could not be tried out", f"{error}.")
            except ConfigurationError as error:
                return fault(PROXY_UNFIT, f"{error}.")
            return Finding(what=f"Zoom knows {name}")

        if not settings.zoom_account_id:
            return [
                await ask(*app, None),
                Finding(
                    what="No ZOOM_ACCOUNT_ID: meetings have no topics, and nobody can start RTMS by command"
                ),
            ]
        if rest_id and rest_secret:
            names = "ZOOM_ACCOUNT_ID, ZOOM_REST_CLIENT_ID and ZOOM_REST_CLIENT_SECRET"
            return [
                await ask(*app, None),
                await ask(names, rest_id, rest_secret, settings.zoom_account_id),
            ]
        return [await ask(f"ZOOM_ACCOUNT_ID, {app[0]}", *app[1:], settings.zoom_account_id)]


async def _events(settings: Settings, webhook_url: str) -> Finding:
    """How Zoom's events get here."""
    if webhook_url:
        return await _webhook(webhook_url, settings.zoom_secret_token.get_secret_value())
    if settings.zoom_event_socket_url:
        return Finding(
            what="Zoom's events come over a socket; /readyz of a running bridge tells whether it is open"
        )
    return warning(
        "Whether Zoom reaches the webhook was not looked at",
        "Give its public address: zoom-bridge doctor --webhook https://<your host>/webhook",
    )


async def _webhook(url: str, secret_token: str) -> Finding:
    """Try the public address as Zoom's *Validate* does, signed as Zoom signs."""
    plain = secrets.token_urlsafe(16)
    message = {
        "event": "endpoint.url_validation",
        "payload": {"plainToken": plain},
        "event_ts": CLOCK.now_ms(),
    }
    body, timestamp = json.dumps(message).encode(), str(CLOCK.now_ms() // 1000)
    headers = {
        "content-type": "application/json",
        "x-zm-request-timestamp": timestamp,
        "x-zm-signature": sign(secret_token, timestamp, body),
    }
    wrong = f"{url} does not answer as the bridge would"
    try:
        async with open_http(read_proxies(), timeout_seconds=WEBHOOK_SECONDS) as http:
            answer = await http.post(url, content=body, headers=headers)
    except ConfigurationError as error:
        return fault(PROXY_UNFIT, f"{error}.")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error) if isinstance(error, httpx.ProxyError) else type(error).__name__
        return fault(
            f"{url} cannot be reached from here ({reason})",
            "Start the bridge and the proxy or tunnel in front of it; the address ends in /webhook.",
        )
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return fault(wrong, "The bridge there has another ZOOM_SECRET_TOKEN, or one of the clocks is wrong.")
    try:
        found = answer.json()["encryptedToken"] if answer.is_success else None
    except (ValueError, KeyError, TypeError):
        found = None
    expected = answer_validation(secret_token, plain)
    if not isinstance(found, str) or expected is None:
        return fault(
            wrong, f"It answered {answer.status_code}; the address must lead to POST /webhook of the bridge."
        )
    if not hmac.compare_digest(found.encode(), expected["encryptedToken"].encode()):
        return fault(wrong, "The bridge there has another ZOOM_SECRET_TOKEN.")
    return Finding(what=f"{url} answers Zoom's validation")


async def _panel(settings: Settings, webhook_url: str) -> list[Finding]:
    """What Zoom's client would be shown, where there is a panel and somebody wants the public address tried."""
    if not (webhook_url and settings.bridge_panel and settings.bridge_public_url):
        return []
    try:
        async with open_http(read_proxies(), timeout_seconds=WEBHOOK_SECONDS) as http:
            return [await try_panel(http, settings.bridge_public_url)]
    except ConfigurationError as error:
        return [fault(PROXY_UNFIT, f"{error}.")]


async def _listener(host: str, port: int) -> tuple[bool, Finding]:
    """Whether a bridge runs on this machine, or something else has its port."""
    url = url_here(host, port)
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=WEBHOOK_SECONDS) as http:
            answer = await http.get(f"{url}/healthz")
    except httpx.ConnectError:
        return False, Finding(what=f"No bridge runs at {url} yet (zoom-bridge serve)")
    except (httpx.HTTPError, httpx.InvalidURL):
        answer = None
    if answer is None or not answer.is_success or answer.text != "ok":
        return False, fault(f"Something else answers at {url}", "Give the bridge another BRIDGE_PORT.")
    return True, Finding(what=f"A bridge runs at {url}")


def _open_files(settings: Settings) -> Finding:
    limit = raise_limit()
    meetings = meetings_at_once(limit, settings.bridge_record)
    what = f"This process may open {limit} files: about {meetings} meetings at once"
    return (
        Finding(what=what)
        if meetings >= FEW_MEETINGS
        else warning(what, "Raise it: ulimit -Hn, or LimitNOFILE=")
    )


async def _store(url: str, *, a_bridge_runs: bool) -> Finding:
    """Open the store, whose tables are made where there are none, and write; nothing in it changes.

    Among several bridges this one is none: it is given no meeting, and takes no dead one's place.
    """
    kind = url.partition(":")[0].partition("+")[0]
    try:
        with tempfile.TemporaryDirectory(prefix="zoom-bridge-doctor-") as folder:
            return await _written(url, kind, Path(folder))
    except StoreOutdated:
        what = f"The store ({kind}) is of an older version, and is brought up to date by the next start of the bridge"
        return warning(what, "Copy it before, as an older bridge cannot use it then (docs/deploy.md).")
    except StoreError as error:
        if a_bridge_runs and isinstance(error, StoreInUse):
            return Finding(what=f"The store ({kind}) is the running bridge's; its /readyz tells how it is")
        return fault(f"The store ({kind}) cannot be used", str(error))
    except OSError as error:
        return fault(
            "No folder can be made for temporary files", f"{type(error).__name__}: {error.strerror}."
        )


async def _written(url: str, kind: str, folder: Path) -> Finding:
    async with open_store(url, folder=folder, upgrade=False) as store:
        store.leave()
        store.event_handled(-1)
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await store.flush()
        except TimeoutError:
            return fault(f"The store ({kind}) cannot be written", store.fault or "It does not answer.")
    return Finding(what=f"The store ({kind}) can be written")


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return Finding(what="Recordings can be written")
    except OSError as error:
        return fault("Recordings cannot be written", f"BRIDGE_DATA_DIR: {error.strerror}.")


async def _langflow(settings: LangflowSettings, routes: Sequence[Route], username: str) -> list[Finding]:
    """The flows that routes name: ours in full, those of others by their being there."""
    named = {route.flow for route in routes if route.flow}
    if not named:
        return [Finding(what="No route needs Langflow")]
    kept = keys(settings, username=username)
    told: list[str] = []
    findings: list[Finding] = []
    users: dict[str, str] = {}
    used = False
    try:
        login = None if all(kept) else await asyncio.to_thread(chosen_login, settings, username)
    except BridgeError as error:
        return [fault("Langflow cannot be used", f"{error}.")]
    for url, key in zip(settings.langflow_urls, kept, strict=True):
        try:
            async with entered(url, key, login, read_proxies(), told.append) as client:
                found = await _flows(LangflowRest(client), named)
                used = True
                if settings.langflow_shared_database:
                    users[url] = await user_of(LangflowRest(client))
        except BridgeError as error:
            found = [fault("Langflow cannot be used", f"{error}.")]
        findings += found_at(found, url, of=settings.langflow_urls)
    if login and used and settings.langflow_api_key is None:
        findings = [
            fault("The bridge has no API key for Langflow, and only a key runs flows", _NEW_KEY),
            *findings,
        ]
    return [
        *findings,
        *one_database(users),
        *(warning("A key is left in Langflow", sentence) for sentence in told),
    ]


async def _flows(rest: LangflowRest, named: set[str]) -> list[Finding]:
    flows = [flow for flow in load_flows() if {flow.endpoint_name, flow.id} & named]
    findings = await check(rest, flows, load_components())
    own = {name for flow in flows for name in (flow.endpoint_name, flow.id)}
    others = sorted(named - own)
    try:
        ahead = await look_ahead(rest, others) if others else []
    except BridgeError:
        return findings  # which tell it already
    missing = {
        name for name in others if any(each.what.startswith(f"There is no flow {name},") for each in ahead)
    }
    return [
        *findings,
        *(Finding(what=f"The flow {name} is there") for name in others if name not in missing),
        *ahead,
    ]
