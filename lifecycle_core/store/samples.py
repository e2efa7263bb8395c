"""A shadow test's scenarios: planned with their place in the order, then served by both versions, once each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from lifecycle_core.conversations import Conversation
from lifecycle_core.policy import ShadowSource
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.episode import Scenario
from lifecycle_core.retraining.shadow import Sample, Source
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import ShadowSampleRow


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario with its place among all of its session, from 0, and how its conversation itself went; None = unknown."""

    place: int
    scenario: Scenario
    live_success: bool | None


def plan(tx: Transaction, session_id: str, drawn: Sequence[Conversation], source: ShadowSource, at: datetime) -> None:
    """Give each of the conversations `drawn` that has none yet its place; one whose goal was not recorded has none."""
    known = _ids(tx, session_id)
    for conversation in drawn:
        it = Scenario.of(conversation)
        if it is not None and it.id not in known:
            tx.add(
                ShadowSampleRow(
                    session_id=session_id,
                    scenario_id=it.id,
                    ended_at=it.ended_at,
                    source=source,
                    scenario=to_json(it),
                    live_success=conversation.booked,
                    planned_at=at,
                    recorded_by=None,
                )
            )
    tx.flush()


def planned(tx: Transaction, session_id: str) -> list[Planned]:
    """The scenarios that wait for a sample, in their order."""
    waiting = [(place, it) for place, it in enumerate(tx.exec(_in_order(session_id))) if it.sample is None]
    return [Planned(place, from_json(Scenario, it.scenario), it.live_success) for place, it in waiting if it.scenario is not None]


def scenarios(tx: Transaction, session_id: str) -> dict[str, Scenario]:
    """The scenarios that are replayed, by their ids, with a sample or without."""
    rows = tx.exec(_in_order(session_id))
    return {it.scenario_id: from_json(Scenario, it.scenario) for it in rows if it.scenario is not None}


def pending(tx: Transaction, session_id: str) -> list[tuple[datetime, str]]:
    """The places in the order of the scenarios that wait for a sample."""
    waiting = _in_order(session_id).where(col(ShadowSampleRow.sample).is_(None))
    return [(it.ended_at, it.scenario_id) for it in tx.exec(waiting)]


def recorded(tx: Transaction, session_id: str) -> list[Sample]:
    """Every sample of a session, in their order."""
    rows = tx.exec(_in_order(session_id).where(col(ShadowSampleRow.sample).is_not(None)))
    return [from_json(Sample, it.sample) for it in rows if it.sample is not None]


def planned_ids(tx: Transaction, session_id: str) -> set[str]:
    """The ids of the scenarios that have a place, with a sample or without."""
    return _ids(tx, session_id)


def count(tx: Transaction, session_id: str, source: Source | None = None) -> int:
    """How many samples a session has; of one source where it is given."""
    chosen = select(func.count()).where(ShadowSampleRow.session_id == session_id, col(ShadowSampleRow.sample).is_not(None))
    return tx.exec(chosen if source is None else chosen.where(ShadowSampleRow.source == source)).one()


def record(tx: Transaction, act: Provenance, session_id: str, samples: Sequence[Sample]) -> int:
    """Keep the samples of scenarios that have none yet, and tell how many these were; the first one stays."""
    rows = {it.scenario_id: it for it in tx.exec(select(ShadowSampleRow).where(ShadowSampleRow.session_id == session_id))}
    kept = 0
    for sample in samples:
        it = rows.get(sample.scenario_id)
        if it is not None and it.sample is not None:
            continue
        if it is None:
            it = ShadowSampleRow(
                session_id=session_id,
                scenario_id=sample.scenario_id,
                ended_at=sample.ended_at,
                source=sample.source,
                live_success=sample.live_success,
                planned_at=act.at,
                recorded_by=act.by,
            )
            tx.add(it)
            rows[it.scenario_id] = it
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


def _ids(tx: Transaction, session_id: str) -> set[str]:
    return set(tx.exec(select(ShadowSampleRow.scenario_id).where(ShadowSampleRow.session_id == session_id)))


def _in_order(session_id: str) -> SelectOfScalar[ShadowSampleRow]:
    chosen = select(ShadowSampleRow).where(ShadowSampleRow.session_id == session_id)
    return chosen.order_by(col(ShadowSampleRow.ended_at), col(ShadowSampleRow.scenario_id))
