import re
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from prefect.states import Failed

from lifecycle_core.conversations import Window
from lifecycle_core.drift.report import (
    Comparison,
    DriftReport,
    Evidence,
    Figure,
    Held,
    Metric,
    MetricReport,
    Severity,
    Status,
    Tail,
)
from lifecycle_core.errors import DamagedDatabaseError, DatabaseUnavailableError, LifecycleError, UnknownVariantError
from lifecycle_core.operations import drift, policies, retraining, traffic, versions
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.simulation.stream import conversations
from lifecycle_core.simulation.worlds import DRIFTS, STILL
from lifecycle_core.store.database import sqlite_module
from tasks import context, runs
from tasks.drift import ACTOR, MOST_QUIET, Finding, by_weight, check_drift, description, glance_at_all, may_pass, rows_of, verdict

DAYS = 10
NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
THRESHOLDS = (
    "booking_rate_threshold",
    "escalation_rate_threshold",
    "cost_increase_threshold",
    "response_time_threshold",
    "action_distribution_threshold",
)


@pytest.fixture(autouse=True)
def _at_noon(monkeypatch):
    """One hour of one weekday: what chance lets a check see in this traffic differs from hour to hour."""
    monkeypatch.setattr(context, "now", lambda: NOON)


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
    assert [row["what"] for row in found.rows] == [it.value.replace("_", " ") for it in Metric]
    told = [row["change (95%), n now / before"] for row in found.rows]
    assert all(re.fullmatch(r"[+-]\d+% \([+-]\d+ to [+-]\d+\), n [\d,]+ / [\d,]+", it) for it in told[:4])
    assert re.search(r"n [\d,]+ / [\d,]+$", told[4])
    [episode] = drift.history(installed, "a", 5)
    assert [str(it) for it in episode.drifts] == ["response_time"]


def test_a_steady_variant_has_one_row_and_nothing_to_say(installed):
    ingest(installed, "a")
    [row] = check_drift.fn("a").rows
    assert {name: it for name, it in row.items() if it} == {"variant": "a", "status": "stable"}


def test_a_glance_records_the_quiet_and_names_those_that_have_to_be_checked(installed):
    ingest(installed, "drifting", drift_hours=48)
    ingest(installed, "steady")
    found = glance_at_all.fn()
    assert found.speaking == ("drifting",)
    assert [(it.variant, it.status) for it in found.quiet] == [("steady", "stable")]
    assert drift.metrics(installed, context.now()).checks == 1


def test_a_doubled_glance_changes_nothing(installed):
    ingest(installed, "steady")
    assert glance_at_all.fn() == glance_at_all.fn()
    assert drift.metrics(installed, context.now()).checks == 1


def test_missed_hours_are_made_up_for_by_the_next_glance(installed):
    ingest(installed, "steady")
    ingest(installed, "drifting", drift_hours=48)
    act, before = context.act(ACTOR), context.now() - timedelta(hours=3)
    drift.sweep_and_record(installed, act, before)
    drift.check_and_record(installed, act, "drifting", before)
    assert glance_at_all.fn().speaking == ("drifting",)
    check_drift.fn("drifting")
    [episode] = drift.history(installed, "drifting", 5)
    assert (drift.metrics(installed, context.now()).checks, episode.checks) == (8, 4)


def test_a_variant_that_the_bare_threshold_decides_is_checked_each_hour_and_not_called_drifting_for_it(installed):
    ingest(installed, "bare")
    policies.set_policy(installed, context.act("test"), "bare", Policy(mode=Mode.THRESHOLD, **dict.fromkeys(THRESHOLDS, 0.9)))
    assert glance_at_all.fn().speaking == ("bare",)
    found = check_drift.fn("bare")
    assert (found.status, verdict([found])) == ("stable", "No drift in 1 variant")


def test_a_damaged_variant_stops_no_other(installed):
    for name in ("a", "b", "c"):
        ingest(installed, name)
    with closing(sqlite_module().connect(installed.name)) as connection, connection:
        connection.execute("UPDATE hourly_rollups SET sums = CAST(sums || x'00' AS BLOB) WHERE variant = 'b'")
    found = glance_at_all.fn()
    assert sorted([*found.speaking, *(it.variant for it in found.quiet)]) == ["a", "b", "c"]
    with pytest.raises(DamagedDatabaseError, match="rollups of 'b'"):
        check_drift.fn("b")
    assert [check_drift.fn(name).status for name in found.speaking if name != "b"] == ["stable"]


def test_what_must_be_seen_first_stands_first_and_the_rest_by_name():
    statuses = ("stable", "suspected", "drift", "stable", "failed", "incident")
    findings = [Finding(name, status, ()) for name, status in zip("fedcba", statuses, strict=True)]
    assert "".join(it.variant for it in by_weight(findings)) == "bdaecf"


def found_in(quiet, suspected=0):
    """What was found in so many quiet variants, the first of them suspected, and in one that drifts."""
    names = [f"{number:04}" for number in range(quiet)]
    findings = [Finding(name, "suspected" if place < suspected else "stable", ({"variant": name},)) for place, name in enumerate(names)]
    return by_weight([*findings, Finding("z", "drift", ({"variant": "z"},))])


def test_of_many_quiet_variants_each_status_is_counted_in_one_row():
    findings = found_in(1000, suspected=100)
    assert [row["variant"] for row in rows_of(findings)] == ["z", "100 variants", "900 variants"]
    assert "Nothing to say of the others: 100 suspected, 900 stable." in description(findings, "http://127.0.0.1:3001")


def test_few_quiet_variants_have_a_row_each():
    assert len(rows_of(found_in(MOST_QUIET))) == MOST_QUIET + 1


def test_the_verdict_counts_every_variant_and_names_the_first_ten():
    drifting, steady = ([f"{kind}{number:03}" for number in range(count)] for kind, count in (("d", 12), ("s", 988)))
    findings = [Finding(name, status, ()) for names, status in ((drifting, "drift"), (steady, "stable")) for name in names]
    assert verdict(findings) == f"Drift in 12 of 1,000 variants: {', '.join(drifting[:10])} and 2 more"


def evidence(z):
    window, onset = Window(NOON - timedelta(days=28), NOON - timedelta(days=1)), NOON - timedelta(days=1)
    return Evidence(24, 0.05, 0.01, None, z, 4.0, onset, 200, 4000, 1.05, 1.0, window)


def lasting(tail=None):
    """A report of a cost that drifts by an alarm that lasts, while its own evidence is gone."""
    window, figure = Window(NOON - timedelta(days=7), NOON), Figure(n=200, missing=0, value=1.0)
    alarm = Held(Comparison.COST, NOON, NOON - timedelta(days=1), window, 1, 24, 3, 24, 0.12, 200, 30)
    drifts = {"severity": Severity.MEDIUM, "decided_by": evidence(z=1.0), "tail": tail, "held": (alarm,)}
    return DriftReport("a", 1, NOON, window, window, (MetricReport(Metric.COST, Status.DRIFT, figure, figure, 0.2, **drifts),))


def test_an_alarm_that_lasts_without_new_evidence_is_told_as_lasting():
    [row] = Finding.of(lasting()).rows
    assert (row["status"], row["z / entry"], row["since (UTC)"]) == ("drift, medium", "lasts: quiet in 3 of 24 checks", "2025-10-06 12:00")


def test_an_alarm_of_a_tail_is_told_by_its_own_evidence():
    [row] = Finding.of(lasting(Tail(Status.DRIFT, 2.9, evidence(z=6.0)))).rows
    assert (row["what"], row["z / entry"]) == ("cost, extremes", "6.0 / 4.0")


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
