"""`lifecycle config`: what this installation is set to."""

import click

from deployments.cli.shown import NOTHING, json_option, print_json, print_table


@click.group()
def config() -> None:
    """What this installation is set to."""


@config.command("show")
@json_option
def show_config(*, as_json: bool) -> None:
    """Show each setting and where its value came from; passwords and keys are masked."""
    from deployments.wire.installation import SettingsWire
    from tasks import context

    told = SettingsWire.of(context.settings(), context.source)
    if as_json:
        print_json(told)
    else:
        print_table(("setting", "value", "from"), ((it.name, it.value or NOTHING, it.source) for it in told.settings))
        if context.settings().models is None:
            click.echo("No endpoint of a model is set: lifecycle serve starts a simulated one, and every result says so")
