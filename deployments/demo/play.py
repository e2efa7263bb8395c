"""The demo: a loop from drift to promotion on simulated traffic, through the real programs; every claim is read back from where it is kept.

1. Only customers, agents, models and the clock are simulated: ingest, API, database, Prefect, flows, evidence and checks are the real ones.
2. A part that did not truly happen ends the demo, and its outcome says which and why.
3. Whatever happens, the tree of processes is gone in the end.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from deployments.demo import agents, closing, harm, opening, promotion, retraining
from deployments.demo.ctrl_c import heard
from deployments.demo.customers import Customers
from deployments.demo.screen import Screen
from deployments.demo.stage import Stage
from deployments.demo.tree import Tree
from deployments.simulated_endpoint.child import started
from lifecycle_core.clock import Clock
from lifecycle_core.errors import LifecycleError, SetupError
from tasks import context

RATE: Final = 3600
"""Virtual seconds in a real one: an hour passes in each second."""
WATCH_SECONDS: Final = 12
MODEL: Final = "scripted"
"""What the models are called here; the product takes them for models that somebody chose, until each reply says that it is simulated."""
_LOOK_S: Final = 0.5

Tell = Callable[[Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What whoever starts the demo wants of it.

    ask : puts the review's question; None = the demo says yes. keep : leave everything up until Ctrl-C; keep_data : leave the folder.
    """

    ask: Callable[[str], bool] | None = None
    keep: bool = False
    keep_data: bool = False


def play(screen: Screen, tell: Tell, wish: Wish) -> bool:
    """Play the demo in a temporary folder: -> whether every part truly happened.

    tell : told what happened, `ok` first, when there is nothing more to print.
    A folder in which something failed is left, for its logs.
    """
    with heard() as heed:
        return _Demo(screen=screen, heed=heed, tell=tell, wish=wish).play()


@dataclass(kw_only=True)
class _Demo:
    screen: Screen
    heed: Callable[[], None]
    tell: Tell
    wish: Wish
    began: float = field(default_factory=time.monotonic)

    def play(self) -> bool:
        self.folder = _temporary_folder()
        self.stage = Stage(folder=self.folder, screen=self.screen, heed=self.heed, ask=self.wish.ask)
        context.configure(LIFECYCLE_DATA_DIR=str(self.folder), LIFECYCLE_DATABASE_URL=self._database)
        failed = False
        try:
            self._play(self.stage)
        except (LifecycleError, OSError) as error:
            failed = True
            self.screen.fact(f"Failed: {error}")
            self._tell({"failed": self.stage.part_now, "why": str(error)})
        finally:
            context.database().close()
            if not (self.wish.keep_data or failed):
                shutil.rmtree(self.folder, ignore_errors=True)
        return not failed

    def _play(self, stage: Stage) -> None:
        stage.screen.say(
            "Simulated: the customers, two booking agents, the model that plays and writes, a clock on which an hour takes a second."
        )
        stage.screen.say("Real: ingest, API, database, Prefect and its flows, the `openai` client, evidence, review, promotion, rollback.")
        stage.screen.say("No key is needed, and nothing leaves this machine.")
        with stage.part("history", "Two weeks of traffic: two agents with the same prompt"):
            ingested = opening.bring_history(stage)
        with started() as models, self._served(models), Customers(stage.post, stage.active, context.now) as customers:
            stage.customers, stage.models = customers, models
            self._close_loop(stage)
            if not self.wish.keep:
                closing.end(stage, ingested)
                self._tell({})
                return
            opening.pause(stage, paused=False)
            self._tell_where(stage)
            self._tell({})
            self._stay(stage)

    @contextmanager
    def _served(self, models: str) -> Iterator[None]:
        clock = opening.written(Clock(agents.NOW, datetime.now(UTC), RATE))
        context.configure(LIFECYCLE_CLOCK=clock)
        played = {"LIFECYCLE_CLOCK": clock, "LIFECYCLE_WATCH_SECONDS": str(WATCH_SECONDS), "TMPDIR": str(self.folder)}
        asked = {"LIFECYCLE_OPENAI_BASE_URL": models, "LIFECYCLE_MODEL": MODEL}
        self.stage.tree = Tree(self.folder, self.screen.fact, self.heed, **played, **asked).start()
        try:
            yield
        finally:
            self.stage.tree.end()

    def _close_loop(self, stage: Stage) -> None:
        with stage.part("start", "API, Prefect and runner, as `lifecycle serve` starts them; customers come, an hour in a second"):
            opening.served(stage)
        with stage.part("healthy", "Healthy traffic: the scheduled watch checks, and finds nothing"):
            opening.healthy(stage)
        with stage.part("drift", "The customers change; nobody is told"):
            session = opening.drifts(stage)
        name = session.session_id
        with stage.part("retraining", "The retraining: failures mined, a new prompt, an evaluation"):
            opening.tell_report(stage)
            stage.screen.fact(f"Its run, step by step: {stage.page_of(stage.session(name).flow_run_id)}")
            retraining.tell_failures(stage, name)
            retraining.tell_prompt(stage, name)
            retraining.tell_evaluation(stage, name)
        with stage.part("shadow", "The shadow test: what new customers want, served by both versions in a sandbox, twice each"):
            found = retraining.follow_test(stage, name)
        with harm.asked_for(stage) as ask:
            asked = ask()
            with stage.part("review", "The review, and the promotion"):
                promotion.review(stage, name, found)
            with stage.part("recovery", "Live traffic after it"):
                promotion.recovery(stage, session)
            with stage.part("harm", "A second candidate, which does harm"):
                harm.stopped(stage, asked)
                closing.let_runs_end(stage)
        with stage.part("rollback", "A rollback by hand"):
            closing.roll_back(stage)
        with stage.part("read_back", "Everything read back from the database"):
            closing.read_back(stage)

    def _tell_where(self, stage: Stage) -> None:
        self.screen.say("\nAll of it stays up, with customers coming, until Ctrl-C:")
        self.screen.fact(f"Prefect   {stage.tree.prefect_url}/runs")
        self.screen.fact(f"API docs  {stage.tree.api_url}/docs")
        self.screen.fact(f"Commands  export LIFECYCLE_DATA_DIR={self.folder} LIFECYCLE_CLOCK='{stage.tree.environment['LIFECYCLE_CLOCK']}'")

    def _stay(self, stage: Stage) -> None:
        with suppress(KeyboardInterrupt):
            while True:
                stage.tree.expect_alive()
                self.heed()
                time.sleep(_LOOK_S)
        self.screen.hush()

    def _tell(self, failure: Mapping[str, str]) -> None:
        seconds = {"seconds": round(time.monotonic() - self.began, 1), "parts": self.stage.seconds}
        kept = {"database": self._database, "kept": self.wish.keep_data or bool(failure)}
        self.tell({"ok": not failure, **failure, **self.stage.found, **kept, **seconds})

    @property
    def _database(self) -> str:
        return f"sqlite:///{self.folder}/lifecycle.db"


def _temporary_folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="lifecycle-demo-"))
    except OSError as error:
        message = f"no temporary folder can be made: {error}; name a place for it with TMPDIR"
        raise SetupError(message) from error
