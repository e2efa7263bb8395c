"""Pairs of real agents, and runs in which a provider failed: the verdict is the one that the data's own page calls right."""

from dataclasses import replace

import pytest

from benchmarks._real import runs
from benchmarks._real_pairs import BOOKED, INCIDENTS, PAIRS, Pair, judge
from lifecycle_core.drift.report import Status

pytestmark = pytest.mark.data

ORDERS = 4
BARELY_SHOWN = PAIRS[0]
"""Success 78.1 → 57.0% of 114 each: p = .001 once, which is not yet proof for who looks every hour."""


@pytest.mark.parametrize("pair", [it for it in (*PAIRS, *INCIDENTS) if it is not BARELY_SHOWN], ids=lambda it: it.name)
def test_the_verdict_is_right_in_nearly_every_order(pair):
    found = judge(pair, ORDERS)

    assert found.right >= ORDERS - 1, found.faults


def test_a_fall_of_success_at_the_edge_of_proof_is_suspected_at_least():
    found = judge(BARELY_SHOWN, ORDERS)

    assert {it.of(BOOKED).status for it in found.reports} <= {Status.SUSPECTED, Status.DRIFT}
    assert judge(replace(BARELY_SHOWN, open=frozenset({BOOKED}), drifts=BARELY_SHOWN.drifts - {BOOKED}), ORDERS).right == ORDERS


def test_such_a_fall_in_twice_the_conversations_drifts_but_where_days_happen_to_differ():
    names = [("gemini-3-flash_base", "gemini-3-flash_base_usergemini"), ("gpt-5-mini_base", "gpt-4.1-mini_base")]
    found = judge(Pair("tau2.jsonl.gz", *names, says="success falls by a third", drifts=frozenset({BOOKED})), ORDERS)

    assert sum(BOOKED in it.drifts for it in found.reports) >= ORDERS - 1


def test_a_side_has_every_conversation_of_its_run_once():
    of = runs("tau2.jsonl.gz")
    n = [len(of[side[0]]) for side in (BARELY_SHOWN.before, BARELY_SHOWN.after)]
    booked = judge(BARELY_SHOWN, 1).reports[0].of(BOOKED)

    assert n == [114, 114]
    assert booked.recent.n == 114
