"""Words of any script."""

from __future__ import annotations

import pytest

from components.zoom.shared.words import count_words, is_foreign, stem, words_of

SENTENCES = {
    "English": "I think we should look at the report again, because the numbers do not fit.",
    "Japanese": "先週の数字が今の数字と合わないので、もう一度見直します。",
    "Chinese": "我觉得我们应该再看一遍报告，因为数字对不上。",
    "Thai": "ผมคิดว่าเราควรดูรายงานอีกครั้งเพราะตัวเลขไม่ตรงกัน",
    "Korean": "지난주 숫자가 지금 숫자와 맞지 않아서 다시 봐야 합니다.",
    "mixed": "Bitte den レポート bis Freitag.",
}


@pytest.fixture
def message_store() -> None:
    """Nothing is kept here."""


@pytest.mark.parametrize("language", SENTENCES)
def test_words_are_counted_as_the_bridge_counts_them(language) -> None:
    """One count in all parts: what fills a window of the bridge fills a limit here."""
    from bridge.transcript import window

    assert count_words(SENTENCES[language]) == window.count_words(SENTENCES[language]) > 2


def test_scripts_without_spaces_have_words_to_compare() -> None:
    """Each two neighbouring characters are one."""
    assert words_of("報告書 ok") == ["報告", "告書", "ok"]
    assert set(words_of(SENTENCES["Thai"])) & set(words_of("รายงาน"))


@pytest.mark.parametrize(
    "forms",
    [
        "send sends sending sent",
        "plan plans planned planning",
        "decide decides decided",
        "reply replies replied",
        "use used using",
    ],
)
def test_forms_of_a_word_end_up_alike(forms) -> None:
    """What is asked for is found in another form."""
    assert len({stem(form) for form in forms.split()}) == 1


def test_speech_that_is_not_english_is_told_apart() -> None:
    """German is foreign, English is not, and a few words tell nothing."""
    german = "Wir müssen den Vertrag bis Freitag an den Lieferanten schicken, weil er sonst die Teile nicht mehr rechtzeitig bestellen kann, und das wäre für alle sehr schlecht."
    english = "We must send the contract to the supplier by Friday, as he cannot order the parts in time otherwise, and that would be bad for all of us, I think."
    assert is_foreign([german])
    assert not is_foreign([english])
    assert not is_foreign(["Guten Morgen zusammen"])
