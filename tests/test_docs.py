"""Documentation that cannot lag."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.routing import APIRoute
from typer.main import get_command

from bridge.__main__ import app
from bridge.admin.api import admin_router
from bridge.admin.metrics import Metrics

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]


def test_generated_pages_are_up_to_date() -> None:
    """Configuration, protocol tables, faults and .env.example say what the code says."""
    done = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_route_of_the_private_api_is_told() -> None:
    """A route that nobody can read about is not offered."""
    nobody: Any = SimpleNamespace()
    router = admin_router(
        store=nobody, langflow=nobody, rtms=nobody, live=nobody, metrics=nobody, token=None, data_dir=nobody
    )
    told = (ROOT / "docs" / "api.md").read_text()
    paths = [
        f"{method} {re.sub(r'{(stream_id|meeting)(:path)?}', '{id}', route.path)}".replace(
            "{name:path}", "{name}"
        )
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods)
    ]
    assert paths
    assert [path for path in paths if f"`{path}" not in told] == []


def test_every_command_is_told() -> None:
    """Each command stands in the README or on a page."""
    text = "\n".join(page.read_text() for page in PAGES)
    group: Any = get_command(app)
    names = [
        f"{name} {inner}" if hasattr(command, "commands") else name
        for name, command in group.commands.items()
        for inner in (getattr(command, "commands", None) or [""])
    ]
    names = [
        name.replace("rtms pause", "rtms").replace("rtms resume", "rtms").replace("rtms stop", "rtms")
        for name in names
    ]
    assert len(names) >= 8
    assert [name for name in names if f"zoom-bridge {name.split()[0]}" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link to a file of the project finds it."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_metrics_in_the_docs_exist() -> None:
    """A metric that a page names is one that the bridge has."""
    text = "\n".join(page.read_text() for page in PAGES)
    named = set(re.findall(r"\bbridge_[a-z_]+(?=[`{])", text)) - {"bridge_process"}
    known = Metrics().exposition().decode()
    assert named
    assert [name for name in named if name.removesuffix("_total") not in known] == []
