"""Names of what the components of a flow hand each other; a change of form gets another number."""

from __future__ import annotations

from typing import Final

CONTEXT_SCHEMA: Final = "zoom-context/1"
INSIGHTS_SCHEMA: Final = "zoom-insights/1"
NEWS_SCHEMA: Final = "zoom-news/1"
