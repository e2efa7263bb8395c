"""The hourly watch."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from tasks import context
from tasks.drift import FAILED, Finding, check_drift, leave_table, list_variants, verdict

CHECKS_AT_ONCE = 4


def named_by_the_minute() -> str:
    """The run's name: what it is, and as of when."""
    return f"watch-drift {context.now():%Y-%m-%d %H:%M}"


@flow(
    name="watch-drift",
    flow_run_name=named_by_the_minute,
    task_runner=ThreadPoolTaskRunner(max_workers=CHECKS_AT_ONCE),  # type: ignore[arg-type] # Prefect's own, invariant in its futures
    persist_result=False,
)
def watch_drift(variant: str = "") -> State[None]:
    """Check every variant for drift, and keep what is found.

    A variant that cannot be checked stops no other; the run fails at its end and names it.

    Args:
        variant: Only this one; leave empty for all.
    """
    variants = [variant] if variant else list_variants()
    checks = check_drift.map(variants)
    wait(checks)

    found = [check.result(raise_on_failure=False) for check in checks]
    findings = [it if isinstance(it, Finding) else Finding.failed(name, it) for name, it in zip(variants, found, strict=True)]
    leave_table(findings)

    ended = Failed if any(it.status == FAILED for it in findings) else Completed
    return ended(message=verdict(findings))
