"""The hourly watch."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.naming import by_the_minute
from tasks.drift import FAILED, Finding, Glanced, check_drift, glance_at_all, leave_table, verdict

CHECKS_AT_ONCE = 4


@flow(
    name="watch-drift",
    flow_run_name=by_the_minute("watch-drift"),
    task_runner=ThreadPoolTaskRunner(max_workers=CHECKS_AT_ONCE),  # type: ignore[arg-type] # Prefect's own, invariant in its futures
    persist_result=False,
)
def watch_drift(variant: str = "") -> State[None]:
    """Check every variant for drift, and keep what is found.

    One sweep glances at all of them; only those that have something to say are checked one by one. A variant that cannot be checked
    stops no other; the run fails at its end and names it.

    Args:
        variant: Only this one; leave empty for all.
    """
    glanced = Glanced((), (variant,)) if variant else glance_at_all()
    checks = check_drift.map(glanced.speaking)
    wait(checks)

    found = [check.result(raise_on_failure=False) for check in checks]
    checked = [it if isinstance(it, Finding) else Finding.failed(name, it) for name, it in zip(glanced.speaking, found, strict=True)]
    findings = [*checked, *glanced.quiet]
    leave_table(findings)

    ended = Failed if any(it.status == FAILED for it in findings) else Completed
    return ended(message=verdict(findings))
