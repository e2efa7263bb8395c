"""Prefect away for good, hanging, and back with nothing of what it knew: the API goes on, and so do sessions, from the database."""

import os
import signal
import socket
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from lifecycle_core.operations.database import verify
from lifecycle_core.policy import ShadowSource
from tests.retrainable import ready
from tests.retraining_tree import RetrainingTree
from tests.served import STARTS_WITHIN_S, alive, until

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(1200)]

PATIENCE_S = 500.0
"""A busy machine takes many times what a quiet one does."""
ANSWERS_WITHIN_S = 5.0
BEGINS_WITHIN_S = 10.0
"""A start and a decision tell Prefect, for five seconds at most; another one for the second look that a decision may take."""


class Away(RetrainingTree):
    """A tree whose Prefect can be sent away: two sessions wait in it, one for samples and one for a person."""

    def __init__(self, folder):
        super().__init__(folder, PATIENCE_S, sampled={"source": ShadowSource.NEW}, reviewed={"manual_review": True})
        for variant in ("dead", "hanging"):
            ready(self.database, variant)

    def suspended(self, variant, status):
        """The session, once it stands so and its run is suspended."""
        self.comes_to(variant, status)
        return until(lambda: (it := self.session(variant)).flow_run_id in self.paused() and it, within_s=PATIENCE_S)

    def paused(self):
        return {it["id"] for it in self.runs() if it["state"]["type"] == "PAUSED"}

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

    def timed(self, path, body=None, *, within_s=ANSWERS_WITHIN_S):
        began = time.monotonic()
        answer = self.api(path, body)
        assert time.monotonic() - began < within_s, path
        return answer


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    it = Away(tmp_path_factory.mktemp("away") / "data")
    try:
        it.start().wait_for("Watch ", within_s=STARTS_WITHIN_S)
        yield it
    finally:
        it.end()
        it.database.close()


def everything(tree, variant):
    """Ask for all that needs no flow run, then begin a session: -> its answer."""
    now = datetime.now(UTC)
    sent = [{"id": f"{variant}{it}", "variant": variant, "ended_at": now.isoformat(), "booked": True} for it in range(5)]
    assert tree.timed("/api/lifecycle/conversations", sent)["accepted"] == 5
    assert tree.timed(f"/api/lifecycle/drift/detect?variant={variant}")["variant"] == variant
    version = tree.timed("/api/lifecycle/versions/register", {"variantName": variant, "systemPrompt": "Worse."})["version"]
    tree.timed("/api/lifecycle/versions/activate", {"variantName": variant, "version": version})
    assert tree.timed(f"/api/lifecycle/versions/active?variantName={variant}")["version"] == version
    assert tree.timed("/api/lifecycle/versions/rollback", {"variantName": variant})["currentVersion"] == 1
    started = tree.timed("/api/lifecycle/retraining/start", {"variant": variant, "options": OPTIONS}, within_s=BEGINS_WITHIN_S)
    tree.sessions[variant] = started["session"]["id"]
    told = tree.timed(f"/api/lifecycle/retraining/status?sessionId={tree.sessions[variant]}")
    assert told["session"]["id"] == tree.sessions[variant]
    assert tree.timed("/api/lifecycle/status")["retraining"]
    return started


OPTIONS = {"shadowSource": "recorded", "maxSamples": 12, "seed": 1}


def test_with_prefect_dead_or_hanging_all_goes_on_within_seconds_and_back_with_an_empty_database_it_runs_what_was_begun(tree):
    waiting = {it: tree.suspended(it, status) for it, status in (("sampled", "shadow_testing"), ("reviewed", "awaiting_review"))}
    with tree.without_prefect() as let_hang:
        assert "make up" in everything(tree, "dead")["warning"]
        let_hang()
        assert "no answer within 5 s" in everything(tree, "hanging")["warning"]
        assert not any(f"{tree.prefect_url}  ready" in it for it in tree.said)
        assert {tree.session(it).flow_run_id for it in ("dead", "hanging")} == {None}
        assert {it: tree.session(it) for it in waiting} == waiting
    for variant in ("dead", "hanging"):
        ended = until(lambda variant=variant: not (it := tree.session(variant)).open and it, within_s=PATIENCE_S)
        assert (ended.attempts, ended.shadow_analysis.n) == (0, 12)
    for variant, before in waiting.items():
        again = tree.suspended(variant, before.status)
        assert again.flow_run_id != before.flow_run_id
    tree.post("sampled", 12)
    until(lambda: not tree.session("sampled").open, within_s=PATIENCE_S)
    tree.api("/api/lifecycle/retraining/approve", {"sessionId": tree.sessions["reviewed"], "reason": "better"})
    assert tree.session("reviewed").status == "promoted"
    until(lambda: not tree.paused(), within_s=PATIENCE_S)
    assert verify(tree.database).problems == ()
