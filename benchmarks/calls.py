"""``python -m benchmarks.calls``: what the offline rules find in calls of our own, against what a colleague would note.

The calls are in ``tests/components/insight_cases/calls``, apart by what they may be used for; see the README there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.zoom.shared.findings import find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.zoom.shared.findings import Finding

FOLDER = Path(__file__).parents[1] / "tests" / "components" / "insight_cases" / "calls"
KINDS = ("action_item", "decision", "question")


def stripped(text: str) -> str:
    """Speech as a transcriber without punctuation and capitals writes it."""
    return re.sub(r"[.,?!;…]", "", text).lower()


def utterances_of(lines: Iterable[str], *, bare: bool = False) -> list[dict[str, Any]]:
    """``Name: words`` as utterances, numbered from 1, four seconds apart."""
    said = [line.split(": ", 1) for line in lines]
    return [
        {
            "id": f"u-{n}",
            "speaker": name,
            "user_id": name,
            "start_ms": n * 4000,
            "text": stripped(words) if bare else words,
            "source": "speech",
        }
        for n, (name, words) in enumerate(said, start=1)
    ]


@dataclass(frozen=True)
class Call:
    """A written call."""

    name: str
    lines: tuple[str, ...]
    notes: tuple[dict[str, Any], ...]
    """What a colleague would note: kind, lines (from 1), and for a task the owner and the date that hold at the end."""

    @classmethod
    def read(cls, file: Path) -> Call:
        """Read ``NAME.txt`` and the notes beside it."""
        notes = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        return cls(file.stem, tuple(file.read_text(encoding="utf-8").splitlines()), tuple(notes))

    def found(self, *, bare: bool = False) -> list[Finding]:
        """What the rules find in the whole call."""
        people = [line.split(": ")[0] for line in self.lines]
        return find(utterances_of(self.lines, bare=bare), people, kinds=KINDS)


def calls(part: str) -> list[Call]:
    """The calls of ``fitting`` or ``sealed``."""
    return [Call.read(file) for file in sorted((FOLDER / part).glob("*.txt"))]


def is_at(note: dict[str, Any], finding: Finding) -> bool:
    """Whether a finding is of the note's kind and shows one of its lines."""
    return finding.kind == note["kind"] and any(f"u-{at}" in finding.evidence for at in note["at"])


def agrees(note: dict[str, Any], finding: Finding) -> bool:
    """Whether it also has the note's owner and date."""
    if not is_at(note, finding):
        return False
    if note["kind"] != "action_item":
        return True
    return (
        note["owner"] in (None, finding.owner) and (note["due"] or "").lower() in (finding.due or "").lower()
    )


def verdict(call: Call, finding: Finding) -> str:
    """``noted``; ``differs``, where owner or date do; or ``unnoted``, which a person has to judge."""
    if any(agrees(note, finding) for note in call.notes):
        return "noted"
    return "differs" if any(is_at(note, finding) for note in call.notes) else "unnoted"


def main(
    part: Annotated[str, typer.Argument(help="fitting or sealed.")] = "fitting",
    bare: Annotated[bool, typer.Option(help="Without punctuation and capitals.")] = False,
    quiet: Annotated[bool, typer.Option(help="Figures only.")] = False,
) -> None:
    """Print what is found in each call, what is missed, and figures by kind."""
    told: Counter[tuple[str, str]] = Counter()
    noted: Counter[tuple[str, str]] = Counter()
    for call in calls(part):
        found = call.found(bare=bare)
        for one in found:
            told[one.kind, verdict(call, one)] += 1
        got = [note for note in call.notes if any(agrees(note, one) for one in found)]
        noted.update((note["kind"], "found" if note in got else "missed") for note in call.notes)
        typer.echo(f"{call.name}: {len(found)} told, {len(got)} of {len(call.notes)} found")
        for one in [] if quiet else found:
            due = f" (due: {one.due})" if one.due else ""
            typer.echo(f"  {verdict(call, one):8} {one.kind:12} [{one.owner or ''}]{due} {one.text(0)}")
        for note in [] if quiet else [note for note in call.notes if note not in got]:
            typer.echo(f"  missed   {note['kind']:12} {note['says']} {note['at']}")
    for kind in KINDS:
        counts = {name: told[kind, name] for name in ("noted", "differs", "unnoted")}
        typer.echo(f"{kind}: told {counts}, found {noted[kind, 'found']}, missed {noted[kind, 'missed']}")


if __name__ == "__main__":
    typer.run(main)
