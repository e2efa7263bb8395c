"""The two waits of a retraining: suspended, they hold no process. The session's row says when one is over, whatever resumed the run."""

from itertools import count
from typing import Final, Literal

from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field

from tasks.retraining import record_decision, waits_for_a_person, waits_for_samples
from tasks.review import review_page

EIGHT_DAYS: Final = 8 * 24 * 3600
"""A day more than the longest wait: the session ends first, by its own rules."""


class Review(RunInput):
    """What a person answers; `decision` has no default, so that nobody decides by leaving a field alone."""

    decision: Literal["promote", "reject"] = Field(description="Promote the candidate, or keep what is in production?")
    reason: str = Field(min_length=3, max_length=200, description="Why; kept in the audit log")


def await_shadow_verdict(session_id: str) -> None:
    """Wait until the shadow test has its verdict, or its time is up; a key is passed through once, so each wait has another."""
    for n in count(1):
        if not waits_for_samples(session_id):
            return
        suspend_flow_run(key=f"shadow-{n}", timeout=EIGHT_DAYS)


def await_review(session_id: str) -> None:
    """Wait for a person's answer, where one is asked for and none is recorded; other evidence by then is shown, and asked about, anew."""
    if waits_for_a_person(session_id):
        page = review_page(session_id)
        form = Review.with_initial_data(description=page.text)
        answer = suspend_flow_run(wait_for_input=form, key=f"review-{page.evidence_hash}", timeout=EIGHT_DAYS)
        record_decision(session_id, answer.decision, answer.reason, page.evidence_hash)
