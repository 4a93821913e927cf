"""Texts that are looked for as they stand, however many they are."""

from __future__ import annotations

from collections.abc import Iterator


class Phrases:
    """Texts that are looked for, and what each of them means. More may be added at any time."""

    def __init__(self) -> None:
        self.meanings: dict[str, tuple[str, str]] = {}
        self._lengths: dict[str, set[int]] = {}

    def add(self, phrase: str, meaning: tuple[str, str] = ("", "")) -> None:
        """Look for a text as well; what was first added of it counts."""
        if phrase and phrase not in self.meanings:
            self.meanings[phrase] = meaning
            self._lengths.setdefault(phrase[0], set()).add(len(phrase))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where any of them stands in a text; some may overlap."""
        for at, letter in enumerate(text):
            for length in self._lengths.get(letter, ()):
                if text[at : at + length] in self.meanings:
                    yield at, at + length
