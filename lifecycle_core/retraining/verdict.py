"""When a shadow test ends, and with what verdict: one table of rules, for one test or for thousands at once.

1. Harm ends it at any sample from the 20th on, an invalid simulator at any look.
2. It is promoted at a look: the evidence says better, and every gate passes. Where one cannot judge or a figure is doubtful, a person does;
   for a rise of escalation that is within chance only at the end, since more samples may settle it.
3. Futility ends it at any sample from the first look on.
4. At the end, evidence of better with a gate that refuses is a refusal; all else is inconclusive.
5. With bare gates there is one look, at the fewest samples, and nothing but the gates.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lifecycle_core.policy import EvidenceMode, Policy
from lifecycle_core.retraining.evidence import Evidence, gather
from lifecycle_core.retraining.gates import Judgement, Offline, judge
from lifecycle_core.retraining.shadow import Pairs, looks_of

NO_OFFLINE: Final = Offline()
NEVER: Final = np.iinfo(np.int64).max


class Verdict(StrEnum):
    """What a shadow test says."""

    COLLECTING = "collecting"
    PROMOTE = "promote"
    TO_A_PERSON = "to_a_person"
    HARM = "harm"
    FUTILE = "futile"
    GATES = "gates"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


ORDER: Final = (Verdict.HARM, Verdict.INVALID, Verdict.PROMOTE, Verdict.TO_A_PERSON, Verdict.FUTILE, Verdict.GATES, Verdict.INCONCLUSIVE)
"""Which goes before which where two hold at one sample."""


@dataclass(frozen=True, slots=True)
class Endings:
    """How tests of equal length ended: (...,) each.

    place : of the verdict in `ORDER`; -1 where the test goes on. n : samples it took; all of them where it goes on.
    looks : at which the gates were judged. evidence : over all samples, also past n.
    """

    place: NDArray[np.int64]
    n: NDArray[np.int64]
    looks: tuple[int, ...]
    evidence: Evidence

    def share(self, verdict: Verdict) -> float:
        """The share of the tests that ended with `verdict`."""
        return float((self.place == ORDER.index(verdict)).mean())

    def verdict(self) -> Verdict:
        """The verdict of one test."""
        return ORDER[int(self.place)] if self.place >= 0 else Verdict.COLLECTING


def end(pairs: Pairs, policy: Policy, *, closed: bool, offline: Offline = NO_OFFLINE) -> Endings:
    """The verdicts of tests, at the first sample that allows one.

    pairs : (..., n) each, n ≥ 1; what lies past the policy's most samples is not looked at.
    closed : whether time is up; at the most samples it is.
    """
    shadow = policy.shadow
    pairs = pairs.first(shadow.max_samples)
    closed = closed or pairs.n >= shadow.max_samples
    looks = _looks(pairs.n, policy, closed=closed)
    evidence = gather(pairs, shadow)
    shape = evidence.better.shape[:-1]
    found = dict.fromkeys(ORDER, np.full(shape, NEVER))
    level = log(shadow.evidence_level)
    bare = shadow.evidence is EvidenceMode.GATES
    if not bare:
        worse = np.maximum(evidence.worse, evidence.worse_escalation) >= level
        found[Verdict.HARM] = _first(worse, np.arange(1, pairs.n + 1), shadow.min_harm_samples)
        futile = evidence.futility >= log(shadow.futility_level)
        found[Verdict.FUTILE] = _first(futile, np.arange(1, pairs.n + 1), shadow.min_shadow_samples)
    if looks:
        at = np.array(looks)
        judgement = judge(pairs, policy, at, offline)
        better = np.full(judgement.refuses.shape, fill_value=True) if bare else evidence.better[..., at - 1] >= level
        found |= _looked(judgement, better, at, shape, last=closed or bare)
    if closed:
        found[Verdict.INCONCLUSIVE] = np.full(shape, pairs.n)
    when = np.stack([found[it] for it in ORDER])
    place = np.where((when < NEVER).any(axis=0), when.argmin(axis=0), -1)
    return Endings(place, np.where(place < 0, pairs.n, when.min(axis=0)), looks, evidence)


def _looks(n: int, policy: Policy, *, closed: bool) -> tuple[int, ...]:
    """The looks that a test of `n` samples has had: the listed ones, and the end."""
    fewest = policy.shadow.min_shadow_samples
    looks = looks_of(policy.shadow, n)
    if policy.shadow.evidence is EvidenceMode.GATES:
        return looks[:1]
    return tuple(sorted({*looks, n})) if closed and n >= fewest else looks


def _looked(
    judgement: Judgement, better: NDArray[np.bool_], at: NDArray[np.int64], shape: tuple[int, ...], *, last: bool
) -> dict[Verdict, NDArray[np.int64]]:
    """What the looks allow: (...,) samples by verdict. `last` : the last look is the end."""
    passes = better & ~judgement.refuses
    waits = judgement.waits & (at < at[-1]) if last else judgement.waits
    found = {
        Verdict.INVALID: _first(judgement.invalid, at),
        Verdict.PROMOTE: _first(passes & ~judgement.unsure, at),
        Verdict.TO_A_PERSON: _first(passes & judgement.unsure & ~waits, at),
    }
    if last:
        found[Verdict.GATES] = np.where((better & judgement.refuses)[..., -1], at[-1], np.full(shape, NEVER))
    return found


def _first(holds: NDArray[np.bool_], at: NDArray[np.int64], fewest: int = 0) -> NDArray[np.int64]:
    """The first of (k,) numbers of samples, from `fewest` on, at which (..., k) holds."""
    holds = holds & (at >= fewest)
    return np.where(holds.any(axis=-1), at[holds.argmax(axis=-1)], NEVER)
