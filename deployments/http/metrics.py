"""How everything stands, in the words of Prometheus: base units, and no label that may have any number of values."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from lifecycle_core.operations import standing
from lifecycle_core.operations import status as stands
from tasks import context

PREFIX = "agent_lifecycle"


def exposition(registry: CollectorRegistry) -> bytes:
    """The metrics of this process's requests, and those of the database as it is now."""
    state = CollectorRegistry()
    state.register(_State())
    return generate_latest(registry) + generate_latest(state)


class _State(Collector):
    """Read when it is asked for, by one query of each kind."""

    def collect(self) -> Iterator[Metric]:
        """One gauge after the other."""
        at = context.now()
        found = stands.status(context.database(), at)
        sessions = standing.overview(context.database(), at, newest=0)
        episodes = [it.open_episode for it in found.variants if it.open_episode]
        yield _gauge("variants", "Variants that are known.", len(found.variants))
        yield _gauge("conversations", "Conversations that are kept.", found.conversations)
        yield _gauge("quarantined_records", "Records that could not be taken in and wait for somebody.", found.quarantined)
        by_severity = GaugeMetricFamily(
            f"{PREFIX}_open_drift_episodes", "Drift episodes that go on, by their worst severity.", labels=["severity"]
        )
        for severity in ("low", "medium", "high"):
            by_severity.add_metric([severity], sum(it.severity == severity for it in episodes))
        yield by_severity
        yield _gauge("open_retraining_sessions", "Retrainings that go on.", len(sessions.open))
        yield _gauge("probations", "Promoted versions on probation.", len(sessions.probations))
        if found.last_check_at is not None:
            yield _gauge(
                "last_check_timestamp_seconds", "When the watch checked last, in seconds since 1970.", found.last_check_at.timestamp()
            )


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value=value)
