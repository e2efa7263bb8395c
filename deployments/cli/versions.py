"""`lifecycle versions`: what an agent is told, which version of it is active, and the way back."""

from typing import TYPE_CHECKING, BinaryIO

import click

from deployments.cli import shown
from deployments.cli.shown import (
    acting,
    command,
    json_option,
    limit_option,
    minute,
    number,
    print_facts,
    print_json,
    print_table,
    why_option,
)

if TYPE_CHECKING:
    from pydantic import JsonValue

NUMBER = click.IntRange(1, 2**31 - 1)
SHOWN_HASH = 12

FILE = click.File("rb")


@click.group()
def versions() -> None:
    """What an agent is told, and the way back to what it was."""


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
    """Keep a version of VARIANT; it is not active before it is activated.

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
@click.argument("number", type=NUMBER)
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
    if made.at != act.at:
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
    """Go back to the version of VARIANT that was active before; twice goes back twice."""
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
@click.option("--prompt", is_flag=True, help="Print its system prompt to the letter, and nothing else.")
@json_option
def active(*, variant: str, prompt: bool, as_json: bool) -> None:
    """Tell which version of VARIANT is active."""
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    it = operations.active(context.database(), variant)
    if prompt:
        click.echo(it.system_prompt, nl=False)
    elif as_json:
        print_json(VersionWire.of(it))
    else:
        print_facts(
            (
                ("version", f"{it.version} of {it.variant_name}"),
                ("active since", minute(it.activated_at)),
                ("registered", f"{minute(it.created_at)} by {it.metadata.get('createdBy', shown.NOTHING)}"),
                ("description", str(it.metadata.get("description", shown.NOTHING))),
                ("model", it.model or shown.NOTHING),
                ("prompt", f"{len(it.system_prompt):,} characters; --prompt prints it"),
                ("tags", ", ".join(it.tags) or shown.NOTHING),
                ("content hash", it.content_hash),
            )
        )


@versions.command()
@click.argument("variant")
@limit_option
@json_option
def history(*, variant: str, limit: int, as_json: bool) -> None:
    """List the versions of VARIANT and the changes of the active one, the newest first."""
    from deployments.wire.versions import VersionHistoryWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    found = operations.history(context.database(), variant, limit)
    if as_json:
        print_json(VersionHistoryWire.of(variant, found, limit))
        return
    if not found.versions:
        click.echo(f"No version of {shown.printable(variant)} is registered")
        click.echo(f"Next: {command('versions', 'register', variant, '--prompt', 'FILE')}")
        return
    print_table(
        ("version", "registered", "by", "model", "prompt", "tags", "description"),
        (
            (
                str(it.version),
                minute(it.created_at),
                str(it.metadata.get("createdBy", shown.NOTHING)),
                it.model or shown.NOTHING,
                f"{len(it.system_prompt):,} chars",
                ", ".join(it.tags) or shown.NOTHING,
                str(it.metadata.get("description", shown.NOTHING)),
            )
            for it in found.versions
        ),
        right=("version", "prompt"),
    )
    if found.activations:
        click.echo()
        print_table(
            ("active since", "version", "before", "how", "by", "why"),
            (
                (
                    minute(it.at),
                    str(it.version),
                    number(it.previous_version),
                    f"{it.kind}, taken back" if it.popped else it.kind,
                    it.by,
                    it.why or shown.NOTHING,
                )
                for it in found.activations
            ),
            right=("version", "before"),
        )


@versions.command()
@click.argument("variant")
@click.argument("first", type=NUMBER)
@click.argument("second", type=NUMBER)
@json_option
def compare(*, variant: str, first: int, second: int, as_json: bool) -> None:
    """Set the traffic of two versions of VARIANT side by side."""
    from deployments.wire import formats
    from deployments.wire.versions import CompareWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    found = operations.compare(context.database(), variant, first, second)
    said = CompareWire.of(found)
    if as_json:
        print_json(said)
        return
    one, two, changes = found.version1, found.version2, found.differences

    def row(name: str, before: str | None, now: str | None, change: float | None) -> tuple[str, ...]:
        return name, before or shown.NOTHING, now or shown.NOTHING, formats.change(change) or shown.NOTHING

    print_table(
        (shown.printable(variant), f"version {first}", f"version {second}", "change"),
        (
            ("conversations", number(one.total_conversations), number(two.total_conversations), ""),
            row("booking rate", formats.percent(one.booking_rate), formats.percent(two.booking_rate), changes.booking_rate),
            row("escalation rate", formats.percent(one.escalation_rate), formats.percent(two.escalation_rate), changes.escalation_rate),
            row("mean cost", formats.dollars(one.avg_cost_usd), formats.dollars(two.avg_cost_usd), changes.avg_cost_usd),
            row("mean tokens", _tokens(one.avg_tokens), _tokens(two.avg_tokens), changes.avg_tokens),
        ),
        right=(f"version {first}", f"version {second}", "change"),
    )
    click.echo(f"Note: {said.warning}")


def _tokens(mean: float | None) -> str | None:
    return None if mean is None else f"{mean:,.0f}"


@versions.command()
@click.argument("variant")
@click.argument("first", type=NUMBER)
@click.argument("second", type=NUMBER)
@json_option
def diff(*, variant: str, first: int, second: int, as_json: bool) -> None:
    """Show how version SECOND of VARIANT differs from version FIRST."""
    from deployments.wire.versions import DiffWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    found = operations.diff(context.database(), variant, first, second)
    if as_json:
        print_json(DiffWire.of(found))
        return
    console = shown.console()
    for line in found.unified:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        console.print(shown.coloured(line, style), soft_wrap=True)
    if found.same_prompt:
        click.echo("The prompts are the same to the letter")
    elif not found.unified:
        click.echo("The prompts differ in line ends alone")
    if found.run_with:
        click.echo(f"Also different: {', '.join(found.run_with)}")


@versions.command()
@click.argument("variant")
@click.argument("number", type=NUMBER)
@click.argument("tag")
@click.option("--description", default="", metavar="TEXT", help="What the tag says of it.")
@why_option
@json_option
def tag(*, variant: str, number: int, tag: str, description: str, why: str, as_json: bool) -> None:
    """Put TAG on version NUMBER of VARIANT; another version that has it loses it."""
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    before = operations.history(context.database(), variant, shown.MOST_ROWS).versions
    holder = next((it for it in before if tag in it.tags), None)
    tagged = operations.tag(context.database(), acting(why), variant, number, tag, description)
    if as_json:
        print_json(VersionWire.of(tagged))
        return
    name = shown.printable(f"{tag!r}")
    if holder is None or holder.version == number:
        click.echo(f"Version {number} of {shown.printable(variant)} has the tag {name}")
    else:
        described = ("--description", holder.tags[tag]) if holder.tags[tag] else ()
        click.echo(f"Version {number} of {shown.printable(variant)} has the tag {name}, and version {holder.version} has lost it")
        click.echo(f"Undo: {command('versions', 'tag', variant, holder.version, tag, *described)}")


@versions.command("list")
@json_option
def list_variants(*, as_json: bool) -> None:
    """List all variants with their versions and their traffic."""
    from deployments.wire.versions import VariantsWire
    from lifecycle_core.operations import versions as operations
    from tasks import context

    found = operations.list_variants(context.database())
    if as_json:
        print_json(VariantsWire.of(found))
        return
    if not found:
        click.echo("No variant is known")
        click.echo(f"Next: {command('ingest', 'FILE')}")
        return
    print_table(
        ("variant", "active", "latest", "versions", "conversations", "newest ended"),
        (
            (
                it.variant_name,
                number(it.active_version),
                number(it.latest_version),
                number(it.total_versions),
                number(it.conversations),
                minute(it.last_ended_at),
            )
            for it in found
        ),
        right=("active", "latest", "versions", "conversations"),
    )
