"""Episodes of replayed hours are those that recorded checks make."""

from types import SimpleNamespace

import numpy as np
import pytest

from lifecycle_core.drift.episodes import after_check
from lifecycle_core.drift.report import Comparison, Metric, Severity, Status
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


def check(severities, judged, version, place, *, lasting):
    """What `after_check` reads of a report; where alarms last, the first check without a drift has ended them."""
    ranks = {metric: int(found[place]) for metric, found in severities.items() if found[place] >= 0}
    drifted = any(found[place - 1] >= 0 for found in severities.values()) if place else False
    told = SimpleNamespace(n=200, comparison=Comparison.COST)
    return SimpleNamespace(
        variant="baseline",
        version=int(version[place]),
        at=instant(FIRST + place),
        drifts=tuple(metric for metric in Metric if metric in ranks),
        severity=list(Severity)[max(ranks.values())] if ranks else None,
        status=Status.STABLE if judged[place] or ranks else Status.INSUFFICIENT_DATA,
        held=(),
        ended=(told,) if lasting and drifted and not ranks else (),
        recent=SimpleNamespace(start=instant(FIRST + place)),
    )


def hour_by_hour(severities, judged, version, *, lasting):
    done, episode = [], None
    for place in range(HOURS):
        for it in after_check(episode, check(severities, judged, version, place, lasting=lasting)):
            if it.open:
                episode = it
            else:
                done.append(it)
                episode = None
    return [*done, *([episode] if episode else [])]


@pytest.mark.parametrize("lasting", [True, False], ids=["alarms last", "by the bare threshold"])
@pytest.mark.parametrize("seed", range(6))
def test_an_episode_has_the_beginning_the_end_and_the_severity_that_checks_hour_by_hour_give_it(seed, lasting):
    hours = random_hours(seed)
    expected = hour_by_hour(*hours, lasting=lasting)
    assert len(expected) > 3
    assert [
        (instant(it.began), instant(it.last_seen), it.ended and instant(it.ended), set(it.drifts), it.severity, it.hours)
        for it in spells(*hours, FIRST, lasting=lasting)
    ] == [(it.created_at, it.last_seen_at, it.closed_at, set(it.drifts), it.severity, it.checks) for it in expected]


def test_without_a_drift_there_is_no_episode():
    quiet = np.full(5, -1, dtype=np.int8)
    assert spells({Metric.COST: quiet}, np.ones(5, dtype=bool), np.ones(5, dtype=np.int64), FIRST, lasting=True) == ()


@pytest.mark.parametrize(("lasting", "episodes"), [(True, 2), (False, 1)])
def test_a_pause_of_an_hour_parts_two_episodes_only_where_alarms_last_by_themselves(lasting, episodes):
    found = np.array([0, -1, 0], dtype=np.int8)
    assert len(spells({Metric.COST: found}, np.zeros(3, dtype=bool), np.ones(3, dtype=np.int64), FIRST, lasting=lasting)) == episodes
