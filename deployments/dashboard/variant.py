"""A variant: five metrics on one axis, why each did or did not alarm, what happened, and what may be done."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from shlex import quote
from typing import Any, Final

from markupsafe import Markup

from deployments.dashboard.charts import Guide, Mark, figure, panel
from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address, minute, rendered
from deployments.dashboard.standing import UNITS, standing
from lifecycle_core.conversations import Window, hour_of
from lifecycle_core.drift.attribution import Attribution, Explanation
from lifecycle_core.drift.report import Metric, MetricReport
from lifecycle_core.drift.vocabulary import Status
from lifecycle_core.operations.fleet import Course, Seen
from lifecycle_core.operations.versions_asked import Preview
from lifecycle_core.retraining.report.blocks import Mood, Said, Table, Trend, row

RANGES: Final = (7, 14, 28, 90)
TITLES: Final = {
    Metric.BOOKING_RATE: "Booking rate",
    Metric.ESCALATION_RATE: "Escalation rate",
    Metric.COST: "Cost of a conversation",
    Metric.RESPONSE_TIME: "Response time",
    Metric.ACTION_DISTRIBUTION: "Action mix",
}
MOODS: Final = {Status.DRIFT: Mood.BAD, Status.SUSPECTED: Mood.DOUBT, Status.STABLE: Mood.GOOD, Status.INSUFFICIENT_DATA: Mood.PLAIN}
_HARM: Final = {Metric.BOOKING_RATE: "below", Metric.ACTION_DISTRIBUTION: "above"}
_SUSPECTED_Z: Final = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One metric: its drawing, how it stands, and the rule with its values."""

    key: str
    title: str
    status: Said
    now: str
    drawing: Markup
    rule: tuple[str, ...]
    explain: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something that happened to a variant, and where to read on."""

    at: datetime
    kind: str
    words: str
    link: str | None = None


def page(frame: Frame, seen: Seen, found: Course, preview: Preview, days: int) -> str:
    """The page of a variant."""
    name = seen.summary.variant_name
    happened = list(_happened(found, name))
    span = timedelta(days=days)
    start = hour_of(frame.at) - span
    marks = [Mark(place=(it.at - start) / span, kind=it.kind, words=it.words) for it in happened if it.at > start]
    return rendered(
        "variant.html",
        frame=frame,
        title=name,
        name=name,
        typed=quote(name),
        seen=seen,
        standing=standing(seen, found.trends),
        panels=[_panel(it, trend, marks, name, frame) for it, trend in zip(found.report.metrics, found.trends, strict=True)],
        report=found.report,
        policy=found.policy,
        happened=happened,
        kinds=sorted({mark.kind for mark in marks}),
        preview=preview,
        days=days,
        ranges=RANGES,
        samples=found.policy.shadow.max_samples,
    )


def explained(frame: Frame, variant: str, it: Explanation) -> str:
    """The page of what contributes to a drift, with the conversations behind it."""
    return rendered(
        "explain.html",
        frame=frame,
        title=f"Why, {variant}",
        name=variant,
        typed=quote(variant),
        found=it,
        parts=[_part(one) for one in it.attributions],
    )


def as_csv(course: Course) -> str:
    """The days of all five metrics, a row each."""
    lines = ["metric,day,value,low,high,n"]
    for it, trend in zip(course.report.metrics, course.trends, strict=True):
        for day in trend.days:
            cells = (day.value, *(day.interval or (None, None)))
            lines.append(",".join([it.metric.value, day.label, *("" if cell is None else f"{cell:.8g}" for cell in cells), str(day.n)]))
    return "\r\n".join(lines) + "\r\n"


def as_json(course: Course) -> dict[str, Any]:
    """The same for programs."""
    metrics = {
        it.metric.value: [{"day": day.label, "value": day.value, "interval": day.interval, "n": day.n} for day in trend.days]
        for it, trend in zip(course.report.metrics, course.trends, strict=True)
    }
    return {"variant": course.report.variant, "at": course.report.at.isoformat(), "metrics": metrics}


def _panel(it: MetricReport, trend: Trend, marks: list[Mark], variant: str, frame: Frame) -> Panel:
    harm = _HARM.get(it.metric, "above")
    before = it.decided_by.reference_value if it.decided_by and it.drifting else it.reference.value
    level = None if before is None else before * (1 - it.threshold if harm == "below" else 1 + it.threshold)
    if it.metric is Metric.ACTION_DISTRIBUTION:
        level = it.threshold
    last = trend.days[-1]
    status = f"{it.status.value.replace('_', ' ')}{f', {it.severity.value}' if it.severity else ''}"
    return Panel(
        key=it.metric.value,
        title=TITLES[it.metric],
        status=Said(status.capitalize(), MOODS[it.status]),
        now=f"{figure(trend.unit, last.value)}, n = {last.n:,} in the last day",
        drawing=panel(trend, Guide(reference=before, level=level, harm=harm), marks),
        rule=tuple(_rule(it)),
        explain=address("/explain", variant=variant, metric=it.metric.value, at=f"{frame.at:%Y-%m-%dT%H:%M:%SZ}"),
        table=_table(trend),
    )


def _rule(it: MetricReport) -> Iterator[str]:
    """Why it did or did not alarm: each condition with its values."""
    by, unit = it.decided_by, UNITS.get(it.metric)
    if by is None:
        yield f"Nothing is compared: {it.recent.n:,} conversations now and {it.reference.n:,} before know the figure, which is too few."
        return
    passed = by.relative_change is not None and abs(by.relative_change) >= it.threshold
    if unit is None:
        moved = "-" if by.relative_change is None else f"{by.relative_change:.1%}"
        yield f"{_sign(passed)} {moved} of actions moved in the last {by.hours} h; the threshold is {it.threshold:.0%}."
    else:
        change = "cannot be told" if by.relative_change is None else f"{by.relative_change:+.1%}"
        pair = f"{figure(unit, by.recent_value)} in the last {by.hours} h against {figure(unit, by.reference_value)} before"
        yield f"{_sign(passed)} {pair}: {change}; the threshold is {it.threshold:.0%}."
    proved = by.z >= by.entry
    yield f"{_sign(proved)} Evidence z = {by.z:.1f}; a drift needs {by.entry:.1f}, which pays for every look; a suspicion {_SUSPECTED_Z}."
    yield f"n = {by.recent_n:,} against {by.reference_n:,}, {_against(by.against)} since {minute(by.onset)}."
    if it.incident:
        yield "It would alarm, and does not: without the conversations that a provider's fault broke nothing is left of it."
    for one in it.held:
        yield f"The alarm of {minute(one.entered_at)} lasts: {one.quiet_checks} of {one.needed} quiet checks that would end it."
    if it.needed is not None and it.needed.days[1] is not None:
        yield f"A change of {it.needed.change:+.0%} would be proved in {it.needed.days[1]:.0f} days, nine times in ten."


def _sign(holds: bool) -> str:  # noqa: FBT001 - it is what the sign tells
    return "✓" if holds else "✕"


def _against(whose: str) -> str:
    said = {"own": "its own weeks before", "previous_version": "the version before it", "frozen": "the healthy weeks before the alarm"}
    return f"compared with {said[whose]},"


def _table(it: Trend) -> Table:
    rows = tuple(
        row(
            day.label,
            figure(it.unit, day.value),
            "" if day.interval is None else f"{figure(it.unit, day.interval[0])} to {figure(it.unit, day.interval[1])}",
            f"{day.n:,}",
        )
        for day in it.days
    )
    return Table(("day", "value", "95%", "n"), rows, ("value", "95%", "n"))


def _happened(found: Course, variant: str) -> Iterator[Happened]:
    """All that happened, the newest first."""
    every: list[Happened] = []
    for it in found.activations:
        words = (
            f"version {it.version} {'brought back' if it.kind == 'rollback' else 'activated'} by {it.by}{f': {it.why}' if it.why else ''}"
        )
        link = address("/version", variant=variant, version=it.version)
        every.append(
            Happened(
                at=it.at, kind="rollback" if it.kind == "rollback" else "promoted" if it.session_id else "activated", words=words, link=link
            )
        )
    for one in found.episodes:
        drifts = ", ".join(name.value.replace("_", " ") for name in one.drifts)
        ended = "goes on" if one.closed_at is None else f"ended {minute(one.closed_at)}"
        every.append(Happened(at=one.onset_at, kind="drift", words=f"{drifts} began to drift, {one.severity.value}; {ended}"))
    for session in found.sessions:
        words = f"retraining by {session.opened_by}: {session.status.value.replace('_', ' ')}"
        link = address("/retraining", sessionId=session.session_id)
        every.append(Happened(at=session.started_at, kind="retraining", words=words, link=link))
    every += [Happened(at=it.since, kind="incident", words=it.message) for it in found.report.incidents if it.since is not None]
    yield from sorted(every, key=lambda it: it.at, reverse=True)


def _part(it: Attribution) -> dict[str, Any]:
    """One metric's attribution, as tables."""
    segments = tuple(
        row(
            label.name,
            one.value,
            f"{one.recent_n:,} / {one.reference_n:,}",
            "" if one.of_change is None else f"{one.of_change:+.0%}",
            "" if one.q is None else f"{one.q:.3f}" if one.q >= _SMALL_Q else f"< {_SMALL_Q}",
        )
        for label in it.labels
        for one in label.segments[:_SEGMENTS]
    )
    errors = tuple(row(one.tool or "-", one.message, f"{one.recent_share:.1%}", f"{one.reference_share:.1%}") for one in it.errors)
    examples = tuple(row(one.id, minute(one.ended_at), one.why) for one in it.examples)
    finding = it.finding
    lead = "No segment sets the change apart: it is everywhere alike."
    if finding is not None:
        lead = f"{finding.label} = {finding.segment.value} stands for {finding.of_change:.0%} of the change ({finding.cause.value})."
    return {
        "title": TITLES[it.question.comparison.metric],
        "lead": lead,
        "spans": f"{_span(it.question.recent)}, against {_span(it.question.reference)}",
        "segments": Table(("label", "value", "n now / before", "of the change", "q"), segments, ("n now / before", "of the change", "q"))
        if segments
        else None,
        "errors": Table(("tool", "failure", "now", "before"), errors, ("now", "before")) if errors else None,
        "examples": Table(("conversation", "ended", "why it is shown"), examples) if examples else None,
        "notes": it.notes,
    }


def _span(it: Window) -> str:
    return f"{minute(it.start)} to {minute(it.end)}"


_SEGMENTS: Final = 6
_SMALL_Q: Final = 0.001
