"""Every setting, and the only reader of the environment and of ``.env``.

``docs/configuration.md`` is generated from this file (``python -m bridge.settings``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bridge.errors import ConfigurationError
from bridge.rtms.urls import is_loopback


class LangflowSettings(BaseSettings):
    """Where Langflow is: all that the commands need which do not talk to Zoom."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    langflow_url: Annotated[str, Field(pattern=r"^https?://", description="Where Langflow listens.")] = (
        "http://127.0.0.1:7860"
    )
    langflow_api_key: Annotated[
        SecretStr | None, Field(description="Langflow API key, sent as `x-api-key`.")
    ] = None

    @field_validator("langflow_url")
    @classmethod
    def _no_trailing_slash(cls, value: str) -> str:
        return value.rstrip("/")


class Settings(LangflowSettings):
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
    bridge_host: Annotated[str, Field(description="Public listener: `POST /webhook`, `GET /healthz`.")] = (
        "127.0.0.1"
    )
    bridge_port: Annotated[int, Field(ge=0, le=65535, description="Port of the public listener.")] = 8080
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
    bridge_store_url: Annotated[
        str,
        Field(
            pattern=r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://", description="SQLAlchemy URL of the store."
        ),
    ] = "sqlite+aiosqlite:///zoom-bridge.db"
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
            description="Certificate authorities for Zoom's sockets instead of the system's. Verification has no off switch."
        ),
    ] = None
    bridge_routes: Annotated[
        Path | None, Field(description="TOML file with routes; built-in routes otherwise.")
    ] = None
    bridge_webhook_tolerance_seconds: Annotated[
        float,
        Field(ge=0, description="How old or early a webhook's timestamp may be; 0 turns the check off."),
    ] = 300

    @field_validator("zoom_secret_token", "zoom_client_secret")
    @classmethod
    def _not_blank(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().strip():
            raise ValueError("is empty")
        return value

    @field_validator("bridge_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @model_validator(mode="after")
    def _strangers_need_a_token(self) -> Settings:
        if not is_loopback(self.bridge_admin_host) and self.bridge_admin_token is None:
            raise ValueError("BRIDGE_ADMIN_HOST is not a loopback address, so BRIDGE_ADMIN_TOKEN must be set")
        return self


_AnySettings = TypeVar("_AnySettings", bound=LangflowSettings)


def read_settings(kind: type[_AnySettings]) -> _AnySettings:
    """The settings of a kind from the environment and ``.env``.

    Raises:
        ConfigurationError: Names each variable that is missing or wrong, never its value.
    """
    try:
        return kind()
    except ValidationError as error:
        faults = [_fault(str(e["loc"][0]) if e["loc"] else "", e["type"], e["msg"]) for e in error.errors()]
        raise ConfigurationError(
            "; ".join(faults) + ". docs/configuration.md explains each setting."
        ) from None


def _fault(name: str, kind: str, message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not name:
        return message
    if kind == "missing":
        return f"{name.upper()} is not set"
    return f"{name.upper()}: {message[:1].lower()}{message[1:]}"
