"""What a Claude could say to each kind of request of ours, made from the request itself; the same each time."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JsonObject = dict[str, Any]


def canned(body: JsonObject) -> JsonObject:
    """Answer a request in the form that its schema asks for.

    Insights: one of the first kind allowed, shown by the first utterance of the new speech. Playbook: the first
    passage, for each point. Question: one claim, shown by the first utterance. A running summary differs with what it sums up.
    """
    fields = body["output_config"]["format"]["schema"]["properties"]
    prompt = "\n".join(texts_of(body["messages"][0]["content"]))
    match sorted(fields):
        case ["insights", "summary"]:
            return insights(prompt, fields["insights"]["items"]["properties"]["kind"]["enum"][0])
        case ["summary"]:
            heard = hashlib.sha256(prompt.encode()).hexdigest()[:8]
            return {"summary": {"now": f"They are at {heard}.", "so_far": ["They have begun."], "open": []}}
        case ["minutes"]:
            return {"minutes": "They met and talked."}
        case ["answer", "told"]:
            first = re.findall(r"u-\d{6}", prompt)[0]
            return {"answer": [{"claim": "It was said at the start.", "evidence": [first]}], "told": True}
        case ["answers"]:
            known = "\n".join([*texts_of(body["system"]), prompt])
            [title, *_] = re.findall(r"^## (.+)$", known, re.MULTILINE)
            points = json.loads(prompt[prompt.rindex('[{"id"') :])
            return {
                "answers": [{"id": each["id"], "text": "Say it kindly.", "source": title} for each in points]
            }
        case other:
            raise AssertionError(f"nobody asks for {other}")


def finding(*wanted: tuple[str, str]) -> Callable[[JsonObject], JsonObject]:
    """As :func:`canned`, but with an insight for each utterance of the new speech that has the words; ``wanted`` are kind and words."""

    def answer(body: JsonObject) -> JsonObject:
        fields = body["output_config"]["format"]["schema"]["properties"]
        if sorted(fields) != ["insights", "summary"]:
            return canned(body)
        prompt = "\n".join(texts_of(body["messages"][0]["content"]))
        [new] = re.findall(r"<new_speech>\n(.*)\n</new_speech>", prompt, re.DOTALL)
        found = [
            {"kind": kind, "text": f"It is about {words}.", "owner": None, "due": None, "evidence": said}
            for kind, words in wanted
            for line in new.splitlines()
            if words in line and (said := re.findall(r"u-\d{6}", line)[:1])
        ]
        final = "This is the final call" in prompt
        return {"insights": found, "summary": "They met and talked." if final else None}

    return answer


def insights(prompt: str, kind: str) -> JsonObject:
    """One insight that no other window has."""
    [new] = re.findall(r"<new_speech>\n(.*)\n</new_speech>", prompt, re.DOTALL)
    first = re.findall(r"u-\d{6}", new)[0]
    found = {
        "kind": kind,
        "text": f"Look into point {first[2:]}.",
        "owner": None,
        "due": None,
        "evidence": [first],
    }
    final = "This is the final call" in prompt
    return {"insights": [found], "summary": "They met and talked." if final else None}


def texts_of(content: Any) -> list[str]:
    """The texts of a content, which is one text or a list of blocks."""
    return [content] if isinstance(content, str) else [block["text"] for block in content]
