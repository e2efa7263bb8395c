"""A promoted version is watched, and goes back or is stable."""

from datetime import timedelta

import pytest

from benchmarks._sessions import in_shadow_test, later, proved
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import probation, promotion, shadow, traffic, versions, versions_asked
from lifecycle_core.operations.database import verify
from lifecycle_core.retraining.probations import ProbationStatus
from lifecycle_core.versions.version import Tag


def promote(database, act):
    """Take a session to its promotion; returns its id."""
    name = in_shadow_test(database, act).session_id
    shadow.record_samples(database, act, name, proved(act))
    promotion.promote_or_roll_back(database, act, name)
    return name


@pytest.fixture
def promoted(any_database, act):
    """A database of each kind in which version 2 was just promoted over version 1."""
    promote(any_database, act)
    return any_database


def live(database, act, count, *, booked, **others):
    """So many conversations of version 2, ended in the last day, of which the share `booked` booked."""
    conversations = [
        Conversation(
            id=f"live{number}",
            variant="baseline",
            version=2,
            ended_at=act.at - timedelta(minutes=number),
            booked=number % 10 < booked * 10,
            escalated=False,
            **others,
        )
        for number in range(count)
    ]
    traffic.ingest(database, act, conversations)


def test_a_promotion_begins_it_with_the_incumbents_record(promoted, act):
    it = probation.open_probations(promoted)[0]
    assert (it.status, it.ends_at - it.started_at) == (ProbationStatus.RUNNING, timedelta(days=7))
    assert (it.bookings.n, it.bookings.x, it.escalations.x) == (60, 45, 0)
    assert 0 < it.bars.booking < 0.75


def test_it_goes_on_until_enough_was_seen(promoted, act):
    day = later(act, hours=25)
    live(promoted, day, 50, booked=0.8)
    it = probation.check(promoted, day, "baseline")
    assert (it.status, it.watched.n, it.judged_at) == (ProbationStatus.RUNNING, 50, day.at)


def test_a_version_that_does_no_harm_becomes_stable(promoted, act):
    day = later(act, hours=25)
    live(promoted, day, 220, booked=0.8)
    it = probation.check(promoted, day, "baseline")
    assert (it.status, it.ended_at) == (ProbationStatus.STABLE, day.at)
    assert Tag.STABLE in versions_asked.active(promoted, "baseline").tags
    assert probation.check(promoted, later(act, hours=26), "baseline") is None


def test_harm_brings_the_version_before_back_and_says_so(promoted, act):
    day = later(act, hours=25)
    live(promoted, day, 220, booked=0.1)
    it = probation.check(promoted, day, "baseline")
    assert (it.status, "books less" in it.because) == (ProbationStatus.HARM, True)
    assert versions_asked.active(promoted, "baseline").version == 1
    assert versions_asked.history(promoted, "baseline", 1).activations[0].why.startswith("probation of version 2: It books less")
    assert verify(promoted).problems == ()


def test_a_rollback_by_hand_ends_it(promoted, act):
    versions.roll_back(promoted, later(act, hours=1), "baseline")
    it = probation.check(promoted, later(act, hours=2), "baseline")
    assert (it.status, it.because) == (ProbationStatus.REPLACED, "version 1 became active in its place")


def test_after_a_week_with_too_little_traffic_it_is_over_and_says_so(promoted, act):
    it = probation.check(promoted, later(act, days=7), "baseline")
    assert (it.status, it.because) == (ProbationStatus.TOO_FEW, "200 more conversations")


def test_without_one_there_is_nothing_to_check(database, act):
    in_shadow_test(database, act)
    assert probation.check(database, act, "baseline") is None


def test_it_is_found_by_its_session_and_by_its_variant(database, act):
    name = promote(database, act)
    assert probation.of_session(database, name) == probation.of_variant(database, "baseline")[0]


def test_after_a_drift_its_record_decides_and_the_healthy_one_before_is_shown_beside_it(database, act):
    drifted = 36 * 4
    fallen = [number < drifted for number in range(14 * 96)]
    traffic.ingest(
        database,
        act,
        [
            Conversation(
                id=f"d{number}",
                variant="baseline",
                version=1,
                ended_at=act.at - timedelta(minutes=15 * (number + 1)),
                booked=number % 5 < (2 if ill else 4),
                escalated=False,
            )
            for number, ill in enumerate(fallen)
        ],
    )
    promote(database, act)
    it = probation.open_probations(database)[0]

    assert it.bookings.rate == pytest.approx(0.45, abs=0.06)
    assert it.healthy.rate == pytest.approx(0.80, abs=0.03)
    assert it.bars.booking < it.bookings.rate


def test_without_a_drift_the_record_is_healthy_itself(promoted, act):
    assert probation.open_probations(promoted)[0].healthy is None


def test_customers_ratings_are_shown_and_decide_nothing(database, act):
    promote(database, act)
    day = later(act, hours=25)
    live(database, day, 220, booked=0.8, customer_rating=1.0)
    it = probation.check(database, day, "baseline")

    assert (it.status, it.watched.rating, it.watched.rated) == (ProbationStatus.STABLE, 1.0, 220)
