from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.config import settings_shown, without_password
from bridge.settings import wrong_settings

if TYPE_CHECKING:
    from pathlib import Path


def test_every_setting_with_its_origin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment goes before the file, other names count, and what is missing is told as that."""
    (tmp_path / ".env").write_text(
        "BRIDGE_PORT=9\nZM_CLIENT_ID=c\nBRIDGE_HOST=1.2.3.4\nLANGFLOW_API_KEY=s3cret\n"
    )
    monkeypatch.setenv("BRIDGE_PORT", "7")
    monkeypatch.setenv("bridge_admin_token", "s3cret")
    shown = {each.name: (each.value, each.origin) for each in settings_shown(wrong_settings())}
    assert shown["BRIDGE_PORT"] == ("7", "environment")
    assert shown["BRIDGE_HOST"] == ("1.2.3.4", ".env")
    assert shown["ZM_CLIENT_ID"] == ("c", ".env")
    assert shown["ZOOM_SECRET_TOKEN"] == ("not set", "missing")
    assert shown["LANGFLOW_API_KEY"] == ("set", ".env")
    assert shown["BRIDGE_ADMIN_TOKEN"] == ("set", "environment")
    assert shown["BRIDGE_ALLOWED_HOSTS"] == ("*.zoom.us,*.zoomgov.com", "default")
    assert "s3cret" not in str(settings_shown(wrong_settings()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:s3cret@db:5432/bridge", "postgresql://me:***@db:5432/bridge"),
        ("postgresql://db/bridge?password=s3cret", "postgresql://db/bridge?***"),
        ("sqlite+aiosqlite:///zoom-bridge.db", "sqlite+aiosqlite:///zoom-bridge.db"),
        ("postgresql://me:s3/cr#et?@db/bridge", "postgresql://me:***@db/bridge"),
        ("postgresql://me:s3cr@et@db/bridge?sslmode=require", "postgresql://me:***@db/bridge?***"),
        ("postgresql//me:s3cret@db/bridge", "postgresql//me:***@db/bridge"),
        ("http://a:s3cret@h1,http://b:s3cret@h2", "http://a:***@h1,http://b:***@h2"),
        ("http://h/p?token=s3cret@x", "http://h/p?***"),
        ("http://h:80", "http://h:80"),
        ("hey assistant,@assistant", "hey assistant,@assistant"),
        ("81", "81"),
    ],
)
def test_no_password_shows(text: str, shown: str) -> None:
    """An address is shown without what only its owner may know."""
    assert without_password(text) == shown


def test_what_cannot_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value that the bridge would refuse is shown as wrong, with the reason, by whichever of its names it has."""
    for name, value in {"BRIDGE_PORT": "abc", "ZM_CLIENT_SECRET": "s3 cret", "ZOOM_CLIENT_ID": "id"}.items():
        monkeypatch.setenv(name, value)
    shown = {each.name: each for each in settings_shown(wrong_settings())}
    assert {name: each.fault.partition(",")[0] for name, each in shown.items() if each.fault} == {
        "BRIDGE_PORT": "input should be a valid integer",
        "ZM_CLIENT_SECRET": "has a blank in it",
    }
    assert str(shown["BRIDGE_PORT"]).startswith("BRIDGE_PORT=abc  (environment; wrong: input should be")
    assert "cret" not in str(shown["ZM_CLIENT_SECRET"])
