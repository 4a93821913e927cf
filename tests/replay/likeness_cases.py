"""Pairs of findings, and whether a reader calls them the same: written before the matching was, and half of them set aside.

Each meeting is a list of lines; a finding is its kind, its text and the numbers of the lines that bear it out.
"""

from __future__ import annotations

from dataclasses import dataclass

TASK, DECISION, QUESTION, NOTE, RISK = "action_item", "decision", "question", "note", "risk"


@dataclass(frozen=True)
class Pair:
    """Two findings of one meeting."""

    same: bool
    one: tuple[str, str, tuple[int, ...]]
    other: tuple[str, str, tuple[int, ...]]


SHIPPING = [
    "Ravi: The pallets for Lyon are still in the yard.",
    "Dana: I'll call the carrier this afternoon and get them on the truck.",
    "Ravi: Good. And somebody has to tell the customer that it gets late.",
    "Mia: I can write to them.",
    "Dana: Please do, and put me in copy.",
    "Ravi: Then we agree that from now on we book the truck two days ahead.",
    "Mia: Yes, two days, not one.",
    "Dana: What do we do about the broken scanner?",
    "Ravi: No idea. I don't know who pays for it.",
    "Mia: Let us leave that open.",
    "Dana: I also promised the invoice to accounting by Monday.",
    "Mia: And I will book the meeting room for the auditors.",
]
CLINIC = [
    "Olga: dr weiss wants the new consent form in all rooms by the first of march",
    "Ben: okay i will print it and take it round on thursday",
    "Olga: and the old ones go into the shredder",
    "Ben: sure",
    "Olga: is the fridge in room four repaired",
    "Ben: not that i know of",
    "Olga: then we keep the vaccines in room two until it is",
    "Ben: agreed",
    "Olga: i am worried that the power goes out again when the builders come",
    "Ben: i can ask the electrician to look at the fuses",
]
GARTEN = [
    "Jana: Wer bestellt die Erde für die Hochbeete?",
    "Tim: Ich bestelle die Erde bis Freitag beim Gärtner.",
    "Jana: Gut, und wir nehmen torffreie.",
    "Tim: Ja, torffrei, das ist beschlossen.",
    "Jana: Ich frage noch beim Bauhof nach den Brettern.",
]

MEETINGS = {"shipping": SHIPPING, "clinic": CLINIC, "garten": GARTEN}

FITTING = {
    "shipping": [
        Pair(
            True,
            (TASK, "Dana, 0:04: “I'll call the carrier this afternoon and get them on the truck.”", (2,)),
            (TASK, "Call the carrier so that the Lyon pallets go out", (1, 2)),
        ),
        Pair(
            True,
            (TASK, "Write to the customer about the delay", (3, 4)),
            (TASK, "I can write to them.", (4,)),
        ),
        Pair(
            True,
            (DECISION, "Trucks are booked two days ahead", (6, 7)),
            (DECISION, "Ravi: “Then we agree that from now on we book the truck two days ahead.”", (6,)),
        ),
        Pair(
            True,
            (QUESTION, "Who pays for the broken scanner", (8, 9)),
            (QUESTION, "What do we do about the broken scanner?", (8,)),
        ),
        Pair(False, (TASK, "Call the carrier", (2,)), (TASK, "Write to the customer", (3, 4))),
        Pair(
            False,
            (TASK, "Send the invoice to accounting", (11,)),
            (TASK, "Book the meeting room for the auditors", (12,)),
        ),
        Pair(False, (TASK, "Book the truck two days ahead", (6,)), (TASK, "Book the meeting room", (12,))),
        Pair(
            False,
            (DECISION, "Trucks are booked two days ahead", (6, 7)),
            (QUESTION, "Who pays for the scanner?", (9,)),
        ),
        Pair(
            False,
            (DECISION, "Trucks are booked two days ahead", (6, 7)),
            (TASK, "Trucks are booked two days ahead", (6, 7)),
        ),
        Pair(
            True,
            (TASK, "Send the invoice to accounting by Monday", (11,)),
            (NOTE, "Dana sends accounting the invoice", ()),
        ),
        Pair(
            False,
            (TASK, "Send the invoice to accounting by Monday", (11,)),
            (NOTE, "Mia books a room for the auditors", ()),
        ),
    ],
    "garten": [
        Pair(
            True,
            (TASK, "Erde für die Hochbeete bestellen", (1, 2)),
            (TASK, "Tim bestellt Erde beim Gärtner", (2,)),
        ),
        Pair(
            False,
            (TASK, "Erde für die Hochbeete bestellen", (1, 2)),
            (TASK, "Beim Bauhof nach Brettern fragen", (5,)),
        ),
        Pair(
            True,
            (DECISION, "Die Erde ist torffrei", (3, 4)),
            (DECISION, "Es wird torffreie Erde genommen", (4,)),
        ),
    ],
}
ASIDE = {
    "clinic": [
        Pair(
            True,
            (TASK, "Put the new consent form into all rooms", (1, 2)),
            (TASK, "i will print it and take it round on thursday", (2,)),
        ),
        Pair(
            True,
            (DECISION, "The vaccines stay in room two until the fridge is repaired", (5, 6, 7, 8)),
            (DECISION, "keep vaccines in room 2 for now", (7,)),
        ),
        Pair(
            True,
            (RISK, "Another power cut while the builders are there", (9,)),
            (RISK, "i am worried that the power goes out again", (9,)),
        ),
        Pair(
            True,
            (TASK, "Ask the electrician to check the fuses", (10,)),
            (TASK, "Electrician should look at the fuses", ()),
        ),
        Pair(False, (TASK, "Print the consent form", (2,)), (TASK, "Shred the old forms", (3, 4))),
        Pair(
            False,
            (TASK, "Ask the electrician to check the fuses", (10,)),
            (TASK, "Have the fridge repaired", (5, 6)),
        ),
        Pair(
            False,
            (QUESTION, "Is the fridge in room four repaired?", (5,)),
            (DECISION, "Vaccines stay in room two", (7,)),
        ),
        Pair(False, (RISK, "Another power cut", (9,)), (TASK, "Ask the electrician about the fuses", (10,))),
        Pair(
            False,
            (NOTE, "The consent form has to be in all rooms by March", ()),
            (TASK, "Ask the electrician to check the fuses", (10,)),
        ),
    ],
    "shipping": [
        Pair(
            True,
            (TASK, "Tell the customer that the pallets are late", (3, 4, 5)),
            (TASK, "Mia: “I can write to them.”", (4,)),
        ),
        Pair(
            True,
            (TASK, "Reserve a room for the auditors", (12,)),
            (TASK, "book the meeting room for the auditors", (12,)),
        ),
        Pair(False, (TASK, "Put Dana in copy", (5,)), (TASK, "Get the pallets on the truck", (2,))),
        Pair(
            False,
            (DECISION, "The scanner stays an open point", (10,)),
            (DECISION, "Trucks are booked two days ahead", (6,)),
        ),
    ],
    "garten": [
        Pair(
            True,
            (TASK, "Jana fragt den Bauhof nach Brettern", (5,)),
            (NOTE, "Bretter: beim Bauhof nachfragen (Jana)", ()),
        ),
        Pair(
            False, (DECISION, "Die Erde ist torffrei", (3, 4)), (DECISION, "Bretter kommen vom Bauhof", (5,))
        ),
    ],
}
