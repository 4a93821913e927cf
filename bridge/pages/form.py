"""What a browser sends of a form: few short fields, never more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, status
from starlette.requests import ClientDisconnect

from bridge.body import read_body
from bridge.text import storable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 100
_HANG_UP: Final = {"connection": "close"}
"""Without it the server would read the rest of a body for as long as it comes."""


async def read_form(request: Request, most_bytes: int = MOST_BYTES) -> Mapping[str, str]:
    """The fields of a form, the last of each name.

    Raises:
        HTTPException: 400 where nobody is there any more, 408 where it does not come, 413 where it is too large, 422 where it is no form.
    """
    try:
        body = await read_body(request, most_bytes)
    except ClientDisconnect:
        raise HTTPException(status.HTTP_400_BAD_REQUEST, "The form did not come whole.") from None
    except TimeoutError:
        raise HTTPException(
            status.HTTP_408_REQUEST_TIMEOUT, "The form did not come in time.", _HANG_UP
        ) from None
    if body is None:
        raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, "The form is too large.", _HANG_UP)
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "The form cannot be read.") from None
    return {storable(name): storable(value) for name, value in fields}
