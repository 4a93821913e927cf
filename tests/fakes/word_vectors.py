"""Vectors in the place of an embedding model's: a text is its words, each hashed to a place."""

from __future__ import annotations

import math
import re
from zlib import crc32

DIMENSIONS = 768
"""As many as ``nomic-embed-text`` gives."""


def vector(text: str) -> list[float]:
    """A text's vector, of length one; the same on every machine and in every run."""
    counts = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        counts[crc32(word.encode()) % DIMENSIONS] += 1
    length = math.hypot(*counts)
    return [count / length if length else 0.0 for count in counts]
