"""What models took for runs, as answers tell it: tokens and money. What is not told is not known, which is not nothing. Pure.

Two tell of it, of different models. Zoom Chat Output tells, in ``session_metadata.spent``, what those of our components took
for each window (``components/zoom/shared/spent.py``). Langflow's *Chat Output* tells, in ``properties.usage``, what
Langflow's own nodes before it took (``input_tokens``, ``output_tokens``; Langflow 1.13), and knows no prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bridge.domain import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.domain import Output

UNKNOWN: Final = Usage(-1, -1, -1)
"""As it is stored."""
MOST_TOKENS: Final = 10**12
MOST_USD: Final = 10**6
"""More than that is no number that anybody has counted."""
MOST_WINDOWS: Final = 500
_LONGEST: Final = 400


def langflows_usage(properties: object) -> Usage | None:
    """What the ``properties`` of an answer's message tell; ``None`` for nothing, or for another shape."""
    told = properties.get("usage") if isinstance(properties, dict) else None
    return _usage(told if isinstance(told, dict) else {}, cost_micros=-1)


def spent_in(given: object) -> tuple[tuple[str, Usage], ...]:
    """What an answer tells of windows, by their ids; what is odd in it is passed over."""
    found: dict[str, Usage] = {}
    for each in given[-MOST_WINDOWS:] if isinstance(given, list) else ():
        window_id = each.get("window_id") if isinstance(each, dict) else None
        if isinstance(window_id, str) and 0 < len(window_id) <= _LONGEST:
            usage = _usage(each, cost_micros=_micros(each.get("usd")))
            if usage is not None:
                found[window_id] = usage
    return tuple(found.items())


def usage_of(window_id: str, output: Output) -> Usage | None:
    """All that a window's run took, by whoever told of it."""
    own = dict(output.spent).get(window_id)
    if own is None or output.usage is None:
        return own or output.usage
    return _added(own, output.usage)


def others(window_id: str, output: Output) -> Iterator[tuple[str, Usage]]:
    """Of which other windows of its stream and route a run's answer tells, and what they took."""
    family = window_id.rpartition(":")[0]
    return (
        (name, usage)
        for name, usage in output.spent
        if name != window_id and family and name.rpartition(":")[0] == family
    )


@dataclass(frozen=True, slots=True)
class Total:
    """What several runs took."""

    usage: Usage | None
    """Of those that told; ``None`` where none did."""
    unknown: int
    """Answered runs that told nothing."""
    unpriced: int
    """Runs that told tokens and no money: the sum is of the others, or not known where there are none."""


def total(took: Iterable[Usage | None]) -> Total:
    """The sum over answered runs, ``None`` for one that told nothing; those that wait took what nobody knows."""
    told = [*took]
    known = [usage for usage in told if usage is not None]
    priced = [usage.cost_micros for usage in known if usage.cost_micros >= 0]
    usage = Usage(
        sum(each.input_tokens for each in known),
        sum(each.output_tokens for each in known),
        sum(priced) if priced else -1,
    )
    return Total(usage if known else None, len(told) - len(known), len(known) - len(priced))


def _added(one: Usage, other: Usage) -> Usage:
    unknown = min(one.cost_micros, other.cost_micros) < 0
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        -1 if unknown else one.cost_micros + other.cost_micros,
    )


def _usage(told: dict[str, Any], *, cost_micros: int) -> Usage | None:
    tokens = [told.get(name) for name in ("input_tokens", "output_tokens")]
    if not all(type(each) is int and 0 <= each <= MOST_TOKENS for each in tokens):
        return None
    return Usage(tokens[0], tokens[1], cost_micros)  # type: ignore[arg-type]  # both were looked at


def _micros(usd: object) -> int:
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not 0 <= usd <= MOST_USD:
        return -1
    return round(usd * 1_000_000)
