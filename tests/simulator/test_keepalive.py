from __future__ import annotations

import pytest

from bridge.rtms.messages import JsonObject, MessageType
from bridge.simulator.keepalive import KeepAlive


def asked(keep_alive: KeepAlive, now_ms: int) -> JsonObject:
    question = keep_alive.ask(now_ms)
    assert question is not None
    return question


def test_questions_have_a_growing_sequence_and_the_time() -> None:
    """Zoom's own client answers nothing without both."""
    keep_alive = KeepAlive()
    assert [asked(keep_alive, now) for now in (5, 6)] == [
        {"msg_type": MessageType.KEEP_ALIVE_REQ, "sequence": 1, "timestamp": 5},
        {"msg_type": MessageType.KEEP_ALIVE_REQ, "sequence": 2, "timestamp": 6},
    ]


def test_an_answer_settles_its_question_and_those_before() -> None:
    """The time it took is kept; whoever answers once in three times lives on."""
    keep_alive = KeepAlive()
    for now in range(0, 90, 30):
        asked(keep_alive, now)
        asked(keep_alive, now + 10)
        last = asked(keep_alive, now + 20)
        assert keep_alive.answer(last, now + 27) is None
    assert keep_alive.answer_ms == [7, 7, 7]
    assert (keep_alive.sent, keep_alive.answered, keep_alive.exhausted) == (9, 3, False)


def test_after_three_silences_nothing_more_is_asked() -> None:
    """The fourth question is the end."""
    keep_alive = KeepAlive()
    for now in range(3):
        asked(keep_alive, now)
    assert not keep_alive.exhausted
    assert keep_alive.ask(3) is None
    assert keep_alive.exhausted
    assert keep_alive.sent == 3


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"sequence": 2}, "sequence"),
        ({"sequence": None}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": [1]}, "sequence"),
        ({"timestamp": 6}, "timestamp"),
        ({"timestamp": None}, "timestamp"),
    ],
)
def test_a_wrong_echo_is_no_answer(change: JsonObject, fault: str) -> None:
    """Both fields must come back as they were sent."""
    keep_alive = KeepAlive()
    question = asked(keep_alive, 5)
    assert fault in (keep_alive.answer(question | change, 6) or "")
    assert keep_alive.answered == 0
    assert keep_alive.answer(question, 7) is None
    assert "sequence" in (keep_alive.answer(question, 8) or "")
