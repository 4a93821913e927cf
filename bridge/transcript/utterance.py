"""What was said becomes utterances: named speakers, positions, and no duplicates. Pure.

Zoom numbers nothing: after a reconnection the same words can come twice, and are known only by
speaker, times and text. So that is how a duplicate is told.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from bridge.domain import Utterance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.rtms.media import Said

UNKNOWN_SPEAKER: Final = "Unknown speaker"
"""Shown where the wire names nobody. A name is never guessed."""
REMEMBERED: Final = 512
"""How many utterances back a duplicate is recognised; Zoom repeats at most what a minute holds."""
MAX_TEXT_CHARS: Final = 20_000
"""A longer text is cut here: no person says that much in one utterance."""

_Key = tuple[str, int, int, str]


class Transcript:
    """The utterances of one stream, numbered in order of arrival."""

    def __init__(self, stream_id: str, earlier: Iterable[Utterance] = ()) -> None:
        """``earlier`` are the stream's stored utterances, in order; numbering goes on behind them."""
        self._stream_id = stream_id
        self._names: dict[str, str] = {}
        self._recent: OrderedDict[_Key, None] = OrderedDict()
        self._count = 0
        for utterance in earlier:
            self._count = utterance.n
            self._remember((utterance.user_id, utterance.start_ms, utterance.end_ms, utterance.text))
            if utterance.speaker != UNKNOWN_SPEAKER:
                self.met(utterance.user_id, utterance.speaker)

    def met(self, user_id: str, name: str) -> None:
        """Learn a participant's name, from the roster or from something they said."""
        name = clean(name).strip()
        if user_id and name:
            self._names[user_id] = name

    def participants(self) -> list[tuple[str, str]]:
        """Everybody met so far: user id and name, in order of appearance."""
        return list(self._names.items())

    def add(self, said: Said, now_ms: int) -> Utterance | None:
        """The utterance for what was said; ``None`` for a duplicate or for no words at all.

        ``now_ms`` (UTC milliseconds) stands in for times that the wire does not tell.
        """
        text = " ".join(clean(said.text[:MAX_TEXT_CHARS]).split())
        if not text:
            return None
        self.met(said.user_id, said.speaker)
        told = said.start_ms or said.timestamp_ms
        start_ms = told or now_ms
        end_ms = max(said.end_ms, start_ms)
        key = (said.user_id, start_ms, end_ms, text)
        if told and key in self._recent:
            return None
        self._remember(key)
        self._count += 1
        return Utterance(
            stream_id=self._stream_id,
            n=self._count,
            speaker=self._names.get(said.user_id, UNKNOWN_SPEAKER),
            user_id=said.user_id,
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            language=said.language,
            source=said.source,
        )

    def _remember(self, key: _Key) -> None:
        self._recent[key] = None
        if len(self._recent) > REMEMBERED:
            self._recent.popitem(last=False)


def clean(text: str) -> str:
    """Text that every database and every JSON reader takes: no NUL, no lone surrogates."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
