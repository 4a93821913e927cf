"""Which of the passages that have a question's words answer it best. Pure.

A database chooses candidates in its own way; this orders them in the same way on all of them, by BM25 with the counts that
the database gives. Of passages that overlap only the best is kept.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.archive.passages import Passage

SATURATION: Final = 1.2
LENGTH: Final = 0.75
"""BM25's two constants: how soon a repeated word counts no more, and how much a long passage is held against it."""
