"""How findings are told."""

from __future__ import annotations

import pytest

from bridge.finding import Finding, all_ok, fault, warning


@pytest.mark.parametrize(
    ("finding", "line", "ok"),
    [
        (Finding(what="The key is valid"), "✓ The key is valid", True),
        (warning("Langflow 9", "Not tested"), "! Langflow 9: Not tested", True),
        (fault("No key", "Make one"), "✗ No key: Make one", False),
    ],
)
def test_lines(finding: Finding, line: str, ok: bool) -> None:
    """A mark, the sentence, and the next step; only a fault is not ok."""
    assert (str(finding), finding.ok, all_ok([finding])) == (line, ok, ok)


def test_for_programs() -> None:
    """The same as JSON."""
    assert fault("No key", "Make one").as_json() == {
        "ok": False,
        "level": "fault",
        "what": "No key",
        "advice": "Make one",
    }
