"""What a question looks for, and which sentences of a meeting answer it."""

from __future__ import annotations

import pytest

from components.zoom.shared.passages import answer_in, sought_by, speaker_in
from components.zoom.shared.speech import Sentence, sentences

TALK = """Lena: The bakery opens its second shop in March.
Otto: Fine, and the oven for it is ordered.
Lena: Do you see any danger for the oven delivery?
Otto: I see two, and both are near.
Otto: The ferry may be late, and the ramp is too narrow for the crate.
Lena: Thanks.
Quality Manager: The flour from the mill was damp again.
Quality Manager: I would take another mill until the silo is dry.
Lena: We missed the deadline for the hygiene form by a day."""
NEIGHBOURS = "\n".join(f"Lena: Shelf {n} gets a lamp, a label and a basket of rolls." for n in range(40))


def said(text: str) -> list[Sentence]:
    """``Name: words`` as sentences."""
    lines = [line.split(": ", 1) for line in text.splitlines()]
    return sentences(
        [{"id": f"u-{n}", "speaker": name, "text": words} for n, (name, words) in enumerate(lines)], over=True
    )


def answer(text: str, question: str) -> list[str]:
    """The sentences that answer a question to a talk."""
    heard = said(text)
    speaker, names = speaker_in(question, [one.speaker for one in heard], "")
    return [heard[at].text for at in answer_in(heard, sought_by(question, speaker=speaker, without=names))]


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What was said about the deadline?", ("deadlin",)),
        ("What is the plan for the oven?", ("oven",)),
        ("What were the guests' views on the menu?", ("guest", "menu")),
        ("What was the news from the mill?", ("new", "mill")),
        ("Which problems concerning the oven were faced?", ("problem", "oven")),
    ],
)
def test_words_that_ask_carry_no_question(question, terms):
    """Words with which people ask are looked for only beside others; the kind of fact only where nothing else is asked."""
    assert sought_by(question).terms == terms


def test_a_deadline_alone_is_looked_for():
    """A question of which only the kind of fact is left is answered by the words for it."""
    assert answer(TALK, "What was said about the deadline?") == [
        "We missed the deadline for the hygiene form by a day."
    ]


def test_a_reply_goes_on_until_it_has_told():
    """Who announces two things in a reply is quoted with them, and others' thanks are not."""
    assert answer(TALK, "Is there any danger for the oven delivery?") == [
        "Do you see any danger for the oven delivery?",
        "I see two, and both are near.",
        "The ferry may be late, and the ramp is too narrow for the crate.",
    ]


@pytest.mark.parametrize(
    ("question", "speaker"),
    [
        ("What did the quality manager recommend about the flour?", "Quality Manager"),
        ("What has the quality manager learned?", "Quality Manager"),
        ("What did our quality manager expert find?", "Quality Manager"),
        ("Who told the quality manager about the flour?", ""),
        ("Is the quality good?", ""),
        ("What did the meeting say about the flour?", ""),
        ("What did the chair say about the flour?", "The Chair"),
    ],
)
def test_whose_words_are_wanted(question, speaker):
    """A role is a speaker with an article and another noun beside it, where it does what speakers do."""
    assert speaker_in(question, ["Lena", "Quality Manager", "The Chair"], "")[0] == speaker


def test_the_verb_of_saying_is_understood_with_the_speaker():
    """What somebody learned is not looked for by the word "learn"."""
    name, known = speaker_in("What did Lena learn about the mill?", ["Lena", "Otto"], "")
    assert sought_by("What did Lena learn about the mill?", speaker=name, without=known).terms == ("mill",)


def test_a_place_that_stands_out_is_found_at_the_beginning():
    """What was told in so many words as the meeting began is found, though later talk has some of the words for long."""
    later = "\n".join(f"Otto: On evening {n} of the festival, guests sat in the garden." for n in range(60))
    text = f"Lena: Three storms caused the losses of the garden festival.\n{NEIGHBOURS}\n{later}"
    quoted = answer(text, "What were the causes for the losses of the garden festival?")
    assert "Three storms caused the losses of the garden festival." in quoted


def test_of_others_only_what_is_asked_is_quoted():
    """Where one person's opinion is wanted, what others say beside the subject is left out."""
    text = "\n".join(
        [
            "Otto: The heating hums, and my chair is far too low today.",
            "Lena: I would paint the counter green.",
            "Otto: Would a green counter not look cold?",
            "Lena: Warm lamps make up for that.",
        ]
    )
    quoted = answer(text, "What did Lena think of the counter?")
    assert "I would paint the counter green." in quoted
    assert "Warm lamps make up for that." in quoted
    assert not any("heating" in one for one in quoted)


@pytest.mark.parametrize(
    ("question", "speaker", "terms"),
    [
        ("Summarize the bakery expert's opinion on the flour.", "Bakery", ("flour",)),
        ("What did the bakery manager say about the flour?", "Bakery", ("flour",)),
        ("Summarize the opinion of the ferry expert.", "", ("ferry", "expert")),
    ],
)
def test_the_title_behind_a_role_belongs_to_it(question, speaker, terms):
    """A title is no subject where it stands behind a speaker's label."""
    name, known = speaker_in(question, ["Lena", "Bakery"], "")
    assert (name, sought_by(question, speaker=name, without=known).terms) == (speaker, terms)


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("What did Lena and Otto Brandt agree on the ferry?", ("ferry",)),
        ("What did Otto Brandt and the quality manager expert propose about the ferry?", ("ferry",)),
        ("What was Lena and Otto's plan for the ferry?", ("ferry",)),
    ],
)
def test_two_names_are_nobodys_alone(question, terms):
    """What two people said together is looked for in anybody's words, and not by their names."""
    name, known = speaker_in(question, ["Lena", "Otto Brandt", "Quality Manager"], "")
    assert name == ""
    assert sought_by(question, without=known).terms == terms


def test_a_word_behind_a_first_name_is_no_name():
    """Of a name in three words, the one that is used is understood, and what follows it is looked for."""
    name, known = speaker_in("What is Lena's ramp made of?", ["Lena Maria Brandt", "Otto"], "")
    assert (name, "ramp" in known) == ("Lena Maria Brandt", False)


SILO = """Otto: The rye is in.
Quality Manager: The mill has changed hands.
Quality Manager: Its flour was damp again after the rain.
Quality Manager: Two of the sacks went grey, and one of them burst.
Otto: Which mill would be better?
Quality Manager: Nobody knows the others."""


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("What did the quality manager say about the flour?", range(1, 4)),
        ("When did the quality manager find the flour damp?", range(2, 3)),
        ("Which flour was damp?", range(2, 3)),
    ],
)
def test_what_one_person_told_is_quoted_with_its_turn(question, quoted):
    """Whoever is asked after is quoted with what they said in one go; a single fact is quoted alone."""
    assert answer(SILO, question) == [said(SILO)[at].text for at in quoted]


def test_a_long_turn_is_quoted_in_part():
    """Of a speech of an hour, what comes right after is told, up to a bound."""
    speech = "\n".join(f"Lena: On shelf {n} stand a lamp, a label and a basket of rolls." for n in range(300))
    quoted = answer(f"Lena: The ferry is late.\n{speech}", "What did Lena say about the ferry?")
    assert quoted[:2] == ["The ferry is late.", "On shelf 0 stand a lamp, a label and a basket of rolls."]
    assert len(quoted) < 15


def test_what_surrounds_a_discussion_is_quoted_last():
    """Long sentences before a subject came up, and long after it, do not take the words of those that are of it."""
    aside = "Otto: The lawyers of the landlord have written another long letter on damp walls, old pipes and {} tiles."
    talk = [
        *(aside.format(n) for n in range(12)),
        "Lena: Now the ferry.",
        "Otto: It came late twice before Easter.",
        "Lena: Storms and low water, says the captain.",
        "Otto: Then we need a second crate in stock.",
        "Lena: Agreed, and the ferry gets one more chance.",
        *(aside.format(n) for n in range(20, 32)),
    ]
    quoted = answer("\n".join(talk), "Summarize the discussion about the ferry.")
    assert {"It came late twice before Easter.", "Storms and low water, says the captain."} <= {*quoted}


@pytest.mark.parametrize(
    "question",
    [
        "Who won the football match?",
        "What did the quality manager say about the ferry?",
        "Why was the office in Paris closed?",
        "What was the plan for the parental leave?",
    ],
)
def test_what_was_not_told(question):
    """A question of which the talk has too few words gets nothing."""
    assert answer(TALK, question) == []
