"""Retrainings in the real tree, from their beginning to their end, by flow runs that suspend, die and come back.

Prefect goes away for good, hangs, and comes back with nothing of what it knew: the API goes on, and so do sessions, from the database.
"""

import asyncio
from datetime import UTC, datetime

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from lifecycle_core.operations.database import verify
from lifecycle_core.policy import ShadowSource
from tasks import runs
from tests.retrainable import ready
from tests.retraining_tree import PATIENCE_S, RetrainingTree
from tests.served import STARTS_WITHIN_S, until

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(1200)]

TELLS_WITHIN_S = 10.0
"""A start and a decision tell Prefect, for five seconds at most; another one for the second look that a decision may take."""
OPTIONS = {"shadowSource": "recorded", "maxSamples": 12, "seed": 1}
WAITING = {"waiting": "shadow_testing", "reviewed": "awaiting_review"}
"""Sessions that wait, for samples and for a person, and as what."""
STEPS = [
    "01 begin retraining",
    "03 collect training data",
    "04 analyze failures",
    "05 improve prompt",
    "06 register candidate",
    "07 evaluate offline",
    "08 start shadow test",
    "09 analyze shadow test",
    "10 promote or roll back",
]


@pytest.fixture(scope="module")
def loop(tmp_path_factory):
    """Three sessions: one that needs nobody, one that waits for a person, one for samples; and two variants that have none yet."""
    begun = {"straight": {}, "reviewed": {"manual_review": True}, "waiting": {"source": ShadowSource.NEW}}
    it = RetrainingTree(tmp_path_factory.mktemp("loop") / "data", **begun)
    for variant in ("dead", "hanging"):
        ready(it.database, variant)
    try:
        it.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)
        yield it
    finally:
        it.end()
        it.database.close()


def test_a_session_without_a_run_gets_one_and_comes_to_its_end(loop):
    session = until(lambda: not (it := loop.session("straight")).open and it, within_s=PATIENCE_S)
    assert session.status == "promoted", session.reasons
    run = until(lambda: (it := loop.run_of("straight"))["state"]["type"] == "COMPLETED" and it)
    assert run["name"] == "retrain-straight"
    assert {f"session:{session.session_id}", "variant:straight"} <= set(run["tags"])
    until(lambda: list(dict.fromkeys(loop.tasks_of(run))) == STEPS)  # Prefect tells of a task a moment after its run's end


def test_a_run_that_somebody_began_by_hand_is_found_by_its_session_beside_its_own_tags(loop):
    loop.comes_to("straight", "promoted")
    run = loop.run_of("straight")
    with temporary_settings({PREFECT_API_URL: f"{loop.prefect_url}/api"}):
        for _ in range(2):
            asyncio.run(runs.tag(run["id"], ("session:another",)))
    assert sorted(loop.run_of("straight")["tags"]) == sorted([*run["tags"], "session:another"])


def test_what_a_session_left_on_the_pages_says_whose_it_is_and_that_it_is_simulated(loop):
    session = loop.comes_to("straight", "promoted")
    until(lambda: loop.run_of("straight")["state"]["type"] == "COMPLETED")
    found = loop.prefect("/artifacts/filter", {"limit": 200})
    ours = {it["key"]: it for it in found if session.session_id.replace("_", "\\_") in (it["description"] or "")}
    assert set(ours) == {"session", "training-data", "failures", "prompt-diff", "evaluation", "evidence", "verdict", "report"}
    assert all(it["description"].startswith("**straight** · ") for it in ours.values())
    assert "Simulated" in ours["verdict"]["data"]


def test_retry_of_a_finished_run_changes_nothing(loop):
    before = loop.comes_to("straight", "promoted")
    finished = until(lambda: (it := loop.run_of("straight"))["state"]["type"] == "COMPLETED" and it)
    again = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}
    loop.prefect(f"/flow_runs/{before.flow_run_id}/set_state", again)
    until(lambda: loop.changed("straight", finished, "COMPLETED"))
    assert loop.session("straight") == before


def test_resume_pressed_at_the_shadow_wait_waits_on(loop):
    run = loop.suspended("waiting")
    until(lambda: loop.resumed(run))
    until(lambda: loop.changed("waiting", run, "PAUSED"), within_s=PATIENCE_S)
    assert loop.session("waiting").status == "shadow_testing"


def everything(loop, variant):
    """Ask for all that needs no flow run, then begin a session: -> its answer."""
    now = datetime.now(UTC)
    sent = [{"id": f"{variant}{it}", "variant": variant, "ended_at": now.isoformat(), "booked": True} for it in range(5)]
    assert loop.timed("/api/lifecycle/conversations", sent)["accepted"] == 5
    assert loop.timed(f"/api/lifecycle/drift/detect?variant={variant}")["variant"] == variant
    version = loop.timed("/api/lifecycle/versions/register", {"variantName": variant, "systemPrompt": "Worse."})["version"]
    loop.timed("/api/lifecycle/versions/activate", {"variantName": variant, "version": version})
    assert loop.timed(f"/api/lifecycle/versions/active?variantName={variant}")["version"] == version
    assert loop.timed("/api/lifecycle/versions/rollback", {"variantName": variant})["currentVersion"] == 1
    started = loop.timed("/api/lifecycle/retraining/start", {"variant": variant, "options": OPTIONS}, within_s=TELLS_WITHIN_S)
    loop.sessions[variant] = started["session"]["id"]
    told = loop.timed(f"/api/lifecycle/retraining/status?sessionId={loop.sessions[variant]}")
    assert told["session"]["id"] == loop.sessions[variant]
    assert loop.timed("/api/lifecycle/status")["retraining"]
    return started


def test_with_prefect_dead_or_hanging_all_goes_on_within_seconds_and_back_with_an_empty_database_it_runs_what_was_begun(loop):
    runs_of = {variant: loop.suspended(variant, status) for variant, status in WAITING.items()}
    waiting = {variant: loop.session(variant) for variant in WAITING}
    with loop.without_prefect() as let_hang:
        assert "make up" in everything(loop, "dead")["warning"]
        let_hang()
        assert "no answer within 5 s" in everything(loop, "hanging")["warning"]
        assert not any(f"{loop.prefect_url}  ready" in it for it in loop.said)
        assert {loop.session(it).flow_run_id for it in ("dead", "hanging")} == {None}
        stopped = {"sessionId": loop.sessions["hanging"], "reason": "not now"}
        loop.timed("/api/lifecycle/retraining/cancel", stopped, within_s=TELLS_WITHIN_S)
        assert loop.session("hanging").status == "cancelled"
        assert {it: loop.session(it) for it in waiting} == waiting
    ended = until(lambda: not (it := loop.session("dead")).open and it, within_s=PATIENCE_S)
    assert ended.shadow_analysis.n == 12
    for variant, status in WAITING.items():
        assert loop.suspended(variant, status)["id"] != runs_of[variant]["id"]


def test_killed_whole_in_a_shadow_wait_and_a_review_both_go_on_and_a_lost_wake_up_is_made_good(loop):
    run = loop.suspended("waiting")
    asked = loop.suspended("reviewed", "awaiting_review")
    waiting, reviewed = loop.session("waiting"), loop.session("reviewed")
    loop.kill()
    loop.post("waiting", 12)
    loop.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)
    session = until(lambda: not (it := loop.session("waiting")).open and it)
    assert (session.shadow_analysis.n, session.flow_run_id, session.attempts) == (12, run["id"], waiting.attempts)
    until(lambda: loop.run_of("waiting")["state"]["type"] == "COMPLETED")
    assert loop.session("reviewed") == reviewed
    assert loop.run_of("reviewed")["state"]["id"] == asked["state"]["id"]


def test_a_review_answered_in_the_form_decides_and_half_an_answer_does_not(loop):
    run = loop.suspended("reviewed", "awaiting_review")
    run = until(lambda: (it := loop.run_of("reviewed"))["state"]["state_details"]["run_input_keyset"] and it, within_s=PATIENCE_S)
    page = loop.prefect(f"/flow_runs/{run['id']}/input/{run['state']['state_details']['run_input_keyset']['description']}")
    assert page.startswith("**to a person** after **12** samples: reviewed · ")
    assert page.index("````diff") < page.index("**1.**")
    refused = loop.prefect(f"/flow_runs/{run['id']}/resume", {"run_input": {"decision": "promote"}})
    assert refused["status"] == "REJECT"
    loop.prefect(f"/flow_runs/{run['id']}/resume", {"run_input": {"decision": "promote", "reason": "looks good"}})
    review = loop.comes_to("reviewed", "promoted").review
    assert (review.answer, review.reason, review.by) == ("promote", "looks good", "prefect:review")
    assert f"`{review.evidence[:12]}`" in page
    until(lambda: not [it for it in loop.runs() if it["state"]["type"] == "PAUSED"], within_s=PATIENCE_S)
    assert verify(loop.database).problems == ()
