"""What the demo and simulate print of what people and flows say."""

from __future__ import annotations

import io

from bridge.demo.view import View
from bridge.domain import Run, RunStatus, WindowKind
from bridge.simulator.chat import ChatPost
from bridge.simulator.meeting import Line
from bridge.simulator.progress import Progress, Step

HOSTILE = "Hi :warning: \x1b[2J\x9b31m[red]all[/] \u202egone\r\x07"


def test_nothing_that_a_terminal_would_obey() -> None:
    """No control character, turn of direction, mark-up or emoji comes of what somebody said, posted, or called their file."""
    out = io.StringIO()
    view = View(out)
    line = Line(start_ms=0, end_ms=1, user_id=1, speaker=HOSTILE, text=HOSTILE)
    view.said(Progress(step=Step.SAID, stream_id="s", said=1, lines=1, line=line))
    for status, told in ((RunStatus.DONE, {"output": HOSTILE}), (RunStatus.FAILED, {"error": HOSTILE})):
        fields = {"output": "", "error": ""} | told
        view.understood(
            Run(
                window_id="w",
                stream_id="s",
                route="r",
                seq=1,
                kind=WindowKind.LIVE,
                status=status,
                attempts=1,
                **fields,
            )
        )
    view.posted(ChatPost(webhook_id="1", format="text", raw=b"", text=f"{HOSTILE}\n{HOSTILE}", at=0.0))
    for tell in (view.warned, view.noted, view.done):
        tell(HOSTILE)

    shown = out.getvalue()
    assert shown.count("[red]all[/]") == shown.count(":warning:") == 9
    assert all(each.isprintable() or each == "\n" for each in shown)
