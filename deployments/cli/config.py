"""`lifecycle config`: what this installation is set to."""

import re

import click

from deployments.cli.shown import NOTHING, json_option, print_json, print_table

PASSWORDS = re.compile(r"(?<=://)([^:/?#@]*):.*(?=@)|((?<=[?&]password=)[^&]*)")


@click.group()
def config() -> None:
    """What this installation is set to."""


@config.command("show")
@json_option
def show_config(*, as_json: bool) -> None:
    """Show each setting and where its value came from; passwords are masked."""
    from deployments.wire.installation import SettingsWire, SettingWire
    from tasks import context

    it = context.settings()
    values = {
        "LIFECYCLE_DATA_DIR": it.data_dir,
        "LIFECYCLE_DATABASE_URL": masked(it.database_url),
        "LIFECYCLE_API_HOST": it.api_host,
        "LIFECYCLE_API_PORT": it.api_port,
        "LIFECYCLE_PREFECT_PORT": it.prefect_port,
        "LIFECYCLE_CLOCK": it.clock,
        "LIFECYCLE_WATCH_SECONDS": it.watch_seconds,
    }
    settings = [
        SettingWire(name=name, value=None if value is None else str(value), source=context.source(name)) for name, value in values.items()
    ]
    if as_json:
        print_json(SettingsWire(settings=settings))
    else:
        print_table(("setting", "value", "from"), ((it.name, it.value or NOTHING, it.source) for it in settings))


def masked(url: str) -> str:
    """A database's URL without its password.

    >>> masked("postgresql://ada:se@cret@db.example/agent?password=other&x=1")
    'postgresql://ada:***@db.example/agent?password=***&x=1'
    >>> masked("sqlite:////srv/agent/lifecycle.db")
    'sqlite:////srv/agent/lifecycle.db'
    """
    return PASSWORDS.sub(lambda found: "***" if found[1] is None else f"{found[1]}:***", url)
