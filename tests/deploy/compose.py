"""The compose file as Docker Compose itself resolves it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
DEMO: Final = ("--env-file", "deploy/demo.env", "--profile", "demo")
PAIR: Final = ("--env-file", "deploy/demo.env", "--profile", "pair")

LANGFLOWS: Final = (*PAIR, "--profile", "langflows")


def compose(*arguments: str, folder: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """What Compose says; the test is skipped where it is not installed."""
    program = shutil.which("docker-compose", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if program is None:
        pytest.skip("docker-compose is not installed here")
    return subprocess.run(
        [program, "--project-directory", str(folder), "--file", str(folder / "compose.yaml"), *arguments],
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": "/nowhere", **environment},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def resolved(*arguments: str, **environment: str) -> dict[str, Any]:
    """The file with every variable filled in."""
    done = compose(*arguments, "config", "--format", "json", **environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def seconds(duration: str) -> float:
    """``1m15s`` as Compose writes it."""
    minutes, _, rest = duration.rpartition("m")
    return 60.0 * float(minutes or 0) + float(rest.removesuffix("s") or 0)


def settings(service: dict[str, Any]) -> dict[str, str]:
    """The environment of a service."""
    return {name: value for name, value in service["environment"].items() if value is not None}
