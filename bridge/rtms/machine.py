"""What every socket's conversation has in common: a state, a table of steps, texts to send and a deadline. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

_State = TypeVar("_State", bound=StrEnum)
_Step = TypeVar("_Step", bound=StrEnum)
_Told = TypeVar("_Told")


class Machine(Generic[_State, _Step, _Told]):
    """A conversation on one socket. Times are the caller's monotonic clock, in seconds.

    A step that :attr:`transitions` does not list for the state does nothing, so a peer cannot talk us into
    a state that does not exist.
    """

    transitions: ClassVar[Mapping[Any, Mapping[Any, Any]]]
    """All states, and what moves between them."""
    deadline: ClassVar[StrEnum]
    """The step of a deadline that has passed."""

    def __init__(self, state: _State, deadline: float) -> None:
        self.state = state
        self._outgoing: list[str] = []
        self._deadline = deadline

    def texts_to_send(self) -> list[str]:
        """Drain what has to go out, in order."""
        if not self._outgoing:
            return self._outgoing
        texts, self._outgoing = self._outgoing, []
        return texts

    def next_deadline(self) -> float:
        """When :meth:`tick` must be called at the latest; never (infinity) once the conversation is over."""
        return self._deadline if self.deadline in self.transitions[self.state] else float("inf")

    def tick(self, now: float) -> list[_Told]:
        """Tell the time; a passed deadline makes the conversation fail."""
        if now < self._deadline:
            return []
        told = self._overdue()
        return [told] if self._step(self.deadline) else []

    def _overdue(self) -> _Told:
        """What a passed deadline means in the state as it is."""
        raise NotImplementedError

    def _step(self, step: StrEnum) -> bool:
        target = self.transitions[self.state].get(step)
        if target is None:
            return False
        self.state = target
        return True
