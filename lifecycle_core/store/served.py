"""The conversations of one version: what a retraining learns from and is tested on."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, select

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.store.conversations import FIELDS, conversation
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import TABLES

_CONVERSATIONS: Final = TABLES["conversations"]
_CHUNK: Final = 500


def newest(tx: Transaction, variant: str, version: int, span: Window, limit: int) -> list[Conversation]:
    """The newest `limit` conversations that a version held, that ended within `span` and were known by its end, oldest first."""
    it = _CONVERSATIONS.c
    chosen = select(*(it[name] for name in FIELDS)).where(*_within(variant, version, span), it.received_at <= span.end)
    rows = tx.connection().execute(chosen.order_by(it.ended_at.desc(), it.id.desc()).limit(limit)).mappings()
    return [conversation(row) for row in rows][::-1]


def goals(tx: Transaction, variant: str, version: int, span: Window) -> list[tuple[str, str]]:
    """(id, goal) of each conversation of a version that ended within `span` and whose goal was recorded, in their order."""
    it = _CONVERSATIONS.c
    chosen = select(it.id, it.goal).where(*_within(variant, version, span), it.goal != "").order_by(it.ended_at, it.id)
    return [(row.id, row.goal) for row in tx.connection().execute(chosen)]


def of_ids(tx: Transaction, variant: str, ids: Sequence[str]) -> list[Conversation]:
    """The conversations of `variant` with these ids, in the order in which they ended."""
    it, found = _CONVERSATIONS.c, []
    for start in range(0, len(ids), _CHUNK):
        chosen = select(*(it[name] for name in FIELDS)).where(it.variant == variant, it.id.in_(ids[start : start + _CHUNK]))
        found += [conversation(row) for row in tx.connection().execute(chosen).mappings()]
    return sorted(found, key=lambda one: (one.ended_at, one.id))


def _within(variant: str, version: int, span: Window) -> tuple[ColumnElement[bool], ...]:
    it = _CONVERSATIONS.c
    return (it.variant == variant, it.version == version, it.ended_at >= span.start, it.ended_at < span.end)
