"""Traffic let go when its time is over: announced, then gone in short transactions; cut short at any moment, the next time goes on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lifecycle_core.provenance import Provenance
from lifecycle_core.store import audit, retention, variants
from lifecycle_core.store.database import Database
from lifecycle_core.traffic.retention import Horizon, Kept, horizon

BATCH: Final = 5000
"""So many conversations go in one transaction: others who write wait for no more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetGo:
    """What went: conversations that fell silent or are gone, refused records, and from when on each is kept."""

    what: Kept
    before: datetime
    conversations: int
    refused: int = 0


def horizons(database: Database) -> dict[Kept, Horizon]:
    """From when on what is kept."""
    with database.read() as tx:
        return retention.of(tx)


def maintain(database: Database, act: Provenance, days: dict[Kept, int]) -> Iterator[LetGo]:
    """Let go of what is older than so many days: of messages what was said, of conversations the rows; their hourly sums stay.

    Raises InvalidInputError for days that cannot be meant, before anything is gone.
    """
    wanted = {what: horizon(what, count, act.at) for what, count in days.items()}
    for what, before in wanted.items():
        yield _let_go(database, act, what, before)


def preview(database: Database, at: datetime, days: dict[Kept, int]) -> Iterator[LetGo]:
    """What `maintain` would let go, counted; raises InvalidInputError for days that cannot be meant."""
    wanted = {what: horizon(what, count, at) for what, count in days.items()}
    with database.read() as tx:
        there, names = retention.of(tx), variants.names(tx)
        for what, before in wanted.items():
            known = there.get(what)
            ahead = Horizon(what=what, before=max(before, known.before) if known else before, reached=known.reached if known else None)
            refused = retention.count_refused(tx, ahead.before) if what is Kept.MESSAGES else 0
            gone = sum(retention.count(tx, ahead, name) for name in names)
            yield LetGo(what=what, before=ahead.before, conversations=gone, refused=refused)


def _let_go(database: Database, act: Provenance, what: Kept, before: datetime) -> LetGo:
    with database.write(act, "announce_horizon") as tx:
        found = retention.announce(tx, what, before)
        names = variants.names(tx)
    gone = 0
    for name in names:
        while True:
            with database.write(act, "let_go") as tx:
                went = retention.let_go(tx, found, name, BATCH)
            gone += went
            if went < BATCH:
                break
    with database.write(act, "reach_horizon") as tx:
        refused = retention.drop_refused(tx, found.before) if what is Kept.MESSAGES else 0
        retention.reach(tx, found)
        if gone or refused:
            audit.note(tx, f"retention:{what.value}", {}, {"before": found.before, "conversations": gone, "refused": refused})
    return LetGo(what=what, before=found.before, conversations=gone, refused=refused)
