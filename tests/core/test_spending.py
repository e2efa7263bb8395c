import pytest

from lifecycle_core.chat import ChatMessage, ChatNonsenseError, ChatReply, ChatRequest
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.spending import Budget, BudgetSpentError, Price, Prices, Spent, priced, reserved

CALL = Spent(calls=1, tokens=100, usd=0.01)


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(calls=0), r"has spent 5 of its 0 calls, .* raise the policy's budget_calls"),
        (Budget(calls=5), "5 of its 5 calls"),
        (Budget(tokens=1_099), "1,000 of its 1,099 tokens"),
        (Budget(usd=0.505), r"\$0\.5000 of its \$0\.5050"),
        (Budget(usd=0), r"of its \$0\.0000"),
    ],
)
def test_a_call_past_the_budget_is_refused_before_it_is_made(budget, words):
    with pytest.raises(BudgetSpentError, match=words):
        budget.admit(Spent(calls=5, tokens=1_000, usd=0.5), CALL)


def test_a_call_that_just_fits_is_let_through():
    Budget(calls=1, tokens=100, usd=0.01).admit(Spent(), CALL)


def test_a_budget_without_limits_lets_everything_through():
    Budget().admit(Spent(calls=10**9, tokens=10**12, usd=1e6), CALL)


def test_a_kept_reply_costs_nothing():
    assert Spent.by(ChatReply(content="x", model="m", input_tokens=9, output_tokens=9, cost_usd=1.0, cached=True)) == Spent()


def test_a_reservation_counts_prompt_and_schema_and_what_may_be_written():
    request = ChatRequest(purpose="p", model="m", messages=(ChatMessage(role="user", content="x" * 300),))
    longer = ChatRequest(purpose="p", model="m", messages=request.messages, schema={"type": "object"})
    assert reserved(request).tokens == 100 + 1024
    assert reserved(longer).tokens > 4 * reserved(request).tokens


def test_answers_that_none_could_be_used_of_are_paid_for():
    error = ChatNonsenseError("no JSON")
    error.paid = (ChatReply(content="x", model="m", input_tokens=9, output_tokens=1, cost_usd=0.25),) * 2
    assert (Spent.lost(error), Spent.lost(ChatNonsenseError("no answer"))) == (Spent(calls=2, tokens=20, usd=0.5), Spent(calls=1))


def test_dollars_that_were_told_are_never_priced_anew():
    told = ChatReply(content="x", model="m", input_tokens=10, output_tokens=10, cost_usd=0.5)
    assert priced(told, Price(1.0, 1.0)) == told


def test_tokens_that_nobody_told_are_not_priced():
    assert priced(ChatReply(content="x", model="m"), Price(1.0, 1.0)).cost_usd is None


@pytest.mark.parametrize(
    "text", ["", "gpt=1/2", "2025-10-01 gpt=1", "2025-10-01 =1/2", "2025-10-01 gpt=-1/2", "2025-10-01 gpt=nan/2", "today gpt=1/2"]
)
def test_a_price_table_that_cannot_be_meant_is_refused(text):
    with pytest.raises(InvalidInputError, match="write DATE MODEL=INPUT/OUTPUT"):
        Prices.parse(text)
