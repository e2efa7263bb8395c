"""A shadow test's samples: what incumbent and candidate made of the same customer goals.

1. Scenarios are the sampling unit: a sample is one customer goal, served by both arms, however often each.
2. Samples are ordered by when they were drawn or posted, those together by when their conversation ended, then by its id; never by
   when a replay happened to finish, and none that comes later stands before one that was looked at.
3. Only the complete prefix is looked at: short and easy scenarios finish first.
4. Where the infrastructure took a replay of the incumbent, the scenario counts for neither; the candidate's count as its failures.
5. Kinds of evidence are never mixed, and a live outcome is never paired with a simulated one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Self

import numpy as np

from lifecycle_core.errors import InvalidInputError
from lifecycle_core.policy import ShadowPolicy
from lifecycle_core.replay.episode import Replay
from lifecycle_core.statistics.arrays import Array, divide, floats

SECONDS_AN_HOUR = 3600

Key = tuple[int, datetime, str]
"""A place in the order of samples, with when the conversation ended and its id: of samples without places, these order."""


class Source(StrEnum):
    """Where a sample comes from: the goal of a new conversation or of a recorded one, replayed; or a deployed agent's own pairs."""

    NEW = "new"
    RECORDED = "recorded"
    POSTED = "posted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What one version made of one scenario.

    replays : how often it served it; successes, escalations : in how many of these.
    lost : replays that the infrastructure took, after all retries; they are among `replays`, and never among `successes`.
    cost_usd : US dollars of all replays together; latency_s : seconds, the mean over replays of each one's median reply. None = unknown.

    Raises InvalidInputError for counts that cannot be.

    >>> Arm(replays=4, successes=3).rate
    0.75
    """

    replays: int
    successes: int
    escalations: int = 0
    lost: int = 0
    cost_usd: float | None = None
    latency_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse counts past the replays, and costs and times below nothing."""
        if self.replays < 1:
            message = f"replays is {self.replays}; an arm serves a scenario at least once"
            raise InvalidInputError(message, field="replays")
        for name, count, most in (
            ("successes", self.successes, self.replays - self.lost),
            ("escalations", self.escalations, self.replays),
            ("lost", self.lost, self.replays),
        ):
            if not 0 <= count <= most:
                message = f"{name} is {count}; with {self.replays} replays, {self.lost} of them lost, it is from 0 to {max(most, 0)}"
                raise InvalidInputError(message, field=name)
        for name, figure in (("cost_usd", self.cost_usd), ("latency_s", self.latency_s)):
            if figure is not None and not (np.isfinite(figure) and figure >= 0):
                message = f"{name} is {figure}; give a number from 0, or none"
                raise InvalidInputError(message, field=name)

    @classmethod
    def of(cls, replays: Sequence[Replay]) -> Self:
        """What replays of one scenario by one version came to."""
        costs = [it.cost_usd for it in replays if it.cost_usd is not None]
        latencies = [it.latency_s for it in replays if it.latency_s is not None]
        return cls(
            replays=len(replays),
            successes=sum(it.booked and it.broken_by != "infrastructure" for it in replays),
            escalations=sum(it.escalated for it in replays),
            lost=sum(it.broken_by == "infrastructure" for it in replays),
            cost_usd=sum(costs) if len(costs) == len(replays) else None,
            latency_s=fmean(latencies) if latencies else None,
        )

    @property
    def rate(self) -> float:
        """The share of replays that succeeded."""
        return self.successes / self.replays


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One customer goal, served by incumbent and candidate.

    scenario_id : the conversation that the goal comes from; ended_at : when that ended.
    again : the incumbent's second serving, where it had one: what it breaks of itself.
    live_success : how the conversation itself went, under the incumbent; None = unknown.
    simulated : a scripted agent had a part in it. place : its row's; of values without rows all have the same.
    """

    scenario_id: str
    ended_at: datetime
    source: Source
    incumbent: Arm
    candidate: Arm
    again: Arm | None = None
    live_success: bool | None = None
    simulated: bool = False
    place: int = field(default=0, compare=False)

    @property
    def key(self) -> Key:
        """What it is ordered by."""
        return self.place, self.ended_at, self.scenario_id

    @property
    def counts(self) -> bool:
        """Whether the incumbent could be served at all."""
        return self.incumbent.lost == 0


def serves_twice(place: int, policy: ShadowPolicy) -> bool:
    """Whether the incumbent serves the scenario at `place`, from 0, a second time: every tenth, of single replays every fifth.

    >>> [place for place in range(30) if serves_twice(place, ShadowPolicy())]
    [0, 10, 20]
    """
    return place % twice_every(policy.replays, policy) == 0


def twice_every(replays: int, policy: ShadowPolicy) -> int:
    """The incumbent serves every so manyth scenario twice."""
    return policy.serve_twice_every if replays > 1 else policy.serve_twice_every_single


def complete_prefix(samples: Iterable[Sample], pending: Iterable[Key] = ()) -> tuple[Sample, ...]:
    """The samples, in their order, before the first scenario that is still being served.

    pending : the `key` of each scenario that was drawn and has no sample yet.

    Raises InvalidInputError for a scenario that comes twice, or for evidence of different kinds.
    """
    ordered = sorted(samples, key=lambda it: it.key)
    seen: set[str] = set()
    for it in ordered:
        if it.scenario_id in seen:
            message = f"scenario {it.scenario_id} has two samples; a scenario counts once"
            raise InvalidInputError(message, field="scenario_id")
        seen.add(it.scenario_id)
    if len({it.source is Source.POSTED for it in ordered}) > 1:
        message = (
            "some samples were posted and others replayed; a verdict never mixes kinds of evidence, so begin a test of its own for each"
        )
        raise InvalidInputError(message, field="source")
    first = min(pending, default=None)
    return tuple(it for it in ordered if first is None or it.key < first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The samples as arrays: (..., n) float each, in their order; the leading axes, where there are any, are tests of equal length.

    m, m_candidate, m_again : replays. a, b, again : successes of the incumbent, the candidate, the incumbent's second serving.
    a_escalated, b_escalated : escalations. a_cost, b_cost : US dollars a replay. a_latency, b_latency : seconds. live : 0 or 1.
    nan where unknown.
    """

    m: Array
    m_candidate: Array
    m_again: Array
    a: Array
    b: Array
    again: Array
    a_escalated: Array
    b_escalated: Array
    a_cost: Array
    b_cost: Array
    a_latency: Array
    b_latency: Array
    live: Array

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Self:
        """The pairs of ordered samples, each of which counts."""
        incumbent, candidate = [it.incumbent for it in samples], [it.candidate for it in samples]
        again = [it.again if it.again is not None and not it.again.lost else None for it in samples]
        return cls(
            m=floats([it.replays for it in incumbent]),
            m_candidate=floats([it.replays for it in candidate]),
            m_again=_known([None if it is None else it.replays for it in again]),
            a=floats([it.successes for it in incumbent]),
            b=floats([it.successes for it in candidate]),
            again=_known([None if it is None else it.successes for it in again]),
            a_escalated=floats([it.escalations for it in incumbent]),
            b_escalated=floats([it.escalations for it in candidate]),
            a_cost=_known([None if it.cost_usd is None else it.cost_usd / it.replays for it in incumbent]),
            b_cost=_known([None if it.cost_usd is None else it.cost_usd / it.replays for it in candidate]),
            a_latency=_known([it.latency_s for it in incumbent]),
            b_latency=_known([it.latency_s for it in candidate]),
            live=_known([it.live_success for it in samples]),
        )

    @property
    def n(self) -> int:
        """How many samples each test has."""
        return len(self.m.T)

    def first(self, n: int) -> Self:
        """The first `n` samples."""
        return type(self)(**{name: getattr(self, name)[..., :n] for name in self.__dataclass_fields__})

    @property
    def rate(self) -> Array:
        """The incumbent's share of successes in each scenario."""
        return divide(self.a, self.m)

    @property
    def candidate_rate(self) -> Array:
        """The candidate's."""
        return divide(self.b, self.m_candidate)


def _known(values: Iterable[float | None]) -> Array:
    return floats([np.nan if it is None else it for it in values])


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a shadow test has come.

    n, needed : samples that count, and those that the next look needs; most : at which it ends, whatever it says.
    samples_per_hour : as of late; None where nothing tells. hours_left : to the next look, or to the deadline where that is sooner.
    """

    n: int
    needed: int
    most: int
    samples_per_hour: float | None
    hours_left: float | None

    @property
    def sentence(self) -> str:
        """The same, for people."""
        if self.hours_left is None:
            left = "nothing tells yet how long that will take"
        else:
            left = f"{'about' if self.samples_per_hour else 'at most'} {_duration(self.hours_left)} left"
        return f"{self.n} of {self.needed} samples, {left}"


def progress(
    n: int, policy: ShadowPolicy, *, samples_per_hour: float | None = None, at: datetime | None = None, deadline_at: datetime | None = None
) -> Progress:
    """How far a test with `n` samples has come at instant `at`, and how long the next look will take.

    >>> progress(63, ShadowPolicy(), samples_per_hour=18.5).sentence
    '63 of 100 samples, about 2 h left'
    """
    looks = looks_of(policy, policy.max_samples)
    needed = next((it for it in looks if it > n), policy.max_samples)
    waits = [(needed - n) / samples_per_hour] if samples_per_hour else []
    if at is not None and deadline_at is not None:
        waits.append(max(timedelta(), deadline_at - at).total_seconds() / SECONDS_AN_HOUR)
    return Progress(
        n=n,
        needed=needed,
        most=policy.max_samples,
        samples_per_hour=samples_per_hour,
        hours_left=max(0.0, min(waits)) if waits else None,
    )


def looks_of(policy: ShadowPolicy, n: int) -> tuple[int, ...]:
    """The numbers of samples, up to `n`, at which the gates are judged: the first, every so many, and the last of all.

    >>> looks_of(ShadowPolicy(), 230), looks_of(ShadowPolicy(max_samples=120), 500)
    ((100, 150, 200), (100, 120))
    """
    listed = {*range(policy.min_shadow_samples, policy.max_samples, policy.look_every), policy.max_samples}
    return tuple(sorted(it for it in listed if policy.min_shadow_samples <= it <= n))


def _duration(hours: float) -> str:
    if hours < 1:
        return f"{max(1, round(hours * 60))} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"  # noqa: PLR2004 - two days
