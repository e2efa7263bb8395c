"""Real export files of other systems, read as they are."""

from collections import Counter

import pytest

from benchmarks._real_files import SHARED
from lifecycle_core.traffic.mapping import Mapping
from lifecycle_core.traffic.reading import Reading

pytestmark = pytest.mark.data

FORMATS = SHARED / "formats"
ENDED = {"ended_at": "2025-10-07T12:00:00Z"}


def read(name, **options):
    with (FORMATS / name).open("rb") as stream:
        reading = Reading(stream, name, Mapping.parse(variant="v", **options))
        reading.refuse_if_unusable()
        batches = list(reading.batches())
    assert [it for batch in batches for it in batch.rejected] == []
    return reading.read_as[0], [it for batch in batches for it in batch.conversations]


@pytest.mark.parametrize(
    ("name", "model", "tokens", "cost", "actions", "said"),
    [
        ("langfuse/claude-agent-2025-12-22", "claude-sonnet-4-5-20250929", (34, 232), 0.003582, 2, 5),
        ("langfuse/langgraph-python-2025-08-22", "gpt-4o-2024-08-06", (168, 66), 0.000234, 1, 5),
        ("langfuse/openai-agents-2025-09-30", "gpt-4.1-2025-04-14", (140, 44), 0.000632, 1, 4),
        ("openinference/langfuse_crewai-2025-07-11", "gpt-4o-mini", (190, 164), 0.0001269, 0, 3),
        ("otel_genai/langfuse_microsoft-agent-2025-12-17", "gpt-5-mini-2025-08-07", (293, 106), 0.00028525, 1, 4),
        ("otel_genai/langfuse_pydantic-ai-tools-2025-06-06", "gpt-4o", (31, 96), 0.0010375, 0, 3),
        ("otel_genai/langfuse_pydantic-ai-tools-2025-12-04", "gpt-4o-mini-2024-07-18", (1315, 209), 0.00032265, 4, 12),
        ("vercel_ai_sdk/langfuse_vercel-aisdk-2025-11-17", "gpt-5", (62, 85), 0.0009275, 1, 2),
    ],
)
def test_a_trace_of_langfuse_is_one_conversation_with_the_sums_of_its_calls(  # noqa: PLR0917
    name, model, tokens, cost, actions, said
):
    form, [it] = read(f"{name}.trace.json")

    assert (form, it.model, (it.input_tokens, it.output_tokens)) == ("langfuse", model, tokens)
    assert it.cost_usd == pytest.approx(cost, rel=1e-4)
    assert (len(it.actions), len(it.messages)) == (actions, said)
    assert (it.booked, it.escalated) == (None, None)


def test_what_the_official_emitter_writes_is_one_conversation_by_its_conversation_s_id():
    form, [it] = read("otel_genai/otlp_genai_openai_1.3b0_generated.json")

    assert (form, it.id, it.actions, it.segments) == (
        "otlp",
        "conv-1",
        ("book_slot",),
        {"service": "scheduling-agent", "agent": "scheduler"},
    )
    assert (it.input_tokens, it.output_tokens, [m["role"] for m in it.messages]) == (
        240,
        36,
        ["system", "user", "assistant", "tool", "assistant"],
    )


@pytest.mark.parametrize(
    ("name", "tokens"), [("", (9, 9)), ("stream", (9, 9)), ("reasoning", (43, 2497))], ids=["plain", "stream", "reasoning"]
)
def test_a_batch_of_langsmith_is_the_runs_that_it_posts_and_patches(name, tokens):
    form, [it] = read(f"langsmith/langsmith_py_wrap_openai_{name}.json")

    assert (form, (it.input_tokens, it.output_tokens), [m["role"] for m in it.messages]) == ("langsmith", tokens, ["user", "assistant"])


def test_a_trajectory_of_tau_bench_tells_its_outcome_and_no_time():
    form, found = read("tau_bench/gpt-4o-airline.first6.json", **ENDED)

    assert (form, len(found), Counter(it.booked for it in found)) == ("tau-bench", 6, {False: 6})
    assert all(it.ended_at_assumed and it.goal for it in found)
    assert [len(it.actions) for it in found] == [8, 0, 7, 20, 6, 6]


def test_a_voice_run_of_tau2_is_of_unknown_outcome():
    form, [it] = read("tau2/sim_49b22f0c.json", zone="UTC")

    assert (form, it.booked, it.segments) == ("tau2", None, {"task": "40"})
    assert (it.ended_at - it.started_at).total_seconds() == pytest.approx(352.9, abs=0.1)


@pytest.mark.parametrize(("name", "lines", "with_calls"), [("toy_chat_fine_tuning", 5, 0), ("drone_training.first40", 40, 40)])
def test_a_line_of_openai_s_chats_tells_messages_and_the_tools_that_were_called(name, lines, with_calls):
    form, found = read(f"openai_chat/{name}.jsonl", **ENDED)

    assert (form, len(found), sum(bool(it.actions) for it in found)) == ("openai-chat", lines, with_calls)
    assert {(it.booked, it.cost_usd) for it in found} == {(None, None)}
