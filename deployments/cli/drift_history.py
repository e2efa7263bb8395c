"""`lifecycle drift history` and `lifecycle drift episode`: what was found, and how it ended."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import episodes, variants
from deployments.cli.shown import (
    command,
    json_option,
    limit_option,
    minute,
    number,
    print_facts,
    print_json,
    print_table,
    printable,
    span,
    tell,
)

if TYPE_CHECKING:
    from lifecycle_core.drift.episodes import Episode, FrozenReference
    from lifecycle_core.operations.drift import Told


@click.command()
@click.argument("variant", required=False, shell_complete=variants)
@limit_option
@json_option
def history(*, variant: str | None, limit: int, as_json: bool) -> None:
    """List episodes of drift, of VARIANT or of all, the newest first."""
    from deployments.wire.watch import DriftHistoryWire
    from lifecycle_core.operations import drift as operations
    from tasks import context

    found = operations.history(context.database(), variant, limit)
    if as_json:
        print_json(DriftHistoryWire.of(found, limit))
        return
    if not found:
        of = f" of {printable(variant)}" if variant else ""
        record = f"{command('drift', 'check', variant or 'VARIANT')} --record"
        tell([f"No episode{of} is known. Checks that are recorded open them: those of `lifecycle serve` each hour, and {record}"])
        return
    print_table(
        ("id", "variant", "version", "what drifted", "worst", "began", "found", "length", "how it ended"),
        ((str(it.id), it.variant, str(it.version), _drifts(it), it.severity, *_times(it), ended(it)) for it in found),
        right=("id", "version", "length"),
    )
    tell(["began: where the drift starts in the traffic; found: the first check that told of it"])
    tell(["length: from where it began to its end, or to the last check that found it"])
    if len(found) == limit:
        click.echo(f"These are the newest {limit:,}; --limit shows more")
    click.echo(f"Next: {command('drift', 'episode', found[0].id)}")


@click.command()
@click.argument("episode", type=click.IntRange(1, 2**31 - 1), shell_complete=episodes)
@json_option
def episode(*, episode: int, as_json: bool) -> None:
    """Tell EPISODE in full: its course, its alarms and how each ended."""
    from deployments.wire.watch import ToldEpisodeWire
    from lifecycle_core.operations import drift as operations
    from tasks import context

    found = operations.episode(context.database(), episode)
    if as_json:
        print_json(ToldEpisodeWire.of(found))
    else:
        show(found)


def ended(it: "Episode") -> str:
    """How an episode ended, or that it goes on."""
    return "goes on" if it.open else str(it.closed_because)


def show(found: "Told") -> None:
    """Print an episode in full."""
    from deployments.cli.drift_verdict import verdict

    it = found.episode
    tell([f"Episode {it.id}: {_drifts(it)} of {it.variant}, version {it.version}, worst severity {it.severity}"])
    tell([f"As of {minute(it.report.at)}, the last check that found it: {verdict(it.report)}"])
    click.echo()
    print_facts(_facts(it))
    click.echo()
    print_table(
        ("from the check of", "severity", "what drifted"),
        ((minute(turn.at), turn.severity, _listed(turn.drifts)) for turn in it.course),
    )
    click.echo()
    if found.alarms:
        print_table(
            ("alarm", "began", "found, by the last", "compared with", "now", "quiet checks", "state"),
            (_alarm(alarm, it) for alarm in found.alarms),
            right=("now", "quiet checks"),
        )
        tell(["compared with: the healthy weeks before, kept as they were; now: the latest conversations against them"])
    click.echo("Next:")
    ways = [(command("drift", "explain", it.variant, "--episode", it.id), "what contributed to it, and conversations that show it")]
    if it.open:
        ways.append((f"{command('drift', 'known', it.id)} --reason WHY", "the change is meant: end its alarms"))
    width = max(len(way) for way, _ in ways)
    tell(f"  {way:{width}}  {why}" for way, why in ways)


def _facts(it: "Episode") -> Iterator[tuple[str, str]]:
    yield "began", f"{minute(it.onset_at)}, as far as the checks tell"
    yield "found", f"{minute(it.created_at)}, {span((it.created_at - it.onset_at).total_seconds())} later"
    yield (
        "length",
        f"{span(it.length.total_seconds())}{' so far' if it.open else ''}; {number(it.checks)} check{'s' * (it.checks > 1)} found it",
    )
    yield "last found", minute(it.last_seen_at)
    if it.known_at is not None:
        yield "known", f"{minute(it.known_at)}, by {it.known_by}: {it.known_because}"
    elif not it.open:
        yield "ended", f"{minute(it.closed_at)}: {it.closed_because}"


def _alarm(it: "FrozenReference", of: "Episode") -> tuple[str, ...]:
    from deployments.cli.drift_verdict import comparison, moved
    from lifecycle_core.drift.episodes import QUIET_CHECKS

    state = f"ended {minute(it.ended_at)}" if it.ended_at is not None else "lasts" if of.open else "closed with the episode"
    version = "" if it.version == of.version else f", version {it.version}"
    return (
        comparison(it.comparison),
        minute(it.onset_at),
        f"{minute(it.entered_at)}, {it.hours} h",
        f"{it.starts_at:%Y-%m-%d} to {it.ends_at:%Y-%m-%d}{version}",
        "too few yet" if it.relative_change is None else moved(it.comparison, it.relative_change),
        f"{it.quiet_checks} of {QUIET_CHECKS}",
        state,
    )


def _drifts(it: "Episode") -> str:
    return _listed(it.drifts)


def _listed(metrics: tuple[str, ...]) -> str:
    return ", ".join(it.replace("_", " ") for it in metrics)


def _times(it: "Episode") -> tuple[str, str, str]:
    return minute(it.onset_at), minute(it.created_at), span(it.length.total_seconds())
