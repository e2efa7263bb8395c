"""A gap in the prompt, and customers who need what is missing: the gap is what is mined first."""

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from benchmarks._defects import DEFECTS, Defect
from lifecycle_core.conversations import Conversation
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.replay.agent import Agent
from lifecycle_core.replay.episode import Scenario, drive, play
from lifecycle_core.retraining.cases import Split, cases_of
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.evaluation import evaluate
from lifecycle_core.retraining.failures import analyze
from lifecycle_core.retraining.training_data import collect
from lifecycle_core.simulation import prompts, scripted_model
from lifecycle_core.simulation.customers import DRIFTED, customer
from lifecycle_core.simulation.needs import Need

pytestmark = pytest.mark.slow

CONVERSATIONS = 300
NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
GAPS = {
    **DEFECTS,
    Code.TOOL_ERROR_UNHANDLED: Defect("If a tool fails or a time is taken, try again or offer another time.", Need.EVENING),
}


def served(prompt, scenario, replay=0):
    return drive(
        play(Agent(system_prompt=prompt, model="simulated"), scenario, replay=replay, customer_model="simulated"), scripted_model.reply
    )


def traffic(prompt, mix, seed):
    for number in range(CONVERSATIONS):
        it = customer(mix, 100_000 * seed + number)
        scenario = Scenario(id=f"{seed}-{number}", goal=it.goal, seed=10_000 * seed + number, ended_at=NOON - timedelta(minutes=number))
        replay = served(prompt, scenario)
        yield Conversation(
            id=scenario.id,
            variant="baseline",
            ended_at=scenario.ended_at,
            booked=replay.booked,
            escalated=replay.escalated,
            messages=replay.messages,
            actions=replay.actions,
            errors=replay.errors,
            goal=it.goal,
            customer_id=it.id,
            model="simulated",
        )


@cache
def mined(prompt, mix, seed=1):
    data = collect(traffic(prompt, mix, seed), RetrainingPolicy(), Masker(b"secret"))
    return data, analyze(data.conversations)


@pytest.mark.parametrize("code", GAPS)
def test_the_issue_of_a_gap_is_mined_first(code):
    it = GAPS[code]
    assert it.sentence in prompts.MENDED
    _, analysis = mined(it.prompt, it.mix)

    assert analysis.issues_by(Author.AGENT)[0].issue is code


@pytest.mark.parametrize("seed", range(2))
def test_a_drift_that_meets_two_gaps_shows_these_two_before_anything_else(seed):
    _, analysis = mined(prompts.GAP, DRIFTED, seed=seed)

    assert {it.issue for it in analysis.common_issues[:2]} == {Code.AVAILABILITY, Code.PRICING}
    assert analysis.simulated


@pytest.mark.parametrize("seed", range(2))
def test_a_prompt_without_a_gap_shows_no_issue(seed):
    _, analysis = mined(prompts.MENDED, DRIFTED, seed=seed)

    assert analysis.common_issues == ()


def test_nothing_that_is_somebodys_is_in_what_was_mined():
    _, analysis = mined(prompts.GAP, DRIFTED)

    assert "555-01" not in repr(analysis)


@pytest.mark.parametrize("seed", range(2))
def test_the_offline_evaluation_passes_the_mended_prompt_and_neither_the_gap_nor_the_harmful_one(seed):
    data, analysis = mined(prompts.GAP, DRIFTED, seed=seed)
    cases = cases_of(data.conversations, analysis, Split.HELD_OUT)
    arms = {
        name: {case.id: [served(prompt, case.scenario, run) for run in range(2)] for case in cases}
        for name, prompt in (("mended", prompts.MENDED), ("gap", prompts.GAP), ("harmful", prompts.HARMFUL))
    }
    reports = {name: evaluate(cases, arm, arms["gap"]) for name, arm in arms.items()}

    assert {name for name, report in reports.items() if report.passed} == {"mended"}
    assert reports["mended"].beyond_spread
