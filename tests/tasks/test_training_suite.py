"""What is asked of training data before anything is learnt from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.conversations import Conversation
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.training_data import DataSummary, collect
from tasks.training_suite import check_training_data

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
POLICY = RetrainingPolicy()


def conversation(number, **more):
    said = ({"role": "user", "content": f"I want slot {number}."}, {"role": "assistant", "content": f"Slot {number} it is."})
    given = {"booked": number % 3 > 0, "messages": said, "goal": f"Book slot {number}.", "customer_id": f"c{number % 40}"} | more
    return Conversation(id=f"{number:04}", variant="v", ended_at=NOON - timedelta(minutes=number), **given)


def data(count=120, **more):
    return collect([conversation(number, **more) for number in range(count)], POLICY, Masker(b"secret"))


def found(asked, policy=POLICY):
    return {it.asked: it for it in check_training_data(asked, policy)}


def test_sound_data_hold_to_all_that_is_asked():
    checks = found(data())
    assert [it.asked for it in checks.values() if not it.holds] == []
    assert checks["50 to 500 conversations"].found == "120"


@pytest.mark.parametrize(
    ("broken", "asked", "told"),
    [
        (lambda it: replace(it, conversations=it.conversations[:20]), "50 to 500 conversations", "20"),
        (lambda it: replace(it, conversations=(*it.conversations, it.conversations[0])), "no conversation twice", "2 such"),
        (
            lambda it: replace(it, conversations=(*it.conversations, replace(it.conversations[0], id="again"))),
            "no two with the same words and the same outcome",
            "2 such",
        ),
        (lambda _: data(messages=()), "at least 50% with words of the customer", "0 of 120"),
        (lambda _: data(booked=True), "at least one failure", "0"),
        (
            lambda it: replace(it, conversations=(*it.conversations[1:], replace(it.conversations[0], goal="Write to a@example.com."))),
            "nothing left that masking would find",
            "1",
        ),
    ],
)
def test_what_must_hold_refuses_and_says_what_was_found(broken, asked, told):
    it = found(broken(data()))[asked]
    assert (it.refuses, it.found) == (True, told)


@pytest.mark.parametrize(
    ("more", "asked", "told"),
    [
        ({"goal": None}, "at least 10 goals held out, to report on", "0"),
        ({"customer_id": "one"}, "at most 20% from one customer", "100%"),
        ({"booked": None, "escalated": True}, "at least 20 failures", "0"),
    ],
)
def test_what_is_short_is_told(more, asked, told):
    few = replace(POLICY, min_training_examples=20)
    it = found(collect([conversation(number, **more) for number in range(120)], few, Masker(b"secret")), few)[asked]
    assert (it.holds, it.refuses, it.found) == (False, False, told)


def test_where_no_customer_is_known_no_share_is_asked_for():
    assert "at most 20% from one customer" not in found(data(customer_id=None))


def test_a_summary_tells_why_it_may_not_be_learnt_from():
    few = replace(data(), conversations=data().conversations[:20])
    assert DataSummary.of(few, check_training_data(few, POLICY)).refusals == ["it needs 50 to 500 conversations; it has 20"]
