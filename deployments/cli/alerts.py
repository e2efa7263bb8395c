"""`lifecycle alerts`: what alerts, who is told of it, and whether that arrives."""

from typing import TYPE_CHECKING

import click

from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.completion import variants
from deployments.cli.shown import (
    BAD_NEWS,
    NOTHING,
    coloured,
    command,
    json_option,
    limit_option,
    minute,
    print_json,
    print_table,
    printable,
)

if TYPE_CHECKING:
    from rich.text import Text

    from lifecycle_core.alerts.delivery import Sent
    from lifecycle_core.operations.alerts import AlertsNow, SignalNow

SIGNALS = (
    "drift",
    "incident",
    "booking_rate",
    "escalation_rate",
    "cost",
    "drift_frequency",
    "retraining_success",
    "rollback_frequency",
    "stalled_watch",
    "verdict",
    "rollback",
)
SIGNALS_HELP = f"Only this one of {', '.join(SIGNALS)}. Repeatable.  [default: all]"
COLOURS = {"alert": "bold red", "warning": "yellow", "ok": "green", "paused": "dim", "no_data": "dim"}
SENT = "a message that was sent is read; there is no way to take it back"

one_variant = click.option("--variant", metavar="VARIANT", shell_complete=variants, help="Of this variant alone.")


@click.group()
def alerts() -> None:
    """What alerts, who is told of it, and whether that arrives."""


@alerts.command("list")
@one_variant
@click.option("--all", "everything", is_flag=True, help="Also the signals that are well.")
@json_option
def list_alerts(*, variant: str | None, everything: bool, as_json: bool) -> None:
    """Show the signals that are not well, the silences that hold, and whether messages arrive.

    A warning is past its threshold without the evidence: it is shown here and
    sent to nobody. Thresholds are settings of each variant's policy: alerts.*.
    """
    from deployments.wire.alerts import AlertsWire
    from lifecycle_core.operations import alerts as operations
    from tasks import alerts as tasks
    from tasks import context

    found = operations.now(context.database(), context.now(), variant)
    if as_json:
        print_json(AlertsWire.of(found, list(tasks.targets())))
        return
    shown = [it for it in found.signals if everything or it.state.value in {"alert", "warning"} or it.reading.level.value == "alert"]
    if shown:
        print_table(("variant", "signal", "state", "since", "now"), (_row(it) for it in shown))
    else:
        click.echo("Nothing alerts")
    _tell_silences(found)
    _tell_deliveries(found, list(tasks.targets()))


@alerts.command()
@one_variant
@limit_option
@json_option
def messages(*, variant: str | None, limit: int, as_json: bool) -> None:
    """List the messages that were written, and how far each has come, the newest first."""
    from deployments.wire.alerts import MessagesWire
    from lifecycle_core.operations import alerts as operations
    from tasks import context

    found = operations.messages(context.database(), variant, limit)
    if as_json:
        print_json(MessagesWire.of(found, limit))
        return
    if not found:
        click.echo("No message was written yet")
        return
    print_table(
        ("at", "id", "kind", "message", "delivered"),
        ((minute(it.message.at), it.message.id, it.message.kind.value, it.message.title, _ways(it)) for it in found),
    )


@alerts.command()
@click.argument("variant", required=False, shell_complete=variants)
@click.option("--signal", "signals", multiple=True, type=click.Choice(SIGNALS), metavar="SIGNAL", help=SIGNALS_HELP)
@click.option("--hours", type=click.FloatRange(0, 2160, min_open=True), required=True, help="For how long, from now on.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is shown beside it.")
@dry_run_option
@json_option
def silence(*, variant: str | None, signals: tuple[str, ...], hours: float, reason: str, dry_run: bool, as_json: bool) -> None:
    """Tell nobody of VARIANT's signals for so many hours; of all variants where none is named.

    Signals are judged all the same. What still alerts when the silence ends is told then.
    """
    from datetime import timedelta

    from deployments.wire.alerts import SilenceWire
    from lifecycle_core.alerts.signals import Signal
    from lifecycle_core.operations import alerts as operations
    from tasks import context

    act = acting(reason, dry_run=dry_run)
    it = operations.silence(context.database(), act, variant, [Signal(one) for one in signals], timedelta(hours=hours), reason)
    undo = command("alerts", "lift", it.id)
    if as_json:
        print_json(SilenceWire.of(it))
        finish(act, undo=undo, as_json=True)
        return
    what = ", ".join(one.words for one in it.signals) or "every signal"
    click.echo(f"Silence {it.id}: nobody is told of {what} of {printable(it.variant or 'every variant')} until {minute(it.ends_at)}")
    finish(act, undo=undo)


@alerts.command()
@click.argument("silence_id", metavar="SILENCE", type=click.IntRange(1, 2**31 - 1))
@why_option
@dry_run_option
@json_option
def lift(*, silence_id: int, why: str, dry_run: bool, as_json: bool) -> None:
    """End a silence before its time, by its number."""
    from deployments.wire.alerts import SilenceWire
    from lifecycle_core.operations import alerts as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    it = operations.lift(context.database(), act, silence_id)
    left = max(1, round((it.ends_at - act.at).total_seconds() / 3600))
    signals = [word for one in it.signals for word in ("--signal", one.value)]
    undo = command("alerts", "silence", *([it.variant] if it.variant else []), *signals, "--hours", left, "--reason", it.reason)
    if as_json:
        print_json(SilenceWire.of(it))
        finish(act, undo=undo, as_json=True)
        return
    over = it.lifted_at != act.at
    click.echo(f"Silence {it.id} was over already; nothing changed" if over else f"Silence {it.id} is over; its alerts are told again")
    finish(act, undo=undo)


@alerts.command()
@why_option
@dry_run_option
@json_option
def test(*, why: str, dry_run: bool, as_json: bool) -> None:
    """Send a message that says nothing to every target, and tell whether it arrived.

    Exits with 5 where a target did not take it.
    """
    from deployments.wire.alerts import MessageWire
    from lifecycle_core.operations import alerts as operations
    from tasks import alerts as tasks
    from tasks import context

    act, database = acting(why, dry_run=dry_run), context.database()
    made = operations.test(database, act, act.request_id or "")
    if not dry_run:
        tasks.deliver()
        made = operations.message(database, made.message.id)
    missed = [it for it in made.deliveries if it.delivered_at is None]
    if as_json:
        print_json(MessageWire.of(made))
    elif not tasks.targets():
        click.echo(
            "Nobody is told: no target is configured; set LIFECYCLE_WEBHOOKS and LIFECYCLE_WEBHOOK_SECRET, or LIFECYCLE_CHAT_SERVICES"
        )
    else:
        for it in made.deliveries:
            click.echo(f"{printable(it.target)}: {'arrived' if it.delivered_at else printable(it.error or 'another process sends it now')}")
    finish(act, no_undo=SENT, as_json=as_json, changed=True)
    if missed:
        click.get_current_context().exit(BAD_NEWS)


@alerts.command()
@click.argument("message_id", metavar="[MESSAGE]", required=False)
@why_option
@dry_run_option
@json_option
def resend(*, message_id: str | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Let dead deliveries be tried anew, of MESSAGE or of all, under the ids that they had."""
    from deployments.wire.alerts import ResentWire
    from lifecycle_core.operations import alerts as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    found = operations.resend(context.database(), act, message_id).deliveries
    if as_json:
        print_json(ResentWire(message_id=message_id, resent=found))
    else:
        click.echo(f"{found:,} dead {'delivery is' if found == 1 else 'deliveries are'} tried anew")
    finish(act, no_undo=SENT, as_json=as_json, changed=found > 0)


def _row(it: "SignalNow") -> "tuple[str | Text, ...]":
    from lifecycle_core.alerts.messages import sentence

    state = f"{it.state.value.replace('_', ' ')}{', silenced' if it.silenced else ''}"
    return it.variant or NOTHING, it.signal.words, coloured(state, COLOURS[it.state.value]), minute(it.since), sentence(it.reading)


def _tell_silences(found: "AlertsNow") -> None:
    for it in found.silences:
        what = ", ".join(one.words for one in it.signals) or "every signal"
        whose = printable(it.variant or "every variant")
        click.echo(f"Silence {it.id}: {what} of {whose} until {minute(it.ends_at)}, by {printable(it.owner)}: {printable(it.reason)}")


def _tell_deliveries(found: "AlertsNow", targets: list[str]) -> None:
    counted = {it.value: n for it, n in found.deliveries.items()}
    if not targets:
        click.echo("Nobody is told: no target is configured (LIFECYCLE_WEBHOOKS, LIFECYCLE_CHAT_SERVICES)")
    else:
        click.echo(f"Told to {', '.join(map(printable, targets))}: {counted['delivered']:,} delivered, {counted['pending']:,} pending")
    if counted["dead"]:
        click.echo(f"{counted['dead']:,} reached nobody; again: {command('alerts', 'resend')}")


def _ways(it: "Sent") -> str:
    if it.addressed_at is None:
        return "waits"
    return "; ".join(f"{one.target}: {one.state.value}{f' ({one.error})' if one.error else ''}" for one in it.deliveries) or "to nobody"
