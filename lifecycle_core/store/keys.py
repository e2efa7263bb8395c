"""Keys to the API: made, used, revoked, never deleted."""

from datetime import datetime, timedelta
from typing import Final

from sqlmodel import col, func, select

from lifecycle_core.access import Key, Secret
from lifecycle_core.errors import InvalidInputError, UnknownKeyError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, value
from lifecycle_core.store.tables import KeyRow

NOTED_EVERY: Final = timedelta(minutes=1)
"""How exactly the last use of a key is kept."""


def add(tx: Transaction, key: Key, secret: Secret) -> Key:
    """Keep a new key; raises InvalidInputError for a name that another one has."""
    other = tx.exec(select(KeyRow).where(KeyRow.name == key.name)).first()
    if other is not None:
        message = f"key {other.id} has the name {key.name!r} already, and the audit log tells keys by their names; choose another"
        raise InvalidInputError(message, field="name")
    it = row(KeyRow, key, roles=list(key.roles), secret_hash=secret.hash)
    tx.add(it)
    tx.flush()
    return value(Key, it)


def get(tx: Transaction, name: str) -> Key:
    """The key of that name or id; raises UnknownKeyError."""
    return value(Key, _row(tx, name))


def revoke(tx: Transaction, act: Provenance, name: str) -> Key:
    """Let the key of that name or id be good no more; one that was revoked stays as it is. Raises UnknownKeyError."""
    it = _row(tx, name)
    if it.revoked_at is None:
        it.revoked_at, it.revoked_by = act.at, act.by
        tx.flush()
    return value(Key, it)


def newest(tx: Transaction) -> list[Key]:
    """Every key, the newest first."""
    return [value(Key, it) for it in tx.exec(select(KeyRow).order_by(col(KeyRow.created_at).desc(), KeyRow.id))]


def matching(tx: Transaction, secret: Secret) -> Key | None:
    """The key that `secret` is, whether it is good or not; None where there is none."""
    it = tx.get(KeyRow, secret.id)
    return value(Key, it) if it is not None and secret.matches(it.secret_hash) else None


def any_made(tx: Transaction) -> bool:
    """Whether there ever was a key."""
    return bool(tx.exec(select(func.count()).select_from(KeyRow)).one())


def used(tx: Transaction, key_id: str, at: datetime) -> None:
    """Note that the key is in use."""
    it = tx.get(KeyRow, key_id)
    if it is not None and (it.last_used_at is None or it.last_used_at + NOTED_EVERY <= at):
        it.last_used_at = at


def _row(tx: Transaction, name: str) -> KeyRow:
    it = tx.exec(select(KeyRow).where((KeyRow.name == name) | (KeyRow.id == name))).first()
    if it is None:
        message = f"no key is called {name[:100]!r}; lifecycle keys list names them all"
        raise UnknownKeyError(message, field="name")
    return it
