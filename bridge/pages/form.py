"""What a browser sends of a form: few short fields, never more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, status

from bridge.text import storable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 100


async def read_form(request: Request) -> Mapping[str, str]:
    """The fields of a form, the last of each name.

    Raises:
        HTTPException: 413 where it is too large, 422 where it is no form.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(status.HTTP_413_CONTENT_TOO_LARGE, "The form is too large.")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT, "The form cannot be read.") from None
    return {storable(name): storable(value) for name, value in fields}
