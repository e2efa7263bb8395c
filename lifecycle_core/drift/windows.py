"""The windows of a check: which hours each length takes, and which hours it is compared with."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.conversations import Window, hour_of
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Policy

LENGTHS: Final = np.array([1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 72, 96, 120, 168, 336, 504])
"""The lengths of the scan, in hours."""
DAY: Final = 24
WEEK: Final = 7 * DAY
REFERENCE_HOURS: Final = 28 * DAY
DAY_PLACE: Final = int(np.flatnonzero(LENGTHS == DAY)[0])
"""Where a day stands among the lengths."""
LONG: Final = WEEK
"""Past this length a window has 28 days of reference of its own before it; up to it, the reference begins 28 days before now."""
LOOK_BACK_HOURS: Final = int(LENGTHS[-1]) + REFERENCE_HOURS

_EARLIEST, _LATEST = 1970, 9000


def span(policy: Policy, at: datetime) -> Window:
    """The hours of rollups that a check as of `at` needs: 49 days, or the policy's reference where that is longer.

    Raises InvalidInputError for an instant without a zone, or too far off to have been meant.

    >>> from datetime import UTC
    >>> span(Policy(), datetime(2025, 10, 7, 12, 59, tzinfo=UTC)).start.isoformat()
    '2025-08-19T12:00:00+00:00'
    """
    if at.tzinfo is None:
        message = f"at is {at.isoformat()} and has no zone; add one, such as {at.isoformat()}Z for UTC"
        raise InvalidInputError(message, field="at")
    if not _EARLIEST < at.year < _LATEST:
        message = f"at is {at.isoformat()}; give an instant between the years {_EARLIEST} and {_LATEST}"
        raise InvalidInputError(message, field="at")
    return Window.before(hour_of(at), hours=max(LOOK_BACK_HOURS, policy.reference_days * DAY, policy.recent_hours))


def recent_hours(hours: NDArray[np.int64], now: int) -> NDArray[np.bool_]:
    """Which of (r,) hours lie in the last L: (lengths, r) bool."""
    inside: NDArray[np.bool_] = (hours >= now - LENGTHS[:, None]) & (hours < now)
    return inside


def reference_hours(hours: NDArray[np.int64], now: int) -> NDArray[np.bool_]:
    """Which of (r,) hours each length is compared with: (lengths, r) bool.

    Under a day only like hours of the days before count; from a day on, all hours.
    """
    inside: NDArray[np.bool_] = (hours >= reference_start(now)[:, None]) & (hours < now - LENGTHS[:, None]) & like_hours(hours, now)
    return inside


def like_hours(hours: NDArray[np.int64], now: int) -> NDArray[np.bool_]:
    """Which of (r,) hours are of the same time of day as the last L, where these are less than a day: (lengths, r) bool."""
    alike: NDArray[np.bool_] = (LENGTHS[:, None] >= DAY) | ((now - 1 - hours) % DAY < LENGTHS[:, None])
    return alike


def reference_start(now: int | NDArray[np.int64]) -> NDArray[np.int64]:
    """The first hour of each length's reference as of hours `now`: (..., lengths) int."""
    ends = np.asarray(now)[..., None]
    return np.where(LENGTHS > LONG, ends - LENGTHS - REFERENCE_HOURS, ends - REFERENCE_HOURS)


def instant(hour: int) -> datetime:
    """The instant, in UTC, at which hour `hour` since 1970 begins.

    >>> instant(24).isoformat()
    '1970-01-02T00:00:00+00:00'
    """
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(hours=hour)
