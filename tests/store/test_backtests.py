"""What a backtest asks of the past."""

from datetime import timedelta

from benchmarks._sessions import later, ready
from lifecycle_core.chat import ChatMessage, ChatReply, ChatRequest
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import promotion, retraining, spending
from lifecycle_core.operations.traffic import ingest
from lifecycle_core.spending import Spent
from lifecycle_core.store import backtests

HOUR = timedelta(hours=1)
REQUEST = ChatRequest(purpose="edit", model="m", messages=(ChatMessage(role="user", content="Hello"),), parameters={"max_tokens": 10})
ANSWER = ChatReply(content="Hi", input_tokens=20, output_tokens=40, cost_usd=0.25, model="m")


def talk(act, hours_ago, version=None):
    return Conversation(id=f"{hours_ago}-{version}", variant="baseline", ended_at=act.at - hours_ago * HOUR, version=version)


def test_the_stored_hours_reach_from_the_first_conversation_to_the_end_of_the_newest_ones(any_database, act):
    ingest(any_database, act, [talk(act, 30.4), talk(act, 2.7)])
    with any_database.read() as tx:
        window = backtests.traffic_between(tx, "baseline")
        assert (window.start, window.end) == (act.at - 31 * HOUR, act.at - 2 * HOUR)
        assert backtests.traffic_between(tx, "another") is None


def test_each_hour_names_its_version_the_higher_of_two(any_database, act):
    ingest(any_database, act, [talk(act, 3.5, 1), talk(act, 2.5, 1), talk(act, 2.4, 2), talk(act, 0.5, 1)])
    with any_database.read() as tx:
        assert backtests.versions_by_hour(tx, "baseline", act.at - HOUR) == [(act.at - 4 * HOUR, 1), (act.at - 3 * HOUR, 2)]


def test_without_sessions_and_known_drifts_there_are_none(any_database, act):
    with any_database.read() as tx:
        assert (backtests.ended_sessions(tx, "baseline", act.at), backtests.known_drifts(tx, "baseline")) == ([], [])


def test_a_session_that_has_ended_tells_its_span_and_what_it_took(any_database, act):
    ready(any_database, act)
    first = retraining.begin(any_database, act, "baseline", "one")
    spending.settle(any_database, act, spending.reserve(any_database, act, first.session_id, REQUEST), ANSWER)
    promotion.cancel(any_database, later(act, hours=5), first.session_id)
    retraining.begin(any_database, later(act, hours=6), "baseline", "two")
    with any_database.read() as tx:
        (found,) = backtests.ended_sessions(tx, "baseline", act.at + 9 * HOUR)
        assert (found.began, found.ended, found.spent) == (act.at, act.at + 5 * HOUR, Spent(calls=1, tokens=60, usd=0.25))
        assert backtests.ended_sessions(tx, "baseline", act.at + 4 * HOUR) == []
