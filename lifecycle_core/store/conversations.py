"""Conversations and their hourly sums: written in one transaction, so that they never disagree."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, String, bindparam, func, insert, select, true
from sqlalchemy.dialects import postgresql

from lifecycle_core.conversations import Conversation
from lifecycle_core.rollup_tables import RollupTable, VariantRollups
from lifecycle_core.rollups import NAMED_ACTIONS, OTHER_ACTIONS, RollupKey, summarize, summarize_arrivals
from lifecycle_core.store import appending, hourly, retention, variants
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.tables import TABLES
from lifecycle_core.traffic.retention import Kept
from lifecycle_core.versions.version import Performance

_CHUNK: Final = 500
"""How many keys one query names."""
_STREAM: Final = 2000
"""How many rows are read at once where all are read."""
FIELDS: Final = tuple(field.name for field in fields(Conversation))
"""The columns that are the conversation's own."""
_LISTS: Final = ("response_times_s", "actions", "errors", "messages")
_SILENT: Final[dict[str, Any]] = {**retention.SILENT, "messages": ()}
_COUNTED: Final = tuple(name for name in FIELDS if name not in {"started_at", "messages", "customer_id", "goal", "model", "segments"})
"""What rollups are made of, and what names a conversation."""

_CONVERSATIONS, _ROLLUPS, _ACTIONS, _ACTIVATIONS, _VARIANTS = (
    TABLES[name] for name in ("conversations", "hourly_rollups", "action_slots", "activations", "variants")
)


_OF_IDS: Final = select(_CONVERSATIONS).where(
    _CONVERSATIONS.c.variant == bindparam("of_variant"), _CONVERSATIONS.c.id.in_(bindparam("ids", expanding=True))
)
_SLOTS: Final = select(_ACTIONS.c.slot, _ACTIONS.c.name).where(_ACTIONS.c.variant == bindparam("of_variant"))


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a batch.

    accepted : conversations that were new; known : that were there already, by variant and id.
    differing : those among the known that say something else than what is kept; the first one stays.
    """

    accepted: int
    known: int
    differing: int


def add(
    tx: Transaction,
    batch: Sequence[Conversation],
    received_at: datetime,
    version_of: Callable[[Conversation], int],
) -> Added:
    """Keep the conversations of `batch` that are not known yet, and count them in their hours.

    version_of : what served a conversation that does not say it.

    Writers of one variant wait for each other, so that what is found unknown
    here is still unknown when it is written. What was said in one from before
    the horizon of messages is not kept.
    """
    connection, heard_since = tx.connection(), retention.kept_since(tx, Kept.MESSAGES)
    accepted = differing = 0
    for variant, ours in groupby(sorted(batch, key=attrgetter("variant")), key=attrgetter("variant")):
        variants.enter(tx, variant, received_at)
        firsts: dict[str, Conversation] = {}
        again = [it for it in ours if firsts.setdefault(it.id, it) is not it]
        kept = _kept(connection, variant, list(firsts))
        new = {it.id: it if it.version is not None else it.served_by(version_of(it)) for it in firsts.values() if it.id not in kept}
        if heard_since is not None:
            new = {name: it if it.ended_at >= heard_since else replace(it, **_SILENT) for name, it in new.items()}
        differing += sum(_differs(row, firsts[name], heard_since) for name, row in kept.items())
        differing += sum(_differs(kept[it.id] if it.id in kept else _said(new[it.id]), it, heard_since) for it in again)
        accepted += len(new)
        if new:
            appending.append(connection, new.values(), received_at)
            count(connection, variant, list(new.values()), received_at)
    return Added(accepted, len(batch) - accepted, differing)


def count(connection: Connection, variant: str, new: Sequence[Conversation], received_at: datetime) -> None:
    """Add conversations of a variant, which were not counted yet, to the sums of their hours."""
    slots = _slots(connection, variant, Counter(action for it in new for action in it.actions))
    hourly.grow(connection, variant, summarize(new, slots, received_at))


def _kept(connection: Connection, variant: str, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    chosen, at_once = (_OF_IDS, _CHUNK) if connection.dialect.name == "sqlite" else (_of_each_id(), len(ids))
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(ids), at_once):
        asked = {"of_variant": variant, "ids": ids[start : start + at_once]}
        found |= {row["id"]: dict(row) for row in connection.execute(chosen, asked).mappings()}
    return found


@cache
def _of_each_id() -> Select[Any]:
    """As `_OF_IDS`, for PostgreSQL, by one look into the key for each id.

    Of a list of ids it makes a scan of all that a variant has where it knows too little of a table that has just grown.
    """
    asked = func.unnest(bindparam("ids", type_=postgresql.ARRAY(String))).table_valued("id").render_derived()
    its = _CONVERSATIONS.c
    one = select(_CONVERSATIONS).where(its.variant == bindparam("of_variant"), its.id == asked.c.id).limit(1).lateral()
    return select(one).select_from(asked.join(one, true()))


def _said(it: Conversation) -> dict[str, Any]:
    return {name: getattr(it, name) for name in FIELDS}


def _differs(kept: Mapping[str, Any], it: Conversation, heard_since: datetime | None) -> bool:
    """Whether `it` says something else than what is kept; of its version it may say nothing, and what fell silent is not compared."""
    said = {name: value for name, value in _said(it).items() if name != "version" or value is not None}
    if heard_since is not None and it.ended_at < heard_since:
        said = {name: value for name, value in said.items() if name not in _SILENT}
    return any((tuple(kept[name]) if name in _LISTS else kept[name]) != value for name, value in said.items())


def _slots(connection: Connection, variant: str, calls: Mapping[str, int]) -> dict[str, int]:
    """The slot of each named action; those of `calls` without one take what is free, the commonest first."""
    slots = {row.name: row.slot for row in connection.execute(_SLOTS, {"of_variant": variant})}
    unnamed = sorted(set(calls) - set(slots) - {OTHER_ACTIONS}, key=lambda name: (-calls[name], name))
    given = dict(zip(unnamed, range(len(slots), NAMED_ACTIONS), strict=False))
    if given:
        connection.execute(insert(_ACTIONS), [{"variant": variant, "slot": slot, "name": name} for name, slot in given.items()])
    return slots | given


def table(tx: Transaction, variant: str, version: int, start_hour: datetime, end_hour: datetime) -> RollupTable:
    """The rollups of a version for the hours of `[start_hour, end_hour)`; empty where there is no traffic."""
    return of_all_versions(tx, variant, start_hour, end_hour).of(version)


def of_all_versions(tx: Transaction, variant: str, start_hour: datetime, end_hour: datetime) -> VariantRollups:
    """The rollups of a variant for the hours of `[start_hour, end_hour)`, whichever version served."""
    return hourly.of_variant(tx.connection(), variant, start_hour, end_hour, actions(tx, variant))


def tables(tx: Transaction, names: Sequence[str] | None, start_hour: datetime, end_hour: datetime) -> Iterator[VariantRollups]:
    """The same of many variants, or of all, one after the other by one query; a variant without traffic is left out.

    Only one variant's rollups are held at a time, however many there are.
    """
    chosen = select(_ACTIONS.c.variant, _ACTIONS.c.slot, _ACTIONS.c.name).order_by(_ACTIONS.c.variant)
    found = groupby(tx.connection().execute(chosen), itemgetter(0))
    known = {variant: _named({slot: name for _, slot, name in rows}) for variant, rows in found}
    return hourly.of_variants(tx.connection(), names, start_hour, end_hour, lambda variant: known.get(variant, _named({})))


def actions(tx: Transaction, variant: str) -> tuple[str, ...]:
    """The names of the variant's action slots, those not in use empty; the last is `OTHER_ACTIONS`."""
    return _named({row.slot: row.name for row in tx.connection().execute(_SLOTS, {"of_variant": variant})})


def _named(slots: Mapping[int, str]) -> tuple[str, ...]:
    return (*(slots.get(slot, "") for slot in range(NAMED_ACTIONS)), OTHER_ACTIONS)


def activations(tx: Transaction, variant: str) -> list[tuple[datetime, int]]:
    """When which version of the variant became active, oldest first."""
    chosen = (
        select(_ACTIVATIONS.c.at, _ACTIVATIONS.c.version)
        .where(_ACTIVATIONS.c.variant_name == variant)
        .order_by(_ACTIVATIONS.c.at, _ACTIVATIONS.c.id)
    )
    return [(row.at, row.version) for row in tx.connection().execute(chosen)]


def latest_ended_at(tx: Transaction, variant: str, before: datetime) -> datetime | None:
    """When the newest conversation that ended before `before` ended; None where there is none."""
    ended_at = _CONVERSATIONS.c.ended_at
    newest: datetime | None = tx.connection().scalar(
        select(func.max(ended_at, type_=ended_at.type)).where(_CONVERSATIONS.c.variant == variant, ended_at < before)
    )
    return newest


def traffic_version(tx: Transaction, variant: str, before: datetime) -> int | None:
    """The version of the newest conversation that ended before `before`; None where there is none."""
    it = _CONVERSATIONS.c
    chosen = select(it.version).where(it.variant == variant, it.ended_at < before).order_by(it.ended_at.desc(), it.id).limit(1)
    version: int | None = tx.connection().scalar(chosen)
    return version


def performance(tx: Transaction, variant: str, version: int) -> Performance:
    """What the traffic of a version came to over all its time, from the rollups."""
    known = ("booked", "escalated", "cost_usd", "tokens", "booked_n", "escalated_n", "cost_n", "tokens_n")
    names = ("conversations", *known, "cost_zero_n", "log_cost", "log_cost_squared")
    hour = _ROLLUPS.c.hour
    chosen = select(
        *(func.coalesce(func.sum(_ROLLUPS.c[name]), 0.0).label(name) for name in names),
        func.min(hour, type_=hour.type).label("first_hour"),
        func.max(hour, type_=hour.type).label("last_hour"),
    )
    sums = tx.connection().execute(chosen.where(_ROLLUPS.c.variant == variant, _ROLLUPS.c.version == version)).mappings().one()
    return Performance(
        version=version,
        total_conversations=int(sums["conversations"]),
        bookings=int(sums["booked"]),
        booked_n=int(sums["booked_n"]),
        escalations=int(sums["escalated"]),
        escalated_n=int(sums["escalated_n"]),
        avg_cost_usd=sums["cost_usd"] / sums["cost_n"] if sums["cost_n"] else None,
        cost_n=int(sums["cost_n"]),
        avg_tokens=sums["tokens"] / sums["tokens_n"] if sums["tokens_n"] else None,
        tokens_n=int(sums["tokens_n"]),
        cost_zero_n=int(sums["cost_zero_n"]),
        log_cost=sums["log_cost"],
        log_cost_squared=sums["log_cost_squared"],
        first_hour=sums["first_hour"],
        last_hour=sums["last_hour"],
    )


def iterate(tx: Transaction, variant: str, names: Sequence[str] = FIELDS) -> Iterator[tuple[Conversation, datetime]]:
    """Every conversation of a variant with the instant of its arrival, by id; read in pieces, so that any number may pass.

    names : the fields to read, where not all are wanted.
    """
    columns = [_CONVERSATIONS.c[name] for name in (*names, "received_at")]
    chosen = select(*columns).where(_CONVERSATIONS.c.variant == variant).order_by(_CONVERSATIONS.c.id)
    with tx.connection().execute(chosen, execution_options={"yield_per": _STREAM}) as found:
        for row in found.mappings():
            yield conversation(row, names), row["received_at"]


def conversation(row: Mapping[Any, Any], names: Sequence[str] = FIELDS) -> Conversation:
    """The conversation that the columns `names` of a row hold."""
    values = {name: row[name] for name in names}
    return Conversation(**{**values, **{name: tuple(values[name]) for name in names if name in _LISTS}})


def rollups(tx: Transaction, variant: str) -> dict[RollupKey, NDArray[np.float64]]:
    """Every rollup of a variant as it is kept: key -> (WIDTH,) float."""
    return {key: packed for key, (packed, _) in hourly.kept(tx.connection(), variant).items()}


def recount(tx: Transaction, variant: str) -> dict[RollupKey, NDArray[np.float64]]:
    """Every rollup of a variant as its conversations say it should be: what `rollups` must equal."""
    slots = {name: slot for slot, name in enumerate(actions(tx, variant)) if name and slot < NAMED_ACTIONS}
    return summarize_arrivals(iterate(tx, variant, _COUNTED), slots)
