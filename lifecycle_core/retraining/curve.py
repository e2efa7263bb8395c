"""A shadow test's evidence as it grew, sample by sample: what each look saw, for a picture or a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.evidence import gather
from lifecycle_core.retraining.shadow import Key, Pairs, Sample, complete_prefix, looks_of
from lifecycle_core.statistics.sequential import e_value

MOST_POINTS: Final = 500
"""Points of a curve: the samples of an ordinary test; of a longer one every so manyth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The evidence after `n` samples, and the shares that succeeded so far. look : the gates were asked there."""

    n: int
    e_better: float
    e_worse: float
    e_worse_escalation: float
    futility: float
    incumbent_rate: float
    candidate_rate: float
    look: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How the evidence grew. level, futility_level : what it must reach; removed : scenarios that the infrastructure took."""

    points: tuple[Point, ...]
    level: float
    futility_level: float
    removed: int = 0


def curve(samples: Iterable[Sample], policy: Policy, *, pending: Iterable[Key] = (), looks: Iterable[int] = ()) -> Curve:
    """The evidence after each sample of the complete prefix.

    samples : in any order; pending : as of an analysis. looks : at which the gates were asked beside the listed ones.
    Raises InvalidInputError as an analysis does.
    """
    shadow = policy.shadow
    ordered = complete_prefix(samples, pending)
    counted = [it for it in ordered if it.counts]
    removed = len(ordered) - len(counted)
    if not counted:
        return Curve(points=(), level=shadow.evidence_level, futility_level=shadow.futility_level, removed=removed)
    pairs = Pairs.of(counted)
    evidence, n = gather(pairs, shadow), np.arange(1, pairs.n + 1)
    rates = [np.cumsum(it) / n for it in (pairs.rate, pairs.candidate_rate)]
    asked = {*looks, *looks_of(shadow, pairs.n)}
    points = tuple(
        Point(
            n=place + 1,
            e_better=e_value(float(evidence.better[place])),
            e_worse=e_value(float(evidence.worse[place])),
            e_worse_escalation=e_value(float(evidence.worse_escalation[place])),
            futility=e_value(float(evidence.futility[place])),
            incumbent_rate=float(rates[0][place]),
            candidate_rate=float(rates[1][place]),
            look=place + 1 in asked,
        )
        for place in _chosen(pairs.n, asked)
    )
    return Curve(points=points, level=shadow.evidence_level, futility_level=shadow.futility_level, removed=removed)


def _chosen(n: int, looks: set[int]) -> list[int]:
    """The places of the points: evenly spread, the last one, and every look.

    >>> _chosen(3, set()), len(_chosen(10_000, {101}))
    ([0, 1, 2], 501)
    """
    step = -(-n // MOST_POINTS)
    return sorted({*range(n - 1, -1, -step), *(it - 1 for it in looks if it <= n)})
