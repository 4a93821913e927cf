"""Logging: one line per change of state, fields instead of sentences, never what people said."""

from __future__ import annotations

import logging
import sys
import traceback

import structlog


def configure_logs(*, json: bool, level: int = logging.INFO) -> None:
    """Send logs to standard error, as JSON for machines or aligned text for people."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # httpx logs addresses, websockets logs frames: neither may reach a log.
    for name in ("httpx", "httpcore", "websockets", "uvicorn", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.WARNING)


def places_of(error: BaseException) -> list[str]:
    """Type and place of an error and of those inside it; never its words, which may quote a meeting."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    last = traceback.extract_tb(error.__traceback__)[-1:]
    places = [f"{type(error).__name__} in {frame.filename}:{frame.lineno}" for frame in last]
    return places + [place for each in inner for place in places_of(each)]
