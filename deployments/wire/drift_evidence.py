"""What decides a metric, on the wire: evidence, tails, alarms that last, what is needed to know more, forecasts."""

from typing import Self

from pydantic import Field

from deployments.wire import formats
from deployments.wire.base import WindowWire, Wire, Zulu
from lifecycle_core.drift.report import Evidence, Forecast, Held, Metric, Needed, Tail


class EvidenceWire(Wire):
    """The comparison that decides a metric."""

    hours: int = Field(description="Length of the recent window.")
    change: str | None
    change_value: float | None = Field(description="Relative; for the action distribution the total variation distance.")
    absolute_value: float | None = Field(description="Recent less reference, in the metric's own unit.")
    interval: tuple[float, float] | None = Field(description="95% interval of changeValue.")
    z: float = Field(description="How far the two windows are apart, towards harm.")
    entry: float = Field(description="The level that z must reach for a drift.")
    onset: Zulu = Field(description="Where the recent window begins.")
    recent_n: int
    baseline_n: int
    recent_value: float | None
    baseline_value: float | None
    reference: WindowWire = Field(description="The span before, of which like hours are taken.")
    against: str = Field(
        description="Whose span that is: own, the same version's; previous_version; frozen, the healthy weeks before an alarm that lasts."
    )

    @classmethod
    def of(cls, it: Evidence) -> Self:
        """Shape it."""
        return cls(
            hours=it.hours,
            change=formats.change(it.relative_change),
            change_value=it.relative_change,
            absolute_value=it.absolute_change,
            interval=it.interval,
            z=it.z,
            entry=it.entry,
            onset=it.onset,
            recent_n=it.recent_n,
            baseline_n=it.reference_n,
            recent_value=it.recent_value,
            baseline_value=it.reference_value,
            reference=WindowWire.of(it.reference),
            against=it.against,
        )


class TailWire(Wire):
    """The share of conversations past the 99th percentile of the reference."""

    status: str
    edge: str = Field(description="The percentile.")
    edge_value: float = Field(description="US dollars or seconds.")
    decided_by: EvidenceWire = Field(description="Its values are shares of conversations.")

    @classmethod
    def of(cls, it: Tail, metric: Metric) -> Self:
        """Shape it."""
        written = formats.dollars(it.edge) if metric is Metric.COST else formats.seconds(it.edge)
        return cls(status=it.status, edge=written or "", edge_value=it.edge, decided_by=EvidenceWire.of(it.evidence))


class HeldWire(Wire):
    """An alarm that lasts until enough checks in a row find the latest conversations near the healthy weeks before it."""

    comparison: str = Field(description="What alarmed: a metric, or the tail of cost or response time.")
    entered_at: Zulu = Field(description="The check that found it.")
    onset: Zulu = Field(description="Where the drift began.")
    reference: WindowWire = Field(description="The healthy weeks before, kept for comparison.")
    reference_version: int = Field(description="Whose they are.")
    hours: int = Field(description="Length of the window that found it.")
    quiet_checks: int = Field(description="Checks in a row that found the latest conversations near them.")
    quiet_checks_needed: int = Field(description="So many end the alarm.")
    change: str | None
    change_value: float | None = Field(
        description="Of the latest conversations; for the action distribution beyond what chance gives. Null while there are too few."
    )
    recent_n: int = Field(description="The latest conversations.")
    recent_hours: int = Field(description="How far back they reach.")

    @classmethod
    def of(cls, it: Held) -> Self:
        """Shape it."""
        return cls(
            comparison=it.comparison,
            entered_at=it.entered_at,
            onset=it.onset,
            reference=WindowWire.of(it.reference),
            reference_version=it.version,
            hours=it.length,
            quiet_checks=it.quiet_checks,
            quiet_checks_needed=it.needed,
            change=formats.change(it.relative_change),
            change_value=it.relative_change,
            recent_n=it.n,
            recent_hours=it.hours,
        )


class NeededWire(Wire):
    """How long a change has to go on before it is proved."""

    change: str | None
    change_value: float = Field(description="Relative; for the action distribution the total variation distance.")
    recent_value: float | None = Field(description="The figure after it.")
    conversations_per_day: float
    half_proved_after_days: float | None = Field(description="Null past 35 days.")
    nine_in_ten_proved_after_days: float | None = Field(description="Null past 35 days.")

    @classmethod
    def of(cls, it: Needed) -> Self:
        """Shape it."""
        half, most = it.days
        return cls(
            change=formats.change(it.change),
            change_value=it.change,
            recent_value=it.recent_value,
            conversations_per_day=it.a_day,
            half_proved_after_days=half,
            nine_in_ten_proved_after_days=most,
        )


class ForecastWire(Wire):
    """When the metric, going on as in the last days, passes its threshold. A forecast never alarms."""

    in_days: float
    interval: tuple[float, float] = Field(description="90% interval of inDays.")
    slope: float = Field(description="A day, in the metric's own unit.")
    level: float = Field(description="The figure at which the threshold is passed.")

    @classmethod
    def of(cls, it: Forecast) -> Self:
        """Shape it."""
        return cls(in_days=it.in_days, interval=it.interval, slope=it.slope, level=it.level)
