"""`lifecycle policy`: what counts as drift for a variant, and what is done about it."""

import click

from deployments.cli.shown import coloured, command, json_option, print_json, print_table, printable, why_option


@click.group()
def policy() -> None:
    """What counts as drift for a variant, and what is done about it."""


@policy.command()
@click.argument("variant")
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
@click.argument("variant")
@click.argument("given", metavar="NAME=VALUE...", nargs=-1, required=True)
@why_option
@json_option
def set_policy(*, variant: str, given: tuple[str, ...], why: str, as_json: bool) -> None:
    """Change settings of VARIANT's policy, such as shadow.replays=8.

    "none" takes a limit away. An open session goes on by the policy that it
    began with.
    """
    from deployments.cli.shown import acting
    from deployments.wire.policies import PolicyWire, changed, settings
    from lifecycle_core.operations import policies
    from tasks import context

    wanted = {}
    for it in given:
        name, found, value = it.partition("=")
        if not found:
            message = f"{it!r} sets nothing; write NAME=VALUE, as shadow.replays=8"
            raise click.UsageError(message)
        wanted[name] = value
    before = policies.policy(context.database(), variant)
    after = policies.set_policy(context.database(), acting(why), variant, changed(before, wanted))
    if as_json:
        print_json(PolicyWire.of(variant, after))
        return
    told, was = dict(settings(after)), dict(settings(before))
    moved = [name for name in wanted if told[name] != was[name]]
    for name in moved:
        click.echo(f"{name} is {printable(told[name])} in place of {printable(was[name])}")
    if moved:
        click.echo(f"Undo: {command('policy', 'set', variant, *(f'{name}={was[name]}' for name in moved))}")
    else:
        click.echo("Nothing changed: each has this value already")
