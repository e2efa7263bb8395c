import json
from io import BytesIO

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lifecycle_core.conversations import Conversation, conversation_adapter
from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.mapping import FIELDS, Mapping
from lifecycle_core.traffic.reading import Reading
from lifecycle_core.traffic.records import Record
from lifecycle_core.traffic.refusals import Refusal
from lifecycle_core.traffic.rejected import Rejected

ROW = {"variant": "baseline", "ended_at": "2025-10-07T12:00:00Z"}


def rows(count, **given: object):
    return [{"id": f"c{number}", **ROW, **given} for number in range(count)]


def reading(*lines: object, mapping=None):
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return Reading(BytesIO(body.encode()), "traffic.jsonl", mapping or Mapping())


def refused(batch):
    return [(it.line, it.refusal.field, it.refusal.sentence) for it in batch.rejected]


def test_good_rows_and_bad_ones_come_apart_each_with_its_line():
    good, bad = rows(1)[0], {**rows(1)[0], "cost_usd": -0.5}
    (batch,) = reading(good, "", bad, '{"id": "c').batches()
    assert [it.id for it in batch.conversations] == ["c0"]
    assert refused(batch) == [
        (3, "cost_usd", "cost_usd is -0.5; it must be 0 or more"),
        (4, None, "the record is cut in the middle; a line must hold one whole JSON object"),
    ]
    assert json.loads(batch.rejected[0].content) == bad


def test_a_batch_holds_so_many_records():
    assert [len(batch.conversations) for batch in reading(*rows(7)).batches(3)] == [3, 3, 1]


def test_a_batch_of_long_records_holds_fewer():
    long = rows(9, messages=[{"role": "user", "content": "x" * 900_000}])
    long = [{**it, "extra": "y" * 3_000_000} for it in long]
    assert [len(batch.conversations) for batch in reading(*long).batches()] == [5, 4]


def test_fields_that_no_conversation_takes_are_counted():
    source = reading(*rows(2, source_id=1), *rows(1, other=1))
    list(source.batches())
    assert source.unused == {"source_id": 2, "other": 1}


def test_looking_at_the_head_reads_nothing_twice():
    source = reading(*rows(3, source_id=1))
    source.refuse_if_unusable()
    assert sum(len(batch.conversations) for batch in source.batches()) == 3
    assert source.unused == {"source_id": 3}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "holds no record"),
        (["hello", "world"], "no JSON at character"),
        (["[1, 2]"], "one whole JSON object"),
        ([{"id": "c", "ended_at": ROW["ended_at"], "run": "a"}], r"variant is missing; give --variant NAME.*its fields: ended_at, id, run"),
        ([{"id": "c", "variant": "baseline"}], "ended_at is missing; give --map ended_at=FIELD, or --ended-at TIME"),
        (rows(3, ended_at="2025-10-07T12:00:00"), 'ended_at is "2025-10-07T12:00:00"; it has no zone; give --zone UTC'),
        ([{"prompt": "a"}], "none of them is a conversation's"),
    ],
)
def test_a_source_that_no_record_of_can_be_used_is_refused_as_a_whole_with_the_remedy(lines, told):
    with pytest.raises(InvalidInputError, match=told):
        reading(*lines).refuse_if_unusable()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"maps": ["booked=succes"]}, "--map booked=succes: no record of traffic.jsonl has 'succes'; did you mean 'success'[?]"),
        ({"maps": ["cost_usd=usage.costs"]}, "--map cost_usd=usage.costs: .* did you mean 'usage.cost'[?]"),
        ({"maps": ["segments.shop=xyz"]}, "--map segments.shop=xyz: .* its fields are ended_at, id, success, usage, variant"),
        ({"crash_where": ["sucess=no"]}, "--crash-where sucess=no: .* did you mean 'success'[?]"),
    ],
)
def test_a_path_that_no_record_has_is_refused_as_mistyped(options, told):
    lines = rows(300, success=True, usage={"cost": 1})
    with pytest.raises(InvalidInputError, match=told):
        reading(*lines, mapping=Mapping.parse(**options)).refuse_if_unusable()


def test_a_path_that_some_record_has_is_taken_be_it_null_or_far_down():
    mapping = Mapping.parse(["booked=success", "errors=error"])
    source = reading(*rows(4000), *rows(1, error="agent_error", success=None), mapping=mapping)
    source.refuse_if_unusable()
    assert sum(len(batch.conversations) for batch in source.batches()) == 4001


def test_a_path_that_no_record_has_is_unknown_where_that_is_allowed():
    source = reading(*rows(3), mapping=Mapping.parse(["errors=error"]))
    source.refuse_if_unusable(allow_missing=True)
    assert [it.errors for batch in source.batches() for it in batch.conversations] == [(), (), ()]


def test_a_source_with_one_usable_record_is_read():
    reading({"prompt": "a"}, *rows(1)).refuse_if_unusable()


def test_a_fault_of_the_only_record_is_the_records_and_not_the_sources():
    reading(*rows(1, cost_usd=-1)).refuse_if_unusable()


def test_what_is_found_wrong_later_is_refused_with_its_line_and_content():
    (batch,) = reading(*rows(3)).batches()
    left = batch.without({1: Refusal("cost_usd", "99999", "it must be less")})
    assert [it.id for it in left.conversations] == ["c0", "c2"]
    assert [line for line, _ in left.read_as] == [1, 3]
    assert refused(left) == [(2, "cost_usd", "cost_usd is 99999; it must be less")]
    assert json.loads(left.rejected[0].content)["id"] == "c1"


def test_the_same_refused_record_read_again_is_the_same():
    (first,), (second,) = (list(reading("nope", *rows(1)).batches()) for _ in range(2))
    assert first.rejected[0].content_hash == second.rejected[0].content_hash


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=5) | st.just("2025-10-07T12:00:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["role", "tool", "message", "content"]), inner, max_size=3),
    max_leaves=6,
)
hostile = st.dictionaries(st.sampled_from([*FIELDS, "run"]), json_values, max_size=6)


@given(hostile)
@settings(max_examples=300, deadline=None)
@example({"errors": 5, "run": "agent_error"})
@example({"ended_at": 10**400})
@example({"ended_at": float("inf")})
@example({"id": {}, "segments": 3})
def test_whatever_a_record_says_it_is_taken_or_refused(row):
    mapping = Mapping.parse(["segments.run=run"], zone="UTC", crash_where=["run=agent_error"])
    taken = Reading(BytesIO(), "traffic.jsonl", mapping)._take(Record(1, b"", {**ROW, **row}))
    assert isinstance(taken, Conversation | Rejected)
    assert json.dumps(taken.refusal.sentence) if isinstance(taken, Rejected) else conversation_adapter().dump_json(taken)


def test_hostile_bytes_are_kept_as_text_that_any_database_takes():
    body = b'{"id": "\x00\xff"}'
    (batch,) = Reading(BytesIO(body), "traffic.jsonl", Mapping()).batches()
    assert "\x00" not in batch.rejected[0].content
