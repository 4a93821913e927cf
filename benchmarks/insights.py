"""``python -m benchmarks.insights ES2002b``: what the offline rules report on a real meeting, to be judged by hand.

A meeting of ``MEETINGS_DIR`` goes through Zoom Meeting Insights and the Ledger in the live windows of the built-in
route, and once more as the final window. The judgements are in ``docs/insights.md``.
"""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from benchmarks.replay import COMPONENTS, final_context, live_contexts, load
from benchmarks.tokens import built_in_rule, word_budget
from bridge.simulator.meeting import Meeting, read_meeting
from components.zoom.shared.ledger import sift

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

USUAL_KINDS = ["action_item", "decision", "question"]
ALL_KINDS = USUAL_KINDS


@dataclass(frozen=True)
class Told:
    """What a meeting was told."""

    said: list[dict[str, Any]]
    """Its utterances."""
    live: list[dict[str, Any]]
    """The Ledger's news, window by window; a changed insight is there again."""
    final: list[dict[str, Any]]
    """What the rules find in the whole meeting."""
    at_the_end: list[dict[str, Any]]
    """The part of that which the Ledger takes for news after the live windows."""
    minutes: str
    slowest_live_seconds: float
    """Processor time of one run of the component."""
    final_seconds: float


async def tell(meeting: Meeting, kinds: list[str]) -> Told:
    """Play a meeting to the rules and the Ledger."""
    from lfx.schema.data import Data

    rules, buffer = load("meeting_insights"), load("context_buffer")
    source = (COMPONENTS / "meeting_insights.py").read_text(encoding="utf-8")

    async def find(context: dict[str, Any]) -> tuple[dict[str, Any], float]:
        component = rules.ZoomMeetingInsights(context=Data(data=context), kinds=kinds, _code=source)
        began = time.process_time()
        found: dict[str, Any] = (await component.find_insights()).data
        return found, time.process_time() - began

    live: list[dict[str, Any]] = []
    known: dict[str, dict[str, Any]] = {}
    slowest = 0.0
    contexts = await asyncio.to_thread(
        lambda: list(live_contexts(meeting, built_in_rule(), word_budget(buffer)))
    )
    for context in contexts:
        found, took = await find(context)
        slowest = max(slowest, took)
        news = sift(found["insights"], known, meeting.title)
        known |= {insight["id"]: insight for insight in news}
        live += news
    whole = final_context(meeting)
    found, took = await find(whole)
    late = sift(found["insights"], known, meeting.title)
    return Told(whole["new"], live, found["insights"], late, found["summary"]["text"], slowest, took)


def lines_of(
    insights: Sequence[dict[str, Any]], said: Sequence[dict[str, Any]], around: int
) -> Iterator[str]:
    """Insights with their evidence and, where ``around`` is not 0, as many utterances on both sides of it."""
    position = {utterance["id"]: at for at, utterance in enumerate(said)}
    for number, insight in enumerate(insights, start=1):
        owner = f"{insight['owner']}: " if insight["owner"] else ""
        due = f" (due: {insight['due']})" if insight["due"] else ""
        again = " (changed)" if insight.get("status") == "changed" else ""
        yield f"{number:3} {insight['kind']:13}{again} {owner}{insight['text']}{due} {' '.join(insight['evidence'])}"
        shown = [position[entry] for entry in insight["evidence"]]
        for at in (
            range(max(0, min(shown) - around), min(len(said), max(shown) + around + 1)) if around else ()
        ):
            mark = ">" if at in shown else " "
            yield f"      {mark} {said[at]['id']} {said[at]['speaker']}: {said[at]['text']}"


def main(
    meeting: Annotated[str, typer.Argument(help="A meeting of MEETINGS_DIR, such as ES2002b.")],
    around: Annotated[int, typer.Option(min=0, help="Utterances to show on both sides of each insight.")] = 0,
    watched: Annotated[bool, typer.Option(help="Buying signals and problems too.")] = False,
) -> None:
    """Print what the offline rules report on a meeting, live and at its end."""
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        raise typer.BadParameter("MEETINGS_DIR must name the folder that holds the meetings.")
    played = read_meeting(Path(folder) / f"{meeting}.jsonl")
    told = asyncio.run(tell(played, ALL_KINDS if watched else USUAL_KINDS))
    for heading, insights in (
        (f"Live (slowest window {told.slowest_live_seconds * 1000:.0f} ms)", told.live),
        (f"Final window ({told.final_seconds * 1000:.0f} ms)", told.final),
        ("News of the final window", told.at_the_end),
    ):
        typer.echo(f"\n{heading}: {len(insights)}")
        typer.echo("\n".join(lines_of(insights, told.said, around if insights is told.live else 0)))
    typer.echo(f"\n{told.minutes}")


if __name__ == "__main__":
    typer.run(main)
