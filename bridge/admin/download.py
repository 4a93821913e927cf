"""A recording as an HTTP answer, read while it may still be growing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi.responses import StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from typing import BinaryIO

    from bridge.domain import Recording

PIECE_BYTES: Final = 256 * 1024
_TYPES: Final = {
    "wav": "audio/wav",
    "opus": "audio/ogg",
    "h264": "video/h264",
    "jpg": "image/jpeg",
    "png": "image/png",
}


async def download(data_dir: Path, recording: Recording) -> StreamingResponse | None:
    """The file as long as it is now; ``None`` where this machine has none.

    What is added meanwhile is left out, so that the length that was announced holds.
    """
    try:
        file, size = await asyncio.to_thread(_open, data_dir / recording.path)
    except FileNotFoundError:
        return None
    return StreamingResponse(
        _pieces(file, size),
        media_type=_TYPES[recording.name.rpartition(".")[2]],
        headers={
            "content-length": str(size),
            "content-disposition": f'attachment; filename="{recording.name}"',
            "x-content-type-options": "nosniff",
        },
    )


def _open(path: Path) -> tuple[BinaryIO, int]:
    file = path.open("rb")
    return file, file.seek(0, 2)


async def _pieces(file: BinaryIO, size: int) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while size > 0 and (piece := await asyncio.to_thread(file.read, min(size, PIECE_BYTES))):
            size -= len(piece)
            yield piece
