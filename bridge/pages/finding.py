"""What flows found, under the headings of the page. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bridge.domain import RunStatus, WindowKind, utterance_id, utterance_position
from bridge.transcript.ask import OWN_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Run
    from bridge.flow.news import Insight

HEADINGS: Final = {
    "action": "Action items",
    "decision": "Decisions",
    "question": "Questions",
    "risk": "Risks and objections",
    "other": "Also found",
}
"""Each list of the page by its name, in their order."""
_LISTS: Final = {
    "action_item": "action",
    "action": "action",
    "follow_up": "action",
    "decision": "decision",
    "question": "question",
    "open_question": "question",
    "risk": "risk",
    "objection": "risk",
    "blocker": "risk",
}
MOST_POSTED: Final = 4_000
"""UTF-16 units of a chat message, as for Zoom Chat Output; Zoom takes 4,096."""
MOST_PLACES: Final = 3
"""Links that one finding has to its words; the others say the same again."""
MOST_RUNS: Final = 200
"""Windows that a page tells of, those besides that were given up; a meeting of six hours has thousands."""
_TITLES: Final = {
    WindowKind.START: "Start",
    WindowKind.ASK: "Question",
    WindowKind.FINAL: "Whole meeting",
    WindowKind.APPROVED: "Approved",
}
_STATES: Final = {RunStatus.PENDING: "waits", RunStatus.DONE: "answered", RunStatus.FAILED: "given up"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the words a finding stands."""

    n: int
    anchor: str


def list_of(insight: Insight) -> str:
    """The list under which a finding is shown."""
    return _LISTS.get(insight.kind.lower(), "other")


def kind_in_words(insight: Insight) -> str:
    """For lists that hold several kinds: ``Follow up``."""
    return insight.kind.replace("_", " ").replace("-", " ").strip().capitalize()


def as_message(insight: Insight) -> str:
    """A finding as a person posts it to a meeting's chat, marked as none of their own words, as what flows post is."""
    about = ", ".join(each for each in (insight.owner, insight.due) if each)
    first = f"{OWN_MARK}{kind_in_words(insight)}: {insight.text}{f' ({about})' if about else ''}"
    return _cut("\n".join(each for each in (first, insight.answer, insight.record_url) if each))


def places(insight: Insight) -> list[Place]:
    """The utterances that show it; what names none is passed over."""
    found = [Place(n, utterance_id(n)) for each in insight.evidence if (n := utterance_position(each))]
    return found[:MOST_PLACES]


def element_id(prefix: str, *parts: str) -> str:
    """An id for the page made of texts that may hold anything."""
    return f"{prefix}-{hashlib.sha256(chr(0).join(parts).encode(errors='replace')).hexdigest()[:16]}"


def shown_runs(runs: Sequence[Run]) -> list[tuple[int, Run]]:
    """Those that a page holds, each with its place among all: the newest, and whatever can be run again."""
    newest = len(runs) - MOST_RUNS
    return [(n, run) for n, run in enumerate(runs) if n >= newest or run.status is RunStatus.FAILED]


def run_title(run: Run) -> str:
    """What a window is called."""
    return _TITLES.get(run.kind, f"Window {run.seq}")


def run_state(run: Run) -> str:
    """What became of it, in a word."""
    return _STATES[run.status] if run.status is not RunStatus.DONE or run.output else "nothing new"


def _cut(text: str) -> str:
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MOST_POSTED:
        return text
    return units[: 2 * (MOST_POSTED - 1)].decode("utf-16-le", "ignore") + "…"
