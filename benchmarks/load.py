"""What a subject is put under: meetings at an even pace, and a run API that takes the windows."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from bridge.listener import http_listener
from bridge.rtms.messages import decode_json_object
from bridge.simulator.meeting import Line, Meeting

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from bridge.rtms.messages import JsonObject

UTTERANCE_MS = 2000
"""From one utterance of a meeting to its next."""
WORDS = 12
"""Of each utterance."""
SPEAKERS = 4
RUN_SECONDS = 0.05
"""How long the run API takes for an answer."""

EACH_FLOW = "each"
"""A flow that is asked about every utterance, not about windows."""

_Api = TypeVar("_Api", bound="RunApi")

FLOW: Final = "bench"
"""The flow of the bridge's route."""
_ANSWER = {"outputs": [{"outputs": [{"results": {"message": {"text": ""}}}]}]}
_FLOW = {"id": FLOW, "name": FLOW, "endpoint_name": FLOW, "data": {"nodes": [], "edges": []}}
_LOOKED_AT: Final = {
    "/health": {"status": "ok"},
    "/api/v1/users/whoami": {"id": "bench"},
    "/api/v1/variables/": [],
    "/api/v1/flows/": [_FLOW],
    f"/api/v1/flows/{FLOW}": _FLOW,
}
"""What the bridge asks of a Langflow beside its runs; it would ask one that cannot tell again and again."""
_FIRST_USER_ID = 16_778_240
_VOCABULARY = ("agree", "budget", "deadline", "figure", "invoice", "kickoff", "partner", "release", "target")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A window as the run API got it."""

    at: float
    """When its last byte was there, UTC seconds."""
    stream_id: str
    kind: str
    positions: tuple[int, ...]
    """Of its utterances in the stream, from 1."""


def meeting(
    lines: int, chance: random.Random, *, silent_seconds: float = 0.0, every_ms: int = UTTERANCE_MS
) -> Meeting:
    """A meeting of so many utterances, one every ``every_ms`` from a random moment of the first.

    With ``silent_seconds`` nobody says anything for so long before the last of them.
    """
    phase = chance.randrange(every_ms)

    def start_ms(n: int) -> int:
        return phase + n * every_ms + (int(silent_seconds * 1000) if n == lines - 1 else 0)

    return Meeting(
        title="benchmark",
        lines=tuple(
            Line(
                start_ms=start_ms(n),
                end_ms=start_ms(n) + every_ms - 200,
                user_id=_FIRST_USER_ID + 1024 * (n % SPEAKERS),
                speaker=f"Speaker {n % SPEAKERS + 1}",
                text=" ".join(chance.choices(_VOCABULARY, k=WORDS)),
            )
            for n in range(lines)
        ),
    )


def positions(window: JsonObject) -> tuple[int, ...]:
    """Of a window's utterances in their stream, from 1."""
    return tuple(int(utterance["id"].removeprefix("u-")) for utterance in window["utterances"])


class RunApi:
    """Langflow, as far as the bridge calls it; keeps what arrives. Use :func:`run_api`."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.url = ""
        self._changed = asyncio.Condition()
        self.routes = [
            Route("/api/v1/run/{flow}", self._run, methods=["POST"]),
            *(Route(path, _answered(answer)) for path, answer in _LOOKED_AT.items()),
        ]

    def take(self, window: JsonObject, at: float) -> None:
        """Keep what is to be known of a window that came at ``at`` (UTC seconds)."""
        self.arrivals.append(Arrival(at, window["stream_id"], window["kind"], positions(window)))

    async def finals(self, stream_ids: set[str], *, timeout_seconds: float) -> None:
        """Wait until the final window of each of these streams has come.

        Raises:
            TimeoutError: They have not.
        """
        async with asyncio.timeout(timeout_seconds), self._changed:
            await self._changed.wait_for(
                lambda: stream_ids <= {each.stream_id for each in self.arrivals if each.kind == "final"}
            )

    async def _run(self, request: Request) -> JSONResponse:
        body = await request.body()
        at = time.time()
        if request.path_params["flow"] == EACH_FLOW:
            await asyncio.sleep(RUN_SECONDS)
            return JSONResponse(_ANSWER)
        window = decode_json_object((decode_json_object(body) or {}).get("input_value", ""))
        if window is None:
            return JSONResponse({"detail": "not a window"}, status_code=422)
        async with self._changed:
            self.take(window, at)
            self._changed.notify_all()
        await asyncio.sleep(RUN_SECONDS)
        return JSONResponse(_ANSWER)


def _answered(answer: object) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def endpoint(_request: Request) -> JSONResponse:
        return JSONResponse(answer)

    return endpoint


@contextlib.asynccontextmanager
async def run_api(api: _Api) -> AsyncIterator[_Api]:
    """A run API on loopback, while the block runs."""
    async with http_listener(Starlette(routes=api.routes), host="127.0.0.1", port=0) as port:
        api.url = f"http://127.0.0.1:{port}"
        yield api
