"""`lifecycle retrain`: improve a prompt, test it, and let it in by its evidence. What only asks is in `retrain_asked`."""

import sys
from typing import TYPE_CHECKING

import click

from deployments.cli import retrain_asked
from deployments.cli.changing import acting, dry_run_option, finish
from deployments.cli.completion import session_argument, variant_argument
from deployments.cli.retrain_candidates import candidates
from deployments.cli.retrain_plan import plan_shadow
from deployments.cli.shown import BAD_NEWS, command, json_option, print_json

if TYPE_CHECKING:
    from lifecycle_core.provenance import Provenance
    from lifecycle_core.retraining.session import Session

reason_option = click.option("--reason", required=True, metavar="WHY", help="Why; it is kept with the decision.")

evidence_option = click.option("--evidence", metavar="HASH", help="Of the review that this answers; any other evidence is refused.")

FINALIZE_EPILOG = """\b
Exit codes: 0 promoted; 5 the incumbent stays; 1 the samples are not in yet.
"""


@click.group()
def retrain() -> None:
    """Improve a prompt, test it, and let it in by its evidence."""


asking = (retrain_asked.check, retrain_asked.status, retrain_asked.history, retrain_asked.review, retrain_asked.verify)
for it in (*asking, candidates, plan_shadow):
    retrain.add_command(it)


@retrain.command()
@variant_argument
@click.option("--reason", default="", metavar="WHY", help="Why; it is kept with the session.")
@click.option("--replays", type=int, help="How often each version serves each scenario, 1 to 20.")
@click.option("--max-samples", type=int, help="At how many samples the shadow test ends, whatever it says.")
@click.option("--shadow-source", type=click.Choice(["new", "recorded"]), help="Goals of new conversations, or of recorded ones.")
@click.option("--manual-review/--no-manual-review", default=None, help="Whether a person decides on the promotion.")
@click.option("--engine", type=click.Choice(["builtin", "gepa", "rules"]), help="Who writes: a model, a search with it, or rules.")
@click.option("--seed", type=int, help="Of all that chance decides.")
@dry_run_option
@json_option
def start(
    *,
    variant: str,
    reason: str,
    replays: int | None,
    max_samples: int | None,
    shadow_source: str | None,
    manual_review: bool | None,
    engine: str | None,
    seed: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Start a retraining of VARIANT by hand.

    The session is kept at once; its work is a flow run of `lifecycle serve`,
    which starts it by itself where it was down. No drift and no cooldown is
    asked for.
    """
    import asyncio
    from uuid import uuid4

    from deployments.cli.retrain_report import show
    from deployments.wire.retraining import StartedWire
    from lifecycle_core.operations import retraining, standing
    from lifecycle_core.policy import Engine, ShadowSource
    from lifecycle_core.retraining.options import Options
    from tasks import context, nudges

    options = Options(
        replays=replays,
        max_samples=max_samples,
        shadow_source=ShadowSource(shadow_source) if shadow_source else None,
        manual_review=manual_review,
        engine=Engine(engine) if engine else None,
        reason=reason,
        seed=seed,
    )
    act = acting(reason, dry_run=dry_run)
    begun = retraining.begin(context.database(), act, variant, f"{act.by}/{uuid4()}", options)
    warning = asyncio.run(nudges.begun(act, begun))
    found = standing.of_session(context.database(), begun.session_id, context.now())
    if as_json:
        print_json(StartedWire.of(found, context.settings().prefect_url, warning))
    else:
        show(found)
        if warning:
            click.echo(f"Note: {warning}", err=True)
    finish(act, undo=command("retrain", "cancel", begun.session_id), as_json=as_json)


@retrain.command(epilog=FINALIZE_EPILOG)
@session_argument
@click.option("--force", is_flag=True, help="Decide now, by the gates as they stand; needs --reason, and cannot override harm.")
@click.option("--reason", default="", metavar="WHY", help="Why; it is kept with the decision.")
@dry_run_option
@json_option
def finalize(*, session: str, force: bool, reason: str, dry_run: bool, as_json: bool) -> None:
    """End SESSION by its evidence.

    An ended session is told as it ended.
    """
    from lifecycle_core.operations import promotion
    from tasks import context

    act = acting(reason, dry_run=dry_run)
    _tell(act, promotion.finalize(context.database(), act, session, force=force, reason=reason), as_json=as_json)


@retrain.command(epilog=FINALIZE_EPILOG)
@session_argument
@reason_option
@evidence_option
@dry_run_option
@json_option
def approve(*, session: str, reason: str, evidence: str | None, dry_run: bool, as_json: bool) -> None:
    """Promote the candidate of SESSION, which waits for a person."""
    _decide(acting(reason, dry_run=dry_run), session, "promote", reason, evidence, as_json=as_json)


@retrain.command()
@session_argument
@reason_option
@evidence_option
@dry_run_option
@json_option
def reject(*, session: str, reason: str, evidence: str | None, dry_run: bool, as_json: bool) -> None:
    """Keep the incumbent in place of the candidate of SESSION."""
    _decide(acting(reason, dry_run=dry_run), session, "reject", reason, evidence, as_json=as_json, wanted=False)


@retrain.command()
@session_argument
@click.option("--reason", default="", metavar="WHY", help="Why; it is kept with the session.")
@dry_run_option
@json_option
def cancel(*, session: str, reason: str, dry_run: bool, as_json: bool) -> None:
    """End SESSION without a verdict; the incumbent stays."""
    from lifecycle_core.operations import promotion
    from tasks import context

    act = acting(reason, dry_run=dry_run)
    _tell(act, promotion.cancel(context.database(), act, session, reason), as_json=as_json, wanted=False)


def _decide(act: "Provenance", session: str, answer: str, reason: str, evidence: str | None, *, as_json: bool, wanted: bool = True) -> None:
    from lifecycle_core.operations import promotion
    from lifecycle_core.retraining.session import Answer
    from tasks import context

    promotion.record_decision(context.database(), act, session, Answer(answer), reason, evidence)
    _tell(act, promotion.promote_or_roll_back(context.database(), act, session), as_json=as_json, wanted=wanted)


def _tell(act: "Provenance", it: "Session", *, as_json: bool, wanted: bool = True) -> None:
    """Tell how a session ended; exits with 5 where a promotion was wanted and did not come."""
    import asyncio

    from deployments.cli.retrain_report import show
    from deployments.wire.retraining import FinalizedWire
    from lifecycle_core.operations import standing
    from tasks import context, nudges

    asyncio.run(nudges.decided(act, it))
    found = standing.of_session(context.database(), it.session_id, context.now())
    said = FinalizedWire.of(found, context.settings().prefect_url)
    if as_json:
        print_json(said)
    else:
        click.echo(said.message)
        show(found)
    undo = command("versions", "rollback", it.variant) if it.success else None
    finish(act, undo=undo, no_undo="an ended session stays ended; begin another by retrain start", as_json=as_json)
    if wanted and not it.success:
        sys.exit(BAD_NEWS)
