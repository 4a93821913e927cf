"""Components as Langflow runs them: loaded by its own loader, remembering in its own database."""

from __future__ import annotations

import gc
import importlib
import shutil
import uuid
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

COMPONENTS = Path(__file__).parents[2] / "components" / "zoom"
FLOW_ID = str(uuid.UUID(int=1))
USER_ID = str(uuid.UUID(int=2))


def pytest_itemcollected(item: pytest.Item) -> None:
    """One worker takes all of them, so that only one imports Langflow; their first test waits for that."""
    item.add_marker(pytest.mark.xdist_group("components"))
    if item.get_closest_marker("timeout") is None:
        item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def langflow_services(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Langflow imported and its services known; what it warns of meanwhile is not ours to mend."""
    gc.disable()  # what Langflow is made of grows and stays
    try:
        with pytest.MonkeyPatch.context() as environment, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            environment.setenv("LANGFLOW_CONFIG_DIR", str(tmp_path_factory.mktemp("langflow")))
            environment.setenv("LANGFLOW_SAVE_DB_IN_CONFIG_DIR", "true")
            environment.setenv("LANGFLOW_DEACTIVATE_TRACING", "true")
            environment.setenv("DO_NOT_TRACK", "true")
            environment.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            from langflow.services.database.service import DatabaseService  # noqa: F401
            from langflow.services.utils import register_all_service_factories
            from lfx.custom.eval import eval_custom_component_code  # noqa: F401
            from lfx.services.deps import get_settings_service

            register_all_service_factories()
            get_settings_service()
    finally:
        gc.enable()
    gc.collect()
    gc.freeze()  # else every search for garbage goes through all of Langflow, for a tenth of a second


@pytest.fixture(scope="session")
def empty_database(langflow_services: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Langflow's tables without a row; made once, as they take longer than most tests."""
    from sqlmodel import SQLModel, create_engine

    file = tmp_path_factory.mktemp("database") / "empty.db"
    engine = create_engine(f"sqlite:///{file}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return file


@pytest.fixture(autouse=True)
async def message_store(
    empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], Any]]:
    """Langflow's message history in a database of the test's own.

    Yields:
        An async function that opens the same database anew, as a restarted Langflow does.
    """
    from langflow.services.database.service import DatabaseService
    from lfx.services.deps import get_settings_service
    from lfx.services.manager import get_service_manager
    from lfx.services.schema import ServiceType
    from sqlalchemy import Engine, event

    url = f"sqlite:///{shutil.copy(empty_database, tmp_path / 'langflow.db')}"
    monkeypatch.setenv("LANGFLOW_DATABASE_URL", url)
    settings = get_settings_service()
    settings.settings.database_url = url
    services = get_service_manager().services

    def open_database() -> None:
        services[ServiceType.DATABASE_SERVICE] = DatabaseService(settings)

    async def close_database() -> None:
        database = services.pop(ServiceType.DATABASE_SERVICE)
        event.remove(Engine, "connect", database.on_connection)
        await database.engine.dispose()

    async def restart() -> None:
        await close_database()
        open_database()

    open_database()
    assert services[ServiceType.DATABASE_SERVICE].database_url.endswith(str(tmp_path / "langflow.db"))
    yield restart
    await close_database()


@pytest.fixture(autouse=True)
def flow_scope(langflow_services: None) -> Iterator[None]:
    """The scope in which Langflow runs a component: message history is one flow's and one user's."""
    from lfx.memory import flow_context

    flow = flow_context.set_current_flow_id(FLOW_ID)
    owner = flow_context.set_current_message_owner_id(uuid.UUID(USER_ID))
    yield
    flow_context.reset_current_message_owner_id(owner)
    flow_context.reset_current_flow_id(flow)


@pytest.fixture
def anonymous_run(flow_scope: None) -> Iterator[None]:
    """A run of somebody whom Langflow does not know: it keeps no messages for them."""
    from lfx.memory import flow_context

    owner = flow_context.set_current_message_owner_id(None)
    persist = flow_context.set_messages_persist(False)
    yield
    flow_context.reset_messages_persist(persist)
    flow_context.reset_current_message_owner_id(owner)


@pytest.fixture
def component(langflow_services: None) -> Callable[..., Any]:
    """Load a component the way a flow does, from nothing but its source.

    Returns:
        ``component("context_buffer", message=..., _session_id="zoom-x")``: a new instance of a newly
        created class, as in every run of a flow.
    """
    from lfx.custom.eval import eval_custom_component_code

    def load(file: str, **inputs: Any) -> Any:
        source = (COMPONENTS / f"{file}.py").read_text(encoding="utf-8")
        config = {"_user_id": USER_ID, "_flow_id": FLOW_ID, "_code": source}
        return eval_custom_component_code(source)(**(config | inputs))

    return load


@pytest.fixture
def piece(langflow_services: None) -> Callable[[str], Any]:
    """Import what components share, ``piece("http")``, from where it stands once."""
    return lambda name: importlib.import_module(f"components.zoom.shared.{name}")
