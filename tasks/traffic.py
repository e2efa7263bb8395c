"""Take a source in: read, judged and kept a batch at a time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from lifecycle_core.operations import traffic
from lifecycle_core.provenance import Provenance
from lifecycle_core.traffic.reading import BATCH_RECORDS, Batch, Reading
from lifecycle_core.traffic.summary import Summary
from tasks import context, quality


def take_in(reading: Reading, summary: Summary, act: Provenance, *, keep: bool = True, most: int = BATCH_RECORDS) -> Iterator[Batch]:
    """Take `reading` in, and count what becomes of it; gives each batch when that is done.

    A batch is one transaction: cut short at any moment, the same again goes on
    where it was. Without `keep` all is read and judged, and nothing written.
    """
    with _few_collections():
        for read in reading.batches(most):
            findings = quality.check(read.conversations, act.at)
            batch = read.without(findings.refused)
            summary.add(batch, findings.untold)
            summary.remarks |= dict.fromkeys(findings.remarks)
            if keep:
                done = traffic.ingest(context.database(), act, batch.conversations, batch.rejected)
                summary.accepted += done.accepted
                summary.known += done.known
                summary.differing += done.differing
            yield batch
    summary.unused.update(reading.unused)
    summary.unknown.update(reading.unknown)
    summary.forms[reading.read_as] += 1


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage less often: a batch is many objects without a cycle, and each look goes over all of them."""
    thresholds = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
