"""Exports of other systems, as small as shows a trap of theirs."""

import json
from datetime import UTC, datetime
from io import BytesIO

import pytest

from lifecycle_core.traffic.importers import formats
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading
from tests.posts import SPAN, TRACES

AT = datetime(2025, 10, 8, tzinfo=UTC)


def read(*records, wanted="auto", indent=None, **mapping):
    """The conversations in so many lines, and the sentences of what was refused."""
    body = "\n".join(json.dumps(it, indent=indent) for it in records).encode()
    reading = Reading(BytesIO(body), "export", Mapping.parse(**mapping), wanted=wanted, stand_in=AT)
    batches = list(reading.batches())
    told = [it for batch in batches for it in batch.conversations]
    return reading.format, told, [it.refusal.sentence for batch in batches for it in batch.rejected]


def pairs(**attributes):
    kinds = {str: "stringValue", int: "intValue"}
    return [
        {"key": key.replace("__", "."), "value": {kinds[type(it)]: str(it) if isinstance(it, int) else it}}
        for key, it in attributes.items()
    ]


def span(number, parent=None, *, trace="t1", **attributes):
    began = 1759838400 + number
    return {
        "traceId": trace,
        "spanId": f"s{number}",
        **({"parentSpanId": f"s{parent}"} if parent is not None else {}),
        "name": f"span {number}",
        "startTimeUnixNano": str(began * 10**9),
        "endTimeUnixNano": str((began + 1) * 10**9),
        "attributes": pairs(**attributes),
    }


def export(*spans):
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


CHAT = {"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 100, "gen_ai__usage__output_tokens": 10}
OLD_CHAT = {
    "gen_ai__system": "openai",
    "gen_ai__request__model": "m",
    "gen_ai__usage__prompt_tokens": 100,
    "gen_ai__usage__completion_tokens": 10,
}
AGENT = {"gen_ai__operation__name": "invoke_agent", "gen_ai__agent__name": "baseline", "gen_ai__usage__input_tokens": 200}


@pytest.mark.parametrize("chat", [CHAT, OLD_CHAT], ids=["new names", "old names"])
def test_tokens_are_those_of_the_calls_of_models_alone(chat):
    _, (it,), refused = read(export(span(0, **AGENT), span(1, 0, **chat), span(2, 0, **chat)))
    assert (it.variant, it.input_tokens, it.output_tokens, it.response_times_s, refused) == ("baseline", 200, 20, (1.0, 1.0), [])


def test_a_sum_is_unknown_where_one_part_of_it_is():
    _, (it,), _ = read(export(span(0, **AGENT), span(1, 0, **CHAT), span(2, 0, gen_ai__operation__name="chat")))
    assert it.input_tokens is None


def test_spans_of_a_trace_come_together_from_several_lines():
    _, told, _ = read(export(span(1, 0, **CHAT)), export(span(1, 0, trace="t2", **CHAT)), export(span(0, **AGENT)))
    assert sorted((it.id, it.variant) for it in told) == [("t1", "baseline"), ("t2", "(variant to be given)")]


def test_traces_of_one_conversation_are_one():
    turns = [span(number, trace=f"t{number}", gen_ai__conversation__id="c1", **CHAT) for number in (1, 2)]
    _, (it,), _ = read(export(*turns))
    assert (it.id, it.input_tokens) == ("c1", 200)


def test_a_trace_of_another_program_is_no_conversation():
    _, told, refused = read(export(span(0, http__method="GET")))
    assert told == []
    assert refused == ["the trace is no conversation; it must hold a call of a model or of an agent"]


def test_a_failed_tool_is_an_error_and_a_failed_root_a_crash():
    tool = span(1, 0, gen_ai__operation__name="execute_tool", gen_ai__tool__name="book")
    failed = {"status": {"code": 2, "message": "boom"}}
    _, (it,), _ = read(export(span(0, **AGENT) | failed, tool | failed, span(2, 0, **CHAT)))
    assert it.errors == ({"tool": "book", "message": "boom"}, {"tool": None, "message": "boom"})
    assert it.provider_fault


def test_spans_past_what_is_held_are_given_before_the_end(monkeypatch):
    monkeypatch.setattr(formats, "MAX_HELD_BYTES", 1000)
    _, told, _ = read(*(export(span(0, trace=f"t{number}", **AGENT)) for number in range(20)))
    assert sorted(it.id for it in told) == sorted(f"t{number}" for number in range(20))


def observation(number, kind="GENERATION", parent=None, **given):
    return {
        "id": f"o{number}",
        "type": kind,
        "parentObservationId": parent,
        "startTime": f"2025-10-07T11:00:0{number}.000Z",
        "endTime": f"2025-10-07T11:00:0{number + 1}.000Z",
        "latency": 1000,
        "usageDetails": {"input": 5, "output": 1, "total": 6},
        "costDetails": {"total": 0.01},
        "totalCost": 0.01,
        **given,
    }


def trace(*observations, **given):
    return {"trace": {"id": "t1", "timestamp": "2025-10-07T11:00:00Z", "scores": [], **given}, "observations": list(observations)}


def test_langfuse_tells_time_by_its_clocks_and_dollars_by_its_innermost_generations():
    _, (it,), _ = read(trace(observation(0), observation(1, parent="o0")), indent=2)
    assert (it.response_times_s, it.cost_usd, it.total_tokens) == ((1.0,), 0.01, 6)


def test_langfuse_zeros_beside_no_details_are_unknown():
    _, (it,), _ = read(trace(observation(0, usageDetails={}, costDetails={}, totalCost=0)))
    assert (it.cost_usd, it.total_tokens) == (None, None)


@pytest.mark.parametrize(
    ("name", "value", "booked"), [("correctness", 1, None), ("success", 1, True), ("success", 0, False), ("success", 0.4, None)]
)
def test_a_score_is_an_outcome_by_its_name_alone(name, value, booked):
    _, (it,), _ = read(trace(observation(0), scores=[{"name": name, "value": value}]))
    assert it.booked is booked


def test_any_score_is_an_outcome_where_it_is_asked_for():
    _, (it,), _ = read(trace(observation(0), scores=[{"name": "correctness", "value": 0.9}]), outcome="scores.correctness>=0.8")
    assert it.booked is True


def test_a_run_of_langsmith_is_put_together_from_what_is_posted_and_patched():
    run = {
        "id": "r1",
        "trace_id": "r1",
        "run_type": "llm",
        "start_time": "2025-10-07T11:00:00",
        "inputs": {"messages": [{"role": "user", "content": "hi"}]},
    }
    end = {
        "id": "r1",
        "trace_id": "r1",
        "end_time": "2025-10-07T11:00:02",
        "outputs": {"choices": [{"message": {"role": "assistant", "content": "hello"}}]},
    }
    name, (it,), _ = read({"post": [run]}, {"post": [], "patch": [end]})
    assert (name, it.response_times_s, [one["content"] for one in it.messages]) == ("langsmith", (2.0,), ["hi", "hello"])


def test_openinference_spans_are_read_with_flat_and_nested_attributes():
    base = {
        "context": {"trace_id": "t1", "span_id": "a"},
        "span_kind": "LLM",
        "start_time": "2025-10-07T11:00:00Z",
        "end_time": "2025-10-07T11:00:01Z",
    }
    nested = {"llm": {"token_count": {"prompt": 7}, "input_messages": [{"message": {"role": "user", "content": "hi"}}]}}
    flat = {
        "attributes.llm.token_count.prompt": 7,
        "attributes.llm.input_messages.0.message.role": "user",
        "attributes.llm.input_messages.0.message.content": "hi",
    }
    for told in ({"attributes": nested}, flat):
        name, (it,), _ = read({**base, **told})
        assert (name, it.input_tokens, it.messages[0]["content"]) == ("openinference", 7, "hi")


@pytest.mark.parametrize(("reward", "booked"), [(1.0, True), (0.0, False), (None, None), (0.5, None)])
def test_the_reward_of_tau_bench_is_its_outcome(reward, booked):
    said = [{"role": "system", "content": "policy"}, {"role": "user", "content": "hi"}]
    name, (it,), _ = read({"task_id": 1, "reward": reward, "traj": said, "info": {}})
    assert (name, it.booked, it.escalated, len(it.messages)) == ("tau-bench", booked, False, 1)


@pytest.mark.parametrize(
    ("reason", "reward", "booked", "fault"),
    [
        ("user_stop", 1.0, True, False),
        ("user_stop", None, None, False),
        ("infrastructure_error", 0.0, None, True),
        ("agent_error", 0.0, False, True),
        ("max_steps", 0.0, False, False),
    ],
)
def test_a_failure_of_the_infrastructure_is_an_incident_and_no_failed_conversation(reason, reward, booked, fault):
    told = {"id": "s1", "task_id": "1", "termination_reason": reason, "reward_info": {"reward": reward}, "end_time": "2025-10-07T11:00:00"}
    name, (it,), _ = read(told, zone="Europe/Berlin")
    assert (name, it.booked, it.provider_fault, it.ended_at.hour) == ("tau2-bench", booked, fault, 9)


def test_a_chat_of_openai_tells_words_and_tools_and_nothing_else():
    call = {"id": "1", "type": "function", "function": {"name": "takeoff", "arguments": "{}"}}
    name, (it,), _ = read(
        {"messages": [{"role": "system", "content": "fly"}, {"role": "user", "content": "up"}, {"role": "assistant", "tool_calls": [call]}]}
    )
    assert (name, it.actions, it.booked, it.cost_usd, it.ended_at_assumed) == ("openai-chat", ("takeoff",), None, None, True)


def test_a_row_of_another_format_is_refused_alone():
    _, told, refused = read(TRACES, {"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z"})
    assert len(told) == 1
    assert refused[0].startswith("the record is of another format than otlp")


def test_our_own_rows_are_native_though_they_hold_messages_and_a_reward():
    name, (it,), _ = read({"id": "c1", "variant": "baseline", "ended_at": "2025-10-07T11:00:00Z", "messages": [], "reward": 1.0})
    assert (name, it.booked) == ("native", None)


@pytest.mark.parametrize("wanted", [it for it in formats.NAMES if it != "auto"])
@pytest.mark.parametrize("value", [None, 7, "x", [], {}, [[[]]], {"a": {"b": []}}, -1, True], ids=repr)
def test_a_value_of_any_kind_anywhere_breaks_no_importer(wanted, value):
    shapes = [
        {"resourceSpans": [{"scopeSpans": [{"spans": [{**SPAN, name: value}]}]} for name in SPAN]},
        {"resourceSpans": [value]},
        trace(*({**observation(0), name: value} for name in observation(0))),
        {"trace": value, "observations": [value]},
        {"post": [value], "patch": [{"id": "r", "extra": value, "inputs": value, "outputs": value, "error": value}]},
        {"context": {"trace_id": "t", "span_id": "s"}, "span_kind": value, "attributes": value},
        {"traj": [value], "reward": value, "info": value},
        {"task_id": value, "termination_reason": value, "messages": [value], "reward_info": value},
        {"messages": [value, {"role": value, "content": value, "tool_calls": value}]},
    ]
    for shape in shapes:
        assert read(shape, wanted=wanted)[0] == wanted
