"""Words replaced by others of the same length."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import LIMITS
from bridge.tape.masking import Mask, masked, without_addresses
from bridge.tape.tape import Head, Lost, Person, Said, Tape, write
from bridge.text import one_line

SECRET = b"once"


def said(text: str, speaker: str = "Dana Whitfield", user_id: str = "77", at_ms: int = 0) -> Said:
    return Said(
        at_ms=at_ms, kind="speech", start_ms=at_ms, end_ms=at_ms, user_id=user_id, speaker=speaker, text=text
    )


def is_mark(char: str) -> bool:
    return unicodedata.category(char).startswith("M")


def stands_for_letters(char: str) -> bool:
    by_hand = ("BRAILLE", "NEGATIVE", "CROSSED NEGATIVE", "REGIONAL INDICATOR", "TAG", "SQUARED HV")
    decomposed = unicodedata.normalize("NFKC", char)
    return any(map(str.isalnum, decomposed)) or unicodedata.name(char, "").startswith(by_hand)


@given(st.text())
def test_shape_stays(text: str) -> None:
    """Whatever is replaced, each character is one of the same kind, in characters, bytes and units of UTF-16 alike."""
    mask = Mask(SECRET).text(text)
    assert len(mask) == len(text)
    for one, other in zip(text, mask, strict=True):
        assert unicodedata.category(one) == unicodedata.category(other)
        assert (ord(one) > 0xFFFF) == (ord(other) > 0xFFFF)
        if not one.isalnum() and not is_mark(one) and not stands_for_letters(one):
            assert one == other
    assert len(mask.encode(errors="surrogatepass")) == len(text.encode(errors="surrogatepass"))


@given(st.text())
def test_what_can_be_kept_stays_so(text: str) -> None:
    """What the bridge's edge leaves as it is, it leaves as it is once the words are others."""
    clean = one_line(text, LIMITS.text)
    mask = Mask(SECRET).text(clean)
    assert one_line(mask, LIMITS.text) == mask


@pytest.mark.parametrize(
    "text",
    [
        "Noor will send the figures on Friday, room 417.",
        "Größe und Straße für Jürgen",
        "Señor Núñez comió",
        "会议结束以后我会发送报告",
        "田中さんはテストを書きます",
        "Привет Иванов",
        "محمد يرسل التقرير",
    ],
)
def test_no_word_is_left(text: str) -> None:
    """No word of three letters or more is still there, in any script."""
    mask = Mask(SECRET).text(text)
    kept = {word.strip(".,") for word in text.split()} & {word.strip(".,") for word in mask.split()}
    assert not {word for word in kept if len(word) > 2}
    assert mask.replace(" ", "") != text.replace(" ", "")


@pytest.mark.parametrize("char", ["①", "⑳", "½", "⅞", "Ⅷ", "ⅷ", "²", "〇", "٣", "𐄙", "㉈"])
def test_numbers_of_any_kind_go(char: str) -> None:
    """What is no digit and yet a number becomes another of its kind and case."""
    mask = Mask(SECRET).text(char)
    assert mask != char
    assert mask.isnumeric()
    assert (mask.isupper(), unicodedata.category(mask)) == (char.isupper(), unicodedata.category(char))


@pytest.mark.parametrize(
    "word",
    [
        "ⓓⓐⓝⓐ",
        "Ⓓⓐⓝⓐ",
        "⒟⒜⒩⒜",
        "🄓🄐🄝🄐",
        "🅓🅐🅝🅐",
        "🅳🅰🅽🅰",
        "🄳🄰🄽🄰",
        "🇩🇦🇳🇦",
        "⠙⠁⠝⠁",
        "㋐㋑㋒",
        "㈀㈁㈂",
        "⼈⼝⼥",
        "\U000e0064\U000e0061\U000e006e",
        "㈱㍿",
        "ﷺ",
        "™",
        "№",
        "₨",
    ],
)
def test_signs_that_stand_for_letters_go(word: str) -> None:
    """Letters in circles, squares and flags, Braille, tags that nobody sees, words in one sign: others, in the same case."""
    mask = Mask(SECRET).text(word)
    assert mask != word
    assert all(map(stands_for_letters, mask))
    assert [*map(str.isupper, mask)] == [*map(str.isupper, word)]
    assert Mask(SECRET).text("😀 ☎ → € … ✓ ☃") == "😀 ☎ → € … ✓ ☃"


@pytest.mark.parametrize("word", ["Núñez", "Việt", "किशोरी", "שָׁלוֹם", "ভাষা", "ภาษาไทยที่", "مُحَمَّد"])
def test_combining_marks_go_with_their_word(word: str) -> None:
    """In many scripts they are the vowels: they are others, marks again at the same places, and a word has one mask."""
    split = unicodedata.normalize("NFD", word)
    mask = Mask(SECRET)
    told = mask.text(split)
    assert [*map(is_mark, split)] == [*map(is_mark, told)]
    marks = [(one, other) for one, other in zip(split, told, strict=True) if is_mark(one)]
    assert any(one != other for one, other in marks)
    assert mask.text(f"({split}, {split})") == f"({told}, {told})"


def test_a_mark_alone_goes() -> None:
    """Also where it stands on nothing."""
    vowel = "\u093f"
    told = Mask(SECRET).text(f" {vowel} ")[1]
    assert told != vowel
    assert is_mark(told)


def test_how_an_emoji_looks_stays() -> None:
    """Nothing can be read from a selector of its variant, or from what makes a digit a key."""
    told = Mask(SECRET).text("ok \u2764\ufe0f 7\ufe0f\u20e3 !")
    assert told[2:6] == " \u2764\ufe0f "
    assert told[7:] == "\ufe0f\u20e3 !"


def test_a_word_has_one_mask() -> None:
    """Two sentences that differ in a word differ in that word, and what is the same is so again; a capital stays one."""
    mask = Mask(SECRET)
    one, other = mask.text("Dana sends the report").split(), mask.text("Eli sends the dana report").split()
    assert one[1:3] == other[1:3]
    assert one[0] == other[3].capitalize() != "Dana"
    assert one[0] != other[0]


def test_words_stay_different() -> None:
    """A thousand words have a thousand masks, none of them its own; without the secret nobody can tell them again."""
    words = [f"{a}{b}{c}" for a in "abcdefghij" for b in "klmnopqrst" for c in "uvwxyzabcd"]
    mask = Mask(SECRET)
    masks = [mask.text(word) for word in words]
    assert len({*masks}) == len(words)
    assert all(one != other for one, other in zip(words, masks, strict=True))
    assert masks != [Mask(b"another").text(word) for word in words]


def test_a_whole_tape() -> None:
    """Speech, chat, topic and names are replaced everywhere alike, ids of people are others, times and gaps stay."""
    moments = (
        Person(at_ms=0, kind="present", user_id="77", name="Dana Whitfield"),
        said("Ask Whitfield about 2026.", at_ms=5),
        said("Dana?", "Eli", "dana@example.com", at_ms=6),
        Lost(at_ms=7, until_ms=9, reason="reconnect"),
    )
    tape = Tape(head=Head(words="kept", topic="Whitfield merger"), moments=moments)
    made = masked(tape, SECRET)
    present, first, second, lost = made.moments
    assert isinstance(present, Person)
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert made.head.words == "replaced"
    assert lost == moments[3]
    assert first.speaker == present.name
    assert first.text.split()[1] == present.name.split()[1] == made.head.topic.split()[0]
    assert (present.user_id, first.user_id, second.user_id) == ("16778240", "16778240", "16779264")
    told = write(made)
    assert not any(word in told for word in ("Dana", "dana", "Whitfield", "merger", "Eli", "2026", "example"))


@pytest.mark.parametrize("scheme", ["https://", ""])
def test_addresses_go_in_any_case(scheme: str) -> None:
    """A tape with its words has no address in them, nor in anybody's name: not that by which a meeting is joined."""
    link = f"{scheme}us02web.zoom.us/j/81234567890?pwd=s3cretWord"
    tape = Tape(
        head=Head(words="kept", topic=link),
        moments=(said(f"Join at {link} now", speaker=link), Person(at_ms=0, kind="joined", name=link)),
    )
    told = write(without_addresses(tape, SECRET))
    assert "81234567890" not in told
    assert "s3cret" not in told
    assert "Join at " in told
