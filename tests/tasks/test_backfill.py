"""The tasks of a backfill."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from lifecycle_core.operations import backfills
from lifecycle_core.operations.status import status
from lifecycle_core.traffic.backfill import FileState
from tasks import backfill, context

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)


@pytest.fixture
def begun(installed, tmp_path):
    """A backfill of three good files of two conversations, a bad one and one that is away."""
    files = []
    for place in range(3):
        rows = [{"id": f"c{place}{n}", "ended_at": (NOON - timedelta(hours=n)).isoformat()} for n in range(2)]
        files.append(tmp_path / f"{place}.jsonl")
        files[-1].write_text("".join(f"{json.dumps(it)}\n" for it in rows))
    (tmp_path / "bad.jsonl").write_text("nonsense\n")
    files += [tmp_path / "bad.jsonl", tmp_path / "away.jsonl"]
    return backfills.begin(installed, context.act("test"), [str(it) for it in files], "auto", {"variant": "v"}, 1).id


def test_every_file_is_taken_in_once_and_what_cannot_be_says_why(begun):
    for claimed in backfill.files_of(begun, "run-1"):
        backfill.take_in_file.fn(claimed)
    found = backfill.progress(begun)
    assert [it.state for it in found.files] == [FileState.DONE] * 3 + [FileState.FAILED] * 2
    assert "no JSON" in found.files[3].error
    assert "No such file or directory; workers must see it at this path" in found.files[4].error
    assert [it.counts.conversations for it in found.files[:3]] == [2, 2, 2]
    assert status(context.database(), context.now()).conversations == 6
    assert backfill.ending(found) == "3 of 5 files are in, 6 conversations of 6 records; 2 could not be taken in"


def test_a_run_whose_claim_is_anothers_by_now_stops(begun, monkeypatch):
    claimed = next(backfill.files_of(begun, "run-1"))
    monkeypatch.setattr(backfills, "renew", lambda *_: False)
    assert "another run takes it in" in backfill.take_in_file.fn(claimed)
    assert backfill.progress(begun).files[0].state is FileState.PENDING
