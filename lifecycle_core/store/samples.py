"""A shadow test's scenarios: planned with their place in the order, then served by both versions, once each.

A place is given once, behind all that are given. A row with neither scenario nor sample is a conversation that cannot be served.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle_core.conversations import Conversation
from lifecycle_core.policy import ShadowSource
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.episode import Scenario
from lifecycle_core.retraining.shadow import Key, Sample, Source
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import ShadowSampleRow


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario with its number among those of its session, from 0, and how its conversation itself went; None = unknown."""

    number: int
    scenario: Scenario
    live_success: bool | None


def plan(tx: Transaction, session_id: str, drawn: Sequence[Conversation], source: ShadowSource, at: datetime) -> None:
    """Give each of the conversations `drawn`, in their order, its place if it has none yet; one without a goal is never served."""
    known = planned_ids(tx, session_id)
    for place, conversation in enumerate((it for it in drawn if it.id not in known), _next_place(tx, session_id)):
        scenario = Scenario.of(conversation)
        tx.add(
            ShadowSampleRow(
                session_id=session_id,
                scenario_id=conversation.id,
                place=place,
                ended_at=conversation.ended_at,
                source=source,
                scenario=to_json(scenario) if scenario is not None else None,
                live_success=conversation.booked,
                planned_at=at,
                recorded_by=None,
            )
        )
    tx.flush()


def planned(tx: Transaction, session_id: str) -> list[Planned]:
    """The scenarios that wait for a sample, in their order."""
    usable = or_(col(ShadowSampleRow.scenario).is_not(None), col(ShadowSampleRow.sample).is_not(None))
    waiting = [(number, it) for number, it in enumerate(tx.exec(_in_order(session_id).where(usable))) if it.sample is None]
    return [Planned(number, from_json(Scenario, it.scenario), it.live_success) for number, it in waiting if it.scenario is not None]


def scenarios(tx: Transaction, session_id: str) -> dict[str, Scenario]:
    """The scenarios that are replayed, by their ids, with a sample or without."""
    rows = tx.exec(_in_order(session_id))
    return {it.scenario_id: from_json(Scenario, it.scenario) for it in rows if it.scenario is not None}


def pending(tx: Transaction, session_id: str) -> list[Key]:
    """The keys, in their order, of the scenarios that wait for a sample."""
    waiting = _in_order(session_id).where(col(ShadowSampleRow.sample).is_(None), col(ShadowSampleRow.scenario).is_not(None))
    return [(it.place, it.ended_at, it.scenario_id) for it in tx.exec(waiting)]


def recorded(tx: Transaction, session_id: str) -> list[Sample]:
    """Every sample of a session, in their order."""
    rows = tx.exec(_in_order(session_id).where(col(ShadowSampleRow.sample).is_not(None)))
    return [replace(from_json(Sample, it.sample), place=it.place) for it in rows if it.sample is not None]


def planned_ids(tx: Transaction, session_id: str) -> set[str]:
    """The ids of the conversations that have a place, with a sample or without."""
    return set(tx.exec(select(ShadowSampleRow.scenario_id).where(ShadowSampleRow.session_id == session_id)))


def count(tx: Transaction, session_id: str, source: Source | None = None) -> int:
    """How many samples a session has; of one source where it is given."""
    chosen = select(func.count()).where(ShadowSampleRow.session_id == session_id, col(ShadowSampleRow.sample).is_not(None))
    return tx.exec(chosen if source is None else chosen.where(ShadowSampleRow.source == source)).one()


def record(tx: Transaction, act: Provenance, session_id: str, samples: Sequence[Sample]) -> int:
    """Keep the samples of scenarios that have none yet, and tell how many these were; the first one stays."""
    rows = {it.scenario_id: it for it in tx.exec(select(ShadowSampleRow).where(ShadowSampleRow.session_id == session_id))}
    kept, place = 0, _next_place(tx, session_id)
    for sample in sorted(samples, key=lambda one: one.key):
        it = rows.get(sample.scenario_id)
        if it is not None and it.sample is not None:
            continue
        if it is None:
            it = ShadowSampleRow(
                session_id=session_id,
                scenario_id=sample.scenario_id,
                place=place,
                ended_at=sample.ended_at,
                source=sample.source,
                live_success=sample.live_success,
                planned_at=act.at,
                recorded_by=act.by,
            )
            tx.add(it)
            rows[it.scenario_id], place = it, place + 1
        it.sample, it.recorded_at, it.recorded_by = to_json(sample), act.at, act.by
        kept += 1
    tx.flush()
    return kept


def withdraw(tx: Transaction, session_id: str) -> None:
    """Take the places of the scenarios that wait for a sample back."""
    for it in tx.exec(_in_order(session_id).where(col(ShadowSampleRow.sample).is_(None))):
        tx.delete(it)
    tx.flush()


def arrivals(tx: Transaction, session_id: str) -> list[datetime]:
    """When each sample came, the first one first."""
    came = col(ShadowSampleRow.recorded_at)
    rows = tx.exec(select(ShadowSampleRow.recorded_at).where(ShadowSampleRow.session_id == session_id, came.is_not(None)).order_by(came))
    return [it for it in rows if it is not None]


def _next_place(tx: Transaction, session_id: str) -> int:
    last = tx.exec(select(func.max(ShadowSampleRow.place)).where(ShadowSampleRow.session_id == session_id)).one()
    return 0 if last is None else last + 1


def _in_order(session_id: str) -> SelectOfScalar[ShadowSampleRow]:
    chosen = select(ShadowSampleRow).where(ShadowSampleRow.session_id == session_id)
    return chosen.order_by(col(ShadowSampleRow.place))
