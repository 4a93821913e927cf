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
    known, verdict = decided.item, decided.verdict
    edited = (
        known is not None
        and known.digest == verdict.digest
        and (known.text, known.owner, known.due) != (verdict.text, verdict.owner, verdict.due)
    )
    return "Edited and approved" if edited else "Approved"
