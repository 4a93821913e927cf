"""What a meeting has been told already, and what of a window's insights is news."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from components.zoom.shared.languages import LABELS_OF, code_of
from components.zoom.shared.news_text import UNLABELLED, emphasised, plain, write_insight, write_summary
from components.zoom.shared.schemas import NEWS_SCHEMA, approved_in
from components.zoom.shared.thoughts import without_thoughts
from components.zoom.shared.wording import clean, point_of

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
NEGATIONS: Final = frozenset(
    "not no never cannot without nicht kein keine keinen keinem keiner nie ohne pas jamais aucun aucune sans nunca "
    "ningún ninguna sin não nao nenhum nenhuma sem non mai не нет без 不 没 沒 無 无 未".split()
)
NEGATED_JAPANESE: Final = re.compile("ない|なし|ません|せず")
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


FENCE: Final = re.compile(r"\s*(?:```|~~~)")
"""Begins or ends a block of Markdown, around an answer that was asked for as text."""
BULLET: Final = re.compile(r"^\s*(?:>\s*)*(?:#+\s+|[-*+•‣–]\s+|\(?\d{1,3}[.)]\s+)?(?:\[[ xX]?\]\s+)?")
HEADING: Final = re.compile(r"\s*#+\s")
EMPHASIS: Final = re.compile(r"\*\*|__|`|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)")
EVIDENCE: Final = re.compile(r"\s*[\[(]?\s*(?:u-\d{6,}(?:\s*,\s*)?)+\s*[\])]?")
NOTHING: Final = re.compile(
    r"\W*(?:(?:there (?:is|are|was|were) |i have |we have )?(?:nothing|none|no|n/?a)(?:[\s,/]+(?:new|news|further|other|more|decisions?|action|items?|tasks?|open|"
    r"questions?|insights?|updates?|points?|notes?|changes?|or|and|to|tell|report|note|add|say|at|this|time|so|far|yet|in|the|window|part|were|was|made|found|discussed))*|"
    r"(?:es gibt )?(?:nichts|keine[rsn]?)(?: (?:neue[sn]?|aufgaben?|entscheidung(?:en)?|offenen?|fragen?|punkte?|zu|berichten|melden|und|oder))*|"
    r"(?:il n'y a )?(?:rien|aucune?|pas de)(?: (?:à|de|dire|signaler|nouveau|nouvelle|nouvelles|décision|décisions|tâche|tâches|action|actions|question|questions|et|ou|ni))*|"
    r"(?:no hay |não há )?(?:nada|sin|sem|ning[uú]n[oa]?|nenhuma?|niente)(?: (?:nuevo|novo|novedades|novidades|nuevas|novas|decisiones|decisões|tareas|tarefas|preguntas|perguntas|que|informar|relatar|de|y|e|o|ou|ni|nem))*|"
    r"(?:特に|何も|新しい.{0,8})?(?:なし|ありません|ない)|[无無]|没有|暂无|없음)\W*",
    re.I,
)
"""How models say that there is nothing to say, in the languages that people are told in."""
LABELLED: Final = {
    name.casefold(): kind
    for labels in LABELS_OF.values()
    for kind, (one, many) in labels.kinds.items()
    for name in (one, many)
}
"""What a line may begin with, in every language, to be of a kind."""
OWNED: Final = ("action_item", "follow_up")


class InsightsError(ValueError):
    """What arrived is not the output of Zoom Meeting Insights, nor lines of a model with their window."""


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


COMPANY: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
"""Behind a name, where a company or a role stands."""


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
    found = re.findall(
        r"(?<!\S)[^\s\d]*\d\S*|(?<=[^.!?:\s]\s)[^\W\d_]\S*", unicodedata.normalize("NFKC", text)
    )
    return frozenset(stem(word) for name in found if not name[0].islower() for word in words_of(name))


def is_negated(text: str, words: list[str]) -> bool:
    """Whether it is said that something is not."""
    return (
        not NEGATIONS.isdisjoint(words)
        or any(word.endswith("n't") for word in words)
        or NEGATED_JAPANESE.search(text) is not None
    )


def gist_of(insight: dict[str, Any]) -> Gist:
    """Reduce an insight to what counts in a comparison."""
    owner = frozenset(words_of(COMPANY.sub("", insight["owner"] or "")))
    due = stems(insight["due"])
    text = QUOTES.sub(" ", point_of(insight["text"]))
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
        negated=is_negated(text, said),
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
            # That of a known one too, where it says that one's first words again.
            best = insight_id(scope, gist)
        before = news.get(best) or known.get(best)
        if before is None:
            news[best] = {"id": best, "status": "new"} | insight
        elif merged := merge(before, insight):
            news[best] = merged | {"id": best, "status": "changed" if best in known else "new"}
        if best in news:
            gists[best] = gist_of(news[best])
    return list(news.values())


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any] | None:
    """Bring a known insight up to date, or give ``None`` where nothing worth telling changed."""
    before, after = gist_of(old), gist_of(new)
    changes: dict[str, Any] = {}
    one = before.owner and (after.owner <= before.owner or before.owner <= after.owner)
    if after.owner and not one:
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


def read_lines(text: str, context: dict[str, Any]) -> list[dict[str, Any]]:
    """Read what a model wrote in its own words, a point a line, as insights.

    A line is a ``note`` unless it begins with a label, as in ``Action item: Dana - send the contract``, or stands under
    one. Ids of utterances are its evidence where they exist; a heading alone is no point, nor is a line that says that
    there is nothing.
    """
    people = [one["name"] for one in context["participants"]]
    people += [said["speaker"] for said in [*context["context"], *context["new"]]]
    known = {said["id"] for said in [*context["context"], *context["new"]]}
    kind, insights = UNLABELLED, []
    for line in without_thoughts(text).splitlines():
        if FENCE.match(line):
            continue
        point = EMPHASIS.sub("", BULLET.sub("", line)).strip()
        label, colon, rest = (part.strip() for part in point.replace("：", ":").partition(":"))
        labelled = LABELLED.get(label.casefold())
        if not rest and (labelled or colon or HEADING.match(line)):
            kind = labelled or UNLABELLED
            continue
        evidence = [name for name in re.findall(r"u-\d{6,}", point) if name in known]
        told = EVIDENCE.sub("", " ".join((rest if labelled else point).split())).strip()
        if not re.search(r"\w", told) or NOTHING.fullmatch(told):
            continue
        each = labelled or kind
        owner, said = owner_in(told, people) if each in OWNED else (None, told)
        insights.append(
            {"kind": each, "text": said, "owner": owner, "due": None, "evidence": evidence, "engine": "model"}
        )
    return insights


def owner_in(text: str, people: list[str]) -> tuple[str | None, str]:
    """Tell who does it from what is done, where a line begins with somebody who is there."""
    for name in sorted(set(people), key=len, reverse=True):
        match = re.match(rf"{re.escape(name)}\s*[-–—:]\s*", text, re.I) if name else None
        if match:
            return name, text[match.end() :]
    return None, text


def found_in_lines(text: str, context: dict[str, Any]) -> dict[str, Any]:
    """Give a model's lines as ``zoom-insights/1``; its answer to a question is told as it stands."""
    found = {name: context[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
    found |= {"insights": [], "summary": None, "notes": []}
    found["language"] = code_of(None, [*context["context"], *context["new"]])
    if context["kind"] == "approved":
        found |= approved_in(context)
    elif context["kind"] == "ask":
        answer = clean(without_thoughts(text))
        found["notes"] = [{"key": f"answer:{context['window_id']}", "text": answer}] if answer else []
    elif context["kind"] != "start":
        found["insights"] = read_lines(text, context)
    return found


def written(news: dict[str, Any]) -> str:
    """Write news for people, a point a line."""
    language = news.get("language")
    told = [write_summary(news)] if news["summary"] else []
    told += [] if news["summary"] else [write_insight(insight, language) for insight in news["insights"]]
    return plain("\n".join([*told, *(emphasised(note["text"]) for note in news["notes"])]))


def make_news(found: dict[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Make the news of a window seen for the first time. What was approved is news as it is, and known from then on.

    Args:
        found: Its insights, ``zoom-insights/1``.
        earlier: The news of earlier windows, oldest first.
    """
    known: dict[str, dict[str, Any]] = {}
    for news in earlier:
        known |= {insight["id"]: insight for insight in news["insights"]}
    insights = found["insights"]
    if found["kind"] != "approved":
        insights = sift(insights, known, f"{found['session_id']}:{found['route']}")
    told = {name: found[name] for name in ("window_id", "session_id", "route", "kind", "meeting")}
    told |= {name: found[name] for name in ("language", "open", "of") if found.get(name)}
    made = {"schema": NEWS_SCHEMA} | told | {"insights": insights, "summary": found["summary"]}
    made["notes"] = found.get("notes", [])
    if found["kind"] == "final":
        now = known | {insight["id"]: insight for insight in insights}
        made["open"] = [{k: v for k, v in insight.items() if k != "status"} for insight in now.values()]
    return made


def is_news(news: dict[str, Any]) -> bool:
    """Whether there is anything to pass on; that a meeting begins is."""
    return bool(news["insights"] or news["summary"] or news["notes"] or news["kind"] == "start")
