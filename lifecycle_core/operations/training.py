"""What a retraining learns from: asked for by the session that does, or by the variant that one would be of now; and kept (step 3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lifecycle_core.conversations import Conversation, Window
from lifecycle_core.errors import NothingActiveError
from lifecycle_core.policy import RetrainingPolicy
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Event, Session, Status, ended, moved
from lifecycle_core.retraining.training_data import DataCheck, DataSummary, TrainingData
from lifecycle_core.store import policies, served, sessions, variants, versions
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.versions.version import Version

_SOUGHT: Final = 4
"""So many times the most training examples are read, for what is of no use among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What training data are made of.

    session : whose they are; None where a variant was asked for.
    version : the one whose prompt goes on: of a session that was promoted the candidate, else the incumbent.
    conversations : as they were recorded, nothing masked, oldest first.
    """

    session: Session | None
    version: Version
    policy: RetrainingPolicy
    conversations: list[Conversation]


def of_session(database: Database, session_id: str) -> Source:
    """The incumbent's newest conversations before the session began; raises UnknownSessionError."""
    with database.read() as tx:
        return _of_session(tx, sessions.get(tx, session_id))


def of(database: Database, name: str, at: datetime) -> Source:
    """The same of a session of that name, else what a session of the variant `name` would learn from at `at`.

    Raises UnknownVariantError for what is neither, and NothingActiveError for a variant without an active version.
    """
    with database.read() as tx:
        session = sessions.find(tx, name)
        if session is not None:
            return _of_session(tx, session)
        variants.expect(tx, name)
        version = versions.active(tx, name)
        if version is None:
            message = f"variant {name!r} has no active version; register one and activate it"
            raise NothingActiveError(message)
        policy = policies.of(tx, name).retraining
        return Source(session=None, version=version, policy=policy, conversations=_newest(tx, version, at, policy))


def keep_training_data(
    database: Database, act: Provenance, session_id: str, data: TrainingData, checks: Sequence[DataCheck] = ()
) -> Session:
    """Step 3: what the training data came to, and what was asked of it; data that may not be learnt from end the session."""
    with database.write(act, "keep_training_data") as tx:
        it = sessions.locked(tx, session_id)
        if it.training_data is not None:
            return it
        summary = DataSummary.of(data, checks)
        it = replace(it, training_data=summary, training_data_size=data.size)
        if summary.refusals:
            why = f"the training data cannot be learnt from: {'; '.join(summary.refusals)}"
            return sessions.save(tx, ended(it, Event.ROLL_BACK, act.at, why))
        return sessions.save(tx, moved(it, Event.DATA_COLLECTED))


def _of_session(tx: Transaction, it: Session) -> Source:
    incumbent, policy = versions.get(tx, it.variant, it.incumbent_version), it.policy.retraining
    version = versions.get(tx, it.variant, it.version) if it.status is Status.PROMOTED else incumbent
    return Source(session=it, version=version, policy=policy, conversations=_newest(tx, incumbent, it.started_at, policy))


def _newest(tx: Transaction, version: Version, at: datetime, policy: RetrainingPolicy) -> list[Conversation]:
    span = Window(datetime.min.replace(tzinfo=at.tzinfo), at)
    return served.newest(tx, version.variant_name, version.version, span, _SOUGHT * policy.max_training_examples)
