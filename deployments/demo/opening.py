"""The first parts: two weeks of traffic, everything started, a healthy check, and the drift that the watch finds by itself."""

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from deployments.demo import agents
from deployments.demo.agents import BOOKING, DESKS
from deployments.demo.stage import ENDED, Stage, expect
from deployments.demo.tree import Tree, environment_for
from lifecycle_core.clock import Clock
from lifecycle_core.operations import audit, policies, retraining, versions
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Session
from tasks import context

WATCHER: Final = "flow:watch-drift"
SERVED_WITHIN_S: Final = 180.0
CHECKED_WITHIN_S: Final = 180.0
FOUND_WITHIN_S: Final = 240.0
_DRIFT: Final = 5
"""What `lifecycle drift check` exits with where it found one."""


def bring_history(stage: Stage) -> int:
    """Register the prompt of both agents when they began, and take two weeks in by the command that does it: -> how many conversations."""
    act = Provenance("demo", agents.BEGAN, "simulated")
    for desk in DESKS:
        made = versions.register(context.database(), act, variant=desk.variant, system_prompt=agents.PROMPT)
        versions.activate(context.database(), act, desk.variant, made.version)
        policies.set_policy(context.database(), act, desk.variant, desk.policy)
    path = stage.folder / "traffic.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(agents.lines(agents.history()))
    standing = Clock(agents.NOW, agents.NOW, 0)
    done = subprocess.run(  # noqa: S603 - this program itself
        Tree.command("ingest", str(path), "--json"),
        env=environment_for(stage.folder, LIFECYCLE_CLOCK=written(standing)),
        capture_output=True,
        text=True,
        check=False,
    )
    expect(done.returncode == 0, f"`lifecycle ingest` ended with {done.returncode}: {done.stderr.strip()}")
    summary = json.loads(done.stdout)
    accepted: int = summary["accepted"]
    expect(accepted == summary["records"] > 0, f"of {summary['records']} records {accepted} were accepted")
    names = " and ".join(desk.variant for desk in DESKS)
    stage.screen.fact(f"`lifecycle ingest` took {accepted:,} conversations in: {names}, version 1 of each, {agents.DAYS} days")
    return accepted


def written(clock: Clock) -> str:
    """A clock as `LIFECYCLE_CLOCK` has it."""
    return f"{clock.virtual.isoformat()}={clock.real.isoformat()}*{clock.rate}"


def served(stage: Stage) -> None:
    """Wait until Prefect serves the watch, on a schedule."""
    stage.tree.wait_for("Watch ", within_s=SERVED_WITHIN_S)
    watch = _watch(stage)
    expect(bool(watch["schedules"]), "the deployment that Prefect serves has no schedule")
    interval = watch["schedules"][0]["schedule"]["interval"]
    stage.screen.fact(f"The watch is due every {interval:.0f} s here, and each hour in earnest")


def healthy(stage: Stage) -> None:
    """The watch's first check, and the report that the API gives."""
    run = stage.until(lambda: next(stage.watched(), None), CHECKED_WITHIN_S, "no check by the watch has ended")
    expect(run["state"]["type"] == "COMPLETED", f"the flow run {run['name']} ended {run['state']['name']}")
    report = stage.tree.api(f"/api/lifecycle/drift/detect?variant={BOOKING.variant}")
    booking = report["metrics"]["bookingRate"]
    expect(not report["overallDrift"], f"the customers have not changed, and the check finds {report['drifts']}")
    expect(report["status"] != "insufficient_data", f"the check has too little to judge by: {report['notes']}")
    stage.found["healthy"] = report["status"]
    stage.screen.fact(
        f"{BOOKING.variant} is {report['status']}: of the last day {booking['recentRate']} book, before {booking['baselineRate']}"
    )


def drifts(stage: Stage) -> Session:
    """Change the customers, and wait until the watch has found it by itself and begun a retraining: -> its session."""
    since = stage.customers.change()
    stage.screen.fact(
        f"From {since:%Y-%m-%d %H:%MZ} on many customers want evenings, when the calendar is nearly full, or ask for the price."
    )
    stage.screen.fact("The prompt says nothing of looking into the calendar, nor of prices: it never had to.")

    def begun() -> Session | None:
        for _run in stage.watched():
            pass
        return next((it for it in retraining.open_sessions(context.database()) if it.variant == BOOKING.variant), None)

    session = stage.until(begun, FOUND_WITHIN_S, "the watch has not found the drift and begun a retraining")
    pause(stage, paused=True)
    expect(session.opened_by == WATCHER, f"the retraining was begun by {session.opened_by}, not by {WATCHER}")
    episode = _episode(stage)
    run = stage.until(lambda: _ended(stage, episode["by"].request_id), CHECKED_WITHIN_S, "the flow run has not ended")
    expect(bool(run["auto_scheduled"]), f"the flow run {run['name']} was not started by the schedule")
    expect(run["state"]["type"] == "COMPLETED", f"the flow run {run['name']} ended {run['state']['name']}")
    hours = (datetime.fromisoformat(episode["createdAt"]) - since).total_seconds() / 3600
    expect(hours > 0, f"the episode is of {episode['createdAt']}, before the change")
    stage.found |= {
        "episode": episode["id"],
        "drifts": episode["drifts"],
        "found_after_hours": round(hours, 1),
        "session": session.session_id,
    }
    stage.screen.fact(f"Found {hours:.0f} h after the change by the scheduled run {run['name']}, which began a retraining by its triggers:")
    stage.screen.fact(session.session_id)
    stage.screen.fact("(From here on the demo pauses the watch's schedule, to leave the processor to the rest.)")
    return session


def tell_report(stage: Stage) -> None:
    """The drift, as `lifecycle drift check` tells it."""
    stage.screen.fact("$ lifecycle drift check booking-agent")
    sys.stdout.flush()
    done = subprocess.run(stage.tree.command("drift", "check", BOOKING.variant), env=stage.tree.environment, check=False)  # noqa: S603 - ours
    expect(done.returncode == _DRIFT, f"`lifecycle drift check` exits with {done.returncode}, and {_DRIFT} means drift")


def pause(stage: Stage, *, paused: bool) -> None:
    """Pause the watch's schedule, or let it go on."""
    stage.tree.prefect(f"/deployments/{_watch(stage)['id']}", {"paused": paused}, "PATCH")


def _watch(stage: Stage) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(it for it in stage.tree.prefect("/deployments/filter", {}) if it["name"] == "watch-drift")
    return found


def _episode(stage: Stage) -> dict[str, Any]:
    history = stage.tree.api(f"/api/lifecycle/drift/history?variant={BOOKING.variant}")["episodes"]
    episode = next((it for it in history if it["closedAt"] is None), None)
    expect(episode is not None, "the watch has begun a retraining, and no drift episode is open")
    assert episode is not None  # noqa: S101 - expected above
    [opened, *_] = audit.acts(context.database(), f"drift_detections:{BOOKING.variant}/{episode['id']}")
    expect(opened.by == WATCHER, f"the episode was opened by {opened.by}, not by {WATCHER}")
    return {**episode, "by": opened}


def _ended(stage: Stage, run_id: str | None) -> Mapping[str, Any] | None:
    run: Mapping[str, Any] = stage.tree.prefect(f"/flow_runs/{run_id}")
    return run if run["state"]["type"] in ENDED else None
