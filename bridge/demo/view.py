"""What the demo shows in the terminal: what is said, what was understood, what reached chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from bridge.domain import LIMITS, RunStatus, WindowKind
from bridge.simulator.progress import Step
from bridge.text import lines_of, one_line

if TYPE_CHECKING:
    from rich.status import Status

    from bridge.domain import Run
    from bridge.simulator.chat import ChatPost
    from bridge.simulator.progress import Progress

_TITLES = {WindowKind.FINAL: "the whole meeting", WindowKind.ASK: "a question"}
"""What windows are called; others by their number."""
_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")


class View:
    """Prints as things happen, and of what people and flows say nothing that a terminal would obey."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._console = Console(file=out, emoji=False, highlight=False)
        self._colours: dict[int | str, str] = {}
        self._posts = 0
        self._status: Status | None = None
        self._told = ""

    def step(self, text: str) -> None:
        """Tell of progress that people wait for; on a terminal it replaces the line before."""
        if not self._console.is_terminal:
            if text.partition(",")[0] != self._told:  # a log need not count seconds
                self._console.print(f"… {escape(text)}")
            self._told = text.partition(",")[0]
        elif self._status is None:
            self._status = self._console.status(escape(text))
            self._status.start()
        else:
            self._status.update(escape(text))

    def done(self, text: str) -> None:
        """Tell of something that is ready."""
        self.close()
        self._console.print(f"[green]✓[/] {_line(text)}")

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def said(self, progress: Progress) -> None:
        """Show a line of the meeting."""
        line = progress.line
        if line is None:
            return
        colour = self._colours.setdefault(line.user_id, _COLOURS[len(self._colours) % len(_COLOURS)])
        seconds = line.start_ms // 1000
        lost = " [red](nobody listened)[/]" if progress.step is Step.LOST else ""
        self._console.print(
            f"[dim]{seconds // 60:02d}:{seconds % 60:02d}[/] [{colour}]{_line(line.speaker)}[/]: "
            f"{_line(line.text)}{lost}"
        )

    def understood(self, run: Run) -> None:
        """Show what became of a window."""
        final = run.kind is WindowKind.FINAL
        title = _TITLES.get(run.kind, f"window {run.seq}")
        if run.status is RunStatus.FAILED:
            self._console.print(f"[red]✗ {title}: {_line(run.error)}[/]")
        elif not run.output:
            self._console.print(f"[dim]◇ {title}: nothing new[/]")
        elif final:
            self._console.print(f"[bold]◆ {title}[/] was summed up")
        else:
            verb = "answered" if run.kind is WindowKind.ASK else "understood"
            for line in filter(None, map(_line, run.output.splitlines())):
                self._console.print(f"[bold]◆ {title}[/] {verb}: {line}")

    def posted(self, post: ChatPost) -> None:
        """Show a message as people see it in Zoom chat."""
        self._posts += 1
        self._console.print(
            Panel(
                escape(lines_of(post.text, LIMITS.text)),
                title=f"Zoom chat, message {self._posts}",
                title_align="left",
                border_style="blue",
            )
        )

    def warned(self, sentence: str) -> None:
        """Tell of something that is not as it might be expected."""
        self.close()
        self._console.print(f"[yellow]{_line(sentence)}[/]")

    def noted(self, sentence: str) -> None:
        """Tell of how a file was read, or what is waited for."""
        self._console.print(f"[dim]{_line(sentence)}[/]")

    def print(self, text: str = "") -> None:
        """Print a line of Rich markup."""
        self._console.print(text)


def _line(text: str) -> str:
    """What people or flows say, as Rich prints it."""
    return escape(one_line(text, LIMITS.text))
