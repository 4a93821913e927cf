"""What Zoom Insight Ledger does with a window's insights: finds what the meeting has not been told, and keeps it."""

from __future__ import annotations

from typing import Any

from lfx.schema.data import Data

from components.zoom.shared.ledger import InsightsError, found_in_lines, is_news, make_news, written
from components.zoom.shared.message_table import Rows
from components.zoom.shared.one_run import give_up_run, within_run
from components.zoom.shared.remarks import remarks_in
from components.zoom.shared.schemas import CONTEXT_SCHEMA, INSIGHTS_SCHEMA, is_typed


class LedgerStep:
    """One window's news; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def find(self) -> dict[str, Any]:
        """Give ``zoom-news/1``; stop the flow where there is none."""
        async with within_run(self.component):
            news = await self._news()
        if not is_news(news):
            await self._stop("news")
        return news

    async def tell(self) -> tuple[str, str]:
        """Give the news as text, and its session; stop the flow where there is none, but answer whoever types."""
        async with within_run(self.component, last=True):
            news = await self._news()
        told, context = written(news), self.component.context
        if not told and isinstance(context, Data) and is_typed(context.data):
            told = remarks_in(news.get("language")).nothing_new
        if not told:
            await self._stop("text")
        return told, news["session_id"]

    async def _stop(self, output: str) -> None:
        if self.component._vertex is not None:
            self.component.stop(output)
            await give_up_run(self.component)

    async def _news(self) -> dict[str, Any]:
        found = self._found()
        news = await self._told(found)
        changed = sum(insight["status"] == "changed" for insight in news["insights"])
        told = f"{len(news['insights']) - changed} new, {changed} changed of {len(found['insights'])}"
        self.component.status = told
        self.component.log(told, name="News")
        return news

    def _found(self) -> dict[str, Any]:
        """What was found in the window, by whichever of the two ways is connected.

        An input that is not connected is an empty message; a model's empty answer is one too.
        """
        found, context = (
            each.data if isinstance(each, Data) else {}
            for each in (self.component.insights, self.component.context)
        )
        text = str(getattr(self.component.lines, "text", self.component.lines) or "")
        if found.get("schema") == INSIGHTS_SCHEMA:
            return found
        if context.get("schema") == CONTEXT_SCHEMA and not found:
            return found_in_lines(text, context)
        if text:
            msg = "Lines need the Context output of Zoom Context Buffer too: connect it to Context."
        else:
            msg = f"The Insights input must be {INSIGHTS_SCHEMA}. Connect Zoom Meeting Insights to it, or Lines and Context."
        raise InsightsError(msg)

    async def _told(self, found: dict[str, Any]) -> dict[str, Any]:
        """Give the news that the window was told already, or make it and keep it."""
        rows = Rows(found["session_id"], f"zoom-ledger:{found['route']}")
        told = await rows.all()
        news = next((row.content for row in told if row.name == found["window_id"]), None)
        if news is None:
            news = make_news(found, [row.content for row in told])
            await rows.add(found["window_id"], news)
        return news
