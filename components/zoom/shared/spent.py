"""What models took for the windows of a meeting, as Zoom Chat Output tells whoever asked for the run."""

from __future__ import annotations

from typing import Any, Final

from components.zoom.shared.message_table import Rows

PAID: Final = ("zoom-claude", "zoom-model")
"""Topics of the rows of :class:`components.zoom.shared.exchange.Spending`."""
MOST_ROWS: Final = 200
"""Of each topic, the newest: a run that had nothing to say tells nothing, so that a later one tells what it took."""


async def spent_in(session_id: str) -> list[dict[str, Any]]:
    """Add up what the components' models took, by window; nothing where there is no session or nobody was asked.

    Each has ``window_id``, ``input_tokens`` (of prompts, cached ones included), ``output_tokens``, and ``usd``, which is
    ``None`` where the price of a model is not known.
    """
    found: dict[str, dict[str, Any]] = {}
    for topic in PAID if session_id else ():
        rows = await Rows(session_id, topic).newest(MOST_ROWS)
        cut = rows[-1].name if len(rows) == MOST_ROWS else None  # of this one, earlier rows may be missing
        for row in reversed(rows):
            told = row.content if isinstance(row.content, dict) else {}
            if row.name != cut and "input_tokens" in told:
                add(found.setdefault(row.name, nothing(row.name)), told)
    return list(found.values())


def nothing(window_id: str) -> dict[str, Any]:
    """What a window took before anything is added."""
    return {"window_id": window_id, "input_tokens": 0, "output_tokens": 0, "usd": 0.0}


def add(whole: dict[str, Any], told: dict[str, Any]) -> None:
    """Add what one answer took."""
    for name in ("input_tokens", "output_tokens"):
        whole[name] += int(told.get(name) or 0)
    known = whole["usd"] is not None and told.get("cost") is not None
    whole["usd"] = round(whole["usd"] + float(told["cost"]), 6) if known else None
