"""`lifecycle completion`: what a shell needs to finish words, and what it is told of this installation's variants.

Whatever goes wrong while words are completed, there are none: a shell must not be shown a traceback, and no database is
made by pressing Tab.
"""

from contextlib import closing, suppress
from pathlib import Path

import click

SHELLS = {
    "bash": 'eval "$(lifecycle completion bash)"   in ~/.bashrc',
    "zsh": 'eval "$(lifecycle completion zsh)"   in ~/.zshrc',
    "fish": "lifecycle completion fish > ~/.config/fish/completions/lifecycle.fish",
}
VARIABLE = "_LIFECYCLE_COMPLETE"
EPILOG = "\b\nTo have it in every new shell:\n" + "\n".join(f"  {it}" for it in SHELLS.values()) + "\n"
MOST = 1000


@click.command(epilog=EPILOG)
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print what SHELL needs to complete commands, options and the names of variants."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        message = f"{shell} is not known to complete words"
        raise click.UsageError(message)
    root = click.get_current_context().find_root()
    click.echo(found(root.command, {}, "lifecycle", VARIABLE).source())


def variants(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The names of variants that begin so; none where the database is not there or cannot be read."""
    with suppress(Exception):
        from tasks import context

        place = context.settings().database_url
        if place.startswith("sqlite:///") and not Path(place.removeprefix("sqlite:///")).exists():
            return []
        from lifecycle_core.operations import versions_asked

        with closing(context.opened()) as database:
            return [it.variant_name for it in versions_asked.list_variants(database, MOST) if it.variant_name.startswith(begun)]
    return []


variant_argument = click.argument("variant", shell_complete=variants)
