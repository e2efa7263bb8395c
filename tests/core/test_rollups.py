from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle_core.conversations import Conversation
from lifecycle_core.rollups import (
    ACTIONS,
    COST,
    LATENCY,
    NAMED_ACTIONS,
    PRODUCTS,
    WIDTH,
    scalar,
    summarize,
    summarize_arrivals,
)
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, pair_index

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
SLOTS = {"look": 0, "book": 1}
figures = st.none() | st.floats(0, 1e4)
held = st.builds(
    Conversation,
    id=st.just("c"),
    variant=st.just("baseline"),
    version=st.integers(1, 2),
    ended_at=st.integers(0, 200).map(lambda minutes: NOON + timedelta(minutes=minutes)),
    booked=st.none() | st.booleans(),
    escalated=st.none() | st.booleans(),
    cost_usd=figures,
    total_tokens=st.none() | st.integers(0, 10**6),
    response_times_s=st.lists(st.floats(0, 1e4), max_size=4).map(tuple),
    actions=st.lists(st.sampled_from(["look", "book", "shrug"]), max_size=6).map(tuple),
    errors=st.sampled_from([(), ({"tool": None, "message": "agent_error"},)]),
)


def one(**given: object):
    conversation = Conversation(**{"id": "c", "variant": "baseline", "version": 1, "ended_at": NOON, **given})
    return next(iter(summarize([conversation], SLOTS, NOON).values()))


@given(st.lists(held, max_size=30), st.lists(held, max_size=30))
@settings(max_examples=40, deadline=None)
def test_rollups_of_all_are_the_rollups_of_the_parts_added(first, second):
    whole, parts = summarize([*first, *second], SLOTS, NOON), [summarize(part, SLOTS, NOON) for part in (first, second)]
    assert whole.keys() == parts[0].keys() | parts[1].keys()
    for key, sums in whole.items():
        assert np.allclose(sums, parts[0].get(key, np.zeros(WIDTH)) + parts[1].get(key, np.zeros(WIDTH)), rtol=1e-9)


def test_what_is_unknown_adds_to_no_sum_but_the_count():
    sums = one()
    assert sums[scalar("conversations")] == 1
    assert sums.sum() == 1


def test_a_cost_of_zero_is_a_cost_and_has_no_logarithm():
    sums = one(cost_usd=0.0)
    assert (sums[scalar("cost_n")], sums[scalar("cost_zero_n")], sums[COST].sum()) == (1, 1, 0)


def test_a_conversation_has_one_latency_the_median():
    sums = one(response_times_s=(1.0, 2.0, 966.0))
    assert sums[scalar("log_latency")] == pytest.approx(np.log(2))
    assert np.flatnonzero(sums[LATENCY]).tolist() == LATENCY_BINS.index([2.0]).tolist()


def test_a_cost_falls_in_its_bin():
    assert np.flatnonzero(one(cost_usd=0.02)[COST]).tolist() == COST_BINS.index([0.02]).tolist()


def test_tokens_are_told_in_total_or_as_the_sum_of_both():
    assert one(total_tokens=10)[scalar("tokens")] == one(input_tokens=7, output_tokens=3)[scalar("tokens")] == 10
    assert one(input_tokens=7)[scalar("tokens_n")] == 0


def test_products_are_of_the_calls_of_one_conversation():
    sums = one(actions=("look", "look", "book", "shrug"))
    rows, columns = pair_index(NAMED_ACTIONS + 1)
    products = {(int(rows[at]), int(columns[at])): sums[PRODUCTS][at] for at in np.flatnonzero(sums[PRODUCTS])}
    assert products == {(0, 0): 4, (0, 1): 2, (0, 30): 2, (1, 1): 1, (1, 30): 1, (30, 30): 1}
    assert sums[ACTIONS][[0, 1, 30]].tolist() == [2, 1, 1]


def test_late_is_what_arrived_over_an_hour_after_its_end():
    ended = [NOON - timedelta(hours=1), NOON - timedelta(hours=1, seconds=1)]
    late = [Conversation(id=str(at), variant="baseline", version=1, ended_at=at) for at in ended]
    sums = summarize(late, SLOTS, NOON)
    assert sum(it[scalar("late")] for it in sums.values()) == 1


def test_each_may_arrive_at_an_instant_of_its_own():
    it = Conversation(id="c", variant="baseline", version=1, ended_at=NOON)
    sums = next(iter(summarize_arrivals([(it, NOON), (it, NOON + timedelta(hours=2))], SLOTS).values()))
    assert (sums[scalar("conversations")], sums[scalar("late")]) == (2, 1)


def test_provider_faults_hours_and_versions_are_kept_apart():
    first = Conversation(id="a", variant="baseline", version=1, ended_at=NOON)
    others = [
        Conversation(id="b", variant="baseline", version=2, ended_at=NOON),
        Conversation(id="c", variant="baseline", version=1, ended_at=NOON + timedelta(hours=1)),
        Conversation(id="d", variant="baseline", version=1, ended_at=NOON, errors=({"tool": None, "message": "agent_error"},)),
    ]
    assert len(summarize([first, *others], SLOTS, NOON)) == 4


def test_a_conversation_without_a_version_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="has no version yet"):
        summarize([Conversation(id="c", variant="baseline", ended_at=NOON)], SLOTS, NOON)
