"""A shadow test is planned by what the variant's traffic and its last test tell."""

import numpy as np
import pytest

from benchmarks._sessions import in_shadow_test, later, ready, samples
from lifecycle_core.errors import InvalidInputError, NothingActiveError
from lifecycle_core.operations import planning, shadow, versions
from lifecycle_core.policy import ShadowSource


def planned(database, act, **asked):
    return planning.plan_shadow(database, "baseline", act.at, np.random.default_rng(1), **{"effect": 0.1, **asked})


def test_without_a_test_it_rests_on_live_traffic_and_says_what_it_assumes(any_database, act):
    it = planned(ready(any_database, act), act).basis

    assert (it.success_rate, it.escalation_rate, it.disagreement_rate, it.replay_usd) == (0.75, 0.0, 0.25, None)
    assert it.told_by["success_rate"] == "live traffic of 28 days"
    assert it.told_by["disagreement_rate"].startswith("assumed")


def test_after_a_test_it_rests_on_what_that_measured(database, act):
    name = in_shadow_test(database, act).session_id
    shadow.record_samples(database, act, name, samples(act, 40))
    it = planned(database, later(act, hours=1)).basis

    assert (it.success_rate, it.disagreement_rate) == (0.5, pytest.approx(2 / 3))
    assert it.told_by["success_rate"] == f"shadow test of {name}"


def test_goals_are_counted_by_where_they_come_from(database, act):
    it = planned(ready(database, act), act, source=ShadowSource.RECORDED)

    assert it.basis.goals_a_day == pytest.approx(60 / 7)
    assert it.by_effect[0].most_samples == it.basis.recorded_goals


@pytest.mark.parametrize(("asked", "field"), [({"effect": -1.0}, "effect"), ({"replays": 21}, "replays")])
def test_what_cannot_be_meant_is_refused(database, act, asked, field):
    with pytest.raises(InvalidInputError) as refused:
        planned(database, act, **asked)

    assert refused.value.field == field


def test_without_an_active_version_there_is_nothing_to_test_against(database, act):
    versions.register(database, act, variant="baseline", system_prompt="Be kind.")

    with pytest.raises(NothingActiveError):
        planned(database, act)
