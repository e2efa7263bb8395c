"""Real agents against themselves: what is the same must not be told apart, however the halves fall."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import Metric
from lifecycle_core.policy import Mode, Policy

pytestmark = [pytest.mark.data, pytest.mark.slow]

NOW = datetime(2025, 10, 7, 12, tzinfo=UTC)
SPLITS = 30
RUNS = 11


def _splits(conversations):
    """One half of a run, chosen at random, spread evenly over 13 days, the other over the last 24 hours; each run many times."""
    generator = np.random.default_rng(7)
    for run in sorted({it.variant for it in conversations}):
        ours = [replace(it, messages=(), started_at=None) for it in conversations if it.variant == run]
        for _ in range(SPLITS):
            order = generator.permutation(len(ours)).tolist()
            half = len(ours) // 2
            before = [NOW - timedelta(days=1) - timedelta(days=13) * (place + 0.5) / half for place in range(half)]
            after = [NOW - timedelta(days=1) * (place + 0.5) / (len(ours) - half) for place in range(len(ours) - half)]
            yield [replace(ours[it], ended_at=end) for it, end in zip(order, before + after, strict=True)]


def test_an_agent_does_not_drift_from_itself_where_bare_thresholds_say_so_every_other_time(conversations, tabulated):
    """Fails a check that alarms in 3% of such splits with probability .99; so little traffic allows one in 500."""
    alarms, bare = [], 0
    for split in _splits(conversations("tau2.jsonl.gz")):
        table = tabulated(split)
        alarms += detect(table, Policy(), NOW).drifts
        told = detect(table, Policy(mode=Mode.THRESHOLD, reference_days=14), NOW).drifts
        bare += bool(set(told) - {Metric.ACTION_DISTRIBUTION})

    assert len(alarms) <= 3
    assert bare > 0.4 * SPLITS * RUNS
