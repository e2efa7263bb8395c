"""Drift episodes: a row for each, not for each check."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement
from sqlmodel import col, func, select

from lifecycle_core.drift.episodes import Episode, FrozenReference
from lifecycle_core.drift.report import Metric
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, to_json, value
from lifecycle_core.store.tables import DriftDetectionRow, DriftReferenceRow


def open_of(tx: Transaction, variant: str) -> Episode | None:
    """The variant's open episode; None where there is none."""
    it = tx.exec(select(DriftDetectionRow).where(DriftDetectionRow.variant == variant, col(DriftDetectionRow.closed_at).is_(None))).first()
    return _episode(it) if it else None


def all_open(tx: Transaction, at: datetime) -> dict[str, Episode]:
    """Variant -> its episode that was open at `at`, with what was found of it since."""
    rows = tx.exec(select(DriftDetectionRow).where(_begun(at), _going_on(at)).order_by(col(DriftDetectionRow.id)))
    return {it.variant: replace(_episode(it), closed_at=None, closed_because=None) for it in rows}


def open_as_of(tx: Transaction, variant: str, at: datetime) -> Episode | None:
    """The variant's episode that was open at `at`, with what was found of it since; None where there was none."""
    chosen = select(DriftDetectionRow).where(DriftDetectionRow.variant == variant, _begun(at), _going_on(at))
    it = tx.exec(chosen.order_by(col(DriftDetectionRow.id).desc()).limit(1)).first()
    return replace(_episode(it), closed_at=None, closed_because=None) if it else None


def known_onset(tx: Transaction, variant: str, before: datetime) -> datetime | None:
    """Where the newest drift began that a person had called known before `before`; None where nobody had."""
    ours = (DriftDetectionRow.variant == variant, col(DriftDetectionRow.known_at) < before)
    return tx.exec(select(DriftDetectionRow.onset_at).where(*ours).order_by(col(DriftDetectionRow.id).desc()).limit(1)).first()


def references(tx: Transaction, episode_id: int) -> tuple[FrozenReference, ...]:
    """The frozen references of an episode, in the order in which their alarms were entered."""
    chosen = select(DriftReferenceRow).where(DriftReferenceRow.episode_id == episode_id)
    ordered = chosen.order_by(col(DriftReferenceRow.entered_at), col(DriftReferenceRow.comparison))
    return tuple(value(FrozenReference, it) for it in tx.exec(ordered))


def all_references(tx: Transaction) -> dict[str, tuple[FrozenReference, ...]]:
    """Variant -> the frozen references of its open episode, of all variants by one query."""
    going_on = col(DriftDetectionRow.closed_at).is_(None)
    joined = select(DriftDetectionRow.variant, DriftReferenceRow).join(DriftReferenceRow).where(going_on)
    ordered = joined.order_by(DriftDetectionRow.variant, col(DriftReferenceRow.entered_at), col(DriftReferenceRow.comparison))
    found = groupby(tx.exec(ordered), itemgetter(0))
    return {variant: tuple(value(FrozenReference, it) for _, it in rows) for variant, rows in found}


def save_references(tx: Transaction, episode_id: int, references: Sequence[FrozenReference]) -> None:
    """Write an episode's frozen references as they now are; those that are not named stay."""
    for it in references:
        tx.merge(row(DriftReferenceRow, it, episode_id=episode_id))
    tx.flush()


def save(tx: Transaction, episode: Episode) -> None:
    """Write an episode as it now is."""
    report = to_json(episode.report)
    others = {
        "drift_types": ",".join(episode.drifts),
        "severity": str(episode.severity),
        "baseline_window": report["reference"],
        "recent_window": report["recent"],
        "metrics": report,
    }
    it = row(DriftDetectionRow, episode, **others)
    if episode.id is None:
        tx.add(it)
    else:
        tx.merge(it)
    tx.flush()  # one episode is closed before another opens: the index that allows one looks at each row as it is written


def newest(tx: Transaction, variant: str | None, limit: int, before_id: int | None = None) -> list[Episode]:
    """The newest episodes, of `variant` or of all, newest first; those under `before_id` where it is given."""
    chosen = select(DriftDetectionRow)
    if variant is not None:
        chosen = chosen.where(DriftDetectionRow.variant == variant)
    if before_id is not None:
        chosen = chosen.where(col(DriftDetectionRow.id) < before_id)
    return [_episode(it) for it in tx.exec(chosen.order_by(col(DriftDetectionRow.id).desc()).limit(limit))]


def began(tx: Transaction, after: datetime, until: datetime) -> int:
    """How many episodes began in `(after, until]`."""
    created_at = col(DriftDetectionRow.created_at)
    return tx.exec(select(func.count()).where(created_at > after, created_at <= until)).one()


def by_metric(tx: Transaction, at: datetime) -> dict[Metric, int]:
    """In how many of the episodes that had begun at `at` each metric drifted."""
    counted = select(DriftDetectionRow.drift_types, func.count()).where(_begun(at)).group_by(DriftDetectionRow.drift_types)
    found = dict.fromkeys(Metric, 0)
    for drift_types, episodes in tx.exec(counted):
        for metric in drift_types.split(","):
            found[Metric(metric)] += episodes
    return found


def count(tx: Transaction, at: datetime) -> tuple[int, int]:
    """How many episodes had begun at `at`, and how many of them were open."""
    begun = select(func.count()).select_from(DriftDetectionRow).where(_begun(at))
    return tx.exec(begun).one(), tx.exec(begun.where(_going_on(at))).one()


def _begun(at: datetime) -> ColumnElement[bool]:
    return col(DriftDetectionRow.created_at) <= at


def _going_on(at: datetime) -> ColumnElement[bool]:
    closed_at = col(DriftDetectionRow.closed_at)
    return closed_at.is_(None) | (closed_at > at)


def _episode(it: DriftDetectionRow) -> Episode:
    return value(Episode, it, drifts=it.drift_types.split(","), report=it.metrics)
