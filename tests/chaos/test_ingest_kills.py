"""Kill -9 in the middle of an ingest; `python -m benchmarks kills` does it a hundred times on real conversations."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lifecycle_core.operations.database import upgrade, verify
from lifecycle_core.store.database import Database

LIFECYCLE = Path(sys.executable).with_name("lifecycle")
ROWS = 500
KILLS = 3


@pytest.fixture
def ingest(tmp_path):
    """Begin an ingest of five hundred conversations, ten to a transaction, in a process of its own."""
    noon = datetime(2025, 10, 7, 12, tzinfo=UTC)
    lines = [
        {
            "id": f"c{number}",
            "variant": f"variant {number % 3}",
            "ended_at": (noon - timedelta(minutes=7 * number)).isoformat(),
            "booked": number % 4 > 0,
            "cost_usd": number / 10_000,
            "actions": ["look", "book"][: number % 3],
        }
        for number in range(ROWS)
    ]
    (tmp_path / "traffic.jsonl").write_text("\n".join(map(json.dumps, lines)))
    command = [LIFECYCLE, "ingest", "traffic.jsonl", "--batch", "10", "--json"]
    environment = {**os.environ, "LIFECYCLE_DATABASE_URL": f"sqlite:///{tmp_path}/lifecycle.db"}
    return lambda: subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE)


def seconds_until(path):
    """Wait for what an ingest makes when it has loaded what it needs; returns how long that took."""
    start = time.monotonic()
    while not path.exists():
        assert time.monotonic() < start + 120, f"{path} did not come to be"
        time.sleep(0.05)
    return time.monotonic() - start


@pytest.mark.slow
def test_an_ingest_that_is_killed_goes_on_where_it_was_and_its_sums_hold(ingest, tmp_path, opened):
    path = tmp_path / "lifecycle.db"
    database: Database = opened(f"sqlite:///{path}")
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    child = ingest()
    loading = seconds_until(path)
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.2, 1.5))
        child.kill()
        child.communicate()
        upgrade(database)  # the kill may have come before the tables
        assert verify(database).problems == ()
        child = ingest()
        time.sleep(loading)
    child.kill()
    child.communicate()
    left = verify(database)
    assert left.problems == ()

    said, _ = ingest().communicate()
    told = json.loads(said)
    assert (told["accepted"], told["known"]) == (ROWS - left.conversations, left.conversations)
    whole = verify(database)
    assert (whole.problems, whole.conversations) == ((), ROWS)
