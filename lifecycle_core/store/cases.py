"""The replays of the offline evaluation, each a row: an evaluation that was interrupted goes on where it was."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from lifecycle_core.replay.episode import Replay
from lifecycle_core.retraining.cases import Case, Side
from lifecycle_core.retraining.evaluation import grade
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import CaseResultRow


def record(tx: Transaction, session_id: str, side: Side, replays: Sequence[Replay], at: datetime, *, case: Case | None = None) -> int:
    """Keep the replays that are not known yet, by case and number, and tell how many these were; `case` is theirs."""
    kept = 0
    for it in replays:
        if tx.get(CaseResultRow, (session_id, it.scenario_id, side, it.replay)) is None:
            tx.add(
                CaseResultRow(
                    session_id=session_id,
                    case_id=it.scenario_id,
                    arm=side,
                    replay=it.replay,
                    score=grade(it, case).score,
                    document=to_json(it),
                    graded_at=at,
                )
            )
            kept += 1
    tx.flush()
    return kept


def of(tx: Transaction, session_id: str, side: Side) -> dict[str, list[Replay]]:
    """Case -> its replays by that side, by number."""
    ours = (CaseResultRow.session_id == session_id, CaseResultRow.arm == side)
    rows = tx.exec(select(CaseResultRow).where(*ours).order_by(col(CaseResultRow.case_id), col(CaseResultRow.replay)))
    found: dict[str, list[Replay]] = {}
    for it in rows:
        found.setdefault(it.case_id, []).append(from_json(Replay, it.document))
    return found
