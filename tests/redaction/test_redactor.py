"""Redaction of texts and windows: what is found, what stays, what is counted, and how long it takes."""

from __future__ import annotations

import copy
import gc
import json
import sys
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.redaction.placeholders import Placeholders
from bridge.redaction.putting_back import put_back_value, real_texts
from bridge.redaction.redactor import Redactor
from bridge.redaction.sensitive import KINDS, RedactionError


def window(*texts: str, **more: Any) -> dict[str, Any]:
    """A window in which Anna Meyer and Mark Bauer speak in turns."""
    people = [{"user_id": "16", "name": "Anna Meyer"}, {"user_id": "17", "name": "Mark Bauer (ACME)"}]
    return {
        "schema": "zoom-window/1",
        "window_id": "stream-anna-1",
        "seq": 1,
        "kind": "live",
        "route": "anna",
        "meeting": {
            "uuid": "anna==",
            "id": "4155552671",
            "topic": "Weekly with Anna",
            "started_at": "2026-11-29T10:00:00Z",
        },
        "stream_id": "stream-anna",
        "from_ms": 1796119200000,
        "to_ms": 1796119260000,
        "participants": people,
        "utterances": [
            {
                "id": f"u-{at:06d}",
                "speaker": people[at % 2]["name"],
                "user_id": people[at % 2]["user_id"],
                "start_ms": 1796119200000 + at,
                "end_ms": 1796119200001 + at,
                "text": text,
                "language": 9,
                "source": "speech",
            }
            for at, text in enumerate(texts)
        ],
        "gaps": [{"from_ms": 1, "to_ms": 2, "reason": "bridge_down"}],
    } | more


def test_a_window_tells_no_name_and_keeps_its_ids() -> None:
    """Topic, participants, speakers and texts are replaced; ids, times and what is ours stay, and the window itself."""
    whole = window("mark can you call anna", "sure anna i will")
    before = copy.deepcopy(whole)
    redacted = Redactor().window(whole, Placeholders())

    said = json.dumps(
        [redacted["meeting"]["topic"], redacted["participants"], redacted["utterances"]]
    ).lower()
    assert whole == before
    assert not any(name in said for name in ("anna", "meyer", "mark", "bauer"))
    assert redacted["meeting"] | {"topic": ""} == whole["meeting"] | {"topic": ""}
    for name in ("window_id", "route", "stream_id", "from_ms", "to_ms", "gaps", "seq", "kind"):
        assert redacted[name] == whole[name]
    assert [person["user_id"] for person in redacted["participants"]] == ["16", "17"]
    assert redacted["utterances"][0] | {"speaker": "", "text": ""} == whole["utterances"][0] | {
        "speaker": "",
        "text": "",
    }


def test_every_field_with_words_is_redacted() -> None:
    """What is asked, what is shared, what earlier meetings tell and what is still open names nobody."""
    earlier = {
        "meeting": {
            "uuid": "e",
            "id": "1",
            "topic": "Anna and Priyanka",
            "started_at": "2026-11-22T10:00:00Z",
        },
        "passages": [window("anna will write to priyanka")["utterances"]],
        "insights": [
            {
                "kind": "action_item",
                "text": "Call Priyanka",
                "owner": "Anna Meyer",
                "due": "when mark is back",
            }
        ],
        "summary": "Anna and Priyanka agreed.",
    }
    still_open = {"meeting": earlier["meeting"], "items": earlier["insights"], "more": 0, "language": "en"}
    ask = {
        "question": "what did anna say",
        "speaker": "Anna Meyer",
        "user_id": "16",
        "source": "speech",
        "utterances": ["u-000000"],
    }
    share = {"path": "p/anna.png", "at_ms": 0, "user_id": "16", "name": "Anna Meyer"}
    whole = window("hello", earlier=[earlier], still_open=still_open, ask=ask, share=share)
    key = Placeholders()
    redacted = Redactor().window(whole, key)

    told = (
        json.dumps([redacted[name] for name in ("earlier", "still_open", "ask")]).lower()
        + redacted["share"]["name"]
    )
    assert not any(name in told for name in ("anna", "meyer", "priyanka", "mark"))
    assert redacted["share"]["path"] == "p/anna.png"
    assert redacted["earlier"][0]["insights"][0]["owner"] == redacted["ask"]["speaker"] == "PERSON_1"
    assert put_back_value(redacted, real_texts(key.rows()))["participants"] == whole["participants"]


def test_what_was_approved_is_redacted() -> None:
    """As it is read: words, owners and who attended; where it is written, ids and evidence stay."""
    insight = {
        "id": "i1", "status": "new", "kind": "action_item", "text": "Call anna.meyer@example.com", "owner": "Mark Bauer",
        "due": None, "evidence": ["u-000001"], "record": {"name": "Anna-12", "url": "https://t.example/12"},
    }  # fmt: skip
    approved = {
        "insights": [insight],
        "summary": {"text": "Anna Meyer spoke.", "attendees": ["Anna Meyer", "Mark Bauer"]},
        "notes": [{"key": "answer:s:r:1", "text": "Mark said so."}],
        "language": "en",
        "of": "live",
    }
    key = Placeholders()
    redacted = Redactor().window(window("hello") | {"kind": "approved", "approved": approved}, key)[
        "approved"
    ]

    assert redacted["insights"][0] | {"text": "", "owner": ""} == insight | {"text": "", "owner": ""}
    told = json.dumps(redacted | {"insights": [redacted["insights"][0] | {"record": None}]}).lower()
    assert not any(name in told for name in ("anna", "meyer", "mark", "bauer"))
    assert put_back_value(redacted, real_texts(key.rows()))["summary"] == approved["summary"]


def told(text: str, owner: str, **more: Any) -> dict[str, Any]:
    """An insight as it was approved."""
    return {
        "id": "i1", "status": "new", "kind": "action_item", "text": text, "owner": owner, "due": None, "evidence": [],
    } | more  # fmt: skip


PEOPLE = [
    {"user_id": str(n), "name": name}
    for n, name in enumerate(("Rose", "Mark", "Will Smith", "Anna Meyer", "佐藤美咲"), 1)
]


def told_again(insight: dict[str, Any]) -> list[dict[str, Any]]:
    """The insight in each field of a window that has some."""
    more = {
        "approved": {"insights": [insight], "open": [insight], "summary": None, "notes": []},
        "still_open": {"items": [insight]},
        "earlier": [{"insights": [insight], "summary": ""}],
    }
    key = Placeholders()
    whole = window(participants=PEOPLE, **more)
    redacted = Redactor().window(whole, key)
    assert put_back_value(redacted, real_texts(key.rows()))["still_open"] == whole["still_open"]
    return [
        *redacted["approved"]["insights"],
        *redacted["approved"]["open"],
        *redacted["still_open"]["items"],
        *redacted["earlier"][0]["insights"],
    ]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("Rose", "PERSON_1"),
        ("Rose and Mark", "PERSON_1 and PERSON_2"),
        ("Will Smith, Rose", "PERSON_3, PERSON_1"),
        ("Mark / Anna Meyer", "PERSON_2 / PERSON_4"),
        ("佐藤美咲", "PERSON_5"),
        ("Okonkwo", "PERSON_6"),
        ("Grace", "PERSON_6"),
        ("the team", "the team"),
        ("Team", "Team"),
        ("Rose & Marketing", "PERSON_1 & Marketing"),
        ("Vertrieb", "Vertrieb"),
        ("QA", "QA"),
    ],
)
def test_an_owner_is_somebody(owner: str, expected: str) -> None:
    """Each who is named, though the name is an ordinary word elsewhere; a team is nobody."""
    assert {insight["owner"] for insight in told_again(told("Send it.", owner))} == {expected}


@pytest.mark.parametrize("owner", ["will", "Anna", "Smith", "rose & WILL"])
def test_an_owner_is_known_by_any_form(owner: str) -> None:
    """A word of the name is enough, in any case."""
    redacted = Redactor().window(
        window(participants=PEOPLE, still_open={"items": [told("", owner)]}), Placeholders()
    )

    assert "PERSON_" in redacted["still_open"]["items"][0]["owner"]
    assert not any(word in redacted["still_open"]["items"][0]["owner"].lower() for word in ("rose", "will"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rose - send the offer", "PERSON_1 - send the offer"),
        ("Owner: Mark", "Owner: PERSON_2"),
        ("Mark the date", "PERSON_2 the date"),
        ("we mark the rose, and will see", "we mark the rose, and will see"),
        ("Will be sent", "Will be sent"),
        ("Roses for the market", "Roses for the market"),
    ],
)
def test_what_was_put_back_goes_out_replaced(text: str, expected: str) -> None:
    """Where it stands as it is put back, or as a name between dashes and colons; nothing else of it."""
    assert {insight["text"] for insight in told_again(told(text, ""))} == {expected}


def test_every_field_of_what_was_approved_is_redacted() -> None:
    """Whatever a component calls it; ids, kinds and where it is written stay."""
    record = {"name": "Anna Meyer 12", "url": "https://t.example/Anna", "title": "Anna Meyer"}
    insight = told(
        "Send it.",
        "Rose",
        quote="Rose: write to a@b.example",
        details={"said": ["Anna Meyer wants it"]},
        engine="Rose",
        url="https://t.example/?Anna",
        record=record,
    )
    redacted = Redactor().window(
        window(participants=PEOPLE, approved={"insights": [insight]}), Placeholders()
    )["approved"]["insights"][0]

    assert redacted["quote"] == "PERSON_1: write to EMAIL_1"
    assert redacted["details"] == {"said": ["PERSON_4 wants it"]}
    kept = ("id", "status", "kind", "evidence", "engine", "url", "record")
    assert {name: redacted[name] for name in kept} == {name: insight[name] for name in kept}


def test_placeholders_are_the_same_in_later_windows() -> None:
    """The key that was stored gives everybody the same placeholder in the next window."""
    key = Placeholders()
    first = Redactor().window(window("ask tyler", "call +1 415 555 2671"), key)
    again = Placeholders.of(key.rows())
    second = Redactor().window(window("tyler is here", "it was +1 415 555 2671"), again)

    assert first["participants"] == second["participants"]
    assert first["utterances"][0]["text"] == "ask PERSON_3"
    assert second["utterances"][0]["text"] == "PERSON_3 is here"
    assert second["utterances"][1]["text"].endswith("PHONE_1")


def test_only_wanted_kinds_are_replaced_and_counted() -> None:
    """Counts tell how often, and nothing of what."""
    redactor = Redactor(kinds=["emails", "words", "ids"], words=["Projekt Falke"], patterns=[r"\bKD-\d{4}\b"])

    text = redactor.text(
        "anna: a@b.example, projekt  falke, KD-1234, kd-1234, +1 415 555 2671", Placeholders()
    )

    assert text == "anna: EMAIL_1, WORD_1, ID_1, kd-1234, +1 415 555 2671"
    assert redactor.counts == {"emails": 1, "words": 1, "ids": 1}


def test_an_unknown_kind_is_refused() -> None:
    """A misspelt kind would leave something in; it is an error that names the kinds there are."""
    with pytest.raises(RedactionError, match="phones"):
        Redactor(kinds=["telephones"])


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|aa)*",
        "(?:x{2,9}){3,}",
        r"(\w)\1",
        "a*b*c*d*",
        "[0-9]{1,5000}",
        "",
        "x" * 201,
        "(",
        "a*",
        r"(?P<a>x)(?P=a)",
        r"(x)?(?(1)a|b)",
    ],
)
def test_patterns_that_could_take_long_are_refused(pattern: str) -> None:
    """The error tells which pattern it is, not what stands in it."""
    with pytest.raises(RedactionError) as caught:
        Redactor(patterns=["ok", pattern])

    assert "Pattern 2" in str(caught.value)
    assert not pattern or pattern not in str(caught.value)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"[A-Z]{2}-\d+", "XY-12345"),
        (r"(?i)emp\d{3,}", "EMP000123"),
        (r"(?:KD|RE)[ -]?\d{4,8}", "RE 00012"),
        (r"(?<=order )\w+", "A17B"),
        (r"\d{3}\.\d{3}\.\d{3}-\d{2}", "529.982.247-25"),
    ],
)
def test_usual_patterns_find_what_they_say(pattern: str, text: str) -> None:
    """Repeats, choices, looks back and case are allowed."""
    assert (
        Redactor(kinds=["ids"], patterns=[pattern]).text(f"the order {text} is late", Placeholders())
        == "the order ID_1 is late"
    )


def test_hostile_patterns_and_texts_end() -> None:
    """The slowest patterns that are allowed are through 20 kB of the worst text in a few seconds of one processor."""
    redactor = Redactor(kinds=["ids"], patterns=[r"\d+\d+x", r"[a-z]+ [a-z]+ \d"])
    begun = time.process_time()
    redactor.text("1" * 10_000 + "a " * 5_000, Placeholders())

    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    "piece",
    [
        "1 ",
        "one ",
        "a@",
        "a",
        "12 a street ",
        "calle a ",
        "田中",
        "a dot ",
        "at b dot ",
        ":",
        "PERSON_",
        "de12 ",
        "イチ",
        "http://",
        "o'",
        "+1",
        "b4111111111111111",
        "_",
        "b@c.de_",
    ],
)
def test_time_grows_no_faster_than_the_text(piece: str) -> None:
    """Eight times the text takes about eight times as long: a square would take 64 times."""

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        begun = time.process_time()
        Redactor().text(text, Placeholders())
        return time.process_time() - begun

    seconds(500)
    gc.disable()  # a collection of the whole heap takes longer than a short text
    try:
        short, long = max(seconds(2_000), seconds(2_000), 0.004), min(seconds(16_000), seconds(16_000))
    finally:
        gc.enable()

    assert long < 24 * short


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"[A-Z]{2}\d+", "AB1" * 6_000), (r"\w", "a" * 20_000), ("_", "_" * 20_000), (r"\w", "a_" * 10_000)],
)
def test_many_spans_in_a_text_without_blanks(pattern: str, text: str) -> None:
    """They are one; a look at the rest of the text for each of them would take minutes."""
    begun = time.process_time()
    redacted = Redactor(kinds=["ids"], patterns=[pattern]).text(text, Placeholders())

    assert redacted == "ID_1"
    assert time.process_time() - begun < 4


def test_many_names_without_spaces() -> None:
    """A text is looked through once, however many people there are."""
    families, givens = "佐鈴高田伊渡山中小加", "藤木橋村東辺本島林井"
    people = [f"{a}{b}{c}" for a in families for b in givens for c in "誠浩隆修剛学"]
    placeholders = Placeholders()
    redactor = Redactor(people=people, languages=["ja"])
    redactor.text("", placeholders)
    begun = time.process_time()
    told = {redactor.text(f"では{name}に頼みます", placeholders) for name in people[:200]}

    assert len(told) == 200
    assert not [text for text in told if "PERSON_" not in text]
    assert time.process_time() - begun < 3


LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789._+-", min_size=1, max_size=20).map(
    lambda text: f"a{text}z"
)
DOMAIN = st.sampled_from(["example.com", "mail.example.co.uk", "beispiel.de", "ejemplo.mx"])


@given(LOCAL, DOMAIN, st.sampled_from(["write to {} please", "{}", "メールは{}です", "(<{}>)", "{}, {}"]))
@settings(max_examples=150, deadline=None)
def test_no_written_address_gets_through(local: str, domain: str, around: str) -> None:
    """Whatever an e-mail address is made of and stands in, neither side of it is left."""
    address = f"{local}@{domain}"
    redacted = Redactor().text(around.replace("{}", address), Placeholders())

    assert local not in redacted
    assert domain not in redacted


@given(st.integers(10**13, 10**14 - 1), st.sampled_from(["", " ", "-"]))
@settings(max_examples=150, deadline=None)
def test_no_card_gets_through(number: int, between: str) -> None:
    """A number with a right check digit, written as one or in groups of four, is replaced."""
    digits = f"4{number}"
    total = sum(sum(divmod(int(digit) * (2 if at % 2 == 0 else 1), 10)) for at, digit in enumerate(digits))
    digits += str(-total % 10)
    written = between.join(digits[at : at + 4] for at in range(0, 16, 4))

    assert Redactor().text(f"the card is {written} ok", Placeholders()) == "the card is CARD_1 ok"


@given(st.integers(0, 9_999_999), st.sampled_from(["+1 415 {} {}", "(415) {}-{}", "415-{}-{}", "+1415{}{}"]))
@settings(max_examples=150, deadline=None)
def test_no_telephone_number_gets_through(number: int, form: str) -> None:
    """A number of the country, written in one of its usual ways, is replaced."""
    digits = f"2{number % 1_000_000:06d}"
    written = form.format(digits[:3], digits[3:])

    assert (
        Redactor().text(f"please call me on {written} today", Placeholders())
        == "please call me on PHONE_1 today"
    )


def test_all_kinds_are_replaced_unless_told_otherwise() -> None:
    """Whoever names no kind gets all of them."""
    assert Redactor().kinds == KINDS


@pytest.mark.parametrize(
    ("module", "package", "text"),
    [
        ("stdnum.luhn", "python-stdnum", "4111 1111 1111 1111"),
        ("phonenumbers", "phonenumbers", "(212) 555-0187"),
    ],
)
def test_a_missing_package_is_named(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str, text: str
) -> None:
    """Without a package nothing is redacted by halves: the error says what to install, and nothing of the text."""
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(RedactionError, match=package) as caught:
        Redactor(kinds=["cards", "phones"]).text(f"it is {text} now", Placeholders())

    assert text not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "the project is late and our manager knows",
        "a designer should look at the user interface",
        "will the bill be ready in may",
        "we mark the rose version as done",
    ],
)
def test_words_of_a_display_name_that_are_no_name_stay(text: str) -> None:
    """People who are called by their role, or by a word, do not take the word away from everybody."""
    people = ["Project Manager", "Industrial Designer", "User Interface", "Will Rose", "Mark Bill", "May Lin"]

    assert Redactor(people=people).text(text, Placeholders()) == text


def test_a_window_of_five_hundred_utterances_is_quick() -> None:
    """It takes a fifth of a second of an idle processor; ten times as much is a fault."""
    whole = window(
        *["so i think we should ask tyler about the numbers and then call the customer on monday"] * 500
    )
    Redactor().window(whole, Placeholders())
    begun = time.process_time()
    Redactor().window(whole, Placeholders())

    assert time.process_time() - begun < 2
