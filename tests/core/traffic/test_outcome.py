import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.converting import Converter
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.outcome import Outcome

ROW = {"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z"}


@pytest.mark.parametrize(
    ("expression", "row", "told"),
    [
        ("reward=1", {"reward": 1.0}, True),
        ("reward==1", {"reward": 0.0}, False),
        ("reward=1", {"reward": None}, None),
        ("reward=1", {}, None),
        ("scores.correctness>=0.8", {"scores": {"correctness": 0.8}}, True),
        ("scores.correctness>=0.8", {"scores": {"correctness": "high"}}, None),
        ("end!=crash", {"end": "user_stop"}, True),
        ("end=user_stop and reward>0", {"end": "user_stop", "reward": 0.5}, True),
        ("end=user_stop and reward>0", {"end": "crash"}, False),
        ("end=user_stop and reward>0", {"end": "user_stop"}, None),
    ],
)
def test_an_outcome_is_true_false_or_unknown(expression, row, told):
    assert Outcome.parse(expression).of(row) is told


@pytest.mark.parametrize("expression", ["", "reward", "reward=", "=1", "reward>=high", "reward=1 and", "reward >< 1 and x"])
def test_what_is_no_comparison_is_refused_with_an_example(expression):
    with pytest.raises(InvalidInputError, match="--outcome"):
        Outcome.parse(expression)


def test_an_outcome_is_what_a_conversation_is_booked_by():
    convert = Converter(Mapping.parse(outcome="reward>=1"))
    assert [convert({**ROW, "reward": reward}).booked for reward in (1, 0, None)] == [True, False, None]


def test_an_outcome_and_a_field_of_it_contradict():
    with pytest.raises(InvalidInputError, match="give one of them"):
        Mapping.parse(["booked=success"], outcome="reward=1")
