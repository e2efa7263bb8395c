"""The command as a user types it, on a database of its own."""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from deployments.cli.main import main
from lifecycle_core.operations import traffic
from lifecycle_core.operations.database import verify
from tasks import context

ROW = {"variant": "baseline", "ended_at": "2025-10-07T11:30:00Z", "booked": True}
LIFECYCLE = Path(sys.executable).with_name("lifecycle")


def rows(count, **given: object):
    return [{"id": f"c{number}", **ROW, **given} for number in range(count)]


@pytest.fixture
def lifecycle(tmp_path, monkeypatch, sqlite_template):
    """What `lifecycle …` says and exits with, in a folder and a database of its own."""
    (tmp_path / "data").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "data" / "lifecycle.db")
    yield from in_folder(tmp_path, monkeypatch)


@pytest.fixture
def first(tmp_path, monkeypatch):
    """The same, where there is no database yet."""
    yield from in_folder(tmp_path, monkeypatch)


def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LIFECYCLE_DATA_DIR", str(tmp_path / "data"))
    context.configure()

    def run(*words: str, stdin: bytes | None = None):
        return CliRunner().invoke(main, words, input=stdin)

    yield run
    if context.current.cache_info().currsize:
        context.database().close()
    monkeypatch.undo()
    context.configure()


def summary(result):
    return json.loads(result.stdout)


def test_a_file_goes_in_and_the_next_command_is_told(first, write):
    said = first("ingest", write("traffic.jsonl", *rows(3, source_id=7)))
    assert said.exit_code == 0
    assert "Next: lifecycle drift check baseline --at 2025-10-07T12:00:00Z" in said.stdout
    assert "Fields not used: source_id" in said.stdout
    assert len(traffic.variants(context.database())) == 1


def test_the_same_file_again_is_already_known(lifecycle, write):
    name = write("traffic.jsonl.gz", *rows(3))
    lifecycle("ingest", name)
    said = summary(lifecycle("ingest", name, "--json"))
    assert (said["accepted"], said["known"], said["differing"]) == (0, 3, 0)


def test_other_content_under_a_known_id_is_told(lifecycle, write):
    lifecycle("ingest", write("one.jsonl", *rows(3)))
    said = lifecycle("ingest", write("two.jsonl", *rows(3, booked=False)))
    assert "3 with other content: the first is kept" in said.stdout


def test_standard_input_and_an_array_are_read_too(lifecycle):
    said = summary(lifecycle("ingest", "-", "--json", stdin=json.dumps(rows(2)).encode()))
    assert said["accepted"] == 2


def test_a_pipe_with_a_name_is_read_once(lifecycle, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=("\n".join(map(json.dumps, rows(300))),))
    writer.start()
    said = summary(lifecycle("ingest", "pipe", "--json"))
    writer.join()
    assert said["accepted"] == 300


def test_a_source_that_changed_its_unit_is_told_in_words_and_comes_in_all_the_same(lifecycle, write):
    lifecycle("ingest", write("before.jsonl", *rows(60, ended_at="2025-10-06T11:30:00Z", response_times_s=[1.5])))

    said = lifecycle("ingest", write("after.jsonl", *({**it, "id": f"d{it['id']}"} for it in rows(30, response_times_s=[1500.0]))))
    assert "Odd: response_times_s of baseline is 1,000 times what it was" in said.stdout
    assert "is it in milliseconds?" in " ".join(said.stdout.split())
    assert "accepted       30" in said.stdout


def test_a_dry_run_shows_the_first_records_and_makes_no_database(first, write, tmp_path):
    said = first("ingest", write("traffic.jsonl", *rows(3), {**ROW, "cost_usd": -1}), "--dry-run")
    assert "would be taken        3" in said.stdout
    assert '"id": "c0"' in said.stdout
    assert not (tmp_path / "data").exists()


def test_bad_rows_are_quarantined_by_reason_and_line_and_good_rows_go_in(lifecycle, write):
    lines = [
        *rows(2),
        {**ROW, "id": "x", "cost_usd": -0.5},
        {**ROW, "id": "y", "cost_usd": -2},
        {**ROW, "id": "z", "booked": "maybe"},
        "{cut",
    ]
    said = lifecycle("ingest", write("traffic.jsonl", *lines), "--json")
    told = summary(said)
    assert said.exit_code == 2
    assert (told["accepted"], told["quarantined"]) == (2, 4)
    assert told["reasons"][0] == {
        "field": "cost_usd",
        "rule": "it must be 0 or more",
        "records": 2,
        "example": "cost_usd is -0.5; it must be 0 or more",
        "lines": ["traffic.jsonl:3", "traffic.jsonl:4"],
    }
    assert said.stderr.splitlines()[-1] == "4 of 6 records were refused; traffic.jsonl:3: cost_usd is -0.5; it must be 0 or more"
    listed = lifecycle("quarantine", "list", "--json")
    assert [it["line"] for it in json.loads(listed.stdout)["quarantined"]] == [3, 4, 5, 6]
    assert "traffic.jsonl:3" in lifecycle("quarantine", "list").stdout


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"cost_usd": -0.5}, "cost_usd is -0.5; it must be 0 or more"),
        ({"booked": "maybe"}, 'booked is "maybe"; it must be true, false, 1, 0 or null'),
        ({"started_at": "2025-10-07T12:00:00Z"}, "started_at is 2025-10-07T12:00:00+00:00; it must not lie after ended_at"),
        ({"messages": [{"role": "user", "content": "x" * 10_000_000}]}, "over 8 MiB long; a line may hold 8 MiB"),
        ({"messages": [{"role": "user", "content": "x" * 5_000_000}]}, "it may hold 1,000,000 characters"),
        ({"ended_at": "2999-10-07T12:00:00Z"}, "ended_at is 2999-10-07T12:00:00Z; it must lie between 2015 and now"),
    ],
    ids=["negative cost", "maybe", "ended before started", "10 MB of messages", "5 MB of messages", "the far future"],
)
def test_a_bad_record_is_told_by_value_and_limit_and_leaves_nothing(lifecycle, write, given, told):
    said = lifecycle("ingest", write("traffic.jsonl", {**ROW, "id": "bad", **given}))
    assert said.exit_code == 2
    assert told in said.stderr
    assert verify(context.database()).conversations == 0


@pytest.mark.parametrize(
    ("row", "options", "told"),
    [
        ({**ROW, "ended_at": "2025-10-07T11:30:00"}, [], "it has no zone; give --zone UTC"),
        (
            {"ended_at": ROW["ended_at"], "run": "a"},
            [],
            "variant is missing; give --variant NAME, or --map variant=FIELD (its fields: ended_at, run)",
        ),
        ({"variant": "baseline"}, [], "ended_at is missing; give --map ended_at=FIELD, or --ended-at TIME"),
        (ROW, ["--map", "bookd=success"], "did you mean 'booked'?"),
        (ROW, ["--map", "escalated=boked"], "no record of traffic.jsonl has 'boked'; did you mean 'booked'?"),
        (ROW, ["--map", "cost_usd=:-1"], "--map: cost_usd is -1; it must be 0 or more"),
        (ROW, ["--variant", ""], '--variant: variant is ""; it must not be empty'),
        (ROW, ["--zone", "Mars"], "give UTC, or a name such as Europe/Berlin"),
        (ROW, ["--ended-at", "2999-01-01T00:00:00Z"], "--ended-at is 2999-01-01T00:00:00Z, after now"),
        (ROW, ["--batch", "0"], "0 is not in the range 1<=x<=50000"),
    ],
)
def test_what_holds_for_the_whole_file_is_refused_before_anything_is_written(first, write, row, options, told):
    said = first("ingest", write("traffic.jsonl", row), *options)
    assert said.exit_code == 2
    assert told in said.stderr
    assert not Path("data").exists()


def test_a_file_that_is_not_there_is_refused_before_anything_is_written(first, write, tmp_path):
    assert first("ingest", write("traffic.jsonl", *rows(1)), "nowhere.jsonl").exit_code == 2
    assert not (tmp_path / "data").exists()


def test_all_before_the_break_of_a_truncated_gzip_is_in_and_the_break_is_told(lifecycle, tmp_path):
    body = gzip.compress("\n".join(json.dumps(row) for row in rows(5000)).encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(body[:-50])
    said = lifecycle("ingest", "cut.jsonl.gz", "--json")
    assert said.exit_code == 2
    assert "the gzip file ends in the middle; fetch it again" in said.stderr
    assert summary(said)["accepted"] > 1000
    assert verify(context.database()).problems == ()


def test_a_source_of_another_shape_goes_in_by_options_alone(lifecycle, write):
    row = {"run": "v1", "success": 1, "when": "2025-10-07T13:30:00", "end": "agent_error", "meta": {"task": 4}}
    said = lifecycle(
        *("ingest", write("runs.jsonl", row), "--map", "variant=run", "--map", "booked=success", "--map", "ended_at=when", "--json"),
        *("--zone", "Europe/Berlin", "--map", "segments.task=meta.task", "--crash-where", "end=agent_error", "--dry-run"),
    )
    (record,) = summary(said)["firstRecords"]
    assert (record["variant"], record["booked"], record["ended_at"]) == ("v1", True, "2025-10-07T11:30:00Z")
    assert record["segments"] == {"task": "4"}
    assert record["errors"] == [{"tool": None, "message": "agent_error"}]


def test_what_a_record_may_hold_is_told(lifecycle):
    said = lifecycle("ingest", "--fields")
    assert said.exit_code == 0
    assert "ended_at          datetime with a zone" in said.stdout


def test_hostile_text_reaches_no_terminal_as_it_is(lifecycle, write):
    lifecycle("ingest", write("traffic.jsonl", *rows(1), '{"id": "\x1b[31mred[/bold]"'))
    assert "\x1b" not in lifecycle("quarantine", "list").stdout


HOSTILE = "\x9b31m\u202e"


def test_hostile_text_in_a_name_is_refused_and_told_without_it(lifecycle, write):
    said = lifecycle("ingest", write("traffic.jsonl", *rows(1, variant=f"v{HOSTILE}red"), *rows(1, booked=HOSTILE)))
    assert "it must hold printable characters alone" in said.stderr
    assert not set(HOSTILE[::5]) & set(said.stdout + said.stderr)


def test_what_a_dry_run_shows_has_no_hostile_text(lifecycle, write):
    said = lifecycle("ingest", write("traffic.jsonl", *rows(1, goal=f"a room, süß{HOSTILE}")), "--dry-run")
    assert "a room, süß�31m�" in said.stdout


def test_a_field_that_may_be_missing_from_all_is_unknown(lifecycle, write):
    said = summary(lifecycle("ingest", write("traffic.jsonl", *rows(2)), "--map", "errors=error", "--allow-missing", "--json"))
    assert said["accepted"] == 2


def test_a_file_whose_name_is_not_utf_8_is_taken_in_and_its_bad_records_kept(lifecycle, write):
    name = write(os.fsdecode(b"caf\xe9.jsonl"), *rows(1), "{cut")
    said = lifecycle("ingest", name, "--json")
    assert summary(said)["reasons"][0]["lines"] == ["caf\\xe9.jsonl:2"]
    (kept,) = summary(lifecycle("quarantine", "list", "--source", name, "--json"))["quarantined"]
    assert (kept["source"], kept["line"]) == ("caf\\xe9.jsonl", 2)
    assert lifecycle("quarantine", "drop", "--source", name, "--yes").stdout.startswith("1 refused record of caf\\xe9.jsonl let go of\n")


def test_the_same_bad_line_of_two_files_of_one_name_is_kept_twice(lifecycle, write, tmp_path):
    for folder in ("d1", "d2"):
        (tmp_path / folder).mkdir()
        lifecycle("ingest", write(f"{folder}/l.jsonl", *rows(1), "{cut"))
    kept = summary(lifecycle("quarantine", "list", "--json"))["quarantined"]
    assert sorted(it["source"] for it in kept) == ["d1/l.jsonl", "d2/l.jsonl"]


def test_a_mended_record_leaves_quarantine_when_it_is_dropped(lifecycle, write):
    lifecycle("ingest", write("traffic.jsonl", *rows(1), "{cut"))
    refused = lifecycle("quarantine", "drop")
    assert (refused.exit_code, "give --yes" in refused.stderr) == (2, True)
    assert lifecycle("quarantine", "drop", "--yes").stdout.startswith("1 refused record of all sources let go of\n")
    assert lifecycle("quarantine", "list").stdout == "Nothing is in quarantine\n"


def test_in_a_pipe_there_is_no_escape_byte(lifecycle, write):
    said = lifecycle("ingest", write("traffic.jsonl", *rows(2)))
    assert "\x1b" not in said.stdout + said.stderr


@pytest.mark.slow
def test_files_go_in_from_a_pipe_in_a_process_of_its_own(tmp_path):
    lines = "\n".join(json.dumps(row) for row in rows(10)).encode()
    ran = subprocess.run(
        [LIFECYCLE, "ingest", "-", "--json"],
        cwd=tmp_path,
        env={"LIFECYCLE_DATA_DIR": str(tmp_path)},
        input=lines,
        capture_output=True,
        check=True,
    )
    assert json.loads(ran.stdout)["accepted"] == 10
