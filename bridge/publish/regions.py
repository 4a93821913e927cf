"""What components share, and what each decides, written into them as marked regions.

A node of a flow carries its component's source alone, so a component cannot import a piece that it
shares with others. Each piece stands once, as a module of its own in ``components/zoom/shared``
(deeper than Langflow looks for components, and left out of the wheel), or, where the bridge
does the same, in ``bridge/redaction``; there it is tested. A component names it by a region::

    # region shared/http (written by 'zoom-bridge flows build')
    ...
    # endregion

``flows build`` fills the region with the piece's source as a text, which :data:`LOADER` makes a module, and
with the names that the component uses of it. Langflow compiles a component's source anew in each run, one
definition after the other; a text costs nothing there, and its module is compiled once in a process, however
many runs and components name it. A piece that needs another one imports all that it uses
(``from components.zoom.shared.words import stems``); that import is not written, and the component has both
regions, the other one first. Those of ``bridge/redaction`` are named ``# region redaction/NAME``; a component has one of
them, and ``flows build`` puts all that it needs into its place.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigurationError
from bridge.publish.library import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.publish.library import ComponentSource

PACKAGES: Final = {"shared": "components.zoom.shared.", "redaction": "bridge.redaction."}
"""How pieces import each other, and tests import pieces, by what regions call the folder."""
BEGIN: Final = "# region {home}/{name} (written by 'zoom-bridge flows build')"
END: Final = "# endregion"
QUOTES: Final = "'''"
_HOME: Final = "|".join(PACKAGES)
_REGION: Final = re.compile(
    rf"^# region (?P<home>{_HOME})/(?P<name>\w+)[^\n]*\n(?P<body>.*?)^# endregion$", re.M | re.S
)
_MARK: Final = re.compile(rf"^# region (?:{_HOME})/|^# endregion", re.M)

_PREFIXES: Final = tuple(PACKAGES.values())
_FOLDERS: Final = {home: package.replace(".", "/").rstrip("/") for home, package in PACKAGES.items()}
_ENGINE: Final = Path(__file__).parents[1] / "redaction"

LOADER: Final = "compiled_once"
"""The piece that makes modules of the others' texts; it alone stands as code, before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One module of ``components/zoom/shared`` or ``bridge/redaction``."""

    name: str
    """No two pieces have the same, wherever they stand."""
    needs: tuple[str, ...]
    """Names of the pieces that it uses."""
    defines: frozenset[str]
    """What others can use of it."""
    home: str = "shared"
    """Of :data:`PACKAGES`."""
    text: str = field(repr=False)
    """Its source without the imports of other pieces."""


def load_pieces(folder: Path | None = None) -> dict[str, Piece]:
    """Every piece of ``folder`` (of ours unless given) by name; none in an installed wheel.

    Raises:
        ConfigurationError: A piece has no docstring, or something that Langflow's loader drops, or another one's name.
    """
    shared = folder or shipped("components") / "zoom" / "shared"
    places = {"shared": shared} if folder else {"shared": shared, "redaction": _ENGINE}
    pieces: dict[str, Piece] = {}
    for home, place in places.items() if shared.is_dir() else ():
        for path in sorted(place.glob("*.py")):
            if path.stem in pieces:
                raise ConfigurationError(
                    f"{home}/{path.name}: {pieces[path.stem].home} has one of this name."
                )
            if path.stem != "__init__":
                pieces[path.stem] = read_piece(path.stem, path.read_text(encoding="utf-8"), home)
    return pieces


def read_piece(name: str, source: str, home: str = "shared") -> Piece:
    """Take a piece's source apart.

    Raises:
        ConfigurationError: It has no docstring, a relative import, one of a piece as a module, or three single
            quotes, which would end the text.
    """
    tree, file = ast.parse(source, filename=f"{name}.py"), f"{home}/{name}.py"
    if not ast.get_docstring(tree):
        raise ConfigurationError(f"{file} has no docstring.")
    if QUOTES in source:
        raise ConfigurationError(f"{file} has {QUOTES}, which ends its text in a component.")
    lines, needs, defines = source.splitlines(), list[str](), set[str]()
    for statement in tree.body:
        defines.update(_defined(statement))
        if isinstance(statement, ast.ImportFrom) and statement.level:
            raise ConfigurationError(f"{file}: import other pieces as {PACKAGES[home]}NAME.")
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(_PREFIXES):
            needs.append(str(statement.module).rpartition(".")[2])
            lines[statement.lineno - 1 : statement.end_lineno] = [""] * _height(statement)
    return Piece(
        name=name,
        home=home,
        needs=tuple(dict.fromkeys(needs)),
        defines=frozenset(defines),
        text="\n".join(lines).strip("\n") + "\n",
    )


def drift(sources: Mapping[str, ComponentSource], pieces: Mapping[str, Piece] | None = None) -> list[str]:
    """Where components differ from the pieces that they name, one sentence each.

    Raises:
        ConfigurationError: As of :func:`fill`.
    """
    pieces = load_pieces() if pieces is None else pieces
    found = []
    for source in sources.values() if pieces else ():
        written = fill(source.code, pieces, source.path.name)
        was, is_ = _bodies(source.code), _bodies(written)
        stale = [name for name in is_ if was.get(name) != is_[name]]
        homes = [f"{pieces[name].home}/{name}" for name in stale]
        found += [f"{source.path.name}: region {home} is not as in {home}.py" for home in homes]
        found += [
            f"{source.path.name}: region redaction/{name} is not needed" for name in was.keys() - is_.keys()
        ]
    return found


def write(
    sources: Mapping[str, ComponentSource], pieces: Mapping[str, Piece] | None = None
) -> dict[str, ComponentSource]:
    """Fill the regions of the component files, and give the components as they are now.

    Raises:
        ConfigurationError: As of :func:`fill`; then no file is changed.
    """
    pieces = load_pieces() if pieces is None else pieces
    if not pieces:
        return dict(sources)
    filled = {
        type_: replace(source, code=fill(source.code, pieces, source.path.name))
        for type_, source in sources.items()
    }
    for type_, source in filled.items():
        if source.code != sources[type_].code:
            source.path.write_text(source.code, encoding="utf-8")
    return filled


def fill(code: str, pieces: Mapping[str, Piece], file: str) -> str:
    """A component's source with every region as its piece is now.

    ``file`` is what errors call it.

    Raises:
        ConfigurationError: A region is not closed, names no piece, stands twice or before one that it needs, or a
            name of a piece is defined in the component too.
    """
    code = _with_engine(code, pieces)
    names = [match["name"] for match in _REGION.finditer(code)]
    if len(_MARK.findall(code)) != 2 * len(names):
        raise ConfigurationError(f"{file}: a region is not closed by '{END}'.")
    for place, match in enumerate(_REGION.finditer(code)):
        name, title = match["name"], f"region {match['home']}/{match['name']}"
        if name not in pieces or pieces[name].home != match["home"]:
            raise ConfigurationError(f"{file}: there is no {_FOLDERS[match['home']]}/{name}.py.")
        if name in names[:place]:
            raise ConfigurationError(f"{file}: {title} stands twice.")
        for other in _before(pieces[name]):
            if other not in names[:place]:
                home = pieces[other].home if other in pieces else "shared"
                raise ConfigurationError(f"{file}: {title} needs region {home}/{other} before it.")
    own = ast.parse(without_regions(code))
    chosen = [pieces[name] for name in names]
    taken = _taken_of(chosen, _used(own))
    _refuse_double_names(own, taken, chosen, file)
    return _REGION.sub(lambda match: region(pieces[match["name"]], taken[match["name"]]), code)


def region(piece: Piece, used: set[str]) -> str:
    """A piece as it stands in a component that uses these names."""
    begin = BEGIN.format(home=piece.home, name=piece.name)
    if piece.name == LOADER:
        code = piece.text[
            piece.text.index("\ndef ") :
        ]  # its one import, Any, stands among the component's own
        return "\n".join([begin, "", code, "", END])
    needs = "".join(f", {_module(need)}" for need in piece.needs)
    made = (
        f"{_module(piece.name)} = {LOADER}(\n    {piece.name!r}, r{QUOTES}\n{piece.text}{QUOTES}{needs},\n)"
    )
    return "\n".join([begin, "# fmt: off", made, *_taken(piece, used), "# fmt: on", END])


def _taken(piece: Piece, used: set[str]) -> list[str]:
    """One statement for all names that a component uses of a piece: Langflow compiles each by itself."""
    names = sorted(used & piece.defines)
    if len(names) < 2:
        return [f"{name} = {_module(piece.name)}.{name}" for name in names]
    values = [f"    {_module(piece.name)}.{name}," for name in names]
    return ["(", *(f"    {name}," for name in names), ") = (", *values, ")"]


def without_regions(code: str) -> str:
    """A component's source without what it shares: what is read of it alone."""
    return _REGION.sub("", code)


def as_imports(code: str, pieces: Mapping[str, Piece]) -> str:
    """A component's source as a type checker reads it: an import of what it uses in each region's place, line for line."""
    chosen = [pieces[match["name"]] for match in _REGION.finditer(code)]
    taken = _taken_of(chosen, _used(ast.parse(without_regions(code))))

    def imported(region: re.Match[str]) -> str:
        names = sorted(taken[region["name"]] - {LOADER})
        line = f"from {PACKAGES[region['home']]}{region['name']} import {', '.join(names)}" if names else ""
        return line + "\n" * region[0].count("\n")

    return _REGION.sub(imported, code)


def _used(own: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(own) if isinstance(node, ast.Name)}


def _before(piece: Piece) -> tuple[str, ...]:
    return piece.needs if piece.name == LOADER else (LOADER, *piece.needs)


def _module(name: str) -> str:
    return f"_{name}"


def _height(statement: ast.stmt) -> int:
    return (statement.end_lineno or statement.lineno) - statement.lineno + 1


def _with_engine(code: str, pieces: Mapping[str, Piece]) -> str:
    """A component's source with a region for each piece of the engine that it needs, in the place of the first one."""
    engine = [match for match in _REGION.finditer(code) if match["home"] == "redaction"]
    if not engine:
        return code
    shared = [
        pieces[match["name"]]
        for match in _REGION.finditer(code)
        if match["home"] == "shared" and match["name"] in pieces
    ]
    used = _used(ast.parse(without_regions(code))) - {name for piece in shared for name in piece.defines}
    order: dict[str, None] = {}

    def need(name: str) -> None:
        for other in pieces[name].needs:
            need(other)
        order.setdefault(name)

    for name, piece in pieces.items():
        if piece.home == "redaction" and (piece.defines & used or any(name in each.needs for each in shared)):
            need(name)
    written = {match["name"]: match[0] for match in engine}
    regions = [written.get(name, f"{BEGIN.format(home='redaction', name=name)}\n{END}") for name in order]
    first = engine[0].start()
    rest = re.sub(r"^# region redaction/.*?^# endregion\n*", "", code[first:], flags=re.M | re.S)
    return code[:first] + "\n\n".join([*regions, rest])


def _taken_of(pieces: Sequence[Piece], used: set[str]) -> dict[str, set[str]]:
    """What a component takes of each piece: of the engine, which is the bridge's too, what no shared piece calls so."""
    shared = {name for piece in pieces if piece.home == "shared" for name in piece.defines}
    return {
        piece.name: used & piece.defines - (set() if piece.home == "shared" else shared) for piece in pieces
    }


def _refuse_double_names(
    own: ast.Module, taken: Mapping[str, set[str]], pieces: Sequence[Piece], file: str
) -> None:
    """A component must not define anew what a piece of it defines, nor take a name of two: one would win in silence."""
    defined = {name for statement in own.body for name in _defined(statement)}
    double, seen = set[str](), set[str]()
    for piece in pieces:
        double |= (defined & piece.defines) | (seen & taken[piece.name])
        seen |= taken[piece.name]
    if double:
        raise ConfigurationError(
            f"{file} defines what a region of it defines too: {', '.join(sorted(double))}."
        )


def _defined(statement: ast.stmt) -> Sequence[str]:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case _:
            return []


def _bodies(code: str) -> dict[str, str]:
    return {match["name"]: match[0] for match in _REGION.finditer(code)}
