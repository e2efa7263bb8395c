"""Traced runs, in three systems' shapes, as conversations."""

import json
from io import BytesIO

import pytest

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from tests.posts import SPAN

BEGAN = 1_760_000_000


def read(body, form="auto", **options):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    reading = Reading(BytesIO(text), "trace.json", Mapping.parse(**{"variant": "v", **options}), form)
    [batch] = reading.batches()
    return reading.read_as[0], batch


def one(body, **options):
    _, batch = read(body, **options)
    [found] = batch.conversations
    return found


def attributes(**told):
    kinds = {str: "stringValue", int: "intValue", bool: "boolValue", float: "doubleValue"}
    return [{"key": name.replace("__", "."), "value": {kinds[type(it)]: str(it) if type(it) is int else it}} for name, it in told.items()]


def span(  # noqa: PLR0917
    identity, start, seconds, parent=None, trace="t1", status=None, **told
):
    begun, ended = (str(int((BEGAN + at) * 10**9)) for at in (start, start + seconds))
    it = {"traceId": trace, "spanId": identity, "startTimeUnixNano": begun, "endTimeUnixNano": ended, "attributes": attributes(**told)}
    return it | ({"parentSpanId": parent} if parent else {}) | ({"status": status} if status else {})


def export(*spans, service="booking"):
    return {
        "resourceSpans": [
            {"resource": {"attributes": attributes(service__name=service)}, "scopeSpans": [{"scope": {}, "spans": list(spans)}]}
        ]
    }


def chat(identity, start, seconds, said, answered, **told):
    put, got = (json.dumps(it if isinstance(it, list) else [it]) for it in (said, answered))
    fixed = {
        "gen_ai__operation__name": "chat",
        "gen_ai__response__model": "m",
        "gen_ai__input__messages": put,
        "gen_ai__output__messages": got,
    }
    return span(identity, start, seconds, **{**fixed, "gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 5, **told})


USER, ANSWER = {"role": "user", "content": "Friday?"}, {"role": "assistant", "content": "Friday at nine."}
CALLING = {"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "look_up", "arguments": {}}]}


def test_a_span_above_that_repeats_the_tokens_of_its_calls_is_not_counted():
    above = span("a", 0, 9, gen_ai__operation__name="chat", gen_ai__usage__input_tokens=20, gen_ai__usage__output_tokens=10)
    found = one(export(above, chat("b", 1, 2, USER, CALLING, parent="a"), chat("c", 4, 3, [USER], ANSWER, parent="a")))

    assert (found.input_tokens, found.output_tokens) == (20, 10)


def test_a_reply_takes_from_its_first_call_to_its_last_and_a_call_for_a_tool_is_none_yet():
    found = one(export(chat("b", 1, 2, USER, CALLING), chat("c", 4, 3, USER, ANSWER), chat("d", 60, 1.5, USER, ANSWER)))

    assert found.response_times_s == (6.0, 1.5)
    assert found.actions == ("look_up",)


def test_tokens_that_one_call_does_not_tell_are_unknown_of_the_whole():
    untold = span("d", 9, 1, gen_ai__operation__name="chat", gen_ai__input__messages="[]")

    assert one(export(chat("b", 1, 2, USER, ANSWER), untold)).input_tokens is None


def test_traces_of_one_conversation_are_one_conversation_wherever_they_stand():
    lines = [export(chat(name, at, 1, USER, ANSWER, trace=name, gen_ai__conversation__id="c9")) for name, at in (("x", 100), ("y", 0))]
    found = one(b"\n".join(json.dumps(it).encode() for it in lines))

    assert (found.id, len(found.response_times_s), found.started_at.timestamp(), found.ended_at.timestamp()) == (
        "c9",
        2,
        BEGAN,
        BEGAN + 101,
    )


def test_a_tool_that_failed_is_told_with_what_it_said():
    failed = span(
        "t", 2, 1, status={"code": 2, "message": "no such day"}, gen_ai__operation__name="execute_tool", gen_ai__tool__name="book"
    )

    assert one(export(chat("b", 0, 1, USER, ANSWER), failed)).errors == ({"tool": "book", "message": "no such day"},)


def test_older_names_of_attributes_and_those_of_openinference_and_the_ai_sdk_are_read():
    old = span(
        "a", 0, 1, gen_ai__system="openai", gen_ai__request__model="gpt", gen_ai__usage__prompt_tokens=3, gen_ai__usage__completion_tokens=4
    )
    inference = span(
        "b",
        2,
        1,
        openinference__span__kind="LLM",
        llm__model_name="gpt",
        llm__token_count__prompt=3,
        llm__token_count__completion=4,
        llm__input_messages__0__message__role="user",
        llm__input_messages__0__message__content="Friday?",
    )
    sdk = span(
        "c",
        4,
        1,
        ai__operationId="ai.generateText.doGenerate",
        ai__model__id="gpt",
        ai__usage__promptTokens=3,
        ai__usage__completionTokens=4,
    )

    for it in (old, inference, sdk):
        found = one(export(it))
        assert (found.model, found.input_tokens, found.output_tokens) == ("gpt", 3, 4)
    assert one(export(inference)).messages == ({"role": "user", "content": "Friday?"},)


def test_a_trace_in_which_no_model_was_called_tells_of_no_conversation():
    reading = Reading(BytesIO(json.dumps(export(span("a", 0, 1, http__method="GET"))).encode()), "trace.json", Mapping())

    with pytest.raises(InvalidInputError, match=r"trace.json was read as otlp \(.*\), and tells of no conversation"):
        reading.refuse_if_unusable()


def observation(identity, start, seconds, **told):
    begun, ended = (f"2025-10-07T12:00:{at:02d}.000Z" for at in (start, start + seconds))
    return {"id": identity, "traceId": "t", "type": "GENERATION", "startTime": begun, "endTime": ended, **told}


def test_scores_stand_beside_a_trace_and_decide_nothing_until_somebody_says_so():
    trace = {"id": "t", "sessionId": "s", "userId": "ada", "scores": [{"name": "solved", "value": 1, "dataType": "BOOLEAN"}]}
    call = observation("a", 0, 2, model="m", inputUsage=7, outputUsage=2, totalCost=0.01, totalUsage=9, input=[USER], output=ANSWER)
    body = {"trace": trace, "observations": [call]}

    found = one(body)
    assert (found.id, found.customer_id, found.booked, found.cost_usd, found.input_tokens) == ("s", "ada", None, 0.01, 7)
    assert one(body, outcome="scores.solved == 1").booked is True
    assert one(body, outcome="scores.solved < 1").booked is False


def test_a_call_of_which_langfuse_knew_no_price_has_an_unknown_cost():
    call = observation("a", 0, 2, totalCost=0, totalUsage=9, input=[USER], output=ANSWER)

    assert one({"trace": {"id": "t"}, "observations": [call]}).cost_usd is None


def test_a_run_is_posted_as_it_begins_and_patched_as_it_ends_in_any_record():
    run = {"id": "r", "trace_id": "t", "run_type": "llm"}
    posted = {"post": [{**run, "start_time": "2025-10-07T12:00:00", "inputs": {"messages": [USER]}, "outputs": {}}], "patch": []}
    outputs = {"choices": [{"message": ANSWER}], "usage_metadata": {"input_tokens": 9, "output_tokens": 3}}
    patched = {"post": [], "patch": [{"id": "r", "end_time": "2025-10-07T12:00:04", "outputs": outputs}]}

    found = one(b"\n".join(json.dumps(it).encode() for it in (posted, patched)))
    assert (found.response_times_s, found.input_tokens, found.messages) == ((4.0,), 9, (USER, ANSWER))


def test_runs_as_they_are_listed_are_read_too():
    run = {"id": "r", "trace_id": "t", "run_type": "llm", "start_time": "2025-10-07T12:00:00", "end_time": "2025-10-07T12:00:04"}
    form, batch = read(
        [run | {"inputs": {"messages": [USER]}, "outputs": ANSWER, "prompt_tokens": 9, "completion_tokens": 3, "error": "late"}]
    )

    [found] = batch.conversations
    assert (form, found.input_tokens, found.errors) == ("langsmith", 9, ({"tool": None, "message": "late"},))


def test_a_record_that_its_format_cannot_read_is_refused_and_stops_no_other():
    good = {"task_id": 1, "trial": 0, "reward": 1.0, "info": {}, "traj": [USER, ANSWER]}
    bad = {"task_id": 2, "reward": 0.0, "info": {}, "traj": {"role": {}}}
    form, batch = read(
        [good, {**bad, "traj": None, "info": {"task": {"instruction": "x"}}}, {"task_id": 3}, good | {"trial": 1}],
        ended_at="2025-10-07T12:00:00Z",
    )

    assert form == "tau-bench"
    assert [it.id for it in batch.conversations] == ["task 1, trial 0", "task 2, trial 0", "task 1, trial 1"]
    assert [(it.line, it.refusal.value) for it in batch.rejected] == [(3, "unreadable (KeyError)")]


@pytest.mark.parametrize("count", [{"stringValue": "nan"}, {"doubleValue": "Infinity"}, {"stringValue": "9" * 400}])
def test_a_record_that_cannot_be_read_takes_none_of_the_traces_around_it(count):
    def export(trace, *attributes):
        return {
            "resourceSpans": [{"scopeSpans": [{"spans": [{**SPAN, "traceId": trace, "attributes": [*SPAN["attributes"], *attributes]}]}]}]
        }

    sent = [export("a"), export("b", {"key": "gen_ai.usage.input_tokens", "value": count}), export("c")]
    lines = "\n".join(map(json.dumps, sent)).encode()
    batches = list(Reading(BytesIO(lines), "export", Mapping.parse(variant="v")).batches())
    assert [it.id for batch in batches for it in batch.conversations] == ["a", "c"]
    assert [it.line for batch in batches for it in batch.rejected] == [2]


def test_a_run_that_cannot_be_read_takes_none_of_the_runs_around_it():
    run = {"trace_id": "t", "run_type": "llm", "start_time": "2025-10-07T11:00:00Z", "end_time": "2025-10-07T11:00:01Z"}
    usages = {"a": {"input_tokens": 1}, "b": {"input_tokens": {}}, "c": {"input_tokens": 1}}
    lines = "\n".join(json.dumps({**run, "id": it, "trace_id": it, "outputs": {"usage": usage}}) for it, usage in usages.items()).encode()
    batches = list(Reading(BytesIO(lines), "export", Mapping.parse(variant="v")).batches())
    assert [it.id for batch in batches for it in batch.conversations] == ["a", "c"]
    assert len([it for batch in batches for it in batch.rejected]) == 1
