import json
import socket
import traceback

import pytest

from lifecycle_core.chat import (
    ChatDeniedError,
    ChatError,
    ChatMessage,
    ChatNonsenseError,
    ChatRefusedError,
    ChatRequest,
    ChatUnavailableError,
    ToolCall,
    ToolSpec,
)
from lifecycle_core.settings import ModelAccess, Settings
from lifecycle_core.spending import Price
from tasks import context, llm
from tasks.llm import OpenAIChat
from tests.fake_endpoint import failed, said

KEY = "sk-planted-secret"
SCHEMA = {"type": "object", "properties": {"code": {"enum": ["pricing", "other"]}}, "required": ["code"], "additionalProperties": False}
GOOD, SHAPELESS = '{"code": "pricing"}', '{"code": "weather"}'


def model(endpoint, **access):
    given = {"base_url": endpoint.url, "api_key": KEY, "timeout_s": 5, "max_retries": 0, **access}
    return OpenAIChat(ModelAccess(**given), {"m": Price(1.0, 2.0)})


def request(**given):
    messages = (ChatMessage(role="system", content="You serve."), ChatMessage(role="user", content="Hello"))
    return ChatRequest(**{"purpose": "replay", "model": "m", "messages": messages, **given})


def test_an_answer_tells_its_words_and_what_it_took(endpoint):
    endpoint.script = [said("Good day.")]
    reply = model(endpoint)(request())
    assert (reply.content, reply.input_tokens, reply.output_tokens, reply.cost_usd) == ("Good day.", 10, 5, 20e-6)
    assert (reply.cached, reply.simulated) == (False, False)
    assert reply.seconds > 0


def test_dollars_that_the_endpoint_tells_win_over_the_table(endpoint):
    endpoint.script = [said("Good day.", usage={"cost": 0.5})]
    assert model(endpoint)(request()).cost_usd == 0.5


def test_a_simulated_endpoint_is_told_as_one(endpoint):
    endpoint.script = [said("Good day.", system_fingerprint="simulated")]
    assert model(endpoint)(request()).simulated


def test_tools_seed_and_parameters_are_asked_as_the_protocol_writes_them(endpoint):
    endpoint.script = [
        said(None, finish="tool_calls", tool_calls=[{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}])
    ]
    tool = ToolSpec(name="look", description="Looks.", parameters={"type": "object"})
    reply = model(endpoint)(request(tools=(tool,), seed=7, parameters={"temperature": 0.2}))
    assert reply.tool_calls == (ToolCall(id="1", name="look", arguments="{}"),)
    (asked,) = endpoint.asked
    assert (asked["seed"], asked["temperature"]) == (7, 0.2)
    assert asked["tools"] == [{"type": "function", "function": {"name": "look", "description": "Looks.", "parameters": {"type": "object"}}}]


def test_a_tools_answer_is_sent_with_the_call_that_it_answers(endpoint):
    endpoint.script = [said("Done.")]
    called = ChatMessage(role="assistant", tool_calls=(ToolCall(id="1", name="look", arguments="{}"),))
    model(endpoint)(request(messages=(called, ChatMessage(role="tool", content="free", tool_call_id="1"))))
    first, second = endpoint.asked[0]["messages"]
    assert first["tool_calls"] == [{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
    assert second == {"role": "tool", "content": "free", "tool_call_id": "1"}


def test_an_endpoint_that_knows_schemas_is_asked_once(endpoint):
    endpoint.script = [said(GOOD)]
    assert model(endpoint)(request(schema=SCHEMA)).content == GOOD
    assert [asked["response_format"]["type"] for asked in endpoint.asked] == ["json_schema"]


@pytest.mark.parametrize("status", [400, 422, 500, 501])
def test_an_endpoint_without_schemas_is_asked_for_an_object_and_remembered(endpoint, status):
    endpoint.script = lambda body: failed(status) if body.get("response_format", {}).get("type") == "json_schema" else said(GOOD)
    chat = model(endpoint)
    assert [chat(request(schema=SCHEMA, seed=it)).content for it in (1, 2)] == [GOOD, GOOD]
    assert [asked["response_format"]["type"] for asked in endpoint.asked] == ["json_schema", "json_object", "json_object"]
    assert "follows this JSON schema" in endpoint.asked[1]["messages"][0]["content"]


def test_an_endpoint_with_no_structured_output_has_one_value_cut_out_of_its_text(endpoint):
    endpoint.script = lambda body: failed(400) if "response_format" in body else said(f"Gladly!\n```json\n{GOOD}\n```")
    assert model(endpoint)(request(schema=SCHEMA)).content == GOOD
    assert len(endpoint.asked) == 3


def test_an_endpoint_that_ignores_the_format_is_led_down_the_ladder(endpoint):
    endpoint.script = [said("I would say pricing."), said(GOOD)]
    reply = model(endpoint)(request(schema=SCHEMA))
    assert (reply.content, reply.input_tokens, reply.cost_usd) == (GOOD, 20, 40e-6)


def test_a_misshapen_answer_is_mended_once(endpoint):
    endpoint.script = [said(GOOD), said(SHAPELESS), said(GOOD)]
    chat = model(endpoint)
    chat(request(schema=SCHEMA))
    assert chat(request(schema=SCHEMA, seed=2)).content == GOOD
    told = endpoint.asked[-1]["messages"]
    assert told[-2] == {"role": "assistant", "content": SHAPELESS}
    assert "'weather' is not one of ['pricing', 'other']" in told[-1]["content"]


def test_an_endpoint_that_answers_nonsense_is_given_up_after_one_repair(endpoint):
    endpoint.script = [said("Blue.")]
    with pytest.raises(ChatNonsenseError, match="repair included: it holds no whole JSON"):
        model(endpoint)(request(schema=SCHEMA))
    assert len(endpoint.asked) == 4


def test_json_that_is_cut_off_is_nonsense_at_once(endpoint):
    endpoint.script = [said('{"code": "pri', finish="length")]
    with pytest.raises(ChatNonsenseError, match=r"cut off after 20 tokens.*raise max_tokens"):
        model(endpoint)(request(schema=SCHEMA, parameters={"max_tokens": 20}))
    assert len(endpoint.asked) == 1


def test_free_text_that_is_cut_off_is_what_the_agent_said(endpoint):
    endpoint.script = [said("We are open on", finish="length")]
    assert model(endpoint)(request()).content == "We are open on"


@pytest.mark.parametrize("answer", [said(None, refusal="I cannot help."), said("", finish="content_filter")])
def test_a_refusal_in_words_is_one(endpoint, answer):
    endpoint.script = [answer]
    with pytest.raises(ChatRefusedError, match="m refuses to answer the request for replay"):
        model(endpoint)(request())


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (failed(401, f"Incorrect API key {KEY}"), ChatDeniedError, "refuses the key"),
        (failed(403), ChatDeniedError, "refuses the key"),
        (failed(404, "no such model"), ChatDeniedError, "knows no model 'm'"),
        (failed(400, "bad"), ChatDeniedError, "refuses the request for replay to m"),
        (failed(400, code="context_length_exceeded"), ChatRefusedError, "refuses the request for replay to m"),
        (failed(400, code="content_filter"), ChatRefusedError, "refuses the request for replay to m"),
        (failed(429, code="insufficient_quota"), ChatDeniedError, "no quota left"),
        (failed(429, headers={"Retry-After": "7"}), ChatUnavailableError, "try in 7 s"),
        (failed(500), ChatUnavailableError, "cannot answer now, in 1 try"),
        (failed(503), ChatUnavailableError, "try later"),
        ((200, b"<html>Welcome</html>", {"Content-Type": "text/html"}), ChatUnavailableError, "no chat completion"),
        ((200, b'{"choices": [', {}), ChatUnavailableError, "no chat completion"),
        ((200, {"choices": []}, {}), ChatUnavailableError, "no chat completion"),
        ((200, {"choices": [{"message": None}]}, {}), ChatUnavailableError, "no chat completion"),
        ((200, [], {}), ChatUnavailableError, "no chat completion"),
        ((200, b"", {}), ChatUnavailableError, "no chat completion"),
    ],
)
def test_each_failure_is_told_as_what_it_is(endpoint, answer, error, words):
    endpoint.script = [answer]
    with pytest.raises(error, match=words):
        model(endpoint)(request())


@pytest.mark.parametrize("answer", [failed(401, f"Incorrect API key {KEY}"), failed(500, f"Bearer {KEY}"), said(None, refusal=KEY)])
def test_no_failure_tells_the_key(endpoint, answer):
    endpoint.script = [answer]
    with pytest.raises(ChatError) as refusal:
        model(endpoint)(request())
    assert KEY not in "".join(traceback.format_exception(refusal.value))
    assert KEY not in repr(model(endpoint))


def test_a_reply_that_breaks_off_is_a_lost_connection(endpoint):
    endpoint.script = [(200, b'{"choices"', {"Content-Length": 500})]
    endpoint.hangs_up = True
    with pytest.raises(ChatUnavailableError, match="cannot be reached"):
        model(endpoint)(request())


def test_an_endpoint_that_stalls_is_left_in_time(endpoint):
    endpoint.script, endpoint.stall_s = [said("late")], 0.6
    with pytest.raises(ChatUnavailableError, match=r"did not answer m within 0\.2 s, in 1 try"):
        model(endpoint, timeout_s=0.2)(request())


def test_an_endpoint_that_is_down_is_told_with_its_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chat = OpenAIChat(ModelAccess(base_url=f"http://127.0.0.1:{port}/v1", max_retries=0))
    with pytest.raises(ChatUnavailableError, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        chat(request())


def test_the_client_tries_again_when_the_endpoint_says(endpoint):
    endpoint.script = [failed(429, headers={"Retry-After": "0.05"}), said("Good day.")]
    assert model(endpoint, max_retries=1)(request()).content == "Good day."


def test_no_second_retry_is_stacked_on_the_clients(endpoint):
    endpoint.script = [failed(429, headers={"Retry-After": "0.01"})]
    with pytest.raises(ChatUnavailableError, match="in 3 tries"):
        model(endpoint, max_retries=2)(request())
    assert len(endpoint.asked) == 3


def test_a_limit_is_told_by_its_newer_name_where_the_endpoint_wants_it(endpoint):
    endpoint.script = lambda body: failed(400, "use max_completion_tokens") if "max_tokens" in body else said("Good day.")
    chat = model(endpoint)
    for seed in (1, 2):
        chat(request(parameters={"max_tokens": 9}, seed=seed))
    assert [asked.get("max_completion_tokens") for asked in endpoint.asked] == [None, 9, 9]


def test_a_seed_is_left_out_where_the_endpoint_knows_none(endpoint):
    endpoint.script = lambda body: failed(400, "unknown parameter: seed") if "seed" in body else said("Good day.")
    assert model(endpoint)(request(seed=3)).content == "Good day."


@pytest.fixture
def configured(monkeypatch):
    def one(**environment):
        monkeypatch.setattr(context, "settings", lambda: Settings.read(environment))
        llm.chat.cache_clear()
        llm.prices.cache_clear()
        return llm.chat()

    yield one
    llm.chat.cache_clear()
    llm.prices.cache_clear()


def test_with_neither_endpoint_nor_key_there_is_no_model(configured):
    assert configured() is None


def test_a_table_of_prices_may_be_given(configured):
    assert configured(OPENAI_API_KEY=KEY, LIFECYCLE_MODEL_PRICES="2026-01-01 m=1/2").prices == {"m": Price(1.0, 2.0)}


def test_without_a_table_a_few_models_have_a_price(configured):
    assert configured(OPENAI_API_KEY=KEY).prices["gpt-4o-mini"] == Price(0.15, 0.60)


def test_a_text_of_brackets_alone_is_given_up_soon(endpoint):
    endpoint.script = [said("[" * 200_000)]
    with pytest.raises(ChatNonsenseError):
        model(endpoint)(request(schema=SCHEMA))


def test_a_schema_is_strict_only_where_every_object_is_closed(endpoint):
    endpoint.script = [said(GOOD)]
    chat = model(endpoint)
    chat(request(schema=SCHEMA))
    chat(request(schema={**SCHEMA, "required": []}))
    assert [asked["response_format"]["json_schema"]["strict"] for asked in endpoint.asked] == [True, False]
    assert json.loads(chat(request(schema=SCHEMA)).content) == {"code": "pricing"}
