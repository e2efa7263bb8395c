"""The shadow tests served."""

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.futures import wait
from prefect.states import Completed, Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.naming import by_the_minute
from tasks.shadow import TESTS_AT_ONCE, list_shadow_tests, serve_goals


@flow(
    name="watch-shadow",
    flow_run_name=by_the_minute("watch-shadow"),
    task_runner=ThreadPoolTaskRunner(max_workers=TESTS_AT_ONCE),  # type: ignore[arg-type] # Prefect's own, invariant in its futures
    persist_result=False,
)
def watch_shadow(session_id: str = "") -> State[None]:
    """Serve the goals that open shadow tests wait for, by incumbent and candidate.

    Args:
        session_id: Only this one's; leave empty for all.
    """
    sessions = [session_id] if session_id else list_shadow_tests()
    served = serve_goals.map(sessions)
    wait(served)

    counts = [it.result(raise_on_failure=False) for it in served]
    failed = [name for name, it in zip(sessions, counts, strict=True) if not isinstance(it, int)]
    kept = sum(it for it in counts if isinstance(it, int))
    said = f"{kept} samples in {len(sessions)} shadow tests" + (f"; not all could be served: {', '.join(failed)}" if failed else "")
    return (Failed if failed else Completed)(message=said)
