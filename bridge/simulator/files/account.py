"""Whether every letter of a file is accounted for: words, structure, or left out by name. Pure."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.simulator.files.rows import Parsed


def unaccounted(content: str, parsed: Parsed, *, entities: bool) -> int:
    """How many letters and digits of the file are missing in what was read of it, or are in it too often; 0 is right.

    ``entities`` says that ``&amp;`` stands for an ampersand in the file; in rows they are written out already.
    """
    written_out = html.unescape if entities else str
    rest = [written_out(text) for text in (*parsed.marks, *(each.text for each in parsed.left_out))]
    found = _letters([*(row.text for row in parsed.rows), *rest])
    wanted = _letters([written_out(content)])
    return ((wanted - found) + (found - wanted)).total()


def _letters(texts: Iterable[str]) -> Counter[str]:
    return Counter(char for text in texts for char in text if char.isalnum())
