"""What differs between two flows, in words: nodes, wires, models, instructions. Pure. Secrets are told of, never told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from bridge.publish import graph
from bridge.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.publish.graph import JsonObject

LONGEST: Final = 400
"""Characters of a value that are told."""
MOST_LINES: Final = 12
"""Lines of a text that are told of each side."""
_CODE: Final = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is another in the second flow than in the first."""

    what: str
    """Such as ``Zoom Meeting Insights: Instructions``."""
    one: tuple[str, ...]
    """What only the first has, line by line; empty where that is nothing, or is not told."""
    other: tuple[str, ...]
    """What only the second has."""
    note: str = ""
    """Instead of both, where they are not told."""


def differences(one: JsonObject, other: JsonObject) -> list[Difference]:
    """What differs between the graphs of two flows: nodes first, in the first one's order, then wires and notes.

    Nodes go together by their ids, as in a copy, and else by their type.
    """
    together, only_one, only_other = _matched(one, other)
    told = [Difference(what="Node", one=(_title(node),), other=()) for node in only_one]
    told += [Difference(what="Node", one=(), other=(_title(node),)) for node in only_other]
    for node, twin in together:
        told += _of_node(node, twin)
    ids = {twin["id"]: node["id"] for node, twin in together}
    wired, rewired = _wires(one, {}), _wires(other, ids)
    lost, added = (
        tuple(sorted(wired[each] for each in wired.keys() - rewired.keys())),
        tuple(sorted(rewired[each] for each in rewired.keys() - wired.keys())),
    )
    if lost or added:
        told.append(Difference(what="Wires", one=lost, other=added))
    if graph.notes(one) != graph.notes(other):
        told.append(Difference(what="Notes", one=(), other=(), note="they say something else"))
    return told


def in_words(difference: Difference, one: str, other: str) -> list[str]:
    """A difference as lines for a terminal; ``one`` and ``other`` are what the flows are called."""
    if difference.note:
        return [f"{difference.what}: {difference.note}"]
    return [
        f"{difference.what}",
        *(f"  only in {one}: {line}" for line in difference.one),
        *(f"  only in {other}: {line}" for line in difference.other),
    ]


_Node = dict[str, Any]


def _matched(
    one: JsonObject, other: JsonObject
) -> tuple[list[tuple[_Node, _Node]], list[_Node], list[_Node]]:
    """Nodes that go together, and those that only one of the flows has."""
    left = {node["id"]: node for node in graph.components(other)}
    together: list[tuple[_Node, _Node]] = []
    alone: list[_Node] = []
    for node in graph.components(one):
        twin = left.get(node["id"])
        if twin is not None and twin["type"] == node["type"]:
            together.append((node, left.pop(twin["id"])))
        else:
            alone.append(node)
    for node in list(alone):
        twin = next((each for each in left.values() if each["type"] == node["type"]), None)
        if twin is not None:
            together.append((node, left.pop(twin["id"])))
            alone.remove(node)
    return together, alone, list(left.values())


def _of_node(node: _Node, twin: _Node) -> Iterator[Difference]:
    title = _title(node)
    if title != _title(twin):
        yield Difference(what=f"{title}: name", one=(title,), other=(_title(twin),))
    was, is_ = (_inputs(each) for each in (node, twin))
    for name in [*was, *(name for name in is_ if name not in was)]:
        field, new = was.get(name), is_.get(name)
        label = f"{title}: {(new or field or {}).get('display_name') or name}"
        if name == _CODE:
            if field and new and field.get("value") != new.get("value"):
                yield Difference(what=title, one=(), other=(), note="its code is another")
        elif _value(field) == _value(new):
            continue
        elif any(_is_secret(each) or _may_hold_secrets(_value(each)) for each in (field, new)):
            yield Difference(what=label, one=(), other=(), note="another value, which is not told here")
        else:
            yield _values(label, _value(field), _value(new))


def _values(label: str, was: Any, is_: Any) -> Difference:
    if isinstance(was, list) and isinstance(is_, list):
        ours, theirs = [_shown(each) for each in was], [_shown(each) for each in is_]
        lost = tuple(each for each in ours if each not in theirs)
        added = tuple(each for each in theirs if each not in ours)
        if lost or added:
            return Difference(what=label, one=lost, other=added)
        return Difference(what=label, one=(), other=(), note="in another order")
    return _texts(label, _shown(was), _shown(is_))


def _texts(label: str, was: str, is_: str) -> Difference:
    """Two texts by the lines that only one of them has."""
    ours, theirs = was.split("\n"), is_.split("\n")
    lost: list[str] = []
    added: list[str] = []
    for tag, i, j, k, m in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            lost += ours[i:j]
            added += theirs[k:m]
    return Difference(what=label, one=_some(lost), other=_some(added))


def _some(lines: list[str]) -> tuple[str, ...]:
    told = [one_line(line, LONGEST) for line in lines if line.strip()]
    left = len(told) - MOST_LINES
    return (*told[:MOST_LINES], *([f"… and {left} lines more"] if left > 0 else ()))


def _inputs(node: _Node) -> dict[str, JsonObject]:
    return dict(graph.fields(node["node"]["template"]))


def _is_secret(field: JsonObject | None) -> bool:
    return bool(field and (field.get("password") or field.get("_input_type") == "SecretStrInput"))


def _may_hold_secrets(value: Any) -> bool:
    """Whether it is a table or a mapping, such as a request's headers: nobody tells which of its values are secret."""
    several = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict) and not each.get("name") for each in several)


def _value(field: JsonObject | None) -> Any:
    """What an input is set to; what is empty is the same however it is written."""
    value = (field or {}).get("value")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return "" if value in (None, [], {}) else value


def _shown(value: Any) -> str:
    """A value as people know it: a model by its maker and name."""
    if isinstance(value, dict) and value.get("name"):
        return " ".join(str(part) for part in (value.get("provider"), value["name"]) if part)
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _wires(data: JsonObject, ids: dict[str, str]) -> dict[tuple[str, str, str, str], str]:
    """Each wire, by the first flow's ids, in words."""
    titles = {node["id"]: _title(node) for node in graph.components(data)}
    return {
        (ids.get(source, source), output, ids.get(target, target), input_): (
            f"{titles.get(source, source)} ({output}) → {titles.get(target, target)} ({input_})"
        )
        for source, output, target, input_ in graph.wires(data)
    }


def _title(node: _Node) -> str:
    return one_line(str(node["node"]["display_name"]), LONGEST)
