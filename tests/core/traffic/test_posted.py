import json

import pytest

from lifecycle_core.errors import InvalidInputError, TooLargeError
from lifecycle_core.traffic.lines import MAX_LINE_BYTES
from lifecycle_core.traffic.posted import MAX_BODY_BYTES, MAX_CONVERSATIONS, conversations_of

ROW = {"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z"}
OTHER = {**ROW, "id": "c2"}


def body(*rows: object):
    return "\n".join(map(json.dumps, rows)).encode()


@pytest.mark.parametrize(
    ("sent", "content_type", "ids"),
    [
        (body(ROW), "application/json", ["c1"]),
        (json.dumps(ROW, indent=2).encode(), "application/json", ["c1"]),
        (json.dumps([ROW, OTHER]).encode(), "", ["c1", "c2"]),
        (body(ROW, OTHER), "application/x-ndjson", ["c1", "c2"]),
        (body(ROW, OTHER) + b"\n\n", "application/json; charset=utf-8", ["c1", "c2"]),
        (body(ROW), "application/jsonl", ["c1"]),
        (b"[]", "", []),
    ],
)
def test_one_an_array_and_lines_are_told_apart(sent, content_type, ids):
    assert [it.id for it in conversations_of(sent, content_type)] == ids


@pytest.mark.parametrize(
    ("sent", "field", "told"),
    [
        (body({**ROW, "cost_usd": -0.5}), "cost_usd", "cost_usd is -0.5; it must be 0 or more; nothing was written"),
        (body({**ROW, "booked": "maybe"}), "booked", 'booked is "maybe"; it must be true, false or null'),
        (body({**ROW, "booked": 1}), "booked", "booked is 1"),
        (body({**ROW, "bookd": True}), "bookd", "a conversation has no such field"),
        (body({**ROW, "ended_at": "2025-10-07T12:00:00"}), "ended_at", "it must say its zone"),
        (body({**ROW, "ended_at": 1759838400}), "ended_at", "ISO 8601"),
        (body({**ROW, "started_at": "2025-10-07T13:00:00Z"}), "started_at", "must not lie after ended_at"),
        (body({**ROW, "messages": [{"role": "user", "content": "x" * 10_000_000}]}), "messages.0.content", "it may hold 1,000,000"),
        (body({**ROW, "ended_at": "9999-12-31T23:59:59-14:00"}), "ended_at", "in UTC it must lie in the years 1 to 9999"),
        (body({**ROW, "started_at": "0001-01-01T00:00:00+14:00"}), "started_at", "in UTC it must lie in the years 1 to 9999"),
        (body({**ROW, "variant": "v\x9b31m"}), "variant", "it must hold printable characters alone"),
        (body({"id": "c1"}), "variant", "variant is missing"),
        (json.dumps([ROW, {**ROW, "cost_usd": -1}]).encode(), "cost_usd", r"conversation \[1\]: cost_usd is -1"),
        (json.dumps([1]).encode(), None, r"conversation \[0\]: the record is 1; it must be a JSON object"),
        (body(ROW, {**ROW, "cost_usd": -1}), "cost_usd", "line 2: cost_usd is -1"),
        (b'{"id": "c', None, "it must be whole JSON"),
        (b'[{"id": "c"', None, "it must be whole JSON"),
        (b"[" * 10_000, None, "it must be whole JSON"),
        (b"  ", None, "the request has no body"),
    ],
)
def test_a_bad_record_is_refused_by_place_field_and_value(sent, field, told):
    with pytest.raises(InvalidInputError, match=told) as refused:
        conversations_of(sent)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b" " * (MAX_BODY_BYTES + 1), "16 MiB"),
        (json.dumps([ROW] * (MAX_CONVERSATIONS + 1)).encode(), "over 5,000 conversations"),
        (body(*[ROW] * (MAX_CONVERSATIONS + 1)) + b"\nno JSON", "over 5,000 conversations"),
        (body(ROW) + b'\n{"id": "' + b"x" * MAX_LINE_BYTES + b'"}', "line 2 is over 8 MiB long"),
    ],
    ids=["bytes", "an array", "lines", "a line"],
)
def test_a_request_past_the_bounds_is_refused_with_the_bound(sent, told):
    with pytest.raises(TooLargeError, match=told):
        conversations_of(sent)
