"""Where signals stand from look to look, and the episodes that group them: one message when it begins, one when it ends.

1. A look that alerts enters `ALERT` at once. Only looks that are well leave it, `quiet_checks` of them in a row: a warning counts as
   no better, and a look without data as nothing.
2. An episode of a variant goes on while any of its signals alerts, and a variant has one at most: a drift of three metrics, with a
   rate below its threshold, is one message.
3. A signal that joins an episode is told once; one that leaves and comes back in it is not told again.
4. An episode is renewed at an interval, unless all that alerts was well at the last look, and closed by a message when its last
   signal has left, if anybody was told of it.
5. A silenced signal moves as any other and is not told. What still alerts when its silence ends is told then.
6. A paused signal is watched, and never alerts.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from lifecycle_core.alerts.signals import Level, Reading, Signal, State
from lifecycle_core.policy import AlertPolicy

OWN_END: Final = frozenset({Signal.DRIFT, Signal.STALLED_WATCH})
"""Signals that end by rules of their own, and need no quiet looks besides."""

MOVES: Final[Mapping[tuple[State, Level], State]] = MappingProxyType(
    {
        **{(state, level): State(level) for state in State for level in Level if state is not State.ALERT},
        **{(State.ALERT, level): State.ALERT for level in Level},
    }
)
"""(state, what a look says) -> the state after it, unless it is the last of the quiet looks that leave `ALERT`, or the signal is paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one signal of a variant stands.

    since : the look that brought it there; judged_at : the last look that was kept. quiet : looks in a row that were well while it alerts.
    reading : of that last look.
    """

    signal: Signal
    state: State
    since: datetime
    judged_at: datetime
    quiet: int = 0
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEpisode:
    """One span in which signals of a variant alert.

    id : int; None until it is stored. told : the signals that messages have named; messages : how many there were; told_at : the last.
    """

    id: int | None = None
    variant: str
    opened_at: datetime
    closed_at: datetime | None = None
    told: tuple[Signal, ...] = ()
    told_at: datetime | None = None
    messages: int = 0


class Notice(StrEnum):
    """Why a message is sent of an episode."""

    OPENED = "opened"
    UPDATED = "updated"
    RENEWED = "renewed"
    CLOSED = "closed"


def after(before: Standing | None, reading: Reading, at: datetime, rules: AlertPolicy) -> Standing:
    """Where a signal stands after a look as of `at`; a look that is not newer than the last one kept changes nothing.

    >>> from datetime import UTC
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> after(None, Reading(signal=Signal.COST, level=Level.ALERT), noon, AlertPolicy()).state.value
    'alert'
    """
    if before is not None and at <= before.judged_at:
        return before
    was = State.NO_DATA if before is None else before.state
    state, quiet = MOVES[was, reading.level], 0
    if reading.signal in rules.watch_only:
        state = State.PAUSED
    elif was is State.ALERT and before is not None:
        quiet = before.quiet + 1 if reading.level is Level.OK else before.quiet if reading.level is Level.NO_DATA else 0
        if quiet >= (1 if reading.unwatched or reading.signal in OWN_END else rules.quiet_checks):
            state, quiet = State.OK, 0
    since = at if before is None or state is not was else before.since
    return Standing(signal=reading.signal, state=state, since=since, judged_at=at, quiet=quiet, reading=reading)


def worth_keeping(before: Standing | None, now: Standing) -> bool:
    """Whether a standing has to be written: it moved, or it alerts; what stays well is not written anew every hour.

    >>> from datetime import UTC
    >>> noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    >>> well = after(None, Reading(signal=Signal.COST, level=Level.OK), noon, AlertPolicy())
    >>> worth_keeping(None, well), worth_keeping(well, replace(well, judged_at=noon + timedelta(hours=1)))
    (True, False)
    """
    return now is not before and (before is None or before.state is not now.state or now.state is State.ALERT)


def grouped(  # noqa: PLR0917 - what there was, what there is, and the rules
    variant: str,
    episode: AlertEpisode | None,
    standings: Iterable[Standing],
    silenced: Collection[Signal],
    at: datetime,
    rules: AlertPolicy,
) -> tuple[AlertEpisode | None, Notice | None]:
    """The variant's episode as it is after a look, and why a message is due, if one is.

    episode : the open one; standings : of all signals of the variant; silenced : those that a silence covers now.
    None and None where no episode is open and none begins.
    """
    alerting = [it for it in standings if it.state is State.ALERT]
    if not alerting:
        if episode is None:
            return None, None
        return replace(episode, closed_at=at), Notice.CLOSED if episode.messages else None
    here = episode or AlertEpisode(variant=variant, opened_at=at)
    to_tell = [it.signal for it in alerting if it.signal not in silenced and it.quiet == 0]
    notice = _due(here, to_tell, at, timedelta(hours=rules.renew_hours))
    if notice is None:
        return here, None
    told = tuple(it for it in Signal if it in {*here.told, *to_tell})
    return replace(here, told=told, told_at=at, messages=here.messages + 1), notice


def _due(episode: AlertEpisode, to_tell: Collection[Signal], at: datetime, renewed_after: timedelta) -> Notice | None:
    if not to_tell:
        return None
    if episode.told_at is None:
        return Notice.OPENED
    if set(to_tell) - set(episode.told):
        return Notice.UPDATED
    return Notice.RENEWED if at >= episode.told_at + renewed_after else None
