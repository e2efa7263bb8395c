"""`lifecycle ingest`: take conversations in from files."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from deployments.cli.changing import acting, finish
from deployments.cli.mapping import mapping_options
from deployments.cli.shown import json_option, print_json, printable

if TYPE_CHECKING:
    from datetime import datetime

    from lifecycle_core.traffic.mapping import Mapping
    from lifecycle_core.traffic.reading import Reading

FORMATS = ("auto", "native", "otlp", "langfuse", "langsmith", "tau2", "tau-bench", "openai-chat")
SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")
STANDARD_INPUT = "-"
SHOWN_RECORDS = 2
REFUSED = 2
KEPT = "what was taken in stays; the same again changes nothing"

EPILOG = """\b
Examples:
  lifecycle ingest traffic.jsonl.gz
  zcat logs/*.gz | lifecycle ingest - --variant baseline --zone Europe/Berlin
  lifecycle ingest traces/ --dry-run
  lifecycle ingest trace.json --variant baseline --outcome 'scores.solved == 1'
  lifecycle ingest runs.jsonl --map variant=run --map booked=success \\
    --map segments.task=task_id --crash-where termination=agent_error

\b
Exit codes: 0 all is in or was known; 2 something was refused, all the rest
is in; 1 the database could not take it, nothing of that batch is in.
"""


def _show_fields(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked:
        from lifecycle_core.conversations import told_fields

        told = told_fields()
        click.echo("\n".join(f"{name:{max(map(len, told))}}  {words}" for name, words in told.items()))
        context.exit()


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(exists=True, allow_dash=True))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="What the records are: conversations as they are (native), or what another system exports. auto: the first record tells.",
)
@mapping_options
@click.option("--allow-missing", is_flag=True, help="Take a SOURCE that no record has for unknown. Else it is refused as mistyped.")
@click.option("--dry-run", is_flag=True, help="Read and judge all, show the first records as they would be kept, and keep nothing.")
@click.option("--batch", type=click.IntRange(1, 50_000), default=5000, show_default=True, help="The records of one transaction, at most.")
@json_option
@click.option(
    "--fields", is_flag=True, is_eager=True, expose_value=False, callback=_show_fields, help="Say what a record may hold, and exit."
)
def ingest(
    *,
    paths: Sequence[str],
    form: str,
    allow_missing: bool,
    dry_run: bool,
    batch: int,
    as_json: bool,
    **mapped: Any,  # noqa: ANN401 - the options of a mapping
) -> None:
    """Take conversations in from files or standard input.

    A source is JSON lines, a JSON array or one JSON object, gzipped or not;
    PATH - is standard input, and of a folder all its JSON files are read.

    The same again changes nothing: a conversation is known by its variant and
    id, and a record without an id is named after its content. A record that
    cannot be taken is quarantined with its reason, and stops no other.
    """
    from deployments.cli.ingest_summary import show
    from deployments.wire.traffic import SummaryWire
    from lifecycle_core.conversations import Conversation
    from lifecycle_core.traffic.mapping import Mapping
    from lifecycle_core.traffic.summary import Summary
    from tasks import traffic

    mapping = Mapping.parse(**mapped)
    paths, folders = list(files_in(paths)), any(Path(it).is_dir() for it in paths)
    act = replace(acting(), dry_run=dry_run)  # which reads and judges, and needs no rehearsal: that would keep others from writing
    _refuse_future(mapping.ended_at, act.at)
    mapping = mapping.previewing(act.at) if dry_run else mapping
    for path in filter(_is_file, paths):  # before any of them is taken in; a pipe can be read only once
        with _reading(path, mapping, form) as (reading, _):
            reading.refuse_if_unusable(allow_missing=allow_missing, allow_empty=folders)

    summary, first = Summary(), list[Conversation]()
    with _progress(paths) as advance:
        for path in paths:
            with _reading(path, mapping, form) as (reading, read_bytes):
                reading.refuse_if_unusable(allow_missing=allow_missing, allow_empty=folders)
                for taken in traffic.take_in(reading, summary, act, keep=not dry_run, most=batch):
                    first += taken.conversations[: SHOWN_RECORDS - len(first)]
                    advance(path, read_bytes())
    _refuse_nothing(paths, summary.records)
    said = SummaryWire.of(summary, at=act.at, first=first if dry_run else None)
    if as_json:
        print_json(said)
    else:
        show(said)
    finish(act, no_undo=KEPT, as_json=as_json, changed=bool(said.accepted))
    if said.quarantined:
        worst = said.reasons[0]
        sentence = f"{said.quarantined:,} of {said.records:,} records were refused; {worst.lines[0]}: {worst.example}"
        click.echo(printable(sentence), err=True)
        sys.exit(REFUSED)


def files_in(paths: Sequence[str]) -> Iterator[str]:
    """The paths, and in place of a folder the JSON files in it and below it; raises InvalidInputError for a folder without any."""
    from lifecycle_core.errors import InvalidInputError

    for path in paths:
        if not Path(path).is_dir():
            yield path
            continue
        found = sorted(str(it) for it in Path(path).rglob("*") if it.name.endswith(SUFFIXES) and it.is_file())
        if not found:
            message = f"the folder {path} holds no file that ends in {', '.join(SUFFIXES)}"
            raise InvalidInputError(message, field="path")
        yield from found


def _refuse_nothing(paths: Sequence[str], records: int) -> None:
    from lifecycle_core.errors import InvalidInputError

    if not records:
        message = f"none of {len(paths)} files tells of a conversation; see `lifecycle ingest --help` for the formats"
        raise InvalidInputError(message, field="path")


def _is_file(path: str) -> bool:
    return path != STANDARD_INPUT and Path(path).is_file()


def _refuse_future(ended_at: "datetime | None", now: "datetime") -> None:
    from lifecycle_core.errors import InvalidInputError

    if ended_at is not None and ended_at > now:
        message = f"--ended-at is {ended_at:%Y-%m-%dT%H:%M:%SZ}, after now ({now:%Y-%m-%dT%H:%M:%SZ}); give when the conversations ended"
        raise InvalidInputError(message, field="ended-at")


@contextmanager
def _reading(path: str, mapping: "Mapping", form: str) -> Iterator[tuple["Reading", Callable[[], int]]]:
    """The source at `path` and how many of its bytes are read."""
    from lifecycle_core.traffic.reading import Reading
    from lifecycle_core.traffic.rejected import source_name

    if path == STANDARD_INPUT:
        yield Reading(sys.stdin.buffer, "standard input", mapping, form), lambda: 0
        return
    stream: BinaryIO
    with Path(path).open("rb") as stream:
        yield Reading(stream, source_name(path), mapping, form), stream.tell if _is_file(path) else lambda: 0


@contextmanager
def _progress(paths: Sequence[str]) -> Iterator[Callable[[str, int], None]]:
    """A bar on a terminal, by bytes; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _path, _bytes: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        sizes = {path: Path(path).stat().st_size if _is_file(path) else None for path in paths}
        tasks = {path: bar.add_task(printable(Path(path).name), total=size) for path, size in sizes.items()}
        yield lambda path, read: bar.update(tasks[path], completed=read)
