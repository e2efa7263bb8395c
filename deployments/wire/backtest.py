"""A backtest on the wire: what the watch would have done by each policy, and the one sentence that tells it."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Final, Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import CopiedWire, WindowWire, Wire, Zulu
from deployments.wire.policies import changed, settings
from lifecycle_core.drift.backtest import Alarm
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.spells import Spell
from lifecycle_core.drift.windows import instant
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.retraining.backtests import Backtest, Course
from lifecycle_core.retraining.replaying import Begun

CURRENT: Final = "current"
CHANGED: Final = "changed"
BARE: Final = "threshold"
MOST_LISTED: Final = 1000
_WEEK_HOURS: Final = 168


class SpellWire(Wire):
    """An episode that would have been."""

    began_at: Zulu = Field(description="The first check that finds a drift.")
    last_seen_at: Zulu
    ended_at: Zulu | None
    drifts: list[str]
    severity: str = Field(description="The worst of it.")
    hours: int = Field(description="How many checks find a drift.")

    @classmethod
    def of(cls, it: Spell) -> Self:
        """Shape it."""
        return cls(
            began_at=instant(it.began),
            last_seen_at=instant(it.last_seen),
            ended_at=None if it.ended is None else instant(it.ended),
            drifts=list(it.drifts),
            severity=it.severity,
            hours=it.hours,
        )


class AlarmWire(Wire):
    """An alarm of one comparison: a metric, or the tail of one."""

    comparison: str
    entered_at: Zulu
    onset_at: Zulu
    ended_at: Zulu | None
    hours: int = Field(description="Length of the window that alarms.")
    change: str | None
    change_value: float | None = Field(description="Relative; for the action distribution the total variation distance.")
    severity: str

    @classmethod
    def of(cls, it: Alarm) -> Self:
        """Shape it."""
        change = change_of(it)
        return cls(
            comparison=it.comparison,
            entered_at=instant(it.entered),
            onset_at=instant(it.onset),
            ended_at=None if it.ended is None else instant(it.ended),
            hours=it.length,
            change=formats.change(change),
            change_value=change,
            severity=it.severity,
        )


class BegunWire(Wire):
    """A retraining that would have begun."""

    at: Zulu
    triggers: list[str]
    due: bool = Field(description="Begun because none had for so long, rather than by a drift.")

    @classmethod
    def of(cls, it: Begun) -> Self:
        """Shape it."""
        return cls(at=instant(it.at), triggers=list(it.triggers), due=it.due)


class MetricCourseWire(Wire):
    """How one metric would have alarmed."""

    episodes: int = Field(description="Episodes in which it drifts.")
    hours_in_drift: int


class CourseWire(Wire):
    """What the watch would have done by one policy."""

    policy: str = Field(description="current, changed, or threshold: the present policy by its bare thresholds.")
    settings: dict[str, str] = Field(description="The settings that differ from the present policy.")
    checks: int
    checks_per_week: float
    detections: int = Field(description="Episodes: alarms that follow each other closely are one.")
    detections_per_week: float
    hours_in_drift: int
    share_in_drift: str | None
    share_in_drift_value: float
    by_metric: dict[str, MetricCourseWire]
    cost: str | None = Field(description="Of the retrainings, by the mean of past ones; null where nobody knows.")
    cost_value: float | None
    episodes: list[SpellWire] = Field(description=f"Oldest first, at most {MOST_LISTED:,}.")
    alarms: list[AlarmWire] = Field(description=f"Of each comparison by itself, oldest first, at most {MOST_LISTED:,}.")
    retrainings: list[BegunWire] = Field(description=f"Oldest first, at most {MOST_LISTED:,}.")
    retrainings_begun: int

    @classmethod
    def of(cls, name: str, it: Course, within: Backtest) -> Self:
        """Shape it."""
        share = it.hours_in_drift / len(within.ends)
        return cls(
            policy=name,
            settings=differing(within.current.policy, it.policy),
            checks=len(within.ends),
            checks_per_week=float(min(_WEEK_HOURS, len(within.ends))),
            detections=len(it.spells),
            detections_per_week=len(it.spells) / within.weeks,
            hours_in_drift=it.hours_in_drift,
            share_in_drift=formats.percent(share),
            share_in_drift_value=share,
            by_metric={
                metric: MetricCourseWire(episodes=it.detections_of(metric), hours_in_drift=it.hours_of(metric)) for metric in Metric
            },
            cost=formats.dollars(cost_of(it, within)),
            cost_value=cost_of(it, within),
            episodes=[SpellWire.of(one) for one in it.spells[:MOST_LISTED]],
            alarms=[AlarmWire.of(one) for one in it.alarms[:MOST_LISTED]],
            retrainings=[BegunWire.of(one) for one in it.retrainings[:MOST_LISTED]],
            retrainings_begun=len(it.retrainings),
        )


class SpentWire(CopiedWire):
    """What a retraining took on average."""

    calls: int
    tokens: int
    usd: float


class BacktestWire(Wire):
    """The watch over a variant, replayed over what is stored."""

    variant: str
    checked: WindowWire = Field(description="The first check and the last.")
    conversations: int
    verdict: str = Field(description="What differs, in one sentence.")
    courses: list[CourseWire] = Field(description="By the present policy, by the changed one if any, and by the bare thresholds.")
    retraining_cost: SpentWire | None = Field(description="The mean of the variant's past retrainings; null without any.")
    past_retrainings: int
    notes: list[str]

    @classmethod
    def of(cls, it: Backtest) -> Self:
        """Shape it."""
        return cls(
            variant=it.variant,
            checked=WindowWire.of(it.window),
            conversations=it.conversations,
            verdict=verdict(it),
            courses=[CourseWire.of(name, course, it) for name, course in courses(it).items()],
            retraining_cost=None if it.cost.mean is None else SpentWire.of(it.cost.mean),
            past_retrainings=it.cost.sessions,
            notes=list(it.notes),
        )


def courses(it: Backtest) -> dict[str, Course]:
    """What was replayed, by name, in the order of telling."""
    return {CURRENT: it.current, **({CHANGED: it.changed} if it.changed else {}), BARE: it.bare}


def change_of(it: Alarm) -> float | None:
    """The change that an alarm showed; None where the reference was zero and no number would be large enough."""
    return it.change if isfinite(it.change) else None


def cost_of(course: Course, within: Backtest) -> float | None:
    """US dollars for a course's retrainings; None where nobody knows."""
    if not course.retrainings:
        return 0.0
    return None if within.cost.usd is None else within.cost.usd * len(course.retrainings)


def asked_policy(current: Policy, given: Sequence[str], mode: Mode | None) -> Policy | None:
    """The present policy with settings as they are typed, `NAME=VALUE` each; None where no change is asked for.

    Raises InvalidInputError for a setting that cannot be meant.

    >>> asked_policy(Policy(), ["bookingRateThreshold=0.15"], None).booking_rate_threshold
    0.15
    """
    wanted = dict(_assignments(given))
    if mode is not None:
        wanted["mode"] = mode
    return changed(current, wanted) if wanted else None


def differing(before: Policy, after: Policy) -> dict[str, str]:
    """The settings in which `after` differs, as they are typed."""
    was = dict(settings(before))
    return {name: told for name, told in settings(after) if told != was[name]}


def verdict(it: Backtest) -> str:
    """What a change of the policy would have come to, in one sentence; without a change, what the bare thresholds would."""
    own = it.current
    if it.changed is None:
        bare = it.bare
        return (
            f"The watch would have alarmed {_times(len(own.spells))} and begun {_retrainings(len(own.retrainings))}; "
            f"the bare thresholds {_times(len(bare.spells))} and {_retrainings(len(bare.retrainings))}"
        )
    other, moved = it.changed, differing(own.policy, it.changed.policy)
    if not moved:
        did = f"alarmed {_times(len(own.spells))} and begun {_retrainings(len(own.retrainings))}"
        return f"The policy says this already: the watch would have {did}"
    alarms = _instead(_times(len(other.spells)), len(other.spells), len(own.spells))
    begun = _instead(_retrainings(len(other.retrainings)), len(other.retrainings), len(own.retrainings))
    return f"With {described(moved)} the watch would have alarmed {alarms} and begun {begun}"


def described(moved: Mapping[str, str]) -> str:
    """Settings in words.

    >>> described({"mode": "threshold", "retraining.cooldownDays": "14"})
    'mode threshold and retraining.cooldownDays 14'
    """
    told = [f"{name} {value}" for name, value in moved.items()]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _assignments(given: Sequence[str]) -> Iterator[tuple[str, str]]:
    for it in given:
        name, found, value = it.partition("=")
        if not found:
            message = f"{it[:100]!r} sets nothing; write NAME=VALUE, as bookingRateThreshold=0.15"
            raise InvalidInputError(message, field="set")
        yield name, value


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _retrainings(count: int) -> str:
    return "no retraining" if not count else "1 retraining" if count == 1 else f"{count:,} retrainings"


def _instead(words: str, count: int, before: int) -> str:
    return f"{words} as before" if count == before else f"{words} instead of {before:,}"
