"""The redactor: replaces what is sensitive in a text or a window by the meeting's placeholders."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from bridge.redaction.persons import NAME_WORD, plain
from bridge.redaction.placeholders import BEGINS_CLEAR, ENDS_CLEAR, PLACEHOLDER, Placeholders
from bridge.redaction.sensitive import KINDS, LITERAL, RedactionError, Span

EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")


class Redactor:
    """Replaces what is sensitive; one for all texts of a run.

    Args:
        kinds: What is replaced, of :data:`KINDS`.
        words: Of one's own, in any case, for ``words``.
        patterns: Regular expressions of one's own, for ``ids``.
        people: Names of people besides those of a window.
        languages: Codes of those that are spoken, such as ``de``; the text tells where none is given.

    Raises:
        RedactionError: A kind is unknown, or a pattern cannot be used.
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
        unknown = [kind for kind in self.kinds if kind not in KINDS]
        if unknown:
            raise RedactionError(
                f"There is no kind {', '.join(unknown)} to redact; there are {', '.join(KINDS)}."
            )
        self.words, self.patterns, self.people, self.languages = (
            tuple(words),
            tuple(patterns),
            tuple(people),
            tuple(languages),
        )
        self.counts: Counter[str] = Counter()
        """How often something of each kind was replaced, so far."""

    def text(self, text: str, placeholders: Placeholders) -> str:
        """A text with placeholders; new ones are added to the key."""
        for name in self.people if "names" in self.kinds else ():
            placeholders.add_person(name)
        return self._replaced(text, placeholders)

    def window(self, window: dict[str, Any], placeholders: Placeholders) -> dict[str, Any]:
        """A window (``zoom-window/1``) with placeholders, as a copy; ids and times stay."""
        if "names" in self.kinds:
            for name in (*self.people, *names_of(window)):
                placeholders.add_person(name)
        return {key: self._value(key, value, placeholders) for key, value in window.items()}

    def _value(self, key: str, value: Any, placeholders: Placeholders) -> Any:
        if isinstance(value, dict):
            return {name: self._value(name, entry, placeholders) for name, entry in value.items()}
        if isinstance(value, list):
            return [self._value(key, entry, placeholders) for entry in value]
        if not isinstance(value, str) or key not in SAID:
            return value
        if key in WHOLE_NAMES and value and "names" in self.kinds:
            self.counts["names"] += 1
            return placeholders.add_person(value)
        return self._replaced(value, placeholders)

    def _replaced(self, text: str, placeholders: Placeholders) -> str:
        written, at = [], 0
        for span in whole_spans(text, self._spans(text, placeholders)):
            found = text[span.start : span.end]
            written += [text[at : span.start], placeholders.placeholder(span.kind, found, span.key)]
            at = span.end
            if span.kind != LITERAL:
                self.counts[span.kind] += 1
        return "".join([*written, text[at:]])

    def _spans(self, text: str, placeholders: Placeholders) -> list[Span]:
        spans = [Span(match.start(), match.end(), LITERAL, match[0]) for match in PLACEHOLDER.finditer(text)]
        if "emails" in self.kinds:
            spans += [
                Span(match.start(), match.end(), "emails", match[0].casefold())
                for match in EMAIL.finditer(text)
            ]
        if "names" in self.kinds:
            for match in NAME_WORD.finditer(text):
                if plain(match[0]) in placeholders.persons.by_part:
                    spans.append(Span(match.start(), match.end(), "names", ""))
        return spans


SAID: Final = frozenset({"topic", "name", "speaker", "text", "owner", "due", "summary", "question"})
"""Fields of a window that hold words; all others are ids, times and names of ours."""
WHOLE_NAMES: Final = frozenset({"name", "speaker"})
"""Those of them that are a person's name and nothing else."""


def names_of(window: dict[str, Any]) -> list[str]:
    """Everybody who is named by a window's fields, in order of appearance."""
    people = [person["name"] for person in window.get("participants", ())]
    people += [said["speaker"] for said in window.get("utterances", ())]
    return list(dict.fromkeys(name for name in people if name))


def whole_spans(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans by place without overlap, each wide enough that its placeholder is known again behind it.

    Where two overlap, the longer one counts, then the first.
    """
    chosen: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            chosen.append(span)
            end = span.end
    return [_widened(text, span) for span in chosen]


def _widened(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start and not BEGINS_CLEAR.match(text, start):
        start -= 1
    while end < len(text) and not ENDS_CLEAR.match(text, end):
        end += 1
    return span if (start, end) == (span.start, span.end) else Span(start, end, span.kind, text[start:end])
