"""`lifecycle serve`, really started: what it refuses, what it survives, and that nothing is left of it."""

import os
import signal
import socket
import subprocess

import pytest

from deployments.demo.tree import environment_for, free_ports, is_free
from deployments.supervisor.folder import holder_of
from tests.served import STARTS_WITHIN_S, Served, alive, descendants, until

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def refusal(environment, *options):
    """What `lifecycle serve` says and exits with where it will not start."""
    done = subprocess.run(
        Served.command("serve", *options),
        check=False,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture
def starting(tmp_path):
    """A tree whose API answers, and whose Prefect server still starts."""
    it = Served(tmp_path / "data").start()
    it.wait_for("API ", within_s=60)
    it.wait_for("starting", within_s=60)
    yield it
    it.end()


def test_a_taken_port_is_refused_in_one_sentence(tmp_path):
    api, prefect = free_ports(2)
    with socket.create_server(("127.0.0.1", prefect)):
        code, said = refusal(environment_for(tmp_path), "--port", str(api), "--prefect-port", str(prefect))
    assert code == 2
    assert (
        said == f"port {prefect} on 127.0.0.1 is taken by another program; end that program, or choose another port with --prefect-port\n"
    )


def test_a_fast_clock_is_refused_in_earnest(tmp_path):
    code, said = refusal(environment_for(tmp_path, LIFECYCLE_WATCH_SECONDS="10"))
    assert code == 2
    assert said.startswith("LIFECYCLE_WATCH_SECONDS is set, and what is served keeps real time; unset it")


def test_a_second_serve_of_the_same_folder_is_refused_with_the_first_one_s_process(starting):
    code, said = refusal(environment_for(starting.folder), "--port", "1", "--prefect-port", "2")
    assert code == 1
    assert said.startswith(f"process {starting.process.pid} serves {starting.folder} already; end it with `lifecycle down`")


@pytest.mark.parametrize("how", ["Ctrl-C", "lifecycle down", "its owner is gone"])
def test_no_process_is_left_however_it_is_ended(starting, how):
    tree = until(lambda: descendants(starting.process.pid) if starting.server() else set())
    if how == "Ctrl-C":
        starting.process.send_signal(signal.SIGINT)
    elif how == "lifecycle down":
        done = subprocess.run(Served.command("down"), check=True, env=starting.environment, capture_output=True, text=True, timeout=90)
        assert done.stdout == f"Ended process {starting.process.pid}, which served {starting.folder}\n"
    else:
        starting.process.stdin.close()
    assert starting.process.wait(60) == 0
    assert alive(tree) == set()
    assert starting.end() == 0
    assert starting.said[-1] == "Ended; no process is left"


def test_kill_9_of_the_parent_takes_prefect_s_server_along_and_leaves_the_folder_and_the_ports_free(starting):
    starting.wait_for(f"{starting.prefect_url}  ready", within_s=STARTS_WITHIN_S)
    tree = descendants(starting.process.pid)
    assert set(starting.server()) < tree
    starting.process.kill()
    until(lambda: not alive(tree))
    assert holder_of(starting.folder) is None
    assert is_free(starting.api_port)
    assert is_free(starting.prefect_port)


def test_with_a_prefect_that_cannot_start_the_api_serves_all_the_same(tmp_path):
    it = Served(tmp_path / "data")
    (it.folder / "prefect" / "prefect.db").mkdir(parents=True)
    it.start()
    try:
        it.wait_for("before it was ready", within_s=STARTS_WITHIN_S)
        it.api("/api/lifecycle/versions/register", {"variantName": "steady", "systemPrompt": "You book."})
        it.api("/api/lifecycle/versions/activate", {"variantName": "steady", "version": 1})
        assert it.api("/api/lifecycle/versions/active?variantName=steady")["version"] == 1
    finally:
        it.end()
    assert any("prefect-server.log says why; starting it again in" in line for line in it.said)


def test_with_prefect_dead_checks_versions_and_rollback_go_on_and_it_comes_back(served):
    until(served.scheduled)
    [server], before = served.server(), {it["id"] for it in served.scheduled()}
    os.kill(server, signal.SIGKILL)

    report = served.api("/api/lifecycle/drift/detect?variant=drifting")
    assert {"booking_rate", "response_time"} <= set(report["drifts"])
    for number in (1, 2):
        prompt = {"variantName": "steady", "systemPrompt": f"You book. {number}"}
        version = served.api("/api/lifecycle/versions/register", prompt)["version"]
        served.api("/api/lifecycle/versions/activate", {"variantName": "steady", "version": version})
    assert served.api("/api/lifecycle/versions/rollback", {"variantName": "steady"})["currentVersion"] == 1

    [another] = until(lambda: [it for it in served.server() if it != server])
    assert another in descendants(served.process.pid)
    served.wait_for("Prefect server ended with -9; starting it again", within_s=10)
    until(served.prefect_answers, within_s=STARTS_WITHIN_S)
    run = until(lambda: [it for it in served.scheduled() if it["id"] not in before and it["state"]["type"] == "COMPLETED"])[-1]
    assert "Drift in 1 of 3 variants: drifting" in run["state"]["message"]
