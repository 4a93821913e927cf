"""What to quote of a meeting as the answer to a question, without a model."""

from __future__ import annotations

import re
from typing import Any, Final

from components.zoom.shared.findings import find
from components.zoom.shared.parts import part_of
from components.zoom.shared.passages import Sought, answer_in, sought_by, speaker_in, telling
from components.zoom.shared.rules import DUE
from components.zoom.shared.speech import Sentence, sentences
from components.zoom.shared.words import stems

LONGEST_LINE_WORDS: Final = 45
"""Of a quotation."""
ASKS_WHEN: Final = re.compile(
    r"\b(?:when|(?:what|which)(?:'s| is| was)? (?:(?:the|our) )?(?:[\w-]+ )?(?:day|date|week)|deadline)\b",
    re.IGNORECASE,
)
OUTCOME_SENTENCES: Final = 10
"""How soon what was talked of gets its day."""
MOST_LISTED: Final = 7
MOST_RECENT: Final = 3
LISTS: Final = {
    "action_item": re.compile(
        r"\b(?:action (?:items?|points?)|to-?dos?|tasks?|(?:have|has|need|needs|supposed) to do|next steps?|homework|who (?:does|will do) what|promis\w*|commit(?:s|ted|ting|ments?)?)\b",
        re.IGNORECASE,
    ),
    "decision": re.compile(r"\b(?:decisions?|decid\w*|agreed|settled?)\b", re.IGNORECASE),
    "question": re.compile(
        r"\b(?:open|unanswered) (?:questions?|points?|issues?)\b|\b(?:questions?|what) (?:are|is|remains?) (?:still )?open\b",
        re.IGNORECASE,
    ),
}
"""What is asked for by other words than those with which it is said."""
ALL_IN_ALL: Final = re.compile(
    r"\b(?:summar\w*|recap|catch me up|did (?:i|we) miss|(?:key|main) points?|highlights?|what happened|(?:meeting|call) about)\b",
    re.IGNORECASE,
)
"""Asks for what was decided and what is to be done."""


def quotes_for(question: str, asker: str, utterances: list[dict[str, Any]], now_ms: int) -> list[Sentence]:
    """The sentences that answer a question, by time; none where the meeting does not tell.

    Args:
        question: As it was asked.
        asker: Who asks; empty where nobody knows.
        utterances: What was said, but for what was said to the assistant.
        now_ms: When it was asked, UTC milliseconds.
    """
    said = sentences(utterances, over=True)
    speaker, names = speaker_in(question, [sentence.speaker for sentence in said], asker)
    part = part_of(question, utterances, now_ms)
    within = {one["id"] for one in (part.utterances if part else utterances)}
    if part:
        said = [sentence for sentence in said if not within.isdisjoint(sentence.evidence)]
        question = part.question if part.is_last else ALL_IN_ALL.sub(" ", part.question)
    kinds = lists_in(question, speaker)
    is_of_kinds = any(LISTS[kind].search(question) for kind in kinds)
    for kind in kinds:
        question = LISTS[kind].sub(" ", question)
    sought = sought_by(ALL_IN_ALL.sub(" ", question) if kinds else question, speaker=speaker, without=names)
    if kinds and (listed := list_of(utterances, kinds, sought, within)):
        return listed
    if sought.terms:
        found = answer_in(said, sought)
        return [said[at] for at in sorted({*found, *day_after(said, found, question, utterances)})]
    if is_of_kinds or not (speaker or part):
        return []
    own = [one for one in said if speaker in ("", one.speaker) and len(stems(one.text)) > 1]
    if part and not part.is_just_now:
        return [own[at] for at in telling(own, range(len(own)), {}, sought)]
    return own[-MOST_RECENT:]


def day_after(
    said: list[Sentence], found: list[int], question: str, utterances: list[dict[str, Any]]
) -> list[int]:
    """Where a day is asked for: the sentence soon after what was found that settles one; where what was found names no
    day, else the next that does.
    """
    if not found or not ASKS_WHEN.search(question):
        return []
    soon = range(found[-1] + 1, min(found[-1] + 1 + OUTCOME_SENTENCES, len(said)))
    days = [at for at in soon if DUE.search(said[at].text)]
    decisions = find(utterances, [one["speaker"] for one in utterances], kinds=["decision"]) if days else []
    decided = {(one.began, one.text) for decision in decisions for one in decision.quote}
    settled = [at for at in days if (said[at].began, said[at].text) in decided]
    if settled or any(DUE.search(said[at].text) for at in found):
        return settled[-1:]
    return days[:1]


def lists_in(question: str, speaker: str) -> list[str]:
    """Kinds of findings that a question wants all of."""
    kinds = [kind for kind, asked in LISTS.items() if asked.search(question)]
    if (
        not kinds
        and not speaker
        and ALL_IN_ALL.search(question)
        and not sought_by(ALL_IN_ALL.sub(" ", question)).terms
    ):
        return ["decision", "action_item"]
    return kinds


def list_of(
    utterances: list[dict[str, Any]], kinds: list[str], sought: Sought, within: set[str]
) -> list[Sentence]:
    """What the rules find of these kinds, of whom and about what is asked, the newest, by time; only what rests on one of
    the utterances with the ids ``within``.
    """
    found = find(utterances, [said["speaker"] for said in utterances], kinds=kinds)
    wanted = [
        finding
        for finding in found
        if not within.isdisjoint(finding.evidence)
        and (not sought.speaker or sought.speaker in (finding.owner, *(one.speaker for one in finding.quote)))
        and set(sought.terms) <= finding.about
    ]
    quoted = {(one.began, one.text): one for finding in wanted[-MOST_LISTED:] for one in finding.quote}
    return [quoted[place] for place in sorted(quoted)]


def cut(text: str, most: int) -> str:
    """Shorten text to so many words."""
    words = text.split()
    return text if len(words) <= most else " ".join(words[:most]) + " …"
