"""A session's report, at each of its steps and after each of its endings."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks._sessions import EVALUATION, FAILURES, IMPROVEMENT, proved
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.curve import curve
from lifecycle_core.retraining.pairs import Pair, most_apart
from lifecycle_core.retraining.report.whole import Source, report
from lifecycle_core.retraining.session import Answer, Force, Review, Session, Status
from lifecycle_core.retraining.shadow import Arm
from lifecycle_core.retraining.training_data import DataSummary
from lifecycle_core.retraining.triggers import TriggerCheck
from lifecycle_core.retraining.verification import verify
from lifecycle_core.spending import Spent
from lifecycle_core.versions.version import Version
from tests.reviewed import reviewed_pair

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
SAMPLES = proved(Provenance("test", NOON), 100)
ANALYSIS = analyze(SAMPLES, Policy())
ONE, TWO = (
    Version(variant_name="baseline", version=it, system_prompt=prompt, content_hash=f"{it}" * 64, created_at=NOON)
    for it, prompt in ((1, "Be kind."), (2, "Be kind. Look before you offer."))
)
BEGUN = Session(
    session_id="retrain_baseline_1",
    variant="baseline",
    key="k",
    opened_by="test",
    incumbent_version=1,
    trigger=TriggerCheck(should_retrain=True, reason="by hand"),
    seed=1,
    started_at=NOON,
)
LEARNT = DataSummary(size=60, successes=45, failures=15, escalations=0, window=None, left_out=0, simulated=False)
TESTED = replace(
    BEGUN,
    version=2,
    new_variant="baseline_v2",
    status=Status.AWAITING_REVIEW,
    training_data=LEARNT,
    failure_analysis=FAILURES,
    prompt_improvement=IMPROVEMENT,
    evaluation=EVALUATION,
    shadow_analysis=ANALYSIS,
    shadow_started_at=NOON,
    review_asked_at=NOON,
)
PROMOTED = replace(TESTED, status=Status.PROMOTED, completed_at=NOON)


def told(session, **others):
    """The report of a session."""
    found = session.shadow_analysis
    given = {
        "incumbent": ONE,
        "candidate": TWO if session.version else None,
        "pairs": (reviewed_pair(),) if found else (),
        "evidence_hash": "ab" * 32 if found else "",
        "analysis": found,
        "progress": None,
        "grown": curve(SAMPLES, Policy()) if found else None,
        "verified": verify(found, SAMPLES, Policy()) if found else None,
        "spent": Spent(calls=7, tokens=900, usd=0.02),
        "probation": None,
    }
    return report(Source(session=session, **(given | others)))


def parts(session):
    return [it.key for it in told(session).sections]


def part(session, key, **others):
    [found] = [it for it in told(session, **others).sections if it.key == key]
    return found


@pytest.mark.parametrize(
    ("session", "keys"),
    [
        (BEGUN, []),
        (replace(BEGUN, training_data=LEARNT), ["training-data"]),
        (replace(BEGUN, training_data=LEARNT, failure_analysis=FAILURES), ["training-data", "failures"]),
        (TESTED, ["training-data", "failures", "prompt-diff", "evaluation", "evidence", "verdict", "pairs", "decision"]),
    ],
    ids=["begun", "collected", "analyzed", "tested"],
)
def test_a_report_tells_what_there_is_and_nothing_of_what_there_is_not(session, keys):
    assert parts(session) == ["beginning", *keys, "further"]


@pytest.mark.parametrize(
    ("session", "outcome", "sentence"),
    [
        (BEGUN, "Collecting data", "Version 1 is to be improved."),
        (TESTED, "Awaiting review", "The candidate baseline_v2 waits for a person's decision; version 1 is in production."),
        (PROMOTED, "Promoted", "The candidate baseline_v2 took the place of version 1."),
        (replace(BEGUN, status=Status.FAILED, reasons=("no quota",)), "Failed", "Version 1 stays: no quota."),
    ],
    ids=["begun", "asked", "promoted", "failed"],
)
def test_a_report_begins_with_what_came_of_the_session(session, outcome, sentence):
    it = told(session)
    assert (it.outcome.text, it.sentence) == (outcome, sentence)


@pytest.mark.parametrize(
    ("session", "lead"),
    [
        (TESTED, "a person is asked, until 2025-10-14 12:00Z"),
        (PROMOTED, "its evidence decided"),
        (replace(PROMOTED, review=Review(answer=Answer.PROMOTE, reason="good", by="ada", at=NOON, evidence="ab" * 32)), "a person decided"),
        (replace(PROMOTED, force=Force(reason="now", by="ada", at=NOON)), "a person had it decided by the gates as they stood"),
        (replace(BEGUN, status=Status.CANCELLED, completed_at=NOON), "it ended before its shadow test had a verdict"),
    ],
    ids=["asked", "evidence", "review", "force", "cancelled"],
)
def test_a_decision_says_who_made_it(session, lead):
    assert part(session, "decision").lead == lead


def test_a_review_s_commands_are_to_the_evidence_that_is_shown():
    [commands] = part(TESTED, "further").blocks
    assert "lifecycle retrain approve retrain_baseline_1 --evidence abababababab --reason WHY" in dict(commands.rows)


def test_a_verdict_that_is_not_what_its_rows_give_is_told():
    forged = verify(replace(ANALYSIS, e_better=1e6), SAMPLES, Policy())
    rows = dict(part(TESTED, "decision", verified=forged).blocks[0].rows)
    assert rows["worked out anew"].startswith("the verdict is NOT what its rows give: e_better is stored as 1000000.0")


def test_a_test_that_ended_without_samples_has_no_evidence_to_tell():
    nothing = analyze([], Policy(), closed=True)
    assert "evidence" not in parts(replace(TESTED, shadow_analysis=nothing, status=Status.INCONCLUSIVE, completed_at=NOON))


def test_one_scripted_step_makes_the_whole_report_a_simulated_one():
    assert told(TESTED).simulated
    assert not told(BEGUN).simulated


def test_of_pairs_those_come_first_in_which_the_versions_differ_most():
    one = reviewed_pair()

    def pair(name, ours, theirs):
        arms = {"incumbent": Arm(replays=4, successes=ours), "candidate": Arm(replays=4, successes=theirs)}
        return Pair(scenario=replace(one.scenario, id=name), sample=replace(one.sample, scenario_id=name, **arms))

    found = most_apart([pair("same", 4, 4), pair("worse", 4, 0), pair("some", 1, 2), pair("better", 0, 4)], 3)
    assert [it.scenario.id for it in found] == ["worse", "better", "some"]
