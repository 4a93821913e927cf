"""The languages in which people are told things."""

from __future__ import annotations

import dataclasses
import string

import pytest

CODES = ["en", "de", "es", "fr", "pt", "ja"]


@pytest.fixture
def languages(piece):
    return piece("languages")


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_every_label(languages, code: str) -> None:
    """No label is missing or left in English but where it is the same word there."""
    english, labels = languages.labels_in("en"), languages.labels_in(code)
    assert labels.kinds.keys() == english.kinds.keys()
    for field in dataclasses.fields(labels):
        value = getattr(labels, field.name)
        assert value
        if isinstance(value, str):
            wanted = {
                name for _, name, _, _ in string.Formatter().parse(getattr(english, field.name)) if name
            }
            has = {name for _, name, _, _ in string.Formatter().parse(value) if name}
            assert has == wanted or has <= {"label", "lower"}, field.name
    if code != "en":
        assert sum(labels.kinds[kind] != english.kinds[kind] for kind in labels.kinds) >= 5


@pytest.mark.parametrize(
    ("code", "due", "told"),
    [
        ("en", "Friday", "by Friday"),
        ("en", "before the call", "before the call"),
        ("de", "Freitag", "bis Freitag"),
        ("de", "Ende der Woche", "Ende der Woche"),
        ("es", "viernes", "para viernes"),
        ("es", "antes del viernes", "antes del viernes"),
        ("fr", "vendredi", "pour vendredi"),
        ("fr", "d'ici vendredi", "d'ici vendredi"),
        ("pt", "sexta", "até sexta"),
        ("pt", "amanhã", "amanhã"),
        ("ja", "金曜日", "金曜日まで"),
        ("ja", "来週中", "来週中"),
    ],
)
def test_a_due_date_is_told_in_the_language(piece, code: str, due: str, told: str) -> None:
    """A date that says by itself when gets nothing in front."""
    insight = {"text": "X", "owner": "Dana", "due": due}
    assert piece("wording").write_point(insight, code) == f"Dana - X ({told})"


@pytest.mark.parametrize("code", [*CODES, "", None, "xx"])
def test_news_are_written_in_their_language(piece, code) -> None:
    """Labels, changes and the heads of a summary; a language without a table has English ones."""
    text, labels = piece("news_text"), piece("languages").labels_in(code)
    insight = {"id": "i", "kind": "decision", "text": "X", "owner": None, "due": None, "status": "new"}
    changed = text.plain(text.write_insight(insight | {"status": "changed"}, code))
    news = {"meeting": {"topic": "T"}, "summary": {"text": "S", "attendees": ["A"]}, "insights": [insight]}
    summary = text.plain(text.write_summary(news | {"language": code}))

    assert text.plain(text.write_insight(insight, code)) == f"{labels.kinds['decision'][0]}: X"
    assert changed != f"{labels.kinds['decision'][0]}: X"
    assert summary.startswith(f"{labels.summary} - T")
    assert f"{labels.attendees}: A" in summary
    assert f"{labels.kinds['decision'][1]}:\n- X" in summary


@pytest.mark.parametrize(
    ("chosen", "spoken", "code"),
    [
        ("Automatic", [14, 14, 9], "de"),
        ("", [12, 13, 9], "fr"),
        (None, [None, -1, 24], ""),
        ("Automatic", [], ""),
        ("German", [9], "de"),
        ("japanese", [9], "ja"),
        ("pt", [9], "pt"),
        ("Italian", [9], ""),
    ],
)
def test_the_meetings_language_is_what_most_of_it_was_said_in(languages, chosen, spoken, code: str) -> None:
    """Automatic goes by Zoom's ids of languages; what is chosen goes by its name."""
    assert languages.code_of(chosen, [{"language": language} for language in spoken]) == code


def test_the_model_is_told_the_language_by_name(languages) -> None:
    """Automatic is whatever the question at hand calls so; any language may be named."""
    assert languages.told_in("Automatic", "the language of the meeting") == "the language of the meeting"
    assert languages.told_in("", "that of the question") == "that of the question"
    assert languages.told_in("de", "x") == "German"
    assert languages.told_in("Swiss German", "x") == "Swiss German"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Deutsch", "de"), ("de-DE", "de"), ("German (informal)", "de"), ("Español", "es"), ("pt-BR", "pt"),
        ("Brazilian Portuguese", "pt"), ("日本語", "ja"), ("Klingon", ""), ("deutlich", ""),
    ],
)  # fmt: skip
def test_a_language_is_known_by_any_of_its_names(languages, typed, code) -> None:
    """Its own, its code, and with a word about it."""
    assert languages.code_of(typed, []) == code
