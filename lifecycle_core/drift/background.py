"""What a check must know besides the version's own sums: what served before it, and which alarms last or have ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lifecycle_core.drift.episodes import FrozenReference
from lifecycle_core.rollup_tables import RollupTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What served before a version's own time began.

    since : when that was; no window of the scan reaches past it.
    table : the rollups of what served before, of the 28 days up to `until` at least, and of the frozen references that are its own;
        None where they are not known.
    until : the end of the weeks that stay as they were: `since`, or the onset of the drift that was going on then.
    compared : whether every length is compared with these weeks as well, as after a promotion; a change that a person calls known is
        not: there they teach how days differ, and nothing else.
    """

    since: datetime
    table: RollupTable | None = None
    until: datetime | None = None
    compared: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """What a check must know besides the version's own sums.

    before : what served before its own time; None where it has always served.
    held : the alarms that last. left_out : the hours `[start, end)` of drifts that have ended.

    >>> Background().held
    ()
    """

    before: Before | None = None
    held: tuple[FrozenReference, ...] = ()
    left_out: tuple[tuple[datetime, datetime], ...] = ()


NOTHING: Final = Background()
