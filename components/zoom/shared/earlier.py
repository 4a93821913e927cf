"""What earlier meetings of a series tell: their words and what was found in them, to a question; what the last one left to do, at the start."""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from typing import Any, Final

from components.zoom.shared.days import day_shown
from components.zoom.shared.in_words import begins_with, has_words
from components.zoom.shared.passages import answer_in, sought_by, speaker_in
from components.zoom.shared.quotes import (
    ALL_IN_ALL,
    LISTS,
    LONGEST_LINE_WORDS,
    MOST_LISTED,
    cut,
    lists_in,
)
from components.zoom.shared.speech import sentences
from components.zoom.shared.talk import ended
from components.zoom.shared.words import escaped, flat

EARLIER: Final = re.compile(
    r"\b(?:(?:in|at|from|of|on|during) )?(?:the |our |my )?(?:last|previous|prior|earlier|past) "
    r"(?:few |couple of |\w+day )?(?:weeks?|months?|time|days?|meetings?|calls?|sessions?|sprints?|stand-?ups?|(?:mon|tues|wednes|thurs|fri)day)"
    r"\b(?!['’]s| minutes?)|\byesterday\b(?!['’]s)|\blast night\b|\bthe other day\b|\b(?:\w+ )?(?:days?|weeks?|months?) ago\b|"
    r"\bthe (?:meeting|call|session|time) before\b|\b(?:beim|vom|im|in der|am|das)? ?(?:letzte|vorige)[nrsm]? "
    r"(?:woche|monat|mal|meeting|besprechung|sitzung|termin|\w+tag)\b|\bgestern\b|"
    r"\b(?:la|el|las|los) (?:semana|reunión|vez|mes|día|sesión|llamada) pasad[ao]s?\b|\bla última (?:vez|reunión|sesión|llamada)\b|\bayer\b|"
    r"\bla (?:semaine|réunion|fois|séance) (?:dernière|passée|précédente)\b|\bla dernière (?:fois|réunion|séance)\b|\bhier\b|"
    r"\b(?:na|a) (?:semana|reunião|vez) passada\b|\ba última (?:vez|reunião)\b|\bna última (?:vez|reunião)\b|\bontem\b|"
    r"先週|先月|前回|昨日",
    re.IGNORECASE,
)
"""Asks for another meeting than this one, in the languages of the labels."""
AGREED: Final = re.compile(r"\b(?:agree[ds]?|decid\w+|settle[ds]?|conclu\w+)\b", re.IGNORECASE)
LISTED: Final = ("decision", "action_item")
"""What is told of a meeting where all of it is asked for."""
STILL_OPEN: Final = "still_open"
"""Key of the note that tells what the last meeting left to do, and of the row that says that it was told."""
MOST_LEFT: Final = 10
"""Things that were left to do which are told one by one."""
MODEL_RULE: Final = """
- Lines that begin with e1-, e2- and so on are of earlier meetings of this series, with their day. Use them where the question \
is about an earlier meeting, or where this one does not answer it; then name the day in the claim."""


@dataclass(frozen=True)
class Remembered:
    """An earlier meeting, as far as it was sent."""

    topic: str
    day: str
    """For people."""
    utterances: list[dict[str, Any]]
    """By start; ids are unique among all that is remembered."""
    insights: list[dict[str, Any]]
    summary: str

    @property
    def name(self) -> str:
        """What it is called for people."""
        return f"{self.topic}, {self.day}" if self.topic else self.day


def remembered(given: Any, zone: zoneinfo.ZoneInfo | None) -> list[Remembered]:
    """Read the ``earlier`` of an ask window, the newest meeting first; what has another shape is passed over."""
    found = []
    for n, one in enumerate(given if isinstance(given, list) else [], 1):
        meeting = one.get("meeting") if isinstance(one, dict) else None
        if not isinstance(meeting, dict):
            continue
        said = {
            str(each["id"]): each | {"id": f"e{n}-{each['id']}"}
            for passage in listed(one.get("passages"))
            for each in listed(passage)
            if isinstance(each, dict)
            and isinstance(each.get("text"), str)
            and {"id", "speaker", "start_ms"} <= each.keys()
        }
        insights = [
            each | {"id": f"e{n}-i{at}"}
            for at, each in enumerate(listed(one.get("insights")), 1)
            if isinstance(each, dict) and isinstance(each.get("text"), str) and each.get("kind")
        ]
        found.append(
            Remembered(
                topic=flat(str(meeting.get("topic") or "")),
                day=day_of(meeting, zone),
                utterances=sorted(said.values(), key=lambda each: each["start_ms"]),
                insights=insights,
                summary=str(one.get("summary") or ""),
            )
        )
    return found


def listed(value: Any) -> list[Any]:
    """Give a list, empty where there is none."""
    return value if isinstance(value, list) else []


def day_of(meeting: dict[str, Any], zone: zoneinfo.ZoneInfo | None) -> str:
    """Write the day on which a meeting began, where people are."""
    return day_shown(str(meeting.get("started_at") or ""), zone) or "earlier"


def left_open(given: Any, zone: zoneinfo.ZoneInfo | None, label: str) -> list[str]:
    """Tell what the last meeting left to do, from the ``still_open`` of a start window: a line each; nothing for another shape.

    Args:
        given: As it came.
        zone: In which the day of that meeting is told.
        label: Of ``{day}``, what stands above.
    """
    meeting = given.get("meeting") if isinstance(given, dict) else None
    if not isinstance(meeting, dict):
        return []
    items = [
        {name: flat(str(each.get(name) or "")) for name in ("text", "owner", "due")}
        for each in listed(given.get("items"))
        if isinstance(each, dict) and isinstance(each.get("text"), str) and each["text"].strip()
    ]
    more = max(0, len(items) - MOST_LEFT) + (given["more"] if isinstance(given.get("more"), int) else 0)
    lines = [f"- {point_of(each)}" for each in items[:MOST_LEFT]]
    day = day_of(meeting, zone)
    return [f"{label.format(day=day)}:", *lines, *([f"- … (+{more})"] if more > 0 else [])] if lines else []


def is_about_earlier(question: str) -> bool:
    """Whether a question is about another meeting than the one that goes on."""
    return EARLIER.search(question) is not None


def quotes_of(
    question: str, asker: str, meetings: list[Remembered], somebody: str
) -> list[tuple[str, list[str]]]:
    """Answer by what was found in earlier meetings, or by their words: a line each, with meeting and day, and what it rests on.

    ``somebody`` is how a speaker without a name is called.
    """
    question = EARLIER.sub(" ", question)
    said = [one for meeting in reversed(meetings) for one in meeting.utterances]
    speaker, names = speaker_in(question, [one["speaker"] for one in said], asker)
    kinds = lists_in(question, speaker) or (["decision"] if AGREED.search(question) else [])
    bare = ALL_IN_ALL.sub(" ", AGREED.sub(" ", question)) if kinds else question
    for kind in kinds:
        bare = LISTS[kind].sub(" ", bare)
    sought = sought_by(bare, speaker=speaker, without=names)
    if kinds and not sought.terms:
        return (
            findings_of(meetings, kinds, speaker)
            or findings_of(meetings, list(LISTED), speaker)
            or minutes_of(meetings)
        )
    if not sought.terms:
        return findings_of(meetings, list(LISTED), speaker) or minutes_of(meetings)
    of_meeting = {one["id"]: meeting for meeting in meetings for one in meeting.utterances}
    whole = sentences(said, over=True)
    return [
        (
            f"{whole[at].speaker or somebody} ({of_meeting[said[whole[at].began]['id']].name}): "
            f"“{cut(ended(whole[at].text), LONGEST_LINE_WORDS)}”",
            list(whole[at].evidence),
        )
        for at in answer_in(whole, sought)
    ]


def findings_of(meetings: list[Remembered], kinds: list[str], speaker: str) -> list[tuple[str, list[str]]]:
    """Tell what was found of these kinds in the newest meeting that has any."""
    for meeting in meetings:
        found = [
            each
            for each in meeting.insights
            if each["kind"] in kinds and (not speaker or each.get("owner") == speaker)
        ]
        if found:
            return [(f"{meeting.name}: {point_of(each)}", [each["id"]]) for each in found[-MOST_LISTED:]]
    return []


def point_of(insight: dict[str, Any]) -> str:
    """Write a finding on one line, saying nothing twice."""
    text, owner, due = (flat(str(insight.get(name) or "")) for name in ("text", "owner", "due"))
    before = f"{owner}: " if owner and not begins_with(text, owner) else ""
    return f"{before}{text}{f' ({due})' if due and not has_words(text, due) else ''}"


def minutes_of(meetings: list[Remembered]) -> list[tuple[str, list[str]]]:
    """Tell the newest minutes there are, which name no words that they rest on."""
    told = next((meeting for meeting in meetings if meeting.summary), None)
    return [(f"{told.name}: {flat(told.summary)}", [])] if told else []


def block_of(meetings: list[Remembered]) -> str:
    """Write what is remembered for a model; empty where nothing is."""
    lines = []
    for meeting in reversed(meetings):
        head = f"[{escaped(meeting.name)}]"
        lines += [f"{one['id']} {head} {one['kind']}: {escaped(point_of(one))}" for one in meeting.insights]
        lines += [
            f"{one['id']} {head} {escaped(one['speaker'])}: {escaped(one['text'])}"
            for one in meeting.utterances
        ]
    return "Earlier meetings of this series, oldest first:\n" + "\n".join(lines) if lines else ""


def sources_in(meetings: list[Remembered]) -> dict[str, str]:
    """Who is named beside a claim that rests on an earlier meeting, by id."""
    return {
        one["id"]: f"{flat(str(one.get('speaker') or meeting.topic or 'earlier'))} ({meeting.name})"
        for meeting in meetings
        for one in (*meeting.utterances, *meeting.insights)
    }
