import json, os, sys

sys.path.insert(0, "/work/main")
import pytest
from tests.components.conftest import *  # noqa


async def attempt(component):
    from lfx.schema.message import Message
    from lfx.services.manager import get_service_manager
    from lfx.services.schema import ServiceType
    from sqlalchemy import text

    db = get_service_manager().services[ServiceType.DATABASE_SERVICE]
    async with db.engine.begin() as c:
        await c.execute(
            text("CREATE TRIGGER t BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        )
    buf = component("context_buffer", message=Message(text="Dana: confidential plan", session_id="s"))
    with pytest.raises(Exception) as e:
        await buf.build_context()
    return e, db


async def test_default(component, capfd):
    e, db = await attempt(component)
    out = capfd.readouterr()
    print(
        type(e.value),
        "IN ERROR" if "confidential plan" in str(e.value) else "error clean",
        "IN LOG" if "confidential plan" in out.out + out.err else "log clean",
    )


@pytest.fixture
def hidden(langflow_services):
    from lfx.services.deps import get_settings_service

    s = get_settings_service().settings
    old = dict(s.db_connection_settings)
    print("DEFAULTS", old)
    s.db_connection_settings = {**old, "hide_parameters": True}
    yield
    s.db_connection_settings = old


async def test_hidden(hidden, message_store, component, capfd):
    from langflow.services.database.service import DatabaseService
    from lfx.services.manager import get_service_manager
    from lfx.services.schema import ServiceType

    await message_store()
    e, db = await attempt(component)
    out = capfd.readouterr()
    print(
        db.engine.sync_engine.hide_parameters,
        type(e.value),
        str(e.value)[:300],
        "IN ERROR" if "confidential plan" in str(e.value) else "error clean",
        "IN LOG" if "confidential plan" in out.out + out.err else "log clean",
    )
