"""Rewritten prompts of real agents as candidates: what their shadow tests would have said, and what so few tasks could have shown.

Each refined prompt is a candidate against its base under the same model, paired by task, its trials as replays. Forty tasks are fewer than
a test asks for, so the verdicts are of a test that may end at forty; power is told of the same forty by imagined tests of the base.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np

from benchmarks._real import SEED, lines, missing
from lifecycle_core.policy import Policy, ShadowPolicy
from lifecycle_core.retraining.analysis import ShadowAnalysis, analyze
from lifecycle_core.retraining.planning import Basis, expected
from lifecycle_core.retraining.shadow import Arm, Sample, Source

FILE: Final = "promptversions.jsonl.gz"
TASKS: Final = 40
TRIALS: Final = 3
BASES: Final[Mapping[str, str]] = {"gpt-5-mini": "eval_base-policy_gpt-5-mini_test_3trials", "gpt-4o": "eval_policy_md_gpt-4o_test_5trials"}
POLICY: Final = Policy(shadow=ShadowPolicy(min_shadow_samples=TASKS, max_samples=TASKS, replays=TRIALS))
HURTS: Final = ("tudor_haiku45-refined", "chloe_haiku45-refined")
"""Those that hurt gpt-5-mini, as the data's page says."""
HELPS: Final = "claude-sonnet-traj_gpt5mini-refined"
"""The one that helps it."""
EFFECTS: Final = (0.10, 0.20, 0.30)
_NOON: Final = datetime(2025, 10, 7, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """What the test of one candidate says.

    name : the run's label; incumbent, candidate : shares of successes.
    """

    model: str
    name: str
    found: ShadowAnalysis

    @property
    def excess_broken(self) -> float | None:
        """The share of tasks that it breaks, in excess of what the base would break of itself; None where no floor can be told."""
        return next(it.value for it in self.found.gates if it.name == "difference")


def run() -> dict[str, object]:
    """Every candidate of both models, and the power of forty tasks."""
    lacking = missing(FILE)
    if lacking:
        print(f"left out: {lacking}")
        return {"left_out": lacking, "two_that_hurt_have_the_largest_e_worse": None, "the_one_that_helps_has_the_largest_e_better": None}
    told = verdicts()
    for model in BASES:
        _show(model, [it for it in told if it.model == model])
    mini = [it for it in told if it.model == "gpt-5-mini"]
    return {
        "two_that_hurt_have_the_largest_e_worse": {it.name for it in most_harmful(mini)[:2]} == set(HURTS),
        "the_one_that_helps_has_the_largest_e_better": max(mini, key=lambda it: it.found.e_better).name == HELPS,
        "promoted_of_40_tasks": [it.name for it in told if it.found.verdict in {"promote", "to_a_person"}],
        "candidates": [_wire(it) for it in told],
        "power_of_40_tasks": {model: {f"{effect:+.0%}": power(told, model, effect) for effect in EFFECTS} for model in BASES},
    }


def verdicts() -> list[Told]:
    """What the test of every refined prompt with three trials of forty tasks says, by model and name."""
    runs: dict[str, list[dict[str, Any]]] = {}
    for it in lines(FILE):
        if it["domain"] == "retail" and not (it["error"] or "").startswith("litellm.RateLimitError"):
            runs.setdefault(it["run"], []).append(it)
    tables = {name: _by_task(rows) for name, rows in sorted(runs.items())}
    found = []
    for model, base in BASES.items():
        ours = (name for name in tables if runs[name][0]["model"] == model and name != base and len(tables[name]) == TASKS)
        found += [Told(model, _label(name, model), analyze(_samples(tables[base], tables[name]), POLICY, closed=True)) for name in ours]
    return found


def most_harmful(told: Sequence[Told]) -> list[Told]:
    """The candidates, that first against which the evidence of fewer successes is largest."""
    return sorted(told, key=lambda it: -it.found.e_worse)


def power(told: Sequence[Told], model: str, effect: float) -> float:
    """How often forty tasks with three trials would promote a candidate of that true effect over the model's base."""
    base = next(it.found for it in told if it.model == model)
    rate, disagreement = base.incumbent.success_rate if base.incumbent else 0.0, base.disagreement_rate or 0.0
    known = Basis(
        success_rate=rate,
        disagreement_rate=disagreement,
        escalation_rate=base.incumbent.escalation_rate if base.incumbent else 0.0,
        replay_usd=None,
        goals_a_day=float(TASKS),
        recorded_goals=TASKS,
        told_by={},
    )
    return expected(known, POLICY, np.random.default_rng(SEED), replays=TRIALS, effect=effect).power


def _by_task(rows: Sequence[dict[str, Any]]) -> dict[str, Arm]:
    """What a prompt made of each task in its first three trials; those with fewer are left out."""
    tasks: dict[str, list[dict[str, Any]]] = {}
    for it in sorted(rows, key=lambda one: one["trial"]):
        tasks.setdefault(str(it["task_id"]), []).append(it)
    first = {task: trials[:TRIALS] for task, trials in tasks.items() if len(trials) >= TRIALS}
    return {
        task: Arm(replays=TRIALS, successes=sum(it["success"] for it in trials), escalations=sum(it["escalated"] for it in trials))
        for task, trials in first.items()
    }


def _samples(base: Mapping[str, Arm], candidate: Mapping[str, Arm]) -> list[Sample]:
    """The tasks that both served, in the order of their names."""
    return [
        Sample(
            scenario_id=task,
            ended_at=_NOON + timedelta(minutes=place),
            source=Source.RECORDED,
            incumbent=base[task],
            candidate=candidate[task],
        )
        for place, task in enumerate(sorted(base.keys() & candidate.keys(), key=int))
    ]


def _label(run: str, model: str) -> str:
    return run.removeprefix("eval_").partition(f"_{model}_test")[0]


def _show(model: str, told: Sequence[Told]) -> None:
    base = told[0].found.incumbent
    print(f"\n{model}: {len(told)} candidates against a base of {base.success_rate if base else 0:.1%}, {TASKS} tasks, {TRIALS} replays\n")
    print(f"{'candidate':>44}{'success':>9}{'E+':>8}{'E-':>8}{'E- hand':>9}{'F':>8}{'excess broken':>15}  verdict")
    for it in sorted(told, key=lambda one: -one.found.e_better):
        found, excess = it.found, it.excess_broken
        rate = found.candidate.success_rate if found.candidate else 0.0
        figures = (found.e_better, found.e_worse, found.e_worse_escalation, found.futility)
        e = "".join(f"{value:>{width}.2f}" for value, width in zip(figures, (8, 8, 9, 8), strict=True))
        print(f"{it.name:>44}{rate:>9.1%}{e}{'not judged' if excess is None else f'{excess:.1%}':>15}  {found.verdict.value}")
    print(f"\n{TASKS} tasks promote " + ", ".join(f"{effect:+.0%} in {power(told, model, effect):.0%}" for effect in EFFECTS) + " of tests")


def _wire(it: Told) -> dict[str, object]:
    found = it.found
    return {
        "model": it.model,
        "candidate": it.name,
        "success": found.candidate.success_rate if found.candidate else None,
        "base": found.incumbent.success_rate if found.incumbent else None,
        "e_better": found.e_better,
        "e_worse": found.e_worse,
        "e_worse_escalation": found.e_worse_escalation,
        "futility": found.futility,
        "excess_broken": it.excess_broken,
        "verdict": found.verdict.value,
        "needed_tasks": found.needed_n,
    }
