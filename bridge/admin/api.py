"""The private API: streams, what was said, and what became of each window; readiness and metrics."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Protocol

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Request, Response, status
from fastapi.responses import JSONResponse, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field

from bridge.admin.approvals import approvals_router
from bridge.admin.asking import ask_router
from bridge.admin.deliveries import deliveries_router
from bridge.admin.download import download
from bridge.admin.exporting import export
from bridge.admin.guard import refusal
from bridge.admin.mcp import mcp_router
from bridge.admin.search import search_router
from bridge.admin.taping import tape
from bridge.admin.tools import Shelf
from bridge.archive.search import Archive
from bridge.domain import (
    LIMITS,
    HappeningKind,
    MediaKind,
    Product,
    RunStatus,
    Source,
    StreamState,
    WindowKind,
)
from bridge.errors import ConfigurationError, NotAMeeting, ZoomApiBusy, ZoomApiError, ZoomApiRefused
from bridge.export.formats import Form
from bridge.flow.news import found_in
from bridge.flow.usage import total
from bridge.recording.naming import bridge_of
from bridge.text import is_plain
from bridge.times import moment
from bridge.zoom.api import RtmsAction
from bridge.zoom.meeting_key import meeting_key

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Awaitable, Callable, Sequence

    from pydantic import SecretStr

    from bridge.admin.asking import Asker
    from bridge.admin.health import Readiness
    from bridge.admin.metrics import Metrics
    from bridge.approval.approvals import Approvals
    from bridge.archive.search import Searcher
    from bridge.domain import Happening, Run, Utterance
    from bridge.errors import BridgeError
    from bridge.flow.news import Insight
    from bridge.store.store import Store, StreamSummary

MAX_NUMBER: Final = 2**63 - 1
"""Largest number that is taken from a caller."""
_MAX_POSITION: Final = 2**31 - 1
"""Largest position that a store's column holds; no stream comes near it."""
_MAX_RUNS: Final = 1000


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


class ForgetOut(BaseModel):
    """The meeting is being deleted everywhere; ``/readyz`` tells how many deletions are under way."""

    accepted: Literal[True] = True
    meeting_uuid: str


class RetryIn(BaseModel):
    """Which windows to run again."""

    model_config = ConfigDict(extra="forbid")

    windows: (
        Annotated[
            list[Annotated[str, Field(min_length=1, max_length=2 * LIMITS.id)]],
            Field(min_length=1, max_length=_MAX_RUNS),
        ]
        | Literal["all"]
    )
    """Ids of windows that failed, or all of them."""


class RetryOut(BaseModel):
    """So many windows go to their flows again; parked routes are looked at at once."""

    retried: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What the private listener can set in motion. Each returns once the wish is stored."""

    forget: Callable[[str], Awaitable[None]]
    """Delete a meeting, by its UUID, with all that belongs to it."""
    failed_runs: Callable[[int], Awaitable[Sequence[Run]]] | None = None
    """The newest runs that failed, at most so many."""
    retry_runs: Callable[[Sequence[str] | None], Awaitable[int]] | None = None
    """Run failed windows again, those named or all of them, and wake whoever waits; tells how many there were."""


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


class UsageOut(BaseModel):
    """What models took, read off a :class:`bridge.domain.Usage`."""

    input_tokens: int
    """Of prompts, those read from a cache included."""
    output_tokens: int
    cost_usd: float | None
    """``null`` where a price is not known."""


class TotalOut(BaseModel):
    """What models took for all answered runs of a stream, read off a :class:`bridge.flow.usage.Total`."""

    usage: UsageOut | None
    """Of the runs that told; ``null`` where none did."""
    unknown: int
    """Answered runs of which it is not known."""
    unpriced: int
    """Runs of which tokens are known, and no cost."""


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
    took: TotalOut
    """What models took for its runs."""


class UtteranceOut(BaseModel):
    """What somebody said, read off an :class:`bridge.domain.Utterance`; times in UTC milliseconds."""

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
    bridge: str
    """The host that recorded it, where several bridges share the store; empty otherwise."""
    here: bool
    """Whether this bridge has the file; if not, that host has."""


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
    created_ms: int
    """When the window was stored, UTC milliseconds."""
    ended_ms: int
    """When it was answered or given up, UTC milliseconds; 0 before."""
    usage: UsageOut | None
    """What models took for it; ``null`` where that is not known."""


class InsightOut(BaseModel):
    """What a flow found, read off a :class:`bridge.flow.news.Insight`; empty where it was not told."""

    id: str
    kind: str
    text: str
    owner: str
    due: str
    evidence: list[str]
    """Ids of the utterances that show it."""
    answer: str
    record_name: str
    record_url: str
    route: str
    window_id: str


class FailedRunOut(RunOut):
    """A run of whichever stream."""

    stream_id: str


StreamId = Annotated[str, Path(max_length=LIMITS.id)]
"""Longer ones name nothing."""


_NOT_HERE: Final = status.HTTP_501_NOT_IMPLEMENTED


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
    router.include_router(search_router(searcher))
    router.include_router(deliveries_router(store))
    if approvals is not None:
        router.include_router(approvals_router(store, approvals))
    router.include_router(ask_router(store, ask))
    router.include_router(mcp_router(Shelf(store=store, searcher=searcher, ask=ask)))

    async def known(stream_id: str) -> StreamSummary:
        summary = await store.stream_summary(stream_id) if is_plain(stream_id) else None
        if summary is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "no stream has this id")
        return summary

    @router.get("/api/streams")
    async def streams(limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[StreamOut]:
        return [StreamOut(**_stream(summary)) for summary in await store.stream_summaries(limit=limit)]

    @router.get("/api/streams/{stream_id}")
    async def stream(stream_id: StreamId) -> StreamDetailOut:
        summary = await known(stream_id)
        gaps = await store.gaps(stream_id)
        return StreamDetailOut(
            **_stream(summary),
            gaps=[GapOut.model_validate(gap, from_attributes=True) for gap in gaps],
            active_speaker=live.active_speaker(stream_id),
            took=TotalOut.model_validate(total(await store.runs(stream_id)), from_attributes=True),
        )

    @router.get("/api/streams/{stream_id}/utterances", response_model=list[UtteranceOut])
    async def utterances(
        stream_id: StreamId,
        after: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="Position to start behind.")] = 0,
    ) -> Sequence[Utterance]:
        await known(stream_id)
        return await store.utterances(stream_id, after=min(after, _MAX_POSITION))

    @router.get("/api/streams/{stream_id}/happenings", response_model=list[HappeningOut])
    async def happenings(stream_id: StreamId) -> Sequence[Happening]:
        await known(stream_id)
        return await store.happenings(stream_id)

    @router.get("/api/streams/{stream_id}/recordings", response_model=list[RecordingOut])
    async def recordings(stream_id: StreamId) -> Sequence[RecordingOut]:
        await known(stream_id)
        found = await store.recordings(stream_id)
        there = await asyncio.to_thread(lambda: [(data_dir / each.path).exists() for each in found])
        return [
            RecordingOut.model_validate({**asdict(each), "bridge": bridge_of(each.path), "here": here})
            for each, here in zip(found, there, strict=True)
        ]

    @router.get("/api/streams/{stream_id}/recordings/{name}")
    async def recording(
        stream_id: StreamId, name: Annotated[str, Path(max_length=LIMITS.id)]
    ) -> StreamingResponse:
        """The file as far as it goes now. Only what is listed can be had, whatever the name says."""
        plain = is_plain(stream_id) and is_plain(name)
        found = await store.recording(stream_id, name) if plain else None
        answer = None if found is None else await download(data_dir, found)
        if answer is None and found is not None and (bridge := bridge_of(found.path)):
            raise HTTPException(
                status.HTTP_421_MISDIRECTED_REQUEST, f"{bridge} recorded this: ask the bridge there"
            )
        if answer is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "no recording of this stream here has this name")
        return answer

    @router.get("/api/streams/{stream_id}/runs", response_model=list[RunOut])
    async def runs(stream_id: StreamId) -> Sequence[Run]:
        await known(stream_id)
        return await store.runs(stream_id)

    @router.get("/api/streams/{stream_id}/export/{form}", response_class=Response)
    async def exported(stream_id: StreamId, form: Form) -> Response:
        """The meeting as a file, as far as it goes now."""
        return await export(store, (await known(stream_id)).stream, form)

    @router.get("/api/streams/{stream_id}/tape", response_class=Response)
    async def taped(stream_id: StreamId) -> Response:
        """What was heard and when, with all words, as ``simulate`` plays it; ``zoom-bridge tape`` takes the words out."""
        return await tape(store, (await known(stream_id)).stream)

    @router.get("/api/streams/{stream_id}/insights", response_model=list[InsightOut])
    async def insights(stream_id: StreamId) -> Sequence[Insight]:
        """What the flows found, each in its latest wording, in order of first appearance."""
        await known(stream_id)
        return found_in(await store.runs(stream_id)).insights

    @router.get("/api/runs", response_model=list[FailedRunOut])
    async def failed_runs(
        status: Literal["failed"] = "failed", limit: Annotated[int, Query(ge=1, le=_MAX_RUNS)] = 100
    ) -> Sequence[Run]:
        """Runs of every stream; those that failed, which are all that somebody can do something about."""
        if actions.failed_runs is None:
            raise HTTPException(_NOT_HERE, "this bridge's store cannot list runs")
        return await actions.failed_runs(limit)

    @router.post("/api/runs/retry")
    async def retry_runs(wish: RetryIn) -> RetryOut:
        if actions.retry_runs is None:
            raise HTTPException(_NOT_HERE, "this bridge's store cannot run windows again")
        chosen = None if wish.windows == "all" else [each for each in wish.windows if is_plain(each)]
        return RetryOut(retried=await actions.retry_runs(chosen))

    @router.post("/api/meetings/{meeting:path}/forget", status_code=status.HTTP_202_ACCEPTED)
    async def forget(meeting: str) -> ForgetOut:
        """Delete a meeting, by the UUID under which its streams are listed; also one that is not known here."""
        try:
            meeting_uuid = meeting_key(meeting)
        except NotAMeeting as error:
            raise HTTPException(_status_of(error), str(error)) from None
        await actions.forget(meeting_uuid)
        return ForgetOut(meeting_uuid=meeting_uuid)

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
        told, takes_words = await readiness()
        code = status.HTTP_200_OK if takes_words else status.HTTP_503_SERVICE_UNAVAILABLE
        return JSONResponse(told, status_code=code)

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


def _stream(summary: StreamSummary) -> dict[str, Any]:
    """What :class:`StreamOut` shows of a stream; it passes over the rest."""
    started_at = moment(summary.stream.started_at_ms)
    return asdict(summary.stream) | {
        "product": summary.stream.product.value,
        "started_at": started_at,
        "utterances": summary.utterances,
        "windows": summary.windows,
    }
