"""A change that is meant, and an episode in full."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.report import Comparison, Metric, Status
from lifecycle_core.errors import EpisodeOverError, IdempotencyKeyReusedError, InvalidInputError, UnknownEpisodeError
from lifecycle_core.operations import audit, drift, policies, traffic, versions
from lifecycle_core.policy import Policy
from lifecycle_core.store import episodes
from tests.filled import filled

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WHY = "the new price list is out"


def served(act, days, booked_of_ten):
    """Twelve conversations an hour of the `days` relative to noon of the test's day, of which so many in ten book."""
    start, hours = act.at + days[0] * DAY, (days[1] - days[0]) * 24
    return [
        Conversation(
            id=f"{days[0]}-{number}", variant="baseline", ended_at=start + (number + 0.5) * HOUR / 6, booked=number % 10 < booked_of_ten
        )
        for number in range(hours * 6)
    ]


@pytest.fixture
def drifted(any_database, act):
    """A database whose variant `baseline` drifted two days ago, with the episode that a check of noon opened."""
    return filled(any_database, act, drift_away)


def drift_away(database, act):
    traffic.ingest(database, later(act, 8 * 24), [*served(act, (-21, -2), 8), *served(act, (-2, 3), 4)])
    drift.check_and_record(database, act, "baseline", act.at)


def later(act, hours):
    return replace(act, at=act.at + hours * HOUR)


def the_only(database):
    [episode] = drift.history(database, None, 10)
    return episode


def the_first(database):
    return drift.history(database, None, 10)[-1]


def test_a_change_that_is_meant_ends_the_episode_and_keeps_who_said_so_and_why(drifted, act):
    told = drift.known(drifted, later(act, 1), the_only(drifted).id, f" {WHY} ").episode
    assert (told.open, told.known_because, told.known_by, told.known_at) == (False, WHY, "test", act.at + HOUR)
    assert told == the_only(drifted)


def test_the_audit_log_keeps_who_and_why(drifted, act):
    drift.known(drifted, replace(later(act, 1), by="cli:ada"), the_only(drifted).id, WHY)
    newest = audit.acts(drifted, f"drift_detections:baseline/{the_only(drifted).id}")[-1]
    assert (newest.by, newest.why, newest.at) == ("cli:ada", WHY, act.at + HOUR)


def test_the_next_check_compares_with_nothing_before_the_onset(drifted, act):
    onset = the_only(drifted).onset_at
    drift.known(drifted, later(act, 0.5), the_only(drifted).id, WHY)
    report = drift.check(drifted, "baseline", act.at + 3 * HOUR)
    assert (report.drifts, report.reference.start) == ((), onset)


def test_of_two_alarms_the_later_onset_is_where_the_reference_begins_anew(drifted, act):
    [alarm] = drift.episode(drifted, the_only(drifted).id).alarms
    second = replace(alarm, comparison=Comparison.ESCALATION_RATE, onset_at=alarm.onset_at + 5 * HOUR)
    with drifted.write(act) as tx:
        episodes.save_references(tx, the_only(drifted).id, [second])
    assert drift.known(drifted, later(act, 0.5), the_only(drifted).id, WHY).episode.known_from == second.onset_at
    assert drift.check(drifted, "baseline", act.at + 3 * HOUR).reference.start == second.onset_at


def test_until_there_are_enough_conversations_on_both_sides_it_says_that_there_are_not(drifted, act):
    policies.set_policy(drifted, act, "baseline", Policy(min_samples_for_comparison=400))
    told = drift.known(drifted, later(act, 0.5), the_only(drifted).id, WHY)
    assert told.fewest == 400
    assert drift.check(drifted, "baseline", act.at + HOUR).status is Status.INSUFFICIENT_DATA


def test_what_was_known_later_changes_no_check_of_before(drifted, act):
    before = drift.check(drifted, "baseline", act.at)
    drift.known(drifted, later(act, 1), the_only(drifted).id, WHY)
    assert drift.check(drifted, "baseline", act.at) == before


def test_the_check_of_the_hour_in_which_it_is_said_has_heard_it(drifted, act):
    drift.known(drifted, later(act, 0.1), the_only(drifted).id, WHY)
    assert drift.check(drifted, "baseline", later(act, 0.2).at).drifts == ()
    drift.sweep_and_record(drifted, later(act, 0.2), later(act, 0.2).at)
    assert not the_only(drifted).open


def test_hours_that_are_made_up_for_afterwards_open_no_episode(drifted, act):
    drift.known(drifted, later(act, 5), the_only(drifted).id, WHY)
    drift.check_and_record(drifted, later(act, 6), "baseline", later(act, 6).at)
    assert drift.metrics(drifted, later(act, 6).at).checks == 7
    assert not the_only(drifted).open


def test_said_again_nothing_changes(drifted, act):
    first = drift.known(drifted, later(act, 1), the_only(drifted).id, WHY)
    assert drift.known(drifted, later(act, 2), the_only(drifted).id, "something else") == first


def test_a_repeat_under_the_same_key_is_answered_as_the_first_time_and_another_request_is_refused(drifted, act):
    keyed = replace(later(act, 1), idempotency_key="k")
    first = drift.known(drifted, keyed, the_only(drifted).id, WHY)
    assert drift.known(drifted, replace(keyed, at=keyed.at + HOUR), the_only(drifted).id, WHY) == first
    with pytest.raises(IdempotencyKeyReusedError):
        drift.known(drifted, keyed, the_only(drifted).id, "something else")


def test_of_many_who_say_it_at_once_one_is_kept(drifted, act):
    number = the_only(drifted).id
    with ThreadPoolExecutor(8) as at_once:
        told = list(at_once.map(lambda it: drift.known(drifted, replace(later(act, 1), by=f"user {it}"), number, WHY), range(8)))
    assert len({it.episode.known_by for it in told}) == 1


def test_an_episode_that_ended_otherwise_has_nothing_left_to_end(drifted, act):
    for prompt in ("one", "two"):
        versions.register(drifted, act, variant="baseline", system_prompt=prompt)
    versions.activate(drifted, act, "baseline", 1)
    versions.activate(drifted, act, "baseline", 2)
    drift.check_and_record(drifted, later(act, 1), "baseline", act.at + HOUR)
    with pytest.raises(EpisodeOverError, match="version 2 took its place; there is nothing left to end"):
        drift.known(drifted, later(act, 2), the_only(drifted).id, WHY)


ASKED = {"episode": lambda it, _: drift.episode(it, 77), "known": lambda it, act: drift.known(it, act, 77, WHY)}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_an_episode_that_was_never_opened_is_refused(drifted, act, ask):
    with pytest.raises(UnknownEpisodeError, match="no episode 77 is known; lifecycle drift history lists them"):
        ask(drifted, act)


@pytest.mark.parametrize(
    ("reason", "refusal"),
    [
        ("", "reason has 0 characters; say in 1 to 1,000 why the change is meant"),
        ("  ", "reason has 0 characters; say in 1 to 1,000 why the change is meant"),
        ("y" * 1001, "reason has 1,001 characters; give up to 1,000, none of them NUL"),
    ],
    ids=["empty", "blank", "long"],
)
def test_a_reason_must_be_there_and_fit(drifted, act, reason, refusal):
    with pytest.raises(InvalidInputError, match=refusal):
        drift.known(drifted, act, the_only(drifted).id, reason)


def test_an_episode_is_told_with_the_alarms_that_it_is_made_of(drifted, act):
    found = drift.episode(drifted, the_only(drifted).id)
    [alarm] = found.alarms
    assert found.episode == the_only(drifted)
    assert (alarm.comparison, alarm.entered_at, alarm.ends_at, alarm.ended_at) == (Comparison.BOOKING_RATE, act.at, alarm.onset_at, None)


@pytest.mark.slow
def test_an_alarm_that_ended_is_told_with_when(drifted, act):
    traffic.ingest(drifted, later(act, 8 * 24), served(act, (3, 8), 8))
    drift.check_and_record(drifted, later(act, 8 * 24), "baseline", act.at + 8 * DAY)
    [alarm] = drift.episode(drifted, the_only(drifted).id).alarms
    assert alarm.ended_at == the_only(drifted).closed_at
    assert the_only(drifted).length == alarm.ended_at - the_only(drifted).onset_at


@pytest.mark.parametrize(("days_ago", "often"), [((1, 2), ()), ((1, 2, 3), ("baseline",)), ((1, 2, 9), ())])
def test_only_a_variant_that_drifts_more_than_twice_a_week_drifts_too_often(drifted, act, days_ago, often):
    asked = later(act, 30 * 24)
    for days in days_ago:
        then = asked.at - days * DAY
        with drifted.write(act) as tx:
            episodes.save(
                tx, replace(the_first(drifted), id=None, created_at=then, last_seen_at=then, closed_at=then, closed_because="over")
            )
    found = drift.metrics(drifted, asked.at)
    assert (found.drifting_often, found.alert) == (often, bool(often))


def test_metrics_name_what_drifted(drifted, act):
    assert {metric for metric, count in drift.metrics(drifted, act.at).by_metric.items() if count} == {Metric.BOOKING_RATE}
