"""Every threshold, window and budget, per variant: of the watch, of retraining, of shadow tests and of probation, and of alerts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

ALL_METRICS = ("booking_rate", "escalation_rate", "cost", "response_time", "action_distribution")
"""The names of the five metrics, as `drifts` lists them."""


class Mode(StrEnum):
    """What decides: the scan's evidence beside the plan's threshold, or the bare threshold."""

    EVIDENCE = "evidence"
    THRESHOLD = "threshold"


class Engine(StrEnum):
    """What writes the candidate's prompt: a model's edits, a search among them, or rules alone, one edit for each mined pattern."""

    BUILTIN = "builtin"
    GEPA = "gepa"
    RULES = "rules"


class AgentMode(StrEnum):
    """Which agent is tested: a model that is prompted and offered tools here, or the user's own service, which has them itself."""

    MODEL = "model"
    ENDPOINT = "endpoint"


class ShadowSource(StrEnum):
    """Where a shadow test's goals come from: each new conversation's, or those of the last weeks."""

    NEW = "new"
    RECORDED = "recorded"


class EvidenceMode(StrEnum):
    """What promotes: evidence that is valid at every look beside the plan's gates, or the bare gates."""

    EVIDENCE = "evidence"
    GATES = "gates"


class DifferenceMode(StrEnum):
    """What counts as a difference: a scenario that the candidate breaks, or any other outcome."""

    BROKEN = "broken"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingPolicy:
    """When a variant is retrained, from how much, and for how much money.

    cooldown_days : from the beginning of one session to the next that a drift may start.
    require_consecutive : so many recorded checks in a row must have asked for it.
    retrain_on : the metrics whose drift may start a retraining.
    retrain_every_days : retrain without any drift when so long ago; None = never.
    include_failures, include_successes : which conversations are training data.
    search_rollouts : conversations that a search (`gepa`) may serve.
    agent : what serves replays and cases; an endpoint is asked at the address that the environment names.
    read_conversations : so many failures, and as many successes, are read by a model that somebody chose; 0 = none.
    min_evaluation_score : from 0 to 1, over `evaluation_cases` graded cases.
    review_pairs : conversations shown to whoever reviews, where `manual_review` is on.
    review_days : after so long without an answer the incumbent is kept.
    four_eyes : who began a session may not approve its candidate.
    budget_calls, budget_tokens, budget_usd : what one session may spend on models; None = without limit.

    >>> RetrainingPolicy().cooldown_days
    7
    """

    cooldown_days: int = 7
    require_consecutive: int = 1
    retrain_on: tuple[str, ...] = ALL_METRICS
    retrain_every_days: int | None = None
    min_training_examples: int = 50
    max_training_examples: int = 500
    include_failures: bool = True
    include_successes: bool = True
    engine: Engine = Engine.BUILTIN
    search_rollouts: int = 250
    agent: AgentMode = AgentMode.MODEL
    read_conversations: int = 40
    evaluation_cases: int = 10
    min_evaluation_score: float = 0.8
    manual_review: bool = False
    review_pairs: int = 10
    review_days: int = 7
    four_eyes: bool = False
    budget_calls: int | None = 500_000
    budget_tokens: int | None = 1_000_000_000
    budget_usd: float | None = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowPolicy:
    """How a candidate is tested beside the incumbent, and what it must reach.

    replays : how often each arm serves each scenario.
    min_shadow_samples, look_every, max_samples, max_days : the gates are judged at the first, then at every so many, and at the end.
    min_harm_samples : from here on evidence of harm ends the test at any sample.
    evidence_level : what e must reach for "better" and for "worse"; futility_level : for "it does not reach the gate".
    min_success_gain, max_cost_increase : relative; .05 is 5%.
    max_difference_rate : share of scenarios, in excess of what the incumbent would break of itself.
    review_cost_increase : a person decides where the 95% upper limit of the cost's change is past it.
    review_simulator_gap, max_simulator_gap : points between the incumbent's simulated and live rates, past which a person decides,
    and past which the test is invalid.
    serve_twice_every, serve_twice_every_single : the incumbent serves every so manyth scenario twice, with several replays and with one.

    >>> ShadowPolicy().min_shadow_samples
    100
    """

    source: ShadowSource = ShadowSource.NEW
    replays: int = 4
    min_shadow_samples: int = 100
    look_every: int = 50
    max_samples: int = 500
    max_days: int = 7
    min_harm_samples: int = 20
    evidence: EvidenceMode = EvidenceMode.EVIDENCE
    evidence_level: float = 20.0
    futility_level: float = 10.0
    difference_mode: DifferenceMode = DifferenceMode.BROKEN
    min_success_gain: float = 0.05
    max_cost_increase: float = 0.10
    max_difference_rate: float = 0.05
    review_cost_increase: float = 0.20
    review_simulator_gap: float = 0.05
    max_simulator_gap: float = 0.15
    serve_twice_every: int = 10
    serve_twice_every_single: int = 5

    @property
    def fewest_for_force(self) -> int:
        """The fewest samples by which anybody may demand to decide: those by which harm is tested, or all that a short test has."""
        return min(self.min_harm_samples, self.min_shadow_samples)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbationPolicy:
    """How long a promoted version is watched for harm before it counts as stable.

    evidence_level : what e must reach to roll it back.

    >>> ProbationPolicy().min_conversations
    200
    """

    min_hours: int = 24
    min_conversations: int = 200
    max_days: int = 7
    evidence_level: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """When whoever answers for a variant is told of it; the plan's six thresholds, None for one that is not watched.

    min_booking_rate, max_escalation_rate : shares of the conversations of 24 hours; max_cost_usd : their mean cost.
    min_conversations : fewer of them judge nothing. min_retraining_success : a share of the retrainings that came to a verdict.
    watch_only : signals that are watched and shown, and alert nobody.
    quiet_checks : so many checks in a row must be well before an alert ends; renew_hours : how often one that lasts is told again.

    >>> AlertPolicy().min_booking_rate
    0.7
    """

    min_booking_rate: float | None = 0.70
    max_escalation_rate: float | None = 0.10
    max_cost_usd: float | None = 0.002
    max_drifts_per_week: int | None = 2
    min_retraining_success: float | None = 0.50
    max_rollbacks_per_month: int | None = 1
    min_conversations: int = 50
    watch_only: tuple[str, ...] = ()
    quiet_checks: int = 3
    renew_hours: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What counts as drift for a variant, and what is done about it.

    The thresholds are relative changes: .10 means 10% of the reference. The
    windows `recent_hours` and `reference_days` are the pair that the reply shows;
    what decides in `Mode.EVIDENCE` is the scan over `lifecycle_core.drift.scan`.

    >>> Policy().booking_rate_threshold
    0.1
    """

    mode: Mode = Mode.EVIDENCE
    booking_rate_threshold: float = 0.10
    escalation_rate_threshold: float = 0.15
    cost_increase_threshold: float = 0.20
    response_time_threshold: float = 0.25
    action_distribution_threshold: float = 0.10
    min_samples_for_comparison: int = 50
    confidence_level: float = 0.95
    recent_hours: int = 24
    reference_days: int = 7
    false_alarms_per_quarter: float = 0.5
    retraining: RetrainingPolicy = field(default_factory=RetrainingPolicy)
    shadow: ShadowPolicy = field(default_factory=ShadowPolicy)
    probation: ProbationPolicy = field(default_factory=ProbationPolicy)
    alerts: AlertPolicy = field(default_factory=AlertPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change of a variant's policy.

    by, why : who made it and for what reason; policy : what it made it.
    changes : setting, dotted where it stands in a part as "shadow.replays" -> its value before and after, as JSON has them.
    """

    id: int
    variant: str
    at: datetime
    by: str
    why: str
    changes: Mapping[str, tuple[Any, Any]]
    policy: Policy
