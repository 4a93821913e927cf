"""What components share, and what each decides, written into them as marked regions.

A node of a flow carries its component's source alone, so a component cannot import a piece that it
shares with others. Each piece stands once, as a module of its own in ``components/zoom/shared``
(deeper than Langflow looks for components, and left out of the wheel), where it is tested. A
component names it by a region::

    # region shared/http (written by 'zoom-bridge flows build')
    ...
    # endregion

``flows build`` fills the region with the piece's source as a text, which :data:`LOADER` makes a module, and
with the names that the component uses of it. Langflow compiles a component's source anew in each run, one
definition after the other; a text costs nothing there, and its module is compiled once in a process, however
many runs and components name it. A piece that needs another one imports all that it uses
(``from components.zoom.shared.words import stems``); that import is not written, and the component has both
regions, the other one first.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigurationError
from bridge.publish.library import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from bridge.publish.library import ComponentSource

PACKAGE: Final = "components.zoom.shared."
"""How pieces import each other, and tests import pieces."""
BEGIN: Final = "# region shared/{name} (written by 'zoom-bridge flows build')"
END: Final = "# endregion"
QUOTES: Final = "'''"
_REGION: Final = re.compile(r"^# region shared/(?P<name>\w+)[^\n]*\n(?P<body>.*?)^# endregion$", re.M | re.S)
_MARK: Final = re.compile(r"^# region shared/|^# endregion", re.M)

LOADER: Final = "compiled_once"
"""The piece that makes modules of the others' texts; it alone stands as code, before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One module of ``components/zoom/shared``."""

    name: str
    needs: tuple[str, ...]
    """Names of the pieces that it uses."""
    defines: frozenset[str]
    """What others can use of it."""
    text: str = field(repr=False)
    """Its source without the imports of other pieces."""


def load_pieces(folder: Path | None = None) -> dict[str, Piece]:
    """Every piece of ``folder`` (ours unless given) by name; none in an installed wheel.

    Raises:
        ConfigurationError: A piece has no docstring, or something that Langflow's loader drops.
    """
    place = folder or shipped("components") / "zoom" / "shared"
    paths = sorted(place.glob("*.py")) if place.is_dir() else []
    return {path.stem: read_piece(path.stem, path.read_text(encoding="utf-8")) for path in paths}


def read_piece(name: str, source: str) -> Piece:
    """Take a piece's source apart.

    Raises:
        ConfigurationError: It has no docstring, a relative import, one of a piece as a module, or three single
            quotes, which would end the text.
    """
    tree = ast.parse(source, filename=f"{name}.py")
    if not ast.get_docstring(tree):
        raise ConfigurationError(f"shared/{name}.py has no docstring.")
    if QUOTES in source:
        raise ConfigurationError(f"shared/{name}.py has {QUOTES}, which ends its text in a component.")
    lines, needs, defines = source.splitlines(), list[str](), set[str]()
    for statement in tree.body:
        defines.update(_defined(statement))
        if isinstance(statement, ast.ImportFrom) and statement.level:
            raise ConfigurationError(f"shared/{name}.py: import other pieces as {PACKAGE}NAME.")
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(PACKAGE):
            needs.append(str(statement.module).removeprefix(PACKAGE))
            lines[statement.lineno - 1 : statement.end_lineno] = [""] * _height(statement)
    return Piece(
        name=name,
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
        found += [f"{source.path.name}: region shared/{name} is not as in shared/{name}.py" for name in stale]
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
    names = [match["name"] for match in _REGION.finditer(code)]
    if len(_MARK.findall(code)) != 2 * len(names):
        raise ConfigurationError(f"{file}: a region is not closed by '{END}'.")
    for place, name in enumerate(names):
        if name not in pieces:
            raise ConfigurationError(f"{file}: there is no components/zoom/shared/{name}.py.")
        if name in names[:place]:
            raise ConfigurationError(f"{file}: region shared/{name} stands twice.")
        for other in _before(pieces[name]):
            if other not in names[:place]:
                raise ConfigurationError(
                    f"{file}: region shared/{name} needs region shared/{other} before it."
                )
    own = ast.parse(without_regions(code))
    _refuse_double_names(own, [pieces[name] for name in names], file)
    used = _used(own)
    return _REGION.sub(lambda match: region(pieces[match["name"]], used), code)


def region(piece: Piece, used: set[str]) -> str:
    """A piece as it stands in a component that uses these names."""
    begin = BEGIN.format(name=piece.name)
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
    used = _used(ast.parse(without_regions(code)))

    def imported(region: re.Match[str]) -> str:
        names = sorted(used & pieces[region["name"]].defines - {LOADER})
        line = f"from {PACKAGE}{region['name']} import {', '.join(names)}" if names else ""
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


def _refuse_double_names(own: ast.Module, pieces: Sequence[Piece], file: str) -> None:
    """A component must not define anew what a piece of it defines, nor two pieces the same: one would win in silence."""
    seen = {name for statement in own.body for name in _defined(statement)}
    double = set[str]()
    for piece in pieces:
        double |= seen & piece.defines
        seen |= piece.defines
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
