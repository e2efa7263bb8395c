"""The triggers over replayed hours say what they say hour by hour."""

import numpy as np
import pytest

from lifecycle_core.conversations import Window
from lifecycle_core.drift.episodes import RecordedCheck
from lifecycle_core.drift.report import DriftReport, Figure, Metric, MetricReport, Severity, Status
from lifecycle_core.drift.windows import instant
from lifecycle_core.policy import Policy, RetrainingPolicy
from lifecycle_core.retraining.replaying import Before, Begun, retrainings
from lifecycle_core.retraining.triggers import Past, should_retrain

FIRST, HOURS = 488_000, 24 * 40
NEVER_OPEN = Before(open_hours=1)


def random_severities(seed):
    """Stretches of drift of every severity, each metric for itself."""
    chance = np.random.default_rng(seed)
    return {
        metric: np.repeat(chance.choice([-1, -1, -1, 0, 1, 2], HOURS // 4), chance.integers(1, 9, HOURS // 4))[:HOURS].astype(np.int8)
        for metric in Metric
    }


def report(severities, place):
    at = instant(FIRST + place)
    metrics = tuple(
        MetricReport(
            metric=metric,
            status=Status.DRIFT if severities[metric][place] >= 0 else Status.STABLE,
            reference=Figure(300, 0),
            recent=Figure(50, 0),
            threshold=0.1,
            severity=list(Severity)[severities[metric][place]] if severities[metric][place] >= 0 else None,
        )
        for metric in Metric
    )
    return DriftReport(variant="baseline", version=1, at=at, metrics=metrics, reference=Window(at, at), recent=Window(at, at))


def hour_by_hour(severities, since, rules, before):
    """What the watch does: a check an hour, and the triggers after each."""
    checks, begun, last = [], [], before.last_began
    for place in range(HOURS):
        now, found = FIRST + place, report(severities, place)
        going_on = last is not None and now < last + before.open_hours
        past = Past(
            last_began_at=None if last is None else instant(last),
            open_session="retrain_baseline_1" if going_on else None,
            active_version=1,
            active_since=instant(int(since[place])),
            checks=tuple(reversed(checks))[: rules.require_consecutive - 1],
        )
        told = should_retrain(found, past, Policy(retraining=rules), instant(now))
        if told.should_retrain:
            begun.append(Begun(now, told.triggers, due=told.reason != "Drift detected"))
            last = now
        checks.append(RecordedCheck(at=instant(now), version=1, status=found.status, drifts=found.drifts, severity=found.severity))
    return tuple(begun)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("rules", "before"),
    [
        ({}, NEVER_OPEN),
        ({"cooldown_days": 0}, Before(open_hours=30)),
        ({"cooldown_days": 2, "require_consecutive": 6}, NEVER_OPEN),
        ({"retrain_on": ("cost",), "cooldown_days": 1}, Before(open_hours=5, last_began=FIRST - 10)),
        ({"retrain_every_days": 3, "cooldown_days": 1, "retrain_on": ()}, NEVER_OPEN),
        ({"retrain_every_days": 5, "require_consecutive": 7}, Before(open_hours=40, last_began=FIRST - 100)),
        ({"retrain_every_days": 2, "cooldown_days": 4}, Before(open_hours=1, last_began=FIRST - 1000)),
    ],
    ids=["the default", "sessions stay open", "several in a row", "one metric counts", "only time", "all together", "due, but cooling"],
)
def test_begins_the_retrainings_that_the_triggers_begin_hour_by_hour(seed, rules, before):
    severities, since = random_severities(seed), np.full(HOURS, FIRST - 20)
    since[HOURS // 2 :] = FIRST + HOURS // 2
    rules = RetrainingPolicy(**rules)
    expected = hour_by_hour(severities, since, rules, before)
    assert retrainings(severities, since, FIRST, rules, before) == expected


def test_the_hour_by_hour_comparison_sees_retrainings_of_both_kinds():
    since = np.full(HOURS, FIRST)
    begun = hour_by_hour(random_severities(1), since, RetrainingPolicy(retrain_every_days=5, require_consecutive=7), NEVER_OPEN)
    assert {it.due for it in begun} == {True, False}


def test_no_hours_begin_nothing():
    nothing = {metric: np.zeros(0, dtype=np.int8) for metric in Metric}
    assert retrainings(nothing, np.zeros(0, dtype=np.int64), FIRST, RetrainingPolicy(), NEVER_OPEN) == ()
