"""Speech as Zoom sends it, in fragments, put together into sentences and rid of what only fills."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

INTERRUPTION_WORDS: Final = 12
"""Others may say this much ("mm-hmm", "yeah, sure") in the middle of somebody's sentence."""
LONGEST_SENTENCE_WORDS: Final = 90
MARKED: Final = 0.3
"""Share of somebody's utterances with a mark of punctuation, from which a missing one means that they go on."""
ABBREVIATION: Final = re.compile(r"\b(?:Dr|Mrs?|Ms|Prof|St|vs|etc|e\.g|i\.e|[A-Z])\.$")
SENTENCE_END: Final = re.compile(r"(?<=[.?!…。？！])[\"'”’)]*(?:\s+|(?<=[。？！]))(?=\S)")
ENDED: Final = re.compile(r"[.?!…。？！][\"'”’)]*$")
BREATH: Final = re.compile(r"(?:…|\.{2,})\s*$")
"""Dots where somebody breathes: an end only where the same speaker does not go on with a small letter."""
INNER_BREATH: Final = re.compile(r"\s*(?:…|\.{3,})\s+(?=[a-z])")
HANGING: Final = re.compile(
    r"(?:[,—–-]|\b(?:a|about|an|and|are|as|at|be|because|been|but|by|can|could|do|does|for|from|has|have|I|if|in|into|is|its|"
    r"like|my|of|on|or|our|so|than|that's|the|their|to|very|was|we|were|when|where|whether|which|who|will|with|would|you're|"
    r"your|I'm|I'll|we'll|we're|it's|they|he|she))$",
    re.IGNORECASE,
)
"""Ends no sentence."""
OPENER: Final = re.compile(r"(?:Okay|Ok|So|Well|Yeah|Yes|No|And|But|Right|Oh|Now|Then|Alright|Sorry)\b")
"""Begins something new, written with a capital, even where one had broken off."""
FILLER: Final = re.compile(
    r"(?<![\w'-])(?:uh[ -]+huh|u+h+m*|u+m+|e+r+m?|h+m+|m+h*m+|mm[ -]+hmm?|m?hm[ -]+m?hm|n{3,}|ah|oh(?! (?:one|two|three|four|five|six|seven|eight|nine)\b))(?![\w'-])[,.…]*",
    re.IGNORECASE,
)
HEDGE: Final = re.compile(
    r"(?P<before>\b\w+[ ,]+)?(?<!\w)(?:,\s*)?\b(?P<hedge>you know|I mean|sort of|kind of)\b,?"
    r"(?!\s+(?:what|who|where|when|why|how|that|if|which|it|us|him|her|them)\b)",
    re.IGNORECASE,
)
HEDGE_MEANT: Final = frozenset(
    "what which this that these some any a an the same different all another every do does did as let if to would before "
    "could we they i who might only don't".split()
)
SPOKEN: Final = [
    (re.compile(r"[’‘]"), "'"),
    (re.compile(r"(?<![a-z])([A-Z])_"), r"\1"),
    (re.compile(r"(?i)(?<![—–-])[—–-]*\[(?:inaudible|interruption|crosstalk)[^\]]*\][—–-]*"), "…"),
    (re.compile(r"\[[^\]]{0,200}\]"), " "),
    (re.compile(r"(?i)\bgonna\b"), "going to"),
    (re.compile(r"(?i)\bwanna\b"), "want to"),
    (re.compile(r"(?i)\b(?:have )?gotta\b"), "have to"),
    (re.compile(r"(?i)(?<!\w)(?:'cause|'cos|cuz)(?!\w)"), "because"),
    (re.compile(r"(?i)(?<!\w)'kay(?!\w)"), "okay"),
    (re.compile(r"\bi(?='|\b(?!\.))"), "I"),
]
STUTTER: Final = re.compile(r"(?<![\w'])(\w[\w']*(?: \w[\w']*){0,3})(?:,? \1(?![\w'-]))+", re.IGNORECASE)
DOUBLED: Final = re.compile(
    r"(?:very|really|that|had|no|so|bye|ha|far|well|\d+|" + "one|two|three|four|five)", re.IGNORECASE
)
"""Said twice and meant so."""
SPACES: Final = re.compile(r"(?<=[,;])\s*[,;]+|\s+([,.?!;:])|\s+")
ASKING: Final = re.compile(
    r"(?:(?:and|so|but|okay|ok|well|then|now|um|hey|right|yeah|sorry|also|or|[a-z]+ (?=can you|could you|would you|will you))[ ,]+)*"
    r"(?:who(?:'s|m)?|what(?:'s|'re)?(?! (?:a|an|I|we|you|they) )|when(?= (?:is|are|do|does|did|will|would|can|could|should|was)\b)|"
    r"where(?:'s|(?= (?:is|are|do|does|did|will|would|can|could|should|was)\b))|why|how(?: much| many| long| about)?(?= )|which|"
    r"any (?:other )?(?:questions|thoughts|ideas|objections|comments)|"
    r"(?:can|could|would|will|do|does|did|is|are|am|was|were|have|has|should|shall|may|might|isn't|aren't|don't|doesn't|didn't|"
    r"won't|wouldn't|can't|couldn't|shouldn't|haven't|hasn't)(?= (?:I|we|you|he|she|it|they|that|this|there|these|those|the|"
    r"anybody|anyone|somebody|someone|everybody|everyone|our|your|my|\w+ing)\b))",
    re.IGNORECASE,
)
"""How a question begins, also where nothing marks its end."""
NOBODY: Final = re.compile(r"\s*(?:unknown\b.*|unidentified\b.*|user|speaker|participant)?\s*", re.IGNORECASE)
"""A label that names no one."""


def attendees_of(context: dict[str, Any]) -> list[str]:
    """Names of everybody known to have been there, in order of appearance; labels that name nobody are left out."""
    names = [person["name"] for person in context["participants"]]
    names += [said["speaker"] for said in context["new"]]
    return [name for name in dict.fromkeys(names) if not NOBODY.fullmatch(name)]


@dataclass(frozen=True)
class Sentence:
    """One sentence of one speaker, put together from one or more utterances."""

    text: str
    """Cleaned, with a mark at its end only where one was there."""
    speaker: str
    """As they are called last; empty where the label names nobody."""
    key: str
    """Tells speakers apart: their id, or their label where there is none."""
    evidence: tuple[str, ...]
    """Ids of its utterances, in order."""
    began: int
    """Position of its first utterance, in context and new speech together."""
    ended: int
    """Position of its last."""
    closed_at: int
    """Position of the utterance that showed it to be over."""
    start_ms: int = 0
    is_open: bool = False
    """Whether its end is still to come."""

    @property
    def asks(self) -> bool:
        """Whether it is a question: by its mark, or, where it has none, by how it begins."""
        return self.text.endswith(("?", "？")) or (
            not ENDED.search(self.text) and ASKING.match(self.text) is not None
        )


@dataclass
class Draft:
    """A sentence that its speaker has not ended yet."""

    text: str
    evidence: list[str]
    began: int
    ended: int
    start_ms: int
    interrupted_by: int = 0
    """Words that others have said since its last piece."""


@dataclass
class Speech:
    """The sentences of utterances, while they are read."""

    names: dict[str, str]
    marked: frozenset[str]
    found: list[Sentence] = field(default_factory=list)
    drafts: dict[str, Draft] = field(default_factory=dict)

    def close(self, key: str, draft: Draft, at: int, *, is_open: bool = False) -> None:
        """Take a draft as a sentence, unless nothing but fillers was in it."""
        if text := clean(draft.text):
            self.found.append(
                Sentence(
                    text,
                    self.names[key],
                    key,
                    tuple(draft.evidence),
                    draft.began,
                    draft.ended,
                    at,
                    draft.start_ms,
                    is_open,
                )
            )

    def interrupt(self, key: str, words: int, at: int) -> None:
        """Somebody speaks: what others left open is over once enough was said in between."""
        for other in [name for name in self.drafts if name != key]:
            self.drafts[other].interrupted_by += words
            if self.drafts[other].interrupted_by > INTERRUPTION_WORDS or other not in self.marked:
                self.close(other, self.drafts.pop(other), at)

    def hear(self, key: str, said: dict[str, Any], at: int) -> None:
        """Take one utterance."""
        text = INNER_BREATH.sub(" ", " ".join(said["text"].split()))
        self.interrupt(key, len(text.split()), at)
        draft = self.drafts.pop(key, None)
        if draft and not continues(draft.text, text, marked=key in self.marked):
            self.close(key, draft, at)
            draft = None
        pieces = split_sentences(f"{BREATH.sub('', draft.text)} {text}" if draft else text)
        for number, piece in enumerate(pieces):
            joined = draft if number == 0 else None
            part = Draft(
                piece,
                [*(joined.evidence if joined else []), said["id"]],
                joined.began if joined else at,
                at,
                joined.start_ms if joined else said.get("start_ms", 0),
            )
            last = number == len(pieces) - 1 and said.get("source") != "chat"
            if last and self.may_go_on(key, piece) and len(piece.split()) < LONGEST_SENTENCE_WORDS:
                self.drafts[key] = part
            else:
                self.close(key, part, at)

    def may_go_on(self, key: str, piece: str) -> bool:
        """Whether the next utterance may go on with this one."""
        if key in self.marked:
            return ENDED.search(piece) is None or BREATH.search(piece) is not None
        return HANGING.search(clean(piece)) is not None


def sentences(utterances: Sequence[dict[str, Any]], *, over: bool) -> list[Sentence]:
    """Utterances as whole sentences, by start.

    The transcriber cuts where a speaker breathes, and others murmur in between: where somebody's words have marks, a
    piece without one is continued by their next piece. Where they have none, an utterance's end ends a sentence
    unless its last word cannot. With ``over`` the last pieces are sentences as they stand; otherwise they are open,
    because the next window may bring their end.
    """
    speech = Speech(names_of(utterances), marked_speakers(utterances))
    for at, said in enumerate(utterances):
        speech.hear(key_of(said), said, at)
    for key, draft in speech.drafts.items():
        speech.close(key, draft, len(utterances) - 1, is_open=not over)
    return sorted(speech.found, key=lambda sentence: sentence.began)


def key_of(said: dict[str, Any]) -> str:
    """What tells a speaker from others: the id, which a new name does not change; without one, the label."""
    return str(said.get("user_id") or said["speaker"])


def names_of(utterances: Sequence[dict[str, Any]]) -> dict[str, str]:
    """What each speaker is called last; nothing where the label names nobody."""
    return {
        key_of(said): "" if NOBODY.fullmatch(said["speaker"]) else " ".join(said["speaker"].split())
        for said in utterances
    }


def marked_speakers(utterances: Sequence[dict[str, Any]]) -> frozenset[str]:
    """Keys of those whose words are written with punctuation."""
    said = Counter(key_of(one) for one in utterances)
    marked = Counter(key_of(one) for one in utterances if re.search(r"[.?!…。？！]", one["text"]))
    everybody = sum(marked.values()) >= MARKED * sum(said.values())
    return frozenset(
        key for key in said if (everybody if said[key] < 4 else marked[key] >= MARKED * said[key])
    )


def continues(draft: str, text: str, *, marked: bool) -> bool:
    """Whether ``text`` goes on with a sentence that was left open."""
    if not marked:
        return True
    if BREATH.search(draft):
        return text[:1].islower()
    if text[:1].islower() or text[:2] in {"I ", "I'"}:
        return True
    return HANGING.search(draft) is not None and OPENER.match(text) is None


def split_sentences(text: str) -> list[str]:
    """Text at its sentence ends; abbreviations end nothing."""
    pieces: list[str] = []
    for piece in SENTENCE_END.split(text):
        if pieces and ABBREVIATION.search(pieces[-1]):
            pieces[-1] += f" {piece}"
        elif piece:
            pieces.append(piece)
    return pieces


def clean(text: str) -> str:
    """Speech as a careful note taker would write it down: no fillers, no stutters."""
    for pattern, written in SPOKEN:
        text = pattern.sub(written, text)
    text = SPACES.sub(spaced, FILLER.sub(" ", text))
    text = HEDGE.sub(without_hedge, text)
    for _ in range(2):
        text = STUTTER.sub(lambda match: match[0] if DOUBLED.fullmatch(match[1]) else match[1], text)
    text = re.sub(r",\s*(?=[.?!…])", "", SPACES.sub(spaced, text)).strip(" ,;—–-")
    return text[:1].upper() + text[1:] if re.search(r"\w", text) else ""


def spaced(match: re.Match[str]) -> str:
    """One space, or none before a mark; of two commas, one."""
    return match[1] or ("" if match[0].strip() else " ")


def without_hedge(match: re.Match[str]) -> str:
    """Drop a hedge ("sort of"), unless the word before shows that it is meant ("what sort of")."""
    before = match["before"] or ""
    word = before.strip(" ,").lower()
    return match[0] if word in HEDGE_MEANT and not before.rstrip().endswith(",") else before
