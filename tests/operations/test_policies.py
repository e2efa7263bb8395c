"""A variant has the default policy, or its own."""

from dataclasses import replace

import pytest

from lifecycle_core.errors import InvalidInputError, UnknownVariantError
from lifecycle_core.operations import policies, versions
from lifecycle_core.policy import Engine, Policy, RetrainingPolicy, ShadowPolicy

OWN = Policy(booking_rate_threshold=0.15, retraining=RetrainingPolicy(retrain_on=("cost",)), shadow=ShadowPolicy(replays=2))


@pytest.fixture
def variant(any_database, act):
    """A database of each kind that knows the variant `baseline`."""
    versions.register(any_database, act, variant="baseline", system_prompt="Be kind.")
    return any_database


def test_without_one_of_its_own_a_variant_has_the_default(variant):
    assert policies.policy(variant, "baseline") == Policy()


def test_a_policy_that_was_set_is_what_is_read_and_the_last_one_counts(variant, act):
    for it in (OWN, replace(OWN, recent_hours=12)):
        policies.set_policy(variant, act, "baseline", it)
        assert policies.policy(variant, "baseline") == it


def test_a_variant_that_nobody_knows_has_none(database, act):
    with pytest.raises(UnknownVariantError):
        policies.set_policy(database, act, "baseline", OWN)


def test_a_policy_that_cannot_be_meant_is_not_kept(database, act):
    versions.register(database, act, variant="baseline", system_prompt="Be kind.")
    with pytest.raises(InvalidInputError, match="recentHours is 0; give a number from 1"):
        policies.set_policy(database, act, "baseline", replace(Policy(), recent_hours=0))
    assert policies.policy(database, "baseline") == Policy()


def test_a_search_that_could_not_be_one_is_refused_when_the_policy_is_set(database, act):
    versions.register(database, act, variant="baseline", system_prompt="Be kind.")
    searching = replace(Policy(), retraining=replace(Policy().retraining, engine=Engine.GEPA, evaluation_cases=13))
    with pytest.raises(InvalidInputError, match=r"searchRollouts is 250, and a search over evaluationCases \(13\) needs 253"):
        policies.set_policy(database, act, "baseline", searching)
