"""The gates of a promotion: the plan's numbers as point estimates, each with its interval, and what a person must look at.

A gate is asked at the listed looks only: one that is asked at every sample passes in the end.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lifecycle_core.drift.report import Severity
from lifecycle_core.drift.severity import severity_of
from lifecycle_core.policy import DifferenceMode, EvidenceMode, Policy
from lifecycle_core.retraining.broken import difference_at
from lifecycle_core.retraining.shadow import Pairs
from lifecycle_core.statistics.arrays import Array, divide, floats
from lifecycle_core.statistics.intervals import critical, mean_interval, paired_ratio_interval

ROUNDING: Final = 1e-9
"""What rounding may put between a figure and its limit."""
MOST_UNKNOWN: Final = 0.10
"""The share of pairs without a cost from which on the cost is not judged."""
REGRESSIONS: Final = ("success", "escalation", "cost", "response time")
"""What may get worse by a high severity."""
FEWEST_LIVE: Final = 20
"""Scenarios of known live outcome, below which the simulator is not compared with production."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure at (..., looks), and what its gate says of it: 1 passes, 0 refuses, nan cannot judge."""

    name: str
    limit: float
    value: Array
    low: Array
    high: Array
    passed: Array


@dataclass(frozen=True, slots=True)
class Judgement:
    """All gates at (..., looks), with what makes a person look, and what makes the test invalid.

    cost, gap : figures that doubts are drawn from; gap is the incumbent's simulated rate less its live rate.
    regressed : (4, ..., looks), which of `REGRESSIONS` got worse by a high severity.
    refuses : any gate refuses; unsure : none does, and one cannot judge, or a figure asks for a person; waits : a rise of escalation is
    within chance, which more samples may settle; invalid : as the gap says.
    """

    gates: tuple[Judged, ...]
    cost: Judged
    gap: Judged
    regressed: NDArray[np.bool_]
    refuses: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    waits: NDArray[np.bool_]
    invalid: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Offline:
    """What the offline evaluation says.

    score : from 0 to 1; None = there was none. judged_worse : a judge preferred the incumbent's conversations beyond chance.
    """

    score: float | None = None
    judged_worse: bool = False


def judge(pairs: Pairs, policy: Policy, looks: NDArray[np.int64], offline: Offline) -> Judgement:
    """What the gates say after each of (looks,) numbers of samples, each at least 1."""
    prefix = Prefix(looks, critical(policy.confidence_level))
    success, cost, escalation = _success(pairs, policy, prefix), _cost(pairs, policy, prefix), _escalation(pairs, policy, prefix)
    changes = success.value, _change(pairs.a_escalated / pairs.m, pairs.b_escalated / pairs.m_candidate, prefix).value, cost.value
    regressed = _regressed(pairs, policy, prefix, changes)
    gates = (
        success,
        escalation,
        cost,
        _difference(pairs, policy, prefix),
        _regressions(regressed),
        _offline(policy, offline.score, success.value.shape),
    )
    gap = _gap(pairs, prefix)
    passed = np.stack([it.passed for it in gates])
    person = (
        np.isnan(passed).any(axis=0)
        | (cost.high > policy.shadow.review_cost_increase + ROUNDING)
        | (np.abs(gap.value) > policy.shadow.review_simulator_gap + ROUNDING)
        | policy.retraining.manual_review
        | offline.judged_worse
    )
    refuses: NDArray[np.bool_] = (passed == 0).any(axis=0)
    beyond = (gap.low > policy.shadow.max_simulator_gap) | (gap.high < -policy.shadow.max_simulator_gap)
    return Judgement(gates, cost, gap, regressed, refuses, ~refuses & person, np.isnan(escalation.passed), beyond)


@dataclass(frozen=True, slots=True)
class Prefix:
    """Sums over the first n samples, for each of (looks,) n; z : how wide intervals are."""

    looks: NDArray[np.int64]
    z: float

    def sum(self, values: ArrayLike) -> Array:
        """(..., samples) -> (..., looks)."""
        sums: Array = np.cumsum(floats(values), axis=-1)[..., self.looks - 1]
        return sums


def _change(a: Array, b: Array, prefix: Prefix) -> Judged:
    """The relative change of the mean, over pairs that know both; its gate is still to be asked."""
    known = np.isfinite(a) & np.isfinite(b)
    a, b = np.where(known, a, 0.0), np.where(known, b, 0.0)
    n, sum_a, sum_b = prefix.sum(known), prefix.sum(a), prefix.sum(b)
    low, high = paired_ratio_interval(n, sum_a, sum_b, prefix.sum(a * a), prefix.sum(b * b), prefix.sum(a * b), prefix.z)
    nothing = (sum_a == 0) & (sum_b == 0) & (n > 0)
    value = np.where(nothing, 0.0, divide(sum_b, sum_a) - 1)
    return Judged("", np.nan, value, np.where(nothing, 0.0, low - 1), np.where(nothing, 0.0, high - 1), np.full(value.shape, np.nan))


def _asked(name: str, limit: float, figure: Judged, passed: ArrayLike) -> Judged:
    return Judged(name, limit, figure.value, figure.low, figure.high, floats(passed))


def _success(pairs: Pairs, policy: Policy, prefix: Prefix) -> Judged:
    """From nothing, any success is a gain past every limit."""
    change, limit = _change(pairs.rate, pairs.candidate_rate, prefix), policy.shadow.min_success_gain
    return _asked("success", limit, change, np.where(np.isnan(change.value), 1.0, change.value >= limit - ROUNDING))


def _cost(pairs: Pairs, policy: Policy, prefix: Prefix) -> Judged:
    change, limit = _change(pairs.a_cost, pairs.b_cost, prefix), policy.shadow.max_cost_increase
    known = prefix.sum(np.isfinite(pairs.a_cost) & np.isfinite(pairs.b_cost)) / prefix.looks
    judged = np.isfinite(change.value) & (known > 1 - MOST_UNKNOWN)
    return _asked("cost", limit, change, np.where(judged, change.value <= limit + ROUNDING, np.nan))


def _escalation(pairs: Pairs, policy: Policy, prefix: Prefix) -> Judged:
    """In points: a relative change of what hardly ever happens says little.

    A rise that the interval does not tell from none is a person's to weigh: of two equal rates one estimate is up in every other test.
    """
    more = pairs.b_escalated / pairs.m_candidate - pairs.a_escalated / pairs.m
    value = prefix.sum(more) / prefix.looks
    low, high = mean_interval(prefix.looks, prefix.sum(more), prefix.sum(more**2), prefix.z)
    shown = (low > 0) | (policy.shadow.evidence is EvidenceMode.GATES)
    return Judged("escalation", 0.0, value, low, high, np.where(value <= ROUNDING, 1.0, np.where(shown, 0.0, np.nan)))


def _difference(pairs: Pairs, policy: Policy, prefix: Prefix) -> Judged:
    limit = policy.shadow.max_difference_rate
    if policy.shadow.difference_mode is DifferenceMode.BROKEN:
        found = difference_at(pairs, prefix.looks, prefix.z)
        passed = np.where(np.isnan(found.value), np.nan, found.value <= limit + ROUNDING)
        return Judged("difference", limit, found.value, found.low, found.high, passed)
    any_other = pairs.rate * (1 - pairs.candidate_rate) + pairs.candidate_rate * (1 - pairs.rate)
    total = prefix.sum(any_other)
    low, high = mean_interval(prefix.looks, total, prefix.sum(any_other**2), prefix.z)
    value = total / prefix.looks
    return Judged("difference", limit, value, low, high, floats(value <= limit + ROUNDING))


def _regressed(pairs: Pairs, policy: Policy, prefix: Prefix, changes: tuple[Array, Array, Array]) -> NDArray[np.bool_]:
    """Which of `REGRESSIONS` got worse by as much as the watch calls a high severity."""
    success, escalation, cost = changes
    harms = (
        (-success, policy.booking_rate_threshold),
        (escalation, policy.escalation_rate_threshold),
        (cost, policy.cost_increase_threshold),
        (_latency_change(pairs, prefix), policy.response_time_threshold),
    )
    return np.stack([_high(*it) for it in harms])


def _regressions(regressed: NDArray[np.bool_]) -> Judged:
    count = floats(regressed.sum(axis=0))
    unknown = np.full(count.shape, np.nan)
    return Judged("regressions", 0.0, count, unknown, unknown, floats(count == 0))


def _latency_change(pairs: Pairs, prefix: Prefix) -> Array:
    """The relative change of the median over scenarios; nan where a look has no pair that knows both."""
    known = np.isfinite(pairs.a_latency) & np.isfinite(pairs.b_latency)
    change = np.full((*pairs.m.shape[:-1], len(prefix.looks)), np.nan)
    if not known.any():
        return change
    for place, n in enumerate(prefix.looks):
        before, after = (_median(it[..., :n], known[..., :n]) for it in (pairs.a_latency, pairs.b_latency))
        change[..., place] = divide(after, before) - 1
    return change


def _median(values: Array, known: NDArray[np.bool_]) -> Array:
    """The median of what is known; nan where nothing is: (..., n) -> (...,)."""
    ordered = np.sort(np.where(known, values, np.inf), axis=-1)
    n = known.sum(axis=-1, keepdims=True)
    middle = np.concatenate([np.maximum(n - 1, 0) // 2, np.minimum(n // 2, ordered.shape[-1] - 1)], axis=-1)
    return np.where(n[..., 0] > 0, np.take_along_axis(ordered, middle, axis=-1).mean(axis=-1), np.nan)


def _high(harm: Array, threshold: float) -> NDArray[np.bool_]:
    high = [it > threshold and severity_of(it, threshold) is Severity.HIGH for it in harm.ravel().tolist()]
    return np.array(high, dtype=bool).reshape(harm.shape)


def _offline(policy: Policy, score: float | None, shape: tuple[int, ...]) -> Judged:
    limit, unknown = policy.retraining.min_evaluation_score, np.full(shape, np.nan)
    if score is None:
        return Judged("offline", limit, unknown, unknown, unknown, unknown)
    return Judged("offline", limit, np.full(shape, score), unknown, unknown, np.full(shape, float(score >= limit - ROUNDING)))


def _gap(pairs: Pairs, prefix: Prefix) -> Judged:
    """The incumbent's simulated rate less its live rate, on the scenarios whose live outcome is known."""
    known = np.isfinite(pairs.live)
    apart = np.where(known, pairs.rate - np.where(known, pairs.live, 0.0), 0.0)
    n, total = prefix.sum(known), prefix.sum(apart)
    enough = n >= FEWEST_LIVE
    low, high = mean_interval(n, total, prefix.sum(apart**2), prefix.z)
    value, low, high = (np.where(enough, it, np.nan) for it in (divide(total, n), low, high))
    return Judged("simulator", np.nan, value, low, high, np.full(n.shape, np.nan))
