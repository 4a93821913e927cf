"""What a meeting agrees on, in English, by rules: action items, decisions and open questions, quoted as they were said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from components.zoom.shared.words import stem


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
UNTIL: Final = r"(?:by(?! on\b)|before|on|until|till|for|after|no later than|first thing|over|at)"
HOUR: Final = r"(?:half past |half |a quarter (?:to|past) )?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
DUE: Final = pattern(
    rf"(?<!\bnot )\b(?:(?:{UNTIL} )?(?:the end of )?(?:next |this |on )?{DAY}"
    r"(?: (?:morning|afternoon|evening|night|noon|lunch|lunchtime|first thing|(?:at the )?latest))?|"
    rf"{UNTIL} (?:(?:the )?{NTH} (?:of )?{MONTH}|{MONTH} (?:the )?(?:{NTH}|\d{{1,2}})|\d{{1,2}} {MONTH}|\d{{4}}-\d\d-\d\d|the {NTH})|"
    rf"(?:(?:by|before|until|till|at|to|towards) )?(?:the )?end of (?:(?:the|this|next|that) )?(?:day|week|month|quarter|year|{DAY}|{MONTH})|"
    r"(?:by|before|until|till|at|to|towards) the (?:end|close|start|beginning) of (?:(?:the|this|next) )?\w+|"
    rf"(?:by|before|until|till|in) (?:early |late |mid[- ])?(?:{MONTH}|the (?:spring|summer|autumn|fall|winter|new year)|christmas|easter)|"
    r"(?:by|before|until) (?:noon|midnight|lunch|tonight|then|eod|\d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)?(?= |$|[.,?!]))|"
    r"(?:(?:by|before|for|at|until|till) )?(?:the |our )?next (?:week|month|meeting|sprint|session|quarter|year|call|stand-?up)|"
    r"(?:(?:by|later|before|over) )?(?:this (?:week|afternoon|evening|month|weekend)|the weekend(?! of)|today|tonight)|(?:the )?week after(?: next)?|"
    r"(?:with)?in (?:an?|one|two|three|four|five|six|ten|\d+|a couple of|a few) (?:hours?|days?|weeks?|months?)|"
    r"(?:before|after|by|at) (?:the |our )?(?:launch|release|demo|meeting|lunch|holidays?|recess)|"
    rf"(?:by|before|until|till) {HOUR}(?= (?:and|so|then)\b|[.,?!]|$)|(?:by|at|before|until|till) {HOUR} (?:o'clock|sharp|today|tomorrow)|at {HOUR}(?= (?:anyway|then)\b)|"
    r"(?:right |straight |directly )?after this(?: call| meeting)?(?= (?:and|so|then)\b|[.,?!]|$)|when we're (?:done|finished|through)(?: here)?|as soon as (?:possible|we (?:hang up|'re done|finish))|soon as we hang up|asap|eod)(?!\w)"
)

# What somebody does ---------------------------------------------------------------------------------------------------

FREE: Final = (
    r"(?<!\bwhat )(?<!\bthat )(?<!\bwhich )(?<!thing )(?<!\bhow )(?<!\bwhere )(?<!\bas )(?<!\bthan )(?<!\ball )(?<!\blike )"
    r"(?<!\bsay )(?<!\bdo )\b"
)
"""Not in a clause that says what, how or which: such a one commits to nothing."""
DO: Final = (
    r"(?: (?:just|also|then|still|all|both|of course|please|maybe|(?!only|rely|fly|tally|rally|ally|\w*ply)[a-z]+ly|"
    r"again|try (?:to|and)|make sure (?:to|that (?:we|I))|be (?:happy|glad) to|go (?:and|ahead and)|have to|need to|be able to|"
    r"be(?= \w+ing\b)))* (?P<do>[a-z][a-z-]*)(?P<rest>[^.?!…]*)"
)
WILL: Final = r"(?:'ll| will| shall|'m going to| am going to|'m happy to)"
STATES: Final = frozenset(
    """be being have having see think know guess let admit assume want like love hope believe expect agree feel need suppose remember forget
    not never no always rarely only who what why how when where then also so been too as the a an it that this you we they he
    she more mean say vote bet wait would could should can might must may live
    cry laugh die survive miss regret hate enjoy sleep dream lie""".split()
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
    get (?:him|her|them|[A-Z]\w+|my \w+|somebody|someone) to\b / get hold of
    ask (?!you\b|him\b|her\b|them\b|that\b|this\b|it\b|the\b|a\b|an\b|another\b|one\b|whether\b|if\b|my\b|our\b|for your\b|some\b|about\b|members\b)\w
    ask (?:him|her|them|the \w+|my \w+) (?:to|for|about|if|whether|when)\b(?! (?:say|answer|respond|come|introduce|start|speak|explain))
    give (?:it|this|that|them|the \w+|\w+) to \w / give(?: \w+){1,4} (?:call|ring|update by|notice)\b
    get (?:\w+ ){1,4}(?:to|from)\b / get (?:you|them|us) (?:a|an|the|some|those|that)\b / get (?:back to (?:you|them|him|her)|in touch|hold of)\b
    make (?:sure|up|an? (?:list|copy|plan|note of|appointment)) / do (?:the (?:rest|minutes|notes)|another) / tell (?!you\b|me\b|us\b|the committee\b|everyone what\b)\w
    take (?:care of|charge of|over|the (?:action|minutes|notes|next)) / take (?:it|this|that|them) (?:to|up with|back to|home)\b
    bring (?:it|this|that|them|the [\w ]+) (?:to|up|along)\b / put (?!.*\bback\b)(?:\w+ ){1,8}(?:in|into|on|onto|up on) (?:the|our|a|my)\b
    put (?:(?:it|them|that|this|the \w+) )?together\b / look (?:into|it up|that up|after)\b / look at (?:the|that|your|our) \w+s\b / call (?!it\b|that\b|this\b|you (?:a|the)\b)\w
    run (?:it|that|this|them|another)\b(?! through| by you) / (?:talk|speak) (?:to|with) (?!you\b|that\b|this\b|it\b)\w
    share (?:it|that|the \w+|this) (?:with|in|on)\b(?! you now) / set (?:\w+ ){1,3}up\b / pull the \w+ / draw up\b / keep (?:an eye|you posted|track)\b
    add (?:it|that|this|them|the [\w ]+|you) to (?:the|our)\b / finish (?:the|it|that|writing|off)\b(?! (?:point|sentence|question|thought))
    help (?:you )?with (?:that|the)\b / pick (?:it|them|the \w+|you) up from\b / move (?:the|it|that|them) (?:to|into)\b / announce (?:it|that)\b
    (?:close|open) (?:an?|the|that) (?:ticket|issue|account|deal) / turn (?!it\b|that\b|this\b)(?:\w+ ){1,3}down\b / come up with (?:something|an?)\b / change (?:it|that|the)\b
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
    (?<!as I )(?<!like I )said / says / (?:he|she|they|people|every(?:one|body)|will|would|might|could) say / saying / told / tells / tell / thought / thinks / promised
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
TAKES_BACK: Final = pattern(r"(?:oh )?(?:no|nah|nope)\W*$")
LAUGHS: Final = pattern(
    r"(?:\W|oh|no|that's|very)*(?:ha\b|ha(?:[- ]?ha)+|hah|lol|funny|you're (?:mad|funny|kidding|joking)|you will not|please don't|don't you dare)\b"
)

# What is replied ------------------------------------------------------------------------------------------------------

LEAD: Final = (
    r"(?:(?:oh|well|um|hm+|yeah|yes|yep|okay|ok|so|and|but|right|sure|good|great|true|no|then|alright|all right|actually|sorry|"
    r"honestly|mm|that's|it's|a|wow)\b[ ,.!]*)*"
)
NO: Final = either(r"""
    no\b(?![ ,]*(?:problem|worries|bother|that's (?:fine|okay|good)|objection|it's fine|exactly|go ahead|absolutely)) / nope / but\b / wait\b / hold on / hang on
    not (?:really|yet|so|sure|necessarily|for me|if|the|in|that|before) / (?:I|we) (?:don't(?! see why not| mind)|can't|won't|wouldn't|disagree|doubt|haven't|didn't|thought) / however
    (?:that|it|this) (?:doesn't|won't|isn't|wouldn't|depends) / (?:I'm|we're) not\b / are you sure / really\? / I'd rather / isn't (?:that|it) / let's not
    (?:I think )?that's (?:not|too|the|bad|what|a problem|wrong) / why\b(?! not) / what if / (?:please )?don't\b(?! (?:worry|mind|forget|know|see|think|have)) / no need / maybe not / except / the problem / you're (?:joking|kidding)
""")
DENIES: Final = pattern(rf"(?:(?:well|oh|hm+|um|uh|ugh|actually|sorry|yeah|okay)[ ,.]+)*{NO}")
FORBIDS: Final = pattern(
    r"(?:(?:no|nope|oh|well|wait)[ ,.]+)*(?:(?:please )?don't\b(?! (?:worry|mind|forget|know|see|think|have))|no need\b|leave (?:it|that)\b|better not)"
)
WILL_DO: Final = either(r"""
    sure / will do / of course / no (?:problem|bother|worries) / absolutely / certainly / definitely / gladly / (?:I'm )?happy to / can do / (?:I'm )?on it / leave (?:it|that) (?:to|with) me
    consider it done / that's with me / you'll have / give me (?:till|until|a|an|two|the) / (?:as )?soon as we(?:'re| are| hang| finish) / (?:yes|yeah|yep|okay|ok)[ ,]+(?:I|we)(?:'ll| will| can)\b / I(?:'ll| will| can)(?= (?:do|take|handle|see to)\b|\W*$|, I)
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
    (?:yes|yeah|oh|okay)?[ ,]*please\b / do (?:that|it|so)? ?(?:please|then)?\W*$ / do (?:that|it|so)\b / do, / go (?:ahead|for it) / (?:that|it|which)(?:'d| would)\b(?! (?:not|cost|be too))
    would you\W*$ / thank you / thanks / perfect / lovely / wonderful / brilliant / super / excellent / even better / go on(?: then)? / (?:\w+day|tomorrow|tonight|lunchtime)(?:'s| is) (?:fine|good|great|okay|perfect) / great / you're (?:a|an) (?:star|angel) / (?:good|great|lovely) idea
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
    deal\W*$ / (?:\w+ )?I can (?:live with|do)\b / I (?:can )?(?:see no reason|don't see) why not / why not\W*$ / (?:I'd|I would) go (?:with|for) (?:it|that) / (?:that )?makes (?:total |perfect )?sense\W*$
    do (?:it|that)\W*$ / me too / so am I / (?:I )?like (?:it|that)\W*$ / I'd (?:like|love|prefer) that / \w+day(?:'s| is) (?:good|fine|great) / (?:[\w']+ ){1,3}(?:is |are )?(?:fine|good|okay|all right) (?:with|for|by) me / I'm with (?:you|him|her|them)\b
    if (?:(?:we|you|they) can|(?:at all )?possible)\W*$ / aye / (?:yes|yeah),? definitely / absolutely\W*$ / definitely\W*$ / perfect\W*$ / (?:I'd |I would )say so / (?:yes|fine|okay|all right) (?:from|by|with) me / I would\W*$ / that's (?:fair(?:er)?|clever|sensible)\b / yes,? please\W*$
    I'd be (?:very )?(?:glad|happy|fine) (?:about|with) (?:it|that) / (?:I )?like (?:it|that) better / (?:much )?better\W*$ / sensible\W*$ / done\W*$ / sold\W*$ / you're right\W*$
""")
)
NODS: Final = pattern(
    r"(?:"
    + either(
        "yeah / yes / yep / yup / okay / ok / sure / right / fine / good / great / all right / alright / perfect / true / cool / mm / exactly / of course / no problem"
        " / lovely / will do / thanks? / thank you / super / wonderful / excellent / it is / I will"
    )
    + r"[ ,.!]*)+$"
)
TELLS_NOT: Final = pattern(
    r"(?:.*\b)?(?:I|we) (?:really |still |honestly |actually |just )*(?:don't|do not|wouldn't) (?:really |actually )?know(?: yet| that \w+| for sure)?\W*$"
)
"""Ends a reply that answers nothing."""
UNKNOWN: Final = pattern(
    rf"{LEAD}(?:to be honest[ ,]+|frankly[ ,]+|I mean[ ,]+|that )?"
    + either(r"""
    (?:I|we) (?:really |still |actually |just )?(?:don't|do not|wouldn't) (?:really |actually |exactly )?(?:know|have (?:the|that|a) (?:number|figure|answer|idea|date|clue)s?)
    (?:I )?(?:have |I've )?no (?:idea|clue) / (?:I'm |we're )?not (?:really |so |quite |entirely |a hundred percent )?(?:sure|certain)(?: either)?\W*$ / me neither / (?:that's a )?good (?:question|one)\W*$ / good question / (?:I )?(?:honestly )?couldn't (?:tell you|say) / nobody knows / who knows
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
    rf"{LEAD}(?:(?:no|wait|fair|then|you know|actually|[\w'-]+)[ ,.]+){{0,2}}(?:let me (?:take|do|handle|have) (?:that|it|this)|I(?:'ll| will| can) (?:(?:take|fix|do|handle|see to) (?:it|that|this)))\b"
)
ECHOED_WORDS: Final = 4
"""What is this short may be settled by saying it again ("February, then." "February.")."""
SHORT_TURN_WORDS: Final = 9
"""A reply up to this long may settle something by itself, or move a date."""
NEAR: Final = 6
"""Sentences within which people still speak of the same."""
POINTERS: Final = pattern(
    r"\b(?:it|that|th(?:is|ese)(?! (?:morning|afternoon|evening|week|month|year|time|meeting|call|minutes)\b)|those|them|they|s?he|him|her|ones?|the (?:other|rest|same|latter|former))\b"
)
OPENER_LEAD: Final = r"(?:(?:okay|ok|so|right|good|great|well|and|now|then|but|alright|all right|lovely|anyway|fine|wonderful|perfect|yes|yeah|no)\b[ ,.…]*)*"
OPENS: Final = pattern(
    OPENER_LEAD
    + either(r"""
    (?:the )?(?:first|second|third|fourth|next|last|final|other|another|one (?:more|last)) (?:one|thing|point|item|topic|subject)\b(?! (?:is|was|in|on|at|we)\b) / (?:first|second|third|fourth|next|last|finally)(?:ly)?(?:[,.:]|(?= the\b))
    (?:(?:about|as for|regarding|concerning|back to|coming to) (?:the|your|our|my|his|her|their)|on the)(?= \w)(?! \w*(?:th|st|nd|rd|side|other)\b) / also the\b / before I forget / what about (?:the|your|our)\b / (?:it's|this is) about (?:the|your|our)\b
    (?:there's|there is) (?:the|also|still|another|one (?:more|other))\b / we(?:'ve| have)? (?:still|also)(?: got| have)? (?:the|an?)\b
""")
)
"""Begins a subject, and says so."""
TITLE: Final = pattern(
    OPENER_LEAD
    + r"(?:[\w'-]+, )?(?!.*\b(?:is|are|was|were|isn't|aren't|will|would|can|could|should|do|does|did|has|have|had|got|gets?|goes|says?|said|then|too|wants?|needs?|I|we|you|it|they|he|she|ones?|first|second|third|\w+th)\b)(?:the|your|our) (?!.*\b(?:the|an?|your|our)\b)[\w-]+(?: [\w-]+){0,3}[.…]*$"
)
"""Begins one with nothing but what it is about."""
EVERYBODY: Final = pattern(
    r"\b(?:every(?:body|one)|all of you|you all|you guys|any(?:body|one)|some(?:body|one)|who)\b"
)
LONGEST_QUOTE_WORDS: Final = 45
"""Of one sentence."""
LONGEST_REPLY_WORDS: Final = 25
LONGEST_TALK_WORDS: Final = 60
"""Of the talk before a sentence that it takes to understand it."""
LEAST_TALK_WORDS: Final = 30
LEAST_NAMED: Final = 5
"""Things that are named where somebody who was not there knows what is spoken of."""
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
    """What must follow: ``accepted`` (by who was asked), ``assigned`` (so, and by name or date), ``wanted`` (an offer is taken up),
    ``recapped`` (it is said while somebody sums up), ``assented`` to, ``concluded`` (assented to, or said again), ``echoed`` (others have just said it), ``resolved`` (a motion), ``volunteered`` (who does it was asked), ``unanswered``, ``dated`` (it has a date itself)."""
    owner: str = ""
    """Whose it is: ``speaker``, ``asked`` (who is named, else who accepts), ``named``; nobody's where empty."""
    yes: tuple[str, ...] = ()
    """Talk that has one; a turn is ``Name: words``, turns are parted by ``|``."""
    no: tuple[str, ...] = ()
    """Talk that has none."""


START: Final = r"^(?:(?:okay|ok|good|right|well|and|so|great|alright|all right|then|yes|yeah|fine|but|now|lovely|super|no)\b[ ,.]*)*"
TASK_VERBS: Final = (
    "send ask ring call phone email check find write prepare draft book order chase remind tell update arrange "
    "organise organize get put contact forward finish print fix test do take let have flag rent keep scan bring pick sort ship move change add"
).split()
TASKS: Final = either("/".join(TASK_VERBS))
AGENDA: Final = (
    r"\b(?:agenda|meeting (?:will be|is|starts|will start) in|next (?:item|slide|point|question)|presentation|break|lunch|coffee|screen|microphone|whiteboard|move on|come back|hear|"
    r"ask (?:you|whether)|a question|start (?:with|the meeting))\b"
)
SETTLED: Final = r"(?:use(?! the)|keep|include|skip|stick|stay|choose|pick|aim|target|focus|drop|lose|do without|leave out|take out|go (?:with|for)|postpone)"
TALK_WORDS: Final = frozenset(
    """actually already always another anything back basically bit come different end even everything find first fine give
    good great happen help important kind last little look lot main make many maybe mean most much need new next nice number
    obviously ok part people person perhaps place point possible probably put question quite rather sort start still sure
    take tell thank thanks thing things think time today try two three four five use want way week work working year years
    yep yet able absolutely again before between both bring call certainly come course day different down during each ever every
    example feel few follow forward full hear here hope idea issue keep know known large least less long main may might more
    must never off often once only other others own pretty provide quickly see seem set side since something somebody someone
    such table talk term terms through together under understand using whole within without word would yourself
    guess hello bye sorry please anyway whatever alright cool exactly hmm one ones said says told took went came six seven eight
    nine ten eleven twelve twenty thirty forty fifty hundred thousand monday tuesday wednesday thursday friday saturday sunday
    tomorrow morning afternoon off till until around without per else either both half several few enough ago soon later late
    early""".split()
)
"""Words that are said of everything."""
UNNAMED: Final = frozenset(map(stem, (*TALK_WORDS, *STATES, *MOVES, *TASK_VERBS)))
"""Stems of words that name nothing by which a matter is known."""
NO_CONCLUSION: Final = either(f"""
    {TASKS} / I / I'm / I'll / I'd / I've / you / you're / you'll / he / she / it / it's / they / they're / that / that's / this / there / there's / what / how / who / when / where / why / which
    if / maybe / perhaps / do / does / did / is / are / can / could / would / should / shall / will / to / far / yeah / much / many / basically / sort / for / like / as / because / again / after / my / your / \\w+'d
""")
"""Begins what follows from something, asks, or tells."""
FEW: Final = r"(?!(?:the|a|an|go|maybe|good|no problem|thanks?|not|next|more|just|very|see|sorry|sure|cool)\b)(?!.*\b(?:it|it's|that|that's|this|they|you|your|we|us|he|she|I|I'm|I'll|I'd|there|let|let's|got|is|was|are|do|did|what|how|who|where|when|why|well|yes|yeah|right|okay|me|my|because|if|or|but)\b)(?:[\w'-]+[ ,]+){0,6}[\w'-]+"
"""Some words that are no sentence, as those that sum up."""
PROPOSES: Final = pattern(
    r"\b(?:could|can|should|would|let's|how about|what about|what if|rather|propose|suggest|recommend)\b|\?$"
)
NEEDED: Final = pattern(
    r"\b(?:needs? to|has to|have to|must|should|somebody|someone|can you|could you|don't forget|will you)\b"
)
"""Says that there is something to do."""
RECAPS: Final = pattern(
    r"\b(?:to (?:go over|sum|recap|summari[sz]e|run through|wrap)\b|(?:go|going|run) (?:over|through) (?:it|that|this|who|what)\b|recap\b|in short\b|who does what\b|read (?:it|that|them) back\b|(?:okay|so|right),? (?:actions?|to-?dos?)\b)"
)
"""Begins a summing up."""
PAST: Final = "(?:will|won't|would|can|can't|was|were|had|got|went|said|told|made|found|thought|did|took|gave|came|sent|saw|knew|put|is|has|says|thinks|wants|likes|needs|means|knows|does not|doesn't)"
"""Verbs that tell what was, or what is."""
CORRECTS: Final = pattern(
    r"\b(?:sorry|actually|wait|forgot|make it|make that|no good|after all|instead|rather|scrap)\b"
)
"""Takes back what was said before."""
RULES: Final = (
    Rule(
        "action_item",
        (r"\b(?:I|we)(?:'ll| will|'d| would)? (?:ask|like|want) (?:the )?(?P<named>(?!you\b)[\w'-]+(?: [\w'-]+){0,2}?) to (?:try to )?(?P<do>[a-z]+)(?P<rest> [^.?!…]*)",),
        owner="named",
        yes=("Dana: So I will ask Tom to find out more about the lamps.",),
        no=("Dana: We want the lamps to shine all night.", "Dana: I'd like Tom to say a few words."),
    ),
    Rule(
        "action_item",
        (
            rf"{FREE}I{WILL}{DO}",
            rf"{FREE}let me(?= (?:check|send|find (?:out|(?:that|it|this) out)|get hold of|come back to|get back|write|look into|talk to|confirm|fix|prepare|ask|call|email|draft|know))(?! know){DO}",
        ),
        unless=r"\bI(?:'ll| will) just\b|\b(?:talk|speak) (?:\w+ )?(?:about|on)\b|\bI(?:'ll| will) (?:tell you|be (?:happy|glad) to)\b",
        owner="speaker",
        yes=(
            "Dana: I'll send the draft contract to the supplier by Friday.", "Dana: Okay, I will paint the fence by Monday.",
            "Dana: Let me send you the audit report by Thursday.", "Dana: I'll check with legal whether that is allowed.",
            "Dana: Then I'll ask Henrik.",
            "Dana: I'll chase the pharmacy when we're done here.", "Dana: Right, so I'll do the minutes of this meeting.",
            "Dana: As I said, I'll check what happened to the clock.", "Dana: We pay for that. | Tom: Then I'm happy to call the maker.",
        ),
        no=(
            "Dana: I'll go first, if that's okay.", "Dana: I'll just share my screen now.", "Dana: I'll give you an example.",
            "Dana: He said he would start without me, I will be late.", "Dana: I don't think I'll send the report.",
            "Dana: If the lift breaks again I'll carry the plants up.", "Dana: I'll send you my invoice. | Tom: Ha ha, very funny.",
            "Dana: Tom told me I'll send the report on Friday.", "Dana: I would have sent the report.", "Dana: Let me make a note on yours.",
            "Dana: I'll answer that question.", "Dana: I was going to write the summary yesterday.",
            "Dana: I'll outrun the tiger. | Dana: No. | Tom: So it's a bee.", "Dana: That's something I will enjoy.", "Dana: Yes, I will would paint the fence.",
            "Dana: I'll bring cake next time I break production.", "Dana: Today I'm going to talk about trends.",
        ),
    ),
    Rule(
        "action_item",
        (rf"{START}then I (?P<do>{TASKS})\b(?P<rest>[^.?!…]*)",),
        owner="speaker",
        yes=("Dana: Good, then I book the firm for the Saturday.",),
        no=("Dana: And then I called the firm.", "Dana: Then I see what you mean.",),
    ),
    Rule(
        "action_item",
        (rf"(?:^|[,;] |\band )(?P<named>(?!I\b|we\b|you\b)[\w'-]+(?: [\w'-]+)?) (?P<do>(?!{PAST}\b)[a-z]+s)\b(?P<rest> [^,.?!…]*)",),
        needs="recapped",
        owner="named",
        yes=("Dana: So, to go over it before I run. | Dana: Tom redoes the staffing for seven bays, Priya gets the server people.",),
        no=("Dana: Tom redoes the staffing for seven bays.", "Dana: So, to go over it before I run. | Dana: The lift carries six people."),
    ),
    Rule(
        "action_item",
        (rf"{FREE}I can{DO}", r"\byou(?:(?:'ll| will) (?:have|get) (?:it|that|them|the \w+|an? \w+|my \w+)| (?:have|get) (?:(?:it|them)\b|\w+ \w+ from (?:me|us)\b))(?P<rest>[^.?!]*)"),
        needs="dated",
        owner="speaker",
        yes=("Dana: I can draft the email to customers today.", "Dana: Could you write a plan? | Tom: Sure, you'll have it by Thursday."),
        no=("Dana: I can see it today.", "Dana: I can honestly say that we are proud of today.", "Dana: You'll get an export of the data.", "Dana: If you push the button you'll get a light in two days."),
    ),
    Rule(
        "action_item",
        (r"^(?:\w+[ ,]+){0,2}I(?:'ll| will| can| could) (?:do|take|handle|see to|sort|fix|write) (?:that|it|this|those|them)\b", r"^(?:(?:that's|that'd be|that would be) )?(?:me|I(?:'ll| will| can| could))\W*$"),
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
            rf"(?:^|, |\b(?:and|everybody|everyone|so|okay) )please{DO}", r"(?:^|, )please (?P<do>[a-z]+)(?P<rest> [^.?!]*)",
            r"\b(?:I'd|I would|we'd|we would) like you(?: guys| two| both)? to (?P<do>[a-z]+)(?P<rest> [^.?!]*)",
            rf"{START}(?:(?!(?:to|I|we|you|they|he|she|it|who|not|don't|just|can|will|would|could|should|must|did|do|does|the|a|an|people|always|never)\b)[\w'-]+,? )?(?P<do>{TASKS})(?P<rest> (?:me|us|him|her|them|it|that|the|a|an|your|my|our|some|out|up|round)\b[^.?!]*)",
        ),
        unless=r"\b(?:hear me|see my|repeat|say (?:that|it|a|some|what|more)|tell (?:me|us)|explain|remind (?:me|us)|bear with|pass me|take questions|introduce|for (?:me|us) what|you please (?:say|sit)|you know|thank|you (?:see|imagine|think))\b",
        needs="accepted",
        owner="asked",
        yes=(
            "Dana: Priya, can you check the invoice with legal before Thursday? | Priya: Yes, will do.",
            "Dana: Could you prepare the slides for the demo? | Tom: Sure.", "Dana: Everybody please send your timesheets by Friday. | Ravi: Will do.",
            "Dana: Please book the room for the workshop. | Tom: Okay.", "Dana: I'd like you to prepare a prototype. | Tom: Okay.",
            "Dana: Tom, ring the supplier and get a date in writing, would you? | Tom: Yeah, I'll do that.", "Dana: Ask him about the price, please. | Tom: I will.",
            "Dana: Would you mind, when we are through, could you send us a copy of the plan? | Tom: Yes, I will.",
            "Dana: Can you email your slides as well? | Dana: Is that possible? | Tom: Yes, I think I can.",
        ),
        no=(
            "Dana: Could you repeat the question, please? | Tom: Sure.", "Dana: Can you hear me? | Tom: Yes.",
            "Dana: Could you send me the report? | Tom: No, I can't.", "Dana: Can you plug me in? | Tom: Okay.",
            "Dana: Can you do that with a touch screen? | Tom: Yeah.", "Dana: Right, to do the design I've had a look at our homepage. | Tom: Okay.",
        ),
    ),
    Rule(
        "action_item",
        (rf"{FREE}you(?:'ll| will|'re going to| are going to){DO}", r"\byou (?P<do>take care of|look after|handle|see to|do)(?P<rest> the [^.?!]*)"),
        needs="assigned",
        owner="asked",
        yes=("Dana: Tom, you take care of the newsletter, yes? | Tom: Yes.", "Dana: You'll send round the new plan by then. | Tom: Yep."),
        no=("Dana: You will press the button. | Tom: Okay.", "Dana: You'll lose them in your pocket, like you always do. | Tom: Yeah.", "Dana: And how much you are going to earn, okay. | Tom: Sure."),
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
        no=("Dana: I can see the screen. | Tom: Great.", "Dana: I could send it. | Tom: No, leave it.", "Dana: I can do a somersault. | Tom: Ha ha.",
            "Dana: I can print the maps here. | Tom: Would you pass those down?"),
    ),
    Rule(
        "action_item",
        (
            r"(?P<named>(?<!\byou and )\b(?!you\b|and\b)(?:[\w'-]+(?: [\w'-]+)?,? and (?:the )?)?[\w'-]+(?: [\w'-]+){0,2}?),? (?:will|(?:is |are )?going to|needs to|has to|you(?:'ll| will|'re going to| are going to)) (?:also |then |be (?=\w+ing\b))?(?P<do>[a-z]+)(?P<rest> [^.?!…]*?)(?=,? and (?:the )?[\w'-]+(?: [\w'-]+)?,? (?:you|will|is)\b|[.?!…]|$)",
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
        (rf"{FREE}(?:we|somebody|someone|one of us)(?: need to| needs to| have to| has to|'d better)(?: also)?(?P<do> (?!start\b|go\b|come\b|stop\b|meet\b|finish\b|look at\b|discuss\b|talk\b)[a-z]+)(?P<rest> [^.?!…]*)",
         rf"{FREE}let's (?P<do>(?!start|go|move|look|meet|leave|make|do|talk|discuss)[a-z]+)(?P<rest> [^.?!…]*)"),
        needs="dated",
        yes=("Dana: We need to book a bigger room for the launch before March 3rd.", "Dana: Let's ask her on Wednesday, then."),
        no=("Dana: We need to think about that.", "Dana: Let's see what happens tomorrow.", "Dana: We need to sell two million by the end of the year to break even, if that is so."),
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
            rf"\b(?:so|then|okay|ok|right|good|great|alright|fine|yes|yeah|and)[ ,]+(?:I think )?(?:we(?:'ll| will|'re going to| are going to)?|let's) (?:just )?(?P<rest>{SETTLED}\b[^.?!]*)",
            r"\b(?:so|then|okay|ok|right|good|and)[ ,]+(?:[\w']+ ){0,5}?we(?:'re| are) (?P<rest>(?:going|sticking|staying) (?:with|for)\b[^.?!]*)",
            r"^(?:we|we'll|let's) (?P<rest>drop [^.?!]*)",
            r"\bwe(?:'re| are) all agreed(?: that| on)?\b(?P<rest>[^.?!]*)", r"\bfrom now on,? (?P<rest>we [^.?!]*)", r"^decision\s*[:–—-]\s*(?P<rest>.{6,})",
            rf"{START}we(?:'re not going to| are not going to| won't| will not) (?P<rest>(?:include|ship|do|support|make|offer|renew|hire|buy|launch|go on)\b[^.?!]*)",
            rf"{START}(?:we're|we are) not (?P<rest>(?:doing|paying|taking|signing|buying|renting|using|hiring|renewing|changing|cancelling|putting|spending|moving|inviting)\b[^.?!]*)",
            rf"{START}I'm not (?P<rest>\w+ing\b[^.?!]* (?:until|till)\b[^.?!]*)",
            r"^(?:we |I |we'll |I'll )?(?:go on|okay|all right|fine) then,? (?P<rest>(?!I\b)(?:[\w'-]+[ ,]+){2,}[^.?!]*)", r"^(?P<rest>.*)\bfrom now on\W*$",
            r"\bnobody (?P<rest>(?:signs|buys|pays|sends|changes|touches|deploys|moves)\b[^.?!]*)",
            r"(?:^|[,.;] )(?:so |okay |ok |good |then |fine |right |but |and |yes |well )*(?P<rest>(?!of course)(?:\w+[ -]){1,4})it is(?: then|, [\w' ]+)?\W*$",
            r"\bthat's (?:(?:settled|decided|agreed|a decision)\b|what we(?:'ll| will)? do\W*$)", r"\b(?:the )?(?:final )?decision (?:is|was) (?:made )?(?:to|that)\b",
        ),
        unless=r"\b(?:last (?:time|week|month|year)|yesterday|years ago|haven't|have not|not yet|should have|how|what(?! we(?:'ll| will)? do\W*$)|whatever|where|which(?! (?:is|are)\b)|why|when we|once we|until we|have to|as it is|government|parliament|could|might|lunch|coffee)\b",
        yes=(
            "Dana: We've decided to use the second supplier.", "Dana: So we go with the blue one.", "Dana: From now on we rehearse it every quarter.",
            "Dana: Okay, the twenty first it is.", "Tom: It crashes on the old phone. | Dana: We drop it. | Sam: All right.", "Dana: Great, let's go with the third of May.", "Dana: So we dropped the speech recognition.", "Dana: So we're all agreed that the beta starts in June.",
            "Dana: We're not going to include the chat in this release.", "Dana: We're not doing three years.", "Dana: And I'm not paying for November until that's clear.", "Dana: Do you want the module as well? | Tom: Go on then, the module and the training.",
            "Dana: Take him off the list, and it's the desk from now on.", "Dana: Nobody signs the lease till we know that.", "Dana: Decision: go with vendor A", "Tom: The blue logo goes on the first page. | Dana: Okay, that's settled.",
            "Dana: The decision is to stay with two tiers.", "Tom: Twos for the shop and threes for the stall? | Dana: Good, then that's what we do.",
            "Dana: So we've worked out that we're going with a simple battery, which is cheap.",
        ),
        no=(
            "Dana: We haven't decided which supplier to take.", "Dana: If we decided to use the second supplier, it would cost more.",
            "Dana: So we go with the blue one. | Tom: No, I don't want that.", "Dana: We decided that last week already.", "Dana: What time it is?",
            "Tom: It is cold. | Dana: Of course it is.", "Dana: So that's what we do on Mondays and Fridays.", "Dana: And we're going for lunch.",
        ),
    ),
    Rule(
        "decision",
        (
            r"(?<!\bhow )(?<!\bwhat )(?<!\bwhy )(?<!\bwhere )(?<!\bwhen )(?<!\bwho )\b(?:could|can) we (?:not )?(?:maybe |perhaps |just )?(?!see|go back|start|move|come|have a look|talk|ask|please)\w+(?P<rest>[^.?!]*)", r"\b(?:what if|how about|what about|why don't) (?:we|the|a|if|on|\w+day|\w+ing)\b(?P<rest>[^.?!]*)",
            r"(?<!\bcan )(?<!\bcould )(?<!\bmay )\b(?:I'd|I would|I) (?:say|propose|suggest|vote for|recommend|go (?:with|for|(?:down )?to)|take|prefer|favou?r|rather|move)\b(?P<rest>[^.?!]*)", r"\b(?:shall|should) we (?:agree (?:that|to|on) )?(?P<rest>[^.?!]*)",
            r"\b(?:we could|maybe we(?: should| can)|I think we (?:should|can|could)|we should(?: probably)?|we might as well|I guess we (?:should|can|could))(?! (?:also )?(?:say|think|see|start|go back|move on|discuss|talk|look|wait|finish|probably)\b)(?P<rest> [^.?!]*)",
            r"\blet's (?!see|move|start|wait|look|talk|not|go back|go through|continue|begin|get|come|do (?:it|that)|say that|face)(?P<rest>[^.?!]*)",
            r"\b(?:we'd|we would|we) (?:like|want) to (?P<rest>(?:keep|have|stay|go|take|leave)[^.?!]*)",
            rf"{START}(?:I think |I guess )?we(?:'ll| will|'re going to| are going to)? (?:just |not |definitely )?{SETTLED}\b(?P<rest>[^.?!]*)",
            rf"{START}(?P<rest>(?!.*\b(?:it|it's|that|that's|they|you|he|she|I|there|there's|got|is|was|are|time|now|and|goodbye|bye|on|back|up|down|off|out|away|over|see|what|how|who|well|yes|no|right|me)\b)(?:[\w'-]+[ ,]+){{1,5}})then\W*$",
            rf"^(?:(?:from|on) the {NTH}|the {NTH} at \w+)\W*$",
            r"(?:^|[,.;] )(?:and |is |are )?(?:everybody|everyone|we're all|we all|you|you all)(?:'s| is| are)? (?:okay|ok|happy|fine|good) (?:with|about|if)\b(?P<rest>.*)",
        ),
        unless=AGENDA,
        needs="assented",
        yes=(
            "Dana: Could we maybe launch without the old accounts? | Priya: That works for me.", "Dana: What if we took the second site out? | Karin: Yes let's do it like that.",
            "Dana: I'd propose that we move all certificates. | Lars: I'm for it.", "Dana: Shall we skip the workshop in May? | Tom: Agreed.",
            "Dana: We could give the chairs to the school. | Tom: That's a lovely idea.", "Dana: Let's launch in two steps. | Tom: Sounds good.",
            "Dana: And we'd like to keep the scanners until then. | Ines: That's fine.",
            "Dana: Why don't we meet once a month? | Tom: Good idea.", "Dana: Shall we serve the soup in the garden? | Tom: If we can.", "Dana: Could we get away with a shorter door there? | Tom: I don't see why not.",
            "Dana: We'll keep the rubber case. | Tom: Fine with me.",
            "Dana: Okay, two failures then. | Deniz: Two I can live with.", "Rosa: February, then. | Lars: February.", "Tom: The first is bad. | Dana: The second at ten. | Tom: Fine by me.",
            "Dana: I'd go to eight, for ten kegs. | Tom: Eight's all right with me.", "Dana: I'd say we take the lease. | Tom: I'm with her.",
            "Dana: Everybody okay with starting in December? | Tom: Yes from me.",
        ),
        no=(
            "Dana: Could we maybe launch without them? | Tom: No, we can't.", "Dana: Should we do the riddles? | Tom: Yep, go for it.", "Dana: We could print two versions of the maps. | Tom: I think that's risky. | Sue: I agree.",
            "Dana: We'll keep the rubber case. | Tom: Yeah.", "Dana: Shall we keep the rubber case? | Tom: Yeah.", "Dana: The tail stays then. | Tom: Okay.",
            "Dana: I'd prefer to talk in the garden. | Dana: The village has respect for its public house. | Dana: A word there is given in dignity and sincerity. | Tom: It is not for me to say. We agree on that.", "Dana: Shall we start with the presentation? | Tom: Agreed.", "Dana: Shall we serve the soup in the garden? | Tom: If we can carry it.",
            "Dana: I would say it looks like a banana. | Tom: Hm.", "Dana: We could add a wheel. | Tom: Yeah. | Sue: But that costs more.",
        ),
    ),
    Rule(
        "decision",
        (rf"{START}we(?:'re|'ll| will| are)?(?: all)? (?P<rest>(?!{PAST}\b|\w+ed\b|have\b|need\b|can\b|could\b|should\b|might\b|may\b|think\b|know\b|want\b|talk\w*\b|going to (?:talk|look|start|discuss|have)\b)[a-z]+ [^.?!]*)",),
        needs="recapped",
        yes=("Dana: So, to go over it before I run. | Dana: We move on the weekend of the twenty-eighth.",),
        no=("Dana: We move on the weekend of the twenty-eighth.", "Dana: So, to go over it before I run. | Dana: We talked about the weekend of the move."),
    ),
    Rule(
        "decision",
        (
            rf"{START}(?:so|then)[ ,]+(?:then )?(?P<rest>(?!{NO_CONCLUSION}\b)[^?]*)",
            rf"{START}(?P<rest>(?!{NO_CONCLUSION}\b)(?:[\w'-]+[ ,]+){{1,9}})then\W*$",
            r"^(?:or|maybe|perhaps) (?P<rest>we\b[^?]*)",
        ),
        unless=AGENDA + r"|\b(?:had|was|were|went|got|did|said|thought|need|needs|can|could|would|might|is|are|isn't|aren't|has|have|that's|it's|there's|why|how|what|because|if|haven't|hasn't|don't know|and then)\b",
        needs="concluded",
        yes=(
            "Dana: The raffle took four people. | Dana: So no raffle. | Tom: No raffle.", "Dana: So live on the eighth with or without the shop. | Tom: Yes. | Tom: Agreed.",
            "Dana: Then the Rheinberger for the second half. | Tom: Agreed.", "Tom: Or we get a student on Saturdays. | Dana: I like that better.",
            "Dana: Then the blue one for the whole series. | Tom: Yes please.",
        ),
        no=("Dana: So no raffle. | Tom: Hm.", "Dana: And then support called. | Tom: And then support called, right.", "Dana: So bed five had the infection. | Tom: That's better.", "Dana: So what do we do with the raffle? | Tom: No raffle.", "Dana: So the raffle made eighty pounds. | Tom: Yeah.",),
    ),
    Rule(
        "decision",
        (
            rf"^(?:(?:good|great|wonderful|lovely|perfect|right|yes|yeah)\b[ ,.!]*)*(?:(?:okay|ok|so|fine|alright|all right|then)\b[ ,.!]*)+(?P<rest>{FEW})\W*$",
            rf"{START}(?P<rest>{FEW}),? (?:then|fine|agreed)\W*$", rf"{START}(?:so|then)[ ,]+(?:it's|we take|we do) (?:the |a )?(?P<rest>{FEW})\W*$",
        ),
        needs="echoed",
        yes=(
            "Dana: Do we still want the wall? | Tom: It makes three weeks of noise. | Tom: No wall please. | Dana: Okay, no wall.",
            "Dana: Do we buy or lease? | Tom: The adviser says leasing. | Dana: Then leasing.",
            "Dana: What about the tent? | Tom: I'm happy in a tent. | Dana: So it's the tent.", "Dana: How long do you keep it, ninety days? | Tom: Thirty is plenty for us. | Dana: Thirty then.",
        ),
        no=(
            "Dana: Do we still want the wall? | Tom: I don't know. | Dana: Okay, no wall.", "Dana: Which buttons do we need? | Tom: Stop and play. | Dana: So, buttons.",
            "Tom: No wall please. | Dana: Okay, no wall.", "Dana: Do we still want the wall? | Tom: No wall please. | Dana: Okay, no wall. | Tom: Are you sure?",
        ),
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
            r"\bwe (?:still )?(?:need|have) to (?:decide|clarify|find out|figure out|work out|sort out) (?:who|whether|how|when|where|which|if)\b", r"\b(?:it's|that's|it is|is) (?:still|not yet|un)\s?(?:unclear|clear|decided|open)\b",
            r"\b(?:we|we'll|I'll) leave (?:it|that|this)(?: one)? open\b(?P<rest>[^.?!]*)", r"\bI(?:'ve| have) no answer (?:to|for)\b(?P<rest>[^.?!]*)",
            r"\bwhat (?:I|we) (?:still |really |just )*(?:don't|do not) (?:get|understand|know)(?: yet)?\b(?P<rest>[^.?!]*)",
        ),
        unless=r"\b(?:open question of|they|because)\b",
        yes=("Dana: It's an open question who pays for it.", "Dana: We don't know yet whether the venue is free.", "Dana: We still need to decide which vendor we take.",
             "Dana: We leave it open for now, who pays for the printers.", "Dana: I have no answer to that one today, the theatre at the weekend.", "Dana: What I still don't get is why nothing paged us.", "Dana: The date of the audit is still open."),
        no=("Dana: I don't know him.", "Dana: Now we have to decide what controls we need. | Tom: A button.", "Dana: The shop is open on Sunday."),
    ),
)  # fmt: skip
"""The rules. Their examples are their tests, with and without punctuation and capitals."""

PATTERNS: Final = tuple(
    (rule, tuple(map(pattern, rule.says)), pattern(rule.unless or r"(?!)")) for rule in RULES
)
MOVE_OF: Final = {stem(verb): verb for verb in MOVES}
