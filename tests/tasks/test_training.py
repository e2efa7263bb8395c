"""What is learnt from, taken away: of a variant, and of a session in its shadow test."""

import json

import pytest

from lifecycle_core.retraining.cases import Split
from tasks import context, training
from tasks.shadow import serve_goals
from tasks.training import Format
from tests.retrainable import ready

pytestmark = pytest.mark.slow


def taken(name, form, split=Split.TRAIN):
    return training.export(name, context.now(), form, split).lines


def test_a_variant_exports_what_a_session_would_learn_from_now(installed):
    ready(installed, "a")
    data = training.learnt("a", context.now()).data
    assert sum(len(taken("a", Format.OPENAI, it)) for it in Split) == len(taken("a", Format.OPENAI, None)) == data.successes > 0


def test_no_name_or_number_of_a_customer_leaves(installed):
    ready(installed, "a")
    told = json.dumps(taken("a", Format.OPENAI, None), ensure_ascii=False)
    assert "<NAME_1>" in told
    assert "555-" not in told


def test_a_tested_session_exports_pairs_of_its_replays_in_which_one_reply_served_and_the_other_did_not(tested, installed, model, pages):
    before = len(taken(tested, Format.PREFERENCES, None))
    serve_goals.fn(tested)
    paid = model.calls
    pairs = taken(tested, Format.PREFERENCES, None)
    assert len(pairs) > before
    assert all(it["preferred_output"] != it["non_preferred_output"] for it in pairs)
    assert model.calls == paid


def test_what_a_session_kept_of_its_data_is_what_is_told(tested, installed):
    kept = training.summary(tested, context.now())
    assert kept.checks
    assert kept.refusals == []
