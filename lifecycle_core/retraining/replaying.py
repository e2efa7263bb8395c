"""When the triggers would have begun a retraining, over hours that were replayed.

1. Each hour is judged as `retraining.triggers` judges a recorded check: one high drift or two medium ones of the metrics that count,
   so many hours in a row, or no retraining for too long; the cooldown and an open session refuse.
2. A session that begins stays open for the same number of hours as the others, and the cooldown runs from its beginning.
3. The traffic stays what it was: that a retraining might have mended it, nobody can know from the past.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.report import Metric, Severity
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.retraining.triggers import MEDIUMS

DAY: Final = 24


@dataclass(frozen=True, slots=True)
class Begun:
    """A retraining that would have begun.

    at : int, the hour since 1970 whose check begins it.
    triggers : the metrics that drift then and count; empty where it is due without any.
    due : whether the policy's `retrain_every_days` has begun it.
    """

    at: int
    triggers: tuple[Metric, ...]
    due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What the replayed hours begin with, in hours since 1970.

    last_began : of the last session before them; None before the first.
    open_hours : int, how long a session stays open.
    """

    last_began: int | None = None
    open_hours: int


def retrainings(
    severities: Mapping[Metric, NDArray[np.int8]], served_since: NDArray[np.int64], first: int, rules: RetrainingPolicy, before: Before
) -> tuple[Begun, ...]:
    """The retrainings that would have begun in consecutive hours from `first` on, oldest first.

    severities : (t,) int for each metric, the rank of a drift's severity; -1 where the metric does not drift.
    served_since : (t,) int, since which hour the version of that hour had been active.

    >>> high = np.array([-1, 2, 2, 2], dtype=np.int8)
    >>> rules = RetrainingPolicy(require_consecutive=2)
    >>> [it.at for it in retrainings({Metric.COST: high}, np.zeros(4, dtype=np.int64), 100, rules, Before(open_hours=24))]
    [102]
    """
    counted = {metric: found for metric, found in severities.items() if metric in rules.retrain_on}
    hours = np.arange(first, first + len(served_since))
    asks = _asks(np.array(list(counted.values())).reshape(len(counted), len(hours)), rules.require_consecutive)
    begun: list[Begun] = []
    began, at = before.last_began, 0
    if began is not None:
        at = _free(began, rules, before) - first
    while (found := _next(asks, _due(hours, served_since, began, rules), at)) is not None:
        place, due = found
        drifting = tuple(metric for metric, ranks in counted.items() if ranks[place] >= 0)
        begun.append(Begun(int(hours[place]), drifting, due))
        began = int(hours[place])
        at = _free(began, rules, before) - first
    return tuple(begun)


def _asks(ranks: NDArray[np.int8], in_a_row: int) -> NDArray[np.bool_]:
    """In which hours a drift asks for a retraining, and has been there for long enough."""
    enough = (ranks >= Severity.HIGH.rank).any(axis=0) | ((ranks == Severity.MEDIUM.rank).sum(axis=0) >= MEDIUMS)
    there: NDArray[np.bool_] = ranks.max(axis=0, initial=-1) >= 0
    places = np.arange(ranks.shape[1])
    row = places - np.maximum.accumulate(np.where(there, -1, places))
    asked: NDArray[np.bool_] = enough & (row >= in_a_row)
    return asked


def _due(hours: NDArray[np.int64], served_since: NDArray[np.int64], began: int | None, rules: RetrainingPolicy) -> NDArray[np.bool_] | None:
    if rules.retrain_every_days is None:
        return None
    due: NDArray[np.bool_] = hours - (served_since if began is None else began) >= rules.retrain_every_days * DAY
    return due


def _next(asks: NDArray[np.bool_], due: NDArray[np.bool_] | None, at: int) -> tuple[int, bool] | None:
    """The first place from `at` on where a retraining begins, and whether it does because it is due."""
    wanted = asks if due is None else asks | due
    at = max(0, at)
    later = wanted[at:]
    if not later.any():
        return None
    place = at + int(np.argmax(later))
    return place, due is not None and bool(due[place])


def _free(began: int, rules: RetrainingPolicy, before: Before) -> int:
    """The first hour after a session's beginning at which another may begin."""
    return began + max(1, rules.cooldown_days * DAY, before.open_hours)
