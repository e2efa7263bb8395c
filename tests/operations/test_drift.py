"""Checks, and what is remembered of them."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.report import Metric, Status
from lifecycle_core.errors import InvalidInputError, UnknownVariantError
from lifecycle_core.operations import drift, traffic, versions
from lifecycle_core.operations.status import status
from lifecycle_core.policy import Mode
from tests.filled import filled

HOUR = timedelta(hours=1)
HEALTHY_RATE, ILL_RATE = 0.75, 0.35


def conversations(act, chance, *, hours, rate, version=1, a_day=144):
    """Traffic of the `hours` relative to noon of the test's day."""
    gap = timedelta(days=1) / a_day
    return [
        Conversation(
            id=f"{version}-{hours[0]}-{number}",
            variant="baseline",
            version=version,
            ended_at=act.at + hours[0] * HOUR + gap * (number + 0.5),
            booked=bool(chance.random() < rate),
        )
        for number in range(int((hours[1] - hours[0]) * HOUR / gap))
    ]


@pytest.fixture
def ill(database, act):
    """Three healthy weeks, then two days in which bookings fell; all of it before noon of the test's day."""
    return filled(database, act, falling)


def falling(database, act):
    chance = np.random.default_rng(1)
    traffic.ingest(database, act, conversations(act, chance, hours=(-21 * 24, -48), rate=HEALTHY_RATE))
    traffic.ingest(database, act, conversations(act, chance, hours=(-48, 0), rate=ILL_RATE))


def record(database, act, hour):
    at = act.at + hour * HOUR
    return drift.check_and_record(database, replace(act, at=at), "baseline", at)


def test_a_check_finds_the_drift(ill, act):
    report = drift.check(ill, "baseline", act.at)
    assert (report.drifts, report.version, report.at) == ((Metric.BOOKING_RATE,), 1, act.at)


def test_a_check_changes_nothing(ill, act):
    drift.check(ill, "baseline", act.at)
    assert drift.history(ill, None, 10) == []
    assert drift.metrics(ill, act.at).checks == 0


def test_a_check_may_ask_of_an_earlier_instant(ill, act):
    assert drift.check(ill, "baseline", act.at - 60 * HOUR).status is Status.STABLE


def test_a_check_may_ask_by_the_bare_threshold(ill, act):
    bare = drift.check(ill, "baseline", act.at, Mode.THRESHOLD)
    assert all(it.decided_by is None for it in bare.metrics)


def test_the_report_tells_the_newest_conversation_before_it(ill, act):
    assert drift.check(ill, "baseline", act.at).latest == act.at - timedelta(minutes=5)


@pytest.mark.parametrize("year", [1, 9999])
def test_an_instant_that_cannot_be_meant_is_refused(ill, act, year):
    with pytest.raises(InvalidInputError, match="give an instant between the years"):
        drift.check(ill, "baseline", act.at.replace(year=year))


@pytest.mark.parametrize("ask", [drift.check, lambda it, variant, _: drift.history(it, variant, 5)], ids=["check", "history"])
def test_an_unknown_variant_is_refused_with_the_nearest(ill, act, ask):
    with pytest.raises(UnknownVariantError, match="no variant is called 'base'; did you mean 'baseline'"):
        ask(ill, "base", act.at)


def test_a_recorded_drift_is_an_episode_with_its_report(ill, act):
    report = record(ill, act, 0)
    (episode,) = drift.history(ill, "baseline", 10)
    assert (episode.report, episode.drifts, episode.created_at) == (report, (Metric.BOOKING_RATE,), act.at)


def test_an_hour_is_recorded_once(ill, act):
    first = record(ill, act, 0)
    assert record(ill, act, 0.5) == first
    assert drift.history(ill, "baseline", 10)[0].checks == 1
    assert drift.metrics(ill, act.at).checks == 1


def test_the_next_hour_prolongs_the_episode(ill, act):
    record(ill, act, 0)
    record(ill, act, 1)
    (episode,) = drift.history(ill, "baseline", 10)
    assert (episode.checks, episode.last_seen_at) == (2, act.at + HOUR)


def test_an_hour_recorded_late_changes_no_episode(ill, act):
    record(ill, act, 0)
    record(ill, act, -60)
    (episode,) = drift.history(ill, "baseline", 10)
    assert (episode.checks, episode.quiet_checks) == (1, 0)


def test_a_new_version_is_checked_by_its_own_traffic_and_ends_the_episode(ill, act):
    record(ill, act, 0)
    for prompt in ("one", "two"):
        versions.register(ill, act, variant="baseline", system_prompt=prompt)
    versions.activate(ill, act, "baseline", 1)
    versions.activate(ill, act, "baseline", 2)
    report = record(ill, act, 1)
    assert (report.version, report.status, report.drifts) == (2, Status.INSUFFICIENT_DATA, ())
    assert drift.history(ill, "baseline", 10)[0].closed_because == "version 2 took its place"


def test_the_version_checked_is_the_one_that_was_active_then(ill, act):
    for prompt in ("one", "two"):
        versions.register(ill, act, variant="baseline", system_prompt=prompt)
    versions.activate(ill, replace(act, at=act.at - 30 * HOUR), "baseline", 1)
    versions.activate(ill, act, "baseline", 2)
    assert drift.check(ill, "baseline", act.at - HOUR).version == 1
    assert drift.check(ill, "baseline", act.at).version == 2


def test_a_check_is_of_the_version_that_was_active_when_its_hour_began(ill, act):
    for prompt in ("one", "two"):
        versions.register(ill, act, variant="baseline", system_prompt=prompt)
    versions.activate(ill, replace(act, at=act.at - 30 * HOUR), "baseline", 1)
    versions.activate(ill, replace(act, at=act.at + timedelta(minutes=20)), "baseline", 2)
    assert drift.check(ill, "baseline", act.at + timedelta(minutes=40)) == drift.check(ill, "baseline", act.at)
    assert drift.check(ill, "baseline", act.at + HOUR).version == 2


def test_registering_the_prompt_of_imported_traffic_hides_none_of_it(ill, act):
    before = drift.check(ill, "baseline", act.at)
    versions.register(ill, act, variant="baseline", system_prompt="one")
    versions.activate(ill, act, "baseline", 1)
    assert drift.check(ill, "baseline", act.at) == before


def test_without_an_activation_the_newest_traffic_says_the_version(ill, act):
    traffic.ingest(ill, act, conversations(act, np.random.default_rng(2), hours=(-1, 0), rate=1, version=4, a_day=288))
    assert drift.check(ill, "baseline", act.at).version == 4
    assert drift.check(ill, "baseline", act.at - HOUR).version == 1


def test_a_version_that_comes_back_keeps_its_own_earlier_traffic(ill, act):
    for prompt in ("one", "two"):
        versions.register(ill, act, variant="baseline", system_prompt=prompt)
    versions.activate(ill, replace(act, at=act.at - 400 * HOUR), "baseline", 1)
    versions.activate(ill, replace(act, at=act.at - 30 * HOUR), "baseline", 2)
    versions.roll_back(ill, replace(act, at=act.at - 20 * HOUR), "baseline")
    assert drift.check(ill, "baseline", act.at).drifts == (Metric.BOOKING_RATE,)


@pytest.mark.parametrize(("rolled_back", "quiet_hours"), [(-6, 0), (-30, 24)])
def test_a_rollback_is_no_outage_and_an_outage_after_it_is_one(database, act, rolled_back, quiet_hours):
    chance = np.random.default_rng(3)
    for prompt in ("one", "two"):
        versions.register(database, act, variant="baseline", system_prompt=prompt)
    for version, hour in ((1, -1200), (2, -50)):
        versions.activate(database, replace(act, at=act.at + hour * HOUR), "baseline", version)
    versions.roll_back(database, replace(act, at=act.at + rolled_back * HOUR), "baseline")
    for version, hours in ((1, (-1200, -50)), (2, (-50, rolled_back)), (1, (rolled_back, -quiet_hours))):
        traffic.ingest(database, act, conversations(act, chance, hours=hours, rate=HEALTHY_RATE, version=version))
    assert bool(drift.check(database, "baseline", act.at).incidents) is bool(quiet_hours)


def test_metrics_count_episodes_and_not_hours(ill, act):
    for hour in range(3):
        record(ill, act, hour)
    found = drift.metrics(ill, act.at + 2.5 * HOUR)
    assert (found.checks, found.checks_last_day, found.episodes, found.open_episodes) == (3, 3, 1, 1)
    assert (found.detections_last_week, found.detections_per_week) == (1, 0.25)
    assert (found.by_metric[Metric.BOOKING_RATE], found.by_metric[Metric.COST]) == (1, 0)
    assert (found.last_check_at, found.last_check_age_s) == (act.at + 2 * HOUR, 1800)


def test_metrics_know_nothing_of_what_came_after_their_instant(ill, act):
    for hour in range(3):
        record(ill, act, hour)
    before, then = drift.metrics(ill, act.at - HOUR), drift.metrics(ill, act.at + 1.5 * HOUR)
    assert (before.checks, before.episodes, before.open_episodes, before.last_check_at) == (0, 0, 0, None)
    assert set(before.by_metric.values()) == {0}
    assert (then.checks, then.episodes, then.last_check_at, then.last_check_age_s) == (2, 1, act.at + HOUR, 1800)


def test_an_episode_that_was_closed_later_was_open_then(ill, act):
    record(ill, act, 0)
    for prompt in ("one", "two"):
        versions.register(ill, act, variant="baseline", system_prompt=prompt)
    versions.activate(ill, act, "baseline", 1)
    versions.activate(ill, act, "baseline", 2)
    record(ill, act, 1)
    assert [drift.metrics(ill, act.at + hours * HOUR).open_episodes for hours in (0.5, 1)] == [1, 0]
    (then,) = status(ill, act.at + 0.5 * HOUR).open_episodes
    assert then.open
    assert status(ill, act.at + HOUR).open_episodes == ()


def test_before_the_first_check_its_age_is_unknown(database, act):
    found = drift.metrics(database, act.at)
    assert (found.last_check_at, found.last_check_age_s) == (None, None)


def test_history_goes_on_below_an_episode(ill, act):
    record(ill, act, 0)
    (episode,) = drift.history(ill, None, 10)
    assert drift.history(ill, None, 10, before_id=episode.id) == []


@pytest.mark.postgres
def test_an_episode_in_postgresql_is_the_same(postgres_database, act):
    chance = np.random.default_rng(1)
    traffic.ingest(postgres_database, act, conversations(act, chance, hours=(-21 * 24, -48), rate=HEALTHY_RATE))
    traffic.ingest(postgres_database, act, conversations(act, chance, hours=(-48, 0), rate=ILL_RATE))
    report = record(postgres_database, act, 0)
    record(postgres_database, act, 1)
    (episode,) = drift.history(postgres_database, "baseline", 10)
    assert (episode.drifts, episode.created_at, episode.checks) == (report.drifts, act.at, 2)
