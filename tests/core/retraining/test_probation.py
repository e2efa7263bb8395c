from datetime import UTC, datetime, timedelta
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle_core.policy import ProbationPolicy
from lifecycle_core.retraining.probation import Bars, Outcome, Record, Standing, evidence_of_harm, judge, lowest_rate

BEGAN = datetime(2025, 10, 7, tzinfo=UTC)
BARS = Bars(booking=0.68, escalation=0.10)


def outcomes(n, *, booked=(True, True, True, False), escalated=(False,), every=timedelta(minutes=5)):
    return [
        Outcome(ended_at=BEGAN + place * every, booked=booked[place % len(booked)], escalated=escalated[place % len(escalated)])
        for place in range(n)
    ]


def watched(seen, hours, bars=BARS):
    return judge(seen, bars, ProbationPolicy(), started_at=BEGAN, at=BEGAN + timedelta(hours=hours))


def test_a_version_as_good_as_the_record_is_stable_after_a_day_and_200_conversations():
    assert watched(outcomes(288), 24).standing is Standing.STABLE


@pytest.mark.parametrize(
    ("n", "hours", "needed"),
    [(288, 20, ("4.0 more hours",)), (150, 30, ("50 more conversations",)), (10, 1, ("190 more conversations", "23.0 more hours"))],
)
def test_until_both_are_reached_it_tells_what_is_awaited(n, hours, needed):
    found = watched(outcomes(n), hours)

    assert (found.standing, found.needed) == (Standing.RUNNING, needed)


def test_after_seven_days_with_too_few_conversations_it_ends_without_being_stable():
    found = watched(outcomes(150), 7 * 24)

    assert (found.standing, found.reasons) == (Standing.TOO_FEW, ("50 more conversations",))


def test_a_version_that_books_less_is_found_harmful():
    found = watched(outcomes(100, booked=(True, False)), 9)

    assert (found.standing, found.e_booking >= 20) == (Standing.HARM, True)
    assert found.reasons[0].startswith("It books less than the version that a rollback would bring back (e = ")


def test_a_version_that_hands_over_more_is_found_harmful():
    found = watched(outcomes(100, escalated=(True, False, False)), 9)

    assert (found.standing, found.e_booking < 20) == (Standing.HARM, True)
    assert found.reasons[0].startswith("It hands over more than")


def test_two_kinds_of_harm_are_told_together():
    found = watched(outcomes(200, booked=(True, False), escalated=(True, False, False)), 20)

    assert found.reasons[0].startswith("It books less and hands over more than the version that a rollback would bring back (e = ")


def test_evidence_of_either_alone_must_be_a_little_more_than_of_both():
    x, few = [0.0] * 40, 0.75
    alone, level = evidence_of_harm(x, [0.0] * 40, few, None), log(20)
    both = evidence_of_harm(x, [0.0] * 40, few, 0.1)

    assert (alone.harm == alone.booking).all()
    assert (alone.harm >= level).argmax() <= (both.harm >= level).argmax()


def test_without_a_bar_for_bookings_the_whole_purse_is_on_hand_offs():
    found = evidence_of_harm([1.0], [1.0], None, 0.1)

    assert found.harm.tolist() == found.escalation.tolist()


def test_evidence_of_harm_stays_though_better_days_follow():
    ill, well = outcomes(60, booked=(False,)), outcomes(600, booked=(True,))[60:]

    assert watched(ill + well, 72).standing is Standing.HARM


def test_unknown_outcomes_speak_neither_for_nor_against_it():
    seen = outcomes(100, booked=(None,), escalated=(None,))

    assert (watched(seen, 9).n, watched(seen, 9).e_booking, watched(seen, 9).booking_rate) == (0, 1.0, None)


def test_conversations_from_before_it_began_or_after_the_check_do_not_count():
    early = [Outcome(ended_at=BEGAN - timedelta(hours=1), booked=False, escalated=True)] * 100

    assert watched(early + outcomes(288), 2).n == 25


def test_conversations_are_bet_on_in_the_order_of_their_ends():
    seen = outcomes(100, booked=(True, False, False))

    assert watched(seen[::-1], 9) == watched(seen, 9)


def test_without_a_record_nothing_is_found():
    assert watched(outcomes(100, booked=(False,)), 9, Bars(booking=None, escalation=None)).standing is Standing.RUNNING


def test_days_that_differ_lower_the_bar():
    assert lowest_rate(450, 600, 3, 0.0) > lowest_rate(450, 600, 3, 0.002) > lowest_rate(450, 600, 3, 0.01)


@given(st.integers(1, 10_000), st.floats(0, 1), st.floats(0, 1), st.floats(1, 30))
def test_the_bar_lies_between_nothing_and_the_record(n, share, correlation, days):
    x = round(share * n)

    assert 0 <= float(lowest_rate(x, n, days, correlation)) <= x / n


def test_the_bar_for_hand_offs_lies_above_the_record():
    bars = Bars.of(Record(x=450, n=600, days=3, correlation=0.002), Record(x=30, n=600, days=3, correlation=0.002))

    assert bars.booking < 0.75
    assert bars.escalation > 0.05


def test_a_record_learns_how_much_days_differ_from_the_days_that_teach():
    still = Record.of_days([75], [100], [75, 74, 76, 75, 75, 74, 76], [100] * 7)
    rough = Record.of_days([75], [100], [95, 55, 90, 60, 85, 65, 75], [100] * 7)

    assert still.correlation == 0.0
    assert rough.correlation > 0.05


def test_less_than_a_week_of_days_is_taken_for_the_rough_world():
    few = Record.of_days([75, 70], [100, 100], [75, 70], [100, 100])

    assert (few.correlation, few.assumed, few.days) == (0.01, True, 2.0)


def test_no_conversation_sets_no_bar():
    nothing = Record.of_days([], [], [], [])

    assert Bars.of(nothing, nothing) == Bars(booking=None, escalation=None)
