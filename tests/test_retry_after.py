from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.retry_after import retry_after_seconds

NOW = 1_763_769_600.0
"""2025-11-22T00:00:00Z."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": " 0.5 "}, 0.5),
        ({"Retry-After": "2025-11-23T00:00:00Z"}, 86_400),
        ({"Retry-After": "Sat, 22 Nov 2025 00:00:30 GMT"}, 30),
        ({"Retry-After": "2025-11-21T00:00:00Z"}, 0),
        ({"X-RateLimit-Reset": "1763769602"}, 2),
        ({"Retry-After": "3", "X-RateLimit-Reset": "1763769602"}, 3),
        ({"Retry-After": "soon", "X-RateLimit-Reset": "1763769602"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1.2.3"}, None),
        ({"Retry-After": "2025-11-22T02:00:00+01:00"}, 3_600),
        ({"Retry-After": "2025-11-22T00:01:00"}, 60),
        ({"X-RateLimit-Reset": ""}, None),
        ({"Retry-After": "1e400"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({}, None),
    ],
)
def test_forms(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds, an HTTP date, an ISO instant, a reset time; what is none of these counts as not said."""
    assert retry_after_seconds(httpx.Headers(headers), NOW) == seconds


@given(st.text(max_size=40))
def test_anything(value: str) -> None:
    """No header breaks anything or asks for a time before now."""
    found = retry_after_seconds({"retry-after": value}, NOW)
    assert found is None or found >= 0
