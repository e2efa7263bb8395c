"""What a scan says of a metric: stable, suspected, drift, or too little to say."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.report import Status
from lifecycle_core.drift.scan import Scan

SUSPICION: Final = 2.5
"""The z from which a change past its threshold is suspected; on the bare threshold nine healthy checks in ten would be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A metric's state.

    strongest : the place of the length that speaks most strongly: among those that alarm, else that are suspected, else of all
        with enough conversations; None where no length has them.
    """

    status: Status
    strongest: int | None = None


def judge(found: Scan, entry: float, fewest: int) -> Verdict:
    """The state that (lengths,) comparisons amount to.

    entry : float, the z that evidence must reach; fewest : int, conversations needed on both sides.
    """
    enough = (found.recent_n >= fewest) & (found.reference_n >= fewest)
    if not enough.any():
        return Verdict(Status.INSUFFICIENT_DATA)
    past = enough & found.passes
    alarming, suspected = past & (found.z >= entry), past & (found.z >= SUSPICION)
    if alarming.any():
        return Verdict(Status.DRIFT, _strongest(found, alarming))
    if suspected.any():
        return Verdict(Status.SUSPECTED, _strongest(found, suspected))
    return Verdict(Status.STABLE, _strongest(found, enough))


def _strongest(found: Scan, among: NDArray[np.bool_]) -> int:
    return int(np.argmax(np.where(among, found.z, -np.inf)))
