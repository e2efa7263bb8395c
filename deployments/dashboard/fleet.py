"""The fleet: a row for each variant, what needs attention first, and what waits for whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from deployments.dashboard.charts import figure, spark
from deployments.dashboard.frame import Frame
from deployments.dashboard.rendering import address, ago, rendered
from deployments.dashboard.standing import Standing, standing
from lifecycle_core.operations.fleet import Fleet, Seen
from lifecycle_core.retraining.report.blocks import Trend
from lifecycle_core.retraining.session import Status as SessionStatus

ROWS: Final = 40
"""Variants on one page; the others a page further."""
DAYS: Final = 14
HEADS: Final = ("Booked", "Handed over", "Cost", "Response", "Action mix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """One metric of one row."""

    head: str
    drawing: Markup
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One variant."""

    name: str
    link: str
    standing: Standing
    session_link: str | None
    sparks: tuple[Spark, ...]
    n: int
    version: str
    since: str
    checked: str
    late: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a person, where to do it, and until when."""

    words: str
    link: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The variants of one page. query : what their names contain; number : of the page, from 1; total : on all pages."""

    shown: tuple[Seen, ...]
    query: str
    number: int
    total: int

    @property
    def names(self) -> list[str]:
        """What they are called."""
        return [it.summary.variant_name for it in self.shown]


def chosen(fleet: Fleet, query: str, number: int) -> Chosen:
    """The variants of a page, what needs attention first."""
    named = [it for it in fleet.variants if query.lower() in it.summary.variant_name.lower()]
    named.sort(key=lambda it: (standing(it).rank, it.summary.variant_name))
    return Chosen(shown=tuple(named[(number - 1) * ROWS : number * ROWS]), query=query, number=number, total=len(named))


def page(frame: Frame, fleet: Fleet, chosen: Chosen, trends: Mapping[str, tuple[Trend, ...]]) -> str:
    """The page of the fleet."""
    counts: dict[str, int] = {}
    for it in sorted(fleet.variants, key=lambda one: standing(one).rank):
        word = standing(it).word
        counts[word] = counts.get(word, 0) + 1
    return rendered(
        "fleet.html",
        frame=frame,
        title="Fleet",
        rows=[_row(frame, it, trends.get(it.summary.variant_name, ())) for it in chosen.shown],
        heads=HEADS,
        waiting=list(_waiting(frame, fleet)),
        counts=counts,
        chosen=chosen,
        pages=max(1, -(-chosen.total // ROWS)),
        first=(chosen.number - 1) * ROWS + 1,
        days=DAYS,
        empty=not fleet.variants,
    )


def reference(it: Trend) -> float | None:
    """What days before the last came to, each counted by its n."""
    before = [day for day in it.days[:-1] if day.value is not None]
    n = sum(day.n for day in before)
    return sum((day.value or 0.0) * day.n for day in before) / n if n else None


def _row(frame: Frame, it: Seen, trends: tuple[Trend, ...]) -> Row:
    name, change = it.summary.variant_name, it.activation
    sparks = tuple(
        Spark(head=head, drawing=spark(trend, reference(trend)), value=figure(trend.unit, trend.days[-1].value))
        for head, trend in zip(HEADS, trends, strict=False)
    )
    age = None if it.check is None else frame.at - it.check.at
    return Row(
        name=name,
        link=address("/variant", variant=name),
        standing=standing(it, trends),
        session_link=address("/retraining", sessionId=it.session.session_id) if it.session else None,
        sparks=sparks,
        n=trends[0].days[-1].n if trends else 0,
        version="no version" if it.summary.active_version is None else f"v{it.summary.active_version}",
        since="" if change is None else f"{ago(frame.at - change.at)} · by {change.by.removeprefix('key:')}",
        checked=ago(age) + (" ago" if age is not None else ""),
        late=age is not None and age.total_seconds() > 2 * frame.interval_s,
    )


def _waiting(frame: Frame, fleet: Fleet) -> list[Waiting]:
    found = []
    for it in fleet.variants:
        session = it.session
        if session is not None and session.status is SessionStatus.AWAITING_REVIEW:
            left = session.review_deadline_at
            until = "" if left is None else f"{ago(left - frame.at)} left"
            found.append(Waiting(f"Approve or reject {session.new_variant}", address("/retraining", sessionId=session.session_id), until))
    if fleet.dead:
        found.append(Waiting(f"{fleet.dead:,} messages reached nobody", "/alerts#messages", ""))
    if fleet.quarantined:
        found.append(Waiting(f"{fleet.quarantined:,} rows were refused: lifecycle quarantine show", "/settings#quarantine", ""))
    return found
