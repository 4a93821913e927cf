"""Our flows on a Langflow server: put there, renewed without losing what people set, and checked."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import httpx

from bridge.errors import BridgeError, ConfigurationError, FlowFailed, FlowRefused, LangflowAway
from bridge.flow import graph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.flow.graph import JsonObject
    from bridge.flow.library import Flow

OLDEST_VERSION = (1, 12)
"""Oldest Langflow the components are tested with."""

_EMPTY_WINDOW = {
    "schema": "zoom-window/1",
    "window_id": "check:check:1",
    "seq": 1,
    "kind": "start",
    "route": "check",
    "meeting": {"uuid": "check", "id": "", "topic": "", "started_at": "1970-01-01T00:00:00Z"},
    "stream_id": "check",
    "from_ms": 0,
    "to_ms": 0,
    "participants": [],
    "utterances": [],
    "gaps": [],
}


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
    note: str = ""
    """What was left as people had made it; empty where nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a check looked at."""

    ok: bool
    what: str
    advice: str = ""
    """What to do about it; empty where all is well."""


class FlowServer:
    """One Langflow, through its REST API.

    A flow is found by its endpoint name, which is what runs it, else by its id; so a second push
    never makes a second flow. A flow that nobody has touched since it was sealed is replaced as a
    whole. In one that people changed, our components get their new definitions while values,
    positions, wires and added nodes stay; only where somebody edited the code of one of our
    components does a push stop, and ``force`` replaces the flow whatever it holds.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        """``client`` has the server as ``base_url`` and the API key in its ``x-api-key`` header."""
        self._client = client

    async def push(self, flow: Flow, values: Mapping[str, str] | None = None, *, force: bool = False) -> Push:
        """Create or renew one flow.

        ``values`` fills in inputs, by ``<component type>.<input>``. Secret inputs are not written
        into the flow: they become global variables of the credential kind, named
        ``<endpoint name>:<component type>.<input>``. Values that are not given stay.

        Raises:
            ConfigurationError: Somebody edited our components there and ``force`` is off, or
                ``values`` names an input that no component has.
            LangflowError: The server cannot be reached, or refuses.
        """
        found = await self._find(flow)
        if found is None:
            data = await self._filled(flow, deepcopy(flow.data), values or {})
            return Push(flow=flow, action=Action.CREATED, flow_id=await self._create(flow, data))

        theirs: JsonObject = found["data"] or {"nodes": [], "edges": []}
        replace = force or graph.is_untouched(theirs)
        data = deepcopy(flow.data) if replace else _merged(flow, theirs)
        data = await self._filled(flow, data, values or {})
        rewired = graph.wires(data) != graph.wires(flow.data)
        note = "its wiring on the server differs from the file and was kept" if rewired else ""
        if _same(data, theirs) and found["endpoint_name"] == flow.endpoint_name:
            return Push(flow=flow, action=Action.UNCHANGED, flow_id=found["id"], note=note)
        change: JsonObject = {"data": data, "endpoint_name": flow.endpoint_name}
        if replace:
            change["description"] = flow.content["description"]
        await self._ask("PATCH", f"/api/v1/flows/{found['id']}", json=change)
        return Push(flow=flow, action=Action.UPDATED, flow_id=found["id"], note=note)

    async def check(self, flows: Sequence[Flow]) -> list[Finding]:
        """Whether server, key, flows and components fit together, in the order to mend them."""
        findings: list[Finding] = []
        try:
            findings.append(await self._check_version())
            await self._ask("GET", "/api/v1/users/whoami")
            findings.append(Finding(ok=True, what="The API key is valid"))
            findings += [await self._check_flow(flow) for flow in flows]
        except BridgeError as error:
            findings.append(Finding(ok=False, what="Langflow", advice=str(error)))
        return findings

    async def run_empty(self, flow: Flow) -> Finding:
        """A round trip: run the flow on a ``start`` window, which says nothing and posts nothing."""
        asked = {"input_value": json.dumps(_EMPTY_WINDOW), "input_type": "chat", "output_type": "chat"}
        try:
            await self._ask(
                "POST", f"/api/v1/run/{flow.endpoint_name}", json={**asked, "session_id": "zoom-check"}
            )
        except BridgeError as error:
            return Finding(ok=False, what=f"{flow.name} does not run", advice=str(error))
        return Finding(ok=True, what=f"{flow.name} runs")

    async def _check_version(self) -> Finding:
        version = str((await self._ask("GET", "/api/v1/version"))["version"])
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_VERSION:
            wanted = ".".join(map(str, OLDEST_VERSION))
            return Finding(
                ok=False, what=f"Langflow {version}", advice=f"Upgrade Langflow to {wanted} or newer."
            )
        return Finding(ok=True, what=f"Langflow {version}")

    async def _check_flow(self, flow: Flow) -> Finding:
        found = await self._find(flow)
        if found is None or found["endpoint_name"] != flow.endpoint_name:
            return Finding(ok=False, what=f"{flow.name} is not there", advice="Run: zoom-bridge flows push")
        theirs: JsonObject = found["data"] or {"nodes": [], "edges": []}
        own = graph.definitions(flow.data)
        if changed := graph.edited(theirs, own):
            return Finding(
                ok=True, what=f"{flow.name} is there, with components edited by hand: {', '.join(changed)}"
            )
        codes = {component["type"]: graph.code_of(component) for component in graph.components(flow.data)}
        for component in graph.components(theirs):
            if component["type"] in own and graph.code_of(component) != codes[component["type"]]:
                name = component["node"]["display_name"]
                return Finding(
                    ok=False,
                    what=f"{flow.name} has another version of {name}",
                    advice="Run: zoom-bridge flows push",
                )
        return Finding(ok=True, what=f"{flow.name} is there, with the components of this version")

    async def _find(self, flow: Flow) -> JsonObject | None:
        query = {"get_all": "true", "header_flows": "true", "remove_example_flows": "true"}
        headers: list[JsonObject] = await self._ask("GET", "/api/v1/flows/", params=query)
        for wanted in (("endpoint_name", flow.endpoint_name), ("id", flow.id)):
            for header in headers:
                if header[wanted[0]] == wanted[1]:
                    found: JsonObject = await self._ask("GET", f"/api/v1/flows/{header['id']}")
                    return found
        return None

    async def _create(self, flow: Flow, data: JsonObject) -> str:
        body = {key: value for key, value in flow.content.items() if key not in ("id", "last_tested_version")}
        body["data"] = data
        answer = await self._send("PUT", f"/api/v1/flows/{flow.id}", json=body)
        if answer.status_code == httpx.codes.NOT_FOUND:
            # Another user of this server has a flow of this id; ours gets another.
            answer = await self._send("POST", "/api/v1/flows/", json=body)
        return str(_content(answer)["id"])

    async def _filled(self, flow: Flow, data: JsonObject, values: Mapping[str, str]) -> JsonObject:
        fields = {key: _inputs(flow, data, key) for key in values}
        for key, inputs in fields.items():
            secret = any(field.get("password") for field in inputs)
            if secret:
                await self._set_variable(f"{flow.endpoint_name}:{key}", values[key])
            for field in inputs:
                shown = f"{flow.endpoint_name}:{key}" if secret else values[key]
                field.update(value=shown, load_from_db=secret)
        return data

    async def _set_variable(self, name: str, value: str) -> None:
        variables: list[JsonObject] = await self._ask("GET", "/api/v1/variables/")
        body = {"name": name, "value": value, "type": "Credential", "default_fields": []}
        for variable in variables:
            if variable["name"] == name:
                await self._ask(
                    "PATCH", f"/api/v1/variables/{variable['id']}", json={"id": variable["id"], **body}
                )
                return
        await self._ask("POST", "/api/v1/variables/", json=body)

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        return _content(await self._send(method, path, **request))

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await self._client.request(method, path, **request)
        except httpx.ConnectError:
            raise LangflowAway(f"nobody answers at {self._client.base_url} (LANGFLOW_URL)") from None
        except httpx.TransportError as error:
            raise FlowFailed(f"no answer to {method} {path} ({type(error).__name__})") from None


def _content(answer: httpx.Response) -> Any:
    """The JSON of a good answer; of another, an error without its body, which may quote what was sent."""
    if answer.is_success:
        try:
            return answer.json()
        except ValueError:
            raise FlowRefused("the answer is not JSON; is LANGFLOW_URL a Langflow?") from None
    asked = f"Langflow answered {answer.status_code} to {answer.request.method} {answer.request.url.path}"
    if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise FlowRefused(f"{asked}: LANGFLOW_API_KEY is missing or not valid there")
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise FlowFailed(f"{asked}: see Langflow's log")
    raise FlowRefused(asked)


def _inputs(flow: Flow, data: JsonObject, key: str) -> list[JsonObject]:
    """The input that ``<component type>.<input>`` names, in each component of the type."""
    type_, _, name = key.partition(".")
    templates = [
        component["node"]["template"] for component in graph.components(data) if component["type"] == type_
    ]
    if not templates or any(name not in template for template in templates):
        raise ConfigurationError(f"{flow.name} has no input {key}.")
    return [template[name] for template in templates]


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
    return graph.fingerprint(one) == graph.fingerprint(other) and graph.seals(one) == graph.seals(other)
