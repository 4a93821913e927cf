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
    """Nobody makes one without the secret, for another meeting or a longer time."""
    until, meeting, digest = new_ticket("mine", SECRET, NOW).split(".")
    other = new_ticket("yours", SECRET, NOW).split(".")[1]
    assert read_ticket(f"{until}.{meeting}.{digest}", SECRET, NOW) is not None
    for forged in (
        f"{until}.{other}.{digest}",
        f"{int(until) + 1}.{meeting}.{digest}",
        f"0{until}.{meeting}.{digest}",
        f"{until}.{meeting}.{'0' * 64}",
        f"{until}.{meeting}.{digest}\n",
        f"{until}.{meeting}",
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
