"""The sums of an hour: every figure that a check needs, as one row of a table that adds.

A rollup is a vector of `WIDTH` sums over the conversations of one variant, one
version and one hour, kept apart by whether a provider's fault broke them. Hours,
days and shards combine with `+`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice
from statistics import median
from typing import Any, Final

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
        places: dict[tuple[str, int | None, int, bool], int] = {}
        rows, firsts = list[int](), list[Conversation]()
        for it, _ in piece:
            place = places.setdefault((it.variant, it.version, epoch_hour(it.ended_at), it.provider_fault), len(places))
            rows.append(place)
            if place == len(firsts):
                firsts.append(it)
        for it, sums in zip(firsts, _sums(piece, np.array(rows), len(firsts), slots), strict=True):
            key = _key(it)
            if key in rollups:
                rollups[key] += sums
            else:
                rollups[key] = sums
    return rollups


def _key(it: Conversation) -> RollupKey:
    if it.version is None:
        message = f"conversation {it.id!r} has no version yet"
        raise ValueError(message)
    return RollupKey(it.variant, it.version, it.hour, it.provider_fault)


def _sums(
    piece: Sequence[tuple[Conversation, datetime]], rows: NDArray[np.int64], count: int, slots: Mapping[str, int]
) -> NDArray[np.float64]:
    """The sums of a piece: (count, WIDTH) float; rows : the one that each conversation belongs to."""
    sums = np.zeros((count, WIDTH))

    def add(name: str, values: NDArray[np.float64] | None = None, known: Any = slice(None)) -> None:  # noqa: ANN401 - an index
        sums[:, _AT[name]] = np.bincount(rows[known], None if values is None else values[known], count)

    add("conversations")
    add("late", np.array([received_at - it.ended_at > LATE_AFTER for it, received_at in piece], dtype=float))
    figures = {
        "booked": [it.booked for it, _ in piece],
        "escalated": [it.escalated for it, _ in piece],
        "tokens": [tokens_of(it) for it, _ in piece],
        "cost": [it.cost_usd for it, _ in piece],
        "latency": [latency_s(it) for it, _ in piece],
    }
    told = {name: np.array(values, dtype=float) for name, values in figures.items()}
    known = {name: ~np.isnan(values) for name, values in told.items()}
    for name in figures:
        add(f"{name}_n", known=known[name])
    for name in ("booked", "escalated", "tokens"):
        add(name, told[name], known[name])
    add("cost_usd", told["cost"], known["cost"])
    paid = told["cost"] > 0
    add("cost_zero_n", known=known["cost"] & ~paid)
    latencies = np.maximum(told["latency"], LATENCY_BINS.low)
    for name, values, counted, bins, place in (
        ("cost", told["cost"], paid, COST_BINS, COST),
        ("latency", latencies, known["latency"], LATENCY_BINS, LATENCY),
    ):
        logarithms = np.log(values, where=counted, out=np.zeros(len(piece)))
        add(f"log_{name}", logarithms, counted)
        add(f"log_{name}_squared", logarithms * logarithms, counted)
        np.add.at(sums, (rows[counted], place.start + bins.index(values[counted])), 1)
    for (row, actions), times in Counter(zip(rows.tolist(), (it.actions for it, _ in piece), strict=True)).items():
        places, values = _calls(tuple(slots.get(name, NAMED_ACTIONS) for name in actions))
        sums[row, places] += times * values
    return sums


@lru_cache(4096)
def _calls(actions: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where the calls of one conversation stand in the vector, and what they add there; actions : their slots, in any order."""
    calls = sorted(Counter(actions).items())
    added = {ACTIONS.start + slot: float(times) for slot, times in calls}
    for place, (slot, times) in enumerate(calls):
        added |= {_PAIRS_OF[slot] + other: float(times * more) for other, more in calls[place:]}
    return np.array(list(added), dtype=np.int64), np.array(list(added.values()))
