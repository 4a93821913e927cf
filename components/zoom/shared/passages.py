"""Where a meeting answers a question: passages of consecutive talk, ranked by their words, and what to quote of them."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from components.zoom.shared.speech import Sentence
from components.zoom.shared.words import count_words, stem, stems, words_of

PASSAGE_WORDS: Final = 70
"""Words of consecutive talk that are judged as one; the next passage begins in its middle."""
SATURATION: Final = 1.2
LENGTH: Final = 0.75
"""BM25's two constants: how soon a repeated word counts no more, and how much a long passage is held against it."""
HEARSAY: Final = 0.75
"""What others' words count where one person's are wanted."""
ALSO: Final = 0.5
"""What a word with which people ask counts beside those that carry the question."""
TOLD: Final = 0.675
"""Share of a question's words, rare ones weighing more, that the best passages must have to answer it: the mean of what the
best one has and what the best three have together.

Set on three of the real meetings and on calls of our own; see ``docs/insights.md``."""
MANY_WORDS: Final = 4
TOLD_OF_MANY: Final = 0.5
"""That share, for a question of more words than ``MANY_WORDS``: they are rarely all those of the talk."""
NEIGHBOURS: Final = (0.5, 0.25)
"""What the next passages on both sides, and those after them, add to one's score where a discussion is asked for."""
REGION_WORDS: Final = 450
"""Words of the stretch of talk in which is looked for what to quote of a discussion."""
MOST_WORDS: Final = 220
"""Words that are quoted of a discussion."""
OPENING: Final = 0.05
"""Share of a meeting in which its subjects are announced; its score counts half where a discussion is asked for."""
STANDS_OUT: Final = 1.3
"""How many times the score of any other place a passage has, that is the place where a discussion is looked for."""
SEVERAL: Final = 3
"""Words of the question that it must have for that: one rare word may stand anywhere."""
GOES_ON: Final = 1.2
"""How much more the passage after counts than the one before: a discussion follows its subject."""
WORTH_OF_A_TERM: Final = 6
"""What a word of the question counts in a sentence, beside any other word."""
NEAR_THE_BEST: Final = 0.6
"""Share of the best sentence's score from which another is quoted too, where a fact is asked for."""
MOST_QUOTES: Final = 3
"""Sentences that are quoted for a question of one fact, with their replies."""
TURN_WORDS: Final = 120
"""Words up to which what one person told is quoted with what they say in one go with it."""
BESIDE_IT: Final = 0.3
"""What a sentence counts before the first of a stretch that has a word of the question, and long after the last."""
LINGERS: Final = 5
"""Sentences for which the talk stays with a subject after its last word."""
REPLY_SENTENCES: Final = 6
REPLY_TELLS: Final = 2
"""A reply of this many stems ("Good question.") tells nothing yet."""
REPLY_GOES_ON: Final = 6
"""Up to this many stems, whoever replied goes on ("I see two reasons.")."""
BROAD: Final = re.compile(
    r"\b(?:summar\w*|discuss\w*|recap|overview|why|how did|think (?:of|about)|thought|opinion|view|attitude|feel|advantages?|disadvantages?|"
    r"reasons?|causes?|difficult\w*|issues?|talk(?:ed|ing)? about|tell me (?:more )?about|what about|explain|describe|comment\w*|recommend\w*|"
    r"agreed?|disagree\w*|conclu\w*|policy|plans?|impact|introduc\w*|present\w*|contents?)\b",
    re.IGNORECASE,
)
"""Asks for more than one fact."""
TELLING: Final = re.compile(r"\bwhat(?:['’]s| (?:did|does|has|had|is|was|were))\b", re.IGNORECASE)
"""Asks one person what they told, and not what time or price they named."""
ASKING_WORDS: Final = frozenset(
    """actually again already anybody anyone anything ask asked bring brought call comment conclude conclusion conversation decide
    decided decision describe did discuss discussed discussing discussion during ever everybody everyone everything exactly
    explain far feel find give group hear heard introduce introduced know last let long many meeting mention mentioned much
    opinion overview people person point present presenting presented put question raise raised recap regard regarding remember
    remind said say saying sentence show speak spoke suggest suggested summarise summarize summary talk talked talking tell
    think thinking thought told topic towards toward recommend recommended according accordingly view attitude want wanted
    team members member hey assistant anything contribute why reason reasons able make made get got take need happen look go include including included various both new specific overall main group's
    having whether teachers' different advantage advantages disadvantage disadvantages benefit benefits drawback drawbacks agree agreed disagree disagreed difficulty difficulties
    content contents prioritize prioritise prioritizing prioritising priority solution solutions concern concerning went goes after
    group face faced facing encounter encountered arise arose better""".split()
)
"""Words with which people ask; they stand in no answer."""
KINDS_OF_FACT: Final = frozenset(
    "deadline due date day time cost costs price number amount name plan plans policy impact effect effects cause causes".split()
)
"""What kind of fact is asked for: the answer has the fact and not the word, unless nothing else is asked for."""


@dataclass(frozen=True)
class Passage:
    """Some sentences that follow one another."""

    first: int
    last: int
    """Position of its last sentence, included."""
    words: Counter[str]
    """Stems, with how often they are said."""
    length: int


@dataclass(frozen=True)
class Sought:
    """What a question looks for."""

    terms: tuple[str, ...]
    """Stems of the words that carry it."""
    also: tuple[str, ...] = ()
    """Stems of those with which it is asked: an answer may have them, and need not."""
    speaker: str = ""
    """Whose words are wanted; empty for anybody's."""
    is_broad: bool = False
    """Whether more than a fact is asked for."""
    is_telling: bool = False
    """Whether it is asked what that speaker told, and not when or how much."""


def sought_by(question: str, *, speaker: str = "", without: frozenset[str] = frozenset()) -> Sought:
    """Read a question; ``without`` are words of it that are understood already, such as the speaker's name."""
    words = [word for word in words_of(question) if word not in without and stems(word)]
    left = [word for word in words if not asks_with(word)]
    left = [word for word in left if word not in KINDS_OF_FACT] or left
    terms = dict.fromkeys(one for word in left for one in stems(word))
    also = dict.fromkeys(one for word in words for one in stems(word) if one not in terms)
    is_telling = speaker != "" and TELLING.search(question) is not None
    is_broad = BROAD.search(question) is not None
    return Sought(tuple(terms), tuple(also), speaker, is_broad=is_broad, is_telling=is_telling)


def asks_with(word: str) -> bool:
    """Whether people ask with this word, also where it has an ending ("views", "the group's")."""
    plural = word.removesuffix("s") if len(word) > 4 else word  # "news" is more than "new"
    return not ASKING_WORDS.isdisjoint((word, word.removesuffix("'s"), plural))


def passages_of(said: Sequence[Sentence]) -> list[Passage]:
    """Sentences as passages of some seventy words, each overlapping the next by half."""
    lengths = [count_words(sentence.text) for sentence in said]
    held = [Counter(stems(sentence.text)) for sentence in said]
    found: list[Passage] = []
    first = 0
    while first < len(said):
        last, words = first, lengths[first]
        while (
            last + 1 < len(said)
            and words + lengths[last + 1] <= PASSAGE_WORDS * 1.2
            and words < PASSAGE_WORDS
        ):
            last += 1
            words += lengths[last]
        found.append(Passage(first, last, sum((held[at] for at in range(first, last + 1)), Counter()), words))
        if last + 1 >= len(said):
            break
        half, step = 0, first
        while step < last and half < words / 2:
            half += lengths[step]
            step += 1
        first = max(step, first + 1)
    return found


def weights_of(terms: Sequence[str], passages: Sequence[Passage]) -> dict[str, float]:
    """How much each term tells passages apart; one that nobody said weighs as much as the mean of the others, at least 1."""
    count = len(passages)
    known = {term: sum(term in passage.words for passage in passages) for term in terms}
    weight = {term: math.log(1 + (count - n + 0.5) / (n + 0.5)) for term, n in known.items() if n}
    unsaid = max(1.0, sum(weight.values()) / len(weight)) if weight else 1.0
    return {term: weight.get(term, unsaid) for term in terms}


def answer_in(said: Sequence[Sentence], sought: Sought) -> list[int]:
    """Positions of the sentences to quote as the answer, in order; none where the meeting has not told."""
    passages = passages_of(said) if sought.terms else []
    heard = [words_for(said, passage, sought) for passage in passages]
    weights = weights_of(sought.terms, passages)
    also = {term: ALSO * weight for term, weight in weights_of(sought.also, passages).items()}
    held = [score_of(*each, weights, passages) for each in zip(passages, heard, strict=True)]
    if not is_told([passages[at].words for at in best_of(held)[:3]], weights):
        return []
    asked = [score_of(*each, also, passages) for each in zip(passages, heard, strict=True)]
    scores = [score and score + more for score, more in zip(held, asked, strict=True)]
    if sought.is_broad:
        best = standing_out(passages, scores, sought.terms)
        around = smoothed(scores)
        start = best_of(around)[0] if best is None else best
        return telling(said, region_of(said, passages, around, start), weights, sought)
    return facts(said, [passages[at] for at in best_of(scores)[:4]], weights, sought)


def best_of(scores: Sequence[float]) -> list[int]:
    """Positions of the scores above nothing, the best first."""
    return sorted((at for at, score in enumerate(scores) if score > 0), key=lambda at: -scores[at])


def words_for(said: Sequence[Sentence], passage: Passage, sought: Sought) -> dict[str, float]:
    """How often a passage says each term, others' words counting half where one person's are wanted; nothing where
    that person says none of them, and replies to none.
    """
    terms = (*sought.terms, *sought.also)
    if not sought.speaker:
        return {term: float(passage.words[term]) for term in terms}
    inside = [said[at] for at in range(passage.first, passage.last + 1)]
    own = {
        word
        for at in range(passage.first, passage.last + 1)
        if said[at].speaker == sought.speaker or reply_by(said, at, sought.speaker)
        for word in stems(said[at].text)
    }
    if own.isdisjoint(sought.terms):
        return dict.fromkeys(terms, 0.0)
    counts = dict.fromkeys(terms, 0.0)
    for sentence in inside:
        for word in stems(sentence.text):
            if word in counts:
                counts[word] += 1.0 if sentence.speaker == sought.speaker else HEARSAY
    return counts


def score_of(
    passage: Passage, words: dict[str, float], weights: dict[str, float], passages: Sequence[Passage]
) -> float:
    """BM25."""
    usual = sum(one.length for one in passages) / len(passages) or 1.0
    damping = SATURATION * (1 - LENGTH + LENGTH * passage.length / usual)
    return sum(
        weight * words[term] * (SATURATION + 1) / (words[term] + damping) for term, weight in weights.items()
    )


def smoothed(scores: Sequence[float]) -> list[float]:
    """Scores with those around them: what is discussed for long beats what is named once, and the agenda least."""
    opening = int(OPENING * len(scores))
    padded = [0.0, 0.0, *(score / 2 for score in scores[:opening]), *scores[opening:], 0.0, 0.0]
    near, far = NEIGHBOURS
    return [
        padded[at] + near * (padded[at - 1] + padded[at + 1]) + far * (padded[at - 2] + padded[at + 2])
        for at in range(2, len(padded) - 2)
    ]


def is_told(best: Sequence[Counter[str]], weights: dict[str, float]) -> bool:
    """Whether the best passages have enough of the question's words to answer it."""
    if not best:
        return False
    one = sum(weight for term, weight in weights.items() if best[0][term])
    three = sum(weight for term, weight in weights.items() if any(words[term] for words in best))
    least = TOLD_OF_MANY if len(weights) > MANY_WORDS else TOLD
    return (one + three) / 2 >= least * sum(weights.values())


def standing_out(passages: Sequence[Passage], scores: Sequence[float], terms: Sequence[str]) -> int | None:
    """The passage that has far more of what is asked than any that shares no sentence with it, if there is one."""
    best = best_of(scores)[0]
    apart = (
        score
        for passage, score in zip(passages, scores, strict=True)
        if passage.first > passages[best].last or passage.last < passages[best].first
    )
    several = sum(term in passages[best].words for term in terms) >= SEVERAL
    return best if several and scores[best] >= STANDS_OUT * max(apart, default=0.0) else None


def region_of(
    said: Sequence[Sentence], passages: Sequence[Passage], scores: Sequence[float], start: int
) -> range:
    """Positions of the sentences around a passage, as far as the talk is of it, up to ``REGION_WORDS``."""
    first = last = start
    while True:
        region = range(passages[first].first, passages[last].last + 1)
        before = scores[first - 1] if first else 0.0
        after = scores[last + 1] * GOES_ON if last + 1 < len(scores) else 0.0
        if sum(count_words(said[at].text) for at in region) >= REGION_WORDS or not (before or after):
            return region
        first, last = (first, last + 1) if after >= before else (first - 1, last)


def telling(said: Sequence[Sentence], region: range, weights: dict[str, float], sought: Sought) -> list[int]:
    """The sentences of a stretch that say most, of what is asked and at all, as many as there are words for; those of whom
    is asked first, and of others only what is asked; questions, and what surrounds the subject, last.
    """
    of_it = [at for at in region if not weights.keys().isdisjoint(stems(said[at].text))] or region
    worth: dict[int, float] = {}
    for at in region:
        held = set(stems(said[at].text))
        asked = sum(weight for term, weight in weights.items() if term in held) / max(
            weights.values(), default=1
        )
        worth[at] = (WORTH_OF_A_TERM * asked + len(held)) * (0.5 if said[at].asks else 1.0) * (len(held) > 1)
        if sought.speaker:
            worth[at] *= 1.5 if said[at].speaker == sought.speaker else 0.7 * (asked > 0)
        worth[at] *= 1.0 if of_it[0] <= at <= of_it[-1] + LINGERS else BESIDE_IT
    kept: list[int] = []
    words = MOST_WORDS
    for at in sorted(region, key=lambda at: (-worth[at], at)):
        cost = count_words(said[at].text)
        if worth[at] and (cost <= words or not kept):
            kept.append(at)
            words -= cost
    return sorted(kept)


def facts(
    said: Sequence[Sentence], passages: Sequence[Passage], weights: dict[str, float], sought: Sought
) -> list[int]:
    """The sentences that say most of what is asked for, with the replies to those that ask themselves."""
    scores: dict[int, float] = {}
    for passage in passages:
        for at in range(passage.first, passage.last + 1):
            held = frozenset(stems(said[at].text))
            score = sum(weight for term, weight in weights.items() if term in held)
            others = sought.speaker and said[at].speaker != sought.speaker
            if score and not (others and not reply_by(said, at, sought.speaker)):
                scores[at] = score * (HEARSAY if others else 1.0) - 0.001 * len(held)
    best = max(scores.values(), default=0.0)
    ranked = sorted(
        (at for at in scores if scores[at] >= NEAR_THE_BEST * best), key=lambda at: (-scores[at], at)
    )
    whole = {near for at in ranked[:MOST_QUOTES] for near in (at, *reply_to(said, at), *goes_on(said, at))}
    left = TURN_WORDS - sum(count_words(said[at].text) for at in whole)
    for near in turns_around(said, ranked[:MOST_QUOTES]) if sought.is_telling else []:
        if near not in whole and left > 0:
            whole.add(near)
            left -= count_words(said[near].text)
    return sorted(whole)


def turns_around(said: Sequence[Sentence], places: Sequence[int]) -> list[int]:
    """What is said in one go with each of these sentences: all that comes after, then what comes before, the nearest first."""
    found: list[int] = []
    for step, place in itertools.product((1, -1), places):
        near = place + step
        while 0 <= near < len(said) and said[near].key == said[place].key:
            found.append(near)
            near += step
    return found


def reply_by(said: Sequence[Sentence], at: int, speaker: str) -> bool:
    """Whether this person replies to what was asked."""
    return any(said[near].speaker == speaker for near in reply_to(said, at))


def goes_on(said: Sequence[Sentence], at: int) -> list[int]:
    """The position of the next sentence, where the same speaker goes on and the sentence says little."""
    after = at + 1
    same = after < len(said) and said[after].key == said[at].key and not said[after].asks
    return [after] if same and len(stems(said[at].text)) < 4 and not said[at].asks else []


def reply_to(said: Sequence[Sentence], at: int) -> list[int]:
    """Positions of what others replied to a sentence that asks, until something is said."""
    found: list[int] = []
    if not said[at].asks:
        return found
    for near in range(at + 1, min(at + 1 + REPLY_SENTENCES, len(said))):
        told = sum(len(stems(said[one].text)) for one in found)
        goes_on = found and said[near].key == said[found[-1]].key and not said[near].asks
        if told > REPLY_GOES_ON or (told > REPLY_TELLS and not goes_on):
            break
        if said[near].key != said[at].key:
            found.append(near)
    return found


def speaker_in(question: str, names: Sequence[str], asker: str) -> tuple[str, frozenset[str]]:
    """Whose words a question is about, and the words that name them; nobody for "who told Dana?"."""
    words = words_of(question)
    for name in dict.fromkeys(name for name in names if name):
        parts = words_of(name)
        others = {part for other in names if other != name for part in words_of(other)}
        spans = (
            [
                at
                for at in range(len(words))
                if [word.removesuffix("'s") for word in words[at : at + len(parts)]] == parts
            ]
            if len(parts) > 1
            else []
        )
        alone = {part for part in parts if part not in others | ROLE_WORDS | ARTICLES and len(part) > 1}
        places = spans or [at for at, word in enumerate(words) if word.removesuffix("'s") in alone]
        for at in places:
            end = end_of_name(words, at, parts)
            more = joined_name(words[end:], [words_of(other) for other in {*names} if other != name])
            after = next((word for word in words[end + more :] if word not in (*parts, *ROLE_WORDS)), "")
            articles = ("the", "our") if spans else ()
            before = next((word for word in words[:at][::-1] if word not in articles), "")
            if (
                words[end + more - 1].endswith("'s")
                or stem(after) in SAYS
                or before in BEFORE_A_SPEAKER
                or words[max(0, at - 2) : at] == ["according", "to"]
            ):
                verb = {after} if stem(after) in SAYS else set()
                return "" if more else name, frozenset({*parts, *words[at : end + more], *verb})
    of_self = any(one in BEFORE_A_SPEAKER and two == "i" for one, two in itertools.pairwise(words))
    if asker in names and (of_self or "my" in words) and "miss" not in words:
        return asker, frozenset()
    return "", frozenset()


def end_of_name(words: Sequence[str], at: int, parts: Sequence[str]) -> int:
    """Position after the words of a name from ``at`` on, with the title behind it ("the marketing expert's")."""
    end = at
    while end < len(words) and words[end].removesuffix("'s") in (*parts, *TITLES):
        end += 1
        if words[end - 1].endswith("'s"):
            break
    return end


def joined_name(words: Sequence[str], names: Sequence[Sequence[str]]) -> int:
    """With how many words a question goes on to name somebody else too ("and the user interface designer"), if it does."""
    start = 2 if words[:2] == ["and", "the"] else int(words[:1] == ["and"])
    first = words[start].removesuffix("'s") if 0 < start < len(words) else ""
    return max((end_of_name(words, start, parts) for parts in names if first in parts), default=0)


ARTICLES: Final = frozenset("the our your my an".split())
"""Words of a label ("The Chair") that name nobody, so that "did the meeting" does not ask after the chair."""
TITLES: Final = frozenset("designer expert manager member".split())
"""Words behind the label of a role that belong to it."""
ROLE_WORDS: Final = frozenset(
    "chair designer expert industrial interface manager member project room speaker user".split()
)
"""Parts of labels that name nobody by themselves."""
SAYS: Final = frozenset(
    map(
        stem,
        "say says think thought mention promise suggest propose want tell ask do agree disagree mean raise answer explain object feel "
        "comment consider recommend describe introduce present learn find report argue insist claim prefer oppose".split(),
    )
)
BEFORE_A_SPEAKER: Final = frozenset(
    "did does do has had have was is would will should must by from can could".split()
)
