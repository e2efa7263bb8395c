"""A retraining driven through its real flow and tasks, over real HTTP, with no Prefect server beside it.

Prefect's part is played here: a task is called by its body, a suspended run ends and its
flow is called again from the top, what would be shown on Prefect's pages is made and not
sent. All else is the real thing: operations, database, the `openai` client, the endpoint.
"""

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Final, NoReturn
from uuid import UUID

import numpy as np

from lifecycle_core.chat import ChatReply, ChatRequest
from lifecycle_core.conversations import Conversation
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import policies, promotion, retraining, traffic, versions
from lifecycle_core.operations.database import upgrade
from lifecycle_core.policy import Engine, Policy
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.agent import Agent
from lifecycle_core.retraining.improvement import Candidate, PromptImprovement
from lifecycle_core.retraining.session import Answer, Session
from lifecycle_core.simulation.customers import Mix
from lifecycle_core.simulation.scripted_model import MODEL
from lifecycle_core.simulation.visits import arrivals, serve
from lifecycle_core.store.database import Database
from tasks import secrets

VARIANT: Final = "baseline"
START: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)
"""When the session begins; the clock stands, and is moved by hand."""
CHOSEN: Final = "chosen"
"""A model's name that somebody chose. The scripted endpoint answers to any; asked by its own name, it reads and writes nothing."""
STEP_HOURS: Final = 6
"""So far the clock moves on while a shadow test waits for customers."""
Visits = Callable[[datetime, int], list[Conversation]]


class SuspendedError(Exception):
    """A flow run that waits; `for_a_person` tells for whom."""

    def __init__(self, *, for_a_person: bool) -> None:
        super().__init__("the flow run is suspended")
        self.for_a_person = for_a_person


def visits(mix: Mix, prompt: str, seed: int, *, per_day: float) -> Visits:
    """Who comes in so many hours from an instant, served by an agent with `prompt`."""
    agent, generator = Agent(system_prompt=prompt, model=MODEL), np.random.default_rng(seed)

    def come(start: datetime, hours: int) -> list[Conversation]:
        found = arrivals(mix, generator, variant=VARIANT, start=start, hours=hours, per_day=per_day)
        return [serve(it, agent, variant=VARIANT, version=1) for it in found]

    return come


def seeded(folder: Path, prompt: str, come: Visits, *, days: int, policy: Policy | None = None, at: datetime = START) -> None:
    """Give the folder a variant that can be retrained, with `days` of traffic up to `at`, and a masking key that is always the same."""
    (folder / secrets.FILE).write_bytes(bytes(32))
    database, act = Database(f"sqlite:///{folder}/lifecycle.db"), Provenance("benchmark", at)
    upgrade(database)
    began = at - timedelta(days=days)
    traffic.ingest(database, act, come(began, 24 * days))
    first = Provenance("benchmark", began)
    versions.register(database, first, variant=VARIANT, system_prompt=prompt)
    versions.activate(database, first, VARIANT, 1)
    if policy is not None:
        policies.set_policy(database, act, VARIANT, policy)
    database.close()


def load() -> None:
    """Import what a run needs, so that the processes which are forked for each begin at once."""
    warnings.simplefilter("ignore", DeprecationWarning)
    os.environ.setdefault("PREFECT_API_URL", "http://127.0.0.1:9/api")  # nobody listens there, and no server is started instead
    import flows.retrain  # noqa: F401
    import tasks.shadow  # noqa: F401
    from tasks import quality

    quality._great_expectations()  # noqa: SLF001 - loading it takes seconds, once


def in_a_child(work: Callable[[], Mapping[str, object]], out: Path) -> int:
    """Do `work` in a process of its own: -> its wait status; what it returns lies in `out` as JSON."""
    return os.waitpid(forked(work, out), 0)[1]


def forked(work: Callable[[], Mapping[str, object]], out: Path) -> int:
    """Begin `work` in a process of its own: -> its id, for whom to wait; what it returns lies in `out` as JSON once it has ended well."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        out.write_text(json.dumps(work()))
        status = 0
    except BaseException:  # noqa: BLE001 - the child must not go on as its parent
        import traceback

        traceback.print_exc()
    finally:
        os._exit(status)


class Driven:
    """The runs of a session in this process, which belongs to `folder` from here on; `model` is asked where a version names none."""

    def __init__(self, folder: Path, base_url: str, model: str = MODEL) -> None:
        from tasks import context

        self._context = context
        self._place = {
            "LIFECYCLE_DATA_DIR": str(folder),
            "LIFECYCLE_DATABASE_URL": f"sqlite:///{folder}/lifecycle.db",
            "LIFECYCLE_OPENAI_BASE_URL": base_url,
            "LIFECYCLE_MODEL": model,
        }
        self.stand_at(START)
        _without_prefect()

    @property
    def database(self) -> Database:
        """The database of this process."""
        return self._context.database()

    @property
    def act(self) -> Provenance:
        """Who acts here, now."""
        return self._context.act("benchmark")

    def stand_at(self, at: datetime) -> None:
        """Let it be `at`, until told otherwise."""
        if self._context.current.cache_info().currsize:
            self._context.database().close()
        self._context.configure(**self._place, LIFECYCLE_CLOCK=f"{at.isoformat()}=2025-01-01T00:00:00Z*0")

    def run(self, session_id: str | None = None) -> str:
        """One call of the flow: -> how it ended. Raises SuspendedError where it waits."""
        from flows.retrain import retrain

        return retrain.fn(VARIANT, session_id, "benchmark")

    def serve(self, session_id: str) -> int:
        """Serve what goals of its shadow test wait."""
        from tasks.shadow import serve_goals

        return serve_goals.fn(session_id)

    def to_its_end(self, session_id: str, come: Visits) -> Session:
        """Run a session until it has ended: where it waits for samples more customers come, and where for a person the answer is yes."""
        at = START
        while (it := retraining.session(self.database, session_id)).open:
            try:
                self.run(session_id)
            except SuspendedError as wait:
                if wait.for_a_person:
                    promotion.record_decision(self.database, self.act, session_id, Answer.PROMOTE, "whatever may be promoted is")
                    continue
                came = come(at, STEP_HOURS)
                at += timedelta(hours=STEP_HOURS)
                self.stand_at(at)
                traffic.ingest(self.database, self.act, came)
                self.serve(session_id)
        return it

    def newest(self) -> Session | None:
        """The variant's newest session."""
        return next(iter(retraining.history(self.database, VARIANT, 1)), None)


def _without_prefect() -> None:
    import flows.retrain
    import flows.waiting
    from tasks import artifacts, runs
    from tasks.shadow import serve_goals

    for module in (flows.retrain, flows.waiting):
        for name, found in list(vars(module).items()):
            if isinstance(found, type(serve_goals)):
                _put(module, name, found.fn)
    _put(flows.waiting, "suspend_flow_run", _suspend)
    _put(artifacts, "create_markdown_artifact", _made)
    _put(artifacts, "create_table_artifact", _made)
    _put(runs, "start", _started)


def _put(module: ModuleType, name: str, found: object) -> None:
    """Put `found` in place of what a module calls by `name`; raises AttributeError where it calls nothing so."""
    getattr(module, name)
    setattr(module, name, found)


def _suspend(*, wait_for_input: object = None, **_wait: object) -> NoReturn:
    raise SuspendedError(for_a_person=wait_for_input is not None)


def _made(**_artifact: object) -> None:
    """Left on no page."""


async def _started(*_run: object, **_options: object) -> UUID:
    return UUID(int=0)


@contextmanager
def scripted() -> Iterator[str]:
    """The scripted endpoint as a process of its own: -> its base URL."""
    from deployments.simulated_endpoint.child import started

    with started() as base_url:
        yield base_url


def noting_calls(path: Path) -> None:
    """From now on every call that this process makes to a model is noted in `path` before it is made, by its content hash."""
    from tasks import llm

    real = llm.chat()
    log = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)

    def noting(request: ChatRequest, /) -> ChatReply:
        os.write(log, f"{request.content_hash}\n".encode())
        if real is None:
            message = "no endpoint is set"
            raise SetupError(message)
        return real(request)

    _put(llm, "chat", lambda: noting)


def proposing(prompt: str) -> None:
    """From now on step 5 of this process proposes `prompt` alone, whatever was mined."""
    import tasks.retraining

    given = Candidate(number=1, prompt=prompt)
    why = "it was given by hand"
    found = PromptImprovement(engine=Engine.BUILTIN, improvements=(), suggested_changes=(), candidates=(given,), chosen=1, why=why)
    _put(tasks.retraining, "improved", lambda *_session: found)
