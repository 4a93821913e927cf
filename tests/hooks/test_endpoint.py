from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.domain import EndpointEvent
from bridge.errors import ConfigurationError
from bridge.flow.routes import read_routes
from bridge.hooks.endpoint import Endpoint, read_endpoints
from tests.fakes.hook_receiver import OTHER_SECRET, SECRET

if TYPE_CHECKING:
    from pathlib import Path

VARIABLES = {"HOOK": SECRET, "OTHER": OTHER_SECRET, "WRONG": "hunter2-hunter2"}


def read(variable: str) -> str:
    if variable not in VARIABLES:
        raise ConfigurationError(f"{variable} is not set")
    return VARIABLES[variable]


def endpoints(tmp_path: Path, *hooks: str) -> tuple[Endpoint, ...]:
    """Those of a file with one route."""
    page = tmp_path / "routes.toml"
    lines = ["[[route]]", 'name = "notes"', 'flow = "f"', *(f"[[route.webhook]]\n{hook}" for hook in hooks)]
    page.write_text("\n".join(lines), encoding="utf-8")
    return read_endpoints(read_routes(page), read)


def hook(url: str = "https://a.example/h", *more: str, name: str = "crm", variable: str = '"HOOK"') -> str:
    return "\n".join([f'name = "{name}"', f'url = "{url}"', f"secret_env = {variable}", *more])


def test_an_endpoint(tmp_path: Path) -> None:
    """A route's endpoint is told of everything unless it says of what, and signs with each secret that it names."""
    one, other = endpoints(
        tmp_path,
        hook(),
        hook(name="chat", variable='["OTHER", "HOOK"]') + '\nevents = ["meeting.ended"]',
    )
    assert (one.name, one.route, one.url) == ("crm", "notes", "https://a.example/h")
    assert (len(one.keys), one.events) == (1, frozenset(EndpointEvent))
    assert (other.keys[1], other.events) == (one.keys[0], {EndpointEvent.MEETING_ENDED})


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    """What stands behind the host may be a secret as much as the key, and is in no text of an endpoint."""
    [one] = endpoints(tmp_path, hook("https://hooks.example:8443/services/T0/k3y?token=t0ken"))
    assert one.address == "https://hooks.example:8443"
    assert not any(secret in repr(one) for secret in ("k3y", "t0ken", "a secret of tests"))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (hook(variable='"MISSING"'), "webhook crm: MISSING is not set"),
        (hook(variable='"WRONG"'), "webhook crm: WRONG must be whsec_ and"),
        (hook(variable="[]"), "secret_env"),
        (hook(variable='"not a name"'), "secret_env"),
        (hook("http://a.example/h"), "webhook crm: url must begin with https://"),
        (hook("ftp://a.example/h"), "must be an address such as"),
        (hook("https://"), "must be an address such as"),
        (hook("https://a.example:99999/h"), "must be an address such as"),
        (hook("https://a b.example/h"), "must be an address such as"),
        (hook("https://dana:pw-77@a.example/h"), "without user name, password"),
        (hook("https://a.example/h#part"), "without user name, password and #"),
        (hook() + '\nevents = ["meeting.begun"]', "route.0.webhook.0.events.0"),
        (hook() + "\nevents = []", "events"),
        (hook(name="Not A Name"), "webhook.0.name"),
        (hook() + "\nevent = 1", "webhook.0.event"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, wrong: str, told: str) -> None:
    """A mistake is told by its place, before anything starts, without addresses or secrets."""
    with pytest.raises(ConfigurationError, match="BRIDGE_ROUTES: ") as caught:
        endpoints(tmp_path, wrong)
    assert told in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("hunter2", "pw-77"))


def test_twins(tmp_path: Path) -> None:
    """Two endpoints of one name would be one to whoever looks for what was told."""
    with pytest.raises(ConfigurationError, match="more than one webhook is named crm"):
        endpoints(tmp_path, hook(), hook("https://b.example/h"))


@pytest.mark.parametrize("url", ["http://127.0.0.1:5678/webhook/x", "http://localhost/h", "http://[::1]:9/h"])
def test_this_machine(tmp_path: Path, url: str) -> None:
    """What stays on this machine needs no TLS."""
    assert [each.url for each in endpoints(tmp_path, hook(url))] == [url]


def test_plain_http_by_wish(tmp_path: Path) -> None:
    """A network of the operator's own may do without TLS, where the file says so."""
    [one] = endpoints(tmp_path, hook("http://n8n:5678/webhook/x", "plain_http = true"))
    assert one.address == "http://n8n:5678"
