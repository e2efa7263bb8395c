"""A shadow test analysed: its verdict, with every figure that led to it; the same rows give the same analysis."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import log
from typing import Final

import numpy as np

from lifecycle_core.policy import Policy
from lifecycle_core.retraining.broken import difference_at, disagreement_at
from lifecycle_core.retraining.evidence import samples_needed
from lifecycle_core.retraining.gate_report import Gate, doubts_of, gates_of, number
from lifecycle_core.retraining.gates import Offline, judge
from lifecycle_core.retraining.shadow import Key, Pairs, Sample, Source, complete_prefix
from lifecycle_core.retraining.verdict import Endings, Verdict, end
from lifecycle_core.statistics.arrays import Array
from lifecycle_core.statistics.sequential import e_value

REPLAYED: Final = (
    "Replayed against a simulated customer: the candidate serves simulated customers so; only live traffic shows how it serves real ones."
)
POSTED: Final = "Posted by the deployed agent: its own pairs, taken at its word."


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmFigures:
    """What one version came to, over scenarios; cost_usd a replay, latency_s the median; None = unknown."""

    success_rate: float
    escalation_rate: float
    cost_usd: float | None
    latency_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakage:
    """How many scenarios the candidate breaks, and how many the incumbent would of itself, as shares.

    floor : by chance, as its own replays tell, or where these are single the scenarios that it served twice; None = nothing tells reliably.
    measured : of `twice` scenarios that it served twice; None without any.
    """

    share: float
    floor: float | None
    measured: float | None
    twice: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowAnalysis:
    """What a shadow test says, after its first n samples that count.

    n : samples it rests on; removed : scenarios among them that the infrastructure took. looks : where the gates were asked.
    until : the key of the last sample it rests on; None without any.
    e_better, e_worse, e_worse_escalation, futility : the e-values after n samples. level : what the first three must reach.
    closed : time was up, or no more could come; closed_because : why, where it was neither the time nor the number of samples.
    harmful : e_worse or e_worse_escalation reach their level: no force overrides it.
    reasons : why it is not promoted; empty where it is. doubts : why a person is asked.
    needed_n, needed_for : samples like these that would have shown "better" or "futile"; None where it is shown, or none would.
    breakage : what the difference gate is the excess of.
    disagreement_rate : how often two replays of the incumbent on one scenario differ; None for single replays.
    simulator_gap : the incumbent's simulated success less its live success, on the same scenarios; with its interval.
    simulated : a scripted agent had a part in it. note : what such evidence can show.
    """

    verdict: Verdict
    n: int
    removed: int = 0
    looks: tuple[int, ...] = ()
    until: Key | None = None
    e_better: float = 1.0
    e_worse: float = 1.0
    e_worse_escalation: float = 1.0
    futility: float = 1.0
    level: float
    closed: bool = False
    closed_because: str = ""
    harmful: bool = False
    gates: tuple[Gate, ...] = ()
    reasons: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    needed_n: int | None = None
    needed_for: str | None = None
    incumbent: ArmFigures | None = None
    candidate: ArmFigures | None = None
    breakage: Breakage | None = None
    disagreement_rate: float | None = None
    simulator_gap: float | None = None
    simulator_gap_low: float | None = None
    simulator_gap_high: float | None = None
    offline_score: float | None = None
    judged_worse: bool = False
    source: tuple[Source, ...] = ()
    simulated: bool = False
    note: str = ""

    @property
    def refusals(self) -> tuple[str, ...]:
        """What the gates refuse, each with its numbers."""
        return tuple(it.sentence for it in self.gates if it.passed is False)


def analyze(
    samples: Iterable[Sample],
    policy: Policy,
    *,
    pending: Iterable[Key] = (),
    closed: bool = False,
    closed_because: str = "",
    offline_score: float | None = None,
    judged_worse: bool = False,
) -> ShadowAnalysis:
    """What the samples say, by the first rule that allows a verdict.

    samples : in any order. pending : the `key` of each scenario that is still being served; nothing past the first is looked at.
    closed : time is up, or no more can come, and closed_because says why where that has another cause.
    offline_score : of the offline evaluation, from 0 to 1; None = there was none. judged_worse : a judge preferred the incumbent there.

    Raises InvalidInputError where a scenario has two samples, or where posted and replayed ones are mixed.

    >>> from lifecycle_core.policy import Policy
    >>> analyze([], Policy()).verdict.value
    'collecting'
    """
    ordered = complete_prefix(samples, pending)
    counted = [it for it in ordered if it.counts]
    if not counted:
        because = (closed_because, "No sample came in before it ended") if closed else ()
        return ShadowAnalysis(
            verdict=Verdict.INCONCLUSIVE if closed else Verdict.COLLECTING,
            n=0,
            level=policy.shadow.evidence_level,
            closed=closed,
            closed_because=closed_because if closed else "",
            reasons=tuple(it for it in because if it),
            offline_score=offline_score,
            judged_worse=judged_worse,
        )
    pairs = Pairs.of(counted)
    offline = Offline(offline_score, judged_worse=judged_worse)
    ending = end(pairs, policy, closed=closed, offline=offline)
    n = int(ending.n)
    used = ordered[: ordered.index(counted[n - 1]) + 1]
    closed = closed and n == len(counted)
    found = _told(ending, pairs.first(n), used, policy, closed=closed, offline=offline)
    undecided = closed and found.verdict in {Verdict.INCONCLUSIVE, Verdict.GATES}
    if not (undecided and closed_because):
        return found
    return replace(found, closed_because=closed_because, reasons=(closed_because, *found.reasons))


def _told(ending: Endings, pairs: Pairs, used: tuple[Sample, ...], policy: Policy, *, closed: bool, offline: Offline) -> ShadowAnalysis:
    n, verdict = pairs.n, ending.verdict()
    judgement = judge(pairs, policy, np.array([n]), offline)
    logs = {name: float(getattr(ending.evidence, name)[n - 1]) for name in ending.evidence.__dataclass_fields__}
    gates, doubts = gates_of(judgement), tuple(doubts_of(judgement, policy, offline))
    needed = samples_needed(pairs, policy.shadow) if verdict is Verdict.INCONCLUSIVE else None
    level = policy.shadow.evidence_level
    return ShadowAnalysis(
        verdict=verdict,
        n=n,
        removed=sum(not it.counts for it in used),
        looks=tuple(it for it in ending.looks if it <= n),
        until=used[-1].key,
        e_better=e_value(logs["better"]),
        e_worse=e_value(logs["worse"]),
        e_worse_escalation=e_value(logs["worse_escalation"]),
        futility=e_value(logs["futility"]),
        level=level,
        closed=closed,
        harmful=max(logs["worse"], logs["worse_escalation"]) >= log(level),
        gates=gates,
        reasons=tuple(_reasons(verdict, logs, gates, doubts, policy, n, needed)),
        doubts=doubts,
        needed_n=needed[0] if needed else None,
        needed_for=needed[1] if needed else None,
        incumbent=_figures(pairs.a, pairs.m, pairs.a_escalated, pairs.a_cost, pairs.a_latency),
        candidate=_figures(pairs.b, pairs.m_candidate, pairs.b_escalated, pairs.b_cost, pairs.b_latency),
        breakage=_breakage(pairs),
        disagreement_rate=number(disagreement_at(pairs, np.array([n]))),
        simulator_gap=number(judgement.gap.value),
        simulator_gap_low=number(judgement.gap.low),
        simulator_gap_high=number(judgement.gap.high),
        offline_score=offline.score,
        judged_worse=offline.judged_worse,
        source=tuple(sorted({it.source for it in used})),
        simulated=any(it.simulated for it in used),
        note=POSTED if used[-1].source is Source.POSTED else REPLAYED,
    )


def _reasons(  # noqa: PLR0917 - all that an ending is told by
    verdict: Verdict,
    logs: Mapping[str, float],
    gates: tuple[Gate, ...],
    doubts: tuple[str, ...],
    policy: Policy,
    n: int,
    needed: tuple[int, str] | None,
) -> Iterator[str]:
    """Why a test with this verdict is not promoted by itself."""
    shadow = policy.shadow
    refusals = [it.sentence for it in gates if it.passed is False]
    if verdict is Verdict.HARM:
        for name, what in (("worse", "succeeds less often"), ("worse_escalation", "hands over more often")):
            if logs[name] >= log(shadow.evidence_level):
                evidence = f"e = {e_value(logs[name]):,.1f} of {shadow.evidence_level:.0f}, after {n} samples"
                yield f"The candidate {what} than the incumbent ({evidence})"
    elif verdict is Verdict.FUTILE:
        evidence = f"e = {e_value(logs['futility']):,.1f} of {shadow.futility_level:.0f}, after {n} samples"
        yield f"The candidate does not reach {shadow.min_success_gain:+.2%} success ({evidence})"
        yield from refusals
    elif verdict is Verdict.GATES:
        yield from refusals
    elif verdict is Verdict.TO_A_PERSON:
        yield from doubts
    elif verdict is Verdict.INVALID:
        yield f"The simulator's success rate is over {100 * shadow.max_simulator_gap:.0f} points from production's on the same scenarios"
    elif verdict is Verdict.INCONCLUSIVE:
        if n < shadow.min_shadow_samples:
            yield f"It ended with {n} of {shadow.min_shadow_samples} samples"
        evidence = f"e = {e_value(logs['better']):,.1f} for better, of {shadow.evidence_level:.0f}"
        yield f"Neither better nor worse is shown after {n} samples ({evidence})"
        yield _needed(needed)
        yield from refusals


def _needed(needed: tuple[int, str] | None) -> str:
    if needed is None:
        return "With the effect seen, no number of samples would have shown one"
    shown = "the candidate better" if needed[1] == "better" else "that it does not reach the gate"
    return f"About {needed[0]:,} samples like these would have shown {shown}"


def _breakage(pairs: Pairs) -> Breakage:
    found = difference_at(pairs, np.array([pairs.n]), 0.0)
    return Breakage(
        share=float(found.share.item()),
        floor=number(found.floor),
        measured=number(found.measured),
        twice=int(np.isfinite(pairs.again).sum()),
    )


def _figures(successes: Array, replays: Array, escalations: Array, cost: Array, latency: Array) -> ArmFigures:
    return ArmFigures(
        success_rate=float((successes / replays).mean()),
        escalation_rate=float((escalations / replays).mean()),
        cost_usd=float(np.nanmean(cost)) if np.isfinite(cost).any() else None,
        latency_s=float(np.nanmedian(latency)) if np.isfinite(latency).any() else None,
    )
