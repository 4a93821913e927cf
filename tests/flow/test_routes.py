from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.domain import WindowKind
from bridge.errors import ConfigurationError
from bridge.flow.routes import BUILT_IN, Match, WindowRule, read_routes
from bridge.redaction.placeholders import Placeholders

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = """
[[route]]
name = "action-items"
flow = "zoom-action-items"      # endpoint name or id
on = ["live", "final"]          # start | live | ask | final
input = "window"
run = "sync"
timeout_seconds = 120

[route.window]
max_seconds = 20
max_words = 150
pause_seconds = 4
min_words = 8

[route.match]
topic = "*planning*"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "routes.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_contract(tmp_path: Path) -> None:
    """The contract's file is read, and its values are the defaults."""
    (route,) = read_routes(written(tmp_path, CONTRACT))
    assert route.on == (WindowKind.LIVE, WindowKind.FINAL)
    assert (route.input, route.run, route.timeout_seconds) == ("window", "sync", 120)
    assert route.window == WindowRule()
    assert route.match == Match(topic="*planning*")
    (bare,) = read_routes(written(tmp_path, '[[route]]\nname = "action-items"\nflow = "zoom-action-items"'))
    assert route.model_copy(update={"match": Match()}) == bare


def test_built_in() -> None:
    """Without a file the action items flow hears every meeting, and the assistant every question and what is still open."""
    assert read_routes(None) is BUILT_IN
    assert [(route.name, route.flow, route.on) for route in BUILT_IN] == [
        ("action-items", "zoom-action-items", (WindowKind.LIVE, WindowKind.FINAL)),
        ("assistant", "zoom-assistant", (WindowKind.START, WindowKind.ASK)),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "route"),
        ("route = []", "route"),
        ("[[route]]\nflow = 'f'", "route.0.name"),
        ("[[route]]\nname = 'r'", "give either flow or call"),
        ("[[route]]\nname = 'r'\nflow = 'f'\ncall = 'm:f'", "give either flow or call"),
        ("[[route]]\nname = 'r'\ncall = 'm.f'", "route.0.call"),
        ("[[route]]\nname = 'r'\ncall = 'm:f()'", "route.0.call"),
        ("[[route]]\nname = 'r'\ncall = '../m:f'", "route.0.call"),
        ("[[route]]\nname = 'r'\ncall = 'm:f'\nrun = 'background'", "needs a flow"),
        ("[[route]]\nname = 'r'\ncall = 'm:f'\nshare = true", "needs a flow"),
        ("[[route]]\nname = 'r'\nflow = 'f'\nmemory = 'series'", "it comes with questions"),
        (
            "[[route]]\nname = 'r'\nflow = 'f'\non = ['ask']\ninput = 'text'\nmemory = 'series'",
            "input = 'window'",
        ),
        ("[[route]]\nname = 'r'\nflow = 'f'\nredact = ['secrets']", "route.0.redact"),
        (
            "[[route]]\nname = 'r'\nflow = 'f'\nredact = ['names']\nshare = true",
            "a picture cannot be redacted",
        ),
        (
            "[[route]]\nname = 'r'\nflow = 'f'\nredact = ['names']\nrun = 'background'",
            "put Zoom Redactor into",
        ),
        ("[[route]]\nname = 'r'\nflow = 'f'\nredact_words = ['x']", "redact_words needs 'words' in redact"),
        (
            "[[route]]\nname = 'r'\nflow = 'f'\nredact = ['names']\nredact_patterns = ['x']",
            "redact_patterns needs 'ids' in redact",
        ),
        ("[[route]]\nname = 'r'\nflow = 'f'\nredact = ['ids']\nredact_patterns = ['(']", "route.0"),
        ("[[route]]\nname = 'r'\nflow = 'f'\nrun = 'later'", "route.0.run"),
        ("[[route]]\nname = 'R r'\nflow = 'f'", "route.0.name"),
        ("[[route]]\nname = 'r'\nflow = '../../admin'", "route.0.flow"),
        ("[[route]]\nname = 'r'\nflow = 'f'\ntimeout = 5", "route.0.timeout"),
        ("[[route]]\nname = 'r'\nflow = 'f'\non = []", "route.0.on"),
        ("[[route]]\nname = 'r'\nflow = 'f'\non = ['often']", "route.0.on"),
        ("[[route]]\nname = 'r'\nflow = 'f'\n[route.window]\nmax_seconds = 0", "route.0.window.max_seconds"),
        ("[[route]]\nname = 'r'\nflow = 'f'\n[[route]]\nname = 'r'\nflow = 'g'", "named r"),
        ("[[route]]\nname = 'r'\nflow = 'f'\ntimezone = 'Mars/Olympus'", "no time zone"),
        ("[[route]]\nname = 'r'\nflow = 'f'\ntimezone = '../../etc/passwd'", "no time zone"),
        ("[[route]]\nname = 'r'\nflow = 'f'\ntimeout_seconds = inf", "route.0.timeout_seconds"),
        ("[[route]]\nname = 'r'\nflow = 'f'\ntimeout_seconds = " + "9" * 5_000, "TOML"),
        ("route = " + "[" * 5_000 + "]" * 5_000, "nested"),
        ("[[route]\n", "TOML"),
    ],
)
def test_faults(tmp_path: Path, text: str, what: str) -> None:
    """A fault in the file is named with its place."""
    with pytest.raises(ConfigurationError, match="BRIDGE_ROUTES") as error:
        read_routes(written(tmp_path, text))
    assert what in str(error.value)


def test_ways_to_run(tmp_path: Path) -> None:
    """A route names a flow or a function, and its windows say which."""
    text = """
        [[route]]
        name = "notes"
        flow = "my-notes"
        run = "background"
        [[route]]
        name = "todo"
        call = "team.todo:collect"
    """
    notes, todo = read_routes(written(tmp_path, text))
    assert (notes.run, notes.target) == ("background", "my-notes")
    assert (todo.run, todo.target) == ("sync", "call:team.todo:collect")


def test_redact(tmp_path: Path) -> None:
    """A route says what no model is to see; without it nothing is replaced."""
    text = """
        [[route]]
        name = "notes"
        call = "team.todo:collect"
        redact = ["words", "ids"]
        redact_words = ["Bluebird"]
        redact_patterns = ['T-[0-9]+']
    """
    (route,) = read_routes(written(tmp_path, text))
    text = route.redactor().text("bluebird has T-12.", Placeholders())

    assert text == "WORD_1 has ID_1."
    assert not [each for each in BUILT_IN if each.redact]


def test_no_file(tmp_path: Path) -> None:
    """A file that is not there is said to be missing, in one sentence."""
    with pytest.raises(ConfigurationError, match="No such file"):
        read_routes(tmp_path / "nothing.toml")


def test_no_text(tmp_path: Path) -> None:
    """A file that is no text is no TOML."""
    path = tmp_path / "routes.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"routes\.toml is not UTF-16-LE text.*UTF-8"):
        read_routes(path)


@pytest.mark.parametrize(
    ("pattern", "topic", "accepted"),
    [
        (None, "", True),
        ("*planning*", "Sprint Planning 12", True),
        ("*planning*", "Weekly", False),
        ("*", "", True),
        ("weekly", "Weekly", True),
        ("weekly", "Weekly 2", False),
    ],
)
def test_match(pattern: str | None, topic: str, accepted: bool) -> None:
    """A topic's pattern looks past case and must fit the whole."""
    assert Match(topic=pattern).accepts(topic) is accepted


def test_scaled() -> None:
    """A meeting that is played faster has shorter waits and as many words."""
    assert WindowRule().scaled(10) == WindowRule(max_seconds=2, pause_seconds=0.4)
