"""Four processes finalize, approve, reject and roll back at once, and a session ends once; `benchmarks.transitions` makes 200 calls."""

import pytest

from benchmarks.transitions import race


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def outcome(request, tmp_path_factory):
    """What became of two sessions under forty calls each."""
    if request.param == "sqlite":
        return race(f"sqlite:///{tmp_path_factory.mktemp('race')}/lifecycle.db", calls=40, processes=4, rounds=2)
    with request.getfixturevalue("postgres_server").database() as url:
        return race(url, calls=40, processes=4, rounds=2)


@pytest.mark.slow
def test_each_session_ends_once(outcome):
    assert (outcome.sessions, outcome.moves, outcome.promoted + outcome.rolled_back) == (2, 2, 2)


@pytest.mark.slow
def test_no_move_is_unlawful_and_the_log_is_whole(outcome):
    assert outcome.unlawful == ()


@pytest.mark.slow
def test_every_call_was_answered_or_refused_in_a_sentence(outcome):
    assert outcome.answered + outcome.refused == outcome.calls == 80


@pytest.mark.slow
def test_no_rollback_goes_further_back_than_there_were_promotions(outcome):
    assert outcome.back_by_hand <= outcome.promoted
