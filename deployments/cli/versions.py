"""`lifecycle versions`: what an agent is told, which version of it is active, and the way back. What only asks is in `versions_asked`."""

from typing import TYPE_CHECKING, BinaryIO

import click

from deployments.cli import shown, versions_asked, versions_compared
from deployments.cli.changing import acting, dry_run_option, finish, if_match_option, why_option
from deployments.cli.completion import number_argument, tags, variant_argument
from deployments.cli.shown import command, json_option, minute, print_json

if TYPE_CHECKING:
    from pydantic import JsonValue

SHOWN_HASH = 12
KEPT = "a version is never deleted; it does nothing until it is activated"

FILE = click.File("rb")


@click.group()
def versions() -> None:
    """What an agent is told, and the way back to what it was."""


for it in (*versions_asked.COMMANDS, *versions_compared.COMMANDS):
    versions.add_command(it)


@versions.command()
@variant_argument
@click.option("--prompt", required=True, type=FILE, metavar="FILE", help="The system prompt, UTF-8; - is standard input.")
@click.option("--description", metavar="TEXT", help="What this version is.")
@click.option("--change", "changes", multiple=True, metavar="TEXT", help="What changed in it. Repeatable.")
@click.option("--model", metavar="NAME", help="The model that it runs on.")
@click.option("--parameters", metavar="JSON", help='What the model is called with, such as {"temperature": 0.2}.')
@click.option("--tools", type=FILE, metavar="FILE", help="The tools that it may call, a JSON array.")
@why_option
@dry_run_option
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
    dry_run: bool,
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
    act = acting(why, dry_run=dry_run)
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
        finish(act, no_undo=KEPT, as_json=True)
        return
    name = shown.printable(version.variant_name)
    if version.created_at == act.at:
        click.echo(f"Version {version.version} of {name} is kept ({version.content_hash[:SHOWN_HASH]})")
    else:
        click.echo(f"Version {version.version} of {name} has this content already, since {minute(version.created_at)}; nothing changed")
    if not version.is_active and not dry_run:
        click.echo(f"Next: {command('versions', 'activate', version.variant_name, version.version)}")
    finish(act, no_undo=KEPT)


@versions.command()
@variant_argument
@number_argument
@if_match_option
@why_option
@dry_run_option
@json_option
def activate(*, variant: str, number: int, expected: str | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Make version NUMBER of VARIANT the active one."""
    from deployments.wire.versions import ActivationWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    made = operations.activate(context.database(), act, variant, number, expected)
    first = made.previous_version is None
    undo = None if first else command("versions", "rollback", variant)
    if as_json:
        print_json(ActivationWire.of(made))
    elif made.at < act.at:
        click.echo(f"Version {number} of {shown.printable(variant)} is active already, since {minute(made.at)}; nothing changed")
    else:
        place = ", the first one that is" if first else f" in the place of version {made.previous_version}"
        click.echo(f"Version {number} of {shown.printable(variant)} is active{place}")
    finish(act, undo=undo, no_undo="no other version was active before", as_json=as_json)


@versions.command()
@variant_argument
@if_match_option
@why_option
@dry_run_option
@json_option
def rollback(*, variant: str, expected: str | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Bring back the version of VARIANT active before.

    Twice goes back twice; as far as the last three activations. --dry-run tells
    what it would undo, and what not.
    """
    from deployments.cli.versions_compared import show_preview
    from deployments.wire.versions import RollbackWire
    from lifecycle_core.operations import versions as operations
    from lifecycle_core.operations import versions_asked as asked
    from tasks import context

    act = acting(why, dry_run=dry_run)
    before = asked.preview(context.database(), variant) if dry_run and not as_json else None
    done = operations.roll_back(context.database(), act, variant, expected)
    if as_json:
        print_json(RollbackWire.of(done))
    elif before is not None:
        show_preview(before)
    else:
        name = shown.printable(variant)
        click.echo(f"Version {done.current_version} of {name} is active again in the place of version {done.previous_version}")
    finish(act, undo=command("versions", "activate", variant, done.previous_version), as_json=as_json)


@versions.command()
@variant_argument
@number_argument
@click.argument("tag", shell_complete=tags)
@click.option("--description", default="", metavar="TEXT", help="What the tag says of it.")
@if_match_option
@why_option
@dry_run_option
@json_option
def tag(*, variant: str, number: int, tag: str, description: str, expected: str | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Put TAG on version NUMBER of VARIANT.

    Another version that has it loses it.
    """
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    done = operations.tag(context.database(), act, variant, number, tag, description, expected)
    if done.lost_by is None:
        undo, lost = command("versions", "untag", variant, number, tag), ""
    else:
        described = ("--description", done.lost_description) if done.lost_description else ()
        undo = command("versions", "tag", variant, done.lost_by, tag, *described)
        lost = "" if done.lost_by == number else f", and version {done.lost_by} has lost it"
    if as_json:
        print_json(VersionWire.of(done.version))
    else:
        click.echo(f"Version {number} of {shown.printable(variant)} has the tag {shown.printable(f'{tag!r}')}{lost}")
    finish(act, undo=undo, as_json=as_json)


@versions.command()
@variant_argument
@number_argument
@click.argument("tag", shell_complete=tags)
@if_match_option
@why_option
@dry_run_option
@json_option
def untag(*, variant: str, number: int, tag: str, expected: str | None, why: str, dry_run: bool, as_json: bool) -> None:
    """Take TAG off version NUMBER of VARIANT.

    production and rollback say what is so, and stay.
    """
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    act = acting(why, dry_run=dry_run)
    done = operations.untag(context.database(), act, variant, number, tag, expected)
    name = shown.printable(f"{tag!r}")
    if as_json:
        print_json(VersionWire.of(done.version))
    elif done.lost_by is None:
        click.echo(f"Version {number} of {shown.printable(variant)} has no tag {name}; nothing changed")
    else:
        click.echo(f"Version {number} of {shown.printable(variant)} has the tag {name} no more")
    described = ("--description", done.lost_description) if done.lost_description else ()
    finish(act, undo=command("versions", "tag", variant, number, tag, *described), as_json=as_json)
