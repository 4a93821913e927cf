"""No word that a component tells people escapes the tables of languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3] / "components" / "zoom"
CODES = ["en", "de", "es", "fr", "pt", "ja"]
TABLES = {"languages.py", "remarks.py", "record_words.py"}
READ = {"due.py", "findings.py", "rules.py", "speech.py", "talk.py", "passages.py"}
"""Pieces that know what people say, and say nothing."""
WORDS = re.compile(r"[A-Za-z][A-Za-z']* [a-z][a-z']+")
"""Two words of English."""

SAID_TO_WHOEVER_BUILDS = (
    "status", "log", "_tell", "msg", "info", "display_name", "description", "placeholder", "why", "told", "budget", "unknown",
    "perhaps", "hint", "hints", "advice", "known", "what", "problem", "scopes", "shown", "shows",
)  # fmt: skip
"""Names under which stands what the editor shows on a node, or what an error tells whoever set it up."""
NOT_TOLD = {
    "answer.py": {"content_of", "transcript_lines", "faults_of", "unfounded"},
    "earlier.py": {"block_of"},
    "exchange.py": {"in_form"},
    "insights.py": {"faults_of", "faults_of_insight", "user_text", "transcript", "system_prompt"},
    "knowledge.py": {"faults_of", "too_long"},
    "knowledge_step.py": {"_prompt"},
    "answer_step.py": {"_prompt"},
    "summary_step.py": {"_prompt"},
    "summary.py": {"faults_of_running", "faults_of_minutes", "too_long", "question"},
    "window.py": {"write_prompt", "transcript"},
    "claude.py": {"reason_of", "_without", "__repr__"},
    "model.py": {"ask", "structured"},
    "no_answer.py": {"why"},
    "zoom_api.py": {"explain", "explain_token", "busy", "_reserve", "send", "__str__"},
    "zoom_chat.py": {"say"},
    "record_system.py": {"refusal_of", "left_out", "_fault", "send", "_asked"},
    "one_run.py": {"within_run"},
    "records.py": {"rehearsed", "status", "_act", "run", "__init__", "_write", "_take"},
    "chat_step.py": {"_post_all"},
    "request_template.py": {"parse_template"},
}
"""Functions that write for a model, and those that write errors and what the editor shows."""
SENTENCE = re.compile(r"[(\"]?[A-Z{].* .*[.:)]|.*\{\{.*", re.DOTALL)
"""What of module constants is told: sentences, and what is written into other systems."""
CONSTANTS_NOT_TOLD = re.compile(
    r"(?:.*_)?(?:PROMPT|INSTRUCTIONS|TASK|SYSTEM|FIELDS|FORM|RULES?|EXAMPLES|HINTS|INFO|MAY_HAVE_ARRIVED|NO_MEETING_CHAT|MOVED|BASIC)"
)
"""Module constants for a model, and what the editor and errors show."""


def told_constants(path: Path) -> Iterator[tuple[int, str]]:
    """Texts with two English words or more in functions, outside of errors and of what only the editor shows."""
    from bridge.publish.regions import without_regions

    tree = ast.parse(without_regions(path.read_text(encoding="utf-8")))
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and WORDS.search(node.value)):
            continue
        outer = list(_outer(node, above))
        functions = {each.name for each in outer if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        constants = {
            name for each in outer if isinstance(each, ast.AnnAssign | ast.Assign) for name in _assigned(each)
        }
        if (
            (functions or (constants and SENTENCE.fullmatch(node.value)))
            and not any(CONSTANTS_NOT_TOLD.fullmatch(name) for name in constants)
            and not functions & NOT_TOLD.get(path.name, set())
            and not any(isinstance(each, ast.Expr | ast.Raise) for each in outer[:1])
            and not any(isinstance(each, ast.Raise) or _is_for_builders(each) for each in outer)
        ):
            yield node.lineno, node.value


def _outer(node: ast.AST, above: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in above:
        node = above[node]
        yield node


def _is_for_builders(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=[*targets]):
            names = [name for each in targets for name in _names(each)]
        case ast.AnnAssign(target=target) | ast.AugAssign(target=target):
            names = _names(target)
        case ast.keyword(arg=str(name)):
            names = [name]
        case ast.Call(func=func):
            names = _names(func)
            if names and names[-1] in ("compile", "match", "search", "split", "sub", "fullmatch"):
                return True
        case _:
            return False
    return any(name in SAID_TO_WHOEVER_BUILDS or name.endswith("Error") for name in names)


def _assigned(node: ast.AnnAssign | ast.Assign) -> list[str]:
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
    return [name for each in targets for name in _names(each)]


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Tuple):
        return [name for each in node.elts for name in _names(each)]
    return [node.id] if isinstance(node, ast.Name) else [node.attr] if isinstance(node, ast.Attribute) else []


@pytest.mark.parametrize(
    "path",
    sorted({*ROOT.glob("*.py"), *ROOT.glob("shared/*.py")}),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_no_told_word_is_in_the_code(path: Path) -> None:
    """Sentences and headings for the meeting's people come from a table with all languages."""
    if path.name not in TABLES | READ:
        assert list(told_constants(path)) == []
