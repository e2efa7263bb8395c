"""`lifecycle backfill`, where Prefect is away: begun, shown, given up, tried anew."""

import json
from dataclasses import replace

import pytest

from lifecycle_core.operations import backfills
from tasks import context


@pytest.fixture
def begun(lifecycle, tmp_path):
    """`lifecycle backfill …`, and the id of one of two files."""
    folder = tmp_path / "exports"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.jsonl").write_text("{}\n")
    said = lifecycle("backfill", "start", folder, "--variant", "v", "--runs", 3, "--json")
    assert said.exit_code == 0
    return (lambda *words: lifecycle("backfill", *words)), json.loads(said.stdout)["id"]


def test_files_of_a_folder_are_kept_with_how_they_are_read(begun):
    _, name = begun
    found = backfills.progress(context.database(), name)
    assert [it.path.rpartition("/")[2] for it in found.files] == ["0.jsonl", "1.jsonl"]
    assert (found.backfill.mapping["variant"], found.backfill.runs) == ("v", 3)


def test_without_prefect_it_begins_and_says_who_will_start_it(lifecycle, tmp_path):
    (tmp_path / "one.jsonl").write_text("{}\n")
    said = lifecycle("backfill", "start", tmp_path / "one.jsonl")
    assert said.exit_code == 0
    assert "1 files, 2 runs at a time" in said.stdout
    assert "nothing serves Prefect" in said.stderr


def test_a_file_that_failed_is_named_with_its_reason_and_the_way_on(begun):
    backfill, name = begun
    act = replace(context.act("test"), at=context.outside())
    backfills.fail(context.database(), act, backfills.claim(context.database(), act, name, "w"), "no such file")
    said = backfill("show", name).stdout
    assert "0.jsonl: no such file" in said
    assert f"Try them anew: lifecycle backfill retry {name}" in said
    assert "1 files that could not be taken in are tried anew" in backfill("retry", name).stdout


def test_what_is_given_up_goes_on_by_the_undo_that_is_printed(begun):
    backfill, name = begun
    assert f"Undo: lifecycle backfill retry {name}" in backfill("cancel", name).stdout
    assert "cancelled" in backfill("list").stdout
    backfill("retry", name)
    assert "at work" in backfill("list").stdout


def test_a_dry_run_keeps_nothing(lifecycle, tmp_path):
    (tmp_path / "one.jsonl").write_text("{}\n")
    assert lifecycle("backfill", "start", tmp_path / "one.jsonl", "--dry-run").exit_code == 0
    assert json.loads(lifecycle("backfill", "list", "--json").stdout)["backfills"] == []


@pytest.mark.parametrize("words", [("show", "bf_none"), ("cancel", "bf_none"), ("retry", "bf_none")])
def test_one_that_is_not_there_is_refused(lifecycle, words):
    said = lifecycle("backfill", *words)
    assert (said.exit_code, "'bf_none'" in said.stderr) == (2, True)
