"""What was said becomes utterances: named speakers, positions, and no duplicates. Pure.

Zoom numbers nothing: after a reconnection the same words can come twice, and are known only by
speaker, times and text. So that is how a duplicate is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bridge.domain import LIMITS, Utterance
from bridge.text import one_line
from bridge.transcript.people import People

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.rtms.media import ChatChanged, Said

UNKNOWN_SPEAKER: Final = "Unknown speaker"
"""Shown where the wire names nobody. A name is never guessed."""
REMEMBERED: Final = 512
"""How many utterances back a duplicate is recognised; Zoom repeats at most what a minute holds."""


class Transcript:
    """The utterances of one stream, numbered in order of arrival."""

    def __init__(
        self,
        stream_id: str,
        *,
        count: int = 0,
        people: Iterable[tuple[str, str]] = (),
        recent: Iterable[Utterance] = (),
        chat: Mapping[str, int] | None = None,
    ) -> None:
        """What follows the stream's id is where an earlier process left it.

        Args:
            stream_id: The stream's.
            count: The highest position; numbering goes on behind it.
            people: User id and latest name of those who have spoken, in order of appearance.
            recent: The last :data:`REMEMBERED` utterances in order; those without text were deleted, and are not said again.
            chat: Message ids and positions of chat messages that were not deleted.
        """
        self._stream_id = stream_id
        self.people = People((user_id, name) for user_id, name in people if name != UNKNOWN_SPEAKER)
        self._recent: dict[int, None] = {}  # hashes, oldest first: the texts would weigh more than all else
        self.count = count
        """The highest position so far."""
        self._chat = dict(chat or {})
        for utterance in recent:
            if what := utterance.message_id or utterance.text:
                self._remember(_key(utterance.user_id, utterance.start_ms, utterance.end_ms, what))

    def add(self, said: Said, now_ms: int) -> Utterance | None:
        """The utterance for what was said; ``None`` for a duplicate or for no words at all.

        ``now_ms`` (UTC milliseconds) stands in for times that the wire does not tell.
        """
        text = one_line(said.text, LIMITS.text)
        if not text:
            return None
        user_id = said.user_id
        speaker = self.people.side(user_id) if said.channel else one_line(said.speaker, LIMITS.name)
        told = said.start_ms or said.timestamp_ms
        start_ms = told or now_ms
        end_ms = max(said.end_ms, start_ms)
        key = _key(user_id, start_ms, end_ms, said.message_id or text)
        if (told and key in self._recent) or (said.message_id and said.message_id in self._chat):
            return None
        self._remember(key)
        self.count += 1
        self.people.spoke(user_id, speaker)
        if said.message_id:
            self._chat[said.message_id] = self.count
        return Utterance(
            stream_id=self._stream_id,
            n=self.count,
            speaker=speaker or self.people.name(user_id) or UNKNOWN_SPEAKER,
            user_id=user_id,
            start_ms=start_ms,
            end_ms=end_ms,
            text=text,
            language=said.language,
            source=said.source,
            message_id=said.message_id,
        )

    def take(self, utterance: Utterance) -> None:
        """Go on behind an utterance that has its position already."""
        self.count = max(self.count, utterance.n)
        self.people.spoke(
            utterance.user_id, "" if utterance.speaker == UNKNOWN_SPEAKER else utterance.speaker
        )

    def amend(self, change: ChatChanged) -> tuple[int, str] | None:
        """Position and new text of an edited chat message, the text empty where it was deleted.

        ``None`` for a message that was never heard of, or was deleted before.
        """
        message_id, text = change.message_id, one_line(change.text, LIMITS.text)
        n = self._chat.get(message_id) if text else self._chat.pop(message_id, None)
        return None if n is None else (n, text)

    def _remember(self, key: int) -> None:
        self._recent[key] = None
        if len(self._recent) > REMEMBERED:
            del self._recent[next(iter(self._recent))]


def _key(user_id: str, start_ms: int, end_ms: int, what: str) -> int:
    """What tells an utterance from others; one in 2**55 is mistaken for another that is remembered.

    ``what`` is the id of a chat message that has one, as its text may be another by now, or gone; else the text.
    """
    return hash((user_id, start_ms, end_ms, what))
