"""Leases: work that one process does at a time, on whichever machine, and that another may do once its time is over."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col, select

from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import insert_into
from lifecycle_core.store.tables import TABLES, LeaseRow


def take(tx: Transaction, name: str, holder: str, at: datetime, lasts: timedelta) -> bool:
    """Take a lease that is free, over, or this holder's already: -> whether it has it now."""
    made = insert_into(tx, LeaseRow).values(name=name, holder=holder, until=at + lasts)
    free = (col(LeaseRow.until) <= at) | (col(LeaseRow.holder) == holder)
    taken = made.on_conflict_do_update(index_elements=["name"], set_={"holder": holder, "until": at + lasts}, where=free)
    return tx.connection().execute(taken.returning(col(LeaseRow.holder))).first() is not None


def release(tx: Transaction, name: str, holder: str) -> None:
    """Let it go; one that is another's by now stays."""
    tx.execute(delete(LeaseRow).where(col(LeaseRow.name) == name, col(LeaseRow.holder) == holder))


def any_before(tx: Transaction, at: datetime) -> bool:
    """Whether a lease ran out before then."""
    return tx.exec(select(LeaseRow.name).where(LeaseRow.until < at).limit(1)).first() is not None


def sweep(tx: Transaction, at: datetime) -> int:
    """Let go of those that ran out before then: -> how many."""
    return int(tx.connection().execute(delete(TABLES["leases"]).where(col(LeaseRow.until) < at)).rowcount)


def holder_of(tx: Transaction, name: str, at: datetime) -> str | None:
    """Who has it; None where nobody does."""
    return tx.exec(select(LeaseRow.holder).where(LeaseRow.name == name, LeaseRow.until > at)).first()
