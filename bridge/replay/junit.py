"""Scores as JUnit's XML, for those whose CI reads that: a suite for each flow, a case for each finding of the reference. Pure.

The form is what Jenkins, GitLab and GitHub's reporters read: https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from bridge.text import REPLACEMENT, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.replay.outcome import Outcome
    from bridge.replay.score import FlowScore, Hit

_LONGEST = 200
_NOT_IN_XML = dict.fromkeys((0xFFFE, 0xFFFF), REPLACEMENT)


def as_junit(outcome: Outcome, found: Sequence[FlowScore], fail_under: float | None) -> str:
    """The file; ``fail_under`` is the F1 that each flow must have, from 0 to 1."""
    root = ET.Element("testsuites", name="zoom-bridge replay")
    for flow in found:
        suite = ET.SubElement(root, "testsuite", name=_shown(flow.flow))
        for meeting, score in flow.meetings.items():
            for hit in score.hits:
                _case(suite, f"{flow.flow}.{meeting}", hit)
        if fail_under is not None:
            _threshold(suite, flow, fail_under)
        _stops(suite, outcome, flow.flow)
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("errors", str(len(suite.findall("testcase/error"))))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _shown(text: str) -> str:
    """Text as XML 1.0 takes it: of what is one line, all but two characters."""
    return one_line(text, _LONGEST).translate(_NOT_IN_XML)


def _case(suite: ET.Element, where: str, hit: Hit) -> None:
    name = _shown(f"{hit.expected.kind}: {hit.expected.text}")
    case = ET.SubElement(suite, "testcase", classname=_shown(where), name=name)
    if hit.point is None:
        ET.SubElement(case, "failure", message="missed")
    elif hit.wrong_owner:
        ET.SubElement(case, "failure", message="found with another owner")
    elif hit.wrong_due:
        ET.SubElement(case, "failure", message="found with another date")


def _threshold(suite: ET.Element, flow: FlowScore, fail_under: float) -> None:
    case = ET.SubElement(suite, "testcase", classname=_shown(flow.flow), name="score")
    if flow.together.f1 < fail_under:
        message = f"F1 {flow.together.f1:.2f} is under {fail_under:.2f}"
        ET.SubElement(case, "failure", message=message)


def _stops(suite: ET.Element, outcome: Outcome, flow: str) -> None:
    """A case with an error for each meeting that was not run to its end."""
    for trial in outcome.trials:
        if trial.flow == flow and (trial.failed or trial.stopped):
            where = _shown(f"{flow}.{trial.meeting}")
            case = ET.SubElement(suite, "testcase", classname=where, name="runs")
            message = trial.stopped or f"{trial.failed} windows were not answered"
            ET.SubElement(case, "error", message=_shown(message))
