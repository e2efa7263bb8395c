"""Every threshold and window of the watch, per variant."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """What decides: the scan's evidence beside the plan's threshold, or the bare threshold."""

    EVIDENCE = "evidence"
    THRESHOLD = "threshold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What counts as drift for a variant.

    The thresholds are relative changes: .10 means 10% of the reference. The
    windows `recent_hours` and `reference_days` are the pair that the reply shows;
    what decides in `Mode.EVIDENCE` is the scan over `lifecycle_core.drift.scan`.

    >>> Policy().booking_rate_threshold
    0.1
    """

    mode: Mode = Mode.EVIDENCE
    booking_rate_threshold: float = 0.10
    escalation_rate_threshold: float = 0.15
    cost_increase_threshold: float = 0.20
    response_time_threshold: float = 0.25
    action_distribution_threshold: float = 0.10
    min_samples_for_comparison: int = 50
    confidence_level: float = 0.95
    recent_hours: int = 24
    reference_days: int = 7
    false_alarms_per_quarter: float = 0.5
