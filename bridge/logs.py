"""Logging: one line per change of state, fields instead of sentences, never what people said."""

from __future__ import annotations

import logging
import sys

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
