"""What this program says of itself: one line an event, in JSON where nobody looks, and never a secret.

1. Every value and every traceback passes the same mask: keys to the API and to models, tokens, passwords, e-mail addresses, and
   numbers of phones, cards and accounts.
2. Bodies, and what stands in an address after the question mark, are never logged.
3. Whoever logs asks `logging` for a logger, as everywhere in Python; what is told beside the event is given as its `extra`.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache, lru_cache
from typing import Any, Final, TextIO

import structlog

OURS: Final = ("lifecycle_core", "tasks", "flows", "deployments", "uvicorn", "asyncio")
"""Loggers that are heard: of this program, of what serves it, and of the loop, which tells of tasks that nobody awaited."""
HIDDEN: Final = "***"
MOST_CHARACTERS: Final = 20_000
"""How long a value may be; of a longer one both ends are told."""

_SECRETS: Final = (
    re.compile(r"al_[0-9a-z]{8}_[0-9a-z]+"),
    re.compile(r"\bsk-[A-Za-z0-9_-]{8,}"),
    re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"),
    re.compile(r"(?i)(?<=\bbearer )[^\s'\"]+"),
    re.compile(r"(?i)(?<=\bbasic )[a-z0-9+/=]{8,}"),
    re.compile(r"(?<=://)[^\s'\"<>]{1,300}@"),
)
_NAMED: Final = re.compile(r"(?i)((?:passw(?:or)?d|secret|api[_-]key)['\"\\]{0,2}\s?[=:]\s?['\"\\]{0,2})[^\s'\"\\]+")
_HINTS: Final = re.compile(r"al_|sk-|eyJ|(?i:bearer|basic|passw|secret|api[_-]key)|://")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PERSONAL: Final = re.compile(r"\d|@|(?i:dot|zero|one|two|three|four|five|six|seven|eight|nine)")
_SHORT: Final = 200


def configure(stream: TextIO | None = None, level: str = "info") -> None:
    """Send what this program logs to `stream`, standard error by default, from `level` on: for people on a terminal, else JSON."""
    out = stream or sys.stderr
    shape: Any = structlog.dev.ConsoleRenderer() if out.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.format_exc_info,
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                masked,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                shape,
            ],
        )
    )
    for name in OURS:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level.upper())


def masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: every value of the event without what is secret or somebody's.

    >>> dict(masked(None, "", {"event": "al_00000000_abcdef from ada@example.org", "status": 401}))
    {'event': '*** from <EMAIL>', 'status': 401}
    """
    for name, value in event.items():
        event[name] = _deep(value)
    return event


def without_secrets(text: str) -> str:
    """`text` without keys, tokens, passwords, e-mail addresses, and numbers of phones, cards and accounts.

    >>> without_secrets("postgresql://ada:p@ss@db/x refused +1 212 555 0147")
    'postgresql://***db/x refused <PHONE>'
    """
    if len(text) > MOST_CHARACTERS:
        end = MOST_CHARACTERS // 2
        text = f"{text[:end]} … {text[-end:]}"
    return _without_short(text) if len(text) <= _SHORT else _without(text)


def _deep(value: Any) -> Any:  # noqa: ANN401 - whatever is logged
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {without_secrets(str(name)): _deep(it) for name, it in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_deep(it) for it in value]
    return without_secrets(value if isinstance(value, str) else repr(value))


def _without(text: str) -> str:
    if _HINTS.search(text):
        for it in _SECRETS:
            text = it.sub(HIDDEN, text)
        text = _NAMED.sub(rf"\1{HIDDEN}", text)
    return _without_persons(text) if _PERSONAL.search(text) else text


_without_short = lru_cache(maxsize=4096)(_without)
"""Most of what is logged was logged before: routes, methods, callers."""


def _without_persons(text: str) -> str:
    for kind, find in _detectors():
        kept = [it.span() for it in _UUID.finditer(text)] if "-" in text else []
        pieces, end = [], 0
        for start, until in find(text):
            if start >= end and not any(first <= start and until <= last for first, last in kept):
                pieces += [text[end:start], f"<{kind}>"]
                end = until
        text = "".join([*pieces, text[end:]])
    return text


@cache
def _detectors() -> tuple[tuple[Any, Any], ...]:
    from lifecycle_core.privacy.detectors import ORDERED, Kind

    numbers = {Kind.EMAIL, Kind.IBAN, Kind.CARD, Kind.SSN, Kind.PHONE}
    return tuple((kind, find) for kind, find in ORDERED if kind in numbers)
