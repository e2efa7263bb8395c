"""A request repeated under its key changes nothing and is answered as the first time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from benchmarks._sessions import in_shadow_test, proved, ready, served
from lifecycle_core.errors import IdempotencyKeyReusedError, NothingToRollBackError
from lifecycle_core.operations import promotion, retraining, shadow, traffic, versions, versions_asked
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.options import Options
from lifecycle_core.retraining.session import Answer

TOOLS = [{"name": "book"}]


@pytest.fixture
def keyed(act):
    """Who changes things in tests, under a key."""
    return replace(act, idempotency_key="k-1")


@pytest.fixture
def three(any_database, act):
    """A database whose variant `baseline` has three versions, activated one after the other."""
    for number, prompt in enumerate(("one", "two", "three"), 1):
        versions.register(any_database, act, variant="baseline", system_prompt=prompt)
        versions.activate(any_database, act, "baseline", number)
    return any_database


CHANGES = {
    "register": lambda it, act: versions.register(
        it, act, variant="baseline", system_prompt="four", metadata={"changes": ["a"]}, parameters={"t": 0.5}, tools=TOOLS
    ),
    "activate": lambda it, act: versions.activate(it, act, "baseline", 1),
    "roll back": lambda it, act: versions.roll_back(it, act, "baseline"),
    "tag": lambda it, act: versions.tag(it, act, "baseline", 2, "best", "82%"),
}


def trail(database):
    found = versions_asked.history(database, "baseline", 100)
    return [(it.version, it.tags) for it in found.versions], [(it.kind, it.version) for it in found.activations]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_replay_answers_as_the_first_time_and_changes_nothing(three, keyed, change):
    first = change(three, keyed)
    after_one = trail(three)
    assert change(three, replace(keyed, at=keyed.at + timedelta(hours=23))) == first
    assert trail(three) == after_one


def test_a_replay_answers_as_the_first_time_though_the_state_has_moved_on(three, act, keyed):
    first = versions.activate(three, keyed, "baseline", 1)
    versions.activate(three, act, "baseline", 2)
    assert versions.activate(three, keyed, "baseline", 1) == first
    assert versions_asked.active(three, "baseline").version == 2


@pytest.mark.parametrize(
    "other",
    [
        lambda it, act: versions.activate(it, act, "baseline", 2),
        lambda it, act: versions.activate(it, replace(act, why="better"), "baseline", 1),
        lambda it, act: versions.roll_back(it, act, "baseline"),
    ],
    ids=["version", "reason", "route"],
)
def test_another_request_under_the_key_is_refused_and_changes_nothing(three, keyed, other):
    versions.activate(three, keyed, "baseline", 1)
    before = trail(three)
    with pytest.raises(IdempotencyKeyReusedError, match="'k-1' was used for another request at 2025-10-07T12:00:00Z"):
        other(three, keyed)
    assert trail(three) == before


def test_each_caller_has_keys_of_its_own(three, keyed):
    gone_to = [versions.roll_back(three, replace(keyed, by=by), "baseline").current_version for by in ("ada", "bob", "ada")]
    assert gone_to == [2, 1, 2]


def test_a_key_is_kept_for_a_day(three, keyed):
    assert versions.roll_back(three, keyed, "baseline").current_version == 2
    assert versions.roll_back(three, replace(keyed, at=keyed.at + timedelta(hours=24)), "baseline").current_version == 1


def test_a_refusal_is_not_kept_and_the_request_may_come_again(any_database, act, keyed):
    for prompt in ("one", "two"):
        versions.register(any_database, act, variant="baseline", system_prompt=prompt)
    versions.activate(any_database, act, "baseline", 1)
    with pytest.raises(NothingToRollBackError):
        versions.roll_back(any_database, keyed, "baseline")
    versions.activate(any_database, act, "baseline", 2)
    assert versions.roll_back(any_database, keyed, "baseline").current_version == 1


def test_a_hundred_identical_requests_at_once_change_once(three, keyed):
    with ThreadPoolExecutor(20) as at_once:
        told = list(at_once.map(lambda _: versions.roll_back(three, keyed, "baseline"), range(100)))
    assert len(set(told)) == 1
    assert [it.kind for it in versions_asked.history(three, "baseline", 100).activations].count("rollback") == 1


def judged(database, act):
    it = in_shadow_test(database, act, manual_review=True)
    shadow.record_samples(database, act, it.session_id, proved(act))
    shadow.keep_verdict(database, act, it.session_id)
    return it.session_id


MOVES = {
    "finalize": lambda it, act, name, reason: promotion.finalize(it, act, name, force=True, reason=reason),
    "decide": lambda it, act, name, reason: promotion.record_decision(it, act, name, Answer.PROMOTE, reason),
    "cancel": promotion.cancel,
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_a_move_of_a_session_is_made_once_under_its_key_which_stands_for_no_other(any_database, act, keyed, move):
    name = judged(any_database, act)
    first = move(any_database, keyed, name, "fine")
    assert move(any_database, replace(keyed, at=keyed.at + timedelta(hours=1)), name, "fine") == first
    with pytest.raises(IdempotencyKeyReusedError):
        move(any_database, keyed, name, "for another reason")


def test_a_start_with_other_options_under_the_key_is_refused(any_database, act, keyed):
    ready(any_database, act)
    first = retraining.begin(any_database, keyed, "baseline", "k")
    assert retraining.begin(any_database, keyed, "baseline", "k") == first
    with pytest.raises(IdempotencyKeyReusedError):
        retraining.begin(any_database, keyed, "baseline", "k", Options(replays=8))


def test_a_refused_start_may_come_again_under_its_key(database, act, keyed):
    ready(database, act, 12)
    with pytest.raises(RetrainingRefusedError):
        retraining.begin(database, keyed, "baseline", "k")
    traffic.ingest(database, act, served(act, 60))
    assert retraining.begin(database, keyed, "baseline", "k").open
