from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.processes import LONGEST_STOP

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "deploy/systemd/zoom-bridge.service"
MOST_EXPOSED = 15
"""Ten times systemd's figure for how exposed a service is: 0 is nothing, 100 everything."""


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What systemd says; the test is skipped where it is not installed."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed here")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Systemd knows every line."""
    unit = tmp_path / UNIT.name
    unit.write_text(
        UNIT.read_text().replace("/opt/zoom-bridge/bin/zoom-bridge", f"{sys.executable} -m bridge")
    )
    done = analyze("verify", "--man=no", "--recursive-errors=no", str(unit))
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_the_service_is_hardly_exposed() -> None:
    """By systemd's own figure."""
    done = analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_stop_has_time() -> None:
    """Systemd waits longer than the longest stop, and what could not be committed lies where the next start looks."""
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are
    unit.read_string(UNIT.read_text())
    service = unit["Service"]
    assert float(service["TimeoutStopSec"]) > LONGEST_STOP
    assert service["WorkingDirectory"] == "%S/" + service["StateDirectory"]
    assert f"TMPDIR={service['WorkingDirectory']}" in service["Environment"].split()
