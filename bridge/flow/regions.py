"""What several components share, written into each of them as a marked region.

A node of a flow carries its component's source alone, so a component cannot import a piece that it
shares with others. Each piece stands once, as a module of its own in ``components/zoom/shared``
(deeper than Langflow looks for components, and left out of the wheel), where it is tested. A
component names it by a region::

    # region shared/http (written by 'zoom-bridge flows build')
    ...
    # endregion

``flows build`` fills the region with what the piece has behind its imports, and adds the imports
that the component lacks to the component's own. So what runs is what stands in the file. A piece
that needs another one imports it (``from components.zoom.shared.words import stems``); that import
is not written, and the component has both regions, the other one first.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigurationError
from bridge.flow.library import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bridge.flow.library import ComponentSource

PACKAGE: Final = "components.zoom.shared."
"""How pieces import each other, and tests import pieces."""
BEGIN: Final = "# region shared/{name} (written by 'zoom-bridge flows build')"
END: Final = "# endregion"
_REGION: Final = re.compile(r"^# region shared/(?P<name>\w+)[^\n]*\n(?P<body>.*?)^# endregion$", re.M | re.S)
_MARK: Final = re.compile(r"^# region shared/|^# endregion", re.M)
_LINE_LENGTH: Final = 110

Import = tuple[str, str, str]
"""Module, name (empty for the module itself) and the name it gets here (empty for its own)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One module of ``components/zoom/shared``."""

    name: str
    purpose: str
    """First line of its docstring."""
    imports: frozenset[Import]
    needs: tuple[str, ...]
    """Names of the pieces that it uses."""
    body: str = field(repr=False)
    """Its source behind the imports."""


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
        ConfigurationError: It has no docstring, a relative import, or at its top level something that Langflow's
            loader drops without a word: ``if``, ``try``, ``for``, ``with`` or a bare call.
    """
    tree = ast.parse(source, filename=f"{name}.py")
    purpose = ast.get_docstring(tree)
    if not purpose:
        raise ConfigurationError(f"shared/{name}.py has no docstring.")
    imports, needs, last = set[Import](), list[str](), tree.body[0]
    for statement in tree.body[1:]:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            _refuse_relative(name, statement)
            last = statement
            found = set(_imports(statement))
            ours = {module for module, _, _ in found if module.startswith(PACKAGE)}
            needs += sorted(module.removeprefix(PACKAGE) for module in ours)
            imports |= {one for one in found if one[0] not in ours}
        elif not isinstance(statement, _KEPT) and not _is_docstring(statement):
            kind = type(statement).__name__
            raise ConfigurationError(
                f"shared/{name}.py, line {statement.lineno}: Langflow drops this ({kind})."
            )
    body = "\n".join(source.splitlines()[last.end_lineno :]).strip("\n")
    return Piece(
        name=name,
        purpose=purpose.splitlines()[0],
        imports=frozenset(imports),
        needs=tuple(dict.fromkeys(needs)),
        body=body,
    )


_KEPT: Final = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.AnnAssign)
"""What Langflow's loader takes over from a module, beside imports."""


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
        if written != source.code and not stale:
            found.append(f"{source.path.name}: imports that its regions need are missing")
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
    """A component's source with every region as its piece is now, and the imports that they need.

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
        for other in pieces[name].needs:
            if other not in names[:place]:
                raise ConfigurationError(
                    f"{file}: region shared/{name} needs region shared/{other} before it."
                )
    filled = _REGION.sub(lambda match: region(pieces[match["name"]]), code)
    _refuse_double_names(filled, file)
    return with_imports(filled, {one for name in names for one in pieces[name].imports}, file)


def region(piece: Piece) -> str:
    """A piece as it stands in a component."""
    purpose = textwrap.fill(piece.purpose, _LINE_LENGTH - 2)
    return "\n".join(
        [BEGIN.format(name=piece.name), textwrap.indent(purpose, "# "), "", "", piece.body, "", "", END]
    )


def without_regions(code: str) -> str:
    """A component's source without what it shares: what is read of it alone."""
    return _REGION.sub("", code)


def with_imports(code: str, needed: set[Import], file: str) -> str:
    """A source with imports added that it lacks, in the order that ruff wants.

    Raises:
        ConfigurationError: There is a comment among its imports, which would be lost.
    """
    tree = ast.parse(code)
    statements = [one for one in tree.body if isinstance(one, ast.Import | ast.ImportFrom)]
    have = {one for statement in statements for one in _imports(statement)}
    if needed <= have:
        return code
    lines = code.splitlines()
    first, last = statements[0].lineno - 1, statements[-1].end_lineno or 0
    if any("#" in line for line in lines[first:last]):
        lacks = ", ".join(sorted(module for module, _, _ in needed - have))
        raise ConfigurationError(
            f"{file}: import what its regions need by hand ({lacks}); its imports have comments."
        )
    return "\n".join([*lines[:first], *_import_block(have | needed), *lines[last:]]) + "\n"


def _import_block(imports: set[Import]) -> list[str]:
    """Import statements in three groups: ``__future__``, the standard library, others."""
    groups: list[list[str]] = [[], [], []]
    by_module: dict[str, list[Import]] = {}
    for one in sorted(imports):
        by_module.setdefault(one[0] if one[1] else "", []).append(one)
    for module, _, alias in by_module.pop("", []):
        groups[_group(module)].append(f"import {module}{f' as {alias}' if alias else ''}")
    for module, names in sorted(by_module.items()):
        named = sorted(names, key=lambda one: (_order(one[1]), one[1]))
        shown = [f"{name} as {alias}" if alias else name for _, name, alias in named]
        line = f"from {module} import {', '.join(shown)}"
        if len(line) > _LINE_LENGTH:
            line = "\n".join([f"from {module} import (", *(f"    {one}," for one in shown), ")"])
        groups[_group(module)].append(line)
    return "\n\n".join("\n".join(group) for group in groups if group).split("\n")


def _group(module: str) -> int:
    top = module.split(".")[0]
    return 0 if top == "__future__" else 1 if top in sys.stdlib_module_names else 2


def _order(name: str) -> int:
    """Constants before classes before the rest."""
    return 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2


def _imports(statement: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            yield alias.name, "", alias.asname or ""
        else:
            yield statement.module or "", alias.name, alias.asname or ""


def _refuse_relative(name: str, statement: ast.Import | ast.ImportFrom) -> None:
    if isinstance(statement, ast.ImportFrom) and statement.level:
        raise ConfigurationError(f"shared/{name}.py: import other pieces as {PACKAGE}NAME.")


def _refuse_double_names(code: str, file: str) -> None:
    """A component must not define anew what a region of it defines: the later one would win in silence."""
    tree, inside = ast.parse(code), Counter[str]()
    spans = [_lines_of(code, match) for match in _REGION.finditer(code)]
    everywhere = Counter[str]()
    for statement in tree.body:
        shared = any(first <= statement.lineno <= last for first, last in spans)
        for name in _defined(statement):
            everywhere[name] += 1
            inside[name] += shared
    double = sorted(name for name, times in everywhere.items() if times > 1 and inside[name])
    if double:
        raise ConfigurationError(f"{file} defines what a region of it defines too: {', '.join(double)}.")


def _lines_of(code: str, match: re.Match[str]) -> tuple[int, int]:
    return code.count("\n", 0, match.start()) + 1, code.count("\n", 0, match.end()) + 1


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


def _is_docstring(statement: ast.stmt) -> bool:
    """Whether it is the text that explains a constant."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _bodies(code: str) -> dict[str, str]:
    return {match["name"]: match[0] for match in _REGION.finditer(code)}
