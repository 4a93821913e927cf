"""What the components of a flow hand each other: names, of which a change of form gets another, and what they tell."""

from __future__ import annotations

from typing import Any, Final

CONTEXT_SCHEMA: Final = "zoom-context/1"
INSIGHTS_SCHEMA: Final = "zoom-insights/1"
NEWS_SCHEMA: Final = "zoom-news/1"
SUMMARY_KEY: Final = "summary"
"""Key of the note that holds the running summary: a later one takes the place of an earlier one."""
PUT_BACK: Final = "put_back"
"""Mark of news, and of what goes with a message, that have real words: what somebody has said that looks like a placeholder must not be read as one."""
TEXT_STREAM: Final = "text-"
"""How the stream id begins of what somebody typed or pasted."""


def is_typed(context: dict[str, Any]) -> bool:
    """Whether somebody typed or pasted this, rather than said it in a meeting."""
    return str(context["stream_id"]).startswith(TEXT_STREAM)


APPROVED: Final = ("insights", "summary", "notes", "open", "language", "of")
"""Parts of what somebody approved; ``of`` is the kind of the window that it was found in."""


def approved_in(context: dict[str, Any]) -> dict[str, Any]:
    """What somebody approved, as parts of insights and news; nothing in windows of other kinds."""
    approved = context.get("approved") or {}
    return {name: approved[name] for name in APPROVED if name in approved}


def awaits_approval(meeting: dict[str, Any]) -> bool:
    """Whether nothing may go out before somebody approves it."""
    return bool(meeting.get("approve"))


REHEARSAL_SESSION: Final = "zoom-rehearsal-"
"""How the sessions of ``zoom-bridge replay`` begin: what has no window, such as a tool of an Agent, knows it by that."""


def is_rehearsal(meeting: dict[str, Any], session_id: str) -> bool:
    """Whether nothing may happen outside: the window says so, or the session's name does."""
    return bool(meeting.get("rehearsal")) or session_id.startswith(REHEARSAL_SESSION)
