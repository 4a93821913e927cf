"""Which messages of components may be told: those that are made of the components' own words. Pure.

A component's error is written by us and holds nothing that people said; but what Langflow hands on may as
well come from a library that quotes its input. So a message is told where each piece of it stands
in the source of a component, numbers and punctuation aside, and not because of how it looks.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST: Final = 400
"""A longer message is none of ours."""
PHRASE: Final = 12
"""A message has a piece of so many characters, with a space: single words could be put together to anything."""
_SHORTEST: Final = 2
_BETWEEN: Final = re.compile(r"[\W\d_]*")


class Sentences:
    """The sentences of some components."""

    def __init__(self, sources: Iterable[str]) -> None:
        """``sources`` are Python; pieces of text in them are what may be told."""
        pieces = {piece for source in sources for piece in _pieces(ast.parse(source))}
        in_order = sorted(pieces, key=len, reverse=True)
        self._piece = re.compile("|".join(map(re.escape, in_order))) if pieces else None

    def __call__(self, message: str) -> str:
        """The message as it may be told; empty where it may not."""
        message = " ".join(message.split())
        if self._piece is None or not message or len(message) > LONGEST:
            return ""
        found = self._piece.findall(message)
        if not any(len(piece) >= PHRASE and " " in piece for piece in found):
            return ""
        return message if _BETWEEN.fullmatch(self._piece.sub(" ", message)) else ""


def _pieces(tree: ast.AST) -> Iterable[str]:
    """Text in code, docstrings left out; what components share stands as a text of its own (:mod:`bridge.publish.regions`)."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="compiled_once"), args=[_, ast.Constant(value=str(shared)), *_]):
                yield from _pieces(ast.parse(shared))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            piece = " ".join(node.value.split())
            if len(piece) >= _SHORTEST and len(piece) <= LONGEST and piece[0].isalnum():
                yield piece
