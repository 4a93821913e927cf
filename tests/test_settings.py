from __future__ import annotations

from pathlib import Path

import pytest

from bridge.environment import env_file, misspelt, read_proxies, read_variable, values_of
from bridge.errors import ConfigurationError
from bridge.rtms.media_params import recorded_params
from bridge.rtms.messages import MediaCodec, MediaDataOption, MediaType
from bridge.settings import GivenSettings, LangflowSettings, Settings, every_name, read_settings

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


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://meetings.example.com/", "https://meetings.example.com"),
        (" http://10.0.0.7:8081/bridge ", "http://10.0.0.7:8081/bridge"),
    ],
)
def test_where_pages_are_reached(environment: pytest.MonkeyPatch, written: str, read: str) -> None:
    """The pages' address is one that links are put behind."""
    environment.setenv("BRIDGE_PAGES_URL", written)
    assert read_settings(Settings).bridge_pages_url == read


@pytest.mark.parametrize(
    "wrong",
    ["meetings.example.com", "javascript://x", "https://", "https://a:b@c.example", "https://c.example/?q=1", "https://c.example:99999"],
)  # fmt: skip
def test_what_is_no_address_of_pages(environment: pytest.MonkeyPatch, wrong: str) -> None:
    """What could not be followed is refused, by the setting's name."""
    environment.setenv("BRIDGE_PAGES_URL", wrong)
    assert "BRIDGE_PAGES_URL: must be" in refusal()


def test_where_people_are(environment: pytest.MonkeyPatch) -> None:
    """A time zone is one that there is."""
    environment.setenv("BRIDGE_TIMEZONE", "Europe/Berlin")
    assert read_settings(Settings).bridge_timezone == "Europe/Berlin"
    environment.setenv("BRIDGE_TIMEZONE", "Berlin")
    assert "BRIDGE_TIMEZONE: is no time zone that this machine knows" in refusal()


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
        ("BRIDGE_WEBHOOK_TOLERANCE_SECONDS", "inf"),  # a signature of any day would be taken
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


@pytest.mark.parametrize(
    "hosts",
    ["*", "https://rtms.zoom.us", "*.zoom.us:443", "rtms.zoom.us/path", "rtms.*.us", ",", "*.", "zoom us"],
)
def test_hosts_that_match_nothing(environment: pytest.MonkeyPatch, hosts: str) -> None:
    """With one of these every meeting would be given up."""
    environment.setenv("BRIDGE_ALLOWED_HOSTS", hosts)
    with pytest.raises(ConfigurationError, match=r"BRIDGE_ALLOWED_HOSTS.*such as"):
        read_settings(Settings)


@pytest.mark.parametrize("host", ["::1", "[::1]", "localhost", "127.0.0.1", "rtms-1.zoom.us"])
def test_hosts_of_any_kind(environment: pytest.MonkeyPatch, host: str) -> None:
    """Names and addresses, these with brackets or without."""
    environment.setenv("BRIDGE_ALLOWED_HOSTS", host)
    assert read_settings(Settings).bridge_allowed_hosts == (host.strip("[]"),)


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


@pytest.mark.parametrize(
    ("key", "keys"),
    [
        ("", ("", "")),
        (" , ", ("", "")),
        ("sk-1", ("sk-1", "sk-1")),
        (" sk-1 , sk-2", ("sk-1", "sk-2")),
        (",sk-2", ("", "sk-2")),
        ("'sk-1', ", ("sk-1", "")),
    ],
)
def test_several_langflows(monkeypatch: pytest.MonkeyPatch, key: str, keys: tuple[str, ...]) -> None:
    """Addresses are a list, each tidied and named once; a key is one for all of them, or one each, or none."""
    monkeypatch.setenv("LANGFLOW_URL", "http://a:7860/, HTTPS://b/base , http://a:7860")
    monkeypatch.setenv("LANGFLOW_API_KEY", key)
    settings = read_settings(LangflowSettings)
    assert settings.langflow_urls == ("http://a:7860", "https://b/base")
    assert settings.langflow_api_keys == keys
    assert not settings.langflow_shared_database


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LANGFLOW_API_KEY", "sk-1,sk-2,sk-3", "3 keys for the 2 Langflows"),
        ("LANGFLOW_API_KEY", ",sk-2,", "3 keys for the 2 Langflows"),
        ("LANGFLOW_API_KEY", "sk-1,s k", "a blank in it"),
        ("LANGFLOW_URL", "http://a:7860,b:7860", "must begin with http"),
        ("LANGFLOW_URL", "http://a:7860,", "must begin with http"),
    ],
)
def test_several_langflows_wrongly(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """A list with a hole, or with another number of keys, is told in words and without a key."""
    monkeypatch.setenv("LANGFLOW_URL", "http://a:7860,http://b:7860")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=words) as told:
        read_settings(LangflowSettings)
    assert "sk-" not in str(told.value)


def test_a_key_of_one_langflow_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one address a comma is part of the key."""
    monkeypatch.setenv("LANGFLOW_API_KEY", "sk-1,sk-2")
    assert read_settings(LangflowSettings).langflow_api_keys == ("sk-1,sk-2",)


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
    asked = {"opus": False, "png": False}
    assert list(recorded_params(settings.bridge_record, share=False, **asked)) == kinds
    assert MediaType.DESKSHARE in recorded_params(settings.bridge_record, share=True, **asked)


def test_how_it_is_recorded(environment: pytest.MonkeyPatch) -> None:
    """Codec, people and kind of picture reach the parameters that Zoom is asked for."""
    environment.setenv("BRIDGE_RECORD", "audio-per-speaker,share")
    environment.setenv("BRIDGE_RECORD_AUDIO_AS", "opus")
    environment.setenv("BRIDGE_RECORD_SHARE_AS", "png")
    settings = read_settings(Settings)
    params = recorded_params(
        settings.bridge_record,
        opus=settings.bridge_record_audio_as == "opus",
        png=settings.bridge_record_share_as == "png",
        share=False,
    )
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


CREDENTIALS = (
    "LANGFLOW_API_KEY", "ZOOM_SECRET_TOKEN", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET", "ZOOM_ACCOUNT_ID",
    "ZOOM_REST_CLIENT_ID", "ZOOM_REST_CLIENT_SECRET", "ZOOM_VIDEO_SDK_API_KEY", "ZOOM_VIDEO_SDK_API_SECRET",
    "BRIDGE_ADMIN_TOKEN",
)  # fmt: skip
PARTNERS = {
    "ZOOM_REST_CLIENT_ID": "ZOOM_REST_CLIENT_SECRET",
    "ZOOM_REST_CLIENT_SECRET": "ZOOM_REST_CLIENT_ID",
    "ZOOM_VIDEO_SDK_API_KEY": "ZOOM_VIDEO_SDK_API_SECRET",
    "ZOOM_VIDEO_SDK_API_SECRET": "ZOOM_VIDEO_SDK_API_KEY",
}


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize(
    "character", ["\u200b", "\n", "\u00a0", "\u201c", "\u0430", "\x7f", "\udcff", "é"], ids=ascii
)
def test_a_key_that_no_header_takes(environment: pytest.MonkeyPatch, name: str, character: str) -> None:
    """A character that came along when a key was copied is refused where it is read, by name and kind alone."""
    environment.setenv(name, f"the-{character}key")
    message = refusal()
    assert f"{name}: has " in message
    assert "which no key has; copy it again" in message
    assert character not in message


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("around", ["{} ", "\u200b{}", "\ufeff{}\u00a0", "“{}”", " '{}'\n", '"{}"', "‘ {}’"])
def test_what_is_harmless_around_a_key(environment: pytest.MonkeyPatch, name: str, around: str) -> None:
    """Blanks, invisible characters and quotation marks around a key are taken off."""
    environment.setenv(name, around.format("the-pasted-key"))
    if name in PARTNERS:
        environment.setenv(PARTNERS[name], "x")
    value = getattr(read_settings(Settings), name.lower())
    assert (value if isinstance(value, str) else value.get_secret_value()) == "the-pasted-key"


def test_a_key_of_nothing_is_none(environment: pytest.MonkeyPatch) -> None:
    """An optional key of blanks is not set."""
    environment.setenv("LANGFLOW_API_KEY", " \u200b")
    assert read_settings(Settings).langflow_api_key is None


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("10.0.0.5:7860", "must begin with http:// or https://"),
        ("localhost", "must begin with http:// or https://"),
        ("http://host:7860/api/v1", "leave out /api"),
        ("http://host:7860/api/v1/run/zoom-notes", "leave out /api"),
        ("http://host:7860/flows", "leave out /flows"),
        ("http://host:7860/flow/7e1c?folder=1", "end before ?"),
        ("http://host:7860/base/login/", "leave out /login"),
        ("http://user:the-key@host:7860", "LANGFLOW_API_KEY"),
        ("http://host:7860?x=the-key", "end before ?"),
        ("http://host:7860/#/", "end before ?"),
        ("http://ho st:7860", "a blank"),
        ("http://host\u200b:7860", "an invisible character"),
        ("http://a..b", "must be an address"),
    ],
)
def test_langflow_url_says_what_to_write(environment: pytest.MonkeyPatch, url: str, advice: str) -> None:
    """An address that was copied from elsewhere is refused with what to write instead, and not repeated."""
    environment.setenv("LANGFLOW_URL", url)
    message = refusal()
    assert "LANGFLOW_URL: " in message
    assert advice in message
    assert url not in message


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (" http://host:7860/ ", "http://host:7860"),
        ("HTTPS://Host/langflow/", "https://Host/langflow"),
        ("“http://[::1]:7860”", "http://[::1]:7860"),
        ("https://gateway/api/langflow", "https://gateway/api/langflow"),
    ],
)
def test_langflow_url_is_tidied(environment: pytest.MonkeyPatch, written: str, url: str) -> None:
    """What is harmless in an address is taken off, and a gateway's own path stays."""
    environment.setenv("LANGFLOW_URL", written)
    assert read_settings(Settings).langflow_url == url


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark"])
def test_dotenv_of_every_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, encoding: str) -> None:
    """A file as Notepad and PowerShell write it is read like any other."""
    text = (
        "".join(f"{name}={value}\r\n" for name, value in REQUIRED.items())
        + "BRIDGE_ASSISTANT_PHRASES=Gerät\r\n"
    )
    raw = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16-be-mark" else text.encode(encoding)
    (tmp_path / ".env").write_bytes(raw)
    assert read_settings(Settings).bridge_assistant_phrases == ("gerät",)
    assert read_variable("ZOOM_CLIENT_ID") == "the-client-id"
    assert env_file() == tmp_path / ".env"


@pytest.mark.parametrize(
    "raw", ["BRIDGE_HOST=Gerät\n".encode("cp1252"), "BRIDGE_PORT=1\n".encode("utf-16-le")]
)
def test_dotenv_of_another_encoding(environment: pytest.MonkeyPatch, tmp_path: Path, raw: bytes) -> None:
    """What cannot be told for sure is refused in one sentence that names the file."""
    (tmp_path / ".env").write_bytes(raw)
    for read in (lambda: read_settings(Settings), lambda: read_variable("X"), lambda: misspelt(every_name())):
        with pytest.raises(ConfigurationError, match=r"\.env .*save it again as UTF-8"):
            read()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("BRIDGE_PORT=1\n   \n\nZOOM_CLIENT_ID secret world\nBRIDGE_HOST=::1\n", 4),
        ("LANGFLOW_API_KEY:secret\n", 1),
        ("LANGFLOW_API_KEY\n", 1),
        ("export LANGFLOW_API_KEY='secret\n", 1),
        ('BRIDGE_PORT=1\nLANGFLOW_API_KEY="secret\nBRIDGE_HOST=::1\n', 2),
        ("LANGFLOW_API_KEY: secret\n", 1),
    ],
)
def test_dotenv_with_a_line_that_sets_nothing(
    environment: pytest.MonkeyPatch, tmp_path: Path, text: str, line: int
) -> None:
    """It is told by its place and without what stands there: passed over, the variable that was meant would be missing."""
    (tmp_path / ".env").write_text(text)
    for read in (lambda: read_settings(Settings), lambda: read_variable("X"), lambda: misspelt(every_name())):
        with pytest.raises(
            ConfigurationError, match=rf"\.env, line {line}: not of the form NAME=value"
        ) as error:
            read()
        assert "secret" not in str(error.value)


def test_dotenv_with_lines_of_others(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What another program, or a shell, has in the file is none of our business."""
    (tmp_path / ".env").write_text(
        "set -a\n. ./other.env\n; comment\n# LANGFLOW_API_KEY\n[main section]\nexport LANGFLOW_API_KEY\nA='b\nBRIDGE_PORT=9\n"
    )
    assert values_of(tmp_path / ".env")["BRIDGE_PORT"] == "9"


def test_misspelt(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name that is nearly ours is told with what was meant; other programs' names are nobody's business."""
    (tmp_path / ".env").write_text(
        "BRIDGE_PROT=9\nZOOM_SECRET_TOKN=x\nLANGFLOW_SUPERUSER=me\nbridge_port=8\nOTHER=1\nZM_CLIENT_ID=c\n"
    )
    environment.setenv("BRIDGE_NONSENSE_ALTOGETHER", "1")
    environment.setenv("ZOOM_CLIENT_SECRET_FILE", "/run/secrets/zoom")
    assert misspelt(every_name()) == [
        "BRIDGE_PROT in .env is no setting; did you mean BRIDGE_PORT?",
        "ZOOM_SECRET_TOKN in .env is no setting; did you mean ZOOM_SECRET_TOKEN?",
        "BRIDGE_NONSENSE_ALTOGETHER in the environment is no setting",
        "ZOOM_CLIENT_SECRET_FILE in the environment is no setting; did you mean ZOOM_CLIENT_SECRET?",
    ]


def test_a_variable_of_the_operators(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The environment wins over ``.env``; what is nowhere is told by name."""
    (tmp_path / ".env").write_text("CRM_TOKEN=from-file\nOTHER_TOKEN=from-file\n")
    environment.setenv("CRM_TOKEN", "from-environment")
    assert (read_variable("CRM_TOKEN"), read_variable("OTHER_TOKEN")) == ("from-environment", "from-file")
    with pytest.raises(ConfigurationError, match="NO_TOKEN is not set"):
        read_variable("NO_TOKEN")


def test_proxies_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    """Proxies come from the environment, as for every other program; one that is none is refused by name."""
    environment.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert read_proxies().url_to("https://zoom.us") == "http://proxy:3128"
    environment.setenv("https_proxy", "http://user:the-key@:x")
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY") as error:
        read_proxies()
    assert "the-key" not in str(error.value)


@pytest.mark.parametrize(
    "url", ["sqlite:///a.db", "sqlite+aiosqlite:///a.db", "postgresql://u@h/d", "postgresql+asyncpg://u@h/d"]
)
def test_store_urls(environment: pytest.MonkeyPatch, url: str) -> None:
    """The store's address is taken with and without a driver's name."""
    environment.setenv("BRIDGE_STORE_URL", url)
    assert read_settings(Settings).bridge_store_url == url


def test_limits_of_keeping_and_running(environment: pytest.MonkeyPatch) -> None:
    """Meetings are kept for a month unless it is said otherwise, and runs adapt."""
    settings = read_settings(Settings)
    assert (settings.bridge_keep_days, settings.bridge_langflow_runs) == (30, None)
    environment.setenv("BRIDGE_KEEP_DAYS", "0")
    environment.setenv("BRIDGE_LANGFLOW_RUNS", "4")
    settings = read_settings(Settings)
    assert (settings.bridge_keep_days, settings.bridge_langflow_runs) == (0, 4)
    environment.setenv("BRIDGE_KEEP_DAYS", "-1")
    environment.setenv("BRIDGE_LANGFLOW_RUNS", "0")
    message = refusal()
    assert "BRIDGE_KEEP_DAYS" in message
    assert "BRIDGE_LANGFLOW_RUNS" in message


@pytest.mark.parametrize(
    ("written", "url"),
    [("https://bridge.example.com", "https://bridge.example.com"), ("https://Bridge.Example.com:443/", "https://bridge.example.com"),
     ("https://bridge.example.com:8443", "https://bridge.example.com:8443"), (" https://[2001:db8::1] ", "https://[2001:db8::1]")],
)  # fmt: skip
def test_public_url(environment: pytest.MonkeyPatch, written: str, url: str) -> None:
    """It is compared with what browsers call an origin, so it is read as they would write it."""
    environment.setenv("BRIDGE_PUBLIC_URL", written)
    assert read_settings(Settings).bridge_public_url == url


@pytest.mark.parametrize(
    "url",
    ["http://bridge.example.com", "http://127.0.0.1:8080", "bridge.example.com", "https://", "https://a b", "https://bücher.example",
     "https://bridge.example.com/zoom", "https://user:pw@bridge.example.com", "https://bridge.example.com?x=1", "https://bridge.example.com:99999"],
)  # fmt: skip
def test_public_url_is_an_address(environment: pytest.MonkeyPatch, url: str) -> None:
    """Zoom's client opens https alone, and whatever else stands there is named as wrong, not shown."""
    environment.setenv("BRIDGE_PUBLIC_URL", url)
    assert refusal().startswith("BRIDGE_PUBLIC_URL: must ")


def test_half_a_panel(environment: pytest.MonkeyPatch) -> None:
    """A panel needs the address that Zoom opens and the app's secret; guests need a panel. Without any of it there is none."""
    assert read_settings(Settings).bridge_panel is False
    environment.setenv("BRIDGE_PANEL", "on")
    assert "BRIDGE_PANEL needs BRIDGE_PUBLIC_URL" in refusal()
    environment.setenv("BRIDGE_PUBLIC_URL", "https://bridge.example.com")
    settings = read_settings(Settings)
    assert (settings.bridge_panel, settings.bridge_panel_guests) == (True, False)
    environment.delenv("ZOOM_CLIENT_SECRET")
    assert "ZOOM_CLIENT_SECRET is not set" in refusal()
    environment.setenv("ZOOM_CLIENT_SECRET", "the-client-secret")
    environment.setenv("BRIDGE_PANEL", "off")
    environment.setenv("BRIDGE_PANEL_GUESTS", "on")
    assert "BRIDGE_PANEL_GUESTS does nothing without BRIDGE_PANEL" in refusal()


@pytest.mark.parametrize(
    ("name", "written", "read"),
    [
        ("BRIDGE_PORT", '"8080"', 8080),
        ("BRIDGE_PANEL", " off\r", False),
        ("BRIDGE_STORE_URL", "'sqlite:///x.db'", "sqlite:///x.db"),
        ("BRIDGE_DATA_DIR", '"/data" ', Path("/data")),
        ("BRIDGE_HOST", " 127.0.0.1 ", "127.0.0.1"),
        ("BRIDGE_RECORD_AUDIO_AS", "\ufeffopus", "opus"),
        ("BRIDGE_ALLOWED_HOSTS", '"*.zoom.us","*.zoomgov.com"', ("*.zoom.us", "*.zoomgov.com")),
    ],
)
def test_what_containers_leave_around_a_value(
    environment: pytest.MonkeyPatch, name: str, written: str, read: object
) -> None:
    """Docker's ``--env-file`` keeps quotation marks, editors of Windows a carriage return: neither is meant."""
    environment.setenv(name, written)
    assert getattr(read_settings(Settings), name.lower()) == read


def test_a_password_with_blanks(environment: pytest.MonkeyPatch) -> None:
    """A password may begin and end with anything."""
    environment.setenv("LANGFLOW_SUPERUSER_PASSWORD", " 'x' ")
    password = read_settings(Settings).langflow_password
    assert password is not None
    assert password.get_secret_value() == " 'x' "
