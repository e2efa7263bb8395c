"""Check variants for drift, and remember what was found."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.conversations import hour_of
from lifecycle_core.drift.episodes import MANY_PER_WEEK, DriftMetrics, Episode, FrozenReference, after_check, references_after
from lifecycle_core.drift.glance import Glance, glance
from lifecycle_core.drift.report import DriftReport, Status
from lifecycle_core.errors import DamagedDatabaseError, EpisodeOverError, InvalidInputError, UnknownEpisodeError
from lifecycle_core.operations import alerting
from lifecycle_core.operations.checked import Asked, asked_of_all, report_of
from lifecycle_core.operations.traffic import FIRST_VERSION
from lifecycle_core.policy import Mode
from lifecycle_core.provenance import MAX_REASON_CHARACTERS, Provenance, expect_reason
from lifecycle_core.rollup_tables import VariantRollups
from lifecycle_core.store import answers, checks, conversations, episodes, policies, variants
from lifecycle_core.store.database import Database, Transaction

CAUGHT_UP_HOURS: Final = 7 * 24
"""So many hours that no check was made of are made up for, so that a watch that was away misses nothing."""
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)


def check(database: Database, variant: str, at: datetime, mode: Mode | None = None) -> DriftReport:
    """The drift report of `variant` as of `at`; changes nothing.

    mode : what decides, in place of the mode of the variant's own policy.
    Raises UnknownVariantError, and InvalidInputError for an `at` that no traffic can be near.
    """
    with database.read() as tx:
        return report_of(tx, variant, at, mode)


def check_and_record(database: Database, act: Provenance, variant: str, at: datetime) -> DriftReport:
    """The same, and keep that it was checked, and the episode that it opens, prolongs or closes.

    An hour is recorded once: a second check of it answers and changes nothing. Hours since the last recorded check that were missed
    are recorded first, each as it would have been then; of the last seven days.
    """
    for missed in _missed(database, variant, at):
        _record(database, act, variant, missed)
    return _record(database, act, variant, at)


def _missed(database: Database, variant: str, at: datetime) -> list[datetime]:
    with database.read() as tx:
        variants.expect(tx, variant)
        last = checks.last_at(tx, variant)
    return hours_between(last, at)


def hours_between(last: datetime | None, at: datetime) -> list[datetime]:
    """The hours after `last` and before `at` that are made up for; none where there was no check before.

    >>> from datetime import UTC
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> [it.hour for it in hours_between(noon, noon + timedelta(hours=3, minutes=5))]
    [13, 14]
    """
    if last is None:
        return []
    first = max(last + _HOUR, hour_of(at) - CAUGHT_UP_HOURS * _HOUR)
    return [first + step * _HOUR for step in range(max(0, (hour_of(at) - first) // _HOUR))]


def _record(database: Database, act: Provenance, variant: str, at: datetime) -> DriftReport:
    with database.write(act) as tx:
        variants.lock(tx, variant)
        report = report_of(tx, variant, at)
        if not checks.recorded(tx, variant, report.at):
            last = checks.last_at(tx, variant)
            checks.add(tx, act, report)
            if last is None or report.at > last:
                _keep(tx, report)
                alerting.after_check(tx, act, report)
        return report


def _keep(tx: Transaction, report: DriftReport) -> None:
    """Write the episodes that a check changes, with the frozen references of their alarms.

    An hour that is made up for after a person had called its drift known opens none.
    """
    if episodes.known_after(tx, report.variant, report.at):
        return
    for episode in after_check(episodes.open_of(tx, report.variant), report):
        kept = episodes.save(tx, episode)
        if episode.version == report.version:
            episodes.save_references(tx, kept, references_after(report))


@dataclass(frozen=True, slots=True)
class Sweep:
    """What a sweep over all variants as of an hour came to.

    quiet : what is recorded already, with nothing to say; speaking : the variants that have to be checked.
    """

    at: datetime
    quiet: tuple[Glance, ...]
    speaking: tuple[str, ...]


def sweep(database: Database, at: datetime) -> Sweep:
    """Glance at all variants as of `at`, by one query for their traffic; changes nothing."""
    quiet: list[Glance] = []
    with database.read() as tx:
        known = asked_of_all(tx, at)
        unheard = dict(known)
        going_on = episodes.all_open(tx, hour_of(at))
        speaking = [name for name, it in known.items() if name in going_on or not it.plain]
        plain = [name for name in known if name not in set(speaking)]
        start = min((known[name].earliest for name in plain), default=at)
        try:
            for rollups in conversations.tables(tx, plain if speaking else None, start, hour_of(at)):
                it = unheard.pop(rollups.variant)
                found = _glanced(it, rollups)
                if found is None:
                    speaking.append(it.variant)
                else:
                    quiet.append(found)
        except DamagedDatabaseError:  # it ends the query: whoever has not been heard is checked alone, and the damaged one says why
            speaking += [name for name in unheard if name not in set(speaking)]
    spoken = set(speaking)
    quiet += [_silent(it) for name, it in unheard.items() if name not in spoken]
    return Sweep(hour_of(at), tuple(quiet), tuple(sorted(speaking)))


def _glanced(it: Asked, rollups: VariantRollups) -> Glance | None:
    """A glance; None too where it cannot be made: the check itself then says why."""
    table = it.table(rollups)
    try:
        return glance(table, it.policy, it.at, it.background(rollups, table.version))
    except Exception:  # noqa: BLE001 - whatever breaks a glance breaks the check itself, which says so and stops no other
        return None


def _silent(it: Asked) -> Glance:
    """A variant without any conversation in the hours that a check looks at."""
    return Glance(it.variant, it.version or FIRST_VERSION, it.at, Status.INSUFFICIENT_DATA, 0, None)


def sweep_and_record(database: Database, act: Provenance, at: datetime) -> Sweep:
    """The same, and keep the checks of the variants that have nothing to say.

    Hours that were missed since the last check that the same actor recorded, of the last seven days, are swept first; what speaks in
    one of them is checked and recorded as of then. A check that somebody else records in between is no sweep.
    """
    with database.read() as tx:
        last = checks.last_at(tx, by=act.by)
    for missed in hours_between(last, at):
        for name in _sweep(database, act, missed).speaking:
            with suppress(Exception):  # a check that breaks stops no other, and says so when it is made again as of now
                _record(database, act, name, missed)
    return _sweep(database, act, at)


def _sweep(database: Database, act: Provenance, at: datetime) -> Sweep:
    swept = sweep(database, at)
    with database.write(act) as tx:
        checks.add_quiet(tx, act, swept.quiet)
        alerting.after_sweep(tx, act, [it.variant for it in swept.quiet], swept.at)
    return swept


@dataclass(frozen=True, slots=True)
class Known:
    """A drift that is meant.

    fewest : conversations that must lie on both sides before a metric is compared again.
    """

    episode: Episode
    fewest: int

    @property
    def meaning(self) -> tuple[str, ...]:
        """What it comes to, a sentence each."""
        return (
            "the episode is closed, and none of its alarms lasts",
            f"the reference begins anew at {self.episode.known_from:%Y-%m-%d %H:%MZ}, where the last of its alarms began",
            "the days before are compared with nothing; they teach how much days differ",
            f"a metric is insufficient_data until {self.fewest:,} conversations since then lie on both sides",
            "the audit log keeps who said so, when and why",
        )


def known(database: Database, act: Provenance, episode_id: int, reason: str) -> Known:
    """Say that a change is meant: its episode is closed, and what came before its onset is no reference any more.

    Nothing is compared with the time before; it teaches how days differ, as after a promotion. The same again changes nothing.
    Raises UnknownEpisodeError, EpisodeOverError for an episode that ended otherwise, and InvalidInputError without a reason.
    """
    because = reason.strip()
    if not because:
        message = f"reason has 0 characters; say in 1 to {MAX_REASON_CHARACTERS:,} why the change is meant"
        raise InvalidInputError(message, field="reason")
    expect_reason(because)
    told = replace(act, why=because)
    with database.write(told, "known_drift") as tx:
        return answers.once(tx, told, ("known", episode_id, because), Known, lambda: _known(tx, told, episode_id))


def _known(tx: Transaction, act: Provenance, episode_id: int) -> Known:
    variants.lock(tx, _expect(tx, episode_id).variant)
    it = _expect(tx, episode_id)
    if it.known_at is None:
        if it.closed_at is not None:
            message = f"episode {episode_id} was over at {it.closed_at:%Y-%m-%d %H:%MZ}: {it.closed_because}; there is nothing left to end"
            raise EpisodeOverError(message)
        begins = max([it.onset_at, *(alarm.onset_at for alarm in episodes.references_of(tx, episode_id))])
        it = replace(it, known_because=act.why, known_by=act.by, known_at=act.at, known_from=begins)
        it = replace(it, closed_at=act.at, closed_because=f"known: {act.why}")
        episodes.save(tx, it)
    return Known(it, policies.of(tx, it.variant).min_samples_for_comparison)


def _expect(tx: Transaction, episode_id: int) -> Episode:
    found = episodes.get(tx, episode_id)
    if found is None:
        message = f"no episode {episode_id} is known; lifecycle drift history lists them"
        raise UnknownEpisodeError(message, field="episode")
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """An episode in full; alarms : its frozen references, by when they were found."""

    episode: Episode
    alarms: tuple[FrozenReference, ...]


def episode(database: Database, episode_id: int) -> Told:
    """One episode, with the alarms that it is made of. Raises UnknownEpisodeError."""
    with database.read() as tx:
        return Told(_expect(tx, episode_id), tuple(episodes.references_of(tx, episode_id)))


def history(database: Database, variant: str | None, limit: int, before_id: int | None = None) -> list[Episode]:
    """The newest `limit` episodes of `variant`, or of all, newest first; those under `before_id` where it is given."""
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        return episodes.newest(tx, variant, limit, before_id)


def metrics(database: Database, at: datetime) -> DriftMetrics:
    """How the watch itself goes, over all variants, as of `at`."""
    with database.read() as tx:
        return watch_metrics(tx, at)


def watch_metrics(tx: Transaction, at: datetime) -> DriftMetrics:
    """The same in an open transaction."""
    last = checks.last_at(tx, until=at)
    total, still_open = episodes.count(tx, at)
    return DriftMetrics(
        checks=checks.count(tx, at),
        checks_last_day=checks.count(tx, at, after=at - timedelta(days=1)),
        episodes=total,
        open_episodes=still_open,
        detections_last_week=episodes.began(tx, at - _WEEK, at),
        detections_per_week=episodes.began(tx, at - 4 * _WEEK, at) / 4,
        drifting_often=tuple(episodes.often(tx, at - _WEEK, at, MANY_PER_WEEK)),
        by_metric=episodes.by_metric(tx, at),
        last_check_at=last,
        last_check_age_s=(at - last).total_seconds() if last else None,
    )
