"""What of a meeting waits for somebody, and what was decided: from its runs and its verdicts. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bridge.approval.item import beside_in, items_of
from bridge.domain import Decision, RunStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.approval.item import Item
    from bridge.domain import Run, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits."""

    item: Item
    last: Verdict | None
    """What was decided on an earlier wording of it; ``None`` where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One thing that was decided."""

    verdict: Verdict
    item: Item | None
    """What it was about, as it reads now; ``None`` where no run tells of it any more."""
    run: Run | None
    """Of the window that takes it to its flow; ``None`` where there is none, or none yet."""

    @property
    def given_up(self) -> bool:
        """Whether it was let out and went nowhere."""
        return self.run is not None and self.run.status is RunStatus.FAILED

    @property
    def state(self) -> str:
        """What became of it, in words."""
        if self.verdict.decision is Decision.NO:
            return "declined"
        return _STATES[self.run.status] if self.run else "waits for its turn"


_STATES: Final = {
    RunStatus.PENDING: "on its way",
    RunStatus.DONE: "went out",
    RunStatus.FAILED: "did not go out: its run was given up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How it stands with a meeting."""

    open: Mapping[tuple[str, str], Waiting] = field(default_factory=dict)
    """What waits, by route and name, in order of first appearance."""
    decided: tuple[Decided, ...] = ()
    """In the order in which it was decided."""
    known: Mapping[tuple[str, str], Item] = field(default_factory=dict)
    """Everything that waits or waited, in its latest wording, by route and name."""

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What waits, in order of first appearance."""
        return tuple(self.open.values())

    def find(self, route: str, name: str) -> Item | None:
        """Something that waits or waited."""
        return self.known.get((route, name))

    def waits(self, route: str, name: str) -> Waiting | None:
        """Something that waits."""
        return self.open.get((route, name))


def standing_of(runs: Iterable[Run], verdicts: Iterable[Verdict]) -> Standing:
    """How it stands; runs and verdicts are in their order.

    What was told anew after a verdict waits again, unless it reads as what was decided on, or as what went out.
    """
    runs = list(runs)
    verdicts = list(verdicts)
    known = {(item.route, item.id): item for run in runs for item in items_of(run)}
    last = {(verdict.route, verdict.item): verdict for verdict in verdicts}
    windows = {run.window_id: run for run in runs}
    return Standing(
        open={
            key: Waiting(item=item, last=last.get(key))
            for key, item in known.items()
            if key not in last or not _is_about(last[key], item)
        },
        decided=tuple(
            Decided(
                verdict=replace(verdict, approved=""),
                item=known.get((verdict.route, verdict.item)),
                run=windows.get(verdict.window_id) if verdict.window_id else None,
            )
            for verdict in verdicts
        ),
        known=known,
    )


def _is_about(verdict: Verdict, item: Item) -> bool:
    if item.digest == verdict.digest:
        return True
    edited = verdict.decision is Decision.POST and item.digest == item.worded(
        verdict.text, verdict.owner, verdict.due
    )
    return edited and beside_in(verdict.approved) == item.fields_beside
