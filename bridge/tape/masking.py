"""The words of a tape replaced by others of the same length. Pure; the secret is an argument, and is to be thrown away.

Every letter becomes a letter of its script and case, every digit a digit, every other number (``½``, ``①``, ``Ⅷ``) one of
its kind, every sign that stands for letters (``Ⓓ``, ``🇩``, ``㏄``, Braille) another such, and every combining mark another:
in many scripts they are the vowels. All else stays: blanks, marks of
punctuation, emoji with what only says how they look (:data:`LOOKS`), half a surrogate pair. A word has the same mask wherever it stands on the tape, and no two words have the same
while there are enough; so what came twice still does, and people are told apart as before.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from bridge.tape.tape import Head, Person, Said, Tape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.tape.tape import Moment

TRIES: Final = 64
"""How often another mask is looked for where one is taken: a word of one letter has few."""
FIRST_PERSON: Final = 16_778_240
PERSON_STEP: Final = 1_024
"""Ids of people are renumbered as Zoom numbers them."""
LOOKS: Final = frozenset({*range(0xFE00, 0xFE10), *range(0x20D0, 0x2100), *range(0xE0100, 0xE01F0)})
"""Combining marks from which nothing can be read: selectors of variants, and marks around a symbol such as a keycap."""
_SPELLS: Final = frozenset(
    {*range(0x2801, 0x2900), *range(0x1F150, 0x1F18A), *range(0x1F1E6, 0x1F200), *range(0xE0020, 0xE007F)}
)
"""Signs that are read as letters, and that Unicode does not say so of: Braille, letters in black and of flags, tags."""
_ADDRESS: Final = re.compile(
    r"\b(?:[a-z][a-z0-9+.-]{0,30}://|(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,63}/)\S+", re.IGNORECASE
)
"""With a scheme, or as people type it: ``us02web.zoom.us/j/81234567890?pwd=…``."""


class Mask:
    """The masks of one tape."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._masks: dict[str, str] = {}
        self._taken: set[str] = set()

    def text(self, text: str) -> str:
        """A text with every word replaced."""
        runs = ((is_word, "".join(run)) for is_word, run in itertools.groupby(text, key=_tells))
        return "".join(self._word(run) if is_word else run for is_word, run in runs)

    def addresses(self, text: str) -> str:
        """A text with every address replaced, such as one by which a meeting is joined; the rest stays."""
        return _ADDRESS.sub(lambda found: self.text(found[0]), text)

    def _word(self, word: str) -> str:
        known = self._masks.get(word)
        if known is None:
            known = self._masks[word] = self._new(word)
            self._taken.add(known)
        return known

    def _new(self, word: str) -> str:
        mask = ""
        for attempt in range(TRIES):
            mask = self._drawn(word, attempt)
            if mask != word and mask not in self._taken:
                break
        return mask

    def _drawn(self, word: str, attempt: int) -> str:
        """The letters are drawn for the word in small ones, so that a name at the beginning of a sentence stays one."""
        numbers = self._numbers(f"{attempt}\n{word.lower()}")
        return "".join(_another(char, next(numbers)) for char in word)

    def _numbers(self, message: str) -> Iterator[int]:
        for block in itertools.count():
            data = f"{block}\n{message}".encode(errors="surrogatepass")
            yield from hmac.digest(self._secret, data, hashlib.sha256)


def masked(tape: Tape, secret: bytes) -> Tape:
    """A tape without a word, a name or a topic of the meeting; people have other ids."""
    mask, people = Mask(secret), _People()
    head = tape.head.model_copy(update={"words": "replaced", "topic": mask.text(tape.head.topic)})
    return Tape(head=head, moments=tuple(_masked(each, mask, people) for each in tape.moments))


def without_addresses(tape: Tape, secret: bytes) -> Tape:
    """A tape with its words, but for addresses in them."""
    mask = Mask(secret)

    def clean(moment: Moment) -> Moment:
        if isinstance(moment, Said):
            change = {"text": mask.addresses(moment.text), "speaker": mask.addresses(moment.speaker)}
            return moment.model_copy(update=change)
        if isinstance(moment, Person):
            return moment.model_copy(update={"name": mask.addresses(moment.name)})
        return moment

    head: Head = tape.head.model_copy(update={"topic": mask.addresses(tape.head.topic)})
    return Tape(head=head, moments=tuple(map(clean, tape.moments)))


def _masked(moment: Moment, mask: Mask, people: _People) -> Moment:
    if isinstance(moment, Said):
        change = {"speaker": mask.text(moment.speaker), "text": mask.text(moment.text)}
        return moment.model_copy(update=change | {"user_id": people.of(moment.user_id)})
    if isinstance(moment, Person):
        return moment.model_copy(
            update={"name": mask.text(moment.name), "user_id": people.of(moment.user_id)}
        )
    return moment


class _People:
    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def of(self, user_id: str) -> str:
        """Another id, for the same one the same."""
        if not user_id:
            return ""
        return self._ids.setdefault(user_id, str(FIRST_PERSON + PERSON_STEP * len(self._ids)))


def _another(char: str, number: int) -> str:
    """A character of the same kind."""
    if char.isdecimal():
        return chr(ord(char) - unicodedata.decimal(char) + number % 10)
    kind, script = unicodedata.category(char), _script(char)
    for bits in (8, 12, 16):
        alphabet = _alphabet(
            script if bits == 8 else "", kind, char.isupper(), len(char.encode()), bits, ord(char) >> bits
        )
        if len(alphabet) > 1:
            return alphabet[number % len(alphabet)]
    return char


@cache
def _tells(char: str) -> bool:
    """Whether it is of a word: a letter, a number, a sign that stands for some, or a combining mark that belongs to one."""
    if unicodedata.category(char).startswith("M"):
        return ord(char) not in LOOKS
    return ord(char) in _SPELLS or any(each.isalnum() for each in unicodedata.normalize("NFKC", char))


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]


@cache
def _alphabet(script: str, category: str, upper: bool, size: int, bits: int, block: int) -> str:
    """Characters of a kind, script (any where it is empty) and size that stand near each other in Unicode.

    Nothing makes others of them. ``size`` is in bytes of UTF-8; they have all bits but the last ``bits`` in common.
    """
    return "".join(
        char
        for char in map(chr, range(block << bits, (block + 1) << bits))
        if unicodedata.category(char) == category
        and char.isupper() is upper
        and len(char.encode()) == size
        and script in ("", _script(char))
        and _tells(char)
        and unicodedata.normalize("NFC", char) == char
        and len(char.lower()) == len(char.upper()) == 1
    )
