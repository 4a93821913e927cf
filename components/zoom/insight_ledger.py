"""Zoom Insight Ledger: what a meeting has been told already, so that it hears only news."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from lfx.custom import Component
from lfx.io import DataInput, Output
from lfx.schema.data import Data

INSIGHTS_SCHEMA: Final = "zoom-insights/1"
NEWS_SCHEMA: Final = "zoom-news/1"

# region shared/compiled_once (written by 'zoom-bridge flows build')


def compiled_once(name: str, text: str, *needs: Any) -> Any:
    """The module of a piece's text.

    Langflow compiles a component's source anew in each run. What stands in a text is spared that: the module is
    kept under its content, so that an edited text is another module.

    Args:
        name: What the piece is called in tracebacks.
        text: Its source.
        needs: Modules of other pieces, whose names it uses.
    """
    from hashlib import sha256
    from linecache import cache as sources
    from sys import modules
    from types import ModuleType

    content = "\0".join([text, *(need.__name__ for need in needs)])
    title = f"zoom_shared_{name}_{sha256(content.encode()).hexdigest()[:16]}"
    known = modules.get(title)
    if getattr(known, "is_whole", False):
        return known
    module: Any = ModuleType(title)
    for need in needs:
        vars(module).update({key: value for key, value in vars(need).items() if not key.startswith("__")})
    vars(module)["is_whole"] = False
    modules[title] = module  # dataclasses look their module up; another thread makes one of its own
    sources[f"<{title}>"] = (len(text), None, text.splitlines(keepends=True), f"<{title}>")
    exec(compile(text, f"<{title}>", "exec", dont_inherit=True), vars(module))
    module.is_whole = True
    return module


# endregion

# region shared/message_table (written by 'zoom-bridge flows build')
# fmt: off
_message_table = compiled_once(
    'message_table', r'''
"""What a component keeps between its runs: rows of Langflow's message table, in a session beside the meeting's.

A component object lives for one run; the message table is what all runs, and all workers of a server, see. The rows
stand in the session ``<session>:memory``, so that neither the Playground's chat nor a model's chat memory has them,
and ``zoom-bridge`` deletes them with the meeting. A run of somebody whom Langflow does not know keeps nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from lfx.memory import aget_messages, astore_message, aupdate_messages, delete_message
from lfx.schema.message import Message

LONGEST_WRITE_SECONDS: Final = 10.0
"""How long a cancelled run waits for what it is writing."""
HALF: Final = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One row: what it is about, and what it says."""

    name: str
    content: Any = field(repr=False)
    stored_at: str
    """When it was stored, UTC, written so that text order is time order."""
    message: Message = field(repr=False)

    @property
    def id(self) -> str:
        """Its id in the table; empty where Langflow keeps nothing of this run."""
        return str(self.message.id) if self.message.has_id() else ""


@dataclass(frozen=True)
class Rows:
    """The rows of one topic of a meeting, such as ``zoom-ledger:action-items``.

    What is written is written to its end, also where Langflow cancels the run meanwhile. The table cannot refuse a
    second row of the same name: whoever needs to be the only one looks once more after it has written.
    """

    session_id: str
    """The meeting's."""
    topic: str

    async def all(self, name: str | None = None) -> list[Row]:
        """Give the rows, or those of one name, oldest first."""
        return [row_of(message) for message in await self._messages(name, "ASC", None)]

    async def newest(self, number: int) -> list[Row]:
        """Give the newest rows, the newest first."""
        return [row_of(message) for message in await self._messages(None, "DESC", number)]

    async def first(self, name: str) -> Row | None:
        """Give the row of this name; of several the oldest, so that everybody has the same."""
        found = await self._messages(name, "ASC", 1)
        return row_of(found[0]) if found else None

    async def add(self, name: str, content: Any) -> Row:
        """Write a row; ``name`` may not be empty."""
        message = Message(
            text=as_text(content),
            sender="Machine",
            sender_name=name,
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
        )
        [stored] = await to_its_end(astore_message(message))
        return Row(name=name, content=content, stored_at=str(stored.timestamp), message=stored)

    async def change(self, row: Row, content: Any) -> None:
        """Write a row anew."""
        if row.id:
            row.message.text = as_text(content)
            await to_its_end(aupdate_messages([row.message]))

    async def remove(self, row: Row) -> None:
        """Take a row away; one that is gone is no error."""
        if row.id:
            await to_its_end(delete_message(row.id))

    async def _messages(self, name: str | None, order: str, limit: int | None) -> list[Message]:
        found: list[Message] = await aget_messages(
            session_id=f"{self.session_id}:memory",
            context_id=self.topic,
            sender_name=name,
            order=order,
            limit=limit,
        )
        return found


def row_of(message: Message) -> Row:
    """Read what :meth:`Rows.add` wrote."""
    return Row(
        name=str(message.sender_name),
        content=json.loads(str(message.text)),
        stored_at=str(message.timestamp),
        message=message,
    )


def as_text(content: Any) -> str:
    """Write JSON as short as it can be; where halves of characters are in it, which no database takes, in ASCII."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return text if text.isascii() or HALF.search(text) is None else json.dumps(content)


async def to_its_end(work: Any) -> Any:
    """Wait for a piece of work that goes on to its end even where the run is cancelled.

    A cancelled run ends after it, so that nothing comes behind its back; it waits ``LONGEST_WRITE_SECONDS`` at most.
    """
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        until = loop.time() + LONGEST_WRITE_SECONDS
        while not task.done() and loop.time() < until:
            with contextlib.suppress(asyncio.CancelledError):  # cancelled once more; the work is what matters
                await asyncio.wait([task], timeout=until - loop.time())
        if task.done() and not task.cancelled():
            task.exception()  # what became of the work is of no use to a run that is over
        raise
''',
)
# fmt: on
Rows = _message_table.Rows
# endregion

# region shared/one_run (written by 'zoom-bridge flows build')
# fmt: off
_one_run = compiled_once(
    'one_run', r'''
"""One run of a window at a time: Zoom Context Buffer claims the run, and whoever comes to the run's end gives it up.

Two runs of one window meet only where the first was not told to stop, or was not heard when it was: after a time-out,
or when the bridge or Langflow was started anew. The door is Context Buffer, through which every window comes. Behind
it nobody needs to look out for rivals. The claim is a row of the message table; the run remembers its own in the
graph's context. It is given up by the last of our components, by any of them that fails or is cancelled, and else it
lapses.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final



CLAIM: Final = "zoom_run"
"""What a run's own claim is called in the graph's context."""


class RunUnderWayError(RuntimeError):
    """Another run of the window is under way. Later it can be run: nothing is lost, nothing was done."""


async def claim_run(
    component: Any, *, session_id: str, route: str, window_id: str, now: float, seconds: float
) -> None:
    """Claim a window for this run, for ``seconds`` at most; a second time in the same run is no harm.

    The table cannot refuse a row, so a run writes its claim and then looks for others: of two at once at most one goes
    on, and where both find each other, neither.

    Args:
        component: The one that stands at the door; without a graph it is in no run, and nothing is claimed.
        session_id: The meeting's.
        route: The window's.
        window_id: The window.
        now: Unix seconds, by which all workers of a server go.
        seconds: After these a claim has lapsed: its run is dead, or was given up by the bridge.

    Raises:
        RunUnderWayError: Another run has it.
    """
    run = run_of(component)
    if not run or CLAIM in component.graph.context:
        return
    rows = Rows(session_id, f"zoom-run:{route}")
    try:
        mine = await rows.add(window_id, {"run": run, "until": now + seconds})
        for other in await rows.all(window_id):
            if other.content["until"] <= now:
                await rows.remove(other)
            elif other.content["run"] != run:
                msg = f"Zoom Context Buffer: another run of this window is under way. {window_id} can be run after it."
                raise RunUnderWayError(msg)
    except BaseException:
        await to_its_end(take_back(rows, window_id, run))
        raise
    component.graph.context[CLAIM] = {"session_id": session_id, "route": route, "row": mine}


async def take_back(rows: Rows, window_id: str, run: str) -> None:
    """Remove what a run has claimed, whichever row of it there is."""
    for row in await rows.all(window_id):
        if row.content["run"] == run:
            await rows.remove(row)


async def give_up_run(component: Any) -> None:
    """Let the next run of the window in."""
    claim = component.graph.context.pop(CLAIM, None) if run_of(component) else None
    if claim:
        await Rows(claim["session_id"], f"zoom-run:{claim['route']}").remove(claim["row"])


@contextlib.asynccontextmanager
async def within_run(component: Any, *, last: bool = False) -> AsyncIterator[None]:
    """Do a component's part of a run; give the run up where that fails or is cancelled, or where it is the last."""
    try:
        yield
    except BaseException:
        await give_up_run(component)
        raise
    if last:
        await give_up_run(component)


def run_of(component: Any) -> str:
    """Name the run of a flow that a component is part of; empty where it is used alone."""
    return str(getattr(component.graph, "_run_id", "") or "") if component._vertex is not None else ""
''', _message_table,
)
# fmt: on
give_up_run = _one_run.give_up_run
within_run = _one_run.within_run
# endregion

ALIKE: Final = 0.8
"""Share of common words from which two texts, each with words of its own, say the same thing."""
ALIKE_SAME_EVIDENCE: Final = 0.6
"""The same where both point at an utterance in common."""
CONTAINED: Final = 0.6
"""Share of common words from which a text says the same as a longer one that has all its words."""
RICHER_WORDS: Final = 2
"""Words that a new wording must add to be told again."""

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+(?:['’][^\W_]+)*")
STOP_WORDS: Final = frozenset(
    """a about all also am an and any are as at be been being but by can could did do does for from get go going
    gonna got had has have he her him his i if in into is it its just let lets me my need needs of on or our please
    shall she should so some that the their them then there these they this those to up us wants was we were what
    which who will with would you your i'll we'll you'll he'll she'll they'll i'm we're it's let's that's there's
    i've we've""".split()
)
DAYS: Final = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february april june july august september
    october november december today tomorrow tonight""".split()
)
WHEN_WORDS: Final = DAYS | frozenset(
    """march may morning afternoon evening noon eod eow day days week weeks weekend month months quarter year next
    end before after until soon asap later now""".split()
)
QUOTES: Final = re.compile(r"(?:^|(?<=” ))[^“”]{1,80}“")
"""Who said it and when, before a quotation: no part of what was said."""
NEGATIONS: Final = frozenset("not no never cannot without don't won't can't isn't doesn't shouldn't".split())
SYNONYMS: Final = {
    "email": "send",
    "mail": "send",
    "share": "send",
    "forward": "send",
    "sent": "send",
    "write": "draft",
    "written": "draft",
    "prepare": "draft",
    "arrange": "schedule",
    "book": "schedule",
    "organise": "schedule",
    "organize": "schedule",
    "verify": "check",
    "phone": "call",
    "ring": "call",
    "decided": "decide",
    "agreed": "decide",
    "agree": "decide",
}
ENDINGS: Final = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "ly", "s")


class InsightsError(ValueError):
    """What arrived is not the output of Zoom Meeting Insights."""


@dataclass(frozen=True)
class Gist:
    """What of an insight counts when two are compared."""

    kind: str
    owner: frozenset[str]
    words: frozenset[str]
    """Stems without stop words, without the owner and without when it is due."""
    verb: str
    """The first of the words, which in English says what is done; the others say to what."""
    due: frozenset[str]
    """Stems of the due date, and days that the text itself names."""
    evidence: frozenset[str]
    names: frozenset[str]
    """Numbers and capitalised words that do not begin a sentence: what must not be swapped for another."""
    negated: bool


def words_of(text: str | None) -> list[str]:
    """Split text into words in order, lower case, compatibility forms unified."""
    return WORD.findall(unicodedata.normalize("NFKC", text or "").casefold().replace("’", "'"))


def stem(word: str) -> str:
    """Cut an English ending off, roughly: what matters is that forms of one word end up alike."""
    word = SYNONYMS.get(word, word).removesuffix("'s")
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            if ending in ("ies", "ied"):
                word += "y"
            elif len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
                word = word[:-1]
            break
    word = word.removesuffix("e") if len(word) > 3 else word
    return SYNONYMS.get(word, word)


def stems(text: str | None) -> frozenset[str]:
    """Reduce text to the stems that carry meaning."""
    return frozenset(stem(word) for word in words_of(text) if word not in STOP_WORDS)


def names_of(text: str) -> frozenset[str]:
    """Find numbers, and capitalised words that do not begin a sentence."""
    found = re.findall(r"\S*\d\S*|(?<=[^.!?:\s]\s)[^\W\d_]\S*", unicodedata.normalize("NFKC", text))
    return frozenset(stem(word) for name in found if not name[0].islower() for word in words_of(name))


def gist_of(insight: dict[str, Any]) -> Gist:
    """Reduce an insight to what counts in a comparison."""
    owner = frozenset(words_of(insight["owner"]))
    due = stems(insight["due"])
    text = QUOTES.sub(" ", insight["text"])
    said = words_of(text)
    timeless = stems(" ".join(word for word in said if word not in WHEN_WORDS))
    words = timeless - due - frozenset(map(stem, owner)) or frozenset(said)
    return Gist(
        kind=insight["kind"],
        owner=owner,
        words=words,
        verb=next((stem(word) for word in said if stem(word) in words), ""),
        due=due | frozenset(stem(word) for word in said if word in DAYS),
        evidence=frozenset(insight["evidence"]),
        names=names_of(text) & words,
        negated=not NEGATIONS.isdisjoint(said),
    )


def likeness(one: Gist, other: Gist, *, lenient: bool) -> float:
    """Say how surely two insights are the same thing, from 0 (they are not) to 1.

    They are of one kind, and both deny or neither does. Their owners agree: one is unknown, or one name is
    part of the other; only where one utterance shows both insights may they differ. No name or number
    stands in one where another stands in the other, and they do not differ in one thing alone (send the
    contract, send the invoice). Then the words decide. A text that has all the words
    of the other is the same if it is not much longer. Two texts that each have words of their own are the
    same if they share four words in five, or three in five where one utterance shows both.

    Args:
        one: An insight.
        other: Another one.
        lenient: Whether common evidence counts. Not between two insights of one window: what found
            them kept them apart although it saw the same utterances.
    """
    shown_together = lenient and bool(one.evidence & other.evidence)
    owners_agree = one.owner <= other.owner or other.owner <= one.owner
    if one.kind != other.kind or one.negated != other.negated or not (owners_agree or shown_together):
        return 0.0
    mine, theirs = one.words - other.words, other.words - one.words
    if one.names & mine and other.names & theirs:
        return 0.0
    if len(mine) == len(theirs) == 1 and one.verb not in mine and other.verb not in theirs:
        return 0.0
    if not mine and not theirs:
        return 1.0
    if not mine or not theirs:
        needed = 0.0 if shown_together else CONTAINED
    else:
        needed = ALIKE_SAME_EVIDENCE if shown_together else ALIKE
    share = len(one.words & other.words) / len(one.words | other.words)
    return share if share >= (needed if owners_agree else ALIKE) else 0.0


def sift(
    insights: list[dict[str, Any]], known: dict[str, dict[str, Any]], scope: str
) -> list[dict[str, Any]]:
    """Keep what is new or changed.

    Changed is what has another owner or due date, or a wording that adds two words or more; it keeps its
    id. What an insight does not say any more (an owner, a due date) stays as it was known.

    Args:
        insights: Those of one window, in order.
        known: All insights told before, by id; it is left alone.
        scope: What ids are unique in: a meeting and route.

    Returns:
        At most one entry for each id, as it stands at the end of the window, in order of appearance.
    """
    news: dict[str, dict[str, Any]] = {}
    gists = {name: gist_of(insight) for name, insight in known.items()}
    for insight in insights:
        gist = gist_of(insight)
        scores = {name: likeness(gist, seen, lenient=name in known) for name, seen in gists.items()}
        best = max(scores, key=lambda name: scores[name], default="")
        if not scores.get(best):
            best = insight_id(scope, gist)
            news[best] = {"id": best, "status": "new"} | insight
        elif merged := merge((known | news)[best], insight):
            news[best] = merged | {"id": best, "status": "changed" if best in known else "new"}
        if best in news:
            gists[best] = gist_of(news[best])
    return list(news.values())


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Bring a known insight up to date, or give ``None`` where nothing worth telling changed."""
    before, after = gist_of(old), gist_of(new)
    changes: dict[str, Any] = {}
    if after.owner and not after.owner & before.owner:
        changes["owner"] = new["owner"]
    if after.due - before.due and (new["due"] or not old["due"]):
        changes |= {"due": new["due"], "text": new["text"]}
    if len(after.words - before.words) >= RICHER_WORDS:
        changes["text"] = new["text"]
    if not changes:
        return None
    evidence = list(dict.fromkeys([*old["evidence"], *new["evidence"]]))
    return old | changes | {"evidence": evidence, "engine": new["engine"]}


def insight_id(scope: str, gist: Gist) -> str:
    """Name an insight after what it said when it was first seen."""
    said = [scope, gist.kind, sorted(gist.owner), sorted(gist.words), sorted(gist.due)]
    return f"i-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]}"


def make_news(found: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the news of a window seen for the first time.

    Args:
        found: Its insights, ``zoom-insights/1``.
        earlier: The news of earlier windows, oldest first.
    """
    known: dict[str, dict[str, Any]] = {}
    for news in earlier:
        known |= {insight["id"]: insight for insight in news["insights"]}
    insights = sift(found["insights"], known, f"{found['session_id']}:{found['route']}")
    told = {name: found[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
    made = {"schema": NEWS_SCHEMA} | told | {"insights": insights, "summary": found["summary"]}
    made["notes"] = found.get("notes", [])
    if found["kind"] == "final":
        now = known | {insight["id"]: insight for insight in insights}
        made["open"] = [{k: v for k, v in insight.items() if k != "status"} for insight in now.values()]
    return made


class ZoomInsightLedger(Component):
    """Stands after Zoom Meeting Insights: passes on what the meeting has not been told, once.

    Each window's news is kept in Langflow's message history, beside the meeting's session
    (``<session>:memory``). The same window again gets the news it got the first time, also where a
    model would word it differently now. Without news, nothing downstream runs; that a meeting begins is news.
    """

    display_name = "Zoom Insight Ledger"
    description = "Passes on only what is new or changed in a Zoom meeting; stops the flow when nothing is."
    documentation = "https://developers.zoom.us/docs/rtms/"
    icon = "NotebookPen"
    name = "ZoomInsightLedger"

    inputs = [
        DataInput(
            name="insights",
            display_name="Insights",
            info="One window's insights, from Zoom Meeting Insights.",
            required=True,
        ),
    ]
    outputs = [Output(name="news", display_name="News", method="find_news")]

    async def find_news(self) -> Data:
        """Give the window's news, ``zoom-news/1``; stop the flow here when there is none.

        Raises:
            InsightsError: The input is not the output of Zoom Meeting Insights.
        """
        found = self.insights.data if isinstance(self.insights, Data) else {}
        if found.get("schema") != INSIGHTS_SCHEMA:
            msg = f"The Insights input must be {INSIGHTS_SCHEMA}. Connect Zoom Meeting Insights to it."
            raise InsightsError(msg)
        async with within_run(self):
            news = await self._told(found)
        changed = sum(insight["status"] == "changed" for insight in news["insights"])
        told = f"{len(news['insights']) - changed} new, {changed} changed of {len(found['insights'])}"
        self.status = told
        self.log(told, name="News")
        nothing_new = not (news["insights"] or news["summary"] or news["notes"] or news["kind"] == "start")
        if nothing_new and self._vertex is not None:
            self.stop("news")
            await give_up_run(self)
        return Data(data=news)

    async def _told(self, found: dict[str, Any]) -> dict[str, Any]:
        """Give the news that the window was told already, or make it and keep it."""
        rows = Rows(found["session_id"], f"zoom-ledger:{found['route']}")
        told = await rows.all()
        news = next((row.content for row in told if row.name == found["window_id"]), None)
        if news is None:
            news = make_news(found, [row.content for row in told])
            await rows.add(found["window_id"], news)
        return news
