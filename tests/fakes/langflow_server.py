"""A Langflow's flow and variable API in memory, as strict as Langflow 1.13 was seen to be."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from bridge.listener import http_listener

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

JsonObject = dict[str, Any]

_FLOW_FIELDS = {
    "folder_id",
    "name",
    "description",
    "data",
    "endpoint_name",
    "tags",
    "is_component",
    "id",
    "icon",
    "locked",
}
_PATCH_FIELDS = {"name", "description", "data", "endpoint_name", "folder_id"}


class FakeLangflow:
    """One user's flows and variables behind one API key; ``client()`` talks to it without a socket."""

    def __init__(
        self,
        *,
        api_key: str = "sk-right",
        version: str = "1.13.0",
        auto_login: bool = True,
        password: str = "",
        custom_components: bool = True,
    ) -> None:
        self.api_key = api_key
        self.user_id = str(uuid.uuid4())
        """Of the only user, as this database has it."""
        self.version = version
        self.auto_login = auto_login and not password
        self.password = password
        """Of the user ``langflow``."""
        self.projects: dict[str, JsonObject] = {}
        self.may_make_projects = True
        self.traces: list[JsonObject] = []
        """Of runs, by session and flow."""
        self.builds: set[str] = set()
        """Flows that results of nodes are kept of."""
        self.transactions: set[str] = set()
        """Flows that transactions are kept of, which nothing deletes."""
        self.late_traces: list[JsonObject] = []
        """Written as soon as somebody has listed traces."""
        self.custom_components = custom_components
        self.installed: dict[str, str] = {}
        """Code of our components in the side bar, by type."""
        self.one_session = ""
        """A session that the flow writes to whatever session it is run in; empty for a flow in order."""
        self.messages: list[JsonObject] = []
        self.keys_made: list[str] = []
        """Names of the API keys that were made."""
        self.flows: dict[str, JsonObject] = {}
        self._new_project("Starter Project")
        self.flow_faults: dict[str, int] = {}
        """What a flow's writes are answered with instead of being done, by its endpoint name."""
        self.gone_with_flows: int | None = None
        """With so many flows nobody answers any more; for :meth:`client` alone."""
        self.foreign_ids: set[str] = set()
        """Ids of flows that belong to other users of the server."""
        self.variables: dict[str, JsonObject] = {}
        self.runs: list[JsonObject] = []
        self.writes: list[str] = []
        """Every request that changed something, as ``METHOD path``."""

    def client(self, api_key: str | None = None) -> httpx.AsyncClient:
        """A client as the command line makes it; an empty key is none."""
        key = self.api_key if api_key is None else api_key
        return httpx.AsyncClient(
            transport=httpx.MockTransport(self._handle),
            base_url="http://langflow.test",
            headers={"x-api-key": key} if key else {},
        )

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The same over HTTP, for as long as the block runs; gives its URL."""

        async def endpoint(request: Request) -> Response:
            asked = httpx.Request(
                request.method, str(request.url), headers=request.headers.raw, content=await request.body()
            )
            answer = self._handle(asked)
            return Response(answer.content, answer.status_code, media_type="application/json")

        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app = Starlette(routes=[Route("/{path:path}", endpoint, methods=methods)])
        async with http_listener(app, host="127.0.0.1", port=0) as port:
            yield f"http://127.0.0.1:{port}"

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if len(self.flows) == self.gone_with_flows:
            raise httpx.ConnectError("All connection attempts failed", request=request)
        match request.method, request.url.path.removeprefix("/api/v1").strip("/").split("/"):
            case "GET", ["health"]:
                return httpx.Response(200, json={"status": "ok"})
            case "GET", ["version"]:
                return httpx.Response(200, json={"version": self.version, "package": "Langflow"})
            case "GET", ["auto_login"]:
                if not self.auto_login:
                    return httpx.Response(403, json={"detail": {"message": "Auto login is disabled."}})
                return httpx.Response(200, json={"access_token": "token-of-the-only-user"})
            case "POST", ["login"]:
                return self._login(dict(parse_qsl(request.content.decode())))
            case "POST", ["api_key"]:
                return self._make_key(request)
            case _ if request.headers.get("x-api-key") != self.api_key:
                return httpx.Response(403, json={"detail": "Invalid or missing API key"})
            case "GET", ["users", "whoami"]:
                return httpx.Response(200, json={"id": self.user_id, "username": "langflow"})
            case "GET", ["config"]:
                return httpx.Response(200, json={"allow_custom_components": self.custom_components})
            case "GET", ["all"]:
                return httpx.Response(200, json=self._side_bar())
            case "GET", ["monitor", "messages"]:
                wanted = request.url.params["flow_id"]
                return httpx.Response(200, json=[m for m in self.messages if m["flow_id"] == wanted])
            case "DELETE", ["monitor", "messages", "session", session_id]:
                self.messages = [m for m in self.messages if m["session_id"] != session_id]
                return httpx.Response(204)
            case method, ["monitor", *rest]:
                return self._monitor(method, rest, request)
            case "GET", ["flows"]:
                return self._headers(request)
            case "GET", ["flows", flow_id]:
                return self._found(flow_id)
            case "GET", ["api_key"]:
                keys = [{"id": f"id of {name}", "name": name} for name in self.keys_made]
                return httpx.Response(200, json={"total_count": len(keys), "api_keys": keys})
            case "DELETE", [("flows" | "variables" | "api_key") as kind, thing]:
                self.writes.append(f"DELETE {request.url.path}")
                return self._delete(kind, thing)
            case method, ["flows", *rest]:
                self.writes.append(f"{method} {request.url.path}")
                return self._write_flow(method, rest, json.loads(request.content))
            case "GET", ["projects"]:
                return httpx.Response(200, json=list(self.projects.values()))
            case "POST", ["projects"]:
                self.writes.append(f"POST {request.url.path}")
                if not self.may_make_projects:
                    return httpx.Response(403, json={"detail": "not allowed"})
                return httpx.Response(201, json=self._new_project(json.loads(request.content)["name"]))
            case "GET", ["variables"]:
                return httpx.Response(200, json=[{**v, "value": None} for v in self.variables.values()])
            case method, ["variables", *rest]:
                self.writes.append(f"{method} {request.url.path}")
                return self._write_variable(method, rest, json.loads(request.content))
            case "POST", ["run", name]:
                return self._run(name, json.loads(request.content))
        return httpx.Response(404, json={"detail": "Not Found"})

    def _login(self, form: dict[str, str]) -> httpx.Response:
        if not {"username", "password"} <= form.keys():
            return httpx.Response(422, json={"detail": [{"type": "missing", "loc": ["body", "password"]}]})
        if not self.password or form != {"username": "langflow", "password": self.password}:
            return httpx.Response(401, json={"detail": "Incorrect username or password"})
        return httpx.Response(200, json={"access_token": "token-of-the-only-user", "token_type": "bearer"})

    def _new_project(self, name: str) -> JsonObject:
        names = {project["name"] for project in self.projects.values()}
        number = next(n for n in range(len(names) + 1) if (f"{name} ({n})" if n else name) not in names)
        project: JsonObject = {
            "id": str(uuid.uuid4()),
            "name": f"{name} ({number})" if number else name,
            "is_owner": True,
        }
        self.projects[project["id"]] = project
        return project

    def _monitor(self, method: str, rest: list[str], request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        match method, rest:
            case "GET", ["traces"]:
                found = [trace for trace in self.traces if trace["sessionId"] == asked["session_id"]]
                page = found[: int(asked.get("size", 50))]
                self.traces += self.late_traces
                self.late_traces = []
                return httpx.Response(200, json={"traces": page, "total": len(found), "pages": 1})
            case "DELETE", ["traces", trace_id]:
                before = len(self.traces)
                self.traces = [trace for trace in self.traces if trace["id"] != trace_id]
                if len(self.traces) == before:
                    return httpx.Response(404, json={"detail": "Trace not found"})
                return httpx.Response(204)
            case "DELETE", ["builds"]:
                self.builds.discard(asked["flow_id"])
                return httpx.Response(204)
            case "GET", ["transactions"]:
                return httpx.Response(
                    200, json={"items": [], "total": int(asked["flow_id"] in self.transactions)}
                )
        return httpx.Response(405)

    def _delete(self, kind: str, thing: str) -> httpx.Response:
        if kind == "api_key":
            self.keys_made = [name for name in self.keys_made if f"id of {name}" != thing]
            return httpx.Response(200, json={"detail": "API Key deleted"})
        if (self.flows if kind == "flows" else self.variables).pop(thing, None) is None:
            return httpx.Response(404, json={"detail": "not found"})
        self.messages = [message for message in self.messages if message["flow_id"] != thing]
        return httpx.Response(200 if kind == "flows" else 204, json={"message": "deleted"})

    def _make_key(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("authorization") != "Bearer token-of-the-only-user":
            return httpx.Response(403, json={"detail": "Could not validate credentials"})
        self.keys_made.append(json.loads(request.content)["name"])
        return httpx.Response(200, json={"api_key": self.api_key})

    def _side_bar(self) -> JsonObject:
        zoom = {
            f"ext:zoom:{name}@official": {"name": name, "template": {"code": {"value": code}}}
            for name, code in self.installed.items()
        }
        return {"zoom": zoom, "component_display_names": {"ext:zoom:x@official": {}}}

    def _headers(self, request: httpx.Request) -> httpx.Response:
        if request.url.params.get("header_flows") != "true":
            return httpx.Response(200, json=list(self.flows.values()))
        return httpx.Response(200, json=[{**flow, "data": None} for flow in self.flows.values()])

    def _found(self, flow_id: str) -> httpx.Response:
        if flow_id not in self.flows:
            return httpx.Response(404, json={"detail": "Flow not found"})
        return httpx.Response(200, json=self.flows[flow_id])

    def _write_flow(self, method: str, rest: list[str], body: JsonObject) -> httpx.Response:
        if status := self.flow_faults.get(str(body.get("endpoint_name"))):
            return httpx.Response(status, json={"detail": "not written"})
        if method == "POST" and not rest:
            return self._create(str(uuid.uuid4()), body)
        flow_id = rest[0]
        if method == "PUT":
            if flow_id in self.foreign_ids:
                return httpx.Response(404, json={"detail": "Flow not found"})
            if flow_id not in self.flows:
                return self._create(flow_id, body)
        if method != "PATCH" or not body.keys() <= _PATCH_FIELDS:
            return httpx.Response(422, json={"detail": "the fake knows PATCH of these fields only"})
        if flow_id not in self.flows:
            return httpx.Response(404, json={"detail": "Flow not found"})
        if self._endpoint_taken(body, but=flow_id):
            return httpx.Response(409, json={"detail": "Endpoint name must be unique"})
        if self.flows[flow_id].get("locked"):
            return httpx.Response(423, json={"detail": "Flow is locked. Unlock it before making changes."})
        self.flows[flow_id].update(json.loads(json.dumps(body)))
        return httpx.Response(200, json=self.flows[flow_id])

    def _create(self, flow_id: str, body: JsonObject) -> httpx.Response:
        if not body.keys() <= _FLOW_FIELDS or not body.get("name"):
            return httpx.Response(422, json={"detail": "not a flow"})
        if self._endpoint_taken(body, but=flow_id):
            return httpx.Response(409, json={"detail": "Endpoint name must be unique"})
        default = next(iter(self.projects))
        self.flows[flow_id] = {"folder_id": default, **json.loads(json.dumps(body)), "id": flow_id}
        return httpx.Response(201, json=self.flows[flow_id])

    def _endpoint_taken(self, body: JsonObject, *, but: str) -> bool:
        return any(
            flow["endpoint_name"] == body.get("endpoint_name")
            for flow_id, flow in self.flows.items()
            if flow_id != but
        )

    def _write_variable(self, method: str, rest: list[str], body: JsonObject) -> httpx.Response:
        if method == "POST":
            if not body["value"] or any(v["name"] == body["name"] for v in self.variables.values()):
                return httpx.Response(400, json={"detail": "Variable name already exists"})
            variable_id = str(uuid.uuid4())
        else:
            [variable_id] = rest
            if body.get("id") != variable_id or variable_id not in self.variables:
                return httpx.Response(404, json={"detail": "Variable not found"})
        self.variables[variable_id] = {**body, "id": variable_id}
        return httpx.Response(201 if method == "POST" else 200, json=self.variables[variable_id])

    def _run(self, name: str, body: JsonObject) -> httpx.Response:
        if not any(name in (flow["id"], flow["endpoint_name"]) for flow in self.flows.values()):
            return httpx.Response(404, json={"detail": f"Flow identifier {name} not found"})
        if body.keys() - {"input_value", "input_type", "output_type", "session_id", "tweaks"}:
            return httpx.Response(422, json={"detail": "unknown fields"})
        self.runs.append(body)
        self.traces.append(
            {"id": str(uuid.uuid4()), "sessionId": body["session_id"], "flowId": self._flow_id(name)}
        )
        self._store_news(name, body)
        return httpx.Response(200, json={"session_id": body["session_id"], "outputs": []})

    def _flow_id(self, name: str) -> str:
        [found] = [flow["id"] for flow in self.flows.values() if name in (flow["id"], flow["endpoint_name"])]
        return str(found)

    def _store_news(self, name: str, body: JsonObject) -> None:
        """Keep a window's news, as the Insight Ledger does."""
        flow_id = self._flow_id(name)
        window_id = json.loads(body["input_value"])["window_id"]
        session = self.one_session or body["session_id"]
        self.messages.append(
            {"flow_id": flow_id, "session_id": f"{session}:memory", "sender_name": window_id, "text": "{}"}
        )
