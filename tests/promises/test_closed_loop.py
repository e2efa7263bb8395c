"""The whole loop, small: a planted defect is named, mended and let in, and where nothing is wrong nothing is let in."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

SMALL = ("--runs", "1", "--null", "1", "--samples", "60")


@pytest.fixture(scope="module")
def told():
    """What the benchmark says of one run with a defect, and one without."""
    ran = subprocess.run([sys.executable, "-m", "benchmarks", "closed-loop", "--json", *SMALL], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1]) | {"table": ran.stderr}


def test_the_defect_is_named_first(told):
    assert told["defect_named_first_rate"] == 1.0, told["table"]


def test_what_was_wrong_is_mended_for_customers_whom_nobody_had_seen(told):
    assert told["mended_rate"] == 1.0, told["table"]


def test_where_nothing_is_wrong_nothing_is_promoted(told):
    assert (told["null_runs"], told["null_promoted_rate"], told["broken"]) == (1, 0.0, 0), told["table"]
