from __future__ import annotations

from typing import Any

import pytest

from bridge.finding import fault, warning
from bridge.pages.condition import Condition, Light, conditions
from tests.pages.conftest import WELL


def worst(found: list[Condition]) -> Light:
    lights = {each.light for each in found}
    return next((light for light in (Light.FAULT, Light.WARNING) if light in lights), Light.GOOD)


def test_all_is_well() -> None:
    """Each neighbour that is there is named, and nobody has anything to do."""
    found = conditions(WELL)
    assert [each.what for each in found] == ["Store takes what is said", "Langflow answers"]
    assert worst(found) is Light.GOOD
    assert not any(each.todo for each in found)


@pytest.mark.parametrize(
    ("changes", "light", "words"),
    [
        ({"checks": {"store": "disk I/O error"}}, Light.FAULT, "disk I/O error"),
        ({"checks": {"langflow": "away: ConnectError"}}, Light.FAULT, "ConnectError"),
        ({"checks": {"event_socket": "away: refused"}}, Light.FAULT, "ZOOM_EVENT_SOCKET_URL"),
        ({"parked_routes": {"notes": "the API key is refused"}}, Light.FAULT, "the API key is refused"),
        ({"failing_routes": {"notes": "it broke"}}, Light.WARNING, "run the failed windows again"),
        ({"failing_webhooks": {"crm": "it answered 500"}}, Light.WARNING, "it answered 500"),
        ({"setup": [fault("A flow is missing", "Push it.").as_json()]}, Light.FAULT, "Push it."),
        ({"setup": [warning("No destination", "Set one.").as_json()]}, Light.WARNING, "Set one."),
        ({"window_wait_seconds": 125.0}, Light.WARNING, "2 min 5 s"),
        ({"store": WELL["store"] | {"rows_put_aside": 2}}, Light.WARNING, "2 rows"),
        ({"sessions_taken_up_again": ["s"]}, Light.WARNING, "1 meeting"),
        ({"deletions_under_way": 3}, Light.GOOD, "3 meetings"),
    ],
)
def test_what_is_wrong(changes: dict[str, Any], light: Light, words: str) -> None:
    """Each trouble is told with its reason and what to do about it."""
    found = conditions(WELL | changes)
    assert worst(found) is light
    [told] = [
        each for each in found if each.light is light and words in f"{each.what} {each.why} {each.todo}"
    ]
    assert told.todo
