"""What waits for somebody, and what was decided, as routes of the private API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import APIRouter, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from bridge.admin.named import StreamId, stream_named
from bridge.approval.wish import Wish
from bridge.domain import LIMITS, Decision
from bridge.errors import DecisionRefused, WordingRefused
from bridge.flow.news import LONGEST_LINE, LONGEST_TEXT, LONGEST_WORD
from bridge.text import storable

if TYPE_CHECKING:
    from bridge.approval.approvals import Approvals
    from bridge.approval.item import Item
    from bridge.approval.standing import Decided, Waiting
    from bridge.store.store import Store

_NOBODY = "the API"


class WaitingOut(BaseModel):
    """One thing that waits; empty where it was not told."""

    route: str
    item: str
    """Its name in its stream and route."""
    digest: str
    """Of its wording, which a decision has to name."""
    kind: str
    """Of an insight, else `summary` or `note`."""
    text: str
    owner: str
    due: str
    answer: str
    beside: list[str]
    """What goes out with it and stands in none of these: where the answer stands, a record, who was there."""
    changed: bool
    """Whether an earlier wording was decided on."""

    @classmethod
    def of(cls, waiting: Waiting) -> Self:
        """Read off."""
        return cls(**_worded(waiting.item), changed=waiting.last is not None)


class DecidedOut(BaseModel):
    """One thing that was decided."""

    n: int
    """Position among the decisions on the stream, from 1."""
    route: str
    item: str
    decision: Decision
    text: str
    """What goes out, or what was declined."""
    owner: str
    due: str
    who: str
    at_ms: int
    """UTC milliseconds."""
    window_id: str
    """Of the window that takes it to its flow; empty before there is one, and for `no`."""
    state: str
    """What became of it, in words."""

    @classmethod
    def of(cls, decided: Decided) -> Self:
        """Read off."""
        verdict = decided.verdict
        told = {name: getattr(verdict, name) for name in cls.model_fields if name != "state"}
        return cls(**told, state=decided.state)


class ApprovalsOut(BaseModel):
    """How it stands with a stream."""

    waiting: list[WaitingOut]
    decided: list[DecidedOut]


class DecisionIn(BaseModel):
    """What is to become of something that waits."""

    model_config = ConfigDict(extra="forbid")

    route: Annotated[str, Field(max_length=LIMITS.route)]
    item: Annotated[str, Field(max_length=2 * LIMITS.id)]
    digest: Annotated[str, Field(max_length=64)]
    decision: Decision
    text: Annotated[str | None, Field(max_length=LONGEST_TEXT)] = None
    """In which words it goes out; its own unless given."""
    owner: Annotated[str | None, Field(max_length=LONGEST_LINE)] = None
    due: Annotated[str | None, Field(max_length=LONGEST_LINE)] = None
    who: Annotated[str, Field(max_length=LONGEST_WORD)] = ""
    """Who decides, as the caller says."""


def approvals_router(store: Store, approvals: Approvals) -> APIRouter:
    """``/api/streams/{id}/approvals``."""
    router = APIRouter()

    @router.get("/api/streams/{stream_id}/approvals")
    async def look(stream_id: StreamId) -> ApprovalsOut:
        """What waits, and what was decided."""
        await stream_named(store, stream_id)
        standing = await approvals.of(stream_id)
        return ApprovalsOut(
            waiting=[WaitingOut.of(each) for each in standing.waiting],
            decided=[DecidedOut.of(each) for each in standing.decided],
        )

    @router.post("/api/streams/{stream_id}/approvals", response_model=None)
    async def decide(stream_id: StreamId, wish: DecisionIn) -> DecidedOut | JSONResponse:
        """Decide; 409 with what there is now where somebody was first, or it reads differently."""
        await stream_named(store, stream_id)
        who = storable(wish.who).strip() or _NOBODY
        try:
            verdict = await approvals.decide(stream_id, _wish(wish), who)
        except DecisionRefused as refused:
            standing = await approvals.of(stream_id)
            now = standing.waits(wish.route, wish.item)
            told = {"detail": str(refused), "now": WaitingOut.of(now).model_dump() if now else None}
            unread = isinstance(refused, WordingRefused)
            return JSONResponse(
                told, status.HTTP_422_UNPROCESSABLE_CONTENT if unread else status.HTTP_409_CONFLICT
            )
        standing = await approvals.of(stream_id)
        return next(DecidedOut.of(each) for each in standing.decided if each.verdict.n == verdict.n)

    return router


def _wish(given: DecisionIn) -> Wish:
    return Wish(
        route=storable(given.route),
        item=storable(given.item),
        digest=storable(given.digest),
        decision=given.decision,
        text=given.text,
        owner=given.owner,
        due=given.due,
    )


def _worded(item: Item) -> dict[str, Any]:
    names = ("route", "digest", "kind", "text", "owner", "due", "answer")
    return {name: getattr(item, name) for name in names} | {"item": item.id, "beside": list(item.beside)}
