"""``/api/runs``: what became of windows, and those that failed once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final, Literal

from fastapi import APIRouter, HTTPException, Query, status
from pydantic import BaseModel, ConfigDict, Field

from bridge.domain import LIMITS, RunStatus, WindowKind
from bridge.text import is_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.admin.actions import Actions
    from bridge.domain import Run

_MAX_RUNS: Final = 1000
_NOT_HERE: Final = status.HTTP_501_NOT_IMPLEMENTED


class UsageOut(BaseModel):
    """What models took, read off a :class:`bridge.domain.Usage`."""

    input_tokens: int
    """Of prompts, those read from a cache included."""
    output_tokens: int
    cost_usd: float | None
    """``null`` where a price is not known."""


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


class FailedRunOut(RunOut):
    """A run of whichever stream."""

    stream_id: str


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


def runs_router(actions: Actions) -> APIRouter:
    """The routes; who may ask is decided by the router that they become a part of."""
    router = APIRouter()

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

    return router
