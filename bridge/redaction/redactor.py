"""The redactor: replaces what is sensitive in a text or a window by the meeting's placeholders."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bridge.redaction.addresses import address_spans
from bridge.redaction.emails import email_spans
from bridge.redaction.japanese_names import honoured_names, listed_names
from bridge.redaction.numbers import Numbers
from bridge.redaction.own_patterns import MOST_PATTERNS, compiled_pattern, compiled_words
from bridge.redaction.persons import plain
from bridge.redaction.phrases import Phrases
from bridge.redaction.placeholders import BEGINS_CLEAR, CLINGING, Placeholders
from bridge.redaction.putting_back import PLACEHOLDER
from bridge.redaction.sensitive import KINDS, LITERAL, RedactionError, Span
from bridge.redaction.spoken_names import spoken_names
from bridge.redaction.spoken_words import SPOKEN_WORD
from bridge.redaction.told_names import known_spans, labelled_names, owner_names
from bridge.redaction.tongues import KANA, WITHOUT_SPACES, languages_of

WHOLE_NAMES: Final = frozenset({"name", "speaker", "attendees"})
"""Fields of a window that are the name of somebody who is there, and nothing else."""
TOLD: Final = frozenset({"approved", "still_open", "earlier"})
"""Fields of a window that come from flows, with real words put back in them."""
RECORD: Final = "record"
"""Field of what was approved that tells where it is written; its name is that of a ticket."""
APPROVED_IDS: Final = frozenset(
    {"id", "key", "kind", "status", "evidence", "engine", "language", "of", "url", RECORD}
)
"""Fields in what was approved that nobody has said; all others may hold words, whatever a component calls them."""
OWNER: Final = "owner"
"""Field of a window that names who has to do something: one, several, or nobody in particular."""
SAID: Final = WHOLE_NAMES | {"topic", "text", OWNER, "due", "summary", "question"}
"""Fields of a window that hold words; all others are ids, times and names of ours, and stay."""
_NUMBER_KINDS: Final = ("cards", "accounts", "phones")
_ORDER: Final = (LITERAL, "words", "ids", "emails", "accounts", "cards", "addresses", "phones", "names")
"""Which kind wins where spans overlap and are equally long."""
_MOST_CHARACTERS: Final = 20_000
"""Of a window's texts, to tell its languages by."""
_UNSPACED: Final = re.compile(f"[{WITHOUT_SPACES}]")


@dataclass(frozen=True)
class _Place:
    """Where in a window a value stands."""

    placeholders: Placeholders
    languages: tuple[str, ...]
    told: Phrases | None
    """What the key puts back, where it may have been put back in the value."""
    is_approved: bool


class Redactor:
    """Replaces what is sensitive; one for all texts of a run. Nothing it raises or counts tells words of a meeting.

    The first text for which names are wanted reads lists of names and words, for some seconds of a slow machine.

    Args:
        kinds: What is replaced, of :data:`KINDS`.
        words: Of one's own, in any case, for ``words``.
        patterns: Regular expressions of one's own, for ``ids``; a repeat without a bound ends after 64 times.
        people: Names of people besides those of a window.
        languages: Codes of those that are spoken, such as ``de``, for texts too short to tell.

    Raises:
        RedactionError: A kind is unknown, or a pattern or the list of words cannot be used.
    """

    def __init__(
        self,
        kinds: Iterable[str] = KINDS,
        words: Sequence[str] = (),
        patterns: Sequence[str] = (),
        people: Sequence[str] = (),
        languages: Sequence[str] = (),
    ) -> None:
        self.kinds = tuple(kinds)
        if any(kind not in KINDS for kind in self.kinds):
            raise RedactionError(f"There is no such kind to redact. There are {', '.join(KINDS)}.")
        if len(patterns) > MOST_PATTERNS:
            raise RedactionError(f"There may be {MOST_PATTERNS} patterns.")
        self.people, self.languages = tuple(people), tuple(languages)
        self._patterns = [compiled_pattern(pattern, at) for at, pattern in enumerate(patterns, 1)]
        self._words = compiled_words(words)
        self.counts: Counter[str] = Counter()
        """How often something of each kind was replaced, so far."""

    def text(self, text: str, placeholders: Placeholders) -> str:
        """A text with placeholders; new ones are added to the key."""
        self._add_people(self.people, placeholders)
        return self._replaced(text, placeholders, self.languages_of(text))

    def window(self, window: dict[str, Any], placeholders: Placeholders) -> dict[str, Any]:
        """A window (``zoom-window/1``) with placeholders, as a copy; ids, also those of people, and times stay."""
        self._add_people((*self.people, *names_of(window)), placeholders)
        texts = "\n".join(said["text"] for said in window.get("utterances", ()))
        languages = self.languages_of(texts[:_MOST_CHARACTERS])
        key = Phrases()
        if any(window.get(name) for name in TOLD):
            for text, kind, found in placeholders.told():
                if kind in self.kinds and (kind != "names" or not (text.islower() and text.isalpha())):
                    key.add(text, (kind, found))
        made = {}
        for name, value in window.items():
            told = key if name in TOLD else None
            made[name] = self._value(name, value, _Place(placeholders, languages, told, name == "approved"))
        return made

    def _add_people(self, names: Iterable[str], placeholders: Placeholders) -> None:
        if "names" in self.kinds:
            for name in names:
                placeholders.add_person(name)

    def languages_of(self, text: str) -> tuple[str, ...]:
        """The languages of a text, as far as it tells."""
        words = (plain(match[0]) for match in SPOKEN_WORD.finditer(text))
        return languages_of(words, text, self.languages)

    def _value(self, name: str, value: Any, place: _Place) -> Any:
        if name == RECORD or (place.is_approved and name in APPROVED_IDS):
            return value
        if isinstance(value, dict):
            return {own: self._value(own, entry, place) for own, entry in value.items()}
        if isinstance(value, list):
            return [self._value(name, entry, place) for entry in value]
        if not isinstance(value, str) or not (name in SAID or place.is_approved) or not value:
            return value
        if name in WHOLE_NAMES and "names" in self.kinds:
            self.counts["names"] += 1
            return place.placeholders.add_person(value)
        return self._replaced(value, place.placeholders, place.languages, self._told(name, value, place))

    def _told(self, name: str, text: str, place: _Place) -> list[Span]:
        """What is sensitive in a field for what it is, and for where it comes from."""
        found = [] if place.told is None else known_spans(text, place.told)
        if "names" in self.kinds:
            persons = place.placeholders.persons
            names = owner_names(text, persons) if name == OWNER else []
            names += [] if place.told is None else labelled_names(text, persons)
            found += [Span(*span, "names", "") for span in names]
        return found

    def _replaced(
        self, text: str, placeholders: Placeholders, languages: tuple[str, ...], told: Iterable[Span] = ()
    ) -> str:
        written, at = [], 0
        for span in whole_spans(text, [*told, *self.spans(text, placeholders, languages)]):
            found = text[span.start : span.end]
            written += [text[at : span.start], placeholders.placeholder(span.kind, found, span.key)]
            at = span.end
            if span.kind != LITERAL:
                self.counts[span.kind] += 1
        return "".join([*written, text[at:]])

    def spans(self, text: str, placeholders: Placeholders, languages: tuple[str, ...]) -> list[Span]:
        """What is sensitive in a text, in no order; some may overlap."""
        found = [Span(match.start(), match.end(), LITERAL, match[0]) for match in PLACEHOLDER.finditer(text)]
        if "words" in self.kinds and self._words:
            found += [
                Span(match.start(), match.end(), "words", match[0].casefold())
                for match in self._words.finditer(text)
            ]
        if "ids" in self.kinds:
            for pattern in self._patterns:
                found += [
                    Span(*match.span(), "ids", match[0]) for match in pattern.finditer(text) if match[0]
                ]
        if "emails" in self.kinds:
            found += email_spans(text)
        if "addresses" in self.kinds:
            found += address_spans(text)
        numbers = tuple(kind for kind in self.kinds if kind in _NUMBER_KINDS)
        if numbers:
            found += Numbers(text, languages, numbers).spans()
        if "names" in self.kinds:
            found += [Span(start, end, "names", "") for start, end in _names(text, placeholders, languages)]
        return found


def _names(text: str, placeholders: Placeholders, languages: tuple[str, ...]) -> list[tuple[int, int]]:
    found = spoken_names(text, languages, placeholders.persons.by_part)
    if not _UNSPACED.search(text):
        return found
    found += placeholders.persons.unspaced.places(text)
    if KANA.search(text):
        found += honoured_names(text) + listed_names(text)
    return found


def names_of(window: dict[str, Any]) -> list[str]:
    """Everybody who is named by a window's fields, in order of appearance."""
    people = [person["name"] for person in window.get("participants", ())]
    people += [said["speaker"] for said in window.get("utterances", ())]
    return list(dict.fromkeys(name for name in people if name))


def whole_spans(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans by place without overlap, each wide enough that its placeholder is known again behind it.

    Where some overlap or touch, as two placeholders that touch would not be known again, the longest of them counts,
    and what else of them it leaves is covered too. Linear in the text and the number of spans.
    """
    joined: list[Span] = []
    words: list[tuple[int, int]] | None = None
    for span in sorted(spans, key=lambda span: (span.start, -span.end, _ORDER.index(span.kind))):
        before = joined[-1].end if joined else 0
        if span.end <= before or span.end == span.start:
            continue
        words = [match.span() for match in CLINGING.finditer(text)] if words is None else words
        span = _widened(text, span, before, words)
        if joined and span.start <= before:
            joined[-1] = _joined(joined[-1], span)
        else:
            joined.append(span)
    return joined


def _joined(first: Span, second: Span) -> Span:
    """One span for two that overlap or touch."""
    end = max(first.end, second.end)
    longer = max(first, second, key=lambda span: (span.end - span.start, -_ORDER.index(span.kind)))
    if (longer.start, longer.end) == (first.start, end):
        return longer
    return Span(first.start, end, longer.kind, "")


def _widened(text: str, span: Span, before: int, words: list[tuple[int, int]]) -> Span:
    """A span that takes in what would make its placeholder a part of a longer word, back to the one before it."""
    start, end = span.start, span.end
    while start > before and not BEGINS_CLEAR.match(text, start):
        start -= 1
    at = bisect_right(words, (end, len(text))) - 1
    if at >= 0 and end < words[at][1]:
        last = words[at][1] - 1
        end = last if text[last] == "s" else last + 1
    return span if (start, end) == (span.start, span.end) else Span(start, end, span.kind, "")
