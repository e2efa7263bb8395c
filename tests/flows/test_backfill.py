"""A backfill, as the real tree works on it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.operations import backfills
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.backfill import FileState
from tests.served import until

pytestmark = [pytest.mark.prefect, pytest.mark.slow]


def test_a_backfill_whose_runs_nobody_started_is_worked_on_to_its_end(served, tmp_path):
    long_ago = datetime.now(UTC) - timedelta(days=200)
    files = [tmp_path / f"{number}.jsonl" for number in range(3)]
    for file in files:
        file.write_text(json.dumps({"id": file.stem, "variant": "steady", "ended_at": long_ago.isoformat()}) + "\n")
    database = Database(f"sqlite:///{served.folder}/lifecycle.db")
    name = backfills.begin(database, Provenance("test", datetime.now(UTC)), [str(it) for it in files], "auto", {}, 1).id
    found = until(lambda: (it := backfills.progress(database, name)).over and it)
    database.close()
    assert [it.state for it in found.files] == [FileState.DONE] * 3
    [run] = until(lambda: [it for it in served.runs() if it["name"] == f"backfill {name}" and it["state"]["type"] == "COMPLETED"])
    assert run["state"]["message"] == "3 of 3 files are in, 3 conversations of 3 records; 0 could not be taken in"
