"""Real agents against themselves: what is the same must not be told apart, however the halves fall."""

import pytest

from benchmarks._real import runs
from benchmarks.real import SOURCE, aa_alarm_rate, rule_of_the_page, split, trials
from lifecycle_core.policy import Policy

pytestmark = pytest.mark.data

RUNS = 11


@pytest.mark.slow
def test_an_agent_does_not_drift_from_itself():
    """Fails a check that alarms in 5% of such splits with probability .99, and one that alarms in 8 of 1,000 hardly ever."""
    assert aa_alarm_rate(splits=30) * 30 * RUNS <= 7


def test_the_plans_rule_alarms_in_57_of_100_such_splits():
    rates = {name: rule_of_the_page(run, 2000) for name, run in runs(SOURCE).items()}

    assert len(rates) == RUNS
    assert sum(rates.values()) / RUNS == pytest.approx(0.57, abs=0.01)
    assert (min(rates, key=rates.get), max(rates, key=rates.get)) == ("gpt-4.1-mini_policy_v2", "gpt-4.1-mini_base")


@pytest.mark.slow
def test_two_trials_of_an_agent_do_not_differ_however_they_are_mixed():
    """Of 80 splits at one in 500, more than 2 come once in 1,600; at 10%, hardly ever fewer."""
    assert sum(split(trials(), 20, Policy()).values()) * 20 <= 2
