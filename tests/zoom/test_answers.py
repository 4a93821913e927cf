from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ZoomApiBusy, ZoomApiFailed, ZoomApiRefused
from bridge.zoom.answers import fault, token_fault

NOW = 1_763_769_600.0
"""2025-11-22T00:00:00Z."""
NO_HEADERS: dict[str, str] = {}


def refusal(status: int, body: object, **changes: object) -> ZoomApiRefused:
    error = fault(status=status, headers=NO_HEADERS, body=body, now=NOW, **changes)  # type: ignore[arg-type]
    assert isinstance(error, ZoomApiRefused)
    return error


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 124, "is the server-to-server app activated"),
        (401, 0, "is the server-to-server app activated"),
        (400, 2308, "host or an alternative host"),
        (400, 2310, "Developer Pack"),
        (400, 3000, "not live"),
        (404, 3001, "no such meeting"),
        (404, 0, "no such meeting"),
        (404, 1001, "user id"),
        (403, 200, "may not do this"),
        (418, 99, "support"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, code: int, words: str) -> None:
    """By Zoom's number, else by the status."""
    error = refusal(status, {"code": code, "message": "whatever"})
    assert words in str(error)
    assert (error.status, error.code, error.retryable) == (status, code, False)


def test_a_missing_scope_is_named() -> None:
    """It is a 400, and its text is the only place where the scope stands."""
    message = (
        "Invalid access token, does not contain scopes:[meeting:read:meeting, meeting:read:meeting:admin]."
    )
    assert "meeting:read:meeting, meeting:read:meeting:admin to" in str(
        refusal(400, {"code": 4711, "message": message})
    )
    assert "the scope that the call asks for" in str(
        refusal(400, {"code": 4711, "message": "scopes:[Dana said]"})
    )


@pytest.mark.parametrize("body", [None, [], "text", {"code": "124"}, {"code": None}, {"message": 4}])
def test_a_body_of_another_shape(body: object) -> None:
    """Leaves the status to go by."""
    assert refusal(403, body).code == 0


def test_nobody_is_quoted() -> None:
    """Zoom's own words may name people."""
    error = refusal(404, {"code": 1001, "message": "User does not exist: dana@example.com."})
    assert "dana" not in str(error)


def test_only_a_start_waits_for_a_meeting() -> None:
    """Not live is a passing state for a start alone."""
    assert refusal(400, {"code": 3000}, live_soon=True).retryable
    assert not refusal(400, {"code": 3001}, live_soon=True).retryable


@pytest.mark.parametrize(
    ("given_id", "shown"), [("v=2.0;rid=WEB_ab", True), ("two words", False), ("x" * 300, False)]
)
def test_the_tracking_id_is_passed_on(given_id: str, shown: bool) -> None:
    """Zoom's support asks for it; anything else in its place is not repeated."""
    error = fault(status=500, headers={"x-zm-trackingid": given_id}, body=None, now=NOW)
    assert isinstance(error, ZoomApiFailed)
    assert (given_id in str(error)) is shown


def test_too_many_requests_say_until_when() -> None:
    """A day's limit ends at a time that people can read."""
    headers = httpx.Headers({"Retry-After": "2025-11-23T00:00:00Z"})
    error = fault(status=429, headers=headers, body=None, now=NOW)
    assert isinstance(error, ZoomApiBusy)
    assert error.retry_after_seconds == 86_400
    assert "until 2025-11-23T00:00:00Z" in str(error)


@given(
    st.integers(300, 599),
    st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset", "x-zm-trackingid"]), st.text()),
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["code", "message", "reason"]), inner)
        ),
    ),
)
def test_any_answer_has_a_fault(status: int, headers: dict[str, str], body: object) -> None:
    """Whatever comes is an error of ours and breaks nothing."""
    assert str(fault(status=status, headers=headers, body=body, now=NOW))
    assert str(token_fault(status=status, headers=headers, body=body, now=NOW))


@pytest.mark.parametrize(
    ("reason", "error", "words"),
    [
        ("Invalid client_id or client_secret", "invalid_client", "ZOOM_REST_CLIENT_ID"),
        ("Account does not exist", "invalid_request", "ZOOM_ACCOUNT_ID"),
        ("Account does not enabled the OAuth app type", "invalid_request", "not activated"),
        ("unsupported grant type", "unsupported_grant_type", "not of the kind"),
        ("something new", "invalid_request", "does not say why"),
    ],
)
def test_no_token_says_which_setting(reason: str, error: str, words: str) -> None:
    """The token endpoint has words where others have numbers."""
    refused = token_fault(status=400, headers=NO_HEADERS, body={"reason": reason, "error": error}, now=NOW)
    assert isinstance(refused, ZoomApiRefused)
    assert words in str(refused)
