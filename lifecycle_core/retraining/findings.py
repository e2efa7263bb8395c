"""Which signs go with failure: each is asked of failures and of successes alike, and where it does not count it says why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Conversation
from lifecycle_core.retraining.codes import Author, Code
from lifecycle_core.retraining.signs import Sign
from lifecycle_core.statistics.association import benjamini_hochberg, clustered_p, clustering_effect, lift, lift_interval

LEAST_LIFT: Final = 1.2
"""Below, a difference may be sure and yet explain nothing: long conversations show a little more of everything."""
LEVEL: Final = 0.05
LEAST_SUPPORT: Final = 5
LEAST_SHARE: Final = 0.02
_UNBOUNDED: Final = 1e9
"""An end of an interval that nothing bounds, as a number that JSON knows."""

Shown = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How often failures and successes show one thing, and the evidence that it goes with failure.

    count of failures and in_successes of successes show it; share, success_share : of all failures, of all successes.
    lift : their ratio, with its 95% interval; p : two-sided, of a lift of 1; q : Benjamini and Hochberg's among all signs. Conversations of
        one customer are allowed for in all of them.
    counts : it passes every bar; why_not : the first bar that it does not pass, in words.
    """

    name: str
    code: Code
    author: Author
    count: int
    in_successes: int
    share: float
    success_share: float
    lift: float
    lift_low: float
    lift_high: float
    p: float
    q: float
    counts: bool
    why_not: str = ""

    @property
    def explained(self) -> float:
        """So many failures at least are more than successes would show: `count · (1 - 1/lift_low)`."""
        return self.count * (1 - 1 / max(self.lift_low, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Which conversations show which signs, which of them failed, and which hang together.

    shown : (conversations, signs) bool; failed : (conversations,) bool; clusters : (conversations,) whole numbers.
    """

    shown: Shown
    failed: Shown
    clusters: NDArray[np.int64]

    @property
    def counts(self) -> tuple[NDArray[np.int64], int, NDArray[np.int64], int]:
        """How many failures show each, of how many, and how many successes, of how many."""
        return self.shown[self.failed].sum(axis=0), int(self.failed.sum()), self.shown[~self.failed].sum(axis=0), int((~self.failed).sum())


def clusters_of(known: Sequence[Conversation]) -> NDArray[np.int64]:
    """Whose conversations hang together: a customer's, or those of one goal; else each stands for itself."""
    names = [f"customer {it.customer_id}" if it.customer_id else f"goal {it.goal}" if it.goal else f"conversation {it.id}" for it in known]
    places = {name: place for place, name in enumerate(dict.fromkeys(names))}
    return np.array([places[name] for name in names], dtype=np.int64)


def findings_of(signs: Sequence[Sign], observed: Observed) -> tuple[Finding, ...]:
    """The evidence on each sign, in their order."""
    x1, n1, x0, n0 = observed.counts
    effect = clustering_effect(observed.shown, observed.failed, observed.clusters)
    p = clustered_p(x1, n1, x0, n0, effect)
    q = benjamini_hochberg(p)
    ratio, (low, high) = lift(x1, n1, x0, n0), lift_interval(x1, n1, x0, n0, effect=effect)
    found = []
    for place, sign in enumerate(signs):
        it = Finding(
            name=sign.name,
            code=sign.code,
            author=sign.author,
            count=int(x1[place]),
            in_successes=int(x0[place]),
            share=int(x1[place]) / n1 if n1 else 0.0,
            success_share=int(x0[place]) / n0 if n0 else 0.0,
            lift=float(ratio[place]),
            lift_low=float(low[place]),
            lift_high=min(float(high[place]), _UNBOUNDED),
            p=float(p[place]),
            q=float(q[place]),
            counts=False,
        )
        why_not = _why_not(it, n1)
        found.append(replace(it, counts=not why_not, why_not=why_not))
    return tuple(found)


def _why_not(it: Finding, failures: int) -> str:
    least = max(LEAST_SUPPORT, LEAST_SHARE * failures)
    if it.count < least:
        return f"{it.count} {'failure shows' if it.count == 1 else 'failures show'} it; {least:.0f} are needed"
    if it.lift < LEAST_LIFT:
        return f"failures show it {it.lift:.2f} times as often as successes; {LEAST_LIFT} are needed"
    if it.lift_low <= 1:
        return f"its lift may be none: {it.lift_low:.2f} to {it.lift_high:.2f}"
    if it.q > LEVEL:
        return f"q is {it.q:.3f}; at most {LEVEL} counts"
    return ""
