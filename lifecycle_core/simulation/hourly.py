"""Worlds drawn as hourly sums at once: no conversation is ever made, so that ten thousand a day cost hardly more than twenty.

What an hour holds is drawn as `worlds.draw` and `tables.tabulate` would have it:

1. Arrivals are Poisson; booked, escalated, crashed and what goes missing are binomial.
2. Costs and response times are multinomial over bins of 10% and 6%, by what the log-normals of the hour have in each.
3. Conversations are of a few hundred kinds of calls, whose shares tilt until the hour's mix is the wanted one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.rollup_tables import Entries, RollupTable
from lifecycle_core.rollups import ACTION_SLOTS, COST, LATENCY, PRODUCTS, scalar
from lifecycle_core.rollups import ACTIONS as CALLS
from lifecycle_core.simulation.kinds import kinds_of
from lifecycle_core.simulation.worlds import ACTIONS, COST_SPREAD, HEALTHY, LATENCY_SPREAD, RUNAWAY, STALL, Behaviour, Moments, World
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, LogBins, pair_index

_DAY: Final = 24
_REACH: Final = 4.5
"""How many standard deviations of a log-normal have bins of their own; what lies beyond falls in the outermost."""
_COST_GROUP: Final = 2
_LATENCY_GROUP: Final = 3
"""How many of a rollup's bins are drawn as one."""
_PLACE_OF_PAIR: Final = {pair: place for place, pair in enumerate(zip(*(it.tolist() for it in pair_index(ACTION_SLOTS)), strict=True))}

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stage:
    """What serves from an hour on: since : int, hours since 1970; how it behaves; and as which version.

    >>> Stage(480_000).behaviour == HEALTHY
    True
    """

    since: int
    behaviour: Behaviour = HEALTHY
    version: int = 1


def hourly(
    world: World,
    generator: np.random.Generator,
    *,
    start: int,
    hours: int,
    per_day: float,
    stages: Sequence[Stage] = (),
    variant: str = "simulated",
) -> tuple[RollupTable, ...]:
    """The rollups of `hours` hours from hour `start` since 1970: a table for each version, in the order in which they served.

    per_day : conversations a day on average; stages : by hour, the first of which also tells of the hours before it; none, and a
    healthy version 1 serves throughout. What days are like belongs to the traffic: it is the same for stages that behave alike.
    The same generator state gives the same sums.

    >>> from lifecycle_core.simulation.worlds import MILD
    >>> (table,) = hourly(MILD, np.random.default_rng(1), start=0, hours=3360, per_day=10_000)
    >>> round(float(table.column("conversations").sum()) / 140, -3)
    10000.0
    """
    stages = tuple(stages) or (Stage(start),)
    clock = np.arange(start, start + hours)
    stage = np.maximum(0, np.searchsorted([it.since for it in stages], clock, side="right") - 1)
    drawn = _Drawing(Moments(world, generator, clock), generator, stages, stage).sums(per_day)
    version = np.array([it.version for it in stages])[stage]
    served = dict.fromkeys(version.tolist())
    return tuple(_table(variant, it, clock, version == it, drawn) for it in served)


class _Drawing:
    """One world's hours in the making."""

    def __init__(self, moments: Moments, generator: np.random.Generator, stages: Sequence[Stage], stage: Counts) -> None:
        self.moments, self.generator, self.stage = moments, generator, stage
        self.behaviours = [it.behaviour for it in stages]

    def each(self, told: Callable[[Behaviour], float]) -> Array:
        """A figure of each hour's behaviour."""
        return floats([told(it) for it in self.behaviours])[self.stage]

    def rate(self, told: Callable[[Behaviour], float], *seasons: float) -> Array:
        """A probability of each hour; behaviours that share it share its days."""
        usual = self.each(told)
        return floats(sum(np.where(usual == it, self.moments.rate(it, *seasons), 0.0) for it in dict.fromkeys(usual.tolist())))

    def sums(self, per_day: float) -> tuple[Entries, Entries]:
        """The sums of what did not crash, and of what did, by hour."""
        world, binomial = self.moments.world, self.generator.binomial
        arrived = self.generator.poisson(per_day / _DAY * self.moments.traffic() * self.each(lambda it: it.traffic))
        booking = self.rate(lambda it: it.booking, world.night_booking, world.weekend_booking)
        escalation = self.rate(lambda it: it.escalation, world.night_escalation, world.weekend_escalation)
        crashed = binomial(arrived, self.each(lambda it: it.crashes))
        n = arrived - crashed
        sums = _Sums.of(n)
        sums.add("booked", binomial(n, booking))
        sums.add("escalated", binomial(n, escalation))
        priced = n - binomial(n, self.rate(lambda it: it.unpriced))
        free = binomial(priced, self.rate(lambda it: it.free))
        timed = n - binomial(n, self.rate(lambda it: it.untimed))
        sums.add("cost_n", priced)
        sums.add("cost_zero_n", free)
        sums.add("latency_n", timed)
        centre = np.log(self.each(lambda it: it.cost_usd) * self.moments.cost())
        costs = _Figures(COST_BINS, _COST_GROUP, COST_SPREAD, RUNAWAY)
        usd = costs.draw(self.generator, priced - free, centre, self.each(lambda it: it.runaways))
        sums.add_figures("cost", usd, COST.start)
        sums.add("cost_usd", usd.counts @ np.exp(usd.logs))
        centre = np.log(self.each(lambda it: it.latency_s) * self.moments.latency())
        latencies = _Figures(LATENCY_BINS, _LATENCY_GROUP, LATENCY_SPREAD, STALL)
        sums.add_figures("latency", latencies.draw(self.generator, timed, centre, self.each(lambda it: it.stalls)), LATENCY.start)
        sums.add_calls(*self.calls(n))
        return sums.entries(), _Sums.of(crashed).entries()

    def calls(self, n: Counts) -> tuple[Array, Array]:
        """The hours' calls, (hours, actions), and the sums of their products, (hours, pairs)."""
        factors = self.moments.mix(len(ACTIONS))
        rows, columns = pair_index(len(ACTIONS))
        calls, products = np.zeros((len(n), len(ACTIONS))), np.zeros((len(n), len(rows)))
        for mix in dict.fromkeys(it.mix for it in self.behaviours):
            kinds = kinds_of(mix)
            days, day = np.unique(mix * factors, axis=0, return_inverse=True)
            of_day = kinds.tilted(days / days.sum(axis=1, keepdims=True))
            hours = np.flatnonzero(np.array([it.mix == mix for it in self.behaviours])[self.stage])
            counts = self.generator.multinomial(n[hours], of_day[day[hours]]).astype(float)
            calls[hours] = counts @ kinds.calls
            products[hours] = counts @ (kinds.calls[:, rows] * kinds.calls[:, columns])
        return calls, products


@dataclass(frozen=True, slots=True)
class _Binned:
    """Counts by bin, (hours, bins) float; where each bin stands in a rollup's histogram; its middle's logarithm."""

    counts: Array
    places: Counts
    logs: Array


@dataclass(frozen=True, slots=True)
class _Figures:
    """A log-normal figure, some share of which is multiplied, in a rollup's bins, `group` of which are drawn as one."""

    bins: LogBins
    group: int
    spread: float
    times: float

    def draw(self, generator: np.random.Generator, n: Counts, centre: Array, multiplied: Array) -> _Binned:
        """The bins of (hours,) n figures, whose logarithms lie around (hours,) `centre`, or a share of them further up."""
        from scipy.special import ndtr

        low, width = np.log(self.bins.low), np.log(self.bins.ratio)
        highest = centre.max() + self.spread * _REACH + (np.log(self.times) if multiplied.any() else 0.0)
        first = max(0, int((centre.min() - self.spread * _REACH - low) / width)) // self.group * self.group
        places = np.arange(first, min(self.bins.count, int((highest - low) / width) + self.group), self.group)
        inner = low + places[1:] * width
        alike, of_hour = np.unique(np.stack([centre, multiplied], axis=1), axis=0, return_inverse=True)
        below = (inner - alike[:, :1]) / self.spread
        below = (1 - alike[:, 1:]) * ndtr(below) + alike[:, 1:] * ndtr(below - np.log(self.times) / self.spread)
        shares = np.diff(below, axis=1, prepend=0.0, append=1.0)
        likely = np.argsort(-shares.mean(axis=0), kind="stable")
        counts = np.empty((len(n), len(places)))
        counts[:, likely] = generator.multinomial(n, shares[:, likely][of_hour])
        return _Binned(counts, places + (self.group - 1) // 2, low + (places + self.group / 2) * width)


class _Sums:
    """Columns of rollups, each with its place in the vector."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.columns: list[Array] = []

    @classmethod
    def of(cls, conversations: Counts) -> Self:
        """Those of conversations of which it is known whether they booked or were handed over."""
        sums = cls()
        for name in ("conversations", "booked_n", "escalated_n"):
            sums.add(name, conversations)
        return sums

    def add(self, name: str, column: Array | Counts) -> None:
        self.add_block(np.array([scalar(name)]), floats(column)[:, None])

    def add_block(self, places: Counts, columns: Array) -> None:
        self.places += places.tolist()
        self.columns.append(columns)

    def add_figures(self, known: str, it: _Binned, start: int) -> None:
        self.add(f"log_{known}", it.counts @ it.logs)
        self.add(f"log_{known}_squared", it.counts @ it.logs**2)
        self.add_block(start + it.places, it.counts)

    def add_calls(self, calls: Array, products: Array) -> None:
        rows, columns = pair_index(len(ACTIONS))
        pairs = [_PLACE_OF_PAIR[pair] for pair in zip(rows.tolist(), columns.tolist(), strict=True)]
        self.add_block(CALLS.start + np.arange(len(ACTIONS)), calls)
        self.add_block(PRODUCTS.start + np.array(pairs), products)

    def entries(self) -> Entries:
        """The sums that are not zero, by hour and place."""
        order = np.argsort(self.places)
        whole = np.concatenate(self.columns, axis=1)[:, order]
        row, column = np.nonzero(whole)
        return Entries(row, np.array(self.places)[order][column], whole[row, column])


def _table(variant: str, version: int, clock: Counts, own: NDArray[np.bool_], parts: Sequence[Entries]) -> RollupTable:
    """One version's own hours; those in which conversations crashed have a row of their own for these."""
    row = np.concatenate([2 * part.row + fault for fault, part in enumerate(parts)])
    place, value = (np.concatenate([getattr(part, name) for part in parts]) for name in ("place", "value"))
    order = np.argsort(row, kind="stable")
    held = np.zeros(2 * len(clock), dtype=bool)
    held[row] = True
    held &= np.repeat(own, 2)
    rows = np.flatnonzero(held)
    entries = Entries(row[order], place[order], value[order]).within(held)
    return RollupTable(variant, version, ACTIONS, clock[rows // 2], rows % 2 == 1, entries)
