"""A meeting for people: Markdown and plain text, minutes first, then the words. Pure."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Final

from bridge.domain import Gap
from bridge.export.meeting import is_chat
from bridge.times import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bridge.export.meeting import Told
    from bridge.flow.news import Insight, Line

HEADINGS: Final = {
    "action_item": "Action items",
    "decision": "Decisions",
    "question": "Open questions",
    "risk": "Risks",
    "objection": "Objections",
    "follow_up": "Follow-ups",
    "buying_signal": "Buying signals",
    "problem": "Problems",
    "note": "Notes",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$])")
_BEGINS = re.compile(r"^(\s*)(?:([-+=:])|(\d+)([.)]))")


def markdown(told: Told) -> str:
    """Minutes with what was found, each finding with the time of its words, then all words."""
    return (
        "\n\n".join(_blocks(told, escape=literally, head="# ", heading="## ", strong="**", item="- ")) + "\n"
    )


def plain_text(told: Told) -> str:
    """The same without marks."""
    return "\n\n".join(_blocks(told, escape=str, head="", heading="", strong="", item="- ")) + "\n"


def _blocks(
    told: Told, *, escape: Callable[[str], str], head: str, heading: str, strong: str, item: str
) -> Iterator[str]:
    yield f"{head}{escape(told.title)}"
    people = ", ".join(map(escape, told.people)) or "nobody"
    yield f"{told.started_at:%Y-%m-%d %H:%M} UTC. Said something: {people}."
    if told.summary:
        yield f"{heading}Summary"
        yield from _minutes(told.summary.lines, escape, heading=heading and f"#{heading}", item=item)
    zero = told.zero_ms
    begins = {said.id: said.start_ms - zero for said in told.utterances}
    for kind, found in _by_kind(told.insights).items():
        yield f"{heading}{HEADINGS.get(kind) or escape(kind)}"
        yield "\n".join(
            f"{item}{escape(_point(insight, begins))}{_links(insight, escape)}" for insight in found
        )
    yield f"{heading}Transcript"
    for each in told.lines():
        if isinstance(each, Gap):
            seconds = max(round((each.to_ms - each.from_ms) / 1000), 0)
            yield f"[{clock(each.from_ms - zero)}] ({seconds} s were not received)"
        else:
            chat = " (chat)" if is_chat(each) else ""
            at = clock(each.start_ms - zero)
            yield f"{strong}{escape(each.speaker)}{strong} [{at}]{chat}: {escape(each.text)}"


def _minutes(
    lines: Sequence[Line], escape: Callable[[str], str], *, heading: str, item: str
) -> Iterator[str]:
    """The lines of minutes; items that follow one another are one list."""
    for kind, group in itertools.groupby(lines, key=lambda line: line.kind):
        lead = {"heading": heading, "item": item, "text": ""}[kind]
        texts = [f"{lead}{escape(line.text)}" for line in group]
        yield from ["\n".join(texts)] if kind == "item" else texts


def _by_kind(insights: Iterable[Insight]) -> dict[str, list[Insight]]:
    """What was found, in the order in which people look for it."""
    found: dict[str, list[Insight]] = {kind: [] for kind in HEADINGS}
    for insight in insights:
        found.setdefault(insight.kind, []).append(insight)
    return {kind: of_kind for kind, of_kind in found.items() if of_kind}


def _point(insight: Insight, begins: Mapping[str, int]) -> str:
    owner = f"{insight.owner}: " if insight.owner else ""
    due = f" (due {insight.due})" if insight.due else ""
    at = next((f" [{clock(begins[each])}]" for each in insight.evidence if each in begins), "")
    answer = f" Answer: {insight.answer}" if insight.answer else ""
    return f"{owner}{insight.text}{due}{at}{answer}"


def _links(insight: Insight, escape: Callable[[str], str]) -> str:
    where = " ".join(each for each in (insight.record_name, insight.record_url) if each)
    return f" ({escape(where)})" if where else ""


def literally(text: str) -> str:
    """Text that Markdown shows as it is: no heading, list, link, tag or emphasis comes of it."""
    text = _SPECIAL.sub(r"\\\1", text)
    return _BEGINS.sub(lambda found: f"{found[1]}{found[3] or ''}\\{found[2] or found[4]}", text)
