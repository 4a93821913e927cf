"""What ``docs/webhooks-out.md`` shows is what is sent, and what takes it."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from bridge.domain import EndpointEvent, StreamState
from bridge.flow.news import found_in
from bridge.flow.routes import read_routes
from bridge.hooks.endpoint import read_endpoints
from bridge.hooks.message import Message, ended, found, started, summed_up
from bridge.hooks.outcome import _REFUSALS
from bridge.hooks.signature import read_secret, signed_headers
from tests.fakes.hook_receiver import SECRET
from tests.hooks.values import endpoint, insight, news, run, stream

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks-out.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """The page's one block of code in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def shape(value: Any) -> Any:
    """The names of fields, without what they say."""
    return {name: shape(each) for name, each in value.items()} if isinstance(value, dict) else type(value)


def messages() -> list[Message]:
    """One of each type."""
    known = found_in([run(1, news(insight(1, evidence=["u-000001"]), summary={"text": "We met."}))])
    assert known.summary is not None
    return [
        started(),
        ended(stream(state=StreamState.ENDED)),
        found(EndpointEvent.FINDING_CREATED, known.insights[0]),
        found(EndpointEvent.FINDING_UPDATED, known.insights[0]),
        summed_up(known.summary, final=True),
    ]


def test_the_example_is_what_is_sent() -> None:
    """The page's example has the fields of a delivery, and no other."""
    sent = messages()[2].to(endpoint(), stream(), link="https://meetings.example.com/meetings/s", at_ms=1)
    assert shape(json.loads(block("json"))) == shape(json.loads(sent.body))


def test_every_type_and_field_is_told() -> None:
    """Each type has a row that names what it tells."""
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert list(rows) == [event.value for event in EndpointEvent]
    for message in messages():
        fields = {name for name in message.data if not isinstance(message.data[name], dict)}
        fields |= {name for each in message.data.values() if isinstance(each, dict) for name in each}
        row = rows[EndpointEvent.FINDING_CREATED.value if "finding" in message.event else message.event.value]
        assert [name for name in fields if f"`{name}`" not in row] == []


def test_statuses_are_told() -> None:
    """The page names each status by which an endpoint refuses a delivery for what it is."""
    assert ", ".join(map(str, sorted(_REFUSALS))) in PAGE


def test_the_route_is_one(tmp_path: Path) -> None:
    """The page's route is one that the bridge takes."""
    (tmp_path / "routes.toml").write_text(block("toml"), encoding="utf-8")
    [one] = read_endpoints(read_routes(tmp_path / "routes.toml"), {"CRM_HOOK_SECRET": SECRET}.__getitem__)
    assert (one.name, one.address, len(one.events)) == ("crm", "https://example.com", 3)


async def test_the_receiver_receives(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The page's receiver takes a delivery once, and refuses one that is forged or of yesterday."""
    monkeypatch.setenv("CRM_HOOK_SECRET", SECRET)
    made: dict[str, Any] = {}
    exec(compile(block("python"), "webhooks-out.md", "exec", dont_inherit=True), made)  # noqa: S102
    sent = messages()[2].to(endpoint(), stream(), link="", at_ms=1)
    body, keys = sent.body.encode(), [read_secret(SECRET)]
    now = int(time.time())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made["app"]), base_url="http://r") as http:

        async def told(at: int, said: bytes = body) -> int:
            headers = signed_headers(sent.delivery_id, at, body, keys)
            return (await http.post("/hooks/meetings", content=said, headers=headers)).status_code

        statuses = [await told(now), await told(now), await told(now, body + b" "), await told(now - 86_400)]
    assert statuses == [204, 204, 400, 400]
    assert capsys.readouterr().out.count("finding.created") == 1
