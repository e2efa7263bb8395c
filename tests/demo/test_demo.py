"""The demo, as its user starts it."""

import json
import os
import subprocess
from datetime import datetime

import pytest

from deployments.demo.tree import LIFECYCLE

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The demo's lines, played where the environment names other folders and databases; and the folder for temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    others = {"LIFECYCLE_DATABASE_URL": f"sqlite:///{folder}/other.db", "PREFECT_API_URL": "http://127.0.0.1:9/api", "TMPDIR": str(folder)}
    done = subprocess.run([*LIFECYCLE, "demo"], check=False, env={**os.environ, **others}, capture_output=True, text=True, timeout=290)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout.splitlines(), folder


def test_it_says_first_what_is_simulated(played):
    assert played[0][0].startswith("Simulated: ")


def test_its_last_line_says_that_every_part_truly_happened(played):
    said = json.loads(played[0][-1])
    assert said["ok"]
    assert said["drifts"]
    assert set(said["drifts"]) <= {"booking_rate", "response_time"}
    assert datetime.fromisoformat(said["episode"]["found"]) > datetime.fromisoformat(said["changed"])
    assert (said["flow_run"]["state"], said["flow_run"]["scheduled"]) == ("COMPLETED", True)
    assert (said["healthy"], said["active_version"]) == ("stable", 1)
    assert said["conversations"] > 2800
    assert sum(said["steps"].values()) == pytest.approx(said["seconds"], abs=3)


def test_it_leaves_nothing_behind_and_touches_no_other_database(played):
    assert [path.name for path in played[1].iterdir()] == []
