"""`lifecycle training`: what a retraining learns from, looked at and taken away."""

import json

import pytest

from deployments.wire.improvement import TrainingDataWire
from tasks import context, training
from tests.retrainable import ready

pytestmark = pytest.mark.slow


@pytest.fixture
def learnable(lifecycle):
    """`lifecycle training …`, on a database with a variant "a" that may be retrained."""
    ready(context.database(), "a")
    return lambda *words: lifecycle("training", *words)


def test_show_tells_what_would_be_learnt_from_and_what_was_asked_of_it(learnable):
    said = learnable("show", "a")
    assert said.exit_code == 0
    assert "50 to 500 conversations" in said.stdout
    assert said.stdout.splitlines()[-1] == "Next: lifecycle training export a --format openai --output training.jsonl"


def test_show_as_json_is_what_a_session_tells(learnable):
    told = json.loads(learnable("show", "a", "--json").stdout)
    assert set(told) - {"schemaVersion"} == {it.alias or name for name, it in TrainingDataWire.model_fields.items()}


def test_an_export_is_json_lines_of_chats_and_tells_apart_what_it_left_out(learnable):
    said = learnable("export", "a", "--format", "openai", "--split", "all")
    chats = [json.loads(line)["messages"] for line in said.stdout.splitlines()]
    assert {chat[0]["role"] for chat in chats} == {"system"}
    assert said.stderr.splitlines()[0] == f"{len(chats)} examples"
    assert "no success of the agent's own" in said.stderr


def test_an_export_goes_to_a_file_whole(learnable, tmp_path):
    file = tmp_path / "pairs.jsonl"
    assert learnable("export", "a", "--format", "preferences", "--output", file).stdout == ""
    assert all("preferred_output" in json.loads(line) for line in file.read_text().splitlines())


@pytest.mark.parametrize(
    ("words", "told"),
    [(("export", "b", "--format", "openai"), "'b'"), (("show", "b"), "'b'"), (("export", "a"), "--format"), (("show",), "NAME")],
)
def test_what_cannot_be_meant_is_2(learnable, words, told):
    said = learnable(*words)
    assert (said.exit_code, told in said.stderr) == (2, True)


def test_a_few_examples_are_told_as_few(learnable, monkeypatch):
    monkeypatch.setattr(training, "export", lambda *_: training.Export([{}], {}))
    assert "10 examples at least" in learnable("export", "a", "--format", "openai").stderr
