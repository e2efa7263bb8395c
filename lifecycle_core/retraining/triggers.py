"""Whether a check of a variant starts a retraining.

1. One metric that drifts with high severity starts one, or two with medium severity; only those that the policy names in `retrain_on`
   count.
2. So many recorded checks in a row as the policy asks for must have found a drift of such a metric.
3. Without a drift a variant is retrained after `retrain_every_days`, where the policy has such a number.
4. A variant that cools down since its last session began, has one open, or has no active registered version is left alone.

An alarm that a provider's fault explains is none already: a new prompt does not mend a quota.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.drift.episodes import RecordedCheck
from lifecycle_core.drift.report import DriftReport, Metric, MetricReport, Severity
from lifecycle_core.policy import Policy, RetrainingPolicy

DRIFT_DETECTED: Final = "Drift detected"
MEDIUMS: Final = 2
"""How many drifts of medium severity start a retraining together."""
SAME_PROMPT: Final = "response time drifts under an unchanged prompt: same prompt, other provider behaviour; look at the provider first"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the triggers ask of a variant's past.

    last_began_at : when its last session began; None before the first.
    open_session : the id of the one that is open; None where none is.
    active_version, active_since : of the registered version that is active; None where none is.
    checks : the newest recorded checks before the report's own hour, newest first.
    """

    last_began_at: datetime | None = None
    open_session: str | None = None
    active_version: int | None = None
    active_since: datetime | None = None
    checks: tuple[RecordedCheck, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerCheck:
    """Whether a retraining would start, and why.

    reason : one sentence, the first refusal where it would not.
    triggers : the metrics that ask for it.
    refusals : a sentence for each condition that does not hold.
    next_possible_at : when the cooldown is over; None where nothing is waited for.
    advice : what else a reader should think of.
    report : the drift report that it was judged by; None where a session was started without one.
    """

    should_retrain: bool
    reason: str
    triggers: tuple[Metric, ...] = ()
    refusals: tuple[str, ...] = ()
    next_possible_at: datetime | None = None
    advice: tuple[str, ...] = ()
    report: DriftReport | None = None


def should_retrain(report: DriftReport, past: Past, policy: Policy, at: datetime) -> TriggerCheck:
    """Whether `report` starts a retraining at `at`, with every condition that refuses it."""
    rules = policy.retraining
    counted = [it for it in report.metrics if it.drifting and it.metric in rules.retrain_on]
    due = _due(past, rules, at)
    refusals = [] if due else [*_too_little(report, counted, rules), *_not_in_a_row(past, counted, rules)]
    free = past.last_began_at + timedelta(days=rules.cooldown_days) if past.last_began_at is not None else None
    cooling = free if free is not None and at < free else None
    if cooling is not None and past.last_began_at is not None:
        refusals.append(
            f"the last retraining of {report.variant!r} began at {past.last_began_at:%Y-%m-%dT%H:%MZ} and the cooldown is "
            f"{rules.cooldown_days} days; the next may begin at {cooling:%Y-%m-%dT%H:%MZ}"
        )
    refusals += standing_refusals(report.variant, past)
    return TriggerCheck(
        should_retrain=not refusals,
        reason=refusals[0] if refusals else due or DRIFT_DETECTED,
        triggers=tuple(it.metric for it in counted),
        refusals=tuple(refusals),
        next_possible_at=cooling,
        advice=(SAME_PROMPT,) if [it.metric for it in counted] == [Metric.RESPONSE_TIME] else (),
        report=report,
    )


def standing_refusals(variant: str, past: Past) -> list[str]:
    """What refuses any session of the variant, started by hand or not: one that is open, or no registered version to improve."""
    refusals = []
    if past.open_session is not None:
        refusals.append(f"variant {variant!r} has the open session {past.open_session}; finalize or cancel it first")
    if past.active_version is None:
        refusals.append(f"variant {variant!r} has no active registered version; register its prompt and activate it")
    return refusals


def _too_little(report: DriftReport, counted: list[MetricReport], rules: RetrainingPolicy) -> list[str]:
    high = [it for it in counted if it.severity is Severity.HIGH]
    medium = [it for it in counted if it.severity is Severity.MEDIUM]
    if high or len(medium) >= MEDIUMS:
        return []
    if counted:
        found = ", ".join(f"{it.metric} ({it.severity})" for it in counted)
        return [f"{found}: one drift of high severity or two of medium severity start a retraining"]
    others = [str(it) for it in report.drifts if it not in rules.retrain_on]
    if others:
        return [f"{', '.join(others)}: not named in retrainOn ({', '.join(rules.retrain_on) or 'nothing'})"]
    kinds = sorted({it.kind for it in report.incidents})
    incident = f"; an incident ({', '.join(kinds)}) starts no retraining" if kinds else ""
    return [f"no drift: {report.status}{incident}"]


def _not_in_a_row(past: Past, counted: list[MetricReport], rules: RetrainingPolicy) -> list[str]:
    needed = rules.require_consecutive
    row = 1 if counted else 0
    for it in past.checks:
        if row == 0 or not any(metric in rules.retrain_on for metric in it.drifts):
            break
        row += 1
    return (
        [] if row >= needed or not counted else [f"{row} of {needed} checks in a row found a drift; requireConsecutive asks for {needed}"]
    )


def _due(past: Past, rules: RetrainingPolicy, at: datetime) -> str | None:
    """The reason of a retraining without drift; None where it is not due."""
    since = past.last_began_at or past.active_since
    if rules.retrain_every_days is None or since is None or at - since < timedelta(days=rules.retrain_every_days):
        return None
    return f"No retraining since {since:%Y-%m-%d}; the policy asks for one every {rules.retrain_every_days} days"
