"""What may alert: eleven signals, the states in which each may be, and what one look at one of them found."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

INSTALLATION: Final = ""
"""The name under which signals stand that are of no variant."""


class Signal(StrEnum):
    """What is watched: the plan's six thresholds, and what the watch and retraining find.

    The last two are events: they are told once, and have no state.
    """

    DRIFT = "drift"
    INCIDENT = "incident"
    BOOKING_RATE = "booking_rate"
    ESCALATION_RATE = "escalation_rate"
    COST = "cost"
    DRIFT_FREQUENCY = "drift_frequency"
    RETRAINING_SUCCESS = "retraining_success"
    ROLLBACK_FREQUENCY = "rollback_frequency"
    STALLED_WATCH = "stalled_watch"
    VERDICT = "verdict"
    ROLLBACK = "rollback"

    @property
    def words(self) -> str:
        """Its name for people.

        >>> Signal.BOOKING_RATE.words
        'booking rate'
        """
        return self.value.replace("_", " ")


ALL_SIGNALS: Final = tuple(it.value for it in Signal)


class Level(StrEnum):
    """What one look says of a signal, whatever was before it.

    WARNING : past the threshold, without the evidence; it is shown and not sent.
    """

    OK = "ok"
    WARNING = "warning"
    ALERT = "alert"
    NO_DATA = "no_data"


class State(StrEnum):
    """Where a signal stands. PAUSED : it is watched, and alerts nobody."""

    OK = "ok"
    WARNING = "warning"
    ALERT = "alert"
    NO_DATA = "no_data"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at one signal.

    value, threshold : a fraction, US dollars or a count, as the signal has it; None where there is none.
    n : what was counted: conversations, sessions. since : where it began, as far as it is known.
    detail : what else there is to say, in our words alone: the metrics that drift, the incidents.
    unwatched : its threshold was taken away, so that it alerts no more.
    """

    signal: Signal
    level: Level
    value: float | None = None
    threshold: float | None = None
    n: int | None = None
    since: datetime | None = None
    detail: str = ""
    unwatched: bool = False
