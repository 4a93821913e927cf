"""One meeting's way through a flow on a real Langflow, window by window, as the bridge sends them."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jsonschema
import pytest

from bridge.flow.request import read_answer, session_id
from bridge.publish.library import Flow, load_flows, shipped
from bridge.publish.server import FlowServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

    from bridge.demo.langflow import LangflowServer
    from bridge.domain import Output

JsonObject = dict[str, Any]
Line = tuple[str, str]
"""Who said what."""

BEGAN_MS = 1_790_000_000_000
SCHEMA = json.loads((Path(shipped("flows")) / "window.schema.json").read_text())


class Runs:
    """One meeting's runs of one flow."""

    def __init__(
        self, client: httpx.AsyncClient, endpoint: str, meeting_uuid: str, topic: str = "Weekly"
    ) -> None:
        self._client, self.endpoint, self.meeting_uuid, self._topic = client, endpoint, meeting_uuid, topic
        self._seq = 0
        self.lines: list[JsonObject] = []
        """Every utterance so far."""

    def window(self, kind: str, said: Sequence[Line] = (), *, asked: str = "") -> str:
        """The next window, as the bridge writes it; an ask or final one carries all that was said.

        ``asked`` is the question of an ask window, put by the speaker of the last line.
        """
        self._seq += 1
        first = len(self.lines) + 1
        for n, (speaker, text) in enumerate(said, first):
            at = BEGAN_MS + n * 4000
            self.lines.append(
                {"id": f"u-{n:06d}", "speaker": speaker, "user_id": speaker.lower(), "start_ms": at}
                | {"end_ms": at + 3000, "text": text, "language": 9, "source": "speech"}
            )
        whole = kind in ("ask", "final")
        utterances = self.lines if whole else self.lines[first - 1 :]
        speakers = dict.fromkeys(line["speaker"] for line in self.lines)
        window: JsonObject = {
            "schema": "zoom-window/1",
            "window_id": f"{self.meeting_uuid}:route:{self._seq}",
            "seq": self._seq,
            "kind": kind,
            "route": "route",
            "meeting": {
                "uuid": self.meeting_uuid,
                "id": "81234567890",
                "topic": self._topic,
                "started_at": "2026-09-21T14:13:20Z",
            },
            "stream_id": self.meeting_uuid,
            "from_ms": utterances[0]["start_ms"] if utterances else BEGAN_MS,
            "to_ms": utterances[-1]["end_ms"] if utterances else BEGAN_MS,
            "participants": [{"user_id": name.lower(), "name": name} for name in speakers],
            "utterances": utterances,
            "gaps": [],
        }
        if kind == "ask":
            last = self.lines[-1]
            window["ask"] = {
                "question": asked,
                "speaker": last["speaker"],
                "user_id": last["user_id"],
                "source": last["source"],
                "utterances": [last["id"]],
            }
        jsonschema.validate(window, SCHEMA)
        return json.dumps(window, ensure_ascii=False, separators=(",", ":"))

    async def attempt(self, input_value: str) -> httpx.Response:
        """Run the flow, whatever comes of it."""
        body = {"input_value": input_value, "input_type": "chat", "output_type": "chat"}
        return await self._client.post(
            f"/api/v1/run/{self.endpoint}", json={**body, "session_id": session_id(self.meeting_uuid)}
        )

    async def output(self, input_value: str) -> Output:
        """Run the flow; all that the bridge reads of its answer."""
        answer = await self.attempt(input_value)
        assert answer.status_code == httpx.codes.OK, answer.text
        output = read_answer(answer.json())
        assert output is not None
        return output

    async def send(self, input_value: str) -> str:
        """Run the flow; its answer, empty when it had nothing to say."""
        return (await self.output(input_value)).text

    async def say(self, kind: str, said: Sequence[Line] = (), *, asked: str = "") -> str:
        """Run the flow on the next window."""
        return await self.send(self.window(kind, said, asked=asked))


def shipped_flow(endpoint_name: str) -> Flow:
    """A flow as its file has it."""
    [flow] = [flow for flow in load_flows() if flow.endpoint_name == endpoint_name]
    return flow


@contextlib.asynccontextmanager
async def meeting_on(
    langflow: LangflowServer,
    endpoint_name: str,
    values: Mapping[str, str] | None = None,
    *,
    topic: str = "Weekly",
) -> AsyncIterator[Runs]:
    """A new meeting on a copy of a flow, so that no other test's settings are in it.

    ``values`` are inputs by ``<component type>.<input>``.
    """
    mark = uuid.uuid4()
    names = {"id": str(mark), "name": f"Test {mark}", "endpoint_name": f"test-{mark}"}
    flow = shipped_flow(endpoint_name)
    flow = replace(flow, content={**flow.content, **names})
    headers = {"x-api-key": langflow.api_key}
    async with httpx.AsyncClient(
        base_url=langflow.url, headers=headers, timeout=120, trust_env=False
    ) as client:
        await FlowServer(client).push(flow, values)
        yield Runs(client, flow.endpoint_name, f"{mark}/+==", topic)


def real_meeting(name: str) -> list[Line]:
    """The lines of a real meeting; skips the test where they are not at hand."""
    folder = os.environ.get("MEETINGS_DIR")
    if not folder:
        pytest.skip("MEETINGS_DIR does not name the folder of real meetings")
    lines = (Path(folder) / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [(said["speaker"], said["text"]) for said in map(json.loads, lines)]


def in_windows(lines: Sequence[Line], words: int) -> Iterator[list[Line]]:
    """Lines in windows of at least so many words, in order."""
    window: list[Line] = []
    count = 0
    for line in lines:
        window.append(line)
        count += len(line[1].split())
        if count >= words:
            yield window
            window, count = [], 0
    if window:
        yield window
