"""What is told of a request that the store cannot answer now: that it cannot, and why; never where in our code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import JSONResponse
from starlette import status

if TYPE_CHECKING:
    from starlette.requests import Request

    from bridge.errors import StoreError


async def away(_: Request, error: StoreError) -> JSONResponse:
    """503 with the reason: the same request is answered once the database is back."""
    return JSONResponse({"detail": f"the store is away: {error}"}, status.HTTP_503_SERVICE_UNAVAILABLE)
