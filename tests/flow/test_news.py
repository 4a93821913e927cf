"""What a flow found, kept and read again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import Run, RunStatus, WindowKind
from bridge.flow.news import MOST_CHARACTERS, Insight, Summary, found_in, kept

RUN = Run(
    window_id="s:r:1",
    stream_id="s",
    route="r",
    seq=1,
    kind=WindowKind.LIVE,
    status=RunStatus.DONE,
    attempts=1,
    output="",
    error="",
)
PROMISE: dict[str, Any] = {
    "id": "i-1",
    "kind": "action_item",
    "text": "Send the contract",
    "owner": "Dana",
    "due": "by Friday",
    "evidence": ["u-000003", "u-000004"],
    "status": "new",
    "engine": "rules",
}


def news(*insights: object, **more: object) -> dict[str, Any]:
    return {
        "schema": "zoom-news/1",
        "session_id": "zoom-x",
        "meeting": {"uuid": "m=="},
        "insights": list(insights),
    } | more


def run(told: object, seq: int = 1, route: str = "r") -> Run:
    return replace(RUN, seq=seq, route=route, window_id=f"s:{route}:{seq}", news=kept(told))


def insights_of(runs: list[Run]) -> list[Insight]:
    return list(found_in(runs).insights)


def summary_of(runs: list[Run]) -> Summary | None:
    return found_in(runs).summary


def test_an_insight() -> None:
    """What was found is read with who, when, and which words show it."""
    (found,) = insights_of([run(news(PROMISE))])
    assert (found.kind, found.text, found.owner, found.due) == (
        "action_item",
        "Send the contract",
        "Dana",
        "by Friday",
    )
    assert found.evidence == ("u-000003", "u-000004")
    assert (found.window_id, found.record_url, found.answer) == ("s:r:1", "", "")


def test_the_latest_wording_stands_where_the_first_stood() -> None:
    """An insight that was told again is one, in its new words, in its old place; another route's is another."""
    later = PROMISE | {"text": "Send the signed contract", "status": "changed"}
    other = PROMISE | {"id": "i-2", "text": "Book a room"}
    found = insights_of(
        [run(news(PROMISE)), run(news(other), 2), run(news(later), 3), run(news(PROMISE), 1, "b")]
    )
    assert [(each.route, each.text) for each in found] == [
        ("r", "Send the signed contract"),
        ("r", "Book a room"),
        ("b", "Send the contract"),
    ]


def test_what_is_kept() -> None:
    """What says which meeting it was is kept once, with the window; a run that found nothing keeps nothing."""
    assert json.loads(kept(news(PROMISE, language="de"))) == {
        "schema": "zoom-news/1",
        "insights": [PROMISE],
        "language": "de",
    }
    assert kept(news(language="de")) == ""


def nested(deep: int) -> Any:
    """Objects and lists in each other."""
    value: Any = 1
    for n in range(deep):
        value = [value] if n % 2 else {"a": value}
    return value


@pytest.mark.parametrize(
    "other",
    [
        None,
        [],
        "x",
        {},
        {"schema": "zoom-news/2", "insights": [PROMISE]},
        news(PROMISE, summary={"text": "x" * MOST_CHARACTERS}),
        news({1, 2}),
        news(PROMISE, {"id": "i", "text": "Deep.", "more": nested(900)}),
        news(PROMISE, {"id": "i", "text": "Deeper.", "more": nested(100_000)}),
    ],
    ids=["nothing", "list", "text", "empty", "another schema", "enormous", "no JSON", "deep", "deeper"],
)
def test_what_is_no_news(other: object) -> None:
    """Whatever else a flow of somebody's tells is passed over; its text is an answer all the same."""
    assert kept(other) == ""


def test_a_record_can_be_opened() -> None:
    """A ticket's address is one that a browser may follow, or none."""
    record = {"record": {"name": "OPS-1", "url": "https://jira.example/browse/OPS-1"}}
    assert insights_of([run(news(PROMISE | record))])[0].record_url == "https://jira.example/browse/OPS-1"
    for url in (
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a.example/ b",
        7,
        " javascript:https://x",
    ):
        (found,) = insights_of([run(news(PROMISE | {"record": {"name": "OPS-1", "url": url}}))])
        assert (found.record_name, found.record_url) == ("OPS-1", "")


def test_texts_are_one_line() -> None:
    """Nothing that was found looks like two lines or turns what stands beside it."""
    (found,) = insights_of([run(news(PROMISE | {"text": "a\nb\u202ec\x1b[31m", "owner": "D" * 999}))])
    assert found.text == "a bc [31m"
    assert len(found.owner) == 200


def test_the_newest_minutes() -> None:
    """Of several summaries the newest counts; its lines stay lines."""
    first = run(news(summary={"text": "One.", "attendees": ["Dana"]}))
    second = run(news(summary={"text": "Two.\n\nThree.", "attendees": ["Dana", 7, "Lee"]}), 2)
    assert summary_of([first, second, run(news(PROMISE), 3)]) == Summary(
        text="Two.\n\nThree.", attendees=("Dana", "Lee"), route="r", window_id="s:r:2"
    )
    assert summary_of([run(news(PROMISE))]) is None


def test_a_paragraph_of_minutes_is_told_to_its_end() -> None:
    """Endpoints, files and pages have all of it, up to what minutes may have."""
    minutes = f"{'word ' * 2_000}The end."
    told = summary_of([run(news(summary={"text": minutes, "attendees": []}))])
    assert told is not None
    assert told.text == minutes


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("They met.\n\nTwice.", [("text", "They met."), ("text", "Twice.")]),
        (
            "**Decided**\n\n- Ship **it**\n* Wait",
            [("heading", "Decided"), ("item", "Ship it"), ("item", "Wait")],
        ),
        ("## To do:\n1. one", [("heading", "To do"), ("text", "1. one")]),
        ("**Dana** sends it", [("text", "Dana sends it")]),
        ("**To do:**", [("heading", "To do")]),
        ("**\n-\n# ", [("text", "-")]),
    ],
)
def test_the_lines_of_minutes(text: str, lines: list[tuple[str, str]]) -> None:
    """Headings and lists are told apart and lose their marks; all else stays as it was written."""
    summary = Summary(text=text, attendees=(), route="r", window_id="w")
    assert [(line.kind, line.text) for line in summary.lines] == lines


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "text", "kind", "owner", "evidence", "record", "answer", "url", "attendees"]
            ),
            inner,
            max_size=5,
        )
    ),
)


@given(anything, anything, anything)
def test_any_news(insights: object, summary: object, notes: object) -> None:
    """No shape whatever breaks the reading, and what is read can be shown."""
    told = run({"schema": "zoom-news/1", "insights": insights, "summary": summary, "notes": notes})
    for found in insights_of([told]):
        assert found.id
        assert found.text == " ".join(found.text.split())
    summary_of([told])
