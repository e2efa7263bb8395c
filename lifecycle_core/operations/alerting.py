"""Signals judged in the transaction of the check that gives rise to it, and messages written there: both are kept, or neither.

1. A check that is recorded of the present hour judges all signals of its variant; a sweep those of the variants that have nothing to say.
2. What is found out about past hours, as in a backfill, alerts nobody.
3. Whether the watch itself stands still is judged by whoever delivers, for a watch that stands still judges nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.alerts.looks import of_drift, of_incidents, of_watch
from lifecycle_core.alerts.messages import Serving, of_episode
from lifecycle_core.alerts.signals import INSTALLATION, Level, Reading, Signal
from lifecycle_core.alerts.silences import Silence, silenced
from lifecycle_core.alerts.states import AlertEpisode, Standing, after, grouped, worth_keeping
from lifecycle_core.alerts.thresholds import Counted, readings
from lifecycle_core.drift.report import DriftReport
from lifecycle_core.policy import AlertPolicy
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import alerts, answers, checks, episodes, outbox, policies, variants, versions
from lifecycle_core.store.database import Database, Transaction

PRESENT: Final = timedelta(hours=1)
"""A check as of an hour that began longer ago than this is of the past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at one variant has before it: what it read, where its signals stood, and the episode that goes on."""

    variant: str
    readings: Sequence[Reading]
    before: Mapping[Signal, Standing]
    episode: AlertEpisode | None
    rules: AlertPolicy


def after_check(tx: Transaction, act: Provenance, report: DriftReport) -> None:
    """Judge the signals of a variant whose check was just recorded, and write the message that is due."""
    name, at = report.variant, report.at
    if act.at - at >= PRESENT:
        return
    rules = policies.of(tx, name).alerts
    counted = alerts.counted(tx, at, name).get(name, Counted())
    found = (of_drift(episodes.open_of(tx, name)), of_incidents(report), *readings(counted, rules))
    before = alerts.standings(tx, [name]).get(name, {})
    it = Looked(variant=name, readings=found, before=before, episode=alerts.open_episode(tx, name), rules=rules)
    _keep(tx, act, it, alerts.silences(tx, act.at), at)


def after_sweep(tx: Transaction, act: Provenance, quiet: Collection[str], at: datetime) -> None:
    """The same for variants of which a sweep found nothing to say, by eight queries however many they are."""
    if act.at - at >= PRESENT or not quiet:
        return
    variants.lock_all(tx, quiet)
    own, counted = policies.all(tx), alerts.counted(tx, at)
    before, going_on, silences = alerts.standings(tx, quiet), alerts.open_episodes(tx), alerts.silences(tx, act.at)
    for name in sorted(quiet):
        rules = own[name].alerts if name in own else AlertPolicy()
        found = (of_drift(None), of_incidents(None), *readings(counted.get(name, Counted()), rules))
        it = Looked(variant=name, readings=found, before=before.get(name, {}), episode=going_on.get(name), rules=rules)
        _keep(tx, act, it, silences, at)


def judge_watch(database: Database, act: Provenance, interval_s: float) -> bool:
    """Judge whether the watch stands still, and write the message that is due: -> whether it does.

    interval_s : seconds between two checks. A watch that never checked is not stalled: there may be nothing to check.
    """
    with database.read() as tx:
        last = checks.last_at(tx, until=act.at)
        before, episode = alerts.standings(tx, [INSTALLATION]).get(INSTALLATION, {}), alerts.open_episode(tx, INSTALLATION)
    found = of_watch(last, act.at, interval_s)
    stalled = found.level is Level.ALERT
    if not stalled and episode is None and Signal.STALLED_WATCH in before:
        return stalled
    with database.write(act, "judge_watch") as tx:
        answers.lock(tx, "alerts", Signal.STALLED_WATCH)
        before, episode = alerts.standings(tx, [INSTALLATION]).get(INSTALLATION, {}), alerts.open_episode(tx, INSTALLATION)
        it = Looked(variant=INSTALLATION, readings=(found,), before=before, episode=episode, rules=AlertPolicy())
        _keep(tx, act, it, alerts.silences(tx, act.at), act.at)
    return stalled


def _keep(tx: Transaction, act: Provenance, it: Looked, silences: Iterable[Silence], at: datetime) -> None:
    found = [*it.readings, *_unwatched(it)]
    now = {one.signal: after(it.before.get(one.signal), one, at, it.rules) for one in found}
    alerts.keep_standings(tx, it.variant, [one for one in now.values() if worth_keeping(it.before.get(one.signal), one)])
    quiet = silenced(silences, it.variant, act.at)
    episode, notice = grouped(it.variant, it.episode, now.values(), quiet, at, it.rules)
    if episode is None or episode == it.episode:
        return
    episode = alerts.save_episode(tx, episode)
    if notice is not None:
        outbox.add(tx, act, of_episode(notice, episode, now.values(), _serving(tx, it.variant), at))


def _unwatched(it: Looked) -> list[Reading]:
    """Looks at signals whose threshold was taken away: nobody waits for them to be well."""
    read = {found.signal for found in it.readings}
    return [Reading(signal=signal, level=Level.OK, unwatched=True) for signal in it.before if signal not in read]


def _serving(tx: Transaction, variant: str) -> Serving:
    return versions.serving(tx, variant) if variant != INSTALLATION else Serving()
