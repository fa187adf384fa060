"""Log lines: events with fields, as JSON where a program reads them, in colour where a person does. Never personal data."""

import logging
import sys

import structlog


class _StandardError:
    """Writes lines to whatever standard error is at that moment: a logger outlives the stream it first wrote to."""

    def __init__(self, *_: object) -> None:
        """Take what loggers are named by; the lines say it themselves."""

    def msg(self, message: str) -> None:
        sys.stderr.write(f"{message}\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


def configure() -> None:
    """Set up logging of this process, to standard error."""
    shown: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_StandardError,
        cache_logger_on_first_use=True,
    )
