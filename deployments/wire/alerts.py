"""Alerts on the wire: how signals stand, silences, and messages with how far they have come."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field

from deployments.wire.base import AskedWire, CopiedWire, Wire, Zulu
from lifecycle_core.alerts.delivery import DeliveryState, Sent
from lifecycle_core.alerts.messages import Kind, sentence
from lifecycle_core.alerts.signals import Level, Signal, State
from lifecycle_core.alerts.silences import LONGEST
from lifecycle_core.alerts.states import AlertEpisode
from lifecycle_core.operations.alerts import AlertsNow, SignalNow
from lifecycle_core.provenance import MAX_REASON_CHARACTERS

MOST_HOURS = LONGEST.days * 24

Why = Annotated[str, Field(max_length=MAX_REASON_CHARACTERS, description="Kept in the audit log.")]
Number = Annotated[int, Field(ge=1, lt=2**31, strict=True)]


class SilenceRequest(AskedWire):
    """A silence to keep."""

    variant: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(default=None, description="All of them where left out.")
    signals: list[Signal] = Field(default_factory=list, description="All of them where none is named.")
    hours: Annotated[float, Field(gt=0, le=MOST_HOURS)] = Field(description="For how long, from now on.")
    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON_CHARACTERS)] = Field(description="Why; it is shown beside it.")


class LiftRequest(AskedWire):
    """A silence to end before its time."""

    silence_id: Number = Field(description="Its id.")
    reason: Why = ""


class SilenceWire(CopiedWire):
    """A silence: nobody is told of these signals of this variant until it ends."""

    id: int
    variant: str | None = Field(description="null for all of them.")
    signals: list[Signal] = Field(description="None for all of them.")
    owner: str
    reason: str
    starts_at: Zulu
    ends_at: Zulu
    lifted_at: Zulu | None = Field(description="When it was ended before its time.")
    lifted_by: str | None


class SignalWire(Wire):
    """One signal: where the last check left it, and what a look at it says now."""

    variant: str | None = Field(description="null for what is of no variant: the watch itself.")
    signal: Signal
    state: State
    since: Zulu | None
    level: Level = Field(description="What a look says, whatever was before it; a warning is past the threshold without the evidence.")
    words: str
    value: float | None
    threshold: float | None
    n: int | None
    silenced: bool

    @classmethod
    def of(cls, it: SignalNow) -> Self:
        """Shape it."""
        found = it.reading
        return cls(
            variant=it.variant or None,
            signal=it.signal,
            state=it.state,
            since=it.since,
            level=found.level,
            words=sentence(found),
            value=found.value,
            threshold=found.threshold,
            n=found.n,
            silenced=it.silenced,
        )


class AlertEpisodeWire(Wire):
    """A span in which signals of a variant alert."""

    id: int
    variant: str | None
    opened_at: Zulu
    told: list[Signal] = Field(description="The signals that messages have named.")
    told_at: Zulu | None
    messages: int

    @classmethod
    def of(cls, it: AlertEpisode) -> Self:
        """Shape it."""
        return cls(
            id=it.id or 0,
            variant=it.variant or None,
            opened_at=it.opened_at,
            told=list(it.told),
            told_at=it.told_at,
            messages=it.messages,
        )


class AlertsWire(Wire):
    """How alerts stand."""

    at: Zulu
    alerting: int
    signals: list[SignalWire]
    episodes: list[AlertEpisodeWire] = Field(description="Those that go on.")
    silences: list[SilenceWire] = Field(description="Those that hold.")
    targets: list[str] = Field(description="Where messages go; none where nothing is configured, and nobody is told.")
    deliveries: dict[DeliveryState, int] = Field(description="Of all messages; a dead one reached nobody.")

    @classmethod
    def of(cls, it: AlertsNow, targets: Sequence[str]) -> Self:
        """Shape it."""
        return cls(
            at=it.at,
            alerting=len(it.alerting),
            signals=[SignalWire.of(one) for one in it.signals],
            episodes=[AlertEpisodeWire.of(one) for _, one in sorted(it.episodes.items())],
            silences=[SilenceWire.of(one) for one in it.silences],
            targets=sorted(targets),
            deliveries=dict(it.deliveries),
        )


class DeliveryWire(CopiedWire):
    """One message's way to one target."""

    target: str
    state: DeliveryState
    attempts: int
    due_at: Zulu
    delivered_at: Zulu | None
    error: str | None = Field(description="What the last attempt came to.")


class MessageWire(Wire):
    """A message, and how far it has come."""

    id: str
    kind: Kind
    variant: str | None
    at: Zulu
    title: str
    signals: list[Signal]
    version: int | None
    link: str = Field(description="Where to read on, below the API's address, with the window that was judged.")
    rollback: str | None = Field(description="The command that goes back to the version before.")
    addressed: bool = Field(description="Whether it was handed to targets; one that was, and has no delivery, had none to go to.")
    deliveries: list[DeliveryWire]

    @classmethod
    def of(cls, it: Sent) -> Self:
        """Shape it."""
        found = it.message
        return cls(
            id=found.id,
            kind=found.kind,
            variant=found.variant or None,
            at=found.at,
            title=found.title,
            signals=[line.signal for line in found.lines],
            version=found.version,
            link=found.path,
            rollback=found.rollback,
            addressed=it.addressed_at is not None,
            deliveries=[DeliveryWire.of(one) for one in it.deliveries],
        )


class MessagesWire(Wire):
    """Messages, the newest first."""

    messages: list[MessageWire]
    next_cursor: str | None = Field(description="Ask with it for the older ones; null at the end.")

    @classmethod
    def of(cls, found: Sequence[Sent], limit: int) -> Self:
        """Shape them; a full page has a next one."""
        return cls(messages=[MessageWire.of(it) for it in found], next_cursor=str(found[-1].number) if len(found) == limit else None)


class ResendRequest(AskedWire):
    """Dead deliveries to be tried anew."""

    message_id: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Of this message; of all of them where left out."
    )
    reason: Why = ""


class TrialRequest(AskedWire):
    """A trial: whether messages arrive."""

    reason: Why = ""


class ResentWire(Wire):
    """How many dead deliveries are tried anew."""

    message_id: str | None
    resent: int
