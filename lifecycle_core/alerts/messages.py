"""What is said to whoever answers for a variant: in our own words and numbers alone, never in a customer's."""

import hashlib
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from lifecycle_core.alerts.signals import INSTALLATION, Reading, Signal
from lifecycle_core.alerts.states import AlertEpisode, Notice, Standing
from lifecycle_core.retraining.session import Session
from lifecycle_core.versions.version import Activation, Rollback

ALERTS: Final = "/alerts"
SESSION: Final = "/retraining"
VARIANT: Final = "/variant"


class Kind(StrEnum):
    """Why a message is sent: what becomes of an episode, something that happened once, or a trial."""

    OPENED = "opened"
    UPDATED = "updated"
    RENEWED = "renewed"
    CLOSED = "closed"
    HAPPENED = "happened"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a message says of one signal. words : one sentence; the numbers stand beside it. since : when it began to alert."""

    signal: Signal
    words: str
    value: float | None = None
    threshold: float | None = None
    n: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, the same to every target.

    id : the same for the same news, however often it is made or sent. variant : "" for the installation itself.
    episode_id : of alerts; None for what happened once. title : one sentence. version : the active one.
    last_change : of the active version, in words. path : where to read on, below the API's address, with the window that was judged.
    rollback : the command that goes back to the version before; None where there is nothing to go back to.
    """

    id: str
    kind: Kind
    variant: str
    at: datetime
    title: str
    lines: tuple[Line, ...]
    path: str
    episode_id: int | None = None
    since: datetime | None = None
    version: int | None = None
    last_change: str | None = None
    rollback: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What serves: the newest activation of a variant, and the version that a rollback would bring back."""

    newest: Activation | None = None
    below: int | None = None

    @property
    def last_change(self) -> str | None:
        """The newest activation in words; its reason, which anybody may have typed, is left to the audit log."""
        it = self.newest
        if it is None:
            return None
        how = "rolled back to" if it.kind == "rollback" else "activated"
        return f"version {it.version} {how} at {it.at:%Y-%m-%d %H:%MZ} by {it.by}"


def of_episode(notice: Notice, episode: AlertEpisode, standings: Iterable[Standing], serving: Serving, at: datetime) -> Message:
    """The message of an episode: a line for each signal that alerts; when it is over, for each that was told."""
    over = notice is Notice.CLOSED
    said = [it for it in standings if it.signal in episode.told]
    lines = tuple(_line(it, over=over) for it in sorted(said, key=lambda it: list(Signal).index(it.signal)))
    name = episode.variant or "this installation"
    more = f", and {len(lines) - 1} more" if len(lines) > 1 else ""
    said_first = lines[0].words if lines else "nothing alerts any more"
    begins = {Notice.OPENED: "", Notice.UPDATED: "also: ", Notice.RENEWED: "still: ", Notice.CLOSED: "over: "}[notice]
    return Message(
        id=message_id("episode", episode.variant, episode.id, episode.messages, notice),
        kind=Kind(notice.value),
        variant=episode.variant,
        at=at,
        title=f"{name}: {begins}{said_first}{more}",
        lines=lines,
        path=ALERTS if episode.variant == INSTALLATION else _path(VARIANT, variant=episode.variant, at=_typed(at)),
        episode_id=episode.id,
        since=episode.opened_at,
        **_of(serving, episode.variant),
    )


def of_verdict(session: Session, serving: Serving) -> Message:
    """The message of a retraining that ended, by its status and its numbers; what people typed stands in its report."""
    analysis, at = session.shadow_analysis, session.completed_at or session.started_at
    evidence = f" after {analysis.n} samples, e = {analysis.e_better:,.1f} for better" if analysis else ""
    words = f"retraining ended {session.status.value.replace('_', ' ')}{evidence}"
    if session.new_variant:
        words += f"; its candidate is {session.new_variant}"
    n = analysis.n if analysis else None
    return Message(
        id=message_id("verdict", session.session_id),
        kind=Kind.HAPPENED,
        variant=session.variant,
        at=at,
        title=f"{session.variant}: {words}",
        lines=(Line(signal=Signal.VERDICT, words=words, n=n, since=session.started_at),),
        path=_path(SESSION, sessionId=session.session_id),
        since=session.started_at,
        **_of(serving, session.variant),
    )


def of_rollback(done: Rollback, serving: Serving) -> Message:
    """The message of a rollback, whoever made it."""
    words = f"rolled back from version {done.previous_version} to {done.current_version}"
    return Message(
        id=message_id("rollback", done.variant_name, done.revision),
        kind=Kind.HAPPENED,
        variant=done.variant_name,
        at=done.rolled_back_at,
        title=f"{done.variant_name}: {words}",
        lines=(Line(signal=Signal.ROLLBACK, words=words, since=done.rolled_back_at),),
        path=_path(VARIANT, variant=done.variant_name),
        since=done.rolled_back_at,
        **_of(serving, done.variant_name),
    )


def of_test(name: str, by: str, at: datetime) -> Message:
    """A message that says nothing but that messages arrive. name : tells this trial from others."""
    words = f"a test by {by}: messages of this installation arrive here"
    return Message(id=message_id("test", name), kind=Kind.TEST, variant=INSTALLATION, at=at, title=words, lines=(), path=ALERTS)


def message_id(*parts: object) -> str:
    """The id of a message, from what it is news of: made again, it is the same.

    >>> message_id("test", "a")
    'msg_62353f2c781178383df3'
    """
    return f"msg_{hashlib.sha256(repr(tuple(str(it) for it in parts)).encode()).hexdigest()[:20]}"


def sentence(it: Reading) -> str:
    """What a look found, in one sentence without its full stop.

    >>> from lifecycle_core.alerts.signals import Level
    >>> sentence(Reading(signal=Signal.BOOKING_RATE, level=Level.ALERT, value=0.612, threshold=0.7, n=412))
    'booking rate 61.2% over 24 h, below 70.0% (n = 412)'
    """
    written = _WRITTEN.get(it.signal)
    if written is None or it.value is None or it.threshold is None:
        return f"{it.signal.words}: {it.detail}" if it.detail else f"no {it.signal.words}"
    figure, span, below = written
    past = it.value < it.threshold if below else it.value > it.threshold
    side = ("below" if below else "above") if past else ("not below" if below else "not above")
    n = "" if it.n is None else f" (n = {it.n:,})"
    return f"{it.signal.words} {figure(it.value)} {span}, {side} {figure(it.threshold)}{n}"


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _dollars(value: float) -> str:
    return f"${value:.6f}"


def _whole(value: float) -> str:
    return f"{value:.0f}"


_WRITTEN: Final[Mapping[Signal, tuple[Callable[[float], str], str, bool]]] = {
    Signal.BOOKING_RATE: (_percent, "over 24 h", True),
    Signal.ESCALATION_RATE: (_percent, "over 24 h", False),
    Signal.COST: (_dollars, "a conversation over 24 h", False),
    Signal.DRIFT_FREQUENCY: (_whole, "in 7 days", False),
    Signal.RETRAINING_SUCCESS: (_percent, "over 180 days", True),
    Signal.ROLLBACK_FREQUENCY: (_whole, "in 30 days", False),
}
"""How a value is written, over which span it was counted, and whether it alerts below its threshold."""


def _line(it: Standing, *, over: bool) -> Line:
    found = it.reading
    words = f"{it.signal.words} no longer alerts" if over else sentence(found)
    return Line(signal=it.signal, words=words, value=found.value, threshold=found.threshold, n=found.n, since=found.since or it.since)


def _of(serving: Serving, variant: str) -> dict[str, Any]:
    rollback = None if serving.below is None else f"lifecycle versions rollback {shlex.quote(variant)}"
    return {"version": serving.newest.version if serving.newest else None, "last_change": serving.last_change, "rollback": rollback}


def _typed(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _path(route: str, **asked: str) -> str:
    return f"{route}?{urlencode(asked)}"
