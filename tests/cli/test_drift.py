"""`lifecycle drift`, as a person and as a program reads it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from deployments.cli import drift_report, shown
from deployments.wire.drift import DriftWire
from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.drift.report import DriftReport, Figure, Metric, MetricReport, RecommendedAction, Status
from lifecycle_core.operations import drift, traffic, versions
from lifecycle_core.provenance import Provenance
from tasks import context

AT = "2025-10-07T12:00:00Z"


def test_a_drift_is_told_in_a_sentence_and_exits_with_5(watched):
    said = watched("drift", "check", "baseline", "--at", AT)
    assert said.exit_code == 5
    told = said.stdout.splitlines()[1]
    assert told.startswith("Drift, severity high, since about 2025-10-06 12:00Z: booking rate fell by 50.0 points in the last 24 h")
    assert "response time rose by 2.96s in the last 24 h (from 2.21s in the weeks before to 5.17s)" in told
    assert told.endswith("What to do: improve the prompt.")


def test_five_metrics_stand_in_a_table_no_wider_than_120_columns(watched):
    lines = watched("drift", "check", "baseline", "--at", AT).stdout.splitlines()
    for name in ("booking rate ", "escalation rate ", "cost ", "response time ", "action distribution "):
        (row,) = [line for line in lines if line.startswith(name)]
        assert len(row.rstrip()) <= 120
    assert next(line for line in lines if line.startswith("booking rate ")).split()[2:5] == ["80.0%", "30.0%", "-62%"]


def test_no_drift_exits_with_0(watched):
    said = watched("drift", "check", "baseline", "--at", "2025-10-06T12:00:00Z")
    assert said.exit_code == 0
    assert "No drift: " in said.stdout


def test_long_after_the_last_conversation_the_command_as_of_then_is_printed(watched):
    said = watched("drift", "check", "baseline")
    assert said.exit_code == 0
    assert "the variant's newest conversation ended at 2025-10-07 11:48Z" in said.stdout
    assert said.stdout.endswith("  lifecycle drift check baseline --at 2025-10-07T12:00:00Z\n")


def test_before_the_first_conversation_there_is_no_verdict(watched):
    said = watched("drift", "check", "baseline", "--at", "2025-01-01T00:00:00Z")
    assert said.exit_code == 0
    assert "no conversation of this version ended before 2025-01-01 00:00Z" in said.stdout


def test_on_the_second_day_there_are_too_few_conversations_for_a_verdict(watched):
    said = watched("drift", "check", "baseline", "--at", "2025-09-24T00:00:00Z")
    assert said.exit_code == 0
    assert "No verdict: too few conversations" in said.stdout


def test_the_bare_threshold_decides_where_it_is_asked_for(watched):
    said = watched("drift", "check", "baseline", "--at", AT, "--mode", "threshold")
    assert said.exit_code == 5
    assert "threshold 10%, n 60/360" in said.stdout
    assert "by the bare threshold" in said.stdout


def test_json_is_what_the_api_answers_and_changes_no_exit_code(watched):
    said = watched("drift", "check", "baseline", "--at", AT, "--json")
    report = drift.check(context.database(), "baseline", context.as_of(None).replace(year=2025, month=10, day=7, hour=12))
    assert said.exit_code == 5
    assert json.loads(said.stdout) == {"schemaVersion": 1} | json.loads(DriftWire.of(report).model_dump_json(by_alias=True))


def test_a_check_records_nothing_unless_it_is_told_to(watched):
    watched("drift", "check", "baseline", "--at", AT)
    assert json.loads(watched("drift", "metrics", "--json").stdout)["checks"] == 0
    assert watched("drift", "history").stdout == (
        "No episode is known. Checks that are recorded open them: those of `lifecycle serve` each hour, "
        "and lifecycle drift check VARIANT --record\n"
    )


def test_a_recorded_check_opens_an_episode_and_an_hour_is_recorded_once(watched):
    for _ in range(2):
        assert watched("drift", "check", "baseline", "--at", AT, "--record").exit_code == 5
    (episode,) = json.loads(watched("drift", "history", "baseline", "--json").stdout)["episodes"]
    assert (episode["drifts"], episode["checks"], episode["closedAt"]) == (["booking_rate", "response_time"], 1, None)
    assert "goes on" in watched("drift", "history").stdout
    assert "so far; 1 check found it\n" in watched("drift", "episode", 1).stdout
    said = watched("drift", "metrics", "--at", "2025-10-07T14:00:00Z")
    assert "last check       2025-10-07 12:00Z, 2 h ago" in said.stdout
    assert "booking_rate 1, response_time 1" in said.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "basline"], "no variant is called 'basline'; did you mean 'baseline'?"),
        (["history", "basline"], "no variant is called 'basline'; did you mean 'baseline'?"),
        (
            ["check", "baseline", "--at", "2025-10-07T12:00:00"],
            "has no zone; add Z for UTC (2025-10-07T12:00:00Z), or an offset such as +02:00",
        ),
        (["check", "baseline", "--at", "2025-10-07"], "has no zone"),
        (["check", "baseline", "--at", "1999-12-31T23:59:59Z"], "give an instant from the year 2000 to now"),
        (["check", "baseline", "--at", "9999-12-31T23:59:59-12:00"], "give an instant from the year 2000 to now"),
        (["check", "baseline", "--at", "0001-01-01T00:00:00+12:00"], "give an instant from the year 2000 to now"),
        (["metrics", "--at", "2199-01-01T00:00:00Z"], "give an instant from the year 2000 to now"),
        (["check", "baseline", "--at", "yesterday"], "'yesterday' is no time in ISO 8601; write it as 2025-10-07T12:00:00Z"),
        (["check", "baseline", "--mode", "bare"], "'bare' is not one of 'evidence', 'threshold'"),
        (["check", "baseline", "--record", "--mode", "threshold"], "leave one of --record and --mode out"),
        (["history", "--limit", "-1"], "-1 is not in the range 1<=x<=1000"),
        (["history", "--limit", "many"], "'many' is not a valid integer"),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_bad_input_is_one_sentence_and_exits_with_2(watched, words, told):
    said = watched("drift", *words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert told in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_an_hour_ahead_is_what_clocks_may_differ_by(watched):
    soon = context.now().replace(microsecond=0).isoformat()
    assert watched("drift", "check", "baseline", "--at", soon).exit_code == 0


def test_a_name_is_no_markup_to_the_terminal(lifecycle, act):
    name = "[bold]evil[/bold]"
    traffic.ingest(context.database(), act, [Conversation(id="c", variant=name, ended_at=act.at)])
    said = lifecycle("drift", "check", name, "--at", AT)
    assert said.exit_code == 0
    assert name in said.stdout


@pytest.mark.parametrize("hostile", ["\x9b31mred", "\x1b]0;owned\x07", "\u202egnorw"])
def test_a_refusal_and_a_command_to_type_show_no_hostile_byte(lifecycle, hostile):
    said = lifecycle("drift", "check", hostile)
    assert said.exit_code == 2
    assert not set(hostile) - set(filter(str.isprintable, hostile)) & set(said.stderr)
    assert shown.command("drift", "check", hostile).isprintable()


def test_after_a_promotion_the_former_versions_conversations_are_no_reason_to_ask_as_of_then(watched, act):
    at = datetime(2025, 10, 7, 12, tzinfo=UTC)
    for number, when in ((1, at - timedelta(days=14)), (2, at)):
        then = Provenance("test", when)
        versions.register(context.database(), then, variant="baseline", system_prompt=f"prompt {number}")
        versions.activate(context.database(), then, "baseline", number)
    said = watched("drift", "check", "baseline", "--at", "2025-10-07T13:00:00Z")
    assert said.exit_code == 0
    assert said.stdout.endswith("No verdict: version 2 serves since 2025-10-07 12:00Z, and no conversation of it has ended yet.\n")


def test_an_explained_alarm_is_told_as_an_incident_and_never_as_chance(capsys, act):
    whole, evidence = Window(act.at - timedelta(days=7), act.at), Figure(n=500, missing=0, value=0.8)
    shown_metrics = [MetricReport(it, Status.STABLE, evidence, evidence, 0.1, incident=it is Metric.BOOKING_RATE) for it in Metric]
    advice = RecommendedAction.INVESTIGATE
    drift_report.show(DriftReport("baseline", 1, act.at, whole, whole, tuple(shown_metrics), recommended_action=advice))
    told = capsys.readouterr().out
    assert next(line for line in told.splitlines() if line.startswith("booking rate ")).split()[6] == "incident"
    assert "No drift of the prompt: a provider's fault explains booking rate. What to do: look into it." in told
