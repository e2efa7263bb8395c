"""Raw conversations, in columns and in pieces: what an explanation is made of. A check never reads them."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Final, TypeVar

import numpy as np
from pydantic_core import from_json
from sqlalchemy import ColumnElement, Text, select, type_coerce

from lifecycle_core.conversations import Window
from lifecycle_core.drift.pieces import Coded, Piece
from lifecycle_core.drift.report import Metric
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import TABLES

T = TypeVar("T")

_ROWS: Final = 10_000
"""Conversations that are held at once: enough that what is the same in many is read once."""
_NEWEST: Final = 500
"""Conversations that are read at once where the newest few are wanted."""
_TO_THE_HOUR: Final = len("2025-10-07 12")
_CONVERSATIONS: Final = TABLES["conversations"]
_PLAIN: Final = ("version", "provider_fault", "model")
_DOCUMENTS: Final = ("segments", "actions", "errors")
_FIGURES: Final = {
    Metric.BOOKING_RATE: "booked",
    Metric.ESCALATION_RATE: "escalated",
    Metric.COST: "cost_usd",
    Metric.RESPONSE_TIME: "response_times_s",
}


def pieces(tx: Transaction, variant: str, versions: Sequence[int], within: Window, figures: Sequence[Metric]) -> Iterator[Piece]:
    """The conversations of `versions` that ended within the window, in no order, with these figures; any number may pass."""
    it = _CONVERSATIONS.c
    wanted = [metric for metric in _FIGURES if metric in figures]
    columns = [_text("ended_at"), *(it[name] for name in _PLAIN), *map(_text, _DOCUMENTS), *map(_figure, wanted)]
    chosen = select(*columns).where(it.variant == variant, it.ended_at >= within.start, it.ended_at < within.end)
    chosen = chosen.where(it.version.in_(sorted({*versions})))
    read = {name: _documents(tx, name) for name in (*_DOCUMENTS, "response_times_s")}
    hour = _hours(tx)
    with tx.connection().execute(chosen, execution_options={"yield_per": _ROWS}) as found:
        for rows in found.partitions(_ROWS):
            ended_at, version, broken, model, *others = zip(*rows, strict=True)
            segments, actions, errors, *known = others
            faults = _coded(list(zip(broken, errors, strict=True)), lambda pair: (bool(pair[0]), read["errors"](pair[1])))
            yield Piece(
                hours=np.array([hour(instant) for instant in ended_at], dtype=np.int64),
                versions=np.array(version, dtype=np.int64),
                figures={
                    metric: np.array([_number(metric, value, read["response_times_s"]) for value in column], dtype=float)
                    for metric, column in zip(wanted, known, strict=True)
                },
                model=_coded(model, lambda name: name),
                segments=_coded(segments, read["segments"]),
                actions=_coded(actions, read["actions"]),
                faults=faults,
            )


def newest(
    tx: Transaction, variant: str, version: int, within: Window, *, where: Metric | None = None
) -> Iterator[tuple[str, datetime, dict[str, Any]]]:
    """Conversations that ended within the window, the newest first: id, end, and figures, labels and actions by column.

    where : BOOKING_RATE for those not booked alone, ESCALATION_RATE for those escalated alone.
    """
    it = _CONVERSATIONS.c
    names = ("model", "version", "segments", "actions", "cost_usd", "response_times_s")
    chosen = select(it.id, it.ended_at, *(it[name] for name in names))
    chosen = chosen.where(it.variant == variant, it.version == version, it.ended_at >= within.start, it.ended_at < within.end)
    if where is Metric.BOOKING_RATE:
        chosen = chosen.where(it.booked.is_(False))
    if where is Metric.ESCALATION_RATE:
        chosen = chosen.where(it.escalated.is_(True))
    ordered = chosen.order_by(it.ended_at.desc(), it.id.desc())
    with tx.connection().execute(ordered, execution_options={"yield_per": _NEWEST}) as found:
        for id_, ended_at, *values in found:
            yield id_, ended_at, dict(zip(names, values, strict=True))


def _text(name: str) -> ColumnElement[Any]:
    """A column as it is written: what is the same need be read once."""
    return type_coerce(_CONVERSATIONS.c[name], Text).label(name)


def _figure(metric: Metric) -> ColumnElement[Any]:
    name = _FIGURES[metric]
    return _text(name) if metric is Metric.RESPONSE_TIME else _CONVERSATIONS.c[name]


def _reader(tx: Transaction, name: str) -> Callable[[Any], Any]:
    """What reads the column as it is kept, refusing what cannot have been written."""
    dialect = tx.connection().dialect
    read = _CONVERSATIONS.c[name].type.dialect_impl(dialect).result_processor(dialect, None)
    return read if read is not None else lambda value: value


def _documents(tx: Transaction, name: str) -> Callable[[Any], Any]:
    """The same of JSON, as fast as it can be read."""
    careful = _reader(tx, name)

    def read(text: Any) -> Any:  # noqa: ANN401 - any JSON value
        try:
            return from_json(text)
        except (TypeError, ValueError):
            return careful(text)

    return read


def _hours(tx: Transaction) -> Callable[[Any], int]:
    """The same of instants, to the hour: SQLite keeps them as text, of which thirteen characters say the hour."""
    careful = _reader(tx, "ended_at")
    known: dict[str, int] = {}

    def read(value: Any) -> int:  # noqa: ANN401 - a text or an instant
        if not isinstance(value, str):
            return epoch_hour(careful(value))
        name = value[:_TO_THE_HOUR]
        if name not in known:
            known[name] = epoch_hour(careful(value))
        return known[name]

    return read


def _number(metric: Metric, value: Any, read: Callable[[Any], Any]) -> float:  # noqa: ANN401 - a figure's column
    if metric is Metric.RESPONSE_TIME:
        times = read(value)
        return float(median(times)) if times else float("nan")
    return float("nan") if value is None else float(value)


def _coded(column: Sequence[Any], read: Callable[[Any], T]) -> Coded[T]:
    """A column by its different values, each read once."""
    place: dict[Any, int] = {}
    codes = np.array([place.setdefault(value, len(place)) for value in column], dtype=np.int64)
    return Coded([read(value) for value in place], codes)
