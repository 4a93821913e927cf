"""Access tokens for Zoom's REST, fetched once and kept until they are about to expire.

Sources: developers.zoom.us "Server-to-server OAuth", "OAuth with Zoom" (client credentials): every token
lives an hour, and a new one leaves the old one valid.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

import structlog
from pydantic import BaseModel, Field, ValidationError

from bridge.errors import ZoomApiFailed
from bridge.zoom.answers import token_fault
from bridge.zoom.exchange import Patience, body_of, send

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from pydantic import SecretStr

EARLY_SECONDS: Final = 60.0
"""A token this close to its end is not given out any more."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Leave to call the REST API for a while."""

    token: str = field(repr=False)
    expires_at: float
    """UTC seconds."""
    api_url: str = ""
    """The host that Zoom names for the account; empty where it names none, and not to be trusted unseen."""


class _TokenAnswer(BaseModel):
    access_token: Annotated[str, Field(min_length=1, pattern=r"^[\x21-\x7e]+$")]
    expires_in: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    api_url: str = ""


class ZoomTokens:
    """One app's tokens. Whoever asks while one is being fetched waits for that one."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        url: str,
        client_id: str,
        client_secret: SecretStr,
        account_id: str | None,
        clock: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        """With an ``account_id`` the tokens are a server-to-server app's, else the app's own; ``clock`` is UTC seconds."""
        self._http = http
        self._url = url
        self._client = (client_id, client_secret)
        self._form = (
            {"grant_type": "account_credentials", "account_id": account_id}
            if account_id
            else {"grant_type": "client_credentials"}
        )
        self._clock = clock
        self._patience = patience or Patience()
        self._held: Access | None = None
        self._fetching = asyncio.Lock()

    async def access(self, *, refused: Access | None = None) -> Access:
        """A token that is good for a minute or more, and is not the one that Zoom ``refused``.

        Raises:
            ZoomApiRefused: Zoom gives none; says which setting is wrong.
            ZoomApiError: Zoom could not be asked.
        """
        async with self._fetching:
            held = self._held
            if held is None or held is refused or self._clock() >= held.expires_at - EARLY_SECONDS:
                held = self._held = await self._patience.ask(self._fetch)
            return held

    async def token(self, *, renew: bool = False) -> str:
        """The token alone; ``renew`` says that Zoom no longer takes the one given last."""
        return (await self.access(refused=self._held if renew else None)).token

    async def _fetch(self) -> Access:
        client_id, client_secret = self._client
        asked_at = self._clock()
        response = await send(
            self._http,
            "POST",
            self._url,
            data=self._form,
            auth=(client_id, client_secret.get_secret_value()),
        )
        body = body_of(response)
        if not response.is_success:
            raise token_fault(
                status=response.status_code, headers=response.headers, body=body, now=self._clock()
            )
        try:
            answer = _TokenAnswer.model_validate(body)
        except ValidationError:  # would quote the token
            raise ZoomApiFailed("the answer holds no token; is ZOOM_OAUTH_URL Zoom's?") from None
        log.info("zoom.token", seconds=int(answer.expires_in))
        return Access(
            token=answer.access_token, expires_at=asked_at + answer.expires_in, api_url=answer.api_url
        )
