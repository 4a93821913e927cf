"""Build hook: what the wheel carries beside Python code.

Components, flows and the extension's manifest lie beside ``bridge/`` in a clone and inside it in a wheel, where
Langflow and ``bridge/flow/library.py`` find them. What components share (``components/zoom/shared``) stays behind: each
component has it in itself, and an extension's loader would take every file for a component. An editable installation gets no copies, which would go stale:
there both find the clone. Hatch's ``force-include`` cannot tell the two kinds apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PackageData(BuildHookInterface):
    """Adds the data to ordinary wheels."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling; ``version`` is ``standard`` or ``editable``."""
        if version == "standard":
            root = Path(self.root)
            components = [str(path.relative_to(root)) for path in root.glob("components/zoom/*.py")]
            for name in (*components, "extension.json", "flows"):
                build_data["force_include"][name] = f"bridge/{name}"
