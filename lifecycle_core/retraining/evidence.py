"""The evidence of a shadow test, valid at every look: better, worse, worse in hand-offs, and short of the gate."""

from dataclasses import dataclass

from lifecycle_core.policy import ShadowPolicy
from lifecycle_core.retraining.shadow import Pairs
from lifecycle_core.statistics.arrays import Array, divide
from lifecycle_core.statistics.sequential import log_e, observations_needed


@dataclass(frozen=True, slots=True)
class Evidence:
    """The logarithms of four e-processes after each sample, (..., n) float.

    better : against "the candidate succeeds no more often"; worse : against "no less often";
    worse_escalation : against "it hands over no more often"; futility : against "it reaches the gate".
    """

    better: Array
    worse: Array
    worse_escalation: Array
    futility: Array


def gather(pairs: Pairs, policy: ShadowPolicy) -> Evidence:
    """The evidence in `pairs`.

    References: design of the bets: `lifecycle_core.statistics.sequential`.
    """
    gained = _gained(pairs)
    handed_over = divide(pairs.b_escalated, pairs.m_candidate) - divide(pairs.a_escalated, pairs.m)
    return Evidence(
        better=log_e(gained), worse=log_e(-gained), worse_escalation=log_e(handed_over), futility=log_e(_short_of_gate(pairs, policy))
    )


def samples_needed(pairs: Pairs, policy: ShadowPolicy) -> tuple[int, str] | None:
    """How many samples like these a verdict would take, and which: "better" or "futile", whichever is the sooner.

    pairs : of one test. None where no number would.
    """
    better = observations_needed(_gained(pairs), policy.evidence_level)
    futile = observations_needed(_short_of_gate(pairs, policy), policy.futility_level)
    sooner = min((it for it in ((better, "better"), (futile, "futile")) if it[0] is not None), default=None, key=lambda it: it[0] or 0)
    if sooner is None or sooner[0] is None:
        return None
    return max(sooner[0], policy.min_shadow_samples), sooner[1]


def _gained(pairs: Pairs) -> Array:
    return pairs.candidate_rate - pairs.rate


def _short_of_gate(pairs: Pairs, policy: ShadowPolicy) -> Array:
    wanted = 1 + policy.min_success_gain
    return (wanted * pairs.rate - pairs.candidate_rate) / wanted
