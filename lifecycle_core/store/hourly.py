"""The table of hourly rollups: it grows with the conversations, and a check reads it whole.

1. A row keeps its vector packed, which is what the program reads.
2. Its plain sums stand beside it in columns of their own, for people's SQL and for totals.
3. The key begins with the variant and the hour, so that the hours of a check lie together.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Select,
    String,
    bindparam,
    cast,
    func,
    insert,
    select,
    type_coerce,
    update,
)

from lifecycle_core.errors import DamagedDatabaseError
from lifecycle_core.rollup_tables import Entries, VariantRollups
from lifecycle_core.rollups import SCALARS, WIDTH, RollupKey
from lifecycle_core.store.packing import pack, unpack
from lifecycle_core.store.tables import TABLES

KEY: Final = ("variant", "hour", "version", "provider_fault")

Kept = dict[RollupKey, tuple[NDArray[np.float64], NDArray[np.float64]]]
"""Of each rollup the (WIDTH,) vector that is packed, and the plain sums of its columns."""

_ROLLUPS: Final = TABLES["hourly_rollups"]
_VARIANTS: Final = TABLES["variants"]
_IN_ORDER: Final = tuple(_ROLLUPS.c[name] for name in KEY[1:])
_OF_HOURS: Final = select(*_IN_ORDER, _ROLLUPS.c.sums).where(
    _ROLLUPS.c.variant == bindparam("variant"), _ROLLUPS.c.hour.in_(bindparam("hours", expanding=True))
)
_ADDED: Final = insert(_ROLLUPS)
_GROWN: Final = update(_ROLLUPS).where(*(_ROLLUPS.c[name] == bindparam(f"of_{name}") for name in KEY))
_CHUNK: Final = 500
"""How many hours one query names."""
_PIECE: Final = 2000
"""How many rows are read at once where all are read."""


def grow(connection: Connection, variant: str, fresh: Mapping[RollupKey, NDArray[np.float64]]) -> None:
    """Add sums to the rollups of a variant; those that are not there yet begin with them."""
    hours = sorted({key.hour for key in fresh})
    sums = np.array(list(fresh.values()))
    place = {key: row for row, key in enumerate(fresh)}
    there: set[RollupKey] = set()
    for start in range(0, len(hours), _CHUNK):
        asked = {"variant": variant, "hours": hours[start : start + _CHUNK]}
        known = [(key, packed) for *names, packed in connection.execute(_OF_HOURS, asked) if (key := _key(variant, names)) in place]
        found = _unpacked(variant, [packed for _, packed in known])
        sums[np.array([place[key] for key, _ in known], dtype=np.intp)[found.row], found.place] += found.value
        there |= {key for key, _ in known}
    rows = [
        {**_names(key), **dict(zip(SCALARS, plain, strict=True)), "sums": packed}
        for key, plain, packed in zip(fresh, sums[:, : len(SCALARS)].tolist(), pack(sums), strict=True)
    ]
    if added := [row for key, row in zip(fresh, rows, strict=True) if key not in there]:
        connection.execute(_ADDED, added)
    if grown := [
        {f"of_{name}" if name in KEY else name: it for name, it in row.items()}
        for key, row in zip(fresh, rows, strict=True)
        if key in there
    ]:
        connection.execute(_GROWN, grown)


def kept(connection: Connection, variant: str) -> Kept:
    """Every rollup of a variant as it is kept."""
    chosen = select(*_IN_ORDER, *(_ROLLUPS.c[name] for name in SCALARS), _ROLLUPS.c.sums)
    rows = connection.execute(chosen.where(_ROLLUPS.c.variant == variant)).all()
    sums = np.zeros((len(rows), WIDTH))
    found = _unpacked(variant, [row[-1] for row in rows])
    sums[found.row, found.place] = found.value
    return {_key(variant, row[:3]): (packed, np.array(row[3:-1], dtype=float)) for row, packed in zip(rows, sums, strict=True)}


def of_variant(connection: Connection, variant: str, start_hour: datetime, end_hour: datetime, actions: tuple[str, ...]) -> VariantRollups:
    """The rollups of a variant for the hours of `[start_hour, end_hour)`."""
    asked = {"of_variant": variant, "start_hour": start_hour, "end_hour": end_hour}
    with connection.execute(_of_variant(connection.dialect.name), asked) as result:
        return _table(variant, actions, list(chain.from_iterable(_raw(result))))


def of_variants(
    connection: Connection,
    names: Sequence[str] | None,
    start_hour: datetime,
    end_hour: datetime,
    actions_of: Callable[[str], tuple[str, ...]],
) -> Iterator[VariantRollups]:
    """The same of many variants, or of all, one after the other, of one query; a variant without traffic is left out."""
    name = _VARIANTS.c.name
    chosen = _bare(connection.dialect.name, name).select_from(_VARIANTS.join(_ROLLUPS, _ROLLUPS.c.variant == name))
    chosen = chosen.order_by(name, *_IN_ORDER)
    if names is not None:
        chosen = chosen.where(name.in_(names))
    asked = {"start_hour": start_hour, "end_hour": end_hour}
    plain = connection.dialect.name == "sqlite"  # psycopg has to be asked not to read everything at once, SQLite reads as it goes
    with connection.execute(chosen, asked, execution_options={} if plain else {"yield_per": _PIECE}) as result:
        pieces = _raw(result) if plain else result.partitions()
        for variant, rows in groupby(chain.from_iterable(pieces), itemgetter(4)):
            yield _table(variant, actions_of(variant), list(rows))


@cache
def _of_variant(dialect: str) -> Select[Any]:
    return _bare(dialect).where(_ROLLUPS.c.variant == bindparam("of_variant")).order_by(*_IN_ORDER)


def _bare(dialect: str, *more: ColumnElement[Any]) -> Select[Any]:
    """Version, hour, kind and packed sums as numpy reads them at once: no value is made an object that it need not be."""
    hour = _ROLLUPS.c.hour
    told: ColumnElement[Any] = type_coerce(hour, String)
    if dialect == "postgresql":
        told = cast(func.floor(func.extract("epoch", hour) / 3600), BigInteger)
    chosen = select(_ROLLUPS.c.version, told, _ROLLUPS.c.provider_fault, _ROLLUPS.c.sums, *more)
    return chosen.where(hour >= bindparam("start_hour"), hour < bindparam("end_hour"))


def _raw(result: CursorResult[Any]) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows as the driver gives them, some at a time; of a result that SQLAlchemy reads nothing of in advance."""
    cursor = result.cursor
    while cursor is not None and (rows := cursor.fetchmany(_PIECE)):
        yield rows


def _table(variant: str, actions: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> VariantRollups:
    versions, told, faults, packed = list(zip(*rows, strict=True))[:4] if rows else ((),) * 4
    try:
        hours = np.array(told, dtype="datetime64[h]")
        numbers = np.array(versions, dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise _damaged(variant, str(error)) from error
    if np.isnat(hours).any():
        raise _damaged(variant, "an hour is missing")
    return VariantRollups(variant, actions, numbers, hours.astype(np.int64), np.array(faults, dtype=np.bool_), _unpacked(variant, packed))


def _unpacked(variant: str, packed: Sequence[bytes]) -> Entries:
    try:
        return unpack(packed)
    except (TypeError, ValueError) as error:
        raise _damaged(variant, str(error)) from error


def _damaged(variant: str, what: str) -> DamagedDatabaseError:
    message = f"the database is damaged where it keeps the rollups of {variant!r}: {what}; put a backup in its place"
    return DamagedDatabaseError(message)


def _key(variant: str, names: Sequence[Any]) -> RollupKey:
    hour, version, provider_fault = names
    return RollupKey(variant, version, hour, provider_fault)


def _names(key: RollupKey) -> dict[str, Any]:
    return {name: getattr(key, name) for name in KEY}
