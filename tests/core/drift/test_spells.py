"""Episodes of replayed hours are those that recorded checks make."""

from types import SimpleNamespace

import numpy as np
import pytest

from lifecycle_core.drift.episodes import after_check
from lifecycle_core.drift.report import Metric, Severity, Status
from lifecycle_core.drift.spells import spells
from lifecycle_core.drift.windows import instant

FIRST, HOURS = 488_000, 24 * 60


def random_hours(seed):
    """Rare drifts, hours without enough data, and two changes of the version."""
    chance = np.random.default_rng(seed)
    rare = [-1] * 12 + [0, 1, 2]
    lengths = chance.integers(1, 30, HOURS)
    severities = {
        metric: np.repeat(chance.choice(rare, HOURS), lengths)[:HOURS].astype(np.int8) for metric in (Metric.COST, Metric.BOOKING_RATE)
    }
    judged = np.repeat(chance.random(HOURS) < 0.8, lengths[::-1])[:HOURS]
    return severities, judged, np.searchsorted([HOURS // 3, HOURS // 2], np.arange(HOURS), side="right") + 1


def check(severities, judged, version, place):
    """What `after_check` reads of a report."""
    ranks = {metric: int(found[place]) for metric, found in severities.items() if found[place] >= 0}
    return SimpleNamespace(
        variant="baseline",
        version=int(version[place]),
        at=instant(FIRST + place),
        drifts=tuple(metric for metric in Metric if metric in ranks),
        severity=list(Severity)[max(ranks.values())] if ranks else None,
        status=Status.STABLE if judged[place] or ranks else Status.INSUFFICIENT_DATA,
        metrics=(),
        recent=SimpleNamespace(start=instant(FIRST + place)),
    )


def hour_by_hour(severities, judged, version):
    done, episode = [], None
    for place in range(HOURS):
        for it in after_check(episode, check(severities, judged, version, place)):
            if it.open:
                episode = it
            else:
                done.append(it)
                episode = None
    return [*done, *([episode] if episode else [])]


@pytest.mark.parametrize("seed", range(6))
def test_an_episode_has_the_beginning_the_end_and_the_severity_that_checks_hour_by_hour_give_it(seed):
    hours = random_hours(seed)
    expected = hour_by_hour(*hours)
    assert len(expected) > 3
    assert [
        (instant(it.began), instant(it.last_seen), it.ended and instant(it.ended), set(it.drifts), it.severity, it.hours)
        for it in spells(*hours, FIRST)
    ] == [(it.created_at, it.last_seen_at, it.closed_at, set(it.drifts), it.severity, it.checks) for it in expected]


def test_without_a_drift_there_is_no_episode():
    quiet = np.full(5, -1, dtype=np.int8)
    assert spells({Metric.COST: quiet}, np.ones(5, dtype=bool), np.ones(5, dtype=np.int64), FIRST) == ()
