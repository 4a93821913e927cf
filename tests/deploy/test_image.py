from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

from bridge.demo.langflow import free_port
from tests.deploy import image
from tests.deploy.processes import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = image.ROOT
STAGES = image.read(ROOT / "Dockerfile")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ZOOM = {"ZOOM_SECRET_TOKEN": "token-x", "ZOOM_CLIENT_ID": "id", "ZOOM_CLIENT_SECRET": "secret-x"}
PINNED = re.compile(r"^([\w.-]+)==(\S+)((?:.*\n    .*)*)", re.MULTILINE)


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Version and hashes of each package of a file of requirements."""
    return {
        found[1]: (found[2], frozenset(re.findall(r"sha256:([0-9a-f]{64})", found[3])))
        for found in PINNED.finditer((ROOT / name).read_text())
    }


def needed(requirements: list[str], extra: str = "") -> set[str]:
    """What these requirements bring on this machine, all the way down."""
    found: set[str] = set()
    ahead = [(Requirement(text), extra) for text in requirements]
    while ahead:
        one, wished = ahead.pop()
        if one.marker and not one.marker.evaluate({**default_environment(), "extra": wished}):
            continue
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        if name not in found or one.extras:
            found.add(name)
            for text in metadata.requires(one.name) or []:
                ahead += [(Requirement(text), each) for each in (*one.extras, "")]
    return found


@pytest.mark.parametrize("name", ["deploy/requirements.txt", "deploy/requirements-build.txt"])
def test_what_the_image_holds_is_what_is_tested(name: str) -> None:
    """Each package of the image has the version, and hashes, of the lock file that the tests run on."""
    whole, part = locked("requirements.lock"), locked(name)
    assert len(part) >= 5
    assert {one: pinned for one, pinned in part.items() if whole.get(one) != pinned} == {}
    assert [one for one, (_, hashes) in part.items() if not hashes] == []


def test_the_image_holds_what_the_bridge_needs_and_no_more() -> None:
    """The bridge with PostgreSQL, and nothing of Langflow's, the examples' or the tests'."""
    wanted = needed([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["postgres"]])
    part = {*locked("deploy/requirements.txt")}
    assert wanted - part == set()
    elsewhere = {
        "colorama",
        "tzdata",
        "async-timeout",
        "importlib-metadata",
        "exceptiongroup",
        "zipp",
        "pywin32",
    }  # other systems' and Pythons'
    assert part - wanted - elsewhere == set()
    assert part & {"langflow", "lfx", "anthropic", "langchain-core", "pytest", "playwright", "rtms"} == set()


def test_the_build_tools_are_there() -> None:
    """The wheel is built without asking for anything else."""
    backend = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert needed(backend) - {*locked("deploy/requirements-build.txt")} == set()


def test_the_dockerfile_is_linted() -> None:
    """Hadolint has nothing to say."""
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if linter is None:
        pytest.skip("hadolint is not installed here")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_the_image_is_nobodys() -> None:
    """It runs as a user without a name elsewhere, is stopped by the signal that the bridge knows, and writes below /data alone."""
    runtime = STAGES["runtime"]
    assert runtime.only("USER") == "10001:10001"
    assert runtime.only("STOPSIGNAL") == "SIGTERM"
    assert runtime.only("WORKDIR") == runtime.only("VOLUME") == "/data"
    environment = runtime.environment()
    assert environment["TMPDIR"] == "/data", "what the store could not commit must outlive the container"
    assert "BRIDGE_ADMIN_HOST" not in environment, (
        "the private listener stays on loopback unless there is a token"
    )
    assert runtime.command("ENTRYPOINT") + runtime.command("CMD") == ["zoom-bridge", "serve", "--log-json"]


def test_every_stage_is_for_every_processor() -> None:
    """Nothing names a processor, an address, or a base without a version."""
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"amd64|x86_64|arm64|aarch64|--platform|https?://", text) == []
    (python,) = re.findall(r"^ARG PYTHON=(3\.\d+)-slim-[a-z]+$", text, re.MULTILINE)
    assert python in ("3.11", "3.12", "3.13")
    assert {stage.base for stage in STAGES.values()} == {"python:${PYTHON}", "build", "runtime"}
    assert STAGES["bridge"].steps == [("COPY", "--from=build /opt/zoom-bridge /opt/zoom-bridge")]
    assert list(STAGES)[-1] == "bridge", "what is built unless told otherwise"


def test_labels() -> None:
    """The image says what it is, of which version."""
    labels = STAGES["runtime"].only("LABEL")
    assert f'org.opencontainers.image.version="{PROJECT["version"]}"' in labels
    assert 'org.opencontainers.image.licenses="MIT"' in labels


@pytest.mark.parametrize(
    ("path", "is_ignored"),
    [
        (".env", True), (".git/config", True), ("zoom-bridge.db", True), ("tests/conftest.py", True),
        ("bridge/__pycache__/app.cpython-311.pyc", True), ("deploy/demo.env", True), ("requirements.lock", True),
        ("bridge/app.py", False), ("components/zoom/claude.py", False), ("flows/action_items.json", False), ("pyproject.toml", False),
    ],
)  # fmt: skip
def test_what_the_builder_is_sent(path: str, is_ignored: bool) -> None:
    """No secret, no database and nothing compiled gets into what the image is built from."""
    assert image.ignored(path) is is_ignored


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the image has at /opt/zoom-bridge: the stage that installs it, carried out."""
    uv = image.uv()
    if uv is None:
        pytest.skip("uv is not installed here")
    folder = tmp_path_factory.mktemp("image")
    try:
        yield image.build(STAGES["build"], folder, uv) / "zoom-bridge"
    except AssertionError as error:
        if not os.environ.get("CI") and re.search(r"dns error|[Ff]ailed to (fetch|download)", str(error)):
            pytest.skip("no package registry answers here")
        raise
    finally:
        shutil.rmtree(folder)


ONE_WORKER = pytest.mark.xdist_group("image")
"""What is installed is installed once."""
COMPILED_ONCE = {"PYTHONDONTWRITEBYTECODE": ""}
"""The image's pip compiles what it installs; here the first process does."""


def of(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the image, in its environment alone."""
    environment = {
        **STAGES["runtime"].environment(),
        "PATH": f"{installed / 'bin'}:/usr/bin:/bin",
        "TMPDIR": "/tmp",
        **COMPILED_ONCE,
    }
    return subprocess.run(
        arguments,
        env={**environment, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


@ONE_WORKER
def test_the_steps_install_the_bridge_alone(installed: Path) -> None:
    """What the Dockerfile's steps install is the bridge and what is locked for it, and neither Langflow nor the stand-in."""
    there = {
        path.name.partition("-")[0].lower().replace("_", "-")
        for path in installed.glob("lib/python3*/site-packages/*.dist-info")
    }
    assert {"zoom-rtms-langflow", "asyncpg"} <= there
    assert there - {"zoom-rtms-langflow"} - {*locked("deploy/requirements.txt")} == set()
    assert [*installed.glob(f"lib/python3*/site-packages/zoom_rtms_langflow-{PROJECT['version']}.dist-info")]
    assert "serve" in of(installed, "zoom-bridge", "--help").stdout


@ONE_WORKER
def test_a_command_of_the_stand_in_says_that_it_is_not_there(installed: Path, tmp_path: Path) -> None:
    """What the image leaves out is told in one sentence."""
    (tmp_path / "a.txt").write_text("Dana: Hello.\n")
    done = of(installed, "zoom-bridge", "simulate", str(tmp_path / "a.txt"))
    assert done.returncode == 1
    assert done.stderr == "zoom-bridge: the stand-in for Zoom is not in this installation (docs/deploy.md).\n"


@ONE_WORKER
@pytest.mark.timeout(300)
async def test_the_image_serves(installed: Path, tmp_path: Path) -> None:
    """The image's command becomes healthy as its health check says, keeps all it writes in its folder, and stops when it is told."""
    runtime, data = STAGES["runtime"], tmp_path / "data"
    healthcheck = [
        word.replace("/opt/zoom-bridge", str(installed)) for word in runtime.command("HEALTHCHECK")
    ]
    service = Service(
        [str(installed / "bin/zoom-bridge"), *runtime.command("CMD")],
        {**runtime.environment(), **ZOOM, "PATH": f"{installed / 'bin'}:/usr/bin:/bin", "TMPDIR": str(data), "HOME": "/nowhere",
         **COMPILED_ONCE, "BRIDGE_PORT": str(free_port()), "BRIDGE_ADMIN_PORT": str(free_port()), "LANGFLOW_URL": "http://127.0.0.1:9"},
        data, says="bridge.started", healthcheck=healthcheck,
    )  # fmt: skip
    try:
        await service.start()
        assert (data / "zoom-bridge.db").is_file()
        assert await service.stop(75) == 0
        assert '"bridge.stopped"' in service.log()
        assert "no answer on port" in service.look().stderr
    finally:
        await service.kill()
