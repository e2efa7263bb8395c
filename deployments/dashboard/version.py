"""A version: what it is, when it served, what it rests on, how it differs from another, and what a rollback from it would do."""

from dataclasses import dataclass
from datetime import datetime
from shlex import quote
from typing import Any

from deployments.dashboard.charts import figure
from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address, minute, rendered
from lifecycle_core.operations.versions_asked import NOT_UNDONE, Evidence, History, Preview
from lifecycle_core.retraining.report.blocks import Change, Facts, Mood, Said, Table, Unit, row
from lifecycle_core.versions.compare import Certainty, Comparison, Direction
from lifecycle_core.versions.diff import Diff
from lifecycle_core.versions.version import Activation, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Another version of the same variant, and how the two differ; no figures where one never served."""

    number: int
    diff: Diff
    comparison: Comparison


def page(frame: Frame, it: Version, evidence: Evidence | None, history: History, beside: Beside | None, preview: Preview) -> str:  # noqa: PLR0917 - all that a page shows
    """The page of a version."""
    name = it.variant_name
    others = [one.version for one in history.versions if one.version != it.version]
    return rendered(
        "version.html",
        frame=frame,
        title=f"{name}, version {it.version}",
        it=it,
        name=name,
        typed=quote(name),
        facts=_facts(it),
        lives=_lives(history.activations, it.version),
        evidence=evidence,
        evidence_link=address("/retraining", sessionId=evidence.session_id) if evidence and evidence.session_id else None,
        others=others,
        beside=beside,
        change=Change(beside.diff) if beside else None,
        compared=_compared(beside.comparison) if beside else None,
        preview=preview if preview.active and preview.active.version == it.version else None,
        not_undone=NOT_UNDONE,
        served=_served(preview) if preview.served else None,
    )


def _facts(it: Version) -> Facts:
    told: dict[str, Any] = dict(it.metadata)
    rows = [
        ("content hash", it.content_hash),
        ("written by", str(told.pop("createdBy", "-"))),
        ("registered", minute(it.created_at)),
        ("model", it.model or "as the agent is run"),
        ("tags", ", ".join(it.tags) or "none"),
    ]
    parent = told.pop("parent", told.pop("parentVersion", None))
    if parent is not None:
        rows.append(("made from", f"version {parent}"))
    rows += [(name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)) for name, value in told.items() if value]
    rows += [(name, str(value)) for name, value in it.parameters.items()]
    return Facts(tuple(rows))


def _lives(activations: tuple[Activation, ...], version: int) -> Table:
    """The spans in which it was active, the newest first."""
    ends: datetime | None = None
    rows = []
    for it in activations:  # the newest first: each lasts until the one before it in this order
        if it.version == version:
            how = "brought back by a rollback" if it.kind == "rollback" else "activated"
            rows.append(row(minute(it.at), "now" if ends is None else minute(ends), how, it.by, it.why))
        ends = it.at
    return Table(("from", "until", "how", "by", "why"), tuple(rows))


def _compared(it: Comparison) -> Table:
    """Two versions by what their traffic came to, each difference with its interval."""
    one, two = it.version1, it.version2
    rows = (
        _figures("booking rate", Unit.PERCENT, (one.booking_rate, two.booking_rate), it.booking_rate, better=Direction.HIGHER),
        _figures("escalation rate", Unit.PERCENT, (one.escalation_rate, two.escalation_rate), it.escalation_rate, better=Direction.LOWER),
        _figures("cost", Unit.DOLLARS, (one.avg_cost_usd, two.avg_cost_usd), it.avg_cost_usd, better=Direction.LOWER),
    )
    heads = ("metric", f"version {one.version}", f"version {two.version}", "difference, 95%", "n", "says")
    return Table(heads, rows, heads[1:5])


def _figures(name: str, unit: Unit, values: tuple[float | None, float | None], it: Certainty, *, better: Direction) -> tuple[Said, ...]:
    points = unit is Unit.PERCENT
    unit_of = " points" if points else "%"
    low_high = it.difference
    between = "-" if low_high is None else f"{100 * low_high.low:+.1f} to {100 * low_high.high:+.1f}{unit_of}"
    undecided = it.direction not in {Direction.HIGHER, Direction.LOWER}
    mood = Mood.PLAIN if undecided else Mood.GOOD if it.direction is better else Mood.BAD
    says = Said(it.direction.value, mood)
    return row(name, figure(unit, values[0]), figure(unit, values[1]), between, f"{it.n1:,} / {it.n2:,}", says)


def _served(it: Preview) -> str:
    served = it.served
    if served is None or served.booking_rate is None:
        return "it has served nobody yet"
    return f"it has served {served.total_conversations:,} conversations and booked {served.booking_rate:.1%}"
