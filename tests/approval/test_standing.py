"""What waits, and what a press does, decided from runs and verdicts alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from bridge.approval.standing import standing_of
from bridge.approval.wish import Wish, verdict_on
from bridge.domain import Decision, RunStatus, WindowKind
from bridge.errors import DecisionRefused, WordingRefused
from bridge.flow.news import LONGEST_LINE, LONGEST_TEXT, LONGEST_WORD
from tests.approval.values import SCHEMA, finding, note, run, waiting_news, window_of

POST, NO = Decision.POST, Decision.NO


class Table:
    """Runs and verdicts of one stream, decided on one after the other."""

    def __init__(self, *runs: Any) -> None:
        self.runs, self.verdicts = list(runs), []

    @property
    def standing(self) -> Any:
        return standing_of(self.runs, self.verdicts)

    def waits(self) -> list[tuple[str, str]]:
        return [(each.item.id, each.item.text) for each in self.standing.waiting]

    def press(
        self, name: str, decision: Decision = POST, *, digest: str = "", route: str = "notes", **words: Any
    ):
        waiting = self.standing.waits(route, name)
        wish = Wish(
            route=route,
            item=name,
            digest=digest or (waiting.item.digest if waiting else ""),
            decision=decision,
            **words,
        )
        verdict = verdict_on(self.standing, wish, self.verdicts, stream_id="s1", who="Dana", at_ms=7)
        self.verdicts.append(verdict)
        return verdict

    def approved(self) -> dict[str, Any]:
        given = json.loads(self.verdicts[-1].approved)
        jsonschema.validate(window_of(given), SCHEMA)
        return given


def test_what_a_run_found_waits_if_its_news_say_so() -> None:
    """Insights in order of first appearance, the summary, and notes; what other runs found does not."""
    told = waiting_news(finding("i-1", "send it"), notes=[note("k", "over budget")], summary="They met.")
    table = Table(run(1, told), run(2, {"schema": "zoom-news/1", "insights": [finding("i-9", "not this")]}))
    assert [text for _, text in table.waits()] == ["send it", "They met.", "over budget"]
    assert len({name for name, _ in table.waits()}) == 3


@pytest.mark.parametrize(
    "news",
    [
        "",
        "[]",
        '{"approve": 1, "insights": [{"id": "i", "text": "t"}]}',
        '{"approve": true, "insights": [1, {"id": 5, "text": "t"}, {"id": "i", "text": "\\u0000 "}], "summary": [], "notes": "x"}',
        '{"approve": true, "insights": {"id": "i"}, "summary": {"text": 4}, "notes": [{"key": 1, "text": "t"}]}',
    ],
)
def test_news_of_another_shape_wait_for_nobody(news: str) -> None:
    """Whatever a flow answers."""
    waiting = standing_of([replace(run(1, {}), news=news)], []).waiting
    assert [each for each in waiting if each.item.text not in ("\ufffd",)] == []


def test_it_is_posted_as_the_flow_gave_it() -> None:
    """Evidence, answer and what made it go with it."""
    given = finding(
        "i-1", "send it", owner="Dana", answer={"text": "See 4.", "source": "FAQ"}, engine="rules"
    )
    table = Table(run(1, waiting_news(given, language="de")))
    verdict = table.press("insight:i-1")

    assert (verdict.n, verdict.text, verdict.owner, verdict.who, verdict.at_ms) == (
        1,
        "send it",
        "Dana",
        "Dana",
        7,
    )
    assert table.approved()["insights"] == [given]
    assert (table.approved()["language"], table.approved()["of"]) == ("de", "live")
    assert table.waits() == []


def test_nothing_goes_out_that_nobody_could_read() -> None:
    """What stands beside the words is shown, bounded, and part of what was decided on; the rest stays behind."""
    beside = {
        "answer": {"text": "A" * (LONGEST_LINE + 9), "source": "FAQ"},
        "record": {"name": "T-1", "url": "https://x.example/1"},
    }
    table = Table(run(1, waiting_news(finding("i-1", "send it", **beside, secret="never shown"))))
    [waiting] = table.standing.waiting
    assert waiting.item.beside == ("FAQ", "T-1: https://x.example/1")
    others = [
        beside | {"answer": beside["answer"] | {"source": "Wiki"}},
        beside | {"record": {"name": "T-2"}},
    ]
    for other in others:
        [told] = standing_of([run(1, waiting_news(finding("i-1", "send it", **other)))], []).waiting
        assert told.item.digest != waiting.item.digest
    table.press("insight:i-1")
    [insight] = table.approved()["insights"]
    assert insight["answer"] == {"text": waiting.item.answer, "source": "FAQ"}
    assert insight["record"] == beside["record"]
    assert "secret" not in insight
    assert table.waits() == []


def test_whom_a_summary_names_is_decided_on() -> None:
    """The people are shown beside its words, and others than those are another wording."""
    told = waiting_news(summary="They met.")
    table = Table(run(1, told))
    assert table.standing.waiting[0].item.beside == ("Dana",)
    table.press("summary")
    assert table.approved()["summary"] == {"text": "They met.", "attendees": ["Dana"]}
    table.runs.append(run(2, told | {"summary": {"text": "They met.", "attendees": ["Dana", "Eve"]}}))
    assert table.waits() == [("summary", "They met.")]


def test_it_is_posted_as_it_was_edited() -> None:
    """Words, owner and day; each on one line and storable, whatever somebody types."""
    table = Table(run(1, waiting_news(finding("i-1", "send it", owner="Dana", due="Friday"))))
    hostile = "<script>\r\n\x00\u202e" + "x" * 3_000
    verdict = table.press("insight:i-1", text=hostile, owner="", due="Mon\nday")

    [insight] = table.approved()["insights"]
    assert insight["text"] == verdict.text
    assert verdict.text.startswith("<script> ")
    assert verdict.text.endswith("x" * 3_000)
    assert verdict.text.isprintable()
    assert (insight["owner"], insight["due"]) == (None, "Mon day")
    assert table.waits() == []


def test_a_summary_and_a_note_keep_their_lines() -> None:
    """As they are edited; browsers end each line with two characters, of which people typed one."""
    table = Table(
        run(1, waiting_news(summary="They met.\n- one", notes=[note("k", "a\nb")]), kind=WindowKind.FINAL)
    )
    lines = "\n".join(["They met.", "", *("y" * 19 for _ in range(1_999))])
    table.press("summary", text=lines.replace("\n", "\r\n"))
    summary = table.approved()["summary"]
    assert summary["text"] == lines
    assert (summary["attendees"], table.approved()["of"]) == (["Dana"], "final")
    [name] = [name for name, _ in table.waits()]
    table.press(name)
    assert table.approved()["notes"] == [{"key": "k", "text": "a\nb"}]


def test_what_goes_out_is_what_was_read() -> None:
    """A paragraph is read to its end, and an edit of its end counts; what is too long to be read does not go out unread."""
    minutes = "They met. " + "word " * 1_500 + "The end."
    table = Table(run(1, waiting_news(summary=minutes), kind=WindowKind.FINAL))
    assert table.waits() == [("summary", minutes)]
    table.press("summary", text=f"{minutes} Edited.")
    assert table.approved()["summary"]["text"] == f"{minutes} Edited."

    for words, longest in ((finding("i-1", "x " * 9_000), LONGEST_LINE), ("y " * 90_000, LONGEST_TEXT)):
        news = waiting_news(words) if isinstance(words, dict) else waiting_news(summary=words)
        table = Table(run(1, news, kind=WindowKind.FINAL))
        [(name, read)] = table.waits()
        table.press(name)
        told = table.approved()
        [given] = told["insights"] or [told["summary"]]
        assert given["text"] == read
        assert len(read) <= longest


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"text": "x" * (LONGEST_LINE + 1)}, "4,001 characters are too many: at most 4,000"),
        ({"owner": "x" * (LONGEST_WORD + 1)}, "201 characters are too many: at most 200"),
        ({"due": "x" * 5_000}, "at most 200"),
    ],
)
def test_what_is_too_long_is_not_cut_off(words: dict[str, str], told: str) -> None:
    """Nobody posts half of what they typed without knowing it."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"), summary="They met."), kind=WindowKind.FINAL))
    with pytest.raises(WordingRefused, match=told):
        table.press("insight:i-1", **words)
    with pytest.raises(WordingRefused, match="at most 40,000"):
        table.press("summary", text="y" * (LONGEST_TEXT + 1))
    assert table.verdicts == []


def test_no_words_are_not_posted() -> None:
    """Blanks are none; *no* needs none."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    with pytest.raises(WordingRefused):
        table.press("insight:i-1", text=" \x00\n".replace("\x00", "\t"))
    assert table.press("insight:i-1", NO, text="").approved == ""
    assert table.verdicts[-1].text == "send it"


def test_what_was_decided_is_not_decided_again() -> None:
    """Nor what nobody knows."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    digest = table.standing.waiting[0].item.digest
    table.press("insight:i-1", NO)
    for name, told in (("insight:i-1", "decided on this already"), ("insight:i-2", "Nothing of this name")):
        with pytest.raises(DecisionRefused, match=told):
            table.press(name, digest=digest)


def test_what_changed_meanwhile_has_to_be_read_first() -> None:
    """The press was about other words."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    digest = table.standing.waiting[0].item.digest
    table.runs.append(run(2, waiting_news(finding("i-1", "send it", due="Friday", status="changed"))))
    with pytest.raises(DecisionRefused, match="changed this meanwhile"):
        table.press("insight:i-1", digest=digest)
    table.press("insight:i-1")
    assert table.approved()["insights"][0]["status"] == "new"  # nobody was told of the first words


def test_a_change_after_a_verdict_waits_again() -> None:
    """As a change where something went out; words that went out, or were declined, do not."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    table.press("insight:i-1", text="send it signed")
    table.runs.append(run(2, waiting_news(finding("i-1", "send it signed"))))
    table.runs.append(run(3, waiting_news(finding("i-1", "send it"))))
    assert table.waits() == []
    table.runs.append(run(4, waiting_news(finding("i-1", "send it", due="Friday"))))
    assert table.waits() == [("insight:i-1", "send it")]
    table.press("insight:i-1", NO)
    table.runs.append(run(5, waiting_news(finding("i-1", "send it"))))
    assert table.waits() == [("insight:i-1", "send it")]  # the last verdict was on other words
    table.press("insight:i-1")
    assert table.approved()["insights"][0]["status"] == "changed"


def test_a_summary_lists_what_went_out() -> None:
    """In its latest words, without what was declined or belongs to another route."""
    table = Table(
        run(1, waiting_news(finding("i-1", "send it"), finding("i-2", "call them"))),
        replace(run(2, waiting_news(finding("i-3", "elsewhere"))), route="other"),
        run(3, waiting_news(summary="They met."), kind=WindowKind.FINAL),
    )
    table.press("insight:i-1", text="send it signed")
    table.press("insight:i-2", NO)
    table.press("insight:i-3", route="other")
    table.press("summary")
    assert [each["text"] for each in table.approved()["open"]] == ["send it signed"]
    assert all("status" not in each for each in table.approved()["open"])


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (None, "waits for its turn"),
        (RunStatus.PENDING, "on its way"),
        (RunStatus.DONE, "went out"),
        (RunStatus.FAILED, "did not go out: its run was given up"),
    ],
)
def test_what_became_of_a_verdict_is_told_by_its_window(status: RunStatus | None, state: str) -> None:
    """Its run's status, in words."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    verdict = table.press("insight:i-1")
    if status is not None:
        table.verdicts = [replace(verdict, window_id="s1:notes:2")]
        table.runs.append(replace(run(2, {}, kind=WindowKind.APPROVED), status=status))
    assert [each.state for each in table.standing.decided] == [state]


def test_what_was_declined_is_told_so() -> None:
    """It has no window."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    table.press("insight:i-1", NO)
    assert [each.state for each in table.standing.decided] == ["declined"]


def given_up(verdict: Any, status: RunStatus = RunStatus.FAILED) -> Any:
    """The run that was to take a verdict to its flow."""
    return replace(
        run(verdict.n + 50, {}, kind=WindowKind.APPROVED), window_id=f"w{verdict.n}", status=status
    )


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (RunStatus.FAILED, "new"),
        (RunStatus.DONE, "changed"),
        (RunStatus.PENDING, "changed"),
        (None, "changed"),
    ],
)
def test_what_nobody_was_told_of_is_not_told_as_changed(status: RunStatus | None, told: str) -> None:
    """An earlier wording counts where it went out or goes first, not where its run was given up."""
    table = Table(run(1, waiting_news(finding("i-1", "send it"))))
    first = table.press("insight:i-1")
    if status is not None:
        table.verdicts[0] = replace(first, window_id="w1")
        table.runs.append(given_up(first, status))
    table.runs.append(run(2, waiting_news(finding("i-1", "send it signed"), summary="They met.")))
    table.press("summary")
    opened = [each["text"] for each in table.approved()["open"]]
    assert opened == ([] if status is RunStatus.FAILED else ["send it"])
    table.press("insight:i-1", text="send it signed today")
    assert table.approved()["insights"][0]["status"] == told


def test_what_waits_is_found_by_its_name() -> None:
    """However much waits: no other item is looked at."""
    table = Table(run(1, waiting_news(*(finding(f"i-{n}", f"do {n}") for n in range(50)))))
    standing = table.standing
    assert [standing.waits("notes", f"insight:i-{n}") for n in range(50)] == [*standing.waiting]
    assert standing.waits("other", "insight:i-1") is None

    class Watched(dict[Any, Any]):
        def values(self) -> Any:
            raise AssertionError("all were looked at")

        def __iter__(self) -> Any:
            raise AssertionError("all were looked at")

    assert replace(standing, open=Watched(standing.open)).waits("notes", "insight:i-7").item.text == "do 7"
