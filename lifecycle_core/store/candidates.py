"""The prompts that a session's improver proposed, each a row."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from lifecycle_core.retraining.improvement import Candidate
from lifecycle_core.store.database import Transaction
from lifecycle_core.store.mapping import from_json, to_json
from lifecycle_core.store.tables import CandidateRow


def add(tx: Transaction, session_id: str, proposed: Sequence[Candidate], at: datetime) -> None:
    """Keep the candidates of a session that has none of these numbers yet."""
    for it in proposed:
        document = {name: part for name, part in to_json(it).items() if name != "prompt"}
        tx.add(CandidateRow(session_id=session_id, number=it.number, prompt=it.prompt, document=document, proposed_at=at))
    tx.flush()


def of(tx: Transaction, session_ids: Sequence[str]) -> dict[str, tuple[Candidate, ...]]:
    """Session -> its candidates, by number; a session without any is left out."""
    if not session_ids:
        return {}
    rows = tx.exec(select(CandidateRow).where(col(CandidateRow.session_id).in_(session_ids)).order_by(col(CandidateRow.number)))
    found: dict[str, tuple[Candidate, ...]] = {}
    for it in rows:
        candidate = from_json(Candidate, {**it.document, "prompt": it.prompt})
        found[it.session_id] = (*found.get(it.session_id, ()), candidate)
    return found
