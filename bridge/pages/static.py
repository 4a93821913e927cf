"""Style sheet, scripts and pictures of the pages, read once from the package and named by a digest of all of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, HTTPException, status
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER: Final = Path(__file__).parent / "static"
FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    media_type: str


class Assets:
    """All files that pages may name; nothing else can be had."""

    def __init__(self, files: Mapping[str, Asset]) -> None:
        self._files = files
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(name.encode() + files[name].content)
        self.version = digest.hexdigest()[:12]
        """Changes with any of them, so a browser may keep them for ever."""

    @classmethod
    def read(cls, *folders: Path) -> Assets:
        """Those of the package, and what there is beside them."""
        return cls(
            {
                path.name: Asset(path.read_bytes(), _TYPES[path.suffix])
                for folder in (FOLDER, *folders)
                for path in folder.iterdir()
                if path.suffix in _TYPES
            }
        )

    def url(self, name: str) -> str:
        """Where a page finds a file; raises :class:`KeyError` for one that there is not."""
        self._files[name]
        return f"/static/{self.version}/{name}"

    def find(self, name: str) -> Asset | None:
        """A file by its name."""
        return self._files.get(name)


def assets_router(assets: Assets, headers: Mapping[str, str]) -> APIRouter:
    """The files, for everybody; ``headers`` come with each."""
    router = APIRouter()

    @router.get("/static/{version}/{name}")
    async def static(version: str, name: str) -> Response:
        found = assets.find(name)
        if found is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND)
        keep = FOR_EVER if version == assets.version else "no-store"
        return Response(
            found.content, media_type=found.media_type, headers={**headers, "cache-control": keep}
        )

    return router
