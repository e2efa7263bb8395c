"""Begin, and take each step once, whoever takes it how often."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks._sessions import BETTER, EVALUATION, FAILURES, IMPROVEMENT, PROMPT, STEPS, later, ready, served, taken, training_data
from lifecycle_core.errors import IdempotencyKeyReusedError, InvalidInputError, UnknownVariantError
from lifecycle_core.operations import promotion, retraining, traffic, training, versions, versions_asked
from lifecycle_core.policy import Engine, Policy, RetrainingPolicy, ShadowSource
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.cases import Side
from lifecycle_core.retraining.errors import ForbiddenMoveError, RetrainingRefusedError, UnknownSessionError
from lifecycle_core.retraining.improvement import Candidate
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import OPEN, Status
from lifecycle_core.store.mapping import to_json
from lifecycle_core.store.tables import PolicyRow
from lifecycle_core.versions.version import Tag

pytestmark = pytest.mark.slow


@pytest.fixture
def variant(any_database, act):
    """A database of each kind with a variant that may be retrained."""
    return ready(any_database, act)


def begin(database, act, key="k", **options):
    return retraining.begin(database, act, "baseline", key, Options(**options))


def test_a_start_opens_a_session_named_by_its_variant_and_instant(variant, act):
    it = begin(variant, act, reason="bookings fell")
    assert (it.session_id, it.status, it.version) == ("retrain_baseline_1759838400000", Status.COLLECTING_DATA, 0)
    assert (it.incumbent_version, it.reason, it.opened_by, it.started_at) == (1, "bookings fell", "test", act.at)


def test_what_was_kept_is_what_is_read(variant, act):
    it = begin(variant, act, replays=8, seed=7)
    assert retraining.session(variant, it.session_id) == it
    assert (it.policy.shadow.replays, it.seed, it.trigger.report.variant) == (8, 7, "baseline")


def test_the_same_key_gets_the_same_session(variant, act):
    first = begin(variant, act)
    assert begin(variant, later(act, hours=3)) == first
    assert len(retraining.open_sessions(variant)) == 1


def test_the_same_key_gets_its_session_though_that_has_ended(variant, act):
    first = begin(variant, act)
    promotion.cancel(variant, act, first.session_id, "a mistake")
    assert begin(variant, later(act, hours=3)).session_id == first.session_id


def test_two_that_begin_in_one_millisecond_have_two_ids(variant, act):
    first = begin(variant, act)
    promotion.cancel(variant, act, first.session_id)
    assert begin(variant, act, "k2").session_id == "retrain_baseline_1759838400001"


def test_a_second_open_session_is_refused_with_the_first_ones_name(variant, act):
    begin(variant, act)
    with pytest.raises(RetrainingRefusedError, match="has the open session retrain_baseline_1759838400000; finalize or cancel it"):
        begin(variant, act, "k2")


def test_without_an_active_version_the_remedy_is_to_register_one(any_database, act):
    traffic.ingest(any_database, act, served(act, 60))
    with pytest.raises(RetrainingRefusedError, match="no active registered version; register its prompt and activate it"):
        begin(any_database, act)


def test_twelve_conversations_are_too_few(any_database, act):
    ready(any_database, act, 12)
    with pytest.raises(RetrainingRefusedError, match="has 12 conversations under version 1 that tell how they went; a retraining needs 50"):
        begin(any_database, act)
    assert retraining.history(any_database, None, 10) == []


def test_an_unknown_variant_is_unknown(database, act):
    with pytest.raises(UnknownVariantError):
        begin(database, act)


def test_a_drift_starts_nothing_where_the_triggers_do_not_hold(variant, act):
    with pytest.raises(RetrainingRefusedError, match="no drift: insufficient_data"):
        retraining.begin(variant, act, "baseline", "watch", triggered=True)


def test_a_start_by_hand_knows_no_cooldown_and_the_check_tells_it(variant, act):
    first = begin(variant, act)
    promotion.cancel(variant, act, first.session_id)
    told = retraining.check(variant, "baseline", act.at + timedelta(days=1))
    assert told.next_possible_at == act.at + timedelta(days=7)
    assert begin(variant, later(act, days=1), "k2").open


def test_a_simultaneous_start_opens_one_session(variant, act):
    with ThreadPoolExecutor(8) as at_once:
        opened = list(at_once.map(lambda number: _started(variant, act, f"k{number}"), range(24)))
    assert len({it for it in opened if it is not None}) == 1


def _started(database, act, key):
    try:
        return begin(database, act, key).session_id
    except RetrainingRefusedError:
        return None


def test_options_take_the_place_of_the_policys(variant, act):
    rules = begin(variant, act, max_samples=40, shadow_source=ShadowSource.RECORDED, manual_review=True, engine=Engine.RULES).policy
    assert (rules.shadow.max_samples, rules.shadow.min_shadow_samples, rules.shadow.source) == (40, 40, ShadowSource.RECORDED)
    assert (rules.retraining.manual_review, rules.retraining.engine) == (True, Engine.RULES)


@pytest.mark.parametrize(("wrong", "told"), [({"replays": 0}, "replays is 0"), ({"max_samples": 10**6}, "maxSamples is 1000000")])
def test_options_that_cannot_be_meant_are_refused(wrong, told):
    with pytest.raises(InvalidInputError, match=told):
        Options(**wrong)


def test_each_step_leads_to_the_next_status(variant, act):
    statuses = [begin(variant, act).status]
    name = "retrain_baseline_1759838400000"
    statuses += [step(variant, act, name).status for step in STEPS]
    assert list(dict.fromkeys(statuses)) == list(OPEN[:5])


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_a_step_taken_again_answers_from_its_row(database, act, number):
    ready(database, act)
    done = taken(database, act, number + 1)
    assert STEPS[number](database, later(act, hours=1), done.session_id) == done


def test_a_step_taken_again_after_all_the_others_answers_the_session_as_it_is(variant, act):
    done = taken(variant, act, len(STEPS))
    assert [step(variant, act, done.session_id) for step in STEPS] == [done] * len(STEPS)


@pytest.mark.parametrize("number", range(1, len(STEPS)))
def test_a_step_out_of_order_is_refused(database, act, number):
    ready(database, act)
    it = begin(database, act)
    with pytest.raises(ForbiddenMoveError, match=r"retrain_baseline_1759838400000 (is collecting_data|has no candidate)"):
        STEPS[number](database, act, it.session_id)
    assert retraining.session(database, it.session_id) == it


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_a_step_of_an_ended_session_is_refused(database, act, number):
    ready(database, act)
    it = begin(database, act)
    promotion.cancel(database, act, it.session_id)
    with pytest.raises(ForbiddenMoveError, match="has ended: cancelled"):
        STEPS[number](database, act, it.session_id)


def test_a_step_of_a_session_that_never_was_is_refused(database, act):
    with pytest.raises(UnknownSessionError, match="no session is called 'retrain_x_1'"):
        retraining.keep_failures(database, act, "retrain_x_1", FAILURES)


def test_what_each_step_found_is_kept(variant, act):
    it = taken(variant, act, len(STEPS))
    assert retraining.session(variant, it.session_id) == it
    assert (it.training_data_size, it.training_data.failures, it.failure_analysis) == (60, 15, FAILURES)
    assert (it.prompt_improvement, it.evaluation, it.offline_score) == (IMPROVEMENT, EVALUATION, 0.9)
    assert (it.version, it.new_variant) == (2, "baseline_v2")
    assert (it.shadow_started_at, it.deadline_at) == (act.at, act.at + timedelta(days=7))


def test_the_candidate_is_a_version_tagged_experimental_with_its_changes(variant, act):
    taken(variant, act, 4)
    candidate = versions_asked.history(variant, "baseline", 1).versions[0]
    assert (candidate.version, candidate.system_prompt, candidate.is_active) == (2, BETTER, False)
    assert Tag.EXPERIMENTAL in candidate.tags
    assert (candidate.metadata["createdBy"], candidate.metadata["changes"]) == ("retraining_system", ["Check the calendar"])


def test_a_candidate_whose_content_is_known_is_that_version(variant, act):
    versions.register(variant, act, variant="baseline", system_prompt=BETTER)
    versions.register(variant, act, variant="baseline", system_prompt="another")
    it = taken(variant, act, 4)
    assert it.version == 2
    assert [Tag.EXPERIMENTAL in known.tags for known in versions_asked.history(variant, "baseline", 3).versions] == [False, True, False]


def test_a_candidate_that_is_the_incumbent_ends_the_session(variant, act):
    it = taken(variant, act, 2)
    same = replace(IMPROVEMENT, candidates=(Candidate(number=1, prompt=PROMPT),))
    retraining.keep_improvement(variant, act, it.session_id, same)
    done = retraining.register_candidate(variant, act, it.session_id)
    assert (done.status, done.reasons, done.version) == (Status.ROLLED_BACK, ("the candidate is version 1, the incumbent itself",), 0)


def test_an_improver_without_a_candidate_ends_the_session(variant, act):
    it = taken(variant, act, 2)
    none = replace(IMPROVEMENT, chosen=None, why="each was refused")
    done = retraining.keep_improvement(variant, act, it.session_id, none)
    assert (done.status, done.reasons) == (Status.ROLLED_BACK, ("no candidate may be used: each was refused",))
    assert retraining.session(variant, it.session_id).prompt_improvement == none


def replays(*numbers):
    told = {"cost_usd": 0.001, "input_tokens": 10, "output_tokens": 5, "latency_s": 0.5, "messages": ({"role": "user", "content": "Hi"},)}
    return [Replay(scenario_id="case", replay=number, booked=True, escalated=False, **told) for number in numbers]


def test_an_evaluation_that_was_interrupted_goes_on_where_it_was(variant, act):
    it = taken(variant, act, 4)
    assert retraining.keep_case_results(variant, act, it.session_id, Side.CANDIDATE, replays(0, 1)) == 2
    assert retraining.keep_case_results(variant, act, it.session_id, Side.CANDIDATE, replays(0, 1, 2)) == 1
    assert retraining.case_results(variant, it.session_id) == {Side.INCUMBENT: {}, Side.CANDIDATE: {"case": replays(0, 1, 2)}}


def test_results_after_the_evaluation_change_nothing(variant, act):
    it = taken(variant, act, 5)
    assert retraining.keep_case_results(variant, act, it.session_id, Side.INCUMBENT, replays(0)) == 0


def test_a_low_offline_score_ends_the_session(variant, act):
    it = taken(variant, act, 4)
    done = retraining.keep_evaluation(variant, act, it.session_id, replace(EVALUATION, score=0.6))
    assert (done.status, done.reasons) == (Status.ROLLED_BACK, ("Low offline score (0.60 < 0.80)",))


def test_too_little_data_ends_the_session_with_the_reason(variant, act):
    it = begin(variant, act)
    done = promotion.give_up(variant, act, it.session_id, "12 conversations; 50 are needed")
    assert (done.status, done.reasons, done.completed_at) == (Status.ROLLED_BACK, ("12 conversations; 50 are needed",), act.at)


def test_the_flow_run_and_its_revivals_are_noted(variant, act):
    it = begin(variant, act)
    retraining.note_flow_run(variant, act, it.session_id, "run-1", 4711)
    retraining.revived(variant, act, it.session_id)
    noted = retraining.session(variant, it.session_id)
    assert (noted.flow_run_id, noted.flow_process, noted.attempts) == ("run-1", None, 1)


def test_whoever_began_a_run_and_comes_late_does_not_take_back_in_which_process_it_runs(variant, act):
    it = begin(variant, act)
    retraining.note_flow_run(variant, act, it.session_id, "run-1", 4711)
    assert retraining.note_flow_run(variant, act, it.session_id, "run-1").flow_process == 4711
    assert retraining.note_flow_run(variant, act, it.session_id, "run-2").flow_process is None


def test_history_is_newest_first_and_goes_on_under_an_id(variant, act):
    for number in range(3):
        it = begin(variant, later(act, hours=number), f"k{number}")
        promotion.cancel(variant, act, it.session_id)
    ids = [it.id for it in retraining.history(variant, "baseline", 2)]
    assert ids == [3, 2]
    assert [it.id for it in retraining.history(variant, None, 5, before_id=2)] == [1]


def test_the_status_counts_only_what_evidence_decided(variant, act):
    for number in range(2):
        it = begin(variant, act, f"k{number}")
        end = promotion.give_up if number else promotion.cancel
        end(variant, act, it.session_id, "why")
    begin(variant, act, "k3")
    told = retraining.status(variant)
    assert (told.success_rate, [it.status for it in told.open]) == (0.0, [Status.COLLECTING_DATA])
    assert (told.by_status[Status.CANCELLED], told.by_status[Status.ROLLED_BACK], len(told.newest)) == (1, 1, 3)


def test_a_variants_own_policy_is_the_sessions(variant, act):
    own = Policy(retraining=RetrainingPolicy(min_training_examples=70))
    with variant.write(act) as tx:
        tx.add(PolicyRow(variant="baseline", policy=to_json(own), updated_at=act.at))
    with pytest.raises(RetrainingRefusedError, match="a retraining needs 70"):
        begin(variant, act)


def test_the_conversations_to_learn_from_are_the_incumbents_before_the_session(variant, act):
    it = begin(variant, act)
    traffic.ingest(variant, later(act, hours=2), served(later(act, hours=2), 1, variant="baseline"))
    found = training.of_session(variant, it.session_id).conversations
    assert [one.id for one in found] == [f"c{number}" for number in range(59, -1, -1)]


def test_what_is_imported_later_is_not_learnt_from(variant, act):
    it = begin(variant, act)
    old = replace(served(act, 1)[0], id="late", ended_at=act.at - timedelta(minutes=30))
    traffic.ingest(variant, later(act, minutes=1), [old])
    assert "late" not in {one.id for one in training.of_session(variant, it.session_id).conversations}


def test_an_idempotency_key_that_is_kept_no_more_does_not_begin_what_has_ended(variant, act):
    keyed = replace(act, idempotency_key="start-1")
    it = begin(variant, keyed)
    assert begin(variant, later(keyed, hours=25)) == it
    promotion.cancel(variant, act, it.session_id)
    told = f"'start-1' began session {it.session_id} at 2025-10-07T12:00:00Z, which has ended: cancelled; give a new start a new key"
    assert begin(variant, later(keyed, hours=26)).session_id == it.session_id
    with pytest.raises(IdempotencyKeyReusedError, match=told):
        begin(variant, later(keyed, hours=60))


def test_training_data_is_summed_up(act):
    assert training_data(act).size == 60
