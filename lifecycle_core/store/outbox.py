"""The outbox: messages are written in the transaction of what they tell, and are sent by whoever claims them.

1. A message is there if, and only if, what it tells has happened; the same news is one message, however often it is written.
2. It is addressed once, to the targets that there are then. Where there are none, it is addressed to nobody, and shows so.
3. A delivery is claimed by one worker at a time; see `lifecycle_core.alerts.delivery`.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from lifecycle_core.alerts.delivery import LEASE, Claimed, Delivery, DeliveryState, Outcome, Sent, next_due
from lifecycle_core.alerts.messages import Message
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, insert_into, to_json, value
from lifecycle_core.store.tables import AlertDeliveryRow, AlertMessageRow

MOST_ADDRESSED: Final = 1000
"""So many messages are addressed at once."""
MOST_ERROR_CHARACTERS: Final = 300


def add(tx: Transaction, act: Provenance, message: Message) -> None:
    """Write a message; one of its id that is there already stays as it is."""
    told = {"id": message.id, "variant": message.variant, "kind": message.kind.value}
    made = insert_into(tx, AlertMessageRow).values(**told, document=to_json(message), written_at=act.at)
    tx.execute(made.on_conflict_do_nothing(index_elements=["id"]))


def address(tx: Transaction, targets: Collection[str], at: datetime) -> int:
    """Make a delivery to each target of each message that has none yet: -> how many messages. Two at once share the work."""
    new = select(AlertMessageRow).where(col(AlertMessageRow.addressed_at).is_(None)).order_by(col(AlertMessageRow.number))
    found = tx.exec(new.limit(MOST_ADDRESSED).with_for_update(skip_locked=True)).all()
    for it in found:
        it.addressed_at, it.targets = at, len(targets)
        tx.add_all(
            AlertDeliveryRow(
                message=it.number or 0, target=target, variant=it.variant, state=DeliveryState.PENDING, attempts=0, due_at=at, error=None
            )
            for target in sorted(targets)
        )
    tx.flush()
    return len(found)


def claim(tx: Transaction, targets: Collection[str], at: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` deliveries that are due, the oldest first, for `LEASE`; what another worker takes at this moment is left to it."""
    it, older = AlertDeliveryRow, aliased(AlertDeliveryRow)
    held_up = exists().where(
        col(older.target) == it.target,
        col(older.variant) == it.variant,
        col(older.message) < it.message,
        col(older.state) == DeliveryState.PENDING,
    )
    free = col(it.claimed_until).is_(None) | (col(it.claimed_until) <= at)
    due = select(it).where(_pending(), it.due_at <= at, free, col(it.target).in_(targets), ~held_up)
    rows = tx.exec(due.order_by(col(it.message)).limit(limit).with_for_update(skip_locked=True)).all()
    for row in rows:
        row.claimed_until, row.attempts = at + LEASE, row.attempts + 1
    tx.flush()
    texts = _messages(tx, [row.message for row in rows])
    return [Claimed(value(Delivery, row), texts[row.message]) for row in rows]


def settle(tx: Transaction, delivery: Delivery, outcome: Outcome, at: datetime) -> DeliveryState:
    """Keep what an attempt came to: -> where the delivery stands. A claim that another worker has taken over by now changes nothing."""
    it = tx.get(AlertDeliveryRow, (delivery.message, delivery.target), with_for_update=True)
    if it is None or it.state != DeliveryState.PENDING or it.attempts != delivery.attempts:
        return DeliveryState(it.state) if it is not None else DeliveryState.DEAD
    it.claimed_until = None
    if outcome.error is None:
        it.state, it.delivered_at, it.error = DeliveryState.DELIVERED, at, None
        if it.attempts > 1:
            _due_now(tx, it.target, at)
    else:
        it.error = outcome.error[:MOST_ERROR_CHARACTERS]
        again = next_due(it.attempts, outcome, at)
        if again is None:
            it.state = DeliveryState.DEAD
        else:
            it.due_at = again
    tx.flush()
    return DeliveryState(it.state)


def _due_now(tx: Transaction, target: str, at: datetime) -> None:
    """Let what waits for a target that is back be due at once; what another worker holds is left to it."""
    it = AlertDeliveryRow
    later = select(it).where(_pending(), it.target == target, it.due_at > at, col(it.claimed_until).is_(None))
    for row in tx.exec(later.with_for_update(skip_locked=True)):
        row.due_at = at


def revive(tx: Transaction, at: datetime, message_id: str | None = None) -> int:
    """Let dead deliveries be tried anew, of one message or of all: -> how many."""
    chosen = update(AlertDeliveryRow).where(col(AlertDeliveryRow.state) == DeliveryState.DEAD)
    if message_id is not None:
        chosen = chosen.where(col(AlertDeliveryRow.message).in_(select(AlertMessageRow.number).where(AlertMessageRow.id == message_id)))
    return int(tx.connection().execute(chosen.values(state=DeliveryState.PENDING, attempts=0, due_at=at, claimed_until=None)).rowcount)


def waiting(tx: Transaction) -> bool:
    """Whether a message is to be addressed or a delivery is pending; cheap to ask, for it is asked every few seconds."""
    new = select(AlertMessageRow.number).where(col(AlertMessageRow.addressed_at).is_(None))
    return (
        tx.exec(new.limit(1)).first() is not None
        or tx.exec(select(AlertDeliveryRow.message).where(_pending()).limit(1)).first() is not None
    )


def by_state(tx: Transaction) -> dict[DeliveryState, int]:
    """How many deliveries stand where."""
    counted = tx.exec(select(AlertDeliveryRow.state, func.count()).group_by(AlertDeliveryRow.state)).all()
    return {**dict.fromkeys(DeliveryState, 0), **{DeliveryState(state): n for state, n in counted}}


def get(tx: Transaction, message_id: str) -> Sent | None:
    """One message with its deliveries; None where there is no such one."""
    return next(iter(_sent(tx, tx.exec(select(AlertMessageRow).where(AlertMessageRow.id == message_id)).all())), None)


def newest(tx: Transaction, variant: str | None, limit: int, before: int | None = None) -> list[Sent]:
    """The newest messages, of `variant` or of all, newest first; those under the number `before` where it is given."""
    chosen = select(AlertMessageRow)
    if variant is not None:
        chosen = chosen.where(AlertMessageRow.variant == variant)
    if before is not None:
        chosen = chosen.where(col(AlertMessageRow.number) < before)
    return list(_sent(tx, tx.exec(chosen.order_by(col(AlertMessageRow.number).desc()).limit(limit)).all()))


def between(tx: Transaction, after: datetime, until: datetime) -> list[Sent]:
    """The messages that were written in `(after, until]`, newest first."""
    chosen = select(AlertMessageRow).where(col(AlertMessageRow.written_at) > after, col(AlertMessageRow.written_at) <= until)
    return list(_sent(tx, tx.exec(chosen.order_by(col(AlertMessageRow.number).desc())).all()))


def _pending() -> ColumnElement[bool]:
    return col(AlertDeliveryRow.state) == DeliveryState.PENDING


def _messages(tx: Transaction, numbers: Collection[int]) -> dict[int, Message]:
    found = tx.exec(select(AlertMessageRow).where(col(AlertMessageRow.number).in_(numbers)))
    return {it.number or 0: from_json(Message, it.document) for it in found}


def _sent(tx: Transaction, rows: Sequence[AlertMessageRow]) -> Iterator[Sent]:
    ways: dict[int, list[Delivery]] = {}
    chosen = select(AlertDeliveryRow).where(col(AlertDeliveryRow.message).in_([it.number for it in rows]))
    for way in tx.exec(chosen.order_by(AlertDeliveryRow.target)):
        ways.setdefault(way.message, []).append(value(Delivery, way))
    for it in rows:
        number = it.number or 0
        yield Sent(number, from_json(Message, it.document), it.written_at, it.addressed_at, tuple(ways.get(number, ())))
