"""Completion: a script for each shell, the names of variants, and silence where there are none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks import context


def completed(*words):
    """What a shell is offered for the last of these words."""
    asked = {"_LIFECYCLE_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    place = {"LIFECYCLE_DATA_DIR": str(context.settings().data_dir), "PYTHONPATH": str(Path(__file__).parents[2])}
    code = "from deployments.cli.main import main; main(prog_name='lifecycle')"
    told = subprocess.run([sys.executable, "-c", code], env={**os.environ, **asked, **place}, capture_output=True, text=True, check=False)
    assert told.stderr == ""
    return [line.partition(",")[2] for line in told.stdout.split()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(lifecycle, shell):
    told = lifecycle("completion", shell)
    assert told.exit_code == 0
    assert "_LIFECYCLE_COMPLETE" in told.stdout


@pytest.mark.slow
def test_the_names_of_variants_are_offered(watched):
    assert completed("lifecycle", "drift", "check", "ba") == ["baseline"]
    assert completed("lifecycle", "drift", "check", "x") == []


def test_commands_and_options_are_offered(lifecycle):
    assert "activate" in completed("lifecycle", "versions", "a")
    assert "--dry-run" in completed("lifecycle", "versions", "activate", "--d")


def test_no_database_is_made_by_pressing_tab(lifecycle):
    (context.settings().data_dir / "lifecycle.db").unlink()
    assert completed("lifecycle", "drift", "check", "b") == []
    assert not (context.settings().data_dir / "lifecycle.db").exists()


def test_colours_are_had_or_left_as_they_are_asked_for(watched):
    assert "\x1b[" in watched("--color", "always", "drift", "check", "baseline", "--at", "2025-10-07T12:00:00Z").stdout
    assert "\x1b[" not in watched("drift", "check", "baseline", "--at", "2025-10-07T12:00:00Z").stdout
