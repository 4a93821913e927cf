"""``/api/streams/{id}/recordings``: files of sound and pictures, as far as this bridge has them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path, status
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from bridge.admin.download import download
from bridge.admin.named import StreamId, stream_named
from bridge.domain import LIMITS, MediaKind
from bridge.recording.naming import bridge_of
from bridge.text import is_plain

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Sequence

    from bridge.store.store import Store


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


def recordings_router(store: Store, data_dir: pathlib.Path) -> APIRouter:
    """The routes; who may ask is decided by the router that they become a part of."""
    router = APIRouter()

    @router.get("/api/streams/{stream_id}/recordings", response_model=list[RecordingOut])
    async def recordings(stream_id: StreamId) -> Sequence[RecordingOut]:
        await stream_named(store, stream_id)
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

    return router
