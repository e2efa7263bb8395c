"""Alerts for people: how signals stand, silences, messages and how far they have come; and the outbox for whoever sends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lifecycle_core.alerts.delivery import Claimed, DeliveryState, Outcome, Sent
from lifecycle_core.alerts.messages import message_id, of_test
from lifecycle_core.alerts.signals import INSTALLATION, Reading, Signal, State
from lifecycle_core.alerts.silences import LONGEST, Silence, silenced
from lifecycle_core.alerts.states import AlertEpisode, Standing
from lifecycle_core.alerts.thresholds import Counted, readings
from lifecycle_core.errors import InvalidInputError, UnknownMessageError, UnknownSilenceError
from lifecycle_core.policy import Policy
from lifecycle_core.provenance import Provenance, expect_reason
from lifecycle_core.store import alerts, answers, audit, outbox, policies, variants
from lifecycle_core.store.database import Database, Transaction

MOST_AT_ONCE = 20
"""So many deliveries one worker claims at a time: all of them must be sent before its lease is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalNow:
    """A signal of a variant: where the last check left it, and what a look at it says now; silenced : nobody is told of it."""

    variant: str
    signal: Signal
    state: State
    since: datetime | None
    reading: Reading
    silenced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsNow:
    """How alerts stand as of `at`. signals : those that were judged or may be, by variant.

    episodes : that go on, by variant; deliveries : how many stand where, over all messages.
    """

    at: datetime
    signals: tuple[SignalNow, ...]
    episodes: Mapping[str, AlertEpisode]
    silences: tuple[Silence, ...]
    deliveries: Mapping[DeliveryState, int]

    @property
    def alerting(self) -> tuple[SignalNow, ...]:
        """The signals that alert."""
        return tuple(it for it in self.signals if it.state is State.ALERT)


def now(database: Database, at: datetime, variant: str | None = None) -> AlertsNow:
    """How signals stand, of one variant or of all; raises UnknownVariantError."""
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        names = [variant] if variant is not None else [*variants.names(tx), INSTALLATION]
        return _now(tx, at, alerts.standings(tx, names), {name: tuple(Signal) for name in names}, variant)


def speaking(database: Database, at: datetime) -> AlertsNow:
    """The same of all variants, with those signals alone that alert or warn: a page of many variants shows no others."""
    with database.read() as tx:
        kept = alerts.standings(tx, states=(State.ALERT, State.WARNING))
        return _now(tx, at, kept, {name: tuple(it for it in Signal if it in stands) for name, stands in sorted(kept.items())})


def counts(database: Database) -> Mapping[State, int]:
    """How many signals stand where, of all variants; what was never judged is not counted."""
    with database.read() as tx:
        return alerts.by_state(tx)


def _now(
    tx: Transaction,
    at: datetime,
    kept: Mapping[str, Mapping[Signal, Standing]],
    wanted: Mapping[str, Sequence[Signal]],
    variant: str | None = None,
) -> AlertsNow:
    counted, own = alerts.counted(tx, at, variant), policies.all(tx)
    held, going_on = alerts.silences(tx, at), alerts.open_episodes(tx)
    found: list[SignalNow] = []
    for name, signals in wanted.items():
        quiet, stands = silenced(held, name, at), kept.get(name, {})
        looked = readings(counted.get(name, Counted()), own.get(name, Policy()).alerts) if name != INSTALLATION else ()
        latest = {**{signal: it.reading for signal, it in stands.items()}, **{it.signal: it for it in looked}}
        found += [
            SignalNow(
                variant=name,
                signal=signal,
                state=stands[signal].state if signal in stands else State.NO_DATA,
                since=stands[signal].since if signal in stands else None,
                reading=latest[signal],
                silenced=signal in quiet,
            )
            for signal in signals
            if signal in latest
        ]
    return AlertsNow(
        at=at,
        signals=tuple(found),
        episodes={name: it for name, it in going_on.items() if variant in {None, name}},
        silences=tuple(held),
        deliveries=outbox.by_state(tx),
    )


def silence(  # noqa: PLR0917 - what a silence is, and who asks for it
    database: Database, act: Provenance, variant: str | None, signals: Collection[Signal], lasts: timedelta, reason: str
) -> Silence:
    """Keep everybody from being told of `signals` (none = all) of `variant` (None = all) from now on, for so long.

    Raises UnknownVariantError, and InvalidInputError without a reason or for a length that cannot be meant.
    """
    because = reason.strip()
    if not because:
        message = "a silence needs a reason; say why nobody is to be told, it is shown beside it"
        raise InvalidInputError(message, field="reason")
    expect_reason(because)
    if not timedelta(0) < lasts <= LONGEST:
        message = f"a silence of {lasts.total_seconds() / 3600:,.1f} hours is asked for; give more than 0 and up to {LONGEST.days * 24:,}"
        raise InvalidInputError(message, field="hours")
    told = replace(act, why=because)
    kept = Silence(
        variant=variant,
        signals=tuple(it for it in Signal if it in set(signals)),
        owner=act.by,
        reason=because,
        starts_at=act.at,
        ends_at=act.at + lasts,
    )
    request = ("silence", variant, kept.signals, lasts.total_seconds(), because)
    with database.write(told, "silence") as tx:
        if variant is not None:
            variants.expect(tx, variant)
        return answers.once(tx, told, request, Silence, lambda: alerts.add_silence(tx, kept))


def lift(database: Database, act: Provenance, silence_id: int) -> Silence:
    """End a silence before its time; one that is over stays as it is. Raises UnknownSilenceError."""
    expect_reason(act.why)
    with database.write(act, "lift_silence") as tx:
        answers.claim(tx, act, ("lift", silence_id, act.why))
        found = alerts.lift_silence(tx, silence_id, act.at, act.by)
    if found is None:
        message = f"no silence {silence_id} is known; lifecycle alerts list shows those that hold"
        raise UnknownSilenceError(message, field="silence")
    return found


def test(database: Database, act: Provenance, name: str) -> Sent:
    """Write a message that says nothing but that messages arrive, and is sent as the others are. name : tells this trial from others."""
    expect_reason(act.why)
    found = of_test(name, act.by, act.at)
    with database.write(act, "test_alerts") as tx:
        named = found if act.idempotency_key is None else replace(found, id=message_id("test", act.by, act.idempotency_key))
        if answers.claim(tx, act, ("test_alerts", act.why)):
            outbox.add(tx, act, named)
            audit.note(tx, f"alert_messages:{named.id}", {}, {"kind": named.kind.value})
        return _expect(outbox.get(tx, named.id), named.id)


def messages(database: Database, variant: str | None, limit: int, before: int | None = None) -> list[Sent]:
    """The newest messages with their deliveries, newest first; those under the number `before` where given. Raises UnknownVariantError."""
    with database.read() as tx:
        if variant is not None:
            variants.expect(tx, variant)
        return outbox.newest(tx, variant, limit, before)


def message(database: Database, message_id: str) -> Sent:
    """One message with its deliveries; raises UnknownMessageError."""
    with database.read() as tx:
        return _expect(outbox.get(tx, message_id), message_id)


@dataclass(frozen=True, slots=True)
class Resent:
    """How many dead deliveries are tried anew."""

    deliveries: int


def resend(database: Database, act: Provenance, message_id: str | None = None) -> Resent:
    """Let dead deliveries be tried anew, of one message or of all, under the ids that they had. Raises UnknownMessageError."""
    expect_reason(act.why)
    with database.write(act, "resend_alerts") as tx:
        return answers.once(tx, act, ("resend", message_id, act.why), Resent, lambda: _resend(tx, act, message_id))


def _resend(tx: Transaction, act: Provenance, message_id: str | None) -> Resent:
    if message_id is not None:
        _expect(outbox.get(tx, message_id), message_id)
    revived = outbox.revive(tx, act.at, message_id)
    if revived:
        audit.note(tx, f"alert_messages:{message_id or 'all'}", {"dead": revived}, {"dead": 0})
    return Resent(revived)


def take(database: Database, act: Provenance, targets: Collection[str], limit: int = MOST_AT_ONCE) -> list[Claimed]:
    """Address what is new to `targets`, and claim up to `limit` deliveries that are due; nothing is written where nothing waits."""
    with database.read() as tx:
        if not outbox.waiting(tx):
            return []
    with database.write(act, "take_deliveries") as tx:
        outbox.address(tx, targets, act.at)
        return outbox.claim(tx, targets, act.at, limit)


def settle(database: Database, act: Provenance, claimed: Claimed, outcome: Outcome) -> DeliveryState:
    """Keep what an attempt to send came to: -> where the delivery stands then."""
    with database.write(act, "settle_delivery") as tx:
        return outbox.settle(tx, claimed.delivery, outcome, act.at)


def _expect(found: Sent | None, message_id: str) -> Sent:
    if found is None:
        told = f"no message is called {message_id[:100]!r}; lifecycle alerts messages lists them"
        raise UnknownMessageError(told, field="message")
    return found
