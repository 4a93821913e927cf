"""What models think aloud before they answer, which is no part of the answer."""

from __future__ import annotations

import re
from typing import Final

THOUGHT_ENDS: Final = re.compile(
    r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]|<\|channel\|>final<\|message\|>", re.IGNORECASE
)
"""Of DeepSeek, Qwen and those who learnt from them; of Magistral; of gpt-oss, where nobody else takes it out."""
THOUGHT_BEGINS: Final = re.compile(r"\s*(?:<(?:think|thinking|thought|reasoning)>|\[THINK\])", re.IGNORECASE)


def without_thoughts(text: str) -> str:
    """What a model answers, without what it thought aloud before; nothing where it was cut off while it thought.

    What begins a thought may stand in the prompt, and be no part of the text.
    """
    answer = text[max((match.end() for match in THOUGHT_ENDS.finditer(text)), default=0) :]
    return "" if THOUGHT_BEGINS.match(answer) else answer
