"""Recorded checks: one for each variant and hour, whoever asked how often."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select

from lifecycle_core.drift.episodes import RecordedCheck
from lifecycle_core.drift.glance import Glance
from lifecycle_core.drift.report import DriftReport, Metric, Severity, Status
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import insert_into
from lifecycle_core.store.tables import DriftCheckRow


def recorded(tx: Transaction, variant: str, at: datetime) -> bool:
    """Whether that hour's check of the variant is recorded."""
    return tx.get(DriftCheckRow, (variant, at)) is not None


def add(tx: Transaction, act: Provenance, report: DriftReport) -> None:
    """Record a check of an hour that has none yet."""
    tx.add(
        DriftCheckRow(
            variant=report.variant,
            at=report.at,
            version=report.version,
            status=report.status,
            drift_types=",".join(report.drifts),
            severity=report.severity,
            incidents=",".join(sorted({it.kind for it in report.incidents})),
            late_rows=report.late_rows,
            entry=next((it.decided_by.entry for it in report.metrics if it.decided_by is not None), None),
            recorded_at=act.at,
            recorded_by=act.by,
        )
    )


def add_quiet(tx: Transaction, act: Provenance, quiet: Sequence[Glance]) -> None:
    """Record checks that found nothing; an hour that is recorded already stays as it is."""
    if not quiet:
        return
    rows = [
        {
            "variant": it.variant,
            "at": it.at,
            "version": it.version,
            "status": it.status,
            "drift_types": "",
            "severity": None,
            "incidents": "",
            "late_rows": it.late_rows,
            "entry": it.entry,
            "recorded_at": act.at,
            "recorded_by": act.by,
        }
        for it in quiet
    ]
    tx.connection().execute(insert_into(tx, DriftCheckRow).on_conflict_do_nothing(), rows)


def last_at(tx: Transaction, variant: str | None = None, until: datetime | None = None, by: str | None = None) -> datetime | None:
    """The hour of the newest recorded check, of `variant` or of any; None before the first.

    until : of the hours up to it, by : of those that were recorded by it, where these are given.
    """
    chosen = select(DriftCheckRow.at).order_by(col(DriftCheckRow.at).desc()).limit(1)
    if variant is not None:
        chosen = chosen.where(DriftCheckRow.variant == variant)
    if until is not None:
        chosen = chosen.where(DriftCheckRow.at <= until)
    if by is not None:
        chosen = chosen.where(DriftCheckRow.recorded_by == by)
    return tx.exec(chosen).first()


def last_of_each(tx: Transaction, until: datetime) -> dict[str, RecordedCheck]:
    """Variant -> its newest recorded check of the hours up to `until`."""
    hours = select(DriftCheckRow.variant, func.max(DriftCheckRow.at).label("at")).where(DriftCheckRow.at <= until)
    newest = hours.group_by(DriftCheckRow.variant).subquery()
    rows = tx.exec(
        select(DriftCheckRow).join(newest, (col(DriftCheckRow.variant) == newest.c.variant) & (col(DriftCheckRow.at) == newest.c.at))
    )
    return {it.variant: _last(it) for it in rows}


def last_of(tx: Transaction, variant: str, until: datetime) -> RecordedCheck | None:
    """The newest recorded check of a variant of the hours up to `until`; None before the first."""
    chosen = select(DriftCheckRow).where(DriftCheckRow.variant == variant, DriftCheckRow.at <= until)
    it = tx.exec(chosen.order_by(col(DriftCheckRow.at).desc())).first()
    return _last(it) if it else None


def newest(tx: Transaction, variant: str, before: datetime, limit: int) -> tuple[RecordedCheck, ...]:
    """The newest recorded checks of a variant for the hours before `before`, newest first."""
    chosen = select(DriftCheckRow).where(DriftCheckRow.variant == variant, DriftCheckRow.at < before)
    return tuple(_last(it) for it in tx.exec(chosen.order_by(col(DriftCheckRow.at).desc()).limit(limit)))


def count(tx: Transaction, until: datetime, after: datetime | None = None) -> int:
    """How many checks are recorded of the hours up to `until`, and later than `after` where it is given."""
    chosen = select(func.count()).select_from(DriftCheckRow).where(DriftCheckRow.at <= until)
    return tx.exec(chosen if after is None else chosen.where(DriftCheckRow.at > after)).one()


def _last(it: DriftCheckRow) -> RecordedCheck:
    drifts = tuple(Metric(metric) for metric in it.drift_types.split(",") if metric)
    severity = Severity(it.severity) if it.severity else None
    return RecordedCheck(at=it.at, version=it.version, status=Status(it.status), drifts=drifts, severity=severity)
