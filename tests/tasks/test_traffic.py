"""Sources taken in again: what was taken in whole is known by its bytes."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from lifecycle_core.operations import traffic as operations
from lifecycle_core.operations.database import verify
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from lifecycle_core.traffic.summary import Summary
from tasks import context, traffic

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
BATCH = 4


def rows(count, **others):
    ends = (NOON - timedelta(minutes=number) for number in range(count))
    return [{"id": f"c{number}", "variant": "v", "ended_at": end.isoformat(), **others} for number, end in enumerate(ends)]


def taken_in(lines, mapping=None, *, keep=True):
    summary = Summary()
    body = "".join(f"{json.dumps(it) if isinstance(it, dict) else it}\n" for it in lines).encode()
    reading = Reading(BytesIO(body), "traffic.jsonl", mapping or Mapping.parse())
    for _ in traffic.take_in(reading, summary, context.act("test"), keep=keep, most=BATCH):
        pass
    return summary


@pytest.fixture
def read(installed, monkeypatch):
    """How many batches were read record by record."""
    found, batch = [], Reading.batch
    monkeypatch.setattr(Reading, "batch", lambda self, piece: found.append(piece) or batch(self, piece))
    return found


def told(it):
    return it.records, it.known, it.differing, it.spans, it.untold, it.unused, list(it.remarks)


def test_the_same_again_is_known_by_its_bytes_and_told_as_if_it_were_read(read):
    lines = rows(10, other=1)
    first = taken_in(lines)
    read.clear()
    again = taken_in(lines)
    assert (read, again.accepted) == ([], 0)
    assert told(again) == (first.records, 10, 0, first.spans, first.untold, first.unused, list(first.remarks))


def test_a_log_that_grew_is_read_from_its_first_new_batch_on(read):
    taken_in(rows(9))
    read.clear()
    grown = taken_in(rows(14))
    assert (len(read), grown.accepted, grown.known) == (2, 5, 9)


def test_one_changed_byte_is_read(read):
    lines = rows(4)
    taken_in(lines)
    read.clear()
    changed = taken_in([{**lines[0], "booked": True}, *lines[1:]])
    assert (len(read), changed.differing) == (1, 1)
    assert taken_in([{**lines[0], "booked": True}, *lines[1:]]).differing == 1


def test_another_mapping_of_the_same_bytes_is_read(read):
    lines = rows(4, run="other")
    taken_in(lines)
    assert taken_in(lines, Mapping.parse(["variant=run"])).accepted == 4


def test_a_batch_of_which_something_was_refused_is_read_again_and_told_again(read):
    lines = ["nonsense", *rows(3)]
    for _ in range(2):
        found = taken_in(lines)
        assert (found.quarantined, len(found.reasons)) == (1, 1)
    assert len(read) == 2
    assert len(operations.quarantined(context.database(), 10)) == 1


def test_a_preview_reads_all(read):
    lines = rows(4)
    taken_in(lines)
    read.clear()
    taken_in(lines, keep=False)
    assert len(read) == 1


def test_what_was_cut_short_goes_on_where_it_stopped(read):
    lines = rows(12)
    body = "".join(f"{json.dumps(it)}\n" for it in lines).encode()
    stream = traffic.take_in(Reading(BytesIO(body), "t", Mapping.parse()), Summary(), context.act("test"), most=BATCH)
    next(stream)
    stream.close()
    read.clear()
    found = taken_in(lines)
    assert (len(read), found.accepted, found.known) == (2, 8, 4)
    assert verify(context.database()).problems == ()


def test_gzip_or_not_the_records_tell(read):
    lines = rows(4)
    taken_in(lines)
    read.clear()
    body = gzip.compress("".join(f"{json.dumps(it)}\n" for it in lines).encode())
    for _ in traffic.take_in(Reading(BytesIO(body), "t.gz", Mapping.parse()), Summary(), context.act("test"), most=BATCH):
        pass
    assert read == []
