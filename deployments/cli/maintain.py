"""`lifecycle maintain`: traffic whose time is over is let go."""

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from deployments.cli.asking import ask
from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.shown import json_option, minute, print_json

if TYPE_CHECKING:
    from lifecycle_core.operations.retention import LetGo

GONE = "what was let go is gone; a backup from before has it"

EPILOG = """\b
LIFECYCLE_KEEP_MESSAGES_DAYS and LIFECYCLE_KEEP_CONVERSATIONS_DAYS say for how
long; the flow `maintain` then does the same every night.
"""


@click.command(epilog=EPILOG)
@click.option("--messages-days", type=click.IntRange(7, 3650), help="Keep what was said, and refused records, for so many days.")
@click.option("--conversations-days", type=click.IntRange(60, 3650), help="Keep conversations for so many days; their hourly sums stay.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@why_option
@dry_run_option
@json_option
def maintain(*, messages_days: int | None, conversations_days: int | None, yes: bool, why: str, dry_run: bool, as_json: bool) -> None:
    """Let go of traffic whose time is over.

    Of conversations older than --messages-days the messages and the goal are
    let go, and their figures stay. Conversations older than
    --conversations-days go wholly, and the hourly sums made of them stay: a
    check for drift sees no difference. What ended before that is refused from
    then on.
    """
    from deployments.wire.retention import RetentionWire
    from lifecycle_core.operations import retention
    from tasks import context, maintenance

    days = maintenance.days(messages_days, conversations_days)
    act = replace(acting(why), dry_run=dry_run)  # what would go is counted: a rehearsal of it would keep others from writing
    if days and not yes and not dry_run:
        ask(f"{', '.join(f'{what.value} older than {count:,} days' for what, count in days.items())} are let go for good. Go on?")
    database = context.database()
    went = list(retention.preview(database, act.at, days) if dry_run else retention.maintain(database, act, days))
    if as_json:
        print_json(RetentionWire.of(went))
    elif not days:
        click.echo(
            "Everything is kept: neither an option nor LIFECYCLE_KEEP_MESSAGES_DAYS or LIFECYCLE_KEEP_CONVERSATIONS_DAYS says for how long"
        )
    else:
        for it in went:
            click.echo(_told(it, dry_run=dry_run))
    finish(act, no_undo=GONE, as_json=as_json, changed=any(it.conversations or it.refused for it in went))


def _told(it: "LetGo", *, dry_run: bool) -> str:
    from lifecycle_core.traffic.retention import Kept

    would = "would be" if dry_run else "are"
    if it.what is Kept.CONVERSATIONS:
        return f"{it.conversations:,} conversations from before {minute(it.before)} {would} gone; their hourly sums stay"
    return f"{it.conversations:,} conversations from before {minute(it.before)} {would} silent; {it.refused:,} refused records {would} gone"
