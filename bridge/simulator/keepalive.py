"""Zoom's keep-alive on one socket: asks, and gives up after three questions without an answer. Pure.

Sources: developers.zoom.us "RTMS failover and reconnection" (10 seconds, three unanswered) and what
Zoom's own client, rtms 1.1.0, was seen to need: ``sequence`` beside ``timestamp``, both echoed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.rtms.messages import JsonObject, MessageType

UNANSWERED_LIMIT = 3


@dataclass(slots=True)
class KeepAlive:
    """Questions asked on one socket, and what became of them. Times are UTC milliseconds."""

    sent: int = 0
    answered: int = 0
    answer_ms: list[int] = field(default_factory=list)
    """How long each answer took, in order of arrival."""
    exhausted: bool = False
    """Whether it was given up."""
    bare: int = 0
    """How many of the next questions leave out the timestamp, which only a fault makes them do."""
    _open: dict[int, tuple[int, int | None]] = field(default_factory=dict)
    """When each unanswered question was asked and which timestamp it had, by sequence."""

    def ask(self, now_ms: int) -> JsonObject | None:
        """The next message 12, or ``None`` when the last three were not answered."""
        if len(self._open) >= UNANSWERED_LIMIT:
            self.exhausted = True
            return None
        self.sent += 1
        question = {"msg_type": MessageType.KEEP_ALIVE_REQ, "sequence": self.sent, "timestamp": now_ms}
        if self.bare:
            self.bare -= 1
            del question["timestamp"]
        self._open[self.sent] = now_ms, question.get("timestamp")
        return question

    def answer(self, message: JsonObject, now_ms: int) -> str | None:
        """Take a message 13; what is wrong with it, or ``None``.

        An answer settles the questions before its own too: the peer is alive.
        """
        sequence, timestamp = message.get("sequence"), message.get("timestamp")
        if type(sequence) is not int or sequence not in self._open:
            return "keep-alive answer does not echo the sequence of an open request"
        asked_ms, expected = self._open[sequence]
        if timestamp != expected:
            return "keep-alive answer does not echo the timestamp"
        self.answered += 1
        self.answer_ms.append(now_ms - asked_ms)
        self._open = {other: asked for other, asked in self._open.items() if other > sequence}
        return None
