"""What is left in the spill file of a bridge from which others have taken over.

Its streams are theirs now, so that nothing of them may be written as it was meant. But what was said is nobody else's:
each utterance becomes an event of its own, :data:`HEARD`, which the stream's bridge takes like one of Zoom's.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import structlog

from bridge.domain import Utterance
from bridge.store.query import Op, Write
from bridge.store.rows import fields, from_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.store.query import Row, Value
    from bridge.store.spill import Spill

HEARD: Final = "bridge.heard"
"""The name of such an event."""
PIECE: Final = 1000
"""Writes that are turned at a time."""

log = structlog.get_logger(__name__)


def keep_words(spill: Spill) -> None:
    """Turn what was said into events, and drop the rest. Blocks.

    The events are in the file before what they were made of goes, so that one that dies in between says some of it
    twice, which is found out when it is taken.

    Raises:
        OSError: The file cannot be read or written.
    """
    last, heard, dropped = spill.last, 0, 0
    while spill.rows and (group := spill.peek(PIECE)) and group[0][0] <= last:
        group = [each for each in group if each[0] <= last]
        events = [_event(write.values) for _, write in group if _is_of_words(write)]
        kept = [write for _, write in group if write.table == "events"]
        spill.append([(spill.last + n, write) for n, write in enumerate([*events, *kept], 1)])
        spill.drop(group[-1][0])
        heard += len(events)
        dropped += len(group) - len(events) - len(kept)
    if heard or dropped:
        log.warning("store.taken_over", heard=heard, dropped=dropped)


def heard_in(body: str) -> Utterance:
    """The utterance of such an event, with the position that it had at the other bridge.

    Raises:
        ValueError: It is none.
    """
    row = json.loads(body)
    if not isinstance(row, dict):
        raise ValueError("it is no utterance")
    try:
        return from_row(Utterance, row)
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is no utterance: {type(error).__name__}") from None


def _is_of_words(write: Write) -> bool:
    return write.op is Op.INSERT and write.table == "utterances"


def _event(row: Mapping[str, Value]) -> Write:
    body = json.dumps({name: row[name] for name in fields(Utterance)})
    event: Row = {
        "event": HEARD,
        "stream_id": row["stream_id"],
        "event_ts": row["start_ms"],
        "digest": hashlib.sha256(body.encode()).hexdigest(),
        "body": body,
        "received_ms": row["end_ms"],
        "handled": False,
        "put_aside": "",
    }
    return Write(Op.INSERT, "events", event)
