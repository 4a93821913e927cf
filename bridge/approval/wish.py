"""What somebody wants done with something that waits, and the verdict that it makes. Pure: time comes in as an argument."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.approval.item import NOTE, SUMMARY
from bridge.domain import Decision, Verdict
from bridge.errors import DecisionRefused, WordingRefused
from bridge.flow.news import LONGEST_WORD, list_of
from bridge.text import compact_json, line_of, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.approval.item import Item
    from bridge.approval.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A press of *post*, *edit and post* or *no*."""

    route: str
    item: str
    digest: str
    """Of the wording that was read."""
    decision: Decision
    text: str | None = None
    """In which words it goes out; ``None`` for its own."""
    owner: str | None = None
    due: str | None = None


def verdict_on(
    standing: Standing, wish: Wish, before: Sequence[Verdict], *, stream_id: str, who: str, at_ms: int
) -> Verdict:
    """The verdict that a wish makes; ``before`` are all of the stream's verdicts so far.

    Raises:
        DecisionRefused: It does not wait any more, or reads differently now.
        WordingRefused: What is to go out has no words, or more than it may have.
    """
    waiting = standing.waits(wish.route, wish.item)
    if waiting is None:
        known = standing.find(wish.route, wish.item) is not None
        raise DecisionRefused(
            "Somebody has decided on this already; it is done once."
            if known
            else "Nothing of this name waits in this meeting."
        )
    item = waiting.item
    if item.digest != wish.digest:
        raise DecisionRefused("The flow has changed this meanwhile. Read what it says now, and decide again.")
    goes = wish.decision is Decision.POST
    given_up = {each.verdict.n for each in standing.decided if each.given_up}
    out = [each for each in before if each.decision is Decision.POST and each.n not in given_up]
    text, owner, due = _worded(item, wish) if goes else (item.text, item.owner, item.due)
    return Verdict(
        stream_id=stream_id,
        n=1 + max((each.n for each in before), default=0),
        route=item.route,
        item=item.id,
        digest=item.digest,
        decision=wish.decision,
        text=text,
        owner=owner,
        due=due,
        who=line_of(who, LONGEST_WORD),
        at_ms=at_ms,
        approved=_approved(item, text, owner, due, out) if goes else "",
    )


def _worded(item: Item, wish: Wish) -> tuple[str, str, str]:
    text = item.text
    if wish.text is not None:
        text = (line_of if item.is_insight else lines_of)(_whole(wish.text, item.longest), item.longest)
    if not text:
        raise WordingRefused("There are no words to post. Write some, or press No.")
    if not item.is_insight:
        return text, "", ""
    owner = item.owner if wish.owner is None else line_of(_whole(wish.owner, LONGEST_WORD), LONGEST_WORD)
    due = item.due if wish.due is None else line_of(_whole(wish.due, LONGEST_WORD), LONGEST_WORD)
    return text, owner, due


def _whole(typed: str, longest: int) -> str:
    """What somebody typed, in which a line ends in one character: nothing of it is cut off without a word."""
    typed = typed.replace("\r\n", "\n")
    if len(typed) > longest:
        raise WordingRefused(
            f"{len(typed):,} characters are too many: at most {longest:,} go out there. Shorten them."
        )
    return typed


def _approved(item: Item, text: str, owner: str, due: str, out: Iterable[Verdict]) -> str:
    """What the flow is given: the item in the words of the verdict, with no more beside them than people could read.

    ``out`` went out before it, or is on its way and goes first.
    """
    told: dict[str, Any] = {"insights": [], "summary": None, "notes": []}
    told |= {"language": item.language, "of": item.of.value}
    own = item.given.get("text")
    if text == item.text and isinstance(own, str) and len(own) <= item.longest:
        text = own
    if item.kind == SUMMARY:
        told["summary"] = {"text": text} | item.fields_beside
        told["open"] = _went_out(out, item.route)
    elif item.kind == NOTE:
        told["notes"] = [{"key": item.given["key"], "text": text} | _evidence(item) | _marks(item)]
    else:
        again = any(_is_of(each, item) for each in out)
        insight: dict[str, Any] = {
            "id": item.id.partition(":")[2],
            "kind": item.kind,
            "text": text,
            "owner": owner or None,
            "due": due or None,
            "status": "changed" if again else "new",
            "evidence": [],
        } | _evidence(item)
        told["insights"] = [insight | item.fields_beside | _marks(item)]
    return compact_json(told)


def _evidence(item: Item) -> dict[str, list[str]]:
    told = [each for each in list_of(item.given.get("evidence")) if isinstance(each, str)]
    return {"evidence": told} if told else {}


def _marks(item: Item) -> dict[str, str]:
    """What the flow itself knows it by, of which nobody is told."""
    given = {name: item.given.get(name) for name in ("engine", "said")}
    return {name: mark for name, mark in given.items() if isinstance(mark, str) and len(mark) <= LONGEST_WORD}


def _is_of(verdict: Verdict, item: Item) -> bool:
    return (verdict.route, verdict.item) == (item.route, item.id)


def _went_out(out: Iterable[Verdict], route: str) -> list[dict[str, Any]]:
    """The insights of a route that were let out so far, each in its latest words: what a summary lists."""
    latest: dict[str, dict[str, Any]] = {}
    for verdict in out:
        if verdict.route == route and verdict.approved:
            for insight in json.loads(verdict.approved)["insights"]:
                latest[verdict.item] = {name: value for name, value in insight.items() if name != "status"}
    return list(latest.values())
