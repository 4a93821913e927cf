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
MOST_STEPS: Final = 5000
"""Ways in which a pattern may be tried at one place of a text."""
_TOKEN_OF_PATTERN: Final = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?[aiLmsux-]*:|\(\?P<\w+>|\(\?[=!]|\(\?<[=!]|\(|\)|\||\{\d*,?\d*\}|[*+?]|.",
    re.S,
)
_COUNTED: Final = re.compile(r"\{(\d*)(,?)(\d*)\}")


def compiled_pattern(pattern: str, position: int) -> re.Pattern[str]:
    """A pattern of one's own whose repeats are bounded.

    Args:
        pattern: A regular expression of Python.
        position: Of it in the list, from 1, for errors.

    Raises:
        RedactionError: It is no regular expression, too long, matches nothing at all, or could take long: a repeat
            within a repeat, a reference to a group, or too many repeats behind each other.
    """
    told = f"Pattern {position}"
    if not pattern or len(pattern) > LONGEST_PATTERN:
        raise RedactionError(f"{told} has no or more than {LONGEST_PATTERN} characters.")
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise RedactionError(f"{told} is no regular expression.") from error
    compiled = re.compile(_bounded(pattern, told))
    if compiled.search("") or compiled.fullmatch(" "):
        raise RedactionError(f"{told} matches an empty text or a space.")
    return compiled


def _bounded(pattern: str, told: str) -> str:
    """The pattern with bounded repeats; refused where these multiply."""
    written: list[str] = []
    steps, opened, last = 1, list[int](), 0
    """Repeats so far within each open group, and within the group that was closed last."""
    for match in _TOKEN_OF_PATTERN.finditer(pattern):
        token = match[0]
        counted = _COUNTED.fullmatch(token) if written else None
        if counted and (counted[1] or counted[3]):
            least = int(counted[1] or 0)
            most = int(counted[3]) if counted[3] else least + LONGEST_REPEAT if counted[2] else least
        elif token in ("*", "+", "?") and written:
            least, most = int(token == "+"), 1 if token == "?" else LONGEST_REPEAT
        else:
            if token[0] == "\\" and (token[1].isdigit() or token[1] == "g"):
                raise RedactionError(f"{told} refers to a group, which could take long.")
            if token.startswith("(?") and token.endswith(("P=", "(")):
                raise RedactionError(f"{told} uses a group of a kind that is not allowed.")
            if token[0] == "(":
                opened.append(0)
                last = 0
            elif token == ")":
                last = opened.pop() if opened else 0
                if opened:
                    opened[-1] += last
            else:
                last = 0
                if token == "|" and opened:
                    opened[-1] += 1
            written.append(token)
            continue
        if (token == "?" and written[-1] in ("?", "*", "+")) or (
            token in "?+"
            and written[-1].startswith("{")
            and written[-1].endswith("}")
            and len(written[-1]) > 2
        ):
            written.append(token)  # a lazy or possessive repeat
            continue
        if last and most > 1:
            raise RedactionError(f"{told} repeats what repeats or chooses itself, which could take long.")
        steps *= most - least + 1
        if most > 1000 or steps > MOST_STEPS:
            raise RedactionError(f"{told} has too many or too long repeats, which could take long.")
        if opened:
            opened[-1] += 1
        last = 1
        written.append(token if token == "?" else f"{{{least},{most}}}")
    return "".join(written)


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
