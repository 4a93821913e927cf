"""The kinds of insight as people choose them: words in the editor, ids in flows of 0.2 and in what components pass on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from components.zoom.shared.languages import labels_in

WORDS: Final = {kind: many for kind, (_, many) in labels_in("en").kinds.items()} | {"note": "Notes"}
"""How each kind is offered, by its id; a note is a line of a model that says no kind."""
KIND_OF: Final = {spelling.casefold(): kind for kind, words in WORDS.items() for spelling in (kind, words)}


def in_words(kinds: Iterable[str]) -> list[str]:
    """Name kinds as people choose them."""
    return [WORDS[kind] for kind in kinds]


def choice_of(kinds: Iterable[str]) -> dict[str, Any]:
    """What an input that offers these kinds is made with; with the ids ``zoom-bridge flows push`` reads old flows."""
    ids = list(kinds)
    return {"options": in_words(ids), "options_metadata": [{"id": kind} for kind in ids]}


def kinds_in(chosen: Iterable[str] | None, usual: Iterable[str]) -> list[str]:
    """Read what was chosen, in words or as ids; ``usual`` where nothing was.

    Raises:
        ValueError: There is no such kind.
    """
    names = [name.strip() for name in chosen or ()]
    if unknown := [name for name in names if name.casefold() not in KIND_OF]:
        msg = f"Kinds takes {', '.join(WORDS.values())}; {unknown[0]} is none of them."
        raise ValueError(msg)
    return [KIND_OF[name.casefold()] for name in names] or list(usual)
