"""The commands of `lifecycle versions` that change nothing: what is active, what was, and how two versions differ."""

import click

from deployments.cli import shown
from deployments.cli.shown import VERSION_NUMBER, command, json_option, limit_option, minute, number, print_facts, print_json, print_table


@click.command()
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


@click.command()
@click.argument("variant")
@limit_option
@json_option
def history(*, variant: str, limit: int, as_json: bool) -> None:
    """List versions of VARIANT and which was active when.

    The newest come first.
    """
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


@click.command()
@click.argument("variant")
@click.argument("first", type=VERSION_NUMBER)
@click.argument("second", type=VERSION_NUMBER)
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


@click.command()
@click.argument("variant")
@click.argument("first", type=VERSION_NUMBER)
@click.argument("second", type=VERSION_NUMBER)
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


@click.command("list")
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
