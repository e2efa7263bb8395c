"""What training data must be as a whole, before anything is learnt from it: a Great Expectations suite, told in words.

Some of it is needed: where it does not hold the session ends, with the sentence
that says why. The rest is told, since it says how far what is learnt will reach.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.retraining.cases import Split
from lifecycle_core.retraining.training_data import OF_A_KIND, DataCheck, TrainingData
from tasks import quality

HAVING: Final = 0.5
"""The share of training data that must hold words of both sides, and a known outcome."""
FEWEST_GOALS: Final = 10
"""So many goals to choose by, and to report on, make what comes after worth its cost."""
LARGEST_SHARE: Final = 0.2
"""Past this share of one customer's, what is learnt may be that customer's way of speaking."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One expectation: what it asks in words, by its name and arguments, how its result is told, and whether it is needed."""

    words: str
    expectation: str
    arguments: Mapping[str, Any]
    told: Callable[[Mapping[str, Any]], str]
    needed: bool = True


def check_training_data(data: TrainingData, policy: RetrainingPolicy) -> tuple[DataCheck, ...]:
    """What was asked of `data`, in order, with what was found; `refuses` tells which of it stands in the way."""
    frame = data.frame()
    asked = [*_asked(policy), *([_SHARE] if frame.of_customer.notna().any() else [])]
    frame["failure"], frame["success"] = frame.booked.eq(False), frame.booked.eq(True)  # noqa: FBT003 - a comparison
    for it in (Split.SELECT, Split.HELD_OUT):
        frame[it.value] = frame.replayable & frame.split.eq(it.value)
    kinds = quality.expectations()
    found = quality.validate(frame, [getattr(kinds, it.expectation)(**it.arguments) for it in asked])
    return tuple(
        DataCheck(asked=it.words, found=it.told(result.result), holds=result.success, needed=it.needed)
        for it, result in zip(asked, found, strict=True)
    )


def _asked(policy: RetrainingPolicy) -> list[_Asked]:
    fewest, most = policy.min_training_examples, policy.max_training_examples
    half = f"at least {HAVING:.0%}"
    asked = [
        _Asked(
            f"{fewest:,} to {most:,} conversations",
            "ExpectTableRowCountToBeBetween",
            {"min_value": fewest, "max_value": most},
            lambda it: f"{it['observed_value']:,}",
        ),
        _Asked("no conversation twice", "ExpectColumnValuesToBeUnique", {"column": "id"}, _strays),
        _Asked("no two with the same words and the same outcome", "ExpectCompoundColumnsToBeUnique", _ONCE, _strays),
        _Asked(f"{half} with words of the customer", "ExpectColumnValuesToBeBetween", _some("customer_messages"), _share),
        _Asked(f"{half} with words of the agent", "ExpectColumnValuesToBeBetween", _some("agent_messages"), _share),
        _Asked(f"{half} of known outcome", "ExpectColumnValuesToNotBeNull", {"column": "booked", "mostly": HAVING}, _share),
        _Asked("nothing left that masking would find", "ExpectColumnSumToBeBetween", {"column": "personal", "max_value": 0}, _sum),
    ]
    kinds = {"failure": policy.include_failures, "success": policy.include_successes}
    if all(kinds.values()):  # what sets failures apart needs both
        asked += [_Asked(f"at least one {it}", "ExpectColumnSumToBeBetween", _at_least(it, 1), _sum) for it in kinds]
    asked += [
        _Asked(f"at least {OF_A_KIND} {plural}", "ExpectColumnSumToBeBetween", _at_least(it, OF_A_KIND), _sum, needed=False)
        for it, plural in (("failure", "failures"), ("success", "successes"))
        if kinds[it]
    ]
    asked += [
        _Asked(f"at least {FEWEST_GOALS} goals {why}", "ExpectColumnSumToBeBetween", _at_least(it.value, FEWEST_GOALS), _sum, needed=False)
        for it, why in ((Split.SELECT, "to choose a candidate by"), (Split.HELD_OUT, "held out, to report on"))
    ]
    return asked


_ONCE: Final = {"column_list": ["said", "booked"], "ignore_row_if": "any_value_is_missing"}


def _some(column: str) -> dict[str, Any]:
    return {"column": column, "min_value": 1, "mostly": HAVING}


def _at_least(column: str, count: int) -> dict[str, Any]:
    return {"column": column, "min_value": count}


def _strays(it: Mapping[str, Any]) -> str:
    return f"{it['unexpected_count']:,} such"


def _share(it: Mapping[str, Any]) -> str:
    return f"{it['element_count'] - it['unexpected_count']:,} of {it['element_count']:,}"


def _sum(it: Mapping[str, Any]) -> str:
    return f"{it['observed_value']:,.0f}"


def _largest(it: Mapping[str, Any]) -> str:
    return f"{it['observed_value']:.0%}"


_SHARE: Final = _Asked(
    f"at most {LARGEST_SHARE:.0%} from one customer",
    "ExpectColumnMaxToBeBetween",
    {"column": "of_customer", "max_value": LARGEST_SHARE},
    _largest,
    needed=False,
)
"""Asked where a customer is known."""
