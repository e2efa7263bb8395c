"""What goes wrong around the prompt: values that go missing, traffic that stays away. A new prompt mends none of it."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.drift.hours import Hours
from lifecycle_core.drift.missing import SHARE_LENGTHS, SHARES, Risen, Share, risen, shares_of
from lifecycle_core.drift.report import Incident
from lifecycle_core.drift.volume import VOLUME_LENGTHS, Volume, volume
from lifecycle_core.drift.windows import instant
from lifecycle_core.rollup_tables import Served

__all__ = ["BUDGET", "Share", "incident_hours", "incidents_of", "shares_of"]

BUDGET: Final = 0.25
"""False incidents a quarter, of the four kinds together: three shares, and traffic."""

_EACH: Final = BUDGET / 4


def incidents_of(shares: Mapping[str, Share], traffic: Served, now: int, fewest: int) -> tuple[Incident, ...]:
    """The incidents in what conversations tell and in traffic, as of hour `now`.

    shares : by kind, from `shares_of`, of the version's own rows; traffic : that of the whole variant.
    fewest : conversations needed on both sides of a share.
    """
    ends = np.array([now])
    found = [_missing(kind, risen(it, ends, fewest, _EACH), now) for kind, it in shares.items()]
    found.append(_traffic(volume(traffic, ends, _EACH), now))
    return tuple(it for it in found if it)


def incident_hours(shares: Mapping[str, Share], traffic: Served, ends: Hours, fewest: int) -> dict[str, NDArray[np.bool_]]:
    """Whether each kind of incident is there as of each of the hours `ends`: kind -> (T,) bool. All hours cost hardly more than one.

    shares, traffic, fewest : as for `incidents_of`, which says the same of a single hour; ends : (T,) int, ascending.
    """
    alarming = {kind: risen(it, ends, fewest, _EACH).alarming for kind, it in shares.items()}
    seen = volume(traffic, ends, _EACH)
    alarming |= {"traffic": seen.alarming & ~seen.silent.any(axis=1, keepdims=True), "no_traffic": seen.silent}
    return {kind: np.any(it, axis=1) for kind, it in alarming.items()}


def _missing(kind: str, found: Risen, now: int) -> Incident | None:
    if not found.alarming.any():
        return None
    place = int(np.argmin(np.where(found.alarming[0], found.tail[0], np.inf)))
    hours, share, before = int(SHARE_LENGTHS[place]), float(found.recent[0, place]), float(found.reference[0, place])
    message = f"{share:.1%} of the conversations of the last {hours} h {SHARES[kind]}; {before:.1%} did before"
    return Incident(kind, message, share=share, reference_share=before, since=instant(now - hours))


def _traffic(found: Volume, now: int) -> Incident | None:
    if found.silent.any():
        place = int(np.flatnonzero(found.silent[0])[-1])
        length, wanted = int(VOLUME_LENGTHS[place]), float(found.expected[0, place])
        message = f"no conversation ended in the last {length} h, where {wanted:.0f} were expected"
        return Incident("no_traffic", message, since=instant(now - length))
    if not found.alarming.any():
        return None
    place = int(np.argmax(np.where(found.alarming[0], found.z[0], -np.inf)))
    length, came, wanted = int(VOLUME_LENGTHS[place]), float(found.came[0, place]), float(found.expected[0, place])
    fall = (came - wanted) / wanted
    message = f"{came:.0f} conversations ended in the last {length} h, where {wanted:.0f} were expected ({fall:+.0%})"
    return Incident("traffic", message, since=instant(now - length))
