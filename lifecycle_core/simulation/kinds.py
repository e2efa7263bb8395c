"""Kinds of conversations: a few hundred vectors of calls that stand for all, with shares that have their means and products."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from lifecycle_core.simulation.worlds import FURTHER_CALLS, MIX_CONCENTRATION
from lifecycle_core.statistics.arrays import Array, floats
from lifecycle_core.statistics.samples import pair_index

KINDS: Final = 256
_SEED: Final = 1
_STEPS: Final = 50
_DAILY_STEPS: Final = 8
_CLOSE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Kinds:
    """Kinds of conversations.

    calls : (kinds, actions) float, of one conversation each; shares : (kinds,) float, how common each is.
    """

    calls: Array
    shares: Array

    def tilted(self, mixes: Array) -> Array:
        """The kinds' shares under which calls are mixed as (days, actions) `mixes` say, as many a conversation as before: (days, kinds).

        They are tilted exponentially: of all shares with these means the nearest in relative entropy.

        >>> kinds = kinds_of((0.4, 0.3, 0.25, 0.05))
        >>> calls = kinds.tilted(np.array([[0.45, 0.25, 0.25, 0.05]])) @ kinds.calls
        >>> (calls / calls.sum()).round(6).tolist()
        [[0.45, 0.25, 0.25, 0.05]]

        References: Csiszár 1975.
        """
        wanted = mixes * (self.shares @ self.calls).sum()
        return _tilted(self.shares, self.calls, wanted, _DAILY_STEPS)


@cache
def kinds_of(mix: tuple[float, ...]) -> Kinds:
    """The kinds of a mix: drawn from a Dirichlet-multinomial, and given shares under which its first two moments are exact.

    mix : shares of actions, summing to 1.

    >>> kinds = kinds_of((0.4, 0.3, 0.25, 0.05))
    >>> (kinds.shares @ kinds.calls).round(6).tolist()
    [2.4, 1.8, 1.5, 0.3]
    """
    generator = np.random.Generator(np.random.PCG64(_SEED))
    shares = floats(mix)
    own = generator.standard_gamma(MIX_CONCENTRATION * shares, (KINDS, len(mix)))
    calls = floats(generator.multinomial(1 + generator.poisson(FURTHER_CALLS, KINDS), own / own.sum(axis=1, keepdims=True)))
    rows, columns = pair_index(len(mix))
    turns = 1 + FURTHER_CALLS
    pairs = FURTHER_CALLS**2 + 2 * FURTHER_CALLS
    products = pairs * (MIX_CONCENTRATION * shares[rows] * shares[columns] + (rows == columns) * shares[rows]) / (MIX_CONCENTRATION + 1)
    moments = np.concatenate([turns * shares, products + (rows == columns) * turns * shares[rows]])
    told = np.concatenate([calls, calls[:, rows] * calls[:, columns]], axis=1)
    weights = _tilted(np.full(KINDS, 1 / KINDS), told, moments[None], _STEPS)[0]
    common = np.argsort(-weights, kind="stable")
    return Kinds(calls[common], weights[common])


def _tilted(shares: Array, told: Array, wanted: Array, steps: int) -> Array:
    """Shares tilted exponentially until the means of (kinds, features) `told` are (days, features) `wanted`, by Newton's steps."""
    tilt = np.zeros(wanted.shape)
    scale = np.sqrt(shares @ told**2)
    told, wanted = told / scale, wanted / scale
    for _ in range(steps):
        now = _shares(shares, told, tilt)
        means = now @ told
        missed = wanted - means
        if np.abs(missed).max() < _CLOSE:
            break
        spread = np.einsum("dk,ki,kj->dij", now, told, told, optimize=True) - means[:, :, None] * means[:, None, :]
        step = np.linalg.solve(spread + 1e-12 * np.eye(told.shape[1]), missed[..., None])[..., 0]
        tilt += step / np.maximum(1.0, np.abs(step @ told.T).max(axis=1, keepdims=True))
    return _shares(shares, told, tilt)


def _shares(shares: Array, told: Array, tilt: Array) -> Array:
    exponent = tilt @ told.T
    weights = shares * np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return floats(weights / weights.sum(axis=1, keepdims=True))
