"""Where signals stand, the episodes that they make, and the silences; and what thresholds are held against, of many variants at once."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select as select_columns
from sqlmodel import col, func, or_, select

from lifecycle_core.alerts.signals import Signal, State
from lifecycle_core.alerts.silences import Silence
from lifecycle_core.alerts.states import AlertEpisode, Standing
from lifecycle_core.alerts.thresholds import ENDINGS_DAYS, MONTH_DAYS, RECENT_HOURS, WEEK_DAYS, Counted
from lifecycle_core.conversations import hour_of
from lifecycle_core.retraining.session import Status
from lifecycle_core.store import figures
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, row, to_json, value
from lifecycle_core.store.tables import (
    TABLES,
    ActivationRow,
    AlertEpisodeRow,
    AlertSilenceRow,
    AlertStandingRow,
    DriftDetectionRow,
    RetrainingSessionRow,
)

VERDICTS: Final = (Status.PROMOTED, Status.ROLLED_BACK, Status.INCONCLUSIVE)
"""The endings that make a success rate: what was cancelled, failed or invalid says nothing of candidates."""
_STANDINGS: Final = TABLES["alert_standings"]
_FEW: Final = 500
"""Up to so many names a query lists; of more it asks for all."""


def standings(
    tx: Transaction, variants: Collection[str] | None = None, states: Collection[State] | None = None
) -> dict[str, dict[Signal, Standing]]:
    """Variant -> signal -> where it stands, of these variants or of all, in these states or in any; what was never judged is left out."""
    chosen = select_columns(*_STANDINGS.columns)  # of thousands, none of which is to be changed
    if variants is not None and len(variants) <= _FEW:
        chosen = chosen.where(_STANDINGS.c.variant.in_(variants))
    if states is not None:
        chosen = chosen.where(_STANDINGS.c.state.in_(states))
    found: dict[str, dict[Signal, Standing]] = {}
    for it in tx.execute(chosen).mappings():
        found.setdefault(it["variant"], {})[Signal(it["signal"])] = from_json(Standing, dict(it))
    return found


def keep_standings(tx: Transaction, variant: str, moved: Iterable[Standing]) -> None:
    """Write where signals stand now."""
    for it in moved:
        tx.merge(row(AlertStandingRow, it, variant=variant, reading=to_json(it.reading)))


def open_episodes(tx: Transaction) -> dict[str, AlertEpisode]:
    """Variant -> its episode that goes on."""
    return {it.variant: value(AlertEpisode, it) for it in tx.exec(select(AlertEpisodeRow).where(col(AlertEpisodeRow.closed_at).is_(None)))}


def open_episode(tx: Transaction, variant: str) -> AlertEpisode | None:
    """The variant's episode that goes on; None where none does."""
    ours = select(AlertEpisodeRow).where(AlertEpisodeRow.variant == variant, col(AlertEpisodeRow.closed_at).is_(None))
    it = tx.exec(ours).first()
    return value(AlertEpisode, it) if it else None


def save_episode(tx: Transaction, episode: AlertEpisode) -> AlertEpisode:
    """Write an episode as it is now; the index that allows one open episode refuses a second."""
    it = tx.merge(row(AlertEpisodeRow, episode, told=list(episode.told)))
    tx.flush()
    return value(AlertEpisode, it)


def add_silence(tx: Transaction, silence: Silence) -> Silence:
    """Keep a new silence."""
    it = row(AlertSilenceRow, silence, signals=list(silence.signals))
    tx.add(it)
    tx.flush()
    return value(Silence, it)


def lift_silence(tx: Transaction, silence_id: int, at: datetime, by: str) -> Silence | None:
    """End a silence now; one that is over, or lifted, stays as it is. None where there is no such one."""
    it = tx.get(AlertSilenceRow, silence_id, with_for_update=True)
    if it is None:
        return None
    if it.lifted_at is None and it.ends_at > at:
        it.lifted_at, it.lifted_by = at, by
        tx.flush()
    return value(Silence, it)


def silences(tx: Transaction, at: datetime) -> list[Silence]:
    """The silences that hold at `at`, or will, the first to end first."""
    chosen = select(AlertSilenceRow).where(AlertSilenceRow.ends_at > at, col(AlertSilenceRow.lifted_at).is_(None))
    return [value(Silence, it) for it in tx.exec(chosen.order_by(col(AlertSilenceRow.ends_at), col(AlertSilenceRow.id)))]


def counted(tx: Transaction, at: datetime, variant: str | None = None) -> dict[str, Counted]:
    """Variant -> what its thresholds are held against as of `at`; of one, or of all by four queries. Who has nothing is left out."""
    end = hour_of(at)
    sums = figures.sums(tx, end - timedelta(hours=RECENT_HOURS), end, variant)
    drifts = _drifts(tx, at, variant)
    rollbacks = _rollbacks(tx, at, variant)
    endings = _endings(tx, at, variant)
    return {
        name: Counted(
            sums=sums.get(name, {}),
            drifts=drifts.get(name, 0),
            rollbacks=rollbacks.get(name, 0),
            promoted=endings.get(name, {}).get(Status.PROMOTED, 0),
            endings=sum(endings.get(name, {}).values()),
        )
        for name in {*sums, *drifts, *rollbacks, *endings}
    }


def alerting_each(tx: Transaction, variant: str | None = None) -> dict[str, dict[Signal, str]]:
    """Variant -> its signals that alert -> what each says; of one variant or of all, without those of which none does."""
    chosen = select(AlertStandingRow.variant, AlertStandingRow.signal, AlertStandingRow.reading).where(
        AlertStandingRow.state == State.ALERT
    )
    found: dict[str, dict[Signal, str]] = {}
    for name, signal, reading in tx.exec(chosen if variant is None else chosen.where(AlertStandingRow.variant == variant)):
        found.setdefault(name, {})[Signal(signal)] = reading["detail"]
    return found


def by_state(tx: Transaction) -> dict[State, int]:
    """How many signals stand where, of all variants; what was never judged is not counted."""
    chosen = select(AlertStandingRow.state, func.count()).group_by(AlertStandingRow.state)
    return {**dict.fromkeys(State, 0), **{State(state): n for state, n in tx.exec(chosen).all()}}


def alerting(tx: Transaction) -> dict[Signal, int]:
    """Signal -> of how many variants it alerts."""
    chosen = select(AlertStandingRow.signal, func.count()).where(AlertStandingRow.state == State.ALERT).group_by(AlertStandingRow.signal)
    return {**dict.fromkeys(Signal, 0), **{Signal(signal): n for signal, n in tx.exec(chosen).all()}}


def _drifts(tx: Transaction, at: datetime, variant: str | None) -> Mapping[str, int]:
    it = DriftDetectionRow
    chosen = select(it.variant, func.count()).where(col(it.created_at) > at - timedelta(days=WEEK_DAYS), col(it.created_at) <= at)
    return dict(tx.exec((chosen if variant is None else chosen.where(it.variant == variant)).group_by(it.variant)).all())


def _rollbacks(tx: Transaction, at: datetime, variant: str | None) -> Mapping[str, int]:
    it = ActivationRow
    chosen = select(it.variant_name, func.count()).where(it.kind == "rollback", it.at > at - timedelta(days=MONTH_DAYS), it.at <= at)
    return dict(tx.exec((chosen if variant is None else chosen.where(it.variant_name == variant)).group_by(it.variant_name)).all())


def _endings(tx: Transaction, at: datetime, variant: str | None) -> Mapping[str, Mapping[str, int]]:
    it = RetrainingSessionRow
    ended = (col(it.completed_at) > at - timedelta(days=ENDINGS_DAYS), col(it.completed_at) <= at)
    chosen = select(it.variant, it.status, func.count()).where(*ended, or_(*(it.status == status for status in VERDICTS)))
    if variant is not None:
        chosen = chosen.where(it.variant == variant)
    found: dict[str, dict[str, int]] = {}
    for name, status, n in tx.exec(chosen.group_by(it.variant, it.status)):
        found.setdefault(name, {})[status] = n
    return found
