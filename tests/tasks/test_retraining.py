"""The ten steps, each called without a server: what it makes is in the session's row, and a step that is done does nothing."""

from dataclasses import replace

import pytest
from sqlmodel import select

from benchmarks._sessions import IMPROVEMENT
from lifecycle_core.chat import ChatDeniedError, ChatRefusedError, ChatUnavailableError
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import evidence, policies, promotion, retraining, shadow, spending
from lifecycle_core.policy import Engine, RetrainingPolicy
from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.evaluation import INCUMBENT_RUNS
from lifecycle_core.retraining.options import Options
from lifecycle_core.spending import BudgetSpentError
from lifecycle_core.store.mapping import from_json
from lifecycle_core.store.tables import CaseResultRow, ServedCaseRow
from tasks import agreement, evaluation, reports, review
from tasks import retraining as steps
from tasks.alone import alone
from tasks.replays import INFRASTRUCTURE, Stage
from tasks.shadow import TESTS_AT_ONCE, list_shadow_tests, serve_goals
from tests.retrainable import QUICK, begun, ready
from tests.tasks.conftest import TO_THE_SHADOW_TEST

ALL = len(TO_THE_SHADOW_TEST)
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("pages", "started")]


def taken(session_id, count=ALL):
    """Where a session stands after so many steps."""
    found = [step.fn(session_id) for step in TO_THE_SHADOW_TEST[:count]]
    return found[-1]


@pytest.fixture
def session_id(installed, model):
    return begun(installed, "a").session_id


def test_a_session_comes_to_a_promotion_and_leaves_a_page_for_each_step_and_the_report(installed, session_id, pages):
    assert taken(session_id).status == "shadow_testing"
    assert list_shadow_tests.fn() == [session_id]
    assert serve_goals.fn(session_id) == 12
    steps.analyze_shadow_test.fn(session_id)
    assert steps.promote_or_roll_back.fn(session_id) == "promoted"
    assert list(dict.fromkeys(key for key, _, _ in pages)) == [
        "training-data",
        "failures",
        "prompt-diff",
        "evaluation",
        "evidence",
        "verdict",
        "report",
    ]
    assert all(said.startswith("**a** · retrain\\_a\\_") for _, said, _ in pages)


def test_a_step_that_is_done_answers_from_its_row_and_pays_nothing(installed, session_id, model, pages):
    taken(session_id, 5)
    before, paid, left = retraining.session(installed, session_id), model.calls, len(pages)
    taken(session_id, 5)
    assert (retraining.session(installed, session_id), model.calls, len(pages)) == (before, paid, left)


def test_every_call_is_on_the_session_s_account(installed, session_id, model):
    taken(session_id, 5)
    assert spending.spent(installed, session_id).calls == model.calls > 0


def test_where_nobody_chose_a_model_rules_write_and_a_start_may_ask_for_the_builtin_engine(installed, session_id):
    taken(session_id, 3)
    assert retraining.session(installed, session_id).prompt_improvement.engine is Engine.RULES
    ready(installed, "b")
    other = begin(installed, "b", engine=Engine.BUILTIN)
    taken(other, 3)
    improvement = retraining.session(installed, other).prompt_improvement
    assert (improvement.engine, improvement.simulated) == (Engine.BUILTIN, True)


def begin(database, variant, **options):
    return retraining.begin(database, steps.act(), variant, "another", Options(seed=1, **options)).session_id


def test_a_model_that_cannot_answer_now_is_tried_again_and_ends_nothing(installed, session_id, model):
    taken(session_id, 4)
    model.fails = ChatUnavailableError("too many requests")
    with pytest.raises(ChatUnavailableError, match="found no model"):
        steps.evaluate_offline.fn(session_id)
    model.fails = None
    assert steps.evaluate_offline.fn(session_id).continues
    assert retraining.session(installed, session_id).evaluation.lost == 0


def test_what_was_served_before_a_kill_counts_where_the_rest_finds_no_model(installed, session_id, monkeypatch):
    taken(session_id, 4)
    it = retraining.session(installed, session_id)
    evaluation.evaluated(it, steps.training_data(it).conversations, it.failure_analysis)
    with installed.write(steps.act()) as tx:
        row = tx.exec(select(CaseResultRow)).first()
        lost = replace(from_json(Replay, row.document), broken_by=INFRASTRUCTURE)
        tx.delete(row)
        for it in tx.exec(select(ServedCaseRow)):
            tx.delete(it)
    monkeypatch.setattr(Stage, "serve", lambda *_: [lost])
    assert steps.evaluate_offline.fn(session_id).continues


def test_a_model_that_refuses_ends_the_session_with_its_sentence(installed, model):
    ready(installed, "a")
    session_id = begin(installed, "a", engine=Engine.BUILTIN)
    model.fails = ChatRefusedError("the endpoint refuses the key")
    assert taken(session_id, 3).status == "failed"
    assert retraining.session(installed, session_id).reasons == ("the endpoint refuses the key",)


def test_a_key_that_is_refused_in_the_middle_of_an_evaluation_ends_it_and_is_no_outcome(installed, session_id, model):
    taken(session_id, 4)
    model.fails = ChatDeniedError("the endpoint has no quota left")
    assert steps.evaluate_offline.fn(session_id).status == "failed"
    assert not any(retraining.case_results(installed, session_id).values())


def test_a_budget_of_nothing_ends_the_session_and_asks_no_model(installed, model):
    ready(installed, "a")
    policies.set_policy(installed, steps.act(), "a", replace(QUICK, retraining=RetrainingPolicy(budget_calls=0)))
    session_id = begin(installed, "a")
    assert taken(session_id).status == "failed"
    assert model.calls == 0
    assert "budget" in retraining.session(installed, session_id).reasons[0]


def test_a_session_that_was_cancelled_meanwhile_is_left_as_it_is(installed, session_id, model):
    promotion.cancel(installed, steps.act(), session_id, "enough")
    assert taken(session_id).status == steps.promote_or_roll_back.fn(session_id) == "cancelled"
    assert model.calls == 0


@pytest.mark.parametrize(("variant", "given", "said"), [("nobody", None, "nobody"), ("b", "a", "is of variant 'a', not of 'b'")])
def test_what_cannot_begin_is_told_and_begins_nothing(installed, session_id, variant, given, said):
    begun = steps.begin_retraining.fn(variant, session_id if given else None, "by hand")
    assert begun.refused
    assert said in begun.refusal


def test_a_scenario_that_the_infrastructure_took_is_not_kept_and_the_step_is_tried_again(tested, installed, model, monkeypatch):
    monkeypatch.setattr("tasks.shadow.PAUSES_S", ())
    model.fails = ChatUnavailableError("no connection")
    with pytest.raises(ChatUnavailableError, match="found no model"):
        serve_goals.fn(tested)
    assert all(not it.incumbent.lost and not it.candidate.lost for it in shadow.recorded_samples(installed, tested))
    model.fails = None
    serve_goals.fn(tested)
    assert len(shadow.recorded_samples(installed, tested)) == 12


def test_no_outcome_by_which_a_candidate_was_chosen_is_evidence_in_its_shadow_test(tested, installed, model, monkeypatch):
    served, serve = set(), Stage.serve
    monkeypatch.setattr(Stage, "serve", lambda *given: served.update(given[-1]) or serve(*given))
    serve_goals.fn(tested)
    assert min(served) >= INCUMBENT_RUNS


def test_goals_that_another_process_serves_are_left_to_it(tested, installed, model):
    with alone(f"shadow test of {tested}"):
        assert serve_goals.fn(tested) == 0


def test_both_versions_are_asked_once_what_they_would_do_at_recorded_turns(tested, installed, model):
    serve_goals.fn(tested)
    calls, found = model.calls, agreement.kept(tested)
    assert (found.turns > 0, found.floor is not None) == (True, True)
    assert (agreement.ask(tested), model.calls) == (found, calls)


def test_a_test_waits_for_its_turn_where_as_many_as_may_be_are_served(tested, installed, model):
    with alone("shadow tests", TESTS_AT_ONCE), alone("shadow tests", TESTS_AT_ONCE):
        assert serve_goals.fn(tested) == 0
    assert serve_goals.fn(tested) == 12


def test_a_budget_that_is_spent_in_a_shadow_test_leaves_the_verdict_to_the_samples_that_are_there(tested, installed, model, monkeypatch):
    served = Stage.serve
    many = iter(range(20))

    def serve(*given):
        if next(many, None) is None:
            message = "the session has spent 20 of its 20 calls"
            raise BudgetSpentError(message)
        return served(*given)

    with monkeypatch.context() as patch:
        patch.setattr(Stage, "serve", serve)
        serve_goals.fn(tested)
    it = retraining.session(installed, tested)
    assert (it.shadow_analysis.verdict, it.shadow_analysis.closed) == ("inconclusive", True)
    assert it.shadow_analysis.reasons[0] == "the session has spent 20 of its 20 calls"
    assert (steps.promote_or_roll_back.fn(tested), evidence.verify(installed, tested).bit_for_bit) == ("inconclusive", True)


def test_a_reviewer_is_shown_verdict_then_diff_then_pairs_at_no_cost(tested, installed, model):
    serve_goals.fn(tested)
    paid = model.calls
    page = review.review_page(tested).text
    assert page.startswith("**to a person** after **12** samples: a · retrain\\_a\\_")
    assert page.index("[Report]") < page.index("````diff") < page.index("**1.**") < page.index("**10.**")
    assert "**Customer**" in page
    assert model.calls == paid
    pairs = review.shown(tested).pairs
    assert len(pairs) == 10
    assert all(it.incumbent and it.candidate for it in pairs)


def test_an_answer_in_the_form_is_kept_once(tested, installed, model):
    serve_goals.fn(tested)
    assert steps.waits_for_a_person(tested)
    shown = review.review_page(tested).evidence_hash
    for decision in ("reject", "promote"):
        steps.record_decision.fn(tested, decision, f"I say {decision}", shown)
    assert retraining.session(installed, tested).review.reason == "I say reject"
    assert steps.promote_or_roll_back.fn(tested) == "rolled_back"


def test_pairs_that_disagree_come_first(tested, installed, model):
    serve_goals.fn(tested)
    apart = [it.disagreement for it in review.shown(tested).pairs]
    assert apart == sorted(apart, reverse=True)


def test_an_answer_in_a_form_that_showed_other_evidence_decides_nothing(tested, installed, model):
    serve_goals.fn(tested)
    assert steps.record_decision.fn(tested, "promote", "looks good", "0" * 64).status == "awaiting_review"
    assert retraining.session(installed, tested).review is None


def test_a_run_leads_to_its_session_once(installed, session_id, pages):
    for _ in range(2):
        steps.begin_retraining.fn("a", session_id, "")
    [(key, head, way)] = pages
    assert (key, head) == ("session", f"**a** · {session_id.replace('_', chr(92) + '_')} · a better prompt than version 1 is sought")
    assert f"/api/lifecycle/retraining/report?sessionId={session_id}" in way


def test_a_session_that_ended_before_its_test_leaves_its_report_too(installed, session_id, pages):
    taken(session_id, 1)
    promotion.give_up(installed, steps.act(), session_id, "nothing can be learnt")
    assert steps.promote_or_roll_back.fn(session_id) == "rolled_back"
    [*_, (_, verdict, _), (key, report, _)] = pages
    assert (key, verdict.endswith("rolled back: nothing can be learnt")) == ("report", True)
    assert report.endswith("version 1 stays: nothing can be learnt")


def test_proposals_of_which_none_may_be_used_are_shown_with_why(installed, session_id, pages, monkeypatch):
    refused = replace(IMPROVEMENT, candidates=IMPROVEMENT.candidates[1:], chosen=None, why="every proposal was refused")
    monkeypatch.setattr(steps, "improved", lambda *_: refused)
    taken(session_id, 4)
    [table] = [content for key, _, content in pages if key == "prompt-diff"]
    assert [row["what became of it"] for row in table] == ["it is empty"]


def test_a_report_that_cannot_be_made_holds_nothing_up(installed, session_id, pages, monkeypatch):
    def refuse(_):
        message = "no address"
        raise SetupError(message)

    taken(session_id, 1)
    promotion.cancel(installed, steps.act(), session_id, "enough")
    monkeypatch.setattr(reports, "of_session", refuse)
    assert steps.promote_or_roll_back.fn(session_id) == "cancelled"
    assert pages[-1][0] == "verdict"
