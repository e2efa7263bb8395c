"""What a person reads of a check, from reports made by hand."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from deployments.cli.drift_report import show
from lifecycle_core.conversations import Window
from lifecycle_core.drift.report import (
    Against,
    Comparison,
    DriftReport,
    Evidence,
    Figure,
    Forecast,
    Held,
    Incident,
    Metric,
    MetricReport,
    Needed,
    RecommendedAction,
    Severity,
    Share,
    Status,
    Tail,
)

AT = datetime(2025, 10, 7, 12, tzinfo=UTC)


def span(first: int, last: int) -> Window:
    return Window(AT - timedelta(hours=first), AT - timedelta(hours=last))


def evidence(before: float, now: float, z: float = 1.2, **given) -> Evidence:
    usual = {
        "hours": 24,
        "relative_change": now / before - 1,
        "absolute_change": now - before,
        "interval": (-0.2, -0.05),
        "entry": 4.0,
        "onset": AT - timedelta(hours=24),
        "recent_n": 60,
        "reference_n": 1200,
        "recent_value": now,
        "reference_value": before,
        "reference": span(672, 24),
    }
    return Evidence(z=z, **(usual | given))


def metric(name: Metric, before: float, now: float, status: Status = Status.STABLE, **given) -> MetricReport:
    usual = {
        "relative_change": now / before - 1,
        "absolute_change": now - before,
        "interval": (now / before - 1.07, now / before - 0.93),
        "decided_by": evidence(before, now, 5.2 if status is Status.DRIFT else 1.2),
        "severity": Severity.MEDIUM if status is Status.DRIFT else None,
    }
    return MetricReport(name, status, Figure(360, 2, before), Figure(60, 1, now), 0.1, **(usual | given))


def mix(status: Status = Status.STABLE, **given) -> MetricReport:
    before, now = (
        Figure(360, 0, shares=tuple(Share(*it, 100) for it in shares))
        for shares in ((("look_up", 0.4), ("book", 0.6)), (("look_up", 0.6), ("book", 0.4)))
    )
    found = replace(evidence(1.0, 1.0), relative_change=0.2, absolute_change=None, recent_value=None, reference_value=None)
    return MetricReport(Metric.ACTION_DISTRIBUTION, status, before, now, 0.1, **({"total_variation": 0.2, "decided_by": found} | given))


def five(*others: MetricReport) -> tuple[MetricReport, ...]:
    healthy = [
        metric(Metric.BOOKING_RATE, 0.75, 0.73),
        metric(Metric.ESCALATION_RATE, 0.05, 0.06),
        metric(Metric.COST, 0.0229, 0.0240),
        metric(Metric.RESPONSE_TIME, 1.90, 1.95),
        mix(),
    ]
    return tuple(next((it for it in others if it.metric is usual.metric), usual) for usual in healthy)


@pytest.fixture
def told(capsys):
    """What is printed of five metrics, those given in place of healthy ones."""

    def tell(*others: MetricReport, **given) -> list[str]:
        show(DriftReport("baseline", 1, AT, span(168, 24), span(24, 0), five(*others), **given))
        return capsys.readouterr().out.splitlines()

    return tell


def line(lines: list[str], start: str) -> str:
    (found,) = [it for it in lines if it.startswith(start)]
    return found


HELD = Held(
    comparison=Comparison.BOOKING_RATE,
    entered_at=AT - timedelta(hours=50),
    onset=AT - timedelta(hours=60),
    reference=span(732, 60),
    version=1,
    length=24,
    quiet_checks=11,
    needed=24,
    relative_change=-0.032,
    n=200,
    hours=31,
)
FALLEN = metric(Metric.BOOKING_RATE, 0.75, 0.65, Status.DRIFT)
RECOVERING = metric(Metric.BOOKING_RATE, 0.75, 0.73, Status.DRIFT, decided_by=evidence(0.75, 0.73, 1.0), held=(HELD,))
RUNAWAYS = Tail(Status.DRIFT, 0.052, evidence(0.01, 0.042, 5.1))


def test_the_verdict_comes_first_and_says_what_how_much_since_when_how_sure_and_what_to_do(told):
    assert told(FALLEN, recommended_action=RecommendedAction.INVESTIGATE)[1] == (
        "Drift, severity medium, since about 2025-10-06 12:00Z: booking rate fell by 10.0 points in the last 24 h "
        "(from 75.0% in the weeks before to 65.0%); past what chance does (evidence z 5.2, alarm level 4.0). What to do: look into it."
    )


def test_twice_the_level_is_beyond_doubt(told):
    assert "; beyond doubt (evidence z 9.0, alarm level 4.0)" in told(replace(FALLEN, decided_by=evidence(0.75, 0.65, 9.0)))[1]


def test_a_metric_has_its_figures_its_change_with_an_interval_its_points_and_its_evidence(told):
    row = line(told(FALLEN), "booking rate ")
    assert re.split(r"\s{2,}", row.strip()) == [
        "booking rate",
        "75.0%",
        "65.0%",
        "-13% (-20 to -6)",
        "-10.0 pts",
        "drift, medium",
        "24 h -13%, z 5.2, n 60/1,200",
    ]


def test_cost_and_response_time_differ_in_their_own_unit(told):
    lines = told()
    assert "+$0.001100" in line(lines, "cost ")
    assert "+0.05s" in line(lines, "response time ")


def test_no_line_of_the_table_is_wider_than_120_columns(told):
    busy = metric(Metric.COST, 0.0229, 0.0480, Status.DRIFT, decided_by=evidence(0.0229, 0.048, 11.2, reference_n=28_000, recent_n=16_800))
    lines = told(FALLEN, busy, mix(Status.DRIFT))
    assert max(len(it.rstrip()) for it in lines[3:9]) <= 120
    assert "n 16k/28k" in line(lines, "cost ")


def test_an_alarm_that_lasts_says_since_when_and_what_is_missing_to_its_end(told):
    lines = told(RECOVERING)
    assert lines[1].startswith(
        "Drift, severity medium, since about 2025-10-05 00:00Z: booking rate, whose latest 200 conversations (31 h) lie 3.2% below the "
        "weeks before; not over yet: quiet in 11 of 24 checks in a row."
    )
    assert line(lines, "booking rate: ") == (
        "booking rate: alarm since 2025-10-05 10:00Z, drift since about 2025-10-05 00:00Z; latest 200 conversations (31 h) lie 3.2% below "
        "the weeks before; quiet in 11 of the 24 checks in a row that end the alarm"
    )


def test_an_alarm_with_too_few_conversations_since_says_so(told):
    young = replace(HELD, relative_change=None, n=12)
    assert "the conversations since then are too few to compare" in line(told(replace(RECOVERING, held=(young,))), "booking rate: ")


def test_an_alarm_that_lasts_without_traffic_is_not_said_to_be_by_the_bare_threshold(told):
    silent = replace(RECOVERING, decided_by=None, held=(replace(HELD, relative_change=None, n=0),))
    lines = told(silent)
    assert "booking rate, of which too few conversations tell how it is now; not over yet: quiet in 11 of 24 checks in a row" in lines[1]
    assert "the alarm lasts, n 60/360" in line(lines, "booking rate ")


def test_by_the_bare_threshold_the_mix_is_decided_by_chi_squared(told):
    decided = mix(Status.DRIFT, decided_by=None, chi_squared=12.456, degrees_of_freedom=3)
    assert "χ² 12.5 of 3 df, n 360/360" in line(told(decided), "action distribution ")


def test_a_tail_is_told_under_its_metric_only_when_it_is_not_stable(told):
    usual = metric(Metric.COST, 0.0229, 0.0240, tail=replace(RUNAWAYS, status=Status.STABLE))
    assert not any("extremes" in it for it in told(usual))
    assert line(told(replace(usual, tail=replace(RUNAWAYS, status=Status.SUSPECTED))), "cost, extremes") == (
        "cost, extremes (suspected): 4.2% of the conversations cost over $0.052000, 1.0% before (in 24 h, z 5.1, n 60/1,200)"
    )


def test_a_drift_of_the_tail_alone_is_the_verdict(told):
    runaway = metric(Metric.COST, 0.0229, 0.0240, Status.DRIFT, decided_by=evidence(0.0229, 0.024), tail=RUNAWAYS)
    assert "4.2% of the conversations cost over $0.052000, 1.0% before; past what chance does (evidence z 5.1" in told(runaway)[1]


def test_stalls_are_told_in_seconds(told):
    stalling = metric(Metric.RESPONSE_TIME, 1.9, 1.95, tail=Tail(Status.SUSPECTED, 8.4, evidence(0.01, 0.03, 3.1)))
    assert "3.0% of the conversations answered in over 8.40s, 1.0% before" in line(told(stalling), "response time, extremes")


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((9.2, 13.8), "about 9 to 14 days"),
        ((0.8, 1.9), "about 19 to 46 hours"),
        ((20.0, None), "about 20 days, and often more than 35,"),
        ((None, None), "more than 35 days"),
    ],
)
def test_what_is_not_proved_says_how_long_a_change_must_last(told, days, words):
    lines = told(metric(Metric.BOOKING_RATE, 0.75, 0.73, needed=Needed(-0.10 / 0.75, 0.65, 50.0, days)))
    assert line(lines, "booking rate: ") == f"booking rate: at 50 a day, a fall from 75.0% to 65.0% takes {words} to prove"


def test_beside_a_drift_only_what_is_in_doubt_says_what_it_needs(told):
    needs = Needed(0.2, None, 50.0, (0.8, 1.9))
    assert not any("to prove" in it for it in told(FALLEN, mix(needed=needs)))
    assert any("a move of 20.0% of the calls to other actions takes" in it for it in told(FALLEN, mix(Status.SUSPECTED, needed=needs)))


@pytest.mark.parametrize(
    ("days", "high", "words"),
    [
        (6.2, 12.4, "in about 6 days (from 1 to 12)"),
        (6.2, 197.0, "in about 6 days (from 1 to over 28)"),
        (1.4, 12.4, "in about 1 day (from 1 to 12)"),
        (0.6, 12.4, "within a day (from 1 to 12)"),
    ],
)
def test_a_forecast_has_its_interval(told, days, high, words):
    falling = metric(Metric.BOOKING_RATE, 0.75, 0.73, forecast=Forecast(days, (1.3, high), -0.0071, 0.675))
    assert line(told(falling), "booking rate, forecast") == (
        f"booking rate, forecast: at -0.7 points a day it passes 67.5%, its threshold, {words}"
    )


def test_of_a_metric_that_drifts_nothing_is_forecast(told):
    assert not any("forecast" in it for it in told(replace(FALLEN, forecast=Forecast(6.2, (1.3, 12.4), -0.0071, 0.675))))


def test_after_a_promotion_the_reader_is_told_whose_weeks_are_compared(told):
    other = replace(FALLEN, decided_by=evidence(0.75, 0.65, 5.2, against=Against.PREVIOUS_VERSION))
    assert line(told(other, previous_version=3), "booking rate: ") == (
        "booking rate: the strongest evidence is against the last weeks of version 3"
    )


def test_an_alarm_that_ends_is_told_once(told):
    ended = replace(HELD, quiet_checks=24, comparison=Comparison.COST_TAIL)
    assert line(told(ended=(ended,)), "cost, extremes: ") == "cost, extremes: the alarm since 2025-10-05 10:00Z ends with this check"


def test_the_actions_that_moved_most_are_named_where_the_mix_is_in_doubt(told):
    assert not any("moved most" in it for it in told())
    assert "moved most: book 60.0% to 40.0%, look_up 40.0% to 60.0%" in line(told(mix(Status.SUSPECTED)), "action distribution, ")


def test_figures_that_many_conversations_do_not_tell_are_counted(told):
    unknown = replace(metric(Metric.COST, 0.0229, 0.0240), recent=Figure(40, 20, 0.0240))
    assert line(told(unknown), "cost: ") == "cost: 20 of the 60 conversations now do not tell it"


def test_a_change_that_has_no_percent_says_why(told):
    none = replace(metric(Metric.ESCALATION_RATE, 0.05, 0.06), relative_change=None, unknown_because="the reference is zero")
    assert line(told(none), "escalation rate: ") == "escalation rate: no change in percent, because the reference is zero"


def test_a_drift_is_followed_by_commands_to_type(told):
    lines = told(FALLEN, recommended_action=RecommendedAction.RETRAIN)
    typed = [it.split("  ")[1] for it in lines[lines.index("Next:") + 1 :]]
    assert typed == [
        "lifecycle drift explain baseline",
        "lifecycle retrain start baseline",
        "lifecycle drift history baseline",
        "lifecycle drift known ID --reason WHY",
    ]


def test_no_drift_is_followed_by_no_command(told):
    assert "Next:" not in told()


def test_an_incident_is_told_at_once_and_is_no_drift(told):
    incident = Incident("traffic", "7 conversations ended in the last 12 h, 31 were expected")
    lines = told(incidents=(incident,), recommended_action=RecommendedAction.INVESTIGATE)
    assert lines[1:3] == [
        "No drift of the prompt, but something around it is wrong. What to do: look into it.",
        "Incident: 7 conversations ended in the last 12 h, 31 were expected",
    ]


def test_what_is_in_doubt_besides_a_drift_is_told_with_it(told):
    assert "Besides, action distribution may be changing. What to do:" in told(FALLEN, mix(Status.SUSPECTED))[1]


def test_an_outage_is_told_where_there_is_no_figure_at_all(capsys):
    nothing = tuple(MetricReport(it, Status.INSUFFICIENT_DATA, Figure(360, 0), Figure(0, 0), 0.1) for it in Metric)
    outage = (Incident("no_traffic", "no conversation ended in the last 6 h, 21 were expected"),)
    latest = AT - timedelta(hours=30)
    show(DriftReport("baseline", 1, AT, span(168, 24), span(24, 0), nothing, incidents=outage, latest=latest))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "Incident: no conversation ended in the last 6 h, 21 were expected"
    assert lines[2].startswith("No verdict: the variant's newest conversation ended at 2025-10-06 06:00Z")
