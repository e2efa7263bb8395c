"""The scripted model behind the OpenAI protocol: the same answers as in process, and as many faults as it is told to have."""

import json

import pytest
from starlette.testclient import TestClient

from deployments.simulated_endpoint.app import MOST_BYTES, Endpoint
from deployments.simulated_endpoint.script import Script
from lifecycle_core.simulation import prompts

ASKED = {
    "model": "gpt-9",
    "messages": [{"role": "system", "content": prompts.MENDED}, {"role": "user", "content": "A deep cleaning on Monday"}],
    "tools": [{"type": "function", "function": {"name": "check_availability", "description": "", "parameters": {"type": "object"}}}],
    "seed": 1,
}
SCHEMA = {"type": "object", "properties": {"codes": {"type": "array"}}, "required": ["codes"], "additionalProperties": False}
SHAPED = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


@pytest.fixture
def serve():
    opened = []

    def one(**script):
        opened.append(TestClient(Endpoint(Script(**script)).app()))
        return opened[-1]

    yield one
    for it in opened:
        it.close()


def ask(client, **more):
    return client.post("/v1/chat/completions", json=ASKED | more)


def test_a_tool_is_called_as_the_protocol_has_it(serve):
    choice = ask(serve()).json()["choices"][0]
    [call] = choice["message"]["tool_calls"]
    assert (choice["finish_reason"], call["function"]["name"]) == ("tool_calls", "check_availability")
    assert json.loads(call["function"]["arguments"]) == {"service": "deep", "day": "Monday"}


def test_every_reply_says_that_it_is_simulated_and_what_it_cost(serve):
    body = ask(serve()).json()
    assert (body["model"], body["system_fingerprint"]) == ("simulated", "simulated")
    assert body["usage"]["cost"] > 0
    assert body["usage"]["total_tokens"] == body["usage"]["prompt_tokens"] + body["usage"]["completion_tokens"]


def test_the_same_request_has_the_same_reply(serve):
    assert ask(serve()).content == ask(serve()).content


def test_the_models_are_told(serve):
    assert [it["id"] for it in serve().get("/v1/models").json()["data"]] == ["simulated"]


def test_an_answer_follows_the_schema_that_is_asked_for(serve):
    assert json.loads(ask(serve(), response_format=SHAPED).json()["choices"][0]["message"]["content"]) == {"codes": []}


def test_a_schema_told_in_words_is_followed_too(serve):
    told = {"role": "system", "content": f"Answer with JSON that follows this JSON schema:\n{json.dumps(SCHEMA)}"}
    body = ask(serve(structured="none"), messages=[told, {"role": "user", "content": "Now."}]).json()
    assert json.loads(body["choices"][0]["message"]["content"]) == {"codes": []}


@pytest.mark.parametrize(("structured", "shape"), [("none", {"type": "json_object"}), ("json_object", SHAPED), ("none", SHAPED)])
def test_a_shape_that_it_does_not_know_is_refused(serve, structured, shape):
    answer = ask(serve(structured=structured), response_format=shape)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unsupported_response_format")


def test_too_many_requests_are_told_with_when_to_come_back(serve):
    answer = ask(serve(busy=1.0, retry_after_s=7))
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["error"]["code"]) == (429, "7", "rate_limit_exceeded")


def test_a_request_that_failed_may_pass_when_it_is_sent_again(serve):
    client = serve(fails=0.5)
    assert {ask(client).status_code for _ in range(20)} == {200, 500}


def test_faults_come_again_as_they_came(serve):
    one, other = serve(fails=0.5), serve(fails=0.5)
    assert [ask(one).status_code for _ in range(20)] == [ask(other).status_code for _ in range(20)]


def test_nonsense_is_no_completion(serve):
    assert "choices" not in ask(serve(nonsense=1.0)).json()


def test_an_answer_cut_off_says_so(serve):
    choice = ask(serve(truncates=1.0), response_format=SHAPED).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(choice["message"]["content"])


def test_an_answer_past_its_limit_is_cut_off(serve):
    choice = ask(serve(), tools=[], max_tokens=3).json()["choices"][0]
    assert choice["finish_reason"] == "length"


def test_a_model_that_has_changed_forgets_what_its_prompt_says(serve):
    assert "tool_calls" not in ask(serve(forgets=1.0)).json()["choices"][0]["message"]


def test_it_behaves_by_the_script_that_it_is_given(serve):
    client = serve()
    assert client.put("/script", json={"busy": 1.0}).json() == client.get("/script").json()
    assert ask(client).status_code == 429


@pytest.mark.parametrize("script", ['{"busy": 2}', '{"busi": 1}', "nonsense"])
def test_a_script_that_cannot_be_meant_is_refused_and_changes_nothing(serve, script):
    client = serve()
    assert client.put("/script", content=script).status_code == 422
    assert client.get("/script").json() == Script().model_dump()


@pytest.mark.parametrize(
    "body",
    ["nonsense", "[]", "{}", '{"model": "m", "messages": []}', json.dumps(ASKED | {"stream": True}), json.dumps(ASKED | {"seed": "x"})],
)
def test_a_request_that_cannot_be_meant_is_refused_in_the_protocols_words(serve, body):
    answer = serve().post("/v1/chat/completions", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].endswith("(simulated)")


def test_a_body_without_end_is_refused(serve):
    assert serve().post("/v1/chat/completions", content=b" " * (MOST_BYTES + 1)).status_code == 413


def test_words_in_parts_are_read(serve):
    parts = [{"role": "user", "content": [{"type": "text", "text": "A deep cleaning "}, {"type": "text", "text": "on Monday"}]}]
    assert "Monday" in str(ask(serve(), messages=[ASKED["messages"][0], *parts]).json()["choices"])
