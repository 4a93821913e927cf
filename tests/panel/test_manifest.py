from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from bridge.panel.site import CSP

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = json.loads((ROOT / "deploy" / "zoom-app-manifest.json").read_text())
SCRIPT = (ROOT / "bridge" / "panel" / "static" / "panel.js").read_text()
PAGE = (ROOT / "docs" / "zoom-app.md").read_text()
HOST = "bridge.example.com"


def capabilities() -> list[str]:
    """What the panel asks Zoom's client for."""
    lists = re.findall(r"const (?:CORE|MORE) = (\[[^\]]*\]);", SCRIPT)
    assert len(lists) == 2
    return sorted(name for each in lists for name in json.loads(each))


def test_it_has_what_the_panel_asks_for() -> None:
    """Each capability of the script is ticked, none besides; the page names the same."""
    ticked = MANIFEST["features"]["in_client_feature"]["zoom_app_api"]
    assert ticked["enable"]
    assert sorted(ticked["zoom_app_apis"]) == capabilities()
    (line,) = [line for line in PAGE.splitlines() if "Add APIs" in line]
    assert sorted(re.findall(r"`(\w+)`", line)) == capabilities()


def test_each_host_that_a_page_loads_from_is_allowed() -> None:
    """A host that is missing is an empty panel without an error; one too many is asked about in a review."""
    told = {each["domain"] for each in MANIFEST["features"]["domain_allow_list"]}
    script = re.search(r"script-src ([^;]*);", CSP)
    assert script is not None
    assert told == {HOST, *(each.removeprefix("https://") for each in script[1].split() if each != "'self'")}
    assert all(each["explanation"] for each in MANIFEST["features"]["domain_allow_list"])


def test_its_addresses() -> None:
    """Whoever puts their host in place of one name has changed every address."""
    text = json.dumps(MANIFEST)
    assert text.count(HOST) == 5
    assert f"place of `{HOST}` (five times)" in PAGE
    urls = re.findall(r'"(https?://[^"]*)"', text)
    assert {url.partition(HOST)[0] for url in urls} == {"https://"}
    assert {url.partition(HOST)[2] for url in urls} == {"/panel", "/webhook"}
    (events,) = MANIFEST["features"]["event_subscription"]["events"]
    assert events["development_webhook_url"].endswith("/webhook")
    assert {name.rpartition(".")[2] for name in events["event_types"]} == {
        "rtms_started",
        "rtms_stopped",
        "rtms_interrupted",
    }


def test_its_scopes() -> None:
    """They are those that the README asks for, and the one for an app in a meeting."""
    readme = (ROOT / "README.md").read_text()
    (step,) = re.findall(r"\*\*Scopes\*\*: (.*?)\n5\. ", readme, re.DOTALL)
    scopes = {each["scope"] for each in MANIFEST["oauth_information"]["scopes"]}
    assert scopes == {*re.findall(r"`([\w:]+)`", step), "zoomapp:inmeeting"}
