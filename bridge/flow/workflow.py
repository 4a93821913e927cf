"""Langflow's second run API, ``/api/v2/workflows``: what is asked, and how answers are read. Pure.

Sources: docs.langflow.org "Workflow API"; shapes as Langflow 1.13 and ``lfx serve`` 1.13 were seen
to give them. A flow is named by its UUID, unknown fields are refused, and the shape of an error
differs from one status to the next, so nothing here depends on it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from bridge.domain import Output
from bridge.flow.request import session_id, variables
from bridge.text import one_line, storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.domain import Window

PATH: Final = "/api/v2/workflows"
STOP_PATH: Final = "/api/v2/workflows/stop"
PENDING_PATH: Final = "/api/v2/workflows/pending"
"""What suspended jobs of a flow ask; Langflow 1.13."""
ALL_FLOWS: Final = {"get_all": "true", "header_flows": "true", "remove_example_flows": "true"}
"""What ``GET /api/v1/flows/`` is asked for to list every flow of the user, without what is in it."""
_LONGEST_KEY: Final = 255
_QUEUED: Final = "queued"
_SUSPENDED: Final = "suspended"
_UNDER_WAY: Final = frozenset({_QUEUED, "in_progress", _SUSPENDED})
_LONGEST_PROMPT: Final = 20_000
_LONGEST_LABEL: Final = 200
_MOST_BRANCHES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A background run, as Langflow tells of it."""

    id: str
    status: str

    @property
    def under_way(self) -> bool:
        """False for a job that ended without an answer, cancelled for instance."""
        return self.status in _UNDER_WAY

    @property
    def suspended(self) -> bool:
        """Whether it waits for a person."""
        return self.status == _SUSPENDED

    @property
    def begun(self) -> bool:
        """Whether it was more than queued."""
        return self.status != _QUEUED


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a *Human Input* asks."""

    window_id: str
    job_id: str
    request_id: str
    """Of this question: a job may ask several, one after the other."""
    prompt: str
    """What the flow shows; empty where that is nothing."""
    branches: tuple[tuple[str, str], ...]
    """What may be answered, and how each is called."""


def question_in(listing: object, job: Job, window_id: str) -> Question | None:
    """What a job asks, in the answer of ``GET /api/v2/workflows/pending``; ``None`` where it asks nothing any more."""
    for each in listing if isinstance(listing, list) else ():
        if (
            isinstance(each, dict)
            and each.get("job_id") == job.id
            and isinstance(each.get("request_id"), str)
        ):
            prompt, options = each.get("prompt"), each.get("options")
            return Question(
                window_id=window_id,
                job_id=job.id,
                request_id=each["request_id"],
                prompt=storable(prompt)[:_LONGEST_PROMPT] if isinstance(prompt, str) else "",
                branches=tuple(_branches(options if isinstance(options, list) else [])),
            )
    return None


def jobs_of(listing: object, session: str) -> list[str]:
    """The suspended jobs of a session, in the answer of ``GET /api/v2/workflows/pending``."""
    found = [each for each in listing if isinstance(each, dict)] if isinstance(listing, list) else []
    return [
        each["job_id"] for each in found if each.get("session_id") == session and is_uuid(each.get("job_id"))
    ]


def resume_path(question: Question) -> str:
    """Where a question is answered."""
    return f"{PATH}/{question.job_id}/resume"


def resume_request(question: Question, action: str) -> dict[str, Any]:
    """The body that answers it."""
    return {"request_id": question.request_id, "decision": {"action_id": action, "values": {}}}


def _branches(options: list[Any]) -> Iterator[tuple[str, str]]:
    for each in options[:_MOST_BRANCHES]:
        action = each.get("action_id") if isinstance(each, dict) else None
        if isinstance(action, str) and action:
            label = each.get("label")
            yield action, one_line(label if isinstance(label, str) and label else action, _LONGEST_LABEL)


def sync_request(window: Window, flow_id: str) -> dict[str, Any]:
    """The body that runs a flow and waits for its answer."""
    request: dict[str, Any] = {
        "flow_id": flow_id,
        "input_value": window.input_value,
        "session_id": session_id(window.meeting_uuid),
        "mode": "sync",
    }
    told = variables(window)
    return request | {"globals": told} if told else request


def background_request(window: Window, flow_id: str) -> dict[str, Any]:
    """The body that queues a run. The same window gives the same key, and the same key the same job."""
    key = window.window_id
    if len(key) > _LONGEST_KEY:
        key = hashlib.sha256(key.encode()).hexdigest()
    return {**sync_request(window, flow_id), "mode": "background", "idempotency_key": key}


def read_answer(answer: object) -> Output | Job | None:
    """A run's text (empty when the flow had nothing to say), the job that it still is, or ``None``.

    ``None`` stands for another shape, and for a run that says of itself that it failed. A flow with
    several outputs that are texts answers with the first.
    """
    if not isinstance(answer, dict):
        return None
    if answer.get("object") == "job" and isinstance(answer.get("job_id"), str):
        return Job(id=answer["job_id"], status=str(answer.get("status")))
    if answer.get("object") != "response" or answer.get("status") != "completed" or answer.get("has_errors"):
        return None
    return Output(storable(_text(answer)))


def failed(answer: object) -> bool:
    """Whether an answer with status 200 tells of a run that broke."""
    return isinstance(answer, dict) and (answer.get("status") == "failed" or bool(answer.get("has_errors")))


def is_uuid(name: object) -> bool:
    """Whether it is the id of a flow or a job, and no name."""
    try:
        UUID(name if isinstance(name, str) else "")
    except ValueError:
        return False
    return True


def flow_id(listing: object, endpoint_name: str) -> str | None:
    """The id of the flow with this endpoint name, in the answer of ``GET /api/v1/flows/``."""
    for flow in listing if isinstance(listing, list) else ():
        if isinstance(flow, dict) and flow.get("endpoint_name") == endpoint_name:
            return str(flow.get("id"))
    return None


def _text(answer: dict[str, Any]) -> str:
    """The one answer; of several outputs, the first that is a text."""
    output, outputs = answer.get("output"), answer.get("outputs")
    candidates = [output.get("text")] if isinstance(output, dict) else []
    if isinstance(outputs, dict):
        candidates += [each.get("content") for each in outputs.values() if isinstance(each, dict)]
    return next((text for text in candidates if isinstance(text, str)), "")
