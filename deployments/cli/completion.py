"""`lifecycle completion`: what a shell needs to finish words, and what it is told of this installation's variants.

Whatever goes wrong while words are completed, there are none: a shell must not be shown a traceback, and no database is
made by pressing Tab.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployments.cli.shown import VERSION_NUMBER

if TYPE_CHECKING:
    from lifecycle_core.store.database import Database

Completer = Callable[[click.Context, click.Parameter, str], list[str]]

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


def _told(found: "Callable[[Database, click.Context], Iterable[object]]") -> Completer:
    """What completes a word by `found`, which asks the database; nothing where that is not there or cannot be read."""

    def complete(context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
        with suppress(Exception):
            from tasks import context as process

            given = context.find_root().params.get("database")
            process.configure(**({"LIFECYCLE_DATABASE_URL": given} if given else {}))
            place = process.settings().database_url
            if place.startswith("sqlite:///") and not Path(place.removeprefix("sqlite:///")).exists():
                return []
            with closing(process.opened()) as database:
                return [word for word in map(str, found(database, context)) if word.startswith(begun)][:MOST]
        return []

    return complete


def _variants(database: "Database", _context: click.Context) -> Iterator[str]:
    from lifecycle_core.operations import versions_asked

    return (it.variant_name for it in versions_asked.list_variants(database, MOST))


def _numbers(database: "Database", context: click.Context) -> Iterator[int]:
    from lifecycle_core.operations import versions_asked

    return (it.version for it in versions_asked.history(database, context.params["variant"], MOST).versions)


def _tags(database: "Database", context: click.Context) -> list[str]:
    from lifecycle_core.operations import versions_asked

    found = versions_asked.history(database, context.params["variant"], MOST).versions
    return sorted({tag for it in found for tag in it.tags})


def _sessions(database: "Database", _context: click.Context) -> Iterator[str]:
    from lifecycle_core.operations import retraining

    return (it.session_id for it in retraining.history(database, None, MOST))


def _learners(database: "Database", context: click.Context) -> Iterator[str]:
    yield from _variants(database, context)
    yield from _sessions(database, context)


def _episodes(database: "Database", _context: click.Context) -> Iterator[int]:
    from lifecycle_core.operations import drift

    return (it.id for it in drift.history(database, None, MOST) if it.id is not None)


def _keys(database: "Database", _context: click.Context) -> Iterator[str]:
    from lifecycle_core.operations import keys

    return (it.name for it in keys.list_keys(database) if it.revoked_at is None)


def _cases(database: "Database", context: click.Context) -> Iterator[str]:
    from lifecycle_core.operations import cases

    return (it.case.name for it in cases.list_cases(database, context.params["variant"]))


def settings(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[str]:
    """The settings of a policy that begin so."""
    with suppress(Exception):
        from deployments.wire.policies import settings as named
        from lifecycle_core.policy import Policy

        return [name for name, _ in named(Policy()) if name.startswith(begun)]
    return []


def assigned(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The same with a sign of equality, after which one types."""
    return [f"{it}=" for it in settings(context, parameter, begun)]


variants, numbers, tags, sessions, learners = map(_told, (_variants, _numbers, _tags, _sessions, _learners))
episodes, key_names, case_names = map(_told, (_episodes, _keys, _cases))

variant_argument = click.argument("variant", shell_complete=variants)
session_argument = click.argument("session", shell_complete=sessions)
number_argument = click.argument("number", type=VERSION_NUMBER, shell_complete=numbers)
