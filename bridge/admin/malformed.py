"""What is told of a request that cannot be read: which part of it, and what is wrong there; never what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi.responses import JSONResponse
from starlette import status

from bridge.text import one_line

if TYPE_CHECKING:
    from fastapi.exceptions import RequestValidationError
    from starlette.requests import Request

MOST_FAULTS: Final = 10
_LONGEST_NAME: Final = 64
_LONGEST_FAULT: Final = 300


async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
    """422 with the first faults: ``type``, ``loc`` (where it is) and ``msg``.

    What was sent is not told back, as FastAPI's own answer does: half an emoji or NaN in it would break that answer,
    and megabytes would come back twice as long.
    """
    told = [
        {
            "type": each["type"],
            "loc": [_named(part) for part in each["loc"]],
            "msg": one_line(each["msg"], _LONGEST_FAULT),
        }
        for each in error.errors()[:MOST_FAULTS]
    ]
    return JSONResponse({"detail": told}, status.HTTP_422_UNPROCESSABLE_CONTENT)


def _named(part: Any) -> str | int:
    """A place in what was sent; a key that nobody knows is the caller's own text."""
    return part if isinstance(part, int) else one_line(str(part), _LONGEST_NAME)
