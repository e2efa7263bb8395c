"""Which conversations are learnt from."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.wire.improvement import TrainingDataWire
from lifecycle_core.conversations import Conversation
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.training_data import DataSummary, collect, split_by_goal
from lifecycle_core.store.mapping import from_json

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
MASKER = Masker(b"secret")


def conversation(number, *, booked=True, **more):
    return Conversation(id=f"{number:04}", variant="v", ended_at=NOON - timedelta(minutes=number), booked=booked, **more)


def ids(data):
    return [it.id for it in data.conversations]


def test_the_newest_five_hundred_are_taken():
    data = collect([conversation(number, booked=number % 3 > 0) for number in range(900)], RetrainingPolicy(), MASKER)

    assert ids(data) == [f"{number:04}" for number in range(500)]
    assert (data.size, data.successes, data.failures) == (500, 333, 167)
    assert data.window.end == NOON


def test_rare_failures_are_sought_further_back():
    data = collect([conversation(number, booked=number < 600) for number in range(700)], RetrainingPolicy(), MASKER)

    assert (data.size, data.failures) == (500, 20)
    assert ids(data)[-20:] == [f"{number:04}" for number in range(600, 620)]


def test_no_customer_speaks_for_all():
    loud = [conversation(number, customer_id="loud", booked=False) for number in range(300)]
    quiet = [conversation(300 + number, customer_id=f"customer {number}") for number in range(300)]
    data = collect([*loud, *quiet], RetrainingPolicy(), MASKER)

    assert data.failures == 25
    assert data.left_out == 275


def test_of_those_with_the_same_words_and_outcome_the_newest_is_taken():
    said = [({"role": "user", "content": text},) for text in ("Book me in.", "book  me in.", "Book me in!")]
    told = [conversation(number, messages=said[number % 3], booked=number < 3) for number in range(4)]
    data = collect([*told, *(conversation(10 + number) for number in range(60))], RetrainingPolicy(), MASKER)

    assert ids(data)[:4] == ["0000", "0002", "0003", "0010"]
    assert data.duplicates == 1


def test_conversations_without_words_are_nobodys_doubles():
    assert collect([conversation(number) for number in range(60)], RetrainingPolicy(), MASKER).duplicates == 0


def test_goals_are_split_whole_whoever_has_them():
    goals = [f"Book a deep clean for {number} rooms." for number in range(30)]
    told = [conversation(number, goal=goals[number % 30], customer_id=f"c{number}") for number in range(120)]
    data = collect(told, RetrainingPolicy(), MASKER)
    by_goal = {}
    for it in data.conversations:
        by_goal.setdefault(it.goal, set()).add(split_by_goal(it))

    assert all(len(splits) == 1 for splits in by_goal.values())
    assert sum(data.splits.values()) == 120
    assert data.splits[Split.TRAIN] > data.splits[Split.HELD_OUT] > 0


def test_without_a_goal_the_customers_first_words_split():
    asked = conversation(1, messages=({"role": "assistant", "content": "Hello."}, {"role": "user", "content": "A clean, please."}))

    assert split_by_goal(asked) is split_by_goal(conversation(2, goal="a clean,  please."))


@pytest.mark.parametrize("count", [0, 12, 49])
def test_fewer_than_fifty_are_refused_with_their_number(count):
    with pytest.raises(RetrainingRefusedError, match=f"{count} conversations .* 50 are needed"):
        collect([conversation(number) for number in range(count)], RetrainingPolicy(), MASKER)


def test_unknown_outcomes_are_of_use_only_where_they_were_handed_over():
    known = [conversation(number) for number in range(60)]
    unknown = [conversation(100 + number, booked=None, escalated=number < 10) for number in range(30)]
    data = collect([*known, *unknown], RetrainingPolicy(), MASKER)

    assert (data.size, data.successes, data.failures, data.escalations) == (70, 60, 0, 10)


def test_crashes_teach_nothing():
    crash = {"tool": None, "message": "rate limit"}
    data = collect(
        [conversation(number, booked=number > 60, errors=(crash,) if number < 20 else ()) for number in range(120)],
        RetrainingPolicy(),
        MASKER,
    )

    assert data.size == 100


def test_a_policy_may_leave_successes_out():
    data = collect(
        [conversation(number, booked=number % 2 > 0) for number in range(200)], RetrainingPolicy(include_successes=False), MASKER
    )

    assert (data.successes, data.failures) == (0, 100)


def test_every_text_is_masked():
    said = ({"role": "user", "content": "I am Anna Meier, anna@example.com, call (212) 555-0147."},)
    told = [conversation(number, messages=said, goal="Call anna@example.com", customer_id="anna") for number in range(60)]
    data = collect([*told, *(conversation(100 + number) for number in range(60))], RetrainingPolicy(), MASKER)

    assert "anna@example.com" not in repr(data)
    assert "555-0147" not in repr(data)


def test_the_same_conversations_in_another_order_are_the_same_data():
    told = [conversation(number, booked=number % 3 > 0) for number in range(600)]

    assert collect(told, RetrainingPolicy(), MASKER) == collect(told[::-1], RetrainingPolicy(), MASKER)


def test_its_frame_has_a_row_for_each():
    frame = collect([conversation(number) for number in range(60)], RetrainingPolicy(), MASKER).frame()

    assert len(frame) == 60
    assert frame["id"].is_unique


def test_what_an_older_session_kept_is_read_with_nothing_asked_and_nothing_split():
    older = {"size": 60, "successes": 40, "failures": 20, "escalations": 3, "left_out": 0, "window": None, "simulated": False}
    found = from_json(DataSummary, older)

    assert (found.duplicates, found.checks, found.refusals) == (0, (), [])
    assert TrainingDataWire.of(found).splits is None
