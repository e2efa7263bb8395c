"""The sums of an hour: every figure that a check needs, as one row of a table that adds.

A rollup is a vector of `WIDTH` sums over the conversations of one variant, one
version and one hour, kept apart by whether a provider's fault broke them. Hours,
days and shards combine with `+`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Conversation
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, pair_index

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

_PAIR_ROWS, _PAIR_COLUMNS = pair_index(ACTION_SLOTS)
ACTION_PAIRS: Final = len(_PAIR_ROWS)

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
"""The long parts of the vector, mostly zero, by the name under which a store may keep each."""

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


@dataclass(frozen=True, slots=True)
class RollupTable:
    """The rollups of one version of a variant, a row for each hour and kind, by hour.

    actions : (ACTION_SLOTS,) the name of each action slot, empty where it is not in use; the last is `OTHER_ACTIONS`.
    hours : (r,) int, hours since 1970-01-01T00:00Z.
    provider_fault : (r,) bool, rows of conversations that a provider's fault broke.
    sums : (r, WIDTH) float.
    """

    variant: str
    version: int
    actions: tuple[str, ...]
    hours: NDArray[np.int64]
    provider_fault: NDArray[np.bool_]
    sums: NDArray[np.float64]


def epoch_hour(instant: datetime) -> int:
    """Hours from 1970-01-01T00:00Z to `instant`, floored.

    >>> from datetime import UTC
    >>> epoch_hour(datetime(1970, 1, 2, 0, 30, tzinfo=UTC))
    24
    """
    return int(instant.timestamp() // 3600)


def latency_s(conversation: Conversation) -> float | None:
    """The conversation's one latency, in seconds: the median of its response times; None where it has none."""
    return float(np.median(conversation.response_times_s)) if conversation.response_times_s else None


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
    for conversation, received_at in arrivals:
        if conversation.version is None:
            message = f"conversation {conversation.id!r} has no version yet"
            raise ValueError(message)
        key = RollupKey(conversation.variant, conversation.version, conversation.hour, conversation.provider_fault)
        sums = rollups.setdefault(key, np.zeros(WIDTH))
        _add(sums, conversation, slots)
        sums[_AT["late"]] += received_at - conversation.ended_at > LATE_AFTER
    return rollups


def _add(sums: NDArray[np.float64], it: Conversation, slots: Mapping[str, int]) -> None:
    sums[_AT["conversations"]] += 1
    for name, known in (("booked", it.booked), ("escalated", it.escalated)):
        if known is not None:
            sums[_AT[f"{name}_n"]] += 1
            sums[_AT[name]] += known
    if it.cost_usd is not None:
        sums[_AT["cost_n"]] += 1
        sums[_AT["cost_usd"]] += it.cost_usd
        if it.cost_usd == 0:
            sums[_AT["cost_zero_n"]] += 1
        else:
            logarithm = np.log(it.cost_usd)
            sums[_AT["log_cost"]] += logarithm
            sums[_AT["log_cost_squared"]] += logarithm**2
            sums[COST.start + COST_BINS.index(it.cost_usd)] += 1
    latency = latency_s(it)
    if latency is not None:
        logarithm = np.log(max(latency, LATENCY_BINS.low))
        sums[_AT["latency_n"]] += 1
        sums[_AT["log_latency"]] += logarithm
        sums[_AT["log_latency_squared"]] += logarithm**2
        sums[LATENCY.start + LATENCY_BINS.index(latency)] += 1
    tokens = tokens_of(it)
    if tokens is not None:
        sums[_AT["tokens_n"]] += 1
        sums[_AT["tokens"]] += tokens
    if it.actions:
        calls = np.bincount([slots.get(action, NAMED_ACTIONS) for action in it.actions], minlength=ACTION_SLOTS)
        sums[ACTIONS] += calls
        sums[PRODUCTS] += calls[_PAIR_ROWS] * calls[_PAIR_COLUMNS]


_ENTRY: Final = np.dtype([("place", "<u2"), ("sum", "<f8")])


def pack(part: NDArray[np.float64]) -> bytes:
    """Write the entries of a mostly empty vector that are not zero, ten bytes each.

    >>> len(pack(np.array([0.0, 3.0, 0.0])))
    10
    """
    places = np.flatnonzero(part)
    entries = np.empty(len(places), dtype=_ENTRY)
    entries["place"], entries["sum"] = places, part[places]
    return entries.tobytes()


def unpack(packed: Iterable[bytes], width: int) -> NDArray[np.float64]:
    """Read what `pack` wrote, a row for each: -> (r, width) float.

    >>> unpack([pack(np.array([0.0, 3.0])), b""], 2).tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """
    rows = list(packed)
    dense = np.zeros((len(rows), width))
    entries = np.frombuffer(b"".join(rows), dtype=_ENTRY)
    lengths = [len(row) // _ENTRY.itemsize for row in rows]
    dense[np.repeat(np.arange(len(rows)), lengths), entries["place"]] = entries["sum"]
    return dense
