"""The demo, as its user starts it."""

import json
import os
import signal
import subprocess
import sys

import pytest

from deployments.demo.tree import LIFECYCLE
from tests.served import alive, descendants, until

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The demo's lines, played where the environment names other folders and databases; and the folder for temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    others = {"LIFECYCLE_DATABASE_URL": f"sqlite:///{folder}/other.db", "PREFECT_API_URL": "http://127.0.0.1:9/api", "TMPDIR": str(folder)}
    done = subprocess.run([*LIFECYCLE, "demo"], check=False, env={**os.environ, **others}, capture_output=True, text=True, timeout=840)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout.splitlines(), folder


@pytest.fixture(scope="module")
def told(played):
    return json.loads(played[0][-1])


def test_it_says_first_what_is_simulated(played):
    assert played[0][0].startswith("Simulated: ")


def test_its_last_line_says_that_every_part_truly_happened(told):
    assert told["ok"]
    assert told["read_back"] >= 12
    assert "booking_rate" in told["drifts"]
    assert told["promoted_version"] == 2
    assert told["harm_session"] != told["session"]
    assert told["rollback_ms"] > 0
    assert sum(told["parts"].values()) == pytest.approx(told["seconds"], abs=20)


def test_the_booking_rate_recovers(told):
    assert told["booking_rate_recovered"] > told["booking_rate_drifted"]


def test_harm_is_stopped_earlier_than_a_promotion_may_come(told):
    assert told["harm_samples"] < told["samples"]


def test_without_a_terminal_it_says_that_it_says_yes_itself(played):
    assert any("the demo says yes" in line for line in played[0])


def test_it_leaves_nothing_behind_and_touches_no_other_database(played):
    assert [path.name for path in played[1].iterdir()] == []


NO_CUSTOMERS = """
from deployments.cli.main import main
from deployments.demo import agents

agents.history = lambda: iter(())
main(["demo"])
"""


def test_a_part_that_did_not_happen_fails_it_and_keeps_its_folder(tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", NO_CUSTOMERS], check=False, env=environment, capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == 1
    assert (said["ok"], said["failed"]) == (False, "history")
    assert said["why"] in done.stdout.splitlines()[-3]
    assert said["database"].startswith(f"sqlite:///{tmp_path}/lifecycle-demo-")
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_cut_short_it_takes_its_tree_along(tmp_path, how):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [*LIFECYCLE, "demo"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as demo:
        assert any("/docs  ready in" in line for line in demo.stdout)
        tree = descendants(demo.pid)
        assert len(tree) > 2
        demo.send_signal(how)
        code = demo.wait(60)
    until(lambda: not alive(tree))
    assert code == (130 if how == signal.SIGINT else -9)
    assert len(list(tmp_path.iterdir())) == (0 if how == signal.SIGINT else 1)
