"""The commands of `lifecycle retrain` that change nothing: would it start, how far is it, what were they, does the verdict hold."""

import sys
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import session_argument, sessions, variant_argument, variants
from deployments.cli.shown import (
    BAD_NEWS,
    at_option,
    command,
    json_option,
    limit_option,
    minute,
    number,
    print_facts,
    print_json,
    printable,
)
from deployments.cli.watching import Look, Watch, follow, watch_options

if TYPE_CHECKING:
    from lifecycle_core.operations.standing import Overview

CHECK_EPILOG = """\b
Exit codes: 0 no retraining would start; 5 one would.
"""
VERIFY_EPILOG = """\b
Exit codes: 0 the stored verdict is what its rows give; 5 it is not.
"""


@click.command(epilog=CHECK_EPILOG)
@variant_argument
@at_option
@json_option
def check(*, variant: str, at: datetime | None, as_json: bool) -> None:
    """Tell whether the triggers would start a retraining of VARIANT."""
    from deployments.wire.retraining import TriggerCheckWire
    from lifecycle_core.operations import retraining
    from tasks import context

    found = retraining.check(context.database(), variant, context.as_of(at))
    if as_json:
        print_json(TriggerCheckWire.of(found))
    else:
        name = printable(variant)
        click.echo(f"{name} would be retrained: {found.reason}" if found.should_retrain else f"{name} would not be retrained")
        for refusal in found.refusals:
            click.echo(f"Because: {printable(refusal)}")
        if found.triggers:
            click.echo(f"Triggers: {', '.join(found.triggers)}")
        for advice in found.advice:
            click.echo(f"Advice: {advice}")
        if found.next_possible_at:
            click.echo(f"Possible again: {minute(found.next_possible_at)}")
        click.echo(f"Next: {command('retrain', 'start', variant) if found.should_retrain else command('drift', 'check', variant)}")
    if found.should_retrain:
        sys.exit(BAD_NEWS)


@click.command()
@click.argument("session", required=False, shell_complete=sessions)
@at_option
@watch_options
@json_option
def status(*, session: str | None, at: datetime | None, watch: Watch | None, as_json: bool) -> None:
    """Tell how retraining stands, or SESSION alone, whole.

    A watch of SESSION is over when it ends or waits for a person.
    """
    follow(partial(_look, session, at, as_json=as_json), watch, as_json=as_json)


def _look(session: str | None, at: datetime | None, *, as_json: bool) -> Look:
    from deployments.cli.retrain_report import evidence_of, show
    from deployments.wire.retraining import RetrainingStatusWire
    from lifecycle_core.operations import standing
    from tasks import context

    instant = context.as_of(at)
    asked = standing.of_session(context.database(), session, instant) if session is not None else None
    over = asked is not None and (not asked.session.open or asked.session.status == "awaiting_review")  # none but a person can move it
    if asked is not None and not as_json:
        return Look(lambda: show(asked), {asked.session.session_id: evidence_of(asked)}, over)
    found = standing.overview(context.database(), instant)
    facts = {it.session.session_id: evidence_of(it) for it in ((asked,) if asked else found.newest)}
    if as_json:
        return Look(lambda: print_json(RetrainingStatusWire.of_all(found, asked, context.settings().prefect_url)), facts, over)
    return Look(lambda: _show(found), facts)


def _show(found: "Overview") -> None:
    from deployments.cli.retrain_report import show_list

    figures = found.figures
    rate = "none was decided yet" if figures.success_rate is None else f"{figures.success_rate:.2%} of those decided were promoted"
    ended = ", ".join(f"{status.value.replace('_', ' ')} {count:,}" for status, count in figures.by_status.items() if count)
    print_facts((("sessions", ended or "none"), ("go on", number(len(found.open))), ("success rate", rate)))
    if found.newest:
        click.echo()
        show_list(found.newest)
    for it in found.probations:
        click.echo(f"Probation: version {it.version} of {printable(it.variant)}, until {minute(it.ends_at)} at the latest")
    if found.open:
        click.echo(f"Next: {command('retrain', 'status', found.open[0].session.session_id)}")
    elif not found.newest:
        click.echo(f"Next: {command('retrain', 'check', 'VARIANT')}")


@click.command()
@click.argument("variant", required=False, shell_complete=variants)
@limit_option
@json_option
def history(*, variant: str | None, limit: int, as_json: bool) -> None:
    """List retrainings, of VARIANT or of all, the newest first."""
    from deployments.cli.retrain_report import show_list
    from deployments.wire.retraining import RetrainingHistoryWire
    from lifecycle_core.operations import retraining, standing
    from tasks import context

    sessions = retraining.history(context.database(), variant, limit)
    found = standing.of_sessions(context.database(), sessions, context.now())
    if as_json:
        print_json(RetrainingHistoryWire.of(found, limit, context.settings().prefect_url))
    elif found:
        show_list(found)
    else:
        click.echo(f"No retraining{f' of {printable(variant)}' if variant else ''} has begun yet")
        click.echo(f"Next: {command('retrain', 'check', variant or 'VARIANT')}")


@click.command()
@session_argument
@click.option("--pairs", type=click.IntRange(0, 100), default=10, show_default=True, help="How many paired conversations at most.")
@json_option
def review(*, session: str, pairs: int, as_json: bool) -> None:
    """Show what a decision on SESSION rests on.

    The verdict, how the prompt changed, and conversations of both versions;
    those first in which they differ most.
    """
    from deployments.cli.review_report import show
    from deployments.wire.review import ReviewPageWire
    from tasks.review import shown

    found = shown(session)
    if as_json:
        print_json(ReviewPageWire.of(found))
    else:
        show(found, pairs)


@click.command(epilog=VERIFY_EPILOG)
@session_argument
@json_option
def verify(*, session: str, as_json: bool) -> None:
    """Work the verdict of SESSION out anew from its samples.

    Once as it was found, and its e-values once more in whole numbers, which
    round nothing.
    """
    from deployments.wire.verification import VerdictWire
    from lifecycle_core.operations import evidence
    from tasks import context

    found = evidence.verify(context.database(), session)
    if as_json:
        print_json(VerdictWire.of(session, found))
    else:
        for it in found.differences:
            click.echo(printable(it))
        how = "bit for bit" if found.bit_for_bit else "but for rounding"
        held = f"is what its rows give, {how}" if found.holds else "is not what its rows give"
        words = found.stored.verdict.value.replace("_", " ")
        click.echo(f"The verdict of {printable(session)}, {words} after {number(found.stored.n)} samples, {held}")
    if not found.holds:
        sys.exit(BAD_NEWS)
