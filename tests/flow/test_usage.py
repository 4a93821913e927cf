"""What models took for runs: what is told, by whom, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.domain import Output, Usage
from bridge.flow.request import read_answer
from bridge.flow.usage import MOST_WINDOWS, Total, langflows_usage, others, spent_in, total, usage_of


def spent(
    window_id: str = "s:r:2", input_tokens: Any = 100, output_tokens: Any = 10, usd: Any = 0.0012
) -> dict[str, Any]:
    return {"window_id": window_id, "input_tokens": input_tokens, "output_tokens": output_tokens, "usd": usd}


def test_in_an_answer() -> None:
    """Zoom Chat Output tells what our components took, Langflow what its own nodes did; a run's own is the sum."""
    message = {
        "text": "Hi.",
        "session_metadata": {"spent": [spent("s:r:1", usd=None), spent()]},
        "properties": {"usage": {"input_tokens": 5, "output_tokens": 1, "total_tokens": 6}},
    }
    output = read_answer({"outputs": [{"outputs": [{"results": {"message": message}}]}]})
    assert output is not None
    assert output.usage == Usage(5, 1, -1)
    assert usage_of("s:r:2", output) == Usage(105, 11, -1)
    assert list(others("s:r:2", output)) == [("s:r:1", Usage(100, 10, -1))]
    assert output.news == ""


def test_whose_windows() -> None:
    """An answer tells of windows of its own stream and route alone, whatever else it names."""
    names = ["s:r:1", "s:r:2", "s:other:1", "t:r:1", "r:1", "language-model"]
    output = Output("", spent=spent_in([spent(name) for name in names]))
    assert [name for name, _ in others("s:r:2", output)] == ["s:r:1"]
    assert list(others("language-model", output)) == []
    assert usage_of("s:r:2", output) == Usage(100, 10, 1200)
    assert usage_of("s:r:9", output) is None


@pytest.mark.parametrize(
    "given",
    [
        None, "x", {}, [None, 7, "x"], [spent(window_id="")], [spent(window_id="w" * 401)], [spent(window_id=None)],
        [spent(input_tokens=-1)], [spent(input_tokens=True)], [spent(input_tokens=1.5)], [spent(output_tokens=10**13)],
        [spent(output_tokens=None)], [{"window_id": "w"}],
    ],
)  # fmt: skip
def test_what_is_odd(given: Any) -> None:
    """It tells nothing, and so is not known."""
    assert spent_in(given) == ()
    assert langflows_usage(given) is None
    assert langflows_usage({"usage": given}) is None


@pytest.mark.parametrize("usd", [None, "1", True, -0.1, float("nan"), float("inf"), 10**7, 10**400])
def test_an_odd_price(usd: Any) -> None:
    """Tokens are known then, and what they cost is not."""
    assert spent_in([spent(usd=usd)]) == (("s:r:2", Usage(100, 10, -1)),)


def test_no_more_than_anybody_needs() -> None:
    """Of an enormous list the newest count."""
    found = spent_in([spent(f"s:r:{n}") for n in range(MOST_WINDOWS + 7)])
    assert (len(found), found[0][0]) == (MOST_WINDOWS, "s:r:7")


def test_a_sum() -> None:
    """It counts what is known, and tells how much is not."""
    took = [Usage(100, 10, 1200), Usage(5, 1, -1), None, Usage(0, 0, 0)]
    assert total(took) == Total(Usage(105, 11, 1200), unknown=1, unpriced=1)
    assert total([None, None]) == Total(None, unknown=2, unpriced=0)
    assert total([Usage(5, 1, -1)]) == Total(Usage(5, 1, -1), unknown=0, unpriced=1)
    assert total([]) == Total(None, unknown=0, unpriced=0)
    assert Usage(1, 1, 1_500_000).cost_usd == 1.5
