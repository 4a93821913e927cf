"""What the offline rules report on real meetings, against the page that judges it."""

from __future__ import annotations

import asyncio
import os
import re
import warnings
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.insights import USUAL_KINDS, Told, lines_of, tell
from benchmarks.replay import load
from bridge.simulator.meeting import Line, Meeting, read_meeting
from components.zoom.shared.wording import point_of

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[2] / "docs" / "insights.md").read_text(encoding="utf-8")
JUDGEMENTS = ("right", "badly worded", "wrong")
SHOWN = {"action_item": "action item", "follow_up": "follow-up"}
TOTALS = {
    row[0]: [int(cell) for cell in row[1:]]
    for row in re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) % \|$", PAGE, re.MULTILINE)
}


def judged(meeting: str) -> list[list[str]]:
    """The page's rows for one meeting: kind, text with owner, utterances, judgement."""
    section = PAGE.split(f"## {meeting}")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[-1] in JUDGEMENTS]


@pytest.fixture(scope="module")
def langflow_imported() -> None:
    """What Langflow's libraries warn of while they are imported is not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in ("context_buffer", "meeting_insights", "insight_ledger"):
            load(name)


@pytest.fixture(scope="module")
def played(langflow_imported) -> Callable[[str], Told]:
    """What a real meeting is told; each is played once."""
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        pytest.skip("MEETINGS_DIR is not set: no real meetings to read")
    return cache(
        lambda meeting: asyncio.run(tell(read_meeting(Path(folder) / f"{meeting}.jsonl"), USUAL_KINDS))
    )


def meeting_of(said: list[tuple[str, str]]) -> Meeting:
    """A meeting of these lines, five seconds apart."""
    users = {speaker: 1 + at for at, (speaker, _) in enumerate(reversed(said))}
    return Meeting(
        title="Talk",
        lines=tuple(
            Line(
                start_ms=n * 5000, end_ms=n * 5000 + 4000, user_id=users[speaker], speaker=speaker, text=text
            )
            for n, (speaker, text) in enumerate(said)
        ),
    )


@pytest.mark.parametrize("meeting", ["ES2002b", "education_10"])
def test_the_pages_counts_are_those_of_its_rows(meeting) -> None:
    """Reported, right, badly worded and wrong are what the judged rows add up to."""
    verdicts = [row[-1] for row in judged(meeting)]
    counts = [verdicts.count(verdict) for verdict in JUDGEMENTS]
    assert TOTALS[meeting][:4] == [len(verdicts), *counts]


@pytest.mark.parametrize("meeting", TOTALS)
def test_the_pages_scores_are_what_it_says_they_are(meeting) -> None:
    """A badly worded insight counts half."""
    reported, right, badly_worded, wrong, score = TOTALS[meeting]
    assert reported == right + badly_worded + wrong
    assert abs(score - 100 * (right + badly_worded / 2) / reported) <= 0.5


def test_at_least_two_thirds_are_right_and_at_most_a_tenth_is_wrong() -> None:
    """Over all meetings of the page."""
    reported, right, badly_worded, wrong = (sum(total[at] for total in TOTALS.values()) for at in range(4))
    assert right + badly_worded / 2 >= reported * 2 / 3
    assert wrong <= reported / 10


@pytest.mark.parametrize("meeting", ["ES2002b", "education_10"])
def test_the_page_shows_what_the_rules_report(played, meeting) -> None:
    """Whoever changes a rule judges its findings anew."""
    shown = [
        [
            SHOWN.get(insight["kind"], insight["kind"]),
            f"{insight['owner']}: {insight['text']}" if insight["owner"] else insight["text"],
            ", ".join(entry.removeprefix("u-").lstrip("0") for entry in insight["evidence"]),
        ]
        for insight in played(meeting).live
    ]
    assert [row[:3] for row in judged(meeting)] == shown


@pytest.mark.parametrize("meeting", TOTALS)
def test_the_page_counts_what_the_rules_report(played, meeting) -> None:
    """The number of findings is that of the page, also where it does not list them."""
    assert len(played(meeting).live) == TOTALS[meeting][0]


@pytest.mark.parametrize("meeting", TOTALS)
def test_nothing_is_said_twice(played, meeting) -> None:
    """No two pieces of news of a kind share more than half of their points' longer words, and the end of the meeting repeats none."""
    told = played(meeting)
    live = {(insight["kind"], entry) for insight in told.live for entry in insight["evidence"]}
    assert not any(
        (insight["kind"], entry) in live for insight in told.at_the_end for entry in insight["evidence"]
    )
    for one, other in combinations(told.live, 2):
        mine, theirs = (
            set(re.findall(r"\w{4,}", point_of(insight["text"]).lower())) for insight in (one, other)
        )
        apart = (one["kind"], one["owner"]) != (other["kind"], other["owner"])
        assert apart or len(mine & theirs) <= len(mine | theirs) / 2, (one, other)


async def test_an_insight_told_live_is_no_news_at_the_end(langflow_imported) -> None:
    """The final window finds it again, and the Ledger keeps it to itself."""
    lines = [("Dana", "I'll send the contract by Friday."), ("Omar", "Thanks, that helps us a lot.")]
    told = await tell(meeting_of(lines * 2), USUAL_KINDS)
    assert [insight["text"] for insight in told.live] == ["Dana: “I'll send the contract by Friday.”"]
    assert [insight["text"] for insight in told.final] == ["Dana: “I'll send the contract by Friday.”"]
    assert told.at_the_end == []


async def test_what_was_said_around_an_insight_is_shown(langflow_imported) -> None:
    """The evidence is marked, with a neighbour on both sides."""
    lines = [
        ("Omar", "Hello."),
        ("Dana", "I'll send the contract by Friday."),
        ("Omar", "Thanks."),
        ("Omar", "Bye."),
    ]
    told = await tell(meeting_of(lines), USUAL_KINDS)
    assert list(lines_of(told.final, told.said, around=1)) == [
        "  1 action_item   Dana: Dana: “I'll send the contract by Friday.” (due: by Friday) u-000002",
        "        u-000001 Omar: Hello.",
        "      > u-000002 Dana: I'll send the contract by Friday.",
        "        u-000003 Omar: Thanks.",
    ]
