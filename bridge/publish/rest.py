"""Langflow's REST, as far as putting flows there and checking them needs it.

Paths and fields as Langflow 1.12 and 1.13 answer them; docs.langflow.org "API reference" has the public ones.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx

from bridge.errors import ConfigurationError, FlowMissing, LangflowAway, RunLost
from bridge.flow.answer import judge, no_langflow
from bridge.flow.lfx_serve import is_lfx_serve
from bridge.flow.workflow import ALL_FLOWS
from bridge.http import open_http, read_whole
from bridge.proxy import DIRECT
from bridge.publish.login import nobody_answers
from bridge.text import one_line

if TYPE_CHECKING:
    from bridge.proxy import Proxies
    from bridge.publish.graph import JsonObject
    from bridge.publish.library import Flow


_ICON: Final = "Video"
"""Before a flow's name in the list of flows; lucide's name of a camera."""
PROJECTS: Final = "/api/v1/projects/"
_TRACES: Final = 50
"""Traces that are listed at once."""
ANSWER_SECONDS: Final = 60.0
"""Longest wait for one answer; a first run loads the components' libraries."""
ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Longest answer that is read; the list of all components has some megabytes."""
_LONGEST_VERSION: Final = 40


def open_langflow(url: str, api_key: str, proxies: Proxies = DIRECT) -> httpx.AsyncClient:
    """A client as :class:`LangflowRest` wants it; ``api_key`` is empty where there is none."""
    client = open_http(proxies, timeout_seconds=ANSWER_SECONDS)
    client.base_url = httpx.URL(url)
    if api_key:
        client.headers["x-api-key"] = api_key
    return client


class LangflowRest:
    """One Langflow and one user of it.

    Every method can raise :class:`LangflowError`, :class:`LangflowAway` where the answer is none of Langflow's; none tells
    what was sent or what came back.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        """``client`` has the server as ``base_url`` and the API key in its ``x-api-key`` header."""
        self._client = client

    async def is_lfx_serve(self) -> bool:
        """Whether this is ``lfx serve``, which has flow files and nothing else; needs no key."""
        return is_lfx_serve(await self._ask("GET", "/health"))

    async def version(self) -> str:
        """Langflow's version, such as ``1.13.0``; needs no key."""
        about = _object(await self._ask("GET", "/api/v1/version"), "version")
        return one_line(str(about["version"]), _LONGEST_VERSION)

    async def check_key(self) -> None:
        """Raise unless the API key is valid."""
        await self.user_id()

    async def user_id(self) -> str:
        """The id of the user that the key belongs to, which each database gives anew."""
        return str(_object(await self._ask("GET", "/api/v1/users/whoami"), "id")["id"])

    async def config(self) -> JsonObject:
        """The server's settings that its editor has to know."""
        return _object(await self._ask("GET", "/api/v1/config"))

    async def components(self) -> dict[str, dict[str, JsonObject]]:
        """Every component in the side bar by category and type."""
        found = _object(await self._ask("GET", "/api/v1/all"))
        return {
            category: {type_: _object(entry) for type_, entry in _object(entries).items()}
            for category, entries in found.items()
        }

    async def find(self, flow: Flow) -> JsonObject | None:
        """The flow as the server has it: the one of its endpoint name, else the one of its id."""
        return await self._first(("endpoint_name", flow.endpoint_name), ("id", flow.id))

    async def named(self, name: str) -> JsonObject | None:
        """The flow of that endpoint name or id, as the server has it."""
        return await self._first(("endpoint_name", name), ("id", name))

    async def insisted(self, name: str) -> JsonObject:
        """The flow of that endpoint name, with or without ``zoom-`` before it, or id.

        Raises:
            ConfigurationError: There is none.
        """
        found = await self.named(name) or await self.named(f"zoom-{name}")
        if found is None:
            raise ConfigurationError(f"Langflow has no flow {name}; its endpoint name or id is wanted")
        return found

    async def _first(self, *wanted: tuple[str, str]) -> JsonObject | None:
        headers = await self._headers()
        for key, value in wanted:
            for header in headers:
                if header[key] == value:
                    found = await self._ask("GET", f"/api/v1/flows/{header['id']}")
                    return _object(found, "id", "name", "endpoint_name", "data")
        return None

    async def projects(self) -> list[JsonObject]:
        """The user's own projects; first the one in which Langflow puts what names none."""
        found = _objects(await self._ask("GET", PROJECTS), "id", "name")
        return [project for project in found if project.get("is_owner", True)]

    async def create_project(self, name: str, description: str) -> JsonObject:
        """Add a project. Langflow numbers a second one of the same name instead of refusing it."""
        made = await self._ask("POST", PROJECTS, json={"name": name, "description": description})
        return _object(made, "id")

    async def create(self, flow: Flow, data: JsonObject, project_id: str = "") -> str:
        """Add a flow under its own id, or under another where that belongs to another user; returns the id.

        It goes into the project that is named, else into the user's first one.
        """
        body = {key: value for key, value in flow.content.items() if key not in ("id", "last_tested_version")}
        body = {"icon": _ICON, **body, "data": data}
        if project_id:
            body["folder_id"] = project_id
        answer = await self._send("PUT", f"/api/v1/flows/{flow.id}", json=body)
        if answer.status_code == httpx.codes.NOT_FOUND:
            answer = await self._send("POST", "/api/v1/flows/", json=body)
        return str(_object(_content(answer), "id")["id"])

    async def change(self, flow_id: str, change: JsonObject) -> None:
        """Replace some of a flow's fields."""
        await self._ask("PATCH", f"/api/v1/flows/{flow_id}", json=change)

    async def remove(self, flow_id: str) -> None:
        """Delete a flow; one that is gone is no error."""
        with contextlib.suppress(FlowMissing):
            await self._ask("DELETE", f"/api/v1/flows/{flow_id}")

    async def variables(self) -> set[str]:
        """Names of the user's global variables."""
        return {str(variable["name"]) for variable in await self._variables()}

    async def set_variable(self, name: str, value: str) -> None:
        """Make or renew a global variable of the credential kind, whose value the server gives to nobody."""
        body = {"name": name, "value": value, "type": "Credential", "default_fields": []}
        for variable in await self._variables():
            if variable["name"] == name:
                path = f"/api/v1/variables/{variable['id']}"
                await self._ask("PATCH", path, json={"id": variable["id"], **body})
                return
        await self._ask("POST", "/api/v1/variables/", json=body)

    async def run(self, endpoint: str, text: str, session_id: str) -> str:
        """Run a flow; returns the session that the answer names."""
        body = {"input_value": text, "input_type": "chat", "output_type": "chat", "session_id": session_id}
        answer = _object(await self._ask("POST", f"/api/v1/run/{endpoint}", json=body))
        return str(answer.get("session_id"))

    async def messages(self, flow_id: str) -> list[JsonObject]:
        """What runs of a flow have stored."""
        stored = await self._ask("GET", "/api/v1/monitor/messages", params={"flow_id": flow_id})
        return _objects(stored, "session_id")

    async def tokens(self, session_id: str) -> int:
        """How many tokens the runs of a session took, as Langflow counted them; 0 where it keeps no traces."""
        counted, page = 0, 1
        with contextlib.suppress(FlowMissing):  # before 1.13 there are none
            while True:
                query = {"session_id": session_id, "page": str(page), "size": str(_TRACES)}
                listed = _object(await self._ask("GET", "/api/v1/monitor/traces", params=query), "traces")
                traces = _objects(listed["traces"])
                counted += sum(_whole(trace.get("totalTokens")) for trace in traces)
                if not traces or page >= _whole(listed.get("pages")):
                    break
                page += 1
        return counted

    async def forget(self, session_id: str) -> None:
        """Delete what a session has stored, and the traces of its runs."""
        await self._ask("DELETE", f"/api/v1/monitor/messages/session/{quote(session_id, safe='')}")
        with contextlib.suppress(FlowMissing):  # before 1.13 there are none
            listed = await self._ask("GET", "/api/v1/monitor/traces", params={"session_id": session_id})
            for trace in _objects(_object(listed, "traces")["traces"], "id"):
                await self._ask("DELETE", f"/api/v1/monitor/traces/{trace['id']}")

    async def keeps_transactions(self, flow_id: str) -> bool:
        """Whether the server has what a flow's components read and wrote."""
        query = {"flow_id": flow_id, "size": "1"}
        listed = await self._ask("GET", "/api/v1/monitor/transactions", params=query)
        return bool(_object(listed, "total")["total"])

    async def _headers(self) -> list[JsonObject]:
        return _objects(await self._ask("GET", "/api/v1/flows/", params=ALL_FLOWS), "id", "endpoint_name")

    async def _variables(self) -> list[JsonObject]:
        return _objects(await self._ask("GET", "/api/v1/variables/"), "id", "name")

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        return _content(await self._send(method, path, **request))

    async def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await read_whole(
                self._client, method, path, most=ANSWER_BYTES, seconds=ANSWER_SECONDS, **request
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise LangflowAway(nobody_answers(self._client, error)) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise RunLost(f"no answer to {method} {path} ({type(error).__name__})") from None


def _content(answer: httpx.Response) -> Any:
    """The JSON of a good answer; of another, an error without its body, which may quote what was sent."""
    try:
        content = answer.json()
    except (ValueError, RecursionError):
        content = None
    error = judge(
        answer.status_code,
        content,
        content_type=answer.headers.get("content-type", ""),
        address="LANGFLOW_URL",
    )
    if error is not None:
        error.args = (f"{answer.request.method} {answer.request.url.path}: {error}",)
        raise error
    return content


def _object(content: Any, *names: str) -> JsonObject:
    """What Langflow answers with, which has these names."""
    if not isinstance(content, dict) or not {*names} <= content.keys():
        raise no_langflow("LANGFLOW_URL")
    return content


def _whole(value: Any) -> int:
    """A number that Langflow counts; 0 where it is none."""
    return value if isinstance(value, int) else 0


def _objects(content: Any, *names: str) -> list[JsonObject]:
    """What Langflow lists, each with these names."""
    if not isinstance(content, list):
        raise no_langflow("LANGFLOW_URL")
    return [_object(each, *names) for each in content]
