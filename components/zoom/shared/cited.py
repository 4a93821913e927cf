"""What a model answers with, as it is meant: ids of utterances, and that there is nobody or no date."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

UTTERANCE: Final = re.compile(r"u-0*(\d{1,12})(?!\d)", re.IGNORECASE)
EMPTY: Final = frozenset(
    (
        *"null none nil nobody unassigned unspecified unknown undefined tbd tba n/a na - – — ?".split(),
        *(
            "not specified",
            "not stated",
            "not mentioned",
            "not given",
            "no owner",
            "no date",
            "no due date",
            "to be determined",
        ),
    )
)
"""What models write where a field is to be empty."""


def cited(evidence: Iterable[str], known: Collection[str]) -> list[str]:
    """The ids that a model means, in its order and once each: those that there are, also where they are written otherwise.

    ``U-12.``, ``[u-000012]`` and ``u-000012 [min 1] Dana`` are ``u-000012``; so is ``12``.
    """
    by_number = {int(match[1]): name for name in known if (match := UTTERANCE.fullmatch(name))}
    found: list[str] = []
    for entry in evidence:
        numbers = UTTERANCE.findall(entry) or re.findall(r"^\s*#?(\d{1,12})\s*$", entry)
        found += [entry] if entry in known else [by_number[int(n)] for n in numbers if int(n) in by_number]
    return list(dict.fromkeys(found))


def unless_empty(text: str | None) -> str | None:
    """An owner or a date; ``None`` where a model writes in words that there is none."""
    told = " ".join((text or "").split()).strip()
    return None if told.casefold().strip("().") in EMPTY or not told else told.removeprefix("@")
