"""The private API: who may ask, and all its routes; readiness and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Depends, HTTPException, Request, Response, status
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from bridge.admin.approvals import approvals_router
from bridge.admin.asking import ask_router
from bridge.admin.deliveries import deliveries_router
from bridge.admin.guard import refusal
from bridge.admin.mcp import mcp_router
from bridge.admin.meetings import meetings_router
from bridge.admin.recordings import recordings_router
from bridge.admin.runs import runs_router
from bridge.admin.search import search_router
from bridge.admin.streams import streams_router
from bridge.admin.tools import Shelf
from bridge.archive.search import Archive

if TYPE_CHECKING:
    import pathlib

    from pydantic import SecretStr

    from bridge.admin.actions import Actions
    from bridge.admin.asking import Asker
    from bridge.admin.health import Readiness
    from bridge.admin.meetings import RtmsControl
    from bridge.admin.metrics import Metrics
    from bridge.admin.streams import LiveStreams
    from bridge.approval.approvals import Approvals
    from bridge.archive.search import Searcher
    from bridge.store.store import Store


def admin_router(
    *,
    store: Store,
    readiness: Readiness,
    rtms: RtmsControl,
    live: LiveStreams,
    actions: Actions,
    metrics: Metrics,
    token: SecretStr | None,
    data_dir: pathlib.Path,
    host: str = "127.0.0.1",
    archive: Searcher | None = None,
    approvals: Approvals | None = None,
    ask: Asker | None = None,
) -> APIRouter:
    """The private listener's routes; with a token, all of them ask for it as a bearer token.

    ``readiness`` knows what ``/readyz`` tells. ``host`` is the one name that the listener may be called by besides this
    machine's own. ``archive`` answers searches; the store's own unless given. ``approvals`` decides on what waits.
    ``ask`` gets questions answered.
    """
    known_token = token.get_secret_value() if token else None

    def admitted(request: Request) -> None:
        found = refusal(request.method, request.headers, token=known_token, host=host)
        if found is not None:
            headers = {"WWW-Authenticate": "Bearer"} if found.status == status.HTTP_401_UNAUTHORIZED else None
            raise HTTPException(found.status, found.why, headers=headers)

    router = APIRouter(dependencies=[Depends(admitted)])
    searcher = archive or Archive(store)
    router.include_router(streams_router(store, live))
    router.include_router(recordings_router(store, data_dir))
    router.include_router(runs_router(actions))
    router.include_router(meetings_router(rtms, actions, store))
    router.include_router(search_router(searcher))
    router.include_router(deliveries_router(store))
    if approvals is not None:
        router.include_router(approvals_router(store, approvals))
    router.include_router(ask_router(store, ask))
    router.include_router(mcp_router(Shelf(store=store, searcher=searcher, ask=ask)))

    @router.head("/readyz")  # by which many monitors ask
    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 while words can be taken, also with Langflow away: what is said then is delivered later."""
        told, takes_words = await readiness()
        code = status.HTTP_200_OK if takes_words else status.HTTP_503_SERVICE_UNAVAILABLE
        return JSONResponse(told, status_code=code)

    @router.get("/metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router
