"""How far a replay is, on standard error: a bar on a terminal, a line for each meeting elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bridge.domain import LIMITS
from bridge.text import one_line

if TYPE_CHECKING:
    from rich.progress import TaskID

    from bridge.replay.outcome import Trial

_LONGEST = 60


class View:
    """Shows what :class:`bridge.replay.run.Progress` tells."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, emoji=False)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self._console, transient=True)
        self._tasks: dict[tuple[str, str], TaskID] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def told(self, sentence: str) -> None:
        """Tell of what was not read as it is."""
        self._console.print(escape(one_line(sentence, LIMITS.text)), highlight=False, soft_wrap=True)

    def begun(self, meeting: str, flow: str, windows: int) -> None:
        """A flow begins with a meeting."""
        name = escape(f"{one_line(meeting, _LONGEST)} · {one_line(flow, _LONGEST)}")
        self._tasks[meeting, flow] = self._progress.add_task(name, total=windows)

    def answered(self, meeting: str, flow: str) -> None:
        """One window more is settled."""
        self._progress.advance(self._tasks[meeting, flow])

    def ended(self, trial: Trial) -> None:
        """A flow is through with a meeting."""
        self._progress.remove_task(self._tasks.pop((trial.meeting, trial.flow)))
        name = f"{one_line(trial.meeting, _LONGEST)} · {one_line(trial.flow, _LONGEST)}"
        left = f", {trial.failed} not answered" if trial.failed else ""
        told = f"{name}: {len(trial.answers)} windows in {trial.seconds:.1f} s{left}"
        self._console.print(escape(told), highlight=False, soft_wrap=True)
