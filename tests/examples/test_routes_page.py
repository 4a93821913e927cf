"""What ``docs/routes.md`` shows works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.flow.routes import read_routes

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = (Path(__file__).parents[2] / "docs" / "routes.md").read_text(encoding="utf-8")


def test_routes(tmp_path: Path) -> None:
    """Every route on the page is one that the bridge takes."""
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    for n, block in enumerate(blocks):
        path = tmp_path / f"{n}.toml"
        path.write_text(block, encoding="utf-8")
        assert read_routes(path)
    assert len(blocks) == 3


def test_function() -> None:
    """The page's function takes a window and gives a text or nothing."""
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 - our own page
    collect: Callable[[object], object] = names["collect"]
    assert collect({"utterances": [{"text": "One todo is left."}]}) == "Somebody has something to do."
    assert collect({"utterances": []}) is None
