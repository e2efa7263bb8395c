"""Versions held to a plain model by Hypothesis: whatever is asked in whatever order, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from lifecycle_core.errors import (
    IdempotencyKeyReusedError,
    InvalidInputError,
    NothingActiveError,
    NothingToRollBackError,
    StaleError,
    UnknownVersionError,
)
from lifecycle_core.operations import versions, versions_asked
from lifecycle_core.operations.database import rehearsed, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database
from benchmarks._versions_model import Model

pytestmark = pytest.mark.slow

NAMES = count()
TAGS = st.sampled_from(["production", "rollback", "experimental", "stable", "best"])
VERSION = st.integers(1, 5)
REFUSALS = (InvalidInputError, UnknownVersionError, NothingToRollBackError)


class Versions(RuleBasedStateMachine):
    """One variant of a database that all examples share, each under a name of its own."""

    database: Database
    steps = 0

    def __init__(self):
        super().__init__()
        self.variant, self.model, self.keys = f"v{next(NAMES)}", Model(), count()
        self.act = Provenance("machine", datetime(2025, 10, 7, 12, tzinfo=UTC))

    def _agrees(self, wanted, change, database=None):
        """The program does what the model says is possible, and refuses the rest."""
        type(self).steps += 1
        try:
            done = change(database or self.database)
        except REFUSALS:
            assert not wanted
            return None
        assert wanted
        return done

    @rule(content=st.sampled_from("abcde"))
    def register(self, content):
        done = versions.register(self.database, self.act, variant=self.variant, system_prompt=content)
        assert done.version == self.model.register(content)

    @precondition(lambda self: self.model.contents)
    @rule(version=VERSION)
    def activate(self, version):
        self._agrees(self.model.activate(version), lambda it: versions.activate(it, self.act, self.variant, version))

    @precondition(lambda self: self.model.contents)
    @rule()
    def roll_back(self):
        self._agrees(self.model.roll_back(), lambda it: versions.roll_back(it, self.act, self.variant))

    @precondition(lambda self: self.model.contents)
    @rule(name=TAGS, version=VERSION)
    def tag(self, name, version):
        self._agrees(self.model.tag(name, version), lambda it: versions.tag(it, self.act, self.variant, version, name))

    @precondition(lambda self: self.model.contents)
    @rule(name=TAGS, version=VERSION)
    def untag(self, name, version):
        self._agrees(self.model.untag(name, version), lambda it: versions.untag(it, self.act, self.variant, version, name))

    @precondition(lambda self: self.model.active)
    @rule(version=VERSION)
    def insist_on_what_is_active(self, version):
        etag = versions_asked.active(self.database, self.variant).etag
        self._agrees(self.model.activate(version), lambda it: versions.activate(it, self.act, self.variant, version, etag))

    @precondition(lambda self: self.model.active)
    @rule()
    def insist_on_what_is_stale(self):
        with pytest.raises(StaleError):
            versions.roll_back(self.database, self.act, self.variant, "0" * 16)

    @precondition(lambda self: self.model.contents)
    @rule(version=st.integers(1, 3))
    def repeat_under_a_key(self, version):
        act = replace(self.act, idempotency_key=f"{self.variant}/{next(self.keys)}")
        done = self._agrees(self.model.activate(version), lambda it: versions.activate(it, act, self.variant, version))
        if done is not None:
            assert versions.activate(self.database, act, self.variant, version) == done
            with pytest.raises(IdempotencyKeyReusedError):
                versions.activate(self.database, act, self.variant, version + 1)

    @precondition(lambda self: self.model.active)
    @rule(version=VERSION)
    def rehearse(self, version):
        with rehearsed(self.database) as trying:
            self._agrees(version <= len(self.model.contents), lambda it: versions.activate(it, self.act, self.variant, version), trying)

    @invariant()
    def the_program_is_as_the_model(self):
        if not self.model.contents:
            return
        found = versions_asked.history(self.database, self.variant, 1000)
        assert {tag: it.version for it in found.versions for tag in it.tags} == self.model.tags
        assert [it.version for it in reversed(found.activations)] == self.model.moves
        assert [it.revision for it in reversed(found.activations)] == list(range(1, len(self.model.moves) + 1))
        try:
            active = versions_asked.active(self.database, self.variant).version
        except NothingActiveError:
            active = None
        assert active == self.model.active
        assert [it.version for it in found.versions if it.is_active] == ([active] if active else [])


def test_versions_are_what_the_model_says(any_database):
    class Here(Versions):
        database = any_database

    examples = 20 if any_database.dialect == "sqlite" else 6
    unhurried = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(Here, settings=settings(max_examples=examples, stateful_step_count=25, **unhurried))
    assert Here.steps > 5 * examples
    assert verify(any_database).problems == ()
