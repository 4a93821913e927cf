"""Where the real meetings bear out what their references say is to be done or was decided.

Read by hand in the references' summaries and answers, then found by hand in the transcripts. The references
of ES2002b, IS1000a, TS3005d and education_10 mention nothing that somebody is to do; those of the two
education meetings mention no decision of the meeting itself. What the reference of ES2002b says about the
video controls was not found as a decision in the transcript and is left out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """The utterances that show one thing."""

    meeting: str
    is_action: bool
    """Whether somebody is to do it; otherwise it was decided."""
    says: str
    first: int
    """Line of the meeting's file, from 1."""
    last: int
    """Line of the meeting's file, included."""


PASSAGES = (
    Passage("Bmr020", True, "Make the beeps straight from the detector's output and send that off", 852, 852),
    Passage(
        "Bmr020", True, "Run another method over the channels on which breath counts as speech", 1087, 1095
    ),
    Passage("Bmr020", True, "Send the meetings off with little work of one's own", 1117, 1122),
    Passage("IS1006c", True, "The industrial designer explores both ways of being fancy", 557, 561),
    Passage(
        "education_16", True, "Make the qualification's value better known, with the regulator", 154, 157
    ),
    Passage("education_16", True, "Support teachers more, by the new learning programmes", 408, 409),
    Passage(
        "education_16", True, "Advisers and schools settle what the training money is spent on", 434, 435
    ),
    Passage("education_16", True, "The awarding body and the regulator see to the rules on resits", 605, 606),
    Passage("ES2002b", False, "Speech recognition is included if it can be", 366, 369),
    Passage("ES2002b", False, "The product is for people from fifteen to thirty-five", 602, 604),
    Passage("IS1000a", False, "Main functions first; the fancy ones do not fit the price", 359, 365),
    Passage("IS1006c", False, "Other colours come at an extra price", 219, 221),
    Passage("IS1006c", False, "It gets the look of fruit and vegetables", 483, 490),
    Passage("TS3005d", False, "Speech recognition and the speaker are dropped", 1046, 1048),
    Passage("TS3005d", False, "Scroll wheel and microphone are dropped", 1084, 1092),
)
