"""Start Langflow once and end it: what it is made of is then compiled, where three workers would each compile it at once."""

import asyncio
import tempfile
from pathlib import Path

from bridge.demo.langflow import LangflowServer


async def main() -> None:
    """Leaves nothing but compiled files."""
    with tempfile.TemporaryDirectory() as folder:
        async with LangflowServer(Path(folder)):
            pass


asyncio.run(main())
