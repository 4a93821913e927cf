"""What Langflow's second run API is asked, and how its answers are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain import KeyedWindow, Output, Window, WindowKind
from bridge.flow.workflow import (
    Job,
    background_request,
    failed,
    flow_id,
    is_uuid,
    read_answer,
    sync_request,
)
from tests.fakes import workflow_api

ID = "ea4b405b-39d1-4e11-b495-82c37bf5ac26"
WINDOW = Window(
    window_id="s:r:1",
    stream_id="s",
    meeting_uuid="aB3/xY+z9Q==",
    route="r",
    flow="f",
    seq=1,
    kind=WindowKind.LIVE,
    first_n=1,
    last_n=1,
    input_value="Dana: Hi.",
)


def test_requests() -> None:
    """A job differs from a run that one waits for by its key, which is the window's id."""
    sync = {"flow_id": ID, "input_value": "Dana: Hi.", "session_id": "zoom-aB3_xY-z9Q", "mode": "sync"}
    assert sync_request(WINDOW, ID) == sync
    assert background_request(WINDOW, ID) == sync | {"mode": "background", "idempotency_key": "s:r:1"}


def test_what_placeholders_stand_for_goes_beside_the_window() -> None:
    """As global variables of the run, where there are any: a field that Langflow 1.12 does not know is not sent in vain."""
    own = {name: getattr(WINDOW, name) for name in WINDOW.__slots__}
    request = sync_request(KeyedWindow(**own, placeholders="[]"), ID)
    assert request["input_value"] == "Dana: Hi."
    assert request["globals"].keys() == {"ZOOM-PLACEHOLDERS-1"}
    assert "globals" not in sync_request(WINDOW, ID)


@given(st.text(min_size=256, max_size=400), st.text(min_size=256, max_size=400))
def test_long_keys(one: str, other: str) -> None:
    """A key always fits, and two windows never share one."""
    keys = [background_request(replace(WINDOW, window_id=id_), ID)["idempotency_key"] for id_ in (one, other)]
    assert all(len(key) <= 255 for key in keys)
    assert (keys[0] == keys[1]) is (one == other)


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (workflow_api.completed(ID, "Hi."), "Hi."),
        (workflow_api.completed(ID, ""), ""),
        (workflow_api.completed(ID, None), ""),
        (workflow_api.completed(ID, "a\x00b"), "a\ufffdb"),
        (workflow_api.broken(ID), None),
        (
            {
                "object": "response",
                "status": "completed",
                "output": {"reason": "multiple", "text": None},
                "outputs": {
                    "Data-1": {"content": {"a": 1}},
                    "Chat-1": {"content": "one"},
                    "Chat-2": {"content": "two"},
                },
            },
            "one",
        ),
        ({"object": "job", "job_id": ID, "status": "queued"}, Job(id=ID, status="queued")),
        ({"object": "job", "job_id": ID, "status": "in_progress"}, Job(id=ID, status="in_progress")),
        ({"object": "job", "job_id": ID, "status": "suspended"}, Job(id=ID, status="suspended")),
        ({"object": "job", "job_id": ID, "status": "cancelled"}, Job(id=ID, status="cancelled")),
        ({"object": "job", "status": "queued"}, None),
        ({"outputs": []}, None),
        (None, None),
    ],
)
def test_answers(answer: Any, read: str | Job | None) -> None:
    """A run's text, the job that it still is, or neither."""
    assert read_answer(answer) == (Output(read) if isinstance(read, str) else read)


@pytest.mark.parametrize(
    ("status", "under_way", "begun"),
    [
        ("queued", True, False),
        ("in_progress", True, True),
        ("suspended", True, True),
        ("cancelled", False, True),
    ],
)
def test_jobs(status: str, under_way: bool, begun: bool) -> None:
    """A job that is queued may never begin; one that was cancelled gives no answer."""
    job = Job(id=ID, status=status)
    assert (job.under_way, job.begun) == (under_way, begun)


def test_failed() -> None:
    """A run may have failed although its answer came well."""
    assert failed(workflow_api.broken(ID))
    assert not failed(workflow_api.completed(ID, "Hi."))
    assert not failed([])


def test_flow_ids() -> None:
    """A flow is found by its endpoint name among those that have one."""
    listing = [{"id": "1", "endpoint_name": None}, {"id": ID, "endpoint_name": "f"}, 5]
    assert flow_id(listing, "f") == ID
    assert flow_id(listing, "g") is None
    assert (is_uuid(ID), is_uuid("zoom-action-items")) == (True, False)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["object", "status", "output", "outputs", "text", "content", "job_id"]), inner
        )
    ),
)


@given(json_values | st.builds(lambda rest: workflow_api.completed(ID, "x") | {"output": rest}, json_values))
def test_any_answer(answer: Any) -> None:
    """No answer breaks the reading."""
    read = read_answer(answer)
    assert read is None or isinstance(read, Output | Job)
    failed(answer)
    flow_id(answer, "f")
