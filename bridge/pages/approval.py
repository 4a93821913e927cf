"""What waits for somebody and what was decided, in the words of the page. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.domain import Decision

if TYPE_CHECKING:
    from bridge.approval.item import Item
    from bridge.approval.standing import Decided


def kind_in_words(item: Item) -> str:
    """What sort of thing it is: ``Action item``."""
    return item.kind.replace("_", " ").replace("-", " ").strip().capitalize()


def decided_in_words(decided: Decided) -> str:
    """What somebody pressed."""
    if decided.verdict.decision is Decision.NO:
        return "Declined"
    known = decided.item
    edited = (
        known is not None and known.digest == decided.verdict.digest and known.text != decided.verdict.text
    )
    return "Edited and approved" if edited else "Approved"
