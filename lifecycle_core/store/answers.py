"""What was answered under an idempotency key, kept in the transaction of the change itself: both are there, or neither.

1. A key is its caller's own: another caller may use the same one.
2. The same key with the same request answers what was answered, and changes nothing; with another request it is refused.
3. Requests with one key wait for each other, so that only the first of them makes the change; they wait as long as any writer does.
4. A refusal is not kept: nothing was changed, and the request may come again.
5. A key is kept for `KEPT`; each change that has a key deletes those that are older.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from pydantic_core import to_json as json_bytes
from sqlalchemy import delete, tuple_
from sqlmodel import col, func, select

from lifecycle_core.errors import IdempotencyKeyReusedError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import AnswerRow

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KEPT: Final = timedelta(hours=24)

V = TypeVar("V", bound="DataclassInstance")


def once(tx: Transaction, act: Provenance, request: object, kind: type[V], change: Callable[[], V]) -> V:
    """What `change` answers; where the key of `act` has an answer to this `request` already, that one, and nothing is changed.

    request : what is asked and all that it is asked with, as plain values or dataclasses; kind : of the answer.
    Without a key every request is a new one. Raises IdempotencyKeyReusedError.
    """
    key = act.idempotency_key
    if key is None:
        return change()
    lock(tx, act.by, key)
    oldest = act.at - KEPT
    _forget(tx, oldest)
    fingerprint = hashlib.sha256(json_bytes(request)).hexdigest()
    ours = select(AnswerRow).where(AnswerRow.by == act.by, AnswerRow.key == key, AnswerRow.kept_at > oldest)
    kept = tx.exec(ours).first()
    if kept is None:
        answer = change()
        tx.add(AnswerRow(by=act.by, key=key, fingerprint=fingerprint, answer=to_json(answer), kept_at=act.at))
        return answer
    if kept.fingerprint != fingerprint:
        message = f"Idempotency-Key {key!r} was used for another request at {kept.kept_at:%Y-%m-%dT%H:%M:%SZ}; give each its own"
        raise IdempotencyKeyReusedError(message, field="Idempotency-Key")
    return from_json(kind, kept.answer)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """The answer of a key that only stands for its request."""


def claim(tx: Transaction, act: Provenance, request: object) -> bool:
    """Let the key of `act` stand for this `request`, whose change finds by itself that it was made: -> whether it stood for none yet.

    Raises IdempotencyKeyReusedError.
    """
    made = _Claimed()
    return once(tx, act, request, _Claimed, lambda: made) is made


def lock(tx: Transaction, by: str, key: str) -> None:
    """Keep others with this key waiting to the end of `tx`; SQLite has one writer anyway."""
    if tx.get_bind().dialect.name == "postgresql":
        digest = hashlib.sha256(json_bytes(["idempotency", by, key])).digest()
        tx.execute(select(func.pg_advisory_xact_lock(int.from_bytes(digest[:8], signed=True))))


def _forget(tx: Transaction, oldest: datetime) -> None:
    """Delete what was kept up to `oldest`; what another writer deletes at this moment is left to it."""
    names = (col(AnswerRow.by), col(AnswerRow.key))
    old = select(*names).where(AnswerRow.kept_at <= oldest).with_for_update(skip_locked=True)
    tx.execute(delete(AnswerRow).where(tuple_(*names).in_(old)).execution_options(synchronize_session=False))
