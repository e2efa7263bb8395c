"""A retraining, from drift to a promoted candidate or back."""

from prefect import flow

from flows.waiting import await_review, await_shadow_verdict
from tasks.retraining import (
    analyze_failures,
    analyze_shadow_test,
    begin_retraining,
    collect_training_data,
    evaluate_offline,
    improve_prompt,
    promote_or_roll_back,
    register_candidate,
    start_shadow_test,
)


@flow(name="retrain", flow_run_name="retrain-{variant}", persist_result=False)
def retrain(variant: str, session_id: str | None = None, reason: str = "manual") -> str:
    """Take `variant` to a promoted candidate, or back to where it was.

    The body runs again from the top after each wait and in each new run of the
    same session, so it holds no clock, no chance and no I/O: a step that is done
    answers from its session row. Steps pass ids and words, never text.

    Args:
        variant: Whose prompt to improve; it has an active registered version.
        session_id: Leave empty; a session that is open already goes on under its id.
        reason: Why; kept with the session.
    """
    session = begin_retraining(variant, session_id, reason)  # 1, 2: one act, kept with its evidence
    if session.refused:
        return session.refusal

    collect_training_data(session.id)  # 3
    analyze_failures(session.id)  # 4
    improve_prompt(session.id)  # 5
    register_candidate(session.id)  # 6

    if evaluate_offline(session.id).continues:  # 7
        start_shadow_test(session.id)  # 8
        await_shadow_verdict(session.id)
        analyze_shadow_test(session.id)  # 9
        await_review(session.id)

    return promote_or_roll_back(session.id)  # 10
