"""What a check leaves to be explained, and the answer from the sums of its conversations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import exp
from typing import Any, Final

from lifecycle_core.conversations import Window
from lifecycle_core.drift.attribution import FEWEST, Attribution, Finding, Label, Quantity, Question
from lifecycle_core.drift.contributions import Noise, actions_of, errors_of, labels_of, unnamed_of
from lifecycle_core.drift.labelling import MOST_LABELS, ours
from lifecycle_core.drift.report import Against, Comparison, DriftReport, Metric, MetricReport, Status
from lifecycle_core.drift.slicing import DAY, TOTAL, N, Slices, Tally
from lifecycle_core.drift.teaching import ASSUMED_CORRELATION
from lifecycle_core.rollups import OTHER_ACTIONS, epoch_hour

DOUBTFUL: Final = frozenset({Status.DRIFT, Status.SUSPECTED})
MOST_UNNAMED: Final = 3
NEVER_RAISES: Final = "attribution explains an alarm and never raises one; labels overlap: each divides the whole change by itself"
GEOMETRIC: Final = "medians do not add: the mean of the logarithms is taken apart, and told as geometric means"


def questions_of(report: DriftReport, metric: Metric | None = None, left_out: tuple[Window, ...] = ()) -> tuple[Question, ...]:
    """What is to be explained of a check: the metrics that drift, else those suspected; or `metric`, whatever is known of it.

    A metric that is named and neither drifts nor is suspected is asked about by the pair that the reply shows.
    left_out : the spans of drifts that had ended, by which the check judged nothing.
    """
    named = [it for it in report.metrics if it.status is report.status and it.status in DOUBTFUL]
    asked = [_question(report, it) for it in (named if metric is None else [report.of(metric)])]
    return tuple(replace(it, left_out=left_out) if it.decided else it for it in asked)


def _question(report: DriftReport, it: MetricReport) -> Question:
    """By the alarm that lasts, the metric's own before its tail's; else by the stronger of what is suspected of the two."""
    held = min(it.held, key=lambda one: one.comparison.is_tail, default=None)
    if held is not None and not (held.comparison.is_tail and it.tail is None):
        return _asked(report, it, held.comparison, Window(held.onset, report.at), held.reference, held.version)
    if it.status in DOUBTFUL and it.decided_by is not None:
        by_tail = it.tail is not None and it.tail.status is it.status and it.tail.evidence.z >= it.decided_by.z
        evidence = it.tail.evidence if by_tail and it.tail is not None else it.decided_by
        comparison = Comparison(f"{it.metric.value}_tail" if by_tail else it.metric.value)
        other = report.previous_version if evidence.against is Against.PREVIOUS_VERSION else None
        return _asked(report, it, comparison, Window(evidence.onset, report.at), evidence.reference, other or report.version)
    return Question(Comparison(it.metric.value), report.recent, report.reference, report.version, report.version, decided=False)


def _asked(  # noqa: PLR0917 - what a question is made of
    report: DriftReport, it: MetricReport, comparison: Comparison, recent: Window, reference: Window, version: int
) -> Question:
    edge = it.tail.edge if comparison.is_tail and it.tail is not None else None
    return Question(comparison, recent, reference, report.version, version, like_hours=recent.hours < DAY, edge=edge)


@dataclass(frozen=True, slots=True)
class Sums:
    """What an example of a changed mix is known by: the actions that rose, and how often a conversation called each before."""

    slots: Mapping[str, int]
    before: Mapping[str, float]

    def excess(self, actions: Sequence[str]) -> tuple[float, str, int, float]:
        """By how many calls of risen actions a conversation passes the reference's average; most of it is one action, so often called."""
        counts: dict[str, int] = {}
        for name in actions:
            known = name if name in self.slots else OTHER_ACTIONS
            counts[known] = counts.get(known, 0) + 1
        over = {name: counts[name] - usual for name, usual in self.before.items() if counts.get(name, 0) > usual}
        if not over:
            return 0.0, "", 0, 0.0
        most = max(over, key=lambda name: (over[name], name))
        return sum(over.values()), most, counts[most], self.before[most]


def attribute(report: DriftReport, slices: Slices, tally: Tally) -> tuple[Attribution, Sums]:
    """What contributes to one comparison, without its examples, and what examples of a changed mix are known by."""
    question = tally.question
    it = report.of(question.comparison.metric)
    correlation = ASSUMED_CORRELATION if report.day_correlation is None else report.day_correlation
    noise = Noise(correlation, (max(1.0, question.recent.hours / DAY), max(1.0, float(len(tally.days[1])))))
    labels, finding = labels_of(slices, tally, noise)
    actions = actions_of(slices, tally, noise)
    (n1, total1), (n0, total0) = tally.whole.sums[:, 0, (N, TOTAL)].tolist()
    counted = question.quantity is not Quantity.MIX
    told = _told(it, question, tally)
    mean1, mean0 = (total / n if n and counted else None for total, n in ((total1, n1), (total0, n0)))
    logarithms = question.quantity is Quantity.GEOMETRIC_MEAN
    attribution = Attribution(
        question=question,
        status=it.status,
        recent_n=round(n1 if counted else tally.all_n[0]),
        reference_n=round(n0 if counted else tally.all_n[1]),
        recent_value=told[0],
        reference_value=told[1],
        relative_change=told[2],
        recent_quantity=exp(mean1) if logarithms and mean1 is not None else mean1,
        reference_quantity=exp(mean0) if logarithms and mean0 is not None else mean0,
        change=None if mean1 is None or mean0 is None else mean1 - mean0,
        labels=labels,
        finding=finding,
        actions=actions,
        errors=errors_of(tally, noise),
        examples=(),
        notes=tuple(_notes(slices, tally, labels)),
    )
    return attribution, Sums(slices.slots, {move.action: move.reference_calls for move in actions if move.of_g2 > 0})


def _told(it: MetricReport, question: Question, tally: Tally) -> tuple[float | None, float | None, float | None]:
    """The figures before and after, and the change, as the check tells them."""
    if not question.decided:
        return it.recent.value, it.reference.value, it.relative_change if it.total_variation is None else it.total_variation
    evidence = it.tail.evidence if question.comparison.is_tail and it.tail is not None else it.decided_by
    if evidence is not None and evidence.onset == question.recent.start and evidence.reference == question.reference:
        return evidence.recent_value, evidence.reference_value, evidence.relative_change
    return _own(question, tally)


def _own(question: Question, tally: Tally) -> tuple[float | None, float | None, float | None]:
    """The same from the conversations, where the check tells of another window than the alarm that lasts."""
    (n1, total1), (n0, total0) = tally.whole.sums[:, 0, (N, TOTAL)].tolist()
    if question.quantity is Quantity.MIX or not n1 or not n0:
        return None, None, None
    recent, reference = total1 / n1, total0 / n0
    if question.quantity is Quantity.GEOMETRIC_MEAN:
        recent, reference = exp(recent), exp(reference)
    return recent, reference, (recent - reference) / reference if reference else None


def _notes(slices: Slices, tally: Tally, labels: Sequence[Label]) -> list[str]:
    notes = [NEVER_RAISES]
    if tally.question.quantity is Quantity.GEOMETRIC_MEAN:
        notes.append(GEOMETRIC)
    if tally.question.quantity is not Quantity.MIX and not any(it.divides for it in labels):
        notes.append(f"no label has two segments with {FEWEST} conversations on both sides, or that came or went with as many")
    if not any(key.told for key in slices.labels.values):
        notes.append("the conversations tell no model and no segments; where they do, it is seen whose conversations changed")
    notes += [f"label {key.name!r} is left out: {why}" for key, why in slices.labels.skipped.items()]
    if slices.labels.crowded:
        notes.append(f"there are more than {MOST_LABELS} labels; those met first are looked at")
    for name, recent, reference in unnamed_of(tally, MOST_UNNAMED):
        notes.append(f"{name!r}, counted as {OTHER_ACTIONS!r}, was called {reference:.2f} times a conversation, now {recent:.2f}")
    return notes


def holds(finding: Finding, ended_at: datetime, values: Mapping[str, Any]) -> bool:
    """Whether a conversation belongs to the segment of `finding`; values : its model, version and segments."""
    if not finding.built_in:
        return bool(values["segments"].get(finding.label) == finding.segment.value)
    return ours(epoch_hour(ended_at), values["model"], values["version"])[finding.label] == finding.segment.value
