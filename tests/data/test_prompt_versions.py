"""Rewritten prompts of real agents, tested as candidates: the evidence is where the data's own page says it is."""

import pytest

from benchmarks.promptversions import HELPS, HURTS, most_harmful, power, verdicts

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def told():
    return [it for it in verdicts() if it.model == "gpt-5-mini"]


def test_the_two_prompts_that_hurt_have_the_most_evidence_of_harm(told):
    assert {it.name for it in most_harmful(told)[:2]} == set(HURTS)


def test_the_prompt_that_helps_has_the_most_evidence_of_better(told):
    assert max(told, key=lambda it: it.found.e_better).name == HELPS


def test_forty_tasks_promote_none_of_them(told):
    assert not {it.found.verdict.value for it in told} & {"promote", "to_a_person"}


def test_forty_tasks_could_hardly_have_found_what_helps(told):
    assert power(told, "gpt-5-mini", 0.10) < 0.10
    assert power(told, "gpt-5-mini", 0.30) > 0.5
