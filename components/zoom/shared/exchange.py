"""An answer of a certain form from a model, sent back once to be mended, and what a meeting has cost so far."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from components.zoom.shared.message_table import Rows
from components.zoom.shared.thoughts import without_thoughts

TOKENS: Final = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
"""Each token of a prompt counts under one of these: not cached, read from a cache, written to it; or was answered."""
CHARACTERS_PER_TOKEN: Final = 4
"""Of English text."""
DENSE: Final = "\u0590"
"""The first character of the scripts whose tokens are of about one character: from Hebrew and Arabic on."""
TIGHT_SHARE: Final = 0.5
"""Share of the budget from which a meeting is asked about less often."""
SUMMARY_TOKENS: Final = 3000
"""Output tokens that are kept back, beside the reserved prompt, for the final summary."""
MOST_FAULTS_TOLD: Final = 10
MOST_BEGINS: Final = 100
"""Braces of an answer at which its object is looked for."""
SDK_LOGS: Final = ("anthropic._base_client", "openai._base_client")


def tokens_in(text: str) -> int:
    """Reckon how many tokens a text has: of scripts other than the Latin, Greek and Cyrillic one for each character.

    For what a request may need, or have cost where nobody answered.
    """
    dense = sum(character >= DENSE for character in text)
    return dense + (len(text) - dense) // CHARACTERS_PER_TOKEN


def object_in(text: str) -> dict[str, Any] | None:
    """Read the JSON object in an answer, also one that is fenced or has prose around it; else ``None``."""
    with contextlib.suppress(ValueError, RecursionError, TypeError):  # may quote what ends a thought
        whole = json.loads(text)
        return whole if isinstance(whole, dict) else None if not isinstance(whole, list) else only(whole)
    text, decoder = without_thoughts(text), json.JSONDecoder()
    begins = [match.start() for match in re.finditer(r"\{", text)]
    for at in begins[:MOST_BEGINS]:
        with contextlib.suppress(ValueError, RecursionError):
            found = decoder.raw_decode(text, at)[0]
            return found if isinstance(found, dict) else None
    return None


def only(listed: list[Any]) -> dict[str, Any] | None:
    """The object of a list that has nothing else."""
    return listed[0] if len(listed) == 1 and isinstance(listed[0], dict) else None


@dataclass(frozen=True)
class Checks:
    """What an answer must be. One that is well formed and too long is sent back once, and then taken as it is."""

    form: Callable[[dict[str, Any]], list[str]]
    length: Callable[[dict[str, Any]], list[str]]
    """Asked only of what is well formed."""

    def __call__(self, answer: dict[str, Any]) -> list[str]:
        """Say what is wrong with an answer, without quoting it."""
        return self.form(answer) or self.length(answer)


async def in_form(
    send: Callable[[list[tuple[str, str]]], Awaitable[str]],
    faults: Callable[[dict[str, Any]], list[str]],
    again: str = "with JSON only",
) -> tuple[dict[str, Any] | None, list[str]]:
    """Ask, and where the answer is of another form, tell what is wrong with it and ask once more.

    Args:
        send: Makes the request, with what was answered before and told of it as pairs of role and text, and gives
            the text that comes back.
        faults: Tells what is wrong with an answer. The words reach people: fields are named, never their content.
            Where it has a ``form``, as :class:`Checks` has, that alone counts the second time.
        again: How to answer the second time.

    Returns:
        The answer, or ``None`` and what is wrong with the second one too.
    """
    said: list[tuple[str, str]] = []
    found: list[str] = []
    for _ in range(2):
        text = await send(said)
        answer = object_in(text)
        faults = getattr(faults, "form", faults) if said else faults
        found = ["the answer must be one JSON object"] if answer is None else faults(answer)
        if answer is not None and not found:
            return answer, []
        told = "; ".join(found[:MOST_FAULTS_TOLD])
        said = [
            *said,
            ("assistant", text.strip() or "(nothing)"),
            ("user", f"That cannot be used: {told}. Answer again, {again}."),
        ]
    return None, found


@contextlib.contextmanager
def unlogged() -> Iterator[None]:
    """Keep requests out of the debug logs of the clients that write them there whole."""

    def tells_no_request(record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG

    for name in SDK_LOGS:
        logging.getLogger(name).addFilter(tells_no_request)
    try:
        yield
    finally:
        for name in SDK_LOGS:
            logging.getLogger(name).removeFilter(tells_no_request)


def level_of(spent: float, budget: float, reserve: float) -> str:
    """Say how a meeting stands; all amounts in one unit, no budget being 0.

    Returns:
        ``ample``; ``tight`` from half of the budget; ``spent`` once the rest does not pay for ``reserve`` any more.
    """
    if budget <= 0:
        return "ample"
    if spent + reserve >= budget:
        return "spent"
    return "tight" if spent >= budget * TIGHT_SHARE else "ample"


@dataclass(frozen=True)
class Spending:
    """What one meeting has cost in one flow, a row for each answer, whether it was of use or not."""

    session_id: str
    """The meeting's."""
    topic: str
    """Who is paid, such as ``zoom-claude``."""

    async def add(self, window_id: str, **amounts: float) -> None:
        """Note down what an answer has cost, by unit; done to its end, also where the run is cancelled meanwhile."""
        await Rows(self.session_id, self.topic).add(window_id, amounts)

    async def so_far(self, unit: str) -> float:
        """Add up what was spent of a unit."""
        rows = await Rows(self.session_id, self.topic).all()
        return float(sum(row.content.get(unit) or 0 for row in rows))
