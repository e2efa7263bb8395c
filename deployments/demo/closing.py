"""The last parts: a rollback by hand, everything read back from where it is kept, and the end of all processes."""

import subprocess
import time
from collections.abc import Iterator
from typing import Final

from deployments.demo.agents import BOOKING, PHONE
from deployments.demo.stage import ENDED, Stage, expect
from deployments.demo.tree import is_free
from lifecycle_core.operations import drift, probation, retraining, versions_asked
from lifecycle_core.retraining.session import Answer, Status
from lifecycle_core.retraining.verdict import Verdict
from tasks import context

RUN_ENDED_WITHIN_S: Final = 180.0


def roll_back(stage: Stage) -> None:
    """Back to the version before, as a person types it, timed from the key to the prompt."""
    words = ("versions", "rollback", BOOKING.variant, "--why", "demo: by hand")
    stage.screen.fact(f"$ lifecycle versions rollback {BOOKING.variant} --why 'demo: by hand'")
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - this program itself
        stage.tree.command(*words), env=stage.tree.environment, capture_output=True, text=True, check=False
    )
    took = 1000 * (time.perf_counter() - began)
    expect(done.returncode == 0, f"`lifecycle versions rollback` ended with {done.returncode}: {done.stderr.strip()}")
    for line in done.stdout.splitlines():
        stage.screen.fact(line)
    active = stage.active(BOOKING.variant)["version"]
    expect(active == 1, f"after the rollback version {active} is active")
    stage.found |= {"rollback_ms": round(took), "active_version": active}
    stage.screen.fact(f"{took / 1000:.1f} s as typed, from the key to the prompt")


def let_runs_end(stage: Stage) -> None:
    """Wait until the runs of both retrainings have come to their own end, after that of their sessions."""
    runs = [stage.session(str(stage.found[name])).flow_run_id for name in ("session", "harm_session")]
    stage.until(lambda: all(_run_state(stage, it) in ENDED for it in runs) or None, RUN_ENDED_WITHIN_S, "a flow run has not ended")


def read_back(stage: Stage) -> None:
    """Read everything that was claimed back from the database, and have the product verify itself."""
    promoted, harmful = str(stage.found["session"]), str(stage.found["harm_session"])
    commands = (("db", "verify"), ("retrain", "verify", promoted), ("retrain", "verify", harmful))
    begun = [
        subprocess.Popen(  # noqa: S603 - this program itself
            stage.tree.command(*words), env=stage.tree.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for words in commands
    ]
    claims = dict(_claims(stage, promoted, harmful))
    for words, process in zip(commands, begun, strict=True):
        said, _ = process.communicate()
        claims[f"`lifecycle {' '.join(words)}` exits with 0"] = process.returncode == 0
        if process.returncode:
            stage.screen.fact(said.strip())
    for claim, holds in claims.items():
        stage.screen.fact(f"{'yes' if holds else 'NO '}  {claim}")
    stage.found["read_back"] = len(claims)
    expect(all(claims.values()), f"not so in the database: {'; '.join(claim for claim, holds in claims.items() if not holds)}")


def end(stage: Stage, ingested: int) -> None:
    """Let the customers leave, count what is kept, and end all processes."""
    posted = stage.customers.leave()
    kept = sum(it["conversations"] for it in stage.tree.api("/api/lifecycle/versions/list")["variants"])
    expect(kept == ingested + posted, f"{ingested} + {posted} were taken in, {kept} are kept")
    stage.found["conversations"] = kept
    stage.screen.fact(f"{kept:,} conversations are kept: {ingested:,} ingested, {posted:,} posted while the clock ran")
    code = stage.tree.end()
    expect(code == 0, f"`lifecycle serve` ended with {code}")
    taken = [port for port in (stage.tree.api_port, stage.tree.prefect_port) if not is_free(port)]
    expect(not taken, f"ports are still taken: {taken}")


def _claims(stage: Stage, promoted: str, harmful: str) -> Iterator[tuple[str, bool]]:
    database = context.database()
    episodes = {it.id: it for it in drift.history(database, BOOKING.variant, 50)}
    yield f"the watch found drift episode {stage.found['episode']}", stage.found["episode"] in episodes
    one, two = retraining.session(database, promoted), retraining.session(database, harmful)
    for it in (one, two):
        yield f"the flow run of {it.session_id} completed", _run_state(stage, it.flow_run_id) == "COMPLETED"
    evidence = one.shadow_analysis
    holds = evidence is not None and evidence.e_better >= evidence.level and evidence.verdict in {Verdict.PROMOTE, Verdict.TO_A_PERSON}
    yield f"{promoted} promoted version {one.version} on its evidence", one.status is Status.PROMOTED and holds
    yield "a person approved it", one.review is not None and one.review.answer is Answer.PROMOTE
    served = versions_asked.compare(database, BOOKING.variant, one.incumbent_version, one.version).version2.total_conversations
    yield f"the promoted prompt served {served} customers", served > 0
    yield "its probation was opened with it", probation.of_session(database, promoted) is not None
    evidence = two.shadow_analysis
    yield (
        f"{harmful} was rolled back for harm",
        two.status is Status.ROLLED_BACK and evidence is not None and evidence.verdict is Verdict.HARM,
    )
    acts = versions_asked.history(database, BOOKING.variant, 10).activations
    yield "the newest act on the versions is the rollback by hand", acts[0].kind == "rollback" and acts[0].version == one.incumbent_version
    for desk in (BOOKING, PHONE):
        yield f"version 1 of {desk.variant} is active", versions_asked.active(database, desk.variant).version == 1


def _run_state(stage: Stage, run_id: str | None) -> str:
    state: str = stage.tree.prefect(f"/flow_runs/{run_id}")["state"]["type"]
    return state
