"""The conversations beside the project go in with options alone: all of them, and nothing is made up."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from benchmarks._real_files import COMMANDS
from deployments.cli.main import main
from lifecycle_core.operations.database import verify
from lifecycle_core.rollups import scalar
from lifecycle_core.store import conversations
from tasks import context

pytestmark = pytest.mark.data

RECORDS = {"timeline.jsonl.gz": 829, "tau2.jsonl.gz": 1254, "tau.jsonl.gz": 900, "promptversions.jsonl.gz": 4430, "sgd/sgd.jsonl.gz": 4760}


@pytest.fixture
def ingested(tmp_path, monkeypatch, shared_data):
    """Take a file in by its command, and give the command's summary."""
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path))
    context.configure()

    def run(name):
        said = CliRunner().invoke(main, ["ingest", str(shared_data / name), *COMMANDS[name].split(), "--json"])
        assert said.exit_code == 0, said.stderr
        return json.loads(said.stdout)

    yield run
    context.database().close()
    monkeypatch.undo()
    context.configure()


def everything(variant):
    with context.database().read() as tx:
        return [it for it, _ in conversations.iterate(tx, variant)]


@pytest.mark.parametrize("name", RECORDS)
def test_every_row_goes_in_none_is_quarantined_and_the_sums_hold(ingested, name):
    said = ingested(name)
    assert (said["records"], said["accepted"], said["quarantined"]) == (RECORDS[name], RECORDS[name], 0)
    found = verify(context.database())
    assert (found.problems, found.conversations) == ((), RECORDS[name])


def test_the_timeline_has_the_crashes_and_the_outcomes_that_its_description_tells(ingested):
    ingested("timeline.jsonl.gz")
    start, switch, end = (datetime(2025, month, day, 12, tzinfo=UTC) for month, day in ((9, 30), (10, 6), (10, 7)))
    with context.database().read() as tx:
        reference, recent = (
            conversations.table(tx, "baseline", 1, *window).dense().sum(axis=0) for window in ((start, switch), (switch, end))
        )
    names = ("conversations", "booked", "escalated")
    assert [reference[scalar(name)] for name in names] == [360, 295, 20]
    assert [recent[scalar(name)] for name in names] == [57, 32, 6]
    assert [sums[scalar("conversations")] - sums[scalar("cost_n")] for sums in (reference, recent)] == [8, 1]


def test_the_crashes_of_a_provider_are_told_from_failures_by_an_option(ingested):
    said = ingested("tau2.jsonl.gz")
    broken = [it for span in said["variants"] for it in everything(span["variant"]) if it.provider_fault]
    assert len(broken) == 48
    assert all(it.cost_usd is None and it.booked is False for it in broken)


def test_an_exhausted_quota_is_a_fault_that_broke_the_conversation(ingested):
    ingested("promptversions.jsonl.gz")
    rows = [it for batch in (2, 6) for it in everything(f"batch{batch}_retail_test_agent-gpt-4o_seed42")]
    assert len(rows) == 240
    assert all(it.provider_fault for it in rows)


def test_ends_that_no_clock_told_are_kept_as_assumed(ingested):
    said = ingested("sgd/sgd.jsonl.gz")
    assert all(span["assumedEnds"] == span["conversations"] for span in said["variants"])
    assert said["next"] is None
