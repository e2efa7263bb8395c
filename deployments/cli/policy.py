"""`lifecycle policy`: what counts as drift for a variant, and what is done about it."""

from typing import TYPE_CHECKING

import click

from deployments.cli.changing import acting, dry_run_option, finish, why_option
from deployments.cli.completion import assigned, settings, variant_argument
from deployments.cli.shown import (
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
    from collections.abc import Callable

    from lifecycle_core.policy import Policy
    from lifecycle_core.provenance import Provenance


@click.group()
def policy() -> None:
    """What counts as drift for a variant, and what is done about it."""


@policy.command()
@variant_argument
@click.option("--changed", is_flag=True, help="Only the settings that are not the default.")
@json_option
def show(*, variant: str, changed: bool, as_json: bool) -> None:
    """Show every setting of VARIANT's policy."""
    from deployments.wire.policies import PolicyWire, settings
    from lifecycle_core.operations import policies
    from lifecycle_core.policy import Policy
    from tasks import context

    found = policies.policy(context.database(), variant)
    if as_json:
        print_json(PolicyWire.of(variant, found))
        return
    defaults = dict(settings(Policy()))
    rows = [(name, told, defaults[name]) for name, told in settings(found) if not changed or told != defaults[name]]
    if not rows:
        click.echo(f"Every setting of {printable(variant)} is the default")
        return
    print_table(
        ("setting", "value", "default"),
        ((name, coloured(told, "bold" if told != default else ""), "" if told == default else default) for name, told, default in rows),
    )


@policy.command("set")
@variant_argument
@click.argument("given", metavar="NAME=VALUE...", nargs=-1, required=True, shell_complete=assigned)
@why_option
@dry_run_option
@json_option
def set_policy(*, variant: str, given: tuple[str, ...], why: str, dry_run: bool, as_json: bool) -> None:
    """Change settings of VARIANT's policy, such as shadow.replays=8.

    "none" takes a limit away. The next check goes by it; an open session goes on
    by the policy that it began with.
    """
    from deployments.wire.policies import changed

    wanted = {}
    for it in given:
        name, found, value = it.partition("=")
        if not found:
            message = f"{it!r} sets nothing; write NAME=VALUE, as shadow.replays=8"
            raise click.UsageError(message)
        wanted[name] = value
    _change(variant, lambda it: changed(it, wanted), acting(why, dry_run=dry_run), as_json, "Nothing changed: each has this value already")


@policy.command()
@variant_argument
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=settings)
@why_option
@dry_run_option
@json_option
def reset(*, variant: str, names: tuple[str, ...], why: str, dry_run: bool, as_json: bool) -> None:
    """Bring settings of VARIANT's policy back to the default; all of them where none is named."""
    from deployments.wire import policies as wire

    _change(
        variant, lambda it: wire.reset(it, names), acting(why, dry_run=dry_run), as_json, "Nothing changed: each is the default already"
    )


@policy.command()
@variant_argument
@limit_option
@json_option
def history(*, variant: str, limit: int, as_json: bool) -> None:
    """Show who changed VARIANT's policy, when and why, the newest first."""
    from deployments.wire.policies import PolicyHistoryWire, typed
    from lifecycle_core.operations import policies
    from tasks import context

    told = PolicyHistoryWire.of(variant, policies.history(context.database(), variant, limit), limit)
    if as_json:
        print_json(told)
        return
    if not told.changes:
        click.echo(f"Nobody changed the policy of {printable(variant)}: every setting is the default")
        return
    print_table(
        ("at", "by", "setting", "before", "after", "why"),
        (
            (minute(it.at), it.by, name, typed(setting.before), typed(setting.after), it.reason or NOTHING)
            for it in told.changes
            for name, setting in it.settings.items()
        ),
    )
    newest = told.changes[0]
    click.echo(f"Undo the newest: {command('policy', 'set', variant, *(f'{name}={typed(value)}' for name, value in newest.undo.items()))}")


def _change(variant: str, change: "Callable[[Policy], Policy]", act: "Provenance", as_json: bool, nothing: str) -> None:  # noqa: FBT001 - a flag of the command
    from deployments.wire.policies import PolicyWire, differing, settings
    from lifecycle_core.operations import policies
    from tasks import context

    made = policies.change_policy(context.database(), act, variant, change, None)
    told, was = dict(settings(made.policy)), dict(settings(made.before))
    moved = differing(made.before, made.policy)
    undo = command("policy", "set", variant, *(f"{name}={was[name]}" for name in moved))
    if as_json:
        print_json(PolicyWire.of(variant, made.policy))
        finish(act, undo=undo, as_json=True)
        return
    for name in moved:
        click.echo(f"{name} is {printable(told[name])} in place of {printable(was[name])}")
    for note in policies.meanings(made.policy):
        click.echo(note)
    if not moved:
        click.echo(nothing)
    finish(act, undo=undo)
