"""The sums of an hour: every figure that a check needs, as one row of a table that adds.

A rollup is a vector of `WIDTH` sums over the conversations of one variant, one
version and one hour, kept apart by whether a provider's fault broke them. Hours,
days and shards combine with `+`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
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

_PIECE: Final = 2000
"""How many conversations are summed at once: enough for speed, few enough for any memory."""

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
"""The long parts of the vector, mostly zero, by name."""

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
class Entries:
    """The sums that are not zero, of many rollups: (e,) each, by row.

    row : int, which rollup; place : int, where in its vector; value : float.
    """

    row: NDArray[np.int64]
    place: NDArray[np.int64]
    value: NDArray[np.float64]

    @classmethod
    def of(cls, sums: NDArray[np.float64]) -> "Entries":
        """The entries of (r, WIDTH) sums."""
        row, place = np.nonzero(sums)
        return cls(row, place, sums[row, place])

    def within(self, chosen: NDArray[np.bool_]) -> "Entries":
        """The entries of the (r,) chosen rows, which move up."""
        kept = chosen[self.row]
        return Entries((np.cumsum(chosen) - 1)[self.row[kept]], self.place[kept], self.value[kept])

    def at(self, place: int, rows: int) -> NDArray[np.float64]:
        """The sum at `place` of each of so many rows: (rows,) float."""
        chosen = self.place == place
        found = np.zeros(rows)
        found[self.row[chosen]] = self.value[chosen]
        return found


@dataclass(frozen=True, slots=True)
class RollupTable:
    """The rollups of one version of a variant, a row for each hour and kind, by hour.

    actions : (ACTION_SLOTS,) the name of each action slot, empty where it is not in use; the last is `OTHER_ACTIONS`.
    hours : (r,) int, hours since 1970-01-01T00:00Z.
    provider_fault : (r,) bool, rows of conversations that a provider's fault broke.
    entries : what of the rows' vectors is not zero; most of it is.
    served : the conversations of the whole variant, by hour; None where no other version served in these hours.
    """

    variant: str
    version: int
    actions: tuple[str, ...]
    hours: NDArray[np.int64]
    provider_fault: NDArray[np.bool_]
    entries: Entries
    served: "Served | None" = None

    @classmethod
    def of(
        cls,
        variant: str,
        version: int,
        actions: tuple[str, ...],
        hours: NDArray[np.int64],
        provider_fault: NDArray[np.bool_],
        sums: NDArray[np.float64],
        served: "Served | None" = None,
    ) -> "RollupTable":
        """The table of (r, WIDTH) sums."""
        return cls(variant, version, actions, hours, provider_fault, Entries.of(sums), served)

    def dense(self) -> NDArray[np.float64]:
        """The vectors of all rows: (r, WIDTH) float."""
        sums = np.zeros((len(self.hours), WIDTH))
        sums[self.entries.row, self.entries.place] = self.entries.value
        return sums

    def column(self, name: str) -> NDArray[np.float64]:
        """The plain sum `name` of each row: (r,) float."""
        return self.entries.at(scalar(name), len(self.hours))


@dataclass(frozen=True, slots=True)
class Served:
    """How many conversations of a variant ended in each hour, whichever version held them.

    hours : (s,) int, hours since 1970-01-01T00:00Z, an hour perhaps more than once; conversations : (s,) float.
    """

    hours: NDArray[np.int64]
    conversations: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VariantRollups:
    """The rollups of all versions of a variant, by hour.

    actions : as of `RollupTable`. versions, hours : (r,) int; provider_fault : (r,) bool; entries : of the r rows.
    """

    variant: str
    actions: tuple[str, ...]
    versions: NDArray[np.int64]
    hours: NDArray[np.int64]
    provider_fault: NDArray[np.bool_]
    entries: Entries

    def of(self, version: int) -> RollupTable:
        """The rollups of one version, with what the others served."""
        ours = self.versions == version
        if ours.all():
            return RollupTable(self.variant, version, self.actions, self.hours, self.provider_fault, self.entries)
        return RollupTable(
            self.variant,
            version,
            self.actions,
            self.hours[ours],
            self.provider_fault[ours],
            self.entries.within(ours),
            Served(self.hours, self.entries.at(scalar("conversations"), len(self.hours))),
        )


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
        for key, sums in _summarize_piece(piece, slots).items():
            rollups[key] = rollups[key] + sums if key in rollups else sums
    return rollups


def _summarize_piece(piece: Sequence[tuple[Conversation, datetime]], slots: Mapping[str, int]) -> dict[RollupKey, NDArray[np.float64]]:
    conversations = [it for it, _ in piece]
    sums = _Sums([_key(it) for it in conversations])
    sums.add("conversations", sums.rows)
    sums.add("late", sums.rows, np.array([received_at - it.ended_at > LATE_AFTER for it, received_at in piece], dtype=float))
    sums.add_known("booked", "booked_n", [it.booked for it in conversations])
    sums.add_known("escalated", "escalated_n", [it.escalated for it in conversations])
    sums.add_known("tokens", "tokens_n", [tokens_of(it) for it in conversations])

    rows, costs = sums.add_known("cost_usd", "cost_n", [it.cost_usd for it in conversations])
    sums.add("cost_zero_n", rows[costs == 0])
    rows, costs = rows[costs > 0], costs[costs > 0]
    sums.add_logarithms("cost", rows, costs)
    np.add.at(sums.table, (rows, COST.start + COST_BINS.index(costs)), 1)

    rows, latencies = sums.known([latency_s(it) for it in conversations])
    sums.add("latency_n", rows)
    sums.add_logarithms("latency", rows, np.maximum(latencies, LATENCY_BINS.low))
    np.add.at(sums.table, (rows, LATENCY.start + LATENCY_BINS.index(latencies)), 1)

    sums.add_actions([it.actions for it in conversations], slots)
    return dict(zip(sums.keys, sums.table, strict=True))


def _key(it: Conversation) -> RollupKey:
    if it.version is None:
        message = f"conversation {it.id!r} has no version yet"
        raise ValueError(message)
    return RollupKey(it.variant, it.version, it.hour, it.provider_fault)


class _Sums:
    """A table of sums in the making: a row for each key; `rows` says which row each conversation adds to."""

    def __init__(self, of_each: Sequence[RollupKey]) -> None:
        self.keys = list(dict.fromkeys(of_each))
        place = {key: row for row, key in enumerate(self.keys)}
        self.rows = np.array([place[key] for key in of_each], dtype=np.intp)
        self.table = np.zeros((len(self.keys), WIDTH))

    def add(self, name: str, rows: NDArray[np.intp], values: NDArray[np.float64] | None = None) -> None:
        self.table[:, _AT[name]] += np.bincount(rows, values, minlength=len(self.keys))

    def known(self, values: Sequence[float | None]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The values that are known, and the row of each."""
        figures = np.array([np.nan if value is None else value for value in values])
        there = ~np.isnan(figures)
        return self.rows[there], figures[there]

    def add_known(self, name: str, count: str, values: Sequence[float | None]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        rows, figures = self.known(values)
        self.add(name, rows, figures)
        self.add(count, rows)
        return rows, figures

    def add_logarithms(self, name: str, rows: NDArray[np.intp], values: NDArray[np.float64]) -> None:
        logarithms = np.log(values)
        self.add(f"log_{name}", rows, logarithms)
        self.add(f"log_{name}_squared", rows, logarithms**2)

    def add_actions(self, actions: Sequence[Sequence[str]], slots: Mapping[str, int]) -> None:
        calls = np.zeros((len(actions), ACTION_SLOTS))
        called = [(place, slots.get(name, NAMED_ACTIONS)) for place, names in enumerate(actions) for name in names]
        if called:
            np.add.at(calls, tuple(np.array(called).T), 1)
        by_row = np.argsort(self.rows, kind="stable")
        ends = np.cumsum(np.bincount(self.rows, minlength=len(self.keys)))
        for row, theirs in enumerate(np.split(calls[by_row], ends[:-1])):
            self.table[row, ACTIONS] = theirs.sum(axis=0)
            self.table[row, PRODUCTS] = (theirs.T @ theirs)[_PAIR_ROWS, _PAIR_COLUMNS]


_ENTRY: Final = np.dtype([("place", "<u2"), ("sum", "<f8")])


def pack(sums: NDArray[np.float64]) -> list[bytes]:
    """What is not zero in each row of (r, WIDTH) sums, ten bytes an entry, for a store to keep.

    >>> sums = np.zeros((2, WIDTH))
    >>> sums[1, 7] = 3.0
    >>> [len(it) for it in pack(sums)]
    [0, 10]
    """
    found = Entries.of(sums)
    entries = np.empty(len(found.row), dtype=_ENTRY)
    entries["place"], entries["sum"] = found.place, found.value
    written = entries.tobytes()
    ends = (np.searchsorted(found.row, np.arange(len(sums)), side="right") * _ENTRY.itemsize).tolist()
    return [written[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def unpack(packed: Sequence[bytes]) -> Entries:
    """What `pack` wrote, row by row.

    Raises ValueError for bytes that it cannot have written.

    >>> sums = np.zeros((2, WIDTH))
    >>> sums[1, 7] = 3.0
    >>> unpack(pack(sums))
    Entries(row=array([1]), place=array([7]), value=array([3.]))
    """
    lengths = np.fromiter(map(len, packed), np.int64, len(packed))
    counts, torn = np.divmod(lengths, _ENTRY.itemsize)
    if torn.any():
        message = f"a rollup has {lengths[torn > 0][0]} bytes; an entry has {_ENTRY.itemsize}"
        raise ValueError(message)
    entries = np.frombuffer(b"".join(packed), dtype=_ENTRY)
    place, value = entries["place"].astype(np.int64), entries["sum"].astype(np.float64)
    if place.max(initial=0) >= WIDTH or not np.isfinite(value).all():
        message = f"a rollup has a sum at place {place.max(initial=0)} of {WIDTH}, or one that is no number"
        raise ValueError(message)
    return Entries(np.repeat(np.arange(len(packed)), counts), place, value)
