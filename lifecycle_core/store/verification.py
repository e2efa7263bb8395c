"""What must hold between the tables, looked at row by row; each difference is a sentence."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.errors import DatabaseUnavailableError
from lifecycle_core.rollups import FAMILIES, SCALARS, RollupKey, scalar
from lifecycle_core.store import conversations, damage, hourly, retention, variants
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import ActivationRow, VersionRow
from lifecycle_core.traffic.retention import Kept
from lifecycle_core.versions.stack import Stack
from lifecycle_core.versions.version import Tag, content_hash

RELATIVE_TOLERANCE: Final = 1e-9
"""Sums in another order differ in the last digits."""

Sums = Mapping[RollupKey, NDArray[np.float64]]


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
    kept_since = retention.kept_since(tx, Kept.CONVERSATIONS)
    for variant in variants.names(tx):
        try:
            kept, recounted = hourly.kept(tx.connection(), variant), conversations.recount(tx, variant)
        except (DatabaseUnavailableError, ValueError, IndexError) as error:
            problems.append(f"the conversations or rollups of {variant!r} are damaged and cannot be counted: {str(error).splitlines()[0]}")
            continue
        if kept_since is not None:  # of what was let go only the sums are left
            kept = {key: sums for key, sums in kept.items() if key.hour >= kept_since}
            recounted = {key: sums for key, sums in recounted.items() if key.hour >= kept_since}
        checked += len(kept)
        counted += round(sum(sums[scalar("conversations")] for sums in recounted.values()))
        problems += _differences(kept, recounted)
    return CheckedRollups(checked, counted, tuple(problems))


def versions(tx: Transaction) -> Iterator[str]:
    """Hold each version against its content's hash, and what is active, with the tags that go with it, against the trail of activations."""
    trails: dict[str, list[ActivationRow]] = {}
    for change, _ in damage.readable(tx, ActivationRow):
        trails.setdefault(change.variant_name, []).append(change)
    registered: dict[str, list[VersionRow]] = {}
    for row, _ in damage.readable(tx, VersionRow):
        registered.setdefault(row.variant_name, []).append(row)
    for variant in sorted({*trails, *registered}):
        rows, trail = registered.get(variant, []), trails.get(variant, [])
        for row in rows:
            if not _whole(row):
                yield f"version {row.version} of {variant!r} is not what was registered: its content has another hash"
            made = max((it.revision for it in trail if it.version == row.version), default=None)
            if row.revision != made:
                yield f"version {row.version} of {variant!r} has revision {row.revision}; the last activation of it has {made}"
        problems, stack = _replay(trail)
        yield from problems
        now = trail[-1].version if trail else None
        active = [row.version for row in rows if row.is_active]
        if active != _list(now):
            yield f"variant {variant!r} has active versions {active}; its last activation made it version {now}"
        carrying = _carrying(rows, Tag.PRODUCTION)
        if carrying != active:
            yield f"variant {variant!r} has the tag production on versions {carrying}; active are {active}"
        carrying = _carrying(rows, Tag.ROLLBACK)
        if carrying != _list(stack.below):
            yield f"variant {variant!r} has the tag rollback on versions {carrying}; a rollback would bring {_list(stack.below)}"


def _replay(trail: Sequence[ActivationRow]) -> tuple[list[str], Stack]:
    """Go through a variant's activations again, the oldest first: what in them does not follow, and the stack that they make."""
    problems: list[str] = []
    pushed: list[ActivationRow] = []
    popped: set[int | None] = set()
    active, rollbacks = None, 0
    for revision, row in enumerate(trail, start=1):
        name = f"activation {row.id} of {row.variant_name!r}"
        if row.revision != revision:
            problems.append(f"{name} has revision {row.revision}; it is the {revision}. of its variant")
        if row.previous_version != active:
            problems.append(f"{name} says that version {row.previous_version} was active before; it was {active}")
        active = row.version
        if row.kind == "activate":
            pushed.append(row)
            rollbacks = 0
            continue
        below = _stack(pushed, rollbacks).below
        if active != below:
            problems.append(f"{name} went back to version {active}; a rollback would have brought {below}")
        if pushed:
            popped.add(pushed.pop().id)
        rollbacks += 1
    for row in trail:
        if row.popped != (row.id in popped):
            said, true = ("taken back", "was not") if row.popped else ("not taken back", "was")
            problems.append(f"activation {row.id} of {row.variant_name!r} says that it is {said}; it {true}")
    return problems, _stack(pushed, rollbacks)


def _stack(pushed: Sequence[ActivationRow], rollbacks: int) -> Stack:
    return Stack([row.version for row in reversed(pushed)], rollbacks)


def _whole(row: VersionRow) -> bool:
    try:
        return row.content_hash == content_hash(row.system_prompt, row.model, row.parameters, row.tools)
    except (TypeError, ValueError):  # a document of another shape, or a text that no encoding has
        return False


def _carrying(rows: Sequence[VersionRow], tag: Tag) -> list[int]:
    return [row.version for row in rows if isinstance(row.tags, dict) and tag in row.tags]


def _list(version: int | None) -> list[int]:
    return [] if version is None else [version]


def _differences(kept: hourly.Kept, recounted: Sums) -> Iterator[str]:
    for key in sorted({*kept, *recounted}):
        if key not in kept:
            yield f"{_name(key)} is missing; its conversations make one"
        elif key not in recounted:
            yield f"{_name(key)} has no conversations"
        else:
            packed, plain = kept[key]
            yield from _differing(key, "packs", packed, recounted[key])
            yield from _differing(key, "says", plain, recounted[key][: len(SCALARS)])


def _differing(key: RollupKey, does: str, kept: NDArray[np.float64], recounted: NDArray[np.float64]) -> Iterator[str]:
    near = np.abs(kept - recounted) <= RELATIVE_TOLERANCE * np.abs(recounted) + _noise(recounted)  # what is no number is near to nothing
    if near.all():
        return
    places = np.flatnonzero(~near)
    for part, n in Counter(_part(int(place)) for place in places).items():
        place = next(int(it) for it in places if _part(int(it)) == part)
        yield f"{_name(key)} {does} {part} {kept[place]:g}; its conversations make {recounted[place]:g}{_others(n)}"


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
