"""Where the real meetings answer the questions of their references: lines of a meeting's file, from 1, both included.

For Bmr020, IS1006c and education_16 these are the stretches that the annotators of QMSum named for each question (turns
there, lines here); for the others they were found by reading. Some questions are about one sentence, others about a
discussion of a hundred.
"""

from __future__ import annotations

from typing import Final

EVIDENCE: Final[dict[str, tuple[tuple[tuple[int, int], ...], ...]]] = {
    "Bmr020": (
        ((60, 73),),
        ((207, 222),),
        ((141, 153),),
        ((743, 774),),
        ((1037, 1063),),
        ((873, 886),),
    ),
    "ES2002b": (
        ((215, 257),),
        ((243, 249),),
        ((334, 347),),
        ((446, 473),),
        ((408, 426),),
        ((451, 457), (468, 471)),
    ),
    "IS1000a": (
        ((341, 368),),
        ((356, 365),),
        ((341, 368),),
        ((243, 274),),
        ((243, 274),),
        ((256, 270),),
    ),
    "IS1006c": (
        ((19, 131),),
        ((27, 66),),
        ((67, 94),),
        ((132, 391),),
        ((250, 288),),
        ((361, 391),),
        ((392, 502), (517, 640)),
        ((419, 432), (444, 475)),
        ((517, 640),),
    ),
    "TS3005d": (
        ((141, 165), (685, 714)),
        ((290, 345),),
        ((352, 395),),
        ((718, 1110),),
        ((840, 1095),),
        ((857, 915),),
    ),
    "education_10": (
        ((15, 26),),
        ((58, 76),),
        ((82, 124),),
        ((135, 171),),
        ((235, 250),),
        ((251, 273),),
        ((275, 300),),
        ((295, 301),),
        ((387, 412),),
        ((410, 415),),
        ((416, 436),),
        ((437, 454),),
    ),
    "education_16": (
        ((185, 247), (600, 614)),
        ((185, 226),),
        ((227, 247),),
        ((248, 389),),
        ((252, 340),),
        ((301, 302), (321, 329)),
        ((390, 483),),
        ((422, 431),),
        ((484, 500),),
        ((501, 604),),
        ((524, 557),),
        ((562, 572),),
    ),
}
"""By meeting, for each of its questions in their order."""
