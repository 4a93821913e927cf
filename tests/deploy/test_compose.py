from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import re
import ssl
import subprocess
import sys
import time
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from typer.main import get_command

from bridge import app
from bridge.__main__ import app as commands
from bridge.demo.langflow import free_port
from bridge.settings import GivenSettings, every_name
from bridge.webhook.signature import sign
from tests.deploy.compose import DEMO, LANGFLOWS, PAIR, ROOT, compose, resolved, seconds, settings
from tests.deploy.processes import LONGEST_STOP, Service
from tests.fakes.run_api import RunApi
from tests.fakes.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.postgres_fixture import PostgresServer

BOTH = "http://langflow:7860,http://langflow-2:7860"
"""What ``LANGFLOWS`` is to be with two of them: docs/deploy.md."""
OURS = ("bridge", "flows", "stand-in")
BINARIES = Path(sys.executable).parent


@cache
def project() -> dict[str, Any]:
    """The demonstration."""
    return resolved(*DEMO)


def service(name: str) -> dict[str, Any]:
    """One of its services."""
    found: dict[str, Any] = project()["services"][name]
    return found


def test_a_pair_of_bridges() -> None:
    """The second bridge is the first one again, with a disk and a port of its own; the proxy asks both, and the demonstration has one."""
    assert compose(*PAIR, "config", "--quiet").stderr == ""
    pair = resolved(*PAIR)["services"]
    first, second = pair["bridge"], pair["bridge-2"]
    own = {"ports", "volumes", "profiles"}
    assert {name: one for name, one in second.items() if name not in own} == {
        name: one for name, one in first.items() if name not in own
    }
    assert [one["volumes"][0]["source"] for one in (first, second)] == ["bridge", "bridge-2"]
    assert [one["ports"][0]["published"] for one in (first, second)] == ["8081", "8082"]
    assert settings(pair["proxy"])["UPSTREAM"].split() == ["bridge:8080", "bridge-2:8080"]
    assert "bridge-2" not in project()["services"]


def test_two_langflows() -> None:
    """The second Langflow is the first one again, with its database and its folder; the bridges and the flows go to both."""
    assert compose(*LANGFLOWS, "config", "--quiet", LANGFLOWS=BOTH).stderr == ""
    services = resolved(*LANGFLOWS, LANGFLOWS=BOTH)["services"]
    first, second = services["langflow"], services["langflow-2"]
    own = {"ports", "profiles", "depends_on"}
    assert {name: one for name, one in second.items() if name not in own} == {
        name: one for name, one in first.items() if name not in own
    }
    assert [one["ports"][0]["published"] for one in (first, second)] == ["7860", "7861"]
    assert second["depends_on"]["langflow"]["condition"] == "service_healthy"
    for name in ("bridge", "bridge-2", "flows"):
        given = GivenSettings.model_validate(
            {key: value for key, value in settings(services[name]).items() if key.startswith("LANGFLOW_")}
            | {"zoom_secret_token": "s", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}
        )
        assert [urlsplit(url).hostname for url in given.langflow_urls] == ["langflow", "langflow-2"]
        assert given.langflow_shared_database
        assert len(set(given.langflow_api_keys)) == 1
    assert set(services["flows"]["depends_on"]) == {"langflow", "langflow-2"}
    assert f"LANGFLOWS={BOTH}" in (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert "langflow-2" not in project()["services"]


def test_compose_takes_the_file() -> None:
    """Docker Compose finds nothing wrong, and the stand-in for Zoom comes only where it is asked for."""
    assert compose(*DEMO, "config", "--quiet").stderr == ""
    assert set(project()["services"]) == {"bridge", "proxy", "flows", "langflow", "postgres", "stand-in"}
    without = {name for name, one in project()["services"].items() if not one.get("profiles")}
    assert without == {"bridge", "proxy", "flows", "langflow", "postgres"}


def test_nothing_starts_without_secrets(tmp_path: Path) -> None:
    """Whoever has not chosen secrets is told which, and no default stands in for one."""
    (tmp_path / "compose.yaml").write_text((ROOT / "compose.yaml").read_text())
    done = compose("config", "--quiet", folder=tmp_path)
    assert done.returncode != 0
    secrets = ("BRIDGE_ADMIN_TOKEN", "LANGFLOW_API_KEY", "LANGFLOW_SUPERUSER_PASSWORD", "POSTGRES_PASSWORD")
    assert [
        name for name in (*secrets, "PUBLIC_HOST") if f"required variable {name} " not in done.stderr
    ] == []


def test_secrets_go_where_they_are_needed() -> None:
    """The bridge gets neither the password of Langflow's user nor, but in its store's URL, that of the database."""
    for name in OURS:
        given = settings(service(name))
        assert given["LANGFLOW_SUPERUSER_PASSWORD"] == given["POSTGRES_PASSWORD"] == ""
    assert "ZOOM_CLIENT_SECRET" not in settings(service("langflow")) | settings(service("proxy"))


def test_the_demonstration_reads_no_real_settings() -> None:
    """With the demonstration's file nothing comes from an ``.env`` beside it."""
    given = dict(
        line.split("=", 1)
        for line in (ROOT / "deploy/demo.env").read_text().splitlines()
        if line and line[0] != "#"
    )
    assert given["ENV_FILE"] == "deploy/demo.env"
    assert settings(service("bridge"))["ZOOM_SECRET_TOKEN"] == given["ZOOM_SECRET_TOKEN"]


def test_every_setting_exists() -> None:
    """What is given to the bridge under a name of its own is a setting."""
    given = {name for one in OURS for name in settings(service(one)) if name.startswith(("BRIDGE_", "ZOOM_"))}
    assert len(given) >= 9
    assert given - {*every_name()} == set()


def test_only_the_proxy_is_reached_from_outside() -> None:
    """Everything else is published on loopback or not at all, and the proxy sees neither database nor Langflow."""
    published = {
        name: {(port.get("host_ip", ""), port["target"]) for port in one.get("ports", ())}
        for name, one in project()["services"].items()
    }
    assert published.pop("proxy") == {("", 80), ("", 443)}
    assert {name: ports for name, ports in published.items() if ports} == {
        "bridge": {("127.0.0.1", 8081)},
        "langflow": {("127.0.0.1", 7860)},
    }
    assert set(service("proxy")["networks"]) == {"edge"}
    assert [
        name for name in ("postgres", "langflow", "flows") if set(service(name)["networks"]) != {"inside"}
    ] == []


def test_our_containers_can_do_little() -> None:
    """No capability, no new privileges, a root file system that cannot be written; one bridge."""
    for name in OURS:
        one = service(name)
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in one
        assert one.get("deploy", {}).get("replicas", 1) == 1


def test_who_waits_for_whom() -> None:
    """The bridge waits for its store alone, as it hears without a Langflow; the meeting waits until everything is there."""
    waits = {
        name: {
            other: how["condition"]
            for other, how in one.get("depends_on", {}).items()
            if how.get("required", True)
        }
        for name, one in project()["services"].items()
    }
    assert waits["bridge"] == {"postgres": "service_healthy"}
    assert waits["flows"] == {"langflow": "service_healthy"}
    assert waits["stand-in"] == {"bridge": "service_healthy", "flows": "service_completed_successfully"}
    asked = {other for ones in waits.values() for other, how in ones.items() if how == "service_healthy"}
    assert [name for name in asked if "test" not in service(name)["healthcheck"]] == []


def test_a_stop_has_time() -> None:
    """The bridge may take as long to stop as it can take, and a new one's first look as long as it waits for an old one."""
    one = service("bridge")
    assert seconds(one["stop_grace_period"]) > LONGEST_STOP
    assert seconds(one["healthcheck"]["start_period"]) > app.HANDOVER_SECONDS


def test_versions() -> None:
    """Langflow is the one that the tests run on, and ours the one that is built; everything names a version."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    images = {name: one["image"] for name, one in project()["services"].items()}
    assert {images["bridge"], images["flows"]} == {f"zoom-bridge:{version}"}
    assert images["stand-in"] == f"zoom-stand-in:{version}"
    (langflow,) = re.findall(r"^langflow==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert images["langflow"] == f"langflowai/langflow:{langflow}"
    assert [image for image in images.values() if not re.search(r":\d", image)] == []


@pytest.mark.parametrize("name", OURS)
def test_commands_are_commands(name: str) -> None:
    """What a container of ours is told to do, the command line takes."""
    command = get_command(commands)
    words = [
        word.replace("/meeting.jsonl", str(ROOT / "bridge/demo/meeting.jsonl"))
        for word in service(name)["command"]
    ]
    while words and (inner := getattr(command, "commands", {}).get(words[0])):
        command = inner
        words.pop(0)
    command.make_context(name, words)


def test_what_is_mounted_is_there() -> None:
    """Each file and folder of ours that a container sees exists."""
    mounts = [
        mount
        for one in project()["services"].values()
        for mount in one.get("volumes", ())
        if mount["type"] == "bind"
    ]
    assert len(mounts) >= 4
    assert [mount["source"] for mount in mounts if not Path(mount["source"]).exists()] == []
    assert [mount["source"] for mount in mounts if not mount.get("read_only")] == []


class Stack:
    """The services of the demonstration as processes: with PostgreSQL of the tests, and a stand-in for Langflow."""

    def __init__(self, folder: Path, database: str, langflows: tuple[RunApi, RunApi]) -> None:
        self.folder = folder
        self.public, self.second, self.private, self.http, self.https = (free_port() for _ in range(5))
        there = {
            "@postgres:5432/zoom_bridge": f"@/zoom_bridge?host={database}",
            "http://langflow:7860": langflows[0].url,
            "http://langflow-2:7860": langflows[1].url,
            "bridge:8080": f"127.0.0.1:{self.public}",
            "bridge-2:8080": f"127.0.0.1:{self.second}",
        }
        ports = {"BRIDGE_PORT": str(self.public), "BRIDGE_ADMIN_PORT": str(self.private)}
        services = resolved(*DEMO, LANGFLOWS=BOTH)["services"]
        bridge, proxy, stand_in = (services[name] for name in ("bridge", "proxy", "stand-in"))

        def here(one: dict[str, Any]) -> dict[str, str]:
            given = settings(one)
            for name, address in there.items():
                given = {key: value.replace(name, address) for key, value in given.items()}
            return given

        def command(one: dict[str, Any], meeting: Path) -> list[str]:
            words = [word.replace("/meeting.jsonl", str(meeting)) for word in one["command"]]
            return [sys.executable, "-m", "bridge", *words]

        ours = {"PYTHONPATH": str(ROOT)}
        meeting = folder / "meeting.txt"
        meeting.write_text(
            "Dana: Let's ship it on Friday.\nTomás: I'll write the release notes by Thursday.\n",
            encoding="utf-8",
        )
        look = [
            word.replace("/opt/zoom-bridge", str(ROOT / "deploy"))
            for word in bridge["healthcheck"]["test"][1:]
        ]
        self.bridge = Service(
            command(bridge, meeting), {**here(bridge), **ports, **ours, "TMPDIR": str(folder)}, folder / "bridge",
            says="bridge.started", healthcheck=[sys.executable, *look[1:]],
        )  # fmt: skip
        self.stand_in = Service(
            command(stand_in, meeting), {**here(stand_in), **ports, **ours}, folder / "stand-in"
        )
        self.proxy = Service(
            [str(BINARIES / "caddy"), *(word.replace("/etc/caddy", str(ROOT / "deploy")) for word in proxy["command"][1:])],
            {**here(proxy), "HTTP_PORT": str(self.http), "HTTPS_PORT": str(self.https),
             "ADMIN_ADDRESS": f"127.0.0.1:{free_port()}",
             "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")},
            folder / "proxy", says="serving initial configuration",
        )  # fmt: skip
        self.token = settings(bridge)["BRIDGE_ADMIN_TOKEN"]
        self.secret = settings(bridge)["ZOOM_SECRET_TOKEN"]
        self.grace = seconds(bridge["stop_grace_period"])

    def other(self) -> Service:
        """The second bridge, which has the same settings; its ports are a container's own."""
        ports = {"BRIDGE_PORT": str(self.second), "BRIDGE_ADMIN_PORT": str(free_port())}
        first = self.bridge
        return Service(
            first.command, {**first.environment, **ports}, self.folder / "bridge-2",
            says=first.says, healthcheck=first.healthcheck,
        )  # fmt: skip

    def api(self) -> httpx.AsyncClient:
        """The private listener, as an operator asks it."""
        return httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.private}",
            headers={"Authorization": f"Bearer {self.token}"},
            trust_env=False,
        )

    def outside(self) -> httpx.AsyncClient:
        """The public address, as Zoom asks it: by the proxy's own authority."""
        (root,) = self.folder.glob("data/**/root.crt")
        context = ssl.create_default_context(cafile=str(root))
        return httpx.AsyncClient(base_url=f"https://localhost:{self.https}", verify=context, trust_env=False)


@pytest.fixture
def databases(postgres_server: PostgresServer) -> Iterator[str]:
    """The folder of a PostgreSQL that the container's own script has prepared."""
    folder = parse_qs(urlsplit(postgres_server.database()).query)["host"][0]
    password = settings(service("postgres"))["POSTGRES_PASSWORD"]
    subprocess.run(
        ["/bin/sh", str(ROOT / "deploy/postgres/databases.sh")], check=True, timeout=60,
        env={"PATH": os.environ["PATH"], "PGHOST": folder, "POSTGRES_PASSWORD": password},
    )  # fmt: skip
    yield folder
    for name in ("zoom_bridge", "langflow"):
        postgres_server.execute(f"DROP DATABASE {name} WITH (FORCE)", "postgres")
        postgres_server.execute(f"DROP ROLE {name}", "postgres")


@pytest.fixture
async def stack(tmp_path: Path, databases: str) -> AsyncIterator[tuple[Stack, tuple[RunApi, RunApi]]]:
    """Everything but what only images bring, with two Langflows."""
    one, two = (
        RunApi(
            flows=("zoom-action-items", "zoom-assistant"),
            api_key=settings(service("langflow"))["LANGFLOW_API_KEY"],
        )
        for _ in range(2)
    )
    async with one.listening(), two.listening():
        made = Stack(tmp_path, databases, (one, two))
        try:
            yield made, (one, two)
        finally:
            for process in (made.stand_in, made.proxy, made.bridge):
                await process.kill()


def signed(secret: str, event: dict[str, Any]) -> dict[str, Any]:
    """A webhook as Zoom sends it."""
    body, now = json.dumps(event).encode(), str(int(time.time()))
    headers = {"x-zm-request-timestamp": now, "x-zm-signature": sign(secret, now, body)}
    return {"content": body, "headers": {**headers, "content-type": "application/json"}}


async def _replicas(api: httpx.AsyncClient, count: int) -> bool:
    return len((await api.get("/readyz")).json()["replicas"]) == count


@pytest.mark.scenario
@pytest.mark.timeout(300)
async def test_the_services_work_together(stack: tuple[Stack, tuple[RunApi, RunApi]]) -> None:
    """As processes the services become healthy, carry a meeting to one of two Langflows, let nobody else in, go on with the second bridge when the first is replaced, and stop in time."""
    services, langflows = stack
    if not (BINARIES / "caddy").is_file():
        pytest.skip("caddy is not installed here")
    await asyncio.gather(services.bridge.start(), services.proxy.start())

    async with services.outside() as outside:
        event = {
            "event": "endpoint.url_validation",
            "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"},
            "event_ts": 1,
        }
        answer = await outside.post("/webhook", **signed(services.secret, event))
        expected = hmac.new(services.secret.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
        assert answer.json()["encryptedToken"] == expected
        assert (await outside.post("/webhook", **signed("another", event))).status_code == 401
        private = (
            "/",
            "/readyz",
            "/metrics",
            "/api/streams",
            "/webhook/..%2freadyz",
            "/panel/..%2freadyz",
            "/archive",
        )
        assert {path: (await outside.get(path)).status_code for path in private} == dict.fromkeys(
            private, 404
        )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{services.private}", trust_env=False) as nobody:
        assert (await nobody.get("/metrics")).status_code == 401

    await services.stand_in.start()
    assert await services.stand_in.ended() == 0, services.stand_in.log()
    await until(lambda: any(each.windows("final") for each in langflows), seconds=60)
    (final,) = [window for each in langflows for window in each.windows("final")]
    assert sorted(bool(each.runs) for each in langflows) == [False, True]
    assert [said["text"] for said in final["utterances"]] == [
        "Let's ship it on Friday.",
        "I'll write the release notes by Thursday.",
    ]
    async with services.api() as api:
        checks = (await api.get("/readyz")).json()["checks"]
        assert checks == {"store": "ok", "langflow": "ok"}
        assert "bridge_utterances_total" in (await api.get("/metrics")).text

    other = services.other()
    try:
        await other.start()
        async with services.api() as api:
            await until(lambda: _replicas(api, 2))
        assert await services.bridge.stop(services.grace) == 0
        assert other.look().returncode == 0
        async with services.outside() as outside:
            answer = await outside.post("/webhook", **signed(services.secret, event))
            assert answer.json()["encryptedToken"] == expected
        assert await other.stop(services.grace) == 0
    finally:
        await other.kill()
    assert await services.proxy.stop(30) == 0
    assert [each.faults for each in langflows] == [[], []]
