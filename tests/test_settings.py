from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.errors import ConfigurationError
from bridge.rtms.messages import MediaCodec, MediaDataOption, MediaType
from bridge.settings import GivenSettings, LangflowSettings, Settings, read_settings

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = {
    "ZOOM_SECRET_TOKEN": "the-secret-token",
    "ZOOM_CLIENT_ID": "the-client-id",
    "ZOOM_CLIENT_SECRET": "the-client-secret",
}
SECRETS = ("the-secret-token", "the-client-secret", "the-key", "the-admin-token")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with what is required."""
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refusal() -> str:
    with pytest.raises(ConfigurationError) as error:
        read_settings(Settings)
    assert not any(secret in str(error.value) for secret in SECRETS)
    return str(error.value)


def test_defaults(environment: pytest.MonkeyPatch) -> None:
    """Beside the app's credentials nothing needs to be set."""
    settings = read_settings(Settings)
    assert settings.zoom_client_id == "the-client-id"
    assert settings.zoom_secret_token.get_secret_value() == "the-secret-token"
    assert settings.langflow_url == "http://127.0.0.1:7860"
    assert settings.langflow_api_key is None
    assert (settings.bridge_host, settings.bridge_port) == ("127.0.0.1", 8080)
    assert (settings.bridge_admin_host, settings.bridge_admin_port) == ("127.0.0.1", 8081)
    assert settings.bridge_store_url == "sqlite+aiosqlite:///zoom-bridge.db"
    assert settings.bridge_allowed_hosts == ("*.zoom.us", "*.zoomgov.com")
    assert settings.bridge_webhook_tolerance_seconds == 300
    assert (settings.bridge_ca_file, settings.bridge_routes) == (None, None)
    assert (settings.zoom_api_url, settings.zoom_oauth_url) == (
        "https://api.zoom.us/v2",
        "https://zoom.us/oauth/token",
    )


@pytest.mark.parametrize("missing", REQUIRED)
@pytest.mark.parametrize("value", [None, ""])
def test_required(environment: pytest.MonkeyPatch, missing: str, value: str | None) -> None:
    """Without one of the credentials nothing starts, and the message names the variable."""
    if value is None:
        environment.delenv(missing)
    else:
        environment.setenv(missing, value)
    assert missing in refusal()


@pytest.mark.parametrize("name", ["ZOOM_SECRET_TOKEN", "ZOOM_CLIENT_SECRET"])
def test_blank(environment: pytest.MonkeyPatch, name: str) -> None:
    """A secret of spaces is none."""
    environment.setenv(name, "  ")
    assert name in refusal()


def test_all_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is missing is told at once."""
    assert all(name in refusal() for name in REQUIRED)


@pytest.mark.parametrize(
    ("names", "client", "secret"),
    [
        (("ZM_CLIENT_ID", "ZM_CLIENT_SECRET"), "other-id", "other-secret"),
        (("ZM_RTMS_CLIENT", "ZM_RTMS_SECRET"), "other-id", "other-secret"),
    ],
)
def test_other_names(
    environment: pytest.MonkeyPatch, names: tuple[str, str], client: str, secret: str
) -> None:
    """The names that Zoom's own samples use are understood."""
    for old, new, value in zip(
        ("ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"), names, (client, secret), strict=True
    ):
        environment.delenv(old)
        environment.setenv(new, value)
    settings = read_settings(Settings)
    assert settings.zoom_client_id == client
    assert settings.zoom_client_secret.get_secret_value() == secret


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BRIDGE_PORT", "http"),
        ("BRIDGE_PORT", "70000"),
        ("BRIDGE_ADMIN_PORT", "-1"),
        ("BRIDGE_STORE_URL", "mysql://the-key@host/db"),
        ("BRIDGE_STORE_URL", "bridge.db"),
        ("LANGFLOW_URL", "localhost:7860"),
        ("LANGFLOW_URL", "ftp://localhost"),
        ("BRIDGE_WEBHOOK_TOLERANCE_SECONDS", "-5"),
        ("BRIDGE_WEBHOOK_TOLERANCE_SECONDS", "soon"),
        ("ZOOM_API_URL", "http://api.zoom.us/v2"),
        ("ZOOM_OAUTH_URL", "https://user:the-key@zoom.us/oauth/token"),
    ],
)
def test_wrong(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A wrong value is refused by name, and never repeated."""
    environment.setenv(name, value)
    message = refusal()
    assert name in message
    assert value not in message


def test_trailing_slash(environment: pytest.MonkeyPatch) -> None:
    """A slash behind Langflow's address means nothing."""
    environment.setenv("LANGFLOW_URL", "https://langflow.example.org/base//")
    assert read_settings(Settings).langflow_url == "https://langflow.example.org/base"


def test_allowed_hosts(environment: pytest.MonkeyPatch) -> None:
    """Hosts are a list with commas; case and spaces mean nothing."""
    environment.setenv("BRIDGE_ALLOWED_HOSTS", " *.Zoom.us, 127.0.0.1 ,,")
    assert read_settings(Settings).bridge_allowed_hosts == ("*.zoom.us", "127.0.0.1")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "bridge.internal", ""])  # noqa: S104
def test_strangers_need_a_token(environment: pytest.MonkeyPatch, host: str) -> None:
    """A private listener that others can reach needs a token."""
    environment.setenv("BRIDGE_ADMIN_HOST", host)
    if host:
        assert "BRIDGE_ADMIN_TOKEN" in refusal()
    else:
        assert read_settings(Settings).bridge_admin_host == "127.0.0.1"
    environment.setenv("BRIDGE_ADMIN_TOKEN", "the-admin-token")
    assert read_settings(Settings).bridge_admin_host == host or "127.0.0.1"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_none(environment: pytest.MonkeyPatch, host: str) -> None:
    """On this machine alone no token is needed."""
    environment.setenv("BRIDGE_ADMIN_HOST", host)
    assert read_settings(Settings).bridge_admin_token is None


def test_dotenv(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is not in the environment is read from ``.env``, and the environment wins."""
    (tmp_path / ".env").write_text(
        "ZOOM_CLIENT_ID=from-the-file\nLANGFLOW_API_KEY=the-key\nSOMETHING_ELSE=1\n"
    )
    settings = read_settings(Settings)
    assert settings.zoom_client_id == "the-client-id"
    assert settings.langflow_api_key is not None
    assert settings.langflow_api_key.get_secret_value() == "the-key"


def test_secrets_do_not_show(environment: pytest.MonkeyPatch) -> None:
    """Neither text nor JSON of the settings shows a secret."""
    environment.setenv("LANGFLOW_API_KEY", "the-key")
    environment.setenv("BRIDGE_ADMIN_TOKEN", "the-admin-token")
    settings = read_settings(Settings)
    shown = f"{settings!r} {settings} {settings.model_dump_json()}"
    assert not any(secret in shown for secret in SECRETS)


def test_langflow_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that talk to Langflow only need nothing of Zoom's."""
    monkeypatch.setenv("LANGFLOW_API_KEY", "the-key")
    assert read_settings(LangflowSettings).langflow_url == "http://127.0.0.1:7860"


@pytest.mark.parametrize("url", ["http://", "http://[x", "http://:7860", "http://host:port"])
def test_langflow_url_is_an_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """What names no host is no address."""
    monkeypatch.setenv("LANGFLOW_URL", url)
    with pytest.raises(ConfigurationError, match="LANGFLOW_URL"):
        read_settings(LangflowSettings)


def test_blank_client_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks are no client id."""
    for name in ("ZOOM_SECRET_TOKEN", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("ZOOM_CLIENT_ID", "  ")
    with pytest.raises(ConfigurationError, match="ZOOM_CLIENT_ID"):
        read_settings(Settings)


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        ("", []),
        ("audio", [MediaType.AUDIO]),
        (" audio-per-speaker , share", [MediaType.AUDIO, MediaType.DESKSHARE]),
        ("video,share", [MediaType.DESKSHARE, MediaType.VIDEO]),
    ],
)
def test_what_is_recorded(environment: pytest.MonkeyPatch, value: str, kinds: list[MediaType]) -> None:
    """Only what is asked for is asked of Zoom; a route's wish for pictures adds those."""
    environment.setenv("BRIDGE_RECORD", value)
    settings = read_settings(Settings)
    assert list(settings.media_params(share=False)) == kinds
    assert MediaType.DESKSHARE in settings.media_params(share=True)


def test_how_it_is_recorded(environment: pytest.MonkeyPatch) -> None:
    """Codec, people and kind of picture reach the parameters that Zoom is asked for."""
    environment.setenv("BRIDGE_RECORD", "audio-per-speaker,share")
    environment.setenv("BRIDGE_RECORD_AUDIO_AS", "opus")
    environment.setenv("BRIDGE_RECORD_SHARE_AS", "png")
    params = read_settings(Settings).media_params(share=False)
    audio, share = params[MediaType.AUDIO]["audio"], params[MediaType.DESKSHARE]["deskshare"]
    assert (audio["codec"], audio["data_opt"]) == (MediaCodec.OPUS, MediaDataOption.AUDIO_MULTI_STREAMS)
    assert share["codec"] == MediaCodec.PNG


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BRIDGE_RECORD", "audio,audio-per-speaker"),
        ("BRIDGE_RECORD", "sound"),
        ("BRIDGE_RECORD_AUDIO_AS", "mp3"),
        ("BRIDGE_RECORD_SHARE_AS", "gif"),
        ("BRIDGE_DATA_MAX_MB", "0"),
    ],
)
def test_what_cannot_be_recorded(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A kind that does not exist, two kinds of sound at once, and no room at all are refused by name."""
    environment.setenv(name, value)
    assert name in refusal()


@pytest.mark.parametrize(
    ("value", "phrases"),
    [
        ("", ("hey assistant", "ok assistant", "@assistant")),
        ("Hey Robin, ok Robin", ("hey robin", "ok robin")),
        ("Off", ()),
        ("助手", ("助手",)),
    ],
)
def test_assistant_phrases(environment: pytest.MonkeyPatch, value: str, phrases: tuple[str, ...]) -> None:
    """The assistant is called by words of one's own, or by none at all."""
    environment.setenv("BRIDGE_ASSISTANT_PHRASES", value)
    assert read_settings(Settings).bridge_assistant_phrases == phrases


def test_phrases_without_words(environment: pytest.MonkeyPatch) -> None:
    """What nobody can say cannot call."""
    environment.setenv("BRIDGE_ASSISTANT_PHRASES", "hey robin, @")
    assert "BRIDGE_ASSISTANT_PHRASES" in refusal()


def test_given_settings_read_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The demo is not to play through what the operator has set for real meetings."""
    monkeypatch.setenv("BRIDGE_RECORD", "audio")
    monkeypatch.setenv("LANGFLOW_URL", "http://elsewhere")
    (tmp_path / ".env").write_text("BRIDGE_PORT=9\n")
    given = {"zoom_secret_token": "t", "ZOOM_CLIENT_ID": "c", "ZOOM_CLIENT_SECRET": "s", "bridge_port": 0}
    settings = GivenSettings.model_validate(given)
    plain = GivenSettings.model_fields
    assert settings.bridge_port == 0
    assert settings.langflow_url == plain["langflow_url"].default
    assert settings.bridge_record == plain["bridge_record"].default
