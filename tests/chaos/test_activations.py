"""Four processes change the active version at once, and nothing is lost or doubled; `benchmarks.activations` does it a thousand times."""

import pytest

from benchmarks.activations import race


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def outcome(request, tmp_path_factory):
    """What became of 240 activations and rollbacks of two variants."""
    if request.param == "sqlite":
        return race(f"sqlite:///{tmp_path_factory.mktemp('race')}/lifecycle.db", changes=240, processes=4)
    with request.getfixturevalue("postgres_server").database() as url:
        return race(url, changes=240, processes=4)


@pytest.mark.slow
def test_every_change_was_answered(outcome):
    assert outcome.acknowledged + outcome.unchanged + outcome.refused == outcome.asked == 240


@pytest.mark.slow
def test_no_acknowledged_change_is_lost(outcome):
    assert outcome.lost == 0


@pytest.mark.slow
def test_no_change_is_doubled_and_none_was_made_that_nobody_was_told_of(outcome):
    assert outcome.doubled == 0


@pytest.mark.slow
def test_one_version_is_active_and_the_trail_and_the_log_are_whole(outcome):
    assert outcome.problems == ()


@pytest.mark.slow
def test_the_race_was_one(outcome):
    assert outcome.acknowledged > 100
