"""The commands of `lifecycle versions` that change nothing: what is active, what one is, what was, which there are."""

import click

from deployments.cli import shown
from deployments.cli.completion import number_argument, variant_argument
from deployments.cli.shown import (
    MOST_ROWS,
    command,
    json_option,
    limit_option,
    minute,
    number,
    print_facts,
    print_json,
    print_table,
)


@click.command()
@variant_argument
@click.option("--prompt", is_flag=True, help="Print its system prompt to the letter, and nothing else.")
@json_option
def active(*, variant: str, prompt: bool, as_json: bool) -> None:
    """Tell which version of VARIANT is active."""
    from deployments.wire.versions import VersionWire
    from lifecycle_core.operations import versions_asked as operations
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
                ("etag", it.etag),
            )
        )


@click.command()
@variant_argument
@number_argument
@json_option
def show(*, variant: str, number: int, as_json: bool) -> None:
    """Show version NUMBER of VARIANT: what it is, and what it rests on."""
    from deployments.wire.versions import OneVersionWire
    from lifecycle_core.operations import versions_asked as operations
    from tasks import context

    it, evidence = operations.version(context.database(), variant, number)
    if as_json:
        print_json(OneVersionWire.told(it, evidence))
        return
    if evidence is None:
        basis = "it was never active"
    elif evidence.session_id is None:
        made = evidence.activation
        basis = f"no evidence: by hand, {made.by}{f', {made.why}' if made.why else ''}"
    else:
        proof = f"e = {evidence.e_better:,.1f} after {evidence.samples} samples" if evidence.e_better is not None else "no samples"
        basis = f"{evidence.session_id}: {proof}"
    print_facts(
        (
            ("version", f"{it.version} of {it.variant_name}{', active' if it.is_active else ''}"),
            ("registered", f"{minute(it.created_at)} by {it.metadata.get('createdBy', shown.NOTHING)}"),
            ("description", str(it.metadata.get("description", shown.NOTHING))),
            ("active since", f"{minute(it.activated_at)}" if it.is_active else shown.NOTHING),
            ("evidence", basis),
            ("model", it.model or shown.NOTHING),
            ("parameters", str(dict(it.parameters)) if it.parameters else shown.NOTHING),
            ("tools", f"{len(it.tools)}" if it.tools else shown.NOTHING),
            ("prompt", f"{len(it.system_prompt):,} characters"),
            ("tags", ", ".join(f"{name} ({said})" if said else name for name, said in it.tags.items()) or shown.NOTHING),
            ("content hash", it.content_hash),
            ("etag", it.etag),
        )
    )


@click.command()
@variant_argument
@limit_option
@json_option
def history(*, variant: str, limit: int, as_json: bool) -> None:
    """List versions of VARIANT and which was active when.

    The newest come first.
    """
    from deployments.wire.versions import VersionHistoryWire
    from lifecycle_core.operations import versions_asked as operations
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
            ("revision", "active since", "version", "before", "how", "by", "why"),
            (
                (
                    str(it.revision),
                    minute(it.at),
                    str(it.version),
                    number(it.previous_version),
                    f"{it.kind}, taken back" if it.popped else it.kind,
                    it.by,
                    it.why or shown.NOTHING,
                )
                for it in found.activations
            ),
            right=("revision", "version", "before"),
        )


@click.command("list")
@click.option("--limit", type=click.IntRange(1, MOST_ROWS), default=MOST_ROWS, show_default=True, help="How many at most.")
@click.option("--after", metavar="VARIANT", help="Only those whose names follow this one.")
@json_option
def list_variants(*, limit: int, after: str | None, as_json: bool) -> None:
    """List variants with their versions and their traffic, by name."""
    from deployments.wire.versions import VariantsWire
    from lifecycle_core.operations import versions_asked as operations
    from tasks import context

    found = operations.list_variants(context.database(), limit, after)
    if as_json:
        print_json(VariantsWire.of(found, limit))
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
    if len(found) == limit:
        click.echo(f"There may be more: {command('versions', 'list', '--after', found[-1].variant_name)}", err=True)


COMMANDS = (active, show, history, list_variants)
