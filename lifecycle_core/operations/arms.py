"""The two versions that a session compares, and the scenarios that both served."""

from dataclasses import dataclass

from lifecycle_core.replay.episode import Scenario
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.shadow import Sample
from lifecycle_core.store import samples, sessions, versions
from lifecycle_core.store.database import Database
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
        it = sessions.get(tx, session_id)
        candidate = versions.get(tx, it.variant, it.version) if it.version else None
        return Arms(session=it, incumbent=versions.get(tx, it.variant, it.incumbent_version), candidate=candidate)


def served(database: Database, session_id: str) -> list[tuple[Scenario, Sample]]:
    """The scenarios that were replayed for a session, each with its sample, in their order; raises UnknownSessionError."""
    with database.read() as tx:
        scenarios = samples.scenarios(tx, sessions.get(tx, session_id).session_id)
        return [(scenarios[it.scenario_id], it) for it in samples.recorded(tx, session_id) if it.scenario_id in scenarios]
