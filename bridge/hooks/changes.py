"""What of a run's news has not been told yet. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.domain import EndpointEvent, WindowKind
from bridge.flow.news import found_in, gone_out, waits
from bridge.hooks.message import found, summed_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.domain import Run
    from bridge.flow.news import Insight
    from bridge.hooks.message import Message


def changes(told: Sequence[Run], run: Run, news: str) -> list[Message]:
    """What a run's news tell beyond the runs of its route and stream that have told something before it was answered.

    A finding is told anew where it reads differently: another wording, owner or date, an answer, a ticket. Other words that
    show it are no news. A window that was answered behind later ones changes nothing of what those have told. What waits
    for somebody to let it out is told when it is.
    """
    if waits(news):
        return []
    told = [each for each in gone_out(told) if each.window_id != run.window_id]
    earlier = sorted(told, key=lambda each: each.seq)
    before = found_in(earlier)
    after = found_in(sorted([*earlier, replace(run, news=news)], key=lambda each: each.seq))
    known = {insight.id: insight for insight in before.insights}
    messages = []
    for insight in after.insights:
        if insight.id not in known:
            messages.append(found(EndpointEvent.FINDING_CREATED, insight))
        elif _said(insight) != _said(known[insight.id]):
            messages.append(found(EndpointEvent.FINDING_UPDATED, insight))
    summary = after.summary
    if summary is not None and (before.summary is None or summary.text != before.summary.text):
        messages.append(summed_up(summary, final=run.kind is WindowKind.FINAL))
    return messages


def _said(insight: Insight) -> Insight:
    """A finding without what may differ although it reads the same."""
    return replace(insight, window_id="", evidence=())
