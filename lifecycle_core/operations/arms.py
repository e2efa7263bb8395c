"""The two versions that a session compares, the scenarios that both served, and the fingerprint of what these show."""

from dataclasses import dataclass

from lifecycle_core.retraining.fingerprint import fingerprint
from lifecycle_core.retraining.pairs import Pair
from lifecycle_core.retraining.session import Session
from lifecycle_core.store import samples, sessions, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """What a session compares; no candidate before step 6."""

    session: Session
    incumbent: Version
    candidate: Version | None


def arms(database: Database, session_id: str) -> Arms:
    """The session and its two versions; raises UnknownSessionError."""
    with database.read() as tx:
        return _arms(tx, sessions.get(tx, session_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a decision on a candidate rests on, all of one moment.

    pairs : the scenarios that were replayed, in their order. evidence_hash : "" before there is a verdict.
    """

    arms: Arms
    pairs: tuple[Pair, ...]
    evidence_hash: str


def basis(database: Database, session_id: str) -> Basis:
    """What a decision on a session's candidate rests on, but for what was said; raises UnknownSessionError."""
    with database.read() as tx:
        both = _arms(tx, sessions.get(tx, session_id))
        scenarios = samples.scenarios(tx, session_id)
        recorded = samples.recorded(tx, session_id)
        pairs = tuple(Pair(scenario=scenarios[it.scenario_id], sample=it) for it in recorded if it.scenario_id in scenarios)
        return Basis(arms=both, pairs=pairs, evidence_hash=evidence_hash(tx, both.session))


def evidence_hash(tx: Transaction, it: Session) -> str:
    """The fingerprint of a session's evidence, as its rows are now; "" before there is a verdict."""
    both = _arms(tx, it)
    if it.shadow_analysis is None or both.candidate is None:
        return ""
    return fingerprint(it.shadow_analysis, samples.recorded(tx, it.session_id), both.incumbent, both.candidate)


def _arms(tx: Transaction, it: Session) -> Arms:
    candidate = versions.get(tx, it.variant, it.version) if it.version else None
    return Arms(session=it, incumbent=versions.get(tx, it.variant, it.incumbent_version), candidate=candidate)
