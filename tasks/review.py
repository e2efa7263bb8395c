"""What a person is shown who decides on a candidate: the verdict, the diff, and conversations of both versions side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from lifecycle_core.conversations import Message
from lifecycle_core.operations import arms
from lifecycle_core.operations.arms import Arms
from lifecycle_core.replay.episode import Replay, Scenario
from lifecycle_core.retraining.shadow import Sample
from lifecycle_core.versions.diff import diff
from lifecycle_core.versions.version import Version
from tasks import context
from tasks.artifacts import evidence_table, gates_table, where
from tasks.markdown import literal, literal_cell, table, wrapped_diff
from tasks.replays import FIRST_IN_SHADOW, Stage

MOST_WORDS: Final = 300
"""Characters of one message that are shown."""
COLUMN: Final = 26
"""Characters of a line in a column, so that both columns fit into Prefect's form, which wraps nothing."""
WHO: Final = {"user": "Customer", "assistant": "Agent", "tool": "Tool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One customer's goal, and how each version served it the first time; None where its replies are kept no more."""

    scenario: Scenario
    sample: Sample
    incumbent: Replay | None
    candidate: Replay | None


def pairs(session_id: str) -> list[Pair]:
    """The policy's number of conversations (10), those first in which the versions differ most; read from kept replies, at no cost.

    Raises UnknownSessionError.
    """
    both = arms.arms(context.database(), session_id)
    served = sorted(arms.served(context.database(), session_id), key=lambda it: -abs(it[1].candidate.rate - it[1].incumbent.rate))
    return [_pair(both, scenario, sample) for scenario, sample in served[: both.session.policy.retraining.review_pairs]]


def review_page(session_id: str) -> str:
    """The same in Markdown, for Prefect's form: verdict, number of samples and link first, then the diff, then the pairs."""
    both = arms.arms(context.database(), session_id)
    it, found = both.session, both.session.shadow_analysis
    parts = []
    if found is not None:
        simulated = " Simulated: a scripted model served both versions." if found.simulated else ""
        parts.append(f"**{found.verdict}** after **{found.n}** samples: {literal(it.variant)} · {literal(it.session_id)} · {where(it)}")
        parts.append("\n".join([*(f"- {literal(doubt)}" for doubt in found.doubts), f"\n{found.note}{simulated}"]))
    if both.candidate is not None:
        parts.append(wrapped_diff(diff(both.incumbent, both.candidate).unified))
    if found is not None:
        parts += [evidence_table(found), gates_table(found)]
    heads = [f"version {both.incumbent.version}, now", f"version {it.version}, candidate"]
    for number, pair in enumerate(pairs(session_id), 1):
        parts.append(f"**{number}.** {literal(pair.scenario.goal)}")
        counts = [f"{arm.successes} of {arm.replays} booked" for arm in (pair.sample.incumbent, pair.sample.candidate)]
        parts.append(table(heads, [counts, [_told(pair.incumbent), _told(pair.candidate)]]))
    return "\n\n".join(parts)


def _pair(both: Arms, scenario: Scenario, sample: Sample) -> Pair:
    stage = Stage.kept(both.session.session_id)
    found = [_first(stage, version, scenario) if version else None for version in (both.incumbent, both.candidate)]
    return Pair(scenario=scenario, sample=sample, incumbent=found[0], candidate=found[1])


def _first(stage: Stage, version: Version, scenario: Scenario) -> Replay | None:
    [replay] = stage.serve(version, scenario, [FIRST_IN_SHADOW])
    return replay if replay.broken_by is None else None


def _told(replay: Replay | None) -> str:
    if replay is None:
        return "(no longer kept)"
    ending = "booked" if replay.booked else "handed over" if replay.escalated else "not booked"
    return "<br>".join([*_lines(replay.messages), f"**{ending}**"])


def _lines(messages: Sequence[Message]) -> list[str]:
    return [
        f"**{WHO[it['role']]}**<br>" + "<br>".join(literal_cell(line) for line in wrap((it.get("content") or "")[:MOST_WORDS], COLUMN))
        for it in messages
        if it["role"] in WHO and it.get("content")
    ]
