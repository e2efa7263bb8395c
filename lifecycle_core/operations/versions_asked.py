"""Tell what is active, what was, how two versions differ, and what a rollback would do. Nothing here changes anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lifecycle_core.errors import NothingActiveError
from lifecycle_core.store import conversations, probations, sessions, summaries, variants, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.compare import Comparison
from lifecycle_core.versions.compare import compare as side_by_side
from lifecycle_core.versions.diff import Diff
from lifecycle_core.versions.diff import diff as difference
from lifecycle_core.versions.version import Activation, Performance, Tag, VariantSummary, Version

NOT_UNDONE: Final = (
    "conversations that were served",
    "the policy",
    "tags other than production and rollback",
)
"""What stays as it is when a version is rolled back."""


@dataclass(frozen=True, slots=True)
class History:
    """The newest versions of a variant, and the newest changes of the active one; both newest first."""

    versions: tuple[Version, ...]
    activations: tuple[Activation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What made a version active for the first time. session_id and the figures are None where it was done by hand."""

    activation: Activation
    session_id: str | None = None
    e_better: float | None = None
    samples: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a rollback would do.

    because : why there can be none, None where there can; active, target : the versions it would go from and to.
    ready : the versions that as many rollbacks in a row would bring. since : the activation that it takes back.
    served : the active version's traffic so far. tags : those that move, name -> the version that has them then.
    probation : it ends an open one. session_id : an open retraining, whose candidate was compared with the active version.
    """

    variant_name: str
    because: str | None
    active: Version | None
    target: Version | None
    ready: tuple[int, ...]
    since: Activation | None
    served: Performance | None
    changes: Diff | None
    tags: Mapping[str, int]
    probation: bool
    session_id: str | None


def active(database: Database, variant: str) -> Version:
    """The active version; raises UnknownVariantError and NothingActiveError."""
    with database.read() as tx:
        found = versions.active(tx, variant)
        if found is None:
            variants.expect(tx, variant)
            message = f"variant {variant!r} has no active version; register one and activate it"
            raise NothingActiveError(message)
        return found


def version(database: Database, variant: str, number: int) -> tuple[Version, Evidence | None]:
    """One version, and what made it active first, None where it never was; raises UnknownVariantError and UnknownVersionError."""
    with database.read() as tx:
        found = versions.get(tx, variant, number)
        made = versions.first_activation(tx, variant, number)
        return found, _evidence(tx, made) if made else None


def history(database: Database, variant: str, limit: int, before_version: int | None = None, before_revision: int | None = None) -> History:
    """The newest `limit` versions, and the newest `limit` changes of the active one.

    before_version, before_revision : where they are given, only versions and changes numbered under them.
    """
    with database.read() as tx:
        variants.expect(tx, variant)
        found = versions.newest(tx, variant, limit, before_version)
        return History(tuple(found), tuple(versions.activations(tx, variant, limit, before_revision=before_revision)))


def compare(database: Database, variant: str, version1: int, version2: int) -> Comparison:
    """What the traffic of two versions came to, side by side; either may be known by its conversations alone.

    Raises UnknownVariantError, and UnknownVersionError for a version that neither was registered nor served a conversation.
    """
    with database.read() as tx:
        found = [conversations.performance(tx, variant, it) for it in (version1, version2)]
        for it in found:
            if it.total_conversations == 0:
                versions.get(tx, variant, it.version)
        return side_by_side(variant, *found)


def diff(database: Database, variant: str, version1: int, version2: int) -> Diff:
    """How the second version differs from the first; raises UnknownVariantError and UnknownVersionError."""
    with database.read() as tx:
        return difference(versions.get(tx, variant, version1), versions.get(tx, variant, version2))


def preview(database: Database, variant: str) -> Preview:
    """What a rollback of the variant would do now; raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        there, now = versions.stack(tx, variant), versions.active(tx, variant)
        target = versions.get(tx, variant, there.below) if there.below is not None else None
        going_on, newest = sessions.open_of(tx, variant), versions.activations(tx, variant, limit=1)
        after = there.rolled_back().below
        tags = {} if target is None else {Tag.PRODUCTION.value: target.version} | ({Tag.ROLLBACK.value: after} if after is not None else {})
        return Preview(
            variant_name=variant,
            because=f"variant {variant!r} {there.because()}" if target is None else None,
            active=now,
            target=target,
            ready=there.ready,
            since=newest[0] if newest else None,
            served=conversations.performance(tx, variant, now.version) if now else None,
            changes=difference(now, target) if now and target else None,
            tags=tags,
            probation=probations.open_of(tx, variant) is not None,
            session_id=going_on.session_id if going_on else None,
        )


def list_variants(database: Database, limit: int | None = None, after: str | None = None) -> list[VariantSummary]:
    """The variants with their versions and their traffic, by name: up to `limit` of those that follow `after`, where these are given."""
    with database.read() as tx:
        return summaries.every(tx, limit, after)


def _evidence(tx: Transaction, made: Activation) -> Evidence:
    if made.session_id is None:
        return Evidence(activation=made)
    analysis = sessions.get(tx, made.session_id).shadow_analysis
    return Evidence(
        activation=made,
        session_id=made.session_id,
        e_better=analysis.e_better if analysis else None,
        samples=analysis.n if analysis else None,
    )
