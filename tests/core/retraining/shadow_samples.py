"""Samples whose counts are given, for tests of what becomes of them."""

from datetime import UTC, datetime, timedelta
from itertools import cycle, islice

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.analysis import analyze
from lifecycle_core.retraining.shadow import Arm, Sample, Source

BEGAN = datetime(2025, 10, 7, tzinfo=UTC)


def samples_of(n, a=(3,), b=(3,), *, replays=4, cost=(0.004,), candidate_cost=(0.004,), a_escalated=(0,), b_escalated=(0,), **more):
    """n samples; each tuple is gone through again and again."""
    columns = (list(islice(cycle(it), n)) for it in (a, b, cost, candidate_cost, a_escalated, b_escalated))
    return [
        sample(place, won, candidate_won, replays, costs=(cost_a, cost_b), escalations=(gave_up, candidate_gave_up), **more)
        for place, (won, candidate_won, cost_a, cost_b, gave_up, candidate_gave_up) in enumerate(zip(*columns, strict=True))
    ]


def sample(place, a, b, replays=4, *, costs=(0.004, 0.004), escalations=(0, 0), twice_every=0, again=None, latencies=(None, None), **more):
    second = Arm(replays=replays, successes=a if again is None else again)
    return Sample(
        scenario_id=f"c{place:04}",
        ended_at=BEGAN + timedelta(minutes=place),
        incumbent=Arm(replays=replays, successes=a, escalations=escalations[0], cost_usd=costs[0], latency_s=latencies[0]),
        candidate=Arm(replays=replays, successes=b, escalations=escalations[1], cost_usd=costs[1], latency_s=latencies[1]),
        again=second if twice_every and place % twice_every == 0 else None,
        **{"source": Source.NEW, **more},
    )


POLICY = Policy()
ROWS = {
    "promote": samples_of(230, a=(3,), b=(4, 3)),
    "harm": samples_of(230, a=(3,), b=(1, 2)),
    "futile": samples_of(320, a=(3,), b=(3,)),
    "gates": samples_of(500, a=(3,), b=(4, 3), candidate_cost=(0.0046,)),
    "inconclusive": samples_of(140, a=(4, 2, 3, 3), b=(3, 4, 4, 2, 4, 2, 4, 2)),
    "invalid": samples_of(130, a=(3,), b=(4, 3), live_success=False),
    "to_a_person": samples_of(130, a=(3,), b=(4, 3), cost=(None,)),
}
CLOSED = {"inconclusive"}


def told(verdict):
    """The analysis of the rows that reach a verdict."""
    return analyze(ROWS[verdict], POLICY, closed=verdict in CLOSED, offline_score=0.9)
