"""Drift episodes: a row for each, not for each check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select

from lifecycle_core.drift.episodes import QUIET_CHECKS, Episode, FrozenReference
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.windows import LOOK_BACK_HOURS
from lifecycle_core.store.columns import InstantColumn
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import row, to_json, value
from lifecycle_core.store.tables import DriftDetectionRow, DriftReferenceRow

_HOUR: Final = timedelta(hours=1)
REMEMBERED: Final = timedelta(hours=LOOK_BACK_HOURS + QUIET_CHECKS)
"""For so long after its end a drift's hours can lie in a window."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The frozen references of a variant, as of an instant.

    held : of alarms that last, each with the version that drifts. ended : of alarms that ended by themselves.
    cut_short : of alarms that lasted when their episode was closed, each with when that was.
    """

    held: list[tuple[int, FrozenReference]]
    ended: list[FrozenReference]
    cut_short: list[tuple[datetime, FrozenReference]]


def open_of(tx: Transaction, variant: str) -> Episode | None:
    """The variant's open episode; None where there is none."""
    it = tx.exec(select(DriftDetectionRow).where(DriftDetectionRow.variant == variant, col(DriftDetectionRow.closed_at).is_(None))).first()
    return _episode(it) if it else None


def all_open(tx: Transaction, at: datetime) -> dict[str, Episode]:
    """Variant -> its episode that was open at `at`, with what was found of it since."""
    return {it.variant: it for it in _open_at(tx, _begun(at), _going_on(at))}


def open_at(tx: Transaction, variant: str, at: datetime) -> Episode | None:
    """The same of one variant; None where none was open."""
    found = _open_at(tx, DriftDetectionRow.variant == variant, _begun(at), _going_on(at))
    return found[-1] if found else None


def between(tx: Transaction, after: datetime, until: datetime) -> list[Episode]:
    """The episodes that went on at any moment in `(after, until]`, the newest first."""
    it = DriftDetectionRow
    chosen = select(it).where(_begun(until), col(it.closed_at).is_(None) | (col(it.closed_at) > after))
    return [_episode(one) for one in tx.exec(chosen.order_by(col(it.id).desc()))]


def get(tx: Transaction, episode_id: int) -> Episode | None:
    """One episode as it is now; None where there is no such one."""
    it = tx.get(DriftDetectionRow, episode_id, populate_existing=True)
    return _episode(it) if it else None


def known_onsets(tx: Transaction, at: datetime, variant: str | None = None) -> dict[str, datetime]:
    """Variant -> from where on conversations count since a person called a drift known, to the check of the hour `at`; of one, or of all.

    What is said within an hour counts for the check of that hour, so that who says it and checks again finds it heard.
    """
    begins = func.coalesce(DriftDetectionRow.known_from, DriftDetectionRow.onset_at, type_=InstantColumn)
    chosen = select(DriftDetectionRow.variant, begins).where(col(DriftDetectionRow.known_at) < at + _HOUR)
    if variant is not None:
        chosen = chosen.where(DriftDetectionRow.variant == variant)
    return dict(tx.exec(chosen.order_by(col(DriftDetectionRow.id))).all())


def known_after(tx: Transaction, variant: str, at: datetime) -> bool:
    """Whether a person called a drift of the variant known after the hour of the check of `at`."""
    said = select(DriftDetectionRow.id).where(DriftDetectionRow.variant == variant, col(DriftDetectionRow.known_at) >= at + _HOUR)
    return tx.exec(said.limit(1)).first() is not None


def references(tx: Transaction, at: datetime, variant: str | None = None) -> dict[str, Frozen]:
    """Variant -> the frozen references that a check as of `at` asks for; of one variant, or of all, by one query.

    A check sees no more than what was found before it, so that a past hour is judged again as it was then; of what a person called
    known by the end of its hour it sees nothing.
    """
    joined = select(DriftDetectionRow, DriftReferenceRow).join(DriftReferenceRow).where(col(DriftReferenceRow.entered_at) < at)
    if variant is not None:
        joined = joined.where(DriftDetectionRow.variant == variant)
    recent = (col(DriftReferenceRow.ended_at) > at - REMEMBERED) | _in_frozen_weeks(at)
    ordered = joined.where(recent | _going_on(at) | (col(DriftDetectionRow.closed_at) > at - REMEMBERED))
    found: dict[str, Frozen] = {}
    for episode, it in tx.exec(ordered.order_by(col(DriftReferenceRow.entered_at), col(DriftReferenceRow.comparison))):
        frozen = found.setdefault(episode.variant, Frozen([], [], []))
        reference = value(FrozenReference, it)
        if episode.known_at is not None and episode.known_at < at + _HOUR:
            continue
        if reference.ended_at is not None and reference.ended_at < at:
            frozen.ended.append(reference)
        elif episode.closed_at is None or episode.closed_at >= at:
            frozen.held.append((episode.version, reference))
        else:
            frozen.cut_short.append((episode.closed_at, reference))
    return found


def references_of(tx: Transaction, episode_id: int) -> list[FrozenReference]:
    """The frozen references of one episode, those that last and those that ended, by when they were found."""
    chosen = select(DriftReferenceRow).where(DriftReferenceRow.episode_id == episode_id)
    ordered = chosen.order_by(col(DriftReferenceRow.entered_at), col(DriftReferenceRow.comparison))
    return [value(FrozenReference, it) for it in tx.exec(ordered)]


def save_references(tx: Transaction, episode_id: int, references: Sequence[FrozenReference]) -> None:
    """Write an episode's frozen references as they now are; those that are not named stay."""
    for it in references:
        tx.merge(row(DriftReferenceRow, it, episode_id=episode_id))
    tx.flush()


def save(tx: Transaction, episode: Episode) -> int:
    """Write an episode as it now is, and give its id."""
    report = to_json(episode.report)
    others = {
        "drift_types": ",".join(episode.drifts),
        "severity": str(episode.severity),
        "baseline_window": report["reference"],
        "recent_window": report["recent"],
        "metrics": report,
    }
    it = row(DriftDetectionRow, episode, **others)
    kept = it if episode.id is None else tx.merge(it)
    tx.add(kept)
    tx.flush()  # one episode is closed before another opens: the index that allows one looks at each row as it is written
    if kept.id is None:
        message = "a written episode has an id"
        raise RuntimeError(message)
    return kept.id


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


def often(tx: Transaction, after: datetime, until: datetime, more_than: int) -> list[str]:
    """The variants of which more than so many episodes began in `(after, until]`, by name."""
    variant, created_at = col(DriftDetectionRow.variant), col(DriftDetectionRow.created_at)
    counted = select(DriftDetectionRow.variant).where(created_at > after, created_at <= until).group_by(variant)
    return list(tx.exec(counted.having(func.count() > more_than).order_by(variant)))


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


def _in_frozen_weeks(at: datetime) -> ColumnElement[bool]:
    """Whether an alarm ended within the frozen weeks of another of its variant that goes on at `at`: these are without its hours."""
    lasting, its = aliased(DriftDetectionRow), aliased(DriftReferenceRow)
    going_on = col(lasting.closed_at).is_(None) | (col(lasting.closed_at) >= at)
    joined = select(its.comparison).join(lasting, col(its.episode_id) == lasting.id).where(its.entered_at < at, going_on)
    frozen = joined.where(lasting.variant == DriftDetectionRow.variant, its.starts_at < col(DriftReferenceRow.ended_at))
    return frozen.correlate(DriftDetectionRow, DriftReferenceRow).exists()


def _begun(at: datetime) -> ColumnElement[bool]:
    return col(DriftDetectionRow.created_at) <= at


def _going_on(at: datetime) -> ColumnElement[bool]:
    closed_at = col(DriftDetectionRow.closed_at)
    return closed_at.is_(None) | (closed_at > at)


def _episode(it: DriftDetectionRow) -> Episode:
    return value(Episode, it, drifts=it.drift_types.split(","), report=it.metrics)


def _open_at(tx: Transaction, *those: ColumnElement[bool] | bool) -> list[Episode]:
    rows = tx.exec(select(DriftDetectionRow).where(*those).order_by(col(DriftDetectionRow.id)))
    return [replace(_episode(it), closed_at=None, closed_because=None) for it in rows]
