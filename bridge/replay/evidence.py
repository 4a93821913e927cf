"""What an answer rests on, looked up by the names that Zoom Meeting Answer gives it in a note's ``evidence``. Pure.

``u-000012`` is an utterance of the meeting; ``e1-u-000012`` one of the first of the earlier meetings that the window brought,
``e2-i3`` the third finding of the second. What is no such name, or names nothing, is passed over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from bridge.domain import Evidence, utterance_position

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.domain import Earlier, Stream, Utterance

MOST: Final = 50
"""Things that an answer may rest on."""
_EARLIER: Final = re.compile(r"e([1-9][0-9]{0,2})-(?:i([1-9][0-9]{0,5})|(u-[0-9]{6,9}))")


def evidence_of(
    news: str, stream: Stream, said: Sequence[Utterance], earlier: Sequence[Earlier]
) -> tuple[Evidence, ...]:
    """What the notes of a run's news name, each once, in their order.

    Args:
        news: As :mod:`bridge.flow.news` keeps it; may be empty.
        stream: That was asked about.
        said: All that was said in it.
        earlier: What the window told of earlier meetings, in its order.
    """
    own = {each.n: each for each in said}
    found: dict[str, Evidence] = {}
    for name in _names(news):
        one = _earlier(name, earlier) if name.startswith("e") else _said(stream, own, name)
        if one is not None and len(found) < MOST:
            found.setdefault(name, one)
    return tuple(found.values())


def _names(news: str) -> Iterator[str]:
    value: Any = json.loads(news) if news else {}
    notes = value.get("notes")
    for note in notes if isinstance(notes, list) else ():
        names = note.get("evidence") if isinstance(note, dict) else None
        yield from (name for name in (names if isinstance(names, list) else ()) if isinstance(name, str))


def _said(stream: Stream, said: dict[int, Utterance], name: str) -> Evidence | None:
    one = said.get(utterance_position(name))
    if one is None:
        return None
    return Evidence(stream=stream, n=one.n, at_ms=one.start_ms, speaker=one.speaker, text=one.text)


def _earlier(name: str, earlier: Sequence[Earlier]) -> Evidence | None:
    named = _EARLIER.fullmatch(name)
    if named is None or int(named[1]) > len(earlier):
        return None
    meeting = earlier[int(named[1]) - 1]
    if named[3]:
        said = {each.n: each for passage in meeting.passages for each in passage}
        return _said(meeting.stream, said, named[3])
    if int(named[2]) > len(meeting.insights):
        return None
    _, text, owner, _ = meeting.insights[int(named[2]) - 1]
    return Evidence(stream=meeting.stream, n=0, at_ms=0, speaker=owner, text=text)
