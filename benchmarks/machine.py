"""Versions held to a model of fifty lines by Hypothesis: what is asked, in any order, does what the model says, or is refused as it says.

Each example is a variant of its own on one database, so that one costs milliseconds. The first step that differs ends the run, told as the
shortest way to it.
"""

import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from math import ceil
from time import perf_counter
from typing import ClassVar, Final, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from benchmarks._databases import places
from benchmarks._versions_model import Model
from lifecycle_core.errors import (
    IdempotencyKeyReusedError,
    InvalidInputError,
    LifecycleError,
    NothingActiveError,
    NothingToRollBackError,
    StaleError,
    UnknownVersionError,
)
from lifecycle_core.operations import versions, versions_asked
from lifecycle_core.operations.database import rehearsed, upgrade, verify
from lifecycle_core.provenance import Provenance
from lifecycle_core.store.database import Database

STEPS_AN_EXAMPLE: Final = 30
REFUSALS: Final = (InvalidInputError, UnknownVersionError, NothingToRollBackError)
STALE: Final = "0" * 16

_numbers = count()
_VERSION: Final = st.integers(1, 6)
_TAG: Final = st.sampled_from(["production", "rollback", "experimental", "stable", "best"])
_CONTENT: Final = st.sampled_from("abcdef")

T = TypeVar("T")


class DiffersError(Exception):
    """The program does not what the model says."""


def _expect(found: object, wanted: object, what: str) -> None:
    if found != wanted:
        message = f"{what}: the program has {found!r}, and the model {wanted!r}"
        raise DiffersError(message)


class Versions(RuleBasedStateMachine):
    """One variant of `database`, which all examples share."""

    database: ClassVar[Database]
    steps: ClassVar[int]
    examples: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        kind = type(self)
        kind.examples += 1
        self.variant, self.model, self.keys = f"variant {next(_numbers)}", Model(), count()
        self.act = Provenance("machine", datetime(2025, 10, 7, 12, tzinfo=UTC))

    def agreed(self, wanted: bool, change: Callable[[Database, Provenance], T], database: Database | None = None) -> T | None:  # noqa: FBT001 - what the model said
        """What `change` answered; it does what the model says is possible, and refuses the rest."""
        try:
            done = change(database or self.database, self.act)
        except REFUSALS as refusal:
            _expect(str(refusal), not wanted and str(refusal), "whether it is possible")
            return None
        _expect(done, wanted and done, "whether it is possible")
        return done

    @initialize(versions=st.integers(0, 4))
    def begin(self, versions: int) -> None:
        """Some examples begin with nothing, and most where there is something to change."""
        for content in "abcdef"[:versions]:
            self.register(content)

    @rule(content=_CONTENT)
    def register(self, content: str) -> None:
        """A content is one version, however often it comes."""
        done = versions.register(self.database, self.act, variant=self.variant, system_prompt=content)
        _expect(done.version, self.model.register(content), "the number of a content")

    @precondition(lambda self: self.model.contents)
    @rule(version=_VERSION)
    def activate(self, version: int) -> None:
        """Whatever is active."""
        self.agreed(self.model.activate(version), lambda it, act: versions.activate(it, act, self.variant, version))

    @precondition(lambda self: self.model.contents)
    @rule()
    def roll_back(self) -> None:
        """Whatever was active before."""
        self.agreed(self.model.roll_back(), lambda it, act: versions.roll_back(it, act, self.variant))

    @precondition(lambda self: self.model.contents)
    @rule(name=_TAG, version=_VERSION)
    def tag(self, name: str, version: int) -> None:
        """Also those that move by themselves."""
        self.agreed(self.model.tag(name, version), lambda it, act: versions.tag(it, act, self.variant, version, name))

    @precondition(lambda self: self.model.contents)
    @rule(name=_TAG, version=_VERSION)
    def untag(self, name: str, version: int) -> None:
        """Also where it is not."""
        self.agreed(self.model.untag(name, version), lambda it, act: versions.untag(it, act, self.variant, version, name))

    @precondition(lambda self: self.model.active)
    @rule(version=_VERSION)
    def insist_on_what_is_active(self, version: int) -> None:
        """An etag that is right changes nothing about the answer."""
        etag = versions_asked.active(self.database, self.variant).etag
        self.agreed(self.model.activate(version), lambda it, act: versions.activate(it, act, self.variant, version, etag))

    @precondition(lambda self: self.model.active)
    @rule(version=_VERSION)
    def insist_on_what_was_active(self, version: int) -> None:
        """An etag from before a change is stale, and one from before a change that changed nothing is not."""
        before, other = versions_asked.active(self.database, self.variant).etag, version % len(self.model.contents) + 1
        self.roll_back()
        if versions_asked.active(self.database, self.variant).etag == before:
            return
        self.refused(StaleError, lambda: versions.activate(self.database, self.act, self.variant, other, before))

    @precondition(lambda self: self.model.active)
    @rule(name=_TAG)
    def insist_on_what_never_was(self, name: str) -> None:
        """Each change refuses an etag that nothing has."""
        active = self.model.active or 1
        self.refused(StaleError, lambda: versions.roll_back(self.database, self.act, self.variant, STALE))
        self.refused(StaleError, lambda: versions.tag(self.database, self.act, self.variant, active, "best", expected=STALE))
        if name not in {"production", "rollback"}:
            self.refused(StaleError, lambda: versions.untag(self.database, self.act, self.variant, active, name, STALE))

    @precondition(lambda self: self.model.contents)
    @rule(version=_VERSION, rolls_back=st.booleans())
    def repeat_under_a_key(self, version: int, rolls_back: bool) -> None:  # noqa: FBT001 - drawn
        """A change is made once under its key, and answered as often as it is asked for; another one may not have the key."""
        act = replace(self.act, idempotency_key=f"{self.variant}/{next(self.keys)}")

        def change(database: Database, _: Provenance) -> object:
            if rolls_back:
                return versions.roll_back(database, act, self.variant)
            return versions.activate(database, act, self.variant, version)

        done = self.agreed(self.model.roll_back() if rolls_back else self.model.activate(version), change)
        if done is None:
            return
        _expect(change(self.database, act), done, "the answer to a repetition")
        self.refused(IdempotencyKeyReusedError, lambda: versions.activate(self.database, act, self.variant, version + 1))

    @precondition(lambda self: self.model.active)
    @rule(version=_VERSION)
    def rehearse(self, version: int) -> None:
        """A dry run answers as the change would, and leaves nothing."""
        with rehearsed(self.database) as trying:
            possible = version <= len(self.model.contents)
            self.agreed(possible, lambda it, act: versions.activate(it, act, self.variant, version), trying)

    def refused(self, kind: type[LifecycleError], change: Callable[[], object]) -> None:
        """`change` is refused so."""
        try:
            done = change()
        except kind:
            return
        _expect(done, kind.code, "a refusal")

    @invariant()
    def the_program_is_as_the_model(self) -> None:
        """Pointer, trail and tags."""
        type(self).steps += 1
        if not self.model.contents:
            return
        found = versions_asked.history(self.database, self.variant, 1000)
        _expect({tag: it.version for it in found.versions for tag in it.tags}, self.model.tags, "tags")
        _expect([it.version for it in reversed(found.activations)], self.model.moves, "the trail")
        _expect([it.revision for it in reversed(found.activations)], list(range(1, len(self.model.moves) + 1)), "revisions")
        try:
            active = versions_asked.active(self.database, self.variant).version
        except NothingActiveError:
            active = None
        _expect(active, self.model.active, "the active version")
        _expect([it.version for it in found.versions if it.is_active], [active] if active else [], "active versions")


def held(on: Database, examples: int, *, steps: int = STEPS_AN_EXAMPLE, shorten: bool = True) -> tuple[int, int]:
    """Hold versions on a database to the model: -> how many steps were taken in how many examples.

    shorten : the way to the first step that differs, which takes a while. Raises what that step raises.
    """

    class Here(Versions):
        database, steps, examples = on, 0, 0

    unhurried = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=[Phase.generate, *[Phase.shrink] * shorten],
        suppress_health_check=list(HealthCheck),
        deadline=None,
        derandomize=True,
        database=None,
    )
    run_state_machine_as_test(Here, settings=unhurried)
    return Here.steps, Here.examples


def run(steps: int = 20_000) -> dict[str, object]:
    """About so many steps, half of them on SQLite and half on PostgreSQL."""
    print("database       steps  examples  failures  seconds")
    measured: dict[str, object] = {}
    totals = [0, 0, 0]
    for name, place in places(in_memory=True).items():
        with place() as url:
            database = Database(url)
            upgrade(database)
            began, failures = perf_counter(), 0
            taken = examples = 0
            try:
                taken, examples = held(database, ceil(steps / 2 / STEPS_AN_EXAMPLE))
            except (DiffersError, LifecycleError):
                traceback.print_exc(file=sys.stderr)
                failures = 1
            failures += len(verify(database).problems)
            database.close()
        seconds = perf_counter() - began
        print(f"{name:<12}{taken:>8,}{examples:>10,}{failures:>10}{seconds:>9.1f}")
        measured[name] = {"steps": taken, "examples": examples, "failures": failures, "seconds": round(seconds, 1)}
        totals = [it + more for it, more in zip(totals, (taken, examples, failures), strict=True)]
    return {**dict(zip(("steps", "examples", "failures"), totals, strict=True)), **measured}
