"""Texts of a session redacted with one key, which one run at a time may add to.

The key is a row of the message table. Two windows may come at the same time, on two routes or in two workers, and each
may name somebody new: whoever redacts claims the key first, so that no placeholder ever stands for two things.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final
from uuid import uuid4

from bridge.redaction.placeholders import Placeholders
from bridge.redaction.redactor import Redactor
from bridge.redaction.sensitive import RedactionError
from components.zoom.shared.message_table import Row, Rows, to_its_end
from components.zoom.shared.put_back import KEY, KEY_TOPIC, RUN_KEY, run_graph

CLAIM: Final = "claim"
CLAIM_SECONDS: Final = 60.0
"""After these a claim has lapsed: its run is dead."""
WAIT_SECONDS: Final = 90.0
"""How long others are waited for."""
PAUSE_SECONDS: Final = 0.1
PROBE: Final = (
    "Perhaps Wendy Thompson.\n(202) 555-0143\nThen 4111 1111 1111 1111.\nDE89 3704 0044 0532 0130 00"
)
"""A text that every part of the engine has to look at."""
WHAT: Final = {
    "names": "People's names",
    "emails": "E-mail addresses",
    "phones": "Telephone numbers",
    "cards": "Card numbers",
    "accounts": "Bank accounts",
    "addresses": "Addresses",
}
"""What can be chosen on the node, by the engine's own word for it. Own words and patterns are chosen by giving some."""


def kinds_of(chosen: list[str], words: list[str], patterns: list[str]) -> list[str]:
    """Read what was chosen, in words or as ids.

    Raises:
        RedactionError: There is no such kind.
    """
    ids = {spelling.casefold(): kind for kind, words_ in WHAT.items() for spelling in (kind, words_)}
    if unknown := [name for name in chosen if name.strip().casefold() not in ids]:
        msg = f"Zoom Redactor: Kinds takes {', '.join(WHAT.values())}; {unknown[0]} is none of them."
        raise RedactionError(msg)
    kinds = [ids[name.strip().casefold()] for name in chosen]
    return [*kinds, *(["words"] if words else []), *(["ids"] if patterns else [])]


def probe(redactor: Redactor) -> None:
    """See that all is there that redaction needs, before anybody has said anything.

    Raises:
        RedactionError: A package is missing here; says which.
    """
    Redactor(redactor.kinds).text(PROBE, Placeholders())


def listed(value: Any) -> list[str]:
    """Read an input that is a list; empty lines are none."""
    values = value if isinstance(value, list) else [value]
    return [text for each in values if (text := str(each or "").strip())]


async def with_key(
    component: Any,
    session_id: str,
    redact: Callable[[Placeholders], str],
    *,
    clock: Callable[[], float] = time.time,
) -> str:
    """Redact with the session's key, and keep what was added to it before the text goes on.

    Args:
        component: Remembers the key for its run as well, where Langflow keeps nothing.
        session_id: The meeting's.
        redact: Gives the text; called in a thread, as a long meeting is long work.
        clock: UTC seconds.

    Raises:
        RedactionError: Others do not let go of the key, or it cannot be read.
    """
    rows = Rows(session_id, KEY_TOPIC)
    async with claimed(rows, clock) as until:
        row = await rows.first(KEY)
        known = row.content if row else []
        text, key, is_changed = await asyncio.to_thread(_redacted, redact, known)
        if clock() >= until:
            msg = "Zoom Redactor: redacting this window took too long. It can be run again."
            raise RedactionError(msg)
        if is_changed:
            await (rows.change(row, key) if row else rows.add(KEY, key))
    graph = run_graph(component)
    if graph is not None:
        graph.context[RUN_KEY] = key
    return text


def _redacted(redact: Callable[[Placeholders], str], known: list[Any]) -> tuple[str, list[Any], bool]:
    """Redact with a key; gives the key as it is then and whether it is another."""
    placeholders = Placeholders.of(known)
    text = redact(placeholders)
    key = placeholders.rows()
    return text, key, key != known


@contextlib.asynccontextmanager
async def claimed(rows: Rows, clock: Callable[[], float]) -> AsyncIterator[float]:
    """Have the key for oneself; gives until when, UTC seconds.

    The table cannot refuse a row, so whoever writes a claim looks for others: where two find each other both take
    theirs back, and try again after pauses of different length.

    Raises:
        RedactionError: Others had it for too long.
    """
    me, give_up_at = uuid4().hex, clock() + WAIT_SECONDS
    while True:
        until = clock() + CLAIM_SECONDS
        claim = await rows.add(CLAIM, {"by": me, "until": until})
        try:
            if await is_alone(rows, claim, clock()):
                yield until
                return
        finally:
            await to_its_end(rows.remove(claim))
        if clock() >= give_up_at:
            msg = "Zoom Redactor: other windows of the meeting are still being redacted. This one can be run again."
            raise RedactionError(msg)
        await asyncio.sleep(PAUSE_SECONDS * (0.5 + random.random()))  # noqa: S311 - no secret


async def is_alone(rows: Rows, claim: Row, now: float) -> bool:
    """Look whether nobody else claims it; what has lapsed is taken away."""
    others = [row for row in await rows.all(CLAIM) if row.content["by"] != claim.content["by"]]
    for row in others:
        if row.content["until"] <= now:
            await rows.remove(row)
    return all(row.content["until"] <= now for row in others)
