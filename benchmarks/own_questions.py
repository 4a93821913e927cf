"""Questions of our own to meetings, in words that people use who were not there, with the utterances that answer them.

Half of them are set aside: whoever changes the ranking looks at what :data:`FITTING` finds, and at what
:data:`SET_ASIDE` finds once that is done. Both were written before any of it was measured, from the transcripts and
without a search. They are asked in all meetings at once: our own calls, the demo's, the real ones of ``MEETINGS_DIR``,
and German and Japanese sentences that were written for redaction, one meeting of each.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from bridge.domain import Utterance
from bridge.rtms.messages import TranscriptLanguage

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[1]
CALLS: Final = ROOT / "tests" / "components" / "insight_cases" / "calls"
SENTENCES: Final = ROOT / "tests" / "redaction" / "sentences"
DEMO: Final = ROOT / "bridge" / "demo" / "meeting.jsonl"
_MARKED: Final = re.compile(r"\{\w+\|([^{}]*)\}")


class Asked(NamedTuple):
    """A question, and what answers it."""

    meeting: str
    question: str
    spans: tuple[tuple[int, int], ...]
    """Lines of the meeting's file, from 1, both included."""


FITTING: Final = tuple(
    Asked(*one)
    for one in (
        ("incident", "Why did nobody notice that the queue was growing?", ((6, 7),)),
        ("incident", "Why did it take so long to go back to the old version?", ((31, 34),)),
        ("incident", "Can the support people change the status page themselves?", ((49, 50),)),
        ("incident", "What did we decide about deploying before Black Friday?", ((60, 68),)),
        ("incident", "What did Jonas promise to do about the dashboards?", ((17, 22),)),
        ("launch", "What happens to the old accounts at the launch?", ((12, 15),)),
        ("launch", "Which phones do we no longer support?", ((46, 52),)),
        ("launch", "When does Sam run the load test?", ((61, 64),)),
        ("launch", "Who writes the press release?", ((32, 36),)),
        ("move", "Which moving company do we take and what does it cost?", ((8, 13),)),
        ("move", "When do we move into the new office?", ((15, 22),)),
        ("move", "What happens to the old chairs?", ((43, 48),)),
        ("move", "Are we building a wall by the kitchen?", ((50, 55),)),
        ("outage", "What caused the checkout outage on Saturday?", ((7, 8),)),
        ("outage", "How many failures until somebody is paged?", ((6, 6), (19, 23))),
        ("outage", "Why did the backup payment gateway not take over?", ((38, 40),)),
        ("outage", "How often do we practise a failover?", ((44, 47),)),
        ("outage", "Do customers get a voucher for the outage?", ((33, 36),)),
        ("renewal", "What discount did Carla offer for two years?", ((24, 24),)),
        ("renewal", "How many seats does Mark want to pay for?", ((35, 40),)),
        ("renewal", "What does Joanne need before she can sign?", ((42, 45),)),
        ("renewal", "Is another vendor still in the running?", ((57, 60),)),
        ("site", "What did the client say about the tiles?", ((46, 55),)),
        ("site", "Where does the water in the basement come from?", ((22, 28),)),
        ("site", "Does Luca believe the date for the distribution boards?", ((33, 36),)),
        ("site", "Who left a hole in the fire wall?", ((58, 60),)),
        ("Bmr020", "Who built an automatic backchannel system in Japan?", ((435, 445),)),
        ("Bmr020", "How do people outside get at our files by FTP?", ((473, 500),)),
        ("Bmr020", "When do people tend to backchannel?", ((403, 405),)),
        ("ES2002b", "Which controls should be covered up or hidden?", ((133, 139),)),
        ("ES2002b", "Which key brings the slides on the screen?", ((182, 192),)),
        ("IS1000a", "Who drew a dog and why?", ((128, 135), (154, 154))),
        ("IS1000a", "Which animal from the water did the project manager draw?", ((202, 229),)),
        ("education_10", "How much money goes to part-time students?", ((314, 314), (358, 360))),
        ("education_10", "Can we know which university is in which risk category?", ((303, 304),)),
        ("education_10", "How many students do a degree at a further education college?", ((334, 334),)),
        ("de", "Wer hat das Budget freigegeben?", ((19, 19),)),
        ("de", "Wer kümmert sich um die Schulungen?", ((18, 18),)),
        ("de", "Was kosten 25 Plätze?", ((41, 41),)),
        ("de", "Wer arbeitet im Vertrieb?", ((21, 21),)),
    )
)
SET_ASIDE: Final = tuple(
    Asked(*one)
    for one in (
        ("depot", "Why are the lorries for Lyon stuck in France?", ((3, 9),)),
        ("depot", "How late can the brewery's goods be collected on Saturdays?", ((25, 27),)),
        ("depot", "From which diesel price on do we charge extra?", ((33, 34),)),
        ("depot", "Are we renting a replacement for the broken forklift?", ((48, 50),)),
        ("depot", "Which papers does the audit want to see?", ((54, 54), (59, 63))),
        ("gala", "What music will there be and why not the quartet?", ((27, 39),)),
        ("gala", "How do we find out who eats vegan?", ((40, 48),)),
        ("gala", "What can people bid on at the auction?", ((13, 22),)),
        ("gala", "Is there a raffle this year?", ((67, 72),)),
        ("hiring", "Why did we turn Oliver down?", ((18, 22),)),
        ("hiring", "Who gets the offer if Amira says no?", ((42, 44),)),
        ("hiring", "Could Farah begin before she has her visa?", ((30, 34),)),
        ("hiring", "How much money do we offer Amira?", ((47, 52),)),
        ("school", "Is the science block safe in winter?", ((12, 15),)),
        ("school", "What do we do with the broken minibus?", ((58, 65),)),
        ("school", "Should pupils hand in their phones?", ((41, 49),)),
        ("school", "Has the authority agreed to pay for the roof?", ((32, 37),)),
        ("trial", "What is missing from the product for the warehouse team?", ((13, 19),)),
        ("trial", "What did Karin say about the budget?", ((22, 25),)),
        ("trial", "Where is the customer's data kept?", ((39, 41),)),
        ("trial", "How long can they go on with the trial?", ((63, 66),)),
        ("ward", "Why did they turn off the alarm of the falls mat?", ((42, 45),)),
        ("ward", "How is the patient in bed five doing?", ((4, 9),)),
        ("ward", "Who talks to the son about the nursing home?", ((58, 64),)),
        ("ward", "Who covers the night shift?", ((65, 71),)),
        ("demo", "Why does only one clinic start first?", ((18, 25),)),
        ("demo", "What bothers the clinics about the price?", ((51, 57),)),
        ("demo", "Can patients answer the text messages?", ((39, 48),)),
        ("demo", "Who is allowed to sign the data agreement?", ((61, 67),)),
        ("demo", "Do we still need the fax?", ((68, 71),)),
        ("TS3005d", "What colour is the prototype?", ((50, 54),)),
        ("TS3005d", "How do you open the options menu on the remote?", ((76, 87),)),
        ("TS3005d", "Does teletext get a button of its own?", ((90, 99),)),
        ("education_16", "What do learners think of the Welsh bac?", ((10, 21), (51, 56))),
        ("education_16", "Why did students of two schools feel so differently?", ((49, 58),)),
        (
            "education_16",
            "What do teachers complain about in the Welsh baccalaureate?",
            ((31, 31), (59, 60)),
        ),
        ("ja", "研修の担当は誰ですか", ((17, 17),)),
        ("ja", "請求書は誰が送りましたか", ((3, 3),)),
        ("ja", "大阪のオフィスはいつ開きますか", ((31, 31),)),
        ("ja", "期限はいつですか", ((14, 14),)),
    )
)


def meetings() -> dict[str, list[Utterance]]:
    """What was said in each of our own, by the names that the questions have."""
    found = {}
    for path in sorted(CALLS.glob("*/*.txt")):
        lines = (line.split(": ", 1) for line in path.read_text(encoding="utf-8").splitlines())
        found[path.stem] = list(_said(path.stem, enumerate(lines, 1), TranscriptLanguage.ENGLISH))
    told = (json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines())
    pairs = ([one["speaker"], one["text"]] for one in told)
    found["demo"] = list(_said("demo", enumerate(pairs, 1), TranscriptLanguage.ENGLISH))
    for name, language in (("de", TranscriptLanguage.GERMAN), ("ja", TranscriptLanguage.JAPANESE)):
        sentences = enumerate((SENTENCES / f"{name}.txt").read_text(encoding="utf-8").splitlines(), 1)
        bare = ((n, ["", _MARKED.sub(r"\1", line)]) for n, line in sentences if not line.startswith("#"))
        found[name] = list(_said(name, bare, language))
    return found


def _said(
    name: str, lines: Iterator[tuple[int, list[str]]], language: TranscriptLanguage
) -> Iterator[Utterance]:
    for n, (speaker, text) in lines:
        yield Utterance(
            stream_id=name,
            n=n,
            speaker=speaker,
            user_id=speaker,
            start_ms=4000 * n,
            end_ms=4000 * n + 3000,
            text=text,
            language=int(language),
        )
