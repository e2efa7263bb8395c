"""A session's report: all that is kept of it, told from its beginning to where it stands."""

from lifecycle_core.operations import evidence, standing
from lifecycle_core.retraining.report.blocks import Report
from lifecycle_core.retraining.report.whole import Source, report
from tasks import context
from tasks.review import shown


def of_session(session_id: str) -> Report:
    """The report of a session, as it stands; raises UnknownSessionError."""
    database, basis = context.database(), shown(session_id)
    stands = standing.of_session(database, session_id, context.now())
    it = stands.session
    return report(
        Source(
            session=it,
            incumbent=basis.arms.incumbent,
            candidate=basis.arms.candidate,
            pairs=basis.pairs,
            evidence_hash=basis.evidence_hash,
            analysis=stands.analysis,
            progress=stands.progress,
            grown=evidence.grown(database, session_id) if it.shadow_started_at is not None else None,
            verified=evidence.verify(database, session_id) if it.shadow_analysis is not None else None,
            spent=stands.spent,
            probation=stands.probation,
        )
    )
