"""Write the generated parts of README.md: `python -m deployments.cli.reference [--check]`.

A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`; with
`--check` nothing is written, and a stale part is named and exits with 1.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

README = Path(__file__).parents[2] / "README.md"


def commands() -> str:
    """The table of commands, from the command line itself."""
    from deployments.cli.main import main

    rows = [
        f"| `{name}` | {command.get_short_help_str(200)} |" for name, command in _leaves(main, click.Context(main, info_name="lifecycle"))
    ]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def _leaves(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        arguments = [it.make_metavar(context) for it in command.params if isinstance(it, click.Argument)]
        yield " ".join([context.command_path, *arguments]), command
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _leaves(child, click.Context(child, info_name=name, parent=context))


def routes() -> str:
    """The table of routes, from the OpenAPI document."""
    from deployments.http.app import create_app

    paths = create_app().openapi()["paths"]
    rows = [
        f"| `{method.upper()} {path}` | {entry['summary']} |"
        for path, methods in sorted(paths.items())
        for method, entry in sorted(methods.items())
    ]
    return "\n".join(["| route | what it answers |", "| --- | --- |", *rows])


PARTS = {"commands": commands, "routes": routes}


def renewed(text: str) -> tuple[str, list[str]]:
    """`text` with every generated part as it is now, and the names of those that were stale."""
    stale = []
    for name, part in PARTS.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->"
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        fresh = f"{before}{begin}{part()}\n{end}{after}"
        if not (found and ended):
            sys.exit(f"README.md has no part between {begin.strip()} and {end.strip()}")
        if fresh != text:
            stale.append(name)
        text = fresh
    return text, stale


if __name__ == "__main__":
    fresh, stale = renewed(README.read_text())
    if "--check" in sys.argv[1:]:
        if stale:
            sys.exit(f"README.md is stale in: {', '.join(stale)}; run `make docs`")
    else:
        README.write_text(fresh)
