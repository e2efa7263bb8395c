"""Prefect is told of what the database holds; where it does not answer, the change stands and its caller hears why."""

import asyncio
import socket
from dataclasses import replace
from uuid import UUID

import pytest

from benchmarks._sessions import ready, taken
from lifecycle_core.operations import retraining
from lifecycle_core.retraining.session import Answer, Review, Status
from tasks import context, nudges, runs

RUN = "01980000-0000-7000-8000-000000000001"


@pytest.fixture
def session(tmp_path, monkeypatch, act):
    """A session that was just opened, in the database of this process."""
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    context.configure()
    yield taken(ready(context.database(), act), act, 0)
    context.database().close()
    monkeypatch.undo()
    context.configure()


@pytest.fixture
def told(monkeypatch):
    """What Prefect was told; it listens, and takes what it is told."""
    calls = []

    async def begin_run(session):
        calls.append(("begin_run", session.session_id))
        return UUID(RUN)

    def took(name, answer):
        async def call(*words):
            calls.append((name, *words))
            return answer

        monkeypatch.setattr(runs, name, call)

    monkeypatch.setattr(runs, "begin_run", begin_run)
    for name, answer in (("resume", False), ("resume_review", True), ("cancel", True)):
        took(name, answer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("PREFECT_API_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/api")
        yield calls


@pytest.fixture
def away(monkeypatch):
    """Nothing listens where Prefect would."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")


def test_a_session_that_was_opened_gets_its_run_which_is_noted(session, told, act):
    assert asyncio.run(nudges.begun(act, session)) is None
    assert told == [("begin_run", session.session_id)]
    assert retraining.session(context.database(), session.session_id).flow_run_id == RUN


def test_a_session_that_has_a_run_gets_no_second(session, told, act):
    assert asyncio.run(nudges.begun(act, replace(session, flow_run_id=RUN))) is None
    assert told == []


def test_where_nothing_listens_the_caller_hears_what_starts_it(session, away, act):
    assert asyncio.run(nudges.begun(act, session)) == nudges.NOT_SERVING
    assert retraining.session(context.database(), session.session_id).open


def test_where_prefect_does_not_answer_the_caller_hears_why(session, told, act, monkeypatch):
    async def begin_run(session):
        message = "Prefect could not start"
        raise runs.RunnerUnavailableError(message)

    monkeypatch.setattr(runs, "begin_run", begin_run)
    assert asyncio.run(nudges.begun(act, session)) == "Prefect could not start"


def test_a_run_that_waits_for_samples_goes_on(session, told, monkeypatch, act):
    async def resume(run):
        told.append(("resume", run))
        return True

    monkeypatch.setattr(runs, "resume", resume)
    asyncio.run(nudges.decided(act, replace(session, flow_run_id=RUN, status=Status.PROMOTED)))
    assert told == [("resume", RUN)]


def test_a_run_that_waits_for_a_person_has_the_answer_filled_in(session, told, act):
    review = Review(answer=Answer.REJECT, reason="no", by="cli:ada", at=act.at)
    asyncio.run(nudges.decided(act, replace(session, flow_run_id=RUN, status=Status.ROLLED_BACK, review=review)))
    assert told[-1] == ("resume_review", RUN, "reject", "no.")


def test_a_review_that_force_ended_is_filled_in_by_the_ending(session, told, act):
    asyncio.run(nudges.decided(act, replace(session, flow_run_id=RUN, status=Status.PROMOTED)))
    assert told[-1] == ("resume_review", RUN, "promote", "decided already")


def test_the_run_of_a_cancelled_session_is_cancelled(session, told, act):
    asyncio.run(nudges.decided(act, replace(session, flow_run_id=RUN, status=Status.CANCELLED)))
    assert told == [("cancel", RUN)]


def test_a_session_without_a_run_tells_nobody(session, told, act):
    asyncio.run(nudges.decided(act, replace(session, status=Status.PROMOTED)))
    assert told == []


def test_an_ending_stands_though_prefect_is_away(session, away, act):
    asyncio.run(nudges.decided(act, replace(session, flow_run_id=RUN, status=Status.PROMOTED)))
