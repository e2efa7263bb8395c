"""A call is reserved, made and settled; nothing is paid twice, and nothing past the budget."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from benchmarks._sessions import ready
from lifecycle_core.chat import ChatMessage, ChatNonsenseError, ChatReply, ChatRequest, ChatUnavailableError
from lifecycle_core.operations import promotion, retraining, spending
from lifecycle_core.policy import Policy, RetrainingPolicy
from lifecycle_core.retraining.errors import ForbiddenMoveError, UnknownSessionError
from lifecycle_core.spending import BudgetSpentError, Spent
from lifecycle_core.store.mapping import to_json
from lifecycle_core.store.tables import PolicyRow

pytestmark = pytest.mark.slow

REPLY = ChatReply(content="Hello!", model="m", input_tokens=10, output_tokens=5, cost_usd=0.02, seconds=1.5)


@pytest.fixture
def session(any_database, act):
    """An open session in a database of each kind."""
    return begin(any_database, act)


def begin(database, act, **budgets):
    ready(database, act)
    with database.write(act) as tx:
        tx.add(PolicyRow(variant="baseline", policy=to_json(Policy(retraining=RetrainingPolicy(**budgets))), updated_at=act.at))
    return retraining.begin(database, act, "baseline", "k").session_id


def asked(text="Hello", **others):
    messages = (ChatMessage(role="user", content=text),)
    return ChatRequest(purpose="replay", model="m", messages=messages, parameters={"max_tokens": 100}, **others)


def pay(database, act, session, request=None, reply=REPLY):
    reservation = spending.reserve(database, act, session, request or asked())
    if reservation.reply is None:
        spending.settle(database, act, reservation, reply)
    return reservation


def test_a_reserved_call_counts_before_it_is_made(any_database, act, session):
    spending.reserve(any_database, act, session, asked())
    assert spending.spent(any_database, session) == Spent(calls=1, tokens=102)


def test_a_settled_call_counts_as_what_it_took(any_database, act, session):
    pay(any_database, act, session)
    assert spending.spent(any_database, session) == Spent(calls=1, tokens=15, usd=0.02)


def test_the_same_question_again_is_answered_for_nothing_and_tells_how_long_it_took(any_database, act, session):
    pay(any_database, act, session)
    again = spending.reserve(any_database, act, session, asked())
    assert again.reply == replace(REPLY, cached=True) == spending.cached(any_database, session, asked())
    assert spending.spent(any_database, session) == Spent(calls=1, tokens=15, usd=0.02)


def test_another_seed_is_another_question(database, act):
    name = begin(database, act)
    pay(database, act, name, asked(seed=1))
    assert spending.cached(database, name, asked(seed=2)) is None


def test_a_failed_call_is_kept_counts_and_may_be_made_again(any_database, act, session):
    spending.fail(any_database, act, spending.reserve(any_database, act, session, asked()), ChatUnavailableError("429 Too Many Requests"))
    assert spending.spent(any_database, session) == Spent(calls=1)
    assert pay(any_database, act, session).reply is None
    assert spending.spent(any_database, session) == Spent(calls=2, tokens=15, usd=0.02)


def test_answers_of_no_use_count_as_what_they_took(any_database, act, session):
    error = ChatNonsenseError("no JSON")
    error.paid = (REPLY, REPLY)
    spending.fail(any_database, act, spending.reserve(any_database, act, session, asked()), error)
    assert spending.spent(any_database, session) == Spent(calls=2, tokens=30, usd=0.04)


def test_a_call_whose_process_died_stays_counted_and_may_be_made_again(any_database, act, session):
    spending.reserve(any_database, act, session, asked())
    pay(any_database, act, session)
    assert spending.spent(any_database, session) == Spent(calls=2, tokens=117, usd=0.02)


def test_a_reply_that_comes_twice_is_kept_once_and_paid_as_often_as_it_was(any_database, act, session):
    both = [spending.reserve(any_database, act, session, asked()) for _ in range(2)]
    assert spending.settle(any_database, act, both[0], REPLY) == REPLY
    assert spending.settle(any_database, act, both[1], replace(REPLY, content="Hi!")) == replace(REPLY, cached=True)
    assert spending.cached(any_database, session, asked()).content == "Hello!"
    assert spending.spent(any_database, session) == Spent(calls=2, tokens=30, usd=0.04)


def test_the_budget_stops_the_call_that_would_pass_it(any_database, act):
    name = begin(any_database, act, budget_calls=2)
    for text in ("one", "two"):
        pay(any_database, act, name, asked(text))
    with pytest.raises(BudgetSpentError, match="has spent 2 of its 2 calls"):
        spending.reserve(any_database, act, name, asked("three"))
    assert spending.spent(any_database, name).calls == 2


@pytest.mark.parametrize("budget", [{"budget_calls": 0}, {"budget_tokens": 0}])
def test_a_budget_of_zero_lets_nothing_through_and_writes_nothing(database, act, budget):
    name = begin(database, act, **budget)
    with pytest.raises(BudgetSpentError, match="has spent 0 of its 0"):
        spending.reserve(database, act, name, asked())
    assert spending.spent(database, name) == Spent()


def test_callers_at_once_never_pass_the_budget_together(any_database, act):
    name = begin(any_database, act, budget_calls=10)
    with ThreadPoolExecutor(8) as at_once:
        made = list(at_once.map(lambda number: _made(any_database, act, name, number), range(24)))
    assert (sum(made), spending.spent(any_database, name).calls) == (10, 10)


def _made(database, act, name, number):
    try:
        pay(database, act, name, asked(f"question {number}"))
    except BudgetSpentError:
        return False
    return True


def test_an_ended_session_makes_no_more_calls(database, act):
    name = begin(database, act)
    promotion.cancel(database, act, name)
    with pytest.raises(ForbiddenMoveError, match="has ended: cancelled; it makes no more calls"):
        spending.reserve(database, act, name, asked())


def test_a_session_that_never_was_has_no_budget(database, act):
    with pytest.raises(UnknownSessionError, match="no session is called 'retrain_x_1'"):
        spending.reserve(database, act, "retrain_x_1", asked())
