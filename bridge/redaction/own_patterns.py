"""Words and regular expressions of one's own, bounded so that no text takes long."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from bridge.redaction.sensitive import RedactionError

MOST_PATTERNS: Final = 20
LONGEST_PATTERN: Final = 200
MOST_WORDS: Final = 1000
LONGEST_OWN_WORD: Final = 100
LONGEST_REPEAT: Final = 64
"""What ``*``, ``+`` and ``{n,}`` repeat at most: an id is no longer."""
MOST_WAYS: Final = 5000
"""Ways in which a pattern may be tried at one place of a text."""
_PATTERN_PIECE: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[^:=!<>)]*|\{\d*,?\d*\}|.", re.S)
_COUNTED: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")
_REFERENCES: Final = ("(?P=", "(?(")
_ALLOWED_GROUPS: Final = frozenset(["(?", "(?P", "(?i", "(?a", "(?u"])
"""How a group may begin: plain, named, looking ahead or back, without case; none that refers to another."""


def compiled_pattern(pattern: str, position: int) -> re.Pattern[str]:
    """A pattern of one's own whose repeats are bounded.

    Args:
        pattern: A regular expression of Python.
        position: Of it in the list, from 1, for errors.

    Raises:
        RedactionError: It is no regular expression, too long, matches an empty text, or could take long: a group is
            repeated or referred to, or too many repeats stand behind each other.
    """
    told = f"Pattern {position}"
    if any(reference in pattern for reference in _REFERENCES):
        raise RedactionError(f"{told} refers to a group, which could take long.")
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise RedactionError(f"{told} has no or more than {LONGEST_PATTERN} characters.")
    try:
        re.compile(pattern)
        compiled = re.compile(_bounded(pattern, told))
    except (re.error, RecursionError, OverflowError) as error:
        raise RedactionError(f"{told} is no regular expression.") from error
    if compiled.search(""):
        raise RedactionError(f"{told} matches an empty text.")
    return compiled


def _bounded(pattern: str, told: str) -> str:
    """The pattern with bounded repeats; refused where these multiply."""
    written: list[str] = []
    ways, is_repeat = 1, False
    for match in _PATTERN_PIECE.finditer(pattern):
        piece = match[0]
        bounds = _bounds(piece) if written else None
        if bounds is None or (
            is_repeat and piece in ("?", "+")
        ):  # the latter makes a repeat lazy or possessive
            _refuse_reference(piece, told)
            written.append(piece)
            is_repeat = False
            continue
        least, most = bounds
        if written[-1] == ")" and most > 1:
            raise RedactionError(f"{told} repeats a group, which could take long.")
        ways *= most - least + 1
        if ways > MOST_WAYS or most > LONGEST_PATTERN:
            raise RedactionError(f"{told} has too many or too long repeats, which could take long.")
        written.append(f"{{{least},{most}}}")
        is_repeat = True
    return "".join(written)


def _bounds(piece: str) -> tuple[int, int] | None:
    """How often a piece repeats what stands before it, at least and at most; ``None`` where it is no repeat."""
    counted = _COUNTED.fullmatch(piece)
    if counted and (counted[1] or counted[3]):
        least = int(counted[1] or 0)
        return least, int(counted[3]) if counted[3] else least + LONGEST_REPEAT if counted[2] else least
    return {"*": (0, LONGEST_REPEAT), "+": (1, LONGEST_REPEAT), "?": (0, 1)}.get(piece)


def _refuse_reference(piece: str, told: str) -> None:
    is_reference = piece[0] == "\\" and piece[1:2].isdigit() and piece != "\\0"
    if is_reference or (piece.startswith("(?") and piece not in _ALLOWED_GROUPS):
        raise RedactionError(f"{told} refers to a group or uses one of a kind that is not allowed.")


def compiled_words(words: Sequence[str]) -> re.Pattern[str] | None:
    """One pattern for all words of a list, in any case, each as a whole; ``None`` for none.

    Raises:
        RedactionError: There are too many, or one is too long.
    """
    known = sorted({" ".join(word.split()) for word in words} - {""}, key=lambda word: (-len(word), word))
    if len(known) > MOST_WORDS or any(len(word) > LONGEST_OWN_WORD for word in known):
        raise RedactionError(f"There may be {MOST_WORDS} words of at most {LONGEST_OWN_WORD} characters.")
    if not known:
        return None
    latin = "A-Za-z0-9_\u00c0-\u024f"
    parts = (r"\s+".join(re.escape(piece) for piece in word.split()) for word in known)
    return re.compile(rf"(?<![{latin}])(?:{'|'.join(parts)})(?![{latin}])", re.I)
