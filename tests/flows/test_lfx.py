"""What Langflow's own tool says of the flow files."""

from __future__ import annotations

import subprocess

import pytest

from bridge.publish.library import load_flows
from tests.langflow_fixture import PYTHON


@pytest.mark.langflow
@pytest.mark.timeout(240)
def test_lfx_finds_every_flow_valid() -> None:
    """``lfx validate`` knows every component, and finds every required input wired or filled in."""
    files = [str(flow.path) for flow in load_flows()]
    done = subprocess.run(
        [PYTHON, "-m", "lfx", "validate", *files], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(files)} passed, 0 failed" in done.stdout + done.stderr
