"""``zoom-bridge replay``, with functions in place of flows: no server is asked."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from bridge.__main__ import app
from bridge.errors import BridgeError, ConfigurationError
from bridge.replay import commands, compare
from tests.replay import finders

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from bridge.replay.compare import SideBySide
    from bridge.replay.outcome import Meeting, Outcome

PROMISES, NOTHING, BROKEN = (f"tests.replay.finders:{name}" for name in ("promises", "nothing", "broken"))
TALK = (
    "Dana: I'll send the contract to the supplier by Friday, as we have said.\nRavi: Good, thanks for that.\n"
)
REFERENCE: dict[str, Any] = {
    "schema": "zoom-reference/1",
    "meetings": [
        {
            "meeting": "talk",
            "findings": [
                {"kind": "action_item", "text": "The supplier gets the contract", "evidence": ["u-000001"]}
            ],
        }
    ],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a meeting and a reference."""
    monkeypatch.chdir(tmp_path)
    finders.HEARD.clear()
    (tmp_path / "talk.txt").write_text(TALK)
    (tmp_path / "reference.json").write_text(json.dumps(REFERENCE))
    return tmp_path


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", *arguments])


def test_two_functions_side_by_side(place: Path) -> None:
    """Figures on standard output, a report and all that came out in files that only their owner reads, progress elsewhere."""
    done = replay(
        "talk.txt",
        "--flow",
        PROMISES,
        "--flow",
        NOTHING,
        "--report",
        "out/r.html",
        "--report",
        "r.md",
        "--json",
    )

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [(flow["name"], flow["found"]) for flow in told["flows"]] == [(PROMISES, 1), (NOTHING, 0)]
    assert f"talk · {NOTHING}: 2 windows" in done.stderr
    assert "I&#39;ll send the contract" in (place / "out" / "r.html").read_text()
    assert "not found" in (place / "r.md").read_text()
    for name in ("replay.json", "out/r.html", "r.md"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600
    assert [window["kind"] for window in finders.HEARD] == ["live", "final"]
    assert all(window["rehearsal"] is True for window in finders.HEARD)
    assert "promises and" not in told["between"][0]["note"]


def test_scores_and_what_was_kept(place: Path) -> None:
    """An earlier replay is scored without running anything; what is not good enough fails, and JUnit's file says why."""
    assert replay("talk.txt", "--flow", PROMISES).exit_code == 0
    heard = len(finders.HEARD)
    scored = replay(
        "--kept", "replay.json", "--reference", "reference.json", "--fail-under", "0.9", "--junit", "j.xml"
    )
    assert scored.exit_code == 0, scored.output
    assert "precision 1.00, recall 1.00, F1 1.00" in scored.stdout
    assert 'failures="0"' in (place / "j.xml").read_text()

    REFERENCE["meetings"][0]["findings"].append(
        {"kind": "risk", "text": "The truck may be late", "evidence": []}
    )
    (place / "more.json").write_text(json.dumps(REFERENCE))
    REFERENCE["meetings"][0]["findings"].pop()
    low = replay(
        "--kept", "replay.json", "--reference", "more.json", "--fail-under", "0.9", "--junit", "j.xml"
    )
    assert isinstance(low.exception, BridgeError)
    assert str(low.exception) == f"under 0.9: {PROMISES} has an F1 of 0.67"
    assert 'message="missed"' in (place / "j.xml").read_text()
    assert len(finders.HEARD) == heard


def test_a_function_that_breaks(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is written and says so; the command fails."""
    monkeypatch.setattr("bridge.flow.worker.FIRST_DELAY_SECONDS", 0.001)
    monkeypatch.setattr("bridge.flow.worker.LONGEST_DELAY_SECONDS", 0.001)
    done = replay("talk.txt", "--flow", BROKEN, "--flow", PROMISES)

    assert isinstance(done.exception, BridgeError)
    assert str(done.exception) == f"not every window was answered: {BROKEN} on talk; the report says why"
    assert "raised ValueError" in (place / "replay.html").read_text()
    assert f"{PROMISES}: 1 found" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["talk.txt"], "at least one --flow"),
        (["--flow", PROMISES], "give meetings, or --last"),
        (["talk.txt", "--flow", PROMISES, "--kept", "replay.json"], "--kept runs nothing"),
        (["talk.txt", "--flow", PROMISES, "--fail-under", "0.5"], "want a --reference"),
        (
            ["talk.txt", "--flow", PROMISES, "--report", "r.pdf"],
            "r.pdf: a report is one of .html, .md, .json",
        ),
        (["none.txt", "--flow", PROMISES], "none.txt"),
        (["talk.txt", "--flow", "tests.replay.finders:none"], "no function 'none'"),
        (["talk.txt", "--flow", PROMISES, "--last", "soon"], "--last wants"),
        (["talk.txt", "--flow", PROMISES, "--reference", "talk.txt"], "talk.txt is no reference"),
        (["talk.txt", "--flow", PROMISES, "--reference", "none.json"], "none.json cannot be read"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_is_run(
    place: Path, arguments: list[str], told: str
) -> None:
    """One clear sentence."""
    done = replay(*arguments)

    assert isinstance(done.exception, BridgeError)
    assert told in str(done.exception)
    assert not finders.HEARD
    assert not (place / "replay.json").exists()


def test_two_meetings_of_one_name(place: Path) -> None:
    """Each has a name of its own in the report."""
    (place / "other").mkdir()
    (place / "other" / "talk.txt").write_text(TALK.replace("Friday", "Monday"))
    done = replay("talk.txt", "other/talk.txt", "--flow", PROMISES, "--json")

    assert [each["name"] for each in json.loads(done.stdout)["meetings"]] == ["talk", "talk (2)"]

    (place / "talk (2).txt").write_text(TALK)
    done = replay("talk (2).txt", "talk.txt", "other/talk.txt", "--flow", PROMISES, "--json")
    assert [each["name"] for each in json.loads(done.stdout)["meetings"]] == ["talk (2)", "talk", "talk (3)"]


@pytest.mark.parametrize("option", ["--keep", "--report", "--junit"])
def test_a_place_that_takes_no_file(place: Path, option: str) -> None:
    """It is told before anything is run, and what is there stays as it is."""
    before = sorted(place.iterdir())
    for path in ("talk.txt/x.json", str(place / "folder.json")):
        (place / "folder.json").mkdir(exist_ok=True)
        done = replay("talk.txt", "--flow", PROMISES, "--reference", "reference.json", option, path)
        assert isinstance(done.exception, BridgeError)
        assert "cannot be written" in str(done.exception)
    (place / "folder.json").rmdir()
    assert not finders.HEARD
    assert sorted(place.iterdir()) == before


def test_a_file_that_cannot_be_written_any_more(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All else is written and told, and the command fails: what was run has cost money."""
    write_private = commands.write_private

    def refused(path: Path, content: bytes) -> None:
        if path.name == "replay.json":
            raise ConfigurationError(f"{path} cannot be written: No space left on device")
        write_private(path, content)

    monkeypatch.setattr(commands, "write_private", refused)
    done = replay("talk.txt", "--flow", PROMISES, "--json")

    assert str(done.exception) == "replay.json cannot be written: No space left on device"
    assert json.loads(done.stdout)["flows"][0]["found"] == 1
    assert "I&#39;ll send" in (place / "replay.html").read_text()


def test_findings_are_compared_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all reports and the terminal together: of many findings it takes seconds."""
    compared: list[str] = []
    of_meeting = compare._of_meeting

    def counted(outcome: Outcome, meeting: Meeting) -> SideBySide:
        compared.append(meeting.name)
        return of_meeting(outcome, meeting)

    monkeypatch.setattr(compare, "_of_meeting", counted)
    reports = [word for name in ("r.html", "r.md", "r.json") for word in ("--report", name)]
    assert replay("talk.txt", "--flow", PROMISES, *reports).exit_code == 0
    assert compared == ["talk"]
