from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from bridge.errors import ZoomApiFailed, ZoomApiRefused
from bridge.simulator.chat import BAD_GATEWAY, SERVER_ERROR, Reply
from bridge.simulator.rest import TOKEN_SECONDS, answer

if TYPE_CHECKING:
    from tests.zoom.conftest import Account


async def test_a_token_is_fetched_once(account: Account) -> None:
    """It is kept until a minute before its end."""
    tokens = account.tokens()
    first = await tokens.token()
    account.clock.now += TOKEN_SECONDS - 61
    assert await tokens.token() == first
    account.clock.now += 2
    assert await tokens.token() != first
    assert account.rest.tokens_given == 2


async def test_everybody_waits_for_the_same_token(account: Account) -> None:
    """Meetings that begin together cost one request."""
    tokens = account.tokens()
    assert len(set(await asyncio.gather(*(tokens.token() for _ in range(20))))) == 1
    assert account.rest.tokens_given == 1


async def test_a_refused_token_is_renewed_once(account: Account) -> None:
    """However many callers had it refused."""
    tokens = account.tokens()
    refused = await tokens.access()
    given = await asyncio.gather(*(tokens.access(refused=refused) for _ in range(20)))
    assert len({access.token for access in given} - {refused.token}) == 1
    assert account.rest.tokens_given == 2
    assert await tokens.token(renew=True) not in {refused.token, given[0].token}


async def test_an_app_without_account(account: Account) -> None:
    """Asks for a token of its own."""
    await account.tokens(account_id=None).token()
    (request,) = account.requests
    assert request.content == b"grant_type=client_credentials"


async def test_a_server_to_server_app(account: Account) -> None:
    """Names its account, and proves itself in the header alone."""
    await account.tokens().token()
    (request,) = account.requests
    assert request.content == b"grant_type=account_credentials&account_id=the-account"
    assert request.url.query == b""
    assert request.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"secret": "s3cret"}, "ZOOM_REST_CLIENT_SECRET"), ({"account_id": "acc0unt"}, "ZOOM_ACCOUNT_ID")],
)
async def test_wrong_credentials(account: Account, changes: dict[str, str], words: str) -> None:
    """The setting is named, the value is not, and nobody tries again."""
    with pytest.raises(ZoomApiRefused, match=words) as caught:
        await account.tokens(**changes).token()
    assert "s3cret" not in str(caught.value)
    assert "acc0unt" not in str(caught.value)
    assert account.clock.waits == []


async def test_zoom_stumbles(account: Account) -> None:
    """Passing faults are waited out."""
    account.rest.token_script.extend([SERVER_ERROR, BAD_GATEWAY])
    assert await account.tokens().token()
    assert account.clock.waits == [1, 2]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=200, text="<html>Sign in</html>"),
        answer(200, {"access_token": "", "expires_in": 3600}),
        answer(200, {"access_token": "t0p\nsecret", "expires_in": 3600}),
        answer(200, {"access_token": "t0p-secret"}),
        answer(200, {"access_token": "t0p-secret", "expires_in": 0}),
    ],
)
async def test_an_answer_without_a_token(account: Account, reply: Reply) -> None:
    """Is taken for none, and not quoted."""
    account.rest.token_script.extend([reply] * 4)
    with pytest.raises(ZoomApiFailed, match="holds no token") as caught:
        await account.tokens().token()
    assert "secret" not in str(caught.value)


async def test_a_failure_is_not_kept(account: Account) -> None:
    """The next caller asks anew."""
    tokens = account.tokens()
    account.rest.token_script.extend([SERVER_ERROR] * 4)
    with pytest.raises(ZoomApiFailed):
        await tokens.token()
    assert await tokens.token()


async def test_a_token_is_not_printed(account: Account) -> None:
    """Not even by whoever prints the value that holds it."""
    access = await account.tokens().access()
    assert access.token not in repr(access)
