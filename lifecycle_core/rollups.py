"""The sums of an hour: every figure that a check needs, as one row of a table that adds.

A rollup is a vector of `WIDTH` sums over the conversations of one variant, one
version and one hour, kept apart by whether a provider's fault broke them. Hours,
days and shards combine with `+`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import log
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Conversation
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS

SCALARS: Final = (
    "conversations",
    "booked_n",
    "booked",
    "escalated_n",
    "escalated",
    "cost_n",
    "cost_usd",
    "cost_zero_n",
    "log_cost",
    "log_cost_squared",
    "latency_n",
    "log_latency",
    "log_latency_squared",
    "tokens_n",
    "tokens",
    "late",
)
"""The plain sums, in the order in which they stand at the head of the vector; `_n` counts the conversations that know the figure."""

NAMED_ACTIONS: Final = 30
"""How many actions of a variant keep their names; the others are counted together, in one slot after these."""
ACTION_SLOTS: Final = NAMED_ACTIONS + 1
OTHER_ACTIONS: Final = "other"
LATE_AFTER: Final = timedelta(hours=1)

_PIECE: Final = 2000
"""How many conversations are summed at once: enough for speed, few enough for any memory."""

ACTION_PAIRS: Final = ACTION_SLOTS * (ACTION_SLOTS + 1) // 2

LATENCY: Final = slice(len(SCALARS), len(SCALARS) + LATENCY_BINS.count)
"""Where the histogram of latencies stands: conversations by bin of `LATENCY_BINS`."""
COST: Final = slice(LATENCY.stop, LATENCY.stop + COST_BINS.count)
"""Where the histogram of costs stands: conversations by bin of `COST_BINS`."""
ACTIONS: Final = slice(COST.stop, COST.stop + ACTION_SLOTS)
"""Where the calls by action slot stand."""
PRODUCTS: Final = slice(ACTIONS.stop, ACTIONS.stop + ACTION_PAIRS)
"""Where the sums over conversations of `a_i · a_j`, `i ≤ j`, stand; `a` counts a conversation's calls by slot."""
WIDTH: Final = PRODUCTS.stop
FAMILIES: Final = {"latency_histogram": LATENCY, "cost_histogram": COST, "action_counts": ACTIONS, "action_products": PRODUCTS}
"""The long parts of the vector, mostly zero, by name."""

_PAIRS_OF: Final = [PRODUCTS.start + slot * ACTION_SLOTS - slot * (slot + 1) // 2 for slot in range(ACTION_SLOTS)]
"""Where the product of a slot with another one from itself on stands, less the number of that other; see `pair_index`."""

_AT: Final = {name: place for place, name in enumerate(SCALARS)}


Sums = defaultdict[int, float]
"""A vector in the making: place -> sum, what is zero left out."""


def scalar(name: str) -> int:
    """The place of the plain sum `name` in the vector.

    >>> scalar("conversations")
    0
    """
    return _AT[name]


@dataclass(frozen=True, slots=True, order=True)
class RollupKey:
    """What a rollup is the sum of."""

    variant: str
    version: int
    hour: datetime
    provider_fault: bool


def epoch_hour(instant: datetime) -> int:
    """Hours from 1970-01-01T00:00Z to `instant`, floored.

    >>> from datetime import UTC
    >>> epoch_hour(datetime(1970, 1, 2, 0, 30, tzinfo=UTC))
    24
    """
    return int(instant.timestamp() // 3600)


def latency_s(conversation: Conversation) -> float | None:
    """The conversation's one latency, in seconds: the median of its response times; None where it has none."""
    return float(median(conversation.response_times_s)) if conversation.response_times_s else None


def tokens_of(conversation: Conversation) -> int | None:
    """The conversation's tokens: as told in total, else input and output together; None where unknown."""
    if conversation.total_tokens is not None:
        return conversation.total_tokens
    if conversation.input_tokens is not None and conversation.output_tokens is not None:
        return conversation.input_tokens + conversation.output_tokens
    return None


def summarize(
    conversations: Iterable[Conversation], slots: Mapping[str, int], received_at: datetime
) -> dict[RollupKey, NDArray[np.float64]]:
    """The rollups of `conversations`, each of a known version: key -> (WIDTH,) float.

    slots : the slot of each named action of the variant; an action without one counts as other.
    received_at : the instant at which they arrived; over an hour after its end a conversation counts as late.
    """
    return summarize_arrivals(((it, received_at) for it in conversations), slots)


def summarize_arrivals(arrivals: Iterable[tuple[Conversation, datetime]], slots: Mapping[str, int]) -> dict[RollupKey, NDArray[np.float64]]:
    """As `summarize`, for conversations that arrived each at an instant of its own."""
    rollups: dict[RollupKey, NDArray[np.float64]] = {}
    read = iter(arrivals)
    while piece := list(islice(read, _PIECE)):
        parts: defaultdict[RollupKey, Sums] = defaultdict(lambda: defaultdict(float))
        for it, received_at in piece:
            _add(parts[_key(it)], it, received_at, slots)
        for key, part in parts.items():
            sums = rollups.setdefault(key, np.zeros(WIDTH))
            sums[list(part)] += list(part.values())
    return rollups


def _key(it: Conversation) -> RollupKey:
    if it.version is None:
        message = f"conversation {it.id!r} has no version yet"
        raise ValueError(message)
    return RollupKey(it.variant, it.version, it.hour, it.provider_fault)


def _add(sums: Sums, it: Conversation, received_at: datetime, slots: Mapping[str, int]) -> None:
    sums[_AT["conversations"]] += 1
    sums[_AT["late"]] += received_at - it.ended_at > LATE_AFTER
    for name, count, value in (
        ("booked", "booked_n", it.booked),
        ("escalated", "escalated_n", it.escalated),
        ("tokens", "tokens_n", tokens_of(it)),
    ):
        if value is not None:
            sums[_AT[name]] += value
            sums[_AT[count]] += 1
    if it.cost_usd is not None:
        sums[_AT["cost_n"]] += 1
        sums[_AT["cost_usd"]] += it.cost_usd
        if it.cost_usd > 0:
            _add_logarithm(sums, "cost", it.cost_usd)
            sums[COST.start + COST_BINS.of(it.cost_usd)] += 1
        else:
            sums[_AT["cost_zero_n"]] += 1
    latency = latency_s(it)
    if latency is not None:
        sums[_AT["latency_n"]] += 1
        _add_logarithm(sums, "latency", max(latency, LATENCY_BINS.low))
        sums[LATENCY.start + LATENCY_BINS.of(latency)] += 1
    calls = sorted(Counter(slots.get(name, NAMED_ACTIONS) for name in it.actions).items())
    for place, (slot, times) in enumerate(calls):
        sums[ACTIONS.start + slot] += times
        for other, more in calls[place:]:
            sums[_PAIRS_OF[slot] + other] += times * more


def _add_logarithm(sums: Sums, name: str, value: float) -> None:
    logarithm = log(value)
    sums[_AT[f"log_{name}"]] += logarithm
    sums[_AT[f"log_{name}_squared"]] += logarithm * logarithm
