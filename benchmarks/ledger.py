"""What came of each meeting's words, kept as sums, so that an hour of hundreds of meetings fits. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.load import positions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.rtms.messages import JsonObject

_KINDS = ("live", "final")


def digest(texts: Iterable[str]) -> str:
    """A sum over utterances in their order."""
    total = hashlib.sha256()
    for text in texts:
        total.update(_entry(text))
    return total.hexdigest()


@dataclass(slots=True)
class _Carried:
    """What the windows of one kind have carried of a stream."""

    upto: int = 0
    total: hashlib._Hash = field(default_factory=hashlib.sha256)
    in_order: bool = True
    last_window: str = ""


class Ledger:
    """Takes windows, and says of a meeting that is over whether every word was in one of each kind."""

    def __init__(self) -> None:
        self._carried: dict[tuple[str, str], _Carried] = {}
        self.windows = 0
        """That came, of both kinds."""
        self.repeated = 0
        """That came twice in a row: the same window, asked about again."""

    def take(self, window: JsonObject) -> None:
        """Add a window's words to what is known of its stream."""
        if window["kind"] not in _KINDS:
            return
        carried = self._carried.setdefault((window["stream_id"], window["kind"]), _Carried())
        if window["window_id"] == carried.last_window:
            self.repeated += 1
            return
        self.windows += 1
        carried.last_window = window["window_id"]
        for n, utterance in zip(positions(window), window["utterances"], strict=True):
            carried.in_order = carried.in_order and n == carried.upto + 1
            carried.upto = n
            carried.total.update(_entry(utterance["text"]))

    def has_final(self, stream_id: str) -> bool:
        """Whether the stream's final window came."""
        return (stream_id, "final") in self._carried

    def missed(self, stream_id: str, *, lines: int, total: str) -> str:
        """Why a stream of so many utterances is not whole; empty where every word was in one window of each kind, in order."""
        for kind in _KINDS:
            carried = self._carried.get((stream_id, kind), _Carried())
            if not carried.in_order or carried.upto != lines or carried.total.hexdigest() != total:
                return f"not every word was in exactly one {kind} window, in order"
        return ""


def _entry(text: str) -> bytes:
    return text.encode() + b"\n"
