"""Take conversations in, and say what there is."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, partial

from lifecycle_core.conversations import Conversation, believable_end, end_rule, hour_of
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.provenance import Provenance
from lifecycle_core.store import answers, audit, conversations, figures, quarantine, retention, taken_batches
from lifecycle_core.store.database import Database, Transaction
from lifecycle_core.store.variants import names
from lifecycle_core.traffic.reading import Batch
from lifecycle_core.traffic.rejected import Quarantined, Rejected
from lifecycle_core.traffic.retention import Kept, too_old
from lifecycle_core.traffic.summary import TakenBatch

WEEKS_BEFORE = timedelta(days=28)
"""What a batch is compared with, to see whether its source changed its form."""
FIRST_VERSION = 1
"""What served a conversation that says no version, before any version was active."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of a batch: `accepted` and `known` conversations, `differing` among the known, and `quarantined` records."""

    accepted: int
    known: int
    differing: int
    quarantined: int


def ingest(database: Database, act: Provenance, batch: Sequence[Conversation], rejected: Sequence[Rejected] = ()) -> Ingested:
    """Keep what is new of `batch` with its sums, and what was refused with its reason; all of it or nothing.

    A conversation without a version gets the one that was active when it ended,
    else the first. The same batch again changes nothing; under the same idempotency key it
    is also answered as the first time.
    Raises InvalidInputError for one that cannot have ended when it says.
    """
    for it in batch:
        if not believable_end(it.ended_at, act.at):
            message = (
                f"conversation {it.id!r} of {it.variant!r}: ended_at is {it.ended_at.isoformat()}; {end_rule(act.at)}; nothing was written"
            )
            raise InvalidInputError(message, field="ended_at")
    with database.write(act) as tx:
        return answers.once(tx, act, ("ingest", batch, rejected), Ingested, lambda: _ingest(tx, act, batch, rejected))


def taken(database: Database, digest: str) -> TakenBatch | None:
    """What is known of a batch by the digest of its bytes; None where it was never taken in whole."""
    with database.read() as tx:
        return taken_batches.get(tx, digest)


def take(database: Database, act: Provenance, batch: Batch, digest: str, it: TakenBatch) -> Ingested:
    """As `ingest`, for a batch of a source: one of which nothing was refused is known by its digest from now on."""
    with database.write(act) as tx:
        done = _ingest(tx, act, batch.conversations, batch.rejected)
        if not batch.rejected:
            taken_batches.add(tx, digest, replace(it, differing=done.differing), batch.source, act.at)
        return done


def kept_since(database: Database) -> datetime | None:
    """From when on conversations are kept; None where all are."""
    with database.read() as tx:
        return retention.kept_since(tx, Kept.CONVERSATIONS)


def _ingest(tx: Transaction, act: Provenance, batch: Sequence[Conversation], rejected: Sequence[Rejected]) -> Ingested:
    retention.hold(tx)
    since = retention.kept_since(tx, Kept.CONVERSATIONS)
    old = next((it for it in batch if since is not None and it.ended_at < since), None)
    if old is not None and since is not None:
        message = f"conversation {old.id!r} of {old.variant!r}: {too_old(old.ended_at, since).sentence}; nothing was written"
        raise InvalidInputError(message, field="ended_at")
    history = cache(partial(conversations.activations, tx))
    added = conversations.add(tx, batch, act.at, lambda it: _active(history(it.variant), it.ended_at))
    quarantine.add(tx, rejected, act.at)
    return Ingested(added.accepted, added.known, added.differing, len(rejected))


def _active(history: Sequence[tuple[datetime, int]], at: datetime) -> int:
    place = bisect_right(history, at, key=lambda change: change[0])
    return history[place - 1][1] if place else FIRST_VERSION


def sums_before(database: Database, end: datetime) -> dict[str, dict[str, float]]:
    """Variant -> its plain sums over the four weeks before the hour of `end`; a variant without traffic then is left out."""
    hour = hour_of(end)
    with database.read() as tx:
        return figures.sums(tx, hour - WEEKS_BEFORE, hour)


def variants(database: Database) -> list[str]:
    """The names of all variants, in order."""
    with database.read() as tx:
        return names(tx)


def quarantined(database: Database, limit: int, source: str | None = None) -> list[Quarantined]:
    """The refused records that came last."""
    with database.read() as tx:
        return quarantine.newest(tx, limit, source)


def quarantined_at(database: Database, source: str, line: int) -> list[Quarantined]:
    """The refused records that stood on a line of a source, the newest first; raises InvalidInputError where there is none."""
    with database.read() as tx:
        found = quarantine.at(tx, source, line)
    if not found:
        message = f"nothing of {source}, line {line} is in quarantine; see `lifecycle quarantine list`"
        raise InvalidInputError(message, field="line")
    return found


def quarantined_after(database: Database, name: str, limit: int, source: str | None = None) -> list[Quarantined]:
    """The refused records after the one of that name, "" for the first; of one source where it is given."""
    with database.read() as tx:
        return quarantine.after(tx, name, limit, source)


def retry(database: Database, act: Provenance, mended: Mapping[str, Conversation]) -> Ingested:
    """Keep conversations that were refused records, and let go of these, all of it or nothing.

    mended : the refused record's name -> the conversation that it is by now.
    """
    with database.write(act) as tx:
        done = _ingest(tx, act, list(mended.values()), ())
        gone = quarantine.remove(tx, list(mended))
        if gone:
            audit.note(tx, "quarantine:*", {"records": gone}, {"records": 0})
        return done


def drop_quarantined(database: Database, act: Provenance, source: str | None = None) -> int:
    """Let go of the refused records of `source`, or of all, and say how many they were; so does the audit log."""
    with database.write(act) as tx:
        dropped = quarantine.drop(tx, source)
        if dropped:
            audit.note(tx, f"quarantine:{source or '*'}", {"records": dropped}, {"records": 0})
        return dropped
