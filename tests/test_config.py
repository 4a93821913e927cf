from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.config import settings_shown, without_password

if TYPE_CHECKING:
    from pathlib import Path


def test_every_setting_with_its_origin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment goes before the file, other names count, and what is missing is told as that."""
    (tmp_path / ".env").write_text(
        "BRIDGE_PORT=9\nZM_CLIENT_ID=c\nBRIDGE_HOST=1.2.3.4\nLANGFLOW_API_KEY=s3cret\n"
    )
    monkeypatch.setenv("BRIDGE_PORT", "7")
    monkeypatch.setenv("bridge_admin_token", "s3cret")
    shown = {each.name: (each.value, each.origin) for each in settings_shown()}
    assert shown["BRIDGE_PORT"] == ("7", "environment")
    assert shown["BRIDGE_HOST"] == ("1.2.3.4", ".env")
    assert shown["ZM_CLIENT_ID"] == ("c", ".env")
    assert shown["ZOOM_SECRET_TOKEN"] == ("not set", "missing")
    assert shown["LANGFLOW_API_KEY"] == ("set", ".env")
    assert shown["BRIDGE_ADMIN_TOKEN"] == ("set", "environment")
    assert shown["BRIDGE_ALLOWED_HOSTS"] == ("*.zoom.us,*.zoomgov.com", "default")
    assert "s3cret" not in str(settings_shown())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:s3cret@db:5432/bridge", "postgresql://me:***@db:5432/bridge"),
        ("postgresql://db/bridge?password=s3cret", "postgresql://db/bridge?***"),
        ("sqlite+aiosqlite:///zoom-bridge.db", "sqlite+aiosqlite:///zoom-bridge.db"),
        ("http://[x", "an address that cannot be read"),
        ("81", "81"),
    ],
)
def test_no_password_shows(text: str, shown: str) -> None:
    """An address is shown without what only its owner may know."""
    assert without_password(text) == shown
