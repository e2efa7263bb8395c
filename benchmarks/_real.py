"""Real conversations of the shared data: read as their command reads them, put on a clock, and summed by hour in memory."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks._real_files import COMMANDS, SHARED, mapping_of
from lifecycle_core.conversations import Conversation
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import NAMED_ACTIONS, OTHER_ACTIONS, epoch_hour, summarize
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.traffic.reading import Reading

NOW: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
"""The instant as of which conversations that are put on a clock are checked; it is the end of the timeline, too."""
DAYS_BEFORE: Final = 13
"""The days before the last over which the earlier side is spread."""
RECENT: Final = timedelta(days=1)
SEED: Final = 7


def missing(*names: str) -> str | None:
    """Why a benchmark cannot use the files `names` of the shared data; None where they are all there."""
    absent = [name for name in names if not (SHARED / name).exists()]
    return f"{', '.join(absent)} is not beside this project (looked in {SHARED})" if absent else None


@cache
def conversations(name: str) -> tuple[Conversation, ...]:
    """The conversations of a file, each of version 1, in the file's order."""
    path = SHARED / name
    with path.open("rb") as stream:
        batches = Reading(stream, path.name, mapping_of(path, COMMANDS[name])).batches()
        return tuple(it.served_by(1) for batch in batches for it in batch.conversations)


def lines(name: str) -> Iterator[dict[str, Any]]:
    """The records of a file as they stand, with what no conversation takes."""
    with gzip.open(SHARED / name, "rt", encoding="utf-8") as records:
        yield from map(json.loads, records)


def runs(name: str) -> dict[str, list[Conversation]]:
    """The conversations of a file by run, the runs in order."""
    found: dict[str, list[Conversation]] = {}
    for it in conversations(name):
        found.setdefault(it.variant, []).append(it)
    return dict(sorted(found.items()))


def spread(count: int, end: datetime, over: timedelta) -> list[datetime]:
    """So many instants evenly over the time before `end`, the latest first.

    >>> [f"{it:%d %Hh}" for it in spread(2, datetime(2025, 10, 7, 12, tzinfo=UTC), timedelta(days=1))]
    ['07 06h', '06 18h']
    """
    return [end - over * ((place + 0.5) / count) for place in range(count)]


def instants(before: int, after: int) -> list[datetime]:
    """When each of two sides ended: the earlier evenly over 13 days, then the later evenly over the last 24 hours."""
    return [*spread(before, NOW - RECENT, timedelta(days=DAYS_BEFORE)), *spread(after, NOW, RECENT)]


def tabulate(traffic: Sequence[Conversation]) -> RollupTable:
    """The hourly sums of conversations of one variant and version, the commonest actions named."""
    slots, names = _slots(traffic)
    rollups = sorted(summarize(traffic, slots, max(it.ended_at for it in traffic)).items())
    return RollupTable.of(
        rollups[0][0].variant,
        1,
        names,
        np.array([epoch_hour(key.hour) for key, _ in rollups]),
        np.array([key.provider_fault for key, _ in rollups]),
        np.stack([sums for _, sums in rollups]),
    )


def _slots(traffic: Sequence[Conversation]) -> tuple[dict[str, int], tuple[str, ...]]:
    calls = Counter(action for it in traffic for action in it.actions)
    slots = {name: slot for slot, (name, _) in enumerate(calls.most_common(NAMED_ACTIONS))}
    names = (*slots, *[""] * (NAMED_ACTIONS - len(slots)), OTHER_ACTIONS)
    return slots, names


@dataclass(frozen=True, slots=True)
class Shuffled:
    """Two sides whose conversations can be put into any order on the clock, and summed by hour, without summarising them again.

    vectors : (n, WIDTH) each conversation's own sums; fault : (n,) bool; hour : (n,) int of each place on the clock.
    """

    names: tuple[str, ...]
    vectors: Array
    fault: NDArray[np.bool_]
    hour: NDArray[np.int64]

    @classmethod
    def of(cls, before: Sequence[Conversation], after: Sequence[Conversation]) -> "Shuffled":
        """So many places on the clock for each side as it has conversations."""
        both = [replace(it, ended_at=NOW, started_at=None, messages=()) for it in (*before, *after)]
        slots, names = _slots(both)
        own = [next(iter(summarize([it], slots, NOW).values())) for it in both]
        hours = np.array([epoch_hour(it) for it in instants(len(before), len(after))])
        return cls(names, np.stack(own), np.array([it.provider_fault for it in both]), hours)

    def table(self, order: NDArray[np.int64]) -> RollupTable:
        """The hourly sums with conversation `order[i]` at place `i`."""
        keys, row = np.unique(2 * self.hour + self.fault[order], return_inverse=True)
        placed = np.zeros((len(keys), len(order)))
        placed[row, order] = 1
        return RollupTable.of("real", 1, self.names, keys // 2, keys % 2 == 1, placed @ self.vectors)
