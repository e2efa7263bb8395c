from datetime import timedelta

import numpy as np
import pytest
from prefect.states import Failed

from lifecycle_core.errors import DatabaseUnavailableError, LifecycleError, UnknownVariantError
from lifecycle_core.operations import drift, policies, retraining, traffic, versions
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import DRIFTS, STILL
from tasks import context, runs
from tasks.drift import Finding, check_drift, description, list_variants, may_pass

DAYS = 10


def ingest(database, variant, *, drift_hours=0):
    generator, now = np.random.default_rng(3), context.now()
    spans = [(DAYS * 24 - drift_hours, drift_hours, None), (drift_hours, 0, DRIFTS["latency x2"])]
    for hours, before, behaviour in spans:
        batch = conversations(
            STILL,
            generator,
            variant=variant,
            version=1,
            start=now - timedelta(hours=hours + before),
            hours=hours,
            per_day=200,
            drift=behaviour,
            messages=False,
        )
        traffic.ingest(database, context.act("test"), list(batch) if hours else [])


def test_a_check_is_recorded_by_the_watch_and_told_in_words(installed):
    ingest(installed, "a", drift_hours=48)
    found = check_drift.fn("a")
    assert (found.variant, found.status) == ("a", "drift")
    assert [row["what"] for row in found.rows if row["status"].startswith("drift")] == ["response time"]
    [episode] = drift.history(installed, "a", 5)
    assert [str(it) for it in episode.drifts] == ["response_time"]


def test_a_steady_variant_has_one_row_and_nothing_to_say(installed):
    ingest(installed, "a")
    assert check_drift.fn("a").rows == ({"variant": "a", "status": "stable", "what": "", "change": "", "z / entry": "", "since (UTC)": ""},)


def test_the_variants_are_those_that_are_known(installed):
    ingest(installed, "b")
    ingest(installed, "a")
    assert list_variants.fn() == ["a", "b"]


def test_an_unknown_variant_is_refused_and_not_tried_again(installed):
    with pytest.raises(UnknownVariantError) as refused:
        check_drift.fn("nobody")
    assert not may_pass(None, None, Failed(data=refused.value))


@pytest.mark.parametrize(
    ("error", "passes"),
    [(DatabaseUnavailableError("locked"), True), (LifecycleError("fault"), True), (ValueError("a fault of ours"), False)],
)
def test_only_what_can_pass_by_itself_is_tried_again(error, passes):
    assert may_pass(None, None, Failed(data=error)) is passes


def test_a_check_that_broke_shows_no_words_but_a_refusal_s_own():
    assert Finding.failed("a", KeyError("what a customer said")).rows[0]["what"] == "KeyError"
    assert Finding.failed("a", DatabaseUnavailableError("the database is locked")).rows[0]["what"] == "the database is locked"


def test_a_variant_s_name_cannot_write_into_the_page():
    said = description([Finding("![x](http://example.org/x.png)", "drift", ())], "http://127.0.0.1:3001")
    assert "](http://example.org" not in said
    assert "variant=%21%5Bx%5D%28http%3A%2F%2Fexample.org%2Fx.png%29" in said
    assert Finding.failed("![x](y)", KeyError()).rows[0]["variant"] == r"!\[x](y)"


def drifting(database):
    """A variant that drifts gravely, with a registered prompt and conversations to learn from."""
    ingest(database, "a", drift_hours=36)
    act = context.act("test")
    versions.register(database, act, variant="a", system_prompt="You book.")
    versions.activate(database, act, "a", 1)
    policies.set_policy(database, act, "a", Policy(mode=Mode.THRESHOLD))


def test_a_grave_drift_begins_one_session_and_its_run_whoever_checks_the_hour_again(installed, started):
    drifting(installed)
    said = [check_drift.fn("a").retraining for _ in range(2)]
    [session] = retraining.open_sessions(installed)
    assert said[0] == f"retraining {session.session_id}"
    assert [(deployment, key) for deployment, _, key in started] == [("retrain/retrain", f"{session.session_id}/0")]
    assert session.trigger.should_retrain


def test_with_prefect_away_the_session_is_begun_all_the_same(installed, monkeypatch):
    async def away(*_, **__):
        message = "Prefect is away"
        raise runs.RunnerUnavailableError(message)

    monkeypatch.setattr(runs, "start", away)
    drifting(installed)
    check_drift.fn("a")
    assert [it.flow_run_id for it in retraining.open_sessions(installed)] == [None]


def test_a_drift_that_begins_nothing_says_why(installed):
    ingest(installed, "a", drift_hours=36)
    assert check_drift.fn("a").retraining.startswith("no retraining: variant 'a' has no active registered version")
