"""Words of any script: counted, and reduced to stems that can be compared."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
"""Characters of scripts that put no spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han."""
UNSPACED_CHARACTER: Final = re.compile(f"[{UNSPACED}]")
WORD: Final = re.compile(rf"(?P<run>[{UNSPACED}]+)|[^\W_{UNSPACED}]+(?:'[^\W_{UNSPACED}]+)*")
STOP_WORDS: Final = frozenset(
    """a about ah all also am an and any are as at be because been being but by can can't could did do does doesn't doing don't
    done for from get go going gonna got had has have he her here him his how i i'd i'll i'm i've if in into is isn't it it's
    its just let let's like me mm more most my no not now of oh ok okay on or our please really right shall she should so some than that
    that's the their them then there there's these they they'll this those to too uh um up us very was we we'll we're we've
    well were what what's when where which who who's whom whose why will with won't would yeah yes you you'll you're
    your""".split()
)
"""Words that say nothing about a subject."""
ENDINGS: Final = (
    "ations", "ation", "ments", "ment", "ingly", "edly", "ings", "ing", "ies", "ied", "ed", "es", "ly", "s",
)  # fmt: skip
SAME: Final = {
    "bought": "buy", "sent": "send", "met": "meet", "told": "tell", "left": "leave", "chose": "choose", "chosen": "choose",
    "paid": "pay", "broke": "break", "broken": "break", "began": "begin", "begun": "begin", "gave": "give", "given": "give",
    "took": "take", "taken": "take", "wrote": "write", "written": "write", "said": "say", "made": "make", "thought": "think",
    "spoke": "speak", "spoken": "speak", "spent": "spend", "kept": "keep", "built": "build", "children": "child",
    "people": "person", "used": "use", "using": "use", "uses": "use", "email": "mail", "e-mail": "mail", "cost": "price", "fee": "price",
}  # fmt: skip
"""Irregular forms, and a few words that mean the same when somebody looks for it."""


def count_words(text: str) -> int:
    """Count words by spaces; where a script has none, two characters count as one word."""
    words = len(text.split())
    return words if text.isascii() else words + len(UNSPACED_CHARACTER.findall(text)) // 2


def flat(text: str) -> str:
    """Write text on one line."""
    return " ".join(text.split())


def words_of(text: str) -> list[str]:
    """Split text into lower-case words in order; of a script without spaces, into each two neighbouring characters."""
    flat = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    found: list[str] = []
    for match in WORD.finditer(flat):
        run = match["run"]
        found += [match[0]] if not run or len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]
    return found


@functools.lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Cut an English ending off, roughly: what matters is that forms of one word end up alike."""
    word = SAME.get(word, word).removesuffix("'s")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= (5 if ending == "ly" else 3):
            word = word.removesuffix(ending)
            if ending in ("ies", "ied"):
                word += "y"
            elif len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    return SAME.get(word, word)


def stems(text: str) -> list[str]:
    """Reduce text to the stems that carry meaning, in order."""
    return [stem(word) for word in words_of(text) if word not in STOP_WORDS]


ENGLISH: Final = frozenset(
    "the a and to of that it is i you we in for on with this have be are not do it's that's i'm we're don't can will what just "
    "they there at but if or as was my your our from would could me so think know yes yeah okay by".split()
)
ENGLISH_SHARE: Final = 0.22
"""Share of such words from which speech is English; other languages have a third of it at most."""
TOO_FEW: Final = 25
"""Words that are too few to tell a language by."""


def is_foreign(texts: Sequence[str]) -> bool:
    """Whether these are enough words to tell that they are not English, and they are not."""
    said = [word for text in texts for word in words_of(text)]
    return len(said) >= TOO_FEW and sum(word in ENGLISH for word in said) < ENGLISH_SHARE * len(said)


def escaped(text: str) -> str:
    """Write text on one line that can close no tag."""
    return flat(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
