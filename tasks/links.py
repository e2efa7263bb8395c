"""From Prefect's pages to the session that a run is of."""

from urllib.parse import quote

from lifecycle_core.retraining.session import Session
from tasks import context


def where(it: Session) -> str:
    """Where to read on, in Markdown."""
    base, name = context.settings().api_url, quote(it.session_id, safe="")
    return f"[Report]({base}/api/lifecycle/retraining/report?sessionId={name}) · [Page]({base}/retraining?sessionId={name})"
