"""Rollups as checks read them: the sums of many hours that are not zero, of one version or of all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.rollups import SCALARS, WIDTH, scalar


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
    def of(  # noqa: PLR0917 - its fields, in their order
        cls,
        variant: str,
        version: int,
        actions: tuple[str, ...],
        hours: NDArray[np.int64],
        faults: NDArray[np.bool_],
        sums: NDArray[np.float64],
    ) -> "RollupTable":
        """The table of (r, WIDTH) sums."""
        return cls(variant, version, actions, hours, faults, Entries.of(sums))

    def dense(self) -> NDArray[np.float64]:
        """The vectors of all rows: (r, WIDTH) float."""
        sums = np.zeros((len(self.hours), WIDTH))
        sums[self.entries.row, self.entries.place] = self.entries.value
        return sums

    def plain(self) -> NDArray[np.float64]:
        """The plain sums of each row, in the order of `SCALARS`: (r, s) float."""
        chosen = self.entries.place < len(SCALARS)
        sums = np.zeros((len(self.hours), len(SCALARS)))
        sums[self.entries.row[chosen], self.entries.place[chosen]] = self.entries.value[chosen]
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

    def newest_version(self) -> int | None:
        """The version that served in the newest hour, the highest where several did; None without traffic."""
        return int(self.versions[self.hours == self.hours.max()].max()) if len(self.hours) else None

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
