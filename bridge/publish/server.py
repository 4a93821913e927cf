"""Our flows put on a Langflow server, and renewed without losing what people set."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from bridge.errors import ConfigurationError
from bridge.publish import graph
from bridge.publish.rest import LangflowRest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import httpx

    from bridge.publish.graph import JsonObject
    from bridge.publish.library import Flow


_READERS: Final[dict[str, Callable[[str], object]]] = {
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": int,
    "float": float,
}
"""How text becomes the value of an input, by Langflow's name of its type; everything else stays text."""


PROJECT: Final = "Zoom"
"""Project in which our flows stand, apart from the user's own."""


class Action(StrEnum):
    """What a push did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Outcome of pushing one flow."""

    flow: Flow
    action: Action
    flow_id: str
    """Its id on that server; not the file's where somebody had imported the file by hand."""
    changes: tuple[str, ...] = ()
    """What an update changed, one phrase each, without values."""
    note: str = ""
    """What was left as people had made it; empty where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A user's project that flows are put into."""

    id: str
    moved_from: str = ""
    """Project out of which flows are taken that are there already: the one that Langflow puts everything into, where
    this one has just been made. Later they stay where people put them."""


class FlowServer:
    """One Langflow, through its REST API.

    A flow is found by its endpoint name, which is what runs it, else by its id; so a second push
    never makes a second flow. A flow that does what it did when it was sealed is replaced as a
    whole, and keeps how somebody arranged it. In one that people changed, our components get their new definitions while values,
    positions, wires and added nodes stay; only where somebody edited the code of one of our
    components does a push stop, and ``force`` replaces the flow whatever it holds.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        """``client`` has the server as ``base_url`` and the API key in its ``x-api-key`` header."""
        self._rest = LangflowRest(client)

    async def project(self, name: str = PROJECT) -> Project:
        """The user's project of that name, made where there is none."""
        projects = await self._rest.projects()
        for project in projects:
            if project["name"] == name:
                return Project(id=project["id"])
        made = await self._rest.create_project(name, "Flows that take the live words of Zoom meetings.")
        return Project(id=made["id"], moved_from=projects[0]["id"] if projects else "")

    async def push(
        self,
        flow: Flow,
        values: Mapping[str, str] | None = None,
        *,
        variables: Mapping[str, str] | None = None,
        project: Project | None = None,
        force: bool = False,
    ) -> Push:
        """Create or renew one flow.

        Inputs are named ``<component type>.<input>``, and those that are not given stay. ``values``
        fills inputs in; secret ones are not written into the flow but become global variables of the
        credential kind, named ``<endpoint name>:<component type>.<input>``. ``variables`` makes inputs
        take their value from a global variable of the user's, by its name. A new flow goes into ``project``.

        Raises:
            ConfigurationError: Somebody edited our components there and ``force`` is off, or locked the flow; or an input
                is named that no component has or that takes no variable.
            LangflowError: The server cannot be reached, or refuses.
        """
        found = await self._rest.find(flow)
        theirs: JsonObject | None = (found["data"] or {"nodes": [], "edges": []}) if found else None
        replace = force or theirs is None or graph.is_untouched(theirs)
        data = _next(flow, theirs, force=force)
        _fill(flow, data, variables or {}, bind=True)
        secrets = _fill(flow, data, values or {}, bind=False)
        same = moves = False
        if found is not None and theirs is not None:
            same = _same(data, theirs) and found["endpoint_name"] == flow.endpoint_name
            moves = (
                project is not None
                and bool(found.get("folder_id"))
                and found["folder_id"] == project.moved_from
            )
            if found.get("locked") is True and (moves or not same):
                raise ConfigurationError(
                    f"{flow.name} is locked there. Unlock it in the editor, and push again."
                )
        for name, value in secrets.items():
            await self._rest.set_variable(name, value)

        if found is None or theirs is None:
            flow_id = await self._rest.create(flow, data, project.id if project else "")
            return Push(flow=flow, action=Action.CREATED, flow_id=flow_id)
        rewired = graph.wires(data) != graph.wires(flow.data)
        note = "its wiring on the server differs from the file and was kept" if rewired else ""
        if same and not moves:
            return Push(flow=flow, action=Action.UNCHANGED, flow_id=found["id"], note=note)
        change: JsonObject = {} if same else {"data": data, "endpoint_name": flow.endpoint_name}
        if replace and not same:
            change["description"] = flow.content["description"]
        if project is not None and moves:
            change["folder_id"] = project.id
        await self._rest.change(found["id"], change)
        changes = [*graph.changes(theirs, data)]
        if found["endpoint_name"] != flow.endpoint_name:
            changes.append("its endpoint name is back")
        if moves:
            changes.append(f"moved into the project {PROJECT}")
        return Push(flow=flow, action=Action.UPDATED, flow_id=found["id"], changes=tuple(changes), note=note)


def inputs_of(flow: Flow, names: Iterable[str]) -> set[str]:
    """Those of the inputs, named ``<component type>.<input>``, that the flow has."""
    return {name for name in names if _inputs(flow.data, name)}


def _fill(flow: Flow, data: JsonObject, values: Mapping[str, str], *, bind: bool) -> dict[str, str]:
    """Write values, or with ``bind`` names of variables, into ``data``; returns the variables to make."""
    fields = {key: _inputs(data, key) for key in values}
    if unknown := [key for key, found in fields.items() if not found]:
        raise ConfigurationError(f"{flow.name} has no input {' and no input '.join(unknown)}.")
    secrets: dict[str, str] = {}
    for key, inputs in fields.items():
        shown, bound = values[key], bind
        if bind and any("load_from_db" not in field for field in inputs):
            raise ConfigurationError(f"{key} takes no global variable; give its value with --set.")
        if not bind and any(field.get("password") for field in inputs):
            shown, bound = f"{flow.endpoint_name}:{key}", True
            secrets[shown] = values[key]
        for field in inputs:
            field.update(value=shown if bound else _typed(key, field, shown), load_from_db=bound)
    return secrets


def _typed(key: str, field: JsonObject, text: str) -> object:
    """A value that was given as text, as the input wants it; ``key`` names it in errors."""
    read = _READERS.get(str(field.get("type")), str)
    try:
        value: object = [read(part.strip()) for part in text.split(",")] if field.get("list") else read(text)
    except (ValueError, KeyError):
        raise ConfigurationError(f"{key} is of type {field['type']}, which the value is not.") from None
    value = graph.as_offered(field, value)
    if not graph.is_offered(field, value):
        raise ConfigurationError(f"{key} takes {', '.join(map(str, field['options']))}.")
    return value


def _inputs(data: JsonObject, key: str) -> list[JsonObject]:
    """The input that ``<component type>.<input>`` names, in each component of the type that has it."""
    type_, _, name = key.partition(".")
    templates = (
        component["node"]["template"] for component in graph.components(data) if component["type"] == type_
    )
    return [template[name] for template in templates if isinstance(template.get(name), dict)]


def _next(flow: Flow, theirs: JsonObject | None, *, force: bool) -> JsonObject:
    """What the server shall have."""
    if force or theirs is None:
        return deepcopy(flow.data)
    if graph.is_untouched(theirs):
        return graph.arranged(flow.data, theirs) if graph.is_arranged(theirs) else deepcopy(flow.data)
    return _merged(flow, theirs)


def _merged(flow: Flow, theirs: JsonObject) -> JsonObject:
    own = graph.definitions(flow.data)
    if edited := graph.edited(theirs, own):
        raise ConfigurationError(
            f"{flow.name}: the code of {', '.join(edited)} was edited on the server. "
            "Push with --force to replace the whole flow by the file."
        )
    if not any(component["type"] in own for component in graph.components(theirs)):
        raise ConfigurationError(
            f"Another flow on the server has the endpoint name {flow.endpoint_name}. "
            "Rename its endpoint, or push with --force to replace it."
        )
    try:
        return graph.renew(theirs, own)
    except graph.BrokenWire as error:
        raise ConfigurationError(
            f"{flow.name}: {error}. Push with --force to replace the whole flow."
        ) from error


def _same(one: JsonObject, other: JsonObject) -> bool:
    return (
        graph.fingerprint(one) == graph.fingerprint(other)
        and graph.seals(one) == graph.seals(other)
        and graph.bound(one) == graph.bound(other)
    )
