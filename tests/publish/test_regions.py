"""What components share stands once and gets into each of them as it is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigurationError
from bridge.publish import regions
from bridge.publish.library import ComponentSource, load_components, load_flows

ROOT = Path(__file__).parents[2]

SPEECH = '''
"""Words and how they are counted.

More of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WORD = re.compile("x")
"""A word."""


def words_of(text: str) -> list[str]:
    """Split."""
    return WORD.findall(text)
'''
RULES = '''
"""Rules."""

from __future__ import annotations

from collections.abc import Iterator

from components.zoom.shared.speech import words_of


def rules_of(text: str) -> Iterator[str]:
    """Find."""
    yield from words_of(text)
'''
COMPONENT = '''
"""A component."""

from __future__ import annotations

import json

from lfx.custom import Component

# region shared/compiled_once
# endregion

# region shared/speech
# endregion

# region shared/rules
what an older version had
# endregion


class ZoomThing(Component):
    """A thing."""

    name = "ZoomThing"

    def run(self) -> list[str]:
        return [*rules_of("x"), *words_of("x")]
'''


def piece(name: str, source: str) -> regions.Piece:
    return regions.read_piece(name, textwrap.dedent(source).lstrip())


@pytest.fixture
def pieces() -> dict[str, regions.Piece]:
    loader = regions.load_pieces()[regions.LOADER]
    return {loader.name: loader, "speech": piece("speech", SPEECH), "rules": piece("rules", RULES)}


def source(path: Path, code: str = COMPONENT) -> dict[str, ComponentSource]:
    path.write_text(code.lstrip())
    return {"ZoomThing": ComponentSource(path=path, type="ZoomThing", code=path.read_text())}


def test_a_piece_gets_in_as_a_text(pieces: dict[str, regions.Piece]) -> None:
    """The region makes a module of the piece, and gives the component the names that it uses of it."""
    filled = regions.fill(COMPONENT.lstrip(), pieces, "thing.py")
    assert (
        """# region shared/rules (written by 'zoom-bridge flows build')
# fmt: off
_rules = compiled_once(
    'rules', r'''
\"\"\"Rules.\"\"\"

from __future__ import annotations

from collections.abc import Iterator




def rules_of(text: str) -> Iterator[str]:
    \"\"\"Find.\"\"\"
    yield from words_of(text)
''', _speech,
)
rules_of = _rules.rules_of
# fmt: on
# endregion
"""
        in filled
    )
    assert "words_of = _speech.words_of\n" in filled
    assert "WORD =" not in filled.replace('WORD = re.compile("x")', "")


def loaded(code: str) -> dict[str, Any]:
    """A component's names, each of its definitions executed as Langflow does in every run."""
    names: dict[str, Any] = {"Component": object, "Any": Any}
    exec(compile(code.replace("from lfx.custom import Component", ""), "thing.py", "exec"), names)  # noqa: S102
    return names


def test_a_piece_is_compiled_once(pieces: dict[str, regions.Piece]) -> None:
    """However often a component is loaded, its pieces are the same modules, and an edited text is another one."""
    code = regions.fill(COMPONENT.lstrip(), pieces, "thing.py")
    first, again = loaded(code), loaded(code)
    assert first["ZoomThing"]().run() == ["x", "x"]
    assert first["rules_of"] is again["rules_of"]
    assert first["ZoomThing"] is not again["ZoomThing"]

    edited = loaded(code.replace("WORD.findall(text)", "WORD.findall(text + text)"))
    assert edited["ZoomThing"]().run() == ["x", "x", "x", "x"]
    assert loaded(code)["ZoomThing"]().run() == ["x", "x"]


def test_an_error_in_a_piece_shows_its_line(pieces: dict[str, regions.Piece]) -> None:
    """A traceback names the piece and has the line of its source."""
    names = loaded(regions.fill(COMPONENT.lstrip(), pieces, "thing.py"))
    with pytest.raises(TypeError) as raised:
        names["words_of"](None)
    last = traceback.extract_tb(raised.value.__traceback__)[-1]
    assert last.filename.startswith("<zoom_shared_speech_")
    assert last.line == "return WORD.findall(text)"


def test_a_piece_that_fails_is_tried_again(pieces: dict[str, regions.Piece]) -> None:
    """A module that was left half made is not taken for whole."""
    broken = regions.fill(COMPONENT.lstrip(), pieces, "thing.py").replace('re.compile("x")', "1 / 0")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            loaded(broken)


def test_filling_again_changes_nothing(pieces: dict[str, regions.Piece]) -> None:
    """What has been filled stays to the last character."""
    filled = regions.fill(COMPONENT.lstrip(), pieces, "thing.py")

    assert regions.fill(filled, pieces, "thing.py") == filled


def test_the_file_is_written_and_then_as_its_pieces_are(
    tmp_path: Path, pieces: dict[str, regions.Piece]
) -> None:
    """Drift names file and region before, and nothing after; the sources given back are those on disk."""
    sources = source(tmp_path / "thing.py")
    assert regions.drift(sources, pieces) == [
        "thing.py: region shared/compiled_once is not as in shared/compiled_once.py",
        "thing.py: region shared/speech is not as in shared/speech.py",
        "thing.py: region shared/rules is not as in shared/rules.py",
    ]

    written = regions.write(sources, pieces)

    assert written["ZoomThing"].code == (tmp_path / "thing.py").read_text()
    assert regions.drift(written, pieces) == []


def test_an_edit_inside_a_region_is_drift(tmp_path: Path, pieces: dict[str, regions.Piece]) -> None:
    """A piece is changed where it stands once, and nowhere else."""
    written = regions.write(source(tmp_path / "thing.py"), pieces)["ZoomThing"]
    edited = replace(written, code=written.code.replace("return WORD", "return list(WORD)", 1))

    assert regions.drift({"ZoomThing": edited}, pieces) == [
        "thing.py: region shared/speech is not as in shared/speech.py"
    ]


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("# region shared/speech\n# endregion\n", "", "shared/rules needs region shared/speech before it"),
        ("shared/speech", "shared/nowhere", "there is no components/zoom/shared/nowhere.py"),
        ("shared/rules", "shared/speech", "region shared/speech stands twice"),
        ("had\n# endregion", "had", "not closed"),
        ("class ZoomThing", "WORD = 1\n\n\nclass ZoomThing", "defines what a region of it defines too: WORD"),
        (
            "# region shared/compiled_once\n# endregion\n",
            "",
            "shared/speech needs region shared/compiled_once before it",
        ),
    ],
)
def test_what_cannot_be_filled_is_said(
    pieces: dict[str, regions.Piece], old: str, new: str, why: str
) -> None:
    """The error names the file and what to do."""
    code = COMPONENT.lstrip().replace(old, new)

    with pytest.raises(ConfigurationError, match=r"thing\.py.*" + why):
        regions.fill(code, pieces, "thing.py")


def test_no_file_is_written_where_one_cannot_be(tmp_path: Path, pieces: dict[str, regions.Piece]) -> None:
    """Either all components get the pieces or none."""
    good = source(tmp_path / "good.py")["ZoomThing"]
    bad = source(tmp_path / "bad.py", COMPONENT.replace("shared/rules", "shared/nowhere"))["ZoomThing"]

    with pytest.raises(ConfigurationError):
        regions.write({"Good": good, "Bad": bad}, pieces)

    assert good.path.read_text() == good.code


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("A = '''x'''", "ends its text"),
        ("from .speech import words_of", "import other pieces as components"),
        ("", "has no docstring"),
    ],
)
def test_a_piece_that_cannot_stand_in_a_component_is_refused(line: str, why: str) -> None:
    """It is refused when it is built, not missed in a meeting."""
    text = f'"""A piece."""\n\n{line}\n' if line else "A = 1\n"

    with pytest.raises(ConfigurationError, match=why):
        piece("odd", text)


def test_a_piece_of_the_engine() -> None:
    """What the bridge does too stands in bridge/redaction: a component has it under that name, and shared pieces use it."""
    engine = regions.read_piece("speech", SPEECH.lstrip(), "redaction")
    rules = regions.read_piece(
        "rules", RULES.lstrip().replace("components.zoom.shared.speech", "bridge.redaction.speech")
    )
    loader = regions.load_pieces()[regions.LOADER]
    pieces = {each.name: each for each in (loader, engine, rules)}
    code = COMPONENT.lstrip().replace("region shared/speech", "region redaction/speech")
    filled = regions.fill(code, pieces, "thing.py")

    assert "# region redaction/speech (written by" in filled
    assert "from bridge.redaction" not in filled
    assert "from bridge.redaction.speech import words_of" in regions.as_imports(filled, pieces)
    with pytest.raises(ConfigurationError, match=r"no components/zoom/shared/speech\.py"):
        regions.fill(COMPONENT.lstrip(), pieces, "thing.py")


def test_what_the_engine_needs_is_put_in_front() -> None:
    """A component has one region of the engine: the build adds those it needs, in order, and drops those it does not."""
    texts = {
        "deep": '"""Deep."""\n\nA = 1\n',
        "middle": '"""Middle."""\n\nfrom bridge.redaction.deep import A\n\nB = A\n',
        "top": '"""Top."""\n\nfrom bridge.redaction.middle import B\n\n\ndef words_of(text: str) -> str:\n    """Do."""\n    return text * B\n',
        "old": '"""Old."""\n\nC = 1\n',
    }
    loader = regions.load_pieces()[regions.LOADER]
    pieces = {loader.name: loader} | {
        name: regions.read_piece(name, text, "redaction") for name, text in texts.items()
    }
    code = COMPONENT.lstrip().replace("region shared/speech", "region redaction/old")
    code = code.replace("# region shared/rules\nwhat an older version had\n# endregion\n", "")
    filled = regions.fill(code.replace('*rules_of("x"), ', ""), pieces, "thing.py")

    assert re.findall(r"^# region redaction/(\w+)", filled, re.M) == ["deep", "middle", "top"]
    assert regions.fill(filled, pieces, "thing.py") == filled
    namespace: dict[str, Any] = {}
    exec(  # noqa: S102 - as Langflow runs it
        compile(filled.replace("from lfx.custom import Component", "Component = object"), "thing", "exec"),
        namespace,
    )
    assert namespace["ZoomThing"]().run() == ["x"]


def test_a_name_of_the_engine_gives_way() -> None:
    """The engine knows nothing of our pieces: where a shared one defines the same name, a component means that."""
    engine = regions.read_piece("speech", SPEECH.lstrip(), "redaction")
    other = regions.read_piece("words", SPEECH.lstrip().replace("findall(text)", "findall(text) * 2"))
    loader = regions.load_pieces()[regions.LOADER]
    code = COMPONENT.lstrip().replace("region shared/speech", "region redaction/speech")
    code = code.replace("# region shared/rules", "# region shared/words").replace('*rules_of("x"), ', "")
    filled = regions.fill(code, {each.name: each for each in (loader, engine, other)}, "thing.py")

    assert "words_of = _words.words_of" in filled
    assert "_speech.words_of" not in filled


def test_the_shipped_components_are_as_their_pieces() -> None:
    """Every region of ours is filled, in files and flows; a piece that nobody names is of no use."""
    pieces, sources = regions.load_pieces(), load_components()
    assert regions.drift(sources) == []
    assert load_flows()

    named = {
        name
        for name, piece in pieces.items()
        for one in sources.values()
        if f"region {piece.home}/{name} " in one.code
    }
    assert named >= {name for name, piece in pieces.items() if piece.home == "shared"}


@pytest.mark.parametrize("name", sorted(load_components()))
def test_a_component_is_its_class_and_pieces(name: str) -> None:
    """Langflow compiles each statement of a component by itself, anew in each run: beside the class there is nothing."""
    code = load_components()[name].code
    if "# region" in code:
        _, *statements = ast.parse(regions.without_regions(code)).body
        own = [each for each in statements if not isinstance(each, ast.Import | ast.ImportFrom)]
        assert [getattr(each, "name", each) for each in own] == [name]
        for region in ast.parse(code).body:
            assert not isinstance(region, ast.FunctionDef) or region.name == regions.LOADER


@pytest.mark.parametrize("name", sorted(load_components()))
def test_a_component_is_compiled_as_fast_as_stock_ones(name: str) -> None:
    """What a step does stands in a piece: what Langflow compiles anew is at most 1.3 times its own Chat Output, inputs counted."""
    [flow] = [flow for flow in load_flows() if flow.endpoint_name == "zoom-action-items"]
    sources = {
        node["data"]["type"]: node["data"]["node"]["template"]["code"]["value"]
        for node in flow.data["nodes"]
        if node["type"] == "genericNode"
    }
    own, stock = (
        sum(1 for _ in ast.walk(ast.parse(code)))
        for code in (load_components()[name].code, sources["ChatOutput"])
    )
    assert own <= 1.3 * stock


@pytest.mark.timeout(300)  # without that cache it reads Langflow's types first
def test_components_are_typed(tmp_path: Path) -> None:
    """What a component does with its pieces and with Langflow holds for mypy, Langflow's own calls without types apart."""
    pieces = regions.load_pieces()
    for one in load_components().values():
        (tmp_path / one.path.name).write_text(regions.as_imports(one.code, pieces))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(tmp_path)],
        cwd=ROOT,  # whose cache `make check` has filled
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.stdout, checked.stderr) == ("", "")


def test_an_installed_wheel_has_nothing_to_compare() -> None:
    """There the pieces are in the components only."""
    sources = load_components()

    assert regions.drift(sources, {}) == []
    assert regions.write(sources, {}) == sources
