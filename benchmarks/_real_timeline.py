"""The real timeline through the product: taken in hour by hour, checked each hour, and explained at its end."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks._real import NOW, conversations, lines, tabulate
from lifecycle_core.conversations import Conversation
from lifecycle_core.drift.attribution import Attribution, Explanation
from lifecycle_core.drift.detect import detect
from lifecycle_core.drift.report import DriftReport, Metric
from lifecycle_core.operations import drift, explaining, traffic
from lifecycle_core.operations.database import upgrade
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

TIMELINE: Final = "timeline.jsonl.gz"
SOURCE: Final = "tau2.jsonl.gz"
SWITCH: Final = NOW - timedelta(days=1)
"""When the model under the same prompt line was swapped."""
FIRST: Final = SWITCH - timedelta(hours=144)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The reports of every hour from `FIRST` to the end, in order, and what contributes to the last one's drifts.

    bare : at how many hours up to the switch the plan's thresholds on rates, cost and response time alarm by themselves.
    """

    reports: tuple[DriftReport, ...]
    explanation: Explanation
    bare: int

    @property
    def before(self) -> list[DriftReport]:
        """The checks up to the switch."""
        return [it for it in self.reports if it.at <= SWITCH]

    def alarms_before(self) -> int:
        """The checks up to the switch that find a drift or an incident."""
        return sum(bool(it.drifts or it.incidents) for it in self.before)

    def first(self, metric: Metric) -> datetime | None:
        """The first check after the switch that finds a drift of the metric."""
        return next((it.at for it in self.reports if it.at > SWITCH and metric in it.drifts), None)


def replayed(*, with_models: bool) -> Replayed:
    """Let the timeline pass. with_models : each conversation tells the model of the row that it was drawn from, as a log would."""
    held = sorted(_with_models() if with_models else conversations(TIMELINE), key=lambda it: it.ended_at)
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(database)
        reports = tuple(_reports(database, held))
        explanation = explaining.explain(database, held[0].variant, NOW)
        database.close()
    return Replayed(reports, explanation, bare_alarms())


def _reports(database: Database, held: Sequence[Conversation]) -> list[DriftReport]:
    ends = [it.ended_at for it in held]
    reports, taken, at = [], 0, ends[0].replace(minute=0, second=0, microsecond=0)
    while at < NOW:
        at += _HOUR
        act, come = Provenance("benchmark", at), bisect_left(ends, at)
        if come > taken:
            traffic.ingest(database, act, held[taken:come])
        taken = come
        if at >= FIRST:
            reports.append(drift.check_and_record(database, act, held[0].variant, at))
    return reports


def _with_models() -> list[Conversation]:
    """A row's own model: the timeline does not name it, its source does."""
    models = {it.id: it.model for it in conversations(SOURCE)}
    drawn_from = {it["id"]: models[it["source_id"]] for it in lines(TIMELINE)}
    return [replace(it, model=drawn_from[it.id]) for it in conversations(TIMELINE)]


def bare_alarms() -> int:
    """At how many hours from `FIRST` to the switch the plan's four thresholds alarm by themselves, whatever the number of conversations."""
    table, bare = tabulate(conversations(TIMELINE)), Policy(mode=Mode.THRESHOLD, min_samples_for_comparison=1)
    hours = [FIRST + _HOUR * back for back in range(int((SWITCH - FIRST) / _HOUR) + 1)]
    return sum(bool(set(detect(table, bare, at).drifts) - {Metric.ACTION_DISTRIBUTION}) for at in hours)


def answer(it: Attribution) -> str:
    """What attribution says of one metric, in a few words."""
    found = it.finding
    if found is None:
        return f"{it.question.comparison.value}: no segment sets the change apart"
    return (
        f"{it.question.comparison.value}: {found.label} = {found.segment.value} stands for {found.of_change:.0%} of the change, "
        f"by its {'size' if found.cause.value == 'mix' else 'rate'}, with {found.size:.0%} of the conversations"
    )
