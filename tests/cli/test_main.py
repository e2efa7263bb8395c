"""What holds for every command: help, refusals, exit codes, pipes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from deployments.cli.main import COMMANDS, exit_code_of, main
from lifecycle_core import errors
from tasks import context

LIFECYCLE = Path(sys.executable).with_name("lifecycle")
LIGHT = {"click", "deployments", "lifecycle_core"}


def commands(command=main, path=()):
    """Every command, groups too, as typed."""
    yield path, command
    if isinstance(command, click.Group):
        for name in command.commands:
            yield from commands(command.commands[name], (*path, name))


EVERY = dict(commands())


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help_of_at_most_100_columns_that_ends_in_a_full_sentence(lifecycle, words):
    said = lifecycle(*words, "--help")
    assert said.exit_code == 0
    assert max(map(len, said.stdout.splitlines())) <= 100
    assert EVERY[words].help.split("\n\n")[0].endswith(".")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_option_says_what_it_is_for(words):
    for it in EVERY[words].params:
        assert isinstance(it, click.Argument) or it.help, it.name


def test_the_summaries_of_the_root_are_the_commands_own():
    summaries = {name: main.commands[name].get_short_help_str(200) for name in COMMANDS}
    assert summaries == {name: summary for name, (_, summary) in COMMANDS.items()}


def test_help_loads_click_and_the_standard_library_alone():
    words = [list(path) for path in EVERY]
    code = f"""
import sys
from deployments.cli.main import main
for words in {words!r}:
    try:
        main([*words, "--help"])
    except SystemExit:
        pass
print(*{{it.split(".")[0] for it in sys.modules if not it.startswith("_")}} - set(sys.stdlib_module_names), file=sys.stderr)
"""
    loaded = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True, env=_paths()).stderr
    assert set(loaded.split()) <= LIGHT


def _paths():
    """What a Python without `site`, which loads what an environment's own hooks load, needs to find everything."""
    return {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["drfft"], "No such command 'drfft'. Did you mean 'drift'? See: lifecycle --help"),
        (["drift", "chek"], "No such command 'chek'. Did you mean 'check'? See: lifecycle drift --help"),
        (["status", "--jsn"], "No such option '--jsn'. Did you mean '--json'? See: lifecycle status --help"),
        (["drift", "check"], "Missing argument 'VARIANT'. See: lifecycle drift check --help"),
        (
            ["--database", "foo", "status"],
            "the database URL is 'foo'; give sqlite:///PATH of a file, or postgresql://USER:PASSWORD@HOST/NAME",
        ),
    ],
    ids=lambda it: " ".join(it) if isinstance(it, list) else "",
)
def test_what_cannot_be_meant_is_one_sentence_on_standard_error(lifecycle, words, told):
    said = lifecycle(*words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr == f"{told}\n"


def test_no_words_at_all_are_answered_with_help_and_2(lifecycle):
    said = lifecycle()
    assert said.exit_code == 2
    assert said.stderr.startswith("Usage: ")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidInputError("no", field="at"), 2),
        (errors.TooLargeError("no"), 2),
        (errors.UnknownVariantError("no"), 2),
        (errors.UnknownVersionError("no"), 2),
        (errors.PortTakenError("no", field="port"), 2),
        (errors.NothingToRollBackError("no"), 1),
        (errors.LostRaceError("no"), 1),
        (errors.DatabaseUnavailableError("no"), 1),
        (errors.SchemaMismatchError("no"), 1),
    ],
    ids=lambda it: type(it).__name__,
)
def test_a_refusal_exits_with_2_where_other_words_would_help_and_else_with_1(error, code):
    assert exit_code_of(error) == code


def test_what_is_not_allowed_exits_with_4():
    error = errors.LifecycleError("no")
    error.status = 403
    assert exit_code_of(error) == 4


def test_the_version_is_told(lifecycle):
    assert lifecycle("--version").stdout == "lifecycle 0.1.0\n"


def test_the_database_given_wins_over_the_one_in_the_environment(lifecycle, tmp_path, monkeypatch):
    monkeypatch.setenv("LIFECYCLE_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    lifecycle("--database", f"sqlite:///{tmp_path}/mine.db", "status")
    assert (tmp_path / "mine.db").exists()
    assert not (tmp_path / "other.db").exists()


@pytest.mark.slow
def test_a_locked_database_is_told_after_ten_seconds_and_nothing_is_written(lifecycle, act, opened):
    lifecycle("versions", "register", "baseline", "--prompt", "-", stdin="Be kind.")
    with opened(context.settings().database_url).write(act) as tx:
        tx.connection()
        said = lifecycle("versions", "activate", "baseline", 1)
    assert said.exit_code == 1
    assert "is locked by another program for over 10 s; end that program, or try again" in said.stderr
    assert lifecycle("versions", "active", "baseline").exit_code == 2


def test_a_full_disk_is_told_and_nothing_is_half_written(lifecycle):
    said = lifecycle("--database", "sqlite:////dev/full", "versions", "register", "baseline", "--prompt", "-", stdin="Be kind.")
    assert said.exit_code == 1
    assert said.stderr.startswith("database /dev/full ")
    assert len(said.stderr.splitlines()) == 1


def test_a_file_that_is_no_database_is_told_and_left_alone(lifecycle, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada, " * 1000)
    said = lifecycle("--database", f"sqlite:///{tmp_path}/letter.txt", "status")
    assert said.exit_code == 1
    assert "is not an SQLite database; name another file with --database" in said.stderr
    assert (tmp_path / "letter.txt").read_text() == "Dear Ada, " * 1000


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error_worth_a_word(watched, tmp_path):
    ran = subprocess.run(
        ["bash", "-c", f"{LIFECYCLE} drift check baseline --at 2025-10-07T12:00:00Z | true"],
        env={**os.environ, "LIFECYCLE_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize("words", [["status"], ["--help"], ["ingest", "--fields"], ["status", "--json"]], ids=" ".join)
def test_an_output_that_is_full_is_one_sentence(lifecycle, tmp_path, words):
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [LIFECYCLE, *words],
            env={**os.environ, "LIFECYCLE_DATA_DIR": str(tmp_path / "data")},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    told = "the output cannot be written: No space left on device; make room where it goes, or send it elsewhere\n"
    assert (ran.returncode, ran.stderr) == (1, told)


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        ("2025-09-23T12:00:00Z=2026-01-01T00:00:00Z*nan", "with a rate from 0 to 1,000,000"),
        ("2025-09-23T12:00:00Z=2026-01-01T00:00:00Z*1e300", "with a rate from 0 to 1,000,000"),
        ("2025-09-23T12:00:00Z=2026-01-01T00:00:00Z*-1", "with a rate from 0 to 1,000,000"),
        ("2025-09-23T12:00:00Z=1950-01-01T00:00:00Z*1e6", "tells a time outside of the years 2000 to 2199"),
        ("9999-12-31T23:59:59-14:00=2026-01-01T00:00:00Z*0", "tells a time outside of the years 2000 to 2199"),
        ("0001-01-01T00:00:00+14:00=2026-01-01T00:00:00Z*0", "tells a time outside of the years 2000 to 2199"),
    ],
)
def test_a_clock_that_cannot_be_meant_is_one_sentence(lifecycle, monkeypatch, clock, told):
    monkeypatch.setenv("LIFECYCLE_CLOCK", clock)
    said = lifecycle("status")
    assert (said.exit_code, said.stdout) == (2, "")
    assert told in said.stderr
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.slow
def test_ctrl_c_exits_with_130_and_leaves_nothing_half_written(tmp_path):
    with subprocess.Popen(
        [LIFECYCLE, "ingest", "-"],
        env={**os.environ, "LIFECYCLE_DATA_DIR": str(tmp_path / "data"), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        running.stdin.write(b'{"variant": "baseline"')
        running.stdin.flush()
        _until_reading(running.pid)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr.read().strip() == b"interrupted"
    assert not (tmp_path / "data").exists()


def _until_reading(pid: int) -> None:
    """Wait until the process waits for a pipe, which it does first when all is imported."""
    while "pipe" not in Path(f"/proc/{pid}/wchan").read_text():
        time.sleep(0.01)


@pytest.mark.slow
def test_the_command_itself_answers_in_a_pipe_without_an_escape_byte(watched, tmp_path):
    ran = subprocess.run(
        [LIFECYCLE, "drift", "check", "baseline", "--at", "2025-10-07T12:00:00Z"],
        env={**os.environ, "LIFECYCLE_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 5
    assert b"\x1b" not in ran.stdout + ran.stderr
