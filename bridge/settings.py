"""Every setting.

``docs/configuration.md`` is generated from this file (``python docs/generate.py``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bridge.credential import clean, credential, langflow_address
from bridge.environment import EnvFile
from bridge.errors import SettingsError
from bridge.rtms.messages import TranscriptLanguage
from bridge.rtms.urls import is_allowed, is_loopback
from bridge.times import known_zone

if TYPE_CHECKING:
    from collections.abc import Callable


class _FromEnvironment(BaseSettings):
    model_config = SettingsConfigDict(
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before the environment, and that before ``.env``, whatever its encoding."""
        return (init_settings, env_settings, EnvFile(settings_cls))

    @model_validator(mode="before")
    @classmethod
    def _as_meant(cls, values: object) -> object:
        """Values without what containers and shells leave around them: blanks, quotation marks, a carriage return.

        A password may have them on purpose.
        """
        if not isinstance(values, dict):
            return values
        return {
            name: clean(value) if isinstance(value, str) and "password" not in str(name).lower() else value
            for name, value in values.items()
        }


class LangflowSettings(_FromEnvironment):
    """Where Langflow is: all that the commands need which do not talk to Zoom."""

    langflow_url: Annotated[
        str,
        Field(
            description="Where Langflow listens: its address alone, with http:// or https://. Several Langflows, "
            "separated by commas, share the meetings ([deploy](deploy.md#several-langflows))."
        ),
    ] = "http://127.0.0.1:7860"
    langflow_api_key: Annotated[
        SecretStr | None,
        Field(
            description="Langflow API key, sent as `x-api-key`; of several Langflows one for all, "
            "or one each, separated by commas; empty between them where one needs none."
        ),
    ] = None
    langflow_shared_database: Annotated[
        bool,
        Field(
            description="Whether the Langflows of `LANGFLOW_URL` have one database, so that each can run what is another's."
        ),
    ] = False
    langflow_username: Annotated[
        str,
        Field(
            min_length=1,
            validation_alias=AliasChoices("LANGFLOW_USERNAME", "LANGFLOW_SUPERUSER"),
            description="Langflow's user for `flows` and `doctor` where there is no API key. Other name: `LANGFLOW_SUPERUSER`.",
        ),
    ] = "langflow"
    langflow_password: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("LANGFLOW_PASSWORD", "LANGFLOW_SUPERUSER_PASSWORD"),
            description="That user's password; `serve` needs the API key that `flows push --create-key` makes with it. "
            "Other name: `LANGFLOW_SUPERUSER_PASSWORD`.",
        ),
    ] = None

    @field_validator("langflow_url")
    @classmethod
    def _addresses(cls, value: str) -> str:
        return ",".join(dict.fromkeys(map(langflow_address, clean(value).split(","))))

    @field_validator("langflow_api_key", mode="before")
    @classmethod
    def _keys(cls, value: object, info: ValidationInfo) -> object:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not isinstance(text, str):
            return text
        keys = ",".join(map(credential, clean(text).split(",")))
        bare = keys.strip(",")
        return (keys if bare and "," in info.data.get("langflow_url", "") else bare) or None

    @model_validator(mode="after")
    def _a_key_for_each(self) -> LangflowSettings:
        if len(self.langflow_urls) > 1 and self.langflow_api_key is not None:
            keys = self.langflow_api_key.get_secret_value().split(",")
            if len(keys) not in (1, len(self.langflow_urls)):
                raise ValueError(
                    f"LANGFLOW_API_KEY has {len(keys)} keys for the {len(self.langflow_urls)} Langflows of LANGFLOW_URL: "
                    "give one for all, or one each"
                )
        return self

    @property
    def langflow_urls(self) -> tuple[str, ...]:
        """The address of each Langflow."""
        return tuple(self.langflow_url.split(","))

    @property
    def langflow_api_keys(self) -> tuple[str, ...]:
        """The key of each Langflow, in the order of :attr:`langflow_urls`; empty where there is none."""
        urls, kept = self.langflow_urls, self.langflow_api_key
        key = kept.get_secret_value() if kept else ""
        keys = tuple(key.split(",")) if len(urls) > 1 else (key,)
        return keys if len(keys) == len(urls) else keys * len(urls)


class AdminSettings(_FromEnvironment):
    """Where the private listener is: all that commands need which talk to a running bridge."""

    bridge_admin_host: Annotated[
        str,
        Field(description="Private listener: API, `/readyz`, `/metrics`. Beyond loopback it needs a token."),
    ] = "127.0.0.1"
    bridge_admin_port: Annotated[int, Field(ge=0, le=65535, description="Port of the private listener.")] = (
        8081
    )
    bridge_admin_token: Annotated[
        SecretStr | None, Field(description="Bearer token that the private listener then asks for.")
    ] = None

    @field_validator("bridge_admin_token", mode="before")
    @classmethod
    def _a_token(cls, value: object) -> object:
        return _credential(value)


class WindowSettings(LangflowSettings):
    """Which windows flows get, and how many at once."""

    bridge_langflow_runs: Annotated[
        int | None,
        Field(
            ge=1,
            le=10_000,
            description="Most runs under way at once on Langflow; by default the number follows what Langflow takes.",
        ),
    ] = None
    bridge_routes: Annotated[
        Path | None, Field(description="TOML file with routes; built-in routes otherwise.")
    ] = None
    bridge_timezone: Annotated[
        str,
        Field(
            description="Where the people of the meetings are, such as `Europe/Berlin`: days and times are told there. With "
            "`ZOOM_ACCOUNT_ID` the zone of each meeting counts, as it was planned in Zoom; a route's `timezone` comes before both."
        ),
    ] = ""
    bridge_assistant_phrases: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="What calls the assistant where a spoken sentence or a chat message begins, comma-separated; case and "
            "punctuation are of no matter. `off`: nobody can call it. The question goes to routes with `ask` in `on`."
        ),
    ] = ("hey assistant", "ok assistant", "@assistant")

    @field_validator("bridge_timezone")
    @classmethod
    def _a_zone(cls, name: str) -> str:
        return known_zone(name)

    @field_validator("bridge_assistant_phrases", mode="before")
    @classmethod
    def _split_phrases(cls, value: object) -> object:
        return _split(value)

    @field_validator("bridge_assistant_phrases")
    @classmethod
    def _words_or_off(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        if phrases == ("off",):
            return ()
        if not all(any(map(str.isalnum, phrase)) for phrase in phrases):
            raise ValueError("must be words such as 'hey assistant', or 'off'")
        return phrases


class ReplaySettings(AdminSettings, WindowSettings):
    """All that ``replay`` needs: a running bridge's meetings, Langflow, and the windows that flows get."""


class Settings(AdminSettings, WindowSettings):
    """The bridge's settings, checked as a whole when the process starts."""

    zoom_secret_token: Annotated[
        SecretStr,
        Field(description="Webhook secret token of the Zoom app (Features > Access > Secret Token)."),
    ]
    zoom_client_id: Annotated[
        str,
        Field(
            min_length=1,
            validation_alias=AliasChoices("ZOOM_CLIENT_ID", "ZM_CLIENT_ID", "ZM_RTMS_CLIENT"),
            description="Client id of the RTMS app. Other names: `ZM_CLIENT_ID`, `ZM_RTMS_CLIENT`.",
        ),
    ]
    zoom_client_secret: Annotated[
        SecretStr,
        Field(
            validation_alias=AliasChoices("ZOOM_CLIENT_SECRET", "ZM_CLIENT_SECRET", "ZM_RTMS_SECRET"),
            description="Client secret of the RTMS app. Other names: `ZM_CLIENT_SECRET`, `ZM_RTMS_SECRET`.",
        ),
    ]
    zoom_event_socket_url: Annotated[
        SecretStr | None,
        Field(
            description="Endpoint URL of the app's WebSocket event subscription, "
            "where Zoom cannot reach `POST /webhook`. Its host must be in `BRIDGE_ALLOWED_HOSTS`."
        ),
    ] = None
    zoom_account_id: Annotated[
        str | None,
        Field(
            description="Account id of a server-to-server app. With it the bridge asks Zoom's REST for topics, "
            "and can start and stop RTMS."
        ),
    ] = None
    zoom_rest_client_id: Annotated[
        str | None,
        Field(description="Client id of the server-to-server app; that of the RTMS app otherwise."),
    ] = None
    zoom_rest_client_secret: Annotated[
        SecretStr | None,
        Field(description="Client secret of the server-to-server app; that of the RTMS app otherwise."),
    ] = None
    zoom_video_sdk_api_key: Annotated[
        str | None,
        Field(description="API key of a Video SDK account, to start and stop RTMS of its sessions."),
    ] = None
    zoom_video_sdk_api_secret: Annotated[
        SecretStr | None, Field(description="API secret that belongs to it.")
    ] = None
    zoom_api_url: Annotated[str, Field(description="Zoom's REST API.")] = "https://api.zoom.us/v2"
    zoom_oauth_url: Annotated[str, Field(description="Where Zoom gives tokens for it.")] = (
        "https://zoom.us/oauth/token"
    )
    bridge_host: Annotated[
        str, Field(description="Public listener: `POST /webhook`, `GET /healthz`, the panel.")
    ] = "127.0.0.1"
    bridge_port: Annotated[int, Field(ge=0, le=65535, description="Port of the public listener.")] = 8080
    bridge_public_url: Annotated[
        str | None,
        Field(
            description="How the internet calls the public listener: `https://` and a host, as of the proxy before it. Needed for the panel."
        ),
    ] = None
    bridge_panel: Annotated[
        bool,
        Field(
            description="Show the meeting that is open in Zoom's own side bar: `GET /panel` on the public listener. See docs/zoom-app.md."
        ),
    ] = False
    bridge_panel_guests: Annotated[
        bool,
        Field(
            description="Let people see the panel, too, whom Zoom does not know or who did not add the app (its guest mode)."
        ),
    ] = False
    bridge_store_url: Annotated[
        str,
        Field(
            pattern=r"^(sqlite(\+aiosqlite)?|postgresql(\+asyncpg)?)://",
            description="URL of the store: `sqlite:///FILE`, or `postgresql://user:password@host/database`, which needs "
            "`pip install asyncpg`. The names of 0.2, `sqlite+aiosqlite://` and `postgresql+asyncpg://`, mean the same.",
        ),
    ] = "sqlite+aiosqlite:///zoom-bridge.db"
    bridge_keep_days: Annotated[
        int,
        Field(
            ge=0,
            le=36_500,
            description="Days after which an ended meeting is deleted with all that belongs to it, recordings too; 0 keeps it for ever.",
        ),
    ] = 30
    bridge_allowed_hosts: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(
            description="Hosts that Zoom's `server_urls` may name, comma-separated; `*.` stands for any sub-domain. "
            "Plain `ws://` is accepted only for loopback hosts listed here."
        ),
    ] = ("*.zoom.us", "*.zoomgov.com")
    bridge_ca_file: Annotated[
        Path | None,
        Field(
            description="Certificate authorities for Zoom's sockets and REST instead of the system's. "
            "Verification has no off switch."
        ),
    ] = None
    bridge_pages_url: Annotated[
        str | None,
        Field(
            description="Address under which people reach the pages of the private listener, such as that of a proxy in front of it; "
            "what webhook endpoints are told links there."
        ),
    ] = None
    bridge_webhook_tolerance_seconds: Annotated[
        float,
        Field(
            ge=0,
            allow_inf_nan=False,
            description="How old or early a webhook's timestamp may be; 0 turns the check off.",
        ),
    ] = 300

    bridge_language: Annotated[
        TranscriptLanguage | None,
        Field(
            description="Language that is spoken, by name: `german`, `chinese_simplified`. "
            "Zoom transcribes the first 30 s in it (English otherwise)."
        ),
    ] = None
    bridge_detect_language: Annotated[
        bool,
        Field(description="Let Zoom detect languages after that; off, it stays with `BRIDGE_LANGUAGE`."),
    ] = True

    bridge_restart: Annotated[
        bool,
        Field(
            description="Ask Zoom to start RTMS again when a stream was lost for good (stop reasons 10 to 19 and 24). "
            "Needs `ZOOM_ACCOUNT_ID`, or the Video SDK's API key for its sessions."
        ),
    ] = False

    bridge_record: Annotated[
        tuple[Literal["audio", "audio-per-speaker", "share", "video"], ...],
        NoDecode,
        Field(
            description="What is written down besides the transcript, comma-separated: `audio` (everybody's in one file) or "
            "`audio-per-speaker`, `share` (pictures of shared screens), `video` (whoever speaks). See docs/recording.md."
        ),
    ] = ()
    bridge_record_audio_as: Annotated[
        Literal["wav", "opus"],
        Field(description="`wav`: samples of 16 bit at 16 kHz; `opus`: a tenth of the size."),
    ] = "wav"
    bridge_record_share_as: Annotated[
        Literal["jpg", "png"], Field(description="Which pictures Zoom is asked for.")
    ] = "jpg"
    bridge_data_dir: Annotated[
        Path, Field(description="Folder of the recordings; needed, and made, only with `BRIDGE_RECORD`.")
    ] = Path("zoom-bridge-data")
    bridge_data_max_mb: Annotated[
        int,
        Field(
            gt=0,
            description="What all recordings may take, in MB of 1,048,576 bytes. Then recording stops; the transcript goes on.",
        ),
    ] = 10_000

    @field_validator("zoom_secret_token", "zoom_client_secret", "zoom_client_id", mode="before")
    @classmethod
    def _required_credential(cls, value: object) -> object:
        found = _credential(value)
        if found is None:
            raise ValueError("is empty")
        return found

    @field_validator(
        "zoom_account_id",
        "zoom_rest_client_id",
        "zoom_rest_client_secret",
        "zoom_video_sdk_api_key",
        "zoom_video_sdk_api_secret",
        "zoom_event_socket_url",
        mode="before",
    )
    @classmethod
    def _optional_credential(cls, value: object) -> object:
        return _credential(value)

    @field_validator("bridge_language", mode="before")
    @classmethod
    def _by_name(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                return TranscriptLanguage[value.strip().upper().replace("-", "_").replace(" ", "_")]
            except KeyError:
                names = ", ".join(language.name.lower() for language in TranscriptLanguage if language >= 0)
                raise ValueError(f"must be one of {names}") from None
        return value

    @field_validator("bridge_allowed_hosts", "bridge_record", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return _split(value)

    @field_validator("bridge_allowed_hosts")
    @classmethod
    def _hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        bare = tuple(host.removeprefix("[").removesuffix("]") for host in hosts)
        if not bare or not all(_HOST.fullmatch(host) for host in bare):
            raise ValueError(
                "must be hosts such as *.zoom.us or rtms.example.com, without scheme, port and path"
            )
        return bare

    @field_validator("zoom_api_url", "zoom_oauth_url")
    @classmethod
    def _plain_https(cls, value: str) -> str:
        return _address(
            value,
            lambda scheme, host: scheme == "https" or (scheme == "http" and is_loopback(host)),
            "must begin with https:// (http:// only for this machine)",
        )

    @field_validator("bridge_pages_url")
    @classmethod
    def _to_follow(cls, value: str | None) -> str | None:
        if value is None:
            return None
        wrong = "must be an address such as https://meetings.example.com"
        found = _address(value, lambda scheme, _: scheme in ("https", "http"), wrong)
        if not (found.isascii() and found.isprintable() and " " not in found):
            raise ValueError(wrong)
        return found

    @field_validator("bridge_public_url")
    @classmethod
    def _an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        found = cls._plain_https(value).lower()
        if not _ORIGIN.fullmatch(found):
            raise ValueError("must be https:// and a host, as browsers write it, without a path")
        return found.removesuffix(":443")

    @model_validator(mode="after")
    def _panel_has_an_address(self) -> Settings:
        if self.bridge_panel and self.bridge_public_url is None:
            raise ValueError("BRIDGE_PANEL needs BRIDGE_PUBLIC_URL, such as https://bridge.example.com")
        if self.bridge_panel_guests and not self.bridge_panel:
            raise ValueError("BRIDGE_PANEL_GUESTS does nothing without BRIDGE_PANEL")
        return self

    @model_validator(mode="after")
    def _event_socket_is_zooms(self) -> Settings:
        if self.zoom_event_socket_url is None:
            return self
        url = self.zoom_event_socket_url.get_secret_value()
        if not is_allowed(url, self.bridge_allowed_hosts):
            raise ValueError("ZOOM_EVENT_SOCKET_URL must be wss:// with a host in BRIDGE_ALLOWED_HOSTS")
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        if "subscriptionId" not in query or "access_token" in query or parts.fragment:
            raise ValueError(
                "ZOOM_EVENT_SOCKET_URL must be the Endpoint URL as Zoom shows it: with a subscriptionId, without a token"
            )
        return self

    @model_validator(mode="after")
    def _pairs_belong_together(self) -> Settings:
        if (self.zoom_rest_client_id is None) != (self.zoom_rest_client_secret is None):
            raise ValueError("ZOOM_REST_CLIENT_ID and ZOOM_REST_CLIENT_SECRET must be set together")
        if (self.zoom_video_sdk_api_key is None) != (self.zoom_video_sdk_api_secret is None):
            raise ValueError("ZOOM_VIDEO_SDK_API_KEY and ZOOM_VIDEO_SDK_API_SECRET must be set together")
        if self.bridge_restart and not (self.zoom_account_id or self.zoom_video_sdk_api_key):
            raise ValueError("BRIDGE_RESTART needs ZOOM_ACCOUNT_ID or ZOOM_VIDEO_SDK_API_KEY")
        return self

    @model_validator(mode="after")
    def _one_kind_of_sound(self) -> Settings:
        if {"audio", "audio-per-speaker"} <= {*self.bridge_record}:
            raise ValueError("BRIDGE_RECORD takes audio or audio-per-speaker: a stream carries one of them")
        return self

    @model_validator(mode="after")
    def _strangers_need_a_token(self) -> Settings:
        if not is_loopback(self.bridge_admin_host) and self.bridge_admin_token is None:
            raise ValueError("BRIDGE_ADMIN_HOST is not a loopback address, so BRIDGE_ADMIN_TOKEN must be set")
        return self


_ORIGIN: Final = re.compile(r"https://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?")
"""Scheme, host and port as browsers write them."""

_AnySettings = TypeVar("_AnySettings", bound=_FromEnvironment)


def _address(value: str, takes: Callable[[str, str], bool], wrong: str) -> str:
    """An address without credentials, query and last slash, whose scheme and host are taken.

    Raises:
        ValueError: It is none; with ``wrong`` where scheme or host are not taken.
    """
    value = clean(value)
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port  # an impossible port raises here
    except ValueError:
        host = ""
    if not host or not takes(parts.scheme, host):
        raise ValueError(wrong)
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an address alone, without credentials or a query")
    return value.rstrip("/")


_HOST: Final = re.compile(r"(?:\*\.)?[\w-]+(?:\.[\w-]+)*|[0-9a-f:]*:[0-9a-f:.]*")
"""A name, one with any sub-domain, or an address."""


def _split(value: object) -> object:
    """Words that commas part."""
    if isinstance(value, str):
        parts = (part.strip(" \t\"'").lower() for part in value.split(","))  # each may have been quoted
        return tuple(part for part in parts if part)
    return value


def _credential(value: object) -> object:
    """A key or secret as it can be sent; ``None`` for nothing."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return (credential(text) or None) if isinstance(text, str) else text


class GivenSettings(Settings):
    """Settings made of what they are given alone, as the demo needs: no environment, no ``.env``."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Leave out every source but the arguments."""
        return (init_settings,)


def read_settings(kind: type[_AnySettings]) -> _AnySettings:
    """The settings of a kind from the environment and ``.env``.

    Raises:
        SettingsError: Names each variable that is missing or wrong, never its value.
    """
    try:
        return kind()
    except ValidationError as error:
        faults = [
            f"{name}{': ' if why else ' is not set'}{why}" if name else why for name, why in _faults(error)
        ]
        raise SettingsError(faults) from None


def wrong_settings() -> dict[str, str]:
    """Settings that are set and cannot be so, by the variable in capitals, and why; what is wrong with several together
    goes by an empty name, and is found once each of them can be.
    """
    try:
        Settings()
    except ValidationError as error:
        return {name: why for name, why in _faults(error) if why}
    return {}


def names_of(setting: str) -> tuple[str, ...]:
    """The variables that a setting is read from, in capitals, the first of them ours."""
    alias = Settings.model_fields[setting].validation_alias
    return tuple(map(str, alias.choices)) if isinstance(alias, AliasChoices) else (setting.upper(),)


def every_name() -> frozenset[str]:
    """Every variable that is a setting."""
    return frozenset(name for setting in Settings.model_fields for name in names_of(setting))


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    """The variables that are wrong, in capitals, each with the reason, which is empty of one that is not set."""
    return [
        (
            str(each["loc"][0]).upper() if each["loc"] else "",
            "" if each["type"] == "missing" else _why(each["msg"], named=bool(each["loc"])),
        )
        for each in error.errors()
    ]


def _why(message: str, *, named: bool) -> str:
    message = message.removeprefix("Value error, ")
    return f"{message[:1].lower()}{message[1:]}" if named else message
