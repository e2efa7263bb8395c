"""A served tree with sessions in it, which are read from its database, and whose Prefect can be sent away."""

import os
import signal
import socket
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from benchmarks._sessions import proved
from lifecycle_core.errors import SetupError
from lifecycle_core.operations import retraining, shadow
from lifecycle_core.operations.database import upgrade
from lifecycle_core.operations.shadow import Posted
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from tests.retrainable import begun, key_kept
from tests.served import Served, alive, descendants, until

PATIENCE_S = 300.0
"""A busy machine takes many times what a quiet one does."""


class RetrainingTree(Served):
    """A tree whose watch comes once an hour, and a session of each variant that is named."""

    def __init__(self, folder, **variants):
        super().__init__(folder, LIFECYCLE_WATCH_SECONDS="3600")
        folder.mkdir(parents=True)
        key_kept(folder)
        self.database = Database(f"sqlite:///{folder}/lifecycle.db")
        upgrade(self.database)
        self.sessions = {variant: begun(self.database, variant, **options).session_id for variant, options in variants.items()}

    def session(self, variant):
        return retraining.session(self.database, self.sessions[variant])

    def comes_to(self, variant, status):
        return until(lambda: (it := self.session(variant)).status == status and it, within_s=PATIENCE_S)

    def post(self, variant, count):
        """So many pairs of the shadow test, of which the candidate's are better."""
        act = Provenance("test", datetime.now(UTC))
        pairs = [
            Posted(scenario_id=it.scenario_id, ended_at=act.at - timedelta(minutes=1), incumbent=it.incumbent, candidate=it.candidate)
            for it in proved(act, count)
        ]
        shadow.post_samples(self.database, act, self.sessions[variant], pairs)

    def run_of(self, variant):
        return self.prefect(f"/flow_runs/{self.session(variant).flow_run_id}")

    def suspended(self, variant, status="shadow_testing"):
        self.comes_to(variant, status)
        return until(lambda: (it := self.run_of(variant))["state"]["type"] == "PAUSED" and it, within_s=PATIENCE_S)

    def changed(self, variant, run, kind):
        state = self.run_of(variant)["state"]
        return state["id"] != run["state"]["id"] and state["type"] == kind

    def resumed(self, run):
        try:
            return self.prefect(f"/flow_runs/{run['id']}/resume", {})
        except SetupError:  # a Prefect whose database is locked asks to be asked again
            return None

    def tasks_of(self, run):
        asked = {"flow_runs": {"id": {"any_": [run["id"]]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return [it["name"] for it in self.prefect("/task_runs/filter", asked)]

    @contextmanager
    def without_prefect(self):
        """Kill the server, and let it forget all that it knew and not start again before the end: -> lets its port hang."""
        [server] = self.server()
        os.kill(server, signal.SIGKILL)
        until(lambda: not alive({server}))
        self.said.clear()
        for it in (self.folder / "prefect").glob("prefect.db*"):
            it.unlink()
        in_the_way = self.folder / "prefect" / "prefect.db"
        in_the_way.mkdir()
        with socket.socket() as port:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what the dead server left is still being closed

            def hang():
                until(bound)
                port.listen()

            def bound():
                with suppress(OSError):  # a caller's own end may have that number just now
                    port.bind(("127.0.0.1", self.prefect_port))
                    return True

            yield hang
        in_the_way.rmdir()

    def timed(self, path, body=None, *, within_s=5.0):
        began = time.monotonic()
        answer = self.api(path, body)
        assert time.monotonic() - began < within_s, path
        return answer

    def kill(self):
        tree = descendants(self.process.pid)
        for pid in tree:
            os.kill(pid, signal.SIGKILL)
        until(lambda: not alive(tree))
        self.end()
        self.said.clear()
