"""Simulated rollups: a world's sums by hour, without a conversation ever written."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import ACTION_SLOTS, COST, LATENCY, PRODUCTS, WIDTH, scalar
from lifecycle_core.rollups import ACTIONS as CALLS
from lifecycle_core.simulation.worlds import ACTIONS, Drawn
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.samples import COST_BINS, LATENCY_BINS, pair_index

_WHOLE_ROWS, _WHOLE_COLUMNS = pair_index(ACTION_SLOTS)
_PLACE_OF_PAIR: Final = {pair: place for place, pair in enumerate(zip(_WHOLE_ROWS.tolist(), _WHOLE_COLUMNS.tolist(), strict=True))}


def tabulate(drawn: Drawn, *, start: int, hours: int, variant: str = "simulated", version: int = 1) -> RollupTable:
    """The rollups of drawn conversations: a row for each hour from `start`, and one for each that had crashes.

    >>> from lifecycle_core.simulation.worlds import STILL, draw
    >>> drawn = draw(STILL, np.random.default_rng(1), start=0, hours=48, per_day=100)
    >>> table = tabulate(drawn, start=0, hours=48)
    >>> bool(table.column("conversations").sum() == drawn.hour.size)
    True
    """
    kinds = [(fault, drawn.crashed == fault) for fault in (False, True)]
    parts = [(fault, _sums(drawn, chosen, start, hours)) for fault, chosen in kinds if not fault or chosen.any()]
    sums = np.concatenate([part for _, part in parts])
    clock = np.tile(np.arange(start, start + hours), len(parts))
    faults = np.repeat([fault for fault, _ in parts], hours)
    held = sums[:, scalar("conversations")] > 0
    order = np.argsort(clock[held], kind="stable")
    return RollupTable.of(variant, version, ACTIONS, clock[held][order], faults[held][order], sums[held][order])


def _sums(drawn: Drawn, chosen: NDArray[np.bool_], start: int, hours: int) -> Array:
    place = (drawn.hour - start)[chosen]
    sums = np.zeros((hours, WIDTH))

    def add(name: str, values: Array | NDArray[np.bool_] | None = None, at: NDArray[np.int64] = place) -> None:
        sums[:, scalar(name)] += np.bincount(at, weights=values, minlength=hours)

    for name in ("conversations", "booked_n", "escalated_n"):
        add(name)
    add("booked", drawn.booked[chosen])
    add("escalated", drawn.escalated[chosen])
    for figure, known, bins, part in (
        (drawn.cost_usd[chosen], "cost", COST_BINS, COST),
        (drawn.latency_s[chosen], "latency", LATENCY_BINS, LATENCY),
    ):
        told = ~np.isnan(figure)
        add(f"{known}_n", at=place[told])
        if known == "cost":
            add("cost_zero_n", at=place[figure == 0])
        there = told & (figure > 0)
        at, values = place[there], figure[there]
        logs = np.log(values)
        add(f"log_{known}", logs, at)
        add(f"log_{known}_squared", logs**2, at)
        if known == "cost":
            add("cost_usd", values, at)
        sums[:, part] = np.bincount(at * bins.count + bins.index(values), minlength=hours * bins.count).reshape(hours, bins.count)
    calls = drawn.calls[chosen]
    rows, columns = pair_index(len(ACTIONS))
    for slot in range(len(ACTIONS)):
        sums[:, CALLS.start + slot] = np.bincount(place, weights=calls[:, slot], minlength=hours)
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        products = calls[:, row] * calls[:, column]
        sums[:, PRODUCTS.start + _PLACE_OF_PAIR[row, column]] = np.bincount(place, weights=products, minlength=hours)
    return sums
