"""A tape as what is played."""

from __future__ import annotations

from bridge.domain import HappeningKind, Source
from bridge.rtms.messages import StopReason
from bridge.rtms.status import stop_words
from bridge.simulator.meeting import Meeting, Visit
from bridge.simulator.tape import LAST_MS, played
from bridge.tape.tape import Head, Lost, Moment, Pause, Person, Said, Tape, Webhook


def tape(*moments: Moment, end_reason: str = "") -> Tape:
    return Tape(head=Head(words="kept", topic="Weekly", end_reason=end_reason), moments=moments)


def faults(*moments: Moment, end_reason: str = "") -> list[dict[str, object]]:
    _, script = played(tape(*moments, end_reason=end_reason))
    return [
        each.model_dump(exclude_defaults=True, exclude={"kind"}) | {"kind": each.kind}
        for each in script.fault
    ]


def test_a_gap_is_an_outage() -> None:
    """Of the same length, told where Zoom told; one at the end that was never over lasts."""
    end = Webhook(at_ms=60_000, event="meeting.rtms_stopped")
    first, last, over = faults(
        Lost(at_ms=1000, until_ms=4500, reason="reconnect"),
        Webhook(at_ms=1200, event="meeting.rtms_interrupted"),
        Lost(at_ms=50_000, until_ms=60_010, reason="lost"),
        end,
    )
    assert first == {"kind": "outage", "at_seconds": 1.0, "seconds": 3.5}
    assert last == {"kind": "outage", "at_seconds": 50.0, "seconds": 86_400.0, "told": False}
    assert (over["kind"], over["at_seconds"]) == ("end", 60.0)


def test_a_newer_start_is_a_failover() -> None:
    """Not before the gap that it ended, and not the first of all."""
    found = faults(
        Webhook(at_ms=-900, event="meeting.rtms_started"),
        Webhook(at_ms=1990, event="meeting.rtms_started"),
        Lost(at_ms=2000, until_ms=3000, reason="reconnect"),
    )
    assert [each for each in found if each["kind"] == "failover"] == [{"kind": "failover", "at_seconds": 2.0}]


def test_a_pause_that_was_not_over() -> None:
    """It lasts to the end."""
    paused, whole, _ = faults(
        Pause(at_ms=0, kind="paused"), Pause(at_ms=700, kind="resumed"), Pause(at_ms=900, kind="paused")
    )
    assert paused == {"kind": "pause", "at_seconds": 0.0, "seconds": 0.7}
    assert whole["seconds"] == 86_400.0


def test_the_end_is_of_the_same_reason() -> None:
    """As far as Zoom's reasons go; where nothing tells the end, it is a moment behind the last that happened."""
    reason = StopReason.HOST_TRIGGERED
    [over] = faults(end_reason=stop_words(reason))
    assert over == {"kind": "end", "at_seconds": LAST_MS / 1000}
    [other] = faults(end_reason="the operator asked for it")
    assert other["reason"] == StopReason.MEETING_ENDED


def test_lines_and_people() -> None:
    """Ids are numbers where they can be, a message that was deleted is said and taken back, who goes is one who was there."""
    meeting, _ = played(
        tape(
            Person(at_ms=0, kind="present", user_id="7", name="Dana"),
            Said(
                at_ms=-3, kind="speech", start_ms=-900, end_ms=-3, user_id="channel-x", speaker="", text="Hi."
            ),
            Said(
                at_ms=9,
                kind="chat",
                start_ms=9,
                end_ms=9,
                user_id="7",
                speaker="Dana",
                text="",
                message="message-1",
            ),
        )
    )
    first, second = meeting.lines
    assert (first.at_ms, first.user_id, first.start_ms) == (0, "channel-x", -900)
    assert (second.source, second.deleted, second.user_id, second.message_id) == (
        Source.CHAT,
        True,
        7,
        "message-1",
    )
    assert second.text
    assert meeting.visits == (Visit(at_ms=0, kind=HappeningKind.PRESENT, user_id=7, name="Dana"),)
    assert meeting.title == "Weekly"


def test_the_roster_of_a_time() -> None:
    """Who asks in the middle is told who is there by then, under the name of then."""
    kinds = HappeningKind
    meeting = Meeting(
        title="t",
        lines=(),
        visits=(
            Visit(at_ms=0, kind=kinds.PRESENT, user_id=1, name="Dana"),
            Visit(at_ms=0, kind=kinds.PRESENT, user_id=2, name="Eli"),
            Visit(at_ms=5000, kind=kinds.LEFT, user_id=2, name="Eli"),
            Visit(at_ms=6000, kind=kinds.JOINED, user_id=3, name="Noor"),
        ),
    )
    assert [list(meeting.roster(at)) for at in (0, 5100, 7000)] == [[1, 2], [1], [1, 3]]
