"""A check's verdict in one sentence: what changed, by how much, since when, how sure that is, and what to do."""

from datetime import timedelta
from typing import Final

from deployments.cli.shown import command, minute, span, typed
from deployments.wire import formats
from lifecycle_core.conversations import hour_of
from lifecycle_core.drift.report import Comparison, DriftReport, Held, Metric, MetricReport, RecommendedAction, Status

ADVICE: Final = {
    RecommendedAction.MONITOR: "keep watching",
    RecommendedAction.INVESTIGATE: "look into it",
    RecommendedAction.RETRAIN: "improve the prompt",
}
BEYOND_DOUBT: Final = 1.5
"""Evidence of so many times the alarm level is called beyond doubt."""


def verdict(report: DriftReport) -> str:
    """The verdict of a report that has figures."""
    advice = ADVICE[report.recommended_action]
    doubtful = [name(it.metric) for it in report.metrics if it.status is Status.SUSPECTED and not it.incident]
    besides = f" Besides, {listed(doubtful)} may be changing." if doubtful else ""
    if report.drifts:
        return f"{_drift(report)}{besides} What to do: {advice}."
    explained = [name(it.metric) for it in report.metrics if it.incident]
    if explained:
        return f"No drift of the prompt: a provider's fault explains {listed(explained)}.{besides} What to do: {advice}."
    if report.incidents:
        return f"No drift of the prompt, but something around it is wrong.{besides} What to do: {advice}."
    if doubtful:
        return f"No drift yet: {listed(doubtful)} may be changing, but chance may explain it. What to do: check again in some hours."
    unknown = [name(it.metric) for it in report.metrics if it.status is Status.INSUFFICIENT_DATA]
    if len(unknown) == len(report.metrics):
        return "No verdict: too few conversations lie on one side or the other. What to do: wait for more of them."
    too_few = f" Too few conversations tell of {listed(unknown)}." if unknown else ""
    return f"No drift: what changed is within its threshold, or chance explains it.{too_few} What to do: nothing."


def silence(report: DriftReport) -> str:
    """What is said where the recent window holds no conversation at all."""
    if report.latest is None:
        return f"No verdict: no conversation of this version ended before {minute(report.at)}."
    began = report.recent.start
    if report.reference.start == report.reference.end and report.latest < began:
        return f"No verdict: version {report.version} serves since {minute(began)}, and no conversation of it has ended yet."
    age = span((report.at - report.latest).total_seconds())
    then = typed(hour_of(report.latest) + timedelta(hours=1))
    return (
        f"No verdict: the variant's newest conversation ended at {minute(report.latest)}, {age} before. Ask as of then:\n"
        f"  {command('drift', 'check', report.variant, '--at', then)}"
    )


def figure(metric: Metric, value: float | None) -> str | None:
    """A metric's figure in its own unit; None for the mix."""
    if metric is Metric.COST:
        return formats.dollars(value)
    if metric is Metric.RESPONSE_TIME:
        return formats.seconds(value)
    return None if value is None else f"{value:.1%}"


def difference(metric: Metric, absolute: float) -> str:
    """A change in the metric's own unit, signed: points of a rate, dollars, seconds.

    >>> difference(Metric.BOOKING_RATE, -0.1), difference(Metric.COST, 0.00004), difference(Metric.RESPONSE_TIME, 2.14)
    ('-10.0 points', '+$0.000040', '+2.14s')
    """
    sign = "-" if absolute < 0 else "+"
    if metric is Metric.COST:
        return f"{sign}{formats.dollars(abs(absolute))}"
    return f"{sign}{formats.seconds(abs(absolute))}" if metric is Metric.RESPONSE_TIME else f"{100 * absolute:+.1f} points"


def name(metric: Metric) -> str:
    """A metric in words."""
    return metric.value.replace("_", " ")


def comparison(it: Comparison) -> str:
    """What is compared, in words.

    >>> comparison(Comparison.COST), comparison(Comparison.RESPONSE_TIME_TAIL)
    ('cost', 'response time, extremes')
    """
    return f"{name(it.metric)}{', extremes' if it.is_tail else ''}"


def moved(it: Comparison, change: float) -> str:
    """A relative change, briefly; the share of extremes as times the share before.

    >>> moved(Comparison.COST, 0.24), moved(Comparison.COST_TAIL, 22.2), moved(Comparison.ACTION_DISTRIBUTION, 0.07)
    ('+24%', '23.2 times', '7% moved')
    """
    if it.is_tail:
        return f"{1 + change:,.1f} times"
    return f"{change:.0%} moved" if it is Comparison.ACTION_DISTRIBUTION else f"{change:+.0%}"


def listed(words: list[str]) -> str:
    """Words as a sentence lists them.

    >>> listed(["cost"]), listed(["cost", "booking rate", "response time"])
    ('cost', 'cost, booking rate and response time')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def proved(it: MetricReport) -> bool:
    """Whether the metric alarms by its own evidence, and not by its tail alone or by an alarm that lasts."""
    return it.drifting and (it.decided_by.z >= it.decided_by.entry if it.decided_by else not it.held)


def _drift(report: DriftReport) -> str:
    drifting = [report.of(it) for it in report.drifts]
    onsets = [alarm.onset for it in drifting for alarm in it.held] or [it.decided_by.onset for it in drifting if it.decided_by]
    since = f", since about {minute(min(onsets))}" if onsets else ""
    return f"Drift, severity {report.severity}{since}: {listed([_changed(it) for it in drifting])}{_sure(drifting)}."


def _changed(it: MetricReport) -> str:
    if not proved(it):
        lasting = next((alarm for alarm in it.held if not alarm.comparison.is_tail), None)
        if lasting and lasting.relative_change is None:
            return f"{name(it.metric)}, of which too few conversations tell how it is now"
        if lasting:
            return f"{name(it.metric)}, whose {latest(lasting)}"
        if it.tail and it.tail.status is Status.DRIFT:
            return tail_change(it)
    if it.metric is Metric.ACTION_DISTRIBUTION:
        moved = it.decided_by.relative_change if it.decided_by else it.total_variation
        return f"{moved:.0%} of the calls went to other actions" if moved is not None else "other actions are taken"
    found = it.decided_by
    before, now = (found.reference_value, found.recent_value) if found else (it.reference.value, it.recent.value)
    if before is None or now is None:
        return name(it.metric)
    by = f"{'fell' if now < before else 'rose'} by {difference(it.metric, now - before)[1:]}"
    where, whence = (f" in the last {found.hours} h", " in the weeks before") if found else ("", "")
    return f"{name(it.metric)} {by}{where} (from {figure(it.metric, before)}{whence} to {figure(it.metric, now)})"


def latest(held: Held) -> str:
    """How far the latest conversations are from the weeks before an alarm that lasts."""
    if held.relative_change is None:
        return "the conversations since then are too few to compare"
    metric = held.comparison.metric
    if held.comparison.is_tail:
        times = f"{1 + held.relative_change:,.1f} times the share of the weeks before"
        return f"latest {held.n:,} conversations ({held.hours} h) hold {times}"
    if metric is Metric.ACTION_DISTRIBUTION:
        far = f"{held.relative_change:.1%} of the calls away from"
    else:
        far = f"{abs(held.relative_change):.1%} {'below' if held.relative_change < 0 else 'above'}"
    return f"latest {held.n:,} conversations ({held.hours} h) lie {far} the weeks before"


def tail_change(it: MetricReport) -> str:
    """What the tail of cost or response time did."""
    if it.tail is None:
        return name(it.metric)
    before, now = it.tail.evidence.reference_value, it.tail.evidence.recent_value
    past = f"{'cost' if it.metric is Metric.COST else 'answered in'} over {figure(it.metric, it.tail.edge)}"
    return f"{now or 0:.1%} of the conversations {past}, {before or 0:.1%} before"


def _sure(drifting: list[MetricReport]) -> str:
    """How sure it is, by the strongest evidence."""
    evidence = [it.decided_by for it in drifting if it.decided_by] + [it.tail.evidence for it in drifting if it.tail]
    lasting = [alarm for it in drifting for alarm in it.held]
    if not evidence and not lasting:
        return ", by the bare threshold"
    strongest = max(evidence, key=lambda it: it.z / it.entry, default=None)
    if strongest is None or strongest.z < strongest.entry:
        return f"; not over yet: quiet in {lasting[0].quiet_checks} of {lasting[0].needed} checks in a row" if lasting else "; not over yet"
    doubt = "beyond doubt" if strongest.z >= BEYOND_DOUBT * strongest.entry else "past what chance does"
    return f"; {doubt} (evidence z {strongest.z:.1f}, alarm level {strongest.entry:.1f})"
