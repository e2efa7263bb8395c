"""What must hold between the tables, looked at row by row; each difference is a sentence."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlmodel import col, select

from lifecycle_core.rollups import FAMILIES, SCALARS, RollupKey, scalar
from lifecycle_core.store import conversations, variants
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import ActivationRow, VersionRow
from lifecycle_core.versions.version import Tag

RELATIVE_TOLERANCE: Final = 1e-9
"""Sums in another order differ in the last digits."""

Sums = dict[RollupKey, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class CheckedRollups:
    """How many rollups were counted anew from how many conversations, and which differ."""

    checked: int
    conversations: int
    problems: tuple[str, ...]


def rollups(tx: Transaction) -> CheckedRollups:
    """Hold every rollup against its conversations."""
    checked = counted = 0
    problems: list[str] = []
    for variant in variants.names(tx):
        kept, recounted = conversations.rollups(tx, variant), conversations.recount(tx, variant)
        checked += len(kept)
        counted += round(sum(sums[scalar("conversations")] for sums in recounted.values()))
        problems += _differences(kept, recounted)
    return CheckedRollups(checked, counted, tuple(problems))


def activations(tx: Transaction) -> Iterator[str]:
    """Hold the active versions against the trail of their activations, and the tag that goes with them."""
    trail = tx.exec(select(ActivationRow).order_by(ActivationRow.variant_name, col(ActivationRow.id))).all()
    now: dict[str, int] = {}
    for row in trail:
        before = now.get(row.variant_name)
        if row.previous_version != before:
            yield f"activation {row.id} of {row.variant_name!r} says that version {row.previous_version} was active before; it was {before}"
        now[row.variant_name] = row.version
    for variant, group in groupby(tx.exec(select(VersionRow).order_by(VersionRow.variant_name)), key=lambda row: row.variant_name):
        rows = list(group)
        active = [row.version for row in rows if row.is_active]
        if active != ([now[variant]] if variant in now else []):
            yield f"variant {variant!r} has active versions {active}; its last activation made it version {now.get(variant)}"
        carrying = [row.version for row in rows if Tag.PRODUCTION in row.tags]
        if carrying != active:
            yield f"variant {variant!r} has the tag production on versions {carrying}; active are {active}"


def damage(tx: Transaction) -> Iterator[str]:
    """What SQLite says of its own file; PostgreSQL looks after its pages by itself."""
    connection = tx.connection()
    if connection.dialect.name == "sqlite":
        for (found,) in connection.exec_driver_sql("PRAGMA integrity_check(10)"):
            if found != "ok":
                yield f"the database file is damaged: {found}"


def _differences(kept: Sums, recounted: Sums) -> Iterator[str]:
    for key in sorted({*kept, *recounted}):
        if key not in kept:
            yield f"{_name(key)} is missing; its conversations make one"
        elif key not in recounted:
            yield f"{_name(key)} has no conversations"
        else:
            places = np.flatnonzero(~np.isclose(kept[key], recounted[key], rtol=RELATIVE_TOLERANCE, atol=_noise(recounted[key])))
            for part, n in Counter(_part(int(place)) for place in places).items():
                place = next(int(it) for it in places if _part(int(it)) == part)
                yield f"{_name(key)} says {part} {kept[key][place]:g}; its conversations make {recounted[key][place]:g}{_others(n)}"


def _noise(sums: NDArray[np.float64]) -> float:
    """What the last digits of sums that cancel, as logarithms do, may come to."""
    return 1e-13 * float(np.abs(sums[: len(SCALARS)]).max(initial=1.0))


def _name(key: RollupKey) -> str:
    faults = ", broken by a provider" if key.provider_fault else ""
    return f"rollup of {key.variant!r} version {key.version} at {key.hour:%Y-%m-%dT%H:%MZ}{faults}"


def _part(place: int) -> str:
    if place < len(SCALARS):
        return SCALARS[place]
    return next(name for name, family in FAMILIES.items() if family.start <= place < family.stop)


def _others(n: int) -> str:
    return f", and {n - 1} more of that part" if n > 1 else ""
