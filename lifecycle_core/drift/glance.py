"""A glance: whether a check has anything to say, at a fraction of its cost. A fleet is swept by glances; what speaks is then checked."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from lifecycle_core.drift.background import Background
from lifecycle_core.drift.checking import Checking
from lifecycle_core.drift.comparing import RANKS
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.report import Comparison, Status
from lifecycle_core.drift.scan import screen
from lifecycle_core.drift.states import SUSPICION
from lifecycle_core.drift.windows import LENGTHS, instant, span
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollup_tables import RollupTable


@dataclass(frozen=True, slots=True)
class Glance:
    """What a quiet check comes to.

    at : the hour; version : checked. status : stable, suspected or insufficient data. late_rows, entry : as of the report.
    """

    variant: str
    version: int
    at: datetime
    status: Status
    late_rows: int
    entry: float | None


def glance(table: RollupTable, policy: Policy, at: datetime, background: Background) -> Glance | None:
    """What `detect` would say where it finds neither a drift nor an incident; None where it has more to say, and must be asked.

    The parameters are those of `detect`.
    """
    if policy.mode is not Mode.EVIDENCE or background.held:
        return None
    check = Checking(table, policy, span(policy, at), background)
    if check.before is not None or check.incidents():
        return None
    level, fewest = check.comparing.level, policy.min_samples_for_comparison
    windows = check.gathered.windows.take((np.arange(len(LENGTHS)),))
    worst = Status.INSUFFICIENT_DATA
    for it in Comparison:
        found = screen(MEASURES[it], windows, threshold_of(it, policy), fewest)
        strongest = float(found.z.max())
        if strongest >= level:
            return None
        told = Status.SUSPECTED if strongest >= SUSPICION else Status.STABLE if found.enough.any() else Status.INSUFFICIENT_DATA
        worst = max(worst, told, key=RANKS.index)
    late = round(float(check.gathered.shown_recent.of("late")))
    return Glance(table.variant, table.version, instant(check.now), worst, late, level)
