"""Prefect told of what the database holds already: a session that was opened, decided or ended.

A nudge that is lost costs half a minute, for the reconciler asks the database. So
where Prefect does not answer the change stands, and its caller is told in a sentence.
"""

import asyncio
import os
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from lifecycle_core.operations import retraining
from lifecycle_core.provenance import Provenance
from lifecycle_core.retraining.session import Answer, Session, Status
from lifecycle_core.traffic.backfill import Backfill
from tasks import context

ADDRESS: Final = "PREFECT_API_URL"
LISTENS_WITHIN_S: Final = 1.0
NOT_SERVING: Final = "nothing serves Prefect, so the work has not begun; `make up` (or lifecycle serve) starts it by itself"
_FORM_REASON: Final = 200
_FORM_LEAST: Final = 3
_DECIDED: Final = "decided already"


async def begun(act: Provenance, session: Session) -> str | None:
    """Start the run that executes an opened session, and note it: -> why that could not be, None where it runs."""
    if act.dry_run or not session.open or session.flow_run_id is not None:
        return None
    if not await _serving():
        return NOT_SERVING
    os.environ.setdefault(ADDRESS, _address())  # without it Prefect's client may start a private server
    from tasks import runs

    try:
        run = await runs.begin_run(session)
    except runs.RunnerUnavailableError as error:
        return str(error)
    await asyncio.to_thread(retraining.note_flow_run, context.database(), act, session.session_id, str(run))
    return None


async def decided(act: Provenance, session: Session) -> None:
    """Let the run of a session that was decided or ended go on to its own end; what is lost the reconciler makes good."""
    run = session.flow_run_id
    if act.dry_run or run is None or not await _serving():
        return
    os.environ.setdefault(ADDRESS, _address())
    from tasks import runs

    with suppress(runs.RunnerUnavailableError):
        if session.status is Status.CANCELLED:
            await runs.cancel(run)
        elif not await runs.resume(run):  # a run that waits in the review's form must have it filled in
            await runs.resume_review(run, *_form(session))


def backfill_begun(it: Backfill, *, again: bool = False) -> str | None:
    """Start the runs of a backfill: -> why that could not be, None where they run. again : after its runs have ended."""
    return asyncio.run(_start_backfill(it, again=again))


async def _start_backfill(it: Backfill, *, again: bool) -> str | None:
    if not await _serving():
        return NOT_SERVING
    os.environ.setdefault(ADDRESS, _address())
    from tasks import runs

    places = (f"{context.outside().isoformat()}/{number}" if again else str(number) for number in range(it.runs))
    try:
        for place in places:
            await runs.begin_backfill(it, place)
    except runs.RunnerUnavailableError as error:
        return str(error)
    return None


def _form(session: Session) -> tuple[str, str]:
    if session.review is not None:
        return session.review.answer, session.review.reason[:_FORM_REASON].ljust(_FORM_LEAST, ".")
    return Answer.PROMOTE if session.success else Answer.REJECT, _DECIDED


async def _serving() -> bool:
    """Whether something listens where Prefect is; asked first, for Prefect's own client takes seconds to load."""
    place = urlsplit(_address())
    try:
        async with asyncio.timeout(LISTENS_WITHIN_S):
            _, writer = await asyncio.open_connection(place.hostname, place.port or (443 if place.scheme == "https" else 80))
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


def _address() -> str:
    return os.environ.get(ADDRESS) or f"{context.settings().prefect_url}/api"
