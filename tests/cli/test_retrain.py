"""`lifecycle retrain` and `lifecycle shadow`: a session as a person at a terminal leads it."""

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks._sessions import STEPS, later, proved, ready, samples, taken
from deployments.wire.evidence import AgreementWire, EvidenceCurveWire
from deployments.wire.planning import ShadowPlanWire
from deployments.wire.retraining import FinalizedWire, RetrainingHistoryWire, RetrainingStatusWire, TriggerCheckWire
from deployments.wire.review import ReviewPageWire
from deployments.wire.shadow import ShadowStatusWire, ShadowTestWire
from deployments.wire.verification import VerdictWire
from lifecycle_core.operations import evidence, promotion, retraining, shadow, standing, versions, versions_asked
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.agreement import Agreement
from lifecycle_core.retraining.session import Status
from tasks import agreement, context, nudges, review
from tests.reviewed import reviewed_pair

pytestmark = pytest.mark.slow

PREFECT = "http://127.0.0.1:4200"


@pytest.fixture
def act():
    """Somebody now: commands go by the real clock."""
    return Provenance("test", datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def told(monkeypatch):
    """What Prefect would have been told; it is away."""
    calls = []

    async def begun(act, session):
        calls.append(("begun", session.session_id))
        return nudges.NOT_SERVING

    async def decided(act, session):
        calls.append(("decided", session.session_id))

    monkeypatch.setattr(nudges, "begun", begun)
    monkeypatch.setattr(nudges, "decided", decided)
    return calls


@pytest.fixture
def retrain(lifecycle, told):
    """`lifecycle retrain …`."""
    return lambda *words: lifecycle("retrain", *words)


@pytest.fixture
def testing(retrain, tmp_path, tested_template):
    """A session in its shadow test."""
    return tested_template.to(tmp_path / "data" / "lifecycle.db")


@pytest.fixture
def asked(retrain, tmp_path, asked_template):
    """A session that waits for a person."""
    return asked_template.to(tmp_path / "data" / "lifecycle.db")


def typed(line):
    """The words of a command that was printed after "lifecycle"."""
    return shlex.split(line.split("lifecycle ", 1)[1])


def printed(said, label):
    return next(typed(line) for line in said.stdout.splitlines() if line.startswith(label))


def as_routes(wire):
    return {"schemaVersion": 1} | json.loads(wire.model_dump_json(by_alias=True))


# would it start


def test_a_check_without_a_reason_to_retrain_exits_with_0_and_says_why(retrain, act):
    ready(context.database(), act)
    said = retrain("check", "baseline")
    assert said.exit_code == 0
    assert said.stdout.startswith("baseline would not be retrained\nBecause: no drift: insufficient_data\n")
    assert printed(said, "Next: ") == ["drift", "check", "baseline"]


def test_a_check_of_a_drift_exits_with_5_and_names_the_start(watched, monkeypatch):
    at = "2025-10-07T12:00:00Z"
    early = Provenance("test", datetime(2025, 9, 1, tzinfo=UTC))
    versions.register(context.database(), early, variant="baseline", system_prompt="Be kind.")
    versions.activate(context.database(), early, "baseline", 1)
    said = watched("retrain", "check", "baseline", "--at", at)
    assert said.exit_code == 5, said.output
    assert said.stdout.startswith("baseline would be retrained: Drift detected\nTriggers: booking_rate")
    assert printed(said, "Next: ") == ["retrain", "start", "baseline"]
    told = watched("retrain", "check", "baseline", "--at", at, "--json")
    assert told.exit_code == 5
    wire = TriggerCheckWire.of(retraining.check(context.database(), "baseline", datetime.fromisoformat(at)))
    assert json.loads(told.stdout) == as_routes(wire)


# starting


def test_a_start_keeps_the_session_says_what_undoes_it_and_that_prefect_is_down(retrain, act, told):
    ready(context.database(), act)
    said = retrain("start", "baseline", "--reason", "bookings fell", "--replays", 8, "--manual-review", "--shadow-source", "recorded")
    [it] = retraining.open_sessions(context.database())
    assert said.exit_code == 0
    assert (it.reason, it.options.replays, it.options.manual_review, it.opened_by.split(":")[0]) == ("bookings fell", 8, True, "cli")
    assert f"Note: {nudges.NOT_SERVING}\n" in said.stderr
    assert told == [("begun", it.session_id)]
    assert printed(said, "Next: ") == ["retrain", "status", it.session_id]
    assert retrain(*printed(said, "Undo: ")[1:]).exit_code == 0
    assert retraining.session(context.database(), it.session_id).status is Status.CANCELLED


def test_a_start_for_programs_has_the_routes_shape(retrain, act):
    ready(context.database(), act)
    told = json.loads(retrain("start", "baseline", "--json").stdout)
    assert set(told) == {"schemaVersion", "message", "session", "nextSteps", "warning"}
    assert (told["message"], told["session"]["status"]) == ("Retraining started - collecting data", "collecting_data")


def test_a_start_without_any_server_is_quick_and_loads_no_prefect(lifecycle, act, monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("LIFECYCLE_PREFECT_PORT", "1")
    context.configure()
    ready(context.database(), act)
    said = lifecycle("retrain", "start", "baseline", "--json")
    assert json.loads(said.stdout)["warning"] == nudges.NOT_SERVING


# leading it to its end


def test_finalizing_before_the_samples_are_in_exits_with_1_and_says_how_many(retrain, testing, act):
    shadow.record_samples(context.database(), act, testing, samples(later(act, days=-1), 63, incumbent=3))
    said = retrain("finalize", testing)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr.startswith("shadow test of baseline_v2 has 63 of 100 samples, about ")


def test_a_promotion_exits_with_0_and_its_undoing_brings_the_incumbent_back(lifecycle, retrain, testing, act, told):
    shadow.record_samples(context.database(), act, testing, proved(later(act, days=-1)))
    said = retrain("finalize", testing)
    assert said.exit_code == 0
    assert said.stdout.startswith("Retraining successful - baseline_v2 promoted\n")
    assert told == [("decided", testing)]
    assert versions_asked.active(context.database(), "baseline").version == 2
    assert lifecycle(*printed(said, "Undo: ")).exit_code == 0
    assert versions_asked.active(context.database(), "baseline").version == 1


def test_an_ending_without_promotion_exits_with_5_and_says_why(retrain, testing, act):
    shadow.record_samples(context.database(), act, testing, samples(later(act, days=-1), 60, incumbent=4, candidate=0))
    said = retrain("finalize", testing)
    assert said.exit_code == 5
    assert said.stdout.startswith("Retraining unsuccessful - rolled back\n")
    assert "Because: The candidate succeeds less often than the incumbent (e = " in said.stdout
    assert printed(said, "Next: ") == ["retrain", "verify", testing]
    assert retrain("verify", testing).exit_code == 0


def test_what_is_finalized_again_is_told_as_the_route_tells_it(retrain, testing, act):
    shadow.record_samples(context.database(), act, testing, proved(later(act, days=-1)))
    retrain("finalize", testing)
    said = retrain("finalize", testing, "--json")
    assert said.exit_code == 0
    found = standing.of_session(context.database(), testing, act.at)
    assert json.loads(said.stdout) == as_routes(FinalizedWire.of(found, PREFECT))


def test_force_needs_a_reason(retrain, testing):
    said = retrain("finalize", testing, "--force")
    assert (said.exit_code, said.stderr) == (2, "a decision by hand needs a reason; say why, it is kept\n")


def test_a_review_says_what_to_type_and_an_approval_promotes(retrain, asked):
    said = retrain("status", asked)
    assert "state        awaiting review until " in said.stdout
    assert printed(said, "Next: ")[:3] == ["retrain", "approve", asked]
    done = retrain("approve", asked, "--reason", "read all ten")
    assert done.exit_code == 0
    assert "reviewed     promote by cli:" in done.stdout


def test_a_rejection_is_what_was_wanted_and_exits_with_0(retrain, asked):
    said = retrain("reject", asked, "--reason", "too curt")
    assert said.exit_code == 0
    assert said.stdout.startswith("Retraining unsuccessful - rolled back\n")
    assert "too curt" in said.stdout


def test_a_review_shows_the_diff_and_what_both_versions_said_side_by_side(retrain, asked, monkeypatch):
    given = replace(review.shown(asked), pairs=(reviewed_pair("A deep clean, please.\x1b[31m"),))
    monkeypatch.setattr(review, "shown", lambda _: given)
    said = retrain("review", asked)
    assert said.exit_code == 0
    assert "-Be kind.\n+Be kind. Check the calendar before you offer a time.\n" in said.stdout
    assert "1. a deep clean\n" in said.stdout
    assert "Customer  A deep clean, please.\N{REPLACEMENT CHARACTER}[31m" in said.stdout
    ending = next(line for line in said.stdout.splitlines() if line.startswith("ending"))
    assert re.split(r"\s{2,}", ending.strip())[1:] == ["not booked; 0 of 4 booked", "4 of 4 booked; its words are kept no more"]
    assert "Doubt: Manual review is on\n" in said.stdout
    assert printed(said, "Next: ")[:5] == ["retrain", "approve", asked, "--evidence", given.evidence_hash[:12]]


def test_a_review_for_programs_is_what_the_route_answers(retrain, asked):
    assert json.loads(retrain("review", asked, "--json").stdout) == as_routes(ReviewPageWire.of(review.shown(asked)))


def test_the_answer_that_a_review_names_is_to_what_it_showed(retrain, asked):
    said = retrain(*printed(retrain("review", asked), "Next: ")[1:5], "--reason", "read all ten")
    assert said.exit_code == 0
    assert retraining.session(context.database(), asked).review.evidence == review.shown(asked).evidence_hash


def test_an_answer_to_other_evidence_is_refused(retrain, asked):
    said = retrain("approve", asked, "--evidence", "0123456789ab", "--reason", "read all ten")
    assert (said.exit_code, retraining.session(context.database(), asked).review) == (1, None)
    assert "look at the review again, and answer what it shows now" in said.stderr


def test_a_second_answer_is_refused(retrain, asked):
    retrain("approve", asked, "--reason", "fine")
    said = retrain("reject", asked, "--reason", "no")
    assert said.exit_code == 1
    assert "was decided by cli:" in said.stderr


def test_an_answer_needs_a_reason(retrain, asked):
    said = retrain("approve", asked)
    assert said.exit_code == 2
    assert "Missing option '--reason'" in said.stderr


def test_a_cancelled_session_leaves_the_incumbent(retrain, testing):
    said = retrain("cancel", testing, "--reason", "a mistake")
    assert said.exit_code == 0
    assert "a mistake" in said.stdout
    assert versions_asked.active(context.database(), "baseline").version == 1


# does the verdict hold


def test_a_verdict_that_its_rows_give_verifies(retrain, asked):
    said = retrain("verify", asked)
    assert (said.exit_code, said.stdout) == (
        0,
        f"The verdict of {asked}, to a person after 100 samples, is what its rows give, bit for bit\n",
    )
    wire = VerdictWire.of(asked, evidence.verify(context.database(), asked))
    assert json.loads(retrain("verify", asked, "--json").stdout) == as_routes(wire)


def test_a_verdict_that_its_rows_do_not_give_exits_with_5(retrain, asked, monkeypatch):
    recorded = shadow.samples.recorded
    monkeypatch.setattr(shadow.samples, "recorded", lambda *given: recorded(*given)[1:])
    said = retrain("verify", asked)
    assert said.exit_code == 5
    assert "n is stored as 100, and its rows give 99" in said.stdout


def test_without_a_verdict_there_is_nothing_to_verify(retrain, testing):
    said = retrain("verify", testing)
    assert (said.exit_code, said.stderr) == (1, f"session {testing} is shadow_testing and has no verdict to verify\n")


# asking


def test_every_candidate_is_listed_with_what_became_of_it(retrain, testing):
    said = retrain("candidates", testing).stdout
    improvement = retraining.session(context.database(), testing).prompt_improvement
    assert said.count("went on") == 1
    assert f"Because: {improvement.why}" in said
    assert json.loads(retrain("candidates", testing, "--json").stdout)["chosen"] == improvement.chosen


def test_before_anything_is_proposed_there_is_none_to_list(retrain, act):
    it = taken(ready(context.database(), act), act, 0).session_id
    said = retrain("candidates", it)
    assert (said.exit_code, said.stdout) == (1, "")


def test_a_session_tells_how_far_it_is_and_what_comes_next(retrain, testing, act):
    shadow.record_samples(context.database(), act, testing, samples(later(act, days=-1), 63, incumbent=3))
    said = retrain("status", testing)
    assert "shadow testing: 63 of 100 samples, about " in said.stdout
    assert "Advice: Always check availability\n" in said.stdout
    assert "needs 0.80, simulated" in said.stdout
    assert printed(said, "Undo: ") == ["retrain", "cancel", testing]


def test_the_status_of_all_names_the_open_session_and_the_probation(retrain, testing, act):
    assert printed(retrain("status"), "Next: ") == ["retrain", "status", testing]
    shadow.record_samples(context.database(), act, testing, proved(later(act, days=-1)))
    promotion.finalize(context.database(), act, testing)
    said = retrain("status")
    assert "100.00% of those decided were promoted" in said.stdout
    assert "Probation: version 2 of baseline, until " in said.stdout


def test_status_and_history_for_programs_are_what_the_routes_answer(retrain, testing, act):
    promotion.cancel(context.database(), act, testing)
    found, it = standing.overview(context.database(), act.at), standing.of_session(context.database(), testing, act.at)
    assert json.loads(retrain("status", testing, "--json").stdout) == as_routes(RetrainingStatusWire.of_all(found, it, PREFECT))
    assert json.loads(retrain("history", "--json").stdout) == as_routes(RetrainingHistoryWire.of([it], 50, PREFECT))


def test_the_history_of_a_variant_without_sessions_says_what_to_ask(retrain, act):
    ready(context.database(), act)
    said = retrain("history", "baseline")
    assert said.stdout == "No retraining of baseline has begun yet\nNext: lifecycle retrain check baseline\n"


def test_a_watch_prints_a_line_per_change_until_a_person_is_asked(retrain, act, monkeypatch):
    it = taken(ready(context.database(), act), act, 0).session_id
    moves = [*STEPS[:2], promotion.cancel]
    monkeypatch.setattr("time.sleep", lambda _: moves.pop(0)(context.database(), act, it))
    said = retrain("status", it, "--watch")
    assert said.exit_code == 0
    lines = [line.partition(f"  {it}: ")[2] for line in said.stdout.splitlines()[:4]]
    assert lines == ["collecting data, step 1 of 6", "analyzing, step 2 of 6", "improving, step 3 of 6", "cancelled"]


def test_a_watch_of_all_goes_on_until_it_is_given_up(retrain):
    said = retrain("status", "--watch", "--timeout", 0.1)
    assert (said.exit_code, said.stdout) == (3, "")
    assert "watched for" in said.stderr


def test_shadow_tests_are_listed_with_their_evidence(lifecycle, testing, act):
    shadow.record_samples(context.database(), act, testing, samples(later(act, days=-1), 63, incumbent=3))
    said = lifecycle("shadow", "status")
    assert "63 of 100 samples" in said.stdout
    assert printed(said, "Next: ") == ["shadow", "analysis", testing]
    told = json.loads(lifecycle("shadow", "status", "--json").stdout)
    assert set(told) - {"schemaVersion"} == set(ShadowStatusWire.model_json_schema(by_alias=True)["properties"])


def test_an_analysis_shows_each_gate_and_what_such_evidence_can_show(lifecycle, asked, act):
    said = lifecycle("shadow", "analysis")
    assert "Success changed by +33.33% (at least 5.00%)  passes" in said.stdout
    assert "Verdict: to a person\n" in said.stdout
    assert "only live traffic shows how it serves real ones" in said.stdout
    wire = ShadowTestWire.of(standing.of_session(context.database(), asked, act.at))
    assert json.loads(lifecycle("shadow", "analysis", asked, "--json").stdout) == as_routes(wire)


def test_evidence_is_told_at_each_look_and_drawn(lifecycle, asked, tmp_path):
    picture = tmp_path / "evidence.svg"
    said = lifecycle("shadow", "evidence", asked, "--plot", picture)
    assert said.exit_code == 0
    assert re.search(r"^100 look +[\d,]+\.\d\d ", said.stdout, re.MULTILINE)
    assert picture.read_text().startswith("<?xml")
    wire = EvidenceCurveWire.of(asked, evidence.grown(context.database(), asked))
    assert json.loads(lifecycle("shadow", "evidence", "--json").stdout) == as_routes(wire)


def test_how_far_the_versions_act_alike_is_told_and_for_programs_as_the_route_does(lifecycle, asked, monkeypatch):
    assert "has asked nobody yet" in lifecycle("shadow", "agreement", asked).stdout
    found = Agreement(conversations=12, turns=40, difference=0.2, floor=0.05, excess=0.15, low=0.02, high=0.28)
    monkeypatch.setattr(agreement, "kept", lambda session_id: found)
    said = lifecycle("shadow", "agreement").stdout
    assert "otherwise at 20.0% of 40 turns of 12 recorded conversations; the incumbent than itself at 5.0%" in said
    assert "Over that: +15.0 points (95%: +2.0 to +28.0)" in said
    assert json.loads(lifecycle("shadow", "agreement", "--json").stdout) == as_routes(AgreementWire.of(asked, found))


def test_a_plan_tells_what_it_rests_on_and_what_comes_next(retrain, act):
    ready(context.database(), act)
    said = retrain("plan-shadow", "baseline")
    assert said.exit_code == 0
    assert said.stdout.startswith("success         75.0%, live traffic of 28 days\n")
    assert "Advice: Only 60 goals come within 7 days" in said.stdout
    assert printed(said, "Next: ")[:3] == ["retrain", "start", "baseline"]


def test_a_plan_for_programs_has_the_routes_shape(retrain, act):
    ready(context.database(), act)
    told = json.loads(retrain("plan-shadow", "baseline", "--replays", 2, "--json").stdout)
    assert set(told) - {"schemaVersion"} == set(ShadowPlanWire.model_json_schema(by_alias=True)["properties"])
    assert told["replays"] == 2


def test_without_a_test_there_is_none_to_list(lifecycle):
    assert lifecycle("shadow", "status").stdout == "No shadow test goes on\nNext: lifecycle retrain status\n"


def test_the_status_page_tells_of_an_open_session(lifecycle, testing):
    assert "retraining baseline  shadow testing: 0 of 100 samples" in lifecycle("status").stdout


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["check", "baselin"], 2, "no variant is called 'baselin'"),
        (["start", "nobody"], 2, "no variant is called 'nobody'"),
        (["start", "baseline", "--replays", "0"], 2, "replays is 0; give a whole number from 1 to 20"),
        (["start", "baseline", "--max-samples", "10001"], 2, "maxSamples is 10001; give a whole number from 1 to 10,000"),
        (["start", "baseline", "--engine", "magic"], 2, "'magic' is not one of 'builtin', 'gepa', 'rules'"),
        (["start", "baseline"], 1, "has 12 conversations under version 1 that tell how they went; a retraining needs 50"),
        (["status", "retrain_x_1"], 2, "no session is called 'retrain_x_1'; lifecycle retrain history lists them"),
        (["finalize", "retrain_x_1"], 2, "no session is called 'retrain_x_1'"),
        (["approve", "retrain_x_1", "--reason", "fine"], 2, "no session is called 'retrain_x_1'"),
        (["cancel", "retrain_x_1"], 2, "no session is called 'retrain_x_1'"),
        (["verify", "retrain_x_1"], 2, "no session is called 'retrain_x_1'"),
        (["history", "nobody"], 2, "no variant is called 'nobody'"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_bad_input_is_one_sentence_and_changes_nothing(retrain, act, words, code, sentence):
    ready(context.database(), act, 12)
    said = retrain(*words)
    assert (said.exit_code, said.stdout) == (code, "")
    assert sentence in said.stderr
    assert len(said.stderr.splitlines()) == 1
    assert retraining.history(context.database(), None, 10) == []
