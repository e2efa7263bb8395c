"""The gates of one test told: each with its numbers and a sentence, and what a person is asked to look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.gates import REGRESSIONS, ROUNDING, Judged, Judgement, Offline
from lifecycle_core.statistics.arrays import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What one gate says of a test.

    name : "success", "escalation", "cost", "difference", "regressions" or "offline".
    value, low, high : the figure with its 95% interval, as a fraction; None = unknown. limit : what it may be.
    passed : None where the gate cannot judge. sentence : the same for people; of a refusal its reason.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    limit: float
    passed: bool | None
    sentence: str


def gates_of(judgement: Judgement) -> tuple[Gate, ...]:
    """The gates of one test at one look."""
    return tuple(_gate(it, judgement) for it in judgement.gates)


def doubts_of(judgement: Judgement, policy: Policy, offline: Offline) -> Iterator[str]:
    """Why a person is asked, of one test at one look; nothing where no person need be."""
    yield from (it.sentence for it in gates_of(judgement) if it.passed is None)
    limit, high = policy.shadow.review_cost_increase, number(judgement.cost.high)
    if high is not None and high > limit + ROUNDING:
        yield f"The cost may have risen by up to {high:.2%} (95% limit; a person decides past {limit:.2%})"
    gap, limit = number(judgement.gap.value), policy.shadow.review_simulator_gap
    if gap is not None and abs(gap) > limit + ROUNDING:
        yield f"The simulator's success rate lies {100 * gap:+.1f} points from production's (a person decides past {100 * limit:.0f})"
    if offline.judged_worse:
        yield "A judge prefers the incumbent's conversations in the offline evaluation, beyond chance"
    if policy.retraining.manual_review:
        yield "Manual review is on"


def number(array: Array) -> float | None:
    """The one element of an array; None where it is unknown."""
    value = float(array.item())
    return value if np.isfinite(value) else None


def _gate(judged: Judged, judgement: Judgement) -> Gate:
    value, answer = number(judged.value), number(judged.passed)
    passed = None if answer is None else bool(answer)
    if passed is None:
        sentence = _NOT_JUDGED[judged.name].format(points=100 * (value or 0.0))
    elif judged.name == "regressions":
        worse = [name for name, bad in zip(REGRESSIONS, judgement.regressed, strict=True) if bad.item()]
        sentence = f"High-severity regression: {', '.join(worse)}" if worse else "No high-severity regression"
    else:
        sentence = _SENTENCES[judged.name](value, judged.limit, passed)
    return Gate(
        name=judged.name,
        value=value,
        low=number(judged.low),
        high=number(judged.high),
        limit=judged.limit,
        passed=passed,
        sentence=sentence,
    )


def _success(value: float | None, limit: float, passed: bool) -> str:  # noqa: FBT001 - as every sentence of a gate
    if value is None:
        return "Success from nothing: the incumbent never succeeded"
    return (
        f"Success changed by {value:+.2%} (at least {limit:.2%})"
        if passed
        else f"Minimal performance improvement ({value:.2%} < {limit:.2%})"
    )


def _cost(value: float | None, limit: float, passed: bool) -> str:  # noqa: FBT001
    return f"Cost changed by {value:+.2%} (at most {limit:.2%})" if passed else f"High cost increase ({value:.2%} > {limit:.2%})"


def _escalation(value: float | None, limit: float, passed: bool) -> str:  # noqa: FBT001
    points = 100 * ((value or 0.0) - limit)
    return f"Escalation changed by {points:+.2f} points" if passed else f"Higher escalation rate ({points:+.2f} points)"


def _difference(value: float | None, limit: float, passed: bool) -> str:  # noqa: FBT001
    return f"Difference rate {value:.2%} (at most {limit:.2%})" if passed else f"High difference rate ({value:.2%} > {limit:.2%})"


def _offline(value: float | None, limit: float, passed: bool) -> str:  # noqa: FBT001
    return f"Offline score {value:.2f} (at least {limit:.2f})" if passed else f"Low offline score ({value:.2f} < {limit:.2f})"


_SENTENCES: Final[Mapping[str, Callable[[float | None, float, bool], str]]] = MappingProxyType(
    {"success": _success, "cost": _cost, "escalation": _escalation, "difference": _difference, "offline": _offline}
)
_NOT_JUDGED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cost": "The cost's change is not judged: too many samples do not tell what they cost, or the incumbent cost nothing",
        "escalation": "Escalation is up by {points:.2f} points, which chance alone may bring: at the end a person decides",
        "difference": "The difference rate is not judged: nothing tells reliably what the incumbent would break of itself",
        "offline": "The offline score is not judged: there was no offline evaluation",
    }
)
