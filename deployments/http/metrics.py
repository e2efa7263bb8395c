"""How everything stands, in the words of Prometheus: base units, and no label that may have any number of values."""

import platform
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lifecycle_core.operations import status as stands
from tasks import context

PREFIX: Final = "agent_lifecycle"
WATCH_S: Final = 3600
"""The interval of the watch where none is set."""


def exposition(registry: CollectorRegistry) -> bytes:
    """The metrics of this process's requests, and those of the database as it is now."""
    state = CollectorRegistry()
    state.register(_State())
    return generate_latest(registry) + generate_latest(state)


class _State(Collector):
    """Read when it is asked for, in one transaction. A database that does not answer is a scrape that fails, Prometheus's `up` of 0."""

    def collect(self) -> Iterator[Metric]:
        """One gauge after the other."""
        built = {"version": version("agent-lifecycle"), "python": platform.python_version()}
        build = GaugeMetricFamily(f"{PREFIX}_build_info", "What runs here; always 1.", labels=list(built))
        build.add_metric(list(built.values()), 1)
        yield build
        found = stands.gauges(context.database(), context.now())
        yield _gauge("variants", "Variants that are known.", found.variants)
        yield _gauge("quarantined_records", "Records that could not be taken in and wait for somebody.", found.quarantined)
        yield _counted(
            "open_drift_episodes", "Drift episodes that go on, by their worst severity.", "severity", found.open_episodes.items()
        )
        yield _counted("open_retraining_sessions", "Retrainings that go on, by where they stand.", "status", found.sessions.items())
        yield _gauge("open_probations", "Promoted versions on probation.", found.probations)
        yield _counted("alerting_signals", "Variants of which a signal alerts, silenced or not.", "signal", found.alerting.items())
        yield _gauge("open_alert_episodes", "Variants of which any signal alerts.", found.alert_episodes)
        yield _counted("alert_deliveries", "Deliveries of messages; one that is dead reached nobody.", "state", found.deliveries.items())
        interval = context.settings().watch_seconds or WATCH_S
        yield _gauge("watch_interval_seconds", "Seconds between two checks of the watch.", interval)
        if found.last_check_at is not None:
            last = found.last_check_at.timestamp()
            yield _gauge("last_check_timestamp_seconds", "When the watch checked last, in seconds since 1970.", last)


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value=value)


def _counted(name: str, about: str, label: str, counts: Iterable[tuple[str, int]]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=[label])
    for of, count in counts:
        family.add_metric([of], count)
    return family
