"""The sums that an attribution is made of: conversations come in pieces, each value and each label is added and forgotten."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.attribution import Question
from lifecycle_core.drift.error_kinds import Kind, Kinds
from lifecycle_core.drift.labelling import LabelKey, Labels
from lifecycle_core.drift.pieces import Coded, Piece
from lifecycle_core.drift.report import Comparison, Metric
from lifecycle_core.rollups import ACTION_SLOTS, NAMED_ACTIONS, epoch_hour
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.samples import LATENCY_BINS

T = TypeVar("T")

MOST_UNNAMED: Final = 1000
"""Actions outside the named ones that are counted by name."""
COARSE: Final = 4
"""Bins of latency that are counted as one: 8% apart, so that ranks within segments stay cheap."""
RANKS: Final = -(-LATENCY_BINS.count // COARSE)
DAY: Final = 24

N, TOTAL, SQUARES, LOG_N, LOG_TOTAL, LOG_SQUARES = range(6)
"""The columns of a segment's sums; the logarithms are of what is positive."""
SUMS: Final = 6


@dataclass(slots=True)
class Values:
    """The sums by the values of one label: (2, values, SUMS) float, recent first, and (2, values, RANKS) where ranks are asked for."""

    sums: Array
    ranks: Array

    @classmethod
    def none(cls, *, ranked: bool) -> "Values":
        """Sums of nothing."""
        return cls(np.zeros((2, 1, SUMS)), np.zeros((2, 1, RANKS if ranked else 0)))

    def grow(self, values: int) -> None:
        """Make room for so many values."""
        if values > self.sums.shape[1]:
            more = max(values, 2 * self.sums.shape[1]) - self.sums.shape[1]
            self.sums = np.pad(self.sums, ((0, 0), (0, more), (0, 0)))
            self.ranks = np.pad(self.ranks, ((0, 0), (0, more), (0, 0)))

    def add(self, side: NDArray[np.int64], code: NDArray[np.int64], rows: Array, ranks: NDArray[np.int64]) -> None:
        """Add conversations: (r,) side and value of each, (r, SUMS) what it adds, (r,) its place among the ranks, or none."""
        room = self.sums.shape[1]
        flat = side * room + code
        for place in range(SUMS):
            self.sums[..., place] += np.bincount(flat, rows[:, place], minlength=2 * room).reshape(2, room)
        if self.ranks.shape[2]:
            wide = flat * RANKS + ranks
            self.ranks += np.bincount(wide, minlength=2 * room * RANKS).reshape(self.ranks.shape)


@dataclass(slots=True)
class Calls:
    """What conversations called, by action slot.

    total, squares, by_size : (2, slots) float, sums of `a`, `a²` and `a·m`, m a conversation's calls; size_squares : (2,) float, of `m²`.
    conversations : (2,) float. unnamed : calls of actions without a slot, recent and reference.
    """

    total: Array = field(default_factory=lambda: np.zeros((2, ACTION_SLOTS)))
    squares: Array = field(default_factory=lambda: np.zeros((2, ACTION_SLOTS)))
    by_size: Array = field(default_factory=lambda: np.zeros((2, ACTION_SLOTS)))
    size_squares: Array = field(default_factory=lambda: np.zeros(2))
    conversations: Array = field(default_factory=lambda: np.zeros(2))
    unnamed: dict[str, list[float]] = field(default_factory=dict)

    def add(self, times: Array, calls: Array, unnamed: Sequence[Mapping[str, int]]) -> None:
        """Add (2, d) times that conversations made (d, slots) calls, and of these what has no slot."""
        size = calls.sum(axis=1)
        self.total += times @ calls
        self.squares += times @ calls**2
        self.by_size += times @ (calls * size[:, None])
        self.size_squares += times @ size**2
        self.conversations += times.sum(axis=1)
        for place, names in enumerate(unnamed):
            for name, count in names.items():
                if name in self.unnamed or len(self.unnamed) < MOST_UNNAMED:
                    held = self.unnamed.setdefault(name, [0.0, 0.0])
                    held[0] += count * times[0, place]
                    held[1] += count * times[1, place]


@dataclass(slots=True)
class Tally:
    """The sums of one question; `days` are those on which each side has a conversation, `all_n` its conversations."""

    question: Question
    labels: dict[LabelKey, Values] = field(default_factory=dict)
    whole: Values = field(init=False)
    calls: Calls = field(default_factory=Calls)
    kinds: dict[Kind, list[float]] = field(default_factory=dict)
    days: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))
    all_n: Array = field(default_factory=lambda: np.zeros(2))

    def __post_init__(self) -> None:
        self.whole = self._nothing()

    def _nothing(self) -> Values:
        return Values.none(ranked=self.question.comparison is Comparison.RESPONSE_TIME)

    def side(self, piece: Piece) -> NDArray[np.int64]:
        """Where each conversation belongs: (r,) int, 0 recent, 1 reference, -1 neither."""
        it = self.question
        (start, end), (first, last) = ((epoch_hour(span.start), epoch_hour(span.end)) for span in (it.recent, it.reference))
        recent = (piece.hours >= start) & (piece.hours < end) & (piece.versions == it.recent_version)
        reference = (piece.hours >= first) & (piece.hours < last) & (piece.versions == it.reference_version)
        if it.like_hours:
            reference &= (end - 1 - piece.hours) % DAY < end - start
        for span in it.left_out:
            within = (piece.hours >= epoch_hour(span.start)) & (piece.hours < epoch_hour(span.end))
            recent, reference = recent & ~within, reference & ~within
        return np.where(recent, 0, np.where(reference, 1, -1))

    def add(self, piece: Piece, coded: Mapping[LabelKey, NDArray[np.int64]], read: "_Read") -> None:
        """Add the conversations of `piece`, whose labels are coded as `coded` says, -1 where they have none."""
        side = self.side(piece)
        inside = side >= 0
        self.all_n += np.bincount(side[inside], minlength=2)
        for place, days in enumerate(self.days):
            days.update(np.unique(piece.hours[side == place] // DAY).tolist())
        self.calls.add(_times(side, piece.actions), read.calls, read.unnamed)
        self._add_kinds(_times(side, piece.faults), read.kinds)
        figure = self._figure(piece)
        if figure is None:
            return
        known = np.flatnonzero(inside & ~np.isnan(figure))
        rows, ranks = self._rows(figure[known], piece, known)
        self.whole.add(side[known], np.zeros(len(known), dtype=np.int64), rows, ranks)
        for key, codes in coded.items():
            held = self.labels.get(key) or self.labels.setdefault(key, self._nothing())
            held.grow(int(codes.max(initial=-1)) + 1)
            there = codes[known] >= 0
            held.add(side[known][there], codes[known][there], rows[there], ranks[there])

    def _figure(self, piece: Piece) -> Array | None:
        it = self.question
        if it.comparison is Comparison.ACTION_DISTRIBUTION:
            return None
        figure = piece.figures[it.comparison.metric]
        if it.edge is None:
            return np.log(np.maximum(figure, LATENCY_BINS.low)) if it.comparison is Comparison.RESPONSE_TIME else figure
        return np.where(np.isnan(figure), np.nan, figure >= it.edge)

    def _rows(self, figure: Array, piece: Piece, known: NDArray[np.int64]) -> tuple[Array, NDArray[np.int64]]:
        rows = np.zeros((len(figure), SUMS))
        rows[:, N], rows[:, TOTAL], rows[:, SQUARES] = 1, figure, figure**2
        if self.question.comparison is Comparison.COST:
            positive = figure > 0
            logs = np.log(np.where(positive, figure, 1.0))
            rows[:, LOG_N], rows[:, LOG_TOTAL], rows[:, LOG_SQUARES] = positive, logs, logs**2
        if not self.whole.ranks.shape[2]:
            return rows, np.zeros(len(figure), dtype=np.int64)
        return rows, LATENCY_BINS.index(piece.figures[Metric.RESPONSE_TIME][known]) // COARSE

    def _add_kinds(self, times: Array, kinds: Sequence[frozenset[Kind]]) -> None:
        for place, met in enumerate(kinds):
            for kind in met:
                held = self.kinds.setdefault(kind, [0.0, 0.0])
                held[0] += times[0, place]
                held[1] += times[1, place]


@dataclass(frozen=True, slots=True)
class _Read:
    """What the different values of a piece say: (d, slots) calls, calls without a slot, kinds of failures."""

    calls: Array
    unnamed: Sequence[Mapping[str, int]]
    kinds: Sequence[frozenset[Kind]]


class Slices:
    """The sums of several questions over the same conversations, in memory that does not grow with them.

    questions : what is to be explained. actions : the variant's action slots, by slot.
    """

    def __init__(self, questions: Sequence[Question], actions: Sequence[str]) -> None:
        self.tallies = tuple(Tally(it) for it in questions)
        self.slots = {name: slot for slot, name in enumerate(actions[:NAMED_ACTIONS]) if name}
        self.labels = Labels()
        self.kinds = Kinds()

    def add(self, piece: Piece) -> None:
        """Add some conversations."""
        coded = self.labels.code(piece)
        read = _Read(*self._calls(piece.actions.values), [self.kinds.of(faults, broken=broken) for broken, faults in piece.faults.values])
        for tally in self.tallies:
            tally.add(piece, coded, read)
        for key in self.labels.skipped:
            for tally in self.tallies:
                tally.labels.pop(key, None)

    def _calls(self, distinct: Sequence[Sequence[str]]) -> tuple[Array, list[Mapping[str, int]]]:
        slots = [[self.slots.get(name, NAMED_ACTIONS) for name in names] for names in distinct]
        place = np.repeat(np.arange(len(distinct)), [len(names) for names in distinct])
        flat = place * ACTION_SLOTS + np.fromiter(chain.from_iterable(slots), dtype=np.int64, count=len(place))
        calls = np.bincount(flat, minlength=len(distinct) * ACTION_SLOTS).reshape(-1, ACTION_SLOTS).astype(float)
        unnamed: list[Mapping[str, int]] = [{} for _ in distinct]
        for at in np.flatnonzero(calls[:, NAMED_ACTIONS]).tolist():
            unnamed[at] = Counter(name for name in distinct[at] if name not in self.slots)
        return calls, unnamed


def _times(side: NDArray[np.int64], column: Coded[T]) -> Array:
    """How often each value of a column stands on each side: (2, d) float."""
    inside = side >= 0
    flat = side[inside] * len(column.values) + column.codes[inside]
    return np.bincount(flat, minlength=2 * len(column.values)).reshape(2, -1).astype(float)


def sliced(questions: Sequence[Question], actions: Sequence[str], pieces: Iterable[Piece]) -> Slices:
    """The sums of `questions` over all `pieces`."""
    slices = Slices(questions, actions)
    for piece in pieces:
        slices.add(piece)
    return slices
