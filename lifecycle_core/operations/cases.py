"""Cases of a variant's own: added, removed, brought back, listed; and what was served of cases before.

Cases are masked before they are kept: a goal is sent to the models that play it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from lifecycle_core.errors import InvalidInputError, TooLargeError
from lifecycle_core.privacy.masking import Masker
from lifecycle_core.provenance import Provenance, expect_reason
from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.identity import Served
from lifecycle_core.retraining.written_cases import MOST_CASES, KeptCase, WrittenCase
from lifecycle_core.store import answers, own_cases, variants
from lifecycle_core.store.database import Database, Transaction

FRESH: Final = timedelta(days=7)
"""For so long a replay stands for what would come of it now: providers change models under an unchanged name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesChanged:
    """What a change made of a variant's cases: `changed`, by name; `unchanged` are those that were so already."""

    variant: str
    changed: tuple[KeptCase, ...]
    unchanged: tuple[str, ...] = ()


def add(
    database: Database,
    act: Provenance,
    variant: str,
    written: Sequence[WrittenCase],
    *,
    masker: Masker,
    conversations: Mapping[str, str] | None = None,
) -> CasesChanged:
    """Keep cases, all or none; one that is there already is left as it is.

    conversations : name -> the conversation that the case was mined of.
    Raises UnknownVariantError, TooLargeError past the most cases of a variant, and InvalidInputError for a name that another case has.
    """
    expect_reason(act.why)
    _expect_names([it.name for it in written])
    masked = [replace(it, goal=masker(it.goal)) for it in written]
    with database.write(act, "add_cases") as tx:
        request = ("add_cases", variant, written, conversations, act.why)
        return answers.once(tx, act, request, CasesChanged, lambda: _add(tx, act, variant, masked, conversations or {}))


def remove(database: Database, act: Provenance, variant: str, names: Sequence[str]) -> CasesChanged:
    """Leave cases out from now on, all or none; raises UnknownVariantError and UnknownCaseError."""
    expect_reason(act.why)
    _expect_names(names)
    with database.write(act, "remove_cases") as tx:
        request = ("remove_cases", variant, names, act.why)
        return answers.once(tx, act, request, CasesChanged, lambda: _remove(tx, act, variant, names))


def restore(database: Database, act: Provenance, variant: str, names: Sequence[str]) -> CasesChanged:
    """Bring cases back that were removed, all or none.

    Raises UnknownVariantError, UnknownCaseError, and TooLargeError past the most cases of a variant.
    """
    expect_reason(act.why)
    _expect_names(names)
    with database.write(act, "restore_cases") as tx:
        request = ("restore_cases", variant, names, act.why)
        return answers.once(tx, act, request, CasesChanged, lambda: _restore(tx, variant, names))


def list_cases(database: Database, variant: str) -> list[KeptCase]:
    """The variant's own cases, by name; raises UnknownVariantError."""
    with database.read() as tx:
        variants.expect(tx, variant)
        return own_cases.of(tx, variant)


def served(database: Database, hashes: Collection[str], at: datetime) -> dict[str, Replay]:
    """Hash -> the replay that was served under it within the last week; see `replay.identity`."""
    with database.read() as tx:
        return own_cases.served(tx, hashes, at - FRESH)


def keep_served(database: Database, act: Provenance, variant: str, found: Served) -> None:
    """Keep what was served, for as long as it is fresh."""
    with database.write(act, "keep_served_case") as tx:
        own_cases.keep_served(tx, variant, found, act.at, act.at - FRESH)


def _add(tx: Transaction, act: Provenance, variant: str, written: Sequence[WrittenCase], conversations: Mapping[str, str]) -> CasesChanged:
    variants.lock(tx, variant)
    new = {it.name for it in written if own_cases.add(tx, act, variant, it, conversations.get(it.name))}
    _expect_room(tx, variant)
    changed = tuple(it for it in own_cases.of(tx, variant) if it.case.name in new)
    return CasesChanged(variant=variant, changed=changed, unchanged=tuple(it.name for it in written if it.name not in new))


def _remove(tx: Transaction, act: Provenance, variant: str, names: Sequence[str]) -> CasesChanged:
    variants.lock(tx, variant)
    return CasesChanged(variant=variant, changed=tuple(own_cases.remove(tx, act, variant, it) for it in names))


def _restore(tx: Transaction, variant: str, names: Sequence[str]) -> CasesChanged:
    variants.lock(tx, variant)
    done = CasesChanged(variant=variant, changed=tuple(own_cases.restore(tx, variant, it) for it in names))
    _expect_room(tx, variant)
    return done


def _expect_room(tx: Transaction, variant: str) -> None:
    found = len(own_cases.of(tx, variant))
    if found > MOST_CASES:
        message = f"variant {variant!r} would have {found} cases of its own, and each is served in every evaluation; keep {MOST_CASES}"
        raise TooLargeError(message, field="cases")


def _expect_names(names: Sequence[str]) -> None:
    twice = sorted({it for it in names if list(names).count(it) > 1})
    if twice or not names:
        message = f"{', '.join(twice)[:200]} stands there twice; give each case a name of its own" if twice else "no case is named"
        raise InvalidInputError(message, field="name")
