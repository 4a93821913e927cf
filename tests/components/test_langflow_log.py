"""What Langflow itself writes into its log when one of our components, or its database, fails."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WORDS = "confidential plan"
REFUSING = (
    "CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
)


@pytest.fixture
def log(langflow_services: None) -> Iterator[io.StringIO]:
    """Langflow's log, set up by Langflow as ``langflow run`` does it."""
    import structlog
    from lfx.log.logger import configure

    written = io.StringIO()
    before = structlog.get_config()
    configure(log_level="info", output_file=written, cache=False)
    yield written
    structlog.configure(**before)


@pytest.fixture
def buffer(component: Callable[..., Any]) -> Callable[[str], Any]:
    from lfx.schema.message import Message

    return lambda text: component("context_buffer", message=Message(text=text, session_id="zoom-x"))


async def failed(buffer: Any) -> Exception:
    """Run it as a flow does, which logs why it broke."""
    import structlog

    try:
        await buffer.build_context()
    except Exception as error:
        await structlog.get_logger().aexception("Vertex build failed")
        return error
    raise AssertionError("it did not fail")


async def refuse_messages() -> None:
    """Let Langflow's database refuse every new message."""
    from lfx.services.manager import get_service_manager
    from lfx.services.schema import ServiceType
    from sqlalchemy import text

    async with get_service_manager().services[ServiceType.DATABASE_SERVICE].engine.begin() as connection:
        await connection.execute(text(REFUSING))


async def test_a_component_that_raises_leaves_no_words(buffer, log):
    """The log has the error and where it arose, without what the variables held."""
    damaged = {"schema": "zoom-window/1", "window_id": "w", "utterances": [{"text": WORDS}]}
    error = await failed(buffer(json.dumps(damaged)))

    assert str(error) == "window.seq is missing."
    assert "window.seq is missing." in log.getvalue()
    assert WORDS not in log.getvalue()


async def test_a_database_that_refuses_leaves_words_unless_they_are_hidden(
    buffer, log, message_store, monkeypatch, tmp_path: Path
):
    """Langflow by itself logs what it could not store; with the demo's settings it does not."""
    from lfx.services.deps import get_settings_service

    from bridge.demo.langflow import LangflowServer

    await refuse_messages()
    assert WORDS in str(await failed(buffer(f"Dana: {WORDS}")))
    assert WORDS in log.getvalue()

    variables = LangflowServer(tmp_path)._variables()
    hiding = json.loads(variables["LANGFLOW_DB_CONNECTION_SETTINGS"])
    settings = get_settings_service().settings
    monkeypatch.setattr(settings, "db_connection_settings", hiding)
    await message_store()
    log.seek(0)
    log.truncate()
    error = await failed(buffer(f"Dana: {WORDS}"))

    assert "database or disk is full" in str(error)
    assert "database or disk is full" in log.getvalue()
    assert WORDS not in str(error) + log.getvalue()
