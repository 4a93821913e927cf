"""The offline rules: their table is its own test, and what whole talks come to."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.calls import agrees, calls, utterances_of, verdict
from components.zoom.shared.findings import find
from components.zoom.shared.rules import PATTERNS, RULES
from components.zoom.shared.speech import sentences

if TYPE_CHECKING:
    from components.zoom.shared import rules

KINDS = ("action_item", "decision", "question")
LEAST_FOUND = {
    "campaign": 1,
    "positions": 2,
    "brewery": 10,
    "certificate": 7,
    "choir": 7,
    "claim": 8,
    "depot": 7,
    "depots": 4,
    "fieldwork": 2,
    "gala": 8,
    "garage": 5,
    "gift-cards": 5,
    "harvest": 6,
    "hiring": 5,
    "incident": 9,
    "kitchen": 4,
    "launch": 12,
    "move": 11,
    "museum": 8,
    "opening": 4,
    "outage": 14,
    "ovens": 4,
    "pool": 3,
    "practice": 7,
    "renegotiation": 3,
    "renewal": 10,
    "rink": 10,
    "saws": 4,
    "school": 6,
    "scope": 1,
    "site": 5,
    "theatres": 9,
    "trial": 7,
    "vans": 5,
    "ward": 9,
}
"""Of what a colleague would note in each call."""
EXAMPLES = [
    pytest.param(rule.kind, example, wanted, bare, id=f"{'bare ' if bare else ''}{example[:60]}")
    for rule in RULES
    for wanted, examples in ((True, rule.yes), (False, rule.no))
    for example in examples
    for bare in (False, True)
]


@pytest.fixture
def message_store() -> None:
    """The rules keep nothing, so their tests go without Langflow's database."""


def found_in(*lines: str, kinds: Any = KINDS, **more: Any) -> list[rules.Finding]:
    return find(utterances_of(list(lines)), ["Dana", "Tom", "Priya"], kinds=kinds, **more)


@pytest.mark.parametrize(("kind", "example", "wanted", "bare"), EXAMPLES)
def test_each_example_of_a_rule_holds(kind, example, wanted, bare) -> None:
    """What a rule's examples say is found, or is not, also without punctuation and capitals."""
    found = find(utterances_of(example.split(" | "), bare=bare), ["Dana", "Tom", "Priya"], kinds=[kind])
    assert bool(found) is wanted, found


def test_each_alternative_of_a_rule_has_an_example_or_a_real_hit() -> None:
    """A pattern that nobody ever said is a guess, and is struck."""
    heard = [line for call in calls("fitting") for line in call.lines]
    heard += [turn for rule in RULES for example in (*rule.yes, *rule.no) for turn in example.split(" | ")]
    said = [sentence.text for line in heard for sentence in sentences(utterances_of([line]), over=True)]
    unheard = [
        pattern.pattern
        for _, patterns, _ in PATTERNS
        for pattern in patterns
        if not any(map(pattern.search, said))
    ]
    assert unheard == []


@pytest.mark.parametrize("call", [*calls("fitting"), *calls("sealed")], ids=lambda call: call.name)
def test_a_call_tells_most_of_what_a_colleague_would_note(call) -> None:
    """By kind and place, and with the owner and the date that hold at the end."""
    found = call.found()
    noted = [note for note in call.notes if any(agrees(note, one) for one in found)]
    assert len(noted) >= LEAST_FOUND[call.name], [note["says"] for note in call.notes if note not in noted]


@pytest.mark.parametrize("call", calls("fitting"), ids=lambda call: call.name)
def test_little_that_a_call_tells_was_not_agreed(call) -> None:
    """At most one thing that no colleague would note; in *depot* a task and a question that are there, but were not noted."""
    unnoted = [verdict(call, one) for one in call.found()].count("unnoted")
    assert unnoted <= (2 if call.name == "depot" else 1)


def test_a_promise_with_which_a_live_window_ends_is_told_at_once_and_once() -> None:
    """Nobody need speak after it; the next window does not tell it again. A decision waits for what is replied."""
    promise = "Dana: I will book the big room for the workshop."
    assert [one.evidence for one in found_in(promise, over=False)] == [["u-1"]]
    assert found_in(promise, "Tom: The lift is broken.", over=False, first_new=1) == []
    decision = "Dana: So we've decided to use the second supplier."
    assert found_in(decision, over=False) == []
    assert len(found_in(decision, "Tom: The lift is broken.", over=False, first_new=1)) == 1


def test_a_quote_has_speaker_minute_words_and_what_they_point_to() -> None:
    """The next sentence stands there where the point is in it, and who asked before a reply that says nothing alone."""
    [quoted] = found_in("Dana: I'll bring that to the board. The new price list, I mean.", "Tom: Hm.")
    assert quoted.text(0) == "Dana, 00:04: “I'll bring that to the board. The new price list.”"
    [asked] = found_in("Tom: Who can write the release notes?", "Dana: I can do that.")
    assert (asked.owner, asked.text(0)) == (
        "Dana",
        "Tom, 00:04: “Who can write the release notes?” Dana: “I can do that.”",
    )


def test_what_is_only_known_to_be_a_good_question_is_not_what_is_looked_into() -> None:
    """The question itself is quoted."""
    lines = [
        "Tom: Could the lamps run on a lithium battery?",
        "Dana: It's a good question.",
        "Dana: I'll look into that.",
    ]
    [found] = found_in(*lines, "Tom: Okay.", kinds=["action_item"])
    assert (
        found.text(None)
        == "Dana: “I'll look into that.” (before: Tom: “Could the lamps run on a lithium battery?”)"
    )


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        (
            ("Dana: I'll send the draft contract by Friday.", "Dana: No?", "Tom: Yes, please."),
            ["action_item"],
        ),
        (("Dana: I'll tally the votes by Friday.", "Tom: Okay."), ["action_item"]),
        (("Dana: We have to decide who pays for the lamps.", "Tom: Hm."), ["question"]),
        (
            (
                "Dana: I propose that we skip the workshop in May.",
                "Dana: The hall is expensive and far from the station.",
                "Dana: Nobody of the other team came to the last workshop.",
                "Tom: Agreed.",
            ),
            ["decision"],
        ),
    ],
)
def test_what_only_looks_like_a_fault_is_found(lines, kinds) -> None:
    """A "no?" that asks takes nothing back, a verb in -ly is one, and reasons do not undo a proposal."""
    assert [found.kind for found in found_in(*lines, kinds=["action_item", "decision", "question"])] == kinds


@pytest.mark.parametrize(
    "lines",
    [
        ("Dana: Can you do your thing?", "Tom: Yes."),
        ("Dana: We should ask people more often.", "Tom: Yeah."),
    ],
)
def test_what_nobody_has_to_do_is_no_task(lines) -> None:
    """It sounds like one."""
    assert not found_in(*lines, kinds=["action_item"])


PROPOSAL = "Dana: We could serve the soup in the garden."


@pytest.mark.parametrize(
    ("lines", "settled"),
    [
        ((PROPOSAL, "Tom: Sounds good."), True),
        ((PROPOSAL, "Priya: Yeah, people like it there.", "Tom: Sounds good."), True),
        ((PROPOSAL, "Priya: The garden is wet.", "Tom: I agree."), False),
        (("Dana: We could serve", "Tom: Sounds good.", "Dana: the soup in the garden."), False),
        (("Dana: We could serve", "Tom: Hm.", "Dana: the soup in the garden.", "Tom: Sounds good."), True),
        (
            (
                PROPOSAL,
                "Dana: Would that be nice for the old people of the village too?",
                "Tom: Sounds good.",
            ),
            False,
        ),
        (("Dana: Shall we serve the soup in the garden?", "Tom: Yes."), False),
    ],
)
def test_a_proposal_is_settled_by_the_first_who_replies_to_it(lines, settled) -> None:
    """After its end, and with more than a yes: who nods listens, and who agrees with what came between does not mean it."""
    assert bool(found_in(*lines, kinds=["decision"])) is settled


@pytest.mark.parametrize(
    ("line", "owners"),
    [
        ("Dana: You'll print our list of guests.", []),
        ("Dana: Tom, you'll print the list of guests.", ["Tom"]),
        ("Dana: You'll print the list of guests by Friday.", ["Tom"]),
    ],
)
def test_what_you_will_do_is_a_task_by_name_or_date(line, owners) -> None:
    """Any other "you" is whoever uses the thing that is spoken of."""
    assert [task.owner for task in found_in(line, "Tom: Yes.", kinds=["action_item"])] == owners


def test_whom_the_chair_will_ask_is_whose_task_it_is() -> None:
    """It is not the chair's."""
    [task] = found_in("Dana: So I will ask Tom to find out more about the lamps.", "Tom: Hm.")
    assert task.owner == "Tom"


def test_the_first_date_after_a_promise_is_its_own() -> None:
    """What follows without a mark has a date of its own."""
    [task] = found_in("Dana: I'll order the wall today they can be there on Thursday", "Tom: Fine.")
    assert task.due == "today"


def said_before(*lines: str, kind: str = "action_item") -> list[str]:
    """What is quoted before the last thing of a kind that is found."""
    return [said.text for said in found_in(*lines, kinds=[kind])[-1].before]


def test_a_promise_about_it_is_quoted_with_what_it_is() -> None:
    """Not with a mere reaction; where what was said last only points on, with the sentence before that too."""
    lines = [
        "Tom: They ask for the fire certificate.",
        "Priya: That's fine.",
        "Dana: It's in the blue folder.",
        "Dana: I'll dig it out when we are through.",
        "Tom: Okay.",
    ]
    assert said_before(*lines) == ["They ask for the fire certificate.", "It's in the blue folder."]


@pytest.mark.parametrize(
    ("line", "alone"),
    [
        ("I'll tell the architect.", False),
        ("I'll check with my boss and get back to you.", False),
        ("I'll forward you the mail.", False),
        ("I'll send it to the architect with the drawings.", False),
        ("I'll send the architect the pictures of the stairs, the kitchen and the roof.", True),
        ("I'll paint the garden fence and the shed with the green lacquer.", True),
    ],
)
def test_what_names_enough_is_quoted_alone(line: str, alone: bool) -> None:
    """Whom alone, or one thing, means nothing to who was not there; nor does what points to something."""
    before = "Tom: They make a terrible noise for three weeks."
    assert (said_before(before, f"Dana: {line}", "Tom: Okay.") == []) is alone


def test_a_short_decision_is_quoted_with_what_it_speaks_of() -> None:
    """However little it says, and with who said what."""
    lines = [
        "Tom: We could go with three tiers on the price page.",
        "Dana: Nobody reads it.",
        "Priya: But fine, three tiers it is.",
    ]
    [decision] = found_in(*lines, "Tom: Good.", kinds=["decision"])
    assert (
        decision.text(None)
        == "Priya: “But fine, three tiers it is.” (before: Tom: “We could go with three tiers on the price page.” Dana: “Nobody reads it.”)"
    )


@pytest.mark.parametrize(
    "opener",
    [
        "Second, the gift boxes.", "Next one, the gift boxes.", "What about the gift boxes?",
        "About the gift boxes.", "There's also the matter of the gift boxes.",
    ],
)  # fmt: skip
def test_the_subject_is_quoted_as_it_was_announced(opener: str) -> None:
    """However many sentences stand between; but not where another was announced since."""
    talk = [f"Tom: The shop in harbour {n} sells tea and coffee." for n in "abcdefgh"]
    promise = ["Dana: I'll order them today.", "Tom: Fine."]
    assert said_before(f"Priya: {opener}", *talk, *promise)[0] == opener
    assert "gift" not in " ".join(said_before(f"Priya: {opener}", *talk, "Tom: Third, the tea.", *promise))


def test_a_subject_that_is_only_named_is_quoted_where_nothing_else_is() -> None:
    """It is one as well, but often that of something else."""
    promise = ["Dana: I'll order them today.", "Tom: Fine."]
    opener = "Okay, the gift boxes."
    little = [f"Tom: They always cost more at the {n}." for n in ("end", "start", "end")]
    assert said_before(f"Priya: {opener}", *little, *promise)[0] == opener
    enough = ["Tom: The shop in the harbour sells tea, coffee, cake and the paper with the crossword."] * 3
    assert opener not in said_before(f"Priya: {opener}", *enough, *promise)


def test_a_list_that_is_brought_up_to_date_keeps_what_it_began_with() -> None:
    """However often its date is moved."""
    lines = [
        "Dana: I can write it, I have got the figures anyway.",
        "Dana: Friday, end of day?",
        "Tom: Thursday's fine.",
        "Dana: No, wait.",
        "Dana: Make it Monday.",
    ]
    [task] = found_in("Tom: Somebody has to do the report on the outage.", *lines)
    assert "I can write it" in task.text(None)
    assert task.due == "Monday"


def test_what_follows_a_mere_announcement_is_quoted_with_it() -> None:
    """Where its speaker goes on with what it is."""
    lines = [
        "Priya: Third thing. The Crown wants it on draught.",
        "Tom: The Plough pays the deposit.",
        "Dana: I'll tell him.",
    ]
    assert said_before(*lines, "Tom: Fine.")[:2] == ["Third thing.", "The Crown wants it on draught."]


def test_what_is_left_out_is_shown() -> None:
    """By dots; who only nods is left out without."""
    lines = ["Priya: Second, the gift boxes.", *(["Tom: The shop in the harbour sells tea and coffee."] * 6)]
    [task] = found_in(*lines, "Priya: Yeah.", "Dana: I'll order them today.", "Tom: Fine.")
    tea = " ".join(["The shop in the harbour sells tea and coffee."] * 4)
    assert (
        task.text(None)
        == f"Dana: “I'll order them today.” (before: Priya: “Second, the gift boxes.” … Tom: “{tea}”)"
    )


def test_what_is_quoted_is_bounded() -> None:
    """However long the sentences are, and however many of them say nothing."""
    long = " ".join(f"word{n} it" for n in range(20))
    lines = [f"{name}: {long}." for name in ("Tom", "Priya", "Tom", "Priya")]
    [task] = found_in(*lines, f"Dana: I'll send that to them, {long}.", "Tom: Fine.")
    assert len(task.text(0).split()) <= 2 * 45 + 8
    little = [f"{name}: And that is what it is then." for name in ("Tom", "Priya") * 200]
    [task] = found_in(*little, "Dana: I'll send that to the bank.", "Tom: Fine.")
    assert len(task.text(0).split()) <= 70


def test_what_is_quoted_before_is_no_evidence() -> None:
    """Evidence is what says it and what settles it."""
    lines = [
        "Tom: They ask for the fire certificate.",
        "Priya: Can you dig it out, Dana?",
        "Dana: Sure, will do.",
    ]
    [task] = found_in(*lines)
    assert (task.evidence, len(task.before)) == (["u-2", "u-3"], 1)


def test_words_without_an_end_take_no_time() -> None:
    """Whatever somebody says for the beginning of a subject or for a recap."""
    began = time.process_time()
    found_in(
        *(f"Tom: {start}{'x-' * 20_000}!" for start in ("The ", "So ", "Okay, then ", "We are going ")),
        "Dana: I'll send it.",
    )
    assert time.process_time() - began < 2


@pytest.mark.parametrize("line", ["So I'll send out the minutes, the slides and the budget of this meeting."])
def test_a_connective_and_this_meeting_point_to_nothing(line) -> None:
    """What stood before such a sentence is not quoted with it."""
    [found] = found_in("Dana: The coach gives the rules to all of you.", f"Dana: {line}", "Tom: Okay.")
    assert found.text(None) == f"Dana: “{line}”"


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("Dana: So Tom and Priya are going to work out the details.", "Tom and Priya"),
        ("Dana: Tom and the others will work out the details.", None),
        ("Dana: Priya called and Tom will work out the details.", "Tom"),
        ("Dana: I spoke to Priya and Tom will work out the details.", "Tom"),
        ("Dana: We have nothing from Priya and Tom will work out the details.", "Tom"),
        ("Dana: Okay, Priya and Tom will work out the details.", "Priya and Tom"),
    ],
)
def test_two_who_are_named_together_both_own_it(line, owner) -> None:
    """A name that does not stand before the "and" is nobody's who does it."""
    assert [found.owner for found in found_in(line, "Tom: Okay.")] == ([owner] if owner else [])


def test_a_long_sentence_is_quoted_from_the_clause_that_says_it() -> None:
    """Its beginning is left out rather than its point."""
    talk_of = "the numbers of last year and the ones of this year, and all that is in the file on the shop in the old town, "
    [found] = found_in(
        f"Dana: Looking at {talk_of * 2}I'll send the report to the bank by Friday.", "Tom: Hm."
    )
    assert found.text(None) == "Dana: “… I'll send the report to the bank by Friday.”"


def test_two_roles_own_it_as_two_people_do() -> None:
    """An article before them and a word behind them is no name."""
    said = utterances_of(
        ["Dana: So the Field Manager and Stage Designer are going to work on the plan.", "Tom: Okay."]
    )
    [found] = find(said, ["Dana", "Tom", "Field Manager", "Stage"], kinds=["action_item"])
    assert found.owner == "Field Manager and Stage"


def test_a_long_sentence_without_a_mark_is_quoted_from_where_somebody_begins_to_act() -> None:
    """Its point is not cut off."""
    talk_of = (
        "the roof of the barn and the wall of the yard and the door of the shed were painted by the farmer "
    )
    [found] = found_in(
        f"Dana: So {talk_of * 2}and so I'm going to print the plans for each of them.", "Tom: Hm."
    )
    assert found.text(None) == "Dana: “… so I'm going to print the plans for each of them.”"


@pytest.mark.parametrize(
    ("lines", "owner", "due"),
    [
        (["Dana: I will send the contract to the supplier by Friday.", "Tom: Friday is a holiday.", "Dana: Then I will send the contract to the supplier by Tuesday."], "Dana", "by Tuesday"),
        (["Dana: I'll rework the page over the weekend.", "Tom: You don't have to do it on the weekend.", "Dana: Well, Monday then."], "Dana", "Monday"),
        (["Dana: I will send the contract to the supplier by Friday.", "Tom: Let me take that, I will send the contract to the supplier instead.", "Dana: Okay, you do it."], "Tom", None),
        (["Tom: The check looks at the wrong port. I'll fix the check this afternoon.", "Dana: Actually, leave it, I have the file open. I'll fix it.", "Tom: Even better."], "Dana", None),
    ],
)  # fmt: skip
def test_the_latest_word_wins(lines, owner, due) -> None:
    """A task that is moved or taken over is one task, with the last owner and date."""
    [task] = found_in(*lines, kinds=["action_item"])
    assert (task.owner, task.due) == (owner, due)


def test_what_is_called_off_is_gone_and_told_where_it_had_been_told() -> None:
    """In the final window it never was; in a later live window, that it is off is a decision."""
    promise = "Dana: I will send the contract to the supplier by Friday."
    off = [
        "Tom: You don't need to send the contract, legal has already sent it.",
        "Dana: Okay, then I won't send it.",
    ]
    assert found_in(promise, *off) == []
    [told] = found_in(promise, "Tom: Fine.", *off, first_new=2)
    assert (told.kind, told.evidence) == ("decision", ["u-3"])


@pytest.mark.parametrize(
    ("lines", "owners"),
    [
        (["Room 4: Ravi, can you send the signed contract by Friday?", "Room 4: Sure, I will send the signed contract by Friday.", "Dana: Great, thank you."], ["Room 4"]),
        (["Room 4: You will send me the invoice for October, right?", "Room 4: Yes, I will send you the invoice for October tomorrow.", "Dana: Fine."], ["Room 4"]),
        (["Dana: Everybody please send your timesheets by Friday.", "Tom: Will do."], [None]),
        (["Dana: Tom, can you check the invoice?", "Priya: Okay.", "Tom: Sure."], ["Tom"]),
        (["Dana: Tom, can you check the invoice?", "Priya: Okay."], []),
    ],
)  # fmt: skip
def test_only_who_was_asked_accepts(lines, owners) -> None:
    """Thanks by somebody else is no acceptance, nor is one voice of a room that of another."""
    assert [task.owner for task in found_in(*lines, kinds=["action_item"])] == owners


def test_an_unknown_speaker_owns_nothing() -> None:
    """A label that names nobody is no owner and stands before no quote."""
    [task] = found_in("Unknown speaker: I'll send the contract to the supplier by Friday.", "Dana: Fine.")
    assert (task.owner, task.text(None)) == (None, "“I'll send the contract to the supplier by Friday.”")


def test_who_was_renamed_is_one() -> None:
    """People are told apart by their id, and called what they are called last."""
    said = utterances_of(
        ["iPhone: I'll send the contract", "Dana Vogel: to the supplier by Friday.", "Tom: Fine."]
    )
    said[0]["user_id"] = said[1]["user_id"] = "16778240"
    [task] = find(said, ["Dana Vogel"], kinds=KINDS)
    assert (task.owner, task.evidence) == ("Dana Vogel", ["u-1", "u-2"])


@pytest.mark.skipif(
    "MEETINGS_DIR" not in os.environ, reason="MEETINGS_DIR is not set: no real meetings to read"
)
@pytest.mark.parametrize("name", ["ES2002b", "Bmr020", "TS3005d"])
def test_a_real_meeting_says_a_few_things_each_once(name) -> None:
    """Not a post a minute, and no two that quote the same sentence for the same kind and owner."""
    file = Path(os.environ["MEETINGS_DIR"]) / f"{name}.jsonl"
    said = [
        json.loads(line) | {"id": f"u-{n}"}
        for n, line in enumerate(file.read_text(encoding="utf-8").splitlines())
    ]
    found = find(said, [one["speaker"] for one in said], kinds=KINDS)
    assert 1 <= len(found) <= 20
    assert len({(one.kind, one.owner, one.point) for one in found}) == len(found)
