"""Which goals are served again, and how they are graded."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.cases import Split, cases_of, split_of
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.evaluation import CONDUCT, evaluate, grade
from lifecycle_core.retraining.failures import analyze

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
GOAL = "You are <NAME_{n}>. You want a deep cleaning on Monday at {n}:00."


def traffic(failures, successes, priced=0):
    for number in range(failures + successes):
        asks = number < priced
        said = ({"role": "user", "content": "How much is it?" if asks else "A clean, please."}, {"role": "assistant", "content": "Well."})
        yield Conversation(
            id=f"c{number:03}",
            variant="v",
            ended_at=NOON - timedelta(minutes=number),
            booked=number >= failures,
            goal=GOAL.format(n=number),
            messages=said,
        )


def cases(*counts, split=Split.HELD_OUT, **more):
    told = [*traffic(*counts, **more)]
    return cases_of(told, analyze(told), split)


def replayed(case, *, booked=True, replay=0, **more):
    told = {"cost_usd": None, "input_tokens": None, "output_tokens": None, "latency_s": None, "escalated": False}
    return Replay(scenario_id=case.id, replay=replay, booked=booked, **{**told, **more})


def arm(found, *, booked, runs=1, **more):
    return {it.id: [replayed(it, booked=booked(place, run), replay=run, **more) for run in range(runs)] for place, it in enumerate(found)}


ALWAYS, NEVER = (lambda _case, _run: True), (lambda _case, _run: False)


def test_ten_cases_the_failed_ones_first_and_three_that_were_met():
    found = cases(100, 100)

    assert [it.failed for it in found] == [True] * 7 + [False] * 3


@pytest.mark.parametrize(("failures", "successes", "failed"), [(200, 0, 10), (0, 200, 0), (4, 196, None)])
def test_where_there_are_too_few_of_a_kind_the_other_fills_up(failures, successes, failed):
    found = cases(failures, successes)

    assert len(found) == 10
    assert failed is None or sum(it.failed for it in found) == failed


def test_failed_cases_take_turns_over_the_issues_before_what_none_explains():
    found = cases(100, 200, priced=60)

    assert Counter(it.issue for it in found if it.failed) == {"pricing": 7}


def test_no_wish_is_in_two_splits_and_each_has_its_share():
    counts = Counter(split_of(GOAL.format(n=number)) for number in range(4000))

    assert counts[Split.TRAIN] == pytest.approx(2000, abs=130)
    assert counts[Split.HELD_OUT] == pytest.approx(1000, abs=110)


def test_whose_wish_it_is_does_not_matter():
    goals = [f"You are <NAME_{number}>. A deep clean on Monday." for number in range(50)]

    assert len({split_of(goal) for goal in goals}) == 1


def test_conversations_without_a_goal_give_no_case():
    told = [replace(it, goal=None) for it in traffic(50, 50)]

    assert cases_of(told, analyze(told), Split.HELD_OUT) == ()


def test_five_things_are_asserted_of_every_conversation_beside_serving_the_customer():
    assert len({it.name for it in CONDUCT}) == 5


def test_a_booking_with_good_conduct_has_full_marks_and_none_has_half():
    case = cases(50, 50)[0]

    assert grade(replayed(case)).score == 1.0
    assert grade(replayed(case, booked=False)).score == 0.5


def test_a_price_that_is_not_told_costs_its_weight_and_is_named():
    said = ({"role": "user", "content": "How much is it?"}, {"role": "assistant", "content": "Let us see."})
    it = grade(replayed(cases(50, 50)[0], messages=said))

    assert (it.score, it.failed) == (pytest.approx(0.9), ("answers the question for the price",))


def test_handing_over_at_the_customers_wish_serves_them_and_unasked_does_not():
    case = cases(50, 50)[0]
    asked, unasked = (({"role": "user", "content": text},) for text in ("Let me speak to a person.", "A clean, please."))

    assert grade(replayed(case, booked=False, escalated=True, messages=asked)).score == 1.0
    assert grade(replayed(case, booked=False, escalated=True, messages=unasked)).score == 0.5


def test_an_agent_whose_model_answers_nonsense_has_nothing():
    assert grade(replayed(cases(50, 50)[0], broken_by="agent")).score == 0.0


def test_eight_served_of_ten_has_the_interval_of_the_plan_page():
    found = cases(100, 100)
    report = evaluate(found, arm(found, booked=ALWAYS), arm(found, booked=NEVER))

    assert report.score == 1.0
    assert report.passed
    broken = evaluate(found, arm(found, booked=lambda case, _: case < 6), arm(found, booked=NEVER))
    assert broken.score == pytest.approx(0.8)
    assert (broken.low, broken.high) == (pytest.approx(0.49, abs=0.005), pytest.approx(0.94, abs=0.005))


def test_cases_in_which_the_arms_differ_come_first():
    found = cases(100, 100)
    report = evaluate(found, arm(found, booked=lambda case, _: case == 9), arm(found, booked=NEVER))

    assert report.cases[0].id == found[9].id
    assert not report.passed


def test_the_incumbents_own_spread_stands_beside_the_gain():
    found = cases(100, 100)
    shaky = arm(found, booked=lambda case, run: case < 2 * run, runs=2)
    report = evaluate(found, arm(found, booked=lambda case, _: case < 2), shaky)

    assert report.incumbent_spread == pytest.approx(0.1)
    assert report.gain == pytest.approx(0.05)
    assert not report.beyond_spread
    assert evaluate(found, arm(found, booked=ALWAYS), arm(found, booked=NEVER)).incumbent_spread is None


def test_what_the_infrastructure_took_is_no_failure_of_either():
    found = cases(100, 100)
    ours = {**arm(found, booked=ALWAYS), found[0].id: [replayed(found[0], booked=False, broken_by="infrastructure")]}
    report = evaluate(found, ours, arm(found, booked=NEVER))

    assert (report.score, report.lost, len(report.cases)) == (1.0, 1, 9)


def test_no_case_served_is_refused_in_a_sentence():
    with pytest.raises(RetrainingRefusedError, match="none of 10 cases"):
        evaluate(cases(100, 100), {}, {})


def test_its_document_is_json_with_score_and_verdict():
    found = cases(100, 100)
    told = evaluate(found, arm(found, booked=ALWAYS), arm(found, booked=NEVER, runs=2)).document()

    assert (told["score"], told["passed"], told["incumbent_spread"], told["beyond_spread"]) == (1.0, True, 0.0, True)
