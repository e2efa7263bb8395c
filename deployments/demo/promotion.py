"""The review and the promotion, and the booking rate that recovers after it."""

from datetime import datetime
from typing import Final

from deployments.demo.agents import BOOKING
from deployments.demo.retraining import ended
from deployments.demo.stage import Stage, expect
from lifecycle_core.operations import probation
from lifecycle_core.retraining.analysis import ShadowAnalysis
from lifecycle_core.retraining.session import Session, Status
from lifecycle_core.retraining.verdict import Verdict
from tasks import context

RECOVERED_WITHIN_S: Final = 120.0
_ENOUGH: Final = 120
"""So many customers of the promoted version tell its booking rate to some nine points."""
_WHY: Final = "demo: the evidence holds"


def review(stage: Stage, session_id: str, found: ShadowAnalysis) -> None:
    """Show what the test says, ask whoever looks on, and approve as the API takes it; raises SetupError after a no."""
    refused = [gate.sentence for gate in found.gates if gate.passed is False]
    expect(found.verdict in {Verdict.TO_A_PERSON, Verdict.PROMOTE}, f"the verdict is {found.verdict}: {'; '.join(found.reasons)}")
    expect(found.e_better >= found.level and not refused, f"the evidence does not hold: {'; '.join(refused)}")
    for gate in found.gates:
        stage.screen.fact(f"{gate.name:<11} {'passes' if gate.passed else 'a person decides':<16}  {gate.sentence}")
    stage.screen.fact(f"A person is asked, since: {'; '.join(found.doubts)}.")
    it = stage.session(session_id)
    stage.screen.fact(f"The form stands in Prefect too, beside ten pairs of conversations: {stage.page_of(it.flow_run_id)}")
    if stage.ask is None:
        stage.screen.fact("Nobody is asked here (--yes, or no terminal): the demo says yes.")
    elif not stage.ask(f"     Promote {it.new_variant} in place of version {it.incumbent_version}?"):
        stage.tree.api("/api/lifecycle/retraining/reject", {"sessionId": session_id, "reason": "demo: the person said no"})
        expect(held=False, otherwise="you said no: the incumbent stays, and there is nothing more to show")
    told = stage.tree.api("/api/lifecycle/retraining/approve", {"sessionId": session_id, "reason": _WHY})
    it = ended(stage, session_id)
    expect(it.status is Status.PROMOTED, f"the session ended {it.status}: {'; '.join(it.reasons)}")
    active = stage.active(BOOKING.variant)["version"]
    expect(active == it.version, f"version {it.version} was promoted, and version {active} is active")
    stage.found |= {"promoted_version": it.version, "samples": found.n, "e_better": round(found.e_better, 1)}
    stage.screen.fact(f"{told['message']}: version {it.version} is active, version {it.incumbent_version} was")


def recovery(stage: Stage, session: Session) -> None:
    """Wait until the promoted version has served enough customers, and compare with what the one before it came to with like ones.

    That is the shadow test's: what the watch found as it began may rest on hours before the change.
    """
    drifted = _of_the_incumbent(stage.session(session.session_id))

    def served() -> float | None:
        asked = f"variantName={session.variant}&version1={session.incumbent_version}&version2={stage.found['promoted_version']}"
        found = stage.tree.api(f"/api/lifecycle/versions/compare?{asked}")["version2"]
        n, rate = found["bookedN"], found["bookingRate"]
        if n:
            stage.screen.grow(f"{n:3} customers served by the promoted version: {rate:.0%} booked", worth_a_line=n >= _ENOUGH)
        return rate if n >= _ENOUGH else None

    rate = stage.until(served, RECOVERED_WITHIN_S, f"the promoted version has not served {_ENOUGH} customers")
    expect(rate > drifted, f"{rate:.0%} of the promoted version's customers book, and {drifted:.0%} of such would with the one before")
    stage.screen.fact(f"Live: {rate:.0%} book with the promoted version, where {drifted:.0%} of such customers did with the one before it")
    watch = probation.of_session(context.database(), session.session_id)
    expect(watch is not None and watch.version == stage.found["promoted_version"], "the promotion opened no probation")
    assert watch is not None  # noqa: S101 - expected above
    expect(watch.open or watch.status.value == "stable", f"the probation ended {watch.status}: {watch.because}")
    stage.found |= {"booking_rate_drifted": round(drifted, 3), "booking_rate_recovered": round(rate, 3), "probation": watch.status.value}
    stage.screen.fact(f"Its probation is {watch.status}, {_until(watch.ends_at)}: harm would roll it back by itself")


def _of_the_incumbent(session: Session) -> float:
    """What the version before came to in the shadow test."""
    found = session.shadow_analysis.incumbent if session.shadow_analysis else None
    expect(found is not None, "the shadow test does not tell what the version before came to")
    assert found is not None  # noqa: S101 - expected above
    return found.success_rate


def _until(instant: datetime) -> str:
    return f"until {instant:%Y-%m-%d %H:%MZ} at the latest"
