"""How a vector of sums is kept: what of it is not zero, ten bytes an entry."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.rollup_tables import Entries
from lifecycle_core.rollups import WIDTH

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
