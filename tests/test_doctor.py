"""``zoom-bridge doctor``: what it finds, and that it says no secret."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import SecretStr

from bridge import doctor
from bridge.admin.metrics import Metrics
from bridge.doctor import examine, examine_with
from bridge.finding import Finding, Level
from bridge.listener import http_listener
from bridge.publish.library import load_flows
from bridge.publish.server import FlowServer, inputs_of
from bridge.settings import GivenSettings
from bridge.simulator.zoom import Simulator
from bridge.store.store import Store, open_store
from bridge.webhook.routes import webhook_router
from tests.fakes.langflow_server import FakeLangflow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ROOT = Path(__file__).parents[1]
FILLED_IN = {
    "ZoomChatOutput.webhook_url": "https://integrations.test/hook",
    "ZoomChatOutput.verification_token": "hook-token",
    "ZoomClaude.enabled": "false",
}
CLIENT, SECRET, TOKEN = "client-x", "secret-x", "token-x"


@pytest.fixture
async def zoom() -> AsyncIterator[Simulator]:
    async with Simulator(client_id=CLIENT, client_secret=SECRET, secret_token=TOKEN) as stand_in:
        yield stand_in


@pytest.fixture
def server() -> FakeLangflow:
    return FakeLangflow()


@pytest.fixture
async def settings(
    zoom: Simulator, server: FakeLangflow, unused_tcp_port: int, tmp_path: Path
) -> AsyncIterator[dict[str, Any]]:
    """Settings with which all is well, for a Langflow that has our flows."""
    async with server.client() as client:
        for flow in load_flows():
            await FlowServer(client).push(
                flow, {name: FILLED_IN[name] for name in inputs_of(flow, FILLED_IN)}
            )
    (tmp_path / "routes.toml").write_text('[[route]]\nname = "tasks"\nflow = "zoom-action-items"\n')
    async with server.listening() as url:
        yield {
            "zoom_secret_token": TOKEN,
            "ZOOM_CLIENT_ID": CLIENT,
            "ZOOM_CLIENT_SECRET": SECRET,
            "zoom_account_id": zoom.rest.account_id,
            "zoom_api_url": zoom.api_url,
            "zoom_oauth_url": zoom.oauth_url,
            "langflow_url": url,
            "langflow_api_key": "sk-right",
            "bridge_port": unused_tcp_port,
            "bridge_store_url": f"sqlite+aiosqlite:///{tmp_path / 'bridge.db'}",
            "bridge_routes": tmp_path / "routes.toml",
            "zoom_event_socket_url": "wss://ws.zoom.us/ws?subscriptionId=s3cret",
        }


async def look(settings: dict[str, Any], webhook_url: str = "", **changes: Any) -> list[Finding]:
    """What is found with these settings, some of them changed."""
    return await examine_with(GivenSettings(**{**settings, **changes}), webhook_url)


def wrong(findings: list[Finding]) -> list[tuple[Level, str, str]]:
    """All that is not well."""
    return [(f.level, f.what, f.advice) for f in findings if f.level is not Level.OK]


async def test_all_is_well(settings: dict[str, Any]) -> None:
    """Nothing to do, and no secret in what is told."""
    findings = await look(settings)

    told = "\n".join(map(str, findings))
    assert wrong(findings) == []
    assert "Routes: tasks" in told
    assert "Zoom knows ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET" in told
    assert "The store (sqlite) can be written" in told
    assert "Zoom action items runs, and keeps meetings apart" in told
    for secret in (SECRET, TOKEN, "sk-right", "s3cret"):
        assert secret not in told


async def test_each_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is missing or wrong at once, without values."""
    monkeypatch.setenv("ZOOM_CLIENT_ID", "client-x")
    monkeypatch.setenv("BRIDGE_PORT", "eighty")
    monkeypatch.setenv("LANGFLOW_URL", "http://127.0.0.1:9")

    findings = await examine()

    wrong_settings, langflow = findings[:3], findings[3:]
    assert [finding.what.partition(" ")[0].rstrip(":") for finding in wrong_settings] == [
        "ZOOM_SECRET_TOKEN",
        "ZOOM_CLIENT_SECRET",
        "BRIDGE_PORT",
    ]
    assert all(str(Path.cwd()) in finding.advice for finding in wrong_settings)
    assert len(langflow) == 1
    assert all(finding.level is Level.FAULT and finding.advice for finding in findings)
    assert "eighty" not in str(findings)


@pytest.mark.parametrize(
    ("changes", "what", "advice"),
    [
        ({"ZOOM_CLIENT_SECRET": "other"}, "ZOOM_CLIENT_SECRET are not right", "not a pair that Zoom knows"),
        ({"zoom_account_id": "other"}, "ZOOM_ACCOUNT_ID", "not the account"),
        (
            {"zoom_rest_client_id": "s2s", "zoom_rest_client_secret": "other"},
            "ZOOM_REST_CLIENT_SECRET are not right",
            "not a pair that Zoom knows",
        ),
        (
            {"ZOOM_CLIENT_SECRET": "other", "zoom_account_id": None},
            "are not right",
            "not a pair that Zoom knows",
        ),
    ],
)
async def test_wrong_credentials(
    settings: dict[str, Any], changes: dict[str, Any], what: str, advice: str
) -> None:
    """Zoom's refusal is told as what to change."""
    [(level, told, next_step)] = wrong(await look(settings, **changes))

    assert level is Level.FAULT
    assert what in told
    assert advice in next_step
    assert "other" not in told + next_step


async def test_without_an_account_nothing_is_missing(settings: dict[str, Any]) -> None:
    """The app's own pair is tried, and what an account id would add is told."""
    findings = await look(settings, zoom_account_id=None)

    assert wrong(findings) == []
    assert any(finding.what.startswith("No ZOOM_ACCOUNT_ID") for finding in findings)


async def test_an_app_that_gets_no_token_of_its_own(settings: dict[str, Any], zoom: Simulator) -> None:
    """Zoom may refuse that to an app which is right for RTMS: no fault."""
    zoom.rest.client = (CLIENT, SECRET)
    refusal = '{"reason": "unsupported grant type", "error": "unsupported_grant_type"}'

    async def refuse() -> JSONResponse:
        return JSONResponse(json.loads(refusal), 400)

    app = FastAPI()
    app.add_api_route("/oauth/token", refuse, methods=["POST"])
    async with http_listener(app, host="127.0.0.1", port=0) as port:
        url = f"http://127.0.0.1:{port}/oauth/token"
        [(level, what, _)] = wrong(await look(settings, zoom_account_id=None, zoom_oauth_url=url))

    assert (level, what) == (Level.WARNING, "ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET could not be tried out")


async def test_a_store_that_cannot_be_opened(settings: dict[str, Any], tmp_path: Path) -> None:
    """A folder that is missing is named."""
    url = f"sqlite+aiosqlite:///{tmp_path}/nowhere/bridge.db"
    [(level, what, advice)] = wrong(await look(settings, bridge_store_url=url))

    assert (level, what) == (Level.FAULT, "The store (sqlite) cannot be used")
    assert "there is no folder" in advice


async def test_a_store_that_cannot_be_written(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else holds the database: it opens, but takes nothing."""
    assert wrong(await look(settings)) == []
    monkeypatch.setattr(doctor, "COMMIT_SECONDS", 2.0)
    monkeypatch.setattr("bridge.store.sqlite.BUSY_SECONDS", 0.01)
    holder = sqlite3.connect(tmp_path / "bridge.db")
    holder.execute("BEGIN IMMEDIATE")

    [(level, what, advice)] = wrong(await look(settings))
    holder.close()

    assert (level, what) == (Level.FAULT, "The store (sqlite) cannot be written")
    assert "database is locked" in advice


async def test_routes_lead_to_flows(settings: dict[str, Any], tmp_path: Path) -> None:
    """A flow that a route names and Langflow does not have is a fault; flows that no route names are of no matter."""
    (tmp_path / "routes.toml").write_text('[[route]]\nname = "mine"\nflow = "my-own"\n')

    findings = await look(settings)

    assert wrong(findings) == [
        (
            Level.FAULT,
            "There is no flow my-own, which a route names",
            "Run: zoom-bridge flows push; one of your own, import into Langflow, or mend BRIDGE_ROUTES.",
        )
    ]
    assert not any(
        "action items" in finding.what or "my-own is there" in finding.what for finding in findings
    )


async def test_a_routes_file_that_is_wrong(settings: dict[str, Any], tmp_path: Path) -> None:
    """What serve would refuse, the doctor tells."""
    (tmp_path / "routes.toml").write_text("[[route]]\n")

    [(level, _, advice)] = wrong(await look(settings))

    assert level is Level.FAULT
    assert "BRIDGE_ROUTES" in advice


async def test_webhook_endpoints(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Endpoints are named with their hosts; one whose secret is missing is a fault with the variable's name."""
    hook = 'name = "crm"\nurl = "https://crm.example/h?key=k-9"\nsecret_env = "CRM_SECRET"'
    (tmp_path / "routes.toml").write_text(
        f'[[route]]\nname = "tasks"\nflow = "zoom-action-items"\n[[route.webhook]]\n{hook}\n'
    )
    [found] = await examine_with(GivenSettings(**settings))
    assert (found.level, "webhook crm: CRM_SECRET is not set" in found.advice) == (Level.FAULT, True)
    monkeypatch.setenv("CRM_SECRET", f"whsec_{'a' * 40}")
    told = [each.what for each in await examine_with(GivenSettings(**settings))]
    assert "crm is told by webhook at https://crm.example" in told
    assert "k-9" not in str(told)


async def test_langflow_away(settings: dict[str, Any], unused_tcp_port_factory: Any) -> None:
    """It is told once, with the setting."""
    url = f"http://127.0.0.1:{unused_tcp_port_factory()}"
    [(level, what, advice)] = wrong(await look(settings, langflow_url=url))

    assert (level, what) == (Level.FAULT, "Langflow cannot be used")
    assert "LANGFLOW_URL" in advice


async def test_recordings_that_cannot_be_written(settings: dict[str, Any], tmp_path: Path) -> None:
    """A folder is made where sound is recorded; where a file is in its place, that is told."""
    (tmp_path / "taken").touch()

    assert wrong(await look(settings, bridge_record="audio", bridge_data_dir=tmp_path / "data")) == []
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700  # serve leaves it as it is
    [(level, what, _)] = wrong(
        await look(settings, bridge_record="audio", bridge_data_dir=tmp_path / "taken")
    )

    assert (level, what) == (Level.FAULT, "Recordings cannot be written")


class Nobody:
    """Takes no event."""

    async def accept(self, event: object) -> None:
        raise AssertionError(event)


def public(secret_token: str) -> FastAPI:
    """The bridge's public listener."""
    app = FastAPI()
    app.include_router(
        webhook_router(
            secret_token=SecretStr(secret_token), tolerance_seconds=300, sink=Nobody(), metrics=Metrics()
        )
    )
    return app


async def test_the_webhook_is_tried_as_zoom_tries_it(settings: dict[str, Any]) -> None:
    """The bridge answers the validation; one with another token does not; and nobody may be there."""
    async with http_listener(public(TOKEN), host="127.0.0.1", port=0) as port:
        url = f"http://127.0.0.1:{port}/webhook"
        assert wrong(await look(settings, url)) == []
        [(_, lost, _)] = wrong(await look(settings, url.removesuffix("webhook") + "elsewhere"))
    async with http_listener(public("another"), host="127.0.0.1", port=0) as port:
        [(_, _, token)] = wrong(await look(settings, f"http://127.0.0.1:{port}/webhook"))
    [(level, away, _)] = wrong(await look(settings, url))

    assert "does not answer as the bridge would" in lost
    assert "another ZOOM_SECRET_TOKEN" in token
    assert level is Level.FAULT
    assert "cannot be reached" in away


async def test_the_panel_is_tried_beside_the_webhook(settings: dict[str, Any]) -> None:
    """Where there is one, and the public address is to be tried; a bridge that is not there is told with the address."""
    panel = {"bridge_panel": True, "bridge_public_url": "https://127.0.0.1:9"}
    tried = wrong(await look(settings | panel, "http://127.0.0.1:9/webhook"))
    assert [what for _, what, _ in tried if "/panel" in what] == [
        "https://127.0.0.1:9/panel cannot be reached from here (ConnectError)"
    ]
    assert not [each for each in await look(settings | panel) if "/panel" in each.what]


async def test_a_webhook_that_nobody_tried_is_mentioned(settings: dict[str, Any]) -> None:
    """Without an event socket Zoom has to reach this machine, which only its public address can show."""
    [(level, _, advice)] = wrong(await look(settings, zoom_event_socket_url=None))

    assert level is Level.WARNING
    assert "--webhook" in advice


async def test_the_port(settings: dict[str, Any]) -> None:
    """A bridge that runs is recognised; anything else in its place is a fault."""

    async def other() -> PlainTextResponse:
        return PlainTextResponse("hello")

    stranger = FastAPI()
    stranger.add_api_route("/healthz", other)
    async with http_listener(public(TOKEN), host="127.0.0.1", port=0) as port:
        findings = await look(settings, bridge_port=port)
    async with http_listener(stranger, host="127.0.0.1", port=0) as port:
        [(level, _, advice)] = wrong(await look(settings, bridge_port=port))

    assert wrong(findings) == []
    assert any(finding.what.startswith("A bridge runs at") for finding in findings)
    assert level is Level.FAULT
    assert "BRIDGE_PORT" in advice


async def test_the_command(settings: dict[str, Any]) -> None:
    """Lines for people, JSON for programs; a warning leaves the status 0, a fault makes it 1."""
    environment = {
        name.upper(): str(value) for name, value in settings.items() if name != "zoom_event_socket_url"
    }
    fine = await command(environment, "--json")
    broken = await command(environment | {"LANGFLOW_API_KEY": "sk-old"})

    report = json.loads(fine[1])
    assert (fine[0], report["ok"]) == (0, True)
    assert {finding["level"] for finding in report["findings"]} == {"ok", "warning"}
    assert broken[0] == 1
    assert "✗ Langflow cannot be used" in broken[1]
    assert "1 of " in broken[2]
    for secret in (SECRET, TOKEN, "sk-right", "sk-old"):
        assert secret not in fine[1] + fine[2] + broken[1] + broken[2]


async def command(environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    """Status, standard output and standard error of ``zoom-bridge doctor``."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "doctor", *arguments),
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_langflow_is_looked_at_without_zoom(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who has nothing of Zoom's yet is told all about Langflow, and which file was read."""
    (tmp_path / ".env").write_text("BRIDGE_PROT=9\n")
    for name in ("langflow_url", "langflow_api_key", "bridge_routes"):
        monkeypatch.setenv(name.upper(), str(settings[name]))

    findings = await examine()

    told = "\n".join(map(str, findings))
    assert "BRIDGE_PROT in .env is no setting; did you mean BRIDGE_PORT?" in told
    assert f"{tmp_path / '.env'}, which was read" in told
    assert "Zoom action items runs, and keeps meetings apart" in told


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HTTPS_PROXY", "http://user:s3cret@", "HTTPS_PROXY is not the address of a proxy"),
        ("LANGFLOW_API_KEY", "s3cret-\u200b-key", "LANGFLOW_API_KEY: has an invisible character"),
        ("LANGFLOW_URL", "http://h/api/v1", "LANGFLOW_URL: must be the address of Langflow alone"),
    ],
)
async def test_what_was_pasted_wrongly(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """A key, an address or a proxy that cannot be used is a finding, never a traceback, and is not repeated."""
    monkeypatch.setenv(name, value)
    told = "\n".join(map(str, await examine()))
    assert words in told
    assert "s3cret" not in told


async def test_a_file_of_another_encoding(tmp_path: Path) -> None:
    """A file that cannot be read is a finding that names it."""
    (tmp_path / ".env").write_bytes("BRIDGE_HOST=Gerät\n".encode("cp1252"))
    (finding,) = await examine()
    assert finding.level is Level.FAULT
    assert "save it again as UTF-8" in finding.advice


async def test_a_socks_proxy(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be used is told by the variable's name, and the rest is looked at all the same."""
    monkeypatch.setenv("ALL_PROXY", "socks5://user:s3cret@10.0.0.1:1080")
    findings = await look(
        settings, "https://bridge.invalid/webhook", zoom_oauth_url="https://zoom.us/oauth/token"
    )
    told = "\n".join(map(str, findings))
    assert told.count("ALL_PROXY names a SOCKS proxy (socks5://10.0.0.1:1080)") == 2
    assert "Zoom action items runs, and keeps meetings apart" in told
    assert "s3cret" not in told


async def test_a_password_serves_doctor_and_not_the_bridge(
    settings: dict[str, Any], server: FakeLangflow
) -> None:
    """Langflow is looked at all the same, what the bridge lacks comes first, and no key is left there."""
    server.password, server.auto_login = "s3cret-word", False
    way_in = {"langflow_api_key": None, "LANGFLOW_PASSWORD": SecretStr("s3cret-word")}

    findings = await look(settings, **way_in)

    [(level, what, advice)] = wrong(findings)
    assert level is Level.FAULT
    assert "no API key" in what
    assert "flows push --create-key" in advice
    assert "Zoom action items runs, and keeps meetings apart" in str(list(map(str, findings)))
    assert server.keys_made == []
    assert "s3cret" not in str(list(map(str, findings)))


async def test_a_wrong_password_is_a_finding(settings: dict[str, Any], server: FakeLangflow) -> None:
    """Like any other, and the rest is looked at."""
    server.password, server.auto_login = "s3cret-word", False

    [(level, what, advice)] = wrong(
        await look(settings, langflow_api_key=None, LANGFLOW_PASSWORD=SecretStr("other"))
    )

    assert (level, what) == (Level.FAULT, "Langflow cannot be used")
    assert "LANGFLOW_USERNAME, LANGFLOW_PASSWORD" in advice


async def test_what_a_meeting_would_miss_is_told(settings: dict[str, Any], server: FakeLangflow) -> None:
    """Half a destination is a fault before anybody speaks, and a flow of somebody's own is looked at like ours."""
    server.variables.clear()
    [flow] = [flow for flow in server.flows.values() if flow["endpoint_name"] == "zoom-action-items"]

    ours = wrong(await look(settings))
    flow["endpoint_name"] = "my-own"
    settings["bridge_routes"].write_text('[[route]]\nname = "mine"\nflow = "my-own"\n')
    theirs = wrong(await look(settings))

    assert [level for level, _, _ in ours] == [Level.FAULT]
    assert "Zoom Chat Output takes a value from the global variable" in ours[0][1]
    assert theirs == ours
    assert "hook-token" not in str(ours)


async def test_several_langflows(settings: dict[str, Any], server: FakeLangflow) -> None:
    """Each is looked at with its own key, and what is wrong is told with the address where it is."""
    other = FakeLangflow(api_key="sk-other")
    async with other.listening() as url:
        urls = f"{settings['langflow_url']},{url}"
        found = wrong(await look(settings, langflow_url=urls, langflow_api_key="sk-right,sk-other"))
        assert found
        assert all(what.startswith(f"{url}: ") for _, what, _ in found)
        [(level, what, _)] = wrong(
            await look(settings, langflow_url=f"{settings['langflow_url']},http://127.0.0.1:9")
        )
    assert (level, what) == (Level.FAULT, "http://127.0.0.1:9: Langflow cannot be used")


async def test_databases_that_are_not_one(settings: dict[str, Any], server: FakeLangflow) -> None:
    """Servers that are said to have one database, and know the same key as two users, have two."""
    other = FakeLangflow()
    other.flows, other.variables = server.flows, server.variables
    async with other.listening() as url:
        both = {"langflow_url": f"{settings['langflow_url']},{url}", "langflow_shared_database": True}
        [(level, what, advice)] = wrong(await look(settings, **both))
        assert level is Level.FAULT
        assert what.startswith("LANGFLOW_SHARED_DATABASE is on")
        assert "LANGFLOW_DATABASE_URL" in advice
        other.user_id = server.user_id
        assert wrong(await look(settings, **both)) == []


async def test_the_store_of_the_bridge_that_runs(settings: dict[str, Any]) -> None:
    """A SQLite file that the running bridge has is as it should be; without one, somebody else has it."""
    async with open_store(settings["bridge_store_url"]):
        [(level, what, advice)] = wrong(await look(settings))
        async with http_listener(public(TOKEN), host="127.0.0.1", port=0) as port:
            findings = await look(settings, bridge_port=port)
    assert (level, what) == (Level.FAULT, "The store (sqlite) cannot be used")
    assert "another bridge" in advice
    assert wrong(findings) == []
    assert any("is the running bridge's" in finding.what for finding in findings)


async def test_no_bridge_among_several(
    settings: dict[str, Any], postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who only looks is given no meeting, takes no dead bridge's place, and leaves no file."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    async with open_store(postgres_url, folder=tmp_path) as bridge:
        seen: list[set[str]] = []
        leave = Store.leave

        def leaves(store: Store) -> None:
            seen.append({*os.listdir(folder)})
            leave(store)

        monkeypatch.setattr(Store, "leave", leaves)
        assert wrong(await look(settings, bridge_store_url=postgres_url)) == []
        await bridge.spread()
        assert [each.here for each in bridge.leases.replicas] == [True]
    assert [name.startswith("zoom-bridge-doctor-") for name in seen[0]] == [True]
    assert os.listdir(folder) == []


@pytest.mark.parametrize("host", ["::", "::1"])
async def test_a_bridge_on_ipv6(settings: dict[str, Any], host: str) -> None:
    """It is recognised there."""
    async with http_listener(public(TOKEN), host=host, port=0) as port:
        findings = await look(settings, bridge_host=host, bridge_port=port)
    assert any(finding.what == f"A bridge runs at http://[::1]:{port}" for finding in findings)


async def test_a_store_of_an_older_version(settings: dict[str, Any], tmp_path: Path) -> None:
    """It is told and left as it is: whoever looks before an upgrade has not made it."""
    old = sqlite3.connect(tmp_path / "bridge.db")
    old.executescript((Path(__file__).parent / "store/database-0.2.sql").read_text())
    old.close()
    for _ in range(2):
        [(level, what, advice)] = wrong(await look(settings))
        assert (level, "older version" in what, "Copy it before" in advice) == (Level.WARNING, True, True)
