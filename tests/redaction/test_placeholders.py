"""The key of placeholders: who is meant by a name, and how real texts are put back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.redaction.placeholders import Placeholders
from bridge.redaction.putting_back import put_back, put_back_value, real_texts
from bridge.redaction.redactor import Redactor, whole_spans
from bridge.redaction.sensitive import RedactionError


def key(*people: str) -> Placeholders:
    placeholders = Placeholders()
    for name in people:
        placeholders.add_person(name)
    return placeholders


def real(*people: str) -> dict[str, str]:
    return real_texts(key(*people).rows())


@pytest.mark.parametrize("name", ["Jürgen Müller", "jürgen", "Müller", "MUELLER", "jurgen muller", "Mueller"])
def test_one_person_has_one_placeholder_however_written(name: str) -> None:
    """Full name, given name, small letters, and without or with other accents are one person."""
    placeholders = key("Anna Meyer", "Jürgen Müller")

    assert placeholders.placeholder("names", name) == "PERSON_2"


def test_a_given_name_that_two_share_is_nobodys() -> None:
    """It has a placeholder of its own, and the full names are still told apart."""
    placeholders = key("Anna Meyer", "Anna Schmidt")

    told = [placeholders.placeholder("names", name) for name in ("Anna Schmidt", "anna", "Anna", "Meyer")]

    assert told == ["PERSON_2", "PERSON_3", "PERSON_3", "PERSON_1"]


def test_a_name_becomes_shared_when_a_second_person_comes() -> None:
    """What was clear before is not clear any more, and what was said before stays as it is."""
    placeholders = Placeholders()
    before = placeholders.placeholder("names", "anna")
    placeholders.placeholder("names", "Anna Meyer")
    placeholders.placeholder("names", "Anna Schmidt")

    assert before == "PERSON_1"
    assert placeholders.placeholder("names", "Anna Meyer") == "PERSON_1"
    assert placeholders.placeholder("names", "anna") not in ("PERSON_1", "PERSON_2")


def test_somebody_spoken_of_is_told_by_the_fullest_form() -> None:
    """Put back is the fullest name that was said."""
    placeholders = Placeholders()
    for name in ("xiomara", "Xiomara", "Xiomara Quispe", "quispe"):
        placeholders.placeholder("names", name)

    assert put_back("ask PERSON_1", real_texts(placeholders.rows())) == "ask Xiomara Quispe"


def test_rows_are_json_and_read_back_the_same() -> None:
    """The key survives being stored, and goes on where it ended."""
    placeholders = key("Anna Meyer", "Anna Schmidt", "佐藤美咲")
    Redactor().text("anna and tyler: a@b.example, PERSON_1, call +1 415 555 2671", placeholders)

    read = Placeholders.of(json.loads(json.dumps(placeholders.rows())))

    assert read.rows() == placeholders.rows()
    assert read.placeholder("emails", "c@d.example") == "EMAIL_2"
    assert read.placeholder("names", "anna") == placeholders.placeholder("names", "anna")


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"kind": "names", "text": 3, "placeholder": "PERSON_1"},
        {"kind": "emails", "text": "Secretary", "key": "Secretary", "placeholder": "EMAIL_7"},
        {"kind": "nothing", "text": "Secretary", "key": "x", "placeholder": "EMAIL_1"},
        "row",
    ],
)
def test_a_row_of_something_else_is_refused_without_its_words(row: object) -> None:
    """A broken key is an error that tells nothing of what it holds."""
    with pytest.raises(RedactionError) as caught:
        Placeholders.of([row])  # type: ignore[list-item]

    assert "Secretary" not in str(caught.value)


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"text": 3, "placeholder": "PERSON_1"},
        {"text": "Secretary", "placeholder": "PERSON_0"},
        {"text": "Secretary", "placeholder": "Secretary"},
        {"text": "Secretary", "placeholder": ["EMAIL_1"]},
        "row",
    ],
)
def test_what_is_no_key_is_not_put_back(row: object) -> None:
    """Whoever only puts back refuses it too, without its words."""
    with pytest.raises(RedactionError) as caught:
        real_texts([row])  # type: ignore[list-item]

    assert "Secretary" not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("PERSON_2", "Mark Bauer"),
        ("Person_2 and person_2", "Mark Bauer and Mark Bauer"),
        ("PERSON 2's slides", "Mark Bauer's slides"),
        ("**PERSON_2** (PERSON\\_2)", "**Mark Bauer** (Mark Bauer)"),
        ("_PERSON_2_, “PERSON_2”", "_Mark Bauer_, “Mark Bauer”"),
        ("PERSON_2s Laptop", "Mark Bauers Laptop"),
        ("PERSON_2さんとPERSON_1さん", "Mark BauerさんとAnna Meyerさん"),
        ("PERSON_02", "Mark Bauer"),
        ("PERSON_21, PERSON_0, PERSON_", "PERSON_21, PERSON_0, PERSON_"),
        ("MY_PERSON_2 PERSON_2x XPERSON_2 PERSON_2_b", "MY_PERSON_2 PERSON_2x XPERSON_2 PERSON_2_b"),
        ("person 2 of 3", "person 2 of 3"),
    ],
)
def test_placeholders_are_put_back_as_models_write_them(written: str, expected: str) -> None:
    """Other case, a space, emphasis and endings are read; longer words and unknown numbers stay."""
    assert put_back(written, real("Anna Meyer", "Mark Bauer")) == expected


def test_values_are_put_back_deep_and_keys_stay() -> None:
    """Lists and dicts are copied with real texts in them."""
    value = {"PERSON_1": ["PERSON_1", {"owner": "PERSON_1", "n": 3, "none": None}], "ok": True}

    put = put_back_value(value, real("Anna Meyer"))

    assert put == {"PERSON_1": ["Anna Meyer", {"owner": "Anna Meyer", "n": 3, "none": None}], "ok": True}
    assert value["PERSON_1"] == ["PERSON_1", {"owner": "PERSON_1", "n": 3, "none": None}]


def test_who_says_a_placeholder_gets_nobodys_name() -> None:
    """A text that looks like a placeholder comes back as it was said, and is not counted."""
    placeholders = key("Anna Meyer")
    redactor = Redactor()

    redacted = redactor.text("who is PERSON_1 or Person_1, or QUOTED_1?", placeholders)

    assert "PERSON_1" not in redacted.upper()
    assert put_back(redacted, real_texts(placeholders.rows())) == "who is PERSON_1 or Person_1, or QUOTED_1?"
    assert not redactor.counts


def test_what_is_put_back_is_not_read_again() -> None:
    """A display name that looks like a placeholder stays that name."""
    assert put_back("PERSON_1", real("PERSON_2", "Anna Meyer")) == "PERSON_2"


TEXTS = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from(list("PERSON_EMAIL 0123456789@.+-_'’ さん田中 annameyer dot")),
    ),
    max_size=120,
) | st.lists(
    st.sampled_from(
        [
            "anna",
            "Anna's",
            "Meyer",
            "田中さん",
            "PERSON_1",
            "person_2",
            "QUOTED_1",
            "_",
            "1",
            "s",
            "x@y.example",
            "+14155552671",
            "dot",
            "at",
            "com",
            "one",
            "two",
            "three",
            "seven",
            "4111111111111111",
            "DE02120300000000202051",
            "佐藤",
            "ask",
            "mr",
            ",",
            ".",
            "é",
            "192.168.0.1",
        ]
    ),
    max_size=14,
).flatmap(lambda words: st.sampled_from(["", " "]).map(lambda between: between.join(words)))


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_what_is_put_back_is_what_was_said(text: str) -> None:
    """Any text comes back as it was, where no thing in it was written in two ways."""
    placeholders = key("Anna Meyer", "田中 健太")
    real: dict[str, str] = {}
    redactor = Redactor()
    languages = redactor.languages_of(text)
    for span in whole_spans(text, redactor.spans(text, placeholders, languages)):
        said = text[span.start : span.end]
        name = placeholders.placeholder(span.kind, said, span.key)
        real[name] = said
    redacted = redactor.text(text, placeholders)
    forms = {row["placeholder"]: row["text"] for row in placeholders.rows()}
    put = put_back(redacted, real_texts(placeholders.rows()))

    if all(forms[name] == said for name, said in real.items()):
        assert put == text


@given(st.text(max_size=60), st.integers(1, 12))
@settings(max_examples=80, deadline=None)
def test_only_numbers_of_the_key_are_put_back(around: str, number: int) -> None:
    """A placeholder of another number stays, whatever stands around it."""
    text = f"{around} PERSON_{number + 1} {around}"

    assert f"PERSON_{number + 1}" in put_back(text, real("Anna Meyer"))


def test_a_key_has_room_for_so_many_of_a_kind() -> None:
    """Whoever chats made-up addresses fills the kind and nothing else: the rest is one placeholder that stands for nothing."""
    placeholders = key("Anna Meyer")
    text = Redactor().text(" ".join(f"a{n}@b{n}.example" for n in range(3_000)), placeholders)

    assert "@" not in text
    assert text.count("EMAIL_0") == 2_000
    assert len(placeholders.rows()) == 1_001
    assert put_back("EMAIL_0 EMAIL_1", real_texts(placeholders.rows())) == "EMAIL_0 a0@b0.example"
    assert placeholders.placeholder("phones", "+14155552671") == "PHONE_1"
    assert Placeholders.of(placeholders.rows()).placeholder("emails", "new@b.example") == "EMAIL_0"


def test_a_key_has_room_for_so_many_characters() -> None:
    """Long texts fill it sooner."""
    placeholders = Placeholders()
    told = [placeholders.placeholder("ids", f"{n}" * 4_000) for n in range(10, 40)]

    assert told[-1] == "ID_0"
    assert len(json.dumps(placeholders.rows())) < 200_000


def test_made_up_names_leave_room_for_those_who_are_there() -> None:
    """Of people who are only spoken of there are fewer; who comes late to the roster has a placeholder yet."""
    placeholders = Placeholders()
    told = [placeholders.placeholder("names", f"Xa{'b' * (n % 90)}{chr(97 + n // 90)}") for n in range(1_200)]

    assert told[-1] == "PERSON_0"
    assert placeholders.add_person("Anna Meyer") == "PERSON_1001"


def test_a_name_without_room_is_still_found() -> None:
    """Too long a display name has no placeholder of its own, and its words get through nowhere."""
    placeholders = Placeholders()
    long = "Zuberiko " + "Okonkwoly" * 30

    assert placeholders.add_person(long) == "PERSON_0"
    assert Redactor().text("and then zuberiko left", placeholders) == "and then PERSON_0 left"
    assert placeholders.rows() == []


def test_a_key_that_was_stored_with_more_is_read() -> None:
    """All that it has is put back."""
    rows = [
        {"placeholder": f"EMAIL_{n}", "kind": "emails", "text": f"a{n}@b.example", "key": f"a{n}@b.example"}
        for n in range(1, 1_501)
    ]

    assert put_back("EMAIL_1500", real_texts(rows)) == "a1500@b.example"
