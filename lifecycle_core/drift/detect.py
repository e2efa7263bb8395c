"""A check: what the rollups say of a variant's five metrics as of an instant."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.drift.background import NOTHING, Background
from lifecycle_core.drift.checking import Checking
from lifecycle_core.drift.comparing import RANKS, Compared
from lifecycle_core.drift.evidence import Pair, shown
from lifecycle_core.drift.intervals import Asked, Interval, intervals
from lifecycle_core.drift.lasting import Lasting, entered
from lifecycle_core.drift.metrics import MEASURES, threshold_of
from lifecycle_core.drift.outlook import with_outlook
from lifecycle_core.drift.report import Against, Comparison, DriftReport, Held, Incident, Metric, MetricReport, Severity, Status
from lifecycle_core.drift.report import Tail as TailReport
from lifecycle_core.drift.severity import recommended
from lifecycle_core.drift.tails import Tail
from lifecycle_core.drift.teaching import ASSUMED_CORRELATION, FEWEST_DAYS
from lifecycle_core.drift.thresholds import by_threshold
from lifecycle_core.drift.windows import DAY, LENGTHS, REFERENCE_HOURS, instant, span
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.rollup_tables import RollupTable

__all__ = ["detect", "span"]


def detect(
    table: RollupTable, policy: Policy, at: datetime, *, latest: datetime | None = None, background: Background = NOTHING
) -> DriftReport:
    """The drift report of a version as of `at`, floored to the hour.

    table : the version's rollups, of the hours of `span(policy, at)` and of the frozen references at least; later ones are not looked at.
    policy : thresholds, windows shown, and what decides.
    latest : the end of the newest conversation known before `at`.
    background : what served before the version, and which alarms last or have ended.

    Raises InvalidInputError for an `at` that cannot be meant.

    >>> from datetime import UTC
    >>> import numpy as np
    >>> from lifecycle_core.rollups import WIDTH
    >>> nothing = RollupTable.of("baseline", 1, (), np.zeros(0, int), np.zeros(0, bool), np.zeros((0, WIDTH)))
    >>> detect(nothing, Policy(), datetime(2025, 10, 7, 12, tzinfo=UTC)).status.value
    'insufficient_data'
    """
    check = Checking(table, policy, span(policy, at), background)
    judging = _Judging(check)
    judged = [judging.verdict(metric) for metric in Metric]
    reports = tuple(it.report for it in judged)
    incidents = (*_provider_faults(judged), *check.incidents())
    severities = [it.severity for it in reports if it.drifting and it.severity]
    return DriftReport(
        variant=table.variant,
        version=table.version,
        at=instant(check.now),
        reference=Window(instant(check.reference.start), instant(check.reference.end)),
        recent=Window(instant(check.recent.start), instant(check.recent.end)),
        metrics=reports,
        incidents=incidents,
        recommended_action=recommended(severities, incidents=bool(incidents)),
        late_rows=round(float(check.gathered.shown_recent.of("late"))),
        day_correlation=max((it.correlation for it in judged if it.correlation is not None), default=None),
        day_correlation_assumed=any(it.assumed_from is not None for it in judged),
        latest=latest,
        notes=_notes(check, judged, latest),
        ended=tuple(it.held for it in check.lasting if it.held.ended),
        previous_version=None if check.compared_before is None else check.compared_before.version,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """A metric's report, the day correlation used, from which length on it was assumed, and the faults that explain an alarm."""

    report: MetricReport
    correlation: float | None = None
    assumed_from: int | None = None
    broken: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Judging:
    """The verdicts of a check."""

    check: Checking

    def verdict(self, metric: Metric) -> _Judged:
        main, policy = Comparison(metric), self.check.policy
        report = shown(metric, MEASURES[main], threshold_of(main, policy), self.check.gathered, self.check.table.actions)
        if policy.mode is Mode.THRESHOLD:
            return _Judged(by_threshold(report, MEASURES[main], self.check.gathered, policy))
        found = {it: told for it, told in self.found.items() if it.metric is metric}
        going_on = [it for it in self.going_on if it.held.comparison.metric is metric]
        begun = {it: told for it, told in found.items() if told.status is Status.DRIFT and not going_on}
        new = (self._entered(it, told.pair) for it, told in begun.items() if told.pair is not None)
        decisive, decided, pair_shown = self.decisive[main], *self.intervals[main]
        drifting = [it.status for it in found.values()] + [Status.DRIFT for _ in going_on]
        report = replace(
            report,
            status=max(drifting, key=RANKS.index),
            decided_by=None if decisive is None else decisive.evidence(self.check.comparing.level, decided),
            interval=None if report.relative_change is None else pair_shown,
            tail=next((self._tail(it, told) for it, told in found.items() if it.is_tail), None),
            held=(*(it.held for it in going_on), *new),
        )
        correlation, assumed_from = self._day_noise(found[main])
        if report.drifting:
            return _Judged(replace(report, severity=self._severity(begun.values(), going_on)), correlation, assumed_from)
        broken = next((it.broken for it in found.values() if it.broken), None)
        report = replace(report, incident=broken is not None)
        return _Judged(with_outlook(report, self.check, correlation or 0.0), correlation, assumed_from, broken)

    @cached_property
    def found(self) -> dict[Comparison, Compared]:
        return {it: self.check.comparing.compared(it) for it in Comparison}

    @cached_property
    def going_on(self) -> list[Lasting]:
        return [it for it in self.check.lasting if not it.held.ended]

    @cached_property
    def decisive(self) -> dict[Comparison, Pair | None]:
        """The latest conversations against the frozen weeks while an alarm lasts; else the length that speaks most strongly."""
        lasting = {it.held.comparison: it.pair(self.check.policy) for it in self.going_on}
        return {it: lasting.get(it) or told.pair for it, told in self.found.items()}

    @cached_property
    def intervals(self) -> dict[Comparison, tuple[Interval | None, Interval | None]]:
        """Of each comparison the interval of the pair that decides, and of the one that is shown."""
        windows = self.check.gathered.windows
        decided = {it: pair.asked(MEASURES[it]) for it, pair in self.decisive.items() if pair is not None}
        seen = {it: Asked.of(MEASURES[it], windows, told.scanned, -1) for it, told in self.found.items() if not it.is_tail}
        told = intervals([*decided.values(), *seen.values()])
        of_decided, of_seen = dict(zip(decided, told, strict=False)), dict(zip(seen, told[len(decided) :], strict=True))
        return {it: (of_decided.get(it), of_seen.get(it)) for it in Comparison}

    def _entered(self, it: Comparison, pair: Pair) -> Held:
        previous = self.check.compared_before
        other = previous is not None and pair.against is Against.PREVIOUS_VERSION
        return entered(it, pair, previous.version if other and previous is not None else self.check.table.version)

    def _tail(self, it: Comparison, told: Compared) -> TailReport | None:
        pair, measure = self.decisive[it], MEASURES[it]
        if pair is None or not isinstance(measure, Tail):
            return None
        held = any(lasts.held.comparison is it for lasts in self.going_on)
        edge = measure.edge(pair.windows.reference.take((np.array(pair.place),)))
        return TailReport(Status.DRIFT if held else told.status, edge, pair.evidence(self.check.comparing.level, self.intervals[it][0]))

    def _severity(self, begun: Iterable[Compared], going_on: list[Lasting]) -> Severity:
        """The worst of the alarms that this check finds and of those that last."""
        found = [it.severity for it in begun if it.severity is not None]
        return max([*found, *(it.severity(self.check.policy) for it in going_on)], key=lambda it: it.rank)

    def _day_noise(self, told: Compared) -> tuple[float | None, int | None]:
        """The largest day correlation used, and the shortest length for which it was assumed."""
        found, fewest = told.scanned.head(len(LENGTHS)), self.check.policy.min_samples_for_comparison
        enough = (found.recent_n >= fewest) & (found.reference_n >= fewest)
        if not enough.any():
            return None, None
        assumed = LENGTHS[enough & found.assumed]
        return float(found.correlation[enough].max()), int(assumed[0]) if len(assumed) else None


def _provider_faults(judged: list[_Judged]) -> tuple[Incident, ...]:
    explained = [it for it in judged if it.broken]
    if not explained:
        return ()
    worst = max(explained, key=lambda it: it.broken or (0.0, 0.0))
    share, before = worst.broken or (0.0, 0.0)
    evidence = worst.report.decided_by
    hours = evidence.hours if evidence else DAY
    metrics = tuple(it.report.metric for it in explained)
    listed = " and ".join(it.value.replace("_", " ") for it in metrics)
    share_text = f"{share:.1%} of the conversations of the last {hours} h, {before:.1%} before"
    message = f"a provider's fault broke {share_text}; without these {listed} would not alarm"
    return (Incident("provider_faults", message, share, before, evidence.onset if evidence else None, metrics),)


def _notes(check: Checking, judged: list[_Judged], latest: datetime | None) -> tuple[str, ...]:
    notes = []
    own, before = check.own.start, check.background.before
    cut = own > check.now - REFERENCE_HOURS
    if cut and before is not None:
        began = f"{instant(own):%Y-%m-%dT%H:%MZ}"
        meant = f"a change that is meant began at {began}; what came before is no reference"
        served = f"this version has served since {began}; nothing before that is its own"
        notes.append(served if before.compared else meant)
    if check.compared_before is not None:
        notes.append(f"while it is new it is also compared with the last weeks of version {check.compared_before.version}")
    assumed = [it.assumed_from for it in judged if it.assumed_from is not None]
    if assumed:
        notes.append(
            f"fewer than {FEWEST_DAYS} complete days lie before a window of {min(assumed)} h: "
            f"there the correlation within a day is assumed to be {ASSUMED_CORRELATION}, not learnt"
        )
    if not check.gathered.shown_recent.of("conversations"):
        another = latest is None or (cut and latest < instant(own))  # the conversation of a former version
        newest = "" if another else f"; the newest before ended at {latest:%Y-%m-%dT%H:%MZ}: ask as of then"
        notes.append(f"no conversation ended in the last {check.policy.recent_hours} h{newest}")
    return tuple(notes)
