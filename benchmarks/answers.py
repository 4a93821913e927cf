"""``python -m benchmarks.answers``: what the assistant quotes without a model, for questions that real meetings answer and for some that they do not.

Whether a quotation answers its question is judged by reading; see ``docs/insights.md``. The meetings are read from ``MEETINGS_DIR``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.zoom.shared.passages import answer_in, sought_by, speaker_in
from components.zoom.shared.speech import sentences

if TYPE_CHECKING:
    from components.zoom.shared.speech import Sentence

PLAIN = (
    "Who won the football match?",
    "What did they say about parental leave?",
    "When is the next fire drill?",
    "Which restaurant did they choose for dinner?",
    "What is the phone number of the support desk?",
    "Why was the office in Paris closed?",
    "How many customers cancelled their contract?",
    "What is the password of the wireless network?",
    "Summarize the discussion about parking spaces.",
    "Who is responsible for the security audit?",
)
"""Questions that none of the meetings tells."""
DESIGN = (
    "How long is the warranty on the remote control?",
    "Which supplier delivers the batteries?",
    "What did Marketing say about television advertising?",
    "What did the Project Manager think of the packaging?",
    "Who translates the user manual into German?",
    "Summarize the discussion about recycling old remote controls.",
    "Why did the Industrial Designer object to the factory in China?",
    "What was the plan for selling the remote control in supermarkets?",
    "What did User Interface propose about a mobile app for the remote?",
    "When will the first remote control be delivered to the shops?",
)
COMMITTEE = (
    "What did the committee discuss about free school meals?",
    "How many teachers went on strike?",
    "What was the government's plan for school buses?",
    "What did Lynne Neagle say about sport in schools?",
    "When will the new medical school in Wales open?",
    "Why did the universities oppose the new building rules?",
    "What did the meeting discuss about the safety of students on campus at night?",
    "What was the impact of artificial intelligence on exams?",
    "Summarize the discussion about nursery education.",
    "Who is the new chair of the examination board?",
)
RESEARCH = (
    "How much does the transcription cost per hour?",
    "What did the professor say about his holiday?",
    "Which microphones will be bought for the new meeting room?",
    "What was decided about the new web server?",
    "Who reviews the thesis on speaker recognition?",
    "Why did the students complain about the meetings?",
    "What did Grad A think of the new keyboard?",
    "Summarize the discussion about translating the transcripts into Spanish.",
    "When will the speech corpus be sold to companies?",
    "What was the plan for the summer internship?",
)
NEAR = {"ES": DESIGN, "IS": DESIGN, "TS": DESIGN, "ed": COMMITTEE, "Bm": RESEARCH}
"""Untold questions about a meeting's own subject, by how the names of such meetings begin."""


def answers(said: list[Sentence], question: str) -> list[Sentence]:
    """The sentences that are quoted for a question."""
    speaker, names = speaker_in(question, [one.speaker for one in said], "")
    return [said[at] for at in answer_in(said, sought_by(question, speaker=speaker, without=names))]


def heard(file: Path) -> list[Sentence]:
    """A meeting's sentences."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return sentences([line | {"id": f"u-{n}"} for n, line in enumerate(lines, 1)], over=True)


def main(
    names: Annotated[list[str] | None, typer.Argument(help="Names of meetings; else all.")] = None,
    quiet: Annotated[bool, typer.Option(help="Figures only.")] = False,
) -> None:
    """Print what is quoted for each reference question, and which untold questions are not refused."""
    for file in sorted(Path(os.environ["MEETINGS_DIR"]).glob("*.jsonl")):
        if names and file.stem not in names:
            continue
        said = heard(file)
        reference = json.loads(file.with_name(f"{file.stem}.reference.json").read_text(encoding="utf-8"))
        refused = 0
        for asked in reference["questions"]:
            quoted = answers(said, asked["query"])
            refused += not quoted
            if not quiet:
                typer.echo(f"\n{asked['query']}\n  people: {asked['answer']}")
                typer.echo("\n".join(f"  [{one.began + 1}] {one.speaker}: {one.text}" for one in quoted))
        near = NEAR.get(file.stem[:2], ())
        plain, close = ([one for one in some if answers(said, one)] for some in (PLAIN, near))
        typer.echo(
            f"{file.stem}: {refused} of {len(reference['questions'])} refused; untold: "
            f"{len(plain)} of {len(PLAIN)} plain and {len(close)} of {len(near)} near ones answered"
        )
        for question in [*plain, *close]:
            typer.echo(f"  answered, though untold: {question}")


if __name__ == "__main__":
    typer.run(main)
