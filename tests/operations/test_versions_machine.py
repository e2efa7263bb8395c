"""Versions held to a plain model by Hypothesis, on SQLite and on PostgreSQL; `benchmarks.machine` is the long run."""

import pytest

from benchmarks import machine
from benchmarks._versions_model import Model
from lifecycle_core.operations.database import verify

pytestmark = pytest.mark.slow


def test_versions_are_what_the_model_says(any_database):
    examples = 20 if any_database.dialect == "sqlite" else 6
    steps, _ = machine.held(any_database, examples, steps=25)
    assert steps > 10 * examples
    assert verify(any_database).problems == ()


def test_a_program_that_differs_is_found_out(database, monkeypatch):
    monkeypatch.setattr(Model, "below", None)
    with pytest.raises(machine.DiffersError):
        machine.held(database, 20, steps=25, shorten=False)
