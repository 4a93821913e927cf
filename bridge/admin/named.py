"""What a caller of the private API names: a stream, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import HTTPException, Path, status

from bridge.domain import LIMITS

if TYPE_CHECKING:
    from bridge.domain import Stream
    from bridge.store.store import Store

_Found = TypeVar("_Found")

StreamId = Annotated[str, Path(max_length=LIMITS.id)]
"""Longer ones name nothing."""


async def stream_named(store: Store, stream_id: str) -> Stream:
    """The stream of an id.

    Raises:
        HTTPException: 404, there is none.
        StoreAway: The database cannot be read now.
    """
    return known(await store.stream_now(stream_id))


def known(stream: _Found | None) -> _Found:
    """What was found of a stream; raises 404 where that is nothing."""
    if stream is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no stream has this id")
    return stream
