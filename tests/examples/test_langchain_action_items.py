"""Action items with LangChain, asked of a stand-in for the Messages API."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import FlowFailed

pytestmark = pytest.mark.xdist_group("langchain")


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """LangChain takes some seconds to import: where it is needed, and not in each worker."""
    pytest.importorskip(
        "langchain_anthropic", reason="needs the extra: pip install 'zoom-rtms-langflow[langchain]'"
    )


SAID = ("Dana: I will send the report by Friday.", "Eli: Nice weather.")


def item(**changes: Any) -> dict[str, Any]:
    return {
        "owner": "Dana",
        "task": "send the report",
        "due": "by Friday",
        "evidence": ["u-000001"],
    } | changes


async def test_items(claude: Any, call: Any) -> None:
    """Each item is a line with owner, time and evidence; the model was told the ids to name."""
    claude.say({"items": [item(), item(owner="", task="ask Bob", due="", evidence=["u-000001", "u-000002"])]})
    assert await call("action-items", "live", *SAID) == (
        "Dana: send the report (by Friday) [u-000001]\nSomebody: ask Bob [u-000001, u-000002]"
    )
    (asked,) = claude.requests
    assert "[u-000002] Eli: Nice weather." in json.dumps(asked.body["messages"])
    assert set(asked.body["output_config"]["format"]["schema"]["properties"]) == {"items"}


async def test_invented_items_are_dropped(claude: Any, call: Any) -> None:
    """What names no words that were said is not passed on."""
    claude.say({"items": [item(evidence=[]), item(evidence=["u-000099"]), item(task="keep this")]})
    assert await call("action-items", "live", *SAID) == "Dana: keep this (by Friday) [u-000001]"


async def test_nothing(claude: Any, call: Any) -> None:
    """No items are no answer, and a window without words asks nobody."""
    claude.say({"items": []})
    assert await call("action-items", "live", *SAID) == ""
    assert await call("action-items", "live") == ""
    assert len(claude.requests) == 1


async def test_failing(claude: Any, call: Any) -> None:
    """An error of the model is a failed run, which the bridge tries again."""
    claude.fail(400)
    with pytest.raises(FlowFailed, match=r"call:langchain_action_items:action_items raised \w+"):
        await call("action-items", "live", *SAID)
