"""A flow with Langflow's own Human Input, on a real Langflow: suspended, shown, answered, and gone on with."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest
from pydantic import SecretStr

from bridge.domain import Window, WindowKind
from bridge.errors import DecisionRefused, RunLost, RunSuspended
from bridge.flow.background import BackgroundRuns
from bridge.flow.client import LangflowClient

if TYPE_CHECKING:
    from bridge.demo.langflow import LangflowServer

pytestmark = pytest.mark.timeout(300)


def asking_flow() -> dict[str, Any]:
    """Chat Input, Human Input, and a Chat Output behind each of its branches."""
    from lfx.components.flow_controls.human_input import HumanInput
    from lfx.components.input_output import ChatInput, ChatOutput
    from lfx.graph import Graph

    told = ChatInput(_id="ChatInput-1")
    human = HumanInput(_id="HumanInput-2")
    yes, no = ChatOutput(_id="ChatOutput-3"), ChatOutput(_id="ChatOutput-4")
    graph = Graph()
    for each in (told, human, yes, no):
        graph.add_component(each)
    graph.add_component_edge("ChatInput-1", ("message", "prompt"), "HumanInput-2")
    graph.add_component_edge("HumanInput-2", ("branch_approve", "input_value"), "ChatOutput-3")
    graph.add_component_edge("HumanInput-2", ("branch_reject", "input_value"), "ChatOutput-4")
    graph.prepare()
    dumped = graph.dump(name="asking")
    return json.loads(json.dumps(dumped, default=str))


async def test_a_run_waits_for_a_person_and_goes_on(langflow: LangflowServer) -> None:
    """It tells what is asked, with its branches; the answer comes as ever, and no second one is taken. One of a meeting that
    is deleted is stopped.
    """
    with warnings.catch_warnings():  # Langflow's own imports are not ours to mend
        warnings.simplefilter("ignore")
        made = asking_flow()
    headers = {"x-api-key": langflow.api_key}
    async with httpx.AsyncClient(
        base_url=langflow.url, headers=headers, timeout=120, trust_env=False
    ) as client:
        answer = await client.post(
            "/api/v1/flows/", json={"name": f"Asking {uuid.uuid4()}", "data": made["data"]}
        )
        assert answer.status_code == 201, answer.text[:500]
        flow_id = answer.json()["id"]
    window = Window(
        window_id=f"s-{uuid.uuid4()}:r:1",
        stream_id="s",
        meeting_uuid="m",
        route="r",
        flow=flow_id,
        seq=1,
        kind=WindowKind.LIVE,
        first_n=1,
        last_n=1,
        input_value="Post this?",
    )
    async with aiohttp.ClientSession() as http:
        langflow_client = LangflowClient(
            http, url=langflow.url, api_key=SecretStr(langflow.api_key), clock=time.time
        )
        runs = BackgroundRuns(langflow_client)
        with pytest.raises(RunSuspended):
            await runs.run(window, timeout_seconds=60)
        [question] = runs.questions("s")
        assert (question.prompt, question.branches) == (
            "Post this?",
            (("approve", "Approve"), ("reject", "Reject")),
        )
        with pytest.raises(DecisionRefused):
            await runs.answer("s", question.request_id, "escalate")
        await runs.answer("s", question.request_id, "approve")
        with pytest.raises(DecisionRefused):
            await runs.answer("s", question.request_id, "reject")
        async with asyncio.timeout(60):
            output = await runs.run(window, timeout_seconds=60)
        assert output.text == "Post this?"
        assert runs.questions("s") == ()

        gone = replace(window, window_id=f"s-{uuid.uuid4()}:r:1", meeting_uuid=f"gone-{uuid.uuid4()}")
        waiting = []
        for each in (gone, replace(gone, window_id=f"s-{uuid.uuid4()}:r:2", meeting_uuid="m")):
            with pytest.raises(RunSuspended) as told:
                await runs.run(each, timeout_seconds=60)
            waiting.append(asyncio.create_task(told.value.goes_on()))
        await langflow_client.forget(gone.meeting_uuid, (flow_id,))
        async with asyncio.timeout(60):
            await waiting[0]
        with pytest.raises(RunLost, match="cancelled"):
            await runs.run(gone, timeout_seconds=60)
        assert len(runs.questions("s")) == 1, "that of another meeting still asks"
        waiting[1].cancel()
        await asyncio.wait(waiting)
        assert runs.questions("s") == ()
