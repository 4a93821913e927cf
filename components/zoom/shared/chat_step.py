"""What Zoom Chat Output does with what it is given: posts what was not posted, and writes down each post before and after."""

from __future__ import annotations

from typing import Any

from lfx.base.tools.constants import TOOL_OUTPUT_NAME
from lfx.schema.data import Data
from lfx.schema.message import Message

from components.zoom.shared.identity import digest
from components.zoom.shared.languages import labels_in
from components.zoom.shared.message_table import Row, Rows, to_its_end
from components.zoom.shared.news_text import in_markdown, plain
from components.zoom.shared.one_run import within_run
from components.zoom.shared.posts import WANTED, Item, Post, answered, in_parts, items_of, next_post, told_of
from components.zoom.shared.put_back import is_put_back, named_in, said_before, words_of
from components.zoom.shared.remarks import remarks_in
from components.zoom.shared.schemas import NEWS_SCHEMA, PUT_BACK, approved_in, awaits_approval, is_rehearsal
from components.zoom.shared.spent import spent_in
from components.zoom.shared.wording import clean
from components.zoom.shared.zoom_api import ChatError, Line, SetupError
from components.zoom.shared.zoom_chat import ChatConnection, Way, given_in


class ChatStep:
    """All that is posted of one window; its component has the inputs, and shows what came of it."""

    def __init__(self, component: Any) -> None:
        self.component = component

    async def post(self) -> Message:
        """Post what has not been posted, and give all that people see of this window."""
        async with within_run(self.component, last=True):
            return await self._post()

    async def _post(self) -> Message:
        told, given = named_in(self.component.news) or named_in(self.component.context), self._given()
        news = await words_of(self.component, given, told)
        text = await words_of(self.component, self.component.text, told)
        connection = self.component.connection or ChatConnection(
            self.component.send_through,
            given_in(self.component),
            transport=self.component._transport,
            timeout=self.component._timeout,
            sleep=self.component._sleep,
        )
        session_id, meeting, items = self._items(given, news, text)
        items = in_parts(items, connection.limit)
        said = in_markdown("\n\n".join(item.text for item in items))
        if not items:
            self._tell("nothing to post")
        elif awaits_approval(meeting) and not is_rehearsal(meeting, session_id):
            self._tell("it waits for approval, nothing was posted")
            said = f"({labels_in(self._language()).waits})\n\n{said}"
        elif (rehearsal := is_rehearsal(meeting, session_id)) or connection.missing() is None:
            why = "a rehearsal" if rehearsal else f"no {WANTED[connection.way]}"
            self._tell(f"dry run: {why}, nothing was posted")
            said = f"({remarks_in(self._language()).dry_run})\n\n{said}"
        elif not session_id:
            msg = "The run has no session. Send session_id along, one for each meeting."
            raise SetupError(msg)
        else:
            async with connection.open(meeting, rich=self.component.formatting) as (line, way):
                self._tell(await self._post_all(connection.Error, session_id, line, way, items))
        metadata = self._news(news, meeting, items)
        if is_put_back(news) or text != self.component.text:
            metadata[PUT_BACK] = True
        if spent := await spent_in(session_id):
            metadata["spent"] = spent
        return Message(text=said, session_id=session_id, session_metadata=metadata or None)

    def _given(self) -> Any:
        """Give the news that came in, or what was approved, where a flow has none of its own components before."""
        window = self.component.context.data if isinstance(self.component.context, Data) else {}
        if window and not self.component.news and (approved := approved_in(window)):
            return Data(data=window | {"schema": NEWS_SCHEMA} | approved)
        return self.component.news

    def _news(self, news: Any, meeting: dict[str, Any], items: list[Item]) -> dict[str, Any]:
        """Give whoever asked for the run what was found as data; nothing where a text came in that waits for nobody.

        Of all fields of a message, Langflow's Chat Output lets only this one through.
        """
        found = news.data if isinstance(news, Data) else {}
        if found.get("schema") == NEWS_SCHEMA:
            return {"news": answered(found)}
        if not items or not awaits_approval(meeting):
            return {}
        notes = [{"key": items[0].key, "text": plain("\n\n".join(item.text for item in items))}]
        return {"news": answered({"schema": NEWS_SCHEMA, "meeting": meeting, "notes": notes})}

    def _language(self) -> str | None:
        """In which people are told, as far as the news say."""
        return self.component.news.data.get("language") if isinstance(self.component.news, Data) else None

    def _tell(self, said: str) -> None:
        """Say what came of it where the editor shows it."""
        self.component.status = said
        self.component.log(said, name="Posts")

    def _items(self, given: Any, news: Any, text: Any) -> tuple[str, dict[str, Any], list[Item]]:
        """Find what there is to say, in which session and of which meeting.

        ``given`` are the news as they came in: a text is known by what it said before its words were put back.
        """
        window = self.component.context.data if isinstance(self.component.context, Data) else {}
        meeting = window.get("meeting") or {}
        session_id = window.get("session_id")
        text = clean(text or "")
        # An Agent's tool says several things in a window; what is wired says one, in other words each time.
        wired = window.get("window_id") if self.component._current_output != TOOL_OUTPUT_NAME else None
        name = f"{wired}:answer" if wired else f"{digest(clean(self.component.text or ''))}:text"
        items = [Item(name, text)] if text else []
        if isinstance(news, Data) and news.data.get("schema") == NEWS_SCHEMA:
            session_id, meeting = news.data["session_id"], news.data["meeting"]
            items += items_of(news.data)
        elif news:
            said = news if isinstance(news, str) else news.get_text()
            if not isinstance(said, str):
                msg = "The News input must be the news of Zoom Insight Ledger, or text."
                raise SetupError(msg)
            session_id = session_id or getattr(news, "session_id", "")
            said = clean(said)
            before = clean(given if isinstance(given, str) else given.get_text())
            name = window.get("window_id") or said_before(given) or digest(before)
            items += [Item(f"{name}:text", said)] if said else []
        if not session_id and self.component._vertex is not None:
            session_id = self.component.graph.session_id
        return str(session_id or ""), meeting, items

    async def _post_all(
        self, failed: type[ChatError], session_id: str, line: Line, way: Way, items: list[Item]
    ) -> str:
        """Post what was not posted; say what became of all.

        What is about to be posted is written down before, and what came of it after.
        """
        rows = Rows(session_id, f"zoom-chat:{way.place}")
        before = [row.content for row in await rows.all()]
        told = told_of(before)
        unsure = sum(told.state(item) == "claimed" for item in items)
        left = [item for item in items if not told.state(item)]
        here = len(items) - len(left) - unsure
        posted = 0
        while post := next_post(left, way.limit, edits=way.edits):
            left = left[len(post.items) :]
            thread, edited = told.root if self.component.thread else "", told.slots.get(post.slot, "")
            try:
                said = await self._say(rows, line, way, post, thread=thread, edited=edited)
            except failed as error:
                msg = f"{error} Posted: {here + posted} of {len(items)}."
                kind = type(error)
                raise kind(msg, status=error.status, code=error.code, fields=error.fields) from None
            before.append(said)
            told = told_of(before)
            posted += len(post.items)
        perhaps = f", {unsure} perhaps posted before" if unsure else ""
        return f"{posted} posted, {here} posted before{perhaps}"

    async def _say(
        self, rows: Rows, line: Line, way: Way, post: Post, *, thread: str, edited: str
    ) -> dict[str, Any]:
        """Post one message, and give what is kept of it.

        What certainly did not leave is taken back, also where Langflow cancels the run, so that the next one posts it.
        """
        row: Row | None = None
        try:
            row = await rows.add("Zoom Chat Output", post.row("claimed"))
            said = await way.say(post.text, thread=thread, edited=edited)
        except BaseException:
            if not line.in_flight:
                await to_its_end(self._take_back(rows, row, post))
            raise
        kept = post.row("posted") | {"id": said.id, "root": said.root, "slot": post.slot}
        await rows.change(row, kept)
        return kept

    @staticmethod
    async def _take_back(rows: Rows, row: Row | None, post: Post) -> None:
        """Remove the row of a post; of a run that was cancelled while it wrote it, the row that it wrote."""
        written = [row] if row else [one for one in await rows.all() if one.content == post.row("claimed")]
        for one in written:
            await rows.remove(one)
