"""The private API: streams, what was said, and what became of each window; readiness and metrics."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Protocol

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from bridge.domain import RunStatus, Source, StreamState, WindowKind

if TYPE_CHECKING:
    from pydantic import SecretStr

    from bridge.admin.metrics import Metrics
    from bridge.store.store import Store, StreamSummary


class LangflowState(Protocol):
    """What is known of Langflow."""

    @property
    def away(self) -> str:
        """Why it cannot be reached; empty when it can."""


class StreamOut(BaseModel):
    """A stream in a list."""

    stream_id: str
    meeting_uuid: str
    meeting_id: str
    product: str
    state: StreamState
    started_at: datetime
    end_reason: str
    utterances: int
    windows: int


class GapOut(BaseModel):
    """A stretch that was not received; times in UTC milliseconds."""

    from_ms: int
    to_ms: int
    reason: str


class StreamDetailOut(StreamOut):
    """One stream."""

    gaps: list[GapOut]


class UtteranceOut(BaseModel):
    """What somebody said; times in UTC milliseconds."""

    id: str
    speaker: str
    user_id: str
    start_ms: int
    end_ms: int
    text: str
    language: int | None
    source: Source


class RunOut(BaseModel):
    """What became of a window."""

    window_id: str
    route: str
    seq: int
    kind: WindowKind
    status: RunStatus
    attempts: int
    output: str
    error: str


def admin_router(
    *, store: Store, langflow: LangflowState, metrics: Metrics, token: SecretStr | None
) -> APIRouter:
    """The private listener's routes; with a token, all of them ask for it as a bearer token."""

    def authorised(request: Request) -> None:
        if token is None:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        expected = token.get_secret_value().encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), expected):
            raise HTTPException(
                status.HTTP_401_UNAUTHORIZED,
                "BRIDGE_ADMIN_TOKEN is needed as a bearer token",
                headers={"WWW-Authenticate": "Bearer"},
            )

    router = APIRouter(dependencies=[Depends(authorised)])

    async def known(stream_id: str) -> StreamSummary:
        summary = await store.stream_summary(stream_id)
        if summary is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "no stream has this id")
        return summary

    @router.get("/api/streams")
    async def streams(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[StreamOut]:
        return [StreamOut(**_stream(summary)) for summary in await store.stream_summaries(limit=limit)]

    @router.get("/api/streams/{stream_id}")
    async def stream(stream_id: str) -> StreamDetailOut:
        summary = await known(stream_id)
        gaps = await store.gaps(stream_id)
        return StreamDetailOut(
            **_stream(summary),
            gaps=[GapOut(from_ms=gap.from_ms, to_ms=gap.to_ms, reason=gap.reason) for gap in gaps],
        )

    @router.get("/api/streams/{stream_id}/utterances")
    async def utterances(
        stream_id: str, after: Annotated[int, Query(ge=0, description="Position to start behind.")] = 0
    ) -> list[UtteranceOut]:
        await known(stream_id)
        return [
            UtteranceOut(
                id=said.id,
                speaker=said.speaker,
                user_id=said.user_id,
                start_ms=said.start_ms,
                end_ms=said.end_ms,
                text=said.text,
                language=said.language,
                source=said.source,
            )
            for said in await store.utterances(stream_id, after=after)
        ]

    @router.get("/api/streams/{stream_id}/runs")
    async def runs(stream_id: str) -> list[RunOut]:
        await known(stream_id)
        return [
            RunOut(
                window_id=run.window_id,
                route=run.route,
                seq=run.seq,
                kind=run.kind,
                status=run.status,
                attempts=run.attempts,
                output=run.output,
                error=run.error,
            )
            for run in await store.runs(stream_id)
        ]

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 while words can be taken, also with Langflow away: what is said then is delivered later."""
        fault = await store.check()
        checks = {"store": fault or "ok", "langflow": f"away: {langflow.away}" if langflow.away else "ok"}
        verdict = "unavailable" if fault else "degraded" if langflow.away else "ok"
        code = status.HTTP_503_SERVICE_UNAVAILABLE if fault else status.HTTP_200_OK
        return JSONResponse({"status": verdict, "checks": checks}, status_code=code)

    @router.get("/metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router


def _stream(summary: StreamSummary) -> dict[str, object]:
    stream = summary.stream
    return {
        "stream_id": stream.stream_id,
        "meeting_uuid": stream.meeting_uuid,
        "meeting_id": stream.meeting_id,
        "product": stream.product.value,
        "state": stream.state,
        "started_at": datetime.fromtimestamp(stream.started_at_ms / 1000, UTC),
        "end_reason": stream.end_reason,
        "utterances": summary.utterances,
        "windows": summary.windows,
    }
