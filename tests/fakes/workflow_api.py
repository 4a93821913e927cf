"""Langflow's second run API for :mod:`tests.fakes.run_api`: what it takes, its jobs, and how it tells of them.

Seen on Langflow 1.13.0 and ``lfx serve`` 1.13.0: flows by UUID only, unknown fields refused (422), a
key of at most 255 characters that finds the job it made before unless that one failed, and errors
whose shape differs from one status to the next.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine

FIELDS = {"flow_id", "input_value", "session_id", "mode", "tweaks", "idempotency_key"}
RETRIED = {"failed", "timed_out", "cancelled"}
"""How a job may have ended that does not keep another with its key from being made."""
FLOW_QUERY = "get_all=true&header_flows=true&remove_example_flows=true"


@dataclass
class Job:
    """One background run."""

    flow_id: str
    key: str | None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "queued"
    text: str | None = None
    run: asyncio.Task[None] | None = None
    session_id: str = ""
    asks: dict[str, Any] | None = None
    """What its Human Input asks while it is suspended."""
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    decision: str = ""

    def pending(self) -> dict[str, Any]:
        """As ``GET /pending`` tells of it."""
        about = {
            "job_id": self.id,
            "flow_id": self.flow_id,
            "session_id": self.session_id,
            "created_at": None,
        }
        return about | {"kind": "node_input", "allowed_decisions": []} | (self.asks or {})


class Jobs:
    """Langflow's table of jobs; it outlives a restart, the runs under way do not."""

    def __init__(self) -> None:
        self.all: list[Job] = []
        self.closed = False
        """Nothing that is submitted now will ever begin, as what was queued when Langflow 1.13 went down."""

    def submit(self, flow_id: str, key: str | None) -> Job | None:
        """A new job; ``None`` where the key has one already: see :meth:`existing`."""
        if key is not None and self.existing(key) is not None:
            return None
        self.all.append(Job(flow_id, key))
        return self.all[-1]

    def existing(self, key: str) -> Job | None:
        """The job that this key made and that did not fail."""
        return next((job for job in self.all if job.key == key and job.status not in RETRIED), None)

    def start(self, job: Job, work: Coroutine[Any, Any, tuple[int, str]]) -> None:
        """Run a job; ``work`` gives the status of its outcome, and its text."""
        if self.closed:
            work.close()
            return

        async def run() -> None:
            if job.asks is not None:
                job.status = "suspended"
                try:
                    await job.decided.wait()
                except asyncio.CancelledError:
                    work.close()
                    raise
            job.status = "in_progress"
            status, text = await work
            if job.status == "in_progress":
                job.status, job.text = ("completed", text) if status == 200 else ("failed", None)

        job.run = asyncio.create_task(run(), name=f"job {job.id}")

    def find(self, job_id: str) -> Job | None:
        """A job by its id."""
        return next((job for job in self.all if job.id == job_id), None)

    async def stop(self, *, forget: bool = False) -> None:
        """As Langflow going down: what ran is found at the next start, and marked as failed.

        Or forgotten, by a Langflow that comes back with another database; nobody sees anything in between.
        """
        running = [job for job in self.all if job.run is not None and not job.run.done()]
        if forget:
            self.all.clear()
        for job in running:
            assert job.run is not None
            job.run.cancel()
            job.status = "failed"
        await asyncio.gather(*(job.run for job in running if job.run), return_exceptions=True)


def is_uuid(text: object) -> bool:
    """Whether Langflow takes this for an id."""
    try:
        uuid.UUID(str(text))
    except ValueError:
        return False
    return True


def fault(fields: Any) -> str:
    """What is wrong with the body of a request; empty where nothing is."""
    if not isinstance(fields, dict) or set(fields) - FIELDS or "flow_id" not in fields:
        return "the body has other fields"
    if not is_uuid(fields["flow_id"]):
        return "flow_id is not a UUID"
    if fields.get("mode") not in ("sync", "background"):
        return "mode is not one of those"
    if fields["mode"] == "background" and not isinstance(fields.get("idempotency_key"), str):
        return "a background run without a key may be run twice"
    if len(fields.get("idempotency_key", "")) > 255:
        return "idempotency_key is longer than 255 characters"
    if not all(isinstance(fields.get(name), str) for name in ("input_value", "session_id")):
        return "input_value or session_id is missing"
    return ""


def told(job: Job) -> tuple[int, dict[str, Any]]:
    """Status and body that a look at a job gives."""
    if job.status == "failed":
        return 500, {"detail": {"error": "Job failed", "code": "JOB_FAILED", "job_id": job.id}}
    if job.status == "timed_out":
        return 408, {"detail": {"error": "Execution timeout", "code": "EXECUTION_TIMEOUT", "job_id": job.id}}
    if job.status == "completed":
        return 200, completed(job.flow_id, job.text, job.id)
    return 200, {
        "job_id": job.id,
        "flow_id": job.flow_id,
        "object": "job",
        "status": job.status,
        "errors": [],
        "links": {"status": f"/api/v2/workflows?job_id={job.id}"},
    }


def completed(flow_id: str, text: str | None, job_id: str = "") -> dict[str, Any]:
    """A run's answer; a flow that stopped half-way has no text."""
    reason = "non_string" if text is None else "single"
    return {
        "flow_id": flow_id,
        "job_id": job_id or str(uuid.uuid4()),
        "object": "response",
        "status": "completed",
        "output": {"reason": reason, "text": text, "source": None if text is None else "ChatOutput-1"},
        "errors": [],
        "outputs": {"ChatOutput-1": {"type": "message", "status": "completed", "content": text}},
        "has_errors": False,
    }


def broken(flow_id: str) -> dict[str, Any]:
    """What ``lfx serve`` says, with status 200, of a run that failed."""
    return {
        "flow_id": flow_id,
        "object": "response",
        "status": "failed",
        "output": {"reason": "failed", "text": None, "source": None},
        "errors": [{"error": "Error running graph: what people said", "code": "EXECUTION_ERROR"}],
        "outputs": {},
        "has_errors": True,
    }
