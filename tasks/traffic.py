"""Take a source in: read, judged and kept a batch at a time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import traffic
from lifecycle_core.provenance import Provenance
from lifecycle_core.traffic import upstream
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import BATCH_RECORDS, Batch, Reading
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected
from lifecycle_core.traffic.retention import too_old
from lifecycle_core.traffic.retrying import judged
from lifecycle_core.traffic.summary import Summary, TakenBatch
from tasks import context, quality


def take_in(reading: Reading, summary: Summary, act: Provenance, *, keep: bool = True, most: int = BATCH_RECORDS) -> Iterator[Batch]:
    """Take `reading` in, and count what becomes of it; gives each batch when that is done.

    A batch is one transaction: cut short at any moment, the same again goes on
    where it was, for a batch that was taken in whole is known by its bytes, and
    is not read again. Without `keep` all is read and judged, and nothing written.
    """
    compared: set[str] = set()
    since = traffic.kept_since(context.database()) if keep else None
    with _few_collections():
        for piece in reading.pieces(most):
            taken = traffic.taken(context.database(), piece.digest) if keep else None
            if taken is not None:
                summary.add_again(taken)
                yield Batch(reading.name)
                continue
            read = reading.batch(piece)
            findings = quality.check(read.conversations, act.at)
            batch = read.without({**_let_go(read, since), **findings.refused})
            spans = summary.add(batch, findings.untold)
            remarks = dict.fromkeys([*findings.remarks, *(_changes(batch, compared) if keep else ())])
            summary.remarks |= remarks
            if keep:
                it = TakenBatch(
                    conversations=len(batch.conversations),
                    spans=spans,
                    untold=findings.untold,
                    unused=batch.unused,
                    remarks=tuple(remarks),
                )
                done = traffic.take(context.database(), act, batch, piece.digest, it)
                summary.accepted += done.accepted
                summary.known += done.known
                summary.differing += done.differing
            yield batch
    summary.unknown.update(reading.unknown)
    summary.forms[reading.read_as] += 1


def _let_go(read: Batch, since: datetime | None) -> dict[int, Refusal]:
    """Of a batch, what ended before conversations are kept: place -> why it is refused."""
    if since is None:
        return {}
    return {place: too_old(it.ended_at, since) for place, it in enumerate(read.conversations) if it.ended_at < since}


def _changes(batch: Batch, compared: set[str]) -> Iterator[str]:
    """Where a variant's source changed its form, by the first batch that holds enough of it: later ones stand beside its own."""
    new = {variant: those for variant, those in upstream.by_variant(batch.conversations).items() if variant not in compared}
    if not new:
        return
    compared |= new.keys()
    before = traffic.sums_before(context.database(), min(it.ended_at for those in new.values() for it in those))
    for variant, those in new.items():
        yield from upstream.changes(variant, those, before.get(variant))


def retry(mapping: Mapping, summary: Summary, act: Provenance, source: str | None = None, *, keep: bool = True) -> None:
    """Judge the refused records of `source`, or all, again, and take in those that are conversations by now; counts what becomes of each.

    A batch is one transaction: what is taken in leaves the quarantine with it. Without `keep` all is judged, and nothing written.
    """
    name = ""
    while records := traffic.quarantined_after(context.database(), name, BATCH_RECORDS, source):
        name = records[-1].content_hash
        found = list(judged(records, mapping))
        kept = [it for it in found if isinstance(it.found, Conversation)]
        findings = quality.check([it.found for it in kept if isinstance(it.found, Conversation)], act.at)
        refused = [*((it.record, it.found) for it in found if isinstance(it.found, Refusal))]
        refused += [(kept[at].record, why) for at, why in findings.refused.items()]
        mended = {
            it.record.content_hash: it.found
            for at, it in enumerate(kept)
            if at not in findings.refused and isinstance(it.found, Conversation)
        }
        rejected = [Rejected(record.source, record.line, why, record.content) for record, why in refused]
        summary.add(Batch(source or "quarantine", list(mended.values()), rejected=rejected), findings.untold)
        if keep and mended:
            done = traffic.retry(context.database(), act, mended)
            summary.accepted += done.accepted
            summary.known += done.known
            summary.differing += done.differing


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage less often: a batch is many objects without a cycle, and each look goes over all of them."""
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
