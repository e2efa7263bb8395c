"""The demo: one loop on simulated traffic, through the real programs; every claim is read back from where it is kept.

1. Only the customers, the agent and the clock are simulated: ingest, API, database, Prefect and checks are the real ones.
2. A step that did not truly happen ends the demo, and its outcome says which and why.
3. Whatever happens, the tree of processes is gone in the end.
"""

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deployments.demo import agent
from deployments.demo.agent import VARIANT, Customers
from deployments.demo.ctrl_c import heard
from deployments.demo.tree import Tree, environment_for, is_free
from lifecycle_core.errors import LifecycleError, SetupError
from lifecycle_core.operations import audit, versions
from lifecycle_core.provenance import Provenance
from lifecycle_core.settings import Clock
from lifecycle_core.simulation.worlds import HEALTHY
from tasks import context

RATE: Final = 3600
"""Virtual seconds in a real one: an hour passes in each second."""
WATCH_SECONDS: Final = 10
STEPS: Final = 8
WATCHER: Final = "flow:watch-drift"
DRIFT: Final = 5
"""What `lifecycle drift check` exits with where it found one."""
SERVED_WITHIN_S: Final = 180.0
CHECKED_WITHIN_S: Final = 90.0
FOUND_WITHIN_S: Final = 150.0
_ASKED_EVERY_S: Final = 0.5

Say = Callable[[str], None]


@dataclass
class Demo:
    """One demo, on `folder`; `say` prints a line, `heed` is called in every wait."""

    folder: Path
    say: Say
    heed: Callable[[], None]
    found: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    step: str = ""
    _told: set[str] = field(default_factory=set)

    def play(self) -> None:
        """Play it; raises LifecycleError where a part does not truly happen."""
        self.say("Simulated: the customers, the booking agent, the model behind it, and a clock on which an hour takes a second.")
        self.say("Real: ingest, API, database, Prefect, the scheduled watch, checks and rollback. No key, nothing leaves this machine.")
        with self._step("history", "Two weeks of traffic: version 1 served four days, version 2 ten"):
            ingested = self._bring_history()
        clock = Clock(agent.NOW, datetime.now(UTC), RATE)
        context.configure(LIFECYCLE_CLOCK=_written(clock))
        with ExitStack() as open_ones:
            tree = self._tree(clock)
            with self._step("start", "API, Prefect server and runner, as `lifecycle serve` starts them; the clock runs from here"):
                open_ones.callback(tree.start().end)
                tree.wait_for("API ", within_s=SERVED_WITHIN_S)
                customers = open_ones.enter_context(Customers(lambda body: tree.api("/api/lifecycle/conversations", body), context.now))
                self._served(tree)
            with self._step("first_check", "The watch checks for the first time"):
                self._first_check(tree, customers)
            with self._step("healthy", "A healthy check"):
                self._healthy(tree)
            with self._step("drift", "The model behind version 2 changes; nobody is told"):
                episode = self._drift(tree, customers)
            with self._step("report", "The report, as `lifecycle drift check` tells it"):
                self._report(tree)
            with self._step("rollback", "Back to version 1, by hand"):
                self._roll_back(tree, episode)
            with self._step("end", "The customers leave, and everything ends"):
                self._end(tree, customers, ingested)

    @contextmanager
    def _step(self, name: str, words: str) -> Iterator[None]:
        self.step, began = name, time.monotonic()
        self.say(f"\n{len(self.seconds) + 1}/{STEPS}  {words}")
        yield
        self.seconds[name] = round(time.monotonic() - began, 1)

    def _fact(self, words: str) -> None:
        self.say(f"     {words}")

    def _tree(self, clock: Clock) -> Tree:
        played = {"LIFECYCLE_CLOCK": _written(clock), "LIFECYCLE_WATCH_SECONDS": str(WATCH_SECONDS)}
        return Tree(self.folder, self._fact, self.heed, TMPDIR=str(self.folder), **played)

    def _until(self, tree: Tree, ask: Callable[[], Mapping[str, Any] | None], within_s: float, otherwise: str) -> Mapping[str, Any]:
        deadline = time.monotonic() + within_s
        while (answer := ask()) is None:
            tree.expect_alive()
            self.heed()
            _expect(time.monotonic() < deadline, f"{otherwise} within {within_s:.0f} s")
            time.sleep(_ASKED_EVERY_S)
        return answer

    def _bring_history(self) -> int:
        """Register both versions when they began, and take two weeks in by the command that does it."""
        for prompt, at in zip(agent.PROMPTS, (agent.BEGAN, agent.SECOND), strict=True):
            act = Provenance("demo", at, "simulated")
            made = versions.register(context.database(), act, variant=VARIANT, system_prompt=prompt, model=f"simulated-{at:%Y-%m-%d}")
            versions.activate(context.database(), act, VARIANT, made.version)
        path = self.folder / "traffic.jsonl.gz"
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.writelines(agent.lines(agent.history()))
        standing = Clock(agent.NOW, agent.NOW, 0)
        done = subprocess.run(  # noqa: S603 - this program itself
            Tree.command("ingest", str(path), "--json"),
            env=environment_for(self.folder, LIFECYCLE_CLOCK=_written(standing)),
            capture_output=True,
            text=True,
            check=False,
        )
        _expect(done.returncode == 0, f"`lifecycle ingest` ended with {done.returncode}: {done.stderr.strip()}")
        summary = json.loads(done.stdout)
        accepted: int = summary["accepted"]
        _expect(accepted == summary["records"] > 0, f"of {summary['records']} records {accepted} were accepted")
        self._fact(f"`lifecycle ingest` took {accepted:,} conversations in, {summary['quarantined']} quarantined")
        return accepted

    def _served(self, tree: Tree) -> None:
        tree.wait_for("Watch ", within_s=SERVED_WITHIN_S)
        [watch] = tree.prefect("/deployments/filter", {})
        _expect(bool(watch["schedules"]), "the deployment that Prefect serves has no schedule")
        interval = watch["schedules"][0]["schedule"]["interval"]
        self._fact(
            f"Prefect serves `{watch['name']}`, every {interval:.0f} s here and each hour in earnest: {tree.prefect_url}/deployments"
        )

    def _first_check(self, tree: Tree, customers: Customers) -> None:
        def ended() -> Mapping[str, Any] | None:
            customers.expect_well()
            return next(self._told_as_they_end(tree), None)

        run = self._until(tree, ended, CHECKED_WITHIN_S, "no flow run has ended")
        _expect(run["state"]["type"] == "COMPLETED", f"the flow run {run['name']} ended {run['state']['name']}")
        self._fact(f"Its run: {tree.prefect_url}/runs/flow-run/{run['id']}")

    def _told_as_they_end(self, tree: Tree) -> Iterator[Mapping[str, Any]]:
        """The flow runs that have ended since this was asked last, each told."""
        for run in tree.runs():
            if run["id"] not in self._told and run["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"}:
                self._told.add(run["id"])
                self._fact(f"{run['name']}: {run['state']['message']}")
                yield run

    def _healthy(self, tree: Tree) -> None:
        report = tree.api(f"/api/lifecycle/drift/detect?variant={VARIANT}")
        booking, latency = (report["metrics"][name] for name in ("bookingRate", "responseTime"))
        _expect(not report["overallDrift"], f"the agent has not changed, and the check finds {report['drifts']}")
        _expect(report["status"] != "insufficient_data", f"the check has too little to judge by: {report['notes']}")
        self.found["healthy"] = report["status"]
        figures = (
            f"{booking['recentRate']} book, {booking['baselineRate']} did before; "
            f"replies take {latency['recentTime']}, they took {latency['baselineTime']}"
        )
        self._fact(f"{report['timestamp']}: {report['status']}; {figures}")

    def _drift(self, tree: Tree, customers: Customers) -> Mapping[str, Any]:
        """Change the agent, and wait until the watch has found it by itself: -> the episode."""
        since = customers.change_model()
        books = f"{agent.CHANGED.booking:.0%} book instead of {HEALTHY.booking:.0%}"
        self._fact(f"From {since:%Y-%m-%d %H:%MZ} on {books}, and replies take twice as long")

        def found() -> Mapping[str, Any] | None:
            customers.expect_well()
            for _run in self._told_as_they_end(tree):
                pass
            history = tree.api(f"/api/lifecycle/drift/history?variant={VARIANT}")["episodes"]
            return next((it for it in history if it["closedAt"] is None), None)

        episode = self._until(tree, found, FOUND_WITHIN_S, "the watch has not found the drift")
        [opened, *_] = audit.acts(context.database(), f"drift_detections:{VARIANT}/{episode['id']}")
        _expect(opened.by == WATCHER, f"the episode was opened by {opened.by}, not by {WATCHER}")
        run = self._until(
            tree, lambda: _ended(tree.prefect(f"/flow_runs/{opened.request_id}")), CHECKED_WITHIN_S, "the flow run has not ended"
        )
        _expect(bool(run["auto_scheduled"]), f"the flow run {run['name']} was not started by the schedule")
        _expect(run["state"]["type"] == "COMPLETED", f"the flow run {run['name']} ended {run['state']['name']}")
        hours = (datetime.fromisoformat(episode["createdAt"]) - since).total_seconds() / 3600
        _expect(hours > 0, f"the episode is of {episode['createdAt']}, before the change")
        self.found |= {
            "drifts": episode["drifts"],
            "episode": {"id": episode["id"], "onset": episode["onsetAt"], "found": episode["createdAt"], "by": opened.by},
            "changed": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "flow_run": {"id": run["id"], "name": run["name"], "state": run["state"]["type"], "scheduled": run["auto_scheduled"]},
        }
        self._fact(f"Found {hours:.0f} h after the change, by the scheduled run {run['name']}:")
        self._fact(f"{tree.prefect_url}/runs/flow-run/{run['id']}")
        return episode

    def _report(self, tree: Tree) -> None:
        sys.stdout.flush()
        done = subprocess.run(tree.command("drift", "check", VARIANT), env=tree.environment, check=False)  # noqa: S603 - this program itself
        _expect(done.returncode == DRIFT, f"`lifecycle drift check` exits with {done.returncode}, and {DRIFT} means drift")

    def _roll_back(self, tree: Tree, episode: Mapping[str, Any]) -> None:
        reason = f"drift episode {episode['id']}"
        began = time.perf_counter()
        done = tree.api("/api/lifecycle/versions/rollback", {"variantName": VARIANT, "reason": reason})
        took = 1000 * (time.perf_counter() - began)
        active = tree.api(f"/api/lifecycle/versions/active?variantName={VARIANT}")["version"]
        _expect((done["previousVersion"], active) == (2, 1), f"after the rollback version {active} is active")
        self.found |= {"rollback_ms": round(took, 1), "active_version": active}
        self._fact(f"Version {done['previousVersion']} to {active} in {took:.0f} ms, asked and answered over HTTP")

    def _end(self, tree: Tree, customers: Customers, ingested: int) -> None:
        posted = customers.leave()
        [kept] = tree.api("/api/lifecycle/versions/list")["variants"]
        _expect(kept["conversations"] == ingested + posted, f"{ingested} + {posted} were taken in, {kept['conversations']} are kept")
        self.found["conversations"] = kept["conversations"]
        self._fact(f"{kept['conversations']:,} conversations are kept: {ingested:,} ingested, {posted:,} posted while the clock ran")
        code = tree.end()
        _expect(code == 0, f"`lifecycle serve` ended with {code}")
        taken = [port for port in (tree.api_port, tree.prefect_port) if not is_free(port)]
        _expect(not taken, f"ports are still taken: {taken}")


def play(say: Say, *, keep: bool) -> Mapping[str, Any]:
    """Play the demo in a temporary folder: -> what happened, `ok` first.

    say : prints a line.
    keep : leaves the folder; where something failed it is left in any case, for its logs.
    """
    with heard() as heed:
        return _play(say, heed, keep=keep)


def _play(say: Say, heed: Callable[[], None], *, keep: bool) -> Mapping[str, Any]:
    began = time.monotonic()
    folder = _temporary_folder()
    database = f"sqlite:///{folder}/lifecycle.db"
    context.configure(LIFECYCLE_DATA_DIR=str(folder), LIFECYCLE_DATABASE_URL=database)
    demo = Demo(folder, say, heed)
    failure: dict[str, str] = {}
    try:
        demo.play()
    except (LifecycleError, OSError) as error:
        failure = {"failed": demo.step, "why": str(error)}
        say(f"     Failed: {error}")
    finally:
        context.database().close()
        if not (keep or failure):
            shutil.rmtree(folder)
    seconds = {"seconds": round(time.monotonic() - began, 1), "steps": demo.seconds}
    kept = {"database": database if keep or failure else None}
    return {"ok": not failure, **failure, **seconds, "variant": VARIANT, **demo.found, **kept}


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="lifecycle-demo-"))
    except OSError as error:
        message = f"no temporary folder can be made: {error}; name a place for it with TMPDIR"
        raise SetupError(message) from error


def _expect(held: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as assert does, and is not switched off
    if not held:
        raise SetupError(otherwise)


def _ended(run: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return run if run["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"} else None


def _written(clock: Clock) -> str:
    return f"{clock.virtual.isoformat()}={clock.real.isoformat()}*{clock.rate}"
