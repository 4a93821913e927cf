from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.archive.languages import ENGLISH, STOP_WORDS, guess, language_of, languages_for, stem
from bridge.archive.terms import (
    LONGEST,
    MOST_ASKED,
    asked_in,
    flat,
    language_in,
    places,
    terms_of,
    terms_of_name,
    words_of,
)
from bridge.rtms.messages import TranscriptLanguage


def finds(question: str, text: str, language: str = ENGLISH) -> bool:
    """Whether every word of a question is a term of a text."""
    there = set(terms_of(text, language))
    asked = asked_in(question)
    return bool(asked) and all(not there.isdisjoint(terms) for terms in asked)


def test_threads_that_stem_at_once() -> None:
    """A thread that makes passages disturbs nobody who searches: each word has the stem that it has alone."""
    words = [f"{letter}considerations{n}ingly" for letter in "abcd" for n in "efghijkl"]
    uncached = stem.__wrapped__
    alone = [uncached(word, ENGLISH) for word in words]
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            found = [*threads.map(lambda _: [uncached(word, ENGLISH) for word in words], range(16))]
    finally:
        sys.setswitchinterval(usual)
    assert found == [alone] * 16


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("BUDGETS", "the budget"),
        ("prices", "What was the pricing? We priced it."),
        ("cafe reunion", "Le CAFÉ de la réunion"),
        ("Łódź, smørrebrød", "In lodz we had smorrebrod."),
        ("straße", "STRASSE"),
        ("e\u0301quipe", "\xe9quipe"),
        ("ﬁnance ２０２６", "finance 2026"),
        ("12,500", "12500 euros"),
        ("O’Brien's", "o'brien said"),
        ("会議", "次の会議の予算を承認しました"),
        ("予算", "予算"),
        ("税", "增值税的问题"),
        ("增值税", "我们讨论了增值税。"),
        ("ガイド", "ｶﾞｲﾄﾞを配る"),
        ("예산", "내년 예산을 승인했습니다"),
        ("ประชุม", "การประชุมครั้งหน้า"),
        ("𠮷野家", "昼は𠮷野家で"),
        ("שלום", "שָׁלוֹם"),
        ("الاجتماع", "الِاجْتِمَاع"),
    ],
)
def test_one_word_is_one_term(question: str, text: str) -> None:
    """Case, accents, width, endings and the lack of spaces part nobody from a word."""
    assert finds(question, text)


@pytest.mark.parametrize(
    ("question", "text", "language"),
    [
        ("Häuser", "das Haus", "german"),
        ("décisions", "la décision", "french"),
        ("reuniones", "la reunión", "spanish"),
        ("решения", "Мы приняли решение", "russian"),
        ("talossa", "talo", "finnish"),
        ("बैठकों", "बैठक", "hindi"),
        ("họp", "cuộc họp", ""),
    ],
)
def test_a_single_word_is_found_in_a_language_that_it_does_not_tell(
    question: str, text: str, language: str
) -> None:
    """A question of one word is looked for in every language that its script is written in."""
    assert finds(question, text, language)


def test_what_is_not_found() -> None:
    """Other words, other letters of Cyrillic and parts of words are other terms."""
    assert not finds("bat", "battery")
    assert not finds("кий", "Кии")
    assert not finds("会社", "会議 社長")


def test_words_that_say_nothing() -> None:
    """Function words are no terms, in the language of the text; a question of nothing else has nothing to look for."""
    assert terms_of("What did you do with the plan?", ENGLISH) == ["plan"]
    assert terms_of("Wir haben den Plan nicht", "german") == ["plan"]
    assert asked_in("What is it, and who are you?") == ()
    assert asked_in("Was haben wir mit dem Plan gemacht?")[0][0] == "plan"
    assert asked_in("die") != ()  # English


@pytest.mark.parametrize(
    "question", ["", "   ", "?!… — \"'*", "NULL \0"[4:], "\ud800", "%_%", "😀", "--", "((("]
)
def test_questions_without_a_word(question: str) -> None:
    """Punctuation, half characters and pictures are no words."""
    assert asked_in(question) == ()


def test_operators_are_words() -> None:
    """Nothing that a database would take for an operator is more than a word, and none of its signs is left."""
    asked = asked_in('NEAR("budget" price, 5) -cost* OR terms:x; DROP TABLE "passages" --')
    assert {terms[0] for terms in asked} >= {"near", "budget", "price", "cost", "drop", "tabl", "passag"}
    assert all(term.isalnum() for terms in asked for term in terms)


def test_a_question_counts_each_word_once_and_not_without_end() -> None:
    """A word that is asked twice counts once; of very long questions the first words count."""
    assert asked_in("the budget, Budgets, BUDGET of the plan and of you") == (("budget",), ("plan",))
    assert len(asked_in(" ".join(f"word{n}" for n in range(500)))) == MOST_ASKED


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What did Kirsty Williams say about it?", "Kirsty Williams"),
        ("what did the industrial designer think of it", "Industrial Designer"),
        ("Was hat Jonas mit Herrn Will und Frau Niklas gemacht?", "Jonas Will Niklas"),
        ("Что сказал Иванов?", "Иванов"),
        ("田中さん", "田中"),
        ("jonas", "Jonas"),
    ],
)
def test_names_are_found_in_questions(question: str, name: str) -> None:
    """A name is found by a question in any language, whatever it ends in, and one that is a word of little meaning too."""
    asked = {term for terms in asked_in(question) for term in terms}
    assert not [word for word in name.split() if asked.isdisjoint(terms_of_name(word))]


def test_long_words_are_cut() -> None:
    """A word of any length is a term that every database takes."""
    (term,) = terms_of("x" * 5000, ENGLISH)
    assert len(term) == LONGEST
    assert finds("x" * 4000, "x" * 5000)


def test_languages() -> None:
    """Zoom's ids tell languages; where none is told the words do, if they are enough, and else it is English."""
    assert language_of(TranscriptLanguage.GERMAN) == "german"
    assert language_of(TranscriptLanguage.THAI) == ""
    assert language_of(TranscriptLanguage.NONE) is language_of(None) is None
    assert guess(words_of("Wir haben das nicht gesehen")) == "german"
    assert guess(words_of("nous avons vu cela avec vous")) == "french"
    assert guess(words_of("Budget")) is None
    assert language_in(["budget"]) == ENGLISH
    assert language_in(["wir", "haben"], "french") == "french"
    assert languages_for("решение") == ("russian",)
    assert "german" in languages_for("haus")
    assert languages_for("haus")[0] == ENGLISH
    assert stem("12500", ENGLISH) == "12500"


def test_stop_words_are_written_as_they_are_compared() -> None:
    """Each function word is one flat word, or it would never be met."""
    for language, words in STOP_WORDS.items():
        assert {word for word in words if words_of(word) != [word]} == set(), language


def test_places() -> None:
    """Words stand out where they stand in the text as it is, whole, in order and apart."""
    text = "The Prices of 会議室, priced: ＰＲＩＣＥ cafe\u0301!"
    wanted = {"price", "会議", "議室", "cafe"}
    assert [text[first:last] for first, last in places(text, ENGLISH, wanted)] == [
        "Prices",
        "会議",
        "室",
        "priced",
        "ＰＲＩＣＥ",
        "cafe\u0301",
    ]
    assert list(places("nothing here", ENGLISH, wanted)) == []
    assert [*places("ｶﾞｲﾄﾞ", ENGLISH, {"ガイ"})] == [(0, 5)]


@given(st.text(max_size=60), st.sampled_from(sorted(STOP_WORDS)))
def test_any_text(text: str, language: str) -> None:
    """Whatever is said gives terms of letters, marks and digits, and places that lie in it, in order and apart."""
    terms = terms_of(text, language)
    assert all(term and len(term) <= LONGEST and not set(term) & set(" '\"\\:|&()\0") for term in terms)
    assert flat(flat(text)) == flat(text)
    end = 0
    for first, last in places(text, language, set(terms)):
        assert end <= first < last <= len(text)
        end = last
