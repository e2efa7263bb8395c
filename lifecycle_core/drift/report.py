"""What a check found: values only, in fractions, dollars, seconds and UTC instants."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lifecycle_core.conversations import Window


class Metric(StrEnum):
    """The five metrics, by the names that `drifts` lists."""

    BOOKING_RATE = "booking_rate"
    ESCALATION_RATE = "escalation_rate"
    COST = "cost"
    RESPONSE_TIME = "response_time"
    ACTION_DISTRIBUTION = "action_distribution"


class Status(StrEnum):
    """What is known of a metric. Only `DRIFT` is an alarm."""

    STABLE = "stable"
    SUSPECTED = "suspected"
    DRIFT = "drift"
    INSUFFICIENT_DATA = "insufficient_data"


class Severity(StrEnum):
    """How far past its threshold a change lies, from below 1.25 times to twice and more."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for low, 2 for high."""
        return list(Severity).index(self)


class RecommendedAction(StrEnum):
    """What a report advises, as the plan's daily routine has it."""

    MONITOR = "monitor"
    INVESTIGATE = "investigate"
    RETRAIN = "retrain"


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


@dataclass(frozen=True, slots=True)
class MetricReport:
    """One metric's verdict, and the pair of figures that the reply shows.

    relative_change : of the shown pair; None with `unknown_because` where it is not defined.
    total_variation, chi_squared, degrees_of_freedom : of the shown pair, for the action mix only.
    decided_by : the comparison that speaks most strongly; None in `Mode.THRESHOLD` and without enough data.
    severity : of a drift, by the change that `decided_by` tells; else None.
    incident : the alarm is gone without the conversations that a provider's fault broke.
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
