"""What a check has found: one sentence, and the next step where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sized


class Level(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    """Works, but somebody should know."""
    FAULT = "fault"
    """Will not work until somebody does something."""


_MARKS = {Level.OK: "✓", Level.WARNING: "!", Level.FAULT: "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check looked at. It never holds a secret or what people said."""

    level: Level = Level.OK
    what: str
    advice: str = ""
    """What to do about it; empty where all is well."""

    @property
    def ok(self) -> bool:
        """Whether it works."""
        return self.level is not Level.FAULT

    def __str__(self) -> str:
        return f"{_MARKS[self.level]} {self.what}{f': {self.advice}' if self.advice else ''}"

    def as_json(self) -> dict[str, object]:
        """The same for programs."""
        return {"ok": self.ok, "level": self.level.value, "what": self.what, "advice": self.advice}


def warning(what: str, advice: str) -> Finding:
    """Something that works but should be known."""
    return Finding(level=Level.WARNING, what=what, advice=advice)


def fault(what: str, advice: str) -> Finding:
    """Something that does not work."""
    return Finding(level=Level.FAULT, what=what, advice=advice)


def at(what: str, address: str, *, of: Sized) -> str:
    """What is told, with the address where that is one ``of`` several."""
    return what if len(of) == 1 else f"{address}: {what}"


def found_at(findings: Iterable[Finding], address: str, *, of: Sized) -> list[Finding]:
    """As :func:`at`, of what was found there."""
    return [replace(each, what=at(each.what, address, of=of)) for each in findings]


def all_ok(findings: Iterable[Finding]) -> bool:
    """Whether nothing is broken."""
    return all(finding.ok for finding in findings)
