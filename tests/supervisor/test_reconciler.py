"""Sessions and runs brought together again, asked of a Prefect that is played."""

import asyncio
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import State, StateDetails, StateType

from benchmarks._sessions import in_shadow_test, later, proved, ready, taken
from deployments.supervisor import reconciler, zombies
from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
from lifecycle_core.operations import promotion, retraining, shadow, spending
from lifecycle_core.policy import ShadowSource
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer
from tasks import context, runs

pytestmark = pytest.mark.slow


class PlayedPrefect:
    """Runs with states, and what was asked of them."""

    def __init__(self):
        self.states, self.asked = {}, []

    async def state(self, run):
        return self.states.get(run)

    async def begin_run(self, session):
        self.asked.append(("begin", runs.attempt_key(session)))
        run = uuid4()
        self.states[str(run)] = State(type=StateType.SCHEDULED)
        return run

    async def resume(self, run):
        self.asked.append(("resume", run))
        return self.states[run].state_details.run_input_keyset is None

    async def resume_review(self, run, answer, _reason):
        self.asked.append(("answer", run, answer))
        return True

    async def paused(self, _deployment):
        return [run for run, state in self.states.items() if state.type is StateType.PAUSED]

    async def on_its_way(self, _deployment, _tag):
        return False

    async def start(self, deployment, parameters, *, tags):
        self.asked.append(("start", deployment, parameters["session_id"], *tags))
        return uuid4()

    async def begun(self, _names):
        going_on = {StateType.PENDING, StateType.RUNNING, StateType.CANCELLING}
        return [SimpleNamespace(id=run, state=state) for run, state in self.states.items() if state.type in going_on]

    async def end_zombie(self, run):
        self.asked.append(("end", run))
        self.states[run] = State(type=StateType.CRASHED, message=runs.LEFT, timestamp=datetime.now(UTC))
        return True


@pytest.fixture
def prefect(database, monkeypatch, tmp_path, act):
    it = PlayedPrefect()
    for name in ("state", "begin_run", "resume", "resume_review", "paused", "on_its_way", "start", "begun", "end_zombie"):
        monkeypatch.setattr(runs, name, getattr(it, name))
    monkeypatch.setattr(reconciler, "_deaths", {})
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    context.configure()
    monkeypatch.setattr(context, "database", lambda: database)
    it.clock = SimpleNamespace(at=later(act, hours=1).at)
    monkeypatch.setattr(context, "now", lambda: it.clock.at)
    yield it
    monkeypatch.undo()
    context.configure()


RUN = str(UUID(int=7))


def standing(prefect, database, act, kind, message=None, *, ago=3600.0, form=False, **session):
    """A session in its shadow test, whose run stands so."""
    it = in_shadow_test(database, act, **session)
    return run_is(prefect, database, act, it, kind=kind, message=message, ago=ago, form=form)


def run_is(prefect, database, act, it, *, kind, message=None, ago=3600.0, form=False):
    details = StateDetails(run_input_keyset={"schema": "s"} if form else None)
    since = datetime.now(UTC) - timedelta(seconds=ago)
    prefect.states[RUN] = State(type=kind, message=message, timestamp=since, state_details=details)
    return retraining.note_flow_run(database, act, it.session_id, RUN, 2**22 + 1)


def reconcile():
    asyncio.run(reconciler.reconcile())


def test_a_session_without_a_run_gets_one_which_it_knows_then(prefect, database, act):
    it = taken(ready(database, act), act, 1)
    reconcile()
    reconcile()
    assert prefect.asked == [("begin", f"{it.session_id}/0")]
    assert retraining.session(database, it.session_id).flow_run_id in prefect.states


def test_a_run_that_prefect_does_not_know_is_begun_anew(prefect, database, act):
    it = taken(ready(database, act), act, 1)
    retraining.note_flow_run(database, act, it.session_id, RUN)
    reconcile()
    assert prefect.asked == [("begin", f"{it.session_id}/0")]


@pytest.mark.parametrize("kind", [StateType.CRASHED, StateType.FAILED, StateType.COMPLETED])
def test_a_run_that_ended_before_its_session_is_followed_under_a_key_of_its_own(prefect, database, act, kind):
    it = standing(prefect, database, act, kind)
    reconcile()
    assert prefect.asked == [("begin", f"{it.session_id}/1")]
    assert retraining.session(database, it.session_id).attempts == 1


def test_a_run_that_has_just_crashed_is_not_followed_at_once_unless_a_restart_cut_it_off(prefect, database, act):
    it = standing(prefect, database, act, StateType.CRASHED, ago=1)
    reconcile()
    assert prefect.asked == []
    run_is(prefect, database, act, it, kind=StateType.CRASHED, message=runs.LEFT, ago=1)
    reconcile()
    assert prefect.asked == [("begin", f"{it.session_id}/1")]


def crash_again(prefect, ago):
    """The newest run crashed, so many seconds ago."""
    prefect.states[list(prefect.states)[-1]] = State(
        type=StateType.CRASHED, message="out of memory", timestamp=datetime.now(UTC) - timedelta(seconds=ago)
    )


def test_each_run_that_dies_where_the_last_one_died_is_followed_later(prefect, database, act):
    standing(prefect, database, act, StateType.CRASHED, ago=6)
    reconcile()
    crash_again(prefect, ago=6)
    reconcile()
    assert len(prefect.asked) == 1
    crash_again(prefect, ago=11)
    reconcile()
    assert len(prefect.asked) == 2


def answered(database, act, it, text):
    """A call of the session that was answered."""
    asked = ChatRequest(purpose="read", model="m", messages=(ChatMessage(role="user", content=text),))
    reply = ChatReply(content="So.", model="m", input_tokens=1, output_tokens=1, cost_usd=0.0, seconds=1.0)
    spending.settle(database, act, spending.reserve(database, act, it.session_id, asked), reply)


def test_a_run_that_dies_after_the_session_came_on_is_followed_as_the_first_was(prefect, database, act):
    it = standing(prefect, database, act, StateType.CRASHED, ago=6)
    for number in range(3):
        reconcile()
        answered(database, act, it, f"question {number}")
        crash_again(prefect, ago=6)
    assert len(prefect.asked) == 3


def test_a_session_whose_runs_die_again_and_again_where_it_stands_has_failed_and_says_what_the_last_one_said(prefect, database, act):
    it = standing(prefect, database, act, StateType.CRASHED, ago=10**6)
    for _ in range(reconciler.MOST_ATTEMPTS):
        crash_again(prefect, ago=10**6)
        reconcile()
    assert retraining.session(database, it.session_id).open
    crash_again(prefect, ago=10**6)
    reconcile()
    ended = retraining.session(database, it.session_id)
    assert (ended.status, ended.reasons) == ("failed", ("21 runs in a row ended where it stands; the last one said: out of memory",))


@pytest.mark.parametrize(("message", "status"), [(None, "cancelled"), (reconciler.SHUTTING_DOWN, "shadow_testing")])
def test_a_run_that_a_person_cancelled_ends_its_session_and_one_that_a_shutdown_cancelled_does_not(prefect, database, act, message, status):
    it = standing(prefect, database, act, StateType.CANCELLED, message)
    reconcile()
    assert retraining.session(database, it.session_id).status == status


def test_a_run_that_runs_in_a_process_that_is_gone_is_ended_and_followed_at_once(prefect, database, act):
    it = standing(prefect, database, act, StateType.RUNNING, ago=0)
    reconcile()
    assert prefect.asked == [("end", RUN), ("begin", f"{it.session_id}/1")]


def test_a_zombie_of_any_deployment_is_ended(prefect):
    prefect.states[RUN] = State(type=StateType.RUNNING, timestamp=datetime.now(UTC))
    reconcile()
    assert prefect.asked == [("end", RUN)]


@pytest.mark.parametrize(("ago", "asked"), [(1, []), (100, [("end", RUN)])])
def test_a_run_that_is_about_to_begin_is_given_time_for_its_process(prefect, ago, asked):
    prefect.states[RUN] = State(type=StateType.PENDING, timestamp=datetime.now(UTC) - timedelta(seconds=ago))
    reconcile()
    assert prefect.asked[:1] == asked


@pytest.mark.parametrize(("ago", "asked"), [(1, []), (100, [("end", RUN)])])
def test_a_run_of_another_machine_that_never_told_its_process_is_ended_once_it_should_have(
    prefect, database, act, monkeypatch, *, ago, asked
):
    monkeypatch.setenv("LIFECYCLE_PREFECT_API_URL", "http://prefect.invalid/api")
    context.configure()
    it = taken(ready(database, act), act, 1)
    retraining.note_flow_run(database, act, it.session_id, RUN)
    prefect.states[RUN] = State(type=StateType.RUNNING, timestamp=datetime.now(UTC) - timedelta(seconds=ago))
    reconcile()
    assert prefect.asked == asked


def test_what_was_amiss_is_looked_at_again_soon(prefect, database, act):
    assert not asyncio.run(reconciler.reconcile())
    standing(prefect, database, act, StateType.CRASHED)
    assert asyncio.run(reconciler.reconcile())


def test_a_shadow_wait_goes_on_until_there_is_a_verdict(prefect, database, act):
    it = standing(prefect, database, act, StateType.PAUSED)
    reconcile()
    assert prefect.asked == []
    shadow.record_samples(database, act, it.session_id, proved(act, 100))
    reconcile()
    assert prefect.asked == [("resume", RUN)]
    assert retraining.session(database, it.session_id).shadow_analysis.verdict == "promote"


def test_a_shadow_wait_ends_at_its_deadline(prefect, database, act):
    standing(prefect, database, act, StateType.PAUSED)
    prefect.clock.at = later(act, days=8).at
    reconcile()
    assert prefect.asked == [("resume", RUN)]


def test_goals_that_wait_are_served(prefect, database, act):
    it = standing(prefect, database, act, StateType.PAUSED, shadow_source=ShadowSource.RECORDED)
    reconcile()
    assert prefect.asked == [("start", "watch-shadow/watch-shadow", it.session_id, f"session:{it.session_id}")]


def reviewed(prefect, database, act, *, form):
    it = in_shadow_test(database, act, manual_review=True)
    shadow.record_samples(database, act, it.session_id, proved(act, 100))
    it = shadow.keep_verdict(database, act, it.session_id)
    assert it.status == "awaiting_review"
    return run_is(prefect, database, act, it, kind=StateType.PAUSED, form=form)


def test_a_run_in_its_shadow_wait_whose_session_asks_a_person_goes_on_to_ask(prefect, database, act):
    reviewed(prefect, database, act, form=False)
    reconcile()
    assert prefect.asked == [("resume", RUN)]


def test_a_form_waits_for_a_person(prefect, database, act):
    reviewed(prefect, database, act, form=True)
    reconcile()
    assert prefect.asked == []


def test_a_form_is_filled_in_once_the_decision_is_in_the_database(prefect, database, act):
    it = reviewed(prefect, database, act, form=True)
    promotion.record_decision(database, act, it.session_id, Answer.PROMOTE, "good")
    reconcile()
    assert prefect.asked[-1] == ("answer", RUN, "promote")


def test_a_run_that_has_reached_its_form_meanwhile_is_answered_for_nobody(prefect, database, act, monkeypatch):
    async def waits_with_a_form_by_now(_run):
        return False

    reviewed(prefect, database, act, form=False)
    monkeypatch.setattr(runs, "resume", waits_with_a_form_by_now)
    reconcile()
    assert prefect.asked == []


def test_a_review_that_nobody_answers_ends_with_the_incumbent(prefect, database, act):
    it = reviewed(prefect, database, act, form=True)
    prefect.clock.at = later(act, days=9).at
    reconcile()
    assert retraining.session(database, it.session_id).status == "inconclusive"
    assert prefect.asked[-1] == ("answer", RUN, "reject")


def test_a_suspended_run_whose_session_has_ended_goes_on_to_its_end(prefect, database, act):
    it = standing(prefect, database, act, StateType.PAUSED)
    promotion.cancel(database, act, it.session_id, "enough")
    reconcile()
    assert prefect.asked == [("resume", RUN)]


def test_what_goes_wrong_with_one_session_stops_no_other(prefect, database, act, monkeypatch):
    standing(prefect, database, act, StateType.PAUSED)
    other = taken(ready(database, act, variant="other"), act, 1, Options(), "other")
    advanced = reconciler._advanced

    def fails(session_id):
        if session_id != other.session_id:
            raise RuntimeError
        return advanced(session_id)

    monkeypatch.setattr(reconciler, "_advanced", fails)
    reconcile()
    assert prefect.asked == [("begin", f"{other.session_id}/0")]


@pytest.fixture
def sleeps():
    """Starts a process that sleeps, with that in its environment, and that among its arguments."""
    begun = []

    def one(name="", **environment):
        begun.append(subprocess.Popen(["/bin/sh", "-c", "exec sleep 60", name], env=environment))
        return begun[-1]

    yield one
    for it in begun:
        it.kill()
        it.wait()


def test_the_orphans_of_a_folder_are_ended_and_the_runs_of_another_are_not(sleeps, tmp_path):
    orphan = sleeps(PREFECT__FLOW_RUN_ID=RUN, LIFECYCLE_DATA_DIR=str(tmp_path))
    others = [sleeps(PREFECT__FLOW_RUN_ID=RUN, LIFECYCLE_DATA_DIR=f"{tmp_path}2"), sleeps(LIFECYCLE_DATA_DIR=str(tmp_path))]
    assert zombies.end_orphans(tmp_path) == 1
    assert (orphan.wait(5), [it.poll() for it in others]) == (-signal.SIGKILL, [None, None])


@pytest.mark.parametrize(("run", "asked"), [(RUN, []), (str(UUID(int=8)), [("end", RUN)])])
def test_only_the_process_that_executes_a_run_proves_it_alive(prefect, database, act, sleeps, *, run, asked):
    it = standing(prefect, database, act, StateType.RUNNING)
    retraining.note_flow_run(database, act, it.session_id, RUN, sleeps("prefect", PREFECT__FLOW_RUN_ID=run).pid)
    reconcile()
    assert prefect.asked[:1] == asked
