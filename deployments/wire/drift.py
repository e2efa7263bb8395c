"""A check on the wire: the plan's shape, its strings, and the numbers beside them."""

from collections.abc import Callable
from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import CopiedWire, WindowWire, Wire, Zulu
from deployments.wire.drift_evidence import EvidenceWire, ForecastWire, HeldWire, NeededWire, TailWire
from lifecycle_core.drift.report import DriftReport, Figure, Metric, MetricReport


class MetricWire(Wire):
    """What every metric says, after its own figures. `n` and `missing` count conversations that know the figure and that do not."""

    drift: bool
    severity: str | None
    status: str
    threshold: float
    baseline_n: int
    recent_n: int
    baseline_missing: int
    recent_missing: int
    incident: bool = Field(description="It would alarm, and would not without the conversations that a provider's fault broke.")
    decided_by: EvidenceWire | None = Field(description="Null in mode threshold, and without enough data.")
    held: list[HeldWire] = Field(description="The alarms that last, each by its own frozen reference.")
    needed: NeededWire | None = Field(description="What would be needed to know more; null where it drifts.")


def _common(it: MetricReport) -> dict[str, object]:
    return {
        "drift": it.drifting,
        "severity": it.severity,
        "status": it.status,
        "threshold": it.threshold,
        "baseline_n": it.reference.n,
        "recent_n": it.recent.n,
        "baseline_missing": it.reference.missing,
        "recent_missing": it.recent.missing,
        "incident": it.incident,
        "decided_by": EvidenceWire.of(it.decided_by) if it.decided_by else None,
        "held": [HeldWire.of(alarm) for alarm in it.held],
        "needed": NeededWire.of(it.needed) if it.needed else None,
    }


class ChangeWire(MetricWire):
    """A metric with one figure on each side, and the change from one to the other."""

    change: str | None
    change_value: float | None = Field(description="(recent - baseline) / baseline")
    change_unknown_because: str | None
    absolute_value: float | None = Field(description="recent - baseline, in the metric's own unit: a fraction, US dollars, seconds")
    interval: tuple[float, float] | None = Field(description="95% interval of changeValue.")
    forecast: ForecastWire | None = Field(description="Null unless the slope is proved and the day lies within two weeks.")


def _change(it: MetricReport) -> dict[str, object]:
    return {
        **_common(it),
        "change": formats.change(it.relative_change),
        "change_value": it.relative_change,
        "change_unknown_because": it.unknown_because,
        "absolute_value": it.absolute_change,
        "interval": it.interval,
        "forecast": ForecastWire.of(it.forecast) if it.forecast else None,
    }


def _tail(it: MetricReport) -> dict[str, object]:
    return {"tail": TailWire.of(it.tail, it.metric) if it.tail else None}


def _sides(it: MetricReport, name: str, written: Callable[[float | None], str | None]) -> dict[str, object]:
    """A metric's figure before and now, as a number and in the plan's words."""
    told = (("baseline", it.reference.value), ("recent", it.recent.value))
    return {f"{side}_{name}": written(value) for side, value in told} | {f"{side}_{name}_value": value for side, value in told}


class RateWire(ChangeWire):
    """The booking rate or the escalation rate."""

    baseline_rate: str | None
    baseline_rate_value: float | None
    recent_rate: str | None
    recent_rate_value: float | None

    @classmethod
    def of(cls, it: MetricReport) -> Self:
        """Shape it."""
        return cls.model_validate(_change(it) | _sides(it, "rate", formats.percent))


class CostWire(ChangeWire):
    """The mean cost of a conversation, US dollars."""

    baseline_cost: str | None
    baseline_cost_value: float | None
    recent_cost: str | None
    recent_cost_value: float | None
    tail: TailWire | None = Field(description="Runaways, which a mean of logarithms does not see; null without enough data.")

    @classmethod
    def of(cls, it: MetricReport) -> Self:
        """Shape it."""
        return cls.model_validate(_change(it) | _sides(it, "cost", formats.dollars) | _tail(it))


class LatencyWire(ChangeWire):
    """The median over conversations of their median response time, seconds, and its 95th percentile."""

    baseline_time: str | None
    baseline_time_value: float | None
    baseline_p95_value: float | None
    recent_time: str | None
    recent_time_value: float | None
    recent_p95_value: float | None
    tail: TailWire | None = Field(description="Stalls, which a median does not see; null without enough data.")

    @classmethod
    def of(cls, it: MetricReport) -> Self:
        """Shape it."""
        percentiles = {"baseline_p95_value": it.reference.p95, "recent_p95_value": it.recent.p95}
        return cls.model_validate(_change(it) | _sides(it, "time", formats.seconds) | percentiles | _tail(it))


class ShareWire(Wire):
    """One action's share of all calls."""

    action: str
    percentage: str
    percentage_value: float
    count: int


class MixWire(MetricWire):
    """The action distribution."""

    baseline_distribution: list[ShareWire]
    recent_distribution: list[ShareWire]
    chi_squared: str | None = Field(description="Pearson's, over single calls; shown, not what decides.")
    chi_squared_value: float | None
    degrees_of_freedom: int | None
    total_variation: str | None
    total_variation_value: float | None

    @classmethod
    def of(cls, it: MetricReport) -> Self:
        """Shape it."""
        return cls.model_validate(
            _common(it)
            | {
                "baseline_distribution": _shares(it.reference),
                "recent_distribution": _shares(it.recent),
                "chi_squared": formats.statistic(it.chi_squared),
                "chi_squared_value": it.chi_squared,
                "degrees_of_freedom": it.degrees_of_freedom,
                "total_variation": formats.percent(it.total_variation),
                "total_variation_value": it.total_variation,
            }
        )


def _shares(figure: Figure) -> list[ShareWire]:
    return [ShareWire(action=it.action, percentage=f"{it.share:.2%}", percentage_value=it.share, count=it.count) for it in figure.shares]


class MetricsWire(Wire):
    """The five metrics."""

    booking_rate: RateWire
    escalation_rate: RateWire
    cost: CostWire
    response_time: LatencyWire
    action_distribution: MixWire


class IncidentWire(CopiedWire):
    """What goes wrong around the prompt rather than in it."""

    kind: str
    message: str
    share: float | None
    baseline_share: float | None = Field(validation_alias="reference_share")
    since: Zulu | None
    metrics: list[str]


class DriftWire(Wire):
    """One check of one variant."""

    variant: str
    version: int
    timestamp: Zulu
    baseline: WindowWire
    recent: WindowWire
    metrics: MetricsWire
    drifts: list[str]
    overall_drift: bool
    status: str
    severity: str | None
    recommended_action: str
    ended: list[HeldWire] = Field(description="The alarms that this check ends.")
    incidents: list[IncidentWire]
    late_rows: int
    previous_version: int | None = Field(description="The version whose last weeks are compared as well, while this one is new.")
    day_correlation: float | None
    day_correlation_assumed: bool
    latest_conversation_at: Zulu | None
    notes: list[str]

    @classmethod
    def of(cls, it: DriftReport) -> Self:
        """Shape it."""
        return cls(
            variant=it.variant,
            version=it.version,
            timestamp=it.at,
            baseline=WindowWire.of(it.reference),
            recent=WindowWire.of(it.recent),
            metrics=MetricsWire(
                booking_rate=RateWire.of(it.of(Metric.BOOKING_RATE)),
                escalation_rate=RateWire.of(it.of(Metric.ESCALATION_RATE)),
                cost=CostWire.of(it.of(Metric.COST)),
                response_time=LatencyWire.of(it.of(Metric.RESPONSE_TIME)),
                action_distribution=MixWire.of(it.of(Metric.ACTION_DISTRIBUTION)),
            ),
            drifts=list(it.drifts),
            overall_drift=bool(it.drifts),
            status=it.status,
            severity=it.severity,
            recommended_action=it.recommended_action,
            ended=[HeldWire.of(alarm) for alarm in it.ended],
            incidents=[IncidentWire.of(incident) for incident in it.incidents],
            late_rows=it.late_rows,
            previous_version=it.previous_version,
            day_correlation=it.day_correlation,
            day_correlation_assumed=it.day_correlation_assumed,
            latest_conversation_at=it.latest,
            notes=list(it.notes),
        )
