"""``python -m benchmarks.redaction``: what of the marked sentences gets through redaction, and what it replaces wrongly."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from bridge.redaction.placeholders import Placeholders
from bridge.redaction.redactor import Redactor, whole_spans
from bridge.redaction.sensitive import KINDS, LITERAL, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT: Final = Path(__file__).parents[1]
SENTENCES: Final = ROOT / "tests" / "redaction" / "sentences"
ASIDE: Final = SENTENCES / "aside"
PAGE: Final = ROOT / "docs" / "redaction.md"
BEGIN: Final = "<!-- figures: python -m benchmarks.redaction --write -->"
END: Final = "<!-- end of figures -->"
LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "ja": "Japanese",
    "fr": "French",
    "pt": "Portuguese",
}
_MARK: Final = re.compile(r"\{(\w+)\|([^{}]*)\}")
_INFLECTION: Final = 2
"""Characters that a replacement may take in beside what is marked: an ending, or a letter of a title."""
_UTTERANCES, _WORDS = 500, 20
_ROUNDS: Final = 5


@dataclass(frozen=True)
class Sentence:
    """A sentence with what is sensitive in it."""

    text: str
    marked: Sequence[Span]


@dataclass
class Figures:
    """Of one set of sentences, by kind."""

    sentences: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    through: Counter[str] = field(default_factory=Counter)
    """Marked places of which a letter or digit is still there."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Replacements of something that nobody marked, or with more than an ending besides."""
    faults: list[str] = field(default_factory=list)
    """Sentences with what is wrong in them, for people who mend the rules."""

    def add(self, other: Figures) -> None:
        """Take another set in."""
        self.sentences += other.sentences
        self.marked += other.marked
        self.through += other.through
        self.wrong += other.wrong
        self.faults += other.faults


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
    """A sentence of its line, as ``ask {names|anna} again``."""
    text, marked, at = "", list[Span](), 0
    for match in _MARK.finditer(line):
        text += line[at : match.start()]
        marked.append(Span(len(text), len(text) + len(match[2]), match[1], ""))
        text += match[2]
        at = match.end()
    return Sentence(text + line[at:], marked)


def measure(folder: Path, language: str) -> Figures:
    """Redact each sentence of a file as if it were all that was said in a meeting of its roster."""
    roster, sentences = read(folder / f"{language}.txt")
    counted = Figures(sentences=len(sentences))
    for sentence in sentences:
        key, redactor = Placeholders(), Redactor()
        for name in roster:
            key.add_person(name)
        found = redactor.spans(sentence.text, key, redactor.languages_of(sentence.text))
        spans = [span for span in whole_spans(sentence.text, found) if span.kind != LITERAL]
        faults = list(_compare(sentence, spans, counted))
        if faults:
            counted.faults.append(f"{language}: {sentence.text}\n    {'; '.join(faults)}")
    return counted


def _compare(sentence: Sentence, spans: Sequence[Span], counted: Figures) -> Iterator[str]:
    hidden = {at for span in spans for at in range(span.start, span.end)}
    meant = {at for mark in sentence.marked for at in range(mark.start, mark.end)}
    for mark in sentence.marked:
        counted.marked[mark.kind] += 1
        if any(at not in hidden and sentence.text[at].isalnum() for at in range(mark.start, mark.end)):
            counted.through[mark.kind] += 1
            yield f"through: {sentence.text[mark.start : mark.end]}"
    for span in spans:
        places = [at for at in range(span.start, span.end) if sentence.text[at].isalnum()]
        beyond = [at for at in places if at not in meant]
        if len(beyond) > _INFLECTION or beyond == places:
            counted.wrong[span.kind] += 1
            yield f"wrong: {sentence.text[span.start : span.end]} ({span.kind})"


def window_seconds() -> float:
    """Processor seconds that a window of 500 utterances of 20 words takes, at best of five, with all lists read."""
    words = " ".join(sentence.text for sentence in read(SENTENCES / "en.txt")[1]).split() * 12
    texts = (" ".join(words[at * _WORDS : (at + 1) * _WORDS]) for at in range(_UTTERANCES))
    window = {
        "utterances": [
            {"id": f"u-{at:06d}", "speaker": "Anna Meyer", "text": text} for at, text in enumerate(texts)
        ]
    }
    taken = []
    for _ in range(_ROUNDS):
        begun = time.process_time()
        Redactor().window(window, Placeholders())
        taken.append(time.process_time() - begun)
    return min(taken)


def tables(told: dict[str, Figures], aside: dict[str, Figures], seconds: float) -> str:
    """The figures as Markdown."""
    lines = [
        f"Of {_total(told).sentences} sentences the rules were made with, and {_total(aside).sentences} that were kept aside:",
        "",
        "| | marked | got through | replaced wrongly | aside: marked | got through | replaced wrongly |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [_row(LANGUAGES[language], told[language], aside[language]) for language in LANGUAGES]
    lines.append(_row("**All**", _total(told), _total(aside)))
    lines += ["", "By kind, in all languages:", "", *lines[2:4]]
    lines += [
        _row(f"`{kind}`", _total(told), _total(aside), kind) for kind in KINDS if _total(told).marked[kind]
    ]
    lines += [
        "",
        f"A window of {_UTTERANCES} utterances of {_WORDS} words takes {seconds * 1000:.0f} ms of a processor.",
    ]
    return "\n".join(lines)


def _total(figures: dict[str, Figures]) -> Figures:
    total = Figures()
    for one in figures.values():
        total.add(one)
    return total


def _row(title: str, told: Figures, aside: Figures, kind: str = "") -> str:
    cells = [
        counter[kind] if kind else counter.total()
        for figures in (told, aside)
        for counter in (figures.marked, figures.through, figures.wrong)
    ]
    return f"| {title} | {' | '.join(str(cell) for cell in cells)} |"


def main(
    faults: Annotated[
        bool, typer.Option(help="Print the sentences with a fault; never those kept aside.")
    ] = False,
    write: Annotated[bool, typer.Option("--write", help="Write the figures into docs/redaction.md.")] = False,
) -> None:
    """Count what redaction misses and what it replaces wrongly, in both sets of sentences."""
    told = {language: measure(SENTENCES, language) for language in LANGUAGES}
    aside = {language: measure(ASIDE, language) for language in LANGUAGES}
    written = tables(told, aside, window_seconds())
    typer.echo(written)
    if faults:
        typer.echo("\n".join(_total(told).faults))
    if write:
        page = PAGE.read_text(encoding="utf-8")
        before, behind = page[: page.index(BEGIN)], page[page.index(END) :]
        PAGE.write_text(f"{before}{BEGIN}\n\n{written}\n\n{behind}", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
