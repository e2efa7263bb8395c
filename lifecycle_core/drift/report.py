"""What a check found: values only, in fractions, dollars, seconds and UTC instants."""

from dataclasses import dataclass, field
from datetime import datetime

from lifecycle_core.conversations import Window
from lifecycle_core.drift.vocabulary import Against, Comparison, Metric, RecommendedAction, Severity, Status

__all__ = [
    "Against",
    "Comparison",
    "DriftReport",
    "Evidence",
    "Figure",
    "Forecast",
    "Held",
    "Incident",
    "Metric",
    "MetricReport",
    "Needed",
    "RecommendedAction",
    "Severity",
    "Share",
    "Status",
    "Tail",
]


@dataclass(frozen=True, slots=True)
class Share:
    """One action's share of all calls in a window."""

    action: str
    share: float
    count: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric in one window.

    n : conversations that know the figure; missing : those that do not.
    value : a rate as a fraction, a mean cost in US dollars, a median latency in seconds; None without data, and for the action mix.
    p95 : latency's 95th percentile in seconds; else None.
    shares : the action mix, largest first; else empty.
    """

    n: int
    missing: int
    value: float | None = None
    p95: float | None = None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """The comparison that decides a metric: the last `hours` against like hours before them.

    relative_change : of the metric; for the action mix the total variation distance.
    absolute_change : recent less reference, in the metric's own unit; None for the action mix.
    interval : 95% interval of `relative_change`; None where it has none.
    z : how far the windows are apart, positive towards harm; entry : the level that z must reach.
    onset : where the recent window of this comparison begins.
    recent_n, reference_n : conversations on each side.
    recent_value, reference_value : the metric on each side; None for the action mix.
    reference : the span before, of which like hours are taken.
    against : whose weeks that span is of.
    """

    hours: int
    relative_change: float | None
    absolute_change: float | None
    interval: tuple[float, float] | None
    z: float
    entry: float
    onset: datetime
    recent_n: int
    reference_n: int
    recent_value: float | None
    reference_value: float | None
    reference: Window
    against: Against = Against.OWN


@dataclass(frozen=True, slots=True)
class Tail:
    """The share of conversations past the reference's 99th percentile: what a mean of logarithms and ranks are blind to.

    edge : US dollars or seconds, the percentile as read off the histogram; evidence : as of a metric, its values being shares.
    """

    status: Status
    edge: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Held:
    """An alarm that lasts: it began at a check and ends when the latest conversations lie near the frozen reference again.

    comparison : what alarmed; entered_at : the check that found it; onset : where the drift began.
    reference : the frozen span; version : whose traffic it is; length : hours of the window that found the alarm.
    quiet_checks : in a row that found the latest conversations near the reference; `needed` of them end the alarm.
    relative_change : of the latest conversations against the frozen reference, for the mix the total variation beyond chance;
        None while there are too few since the onset. n : how many they are; hours : how far back they reach.
    """

    comparison: Comparison
    entered_at: datetime
    onset: datetime
    reference: Window
    version: int
    length: int
    quiet_checks: int
    needed: int
    relative_change: float | None
    n: int
    hours: int

    @property
    def ended(self) -> bool:
        """Whether this check ends it."""
        return self.quiet_checks >= self.needed


@dataclass(frozen=True, slots=True)
class Needed:
    """What it would take to prove a change of this metric: conversations, and days at the present traffic.

    change : relative, or total variation; the smallest that would matter. recent_value : the figure after it; None for the mix.
    a_day : conversations a day. days : half of such drifts are proved after the first, nine in ten after the second; None = past 35 days.
    """

    change: float
    recent_value: float | None
    a_day: float
    days: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a metric, going on as in the last days, passes its threshold; made only where the slope is proved.

    in_days : until the crossing, and `interval` its 90% interval. slope : a day, in the metric's own unit.
    level : the figure at which the threshold is passed.
    """

    in_days: float
    interval: tuple[float, float]
    slope: float
    level: float


@dataclass(frozen=True, slots=True)
class MetricReport:
    """One metric's verdict, and the pair of figures that the reply shows.

    relative_change : of the shown pair; None with `unknown_because` where it is not defined.
    total_variation, chi_squared, degrees_of_freedom : of the shown pair, for the action mix only.
    decided_by : the comparison that speaks most strongly; None in `Mode.THRESHOLD` and without enough data.
    severity : of a drift, by the change that `decided_by` tells; else None.
    incident : the alarm is gone without the conversations that a provider's fault broke.
    interval : 95% interval of the shown pair's relative change; None where it has none.
    tail : of cost and response time, where there is enough data. held : the alarms that last, with their frozen references.
    needed : what would be needed to know more; None where it drifts already. forecast : only where it is proved.
    """

    metric: Metric
    status: Status
    reference: Figure
    recent: Figure
    threshold: float
    relative_change: float | None = None
    absolute_change: float | None = None
    unknown_because: str | None = None
    total_variation: float | None = None
    chi_squared: float | None = None
    degrees_of_freedom: int | None = None
    severity: Severity | None = None
    decided_by: Evidence | None = None
    incident: bool = False
    interval: tuple[float, float] | None = None
    tail: Tail | None = None
    held: tuple[Held, ...] = ()
    needed: Needed | None = None
    forecast: Forecast | None = None

    @property
    def drifting(self) -> bool:
        """Whether this metric alarms as a drift."""
        return self.status is Status.DRIFT


@dataclass(frozen=True, slots=True)
class Incident:
    """What goes wrong around the prompt rather than in it.

    kind : "provider_faults", "missing_cost", "missing_latency", "zero_cost", "traffic" or "no_traffic".
    message : one sentence with the numbers.
    share, reference_share : fractions of conversations; None where a share is not what is meant.
    metrics : the metrics whose alarm the incident explains.
    """

    kind: str
    message: str
    share: float | None = None
    reference_share: float | None = None
    since: datetime | None = None
    metrics: tuple[Metric, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftReport:
    """One check of one variant as of `at`, which is floored to the hour.

    version : the version checked; windows never reach past its own time.
    late_rows : conversations of the recent window that arrived over an hour after they ended.
    day_correlation : the largest used, None where nothing was compared; `day_correlation_assumed` where too few days have taught it.
    latest : the end of the newest conversation known before `at`; None without any.
    notes : what a reader must know besides: little history, a cut at a promotion.
    ended : the alarms that this check ends.
    previous_version : the version whose last weeks are compared as well, while this one is new; else None.
    """

    variant: str
    version: int
    at: datetime
    reference: Window
    recent: Window
    metrics: tuple[MetricReport, ...]
    incidents: tuple[Incident, ...] = ()
    recommended_action: RecommendedAction = RecommendedAction.MONITOR
    late_rows: int = 0
    day_correlation: float | None = None
    day_correlation_assumed: bool = False
    latest: datetime | None = None
    notes: tuple[str, ...] = field(default=())
    ended: tuple[Held, ...] = ()
    previous_version: int | None = None

    @property
    def held(self) -> tuple[Held, ...]:
        """The alarms that last, of all metrics."""
        return tuple(held for it in self.metrics for held in it.held)

    @property
    def drifts(self) -> tuple[Metric, ...]:
        """The metrics that drift."""
        return tuple(report.metric for report in self.metrics if report.drifting)

    @property
    def severity(self) -> Severity | None:
        """The worst severity of a drifting metric; None where nothing drifts."""
        return max((it.severity for it in self.metrics if it.drifting and it.severity), key=lambda it: it.rank, default=None)

    @property
    def status(self) -> Status:
        """The variant's status: drift, else suspected, else stable, else insufficient data."""
        for status in (Status.DRIFT, Status.SUSPECTED, Status.STABLE):
            if any(report.status is status for report in self.metrics):
                return status
        return Status.INSUFFICIENT_DATA

    def of(self, metric: Metric) -> MetricReport:
        """The verdict on `metric`."""
        return next(report for report in self.metrics if report.metric is metric)
