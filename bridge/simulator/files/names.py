"""Whether the lines of a file begin with the name of who says them: decided by the file as a whole. Pure.

"The plan: we ship" looks like "Dana: we ship". What tells them apart is the rest of the file: where lines begin with
names, most of them do, names come again, and they are written as names are.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LONGEST_NAME: Final = 80
MOST_WORDS: Final = 9
LONGEST_UNSPACED: Final = 16
"""Letters of a name in a script without spaces."""
SOME: Final = 0.15
"""Least share of lines with a name where only a change of the speaker is marked."""
HALF: Final = 0.5
NEARLY_ALL: Final = 0.8

_BRACKETED = r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）|「[^「」]*」|【[^【】]*】"
_HEAD = re.compile(rf"((?:[^:：()\[\]（）「」【】]|{_BRACKETED})+?)(?::(?=\s|$)|：)(.*)", re.DOTALL)
"""``Name: words``, also with a wide colon. "10:30" has no space behind its colon. Blanks are of the name and the words:
a piece that matches in two ways would be tried in both."""
_IN_BRACKETS = re.compile(_BRACKETED)
_SENTENCE_END = re.compile(r"[?!;。？！]|\.\.|…|(?<=[^\W\d_]{4})(?<!Prof)(?<!prof)\.(?=\s|$)")
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SMALL_WORDS: Final = "af al bin bint da dal das de del della den der di do dos du e el la las le los of ten ter the und van vom von y zu zum zur"
_PARTICLES: Final = frozenset(_SMALL_WORDS.split())
"""Small words inside of names."""


def split_head(text: str) -> tuple[str, str] | None:
    """What stands before the first colon and what behind it, if that could be a name and words."""
    found = _HEAD.fullmatch(_DIRECTION.sub("", text).strip())
    if found is None:
        return None
    name = clean_name(found[1])
    return (name, found[2].strip()) if is_plausible(name) else None


def clean_name(name: str) -> str:
    """A name on one line, without marks of direction."""
    return " ".join(_DIRECTION.sub("", name).split())


def is_plausible(name: str) -> bool:
    """Whether anybody could be called so."""
    words = _IN_BRACKETS.sub(" ", name).split() or name.split()
    return (
        0 < len(name) <= LONGEST_NAME
        and len(words) <= MOST_WORDS
        and any(char.isalnum() for char in name)
        and not _SENTENCE_END.search(_IN_BRACKETS.sub("", name))
    )


def is_name_like(name: str) -> bool:
    """Whether it is written as names are: each word with a capital, a digit or a letter of a script without capitals."""
    words = [word.strip("\"'“”‘’.,-–—/|&+#@") for word in _IN_BRACKETS.sub(" ", name).split()]
    words = [word for word in words if word and any(char.isalnum() for char in word)]
    if not words:
        return True
    if any(len(word) > LONGEST_UNSPACED and unicodedata.category(word[0]) == "Lo" for word in words):
        return False
    proper = [word for word in words[1:] if word.casefold() not in _PARTICLES]
    return not _starts_small(words[0]) and not any(_starts_small(word) for word in proper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a file's beginnings of lines are.

    Made by :func:`naming_of`; :meth:`split` then says for each line who says it.
    """

    names: frozenset[str]
    coverage: float
    """Share of the lines that begin with one."""

    def __bool__(self) -> bool:
        """Whether lines begin with names at all."""
        return bool(self.names)

    def split(self, text: str) -> tuple[str, str] | None:
        """The name in front of a line and its words; ``None`` where it has no name."""
        found = split_head(text)
        return found if found is not None and found[0] in self.names else None


def naming_of(
    units: Sequence[str],
    *,
    named_otherwise: int = 0,
    split: Callable[[str], tuple[str, str] | None] = split_head,
) -> Naming:
    """Whether the units of a file (lines, cues or paragraphs) begin with names, and with which.

    ``named_otherwise`` counts units beside these whose speaker the form itself tells. ``split`` is :func:`split_head`,
    remembered by whoever asks of the same units many times.
    """
    heads = [split(unit) for unit in units]
    found = [head for head in heads if head is not None]
    counts = Counter(name for name, _ in found)
    total = len(units) + named_otherwise
    unnamed = [unit for unit, head in zip(units, heads, strict=True) if head is None]
    small = _small_words([words for _, words in found], unnamed)
    covered = (len(found) + named_otherwise) / total if total else 0.0
    names = frozenset(name for name in counts if _is_name(name, counts, small, covered=covered))
    share = (sum(counts[name] for name in names) + named_otherwise) / total if total else 0.0
    convinced = bool(named_otherwise and names) or _convinces(names, counts, share)
    return Naming(names=names if convinced else frozenset(), coverage=share)


def _is_name(name: str, counts: Counter[str], small: frozenset[str], *, covered: float) -> bool:
    """Whether a beginning is a name, in the light of all others."""
    first = name.split()[0].casefold().strip(",.")
    common = first in small
    if is_name_like(name):
        return counts[name] > 1 or not common or covered >= NEARLY_ALL
    if counts[name] > 1:
        return not common or (" " not in name and _mostly_small(counts))
    return covered == 1 and " " not in name and not common


def _mostly_small(counts: Counter[str]) -> bool:
    """Whether the file writes most of its names small."""
    return sum(count for name, count in counts.items() if not is_name_like(name)) > HALF * counts.total()


def _convinces(names: frozenset[str], counts: Counter[str], share: float) -> bool:
    """Whether the names are names: most lines have one, or those that have come again."""
    if not names:
        return False
    again = [name for name in names if counts[name] > 1]
    if share > HALF:
        return share >= NEARLY_ALL or len(names) > 1 or bool(again)
    repeated = sum(counts[name] for name in again)
    return len(again) > 1 and share >= SOME and repeated > HALF * counts.total()


def _small_words(*texts: Iterable[str]) -> frozenset[str]:
    """Words that the file also writes small in the middle of what is said: they are no names."""
    words = (word.strip("\"'“”‘’.,:;?!()") for some in texts for text in some for word in text.split())
    return frozenset(word for word in words if word and word == word.lower() != word.upper())


def _starts_small(word: str) -> bool:
    return word[0].islower()
