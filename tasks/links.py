"""From Prefect's pages to the session that a run is of."""

from urllib.parse import quote

from lifecycle_core.retraining.session import Session
from tasks import context


def where(it: Session) -> str:
    """Where to read on, in Markdown."""
    base, name = f"{context.settings().api_url}/api/lifecycle/retraining", quote(it.session_id, safe="")
    return f"[Report]({base}/report?sessionId={name}) · [Session]({base}/status?sessionId={name})"
