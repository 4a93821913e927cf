"""The settings of Zoom's REST."""

from __future__ import annotations

import pytest

from bridge.errors import ConfigurationError
from bridge.settings import Settings, read_settings

NEEDED = {"ZOOM_SECRET_TOKEN": "t", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s"}


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in (NEEDED | variables).items():
        monkeypatch.setenv(name, value)
    return read_settings(Settings)


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zoom's own addresses, and nothing that needs them."""
    settings = read(monkeypatch)
    assert settings.zoom_api_url == "https://api.zoom.us/v2"
    assert settings.zoom_oauth_url == "https://zoom.us/oauth/token"
    assert settings.zoom_account_id is None
    assert not settings.bridge_restart


@pytest.mark.parametrize(
    "url", ["https://api.zoomgov.com/v2/", "http://127.0.0.1:99/v2", "http://localhost/v2"]
)
def test_addresses(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Any https address, and plain http to this machine."""
    assert read(monkeypatch, ZOOM_API_URL=url).zoom_api_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.zoom.us/v2",
        "api.zoom.us",
        "ftp://127.0.0.1/",
        "https://me:s3cret@zoom.us",
        "https://zoom.us?s3cret=1",
    ],
)
@pytest.mark.parametrize("name", ["ZOOM_API_URL", "ZOOM_OAUTH_URL"])
def test_addresses_that_give_secrets_away(monkeypatch: pytest.MonkeyPatch, name: str, url: str) -> None:
    """Stop the start, and are not repeated."""
    with pytest.raises(ConfigurationError, match=name) as caught:
        read(monkeypatch, **{name: url})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ZOOM_REST_CLIENT_ID": "a"}, "must be set together"),
        ({"ZOOM_REST_CLIENT_SECRET": "s3cret"}, "must be set together"),
        ({"ZOOM_VIDEO_SDK_API_KEY": "a"}, "must be set together"),
        ({"BRIDGE_RESTART": "true"}, "ZOOM_ACCOUNT_ID"),
    ],
)
def test_settings_that_need_each_other(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], words: str
) -> None:
    """Half a pair is a mistake, and a restart without credentials cannot work."""
    with pytest.raises(ConfigurationError, match=words) as caught:
        read(monkeypatch, **variables)
    assert "s3cret" not in str(caught.value)
