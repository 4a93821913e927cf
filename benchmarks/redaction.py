"""Figures of redaction: what of the marked sentences gets through, and what is replaced wrongly."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bridge.redaction.placeholders import Placeholders
from bridge.redaction.redactor import Redactor, whole_spans
from bridge.redaction.sensitive import LITERAL, Span

SENTENCES: Final = Path(__file__).parents[1] / "tests" / "redaction" / "sentences"
LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "pt": "Portuguese",
    "ja": "Japanese",
}
_MARK: Final = re.compile(r"\{(\w+)\|([^{}]*)\}")
_INFLECTION: Final = 2
"""Characters that a replacement may take in behind a name."""


@dataclass
class Sentence:
    """A sentence with what is sensitive in it."""

    text: str
    marked: list[Span]


@dataclass
class Figures:
    """Of one set in one language, by kind."""

    marked: Counter[str] = field(default_factory=Counter)
    through: Counter[str] = field(default_factory=Counter)
    """Marked places of which at least a character is still there."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Replacements of something, or with something, that nobody marked."""
    sentences: int = 0
    told: list[str] = field(default_factory=list)
    """For people who mend the rules: the sentences with a fault."""


def read(path: Path) -> tuple[list[str], list[Sentence]]:
    """The roster and the sentences of a file."""
    roster: list[str] = []
    sentences = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# roster:"):
            roster = [name.strip() for name in line.removeprefix("# roster:").split(",")]
        elif line and not line.startswith("#"):
            sentences.append(unmarked(line))
    return roster, sentences


def unmarked(line: str) -> Sentence:
    """A sentence of its line: ``ask {names|anna} again``."""
    text, marked, at = "", list[Span](), 0
    for match in _MARK.finditer(line):
        text += line[at : match.start()]
        marked.append(Span(len(text), len(text) + len(match[2]), match[1], ""))
        text += match[2]
        at = match.end()
    return Sentence(text + line[at:], marked)


def figures(path: Path) -> Figures:
    """Redact each sentence of a file as if it were a meeting's only one."""
    roster, sentences = read(path)
    counted = Figures(sentences=len(sentences))
    for sentence in sentences:
        key = Placeholders()
        for name in roster:
            key.add_person(name)
        redactor = Redactor()
        spans = whole_spans(
            sentence.text, redactor.spans(sentence.text, key, redactor.languages_of(sentence.text))
        )
        faults = [*_compare(sentence, [span for span in spans if span.kind != LITERAL], counted)]
        if faults:
            counted.told.append(f"{sentence.text}\n      {'; '.join(faults)}")
    return counted


def _compare(sentence: Sentence, spans: list[Span], counted: Figures) -> Iterator[str]:
    for mark in sentence.marked:
        counted.marked[mark.kind] += 1
        hidden = {at for span in spans for at in range(span.start, span.end)}
        open_ = [at for at in range(mark.start, mark.end) if at not in hidden and sentence.text[at].isalnum()]
        if open_:
            counted.through[mark.kind] += 1
            yield f"through: {sentence.text[mark.start : mark.end]}"
    meant = {at for mark in sentence.marked for at in range(mark.start, mark.end)}
    for span in spans:
        beyond = [at for at in range(span.start, span.end) if at not in meant and sentence.text[at].isalnum()]
        if len(beyond) > _INFLECTION or len(beyond) == span.end - span.start:
            counted.wrong[span.kind] += 1
            yield f"wrong: {span.kind} {sentence.text[span.start : span.end]}"


if __name__ == "__main__":
    show_aside = "--aside" in sys.argv
    for folder in (SENTENCES / "aside",) if show_aside else (SENTENCES,):
        for language in LANGUAGES:
            f = figures(folder / f"{language}.txt")
            print(
                language,
                f.sentences,
                "marked",
                sum(f.marked.values()),
                "through",
                dict(f.through),
                "wrong",
                dict(f.wrong),
            )
            for t in f.told if not show_aside else ():
                print("   ", t)
