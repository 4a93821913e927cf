"""Running notes with LlamaIndex, asked of a stand-in for the Messages API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import FlowFailed

pytestmark = pytest.mark.xdist_group("llama-index")


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """LlamaIndex takes some seconds to import: where it is needed, and not in each worker."""
    pytest.importorskip(
        "llama_index.llms.anthropic", reason="needs the extra: pip install 'zoom-rtms-langflow[llama-index]'"
    )


FIRST, SECOND = "# Launch\n- Dana wants Friday.", "# Launch\n- Friday, agreed by Eli."


def file() -> str:
    """The meeting's notes on disk; tests run in a folder of their own."""
    return Path("notes", "aB3_xY-z9Q.md").read_text(encoding="utf-8")


async def test_notes_change(claude: Any, call: Any) -> None:
    """Each window turns the notes so far into the notes that there are now, also on disk."""
    claude.say(FIRST)
    assert await call("notes", "live", "Dana: Let us launch on Friday.") == FIRST
    claude.say(SECOND)
    assert await call("notes", "live", "Eli: Agreed.", seq=2) == SECOND
    assert file() == f"<!-- s:notes:2 -->\n{SECOND}\n"
    prompt = json.dumps(claude.requests[-1].body["messages"])
    assert "Dana wants Friday" in prompt
    assert "Eli: Agreed." in prompt


async def test_a_window_that_comes_again(claude: Any, call: Any) -> None:
    """What the notes include already is not asked about again."""
    claude.say(FIRST)
    for _ in range(2):
        assert await call("notes", "live", "Dana: Let us launch on Friday.") == FIRST
    assert len(claude.requests) == 1


async def test_the_final_window_starts_afresh(claude: Any, call: Any) -> None:
    """The whole meeting is read at its end, without what was summed up on the way."""
    claude.say(FIRST)
    await call("notes", "live", "Dana: Let us launch on Friday.")
    claude.say(SECOND)
    await call("notes", "final", "Dana: Let us launch on Friday.", "Eli: Agreed.", seq=2)
    assert "Dana wants Friday" not in json.dumps(claude.requests[-1].body["messages"])


async def test_silence(claude: Any, call: Any) -> None:
    """Without words there are no notes, and afterwards the notes stay."""
    assert await call("notes", "live") == ""
    claude.say(FIRST)
    await call("notes", "live", "Dana: Let us launch on Friday.", seq=2)
    assert await call("notes", "live", seq=3) == FIRST
    assert len(claude.requests) == 1


@pytest.mark.parametrize("empty", [False, True])
async def test_failing(claude: Any, call: Any, empty: bool) -> None:
    """When the model gives nothing, the notes stay as they were and the run has failed."""
    claude.say(FIRST)
    await call("notes", "live", "Dana: Let us launch on Friday.")
    claude.say("", stop_reason="refusal") if empty else claude.fail(400)
    with pytest.raises(FlowFailed, match=r"call:llama_index_notes:notes raised \w+"):
        await call("notes", "live", "Eli: Agreed.", seq=2)
    assert file() == f"<!-- s:notes:1 -->\n{FIRST}\n"
