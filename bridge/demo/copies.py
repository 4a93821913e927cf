"""The demo's flows on somebody's own Langflow: copies under names of their own, gone when the demo is.

Nothing that was there before is read into, changed or removed. Paths as Langflow 1.12 and 1.13 answer them; with a flow
Langflow deletes what its runs have stored.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import uuid
from typing import TYPE_CHECKING, Final

import httpx

from bridge.errors import BridgeError
from bridge.flow.workflow import ALL_FLOWS
from bridge.publish.library import Flow
from bridge.publish.server import FlowServer, inputs_of
from bridge.tasks import seen_through

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping

CLEAN_UP_SECONDS: Final = 20.0
"""Longest wait for a Langflow to remove what the demo has put there."""
FLOWS: Final = "/api/v1/flows/"
VARIABLES: Final = "/api/v1/variables/"
_NO_ANSWER_OF_LANGFLOW: Final = (ValueError, KeyError, TypeError, AttributeError)
"""What comes of reading another's answer, such as a login page, for a list of Langflow's."""


def new_mark() -> str:
    """What the names of one demo's things end with."""
    return f"demo-{secrets.token_hex(4)}"


def copy_of(flow: Flow, mark: str) -> Flow:
    """The same flow under a name, an endpoint name and an id that nothing else has."""
    names = {
        "id": str(uuid.uuid4()),
        "name": f"{flow.name} ({mark})",
        "endpoint_name": f"{flow.endpoint_name}-{mark}",
    }
    return Flow(path=flow.path, content={**flow.content, **names})


@contextlib.asynccontextmanager
async def pushed_copies(
    client: httpx.AsyncClient,
    flows: Iterable[Flow],
    values: Mapping[str, str],
    mark: str,
    tell: Callable[[str], None],
) -> AsyncIterator[dict[str, tuple[str, str]]]:
    """Copies of flows, filled in, for as long as the block runs; gives endpoint name and id there by the original's name.

    ``values`` are inputs by ``<component type>.<input>``, of which each flow gets those it has. However the block ends,
    the copies and their variables are removed; what could not be is told.

    Raises:
        LangflowError: The server cannot be reached, or refuses.
    """
    try:
        pushed = {}
        for flow in flows:
            copy = copy_of(flow, mark)
            fitting = {name: values[name] for name in inputs_of(copy, values)}
            found = await FlowServer(client).push(copy, fitting)
            pushed[flow.endpoint_name] = (copy.endpoint_name, found.flow_id)
        yield pushed
    finally:
        what = f"flows and variables with '{mark}' in their names"
        await seen_through(_bounded(_remove_copies(client, mark), tell, what=what))


async def _bounded(
    removal: Coroutine[object, object, None], tell: Callable[[str], None], *, what: str
) -> None:
    """Wait for a removal; a failure is told and hides no other error."""
    try:
        async with asyncio.timeout(CLEAN_UP_SECONDS):
            await removal
    except (httpx.HTTPError, BridgeError, TimeoutError, *_NO_ANSWER_OF_LANGFLOW) as error:
        tell(f"Langflow did not remove {what} ({type(error).__name__}); delete them there.")


async def _remove_copies(client: httpx.AsyncClient, mark: str) -> None:
    flows = (await _asked(client, "GET", FLOWS, params=ALL_FLOWS)).json()
    for flow in flows:
        if str(flow.get("endpoint_name") or "").endswith(f"-{mark}"):
            await _asked(client, "DELETE", f"{FLOWS}{flow['id']}")
    for variable in (await _asked(client, "GET", VARIABLES)).json():
        if f"-{mark}:" in str(variable["name"]):
            await _asked(client, "DELETE", f"{VARIABLES}{variable['id']}")


async def _asked(client: httpx.AsyncClient, method: str, path: str, **request: object) -> httpx.Response:
    answer = await client.request(method, path, **request)  # type: ignore[arg-type]
    return answer.raise_for_status()
