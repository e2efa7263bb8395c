"""Replay the watch over what is stored: which alarms and retrainings a policy would have brought, beside those of the present one.

1. The watch begins up to half a year before the range, so that an alarm that goes on at its beginning is known.
2. Before the first activation the version is the one that the traffic names.
3. What a retraining costs is the mean of the variant's past ones; without any it is unknown.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final

import numpy as np

from lifecycle_core.conversations import Window
from lifecycle_core.drift.report import Metric
from lifecycle_core.drift.windows import DAY, LOOK_BACK_HOURS, instant
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.operations.policies import expect_meant
from lifecycle_core.operations.traffic import FIRST_VERSION
from lifecycle_core.policy import Mode, Policy
from lifecycle_core.retraining.backtests import Backtest, Past, PastCost, Stretch, effective
from lifecycle_core.retraining.replaying import Before
from lifecycle_core.rollup_tables import RollupTable
from lifecycle_core.rollups import epoch_hour
from lifecycle_core.spending import Spent
from lifecycle_core.store import backtests, conversations, policies, sessions, variants
from lifecycle_core.store.database import Database, Transaction

MOST_YEARS: Final = 10
WARM_UP_HOURS: Final = 182 * DAY
_MOST_HOURS: Final = MOST_YEARS * 366 * DAY
_HOUR_S: Final = 3600
_EARLIEST_YEAR: Final = 2000


def backtest(
    database: Database,
    variant: str,
    at: datetime,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    changed: Policy | None = None,
) -> Backtest:
    """What the watch over `variant` would have done from `start` to `end`, as known at `at`; changes nothing.

    start, end : the first and the last check, floored to the hour; by default all that is stored.
    changed : a policy to set beside the variant's own.

    Raises UnknownVariantError, and InvalidInputError for a policy or a range that cannot be meant.
    """
    if changed is not None:
        expect_meant(changed)
    with database.read() as tx:
        variants.expect(tx, variant)
        current = policies.of(tx, variant)
        stored = _stored(tx, variant)
        first, last = _range(stored, at, start, end)
        activations = [
            (math.ceil(it.timestamp() / _HOUR_S), epoch_hour(it), version) for it, version in conversations.activations(tx, variant)
        ]
        begin = max(first - WARM_UP_HOURS, min(first, epoch_hour(stored.start) + 1))
        known = [(epoch_hour(at), epoch_hour(onset)) for at, onset in backtests.known_drifts(tx, variant)]
        stretches = list(_from_known(_joined(_stretches(tx, variant, activations, begin, last + 1)), known))
        cost = _past_cost(backtests.ended_sessions(tx, variant, at), current)
        began = sessions.last_began_at(tx, variant, instant(first))
        before = Before(last_began=None if began is None else math.ceil(began.timestamp() / _HOUR_S), open_hours=cost.open_hours)
        back = max(LOOK_BACK_HOURS, *(max(it.reference_days * DAY, it.recent_hours) for it in (current, changed or current)))
        past = Past(first, last, stretches, _tables(tx, variant, stretches, back), before)
    if not past.conversations():
        message = f"variant {variant!r} has no conversation {_told(first, last)}; its conversations ended {_told(*_hours(stored))}"
        raise InvalidInputError(message, field="from")
    return Backtest(
        variant=variant,
        ends=np.arange(first, last + 1),
        conversations=past.conversations(),
        current=past.course(current),
        changed=None if changed is None else past.course(changed),
        bare=past.course(replace(current, mode=Mode.THRESHOLD)),
        cost=cost,
        switches=tuple((it.first, it.version) for was, it in pairwise(stretches) if it.first > first and it.version != was.version),
        charts=tuple(past.chart(metric, current) for metric in Metric),
        notes=tuple(_notes(current, changed, first, activations[0][0] if activations else None)),
    )


def _stored(tx: Transaction, variant: str) -> Window:
    stored = backtests.traffic_between(tx, variant)
    if stored is None:
        message = f"variant {variant!r} has no conversation yet, so there is nothing to replay; lifecycle ingest takes them in"
        raise InvalidInputError(message, field="variant")
    return stored


def _range(stored: Window, at: datetime, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """The hours of the first and the last check."""
    _expect_meant("from", start, at)
    _expect_meant("to", end, at)
    first = epoch_hour(stored.start) + 1 if start is None else epoch_hour(start)
    last = min(epoch_hour(at), epoch_hour(stored.end)) if end is None else epoch_hour(end)
    if first > last:
        message = f"from is {_minute(first)} and to is {_minute(last)}; the first check must not come after the last: give an earlier from"
        raise InvalidInputError(message, field="from")
    if last - first > _MOST_HOURS:
        years = (last - first) / (365.25 * DAY)
        message = f"{_told(first, last)} are {years:.1f} years; a backtest replays at most {MOST_YEARS}: give a later from"
        raise InvalidInputError(message, field="from")
    return first, last


def _expect_meant(name: str, given: datetime | None, at: datetime) -> None:
    if given is None:
        return
    if given.tzinfo is None:
        message = f"{name} is {given.isoformat()} and has no zone; add Z for UTC ({given.isoformat()}Z), or an offset such as +02:00"
        raise InvalidInputError(message, field=name)
    if given.year < _EARLIEST_YEAR or given > at + timedelta(hours=1):
        message = f"{name} is {given.isoformat()}; give an instant from the year {_EARLIEST_YEAR} to now, {at:%Y-%m-%dT%H:%MZ}"
        raise InvalidInputError(message, field=name)


def _stretches(tx: Transaction, variant: str, activations: Sequence[tuple[int, int, int]], first: int, stop: int) -> Iterator[Stretch]:
    """Which version was checked when, as `operations.drift` decides it.

    activations : the first hour whose check sees each, the hour in which it was made, and its version; oldest first.
    """
    early = min(stop, activations[0][0]) if activations else stop
    if first < early:
        yield from _by_traffic(tx, variant, first, early)
    made: dict[int, tuple[int, int]] = {}
    for place, (_, hour, version) in enumerate(activations):
        if place and version not in made and version != activations[0][2]:
            made[version] = hour, activations[place - 1][2]
    seen = {it[0]: it[2] for it in activations}  # of several within an hour the last one is seen
    starts = [*seen, stop]
    for begin, end, version in zip(starts, starts[1:], seen.values(), strict=False):
        if max(first, begin) < min(end, stop):
            yield Stretch(version, max(first, begin), min(end, stop), *made.get(version, ()))


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """The same, those of one version that follow each other as one: an alarm lasts through them."""
    for _, found in groupby(stretches, key=lambda it: (it.version, it.since, it.previous)):
        first, *others = found
        yield replace(first, stop=[first, *others][-1].stop)


def _from_known(stretches: Iterable[Stretch], known: Sequence[tuple[int, int]]) -> Iterator[Stretch]:
    """The same, begun anew where a person called a drift known: from there on nothing before its onset is compared.

    known : the first hour whose check knows of it, and the onset; oldest first.
    """
    for it in stretches:
        marks = [(it.first, max((onset for at, onset in known if at <= it.first), default=None))]
        marks += [(at, onset) for at, onset in known if it.first < at < it.stop]
        for (first, onset), stop in zip(marks, [*(at for at, _ in marks[1:]), it.stop], strict=True):
            if onset is None or (it.since is not None and onset < it.since):
                yield replace(it, first=first, stop=stop)
            else:
                served = it.previous if onset == it.since else it.version
                yield Stretch(it.version, first, stop, onset, served, compared=False)


def _by_traffic(tx: Transaction, variant: str, first: int, stop: int) -> Iterator[Stretch]:
    named = [(epoch_hour(hour) + 1, version) for hour, version in backtests.versions_by_hour(tx, variant, instant(stop))]
    before = [version for hour, version in named if hour <= first]
    seen = [(first, before[-1] if before else FIRST_VERSION), *(it for it in named if it[0] > first)]
    starts = [next(them) for _, them in groupby(seen, key=itemgetter(1))]
    ends = [*(hour for hour, _ in starts[1:]), stop]
    yield from (Stretch(version, hour, end) for (hour, version), end in zip(starts, ends, strict=True) if hour < end)


def _tables(tx: Transaction, variant: str, stretches: Sequence[Stretch], back: int) -> dict[int, RollupTable]:
    """The rollups of each version that served, or served before one that did, over all hours that a check may look at."""
    wanted: dict[int, tuple[int, int]] = {}
    for it in stretches:
        for version, first, stop in ((it.version, it.first, it.stop), (it.previous, it.since, it.since)):
            if version is not None and first is not None and stop is not None:
                known = wanted.get(version, (first - back, stop))
                wanted[version] = min(known[0], first - back), max(known[1], stop)
    return {
        version: conversations.table(tx, variant, version, instant(max(0, first)), instant(stop))
        for version, (first, stop) in wanted.items()
    }


def _past_cost(ended: Sequence[backtests.EndedSession], policy: Policy) -> PastCost:
    if not ended:
        return PastCost(sessions=0, mean=None, usd_known=False, open_hours=policy.shadow.max_days * DAY, open_assumed=True)
    total = sum((it.spent for it in ended), Spent())
    mean = Spent(calls=round(total.calls / len(ended)), tokens=round(total.tokens / len(ended)), usd=total.usd / len(ended))
    hours = sum((it.ended - it.began).total_seconds() for it in ended) / len(ended) / _HOUR_S
    return PastCost(sessions=len(ended), mean=mean, usd_known=total.usd > 0, open_hours=max(1, math.ceil(hours)), open_assumed=False)


def _notes(current: Policy, changed: Policy | None, first: int, active_from: int | None) -> Iterator[str]:
    yield "The traffic stays what it was: whether an earlier retraining would have mended it cannot be known"
    if active_from is None or first < active_from:
        since = "No version is active yet" if active_from is None else f"The first version became active at {_minute(active_from)}"
        yield f"{since}; the backtest begins retrainings before that too, as if the prompt had been registered"
    if changed is not None and changed != current and effective(changed) == effective(current):
        yield "What was set plays no part in a backtest, which decides on alarms and on the beginning of retrainings alone"


def _hours(window: Window) -> tuple[int, int]:
    return epoch_hour(window.start), epoch_hour(window.end)


def _told(first: int, last: int) -> str:
    return f"from {_minute(first)} to {_minute(last)}"


def _minute(hour: int) -> str:
    return f"{instant(hour):%Y-%m-%dT%H:%MZ}"
