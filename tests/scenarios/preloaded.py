"""What a bridge imports and reads only once it runs, for a process off which others are forked. No thread may run in it."""

from __future__ import annotations

import uvicorn.lifespan.off  # noqa: F401

import bridge.app
import bridge.publish.library
import bridge.store.migrate
import bridge.store.postgres

bridge.publish.library.sentences()
