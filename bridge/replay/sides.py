"""The flows of a replay: what ``--flow`` names, on the server, in a file, or in Python; and the route of each."""

from __future__ import annotations

import re
import uuid
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog

from bridge.errors import ConfigurationError, LangflowError
from bridge.flow.routes import BUILT_IN, Route
from bridge.publish.library import Flow as FlowFile
from bridge.publish.library import read_flow
from bridge.replay.outcome import Flow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bridge.publish.graph import JsonObject
    from bridge.publish.rest import LangflowRest

_CALL: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
TEMPORARY: Final = "replay-"
"""How the endpoint names of imported files begin."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One flow or function, ready to be run."""

    flow: Flow
    route: Route
    """By which it is run: of the replay's own, so that no two share one."""
    cut_for: Route
    """For which its windows are cut."""
    data: JsonObject | None
    """Its nodes and wires; ``None`` of a function, and where the server does not tell."""


@dataclass(frozen=True, slots=True)
class _Found:
    title: str
    target: dict[str, str]
    names: frozenset[str]
    """By which a route may name it."""
    data: JsonObject | None


@asynccontextmanager
async def sides(
    named: Sequence[str], routes: Sequence[Route], rest: LangflowRest, *, cut_as: str = ""
) -> AsyncIterator[list[Side]]:
    """The flows that are named, in order; those of files are on the server while the block runs, under names of their own.

    Args:
        named: Endpoint names or ids, JSON files, or Python functions as ``module:function``.
        routes: The bridge's. A flow's windows are cut for the route that is for it, else for that of the first flow
            that has one.
        rest: The server; it is asked nothing where only functions are named.
        cut_as: Name of the route that all windows are cut for instead.

    Raises:
        ConfigurationError: There is no such flow, file or route, or one is named twice.
        LangflowError: The server cannot be asked, or refuses.
    """
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ConfigurationError(f"--flow {', '.join(twice)} is given twice")
    imported: list[str] = []
    try:
        found = [await _find(name, rest, imported) for name in named]
        yield _with_routes(named, found, routes, cut_as)
    finally:
        for flow_id in imported:
            await _remove(rest, flow_id)


def is_call(named: str) -> bool:
    """Whether a Python function is meant."""
    return _CALL.fullmatch(named) is not None


async def _find(name: str, rest: LangflowRest, imported: list[str]) -> _Found:
    if is_call(name):
        return _Found(name, {"call": name}, frozenset({name}), None)
    if name.endswith(".json"):
        return await _import(Path(name), rest, imported)
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"--flow {name} is no flow's name or id, no .json file and no module:function"
        )
    if await rest.is_lfx_serve():
        return _Found(name, {"flow": name}, frozenset({name}), None)
    theirs = await rest.insisted(name)
    endpoint = str(theirs.get("endpoint_name") or theirs["id"])
    names = frozenset({endpoint, str(theirs["id"])})
    return _Found(str(theirs["name"]), {"flow": endpoint}, names, theirs.get("data"))


async def _import(path: Path, rest: LangflowRest, imported: list[str]) -> _Found:
    """Put a file's flow on the server, under a name that no other flow has."""
    content = read_flow(path)
    if await rest.is_lfx_serve():
        raise ConfigurationError(f"{path}: lfx serve takes no flows; give the name of one that it has")
    mark = uuid.uuid4()
    title = str(content.get("name") or path.stem)
    own = {
        "id": str(mark),
        "name": f"{title} (replay {mark.hex[:8]})",
        "endpoint_name": f"{TEMPORARY}{mark.hex}",
    }
    flow = FlowFile(path=path, content={"description": "", **content, **own})
    # Before it is there: whoever breaks off meanwhile does not learn whether it is.
    imported.append(str(mark))
    if (flow_id := await rest.create(flow, flow.data)) not in imported:
        imported.append(flow_id)
    names = frozenset({str(content.get("endpoint_name") or ""), str(content.get("id") or "")} - {""})
    return _Found(title, {"flow": flow_id}, names, flow.data)


async def _remove(rest: LangflowRest, flow_id: str) -> None:
    try:
        await rest.remove(flow_id)
    except LangflowError as error:
        log.error("replay.flow_left", flow_id=flow_id, reason=str(error))


def _with_routes(
    named: Sequence[str], found: Sequence[_Found], routes: Sequence[Route], cut_as: str
) -> list[Side]:
    own = [next((route for route in routes if _target(route) in each.names), None) for each in found]
    if cut_as:
        of_that_name = [route for route in routes if route.name == cut_as]
        if not of_that_name:
            there = ", ".join(route.name for route in routes)
            raise ConfigurationError(f"--route {cut_as}: there is no such route; there are {there}")
        own = [of_that_name[0]] * len(found)
    common = next((route for route in own if route is not None), BUILT_IN[0])
    return [_side(n, *each, common) for n, each in enumerate(zip(named, found, own, strict=True), start=1)]


def _target(route: Route) -> str:
    return route.flow or route.call


def _side(n: int, name: str, found: _Found, own: Route | None, common: Route) -> Side:
    cut_for = own or common
    route = Route(name=f"flow-{n}", on=cut_for.on, timeout_seconds=cut_for.timeout_seconds, **found.target)
    # Windows in words carry no mark: whoever takes only words is not asked to, for it would not know a rehearsal.
    windows = cut_for.model_copy(update={"input": "window", "share": False, "memory": "none"})
    return Side(flow=Flow(name=name, title=found.title), route=route, cut_for=windows, data=found.data)
