from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from bridge.panel.ticket import COOKIE, TICKET_SECONDS, cookie, new_ticket, read_ticket

SECRET, NOW = "the client secret", 1_764_000_000.5


@pytest.mark.parametrize(
    "meeting_uuid", ["/abc//DEF==", "4XxPKb1bTzOj9+Ab2cdEw==", "x" * 255, "\U0001f600" * 255]
)
def test_a_ticket(meeting_uuid: str) -> None:
    """It opens one meeting for ten minutes, whatever its id is made of, and not an instant longer."""
    made = new_ticket(meeting_uuid, SECRET, NOW)
    found = read_ticket(made, SECRET, NOW)
    assert found is not None
    assert found.meeting_uuid == meeting_uuid
    assert TICKET_SECONDS - 1 <= found.seconds <= TICKET_SECONDS
    assert read_ticket(made, SECRET, NOW + TICKET_SECONDS - 1) is not None
    assert read_ticket(made, SECRET, NOW + TICKET_SECONDS) is None
    assert meeting_uuid not in repr(found)


def test_a_forged_ticket() -> None:
    """Nobody makes one without the secret, for another meeting, another person or a longer time."""
    until, meeting, person, digest = new_ticket("mine", SECRET, NOW, user_id="Dana").split(".")
    _, other, somebody, _ = new_ticket("yours", SECRET, NOW, user_id="Omar").split(".")
    found = read_ticket(f"{until}.{meeting}.{person}.{digest}", SECRET, NOW)
    assert found is not None
    assert (found.user_id, "Dana" in repr(found)) == ("Dana", False)
    for forged in (
        f"{until}.{other}.{person}.{digest}",
        f"{until}.{meeting}.{somebody}.{digest}",
        f"{until}.{meeting}..{digest}",
        f"{int(until) + 1}.{meeting}.{person}.{digest}",
        f"0{until}.{meeting}.{person}.{digest}",
        f"{until}.{meeting}.{person}.{'0' * 64}",
        f"{until}.{meeting}.{person}.{digest}\n",
        f"{until}.{meeting}.{person}",
        "",
        "x" * 100_000,
        new_ticket("mine", "another secret", NOW),
        new_ticket("mine", SECRET, NOW + TICKET_SECONDS),
    ):
        assert read_ticket(forged, SECRET, NOW) is None, forged[:80]


def test_its_cookie() -> None:
    """Scripts cannot read it, it goes over HTTPS alone, and into no frame but those of the client that got it."""
    found = SimpleCookie(cookie(new_ticket("m", SECRET, NOW)).replace("; Partitioned", ""))[COOKIE]
    assert (found["httponly"], found["secure"], found["samesite"], found["path"], found["domain"]) == (
        True,
        True,
        "None",
        "/",
        "",
    )
    assert COOKIE.startswith("__Host-")
    assert int(found["max-age"]) == TICKET_SECONDS
    assert cookie("t").endswith("; Partitioned")
