from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from lifecycle_core.conversations import Conversation
from lifecycle_core.traffic.converting import Converter
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.refusals import RefusedError

NOON = datetime(2025, 10, 7, 12, tzinfo=UTC)
ROW = {"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T12:00:00Z"}


def convert(row, *maps: str, **options: object):
    return Converter(Mapping.parse(maps, **options))(row)


def test_fields_are_taken_by_their_own_names():
    row = {**ROW, "booked": True, "cost_usd": 0.02, "response_times_s": [1, 2.5], "actions": ["look"], "messages": [{"role": "user"}]}
    assert convert(row) == Conversation(
        id="c1",
        variant="baseline",
        ended_at=NOON,
        booked=True,
        cost_usd=0.02,
        response_times_s=(1, 2.5),
        actions=("look",),
        messages=({"role": "user"},),
    )


@pytest.mark.parametrize(("given", "booked"), [(True, True), (False, False), (1, True), (0, False), (1.0, True), (None, None)], ids=str)
def test_booked_is_a_bool_or_one_or_zero(given, booked):
    assert convert({**ROW, "reward": given}, "booked=reward").booked is booked


@pytest.mark.parametrize("given", ["maybe", "true", 2, 0.5, [], {}])
def test_a_booked_that_is_neither_is_refused_with_its_value(given):
    with pytest.raises(RefusedError, match=r"booked is .*; it must be true, false, 1, 0 or null"):
        convert({**ROW, "booked": given})


@pytest.mark.parametrize(
    ("error", "errors"),
    [
        (None, ()),
        ("", ()),
        ("litellm.RateLimitError: 429", ({"tool": None, "message": "litellm.RateLimitError: 429"},)),
        ([{"tool": "book", "message": "503"}], ({"tool": "book", "message": "503"},)),
    ],
)
def test_a_text_as_errors_is_one_fault_that_broke_the_conversation(error, errors):
    assert convert({**ROW, "error": error}, "errors=error").errors == errors


@pytest.mark.parametrize(("termination", "broken"), [("agent_error", True), ("user_stop", False), (None, False)])
def test_a_crash_is_named_from_the_command_line(termination, broken):
    it = convert({**ROW, "termination": termination}, crash_where=["termination=agent_error"])
    assert it.provider_fault is broken
    assert it.errors == (({"tool": None, "message": "agent_error"},) if broken else ())


def test_a_crash_stands_beside_the_faults_there_are():
    row = {**ROW, "errors": [{"tool": "book", "message": "503"}], "ok": False}
    assert [it["message"] for it in convert(row, crash_where=["ok=false"]).errors] == ["503", "false"]


def test_an_option_wins_over_a_field_of_that_name():
    assert convert(ROW, variant="other").variant == "other"


def test_a_constant_fills_a_field():
    it = convert(ROW, "version=:3", "model=:gpt-5", "cost_source=:billed", "booked=:true")
    assert (it.version, it.model, it.cost_source, it.booked) == (3, "gpt-5", "billed", True)


def test_a_field_may_be_left_out():
    assert convert({**ROW, "started_at": "nonsense"}, "started_at=").started_at is None


def test_labels_are_gathered_from_several_sources_beside_the_rows_own():
    row = {**ROW, "segments": {"shop": "north"}, "task_id": 7, "trial": 0, "beta": True, "none": None}
    it = convert(row, "segments.task=task_id", "segments.trial=trial", "segments.beta=beta", "segments.none=none")
    assert it.segments == {"shop": "north", "task": "7", "trial": "0", "beta": "true"}


def test_a_number_will_do_for_a_name():
    assert convert({**ROW, "id": 17}).id == "17"


def test_a_row_without_an_id_is_named_after_its_content():
    row = {name: value for name, value in ROW.items() if name != "id"}
    turned = dict(reversed(row.items()))
    assert convert(row).id == convert(turned).id
    assert convert(row).id != convert({**row, "extra": 1}).id


def test_without_a_variant_a_row_is_refused_with_the_remedy():
    with pytest.raises(RefusedError, match="give --variant NAME, or --map variant=FIELD"):
        convert({"id": "c1", "ended_at": ROW["ended_at"]})


def test_without_an_end_a_row_is_refused_with_the_remedy():
    with pytest.raises(RefusedError, match="--ended-at TIME for a source without a clock"):
        convert({"id": "c1", "variant": "baseline", "ended_at": None})


def test_an_assumed_end_is_kept_as_assumed_and_a_told_one_as_told():
    assumed = convert({"id": "c1", "variant": "baseline"}, ended_at="2025-10-01T00:00:00Z")
    told = convert(ROW, ended_at="2025-10-01T00:00:00Z")
    assert (assumed.ended_at, assumed.ended_at_assumed) == (datetime(2025, 10, 1, tzinfo=UTC), True)
    assert (told.ended_at, told.ended_at_assumed) == (NOON, False)


def test_a_naive_time_is_refused_and_read_with_a_zone():
    row = {**ROW, "ended_at": "2025-10-07T14:00:00"}
    with pytest.raises(RefusedError, match="it has no zone; give --zone UTC"):
        convert(row)
    assert convert(row, zone="Europe/Berlin").ended_at == NOON


def test_a_row_without_any_field_of_a_conversation_is_refused_with_its_fields():
    with pytest.raises(RefusedError, match="fields is prompt, completion; none of them is a conversation's"):
        convert({"prompt": "a", "completion": "b"}, variant="baseline", ended_at="2025-10-01T00:00:00Z")


@pytest.mark.parametrize(
    "wrong",
    [
        {"cost_usd": -0.5},
        {"cost_usd": "0.02"},
        {"started_at": "2025-10-07T13:00:00Z"},
        {"messages": "hello"},
        {"messages": [{"content": "no role"}]},
        {"actions": "look"},
        {"actions": [1]},
        {"segments": []},
        {"segments": {"a": 1}},
        {"version": "2"},
        {"id": ["a"]},
    ],
)
def test_what_the_record_cannot_hold_is_refused_by_the_record(wrong):
    with pytest.raises(ValidationError):
        convert({**ROW, **wrong})
