"""The summary of a day or a week: what was watched, what drifted, what was retrained, what changed, and who was told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.alerts.delivery import DeliveryState, Sent
from lifecycle_core.drift.episodes import Episode
from lifecycle_core.reports.daily import Sums, share
from lifecycle_core.retraining.report.blocks import Facts, Mood, Report, Said, Section, Table, row
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.versions.version import Activation

MOST_ROWS: Final = 50
"""Of variants, the busiest; what is left out is counted."""
WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """All that a summary of the `days` before `at` tells.

    now, before : variant -> the plain sums of these days, and of as many before them. episodes : that went on in these days;
    sessions : that began or ended in them; activations, messages : of these days. checks : recorded in them.
    """

    at: datetime
    days: int
    now: Mapping[str, Sums]
    before: Mapping[str, Sums]
    episodes: Sequence[Episode]
    sessions: Sequence[Session]
    activations: Sequence[Activation]
    messages: Sequence[Sent]
    checks: int


def report(it: Source) -> Report:
    """The summary of these days."""
    going_on = [one for one in it.episodes if one.open]
    span = "week" if it.days == WEEK_DAYS else "day" if it.days == 1 else f"{it.days} days"
    outcome = Said(f"{len(going_on)} drifting", Mood.BAD) if going_on else Said("no drift goes on", Mood.GOOD)
    begins = it.at - timedelta(days=it.days)
    total = sum(one.get("conversations", 0.0) for one in it.now.values())
    dead = _dead(it.messages)
    figures = (
        ("conversations", f"{total:,.0f}"),
        ("variants with traffic", f"{len(it.now):,}"),
        ("drifts that began", f"{sum(one.created_at >= begins for one in it.episodes):,}"),
        ("retrainings that ended", f"{sum(not one.open for one in it.sessions):,}"),
        ("messages", f"{len(it.messages):,}{f', {dead} reached nobody' if dead else ''}"),
    )
    return Report(
        title=f"The {span} to {it.at:%Y-%m-%d %H:%MZ}",
        outcome=outcome,
        lead=_lead(it, len(going_on)),
        figures=figures,
        facts=Facts((("from", f"{begins:%Y-%m-%d %H:%MZ}"), ("to", f"{it.at:%Y-%m-%d %H:%MZ}"), ("checks", f"{it.checks:,}"))),
        sections=tuple(_sections(it)),
    )


def _lead(it: Source, going_on: int) -> str:
    promoted = sum(one.status is Status.PROMOTED for one in it.sessions)
    rollbacks = sum(one.kind == "rollback" for one in it.activations)
    drifts = f"{going_on} of {len(it.now)} variants drift now" if going_on else f"none of {len(it.now)} variants drifts now"
    return f"{drifts}; {promoted} {'candidate was' if promoted == 1 else 'candidates were'} promoted, {rollbacks} rolled back"


def _sections(it: Source) -> Iterator[Section]:
    yield Section(key="traffic", title="Variants", lead=_traffic_lead(it), blocks=(_traffic(it),))
    yield _part(
        "Drifts", ("went on in these days",) * 2, ("variant", "since", "until", "metrics", "severity", "checks"), map(_episode, it.episodes)
    )
    heads = ("session", "status", "incumbent", "candidate", "began", "ended")
    yield _part("Retrainings", ("began or ended",) * 2, heads, map(_session, it.sessions))
    yield _part("Versions", ("became active",) * 2, ("variant", "at", "version", "how", "by"), map(_activation, it.activations))
    yield _part("Messages", ("was written", "were written"), ("at", "message", "delivered"), map(_message, it.messages))


def _part(title: str, happened: tuple[str, str], heads: tuple[str, ...], rows: Iterable[tuple[Said, ...]]) -> Section:
    """A table of what happened, the newest of it; of nothing a sentence. happened : said of one, and of many."""
    told = tuple(rows)
    more = f"; the newest {MOST_ROWS} are shown" if len(told) > MOST_ROWS else ""
    blocks = (Table(heads, told[:MOST_ROWS]),) if told else ()
    return Section(key=title.lower(), title=title, lead=f"{len(told) or 'none'} {happened[len(told) > 1]}{more}", blocks=blocks)


def _traffic_lead(it: Source) -> str:
    more = len(it.now) - MOST_ROWS
    return "each beside as many days before" + (f"; the busiest {MOST_ROWS}, and {more:,} more" if more > 0 else "")


def _traffic(it: Source) -> Table:
    busiest = sorted(it.now, key=lambda name: (-it.now[name].get("conversations", 0.0), name))[:MOST_ROWS]
    heads = ("variant", "conversations", "booking rate", "95%", "before", "escalation rate", "cost")
    return Table(heads, tuple(_variant(name, it.now[name], it.before.get(name, {})) for name in busiest), figures=heads[1:])


def _variant(name: str, now: Sums, before: Sums) -> tuple[Said, ...]:
    booked, was, escalated = share(now, "booked"), share(before, "booked"), share(now, "escalated")
    interval = "" if booked is None else f"{booked[1][0]:.1%} to {booked[1][1]:.1%}"
    cost_n = now.get("cost_n", 0.0)
    cells = (f"{one[0]:.1%}" if one is not None else "" for one in (booked, was, escalated))
    rate, earlier, handed_over = cells
    cost = f"${now['cost_usd'] / cost_n:.6f}" if cost_n else ""
    return row(name, f"{now.get('conversations', 0.0):,.0f}", rate, interval, earlier, handed_over, cost)


def _episode(it: Episode) -> tuple[Said, ...]:
    until = Said("goes on", Mood.BAD) if it.closed_at is None else Said(f"{it.closed_at:%Y-%m-%d %H:%MZ}")
    drifts = ", ".join(one.value.replace("_", " ") for one in it.drifts)
    return row(it.variant, f"{it.onset_at:%Y-%m-%d %H:%MZ}", until, drifts, it.severity.value, f"{it.checks:,}")


def _activation(it: Activation) -> tuple[Said, ...]:
    return row(it.variant_name, f"{it.at:%Y-%m-%d %H:%MZ}", str(it.version), it.kind, it.by)


def _session(it: Session) -> tuple[Said, ...]:
    ended = "" if it.completed_at is None else f"{it.completed_at:%Y-%m-%d %H:%MZ}"
    mood = Mood.GOOD if it.success else Mood.PLAIN
    status = Said(it.status.value.replace("_", " "), mood)
    return row(it.session_id, status, str(it.incumbent_version), it.new_variant or "", f"{it.started_at:%Y-%m-%d %H:%MZ}", ended)


def _message(it: Sent) -> tuple[Said, ...]:
    states = [one.state for one in it.deliveries]
    told = "dead" if DeliveryState.DEAD in states else "pending" if DeliveryState.PENDING in states else "yes" if states else "waits"
    told = "to nobody" if it.addressed_at is not None and not states else told
    mood = Mood.BAD if told == "dead" else Mood.PLAIN
    return row(f"{it.message.at:%Y-%m-%d %H:%MZ}", it.message.title, Said(told, mood))


def _dead(messages: Sequence[Sent]) -> int:
    return sum(one.state is DeliveryState.DEAD for it in messages for one in it.deliveries)
