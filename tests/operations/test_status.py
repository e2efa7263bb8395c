"""How everything stands."""

from datetime import timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import drift, traffic, versions
from lifecycle_core.operations.status import gauges, reliability, status
from lifecycle_core.store import migrations
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected

HOUR = timedelta(hours=1)


@pytest.fixture
def busy(any_database, act):
    """Two variants, one with versions; traffic, a record in quarantine, a recorded check."""
    conversations = [
        Conversation(
            id=str(number),
            variant="baseline",
            ended_at=act.at - timedelta(minutes=30 * number + 1),
            booked=None if number == 0 else number % 4 != 0,
            escalated=number % 10 == 1,
            cost_usd=0.001 * number,
            total_tokens=100,
        )
        for number in range(60)
    ]
    other = Conversation(id="a", variant="casual", ended_at=act.at - 100 * HOUR)
    rejected = Rejected("file.jsonl", 3, Refusal("cost_usd", "-0.5", "it must be 0 or more"), "{}")
    traffic.ingest(any_database, act, [*conversations, other], [rejected])
    for prompt in ("one", "two"):
        versions.register(any_database, act, variant="baseline", system_prompt=prompt)
    versions.activate(any_database, act, "baseline", 1)
    versions.activate(any_database, act, "baseline", 2)
    versions.roll_back(any_database, act, "baseline")
    drift.check_and_record(any_database, act, "baseline", act.at)
    return any_database


def test_status_tells_the_database_and_its_schema(busy, act):
    found = status(busy, act.at)
    assert (found.database, found.revision) == (busy.dialect, migrations.HEAD)


def test_status_counts_rows_and_quarantine(busy, act):
    found = status(busy, act.at)
    assert (found.conversations, found.quarantined) == (61, 1)


def test_status_has_every_variant_with_its_versions_and_last_check(busy, act):
    baseline, casual = status(busy, act.at).variants
    assert (baseline.summary.active_version, baseline.summary.conversations, baseline.last_check.at) == (1, 60, act.at)
    assert (casual.summary.variant_name, casual.summary.active_version, casual.last_check, casual.open_episode) == (
        "casual",
        None,
        None,
        None,
    )


def test_status_tells_the_age_of_the_last_check(busy, act):
    found = status(busy, act.at + 2 * HOUR)
    assert (found.last_check_at, found.last_check_age_s) == (act.at, 7200)


def test_status_of_an_earlier_instant_knows_no_check_that_came_later(busy, act):
    found = status(busy, act.at - HOUR)
    assert (found.last_check_at, found.last_check_age_s, found.variants[0].last_check) == (None, None, None)


def test_an_empty_database_has_a_status(database, act):
    found = status(database, act.at)
    assert (found.variants, found.conversations, found.last_check_at, found.open_episodes) == ((), 0, None, ())


def test_reliability_counts_the_traffic_of_the_last_day(busy, act):
    baseline, casual = reliability(busy, act.at).traffic
    assert (baseline.conversations, baseline.booked_n, baseline.booking_rate) == (48, 47, pytest.approx(36 / 47))
    assert (baseline.escalated_n, baseline.escalation_rate) == (48, pytest.approx(5 / 48))
    assert (baseline.cost_n, baseline.avg_cost_usd, baseline.avg_tokens) == (48, pytest.approx(0.0235), 100)
    assert (casual.conversations, casual.booking_rate, casual.avg_cost_usd) == (0, None, None)


def test_reliability_counts_versions_and_rollbacks(busy, act):
    found = reliability(busy, act.at).versions
    assert (found.versions, found.active_versions, found.activations_last_month, found.rollbacks_last_month) == (2, 1, 2, 1)


def test_rollbacks_of_long_ago_are_not_of_the_last_month(busy, act):
    assert reliability(busy, act.at + timedelta(days=31)).versions.rollbacks_last_month == 0


def test_reliability_counts_recorded_checks(busy, act):
    assert reliability(busy, act.at).drift.checks == 1


def test_gauges_count_what_status_lists(busy, act):
    found, listed = gauges(busy, act.at), status(busy, act.at)
    assert (found.variants, found.quarantined, found.last_check_at) == (len(listed.variants), listed.quarantined, listed.last_check_at)
    assert sum(found.open_episodes.values()) == len(listed.open_episodes)


def test_gauges_of_nothing_are_nothing(any_database, act):
    found = gauges(any_database, act.at)
    assert (found.variants, found.probations, found.quarantined, found.last_check_at) == (0, 0, 0, None)
    assert {*found.open_episodes.values(), *found.sessions.values()} == {0}
