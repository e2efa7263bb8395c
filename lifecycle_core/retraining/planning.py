"""A shadow test planned: what it would find, how many samples, days and dollars it would take, before anything is paid for.

1. A plan imagines whole tests by the rules that the real one goes by, on agents as the variant's own figures describe them.
2. Only so many samples come as there are goals within the days that a test may last; what comes too late finds nothing.
3. What is not known of the variant is assumed, and the plan says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf
from typing import Final

import numpy as np

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.gates import Offline
from lifecycle_core.retraining.imagined import World, draw
from lifecycle_core.retraining.shadow import twice_every
from lifecycle_core.retraining.verdict import ORDER, Verdict, end
from lifecycle_core.statistics.arrays import floats

ASSUMED_SUCCESS: Final = 0.75
ASSUMED_DISAGREEMENT: Final = 0.25
"""How often two replays of a real agent differ where nobody has measured it: of .12 to .26, nearly the worst."""
EFFECTS: Final = (-0.10, 0.0, 0.05, 0.10, 0.15, 0.20)
"""True changes of success, relative, that a plan tells the chances of."""
EFFECT: Final = 0.10
"""The one that replays are compared by, where none is asked for."""
LEAST_EFFECT: Final = -0.9
MOST_EFFECT: Final = 5.0
TRIED: Final = (1, 2, 4, 8)
"""Replays that are compared with those asked for."""
ENOUGH: Final = 0.80
"""The power from which on a test is worth its price."""

_FEWEST, _MOST = 100, 400
_DRAWN: Final = 100_000
"""Samples that are drawn for one row, as far as its tests are neither too few nor too many."""
_EDGE: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What is known of a variant.

    success_rate, escalation_rate : of the active version. disagreement_rate : how often two of its replays of one scenario differ.
    replay_usd : US dollars of one replay; None = unknown. told_by : figure -> where it comes from, in words.
    goals_a_day : goals that new conversations bring; recorded_goals : those of the last weeks that nobody has learnt from.
    """

    success_rate: float
    disagreement_rate: float
    escalation_rate: float
    replay_usd: float | None
    goals_a_day: float
    recorded_goals: int
    told_by: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What tests of candidates with one true effect come to.

    replays : of each scenario, by each version. effect : the true change of success, relative.
    most_samples : that can come. power : share of tests whose evidence and gates say promote. harm : share stopped for harm.
    mean_samples, p90_samples : that a test takes. mean_days : None where goals are recorded, which are there at once.
    mean_usd : None where a replay's cost is unknown; most_usd : of a test that takes all samples.
    """

    replays: int
    effect: float
    most_samples: int
    power: float
    harm: float
    mean_samples: float
    p90_samples: float
    mean_days: float | None
    mean_usd: float | None
    most_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a shadow test of a variant would take and find.

    effect : what a candidate is taken to gain where replays are compared.
    by_effect : at the replays asked for, smallest effect first; by_replays : at that effect, fewest replays first.
    recommended : the replays of the cheapest test that finds the effect in four of five; None where none does.
    smallest_found : the smallest effect of `by_effect` that the asked replays find so often; None where none is.
    advice : sentences. tests : imagined for each figure.
    """

    basis: Basis
    replays: int
    effect: float
    by_effect: tuple[Expected, ...]
    by_replays: tuple[Expected, ...]
    recommended: int | None
    smallest_found: float | None
    advice: tuple[str, ...]
    tests: int


def plan(basis: Basis, policy: Policy, generator: np.random.Generator, *, effect: float, replays: int | None = None) -> Plan:
    """The plan of a shadow test by `policy`.

    effect : relative, over -1; replays : in place of the policy's.

    >>> known = Basis(success_rate=0.75, disagreement_rate=0.23, escalation_rate=0.05, replay_usd=0.01, goals_a_day=200.0,
    ...     recorded_goals=0, told_by={})
    >>> planned = plan(known, Policy(), np.random.default_rng(1), effect=0.10)
    >>> [it.power > 0.9 for it in planned.by_effect]
    [False, False, False, True, True, True]
    """
    replays = replays or policy.shadow.replays
    effects = sorted({*EFFECTS, effect})
    by_effect = tuple(expected(basis, policy, generator, replays=replays, effect=it) for it in effects)
    asked = by_effect[effects.index(effect)]
    counts = sorted({*TRIED, replays})
    by_replays = tuple(asked if it == replays else expected(basis, policy, generator, replays=it, effect=effect) for it in counts)
    good = [it for it in by_replays if it.power >= ENOUGH]
    found = [it.effect for it in by_effect if it.effect > 0 and it.power >= ENOUGH]
    recommended = min(good, key=lambda it: it.mean_samples * _servings(it.replays, policy)).replays if good else None
    return Plan(
        basis=basis,
        replays=replays,
        effect=effect,
        by_effect=by_effect,
        by_replays=by_replays,
        recommended=recommended,
        smallest_found=min(found, default=None),
        advice=tuple(_advice(asked, by_replays, recommended, basis, policy)),
        tests=_tests(asked.most_samples),
    )


def expected(basis: Basis, policy: Policy, generator: np.random.Generator, *, replays: int, effect: float) -> Expected:
    """What tests with so many replays come to, of candidates with that true effect; manual review is taken to say yes."""
    shadow = replace(policy.shadow, replays=replays)
    most = most_samples(basis, policy)
    success = float(np.clip(basis.success_rate, _EDGE, 1 - _EDGE))
    handed = min(1.0, basis.escalation_rate / (1 - success))
    world = World(success=success, disagreement=basis.disagreement_rate, effect=effect, escalation=handed, candidate_escalation=handed)
    share, taken = dict.fromkeys(ORDER, 0.0), np.zeros(1)
    if most:
        pairs = draw(world, generator, tests=_tests(most), samples=most, replays=replays, twice_every=twice_every(replays, shadow))
        ending = end(pairs, replace(policy, shadow=shadow), closed=True, offline=Offline(1.0))
        share, taken = {it: ending.share(it) for it in ORDER}, floats(ending.n)
    a_sample = None if basis.replay_usd is None else basis.replay_usd * _servings(replays, policy)
    return Expected(
        replays=replays,
        effect=effect,
        most_samples=most,
        power=share[Verdict.PROMOTE] + share[Verdict.TO_A_PERSON],
        harm=share[Verdict.HARM],
        mean_samples=float(taken.mean()),
        p90_samples=float(np.quantile(taken, 0.9)),
        mean_days=None if _recorded(policy) else _days(float(taken.mean()), basis, policy),
        mean_usd=None if a_sample is None else a_sample * float(taken.mean()),
        most_usd=None if a_sample is None else a_sample * most,
    )


def most_samples(basis: Basis, policy: Policy) -> int:
    """How many samples can come within the days that a test may last.

    >>> known = Basis(success_rate=0.75, disagreement_rate=0.23, escalation_rate=0.05, replay_usd=None, goals_a_day=20.0,
    ...     recorded_goals=0, told_by={})
    >>> most_samples(known, Policy())
    140
    """
    there = basis.recorded_goals if _recorded(policy) else int(basis.goals_a_day * policy.shadow.max_days)
    return min(policy.shadow.max_samples, there)


def _advice(asked: Expected, by_replays: Sequence[Expected], recommended: int | None, basis: Basis, policy: Policy) -> list[str]:
    shadow, said = policy.shadow, []
    if asked.most_samples < shadow.min_shadow_samples:
        where = "are recorded" if _recorded(policy) else f"come within {shadow.max_days} days"
        said.append(f"Only {asked.most_samples} goals {where}, and nothing is promoted before {shadow.min_shadow_samples} samples")
    elif recommended is None:
        best = max(by_replays, key=lambda it: it.power)
        said.append(
            f"No number of replays tried finds {asked.effect:+.0%} in {ENOUGH:.0%} of tests; {best.replays} find it in {best.power:.0%}"
        )
    elif recommended != asked.replays:
        it = next(one for one in by_replays if one.replays == recommended)
        said.append(f"{it.replays} replays find {asked.effect:+.0%} for the least: in {it.power:.0%}, after {it.mean_samples:.0f} samples")
    if asked.power < ENOUGH and not _recorded(policy) and basis.recorded_goals >= max(shadow.min_shadow_samples, asked.most_samples + 1):
        said.append(f"The last weeks hold {basis.recorded_goals} goals of use: shadow.source=recorded need not wait for new ones")
    budget = policy.retraining.budget_usd
    if asked.most_usd is not None and budget is not None and asked.most_usd > budget:
        said.append(
            f"A test of all samples costs about ${asked.most_usd:,.2f}, past the budget of ${budget:,.2f}: raise retraining.budgetUsd"
        )
    return said


def _servings(replays: int, policy: Policy) -> float:
    """How often a scenario is served on average: by the incumbent, by the candidate, and now and then by the incumbent again."""
    return replays * (2 + 1 / twice_every(replays, policy.shadow))


def _recorded(policy: Policy) -> bool:
    return policy.shadow.source.value == "recorded"


def _days(samples: float, basis: Basis, policy: Policy) -> float:
    needed = samples / basis.goals_a_day if basis.goals_a_day else inf
    return min(float(policy.shadow.max_days), needed)


def _tests(samples: int) -> int:
    return min(_MOST, max(_FEWEST, ceil(_DRAWN / max(1, samples))))
