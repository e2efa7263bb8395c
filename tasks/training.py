"""What is learnt from, to be looked at and taken away: masked here, before anything leaves this process."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain

from lifecycle_core.operations import arms, training
from lifecycle_core.operations.training import Source
from lifecycle_core.replay.agent import Agent
from lifecycle_core.retraining.cases import Split, split_of
from lifecycle_core.retraining.fine_tuning import Export, Outcome, imitations, preferences, recorded
from lifecycle_core.retraining.session import Session
from lifecycle_core.retraining.training_data import DataSummary, TrainingData, collect
from tasks import context, secrets
from tasks.replays import FIRST_IN_SHADOW, Stage, model
from tasks.training_suite import check_training_data


class Format(StrEnum):
    """What an export is for: to imitate successes, or to prefer one reply to another."""

    OPENAI = "openai"
    PREFERENCES = "preferences"


@dataclass(frozen=True, slots=True)
class Learnt:
    """Training data, and what they were made of."""

    source: Source
    data: TrainingData


def learnt(name: str, at: datetime) -> Learnt:
    """What the session `name` learns from, or what one of the variant `name` would at `at`.

    Raises UnknownVariantError, NothingActiveError, and RetrainingRefusedError where it is too little.
    """
    source = training.of(context.database(), name, at)
    return Learnt(source, collect(source.conversations, source.policy, secrets.masker()))


def summary(name: str, at: datetime) -> DataSummary:
    """What they come to, and what the suite finds of them; of a session that has kept that, what was kept."""
    source = training.of(context.database(), name, at)
    if source.session is not None and source.session.training_data is not None:
        return source.session.training_data
    data = collect(source.conversations, source.policy, secrets.masker())
    return DataSummary.of(data, check_training_data(data, source.policy))


def export(name: str, at: datetime, form: Format, split: Split | None) -> Export:
    """The same as lines to tune a model with, of the goals of one split, or of all; raises what `learnt` raises.

    Preferences of a session come from its shadow test too, where both versions served the same goals, so far as its replies are kept.
    """
    it = learnt(name, at)
    if form is Format.OPENAI:
        return imitations(it.data.conversations, it.source.version, split)
    session, version = it.source.session, it.source.version
    known = recorded(it.data.conversations, split)
    if session is None or session.shadow_started_at is None:
        return preferences(known, version)
    offered = replace(version, tools=[asdict(tool) for tool in Agent.of(version, model()).tools])
    return preferences(chain(_replayed(session, split), known), offered)


def _replayed(it: Session, split: Split | None) -> Iterator[Outcome]:
    """The kept replays of a shadow test; within a scenario they can be compared."""
    basis, stage = arms.basis(context.database(), it.session_id), Stage.kept(it.session_id)
    numbers = range(FIRST_IN_SHADOW, FIRST_IN_SHADOW + it.policy.shadow.replays)
    for scenario in (it.scenario for it in basis.pairs):
        if split in {None, split_of(scenario.goal)}:
            for version in filter(None, (basis.arms.incumbent, basis.arms.candidate)):
                for replay in stage.serve(version, scenario, numbers):
                    if replay.broken_by is None:
                        within = f"scenario {scenario.id}"
                        yield Outcome(messages=replay.messages, succeeded=replay.booked and not replay.escalated, within=within)
