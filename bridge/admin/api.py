"""The private API: streams, what was said, and what became of each window; readiness and metrics."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, status
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field

from bridge.admin.download import download
from bridge.domain import HappeningKind, MediaKind, Product, RunStatus, Source, StreamState, WindowKind
from bridge.errors import ConfigurationError, NotAMeeting, ZoomApiBusy, ZoomApiError, ZoomApiRefused
from bridge.zoom.api import RtmsAction

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import SecretStr

    from bridge.admin.metrics import Metrics
    from bridge.errors import BridgeError
    from bridge.store.store import Store, StreamSummary


class Neighbour(Protocol):
    """What is known of Langflow, or of the event subscription."""

    @property
    def away(self) -> str:
        """Why it cannot be reached; empty when it can."""


class RtmsControl(Protocol):
    """Who can ask Zoom to start and stop a meeting's stream."""

    async def control_rtms(self, action: RtmsAction, meeting: str, *, user_id: str, product: Product) -> None:
        """Return once Zoom has accepted it; raises :class:`bridge.errors.BridgeError` where it does not."""


class RtmsIn(BaseModel):
    """A wish about a live meeting's stream."""

    model_config = ConfigDict(extra="forbid")

    action: RtmsAction
    user_id: Annotated[str, Field(max_length=255)] = ""
    """Whose app it is: a host or alternative host, by Zoom user id; the host by default."""
    product: Literal["meeting", "webinar", "session"] = "meeting"


class RtmsOut(BaseModel):
    """Zoom will do it; its events tell when it is done."""

    accepted: Literal[True] = True
    action: RtmsAction


class LiveStreams(Protocol):
    """What is known only while a stream lives."""

    def active_speaker(self, stream_id: str) -> str:
        """Who speaks now; empty where that is not known."""


class HappeningOut(BaseModel):
    """Somebody came, left or shared a screen; time in UTC milliseconds."""

    kind: HappeningKind
    at_ms: int
    user_id: str
    name: str


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
    active_speaker: str
    """Who speaks now; empty where that is not known."""


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


class RecordingOut(BaseModel):
    """One file of sound or pictures; times in UTC milliseconds."""

    name: str
    kind: MediaKind
    user_id: str
    """Empty for everybody's."""
    speaker: str
    from_ms: int
    to_ms: int
    bytes: int
    path: str
    """Below `BRIDGE_DATA_DIR` of the bridge that recorded it."""


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
    *,
    store: Store,
    langflow: Neighbour,
    event_socket: Neighbour | None = None,
    rtms: RtmsControl,
    live: LiveStreams,
    metrics: Metrics,
    token: SecretStr | None,
    data_dir: Path,
) -> APIRouter:
    """The private listener's routes; with a token, all of them ask for it as a bearer token.

    ``event_socket`` is there where events come through a subscription.
    """
    neighbours = {"langflow": langflow} | ({"event_socket": event_socket} if event_socket else {})

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
            active_speaker=live.active_speaker(stream_id),
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

    @router.get("/api/streams/{stream_id}/happenings")
    async def happenings(stream_id: str) -> list[HappeningOut]:
        await known(stream_id)
        return [
            HappeningOut(kind=each.kind, at_ms=each.at_ms, user_id=each.user_id, name=each.name)
            for each in await store.happenings(stream_id)
        ]

    @router.get("/api/streams/{stream_id}/recordings")
    async def recordings(stream_id: str) -> list[RecordingOut]:
        await known(stream_id)
        return [
            RecordingOut(
                name=recording.name,
                kind=recording.kind,
                user_id=recording.user_id,
                speaker=recording.speaker,
                from_ms=recording.from_ms,
                to_ms=recording.to_ms,
                bytes=recording.bytes,
                path=recording.path,
            )
            for recording in await store.recordings(stream_id)
        ]

    @router.get("/api/streams/{stream_id}/recordings/{name}")
    async def recording(stream_id: str, name: str) -> StreamingResponse:
        """The file as far as it goes now. Only what is listed can be had, whatever the name says."""
        found = await store.recording(stream_id, name)
        answer = None if found is None else await download(data_dir, found)
        if answer is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "no recording of this stream here has this name")
        return answer

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

    @router.post("/api/meetings/{meeting:path}/rtms", status_code=status.HTTP_202_ACCEPTED)
    async def control_rtms(meeting: str, wish: RtmsIn) -> RtmsOut:
        try:
            await rtms.control_rtms(wish.action, meeting, user_id=wish.user_id, product=Product(wish.product))
        except (ZoomApiError, ConfigurationError) as error:
            raise HTTPException(_status_of(error), str(error)) from None
        return RtmsOut(action=wish.action)

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """200 while words can be taken, also with Langflow away: what is said then is delivered later."""
        fault = await store.check()
        away = {name: each.away for name, each in neighbours.items()}
        checks = {"store": fault or "ok"} | {
            name: f"away: {why}" if why else "ok" for name, why in away.items()
        }
        verdict = "unavailable" if fault else "degraded" if any(away.values()) else "ok"
        code = status.HTTP_503_SERVICE_UNAVAILABLE if fault else status.HTTP_200_OK
        return JSONResponse({"status": verdict, "checks": checks}, status_code=code)

    @router.get("/metrics")
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type=CONTENT_TYPE_LATEST)

    return router


def _status_of(error: BridgeError) -> int:
    """The HTTP status that tells a caller of ours whose turn it is after a fault with Zoom's REST."""
    match error:
        case ConfigurationError():
            return status.HTTP_501_NOT_IMPLEMENTED
        case NotAMeeting():
            return status.HTTP_422_UNPROCESSABLE_CONTENT
        case ZoomApiRefused(status=status.HTTP_404_NOT_FOUND):
            return status.HTTP_404_NOT_FOUND
        case ZoomApiRefused():
            return status.HTTP_409_CONFLICT
        case ZoomApiBusy():
            return status.HTTP_503_SERVICE_UNAVAILABLE
        case _:
            return status.HTTP_502_BAD_GATEWAY


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
