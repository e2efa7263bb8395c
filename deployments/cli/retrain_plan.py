"""`lifecycle retrain plan-shadow`: what a shadow test would take and find, before anything is paid for."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import click

from deployments.cli.completion import variant_argument
from deployments.cli.shown import NOTHING, at_option, command, json_option, number, print_facts, print_json, print_table, printable

if TYPE_CHECKING:
    from lifecycle_core.retraining.planning import Expected, Plan

HEADINGS = ("power", "harm", "samples (p90)", "days", "cost")


@click.command("plan-shadow")
@variant_argument
@click.option("--effect", type=float, default=0.1, show_default=True, help="What a candidate is taken to gain, relative: 0.1 is +10%.")
@click.option("--replays", type=click.IntRange(1, 20), help="Of each scenario by each version.  [default: the policy's]")
@click.option("--source", type=click.Choice(["new", "recorded"]), help="Where goals come from.  [default: the policy's]")
@at_option
@json_option
def plan_shadow(*, variant: str, effect: float, replays: int | None, source: str | None, at: datetime | None, as_json: bool) -> None:
    """Tell what a shadow test of VARIANT would take and find.

    Whole tests are imagined by its policy, on agents as its own figures
    describe them: how often they would find the effect, after how many
    samples and days, and for how many dollars. Nothing is started.
    """
    from deployments.wire.planning import ShadowPlanWire
    from lifecycle_core.operations import planning
    from lifecycle_core.policy import ShadowSource
    from tasks import context

    database, instant, goals = context.database(), context.as_of(at), ShadowSource(source) if source else None
    found = planning.plan_shadow(database, variant, instant, context.chance(), effect=effect, replays=replays, source=goals)
    if as_json:
        print_json(ShadowPlanWire.of(variant, found))
    else:
        _show(variant, found, source)


def _show(variant: str, it: "Plan", source: str | None) -> None:
    known, by = it.basis, it.basis.told_by
    cost = f"${known.replay_usd:.6f}" if known.replay_usd is not None else NOTHING
    print_facts(
        (
            ("success", f"{known.success_rate:.1%}, {by['success_rate']}"),
            ("hand-offs", f"{known.escalation_rate:.1%}, {by['escalation_rate']}"),
            ("disagreement", f"{known.disagreement_rate:.1%} of two replays of one scenario, {by['disagreement_rate']}"),
            ("a replay costs", f"{cost}, {by['replay_usd']}"),
            ("goals", f"{known.goals_a_day:.1f} new ones a day; about {number(known.recorded_goals)} recorded ones of use"),
        )
    )
    click.echo(f"\n{it.replays} replays of each scenario by each version, by what the candidate truly changes")
    _table("true change", ((f"{one.effect:+.0%}", one) for one in it.by_effect))
    click.echo(f"\nA true change of {it.effect:+.0%}, by replays")
    _table("replays", ((str(one.replays), one) for one in it.by_replays))
    click.echo(f"\nFrom {number(it.tests)} imagined tests a row; power is how often a test says promote")
    for line in it.advice:
        click.echo(f"Advice: {line}")
    chosen = it.recommended or it.replays
    from_where = ("--shadow-source", source) if source else ()
    click.echo(f"Next: {command('retrain', 'start', printable(variant), '--replays', chosen, *from_where)}")


def _table(heading: str, rows: "Iterable[tuple[str, Expected]]") -> None:
    print_table(
        (heading, *HEADINGS),
        (
            (
                name,
                f"{it.power:.0%}",
                f"{it.harm:.0%}",
                f"{it.mean_samples:.0f} ({it.p90_samples:.0f})",
                "at once" if it.mean_days is None else f"{it.mean_days:.1f}",
                NOTHING if it.mean_usd is None else f"${it.mean_usd:,.2f}",
            )
            for name, it in rows
        ),
        right=HEADINGS,
    )
