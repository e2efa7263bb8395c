"""A source that changed its form: a field that vanished or appeared, a figure in another unit; a batch against the weeks before.

1. A share has changed where its likelihood ratio is past `LEVEL` and it moved by half or more: traffic drifts by less, forms do not.
2. A unit has changed where the mean of the logarithms moved by a factor of `FACTOR` or more, past `LEVEL` of its standard errors.
3. It is told, and nothing is refused: the drift may be real.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import exp, log, sqrt
from types import MappingProxyType
from typing import Final

from lifecycle_core.conversations import Conversation
from lifecycle_core.rollups import latency_s, tokens_of
from lifecycle_core.statistics.proportions import signed_root

FEWEST: Final = 20
"""Conversations of a variant in a batch, below which nothing is said of it."""
FEWEST_BEFORE: Final = 50
MOVED: Final = 0.5
FACTOR: Final = 20.0
NEAR: Final = 3.0
"""So far from a known factor it is still that: the figure itself may have drifted meanwhile."""
LEVEL: Final = 6.0
"""Standard deviations: by chance one batch in hundreds of millions."""
_SHARES: Final[Mapping[str, tuple[str, Callable[[Conversation], object]]]] = MappingProxyType(
    {
        "booked": ("booked_n", lambda it: it.booked),
        "escalated": ("escalated_n", lambda it: it.escalated),
        "cost_usd": ("cost_n", lambda it: it.cost_usd),
        "response_times_s": ("latency_n", latency_s),
        "tokens": ("tokens_n", tokens_of),
    }
)
"""Field -> the sum that counts who tells it, and what tells whether a conversation does."""
_FIGURES: Final[Mapping[str, tuple[str, str, Callable[[Conversation], float | None]]]] = MappingProxyType(
    {
        "cost_usd": ("cost_n", "log_cost", lambda it: it.cost_usd),
        "response_times_s": ("latency_n", "log_latency", latency_s),
    }
)
"""Field -> how many told it, the sum of its logarithms, and the figure of a conversation."""
_UNITS: Final = {
    "cost_usd": ((100, "is it in cents?"), (0.01, "was it in cents?")),
    "response_times_s": ((1000, "is it in milliseconds?"), (0.001, "was it in milliseconds?")),
}
Sums = Mapping[str, float]


def by_variant(batch: Iterable[Conversation]) -> dict[str, list[Conversation]]:
    """The conversations of each variant that has enough of them to be compared."""
    found: dict[str, list[Conversation]] = defaultdict(list)
    for it in batch:
        found[it.variant].append(it)
    return {variant: those for variant, those in found.items() if len(those) >= FEWEST}


def changes(variant: str, batch: list[Conversation], before: Sums | None) -> Iterator[str]:
    """What changed in a variant's form, a sentence each. before : its plain sums over the weeks before the batch; None without any."""
    if before is None or before["conversations"] < FEWEST_BEFORE:
        return
    for field, (counted, told) in _SHARES.items():
        yield from _share(
            variant, field, (sum(told(it) is not None for it in batch), len(batch)), (before[counted], before["conversations"])
        )
    for field, (counted, logs, figure) in _FIGURES.items():
        values = [log(value) for it in batch if (value := figure(it)) is not None and value > 0]
        n = before[counted] - (before["cost_zero_n"] if field == "cost_usd" else 0)
        if min(len(values), n) >= FEWEST:
            yield from _unit(variant, field, values, (n, before[logs], before[f"{logs}_squared"]))


def _share(variant: str, field: str, now: tuple[float, float], before: tuple[float, float]) -> Iterator[str]:
    share, past = now[0] / now[1], before[0] / before[1]
    if abs(share - past) >= MOVED and abs(float(signed_root(*now, *before))) >= LEVEL:
        asked = "did the field vanish upstream, or change its name?" if share < past else "is it new upstream?"
        yield f"{field} of {variant} is told by {share:.0%} of {now[1]:,.0f} conversations, and was by {past:.0%} of those before; {asked}"


def _unit(variant: str, field: str, values: list[float], before: tuple[float, float, float]) -> Iterator[str]:
    n, total, squares = before
    mean, past = sum(values) / len(values), total / n
    spread = sum((it - mean) ** 2 for it in values) / len(values) ** 2 + max(squares / n - past**2, 0.0) / n
    ratio = exp(mean - past)
    if max(ratio, 1 / ratio) >= FACTOR and abs(mean - past) >= LEVEL * sqrt(spread):
        near = next((words for factor, words in _UNITS[field] if 1 / NEAR <= ratio / factor <= NEAR), "is it in another unit?")
        figures = f"by its geometric mean, {exp(past):.3g}, and now {exp(mean):.3g}"
        yield f"{field} of {variant} is {ratio:,.4g} times what it was ({figures}); {near}"
