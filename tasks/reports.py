"""Reports: a session's, a variant's drift, a day or a week; each a value that is written as a page, as Markdown, or on Prefect's pages."""

from datetime import datetime

from lifecycle_core.operations import evidence, reporting, standing
from lifecycle_core.reports import drift, summary
from lifecycle_core.retraining.report.blocks import Report
from lifecycle_core.retraining.report.whole import Source, report
from tasks import context
from tasks.review import shown


def of_session(session_id: str) -> Report:
    """The report of a session, as it stands; raises UnknownSessionError."""
    return report(source_of(session_id))


def source_of(session_id: str) -> Source:
    """All that is told of a session, as it stands; raises UnknownSessionError."""
    database, basis = context.database(), shown(session_id)
    stands = standing.of_session(database, session_id, context.now())
    it = stands.session
    return Source(
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


def of_drift(variant: str, at: datetime) -> Report:
    """The report of a variant's drift as of an instant; raises UnknownVariantError."""
    return drift.report(reporting.drift_source(context.database(), variant, at))


def of_days(at: datetime, days: int) -> Report:
    """The summary of the days before an instant."""
    return summary.report(reporting.summary_source(context.database(), at, days))
