"""The watch over a promoted version: begun with the promotion, judged as live conversations come, ended once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.probation import RECORD_DAYS, Bars, Record, judge
from lifecycle_core.retraining.probations import Probation, ProbationStatus, looked_at, replaced
from lifecycle_core.retraining.session import Session
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.store import conversations, policies, probations, variants, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Tag

TAUGHT_DAYS: Final = 28
"""Over how many days before the record the days of a variant are learnt."""
_HOURS_A_DAY: Final = 24


def start(tx: Transaction, act: Provenance, it: Session) -> Probation:
    """Open the probation of the candidate that `it` promotes, in the promotion's own transaction; one that is open ends."""
    going_on = probations.open_of(tx, it.variant)
    if going_on is not None:
        probations.save(tx, replaced(going_on, it.version, act.at))
    bookings, escalations, healthy = _record(tx, it, act.at)
    return probations.save(
        tx,
        Probation(
            variant=it.variant,
            version=it.version,
            previous_version=it.incumbent_version,
            session_id=it.session_id,
            started_at=act.at,
            ends_at=act.at + timedelta(days=it.policy.probation.max_days),
            bookings=bookings,
            escalations=escalations,
            bars=Bars.of(bookings, escalations),
            healthy=healthy,
        ),
    )


def check(database: Database, act: Provenance, variant: str) -> Probation | None:
    """Judge the variant's open probation as of `act.at`, and end it where it is over; None where none is open.

    Harm rolls the version back, in the same transaction; a version that passed gets the tag `stable`. A version that is no longer active
    is on probation no more. Raises UnknownVariantError.
    """
    with database.write(act, "probation") as tx:
        variants.lock(tx, variant)
        it = probations.open_of(tx, variant)
        if it is None:
            return None
        stack = versions.stack(tx, variant)
        if stack.active != it.version:
            return probations.save(tx, replaced(it, stack.active, act.at))
        outcomes = probations.outcomes(tx, variant, it.version, Window(it.started_at, act.at))
        rules = policies.of(tx, variant).probation
        it = looked_at(it, judge(outcomes, it.bars, rules, started_at=it.started_at, at=act.at), act.at)
        if it.status is ProbationStatus.HARM and stack.below is not None:
            versions.pop(tx, replace(act, why=f"probation of version {it.version}: {it.because}"), variant)
        if it.status is ProbationStatus.STABLE:
            versions.tag(tx, variant, it.version, Tag.STABLE, f"passed its probation: {it.because}")
        return probations.save(tx, it)


def open_probations(database: Database) -> list[Probation]:
    """Every open probation, by variant."""
    with database.read() as tx:
        return probations.all_open(tx)


def of_variant(database: Database, variant: str | None, limit: int = 10) -> list[Probation]:
    """The newest `limit` probations of `variant`, or of all, newest first; raises UnknownVariantError."""
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        return probations.newest(tx, variant, limit)


def of_session(database: Database, session_id: str) -> Probation | None:
    """The probation that a session's promotion opened; None where it opened none."""
    with database.read() as tx:
        return probations.last_of_session(tx, session_id)


def _record(tx: Transaction, it: Session, at: datetime) -> tuple[Record, Record, Record | None]:
    """The incumbent's bookings and hand-offs from the drift's onset on, or over its last seven days; and its bookings before the drift."""
    report = it.trigger.report
    onsets = [one.decided_by.onset for one in report.metrics if one.drifting and one.decided_by is not None] if report else []
    since = min([*onsets, at - timedelta(days=1)]) if onsets else at - timedelta(days=RECORD_DAYS)
    own = conversations.table(tx, it.variant, it.incumbent_version, since, at)
    taught = conversations.table(tx, it.variant, it.incumbent_version, since - timedelta(days=TAUGHT_DAYS), since)
    bookings, escalations = ((*_days(own, name), *_days(taught, name)) for name in ("booked", "escalated"))
    before = Record.of_days(*_days(taught, "booked"), *_days(taught, "booked")) if onsets else None
    return Record.of_days(*bookings), Record.of_days(*escalations), before if before and before.n else None


def _days(table: RollupTable, name: str) -> tuple[Sequence[int], Sequence[int]]:
    """The sums of a rate for each day of a table: so many that did, of so many that tell."""
    days, places = np.unique(table.hours // _HOURS_A_DAY, return_inverse=True)
    kept = ~table.provider_fault
    sums = [
        np.bincount(places[kept], weights=table.column(part)[kept], minlength=len(days)).round().astype(int).tolist()
        for part in (name, f"{name}_n")
    ]
    return sums[0], sums[1]
