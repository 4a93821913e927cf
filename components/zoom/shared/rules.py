"""What a meeting agrees on, in English, by rules: action items, decisions and open questions, quoted as they were said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from components.zoom.shared.speech import ENDED, Sentence, sentences
from components.zoom.shared.words import stem, stems, words_of


def either(phrases: str) -> str:
    """A pattern for any of the phrases, which are parted by ``/`` or by lines."""
    listed = [phrase.strip() for phrase in re.split(r"[/\n]", phrases)]
    return f"(?:{'|'.join(phrase for phrase in listed if phrase)})"


def pattern(text: str) -> re.Pattern[str]:
    """A pattern for words in any case."""
    return re.compile(text, re.IGNORECASE)


# When -----------------------------------------------------------------------------------------------------------------

DAY: Final = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow)"
MONTH: Final = (
    r"(?:january|february|march|april|june|july|august|september|october|november|december|may(?= \d|$))"
)
NTH: Final = r"(?:\d{1,2}(?:st|nd|rd|th)|(?:(?:twenty|thirty)[- ])?(?:first|second|third|\w+(?:[fxnr]|nd|ven|gh|ie)th|tenth))"
UNTIL: Final = r"(?:by|before|on|until|till|for|after|no later than|first thing|over|at)"
DUE: Final = pattern(
    rf"(?<!\bnot )\b(?:(?:{UNTIL} )?(?:the end of )?(?:next |this |on )?{DAY}"
    r"(?: (?:morning|afternoon|evening|night|noon|lunchtime|at the latest))?|"
    rf"{UNTIL} (?:(?:the )?{NTH} (?:of )?{MONTH}|{MONTH} (?:the )?(?:{NTH}|\d{{1,2}})|\d{{1,2}} {MONTH}|\d{{4}}-\d\d-\d\d|the {NTH})|"
    r"(?:by|before|until|till|at|to|towards) the (?:end|close|start|beginning) of (?:(?:the|this|next) )?\w+|"
    rf"(?:by|before|until|till|in) (?:early |late |mid[- ])?(?:{MONTH}|the (?:spring|summer|autumn|fall|winter|new year)|christmas|easter)|"
    r"(?:by|before|until) (?:noon|midnight|lunch|tonight|then|eod|\d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)?(?= |$|[.,?!]))|"
    r"(?:(?:by|before|for|at|until|till) )?(?:the |our )?next (?:week|month|meeting|sprint|session|quarter|year|call|stand-?up)|"
    r"(?:(?:by|later|before|over) )?(?:this (?:week|afternoon|evening|month|weekend)|the weekend(?! of)|today|tonight)|the week after|"
    r"(?:with)?in (?:an?|one|two|three|four|five|six|ten|\d+|a couple of|a few) (?:hours?|days?|weeks?|months?)|"
    r"(?:before|after|by|at) (?:the |our )?(?:launch|release|demo|meeting|lunch|holidays?|recess)|"
    r"(?:right|straight|directly) after this|when we're (?:done|finished|through)(?: here)?|as soon as possible|asap|eod)(?!\w)"
)

# What somebody does ---------------------------------------------------------------------------------------------------

FREE: Final = (
    r"(?<!\bwhat )(?<!\bthat )(?<!\bwhich )(?<!\bthing )(?<!\bhow )(?<!\bwhere )(?<!\bas )(?<!\bthan )(?<!\ball )(?<!\blike )"
    r"(?<!\bsay )(?<!\bdo )\b"
)
"""Not in a clause that says what, how or which: such a one commits to nothing."""
DO: Final = (
    r"(?: (?:just|also|then|definitely|certainly|gladly|probably|still|quickly|really|all|both|actually|of course|please|maybe|"
    r"again|try (?:to|and)|make sure (?:to|that (?:we|I))|be (?:happy|glad) to|go (?:and|ahead and)|have to|need to|be able to|"
    r"be(?= \w+ing\b)))* (?P<do>[a-z][a-z-]*)(?P<rest>[^.?!…]*)"
)
WILL: Final = r"(?:'ll| will| shall|'m going to| am going to|'re going to| are going to)"
STATES: Final = frozenset(
    """be being have having see think know guess let admit assume want like love hope believe expect agree feel need suppose remember forget
    not never no always rarely only who what why how when where then also so been too as the a an it that this you we they he
    she more mean say vote bet wait""".split()
)
"""Nothing that anybody has to do."""
MOVES: Final = frozenset(
    """start begin go stop show read explain mention pass hand repeat turn come move skip leave keep press hear listen open close
    click plug mute talk speak address answer respond pick hold return continue finish focus stick sit stand stay end resign
    summarise summarize reiterate emphasise emphasize highlight illustrate clarify describe declare apologise apologize refer
    argue concede defer rephrase paraphrase quote interrupt add call kick jump step dive walk run look tell put draw bring give
    ask get take do make use try share pull set switch change cover touch help invite announce""".split()
)
"""What people also do in the talk itself: work only with a date, where they were asked to, or as in ``WORK``."""
WORK: Final = pattern(
    either(r"""
    ask (?!you\b|him\b|her\b|them\b|that\b|this\b|it\b|the\b|a\b|an\b|another\b|one\b|whether\b|if\b|my\b|our\b|for your\b|some\b|about\b|members\b)\w
    ask (?:him|her|them|the \w+|my \w+) (?:to|for|about|if|whether|when)\b(?! (?:say|answer|respond|come|introduce|start|speak|explain))
    give (?:it|this|that|them|the \w+|\w+) to \w / give(?: \w+){1,4} (?:call|ring|update by|notice)\b
    get (?:\w+ ){1,4}(?:to|from)\b / get (?:you|them|us) (?:a|an|the|some|those|that)\b / get (?:back to (?:you|them|him|her)|in touch|hold of)\b
    make (?:sure|up|an? (?:list|copy|plan|note of|appointment)) / do (?:the rest|another) / tell (?!you\b|me\b|us\b|the committee\b|everyone what\b)\w
    take (?:care of|charge of|over|the (?:action|minutes|notes|next)) / take (?:it|this|that|them) (?:to|up with|back to|home)\b
    bring (?:it|this|that|them|the [\w ]+) (?:to|up|along)\b / put (?!.*\bback\b)(?:\w+ ){1,8}(?:in|into|on|onto|up on) (?:the|our|a|my)\b
    put (?:(?:it|them|that|this|the \w+) )?together\b / look (?:into|it up|that up|after)\b / look at (?:the|that|your|our) \w+s\b / call (?!it\b|that\b|this\b|you (?:a|the)\b)\w
    run (?:it|that|this|them|another)\b(?! through| by you) / (?:talk|speak) (?:to|with) (?!you\b|that\b|this\b|it\b)\w
    share (?:it|that|the \w+|this) (?:with|in|on)\b(?! you now) / set (?:\w+ ){1,3}up\b / pull the \w+ / draw up\b / keep (?:an eye|you posted|track)\b
    add (?:it|that|this|them|the [\w ]+|you) to (?:the|our)\b / finish (?:the|it|that|writing|off)\b(?! (?:point|sentence|question|thought))
    help (?:you )?with (?:that|the)\b / pick (?:it|them|the \w+|you) up from\b / move (?:the|it|that|them) (?:to|into)\b / announce (?:it|that)\b
    (?:close|open) (?:an?|the|that) (?:ticket|issue|account|deal) / turn (?:\w+ ){1,3}down\b / come up with (?:something|an?)\b / change (?:it|that|the)\b
""")
)
HERE: Final = pattern(
    r"\b"
    + either(r"""
    right now / for now / now(?= |$) / first(?: of all)?$ / here / (?:in|for) a (?:second|minute|moment|bit) / later on / at this point
    briefly / very quickly / if I may / quick(?:ly)?$ / on the (?:white)?board / again$ / the floor / the mic\w*
    my (?:screen|presentation|question|point|turn|slot|time|colleagues?) / an? (?:idea|guess|overview|sense|moment)
    (?:that|this|the|your|one|another|a|your next|his|her) (?:question|point|example|comment|answer|idea)s?
    you (?:what|how|why|that|about|a|an|the (?:idea|reason)) / in the presentation
""")
    + r"\b"
)
"""What is done while one speaks."""

# What governs a clause ------------------------------------------------------------------------------------------------

DOUBT: Final = pattern(
    r"\b"
    + either(r"""
    (?:don't|do not|didn't|doesn't|not|never|wasn't) (?:really |necessarily )?(?:think|believe|say|saying|know|suppose|promise|sure|mean|want|see|expect|certain|guess|clear)
    doubt / wonder(?:ing)? / whether / unless / suppos(?:e|ing) / imagine / pretend / as (?:if|though) / wish / hypothetically / e\.g / such as
    (?:would|could|should|might) have / for (?:example|instance) / what about / in theory / unlikely / hop(?:e|ing) / worried that / afraid / if
    otherwise / or else / instead of / rather than / (?:why|how|what) (?:would|should|do|did|can) / next time (?:I|you|we) / before (?:I|we|they)
    when(?:ever)? (?:you|they|he|she|it|the|a|this|that) / the (?:question|problem|issue|fear|idea|risk|danger) (?:is|was)
""")
    + r"\b"
)
REPORTED: Final = pattern(
    r"\b"
    + either(r"""
    said / says / (?:he|she|they|people|every(?:one|body)|will|would|might|could) say / saying / told / tells / tell / thought / thinks / promised
    promises / claims / claimed / wrote / writes / reckons / mentioned / announced / heard / reads / asked / asks / goes like / was like
    (?:was|were) going to / used to / (?:wanted|meant|tried|supposed) to
""")
    + r"\b(?! you (?:I|we)\b)"
)
FINDS_OUT: Final = pattern(
    r"\b(?:check|see|ask|find out|know|look|tell|wonder|test|clarify|say|confirm)\w*(?: \w+){0,3} $"
)
"""Before an "if" that is no condition."""
CONDITION: Final = pattern(
    r"\b(?:if|unless)\b(?! (?:you (?:like|want|wish|don't mind|can)|(?:s?he|they) can|that's (?:okay|all right|fine)|possible|I may)\b)|\bnext time (?:I|you|we)\b"
)
TURN: Final = pattern(r"\bbut\b|\bso (?=I|we|you|let)|\banyway\b|; |\bor something,? ")
"""Begins a clause that what stands before it does not govern."""
JOKE: Final = pattern(
    r"\b(?:ha ?ha+|hah|lol|funny|just kidding|(?:I'm|only|just) joking|laugh\w*|if I were you|you wish|in my dreams|I beg you)\b"
)
LAUGHS: Final = pattern(
    r"(?:\W|oh|no|that's|very)*(?:ha\b|ha(?:[- ]?ha)+|hah|lol|funny|you're (?:mad|funny|kidding|joking)|you will not|please don't|don't you dare)\b"
)

# What is replied ------------------------------------------------------------------------------------------------------

LEAD: Final = (
    r"(?:(?:oh|well|um|hm+|yeah|yes|yep|okay|ok|so|and|but|right|sure|good|great|true|no|then|alright|all right|actually|sorry|"
    r"honestly|mm|that's|a|wow)\b[ ,.!]*)*"
)
NO: Final = either(r"""
    no\b(?![ ,]*(?:problem|worries|bother|that's (?:fine|okay|good)|objection|it's fine|exactly|go ahead|absolutely)) / nope / but\b / wait\b / hold on / hang on
    not (?:really|yet|so|sure|necessarily|for me|if|the|in|that|before) / (?:I|we) (?:don't(?! see why not| mind)|can't|won't|wouldn't|disagree|doubt|haven't|didn't|thought) / however
    (?:that|it|this) (?:doesn't|won't|isn't|wouldn't|depends) / (?:I'm|we're) not\b / are you sure / really\? / I'd rather / isn't (?:that|it) / let's not
    that's (?:not|too|the|bad|what|a problem|wrong) / why\b(?! not) / what if / maybe not / except / the problem / you're (?:joking|kidding)
""")
DENIES: Final = pattern(rf"(?:(?:well|oh|hm+|um|uh|ugh|actually|sorry|yeah|okay)[ ,.]+)*{NO}")
WILL_DO: Final = either(r"""
    sure / will do / of course / no (?:problem|bother|worries) / absolutely / certainly / definitely / gladly / (?:I'm )?happy to / can do / (?:I'm )?on it / leave (?:it|that) (?:to|with) me
    consider it done / that's with me / you'll have / (?:yes|yeah|yep|okay|ok)[ ,]+(?:I|we)(?:'ll| will| can)\b / I(?:'ll| will| can)(?= (?:do|take|handle|see to)\b|\W*$|, I)
""")
"""Promises to do what was asked."""
NOD: Final = either(
    "yes / yeah / yep / yup / okay / ok / fine / alright / all right / right / we(?:'ll| will| can)"
)
BUT: Final = r"\b(?! (?:but|if|I can't|I won't)\b)"
PROMISES: Final = pattern(f"{LEAD}{WILL_DO}{BUT}")
ACCEPTS: Final = pattern(f"{LEAD}(?:{WILL_DO}|{NOD}){BUT}")
WANTS: Final = pattern(
    LEAD
    + either(r"""
    (?:yes|yeah|oh|okay)?[ ,]*please\b / do (?:that|it|so)? ?(?:please|then)?\W*$ / do (?:that|it|so)\b / go (?:ahead|for it) / (?:that|it|which)(?:'d| would)\b(?! (?:not|cost|be too))
    would you / thank you / thanks / perfect / lovely / wonderful / brilliant / super / excellent / even better / great / you're (?:a|an) (?:star|angel) / (?:good|great|lovely) idea
    I'd appreciate / much appreciated / cheers
""")
    + r"(?!\w)"
)
ASSENTS: Final = pattern(
    rf"{LEAD}(?:I (?:really |do )?think )?"
    + either(r"""
    agreed / (?:I|we) (?:totally |fully |would |do )?agree\b(?! to disagree| with) / (?:that )?works\b(?! (?:like|by|with)) / (?:that )?sounds (?:very |really |pretty )?(?:good|great|fine|right|reasonable|like a plan|perfect|sensible)
    (?:I'm|we're) (?:all )?(?:for (?:it|that)|fine with|happy with|okay with|good with|in favou?r) / (?:fine|good|okay) (?:with|by|for) me / suits me / (?:it's |that's )?fine\W*$ / that's fine\b
    let's (?:do|go (?:with|for)|say|try|take) (?:it|that|this|both) / (?:definitely |really |actually )?an? (?:very |really )?(?:good|great|lovely|excellent|nice|brilliant) (?:idea|plan) / (?:good|great) (?:idea|shout)
    deal\W*$ / (?:\w+ )?I can (?:live with|do)\b / I (?:can )?(?:see no reason|don't see) why not / why not\W*$ / (?:I'd |I would )?go (?:with|for) (?:it|that) / (?:that )?makes (?:total |perfect )?sense\W*$
    do (?:it|that)\W*$ / go ahead / me too / so am I / (?:I )?like (?:it|that)\W*$ / I'd (?:like|love|prefer) that / \w+day(?:'s| is) (?:good|fine|great) / (?:\w+ ){1,3}(?:is|are) fine with me
    aye / (?:yes|yeah),? definitely / absolutely\W*$ / definitely\W*$ / perfect\W*$ / (?:I'd |I would )say so
""")
)
IF_POSSIBLE: Final = pattern(rf"{LEAD}if (?:(?:we|you|they) can|(?:at all )?possible)\W*$")
ASKS_ALL: Final = pattern(r"\b(?:shall|should|can|could) we\b")
"""What "if we can" assents to; after anything else it is a condition."""
NODS: Final = pattern(
    r"(?:"
    + either(
        "yeah / yes / yep / yup / okay / ok / sure / right / fine / good / great / all right / alright / perfect / true / cool / mm / exactly / of course / no problem"
        " / lovely / will do / works for me / agreed / thanks? / thank you / super / wonderful / excellent / absolutely / it is / I will"
    )
    + r"[ ,.!]*)+$"
)
UNKNOWN: Final = pattern(
    rf"{LEAD}(?:to be honest[ ,]+|frankly[ ,]+|I mean[ ,]+)?"
    + either(r"""
    (?:I|we) (?:really |still |actually |just )?(?:don't|do not|wouldn't) (?:really |actually |exactly )?(?:know|have (?:the|that|a) (?:number|figure|answer|idea|date|clue)s?)
    (?:I )?(?:have )?no (?:idea|clue) / (?:I'm |we're )?not (?:really |so |quite |entirely |a hundred percent )?(?:sure|certain)(?: either)?\W*$ / me neither / good question / nobody knows / who knows
    (?:I|we)(?:'d| would| will|'ll)? (?:have|need) to (?:check|look|ask|find) / we(?:'ll)? (?:come|get) back to that / I (?:don't|couldn't (?:say|tell))\W*$ / (?:still )?open\W*$ / not yet\W*$
    (?:that's )?anybody's guess / not me\b / I haven't (?:a clue|the faintest|an idea) / I wouldn't (?:know|have a clue) / \w+ is \w+ I'd have to
""")
)
CALLED_OFF: Final = pattern(
    r"\b"
    + either(r"""
    (?:you|we|he|she|they) (?:don't|do not|won't) (?:really )?(?:need|have) to / no need (?:to|for) / (?:I|we) (?:won't|will not) / (?:I'm|am|we're|are) not going to / never ?mind
    forget (?:it|that|about) / (?:has|have|had|is|was)(?: been)? already \w+ / already (?:did|done|sent) / let's not / (?:scrap|cancel|drop) (?:it|that)
""")
    + r"\b"
)
TAKES_OVER: Final = pattern(
    r"\b(?:let me (?:take|do|handle|have) (?:that|it|this)|I(?:'ll| will| can) (?:(?:take|fix|do|handle|see to) (?:it|that|this)))\b"
)
SHORT_TURN_WORDS: Final = 9
"""A reply up to this long may settle something by itself, or move a date."""
NEAR: Final = 6
"""Sentences within which people still speak of the same."""
POINTERS: Final = pattern(
    r"\b(?:it|that|this|them|those|these|ones?|him|her|there|so|do|then|both|the (?:other|rest|same|latter|former|link|form|file|thing))\b"
)
ANOTHER_SAID: Final = pattern(
    r"\b(?:these|those|both|either)(?: (?:two|three|four|other))? (?:options?|ways?|things|points|ideas|ones|possibilities|proposals|solutions?|versions?)\b"
)
"""Names nothing that somebody has not just said."""
EVERYBODY: Final = pattern(
    r"\b(?:every(?:body|one)|all of you|you all|you guys|any(?:body|one)|some(?:body|one)|who)\b"
)
LONGEST_QUOTE_WORDS: Final = 45
BEFORE_A_CLAUSE: Final = 25
"""Characters before a clause's verb in which a date still belongs to it ("by tomorrow I can send it")."""

# The table ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """What people say for one thing, and when it does not count."""

    kind: str
    says: tuple[str, ...]
    """Patterns, any of which says it. ``do`` and ``rest`` are the verb and what follows it, ``named`` who is to do it."""
    unless: str = ""
    """Not where the sentence has this."""
    needs: str = ""
    """What must follow: ``accepted`` (by who was asked), ``wanted`` (an offer is taken up), ``assented`` or ``nodded`` to,
    ``resolved`` (a motion), ``volunteered`` (who does it was asked), ``unanswered``, ``dated`` (it has a date itself)."""
    owner: str = ""
    """Whose it is: ``speaker``, ``asked`` (who is named, else who accepts), ``named``; nobody's where empty."""
    yes: tuple[str, ...] = ()
    """Talk that has one; a turn is ``Name: words``, turns are parted by ``|``."""
    no: tuple[str, ...] = ()
    """Talk that has none."""


START: Final = r"^(?:(?:okay|ok|good|right|well|and|so|great|alright|all right|then|yes|yeah|fine|but|now|lovely|super|no)\b[ ,.]*)*"
TASKS: Final = either(
    "send / ask / ring / call / phone / email / check / find / write / prepare / draft / book / order / chase / remind / tell / update / arrange / organise / "
    "organize / get / put / contact / forward / finish / print / fix / test / do"
)
AGENDA: Final = (
    r"\b(?:agenda|next (?:item|slide|point|question)|presentation|break|lunch|coffee|screen|microphone|whiteboard|move on|come back|hear|"
    r"ask (?:you|the|whether)|a question|start (?:with|the meeting))\b"
)
SETTLED: Final = r"(?:use(?! the)|keep|include|skip|stick|stay|choose|pick|aim|target|focus|drop|lose|do without|leave out|take out|make it|go (?:with|for)|postpone)"
RULES: Final = (
    Rule(
        "action_item",
        (
            rf"{FREE}I{WILL}{DO}",
            rf"{FREE}let me(?= (?:check|send|find out|come back to|get back|write|look into|talk to|confirm|fix|prepare|ask|call|email|draft|know))(?! know){DO}",
            rf"{START}(?:I'm )?(?P<do>\w+ing) (?P<rest>\w+ \w+day)\W*$",
        ),
        unless=r"\bI(?:'ll| will) just\b|\b(?:talk|speak) (?:\w+ )?(?:about|on)\b|\bI(?:'ll| will) (?:tell you|be (?:happy|glad) to)\b",
        owner="speaker",
        yes=(
            "Dana: I'll send the draft contract to the supplier by Friday.", "Dana: Okay, I will paint the fence by Monday.",
            "Dana: Let me send you the audit report by Thursday.", "Dana: I'll check with legal whether that is allowed.",
            "Dana: Then I'll ask Henrik.", "Tom: Lyon calls every hour. | Dana: Okay, I'm telling them Friday.",
            "Dana: I'll chase the pharmacy when we're done here.",
        ),
        no=(
            "Dana: I'll go first, if that's okay.", "Dana: I'll just share my screen now.", "Dana: I'll give you an example.",
            "Dana: He said he would start without me, I will be late.", "Dana: I don't think I'll send the report.",
            "Dana: If the lift breaks again I'll carry the plants up.", "Dana: I'll send you my invoice. | Tom: Ha ha, very funny.",
            "Dana: Tom told me I'll send the report on Friday.", "Dana: I would have sent the report.", "Dana: Let me make a note on yours.",
            "Dana: I'll answer that question.", "Dana: I was going to write the summary yesterday.",
            "Dana: I'll bring cake next time I break production.", "Dana: Today I'm going to talk about trends.",
        ),
    ),
    Rule(
        "action_item",
        (rf"{FREE}I can{DO}", r"\byou(?:'ll| will) (?:have|get) (?:it|that|them|the \w+|an? \w+|my \w+)(?P<rest>[^.?!]*)"),
        needs="dated",
        owner="speaker",
        yes=("Dana: I can draft the email to customers today.", "Dana: Could you write a plan? | Tom: Sure, you'll have it by Thursday."),
        no=("Dana: I can see it today.", "Dana: You'll get an export of the data.", "Dana: If you push the button you'll get a light in two days."),
    ),
    Rule(
        "action_item",
        (r"^(?:\w+[ ,]+){0,2}I(?:'ll| will| can| could) (?:do|take|handle) (?:that|it|this)\b", r"^(?:(?:that's|that'd be|that would be) )?(?:me|I(?:'ll| will| can| could))\W*$"),
        needs="volunteered",
        owner="speaker",
        yes=("Dana: Who can write the release notes? | Tom: I can do that.", "Dana: Who will call the vendor? | Tom: Me."),
        no=("Dana: Who can see the screen? | Tom: I can.", "Dana: It is late. | Tom: I can do that."),
    ),
    Rule(
        "action_item",
        (r"\b(?:that's|it's|this one's|this is) (?:with|on) me\b", r"\b(?:leave (?:it|that|this) (?:to|with) me|I'm on it|consider it done)\b"),
        owner="speaker",
        yes=("Dana: Who does the newsletter? | Tom: That's with me.", "Dana: The room must be booked. | Tom: Leave that to me."),
        no=("Dana: The laptop that I have with me is new.",),
    ),
    Rule(
        "action_item",
        (
            rf"(?:can|could|would|will) you(?: guys| two| both)?{DO}",
            rf"{FREE}you(?:'ll| will|'re going to| are going to)(?! need| see| notice| find| remember| know| have| get| be\b(?! \w+ing)){DO}",
            r"\byou (?P<do>take care of|look after|handle|see to|do)(?P<rest> the [^.?!]*)",
            rf"(?:^|, |\b(?:and|everybody|everyone|so|okay) )please{DO}", r"(?:^|, )please (?P<do>[a-z]+)(?P<rest> [^.?!]*)",
            r"\b(?:I'd|I would|we'd|we would) like you(?: guys| two| both)? to (?P<do>[a-z]+)(?P<rest> [^.?!]*)",
            rf"{START}(?:(?!(?:to|I|we|you|they|he|she|it|who|not|don't|just|can|will|would|could|should|must|did|do|does|the|a|an|people|always|never)\b)[\w'-]+,? )?(?P<do>{TASKS})(?P<rest> (?:me|us|him|her|them|it|that|the|a|an|your|my|our|some|out|up|round)\b[^.?!]*)",
        ),
        unless=r"\b(?:hear me|see my|repeat|say (?:that|it|a|some|what|more)|tell (?:me|us)|explain|remind (?:me|us)|bear with|you mind|pass me|take questions|introduce|for (?:me|us) what|you please (?:say|sit)|you know|thank|you (?:see|imagine|think))\b",
        needs="accepted",
        owner="asked",
        yes=(
            "Dana: Priya, can you check the invoice with legal before Thursday? | Priya: Yes, will do.",
            "Dana: Could you prepare the slides for the demo? | Tom: Sure.", "Dana: Tom, you take care of the newsletter, yes? | Tom: Yes.",
            "Dana: You'll send round the new plan by then. | Tom: Yep.", "Dana: Everybody please send your timesheets by Friday. | Ravi: Will do.",
            "Dana: Please book the room for the workshop. | Tom: Okay.", "Dana: I'd like you to prepare a prototype. | Tom: Okay.",
            "Dana: Tom, ring the supplier and get a date in writing, would you? | Tom: Yeah, I'll do that.", "Dana: Ask him about the price, please. | Tom: I will.",
        ),
        no=(
            "Dana: Could you repeat the question, please? | Tom: Sure.", "Dana: Can you hear me? | Tom: Yes.",
            "Dana: Could you send me the report? | Tom: No, I can't.", "Dana: Can you plug me in? | Tom: Okay.",
            "Dana: Can you do that with a touch screen? | Tom: Yeah.", "Dana: Right, to do the design I've had a look at our homepage. | Tom: Okay.", "Dana: You will press the button. | Tom: Okay.",
        ),
    ),
    Rule(
        "action_item",
        (
            rf"{FREE}I (?:can|could)(?! (?:see|imagine|tell|hear|think|say|understand|only|be|just|go|give|remember|live)\b){DO}",
            rf"{FREE}(?:shall|should) I{DO}", rf"{FREE}(?:do you want me|would you like me) to{DO}", rf"{FREE}I'd (?:be happy|love) to{DO}",
        ),
        needs="wanted",
        owner="speaker",
        yes=(
            "Dana: I can pull the log files in the meantime. | Rosa: Do that, please.", "Dana: Should I get a quote for the chairs? | Tom: Yes please.",
            "Dana: Do you want me to call the vendor? | Tom: That would be great.", "Dana: I'd be happy to write the report. | Tom: Please do.",
            "Dana: I can set you up with the beta if you want. | Tom: Yeah, that would help a lot.",
        ),
        no=("Dana: I can see the screen. | Tom: Great.", "Dana: I could send it. | Tom: No, leave it.", "Dana: I can do a somersault. | Tom: Ha ha."),
    ),
    Rule(
        "action_item",
        (
            r"(?P<named>(?<!\byou and )\b(?!you\b|and\b)[\w'-]+(?: [\w'-]+){0,2}?),? (?:will|(?:is |are )?going to|needs to|has to|you(?:'ll| will|'re going to| are going to)) (?:also |then |be (?=\w+ing\b))?(?P<do>[a-z]+)(?P<rest> [^.?!…]*?)(?=,? and [\w'-]+,? (?:you|will|is)\b|[.?!…]|$)",
            r"(?P<named>\b[\w'-]+(?: [\w'-]+)?,? you and [\w'-]+) will (?P<do>[a-z]+)(?P<rest> [^.?!…]*)",
        ),
        owner="named",
        yes=("Dana: Tom will update the pricing page by the end of the month. | Tom: Okay.", "Dana: Tom, you're going to look at the log files tomorrow. | Tom: Okay.",
             "Dana: Tom, you and Priya will work out the details. | Tom: Okay."),
        no=("Dana: The phone will send the signal. | Tom: Okay.", "Dana: I think Tom will like the colour. | Tom: Okay.", "Dana: And I'm going to quote it: 'Teachers should help children.' | Tom: Okay."),
    ),
    Rule(
        "action_item",
        (r"^(?:action(?: item| point)?|to-?do|task)s?\s*[:–—-]\s*(?P<named>\w+)(?: to |: )(?P<rest>.{6,})", r"^(?:action(?: item| point)?|to-?do|task)s?(?: for (?P<named>[\w]+))?\s*[:–—-]\s*(?P<rest>.{8,})", r"^to-?do (?P<rest>\w+: .{6,})"),
        owner="named",
        yes=("Dana: Action item: Priya to collect the survey results by next Tuesday.", "Dana: TODO Bob: call the bank"),
        no=("Dana: The next action item on my list is short.",),
    ),
    Rule(
        "action_item",
        (rf"{FREE}(?:we|somebody|someone|one of us)(?: will| need to| needs to| have to| has to|'d better)(?: also)?(?P<do> (?!start\b|go\b|come\b|stop\b|meet\b|finish\b|look at\b|discuss\b|talk\b)[a-z]+)(?P<rest> [^.?!…]*)",
         rf"{FREE}let's (?P<do>(?!start|go|move|look|meet|leave|make|do|talk|discuss)[a-z]+)(?P<rest> [^.?!…]*)"),
        needs="dated",
        yes=("Dana: We need to book a bigger room for the launch before March 3rd.", "Dana: Let's ask her on Wednesday, then."),
        no=("Dana: We need to think about that.", "Dana: Let's see what happens tomorrow.", "Dana: We need to sell two million by the end of the year to break even, if that is so."),
    ),
    Rule(
        "action_item",
        (rf"{FREE}we(?:'ll| will) try (?:to|and) (?P<do>[a-z]+)(?P<rest> [^.?!…]*)",),
        needs="nodded",
        yes=("Dana: Clay or brick for the oven? | Tom: We'll try to test both options. | Dana: Okay.",),
        no=("Dana: We will try to start the meeting. | Tom: Okay.", "Dana: We'll try to see it from here. | Tom: Yeah.",
            "Dana: We will try to print the maps. | Tom: No, that's too dear.", "Dana: If it rains we'll try to move the stalls. | Tom: Yeah."),
    ),
    Rule(
        "action_item",
        (r"\b(?:we|I)(?:'ll| will| can| could| would be happy to|'d be happy to|'m happy to|'re happy to| are happy to)(?: certainly| of course| also| definitely)? (?P<do>send|write to|provide|supply|forward|share)(?P<rest> (?:you|the committee|that (?:to|with)|a note|it (?:to|with))\b[^.?!]*)",
         r"\b(?:we'd|I'd|we would|I would) be (?:very |most )?grateful if (?P<rest>(?:you|we) could (?:have|send|write|let|provide|receive|share)\b[^.?!]*)"),
        yes=("Ann: We can send you the figures for last year.", "Chair: We'd be grateful if you could send us a note on reserves."),
        no=("Ann: We can share some of the blame.", "Ann: If you asked us, we could send you the figures.", "Chair: We'd be grateful if you could answer the question."),
    ),
    Rule(
        "decision",
        (
            r"(?:\b(?:so|then|okay|right|good|now),? we|\bwe(?:'ve| have))(?: all| just| now)*(?: have)? (?:decided|agreed|settled|resolved|chosen)(?:[:,]? (?:to|on|that|for|against|not|[A-Z]\w+)\b)(?P<rest>[^.?!]*)",
            r"\b(?:so|okay|and|then),? we(?:'ve)? (?:all )?(?:dropped|chose|picked|went with|took out|left out)\b(?P<rest>[^.?!]*)",
            r"\b(?:so|then|okay|ok|right|good|great|alright|fine|yes|yeah|and)[ ,]+(?:I think )?we(?:'ll| will|'re going to| are going to)? (?:just )?(?P<rest>(?:go (?:with|for)|drop|keep|skip|stick (?:with|to)|leave out|postpone)\b[^.?!]*)",
            r"^(?:we|we'll|let's) (?P<rest>drop [^.?!]*)", r"^(?:(?:okay|great|good|right|all right|so|then|fine)[, ]+)+let's (?P<rest>go with [^.?!]*)",
            r"\bwe(?:'re| are) all agreed(?: that| on)?\b(?P<rest>[^.?!]*)", r"\bfrom now on,? (?P<rest>we [^.?!]*)", r"^decision\s*[:–—-]\s*(?P<rest>.{6,})",
            rf"{START}we(?:'re not going to| are not going to| won't| will not) (?P<rest>(?:include|ship|do|support|make|offer|renew|hire|buy|launch|go on)\b[^.?!]*)",
            r"(?:^|[,.;] )(?:so |okay |ok |good |then |fine |right |but |and |yes |well )*(?P<rest>(?:\w+[ -]){1,4})it is(?: then|, [\w ]+)?\W*$",
            r"\bthat's (?:settled|decided|agreed|a decision)\b", r"\b(?:the )?(?:final )?decision (?:is|was) (?:made )?(?:to|that)\b",
        ),
        unless=r"\b(?:last (?:time|week|month|year)|yesterday|years ago|haven't|have not|not yet|should have|how|what|whatever|where|which|why|when we|once we|until we|have to|as it is|government|parliament|could|might)\b",
        yes=(
            "Dana: We've decided to use the second supplier.", "Dana: So we go with the blue one.", "Dana: From now on we rehearse it every quarter.",
            "Dana: Okay, the twenty first it is.", "Tom: It crashes on the old phone. | Dana: We drop it. | Sam: All right.", "Dana: Great, let's go with the third of May.", "Dana: So we dropped the speech recognition.", "Dana: So we're all agreed that the beta starts in June.",
            "Dana: We're not going to include the chat in this release.", "Dana: Decision: go with vendor A", "Tom: The blue logo goes on the first page. | Dana: Okay, that's settled.",
            "Dana: The decision is to stay with two tiers.",
        ),
        no=(
            "Dana: We haven't decided which supplier to take.", "Dana: If we decided to use the second supplier, it would cost more.",
            "Dana: So we go with the blue one. | Tom: No, I don't want that.", "Dana: We decided that last week already.", "Dana: What time it is?",
        ),
    ),
    Rule(
        "decision",
        (
            r"(?<!\bhow )(?<!\bwhat )(?<!\bwhy )(?<!\bwhere )(?<!\bwhen )(?<!\bwho )\b(?:could|can) we (?:not )?(?:maybe |perhaps |just )?(?!see|go back|start|move|come|have a look|talk|ask|please)\w+(?P<rest>[^.?!]*)", r"\b(?:what if|how about|what about|why don't) (?:we|the|a|if|on|\w+day|\w+ing)\b(?P<rest>[^.?!]*)",
            r"\b(?:I'd|I would|I) (?:say|propose|suggest|vote for|recommend|go (?:with|for|down to)|take|prefer|favou?r|rather|move)\b(?P<rest>[^.?!]*)", r"\b(?:shall|should) we (?:agree (?:that|to|on) )?(?P<rest>[^.?!]*)",
            r"\b(?:we could|maybe we(?: should| can)|I think we (?:should|can|could)|we should(?: probably)?|we might as well|I guess we (?:should|can|could))(?! (?:also )?(?:say|think|see|start|go back|move on|discuss|talk|look|wait|finish|probably)\b)(?P<rest> [^.?!]*)",
            r"\blet's (?!see|move|start|wait|look|talk|not|go back|go through|continue|begin|get|come|do (?:it|that)|say that|face)(?P<rest>[^.?!]*)",
            r"\b(?:we'd|we would|we) (?:like|want) to (?P<rest>(?:keep|have|stay|go|take|leave)[^.?!]*)",
        ),
        unless=AGENDA,
        needs="assented",
        yes=(
            "Dana: Could we maybe launch without the old accounts? | Priya: That works for me.", "Dana: What if we took the second site out? | Karin: Yes let's do it like that.",
            "Dana: I'd propose that we move all certificates. | Lars: I'm for it.", "Dana: Shall we skip the workshop in May? | Tom: Agreed.",
            "Dana: We could give the chairs to the school. | Tom: That's a lovely idea.", "Dana: Let's launch in two steps. | Tom: Sounds good.",
            "Dana: And we'd like to keep the scanners until then. | Ines: That's fine.",
            "Dana: Why don't we meet once a month? | Tom: Good idea.", "Dana: Shall we serve the soup in the garden? | Tom: If we can.", "Dana: Could we get away with a shorter door there? | Tom: I don't see why not.",
        ),
        no=(
            "Dana: Could we maybe launch without them? | Tom: No, we can't.", "Dana: Shall we start with the presentation? | Tom: Agreed.", "Dana: Shall we serve the soup in the garden? | Tom: If we can carry it.",
            "Dana: I think we should not say that we have to serve it cold. | Tom: If we can.",
            "Dana: I would say it looks like a banana. | Tom: Hm.", "Dana: We could add a wheel. | Tom: Yeah. | Sue: But that costs more.",
        ),
    ),
    Rule(
        "decision",
        (
            rf"{START}(?:I think |I guess )?we(?:'ll| will|'re going to| are going to)? (?:just |not |definitely )?{SETTLED}\b(?P<rest>[^.?!]*)",
            rf"{START}(?P<rest>(?!.*\b(?:it|it's|that|that's|they|you|he|she|I|there|there's|got|is|was|are|time|now|and|goodbye|bye|on|see|what|how|who|well|yes|no|right|me)\b)(?:[\w'-]+[ ,]+){{1,5}})then\W*$",
            rf"^(?:(?:from|on) the {NTH}|the {NTH} at \w+)\W*$",
        ),
        unless=AGENDA,
        needs="nodded",
        yes=(
            "Dana: Okay, so we lose the scroll wheel. | Tom: Yeah.", "Dana: We'll keep the rubber case. | Tom: Okay.",
            "Dana: Okay, two failures then. | Deniz: Two I can live with.", "Rosa: February, then. | Lars: February.",
            "Tom: The first is bad. | Dana: The second at ten. | Tom: Fine by me.",
        ),
        no=("Dana: So we use rubber. | Tom: No, wood.", "Dana: It's got a tail then. | Tom: Yeah, sure.", "Dana: We'll keep the rubber case if it is cheap. | Tom: Okay."),
    ),
    Rule(
        "decision",
        (
            r"\b(?:I|to|we) (?:propose|move)\b[^.?!,]*\bthat the committee\b", r"\b(?:are|is) (?:all )?(?:we|members|everybody|everyone|the committee) (?:all )?(?:content|happy|agreed|in agreement|okay|fine)\b(?! with (?:any|all) of|,? or\b)(?! that (?:I|we) (?:ask|move))(?P<rest>[^.?!]*)",
        ),
        needs="resolved",
        yes=("Chair: I propose that the committee meets in private. Are members content? | Ann: Yes. | Chair: Thank you.",
             "Chair: Are members content to note the paper? | Ann: Agreed."),
        no=("Chair: Are members content to note the paper? | Ann: No, I have a question.",),
    ),
    Rule(
        "question",
        (r".+",),
        unless=r"\b(?:you know|right\?$|isn't it|okay\?$|hear me|how are you|see my|sorry|pardon|what was that|you)\b",
        needs="unanswered",
        yes=("Dana: And who tells the partners? | Joel: Good question.", "Dana: How many orders did we lose? | Deniz: I don't have the number yet.",
             "Dana: Is the legal text for the cookies final? | Tom: No idea. | Sam: Me neither."),
        no=("Dana: When does the office open in summer? | Tom: It opens at eight.", "Dana: That's about right, isn't it? | Tom: I don't know.",
            "Dana: How many orders did we lose? | Deniz: I don't know. | Tom: We lost forty orders."),
    ),
    Rule(
        "question",
        (
            r"\b(?:it's|that's|this is|that is|it is|one|an?|the) (?:still )?(?:an? )?open (?:question|issue|point)\b", r"\bwe (?:still )?(?:don't|do not) (?:yet )?know (?:yet )?(?:who|whether|how|when|where|which|if)\b",
            r"\bwe (?:still )?(?:need|have) to (?:decide|clarify|find out|figure out|work out|sort out) (?:who|whether|how|when|where|which|if|what)\b", r"\b(?:it's|that's|it is|is) (?:still|not yet|un)\s?(?:unclear|clear|decided|open)\b",
        ),
        unless=r"\b(?:open question of|they|because)\b",
        yes=("Dana: It's an open question who pays for it.", "Dana: We don't know yet whether the venue is free.", "Dana: We still need to decide which vendor we take.",
             "Dana: The date of the audit is still open."),
        no=("Dana: I don't know him.", "Dana: The shop is open on Sunday."),
    ),
)  # fmt: skip
"""The rules. Their examples are their tests, with and without punctuation and capitals."""

PATTERNS: Final = tuple(
    (rule, tuple(map(pattern, rule.says)), pattern(rule.unless or r"(?!)")) for rule in RULES
)
MOVE_OF: Final = {stem(verb): verb for verb in MOVES}

# The talk -------------------------------------------------------------------------------------------------------------

NOT_NAMES: Final = frozenset(
    "will may mark art the dr prof mr mrs ms sir user room manager expert designer".split()
)
CALLED: Final = r"(?P<name>[\w'-]+(?: [\w'-]+)?)"
ADDRESS: Final = pattern(
    rf"(?:(?:and|so|okay|ok|but|well|then|right|now|hey|good|thanks|also|alright)[ ,.]+)*{CALLED},? (?=(?:can|could|would|will|you|please|are you|do you|{TASKS})\b)"
)
ADDRESS_AT_END: Final = pattern(rf", {CALLED}(?:, please)?\W*$")


@dataclass(frozen=True)
class People:
    """Those who may be given something, by the lower-case words that call them."""

    called: dict[str, str]

    @classmethod
    def of(cls, names: Iterable[str]) -> People:
        """Everybody by their full name, and by each part of it that only they have."""
        known = list(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))
        parts: dict[str, set[str]] = {}
        for name in known:
            for part in re.findall(r"[\w'-]+", name.casefold()):
                parts.setdefault(part, set()).add(name)
        alone = {
            part: next(iter(of))
            for part, of in parts.items()
            if len(of) == 1 and len(part) > 2 and part not in NOT_NAMES
        }
        return cls(alone | {name.casefold(): name for name in known})

    def named(self, called: str) -> str:
        """The person that this calls; empty where it calls none of them."""
        words = called.casefold().split()
        spans = [" ".join(words[at:to]) for to in range(len(words), 0, -1) for at in range(to)]
        return next((self.called[name] for name in spans if name in self.called), "")

    def addressed(self, text: str) -> str:
        """Who is spoken to by name at the start or the end of a sentence, or before "can you"."""
        matches = (ADDRESS.match(text), ADDRESS_AT_END.search(text))
        return next((name for match in matches if match and (name := self.named(match["name"]))), "")


@dataclass(frozen=True)
class Finding:
    """What was found, and the sentences that show it."""

    kind: str
    at: int
    """Position of the sentence that says it."""
    quote: tuple[Sentence, ...]
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
    also: tuple[str, ...] = ()
    """Ids of the utterances that said it before."""

    @property
    def evidence(self) -> list[str]:
        """Ids of the utterances that show it, in order."""
        return list(dict.fromkeys([*self.also, *(name for one in self.quote for name in one.evidence)]))

    def text(self, begun_ms: int | None) -> str:
        """The quote: speaker, time since the meeting began where that is known, and words; others in it by name."""
        told: list[str] = []
        before = None
        for sentence in self.quote:
            words = ended(shortened(sentence.text, self.start if sentence == self.point else 0))
            if before and before.key == sentence.key:
                told[-1] = f"{told[-1][:-1]} {words}”"
            else:
                when = "" if begun_ms is None or before else f", {minute(sentence.start_ms - begun_ms)}"
                told.append(f"{sentence.speaker}{when}: “{words}”" if sentence.speaker else f"“{words}”")
            before = sentence
        return " ".join(told)


@dataclass(frozen=True)
class Talk:
    """The sentences of a stretch of a meeting."""

    said: list[Sentence]
    people: People
    content: dict[int, frozenset[str]] = field(default_factory=dict)

    def about(self, at: int) -> frozenset[str]:
        """Stems of a sentence."""
        if at not in self.content:
            self.content[at] = frozenset(stems(self.said[at].text))
        return self.content[at]

    def is_short(self, at: int) -> bool:
        """Whether it has few words."""
        return len(self.said[at].text.split()) <= SHORT_TURN_WORDS

    def replies(self, at: int, most: int = 2) -> list[int]:
        """Positions of the first sentences that others say soon after."""
        mine, found, keys = self.said[at].key, [], set()
        for near in range(at + 1, min(at + 1 + NEAR, len(self.said))):
            key = self.said[near].key
            if key != mine and (key not in keys or near == found[-1] + 1) and len(found) < most:
                found.append(near)
                keys.add(key)
            elif key == mine and found and len(self.about(near)) > 2:
                break
        return found

    def is_governed(self, at: int, start: int, end: int) -> bool:
        """Whether something around a clause takes back what it says: doubt, denial, reporting, the past, a condition, a joke."""
        text = self.said[at].text
        before = TURN.split(text[:start])[-1]
        condition = CONDITION.search(text, end)
        return bool(
            DOUBT.search(before)
            or REPORTED.search(before)
            or (condition and not FINDS_OUT.search(text[: condition.start()]))
            or JOKE.search(text)
            or any(LAUGHS.match(said.text) for said in self.said[at + 1 : at + 3])
        )


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


def findings_at(talk: Talk, at: int) -> list[Finding]:
    """What a sentence says by the first rule that fits; of one that gives several people something, each."""
    text = talk.said[at].text
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
    if do and not is_work(
        do.strip().casefold(), rest, dated=bool(due), asked=rule.needs in ("accepted", "wanted")
    ):
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
    if reply is None or (rule.kind == "decision" and not rule.needs and is_denied(talk, at)):
        return None
    owner = owner_of(talk, at, rule, groups.get("named") or "", reply)
    if rule.owner == "named" and do and not owner:
        return None
    quote = quote_of(talk, at, reply)
    about = frozenset(stems(" ".join(one.text for one in quote)))
    if not due and len(about) < 1 + (task and len(quote) == 1):
        return None
    due = (due_in(talk.said[reply].text) if reply >= 0 else None) or due
    closed_at = max(sentence.ended + (not task), *(one.closed_at for one in quote))
    return Finding(
        rule.kind, at, quote, closed_at, about, owner if task else None, due if task else None, sentence, start
    )  # fmt: skip


def is_work(do: str, rest: str, *, dated: bool, asked: bool) -> bool:
    """Whether somebody has something to do after the talk, and does not merely say what they do in it."""
    if do in STATES or (HERE.search(f" {rest}") and not dated):
        return False
    move = MOVE_OF.get(stem(do))
    if move and not WORK.match(f"{move}{rest}"):
        return dated or (asked and bool(stems(rest)))
    return bool(rest.strip(" ,")) or dated


def due_in(text: str, start: int = 0) -> str | None:
    """When something is due, as it was said: the last date of the clause that begins at ``start``, or one just before it."""
    found = [match[0].strip() for match in DUE.finditer(text) if match.end() > start - BEFORE_A_CLAUSE]
    return found[-1] if found else None


ACTION: Final = pattern(r"(?:action(?: item| point)?|to-?do|task)s?\b")
"""Begins a note that names whose it is, also where they are not there."""


def owner_of(talk: Talk, at: int, rule: Rule, named: str, reply: int) -> str | None:
    """Whose it is; nobody's where that was not said."""
    sentence = talk.said[at]
    if rule.owner == "speaker":
        return sentence.speaker or None
    if rule.owner == "named":
        both = [talk.people.named(name) for name in re.split(r",? you and ", named)]
        return (
            (" and ".join(both) if all(both) else "")
            or (named if ACTION.match(sentence.text) else "")
            or None
        )
    if rule.owner == "asked" and not EVERYBODY.search(sentence.text):
        called = talk.people.addressed(sentence.text)
        return called or (talk.said[reply].speaker if reply >= 0 else "") or None
    return None


# What must follow -----------------------------------------------------------------------------------------------------

TO_SOMEBODY: Final = pattern(r"\b(?:please|me|us|my|our|would you|like you|working|thinking)\b")
"""Shows that "can you" asks somebody, and not whether it can be done."""


def accepted(talk: Talk, at: int) -> int | None:
    """The position of an acceptance by whom it was asked of: who is named, or else the next who speaks.

    What the chair gives somebody by name and date needs none.
    """
    text = talk.said[at].text
    called, due = talk.people.addressed(text), due_in(text)
    for near in talk.replies(at, 4):
        reply = talk.said[near]
        if called and reply.speaker != called:
            continue
        meant = (called or due or TO_SOMEBODY.search(text)) and speaks_to(talk, near, at)
        taken = (ACCEPTS if meant else PROMISES).match(reply.text) and not DENIES.match(reply.text)
        if taken and not reply.asks and not accepts_itself(talk, at):
            return near
        return -1 if called and due and not DENIES.match(reply.text) else None
    return -1 if called and due else None


def speaks_to(talk: Talk, near: int, at: int) -> bool:
    """Whether a reply goes on with what was asked, rather than to the next subject after a nod."""
    content = talk.about(near)
    return (
        len(content) < 2
        or bool(content & talk.about(at))
        or re.search(r"\b(?:I|we)\b", talk.said[near].text) is not None
    )


def accepts_itself(talk: Talk, at: int) -> bool:
    """Whether the label that asks has answered already: two voices in one room."""
    after = talk.said[at + 1] if at + 1 < len(talk.said) else None
    return bool(after and after.key == talk.said[at].key and ACCEPTS.match(after.text))


def wanted(talk: Talk, at: int) -> int | None:
    """The position of the reply that takes an offer up."""
    for near in talk.replies(at, 1):
        reply = talk.said[near].text
        taken = WANTS.match(reply) or (talk.said[at].asks and NODS.match(reply))
        return near if taken and not DENIES.match(reply) else None
    return None


def nodded(talk: Talk, at: int) -> int | None:
    """The position of an assent, a nod or an echo to what is said to be so, where nobody is against it."""
    return assented(talk, at, short=len(talk.said[at].text.split()) <= SHORT_TURN_WORDS + 3)


def assented(talk: Talk, at: int, *, short: bool = False) -> int | None:
    """The position of an assent to a proposal, where nobody of the next who speak is against it.

    After something ``short`` a nod is one, and so is an echo of it.
    """
    if asks_on(talk, at):
        return None
    for near in talk.replies(at, 3):
        reply = talk.said[near]
        assents = ASSENTS.match(reply.text) or (
            ASKS_ALL.search(talk.said[at].text) and IF_POSSIBLE.match(reply.text)
        )
        if DENIES.match(reply.text) or (reply.asks and not assents):
            return None
        echo = short and talk.about(near) and talk.about(near) <= talk.about(at)
        if assents or echo or (short and NODS.match(reply.text)):
            return None if is_denied(talk, near) else near
    return None


def asks_on(talk: Talk, at: int) -> bool:
    """Whether the same speaker asks something else before anybody replies."""
    for near in range(at + 1, len(talk.said)):
        if talk.said[near].key != talk.said[at].key:
            return False
        if talk.said[near].asks and talk.about(near) and len(talk.said[near].text.split()) > 5:
            return True
    return False


def is_denied(talk: Talk, at: int) -> bool:
    """Whether the next reply turns it down, or doubts it."""
    replies = [talk.said[near].text for near in talk.replies(at, 1)]
    doubts = r"(?:really|why|are you|is that|but|so are|do we)\b.*\?$"
    return any(DENIES.match(reply) or re.match(doubts, reply, re.IGNORECASE) for reply in replies)


def unanswered(talk: Talk, at: int) -> int | None:
    """The position of the reply by which nobody knows, where nobody else tells soon after."""
    if not talk.said[at].asks or not talk.about(at) or len(talk.said[at].text.split()) < 4:
        return None
    replies = talk.replies(at)
    near = next((one for one in replies if UNKNOWN.match(talk.said[one].text)), None)
    if near is None or talk.said[near].key != talk.said[replies[0]].key:
        return None
    if any(talk.said[later].asks and len(talk.about(later)) > 1 for later in range(at + 1, near)):
        return None  # it is the last question that is replied to
    for later in range(near + 1, min(near + 1 + NEAR, len(talk.said))):
        other = talk.said[later]
        told = talk.about(at) & talk.about(later) and not other.asks and not UNKNOWN.match(other.text)
        if told and not re.search(r"\bI(?:'ll| will)\b", other.text):
            return None
    return near


def resolved(talk: Talk, at: int) -> int | None:
    """No position, where nobody speaks against a motion: somebody replies, or its speaker says thank you."""
    after = talk.said[at + 1] if at + 1 < len(talk.said) else None
    thanks = (
        after
        and after.key == talk.said[at].key
        and re.match(r"thank|I see|good|great|okay", after.text, re.IGNORECASE)
    )
    replies = [talk.said[near] for near in talk.replies(at)]
    against = any(DENIES.match(reply.text) or reply.asks for reply in replies)
    return -1 if thanks or (replies and not against) else None


def volunteered(talk: Talk, at: int) -> int | None:
    """No position, where somebody has just asked who does something."""
    before = talk.said[at - 1] if at else None
    who = r"\bwho(?:'ll| can| could| will| would| wants to| does| takes|'s going to| is going to) (?!see\b|hear\b|know\b|go\b|start\b|like\b|begin\b|win\b|say\b)\w+"
    asked = before and before.key != talk.said[at].key and re.search(who, before.text, re.IGNORECASE)
    return -1 if asked else None


NEEDS: Final[dict[str, Callable[[Talk, int], int | None]]] = {
    "accepted": accepted, "wanted": wanted, "assented": assented, "nodded": nodded, "unanswered": unanswered,
    "volunteered": volunteered, "resolved": resolved,
}  # fmt: skip

# The quote ------------------------------------------------------------------------------------------------------------


def quote_of(talk: Talk, at: int, reply: int) -> tuple[Sentence, ...]:
    """The sentence, with what it points to where it says too little alone, and with the reply that settles it."""
    sentence, rest, after = talk.said[at], len(talk.about(at)), at + 1
    chosen = {at, reply} if reply >= 0 else {at}
    if after < len(talk.said) and (rest < 4 or sentence.asks) and talk.said[after].key == sentence.key:
        promises = re.match(
            r"(?:okay,? )?(?:(?:I|we)(?:'ll| will)|let)\b", talk.said[after].text, re.IGNORECASE
        )
        goes_on = talk.said[after].began <= sentence.ended + 1 and talk.is_short(after) and talk.about(after)
        chosen |= {after} if goes_on and not promises else set()
    points = POINTERS.search(sentence.text) or re.match(r"(?:are|is) ", sentence.text, re.IGNORECASE)
    if ANOTHER_SAID.search(sentence.text) or (rest < 4 and points) or rest < 2:
        earlier = (
            near
            for near in range(at - 1, max(-1, at - 4), -1)
            if len(talk.about(near)) > (not talk.said[near].asks)
        )
        chosen |= set(list(earlier)[:1])
    return tuple(talk.said[near] for near in sorted(chosen))


def shortened(text: str, start: int = 0) -> str:
    """A sentence; of a very long one the part around ``start``, from where a clause begins to where one ends."""
    if len(text.split()) <= LONGEST_QUOTE_WORDS:
        return text
    clauses = [match.end() for match in re.finditer(r"[,;:—–] ?", text) if match.end() <= start]
    begin = clauses[-1] if clauses and len(text[:start].split()) > LONGEST_QUOTE_WORDS // 3 else 0
    spoken = text[begin:].split()
    head = " ".join(spoken[:LONGEST_QUOTE_WORDS])
    if len(spoken) > LONGEST_QUOTE_WORDS:
        comma = max(head.rfind(mark) for mark in (",", ";"))
        head = (head[:comma] if comma > len(head) // 2 else head) + " …"
    return ("… " if begin else "") + head


def ended(text: str) -> str:
    """A sentence with a mark at its end."""
    return text if ENDED.search(text) else f"{text}."


def minute(ms: int) -> str:
    """Time since the meeting began: minutes and seconds, from an hour on with hours."""
    seconds = max(0, ms) // 1000
    hours = f"{seconds // 3600}:" if seconds >= 3600 else ""
    return f"{hours}{seconds // 60 % 60:02}:{seconds % 60:02}"


# The latest word wins -------------------------------------------------------------------------------------------------

WHEN: Final = frozenset(
    stem(word)
    for word in words_of(
        "monday tuesday wednesday thursday friday saturday sunday tomorrow today tonight week month morning afternoon night instead let take okay"
    )
)
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
                    closed_at, quote = talk.said[at].closed_at, quote_of(talk, at, -1)
                    standing.append(Finding("decision", at, quote, closed_at, talk.about(at)))
                break
            places = [place for place in range(before - 1, -1, -1) if new or at - standing[place].at <= NEAR]
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
    sentence, due = talk.said[at], due_in(talk.said[at].text)
    if new and (same(talk, known, new) or (known.kind == new.kind and sentence in known.quote)):
        return True
    if known.kind != "action_item" or not 0 < at - known.at <= NEAR:
        return False
    rest = len(talk.about(at) - WHEN)
    if (
        known.owner
        and TAKES_OVER.search(sentence.text)
        and rest <= 4
        and " by the way" not in sentence.text.casefold()
    ):
        return sentence.speaker != known.owner or bool(due and known.due)
    own = sentence.speaker in (known.owner, known.quote[-1].speaker, known.quote[0].speaker)
    dated = bool(known.due and due) and not sentence.asks
    return dated and own and talk.is_short(at) and rest <= 2 and MOVED.match(sentence.text) is not None


def brought_up_to_date(talk: Talk, known: Finding, at: int, new: Finding | None) -> Finding:
    """A finding with the later word on it; what that does not speak of stays."""
    sentence, task = talk.said[at], known.kind == "action_item"
    taken = sentence.speaker if task and TAKES_OVER.search(sentence.text) else None
    owner = (new.owner if new else None) or taken or known.owner
    due = (new.due if new else None) or (due_in(sentence.text) if task else None)
    longer = new and len(new.about) >= len(known.about) and same(talk, known, new)
    quote = dict.fromkeys(new.quote if new and longer else (*known.quote, sentence))
    return replace(
        known,
        owner=owner,
        due=due or (known.due if owner == known.owner else None),
        quote=tuple(quote)[-4:],
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
