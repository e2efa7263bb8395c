"""The two commands say in one sentence why they cannot set up."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clone(tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def _make(clone: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "install"], cwd=clone, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def test_an_old_python_is_named_with_the_versions_that_serve(clone):
    tools = clone / "bin"
    tools.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python"):
        old = tools / name
        old.write_text('#!/bin/sh\ncase "$1" in --version) echo "Python 3.9.18";; *) exit 1;; esac\n')
        old.chmod(0o755)
    done = _make(clone, PATH=f"{tools}:/usr/bin:/bin")
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13, and finds Python 3.9.18" in done.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.slow
def test_a_package_that_cannot_be_had_is_told_with_the_remedy(clone):
    done = _make(clone, PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull)
    assert done.returncode == 2
    assert "A package could not be had" in done.stderr
    assert "check the network and pip's index" in done.stderr
    assert not (clone / ".venv/.ready").exists()


def test_help_names_every_target():
    shown = subprocess.run(["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {line.split()[1] for line in shown.splitlines()} == targets
