"""`lifecycle alerts`: what alerts, silences with their undo, and a trial that says whether messages arrive."""

import json
import re
import shlex

import pytest

from benchmarks._receiver import SECRET, receiving
from deployments.cli.alerts import SIGNALS
from lifecycle_core.alerts.signals import ALL_SIGNALS
from lifecycle_core.operations import alerts
from tasks import context

AT = "2025-10-07T12:00:00Z=2025-01-01T00:00:00Z*0"


@pytest.fixture
def alerting(watched, monkeypatch):
    """A variant whose drift was recorded just now."""
    monkeypatch.setenv("LIFECYCLE_CLOCK", AT)
    context.configure()
    watched("drift", "check", "baseline", "--record")
    return watched


def undone(lifecycle, said):
    return lifecycle(*shlex.split(re.search(r"^Undo: lifecycle (.*)$", said.stdout, re.MULTILINE)[1]))


def test_the_signals_that_may_be_silenced_are_all_there_are():
    assert SIGNALS == ALL_SIGNALS


def test_where_nothing_alerts_the_list_says_so_and_that_nobody_is_told(lifecycle):
    said = lifecycle("alerts", "list")
    assert (said.exit_code, said.stdout.splitlines()[0]) == (0, "Nothing alerts")
    assert "no target is configured" in said.stdout


def test_a_drift_and_what_fell_with_it_are_listed_and_were_one_message(alerting):
    said = alerting("alerts", "list").stdout
    assert "booking rate 30.0% over 24 h, below 70.0% (n = 60)" in said
    assert re.search(r"baseline +drift +alert", said)
    [message] = json.loads(alerting("alerts", "messages", "--json").stdout)["messages"]
    assert (message["kind"], message["signals"]) == ("opened", ["drift", "booking_rate", "cost"])


def test_json_tells_every_signal(alerting):
    told = json.loads(alerting("alerts", "list", "--json", "--variant", "baseline").stdout)
    assert told["alerting"] == 3
    assert {it["signal"] for it in told["signals"]} >= {"drift", "incident", "booking_rate", "rollback_frequency"}


def test_a_silence_says_its_undo_and_the_undo_works_both_ways(alerting):
    said = alerting("alerts", "silence", "baseline", "--signal", "cost", "--hours", 2, "--reason", "a release")
    assert said.exit_code == 0
    assert "nobody is told of cost of baseline until 2025-10-07 14:00Z" in said.stdout
    assert re.search(r"^Audit: \d+$", said.stdout, re.MULTILINE)
    lifted = undone(alerting, said)
    assert "Silence 1 is over" in lifted.stdout
    assert "Silence 2" in undone(alerting, lifted).stdout


def test_a_dry_run_of_a_silence_keeps_none(alerting):
    said = alerting("alerts", "silence", "--hours", 2, "--reason", "a release", "--dry-run")
    assert "Dry run" in said.stderr
    assert "Silence" not in alerting("alerts", "list").stdout


def test_a_silence_without_a_reason_is_2(lifecycle):
    assert lifecycle("alerts", "silence", "--hours", 2).exit_code == 2
    assert lifecycle("alerts", "silence", "--hours", 2, "--reason", " ").exit_code == 2


def test_a_trial_says_whether_it_arrived(lifecycle, monkeypatch):
    with receiving() as receiver:
        monkeypatch.setenv("LIFECYCLE_WEBHOOKS", receiver.url)
        monkeypatch.setenv("LIFECYCLE_WEBHOOK_SECRET", SECRET)
        context.configure()
        arrived = lifecycle("alerts", "test")
        receiver.status = 500
        missed = lifecycle("alerts", "test")
    assert (arrived.exit_code, arrived.stdout.splitlines()[0].endswith(": arrived")) == (0, True)
    assert (missed.exit_code, "answered 500" in missed.stdout) == (5, True)
    assert "s3cret" not in arrived.stdout + missed.stdout


def test_without_a_target_a_trial_says_what_to_set(lifecycle):
    assert "set LIFECYCLE_WEBHOOKS and LIFECYCLE_WEBHOOK_SECRET" in lifecycle("alerts", "test").stdout


def test_what_is_dead_is_told_and_sent_anew(lifecycle):
    act = context.act("test")
    alerts.test(context.database(), act, "one")
    for claimed in alerts.take(context.database(), act, ["x"]):
        alerts.settle(context.database(), act, claimed, alerts.Outcome(error="410", gone=True))
    assert "1 reached nobody; again: lifecycle alerts resend" in lifecycle("alerts", "list").stdout
    assert lifecycle("alerts", "resend").stdout.startswith("1 dead delivery is tried anew")
    assert lifecycle("alerts", "resend").stdout == "0 dead deliveries are tried anew\n"
