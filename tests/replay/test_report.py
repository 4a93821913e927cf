"""The report as HTML and Markdown: all of it, and nothing that a meeting could make of it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from bridge.domain import RunStatus
from bridge.publish.difference import Difference
from bridge.replay.compare import side_by_side
from bridge.replay.figures import figures, in_lines
from bridge.replay.junit import as_junit
from bridge.replay.outcome import Between, Outcome
from bridge.replay.reference import read_reference
from bridge.replay.report import html, markdown
from bridge.replay.score import scores
from tests.replay.made import CONTRACT, FAX, QUOTED, answer, insight, meeting, outcome, trial
from tests.replay.test_score import FILE

HOSTILE = (
    "</script><script>alert(1)</script>\" onmouseover='x' {{7*7}} | `a` [b](javascript:c) \u202eevil\x1b[31m"
)
BETWEEN = Between(
    one="rules",
    other="model",
    differences=(Difference(what="Zoom Meeting Insights: Kinds", one=("Decisions",), other=("Risks",)),),
)


class Reader(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def made() -> Outcome:
    return outcome(
        trial("rules", answer(1, QUOTED, closed_s=20), answer(2, FAX, closed_s=90), tokens=0),
        trial("model", answer(1, CONTRACT, closed_s=60, text="Told."), tokens=1234),
        between=(BETWEEN,),
    )


def test_everything_is_in_it() -> None:
    """Words, findings, who was first, what is missing, numbers, what differs, and scores where there is a reference."""
    page = html(made(), side_by_side(made()), scores(made(), read_reference(FILE, "it")))
    text = " ".join(" ".join(read(page).text).split())

    for told in (
        "send the contract to the supplier by Friday",
        "The fax is dropped",
        "not found",
        "first",
        "1,234",
        "Zoom Meeting Insights: Kinds",
        "Precision",
        "Who pays for the scanner",
        "missed by rules, model",
        "right",
    ):
        assert told in text
    assert "Precision" not in html(made(), side_by_side(made()))


def test_nothing_is_loaded_and_only_its_own_script_runs() -> None:
    """No address stands in it that a browser would follow by itself, and the policy names its style and script alone."""
    page = html(made(), side_by_side(made()))
    reader = read(page)

    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?!#)[^#"'\s>]""", page.replace("link.href = URL", ""))
    assert "url(" not in page
    [policy] = [fields["content"] for tag, fields in reader.elements if fields.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert [tag for tag, _ in reader.elements].count("script") == 1


def test_hostile_words_show_as_text() -> None:
    """Whatever a meeting, a flow or a file is called: no element, attribute, template or turn of direction comes of it."""
    bad = insight("x", HOSTILE, 1, kind=HOSTILE[:60], owner=HOSTILE, due=HOSTILE)
    hostile = outcome(
        trial(HOSTILE, answer(1, bad, text=HOSTILE, minutes=HOSTILE), of=HOSTILE),
        trial("b", answer(1, status=RunStatus.FAILED, error=HOSTILE), of=HOSTILE, stopped=HOSTILE),
        meetings=(meeting(HOSTILE, [f"{HOSTILE.replace(': ', '')}: {HOSTILE}"]),),
        between=(
            Between(
                one=HOSTILE, other="b", differences=(Difference(what=HOSTILE, one=(HOSTILE,), other=()),)
            ),
        ),
    )
    page = html(hostile, side_by_side(hostile))
    reader, plain = read(page), read(html(made(), side_by_side(made())))

    assert {tag for tag, _ in reader.elements} <= {tag for tag, _ in plain.elements} | {
        "pre",
        "h3",
        "div",
        "details",
    }
    assert not any(name.startswith("on") for _, fields in reader.elements for name in fields)
    assert "49" not in "".join(reader.text)
    assert "\u202e" not in page
    assert "\x1b" not in page
    told = [
        json.loads(fields["data-finding"] or "") for _, fields in reader.elements if "data-finding" in fields
    ]
    assert told
    text = markdown(hostile, side_by_side(hostile))
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\]\(", text)
    assert "\u202e" not in text


def test_markdown() -> None:
    """The same in tables; a finding that a flow has not is told."""
    text = markdown(made(), side_by_side(made()), scores(made(), read_reference(FILE, "it")))

    assert "| Flow | Found |" in text
    assert "*not found*" in text
    assert "only in rules: Decisions" in text
    assert all(line.count("|") == text.splitlines()[2].count("|") for line in text.splitlines()[2:6] if line)


def test_figures() -> None:
    """For programs: what each found, in one row where it is one thing; for a terminal a line a flow."""
    told = figures(made(), side_by_side(made()), scores(made(), read_reference(FILE, "it")))

    assert [flow["found"] for flow in told["flows"]] == [2, 1]
    assert told["flows"][0]["score"]["right"] == 2
    assert [sorted(row["flows"]) for row in told["meetings"][0]["findings"]] == [
        ["model", "rules"],
        ["rules"],
    ]
    assert json.loads(json.dumps(told)) == told
    [rules, model] = in_lines(figures(made(), side_by_side(made())))
    assert rules.startswith("rules: 2 found, 1 of them by no other, 0 missed")
    assert "precision" not in model


def test_junit() -> None:
    """A case for each finding of the reference; missed, another owner, too low and not answered are failures and errors."""
    broken = outcome(trial("f", answer(1, CONTRACT | {"owner": "Ravi"}), answer(2, status=RunStatus.FAILED)))
    text = as_junit(broken, scores(broken, read_reference(FILE, "it")), 0.9)

    suite = ET.fromstring(text).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    told = [
        (
            case.get("name", "").split(":")[0],
            [child.tag for child in case],
            [child.get("message") for child in case],
        )
        for case in suite
    ]
    assert told[0] == ("action_item", ["failure"], ["found with another owner"])
    assert told[1][2] == ["missed"]
    assert told[-2][:2] == ("score", ["failure"])
    assert told[-1] == ("runs", ["error"], ["1 windows were not answered"])
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("6", "5", "1")


def test_junit_of_odd_characters() -> None:
    """What XML 1.0 has no place for does not keep the file from being read."""
    name = "weekly \uffff \x1b \ufffe"
    odd = outcome(trial(name, answer(1)), meetings=(meeting(),))
    kinds = scores(odd, read_reference(FILE.replace("No fax", "No \uffff\ufffe fax"), "it"))

    assert ET.fromstring(as_junit(odd, kinds, 0.9)).find("testsuite") is not None  # noqa: S314 - our own
