"""The sums of windows, as a scan asks for them."""

from dataclasses import dataclass
from typing import Protocol

from lifecycle_core.drift.histograms import Counted, Histogram, Places
from lifecycle_core.rollups import scalar
from lifecycle_core.statistics.arrays import Array


class Side(Protocol):
    """The sums of one side of many comparisons: axes (...,), as the windows are asked for."""

    @property
    def calls(self) -> Array:
        """The calls by action slot in use: (..., k)."""

    @property
    def products(self) -> Array:
        """The sums over conversations of `a_i · a_j`, `a` a conversation's calls: (..., k, k)."""

    @property
    def latency(self) -> Histogram:
        """Conversations by response time, seconds."""

    @property
    def cost(self) -> Histogram:
        """Conversations by cost, US dollars."""

    def of(self, name: str) -> Array:
        """The plain sum `name`: (...,)."""

    def take(self, picks: tuple[Places, ...]) -> "Side":
        """The sums of the windows at `picks` alone: (c,)."""


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of windows; the leading axes are whichever windows were asked for.

    scalars : (..., s) float, in the order of `SCALARS`.
    calls : (..., k) float; products : (..., k, k) float, of the k action slots in use.
    latency, cost : histograms over the bins in use.
    """

    scalars: Array
    calls: Array
    products: Array
    latency: Counted
    cost: Counted

    def of(self, name: str) -> Array:
        """The plain sum `name`: (...,) float."""
        return self.scalars[..., scalar(name)]

    def take(self, picks: tuple[Places, ...]) -> "Sums":
        """The sums of the windows at `picks` alone."""
        return self.at(picks)

    def at(self, place: int | slice | Places | tuple[Places, ...]) -> "Sums":
        """The sums of the windows at `place` of the leading axes."""
        return Sums(
            self.scalars[place],
            self.calls[place],
            self.products[place],
            Counted(self.latency.counts[place], self.latency.edges),
            Counted(self.cost.counts[place], self.cost.edges),
        )
