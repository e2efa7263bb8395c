"""`lifecycle versions`: what an agent is told, which version of it is active, and the way back. What only asks is in `versions_asked`."""

from typing import TYPE_CHECKING, BinaryIO

import click

from deployments.cli import shown, versions_asked
from deployments.cli.shown import VERSION_NUMBER, acting, command, json_option, minute, print_json, why_option

if TYPE_CHECKING:
    from pydantic import JsonValue

SHOWN_HASH = 12

FILE = click.File("rb")


@click.group()
def versions() -> None:
    """What an agent is told, and the way back to what it was."""


for it in (versions_asked.active, versions_asked.history, versions_asked.compare, versions_asked.diff, versions_asked.list_variants):
    versions.add_command(it)


@versions.command()
@click.argument("variant")
@click.option("--prompt", required=True, type=FILE, metavar="FILE", help="The system prompt, UTF-8; - is standard input.")
@click.option("--description", metavar="TEXT", help="What this version is.")
@click.option("--change", "changes", multiple=True, metavar="TEXT", help="What changed in it. Repeatable.")
@click.option("--model", metavar="NAME", help="The model that it runs on.")
@click.option("--parameters", metavar="JSON", help='What the model is called with, such as {"temperature": 0.2}.')
@click.option("--tools", type=FILE, metavar="FILE", help="The tools that it may call, a JSON array.")
@why_option
@json_option
def register(
    *,
    variant: str,
    prompt: BinaryIO,
    description: str | None,
    changes: tuple[str, ...],
    model: str | None,
    parameters: str | None,
    tools: BinaryIO | None,
    why: str,
    as_json: bool,
) -> None:
    """Keep a version of VARIANT, without activating it.

    A version is its prompt, model, parameters and tools: the same again is the
    same version. Versions are never changed and never deleted.
    """
    from deployments.cli.documents import read_array, read_object, read_text
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    metadata: dict[str, JsonValue] = {}
    if description:
        metadata["description"] = description
    if changes:
        metadata["changes"] = list(changes)
    act = acting(why)
    version = operations.register(
        context.database(),
        act,
        variant=variant,
        system_prompt=read_text(prompt, "prompt", operations.MAX_PROMPT_CHARACTERS),
        metadata=metadata,
        model=model,
        parameters=read_object(parameters, "parameters") if parameters is not None else None,
        tools=read_array(tools, "tools", operations.MAX_DOCUMENT_CHARACTERS) if tools is not None else (),
    )
    if as_json:
        print_json(VersionWire.of(version))
        return
    name = shown.printable(version.variant_name)
    if version.created_at == act.at:
        click.echo(f"Version {version.version} of {name} is kept ({version.content_hash[:SHOWN_HASH]})")
    else:
        click.echo(f"Version {version.version} of {name} has this content already, since {minute(version.created_at)}; nothing changed")
    if not version.is_active:
        click.echo(f"Next: {command('versions', 'activate', version.variant_name, version.version)}")


@versions.command()
@click.argument("variant")
@click.argument("number", type=VERSION_NUMBER)
@why_option
@json_option
def activate(*, variant: str, number: int, why: str, as_json: bool) -> None:
    """Make version NUMBER of VARIANT the active one."""
    from deployments.wire.versions import ActivationWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    act = acting(why)
    made = operations.activate(context.database(), act, variant, number)
    if as_json:
        print_json(ActivationWire.of(made))
        return
    name = shown.printable(variant)
    if made.at < act.at:
        click.echo(f"Version {number} of {name} is active already, since {minute(made.at)}; nothing changed")
    elif made.previous_version is None:
        click.echo(f"Version {number} of {name} is active, the first one that is; there is none to go back to")
    else:
        click.echo(f"Version {number} of {name} is active in the place of version {made.previous_version}")
        click.echo(f"Undo: {command('versions', 'rollback', variant)}")


@versions.command()
@click.argument("variant")
@why_option
@json_option
def rollback(*, variant: str, why: str, as_json: bool) -> None:
    """Bring back the version of VARIANT active before.

    Twice goes back twice; as far as the last three activations.
    """
    from deployments.wire.versions import RollbackWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    done = operations.roll_back(context.database(), acting(why), variant)
    if as_json:
        print_json(RollbackWire.of(done))
        return
    click.echo(
        f"Version {done.current_version} of {shown.printable(variant)} is active again in the place of version {done.previous_version}"
    )
    click.echo(f"Undo: {command('versions', 'activate', variant, done.previous_version)}")


@versions.command()
@click.argument("variant")
@click.argument("number", type=VERSION_NUMBER)
@click.argument("tag")
@click.option("--description", default="", metavar="TEXT", help="What the tag says of it.")
@why_option
@json_option
def tag(*, variant: str, number: int, tag: str, description: str, why: str, as_json: bool) -> None:
    """Put TAG on version NUMBER of VARIANT.

    Another version that has it loses it.
    """
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    done = operations.tag(context.database(), acting(why), variant, number, tag, description)
    if as_json:
        print_json(VersionWire.of(done.version))
        return
    name = shown.printable(f"{tag!r}")
    if done.lost_by is None:
        click.echo(f"Version {number} of {shown.printable(variant)} has the tag {name}")
    else:
        described = ("--description", done.lost_description) if done.lost_description else ()
        click.echo(f"Version {number} of {shown.printable(variant)} has the tag {name}, and version {done.lost_by} has lost it")
        click.echo(f"Undo: {command('versions', 'tag', variant, done.lost_by, tag, *described)}")
