"""Cases served and graded: of a session both versions, for its offline evaluation; what was served lately is not served again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lifecycle_core.chat import ChatUnavailableError
from lifecycle_core.conversations import Conversation
from lifecycle_core.operations import arms, cases, retraining
from lifecycle_core.provenance import Provenance
from lifecycle_core.replay.episode import Replay
from lifecycle_core.replay.identity import Served
from lifecycle_core.retraining.built_in_cases import built_in
from lifecycle_core.retraining.cases import Case, Side, Split, cases_of, chosen
from lifecycle_core.retraining.errors import RetrainingRefusedError
from lifecycle_core.retraining.evaluation import INCUMBENT_RUNS, EvaluationReport, evaluate
from lifecycle_core.retraining.failures import FailureAnalysis
from lifecycle_core.retraining.judge import Judgement, Pair, judge
from lifecycle_core.retraining.session import Session
from lifecycle_core.versions.version import Version
from tasks import context, secrets
from tasks.metered import Metered
from tasks.replays import INFRASTRUCTURE, Stage, as_they_come, model, simulated

MOST_LOST: Final = 0.2
"""The share of an evaluation's replays that the infrastructure may take before the whole is tried again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A replay of a case that is to be served by a version."""

    version: Version
    case: Case
    number: int


def evaluated(it: Session, conversations: Iterable[Conversation], analysis: FailureAnalysis) -> EvaluationReport:
    """What the offline evaluation of a session comes to; what is served stays kept, and is served once."""
    both, stage = arms.arms(context.database(), it.session_id), Stage.of(it.session_id)
    toolbox, count = stage.agent(both.incumbent).toolbox, it.policy.retraining.evaluation_cases
    own = [one.to_serve(it.variant) for one in cases.list_cases(context.database(), it.variant)]
    mined = cases_of(conversations, analysis, Split.HELD_OUT, count)
    wanted = chosen(own, mined, built_in(it.variant, toolbox.services), count)
    versions = {Side.INCUMBENT: both.incumbent, Side.CANDIDATE: both.candidate or both.incumbent}
    reused = _serve(it, stage, wanted, versions)
    found = retraining.case_results(context.database(), it.session_id)
    expect_acts(stage, [replay for replays in found[Side.INCUMBENT].values() for replay in replays])
    report = evaluate(
        wanted, found[Side.CANDIDATE], found[Side.INCUMBENT], it.policy.retraining.min_evaluation_score, services=toolbox.services
    )
    return replace(report, reused=reused, judged=_judged(it, wanted, found), missing_tools=toolbox.missing)


def lately(stage: Stage, asked: Sequence[Asked], at: datetime | None = None) -> dict[int, Replay]:
    """Place -> the replay of what is asked there, where it was served within a week before `at`, now by default."""
    keys = [stage.key(one.version, one.case.scenario, one.number) for one in asked]
    known = cases.served(context.database(), keys, at or context.now())
    return {place: replace(known[key], scenario_id=asked[place].case.id, cached=True) for place, key in enumerate(keys) if key in known}


def serve(stage: Stage, variant: str, asked: Asked) -> Replay:
    """Serve one replay of a case, and keep it where a model was had."""
    [replay] = stage.serve(asked.version, asked.case.scenario, [asked.number])
    if replay.broken_by != INFRASTRUCTURE:
        key = stage.key(asked.version, asked.case.scenario, asked.number)
        made = Served(content_hash=key, case_id=asked.case.id, version=asked.version.version, replay=replay)
        cases.keep_served(context.database(), _act(), variant, made)
    return replay


def expect_acts(stage: Stage, replays: Sequence[Replay]) -> None:
    """Raise RetrainingRefusedError where a service of its own tells of nothing that it ever did: no outcome can be read of it."""
    if stage.address is not None and replays and not any(it.actions for it in replays):
        message = (
            f"the agent's service told of no tool call in {len(replays)} replays, so that nobody can see what it booked; "
            'let it return its tool calls, or tell them in its message: "lifecycle": {"actions": [{"name", "arguments", "result"}]}'
        )
        raise RetrainingRefusedError(message)


def _serve(it: Session, stage: Stage, wanted: Sequence[Case], versions: Mapping[Side, Version]) -> int:
    """Serve what of the cases is not served yet, and keep it as it comes: -> how much of all was served for another session.

    Raises ChatUnavailableError where too much is lost.
    """
    known = retraining.case_results(context.database(), it.session_id)
    missing = [
        (side, Asked(version, case, number))
        for case in wanted
        for side, version in versions.items()
        for number in range(INCUMBENT_RUNS)
        if number not in {one.replay for one in known[side].get(case.id, ())}
    ]
    had = lately(stage, [asked for _, asked in missing])
    for place, replay in had.items():
        side, asked = missing[place]
        retraining.keep_case_results(context.database(), _act(), it.session_id, side, [replay], case=asked.case)
    lost = 0
    left = [one for place, one in enumerate(missing) if place not in had]
    for came in as_they_come(lambda one: (*one, serve(stage, it.variant, one[1])), left):
        for side, asked, replay in came:
            if replay.broken_by == INFRASTRUCTURE:
                lost += 1
            else:
                retraining.keep_case_results(context.database(), _act(), it.session_id, side, [replay], case=asked.case)
    total = len(versions) * len(wanted) * INCUMBENT_RUNS
    if lost > MOST_LOST * total:
        message = f"{lost} of {total} replays of the evaluation found no model; see that it can be reached"
        raise ChatUnavailableError(message)
    return len(had)


def _judged(it: Session, wanted: Sequence[Case], found: Mapping[Side, Mapping[str, Sequence[Replay]]]) -> Judgement | None:
    """What a model that somebody chose prefers, case by case; None where nobody chose one."""
    if simulated():
        return None
    pairs = [
        Pair(case_id=case.id, goal=case.scenario.goal, incumbent=theirs[0].messages, candidate=ours[0].messages)
        for case in wanted
        if (ours := found[Side.CANDIDATE].get(case.id)) and (theirs := found[Side.INCUMBENT].get(case.id))
    ]
    return judge(pairs, chat=Metered.of(it.session_id), model=model(), marker=secrets.marker(it.session_id), seed=it.seed)


def _act() -> Provenance:
    """Who acts, and when."""
    from tasks.steps import act  # which imports Prefect: whoever only lists cases does without

    return act()
