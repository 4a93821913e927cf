"""What a meeting agrees on, in English, by rules: action items, decisions and open questions, quoted as they were said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from components.zoom.shared.speech import ENDED, Sentence, sentences
from components.zoom.shared.words import stem, stems, words_of

# fmt: off
# Words of the rules ---------------------------------------------------------------------------------------------------

WEEKDAY: Final = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
MONTH: Final = r"(?:january|february|march|april|june|july|august|september|october|november|december|may(?= \d|$))"
NTH: Final = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|(?:twenty[- ]|thirty[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|tenth|"
    r"eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)"
)
DATE: Final = rf"(?:(?:the )?{NTH} (?:of )?{MONTH}|{MONTH} (?:the )?(?:{NTH}|\d{{1,2}})|\d{{1,2}} {MONTH}|\d{{4}}-\d\d-\d\d|the {NTH})"
PART: Final = r"(?: (?:morning|afternoon|evening|night|noon|lunchtime|at the latest))?"
DUE: Final = re.compile(
    r"\b(?:"
    rf"(?:(?:by|before|on|until|till|no later than|due|for|first thing|this|next|over|at) )?(?:the end of )?(?:next |this |on )?{WEEKDAY}{PART}|"
    rf"(?:by |before |until |till |for |first thing )?tomorrow{PART}|(?:by|before|on|until|till|due|for) {DATE}|"
    r"(?:by|before|until|till|at|to|towards) the (?:end|close|start|beginning) of (?:the |this |next )?(?:\w+)|"
    rf"(?:by|before|until|till|in) (?:early |late |mid[- ])?(?:{MONTH}|the (?:spring|summer|autumn|fall|winter|new year)|christmas|easter)|"
    r"(?:by|before|until) (?:noon|midnight|lunch|tonight|then|eod|\d{1,2}(?::\d\d)? ?(?:am|pm|o'clock)?(?= |$|[.,?!]))|"
    r"(?:by |before |for |at |until |till )?(?:the |our )?next (?:week|month|meeting|time|sprint|session|quarter|year|call|stand-?up)|"
    r"the week after(?: next)?|(?:by |later |before |over )?(?:this (?:week|afternoon|evening|month|weekend)|the weekend|today|tonight)|"
    r"(?:with)?in (?:an?|one|two|three|four|five|six|ten|\d+|a couple of|a few) (?:hours?|days?|weeks?|months?)|"
    r"(?:before|after|by) (?:the |our )?(?:launch|release|demo|(?:next )?meeting|lunch|holidays?|recess)|"
    r"(?:right|straight|directly) after this|as soon as possible|asap|eod)(?!\w)",
    re.IGNORECASE,
)
NOT_DUE: Final = re.compile(r"(?:on|over|for|at)? ?the weekend of", re.IGNORECASE)
START: Final = r"(?<!\bwhat )(?<!\bthat )(?<!\bwhich )(?<!\bthing )(?<!\bhow )(?<!\bwhere )(?<!\bas )(?<!\bthan )(?<!\ball )(?<!\blike )\b"
"""Not in a clause that says what, how or which: such a one commits to nothing."""
ADVERB: Final = (
    r"(?: (?:just|also|then|definitely|certainly|gladly|probably|still|quickly|really|all|both|actually|of course|please|maybe|"
    r"again|try (?:to|and)|make sure (?:to|that (?:we|I))|be (?:happy|glad) to|go (?:and|ahead and)|have to|need to|be able to|be(?= \w+ing\b)))*"
)
WILL: Final = r"(?:'ll| will| shall|'m going to| am going to|'re going to| are going to)"
DO: Final = rf"{ADVERB} (?P<do>[a-z][a-z-]*)(?P<rest>[^.?!…]*)"

MOVES: Final = frozenset(
    """be have say start begin go stop show see think know read explain mention pass hand let guess bet admit assume
    repeat turn come wait move skip leave keep press want like love hope hear listen open close click plug mute talk speak address
    answer respond pick hold return continue finish focus stick sit stand stay remember forget believe expect agree end resign
    summarise summarize reiterate emphasise emphasize highlight illustrate clarify describe declare apologise apologize refer argue
    concede defer rephrase paraphrase quote interrupt add call kick jump step dive walk run feel look tell suppose put draw bring
    give ask get take do make use try share pull set switch change cover touch need help invite""".split()
)
"""Verbs that may only say what somebody does next in the talk."""
MOVES_THAT_MAY_WORK: Final = {
    "ask": r"(?! (?:you|him|her|them|that|this|it|the|a|an|another|one|whether|if|my|our|for your|some|about|members)\b)(?= \w)|"
    r" (?:him|her|them|the \w+|my \w+) (?:to|for|about|if|whether|when)\b(?! (?:say|answer|respond|come|introduce|start|speak|explain))",
    "give": r" (?:it|this|that|them|the \w+|\w+) to \w+|(?: \w+){0,3} (?:a call|a ring|an update by|notice)\b",
    "get": r" (?:you|them|him|her|us|that|this|it) (?:\w+ ){0,3}\w+ing\b| (?:you|them|us) (?:a|an|the|some|those|that)\b| (?:the|a|an|some) \w+|"
    r" back to (?:you|them|him|her)\b| (?:in touch|hold of|onto)\b| it (?:done|ready|fixed|sorted)",
    "make": r" (?:a|an|the|sure|some|those|that|these|up)\b(?! (?:point|comment|note|suggestion|statement|remark|observation))",
    "do": r" (?:the rest|those|another) ?| (?:that|it|this|them|so)\b(?=.*\b(?:today|tomorrow|tonight|right after|this \w+|by|on \w+day|with)\b)",
    "take": r" (?:care of|charge of|over|on board|the (?:action|minutes|notes|next)|the \w+ home)\b| (?:it|this|that|them) (?:to|up with|back to|home)\b",
    "bring": r" (?:it|this|that|them|the [\w ]+) (?:to|up with|up at|along)\b",
    "put": r"(?!.* back\b)(?: \w+){1,8} (?:in|into|on|onto|up on) (?:the|our|a|my)\b| (?:it|them|that|this) together\b| together\b| up (?:a|the)\b",
    "look": r" (?:into|it up|that up|through|after)\b| at (?:the|that|your|our) \w+",
    "call": r" (?!it\b|that\b|this\b|them that\b|you (?:a|the)\b)\w+", "run": r" (?:it|that|this|them|the|a|another)\b(?! through)(?! by you)",
    "talk": r" (?:to|with) (?!you\b)\w+", "speak": r" (?:to|with) (?!you\b|that\b|this\b|it\b)\w+", "share": r" (?:it|that|the \w+|this) (?:with|in|on)\b(?! you now)",
    "set": r" (?:it|that|this|them|a|the|you)\b.* ?up\b| up\b", "pull": r" (?:the|some|together|it together|up the)\b", "change": r" (?:that|it|the)\b",
    "draw": r" up\b", "come": r" back to (?:you|them) ", "tell": r" (?!you\b|me\b|us\b|the committee\b|everyone what\b)\w+", "keep": r" an eye\b| you posted\b| track\b",
    "add": r" (?:it|that|this|them|the [\w ]+|you) to (?:the|our)\b", "finish": r" (?:the|it|that|writing|off)\b(?! (?:point|sentence|question|thought))",
    "help": r" (?:you )?with (?:that|the)\b", "pick": r" (?:it|them|the \w+|you) up from\b", "move": r" (?:the|it|that|them) (?:to|into)\b",
    "close": r" (?:the|that) (?:ticket|issue|account|deal)", "open": r" (?:a|the) (?:ticket|issue|account)", "invite": r" (?!you to\b)\w+",
}  # fmt: skip
"""What must follow such a verb for it to be work all the same."""
HERE: Final = re.compile(
    r"\b(?:right now|for now|now(?= |$)|first(?: of all)?$|here|in a (?:second|minute|moment|bit)|for a (?:second|minute|moment)|a little later on|later on in|"
    r"at this point|very (?:quickly|briefly)|briefly|if I may|quick(?:ly)?$|on the (?:white)?board|again$|my (?:screen|presentation|question|point|turn|slot|"
    r"time|colleagues?)|(?:that|this|the|your|one|another|a|your next|his|her) (?:question|point|example|comment|answer|idea)s?|the floor|the mic\w*|"
    r"you (?:what|how|why|that|about|a|an|the (?:idea|reason))|an? (?:idea|guess|overview|flavou?r|sense|moment))\b",
    re.IGNORECASE,
)
"""What is done while one speaks."""

# What governs a clause ------------------------------------------------------------------------------------------------

DOUBT: Final = re.compile(
    r"\b(?:(?:don't|do not|didn't|doesn't|not|never) (?:really |necessarily )?(?:think|believe|say|saying|know|suppose|promise|sure|mean|want|see|expect|"
    r"certain|guess|clear)|doubt|wonder(?:ing)?|whether|unless|suppos(?:e|ing)|imagine|pretend|as if|as though|wish|would have|could have|should have|might have|"
    r"hypothetically|for example|for instance|e\.g|such as|what about|in theory|unlikely|hoping|hope|worried that|afraid|otherwise|or else|instead of|"
    r"rather than|why (?:would|should|do|did)|how (?:would|should|do|can)|what (?:would|should)|when(?:ever)? (?:I|you|we|they|he|she|it|the|a|this|that)|"
    r"the (?:question|problem|issue|fear|idea|risk|danger) (?:is|was)|if)\b",
    re.IGNORECASE,
)
REPORTED: Final = re.compile(
    r"\b(?:said|says|(?:he|she|they|people|every(?:one|body)|will|would|might|could) say|saying|told|tells|tell|thought|thinks|promised|promises|claims|claimed|wrote|writes|reckons|mentioned|announced|heard|reads|"
    r"asked|asks|goes like|was like|was going to|were going to|used to|wanted to|meant to|tried to|supposed to|says?,)\b(?! you (?:I|we)\b)",
    re.IGNORECASE,
)
ASK_OR_FIND: Final = re.compile(r"\b(?:check|see|ask|find out|know|look|tell|wonder|test|clarify|say|confirm)\w*(?: \w+){0,3} $", re.IGNORECASE)
JOKE: Final = re.compile(r"\b(?:ha ?ha+|hah|lol|very funny|funny|just kidding|(?:I'm|only|just) joking|laugh\w*|if I were you|you wish|in my dreams|as a joke)\b", re.IGNORECASE)
LAUGHS: Final = re.compile(r"(?:\W|oh|no|that's|very)*(?:ha(?:[- ]?ha)+|hah|lol|funny|you're (?:mad|funny|kidding|joking)|very funny|please don't|don't you dare)\b", re.IGNORECASE)
DENIES: Final = re.compile(
    r"(?:(?:well|oh|hm+|um|uh|actually|sorry|yeah|okay)[ ,]+)*(?:no\b(?![ ,]*(?:problem|worries|that's (?:fine|okay|good)|objection|it's fine|exactly|go ahead|absolutely))|nope|"
    r"but\b|not (?:really|yet|so|sure|necessarily|for me|if|the|in|that)|(?:I|we) (?:don't|can't|won't|wouldn't|disagree|doubt|haven't|didn't)|that (?:doesn't|won't|isn't|wouldn't)|"
    r"(?:I'm|we're) not\b|wait\b|hold on|however|are you sure|really\?|I'd rather|isn't (?:that|it)|it (?:doesn't|isn't|won't)|that's (?:not|too|the|bad|what|a problem|wrong)|"
    r"hang on|let's not|why\b|what if|maybe not|except|the problem)",
    re.IGNORECASE,
)
GLAD: Final = (
    r"(?:yes,? |yeah,? |oh,? |okay,? |ok,? |well,? |that's |that would be |that'd be |sounds |just |all |I'm |I )*"
)
ACCEPTS: Final = re.compile(
    r"(?:(?:oh|well|yeah|okay|ok|um|uh|hm)[ ,.]+)*(?:sure|yes|yeah|yep|yup|okay|ok|will do|I(?:'ll| will| can)(?= (?:do|take|handle|see to) |\W*$)|of course|no problem|absolutely|certainly|fine|"
    r"gladly|(?:I'm )?happy to|can do|(?:I'm )?on it|alright|all right|definitely|that's with me|leave it (?:to|with) me|consider it done|we(?:'ll| will| can)|you'll have|"
    r"no worries|right)\b(?! (?:but|if|I can't|I won't)\b)",
    re.IGNORECASE,
)
WANTS: Final = re.compile(
    r"(?:(?:yes|yeah|okay|ok|oh|well|um)[ ,]+)*(?:please\b|do (?:that|it|so)|go (?:ahead|for it)|(?:that )?(?:would|'d) be (?:\w+ )?(?:great|good|lovely|nice|helpful|super|perfect|useful|wonderful|"
    r"appreciated)|(?:yes|yeah)[,.]? please|(?:wow,? )?(?:that's |it's )?(?:a )?(?:good|great|lovely) idea|thank you|thanks|perfect|lovely|wonderful|brilliant|super|excellent|even better|great|that'd be|I'd appreciate|much appreciated|cheers)\b",
    re.IGNORECASE,
)
ASSENTS: Final = re.compile(
    r"(?:(?:yes|yeah|yep|okay|ok|oh|well|right|sure|true|but|mm|good|great|and|no|all right|alright|then)[ ,.]+)*(?:I (?:really |do )?think )?(?:agreed|(?:I|we) (?:totally |fully |would |do )?agree\b(?! to disagree)|(?:that )?works (?:for me|fine)|"
    r"that works\b|sounds (?:very |really |pretty )?(?:good|great|fine|right|reasonable|like a plan|perfect|sensible)|that sounds (?:very |really )?(?:good|great|fine|right|reasonable|sensible)|"
    r"(?:I'm|we're) (?:all )?(?:for (?:it|that)|fine with|happy with|okay with|good with|in favou?r)|fine (?:with|by) me|(?:it's |that's )(?:\w+ )?fine\b|fine\W*$|let's (?:do|go (?:with|for)|say|try|take|have) (?:it|that|this|both)?|"
    r"(?:it's |that's |what )?(?:definitely |really |actually )?an? (?:very |really )?(?:good|great|lovely|excellent|nice|brilliant) (?:idea|plan|point, let's)|good idea|great idea|(?:it's |that's )?(?:a )?deal\b|I (?:can )?live with (?:it|that)|"
    r"\w+ I can live with|why not\W*$|(?:I'd |I would )?go (?:with|for) (?:it|that)|that's (?:what|how) we(?:'ll| will| should)|makes (?:total |perfect )?sense\W*$|that makes sense\W*$|exactly,? (?:so )?let's|"
    r"do (?:it|that)\W*$|go ahead|me too|(?:I|we) (?:'d |would )?(?:like|love|prefer) that|\w+day(?:'s| is) (?:good|fine|great)|(?:\w+ ){1,3}(?:is|are) fine with me|aye|absolutely\W*$|definitely\W*$|perfect\W*$|"
    r"super\W*$|(?:I'd |I would )say so)",
    re.IGNORECASE,
)
NODS: Final = re.compile(r"(?:(?:yeah|yes|yep|yup|okay|ok|sure|right|fine|good|great|all right|alright|perfect|true|cool|mm|exactly|of course|no problem|lovely|will do|works for me|agreed|thanks?|thank you|super|wonderful|excellent|absolutely|it is)[ ,.!]*)+$", re.IGNORECASE)
UNKNOWN: Final = re.compile(
    r"(?:(?:um|well|hm+|oh|no|yeah|honestly|sorry|that's|a|to be honest|frankly|I mean|good question)[ ,.]+)*(?:(?:I|we) (?:really |still |actually |just )?(?:don't|do not|wouldn't) (?:really |actually |exactly )?(?:know|have (?:the|that|a) (?:number|figure|answer|idea|date)s?)|no idea|"
    r"(?:I'm |we're )?not (?:really |so |quite |entirely |a hundred percent )?(?:sure|certain)|me neither|no clue|good question|(?:I|we)(?:'d| would| will|'ll)? (?:have|need) to (?:check|look|ask|find)|nobody knows|who knows|"
    r"we(?:'ll)? (?:come|get) back to that|not (?:that )?I know|I couldn't (?:say|tell)|can't (?:say|tell)|(?:that's )?(?:still )?open\b|not yet\W*$|\w+ is \w+ I'd have to)",
    re.IGNORECASE,
)
CALLED_OFF: Final = re.compile(
    r"\b(?:(?:you|we|he|she|they) (?:don't|do not|won't) (?:really )?(?:need|have) to|no need (?:to|for)|(?:I|we) (?:won't|will not|am not going to|'m not going to|'re not going to)|forget (?:it|that|about)|never ?mind|"
    r"(?:has|have|had|is|was)(?: been)? already (?:\w+)|already (?:did|done|sent)|let's not|(?:scrap|cancel|drop) (?:it|that))\b",
    re.IGNORECASE,
)
TAKES_OVER: Final = re.compile(r"\b(?:let me (?:take|do|handle|have) (?:that|it|this)|I(?:'ll| will| can) (?:take (?:it|that|this|over)|fix (?:it|that)|do (?:it|that|this)|handle (?:it|that)|see to (?:it|that)))\b", re.IGNORECASE)
SHORT_TURN_WORDS: Final = 9
"""A reply up to this long may settle something by itself, or move a date."""
NEAR: Final = 6
"""Sentences within which people still speak of the same."""
POINTERS: Final = re.compile(r"\b(?:it|that|this|them|those|these|one|ones|him|her|there|so|do|then|both|the (?:other|rest|same|latter|former|link|form|file|thing))\b", re.IGNORECASE)
EVERYBODY: Final = re.compile(r"\b(?:every(?:body|one)|all of you|you all|you guys|any(?:body|one)|some(?:body|one)|who)\b", re.IGNORECASE)
LONGEST_QUOTE_WORDS: Final = 45


@dataclass(frozen=True)
class Rule:
    """What people say for one thing, and when it does not count."""

    kind: str
    says: tuple[str, ...]
    """Patterns, any of which says it; each has an example, or a hit in a real meeting."""
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


RULES: Final = (
    Rule(
        "action_item",
        (rf"{START}I{WILL}{DO}", rf"{START}let me(?= (?:check|send|find out|come back to you|get back|write|look into|talk to|confirm|fix|prepare|ask|call|email|draft|see if I can|know)){DO}"),
        owner="speaker",
        yes=(
            "Dana: I'll send the draft contract to the supplier by Friday.", "Dana: Okay, I will paint the fence by Monday.",
            "Dana: Let me send you the audit report by Thursday.", "Dana: I'll check with legal whether that is allowed.",
            "Dana: Then I'll ask Henrik.",
        ),
        no=(
            "Dana: I'll go first, if that's okay.", "Dana: I'll just share my screen now.", "Dana: I'll give you an example.",
            "Dana: He said he would start without me, I will be late.", "Dana: I don't think I'll send the report.",
            "Dana: If the lift breaks again I'll carry the plants up.", "Dana: I'll send you my invoice. | Tom: Ha ha, very funny.",
            "Dana: Tom told me I'll send the report on Friday.", "Dana: I would have sent the report.", "Dana: Let me make a note on yours.",
            "Dana: I'll answer that question.", "Dana: I was going to write the summary yesterday.",
        ),
    ),
    Rule(
        "action_item",
        (rf"{START}I can{DO}", rf"{START}I (?:have|need) to (?P<do>[a-z-]+)(?P<rest>[^.?!…]*)",),
        needs="dated",
        owner="speaker",
        yes=("Dana: I have to write the report by Friday.", "Dana: I can draft the email to customers today."),
        no=("Dana: I have to ask these questions.", "Dana: I have to write this on the board now."),
    ),
    Rule(
        "action_item",
        (r"\byou(?:'ll| will) (?:have|get) (?:it|that|them|the \w+|an? \w+|my \w+)(?P<rest>[^.?!]*)",),
        needs="dated",
        owner="speaker",
        yes=("Dana: Could you write a plan? | Tom: Sure, you'll have it by Thursday.",),
        no=("Dana: You'll get an export of the data.", "Dana: If you push the button you'll get a light in two days."),
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
            rf"{START}you(?:'ll| will|'re going to| are going to)(?! need| see| notice| find| remember| know| have| be\b(?! \w+ing)){DO}",
            r"\byou (?P<do>take care of|look after|handle|see to|do)(?P<rest> the [^.?!]*)",
            rf"(?:^|, |\b(?:and|everybody|everyone|so|okay) )please{DO}", r"(?:^|, )please (?P<do>[a-z]+)(?P<rest> [^.?!]*)",
            r"\b(?:I'd|I would|we'd|we would) like you(?: guys| two| both)? to (?P<do>[a-z]+)(?P<rest> [^.?!]*)",
        ),
        unless=r"\b(?:hear me|see my|repeat|say (?:that|it|a|some|what|more)|tell (?:me|us)|explain|remind (?:me|us)|bear with|you mind|pass me|take questions|introduce|for (?:me|us) what|you please (?:say|sit)|you know|thank)\b",
        needs="accepted",
        owner="asked",
        yes=(
            "Dana: Priya, can you check the invoice with legal before Thursday? | Priya: Yes, will do.",
            "Dana: Could you prepare the slides for the demo? | Tom: Sure.", "Dana: Tom, you take care of the newsletter, yes? | Tom: Yes.",
            "Dana: You'll send round the new plan by then. | Tom: Yep.", "Dana: Everybody please send your timesheets by Friday. | Ravi: Will do.",
            "Dana: Please book the room for the workshop. | Tom: Okay.",
            "Dana: I'd like you to prepare a prototype. | Tom: Okay.",
        ),
        no=(
            "Dana: Could you repeat the question, please? | Tom: Sure.", "Dana: Can you hear me? | Tom: Yes.",
            "Dana: Could you send me the report? | Tom: No, I can't.", "Dana: Can you plug me in? | Tom: Okay.",
        ),
    ),
    Rule(
        "action_item",
        (
            rf"{START}I (?:can|could)(?! (?:see|imagine|tell|hear|think|say|understand|only|be|just|go|give|remember|live)\b){DO}",
            rf"{START}(?:shall|should) I{DO}", rf"{START}(?:do you want me|would you like me) to{DO}",
            rf"{START}I'd (?:be happy|love) to{DO}",
        ),
        needs="wanted",
        owner="speaker",
        yes=(
            "Dana: I can pull the log files in the meantime. | Rosa: Do that, please.", "Dana: Should I get a quote for the chairs? | Tom: Yes please.",
            "Dana: Do you want me to call the vendor? | Tom: That would be great.", "Dana: I'd be happy to write the report. | Tom: Please do.",
        ),
        no=("Dana: I can see the screen. | Tom: Great.", "Dana: I could send it. | Tom: No, leave it.", "Dana: I can do a somersault. | Tom: Ha ha."),
    ),
    Rule(
        "action_item",
        (
            r"(?P<named>(?<!\byou and )\b(?!you\b|and\b)[\w'-]+(?: [\w'-]+){0,2}?),? (?:will|(?:is |are )?going to|needs to|has to|you(?:'ll| will|'re going to| are going to)) (?:also |then |be (?=\w+ing\b))?(?P<do>(?!be\b|have\b|need\b|get\b)[a-z]+)(?P<rest> [^.?!…]*?)(?=,? and [\w'-]+,? (?:you|will|is)\b|[.?!…]|$)",
            r"(?P<named>\b[\w'-]+(?: [\w'-]+)?,? you and [\w'-]+) will (?P<do>[a-z]+)(?P<rest> [^.?!…]*)",
        ),
        owner="named",
        yes=("Dana: Tom will update the pricing page by the end of the month. | Tom: Okay.", "Dana: Tom, you're going to look at the log files tomorrow. | Tom: Okay.",
             "Dana: Tom, you and Priya will work out the details. | Tom: Okay."),
        no=("Dana: The phone will send the signal. | Tom: Okay.", "Dana: I think Tom will like the colour. | Tom: Okay."),
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
        (rf"{START}(?:we|somebody|someone|one of us)(?:'ll| will| need to| needs to| have to| has to| must| should|'d better)(?: also)?(?P<do> (?!be\b|see\b|have\b|start\b|go\b|come\b|stop\b|meet\b|finish\b|look at\b|wait\b|discuss\b|talk\b)[a-z]+)(?P<rest> [^.?!…]*)",
         rf"{START}let's (?P<do>(?!say|see|start|go|move|wait|look|meet|leave|make|do|have|talk|discuss)[a-z]+)(?P<rest> [^.?!…]*)"),
        needs="dated",
        yes=("Dana: We need to book a bigger room for the launch before March 3rd.", "Dana: Let's ask her on Wednesday, then."),
        no=("Dana: We need to think about that.", "Dana: Let's see what happens tomorrow.", "Dana: We need to sell two million by the end of the year to break even, if that is so."),
    ),
    Rule(
        "action_item",
        (r"\b(?:we|I)(?:'ll| will| can| could| would be happy to|'d be happy to|'m happy to|'re happy to| are happy to)(?: certainly| of course| also| definitely)? (?P<do>send|write to|provide|supply|forward|share)(?P<rest> (?:you|the committee|that (?:to|with)|a note|it (?:to|with)|those|some|further|more)\b[^.?!]*)",
         r"\b(?:we'd|I'd|we would|I would) be (?:very |most )?grateful if (?P<rest>(?:you|we) could [^.?!]*)",
         r"\bwe(?:'re going to| are going to|'ll| will) be (?P<do>working with|publishing|launching|introducing|developing|reviewing|consulting on|issuing|commissioning|setting up|writing to)(?P<rest> [^.?!]*)"),
        unless=r"\b(?:grateful if you could (?:tell|explain|say|comment|keep|be|answer|give us some idea))\b",
        yes=("Ann: We can send you the figures for last year.", "Chair: We'd be grateful if you could send us a note on reserves.",
             "Ann: And we're going to be working with the universities to improve access."),
        no=("Ann: We can share some of the blame.", "Ann: If you asked us, we could send you the figures."),
    ),
    Rule(
        "decision",
        (
            r"(?:\b(?:so|then|okay|right|good|now|and),? we|\bwe(?:'ve| have))(?: all| just| now)*(?: have)? (?:decided|agreed|settled|resolved|chosen)(?:[:,]? (?:to|on|that|for|against|not|[A-Z]\w+)\b)(?P<rest>[^.?!]*)",
            r"\b(?:so|okay|and|then),? we(?:'ve)? (?:all )?(?:dropped|chose|picked|went with|took out|left out)\b(?P<rest>[^.?!]*)",
            r"\b(?:so|then|okay|ok|right|good|great|alright|fine|yes|yeah|and)[ ,]+(?:I think )?we(?:'ll| will|'re going to| are going to)? (?:just )?(?P<rest>(?:go (?:with|for)|drop|keep|skip|stick (?:with|to)|leave out|postpone)\b[^.?!]*)",
            r"^(?:we|we'll|let's) (?P<rest>drop [^.?!]*)", r"^(?:(?:okay|great|good|right|all right|so|then|fine)[, ]+)+let's (?P<rest>go with [^.?!]*)",
            r"\bwe(?:'re| are) all agreed(?: that| on)?\b(?P<rest>[^.?!]*)",
            r"^(?:(?:so|okay|then|and|right)[, ]+)*we(?:'re not going to| are not going to| won't| will not) (?P<rest>(?:include|use|ship|do|support|make|offer|renew|hire|buy|launch)\b[^.?!]*)", r"\bfrom now on,? (?P<rest>we [^.?!]*)", r"^decision\s*[:–—-]\s*(?P<rest>.{6,})",
            r"(?:^|[,.;] )(?:so |okay |ok |good |then |fine |right |but |and |yes |well )*(?:but fine,? )?(?P<rest>(?:\w+[ -]){1,4})it is(?: then)?\W*$",
            r"\bthat's (?:settled|decided|agreed|a decision)\b", r"\b(?:the )?(?:final )?decision (?:is|was) (?:made )?(?:to|that)\b",
        ),
        unless=r"\b(?:last (?:time|week|month|year)|yesterday|years ago|haven't|have not|not yet|should have|how|what time|whatever|where|which|why|what we|when we|once we|we've (?:just )?agreed that one|until we|have to|as it is|government|parliament|could|might|what)\b",
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
            r"(?<!\bhow )(?<!\bwhat )(?<!\bwhy )(?<!\bwhere )(?<!\bwhen )(?<!\bwho )\b(?:could|can) we (?:not )?(?:maybe |perhaps |just )?(?!hear|see|go back|start|move|come|have a look|get|talk|ask|please)\w+(?P<rest>[^.?!]*)", r"\b(?:what if|how about|what about|why don't) (?:we|the|a|if|on|\w+day|\w+ing)\b(?P<rest>[^.?!]*)",
            r"\b(?:I'd|I would|I) (?:say|propose|suggest|vote for|recommend|go (?:with|for|down to)|take|prefer|favou?r)\b(?P<rest>[^.?!]*)", r"\bshall we (?:agree (?:that|to|on) )?(?P<rest>[^.?!]*)",
            r"\b(?:we could|maybe we(?: should| can)|I think we (?:should|can|could)|we should(?: probably)?|we might as well|I guess we (?:should|can|could))(?! (?:also )?(?:say|think|see|start|go back|move on|discuss|talk|look|wait|hear|finish|probably)\b)(?P<rest> [^.?!]*)",
            r"\blet's (?!see|move|start|hear|wait|look|talk|not|go back|go through|continue|begin|get|come|do (?:it|that)|say that|face)(?P<rest>[^.?!]*)",
            r"\b(?:we'd|we would) like to (?:keep|have|stay|go|take|leave)(?P<rest>[^.?!]*)",
        ),
        unless=r"\b(?:hear|the agenda|next (?:item|slide|point|question)|break|screen|microphone|start (?:with|the meeting)|move on|come back|presentation|I suppose you|coffee|lunch|ask (?:you|the|whether)|a question|question)\b",
        needs="assented",
        yes=(
            "Dana: Could we maybe launch without the old accounts? | Priya: That works for me.", "Dana: What if we took the second site out? | Karin: Yes let's do it like that.",
            "Dana: I'd propose that we move all certificates. | Lars: I'm for it.", "Dana: Shall we skip the workshop in May? | Tom: Agreed.",
            "Dana: We could give the chairs to the school. | Tom: That's a lovely idea.", "Dana: Let's launch in two steps. | Tom: Sounds good.",
            "Dana: And we'd like to keep the scanners until then. | Ines: That's fine.",
            "Dana: Why don't we meet once a month? | Tom: Good idea.",
        ),
        no=(
            "Dana: Could we maybe launch without them? | Tom: No, we can't.", "Dana: Shall we start with the presentation? | Tom: Agreed.",
            "Dana: I would say it looks like a banana. | Tom: Hm.", "Dana: We could add a wheel. | Tom: Yeah. | Sue: But that costs more.",
        ),
    ),
    Rule(
        "decision",
        (
            r"^(?:(?:okay|ok|right|so|then|and|alright|good|yes|yeah)[ ,]+)+(?:I think |I guess )?we(?:'ll| will|'re going to| are going to)? (?:just )?(?:lose|leave(?! it for now)|take out|use(?! the)|keep|include|skip|stick|stay|choose|pick|aim|target|focus|drop|do without|make it)\b(?P<rest>[^.?!]*)",
            r"\bwe(?:'ll| will|'re going to| are going to) (?:just |not |definitely )?(?:lose|leave out|use|keep|include|skip|stick|stay|choose|pick|aim|target|focus|drop|do without|make it|go (?:with|for))\b(?P<rest>[^.?!]*)",
            r"^(?:(?:okay|ok|good|right|well|and|so|great|alright)[ ,]+)*(?P<rest>(?!.*\b(?:it|it's|that|that's|they|you|he|she|I|there|there's|got|is|was|are|time|now|and|goodbye|bye|on|see|what|how|who|well|yes|no|right)\b)(?:[\w'-]+[ ,]+){1,5})then\W*$",
        ),
        unless=r"\b(?:agenda|next (?:item|slide|point|question)|presentation|break|lunch|screen|microphone on|whiteboard)\b",
        needs="nodded",
        yes=(
            "Dana: Okay, so we lose the scroll wheel. | Tom: Yeah.", "Dana: We'll keep the rubber case. | Tom: Okay.",
            "Dana: Okay, two failures then. | Deniz: Two I can live with.", "Rosa: February, then. | Lars: February.",
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
        unless=r"\b(?:you know|right\?$|isn't it|okay\?$|hear me|how are you|see my|sorry|pardon|what was that|can you|could you|would you|will you)\b",
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
)
"""The rules. Their examples are their tests, with and without punctuation and capitals."""

PATTERNS: Final = tuple((rule, tuple(re.compile(says, re.IGNORECASE) for says in rule.says), re.compile(rule.unless or r"(?!)", re.IGNORECASE)) for rule in RULES)
WORKS: Final = {stem(verb): re.compile(needed, re.IGNORECASE) for verb, needed in MOVES_THAT_MAY_WORK.items()}
MOVE_STEMS: Final = frozenset(map(stem, MOVES))
NOT_VERBS: Final = frozenset("not never no always rarely only who what why how when where then also so be been too as the a an it that this you we they he she more".split())

# fmt: on
# The talk -------------------------------------------------------------------------------------------------------------


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


NOT_NAMES: Final = frozenset(
    "will may mark art the dr prof mr mrs ms sir user room manager expert designer".split()
)
ADDRESS: Final = re.compile(
    r"(?:(?:and|so|okay|ok|but|well|then|right|now|hey|good|thanks|also|alright)[ ,.]+)*(?P<name>[\w'-]+(?: [\w'-]+)?),? (?=(?:can|could|would|will|you|please|are you|do you)\b)",
    re.IGNORECASE,
)
ADDRESS_AT_END: Final = re.compile(r", (?P<name>[\w'-]+(?: [\w'-]+)?)(?:, please)?\W*$", re.IGNORECASE)


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
    start: int = 0
    """Where in its sentence the point begins."""

    point: tuple[int, str] = (-1, "")
    """Which sentence that is: its first utterance's position, and its text."""
    also: tuple[str, ...] = ()
    """Ids of the utterances that said it before."""

    @property
    def evidence(self) -> list[str]:
        """Ids of the utterances that show it, in order."""
        return list(
            dict.fromkeys([*self.also, *(name for sentence in self.quote for name in sentence.evidence)])
        )

    def text(self, begun_ms: int | None) -> str:
        """The quote: speaker, time since the meeting began where that is known, and words; others in it by name."""
        told: list[str] = []
        before = None
        for sentence in self.quote:
            words = ended(
                shortened(sentence.text, self.start if (sentence.began, sentence.text) == self.point else 0)
            )
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
        before = re.split(r"\bbut\b|\bso (?=I|we|you|let)|\banyway\b|[;] |\bor something,? ", text[:start])[
            -1
        ]
        condition = re.search(
            r"\b(?:if|unless)\b(?! (?:you (?:like|want|don't mind)|that's (?:okay|all right|fine)|possible|I may)\b)",
            text[end:],
            re.IGNORECASE,
        )
        return bool(
            DOUBT.search(before)
            or REPORTED.search(before)
            or (condition and not ASK_OR_FIND.search(text[: end + condition.start()]))
            or JOKE.search(text)
            or any(LAUGHS.match(self.said[near].text) for near in range(at + 1, min(at + 3, len(self.said))))
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
    talk = Talk(said, People.of([*people, *(sentence.speaker for sentence in said)]))
    wanted = set(kinds)
    found: list[Finding] = []
    whole = [sentence for sentence in said if not sentence.is_open]
    talk = replace(talk, said=whole)
    for at, sentence in enumerate(whole):
        waits = not over and sentence.ended + 1 == len(utterances)  # what follows may deny a decision
        found += [one for one in findings_at(talk, at) if one.kind == "action_item" or not waits]
    return [
        one for one in latest(talk, found, first_new) if one.kind in wanted and one.closed_at >= first_new
    ]


def findings_at(talk: Talk, at: int) -> list[Finding]:
    """What a sentence says by the first rule that fits; of one that gives several people something, each."""
    text = talk.said[at].text
    for rule, patterns, unless in PATTERNS:
        for pattern in patterns:
            matches = list(pattern.finditer(text))
            if matches and unless.search(text):
                break  # asked of the few sentences that match, not of all
            found = [finding for match in matches if (finding := judged(talk, at, rule, match))]
            if found:
                return list({finding.owner: finding for finding in reversed(found)}.values())[::-1]
    return []


def judged(talk: Talk, at: int, rule: Rule, match: re.Match[str]) -> Finding | None:
    """A rule's match as a finding, if what surrounds it bears it out."""
    sentence, groups = talk.said[at], match.groupdict()
    start = match.start("do") if groups.get("do") else match.start()
    end = match.end("do") if groups.get("do") else match.start("rest") if groups.get("rest") else match.end()
    due = due_in(sentence.text)
    is_question = rule.needs in ("unanswered", "accepted", "wanted", "assented", "nodded", "resolved")
    if (sentence.asks and not is_question) or (rule.kind != "question" and talk.is_governed(at, start, end)):
        return None
    if (
        rule.owner == "speaker"
        and not rule.needs
        and due is None
        and re.search(r"I(?:'ll| will) just\b", match[0])
    ):
        return None
    if groups.get("do") and not is_work(
        groups["do"].strip(),
        groups["rest"] or "",
        dated=due is not None,
        asked=rule.needs == "accepted" or rule.owner == "named",
    ):
        return None
    if rule.needs == "dated" and (due is None or sentence.text.casefold().startswith(("if ", "when "))):
        return None
    if (
        rule.kind == "decision"
        and rule.needs != "resolved"
        and "rest" in groups
        and len(stems(groups["rest"] or "")) < (1 if len(sentence.text.split()) <= SHORT_TURN_WORDS else 2)
    ):
        return None
    reply = NEEDS[rule.needs](talk, at) if rule.needs in NEEDS else -1
    if reply is None:
        return None
    if not rule.needs and rule.kind == "decision" and is_denied(talk, at):
        return None
    owner = owner_of(talk, at, rule, groups.get("named") or "", reply)
    if rule.owner == "named" and groups.get("do") and owner is None:
        return None
    quote = quote_of(talk, at, reply)
    about = frozenset(stems(" ".join(one.text for one in quote)))
    if len(about) < (2 if len(quote) == 1 and rule.kind == "action_item" else 1) and due is None:
        return None
    reply_due = due_in(talk.said[reply].text) if reply >= 0 else None
    task = rule.kind == "action_item"
    closed_at = max(sentence.ended + (not task), *(one.closed_at for one in quote))
    return Finding(
        rule.kind,
        at,
        quote,
        closed_at,
        about,
        owner if task else None,
        (reply_due or due) if task else None,
        start,
        (sentence.began, sentence.text),
    )


def is_work(do: str, rest: str, *, dated: bool, asked: bool) -> bool:
    """Whether somebody has something to do after the talk, and does not merely say what they do in it."""
    verb = stem(do.casefold())
    if do.casefold() in NOT_VERBS or (HERE.search(f" {rest}") and not dated):
        return False
    needed = WORKS.get(verb)
    if needed and needed.match(rest):
        return True
    if verb in ("start", "begin") and dated and re.match(r" (?:with|on|working)\b", rest):
        return True
    if verb in MOVE_STEMS:
        return (verb in WORKS and (dated or (asked and len(stems(rest)) > 1))) or (
            asked and verb in ("work", "think")
        )
    return bool(rest.strip(" ,")) or dated or asked


def due_in(text: str) -> str | None:
    """When something is due, as it was said: the last date of the sentence."""
    found = [match[0].strip() for match in DUE.finditer(NOT_DUE.sub(" ", text))]
    return found[-1] if found else None


def owner_of(talk: Talk, at: int, rule: Rule, named: str, reply: int) -> str | None:
    """Whose it is; nobody's where that was not said."""
    sentence = talk.said[at]
    if rule.owner == "speaker":
        return sentence.speaker or None
    if rule.owner == "named":
        labelled = named if not rule.needs and ":" in sentence.text else ""
        both = [talk.people.named(name) for name in re.split(r",? you and ", named)]
        return (" and ".join(both) if all(both) else "") or labelled or None
    if rule.owner == "asked" and not EVERYBODY.search(sentence.text):
        called = talk.people.addressed(sentence.text)
        return called or (talk.said[reply].speaker if reply >= 0 else "") or None
    return None


# What must follow -----------------------------------------------------------------------------------------------------


def accepted(talk: Talk, at: int) -> int | None:
    """The position of an acceptance by whom it was asked of: who is named, or else the next who speaks."""
    called = talk.people.addressed(talk.said[at].text)
    for near in talk.replies(at, 4):
        reply = talk.said[near]
        if called and reply.speaker != called:
            continue
        if called and reply.speaker == called and not DENIES.match(reply.text) and due_in(talk.said[at].text):
            return near if ACCEPTS.match(reply.text) else -1
        taken = ACCEPTS.match(reply.text) and not reply.text.endswith("?") and not DENIES.match(reply.text)
        return near if taken and not accepts_itself(talk, at) else None
    return -1 if called and due_in(talk.said[at].text) else None  # assigned, with a date


def accepts_itself(talk: Talk, at: int) -> bool:
    """Whether the label that asks has answered already: two voices in one room."""
    after = talk.said[at + 1] if at + 1 < len(talk.said) else None
    return bool(
        after
        and after.key == talk.said[at].key
        and re.match(r"(?:sure|yes|yeah|of course|no problem|will do)\b", after.text, re.IGNORECASE)
    )


def wanted(talk: Talk, at: int) -> int | None:
    """The position of the reply that takes an offer up."""
    near = next(iter(talk.replies(at)), None)
    if near is None:
        return None
    reply = talk.said[near].text
    nod = talk.said[at].asks and NODS.match(reply)
    return near if (WANTS.match(reply) or nod) and not DENIES.match(reply) else None


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
        if DENIES.match(reply.text) or (reply.asks and not ASSENTS.match(reply.text)):
            return None
        echo = short and talk.about(near) and talk.about(near) <= talk.about(at)
        if ASSENTS.match(reply.text) or echo or (short and NODS.match(reply.text)):
            return None if is_denied(talk, near) else near
    return None


def asks_on(talk: Talk, at: int) -> bool:
    """Whether the same speaker asks something else before anybody replies."""
    for near in range(at + 1, len(talk.said)):
        if talk.said[near].key != talk.said[at].key:
            return False
        if talk.said[near].asks and len(talk.about(near)) > 0 and len(talk.said[near].text.split()) > 5:
            return True
    return False


def is_denied(talk: Talk, at: int) -> bool:
    """Whether the next reply turns it down, or what its own speaker says next."""
    near = next(iter(talk.replies(at)), None)
    reply = talk.said[near].text if near is not None else ""
    return bool(
        DENIES.match(reply)
        or (
            reply.endswith("?")
            and re.match(r"(?:really|why|are you|is that|but|so are|do we)", reply, re.IGNORECASE)
        )
    )


def unanswered(talk: Talk, at: int) -> int | None:
    """The position of the reply by which nobody knows, where nobody else tells soon after."""
    if not talk.said[at].asks or len(talk.about(at)) < 1 or len(talk.said[at].text.split()) < 4:
        return None
    near = next(iter(talk.replies(at)), None)
    if near is not None and any(
        talk.said[later].asks and len(talk.about(later)) > 1 for later in range(at + 1, near)
    ):
        return None  # it is the last question that is replied to
    if near is None or not UNKNOWN.match(talk.said[near].text):
        return None
    for later in range(near + 1, min(near + 1 + NEAR, len(talk.said))):
        other = talk.said[later]
        told = (
            len(talk.about(at) & talk.about(later)) >= 1 and not other.asks and not UNKNOWN.match(other.text)
        )
        if told and not re.search(r"\bI(?:'ll| will)\b", other.text):
            return None
    return near


def resolved(talk: Talk, at: int) -> int | None:
    """The position of the answer to a motion that nobody speaks against; or no position, where only silence follows."""
    after = talk.said[at + 1] if at + 1 < len(talk.said) else None
    if (
        after
        and after.key == talk.said[at].key
        and re.match(r"thank|I see|good|great|okay", after.text, re.IGNORECASE)
    ):
        return -1
    replies = talk.replies(at, 2)
    if any(DENIES.match(talk.said[near].text) or talk.said[near].asks for near in replies) or not replies:
        return None
    return -1


def volunteered(talk: Talk, at: int) -> int | None:
    """No position, where somebody has just asked who does something."""
    before = talk.said[at - 1] if at else None
    if before is None or before.key == talk.said[at].key:
        return None
    match = re.search(
        r"\bwho(?:'ll| can| could| will| would| wants to| does| takes|'s going to| is going to) (?!see\b|hear\b|know\b|go\b|start\b|like\b|begin\b|win\b|say\b)\w+",
        before.text,
        re.IGNORECASE,
    )
    return -1 if match else None


NEEDS: Final[dict[str, Callable[[Talk, int], int | None]]] = {
    "accepted": accepted, "wanted": wanted, "assented": assented, "nodded": nodded, "unanswered": unanswered, "volunteered": volunteered, "resolved": resolved,
}  # fmt: skip

# The quote ------------------------------------------------------------------------------------------------------------


def quote_of(talk: Talk, at: int, reply: int) -> tuple[Sentence, ...]:
    """The sentence, with what it points to where it says too little alone, and with the reply that settles it."""
    sentence = talk.said[at]
    chosen = [at]
    rest = len(talk.about(at))
    after = at + 1
    if (
        after < len(talk.said)
        and talk.said[after].key == sentence.key
        and talk.said[after].began <= sentence.ended + 1
    ):
        short = len(talk.said[after].text.split()) <= SHORT_TURN_WORDS and len(talk.about(after)) > 0
        own = re.match(
            r"(?:okay,? )?(?:I(?:'ll| will)|we(?:'ll| will)|let)\b", talk.said[after].text, re.IGNORECASE
        )
        if (
            after != reply
            and not own
            and short
            and (rest < 4 or sentence.asks)
            and not talk.said[after].is_open
        ):
            chosen.append(after)
    if rest < 4 and (
        POINTERS.search(sentence.text) or rest < 2 or re.match(r"(?:are|is) ", sentence.text, re.IGNORECASE)
    ):
        before = next(
            (
                near
                for near in range(at - 1, max(-1, at - 4), -1)
                if len(talk.about(near)) > (not talk.said[near].asks)
            ),
            None,
        )
        if before is not None:
            chosen.insert(0, before)
    if reply >= 0 and reply not in chosen:
        chosen.append(reply)
    return tuple(talk.said[near] for near in chosen)


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
            off = is_off(talk, at) and not new
            gone = [one for one in standing[:before] if calls_off(talk, at, one)] if off else []
            kept = [one for one in standing[:before] if one not in gone] if gone else standing[:before]
            told = any(one.kind == "action_item" and one.closed_at < first_new for one in gone)
            end = (
                [Finding("decision", at, quote_of(talk, at, -1), talk.said[at].closed_at, talk.about(at))]
                if told
                else []
            )
            standing, before = kept + standing[before:] + end, len(kept)
            places = [place for place in range(before - 1, -1, -1) if new or at - standing[place].at <= NEAR]
            moved = next((place for place in places if moves(talk, at, standing[place], new)), None)
            if moved is not None:
                standing[moved] = brought_up_to_date(talk, standing[moved], at, new)
            elif new:
                standing.append(new)
    return sorted(standing, key=lambda finding: finding.at)


def same(talk: Talk, one: Finding, other: Finding) -> bool:
    """Whether two findings say the same thing."""
    if one.kind != other.kind:
        return False
    mine, theirs = talk.about(one.at) - WHEN, talk.about(other.at) - WHEN
    common = len(mine & theirs)
    soon = 0 < other.at - one.at <= NEAR and mine == theirs
    alike = mine <= theirs or theirs <= mine or common >= 0.75 * max(len(mine), len(theirs))
    return soon or (common >= 2 and alike)


WHEN: Final = frozenset(
    stem(word)
    for word in words_of(
        "monday tuesday wednesday thursday friday saturday sunday tomorrow today tonight week month morning afternoon night instead let take okay"
    )
)


def moves(talk: Talk, at: int, known: Finding, new: Finding | None) -> bool:
    """Whether a sentence says a known finding again, gives it another date, or takes it over."""
    sentence = talk.said[at]
    if new and (same(talk, known, new) or (known.kind == new.kind and sentence in known.quote)):
        return True
    if known.kind != "action_item" or not 0 < at - known.at <= NEAR:
        return False
    if (
        known.owner
        and TAKES_OVER.search(sentence.text)
        and len(talk.about(at) - WHEN) <= 4
        and not any(word in sentence.text.casefold() for word in (" by the way",))
    ):
        return sentence.speaker != known.owner or (
            due_in(sentence.text) is not None and known.due is not None
        )
    short = len(sentence.text.split()) <= SHORT_TURN_WORDS
    own = sentence.speaker in (known.owner, known.quote[-1].speaker, known.quote[0].speaker)
    turns = re.match(
        r"(?:well|ah|oh|no|okay|then|sorry|actually|make (?:it|that)|rather|let's say|better)\b|.*\b(?:then|instead|rather)\W*$",
        sentence.text,
        re.IGNORECASE,
    )
    return bool(
        short
        and own
        and turns
        and known.due
        and not sentence.asks
        and due_in(sentence.text)
        and len(talk.about(at) - WHEN) <= 2
    )


def brought_up_to_date(talk: Talk, known: Finding, at: int, new: Finding | None) -> Finding:
    """A finding with the later word on it; what that does not speak of stays."""
    sentence = talk.said[at]
    taken = TAKES_OVER.search(sentence.text) and known.kind == "action_item"
    owner = (new.owner if new and new.owner else None) or (sentence.speaker if taken else None) or known.owner
    due = (new.due if new else None) or (due_in(sentence.text) if known.kind == "action_item" else None)
    if due is None:
        due = None if owner != known.owner else known.due
    added = (
        new.quote
        if new and len(new.about) >= len(known.about) and same(talk, known, new)
        else (*known.quote, sentence)
    )
    quote = tuple({id(one): one for one in added}.values())
    return replace(
        known,
        owner=owner,
        due=due,
        quote=quote[-4:],
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
    return common >= 2 or (
        at - known.at <= NEAR and known.kind != "question" and common >= 1 and len(talk.about(at)) <= 4
    )
