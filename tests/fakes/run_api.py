"""A stand-in for Langflow's run APIs, as strict as Langflow, that remembers every run.

Statuses and bodies as Langflow 1.13 was seen to give them: 403 without a valid ``x-api-key``, 404
for an unknown flow, 422 for a body it cannot read. Beyond Langflow it holds the bridge to its own
promises: a window must fit ``flows/window.schema.json``, and one that comes again must be byte for
byte the same. A broken promise is answered with 422 and kept in :attr:`RunApi.faults`.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import json
import re
import uuid
from collections import Counter, deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs

import h11
import jsonschema

from tests.fakes import workflow_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

API_KEY = "sk-run-api"
FLOW = "the-flow"
_BODY_FIELDS = {"input_value", "input_type", "output_type", "session_id", "tweaks"}
_SESSION = re.compile(r"zoom-[A-Za-z0-9_-]+")
_SCHEMA = json.loads((Path(__file__).parents[2] / "flows" / "window.schema.json").read_text())
_WINDOWS = jsonschema.Draft202012Validator(_SCHEMA, format_checker=jsonschema.FormatChecker())


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How one run is answered."""

    status: int = 200
    text: str = "done"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent instead of the JSON that belongs to status and text."""
    after: asyncio.Event | None = None
    """Answered only once this is set."""
    drop: bool = False
    """The connection breaks instead of an answer."""
    drip: bool = False
    """The answer begins and never ends: one byte now and then."""
    flood: bool = False
    """The answer begins and never ends: as many bytes as are taken."""


LOCKED = Answer(
    status=500,
    text='{"message": "Error running graph: (sqlite3.OperationalError) database is locked"}',
)
"""What Langflow 1.13 on SQLite answers where too many runs write at once."""
GATEWAY = Answer(status=502, body=b"<html><h1>502</h1></html>", headers={"content-type": "text/html"})
"""What a gateway answers while the Langflow behind it starts."""
LOGIN_PAGE = Answer(body=b"<html><form>Sign in</form></html>", headers={"content-type": "text/html"})
REDIRECT = Answer(status=302, body=b"", headers={"location": "http://127.0.0.1:9/login"})


@dataclass(frozen=True)
class Run:
    """One request that was a right one, in order of arrival."""

    flow: str
    session_id: str
    input_value: str
    variables: dict[str, str] = field(default_factory=dict)
    """Global variables that came with it, as Langflow names them."""

    @property
    def window(self) -> dict[str, Any]:
        """What a route with ``input = "window"`` was sent."""
        window: dict[str, Any] = json.loads(self.input_value)
        return window


@dataclass(frozen=True)
class KeptFile:
    """A file that was uploaded."""

    name: str
    content: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def path(self) -> str:
        """By which flows read it."""
        return f"the-user/{self.name}"

    @property
    def listing(self) -> dict[str, Any]:
        """As the files API tells of it."""
        name = self.name.rpartition(".")[0] or self.name
        return {"id": self.id, "name": name, "path": self.path, "size": len(self.content), "provider": None}


class RunApi:
    """Serves on 127.0.0.1 in :meth:`listening`; leaving the block takes Langflow away, entering it brings it back.

    With ``lfx`` it is an ``lfx serve``: no endpoint names, files or jobs, and a key of its own kind of refusal.
    """

    def __init__(
        self,
        *,
        flows: tuple[str, ...] = (FLOW,),
        api_key: str = API_KEY,
        windows: bool = True,
        lfx: bool = False,
    ) -> None:
        self.flows = set(flows)
        self.ids = {flow: str(uuid.uuid4()) for flow in flows}
        """Ids of the flows, for the second run API and for ``lfx serve``."""
        self.lfx = lfx
        self.jobs = workflow_api.Jobs()
        self.lost: Counter[str] = Counter()
        """How many answers get lost on their way, after they were decided, by method and path."""
        self.submit_status = 200
        """What jobs are taken with; another than 200 takes none."""
        self.stop_status = 200
        """What stopping a job is answered with; another than 200 stops none."""
        self.owners: list[str] = []
        """Who asked ``lfx serve`` for runs, by the header that it may be told to trust."""
        self.api_key = api_key
        self.asks: dict[str, Any] | None = None
        """What each new job's Human Input asks before it answers."""
        self.answers: deque[Answer] = deque()
        """Given out first, one per run."""
        self.otherwise: Callable[[Run], Answer] = lambda _: Answer()
        """How runs are answered when :attr:`answers` is empty."""
        self.runs: list[Run] = []
        self.refused: list[int] = []
        """Statuses of requests that were no right runs."""
        self.faults: list[str] = []
        self.answered: list[Run] = []
        """Runs that got a 200."""
        self.most_at_once: Counter[tuple[str, str]] = Counter()
        """The largest number of runs under way together, by session and route."""
        self.carries = 0
        """Runs at once that are answered well, where it is limited: more make all of them slower, and with twice as
        many the database is locked."""
        self.takes_seconds = 0.02
        """How long a run takes where it is limited and nobody else is there."""
        self.health_status = 200
        self.files: dict[str, KeptFile] = {}
        """What was uploaded and not deleted, by id."""
        self.files_status = 201
        """What uploads are answered with."""
        self.port = 0
        self._windows = windows
        self._at_once: Counter[tuple[str, str]] = Counter()
        self._seen: dict[str, str] = {}
        self._conversations: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """What LANGFLOW_URL is set to."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Serve while the block runs, each time on the same port."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.jobs.stop()
            for task in self._conversations:
                task.cancel()
            await asyncio.gather(*self._conversations, return_exceptions=True)
            await server.wait_closed()

    def windows(self, kind: str = "", *, session_id: str = "", route: str = "") -> list[dict[str, Any]]:
        """Windows that were answered with a 200, in order, each as often as it was."""
        found = [run.window for run in self.answered if session_id in ("", run.session_id)]
        return [window for window in found if kind in ("", window["kind"]) and route in ("", window["route"])]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._conversations.add(task)
        connection = h11.Connection(h11.SERVER)
        try:
            while await self._exchange(connection, reader, writer):
                connection.start_next_cycle()
        except (ConnectionError, h11.ProtocolError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._conversations.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """One request and its answer; whether another can follow."""
        request: h11.Request | None = None
        body = bytearray()
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(await reader.read(65_536))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                break
            else:  # the client left
                return False
        assert request is not None
        deciding = asyncio.create_task(self._decide(request, bytes(body)), name="decide")
        leaving = asyncio.create_task(reader.read(65_536), name="client leaves")
        try:
            await asyncio.wait({deciding, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not deciding.done():  # like Langflow, which ends the run of a client that has gone
                return False
            answer = deciding.result()
        finally:
            await _cancelled(deciding, leaving)
        asked = f"{request.method.decode()} {request.target.decode().partition('?')[0]}"
        if self.lost[asked]:
            self.lost[asked] -= 1
            answer = Answer(drop=True)
        return await self._respond(connection, writer, answer)

    async def _respond(
        self, connection: h11.Connection, writer: asyncio.StreamWriter, answer: Answer
    ) -> bool:
        if answer.drop:
            writer.transport.abort()
            return False
        content = answer.body
        if content is None:
            content = json.dumps(
                run_answer(answer.text) if answer.status == 200 else {"detail": answer.text}
            ).encode()
        length = len(content) + 1_000_000_000_000 * (answer.drip or answer.flood)
        headers = {"content-type": "application/json", "content-length": str(length)} | answer.headers
        start = h11.Response(status_code=answer.status, headers=list(headers.items()), reason=b"")
        writer.write(connection.send(start))
        while answer.flood:
            writer.write(connection.send(h11.Data(data=b"[" * 65_536)))
            await writer.drain()
        while answer.drip:
            writer.write(connection.send(h11.Data(data=b" ")))
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write(connection.send(h11.Data(data=content)) + connection.send(h11.EndOfMessage()))
        await writer.drain()
        return connection.our_state is h11.DONE

    async def _decide(self, request: h11.Request, body: bytes) -> Answer:
        path, _, query = request.target.decode().partition("?")
        if (request.method, path) == (b"GET", "/health"):
            counted = f',"flow_count":{len(self.flows)}' if self.lfx else ""
            return Answer(status=self.health_status, body=f'{{"status":"ok"{counted}}}'.encode())
        if self.lfx:
            return await self._lfx(request, path, body)
        if (request.method, path) == (b"GET", "/api/v1/flows/"):
            return self._list(request, query)
        if path == "/api/v2/workflows":
            return await self._workflow(request, query, body)
        if (request.method, path) == (b"POST", "/api/v2/workflows/stop"):
            return self._stop(request, body)
        if (request.method, path) == (b"GET", "/api/v2/workflows/pending"):
            asking = [job for job in self.jobs.all if job.status == "suspended"]
            wanted = parse_qs(query)["flow_id"]
            return Answer(
                body=json.dumps([job.pending() for job in asking if [job.flow_id] == wanted]).encode()
            )
        if request.method == b"POST" and path.endswith("/resume"):
            return self._resume(path.split("/")[-2], body)
        if path == "/api/v2/files" or path.startswith("/api/v2/files/"):
            return self._keep(request, path.removeprefix("/api/v2/files").strip("/"), body)
        if request.method == b"DELETE" and path.startswith("/api/v1/monitor/messages/session/"):
            return Answer(status=204, body=b"")
        flow = path.removeprefix("/api/v1/run/")
        if request.method != b"POST" or flow == path:
            return self._refuse(404, "Not Found")
        headers = dict(request.headers)
        if headers.get(b"x-api-key", b"").decode() != self.api_key:
            return self._refuse(403, "Invalid or missing API key")
        if flow not in self.flows:
            return self._refuse(404, f"Flow identifier {flow} not found")
        if query != "stream=false":
            self.faults.append(f"query: {query}")
        run = self._read(flow, body)
        if run is None:
            return self._refuse(422, "unprocessable")
        prefix = b"x-langflow-global-var-"
        told = {
            name.removeprefix(prefix).decode().upper(): value.decode()
            for name, value in headers.items()
            if name.startswith(prefix)
        }
        return await self._run(replace(run, variables=told))

    def _resume(self, job_id: str, body: bytes) -> Answer:
        """Single use, as Langflow has it."""
        job, wish = self.jobs.find(job_id), json.loads(body)
        asked = job.asks if job is not None else None
        if (
            job is None
            or asked is None
            or job.status != "suspended"
            or wish["request_id"] != asked["request_id"]
        ):
            return self._refuse(409, "Job is not resumable")
        if wish["decision"]["action_id"] not in {each.get("action_id") for each in asked["options"]}:
            return self._refuse(422, "Invalid decision")
        job.decision, job.status = wish["decision"]["action_id"], "in_progress"
        job.decided.set()
        return Answer(body=b'{"status":"resuming"}')

    def _list(self, request: h11.Request, query: str) -> Answer:
        """All flows, as briefly as the API can tell of them."""
        if dict(request.headers).get(b"x-api-key", b"").decode() != self.api_key:
            return self._refuse(403, "Invalid or missing API key")
        if query != workflow_api.FLOW_QUERY:
            self.faults.append(f"query: {query}")
        listing = [{"id": flow_id, "name": name, "endpoint_name": name} for name, flow_id in self.ids.items()]
        return Answer(body=json.dumps(listing).encode())

    async def _workflow(self, request: h11.Request, query: str, body: bytes) -> Answer:
        """The second run API of Langflow, as far as jobs go."""
        if dict(request.headers).get(b"x-api-key", b"").decode() != self.api_key:
            return self._refuse(403, "Invalid or missing API key")
        if request.method == b"GET":
            (job_id,) = parse_qs(query)["job_id"]
            if not workflow_api.is_uuid(job_id):
                return self._refuse(422, "Invalid job_id, must be a UUID")
            job = self.jobs.find(job_id)
            if job is None:
                return self._refuse(404, "Workflow job not found")
            status, told = workflow_api.told(job)
            return Answer(status=status, body=json.dumps(told).encode())
        if self.submit_status != 200:
            return self._refuse(self.submit_status, "Service busy")
        run, fields = self._read_workflow(body)
        if run is None:
            return self._refuse(422, "unprocessable")
        if not run.flow:
            return self._refuse(404, "Flow not found")
        if fields["mode"] != "background":
            self.faults.append("the second run API is for jobs")
            return self._refuse(422, "unprocessable")
        job = self.jobs.submit(fields["flow_id"], fields["idempotency_key"])
        if job is None:
            job = self.jobs.existing(fields["idempotency_key"])
            assert job is not None
            queued = workflow_api.Job(job.flow_id, job.key, job.id)  # as it answers, however far the job is
            return Answer(body=json.dumps(workflow_api.told(queued)[1]).encode())
        answer = Answer(body=json.dumps(workflow_api.told(job)[1]).encode())
        job.asks, job.session_id = self.asks, run.session_id
        self.jobs.start(job, self._work(run))
        return answer

    def _stop(self, request: h11.Request, body: bytes) -> Answer:
        """Cancel a job and its run, which one that has ended does not mind."""
        if dict(request.headers).get(b"x-api-key", b"").decode() != self.api_key:
            return self._refuse(403, "Invalid or missing API key")
        if self.stop_status != 200:
            return self._refuse(self.stop_status, "Internal server error")
        fields = json.loads(body)
        if set(fields) != {"job_id"}:
            self.faults.append(f"fields: {sorted(fields)}")
            return self._refuse(422, "unprocessable")
        job = self.jobs.find(fields["job_id"])
        if job is None:
            return self._refuse(404, "Job not found")
        if job.status in ("queued", "in_progress", "suspended"):
            job.status = "cancelled"
            if job.run is not None:
                job.run.cancel()
        return Answer(body=json.dumps({"job_id": job.id, "message": "cancelled"}).encode())

    async def _lfx(self, request: h11.Request, path: str, body: bytes) -> Answer:
        """What ``lfx serve`` answers: flows by id, run while one waits."""
        if (request.method, path) not in ((b"GET", "/flows"), (b"POST", "/api/v2/workflows")):
            return self._refuse(404, "Not Found")
        headers = dict(request.headers)
        if headers.get(b"x-api-key", b"").decode() != self.api_key:
            return self._refuse(401, "Invalid API key")
        if path == "/flows":
            listing = [
                {"id": flow_id, "relative_path": f"{name}.json", "title": name.replace("-", " ").capitalize()}
                for name, flow_id in self.ids.items()
            ]
            return Answer(body=json.dumps(listing).encode())
        run, fields = self._read_workflow(body)
        if run is None or fields["mode"] != "sync":
            return self._refuse(422, "Unsupported mode")
        if not run.flow:
            return self._refuse(404, "flow not found")
        self.owners.append(headers.get(b"x-consumer-username", b"").decode())
        answer = await self._run(run)
        if answer.status == 500:
            return Answer(body=json.dumps(workflow_api.broken(fields["flow_id"])).encode())
        if answer.status != 200 or answer.drop or answer.drip or answer.flood:
            return answer
        text = answer.text or None
        return Answer(body=json.dumps(workflow_api.completed(fields["flow_id"], text)).encode())

    def _read_workflow(self, body: bytes) -> tuple[Run | None, dict[str, Any]]:
        """A request for a run, its flow empty where there is none of that id; ``None`` for a wrong one."""
        try:
            fields = json.loads(body)
        except ValueError:
            fields = None
        fault = workflow_api.fault(fields)
        if not fault and not _SESSION.fullmatch(fields["session_id"]):
            fault = "session_id is not that of a meeting"
        if not fault and self._windows:
            fault = self._window_fault(fields["session_id"], fields["input_value"])
        if fault:
            self.faults.append(fault)
            return None, {}
        flow = next((name for name, flow_id in self.ids.items() if flow_id == fields["flow_id"]), "")
        return Run(flow, fields["session_id"], fields["input_value"]), fields

    async def _work(self, run: Run) -> tuple[int, str]:
        answer = await self._run(run)
        return answer.status, answer.text

    def _keep(self, request: h11.Request, file_id: str, body: bytes) -> Answer:
        """The files API, version 2: one user's files, named without what follows the dot."""
        headers = dict(request.headers)
        if headers.get(b"x-api-key", b"").decode() != self.api_key:
            return self._refuse(403, "Invalid or missing API key")
        if request.method == b"GET" and not file_id:
            return Answer(body=json.dumps([each.listing for each in self.files.values()]).encode())
        if request.method == b"DELETE" and file_id in self.files:
            del self.files[file_id]
            return Answer(body=b'{"detail":"File deleted successfully"}')
        if request.method != b"POST" or file_id:
            return self._refuse(404, "Not Found")
        if self.files_status != 201:
            return self._refuse(self.files_status, "not kept")
        head = b"content-type: " + headers.get(b"content-type", b"") + b"\r\n\r\n"
        parts = email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts()
        found = [part for part in parts if part.get_param("name", header="content-disposition") == "file"]
        if len(found) != 1 or not found[0].get_filename():
            self.faults.append("the upload is not one file in the field 'file'")
            return self._refuse(422, "unprocessable")
        kept = KeptFile(name=str(found[0].get_filename()), content=bytes(found[0].get_payload(decode=True)))
        self.files[kept.id] = kept
        return Answer(status=201, body=json.dumps(kept.listing).encode())

    async def _run(self, run: Run) -> Answer:
        lane = (run.session_id, run.window["route"] if self._windows else run.flow)
        self.runs.append(run)
        self._at_once[lane] += 1
        self.most_at_once[lane] = max(self.most_at_once[lane], self._at_once[lane])
        try:
            answer = self.answers.popleft() if self.answers else self.otherwise(run)
            if answer.after is not None:
                await answer.after.wait()
            if self.carries:
                crowd = sum(self._at_once.values())
                await asyncio.sleep(self.takes_seconds * max(1.0, crowd / self.carries))
                if crowd > 2 * self.carries:
                    answer = LOCKED
        finally:
            self._at_once[lane] -= 1
        if answer.status == 200 and not (answer.drop or answer.drip or answer.flood):
            self.answered.append(run)
        return answer

    def _read(self, flow: str, body: bytes) -> Run | None:
        try:
            fields = json.loads(body)
        except ValueError:
            self.faults.append("the body is not JSON")
            return None
        fault = self._fault(fields)
        if fault:
            self.faults.append(fault)
            return None
        return Run(flow, fields["session_id"], fields["input_value"])

    def _fault(self, fields: Any) -> str:
        if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
            return "the body is not an object of texts"
        if set(fields) - _BODY_FIELDS or not {"input_value", "session_id"} <= set(fields):
            return f"fields: {sorted(fields)}"
        if fields.get("input_type") != "chat" or fields.get("output_type") != "chat":
            return "input_type or output_type is not chat"
        if not _SESSION.fullmatch(fields["session_id"]):
            return "session_id is not that of a meeting"
        return self._window_fault(fields["session_id"], fields["input_value"]) if self._windows else ""

    def _window_fault(self, session_id: str, text: str) -> str:
        try:
            window = json.loads(text)
        except ValueError:
            return "input_value is not JSON"
        errors = [f"{error.json_path}: {error.message}" for error in _WINDOWS.iter_errors(window)]
        if errors:
            return "; ".join(errors)
        safe = window["meeting"]["uuid"].replace("/", "_").replace("+", "-").rstrip("=")
        if session_id != f"zoom-{safe}":
            return "session_id belongs to another meeting"
        if "share" in window and window["share"]["path"] not in {each.path for each in self.files.values()}:
            return "share names a file that was not uploaded"
        if self._seen.setdefault(window["window_id"], text) != text:
            return f"{window['window_id']} came again with other bytes"
        return ""

    def _refuse(self, status: int, detail: str) -> Answer:
        self.refused.append(status)
        return Answer(status=status, text=detail)


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def run_answer(text: str) -> dict[str, Any]:
    """The part of a run's answer that says something, as Langflow nests it."""
    message = {"results": {"message": {"text": text, "sender": "Machine"}}, "outputs": {}, "messages": []}
    return {"session_id": "", "outputs": [{"inputs": {}, "outputs": [message]}]}
