"""The variants that are known, and the row that writers of one variant lock."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists
from sqlmodel import col, select

from lifecycle_core.errors import UnknownVariantError
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import insert_into
from lifecycle_core.store.tables import TABLES, VariantRow

_VARIANTS, _POLICIES, _ACTIVATIONS, _EPISODES = (TABLES[it] for it in ("variants", "policies", "activations", "drift_detections"))
_STANDING: Final = (
    select(
        _POLICIES.c.policy,
        exists().where(_ACTIVATIONS.c.variant_name == _VARIANTS.c.name).label("activated"),
        exists().where(_EPISODES.c.variant == _VARIANTS.c.name).label("drifted"),
    )
    .select_from(_VARIANTS.outerjoin(_POLICIES, _POLICIES.c.variant == _VARIANTS.c.name))
    .where(_VARIANTS.c.name == bindparam("of_variant"))
)


def enter(tx: Transaction, name: str, at: datetime) -> None:
    """See to it that the variant exists, and lock it."""
    if not _locked(tx, name):
        tx.execute(insert_into(tx, VariantRow).values(name=name, created_at=at).on_conflict_do_nothing())
        lock(tx, name)


def lock(tx: Transaction, name: str) -> None:
    """Keep other writers of the variant waiting to the end of `tx`; raises UnknownVariantError."""
    if not _locked(tx, name):
        raise unknown(tx, name)


def lock_all(tx: Transaction, chosen: Collection[str]) -> None:
    """Lock many variants, in the order of their names, so that two who do so do not wait for each other; SQLite has one writer anyway."""
    if tx.get_bind().dialect.name == "postgresql":
        tx.exec(select(VariantRow.name).where(col(VariantRow.name).in_(chosen)).order_by(VariantRow.name).with_for_update()).all()


def serialize(tx: Transaction, name: str) -> None:
    """As `lock`, where it is somebody else's to find out that there is no such variant: SQLite, which has one writer, is not asked."""
    if tx.get_bind().dialect.name == "postgresql":
        lock(tx, name)


def _locked(tx: Transaction, name: str) -> bool:
    return tx.exec(select(VariantRow.name).where(VariantRow.name == name).with_for_update()).first() is not None


def expect(tx: Transaction, name: str) -> None:
    """Raise UnknownVariantError unless the variant exists."""
    if tx.exec(select(VariantRow.name).where(VariantRow.name == name)).first() is None:
        raise unknown(tx, name)


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a variant besides its traffic: a policy of its own, None where it has none; activations; drift episodes."""

    policy: dict[str, Any] | None
    activated: bool
    drifted: bool


def standing(tx: Transaction, name: str) -> Standing:
    """What there is of the variant, by one query. Raises UnknownVariantError."""
    row = tx.connection().execute(_STANDING, {"of_variant": name}).first()
    if row is None:
        raise unknown(tx, name)
    return Standing(row.policy, bool(row.activated), bool(row.drifted))


def names(tx: Transaction) -> list[str]:
    """The names of all variants, in order."""
    return list(tx.exec(select(VariantRow.name).order_by(col(VariantRow.name))))


def unknown(tx: Transaction, name: str) -> UnknownVariantError:
    """The refusal of a variant that no conversation and no version names, with the nearest name that is known."""
    from difflib import get_close_matches

    known = names(tx)
    nearest = get_close_matches(name, known, n=1)
    if nearest:
        remedy = f"did you mean {nearest[0]!r}?"
    elif known:
        remedy = f"known are {', '.join(map(repr, known[:5]))}{' and others' if len(known) > 5 else ''}"  # noqa: PLR2004 - a line holds five
    else:
        remedy = "ingest its conversations or register a version first"
    return UnknownVariantError(f"no variant is called {name[:200]!r}; {remedy}", field="variant")
