"""What this program says of itself: one line an event, in JSON where nobody looks, and never a secret.

Every value and every traceback passes the same mask: keys to the API and to models, bearer tokens, passwords in addresses,
e-mail addresses, phone and card numbers. Bodies, and what stands in an address after the question mark, are never logged.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from functools import cache
from typing import Any, Final, TextIO

import structlog

OURS: Final = ("lifecycle_core", "tasks", "flows", "deployments", "uvicorn.error")
HIDDEN: Final = "***"

_SECRETS: Final = (
    re.compile(r"al_[0-9a-z]{8}_[0-9a-z]+"),
    re.compile(r"sk-[A-Za-z0-9_-]{8,}"),
    re.compile(r"(?i)(?<=bearer )[^\s'\"]+"),
    re.compile(r"(?<=://)[^/\s:@'\"]*:[^/\s'\"]+(?=@)"),
)


def configure(stream: TextIO | None = None, level: str = "info") -> None:
    """Send what this program logs to `stream`, standard error by default, from `level` on: for people on a terminal, else JSON."""
    out = stream or sys.stderr
    shape: list[Any] = [structlog.dev.ConsoleRenderer()] if out.isatty() else [structlog.processors.JSONRenderer(ensure_ascii=False)]
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, masked, *shape],
        )
    )
    for name in OURS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper())


def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: every text of the event without what is secret or somebody's.

    >>> dict(masked(None, "", {"event": "al_00000000_abcdef from ada@example.org", "status": 401}))
    {'event': '*** from <EMAIL>', 'status': 401}
    """
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = without_secrets(value)
    return event


def without_secrets(text: str) -> str:
    """`text` without keys, tokens, passwords, e-mail addresses, phone and card numbers."""
    for it in _SECRETS:
        text = it.sub(HIDDEN, text)
    return _without_persons(text)


def _without_persons(text: str) -> str:
    find, kinds = _detectors()
    pieces, end = [], 0
    for found in find(text):
        if found.kind in kinds:
            pieces += [text[end : found.start], f"<{found.kind.name}>"]
            end = found.end
    return "".join([*pieces, text[end:]])


@cache
def _detectors() -> tuple[Any, frozenset[Any]]:
    from lifecycle_core.privacy.detectors import Kind
    from lifecycle_core.privacy.masking import find

    return find, frozenset({Kind.EMAIL, Kind.PHONE, Kind.CARD})
