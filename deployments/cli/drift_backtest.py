"""`lifecycle drift backtest`: what another policy would have done, and what the present one has."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from deployments.cli.completion import variant_argument
from deployments.cli.shown import NOTHING, Instant, json_option, minute, print_json, print_table, printable, tell

if TYPE_CHECKING:
    from rich.text import Text

    from lifecycle_core.drift.backtest import Alarm
    from lifecycle_core.retraining.backtests import Backtest
    from lifecycle_core.retraining.replaying import Begun

SHOWN_ALARMS: Final = 20
SHOWN_DAYS: Final = 3
HEADINGS: Final = {"current": "present policy", "changed": "as changed", "threshold": "bare thresholds"}


@click.command()
@variant_argument
@click.option(
    "--from", "start", type=Instant(), metavar="TIME", help="The first check, ISO 8601 with a zone.  [default: all that is stored]"
)
@click.option("--to", "end", type=Instant(), metavar="TIME", help="The last check.  [default: the newest conversation]")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A setting to try, such as bookingRateThreshold=0.15; repeat it.")
@click.option("--mode", type=click.Choice(["evidence", "threshold"]), help="What decides in the policy that is tried.")
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="Draw the metrics and the alarms into an .svg or .png.")
@json_option
def backtest(
    *,
    variant: str,
    start: datetime | None,
    end: datetime | None,
    given: tuple[str, ...],
    mode: str | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Replay the watch over VARIANT's history, by its policy and by another.

    Hour by hour over what is stored: which alarms and retrainings each would
    have brought, and what these would have cost.
    """
    from deployments.plots import files
    from deployments.wire.backtest import BacktestWire, asked_policy
    from lifecycle_core.operations import backtesting, policies
    from lifecycle_core.policy import Mode
    from tasks import context

    if plot is not None:
        files.expect_writable(plot)
    database = context.database()
    changed = asked_policy(policies.policy(database, variant), given, Mode(mode) if mode else None)
    found = backtesting.backtest(database, variant, context.as_of(None), start=start, end=end, changed=changed)
    if plot is not None:
        from deployments.plots.backtest import drawn

        files.replace(plot, drawn(found, files.kind(plot)))
    if as_json:
        print_json(BacktestWire.of(found))
        return
    _show(found)
    if plot is not None:
        click.echo(f"Drawn: {printable(str(plot))}")


def _show(it: "Backtest") -> None:
    from deployments.wire.backtest import courses, verdict

    checks = f"{len(it.ends):,} hourly check{'s' * (len(it.ends) > 1)} over {it.conversations:,} conversations"
    tell([f"{verdict(it)}.", f"{it.variant}, {minute(it.window.start)} to {minute(it.window.end)}: {checks}"])
    told = courses(it)
    headings = [HEADINGS[name] for name in told]
    print_table(("", *headings), _rows(it), right=headings)
    _show_alarms(it)
    tell(f"Note: {note}." for note in it.notes)


def _rows(it: "Backtest") -> "Iterator[tuple[str | Text, ...]]":
    from deployments.wire import formats
    from deployments.wire.backtest import cost_of, courses
    from lifecycle_core.drift.report import Metric

    told = courses(it).values()
    yield "checks a week", *(f"{min(len(it.ends), 168):,}" for _ in told)
    yield "alarms", *(f"{len(course.spells):,}" for course in told)
    yield "alarms a week", *(f"{len(course.spells) / it.weeks:.2f}" for course in told)
    yield "hours in drift", *(f"{course.hours_in_drift:,} ({course.hours_in_drift / len(it.ends):.0%})" for course in told)
    for metric in Metric:
        yield f"  {metric.replace('_', ' ')}", *(_of_metric(course.detections_of(metric), course.hours_of(metric)) for course in told)
    yield "retrainings begun", *(f"{len(course.retrainings):,}" for course in told)
    yield "  on", *(_days(course.retrainings) for course in told)
    yield "  their cost", *(formats.dollars(cost_of(course, it)) or "unknown" for course in told)


def _days(begun: "tuple[Begun, ...]") -> str:
    from lifecycle_core.drift.windows import instant

    more = f" +{len(begun) - SHOWN_DAYS:,}" if len(begun) > SHOWN_DAYS else ""
    return ", ".join(f"{instant(it.at):%m-%d}" for it in begun[:SHOWN_DAYS]) + more or NOTHING


def _of_metric(alarms: int, hours: int) -> str:
    return f"{alarms:,} in {hours:,} h" if alarms else NOTHING


def _show_alarms(it: "Backtest") -> None:
    """The alarms of the present policy and of the changed one, in one list: which of them both bring, and which only one does."""
    from deployments.cli.drift_verdict import comparison, moved
    from deployments.wire.backtest import change_of
    from lifecycle_core.drift.windows import instant

    by = _brought(it)
    if not by:
        click.echo("No alarm.")
        return
    sides = ("by",) if it.changed else ()
    print_table(
        ("alarm", "found", "since about", "lasts", "change", "severity", *sides),
        (
            (
                comparison(alarm.comparison),
                minute(instant(alarm.entered)),
                minute(instant(alarm.onset)),
                "goes on" if alarm.ended is None else f"{alarm.ended - alarm.entered:,} h",
                NOTHING if change_of(alarm) is None else moved(alarm.comparison, alarm.change),
                alarm.severity,
                *((whose,) if it.changed else ()),
            )
            for alarm, whose in by[:SHOWN_ALARMS]
        ),
        right=("lasts", "change"),
    )
    if len(by) > SHOWN_ALARMS:
        click.echo(f"And {len(by) - SHOWN_ALARMS:,} more; --json lists them.")


def _brought(it: "Backtest") -> "list[tuple[Alarm, str]]":
    own = {(alarm.comparison, alarm.entered): alarm for alarm in it.current.alarms}
    other = {(alarm.comparison, alarm.entered): alarm for alarm in (it.changed.alarms if it.changed else ())}
    whose = {key: "both" if key in own and key in other else "present" if key in own else "changed" for key in own | other}
    return sorted(((alarm, whose[key]) for key, alarm in (other | own).items()), key=lambda pair: (pair[0].entered, pair[0].comparison))
