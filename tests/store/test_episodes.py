"""Episodes with their course, what a person called known, and the frozen references of their alarms."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import Episode, FrozenReference, Turn
from lifecycle_core.drift.report import Comparison, DriftReport, Metric, Severity
from lifecycle_core.store import episodes

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REPORT = DriftReport(
    variant="baseline", version=1, at=NOON, reference=Window(NOON - 8 * DAY, NOON - DAY), recent=Window(NOON - DAY, NOON), metrics=()
)
EPISODE = Episode(
    variant="baseline",
    version=1,
    drifts=(Metric.COST,),
    severity=Severity.HIGH,
    onset_at=NOON - DAY,
    created_at=NOON,
    last_seen_at=NOON,
    course=(
        Turn(at=NOON, severity=Severity.LOW, drifts=(Metric.COST,)),
        Turn(at=NOON + DAY, severity=Severity.HIGH, drifts=(Metric.COST,)),
    ),
    report=REPORT,
)
FROZEN = FrozenReference(
    comparison=Comparison.COST_TAIL,
    version=1,
    entered_at=NOON,
    onset_at=NOON - DAY,
    starts_at=NOON - 29 * DAY,
    ends_at=NOON - DAY,
    hours=48,
)


@pytest.fixture
def opened(any_database, act):
    """A database of each kind, with an open episode and its id."""
    with any_database.write(act) as tx:
        episodes.save(tx, EPISODE)
    return any_database, kept(any_database).id


def kept(database, at=NOON):
    with database.read() as tx:
        return episodes.all_open(tx, at).get("baseline")


def ask(database, question, *given):
    with database.read() as tx:
        return question(tx, *given)


def save(database, act, it):
    with database.write(act) as tx:
        episodes.save(tx, it)


def freeze(database, act, number, *references):
    with database.write(act) as tx:
        episodes.save_references(tx, number, references)


def test_an_episode_comes_back_with_its_course(opened):
    database, number = opened
    assert kept(database) == replace(EPISODE, id=number)


def test_an_episode_is_open_from_its_beginning_to_its_end(opened, act):
    database, _ = opened
    save(database, act, replace(kept(database), closed_at=NOON + DAY, closed_because="it ended"))
    found = [kept(database, at) for at in (NOON - DAY, NOON, NOON + DAY)]
    assert [it is not None for it in found] == [False, True, False]
    assert (found[1].closed_at, found[1].closed_because) == (None, None)


def test_of_drifts_called_known_the_newest_gives_its_onset_from_then_on(opened, act):
    database, _ = opened
    save(database, act, replace(kept(database), known_because="new prices", known_by="ada", known_at=NOON + DAY, closed_at=NOON + DAY))
    later = replace(EPISODE, onset_at=NOON + 2 * DAY, created_at=NOON + 3 * DAY, known_because="so be it", known_by="ada")
    save(database, act, replace(later, known_at=NOON + 4 * DAY))
    asked = [NOON + DAY - timedelta(hours=1), NOON + DAY, NOON + 5 * DAY]
    assert [ask(database, episodes.known_onsets, at).get("baseline") for at in asked] == [None, NOON - DAY, NOON + 2 * DAY]


def test_references_of_alarms_that_last_come_back_in_the_order_of_their_alarms(opened, act):
    database, number = opened
    later = replace(FROZEN, comparison=Comparison.BOOKING_RATE, entered_at=NOON + DAY, relative_change=-0.25)
    freeze(database, act, number, later, FROZEN)
    assert frozen(database, NOON + 2 * DAY).held == [(1, FROZEN), (1, later)]
    assert frozen(database, NOON + DAY).held == [(1, FROZEN)]


def test_saving_a_reference_again_changes_it_and_leaves_the_others(opened, act):
    database, number = opened
    other = replace(FROZEN, comparison=Comparison.BOOKING_RATE)
    freeze(database, act, number, FROZEN, other)
    ended = replace(FROZEN, quiet_checks=24, ended_at=NOON + 2 * DAY)
    freeze(database, act, number, ended)
    found = frozen(database, NOON + 3 * DAY)
    assert (found.held, found.ended) == ([(1, other)], [ended])


def test_an_alarm_that_lasted_when_its_episode_was_closed_was_cut_short(opened, act):
    database, number = opened
    freeze(database, act, number, FROZEN)
    save(database, act, replace(kept(database), closed_at=NOON + DAY, closed_because="it ended"))
    assert frozen(database, NOON + DAY).held == [(1, FROZEN)]
    found = frozen(database, NOON + 2 * DAY)
    assert (found.held, found.cut_short) == ([], [(NOON + DAY, FROZEN)])


def test_what_a_person_called_known_leaves_no_reference(opened, act):
    database, number = opened
    freeze(database, act, number, FROZEN, replace(FROZEN, comparison=Comparison.COST, ended_at=NOON + DAY))
    known = {"known_because": "new prices", "known_by": "ada", "known_at": NOON + DAY}
    save(database, act, replace(kept(database), closed_at=NOON + DAY, closed_because="it is known", **known))
    assert frozen(database, NOON + 2 * DAY) == episodes.Frozen([], [], [])


def frozen(database, at):
    return ask(database, episodes.references, at)["baseline"]


def test_a_comparison_may_alarm_again_within_one_episode(opened, act):
    database, number = opened
    over = replace(FROZEN, quiet_checks=24, ended_at=NOON + 2 * DAY)
    again = replace(FROZEN, entered_at=NOON + 3 * DAY, onset_at=NOON + 2.5 * DAY)
    freeze(database, act, number, over)
    freeze(database, act, number, again)
    assert ask(database, episodes.references_of, number) == [over, again]
    found = frozen(database, NOON + 4 * DAY)
    assert (found.held, found.ended) == ([(1, again)], [over])


def test_an_ended_drift_is_remembered_while_a_window_can_hold_its_hours(opened, act):
    database, number = opened
    over = replace(FROZEN, ended_at=NOON + DAY)
    save(database, act, replace(kept(database), closed_at=NOON + DAY, closed_because="it ended"))
    freeze(database, act, number, over)
    assert frozen(database, NOON + DAY + episodes.REMEMBERED - timedelta(hours=1)).ended == [over]
    assert ask(database, episodes.references, NOON + DAY + episodes.REMEMBERED) == {}


def test_an_ended_drift_is_remembered_while_it_lies_in_the_frozen_weeks_of_one_that_lasts(opened, act):
    database, number = opened
    over = replace(FROZEN, ended_at=NOON + DAY)
    freeze(database, act, number, over)
    save(database, act, replace(kept(database), closed_at=NOON + DAY, closed_because="it ended"))
    save(database, act, replace(EPISODE, onset_at=NOON + 9 * DAY, created_at=NOON + 10 * DAY))
    again = kept(database, NOON + 10 * DAY).id
    lasting = replace(FROZEN, entered_at=NOON + 10 * DAY, onset_at=NOON + 9 * DAY, starts_at=NOON - 19 * DAY, ends_at=NOON + 9 * DAY)
    freeze(database, act, again, lasting)
    found = frozen(database, NOON + 200 * DAY)
    assert (found.held, found.ended) == ([(1, lasting)], [over])
    freeze(database, act, again, replace(lasting, starts_at=NOON + DAY))
    assert frozen(database, NOON + 200 * DAY).ended == []


def test_references_are_asked_of_one_variant_or_of_all(opened, act):
    database, number = opened
    with database.write(act) as tx:
        other = episodes.save(tx, replace(EPISODE, variant="other"))
    freeze(database, act, number, FROZEN)
    freeze(database, act, other, FROZEN)
    assert set(ask(database, episodes.references, NOON + DAY)) == {"baseline", "other"}
    assert set(ask(database, episodes.references, NOON + DAY, "other")) == {"other"}
    assert ask(database, episodes.references, NOON + DAY, "nobody") == {}


def test_an_episode_is_found_by_its_number_as_it_is_now(opened, act):
    database, number = opened
    over = replace(kept(database), closed_at=NOON + DAY, closed_because="it ended")
    save(database, act, over)
    assert ask(database, episodes.get, number) == over
    assert ask(database, episodes.get, number + 1) is None
