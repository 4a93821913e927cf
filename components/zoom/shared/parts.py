"""Which part of a meeting a question is about by its time: the last minutes, the beginning, the end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from components.zoom.shared.words import count_words

RECENT_MINUTES: Final = 5
FEW_MINUTES: Final = 5
SHARE: Final = 0.1
"""Of a meeting's words, that are its beginning or its end."""
PART_WORDS: Final = (200, 450)
"""How many words these are at least and at most."""
NUMBERS: Final = {
    "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30,
}  # fmt: skip
MINUTES: Final = rf"(?:\d{{1,4}}|{'|'.join(NUMBERS)}|few|couple of)"
MEETING: Final = r"(?:(?:the|this|that|our|your|today's) )?(?:whole )?(?:meeting|call|session|conversation)\b"
PEOPLE: Final = r"(?:they|we|you|people|everybody|everyone|the (?:group|team|committee))"
RECENT: Final = re.compile(
    r"\b(?:just (?:now|said|say|mentioned|mention|told|tell|talked|decided?)|(?:did|was|has|have) (?:\w+ ){0,3}just\b|"
    rf"a (?:moment|minute) ago|right now|(?:in )?the last (?:(?P<minutes>{MINUTES}) )?minutes?)",
    re.IGNORECASE,
)
BEGINNING: Final = re.compile(
    rf"\b(?:how (?:did|has|was) {MEETING} (?:start|begin|begun|open)\w*|(?:in |during )?the first (?P<minutes>{MINUTES}) minutes|"
    rf"(?:(?:at|in|from) )?the (?:very )?(?:beginning|start|opening|first part) of {MEETING}|(?:at|in|from) the (?:very )?(?:beginning|start|opening)\b(?! of)|"
    rf"opening (?:remarks|words|statements?)(?: of {MEETING})?|the first things? (?:that )?{PEOPLE} (?:\w+ed|said|spoke)(?: about)?)",
    re.IGNORECASE,
)
END: Final = re.compile(
    rf"\b(?:how (?:did|has|was) {MEETING} (?:end|close|finish)\w*|(?:(?:at|by|towards?|in) )?the (?:very )?(?:end|close|closing|last part) of {MEETING}|"
    rf"(?:at|by|towards?) the (?:very )?end\b(?! of)|wrap(?:ped|ping)?[- ]?up\b(?: of {MEETING})?|closing (?:remarks|words|statements?)(?: of {MEETING})?|"
    rf"the last things? (?:that )?{PEOPLE} (?:\w+ed|said|spoke)(?: about)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Part:
    """What was said in the part that is asked about."""

    question: str
    """Without the words that name the part."""
    utterances: list[dict[str, Any]]
    is_last: bool = False
    """Whether it is the last minutes."""
    is_just_now: bool = False
    """Whether of these the last words tell most."""


def part_of(question: str, utterances: list[dict[str, Any]], now_ms: int) -> Part | None:
    """The part of a meeting that a question names; ``None`` where it names none.

    Args:
        question: As it was asked.
        utterances: By time.
        now_ms: When it was asked, UTC milliseconds.
    """
    if found := RECENT.search(question):
        since_ms = now_ms - minutes_in(found["minutes"], RECENT_MINUTES) * 60_000
        heard = [said for said in utterances if said["start_ms"] >= since_ms]
        return Part(question.replace(found[0], " "), heard, is_last=True, is_just_now=not found["minutes"])
    if found := BEGINNING.search(question):
        if found["minutes"] is not None:
            begun_ms = min((said["start_ms"] for said in utterances), default=now_ms)
            until_ms = begun_ms + minutes_in(found["minutes"], FEW_MINUTES) * 60_000
            heard = [said for said in utterances if said["start_ms"] < until_ms]
        else:
            heard = begin_of(utterances)
        return Part(question.replace(found[0], " "), heard)
    if found := END.search(question):
        return Part(question.replace(found[0], " "), begin_of(utterances[::-1])[::-1])
    return None


def minutes_in(told: str | None, otherwise: int) -> int:
    """A number of minutes, in digits or as a word."""
    word = (told or "").casefold()
    return int(word) if word.isdecimal() else NUMBERS.get(word, otherwise)


def begin_of(utterances: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first utterances, up to a share of the words of all."""
    lengths = [count_words(said["text"]) for said in utterances]
    least, most = PART_WORDS
    left = min(max(SHARE * sum(lengths), least), most)
    for at, length in enumerate(lengths):
        left -= length
        if left <= 0:
            return utterances[: at + 1]
    return utterances
