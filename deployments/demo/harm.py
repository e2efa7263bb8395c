"""A second candidate, which does harm: stopped by its shadow test, in the same flow."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from deployments.demo.agents import LOWERED_SCORE, PHONE
from deployments.demo.retraining import ended, follow_test, tell_evaluation, tell_prompt
from deployments.demo.stage import Stage, expect
from deployments.simulated_endpoint.child import direct
from lifecycle_core.retraining.session import Status
from lifecycle_core.retraining.verdict import Verdict

STARTED_WITHIN_S: Final = 120.0
_OPTIONS: Final = {"engine": "builtin", "shadowSource": "recorded", "reason": "demo: a harmful candidate"}

Asked = Future[tuple[str, float]]
"""The session's id, and after how many seconds the start was answered: when the shadow test begins, or after half a minute."""


@contextmanager
def asked_for(stage: Stage) -> Iterator[Callable[[], Asked]]:
    """While it is open: gives what asks for the second retraining, in the background, from a writer that writes harmfully from then on."""
    with ThreadPoolExecutor(1) as pool:

        def ask() -> Asked:
            direct(stage.models, writes="harmfully")
            body = {"variant": PHONE.variant, "options": _OPTIONS}
            return pool.submit(_start, stage, body)

        yield ask


def stopped(stage: Stage, asked: Asked) -> None:
    """Follow the second retraining to its end, which must be harm."""
    stage.screen.fact(f"The scripted writer was told to write harmfully (PUT /script), for another agent, {PHONE.variant}. Its offline")
    stage.screen.fact(
        f"evaluation was told to let pass what has {LOWERED_SCORE} in place of 0.8: it would have stopped the candidate earlier."
    )
    session_id, took = stage.until(lambda: asked.result() if asked.done() else None, STARTED_WITHIN_S, "it has not started")
    stage.found["start_answered_s"] = took
    stage.screen.fact(f"Asked for by POST /api/lifecycle/retraining/start, meanwhile: {session_id}")
    tell_prompt(stage, session_id)
    tell_evaluation(stage, session_id)
    direct(stage.models, writes="well")
    found = follow_test(stage, session_id)
    expect(found.verdict is Verdict.HARM and found.harmful, f"the verdict is {found.verdict}, and the candidate does harm")
    it = ended(stage, session_id)
    expect(it.status is Status.ROLLED_BACK, f"the session ended {it.status}")
    active = stage.active(PHONE.variant)["version"]
    expect(active == it.incumbent_version, f"version {active} is active, and version {it.incumbent_version} should have stayed")
    stage.found |= {"harm_session": session_id, "harm_samples": found.n, "e_worse": round(found.e_worse, 1)}
    stage.screen.fact(f"Rolled back after {found.n} of at least {it.policy.shadow.min_shadow_samples} samples: {'; '.join(it.reasons)}")
    stage.screen.fact(f"No customer met it: version {active} of {PHONE.variant} stayed active throughout")


def _start(stage: Stage, body: object) -> tuple[str, float]:
    began = time.monotonic()
    started = stage.tree.api("/api/lifecycle/retraining/start", body, within_s=STARTED_WITHIN_S)
    return str(started["session"]["id"]), round(time.monotonic() - began, 1)
