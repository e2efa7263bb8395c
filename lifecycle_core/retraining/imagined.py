"""Shadow tests imagined: pairs of two agents whose success on each scenario is known, drawn by a chance that is passed in."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from lifecycle_core.retraining.shadow import Pairs
from lifecycle_core.statistics.arrays import Array, floats

LOG_COST_SPREAD: Final = 0.8
SHARED_COST: Final = 0.5
"""How much of the variance of a log cost belongs to the scenario."""
_ALIKE: Final = 1e-9
"""How alike replays of one scenario must be, beyond chance, for scenarios to differ at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Two agents, and the scenarios that both serve.

    success : the incumbent's, within (0, 1); disagreement : how often two of its replays of one scenario differ.
    effect : the candidate's relative change of success: a gain mends failures of all scenarios alike, a loss breaks successes alike.
    cost : the candidate's relative change of cost. escalation, candidate_escalation : shares of the failures that are handed over.
    simulator_gap : how far the incumbent succeeds more often in the simulator than in production; None = what happened there is unknown.
    """

    success: float
    disagreement: float
    effect: float = 0.0
    cost: float = 0.0
    escalation: float = 0.0
    candidate_escalation: float = 0.0
    simulator_gap: float | None = None


def draw(world: World, generator: np.random.Generator, *, tests: int, samples: int, replays: int, twice_every: int) -> Pairs:
    """The samples of `tests` tests: (tests, samples) each; past a success of 1 an effect goes no further.

    >>> it = World(success=0.75, disagreement=0.23, effect=0.1)
    >>> pairs = draw(it, np.random.default_rng(1), tests=200, samples=100, replays=4, twice_every=10)
    >>> round(float(pairs.rate.mean()), 2), round(float(pairs.candidate_rate.mean()), 2)
    (0.75, 0.83)
    """
    shape = (tests, samples)
    before = _scenarios(world, generator, shape)
    gain = min(world.success * world.effect, 1 - world.success)
    after = before + (1 - before) * gain / (1 - world.success) if gain > 0 else before * (1 + world.effect)
    a, b = (floats(generator.binomial(replays, it)) for it in (before, after))
    again = np.where(np.arange(samples) % twice_every == 0, generator.binomial(replays, before), np.nan)
    m, unknown = np.full(shape, float(replays)), np.full(shape, np.nan)
    hard = generator.normal(0, LOG_COST_SPREAD * np.sqrt(SHARED_COST), shape)
    return Pairs(
        m=m,
        m_candidate=m,
        m_again=np.where(np.isnan(again), np.nan, m),
        a=a,
        b=b,
        again=again,
        a_escalated=floats(generator.binomial((m - a).astype(int), world.escalation)),
        b_escalated=floats(generator.binomial((m - b).astype(int), world.candidate_escalation)),
        a_cost=_costs(hard, replays, generator),
        b_cost=(1 + world.cost) * _costs(hard, replays, generator),
        a_latency=unknown,
        b_latency=unknown,
        live=unknown if world.simulator_gap is None else floats(generator.random(shape) < before - world.simulator_gap),
    )


def _scenarios(world: World, generator: np.random.Generator, shape: tuple[int, int]) -> Array:
    """How easy each scenario is: beta, as spread as the disagreement leaves."""
    p = world.success
    alike = 1 - world.disagreement / (2 * p * (1 - p))
    if alike < _ALIKE:
        return np.full(shape, p)
    size = (1 - alike) / alike
    return floats(generator.beta(p * size, (1 - p) * size, shape))


def _costs(hard: Array, replays: int, generator: np.random.Generator) -> Array:
    own = generator.normal(0, LOG_COST_SPREAD * np.sqrt(1 - SHARED_COST), (*hard.shape, replays))
    return floats(np.exp(own).mean(axis=-1) * np.exp(hard))
