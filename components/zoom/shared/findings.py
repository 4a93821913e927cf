"""What is found in a talk by the rules: who does what until when, what was decided, what is open; the latest word wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from components.zoom.shared.rules import (
    ACCEPTS,
    ASSENTS,
    BEFORE_A_CLAUSE,
    CALLED_OFF,
    CORRECTS,
    DENIES,
    DUE,
    ECHOED_WORDS,
    EVERYBODY,
    FORBIDS,
    HERE,
    LEAD,
    LONGEST_QUOTE_WORDS,
    LONGEST_REPLY_WORDS,
    MOVE_OF,
    NEAR,
    NEEDED,
    NODS,
    PATTERNS,
    PROMISES,
    PROPOSES,
    RECAPS,
    SHORT_TURN_WORDS,
    STATES,
    TAKES_OVER,
    TELLS_NOT,
    TITLE,
    UNKNOWN,
    UNNAMED,
    WANTS,
    WORK,
    Rule,
    pattern,
)
from components.zoom.shared.speech import Sentence, sentences
from components.zoom.shared.talk import People, Talk, ended, minute, quote_of, shortened, talk_before
from components.zoom.shared.words import stem, stems, words_of


@dataclass(frozen=True)
class Finding:
    """What was found, and the sentences that show it."""

    kind: str
    at: int
    """Position of the sentence that says it."""
    quote: tuple[Sentence, ...]
    """The sentence that says it, and what settles it."""
    closed_at: int
    """Position of the utterance with which it stood."""
    about: frozenset[str]
    """Stems of what it is about, to be compared by."""
    owner: str | None = None
    due: str | None = None
    point: Sentence | None = None
    """The sentence that says it."""
    start: int = 0
    """Where in that the point begins."""
    before: tuple[Sentence, ...] = ()
    """What was said before, as much as it takes to know what is spoken of."""
    also: tuple[str, ...] = ()
    """Ids of the utterances that said it before."""

    @property
    def evidence(self) -> list[str]:
        """Ids of the utterances that show it, in order."""
        return list(dict.fromkeys([*self.also, *(name for one in self.quote for name in one.evidence)]))

    def text(self, begun_ms: int | None) -> str:
        """The quote: speaker, time since the meeting began where that is known, and words; in brackets what was said before it."""
        point = " ".join(self._told(self.quote, begun_ms))
        before = " ".join(self._told(self.before, None))
        return f"{point} (before: {before})" if before else point

    def _told(self, sentences: Sequence[Sentence], begun_ms: int | None) -> list[str]:
        """Sentences by who said them, each in as many words as its part allows; the first of them with its time."""
        told: list[str] = []
        last = None
        for sentence in sentences:
            most = LONGEST_QUOTE_WORDS if sentence == self.point else LONGEST_REPLY_WORDS
            words = ended(shortened(sentence.text, self.start if sentence == self.point else 0, most))
            left_out = "… " if last and sentence.began > last.ended + 2 else ""
            if last and last.key == sentence.key:
                told[-1] = f"{told[-1][:-1]} {left_out}{words}”"
            else:
                when = "" if begun_ms is None or last else f", {minute(sentence.start_ms - begun_ms)}"
                who = f"{sentence.speaker}{when}: " if sentence.speaker else ""
                told.append(f"{left_out}{who}“{words}”")
            last = sentence
        return told


def find(
    utterances: Sequence[dict[str, Any]],
    people: Iterable[str],
    *,
    kinds: Iterable[str],
    first_new: int = 0,
    over: bool = True,
) -> list[Finding]:
    """What was agreed and what is open in a stretch of a meeting, as it stands at its end, in order.

    Args:
        utterances: By start time; earlier ones first, to be understood by.
        people: Names of those who are there.
        kinds: What is looked for, of ``action_item``, ``decision`` and ``question``.
        first_new: Position of the first new utterance: what had stood before it is left out.
        over: Whether nothing follows, so that the last words are a sentence as they stand.
    """
    said = sentences(utterances, over=over)
    names = People.of([*people, *(sentence.speaker for sentence in said)])
    talk = Talk([sentence for sentence in said if not sentence.is_open], names)
    found: list[Finding] = []
    for at, sentence in enumerate(talk.said):
        waits = not over and sentence.ended + 1 == len(utterances)  # what follows may deny a decision
        found += [one for one in findings_at(talk, at) if one.kind == "action_item" or not waits]
    wanted = set(kinds)
    return [
        one for one in latest(talk, found, first_new) if one.kind in wanted and one.closed_at >= first_new
    ]


UNSPOKEN: Final = re.compile(r"\S{200}")
"""Nothing that anybody says, and of which patterns would take long."""


def findings_at(talk: Talk, at: int) -> list[Finding]:
    """What a sentence says by the first rule that fits; of one that gives several people something, each."""
    text = talk.said[at].text
    if UNSPOKEN.search(text):
        return []
    for rule, patterns, unless in PATTERNS:
        for says in patterns:
            matches = list(says.finditer(text))
            if matches and unless.search(text):
                break  # asked of the few sentences that match, not of all
            found = [finding for match in matches if (finding := judged(talk, at, rule, match))]
            if found:
                return list({finding.owner: finding for finding in reversed(found)}.values())[::-1]
    return []


def judged(talk: Talk, at: int, rule: Rule, match: re.Match[str]) -> Finding | None:
    """A rule's match as a finding, if what it says and what surrounds it bear it out."""
    sentence, groups = talk.said[at], match.groupdict()
    do, rest = groups.get("do") or "", groups.get("rest") or ""
    start = match.start("do") if do else match.start()
    task, due = rule.kind == "action_item", due_in(sentence.text, start)
    end = match.end("do") if do else match.start("rest") if rest else match.end()
    if sentence.asks and rule.needs in ("", "dated", "volunteered"):
        return None
    if rule.kind != "question" and talk.is_governed(at, start, end):
        return None
    asked = rule.needs in ("accepted", "assigned", "wanted", "recapped") or is_answer(talk, at)
    if do and not is_work(do.strip().casefold(), rest, dated=bool(due), asked=asked):
        return None
    if rule.needs == "dated" and not due:
        return None
    if (
        rule.kind == "decision"
        and rule.needs != "resolved"
        and "rest" in groups
        and len(stems(rest)) < 2 - talk.is_short(at)
    ):
        return None
    reply = NEEDS[rule.needs](talk, at) if rule.needs in NEEDS else -1
    if reply is None or (not rule.needs and (is_forbidden if task else is_denied)(talk, at)):
        return None
    owner = owner_of(talk, at, rule, groups.get("named") or "", reply)
    if rule.owner == "named" and do and not owner:
        return None
    said = quote_of(talk, at, reply)
    before, quote = talk.these(talk_before(talk, said[0], said)), talk.these(said)
    about = frozenset(stems(" ".join(one.text for one in (*before, *quote))))
    if not due and len(about) < 1 + (task and len(quote) + len(before) == 1):
        return None
    due = (due_in(talk.said[reply].text) if reply >= 0 else None) or due
    closed_at = max(sentence.ended + (not task), *(one.closed_at for one in quote))
    return Finding(
        rule.kind, at, quote, closed_at, about, owner if task else None, due if task else None, sentence, start, before
    )  # fmt: skip


def is_work(do: str, rest: str, *, dated: bool, asked: bool) -> bool:
    """Whether somebody has something to do after the talk, and does not merely say what they do in it."""
    if LETS.match(f"{do}{rest}"):
        return True
    if do in STATES or (HERE.search(f" {rest}") and not dated):
        return False
    move = MOVE_OF.get(stem(do))
    if move and not WORK.match(f"{move}{rest}"):
        return dated or (asked and bool(stems(rest) or SOMEBODY.match(rest)))
    return bool(rest.strip(" ,")) or dated


LETS: Final = pattern(
    r"(?:let (?!me\b|us\b|you\b)[^,.]{1,40} know\b|have (?:him|her|them|somebody|someone|my \w+) \w)"
)
"""Verbs that are work with what follows them."""
SOMEBODY: Final = pattern(r" (?:him|her|them)\b")


def is_answer(talk: Talk, at: int) -> bool:
    """Whether a sentence is said right behind somebody else's request."""
    before = talk.said[at - 1] if at else None
    return bool(before and before.key != talk.said[at].key and before.asks and REQUEST.match(before.text))


REQUEST: Final = pattern(
    rf"{LEAD}(?:[\w'-]+,? )?(?:can|could|would|will) (?:you|we|somebody|someone|anybody|anyone)\b"
)


def due_in(text: str, start: int = 0) -> str | None:
    """When something is due, as it was said: the first date of the clause that begins at ``start``, or one just before it."""
    dates = (match[0].strip() for match in DUE.finditer(text) if match.end() > start - BEFORE_A_CLAUSE)
    return next(dates, None)


ACTION: Final = pattern(r"(?:action(?: item| point)?|to-?do|task)s?\b")
"""Begins a note that names whose it is, also where they are not there."""


def owner_of(talk: Talk, at: int, rule: Rule, named: str, reply: int) -> str | None:
    """Whose it is; nobody's where that was not said."""
    sentence = talk.said[at]
    if rule.owner == "speaker":
        return sentence.speaker or None
    if rule.owner == "named":
        *others, last = re.split(r",? (?:you )?and ", named)
        each = [*together(talk.people, sentence.text, named, others), talk.people.named(last)]
        return (
            (" and ".join(filter(None, each)) if each[-1] else "")
            or (named if ACTION.match(sentence.text) else "")
            or None
        )
    if rule.owner == "asked" and not EVERYBODY.search(sentence.text):
        called = talk.people.addressed(sentence.text)
        return called or (talk.said[reply].speaker if reply >= 0 else "") or None
    return None


def together(people: People, text: str, named: str, others: Sequence[str]) -> list[str]:
    """Those who are named before the last one; nobody where a name is the end of something else ("I saw Priya and Tom will …")."""
    if not others or not BEGUN.fullmatch(text[: text.find(named)]):
        return []
    names = [people.called.get(re.sub(BEFORE_A_NAME, "", name).casefold(), "") for name in others]
    return names if all(names) else []


BEGUN: Final = pattern(rf"(?:.*[.,;:!?])? *{LEAD}(?:the )?")
"""What stands before a clause."""
BEFORE_A_NAME: Final = pattern(rf"^{LEAD}(?:the )?")


# What must follow -----------------------------------------------------------------------------------------------------

TO_SOMEBODY: Final = pattern(
    r"\b(?:please|me|us|my|our|your(?! (?:thing|best|job|part|bit|share)\b)|would you|(?:'d|would) like you|working|thinking)\b"
)
"""Shows that "can you" asks somebody, and not whether it can be done."""


def accepted(talk: Talk, at: int) -> int | None:
    """The position of an acceptance by whom it was asked of: who is named, or else the next who speaks.

    What the chair gives somebody by name and date needs none.
    """
    text = talk.said[at].text
    called, due = talk.people.addressed(text), due_in(text)
    for near in talk.replies(at):
        reply = talk.said[near]
        if called and reply.speaker != called:
            continue
        meant = called or due or TO_SOMEBODY.search(text)
        denied = DENIES.match(reply.text)
        if talk.is_short(near) and due_in(reply.text) and not denied:
            return near
        if (ACCEPTS if meant else PROMISES).match(reply.text) and not denied and not reply.asks:
            return near
        return -1 if called and due and not denied else None
    return -1 if called and due else None


def assigned(talk: Talk, at: int) -> int | None:
    """As ``accepted``, where it names who is meant or has a date: any other "you will" is everybody's ("you'll lose it")."""
    text = talk.said[at].text
    return accepted(talk, at) if talk.people.addressed(text) or due_in(text) else None


def wanted(talk: Talk, at: int) -> int | None:
    """The position of the reply that takes an offer up."""
    for near in talk.replies(at)[:1]:
        reply = talk.said[near].text
        taken = WANTS.match(reply) or (talk.said[at].asks and NODS.match(reply))
        return near if taken and not DENIES.match(reply) else None
    return None


def assented(talk: Talk, at: int) -> int | None:
    """The position of the assent with which others first reply to a proposal; to a few words, an echo is one.

    A mere yes is passed over: who says "yeah" listens.
    """
    words = talk.said[at].text.split()
    few = len(words) <= ECHOED_WORDS and words[0] not in ("I", "I'd")
    for near in talk.replies(at):
        reply, denied = talk.said[near], DENIES.match(talk.said[near].text)
        echo = few and not reply.asks and talk.about(near) and talk.about(near) <= talk.about(at)
        if (echo or ASSENTS.match(reply.text)) and not denied:
            return None if is_denied(talk, near) else near
        if denied or not (NODS.match(reply.text) or ACCEPTS.match(reply.text)):
            return None
    return None


def concluded(talk: Talk, at: int) -> int | None:
    """As ``assented``, and where the first who replies says it again."""
    if talk.said[at].asks or TITLE.match(talk.said[at].text):
        return None
    near = next((near for near in talk.replies(at) if not NODS.match(talk.said[near].text)), None)
    if near is not None and echoes(talk, at, near) and not is_denied(talk, near):
        return near
    return assented(talk, at)


def echoes(talk: Talk, at: int, near: int) -> bool:
    """Whether a reply begins by saying a sentence's words again, and adds little."""
    reply = talk.said[near]
    spoken = re.sub(BEFORE_A_NAME, "", reply.text).split()
    said = frozenset(stems(" ".join(spoken[:ECHOED_WORDS])))
    says = len(said) > 1 or said - UNNAMED
    return not reply.asks and len(spoken) <= SHORT_TURN_WORDS and bool(says) and said <= talk.about(at)


def echoed(talk: Talk, at: int) -> int | None:
    """No position, where a few words say again what others have just said to a question, and nobody speaks against it."""
    before = range(max(0, at - NEAR), at)
    others = [
        near for near in before if talk.said[near].key != talk.said[at].key and not talk.said[near].asks
    ]
    again = talk.about(at) <= {stem for near in others for stem in talk.about(near)}
    asked = any(talk.said[near].asks or PROPOSES.search(talk.said[near].text) for near in before)
    return -1 if again and asked and not talk.said[at].asks and not is_denied(talk, at) else None


def is_forbidden(talk: Talk, at: int) -> bool:
    """Whether somebody else says at once not to do it."""
    replies = talk.replies(at)
    moved = {due_in(talk.said[near].text) for near in replies[:2]} - {None, due_in(talk.said[at].text)}
    return any(FORBIDS.match(talk.said[near].text) for near in replies[:1]) and not moved


def is_denied(talk: Talk, at: int) -> bool:
    """Whether the next reply turns it down, or doubts it."""
    replies = [talk.said[near].text for near in talk.replies(at)[:1]]
    doubts = r"(?:really|why|are you|is that|but|so are|do we)\b.*\?$"
    return any(DENIES.match(reply) or re.match(doubts, reply, re.IGNORECASE) for reply in replies)


def unanswered(talk: Talk, at: int) -> int | None:
    """The position of the reply by which nobody knows, where nobody else tells soon after."""
    if not talk.said[at].asks or not talk.about(at) or len(talk.said[at].text.split()) < 4:
        return None
    said = [near for near in talk.replies(at) if not NODS.match(talk.said[near].text)]
    answers = [near for near in said if talk.said[near].key == talk.said[said[0]].key]
    if any(NO_MATTER.search(talk.said[near].text) for near in said[:2]):
        return None
    if not said or not any(
        UNKNOWN.match(talk.said[near].text) if near == said[0] else TELLS_NOT.match(talk.said[near].text)
        for near in answers
    ):
        return None
    near = next(
        near
        for near in answers
        if UNKNOWN.match(talk.said[near].text) or TELLS_NOT.match(talk.said[near].text)
    )
    for later in range(near + 1, min(near + 1 + NEAR, len(talk.said))):
        other = talk.said[later]
        told = talk.about(at) & talk.about(later) and not other.asks and not UNKNOWN.match(other.text)
        if told and not re.search(r"\bI(?:'ll| will)\b", other.text):
            return None
    return near


NO_MATTER: Final = pattern(r"\b(?:whoever|whatever|(?:it )?doesn't matter|never mind|who cares)\b")


def recapped(talk: Talk, at: int) -> int | None:
    """No position, where its speaker is summing up."""
    mine = talk.said[at].key
    before = [near for near in range(max(0, at - 2 * NEAR), at + 1) if talk.said[near].key == mine]
    return -1 if any(RECAPS.search(talk.said[near].text) for near in before) else None


def resolved(talk: Talk, at: int) -> int | None:
    """No position, where nobody speaks against a motion: somebody replies, or its speaker says thank you."""
    after = talk.said[at + 1] if at + 1 < len(talk.said) else None
    thanks = (
        after
        and after.key == talk.said[at].key
        and re.match(r"thank|I see|good|great|okay", after.text, re.IGNORECASE)
    )
    replies = [talk.said[near] for near in talk.replies(at)[:2]]
    against = any(DENIES.match(reply.text) or reply.asks for reply in replies)
    return -1 if thanks or (replies and not against) else None


def volunteered(talk: Talk, at: int) -> int | None:
    """The position where somebody has just asked who does something, or said that there is something to do."""
    for near in range(at - 1, max(-1, at - 1 - NEAR // 2), -1):
        text = talk.said[near].text
        if talk.said[near].key != talk.said[at].key and near == at - 1 and WHO.search(text):
            return near
        if NEEDED.search(text) and talk.names(near):
            return near
    return None


WHO: Final = pattern(
    r"\bwho(?:'ll| can| could| will| would| wants to| does| takes|'s going to| is going to) "
    r"(?!see\b|hear\b|know\b|go\b|start\b|like\b|begin\b|win\b|say\b|.*\bnow\b)\w+"
)


NEEDS: Final[dict[str, Callable[[Talk, int], int | None]]] = {
    "accepted": accepted, "assigned": assigned, "wanted": wanted, "assented": assented, "concluded": concluded, "echoed": echoed, "unanswered": unanswered,
    "recapped": recapped, "volunteered": volunteered, "resolved": resolved,
}  # fmt: skip

# The latest word wins -------------------------------------------------------------------------------------------------

WHEN: Final = frozenset(
    stem(word)
    for word in words_of(
        "monday tuesday wednesday thursday friday saturday sunday tomorrow today tonight week month morning afternoon night instead let take okay end day latest noon lunch lunchtime first thing"
    )
)
TAKEN_BACK: Final = pattern(r"(?:oh|ah|well)?[ ,]*(?:no|wait|sorry|actually)\b")
REPLIES: Final = frozenset(map(stem, "fine good okay yes perfect great lovely give make".split()))
MOVED: Final = pattern(
    r"(?:well|ah|oh|no|okay|then|sorry|actually|make (?:it|that)|rather|let's say|better)\b|.*\b(?:then|instead|rather)\W*$"
)


def latest(talk: Talk, found: Sequence[Finding], first_new: int) -> list[Finding]:
    """Findings as they stand at the end: what was said again is one, what was moved is moved, what was called off is gone.

    That something is called off which stood before ``first_new``, and so was told, is a decision.
    """
    standing: list[Finding] = []
    by_sentence: dict[int, list[Finding | None]] = {}
    for finding in found:
        by_sentence.setdefault(finding.at, []).append(finding)
    for at in range(len(talk.said)):
        before = len(standing)
        for new in by_sentence.get(at, [None]):
            if not new and is_off(talk, at):
                gone = [one for one in standing if calls_off(talk, at, one)]
                standing = [one for one in standing if one not in gone]
                if any(one.kind == "action_item" and one.closed_at < first_new for one in gone):
                    closed_at, quote = talk.said[at].closed_at, talk.these(quote_of(talk, at, -1))
                    standing.append(Finding("decision", at, quote, closed_at, talk.about(at)))
                break
            corrects = CORRECTS.search(talk.said[at].text)
            places = [
                place
                for place in range(before - 1, -1, -1)
                if new or corrects or at - standing[place].at <= NEAR
            ]
            moved = next((place for place in places if moves(talk, at, standing[place], new)), None)
            if moved is not None:
                standing[moved] = brought_up_to_date(talk, standing[moved], at, new)
            elif new:
                standing.append(new)
    return sorted(standing, key=lambda finding: finding.at)


def same(talk: Talk, one: Finding, other: Finding) -> bool:
    """Whether two findings say the same thing."""
    mine, theirs = talk.about(one.at) - WHEN, talk.about(other.at) - WHEN
    common = len(mine & theirs)
    soon = 0 < other.at - one.at <= NEAR and mine == theirs
    alike = mine <= theirs or theirs <= mine or common >= 0.75 * max(len(mine), len(theirs))
    return one.kind == other.kind and (soon or (common >= 2 and alike))


def moves(talk: Talk, at: int, known: Finding, new: Finding | None) -> bool:
    """Whether a sentence says a known finding again, gives it another date, or takes it over."""
    if new and (same(talk, known, new) or (known.kind == new.kind and talk.said[at] in known.quote)):
        return True
    if known.kind != "action_item" or at <= known.at:
        return False
    if at - known.at > NEAR:
        return is_corrected(talk, at, known)
    return is_taken_over(talk, at, known) or is_dated(talk, at, known)


def is_corrected(talk: Talk, at: int, known: Finding) -> bool:
    """Whether somebody takes a task's date back by its name, however much later ("sorry, the quote's Friday")."""
    sentence, due = talk.said[at], due_in(talk.said[at].text)
    whose = sentence.speaker in (known.owner, talk.said[known.at].speaker)
    named = whose and talk.names(at) & talk.names(known.at)
    return bool(named and due and due != known.due and CORRECTS.search(sentence.text))


def is_taken_over(talk: Talk, at: int, known: Finding) -> bool:
    """Whether somebody else says that they do it; by the one whose it is, a date alone is news."""
    sentence = talk.said[at]
    if takes_by_name(talk, at, known):
        return True
    few = len(talk.about(at) - WHEN) <= MOST_MOVED and " by the way" not in sentence.text.casefold()
    if not (known.owner and few and TAKES_OVER.match(sentence.text)):
        return False
    return sentence.speaker != known.owner or bool(due_in(sentence.text) and known.due)


def is_dated(talk: Talk, at: int, known: Finding) -> bool:
    """Whether those whose task it is give it a day: with nothing but a day, by a word that moves it, or by taking theirs back."""
    sentence, due = talk.said[at], due_in(talk.said[at].text)
    if not due or sentence.speaker not in (
        known.owner,
        known.quote[-1].speaker,
        talk.said[known.at].speaker,
    ):
        return False
    rest = talk.about(at) - WHEN
    if at - known.at <= NEAR // 2 and not rest - REPLIES and not (sentence.asks and known.due):
        return True
    if not known.due or sentence.asks:
        return False
    takes_back = at == known.at + 1 and sentence.speaker == known.owner and TAKEN_BACK.match(sentence.text)
    says_so = MOVED.match(sentence.text) or ASSENTS.match(sentence.text)
    return bool(takes_back or (says_so and talk.is_short(at) and len(rest) <= MOST_MOVED // 2))


MOST_MOVED: Final = 4
"""Stems beside the date of a sentence that takes something over; half of them where it only moves it."""
MOST_QUOTED: Final = 4
"""Sentences of a quotation that was brought up to date: the first and the latest."""


TAKES: Final = pattern(
    r"\bI(?:'ll| will| can) (?:do|take|ring|call|tell|ask) (?:the |them |him |her )?([\w'-]+)"
)


def takes_by_name(talk: Talk, at: int, known: Finding) -> bool:
    """Whether somebody else says that they do what was given to another, by a word of it."""
    sentence = talk.said[at]
    named = {stem(word) for match in TAKES.finditer(sentence.text) for word in words_of(match[1])}
    return bool(known.owner and sentence.speaker != known.owner and named & talk.names(known.at))


def brought_up_to_date(talk: Talk, known: Finding, at: int, new: Finding | None) -> Finding:
    """A finding with the later word on it; what that does not speak of stays."""
    sentence, task = talk.said[at], known.kind == "action_item"
    takes = TAKES_OVER.search(sentence.text) or takes_by_name(talk, at, known)
    taken = sentence.speaker if task and takes else None
    owner = (new.owner if new else None) or taken or known.owner
    dates = [match[0].strip() for match in DUE.finditer(sentence.text)] if task else []
    due = (new.due if new else None) or next((date for date in dates if date != known.due), None)
    longer = new if new and len(new.about) >= len(known.about) and same(talk, known, new) else None
    quote = longer.quote if longer else tuple(dict.fromkeys((*known.quote, sentence)))
    if len(quote) > MOST_QUOTED:
        quote = (quote[0], *quote[1 - MOST_QUOTED :])
    told = longer or known
    return replace(
        told,
        at=known.at,
        before=tuple(one for one in told.before if one not in known.quote),
        owner=owner,
        due=due or (known.due if owner == known.owner else None),
        quote=quote,
        also=tuple(known.evidence),
        closed_at=max(sentence.closed_at, known.closed_at),
    )


def is_off(talk: Talk, at: int) -> bool:
    """Whether a sentence takes something back, and does not move it."""
    sentence = talk.said[at]
    return not sentence.asks and CALLED_OFF.search(sentence.text) is not None and not due_in(sentence.text)


def calls_off(talk: Talk, at: int, known: Finding) -> bool:
    """Whether a sentence takes a known finding back."""
    if at <= known.at or CALLED_OFF.search(talk.said[known.at].text):
        return False
    common = len(talk.about(at) & talk.about(known.at))
    soon = at - known.at <= NEAR and known.kind != "question" and len(talk.about(at)) <= 4
    return common >= 2 or (common >= 1 and soon)
